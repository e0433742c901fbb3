//! What a timeout means: one deadline for a whole operation, restarted by nothing.
//!
//! The waiting methods try first and wait only on `EAGAIN` ([`carry_through`]); the clock starts at the first wait,
//! since the tries before it do not wait. Where poll(2) says "ready" of a socket that is not (a full `AF_UNIX` backlog,
//! a full datagram peer, an error queue that nobody reads, UDP shut for reading), the tries are spaced 1 to 50 ms
//! apart, so that waiting costs no CPU and ends in time.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::kinds::Interest;
use crate::sys::{self, Errno, fd, poll};

/// The moment at which a wait ends; [`NEVER`](Self::NEVER) for a wait without end.
///
/// ```
/// use berkeley::Deadline;
/// use std::time::Duration;
///
/// let deadline = Deadline::after(Duration::from_secs(5));
/// assert!(deadline.remaining().unwrap() <= Duration::from_secs(5));
/// assert_eq!(Deadline::NEVER.remaining(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// No end.
    pub const NEVER: Self = Self(None);

    /// `duration` from now; without end where the clock cannot count that far.
    pub fn after(duration: Duration) -> Self {
        Self::counted(Instant::now(), duration)
    }

    /// At `instant`.
    pub const fn at(instant: Instant) -> Self {
        Self(Some(instant))
    }

    /// As a timeout says: without end for `None`.
    pub fn from_timeout(timeout: Option<Duration>) -> Self {
        timeout.map_or(Self::NEVER, Self::after)
    }

    /// How long there is still, zero when it has passed; `None` where there is no end.
    pub fn remaining(self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// `timeout` from `now`; without end where the clock cannot count that far.
    pub(super) fn counted(now: Instant, timeout: Duration) -> Self {
        Self(now.checked_add(timeout))
    }

    /// How long there is still at `now`, zero when it has passed; `None` where there is no end.
    pub(super) fn left_at(self, now: Instant) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(now))
    }

    /// Whether it has passed.
    pub fn has_passed(self) -> bool {
        self.remaining().is_some_and(|left| left.is_zero())
    }
}

/// A socket's timeout: none, zero, or a duration; shared by the threads that share the socket.
///
/// In nanoseconds, negative for none, as `CPython`'s socket object keeps it.
#[derive(Debug)]
pub(super) struct Timeout(AtomicI64);

const NONE: i64 = -1;

impl Timeout {
    #[inline]
    pub(super) const fn none() -> Self {
        Self(AtomicI64::new(NONE))
    }

    #[inline]
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        let cell = Self::none();
        cell.set(timeout);
        cell
    }

    /// Relaxed: the value stands for itself, and orders nothing else.
    #[inline]
    pub(super) fn get(&self) -> Option<Duration> {
        u64::try_from(self.0.load(Ordering::Relaxed)).ok().map(Duration::from_nanos)
    }

    /// A duration of more than 292 years counts as 292.
    #[inline]
    pub(super) fn set(&self, timeout: Option<Duration>) {
        let nanoseconds =
            timeout.map_or(NONE, |timeout| i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX));
        self.0.store(nanoseconds, Ordering::Relaxed);
    }
}

/// Why a waiting operation ended without its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Kernel(Errno),
    TimedOut,
    /// The kernel took nothing of what was to be sent, and gave no error.
    NothingTaken,
}

/// What the last of these says.
pub(crate) const NOTHING_TAKEN: &str = "the kernel took nothing of what is left, and gave no error";

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Self {
        Self::Kernel(errno)
    }
}

/// One wait: until `fd` is ready or the deadline has passed; gives what holds. An interruption surfaces.
pub(super) fn wait_once(
    fd: BorrowedFd<'_>,
    interest: Interest,
    deadline: Deadline,
) -> Result<Interest, Stop> {
    match poll::poll(fd, interest.as_raw(), deadline.remaining())? {
        0 => Err(Stop::TimedOut),
        events => Ok(Interest::from_raw(events)),
    }
}

/// As [`wait_once`], carried on over interruptions.
pub(super) fn wait(fd: BorrowedFd<'_>, interest: Interest, deadline: Deadline) -> Result<(), Stop> {
    loop {
        match wait_once(fd, interest, deadline) {
            Err(Stop::Kernel(Errno::INTR)) => {}
            result => return result.map(drop),
        }
    }
}

/// Whether poll(2) tells the truth of the operation at hand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Poll {
    /// Mostly: what it said may be gone, since another thread was faster, and a few sockets are always "ready".
    Honest,
    /// Says "ready" where the call still gives `EAGAIN`.
    MayLie,
}

