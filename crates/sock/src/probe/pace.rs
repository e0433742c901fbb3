//! When the next probe goes to which host.
//!
//! Each host has its own times, one interval apart, whatever the answers do. Hosts that are known together begin one
//! shortly after the other, so that their probes do not go out all at once. A probe that goes out late leaves the times
//! as they were; where it is late by two intervals or more, they move on, and what was missed is not made up for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// The most that lies between the beginnings of two hosts that are known together.
const SPREAD: Duration = Duration::from_micros(50);

/// The times of all hosts.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    count: Option<u64>,
    /// The next probe of each host that still gets one: when, and how many it has had.
    queue: BinaryHeap<Reverse<(Instant, usize, u64)>>,
    spread: Duration,
    last: Option<Instant>,
}

impl Pace {
    /// For so many hosts, `count` probes each, or any number, one an `interval`.
    pub fn new(interval: Duration, count: Option<u64>, hosts: usize) -> Self {
        let spread = interval.checked_div(u32::try_from(hosts).unwrap_or(u32::MAX)).unwrap_or(interval);
        Self { interval, count, queue: BinaryHeap::new(), spread: spread.min(SPREAD), last: None }
    }

    /// From now on `host` gets probes.
    pub fn start(&mut self, host: usize, now: Instant) {
        let first = self.last.map_or(now, |last| now.max(last + self.spread));
        self.last = Some(first);
        self.queue.push(Reverse((first, host, 0)));
    }

    /// The host to which a probe goes at `now`, and which of its probes that is, from 1; none where it is too early.
    pub fn due(&mut self, now: Instant) -> Option<(usize, u64)> {
        let mut next = self.queue.peek_mut()?;
        let Reverse((at, host, had)) = *next;
        if at > now {
            return None;
        }
        let number = had + 1;
        if self.count.is_some_and(|count| number >= count) {
            std::collections::binary_heap::PeekMut::pop(next);
            return Some((host, number));
        }
        let planned = at + self.interval;
        // Late by two intervals or more: the next one is due an interval from now, and none in between.
        let then = if planned + self.interval <= now { now + self.interval } else { planned };
        *next = Reverse((then, host, number));
        Some((host, number))
    }

    /// When the next probe goes; none where there is none any more.
    pub fn next(&self) -> Option<Instant> {
        self.queue.peek().map(|Reverse((at, ..))| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_host_gets_its_count_an_interval_apart() {
        let start = Instant::now();
        let mut pace = Pace::new(SECOND, Some(2), 1);
        pace.start(7, start);
        assert_eq!(pace.due(start), Some((7, 1)));
        assert_eq!((pace.due(start + ms(999)), pace.next()), (None, Some(start + SECOND)));
        // A little late, and the next would be none the later.
        assert_eq!(pace.due(start + ms(1_300)), Some((7, 2)));
        assert_eq!((pace.due(start + ms(9_000)), pace.next()), (None, None));
    }

    #[test]
    fn who_is_a_little_late_keeps_the_times_and_who_is_very_late_does_not_make_up_for_it() {
        let start = Instant::now();
        let mut pace = Pace::new(SECOND, None, 1);
        pace.start(0, start);
        pace.due(start + ms(400));
        assert_eq!(pace.next(), Some(start + SECOND));
        assert_eq!(pace.due(start + ms(5_500)), Some((0, 2)));
        assert_eq!(pace.due(start + ms(5_500)), None);
        assert_eq!(pace.next(), Some(start + ms(6_500)));
    }

    #[test]
    fn hosts_are_spread_and_take_turns() {
        let start = Instant::now();
        let mut pace = Pace::new(SECOND, Some(1), 64);
        (0..64).for_each(|host| pace.start(host, start));
        let mut hosts = Vec::new();
        while let Some(next) = pace.next() {
            assert!(next < start + ms(64));
            hosts.extend(pace.due(next).map(|(host, _)| host));
        }
        assert_eq!(hosts, (0..64).collect::<Vec<_>>());
        // At a thousand a second a host, 64 of them have less room.
        let mut pace = Pace::new(ms(1), Some(1), 64);
        (0..64).for_each(|host| pace.start(host, start));
        assert!(std::iter::from_fn(|| pace.due(start + ms(1))).count() == 64);
    }

    #[test]
    fn a_host_that_is_found_later_begins_then() {
        let start = Instant::now();
        let mut pace = Pace::new(SECOND, Some(1), 2);
        pace.start(0, start);
        pace.due(start);
        pace.start(1, start + ms(300));
        assert_eq!(pace.next(), Some(start + ms(300)));
    }
}
