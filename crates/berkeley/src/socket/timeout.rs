//! What a timeout means: none, zero, or one deadline for a whole operation.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

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
    fn a_deadline_beyond_the_clock_is_never() {
        assert_eq!(Deadline::after(Duration::MAX), Deadline::NEVER);
        assert!(Deadline::after(Duration::ZERO).has_passed());
    }
}
