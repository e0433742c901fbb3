//! ppoll(2), on one descriptor and on several.

use std::marker::PhantomData;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::ptr;
use std::slice;
use std::time::Duration;

use super::call::{Call, NO_FD, run_int};
use super::{Errno, Result, alloc};

/// Waits once until `fd` answers to one of `events`, an error, or the peer's hang-up; `None` waits for ever.
///
/// Gives the events that hold, 0 when the time ran out first.
pub(crate) fn poll(fd: BorrowedFd<'_>, events: i16, timeout: Option<Duration>) -> Result<i16> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    ppoll(fd.as_raw_fd(), slice::from_mut(&mut entry), timeout)?;
    if entry.revents & libc::POLLNVAL != 0 {
        return Err(Errno::BADF);
    }
    Ok(entry.revents)
}

/// Waits once until one of `fds` answers to one of `events`, an error, or the peer's hang-up; `None` waits for ever.
///
/// Gives the places in `fds` of those that did, none when the time ran out first.
pub(crate) fn poll_many(
    fds: &[BorrowedFd<'_>],
    events: i16,
    timeout: Option<Duration>,
) -> Result<Vec<usize>> {
    let entry = |fd: &BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    let mut entries = alloc::collect(fds.iter().map(entry))?;
    let mut ready = alloc::with_room(fds.len())?;
    ppoll(NO_FD, &mut entries, timeout)?;
    ready.extend((0..entries.len()).filter(|place| entries[*place].revents != 0));
    Ok(ready)
}

/// One of the descriptors that [`poll`](crate::poll()) waits for, what is waited for, and what came of it.
#[repr(transparent)]
pub struct PollEntry<'fd> {
    entry: libc::pollfd,
    lender: PhantomData<BorrowedFd<'fd>>,
}

impl<'fd> PollEntry<'fd> {
    pub(crate) fn of(fd: BorrowedFd<'fd>, events: i16) -> Self {
        Self { entry: libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 }, lender: PhantomData }
    }

    pub(crate) const fn events(&self) -> i16 {
        self.entry.events
    }

    pub(crate) const fn set_events(&mut self, events: i16) {
        self.entry.events = events;
    }

    pub(crate) const fn returned(&self) -> i16 {
        self.entry.revents
    }

    pub(crate) const fn forget_returned(&mut self) {
        self.entry.revents = 0;
    }
}

/// Waits once until one of `entries` or more answer; gives how many, 0 when the time ran out first.
pub(crate) fn poll_entries(entries: &mut [PollEntry<'_>], timeout: Option<Duration>) -> Result<usize> {
    let count = entries.len();
    // SAFETY: an entry is a `pollfd` (`repr(transparent)`), and the memory is borrowed for as long.
    let entries = unsafe { slice::from_raw_parts_mut(entries.as_mut_ptr().cast::<libc::pollfd>(), count) };
    let ready = ppoll(NO_FD, entries, timeout)?;
    Ok(ready.unsigned_abs() as usize)
}

fn ppoll(named: RawFd, entries: &mut [libc::pollfd], timeout: Option<Duration>) -> Result<i32> {
    let timeout = timeout.map(timespec);
    let timeout_pointer = timeout.as_ref().map_or(ptr::null(), ptr::from_ref);
    // More descriptors than nfds_t counts cannot be open.
    let count = entries.len() as libc::nfds_t;
    let call = Call::two("ppoll", count, timeout.as_ref().map_or(-1, milliseconds));
    run_int(call, named, || {
        // SAFETY: there are `count` entries; the timeout is null or points to a timespec that outlives the call; a null
        // signal mask changes nothing.
        unsafe { libc::ppoll(entries.as_mut_ptr(), count, timeout_pointer, ptr::null()) }
    })
}

/// What is told of a time: whole milliseconds, of a part of one too.
#[allow(clippy::useless_conversion, reason = "32 bits on some platforms")]
fn milliseconds(time: &libc::timespec) -> i64 {
    let parts = i64::from(time.tv_nsec).unsigned_abs().div_ceil(1_000_000);
    i64::from(time.tv_sec).saturating_mul(1_000).saturating_add_unsigned(parts)
}

#[allow(
    clippy::cast_possible_wrap,
    clippy::cast_lossless,
    reason = "below 1,000,000,000, which every c_long holds"
)]
fn timespec(duration: Duration) -> libc::timespec {
    libc::timespec {
        // Longer than the kernel can count is for ever, as near as makes no difference.
        tv_sec: duration.as_secs().try_into().unwrap_or(super::layout::Time::MAX),
        tv_nsec: duration.subsec_nanos() as libc::c_long,
    }
}
