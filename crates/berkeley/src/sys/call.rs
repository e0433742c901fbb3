//! The one place through which every system call runs.

use std::os::fd::RawFd;

use super::{Errno, Result, fault, trace};

/// Marks a call that has no descriptor yet, such as `socket`.
pub(crate) const NO_FD: RawFd = -1;

/// Runs one system call and turns a negative result into its errno.
///
/// The fault plan of this thread, if any, is asked first: a call that is to fail is then never made.
#[inline]
pub(super) fn run(name: &'static str, fd: RawFd, system_call: impl FnOnce() -> isize) -> Result<usize> {
    let result = match fault::strike(name) {
        Some(errno) => Err(errno),
        None => usize::try_from(system_call()).map_err(|_| Errno::last()),
    };
    trace::event(name, fd, &result);
    result
}

/// As [`run`], for calls whose result is a C `int`.
#[inline]
pub(super) fn run_int(name: &'static str, fd: RawFd, system_call: impl FnOnce() -> i32) -> Result<i32> {
    let result = match fault::strike(name) {
        Some(errno) => Err(errno),
        None => match system_call() {
            -1 => Err(Errno::last()),
            returned => Ok(returned),
        },
    };
    trace::event(name, fd, &result);
    result
}
