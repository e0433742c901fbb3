//! The sockets behind the numbers that Python code holds, with `EBADF` as Python's exception.

use std::os::fd::OwnedFd;

use berkeley::SocketRef;
use pyo3::prelude::*;

use crate::error::{EBADF, os_error};
use crate::ffi::fd;

pub(crate) use crate::ffi::fd::{close, control, open_file, option, set_option, set_option_length};

/// The socket behind the number `fd`, without a timeout of its own; `EBADF` where it is closed (-1).
#[inline]
pub(crate) fn borrowed<'fd>(py: Python<'_>, fd: i32) -> PyResult<SocketRef<'fd>> {
    fd::borrowed(fd).ok_or_else(|| os_error(py, EBADF))
}

/// Another descriptor of what the number names (dup(2)), which programs that are executed do not inherit.
pub(crate) fn duplicate(py: Python<'_>, fd: i32) -> PyResult<OwnedFd> {
    fd::duplicate(fd).map_err(|error| os_error(py, error.raw_os_error().unwrap_or(EBADF)))
}
