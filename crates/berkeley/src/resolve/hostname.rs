//! The name of this machine (gethostname(2)).

use std::ffi::CString;

use crate::error::{Error, Operation, Result};
use crate::sys::hostname;

/// The name of this machine, its bytes as they are; it need not be one that [`resolve`](super::resolve()) knows.
///
/// # Errors
///
/// Fails with the kernel's errno, which it has no reason for.
///
/// # Examples
///
/// ```
/// use berkeley::resolve::host_name;
///
/// println!("{}", host_name()?.to_string_lossy());
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "gethostname")]
pub fn host_name() -> Result<CString> {
    hostname::host_name().map_err(|errno| Error::kernel(Operation::HostName, errno))
}

/// Names this machine, or the UTS namespace that the process is in, until it starts anew (sethostname(2)).
///
/// # Errors
///
/// Fails with `EPERM` without the right to (`CAP_SYS_ADMIN`), with `EINVAL` for more than 64 bytes.
///
/// # Examples
///
/// ```
/// use berkeley::resolve::set_host_name;
///
/// assert!(set_host_name([b'x'; 65]).is_err());
/// ```
#[doc(alias = "sethostname")]
pub fn set_host_name(name: impl AsRef<[u8]>) -> Result<()> {
    let name = name.as_ref();
    hostname::set_host_name(name).map_err(|errno| {
        let shown = String::from_utf8_lossy(name).escape_debug().to_string();
        Error::kernel(Operation::SetHostName, errno).on(shown)
    })
}
