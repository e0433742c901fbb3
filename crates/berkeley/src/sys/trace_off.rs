//! Feature `tracing` off: nothing is reported and nothing is paid.

use std::ffi::CStr;
use std::os::fd::RawFd;

use super::Result;
use super::arguments::Call;

#[inline]
pub(super) fn event<T: Copy + TryInto<i64>>(_call: &Call<'_>, _fd: RawFd, _result: &Result<T>) {}

#[inline]
pub(super) fn plain_event<T: Copy + TryInto<i64>>(_name: &'static str, _result: &Result<T>) {}

#[inline]
pub(super) fn resolver_event(_name: &'static str, _asked: [Option<&CStr>; 2], _result: Result<i32>) {}
