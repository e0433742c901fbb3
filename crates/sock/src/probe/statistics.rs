//! What the answers to many probes come to: counts, and the distribution of their times, in bounded memory.
//!
//! ```
//! use sock::probe::statistics::Times;
//! use std::time::Duration;
//!
//! let mut times = Times::default();
//! for milliseconds in [10, 12, 11, 40] {
//!     times.add(Duration::from_millis(milliseconds));
//! }
//! assert_eq!(times.least(), Some(Duration::from_millis(10)));
//! assert_eq!(times.percentile(99), Some(Duration::from_millis(40)));
//! // The differences are 2, 1 and 29 ms.
//! assert_eq!(times.jitter(), Some(Duration::from_nanos(10_666_666)));
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

/// Each power of two is divided into so many buckets, a power of two itself.
const PARTS: u64 = 128;

/// The binary logarithm of [`PARTS`].
const PART_BITS: u32 = PARTS.trailing_zeros();

/// The distribution of times: the least, the most, the mean and the jitter exactly, percentiles to 1 in 256.
///
/// A time is counted in a bucket that is at most 1/128 of it wide, and told as the middle of that. There are at most
/// 7,424 buckets, and only those that something was counted in take memory.
#[derive(Clone, Debug, Default)]
pub struct Times {
    buckets: BTreeMap<u16, u64>,
    count: u64,
    /// In nanoseconds.
    sum: u128,
    least: Option<Duration>,
    most: Option<Duration>,
    last: Option<Duration>,
    /// The sum of the differences between one time and the next, in nanoseconds, and how many there are.
    differences: u128,
    steps: u64,
}

/// How many times lie in a range: one bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bar {
    /// The first time of the range.
    pub from: Duration,
    /// How many times lie in it.
    pub count: u64,
}

impl Times {
    /// Counts a time; one of more than 584 years as these.
    pub fn add(&mut self, time: Duration) {
        *self.buckets.entry(bucket(nanoseconds(time))).or_default() += 1;
        self.count += 1;
        self.sum += time.as_nanos();
        self.least = Some(self.least.map_or(time, |least| least.min(time)));
        self.most = Some(self.most.map_or(time, |most| most.max(time)));
        if let Some(last) = self.last.replace(time) {
            self.differences += last.abs_diff(time).as_nanos();
            self.steps += 1;
        }
    }

    /// Counts the times of another too. From the last of these to the first of those there is no jitter.
    pub fn merge(&mut self, other: &Self) {
        for (bucket, count) in &other.buckets {
            *self.buckets.entry(*bucket).or_default() += count;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.least = [self.least, other.least].into_iter().flatten().min();
        self.most = self.most.max(other.most);
        self.last = other.last.or(self.last);
        self.differences += other.differences;
        self.steps += other.steps;
    }

    /// How many were counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The shortest; none where nothing was counted, as of all that follow.
    pub const fn least(&self) -> Option<Duration> {
        self.least
    }

    /// The longest.
    pub const fn most(&self) -> Option<Duration> {
        self.most
    }

    /// The last one that was counted.
    pub const fn last(&self) -> Option<Duration> {
        self.last
    }

    /// The mean.
    pub fn mean(&self) -> Option<Duration> {
        mean(self.sum, self.count)
    }

    /// The mean of the differences between one time and the next, in the order in which they were counted: RFC 3550's
    /// D(i-1, i), of which its own estimate keeps the last few alone. None before the second.
    pub fn jitter(&self) -> Option<Duration> {
        mean(self.differences, self.steps)
    }

    /// The time within which so many of 100 lie, by the nearest rank.
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let wanted = (u128::from(self.count) * u128::from(percent.min(100))).div_ceil(100);
        let rank = u64::try_from(wanted).unwrap_or(u64::MAX).max(1);
        // What is exact is told exactly.
        if rank == 1 {
            return self.least;
        }
        if rank == self.count {
            return self.most;
        }
        let mut before = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            before += **count;
            before >= rank
        });
        let time = Duration::from_nanos(middle(*found?.0));
        Some(time.clamp(self.least?, self.most?))
    }

    /// So many bars over the whole range, each of whose ranges is longer than the one before by the same factor.
    pub fn bars(&self, bars: usize) -> Vec<Bar> {
        let (Some(least), Some(most)) = (self.least, self.most) else { return Vec::new() };
        let (least, most) = (nanoseconds(least).max(1), nanoseconds(most).max(1));
        let bounds = bounds(least, most, bars.max(1));
        let mut all: Vec<Bar> =
            bounds.iter().map(|from| Bar { from: Duration::from_nanos(*from), count: 0 }).collect();
        for (bucket, count) in &self.buckets {
            let time = middle(*bucket).clamp(least, most);
            let at = bounds.partition_point(|from| *from <= time).saturating_sub(1);
            if let Some(bar) = all.get_mut(at) {
                bar.count += count;
            }
        }
        all
    }
}

