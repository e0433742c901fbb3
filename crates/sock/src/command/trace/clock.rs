//! The one clock of a trace: moments since its start, of this process and of the kernel's timestamps.

use std::time::{Duration, Instant, SystemTime};

/// How far a kernel's timestamp may lie back: an older one is of a clock that was set meanwhile.
const OLDEST: Duration = Duration::from_secs(1);

/// Counts from when it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    start: Instant,
}

impl Clock {
    pub(super) fn start() -> Self {
        Self { start: Instant::now() }
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
    ///
    /// What counts is how long ago it was, by its own clock: that the clock was set before matters to nobody.
    pub(super) fn of(&self, stamp: Option<SystemTime>) -> Duration {
        moment(self.now(), SystemTime::now(), stamp)
    }
}

fn moment(now: Duration, system: SystemTime, stamp: Option<SystemTime>) -> Duration {
    let ago = stamp.and_then(|stamp| system.duration_since(stamp).ok()).filter(|ago| *ago < OLDEST);
    now.saturating_sub(ago.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_counts_by_its_age_whenever_the_clock_was_set() {
        let ms = Duration::from_millis;
        // The clock may stand anywhere, also before the trace began.
        for system in [ms(1), ms(900), ms(10_000_000)].map(|since| SystemTime::UNIX_EPOCH + ms(5_000) + since)
        {
            let rows = [
                (Some(system - ms(10)), 4990),
                (Some(system), 5000),
                (Some(system + ms(1)), 5000),
                (Some(system - ms(1001)), 5000),
                (None, 5000),
            ];
            for (stamp, want) in rows {
                assert_eq!(moment(ms(5000), system, stamp), ms(want), "{stamp:?}");
            }
        }
    }
}
