//! Network interfaces by name and by index (`if_nametoindex(3)`).

use std::ffi::CString;

use super::forward::into_text;
use crate::error::{Error, Operation, Result};
use crate::sys::resolve;

/// The index of the interface called `name`: the scope of an IPv6 address, and what options and messages carry.
///
/// Fails with `ENODEV` where there is no such interface in this network namespace, and on a NUL in the name.
///
/// ```
/// use berkeley::resolve::{interface_index, interface_name};
///
/// let index = interface_index("lo")?;
/// assert_eq!(interface_name(index)?, "lo");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "if_nametoindex")]
pub fn interface_index(name: &str) -> Result<u32> {
    let fail = |error: Error| error.on(name.escape_debug().to_string());
    let name = CString::new(name).map_err(|_| {
        let why = "the interface's name holds a NUL, where the kernel would cut it";
        fail(Error::invalid(Operation::InterfaceIndex, why))
    })?;
    resolve::interface_index(&name).map_err(|errno| fail(Error::kernel(Operation::InterfaceIndex, errno)))
}

/// The name of the interface with this index; bytes that are no UTF-8 are replaced.
///
/// Fails with `ENXIO` where there is no such interface in this network namespace.
#[doc(alias = "if_indextoname")]
pub fn interface_name(index: u32) -> Result<String> {
    resolve::interface_name(index)
        .map(into_text)
        .map_err(|errno| Error::kernel(Operation::InterfaceName, errno).on(index.to_string()))
}