/// Tries `attempt` until it succeeds, fails for good, or `timeout` has run out.
///
/// - A timeout of zero gives the first `EAGAIN` back.
/// - No timeout on a socket that blocks by itself gives `EAGAIN` back too: the kernel's own `SO_RCVTIMEO` or
///   `SO_SNDTIMEO` has run out. Where a clone has set `O_NONBLOCK` it waits.
#[inline]
pub(crate) fn carry_through<T>(
    fd: BorrowedFd<'_>,
    interest: Interest,
    timeout: Option<Duration>,
    poll: Poll,
    mut attempt: impl FnMut() -> sys::Result<T>,
) -> Result<T, Stop> {
    match attempt() {
        Ok(value) => Ok(value),
        Err(errno) => carry_on(errno, fd, interest, timeout, poll, attempt),
    }
}

/// What [`carry_through`] does once a try has failed: apart, so that a socket that is ready pays nothing for it.
#[cold]
fn carry_on<T>(
    mut errno: Errno,
    fd: BorrowedFd<'_>,
    interest: Interest,
    timeout: Option<Duration>,
    poll: Poll,
    mut attempt: impl FnMut() -> sys::Result<T>,
) -> Result<T, Stop> {
    let mut pace = None;
    loop {
        match (errno, &mut pace) {
            (Errno::INTR, _) => {}
            (Errno::AGAIN, None) => pace = Some(first_wait(fd, interest, timeout, poll)?),
            (Errno::AGAIN, Some(pace)) => pace.wait(fd, interest)?,
            _ => return Err(errno.into()),
        }
        match attempt() {
            Ok(value) => return Ok(value),
            Err(next) => errno = next,
        }
    }
}

fn first_wait(
    fd: BorrowedFd<'_>,
    interest: Interest,
    timeout: Option<Duration>,
    poll: Poll,
) -> Result<Pace, Stop> {
    if !waits(fd, timeout)? {
        return Err(Errno::AGAIN.into());
    }
    let pace = Pace::new(Deadline::from_timeout(timeout), poll);
    wait(fd, interest, pace.deadline)?;
    Ok(pace)
}

/// Whether an `EAGAIN` is to be waited on: not with a timeout of zero, nor on a socket that blocks by itself, where the
/// kernel's own `SO_RCVTIMEO` or `SO_SNDTIMEO` has run out.
pub(super) fn waits(fd: BorrowedFd<'_>, timeout: Option<Duration>) -> Result<bool, Stop> {
    match timeout {
        Some(timeout) => Ok(!timeout.is_zero()),
        None => Ok(fd::is_nonblocking(fd)?),
    }
}

/// How one operation waits, again and again, until its deadline.
pub(crate) struct Pace {
    deadline: Deadline,
    /// How many more times a try that finds nothing is followed by a wait at once.
    forgiven: u32,
    pause: Duration,
}

impl Pace {
    const SHORTEST: Duration = Duration::from_millis(1);
    pub(crate) const LONGEST: Duration = Duration::from_millis(50);
    /// Races that one call may lose to other threads before it is held to be misled. A pause after the first would
    /// leave the next connection, or datagram, waiting.
    const RACES: u32 = 16;

    pub(crate) fn new(deadline: Deadline, poll: Poll) -> Self {
        let forgiven = if poll == Poll::MayLie { 0 } else { Self::RACES };
        Self { deadline, forgiven, pause: Self::SHORTEST }
    }

    /// Waits after a try that gave `EAGAIN` although poll had said "ready".
    pub(super) fn wait(&mut self, fd: BorrowedFd<'_>, interest: Interest) -> Result<(), Stop> {
        if self.forgiven > 0 {
            self.forgiven -= 1;
        } else {
            thread::sleep(self.next_pause().ok_or(Stop::TimedOut)?);
        }
        wait(fd, interest, self.deadline)
    }

    /// How long to pause before the next try; `None` when the deadline has passed.
    pub(crate) fn next_pause(&mut self) -> Option<Duration> {
        let pause = self.pause;
        self.pause = (pause * 2).min(Self::LONGEST);
        match self.deadline.remaining() {
            Some(left) if left.is_zero() => None,
            Some(left) => Some(pause.min(left)),
            None => Some(pause),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_none_zero_or_a_duration() {
        let timeout = Timeout::none();
        for value in [None, Some(Duration::ZERO), Some(Duration::from_millis(1500))] {
            timeout.set(value);
            assert_eq!(timeout.get(), value);
        }
        timeout.set(Some(Duration::MAX));
        assert_eq!(timeout.get(), Some(Duration::from_nanos(i64::MAX as u64)));
    }

    #[test]
    fn pauses_double_from_1_to_50_ms_and_end_at_the_deadline() {
        let mut pace = Pace::new(Deadline::NEVER, Poll::MayLie);
        let pauses: Vec<u128> =
            (0..8).map_while(|_| pace.next_pause()).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 50, 50]);
        let mut late = Pace::new(Deadline::after(Duration::ZERO), Poll::MayLie);
        assert_eq!(late.next_pause(), None);
    }

    #[test]
    fn a_deadline_beyond_the_clock_is_never() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
        assert!(Deadline::after(Duration::ZERO).has_passed());
    }
}
