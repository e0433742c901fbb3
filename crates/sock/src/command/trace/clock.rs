//! The one clock of a trace: moments since its start, of this process and of the kernel's timestamps.

use std::time::{Duration, Instant, SystemTime};

/// How far a kernel's timestamp may lie back: an older one is of a clock that was set meanwhile.
const OLDEST: Duration = Duration::from_secs(1);

/// Counts from when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
    system: SystemTime,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: Instant::now(), system: SystemTime::now() }
    }

    /// This moment.
    pub(super) fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// When a moment is, for whom sleeps until then.
    pub(super) fn instant(&self, moment: Duration) -> Instant {
        self.start + moment
    }

    /// The moment of a timestamp, or this one where there is none, or where it cannot be right.
    pub(super) fn of(&self, stamp: Option<SystemTime>) -> Duration {
        plausible(stamp.and_then(|stamp| stamp.duration_since(self.system).ok()), self.now())
    }
}

fn plausible(stamp: Option<Duration>, now: Duration) -> Duration {
    stamp.filter(|stamp| now.checked_sub(*stamp).is_some_and(|age| age < OLDEST)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_counts_unless_the_clock_was_set() {
        let ms = Duration::from_millis;
        let rows = [
            (Some(ms(4990)), 4990),
            (Some(ms(5000)), 5000),
            (Some(ms(5001)), 5000),
            (Some(ms(3999)), 5000),
            (None, 5000),
        ];
        for (stamp, want) in rows {
            assert_eq!(plausible(stamp, ms(5000)), ms(want), "{stamp:?}");
        }
    }
}
