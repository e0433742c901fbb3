//! Network interfaces by name and by index (`if_nametoindex(3)`).

use std::ffi::CString;

use crate::error::{Error, Operation, Result};
use crate::sys::interface;

/// The index of the interface called `name`: the scope of an IPv6 address, and what options and messages carry.
///
/// # Errors
///
/// Fails with `ENODEV` where there is no such interface in this network namespace, and on a NUL in the name.
///
/// # Examples
///
/// ```
/// use berkeley::interface::{interface_index, interface_name};
///
/// let index = interface_index("lo")?;
/// assert_eq!(interface_name(index)?, "lo");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "if_nametoindex")]
pub fn interface_index(name: impl AsRef<[u8]>) -> Result<u32> {
    let name = name.as_ref();
    let fail = |error: Error| error.on(String::from_utf8_lossy(name).escape_debug().to_string());
    let name = CString::new(name).map_err(|_| {
        let why = "the interface's name holds a NUL, where the kernel would cut it";
        fail(Error::invalid(Operation::InterfaceIndex, why))
    })?;
    interface::interface_index(&name).map_err(|errno| fail(Error::kernel(Operation::InterfaceIndex, errno)))
}

/// The name of the interface with this index; bytes that are no UTF-8 are replaced.
///
/// # Errors
///
/// Fails with `ENXIO` where there is no such interface in this network namespace.
#[doc(alias = "if_indextoname")]
pub fn interface_name(index: u32) -> Result<String> {
    interface_name_bytes(index).map(|name| name.to_string_lossy().into_owned())
}

/// As [`interface_name`], the bytes of the name as they are.
#[doc(alias = "if_indextoname")]
pub fn interface_name_bytes(index: u32) -> Result<CString> {
    interface::interface_name(index)
        .map_err(|errno| Error::kernel(Operation::InterfaceName, errno).on(index.to_string()))
}

/// The index and the name of each interface, the bytes of the name as they are, in the kernel's order
/// (`if_nameindex(3)`).
///
/// [`interfaces`](super::interfaces) tells more of each.
///
/// # Errors
///
/// Fails with the kernel's errno, such as `ENOBUFS`.
///
/// # Examples
///
/// ```
/// use berkeley::interface::interface_names;
///
/// assert!(interface_names()?.iter().any(|(_, name)| name.as_c_str() == c"lo"));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "if_nameindex")]
pub fn interface_names() -> Result<Vec<(u32, CString)>> {
    interface::interface_names().map_err(|errno| Error::kernel(Operation::InterfaceNames, errno))
}