/// Where each of the bars begins, in nanoseconds.
#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounds between two numbers, which need not be exact"
)]
fn bounds(least: u64, most: u64, bars: usize) -> Vec<u64> {
    let factor = most as f64 / least as f64;
    let bound = |index: usize| (least as f64 * factor.powf(index as f64 / bars as f64)) as u64;
    (0..bars).map(|index| bound(index).clamp(least, most)).collect()
}

fn mean(sum: u128, count: u64) -> Option<Duration> {
    let mean = sum.checked_div(u128::from(count))?;
    Some(Duration::from_nanos(u64::try_from(mean).unwrap_or(u64::MAX)))
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The bucket of a number. Below 128 each number has its own.
fn bucket(number: u64) -> u16 {
    let shift = (u64::BITS - number.leading_zeros()).saturating_sub(PART_BITS + 1);
    // Below 58 * 128, as the shifted number is below 256.
    u16::try_from(u64::from(shift) * PARTS + (number >> shift)).unwrap_or(u16::MAX)
}

/// The middle of a bucket.
fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    let shift = (bucket / PARTS).saturating_sub(1);
    let first = (bucket - shift * PARTS) << shift;
    first + ((1 << shift) >> 1)
}

/// What became of the probes that went to one host.
///
/// Each probe that was sent is in one of these: received, late, lost, or still awaited.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Statistics {
    /// Probes that were sent.
    pub sent: u64,
    /// Those that were answered within the timeout.
    pub received: u64,
    /// Those that were answered after it: they are not among the lost any more.
    pub late: u64,
    /// Those that were not answered within the timeout, or by an error alone.
    pub lost: u64,
    /// Further answers to the same probe.
    pub duplicates: u64,
    /// Answers to a probe that was sent before one that had been answered already (RFC 4737).
    pub reordered: u64,
    /// Errors that came in place of an answer.
    pub errors: u64,
    /// The times of the answers, those of the late ones included and those of duplicates not.
    pub times: Times,
    /// The number of the last probe that was answered.
    newest: Option<u64>,
}

/// How a probe was settled before an answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    /// It was awaited.
    Awaited,
    /// It counted as lost.
    Lost,
    /// It had been answered.
    Answered,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The probe had been answered already.
    pub duplicate: bool,
    /// It came after the timeout.
    pub late: bool,
    /// A probe that was sent later had been answered already.
    pub reordered: bool,
}

impl Verdict {
    /// An answer like any other.
    pub const NONE: Self = Self { duplicate: false, late: false, reordered: false };
}

impl Statistics {
    /// Counts an answer to the probe of that number, which took `time`, and says what it is.
    pub fn answer(&mut self, number: u64, time: Duration, timeout: Duration, before: Before) -> Verdict {
        let late = time > timeout;
        if before == Before::Answered {
            self.duplicates += 1;
            return Verdict { duplicate: true, late, reordered: false };
        }
        if before == Before::Lost {
            self.lost = self.lost.saturating_sub(1);
        }
        *(if late { &mut self.late } else { &mut self.received }) += 1;
        self.times.add(time);
        let reordered = self.newest.is_some_and(|newest| number < newest);
        self.reordered += u64::from(reordered);
        self.newest = self.newest.max(Some(number));
        Verdict { duplicate: false, late, reordered }
    }

    /// Counts a probe that nothing answered in time.
    pub const fn lose(&mut self) {
        self.lost += 1;
    }

    /// Counts an error that came in place of an answer.
    pub fn fail(&mut self, before: Before) {
        self.errors += 1;
        self.lost += u64::from(before == Before::Awaited);
    }

    /// How many probes were answered, in time or not.
    pub const fn answered(&self) -> u64 {
        self.received + self.late
    }

    /// How many are still awaited.
    pub const fn awaited(&self) -> u64 {
        self.sent.saturating_sub(self.received + self.late + self.lost)
    }

    /// How many of those that are no longer awaited are lost, in percent; none where all are awaited.
    #[allow(clippy::cast_precision_loss, reason = "a percentage")]
    pub fn loss(&self) -> Option<f64> {
        let settled = self.sent - self.awaited();
        (settled > 0).then(|| self.lost as f64 * 100.0 / settled as f64)
    }
}

