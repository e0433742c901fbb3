//! Feature `tracing`: one event per system call, at TRACE, target `berkeley::sys`.
//!
//! Fields: `call` (its C name), `fd` (absent for a call that has none), and one of `returned`, `errno`, and, of the
//! resolver's calls, `code` (`EAI_*`).

use std::os::fd::RawFd;

use super::Result;

#[inline]
pub(super) fn event<T: Copy + TryInto<i64>>(name: &'static str, fd: RawFd, result: &Result<T>) {
    let fd = (fd >= 0).then_some(fd);
    match result {
        Ok(returned) => {
            let returned: i64 = (*returned).try_into().unwrap_or(i64::MAX);
            tracing::trace!(target: "berkeley::sys", call = name, fd, returned);
        }
        Err(errno) => tracing::trace!(target: "berkeley::sys", call = name, fd, errno = errno.as_raw()),
    }
}

/// A call of the resolver's that failed with a code of its own.
pub(super) fn resolver_event(name: &'static str, code: i32) {
    tracing::trace!(target: "berkeley::sys", call = name, code);
}
