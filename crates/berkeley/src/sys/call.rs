//! The one place through which every system call runs.
//!
//! errno is read here, right behind the call: what has to be undone after it, such as a signal mask, is a guard that
//! [`run_beneath`] drops once errno is saved.

use std::os::fd::RawFd;

pub(super) use super::arguments::{Call, NO_FD};
use super::{Errno, Result, fault, trace};

/// Runs one system call and turns a negative result into its errno.
///
/// The fault plan of this thread, if any, is asked first: a call that is to fail is then never made, unless the plan
/// has it fail after it was made.
#[inline]
pub(super) fn run<'a>(
    call: impl Into<Call<'a>>,
    fd: RawFd,
    system_call: impl FnOnce() -> isize,
) -> Result<usize> {
    run_beneath(|| (), call, fd, system_call)
}

/// As [`run`], for calls whose result is a C `int`.
#[inline]
pub(super) fn run_int<'a>(
    call: impl Into<Call<'a>>,
    fd: RawFd,
    system_call: impl FnOnce() -> i32,
) -> Result<i32> {
    let call = call.into();
    let result = match fault::strike(call.name) {
        Some(errno) => Err(errno),
        None => match fault::strike_after(call.name, system_call()) {
            -1 => Err(Errno::last()),
            returned => Ok(returned),
        },
    };
    trace::event(&call, fd, &result);
    result
}

/// As [`run`], with a guard around the call: made before it, dropped after it, when errno is saved.
#[inline]
pub(super) fn run_beneath<'a, G>(
    guard: impl FnOnce() -> G,
    call: impl Into<Call<'a>>,
    fd: RawFd,
    system_call: impl FnOnce() -> isize,
) -> Result<usize> {
    let call = call.into();
    let result = match fault::strike(call.name) {
        Some(errno) => Err(errno),
        None => make(call.name, guard(), system_call),
    };
    trace::event(&call, fd, &result);
    result
}

/// Makes the call; the guard is dropped when errno is saved.
#[inline]
fn make<G>(name: &'static str, guard: G, system_call: impl FnOnce() -> isize) -> Result<usize> {
    let result = usize::try_from(fault::strike_after(name, system_call())).map_err(|_| Errno::last());
    drop(guard);
    result
}