/// A time in milliseconds with about three digits that count, as ping(8) prints it.
pub fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1_000.0;
    match time.as_micros() {
        0..1_000 => format!("{milliseconds:.3}"),
        1_000..10_000 => format!("{milliseconds:.2}"),
        10_000..100_000 => format!("{milliseconds:.1}"),
        _ => format!("{milliseconds:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(1);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn times_have_three_digits_that_count() {
        let rows = [
            (0, "0.000"),
            (41_400, "0.041"),
            (1_234_000, "1.23"),
            (12_340_000, "12.3"),
            (123_400_000, "123"),
        ];
        for (nanoseconds, want) in rows {
            assert_eq!(milliseconds(Duration::from_nanos(nanoseconds)), want);
        }
    }

    #[test]
    fn each_probe_is_in_one_class() {
        let mut it = Statistics { sent: 6, ..Statistics::default() };
        let verdict = |duplicate, late, reordered| Verdict { duplicate, late, reordered };
        assert_eq!(it.answer(1, ms(10), TIMEOUT, Before::Awaited), verdict(false, false, false));
        assert_eq!(it.answer(1, ms(11), TIMEOUT, Before::Answered), verdict(true, false, false));
        assert_eq!(it.answer(3, ms(10), TIMEOUT, Before::Awaited), verdict(false, false, false));
        assert_eq!(it.answer(2, ms(30), TIMEOUT, Before::Awaited), verdict(false, false, true));
        it.lose();
        it.lose();
        assert_eq!((it.received, it.lost, it.awaited(), it.duplicates, it.reordered), (3, 2, 1, 1, 1));
        // It was too slow, and is not lost.
        assert_eq!(it.answer(4, ms(1_500), TIMEOUT, Before::Lost), verdict(false, true, false));
        assert_eq!((it.received, it.late, it.lost, it.awaited()), (3, 1, 1, 1));
        it.fail(Before::Awaited);
        assert_eq!((it.lost, it.errors, it.awaited()), (2, 1, 0));
        assert_eq!(it.times.count(), 4);
        assert!(it.loss().is_some_and(|loss| (loss - 100.0 / 3.0).abs() < 1e-9));
    }

    #[test]
    fn nothing_has_no_times() {
        let it = Statistics::default();
        assert_eq!((it.times.mean(), it.times.percentile(50), it.times.jitter()), (None, None, None));
        assert!(it.loss().is_none() && it.times.bars(5).is_empty());
    }

    #[test]
    fn two_that_are_merged_have_the_figures_of_both() {
        let of = |all: &[u64]| {
            let mut times = Times::default();
            for time in all {
                times.add(ms(*time));
            }
            times
        };
        let mut both = of(&[10, 14]);
        both.merge(&Times::default());
        both.merge(&of(&[1000, 1002, 1002]));
        assert_eq!((both.count(), both.least(), both.most()), (5, Some(ms(10)), Some(ms(1002))));
        assert_eq!((both.mean(), both.percentile(0)), (Some(Duration::from_micros(605_600)), Some(ms(10))));
        // 4, 2 and 0 ms, and not the 986 between the two.
        assert_eq!((both.jitter(), both.last()), (Some(ms(2)), Some(ms(1002))));
    }

    #[test]
    fn buckets_begin_where_the_one_before_ends() {
        for exponent in 0..64 {
            for number in [(1_u64 << exponent).saturating_sub(1), 1 << exponent, (1 << exponent) + 1] {
                let next = bucket(number.saturating_add(1));
                assert!(next == bucket(number) || next == bucket(number) + 1, "{number}");
                assert_eq!(bucket(middle(bucket(number))), bucket(number), "{number}");
            }
        }
        assert!(bucket(u64::MAX) < 7_424);
    }

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut times = Times::default();
        (1..=100).for_each(|number| times.add(ms(number)));
        for (percent, want) in [(0, 1.0), (1, 1.0), (50, 50.0), (99, 99.0), (100, 100.0)] {
            let found = times.percentile(percent).expect("times").as_secs_f64() * 1_000.0;
            assert!((found - want).abs() <= want / 256.0, "p{percent}: {found}, not {want}");
        }
    }

    proptest! {
        #[test]
        fn figures_are_those_of_the_sorted_times(mut all in prop::collection::vec(1..10_000_000_000_u64, 1..300)) {
            let mut times = Times::default();
            for time in &all {
                times.add(Duration::from_nanos(*time));
            }
            let differences: u64 = all.windows(2).map(|two| two[0].abs_diff(two[1])).sum();
            let jitter = differences.checked_div(u64::try_from(all.len() - 1).expect("few"));
            prop_assert_eq!(times.jitter(), jitter.map(Duration::from_nanos));
            all.sort_unstable();
            let mean = all.iter().sum::<u64>() / u64::try_from(all.len()).expect("few");
            prop_assert_eq!(times.mean(), Some(Duration::from_nanos(mean)));
            for percent in [1, 50, 90, 99, 100] {
                let rank = (all.len() * percent).div_ceil(100).max(1);
                let want = all[rank - 1];
                let found = times.percentile(u64::try_from(percent).expect("few")).expect("times");
                prop_assert!(nanoseconds(found).abs_diff(want) <= want / 128, "p{percent}: {found:?}, not {want}");
            }
            let bars = times.bars(7);
            prop_assert_eq!(bars.iter().map(|bar| bar.count).sum::<u64>(), times.count());
            prop_assert!(bars.is_sorted_by_key(|bar| bar.from));
        }
    }
}
