//! The one clock of a trace: moments since its start, of this process and of the kernel's timestamps.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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

    /// The moment of a timestamp since 1970, or this one where there is none, or where it cannot be right.
    ///
    /// What counts is how long ago it was, by its own clock: that the clock was set before matters to nobody.
    pub(super) fn of(&self, stamp: Option<Duration>) -> Duration {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        moment(self.now(), since_1970, stamp)
    }
}

fn moment(now: Duration, system: Duration, stamp: Option<Duration>) -> Duration {
    let ago = stamp.and_then(|stamp| system.checked_sub(stamp)).filter(|ago| *ago < OLDEST);
    now.saturating_sub(ago.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_counts_by_its_age_whenever_the_clock_was_set() {
        let ms = Duration::from_millis;
        // The clock may stand anywhere, also before the trace began.
        for system in [ms(1), ms(900), ms(10_000_000)].map(|since| ms(5_000) + since) {
            let rows = [
                (system.checked_sub(ms(10)), 4990),
                (Some(system), 5000),
                (Some(system + ms(1)), 5000),
                (system.checked_sub(ms(1001)), 5000),
                (None, 5000),
            ];
            for (stamp, want) in rows {
                assert_eq!(moment(ms(5000), system, stamp), ms(want), "{stamp:?}");
            }
        }
    }
}
