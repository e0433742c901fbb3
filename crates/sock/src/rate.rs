//! How fast bytes may go: a token bucket, without a stream and without a clock of its own.

use std::num::NonZeroU64;
use std::time::{Duration, Instant};

/// For how long at most a direction may have been quiet and make up for it: so many bytes go at once.
const BURST: Duration = Duration::from_millis(100);

/// What goes at a time while the bucket is empty lasts so long: fewer and larger pieces cost less.
const SLICE: Duration = Duration::from_millis(20);

const NANOS: u128 = 1_000_000_000;

/// A bucket that fills with a number of bytes a second, and holds those of a tenth of a second, or one.
#[derive(Debug)]
pub(crate) struct Bucket {
    rate: NonZeroU64,
    /// Up to when the bytes that have gone are paid for: after now where more went than there was.
    paid: Instant,
}

impl Bucket {
    /// A bucket that is full.
    pub(crate) fn new(rate: NonZeroU64, now: Instant) -> Self {
        let mut bucket = Self { rate, paid: now };
        bucket.paid = now.checked_sub(bucket.burst()).unwrap_or(now);
        bucket
    }

    /// How many bytes go at a time, one at least.
    pub(crate) fn slice(&self) -> usize {
        usize::try_from(self.bytes_in(SLICE).max(1)).unwrap_or(usize::MAX)
    }

    /// How many bytes may go now.
    pub(crate) fn allowed(&mut self, now: Instant) -> usize {
        self.fill(now);
        let saved = now.saturating_duration_since(self.paid);
        usize::try_from(self.bytes_in(saved)).unwrap_or(usize::MAX)
    }

    /// When so many bytes may go; not after `now` where they may go at once.
    pub(crate) fn at(&mut self, bytes: usize, now: Instant) -> Instant {
        self.fill(now);
        later(self.paid, self.time_of(bytes))
    }

    /// So many bytes have gone.
    pub(crate) fn spend(&mut self, bytes: usize) {
        self.paid = later(self.paid, self.time_of(bytes));
    }

    /// Whether a datagram of so many bytes may go now; counts it if so. One that is longer than all that the bucket
    /// holds goes while it is full, and is paid for later.
    pub(crate) fn passes(&mut self, bytes: usize, now: Instant) -> bool {
        self.fill(now);
        let needed = self.time_of(bytes).min(self.burst());
        let goes = now.saturating_duration_since(self.paid) >= needed;
        if goes {
            self.spend(bytes);
        }
        goes
    }

    /// What has come in since; a bucket holds no more than it can.
    fn fill(&mut self, now: Instant) {
        self.paid = self.paid.max(now.checked_sub(self.burst()).unwrap_or(now));
    }

    fn burst(&self) -> Duration {
        BURST.max(self.time_of(1))
    }

    fn bytes_in(&self, time: Duration) -> u64 {
        u64::try_from(time.as_nanos() * u128::from(self.rate.get()) / NANOS).unwrap_or(u64::MAX)
    }

    /// Rounded up, so that so many bytes are there then.
    fn time_of(&self, bytes: usize) -> Duration {
        let nanos = (bytes as u128 * NANOS).div_ceil(u128::from(self.rate.get()));
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// As late as a clock can tell.
fn later(instant: Instant, time: Duration) -> Instant {
    instant.checked_add(time).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many milliseconds, how much is allowed, and how much of it goes.
    type Step = (u64, usize, usize);

    fn bucket(rate: u64, now: Instant) -> Bucket {
        Bucket::new(NonZeroU64::new(rate).expect("a rate"), now)
    }

    #[test]
    fn bytes_go_as_the_rate_has_them() {
        let start = Instant::now();
        let most = usize::try_from(u64::MAX / 10).unwrap_or(usize::MAX);
        let rows: [(u64, &[Step]); 6] = [
            // A tenth of a second's at once, and then as they come.
            (1_000, &[(0, 100, 100), (0, 0, 0), (20, 20, 20), (5_000, 100, 0)]),
            // What does not go is kept, up to as much.
            (1_000, &[(0, 100, 30), (0, 70, 0), (10, 80, 0), (500, 100, 0)]),
            // A message that is longer is paid for later.
            (1_000, &[(0, 100, 600), (100, 0, 0), (520, 20, 20)]),
            // A byte, however long it takes.
            (1, &[(0, 1, 1), (999, 0, 0), (1_000, 1, 1), (1_999, 0, 0), (9_000, 1, 0)]),
            (1 << 30, &[(0, 107_374_182, 65_536), (1, 107_374_182, 1)]),
            (u64::MAX, &[(0, most, 65_536), (1, most, 1)]),
        ];
        for (rate, steps) in rows {
            let mut bucket = bucket(rate, start);
            for &(at, wanted, goes) in steps {
                let allowed = bucket.allowed(start + Duration::from_millis(at));
                // Nanoseconds are too coarse for the fastest.
                let near = allowed.abs_diff(wanted) as u64 <= rate / 1_000_000;
                assert!(near, "{rate} at {at}: {allowed}, not {wanted}");
                bucket.spend(goes);
            }
        }
    }

    #[test]
    fn over_any_time_no_more_goes_than_the_rate_and_one_burst() {
        for rate in [1, 7, 999, 65_536, 10_000_001] {
            let start = Instant::now();
            let (mut bucket, mut now, mut gone) = (bucket(rate, start), start, 0_u64);
            for turn in 0..1_000_usize {
                let piece = (1 + turn * 37 % 9_000).min(bucket.slice());
                now = now.max(bucket.at(piece, now));
                assert!(bucket.allowed(now) >= piece, "{rate}: a wait that is over would spin");
                bucket.spend(piece);
                gone += piece as u64;
                let passed = now.duration_since(start) + bucket.burst();
                assert!(u128::from(gone) <= passed.as_nanos() * u128::from(rate) / NANOS + 1, "{rate}");
            }
        }
    }

    #[test]
    fn a_datagram_goes_whole_or_not_at_all_and_a_long_one_while_the_bucket_is_full() {
        let start = Instant::now();
        let mut bucket = bucket(1_000, start);
        let rows = [
            (0, 60, true),
            (0, 60, false),
            (0, 40, true),
            (10, 11, false),
            (10, 10, true),
            // Half a second's, in debt until then.
            (200, 500, true),
            (500, 1, false),
            (610, 10, true),
            (700, 500, false),
            (710, 500, true),
        ];
        for (at, bytes, goes) in rows {
            let now = start + Duration::from_millis(at);
            assert_eq!(bucket.passes(bytes, now), goes, "{bytes} at {at}");
        }
    }
}
