//! Feature `tracing`: one event per system call, at TRACE, target `berkeley::sys`.
//!
//! Fields: `call` (its C name), `fd` (absent for a call that has none), and one of `returned`, `errno`, and, of the
//! resolver's calls, `code` (`EAI_*`). Of its arguments, where they tell something: `first`, `second` and `third`, its
//! integers behind the descriptor, in the order of its man page, a time in milliseconds; `address`, the bytes of the
//! address that it is given; `host` and `service`, what the resolver is asked for. What is sent and received is in none
//! of them.

use std::ffi::CStr;
use std::os::fd::RawFd;

use super::Result;
use super::arguments::{Call, NO_FD};

#[inline]
pub(super) fn event<T: Copy + TryInto<i64>>(call: &Call<'_>, fd: RawFd, result: &Result<T>) {
    let Call { name, integers: [first, second, third], address } = *call;
    let fd = (fd >= 0).then_some(fd);
    match result {
        Ok(returned) => {
            let returned: i64 = (*returned).try_into().unwrap_or(i64::MAX);
            tracing::trace!(target: "berkeley::sys", call = name, fd, first, second, third, address, returned);
        }
        Err(errno) => {
            let errno = errno.as_raw();
            tracing::trace!(target: "berkeley::sys", call = name, fd, first, second, third, address, errno);
        }
    }
}

/// A call that has a name and a result alone.
pub(super) fn plain_event<T: Copy + TryInto<i64>>(name: &'static str, result: &Result<T>) {
    event(&name.into(), NO_FD, result);
}

/// A question to the resolver: what it was asked for, and the code of its own, 0 for an answer.
pub(super) fn resolver_event(name: &'static str, asked: [Option<&CStr>; 2], result: Result<i32>) {
    let [host, service] = asked.map(|text| text.map(CStr::to_bytes));
    match result {
        Ok(0) => tracing::trace!(target: "berkeley::sys", call = name, host, service, returned = 0_i64),
        Ok(code) => tracing::trace!(target: "berkeley::sys", call = name, host, service, code),
        Err(errno) => {
            tracing::trace!(target: "berkeley::sys", call = name, host, service, errno = errno.as_raw());
        }
    }
}
