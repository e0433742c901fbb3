//! What bindings to other languages need of the library, and programs in Rust do not.
//!
//! The Python package stands on it. It is no part of the library's interface: a change of it breaks no promise.

use std::os::fd::AsFd;

use crate::error::Result;
use crate::socket::Socket;
use crate::sys::process;

/// A number that stands for this process, and is another one in each child after fork(2). No system call as a rule.
pub fn incarnation() -> u64 {
    process::incarnation()
}

/// Sets or clears `O_NONBLOCK` (ioctl(2) `FIONBIO`) and nothing else, for who keeps timeouts of their own.
///
/// # Errors
///
/// Fails where the descriptor is not open.
pub fn set_nonblocking<F: AsFd>(socket: &Socket<F>, on: bool) -> Result<()> {
    socket.set_nonblocking(on)
}
