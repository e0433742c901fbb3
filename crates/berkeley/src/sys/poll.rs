//! ppoll(2) on one descriptor.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::time::Duration;

use super::call::run_int;
use super::{Errno, Result};

/// Waits once until `fd` answers to one of `events`, an error, or the peer's hang-up; `None` waits for ever.
///
/// Gives the events that hold, 0 when the time ran out first.
pub(crate) fn poll(fd: BorrowedFd<'_>, events: i16, timeout: Option<Duration>) -> Result<i16> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    let timeout = timeout.map(timespec);
    let timeout_pointer = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    run_int("ppoll", fd.as_raw_fd(), || {
        // SAFETY: there is one entry; the timeout is null or points to a timespec that outlives the call; a null
        // signal mask changes nothing.
        unsafe { libc::ppoll(&raw mut entry, 1, timeout_pointer, ptr::null()) }
    })?;
    if entry.revents & libc::POLLNVAL != 0 {
        return Err(Errno::BADF);
    }
    Ok(entry.revents)
}

#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_lossless,
    reason = "below 1,000,000,000, which every c_long holds"
)]
fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        // Longer than the kernel can count is for ever, as near as makes no difference.
        tv_sec: duration.as_secs().try_into().unwrap_or(libc::time_t::MAX),
        tv_nsec: duration.subsec_nanos() as libc::c_long,
    }
}
