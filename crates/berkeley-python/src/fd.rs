//! Descriptors that Python code has given as integers.
#![allow(unsafe_code, reason = "an integer becomes a descriptor here, on Python's word that it is open")]

use std::os::fd::BorrowedFd;

use berkeley::SocketRef;
use pyo3::prelude::*;

use crate::error::{EBADF, os_error};

/// The socket behind the number `fd`, without a timeout of its own; `EBADF` where it is closed (-1).
pub(crate) fn borrowed<'fd>(py: Python<'_>, fd: i32) -> PyResult<SocketRef<'fd>> {
    if fd < 0 {
        return Err(os_error(py, EBADF));
    }
    // SAFETY: it is not -1. Whether it is still open only Python code knows, as with every descriptor it holds as a
    // number: a closed one gives EBADF, one opened anew under the number is Python's own race, as in C. No memory
    // depends on it.
    Ok(SocketRef::borrow(unsafe { BorrowedFd::borrow_raw(fd) }))
}
