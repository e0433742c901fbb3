//! Which probes were sent, so that an answer finds its own, and which were not answered in time.
//!
//! A probe has a number that no other has, counted from 1. Sixteen bits of it travel in ICMP's sequence number and 32
//! in the payload, where there is room; the ledger finds the probe by either. It remembers the last 65,536.

use std::time::{Duration, Instant};

use super::statistics::Before;

/// How many probes are remembered: as many as sequence numbers tell apart.
const CAPACITY: u64 = 1 << 16;

/// A moment by two clocks.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Moment {
    /// By the clock that only goes forward (`CLOCK_MONOTONIC`).
    pub at: Instant,
    /// Since 1970, by the clock of the kernel's timestamps (`CLOCK_REALTIME`), which may be set.
    pub since: Duration,
}

impl Moment {
    /// Now.
    pub fn now() -> Self {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Self { at: Instant::now(), since }
    }

    /// The time from this moment to an answer that the kernel got at `stamp`, since 1970, and that was read at `read`.
    ///
    /// By the kernel's timestamp where there is one that is possible. It is none where the clock was set meanwhile:
    /// then by the clock that only goes forward, whose end is when the answer was read.
    pub fn until(&self, stamp: Option<Duration>, read: Instant) -> Duration {
        let most = read.saturating_duration_since(self.at);
        let stamped = stamp.and_then(|stamp| stamp.checked_sub(self.since));
        stamped.filter(|time| *time <= most).unwrap_or(most)
    }
}

/// A probe that was sent.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Probe {
    /// The host that it went to, as its sender numbers them.
    pub host: usize,
    /// Which of this host's, from 1.
    pub number: u64,
    /// When.
    pub sent: Moment,
    before: Before,
}

/// The probes that were sent last.
#[derive(Debug)]
pub struct Ledger {
    timeout: Duration,
    /// The probe of the number n stands at n - 1, modulo [`CAPACITY`].
    probes: Vec<Probe>,
    /// The number of the next one.
    next: u64,
    /// All before this one are settled.
    oldest: u64,
    awaited: u64,
}

impl Ledger {
    /// An empty one. A probe is lost so long after it was sent.
    pub const fn new(timeout: Duration) -> Self {
        Self { timeout, probes: Vec::new(), next: 1, oldest: 1, awaited: 0 }
    }

    /// How long an answer may take.
    pub const fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The number that the next probe will have.
    pub const fn next(&self) -> u64 {
        self.next
    }

    /// Whether any probe is awaited.
    pub const fn is_awaiting(&self) -> bool {
        self.awaited > 0
    }

    /// Notes a probe to `host`, the `number`th of that host's, sent at `sent`; gives the number that no other has, and
    /// the probe that had to be forgotten for it: the oldest, where it is still awaited and all places are taken.
    pub fn note(&mut self, host: usize, number: u64, sent: Moment) -> (u64, Option<Probe>) {
        let probe = Probe { host, number, sent, before: Before::Awaited };
        let mut forgotten = None;
        match self.probes.get_mut(place(self.next)) {
            Some(old) => forgotten = Some(std::mem::replace(old, probe)),
            None => self.probes.push(probe),
        }
        let forgotten = forgotten.filter(|old| old.before == Before::Awaited);
        self.awaited += u64::from(forgotten.is_none());
        self.next += 1;
        self.oldest = self.oldest.max(self.next.saturating_sub(CAPACITY));
        (self.next - 1, forgotten)
    }

    /// The probe of that number, where it is remembered.
    pub fn get(&self, id: u64) -> Option<&Probe> {
        let known = id < self.next && id + CAPACITY >= self.next;
        self.probes.get(place(id)).filter(|_| known && id > 0)
    }

    fn get_mut(&mut self, id: u64) -> Option<&mut Probe> {
        self.get(id)?;
        self.probes.get_mut(place(id))
    }

    /// The number of the last probe whose number ends in these 16 bits.
    pub fn by_sequence(&self, sequence: u16) -> Option<u64> {
        self.by_low_bits(u64::from(sequence), 16)
    }

    /// The number of the last probe whose number ends in these 32 bits.
    pub fn by_number(&self, number: u32) -> Option<u64> {
        self.by_low_bits(u64::from(number), 32)
    }

    fn by_low_bits(&self, low: u64, bits: u32) -> Option<u64> {
        let last = self.next - 1;
        let back = last.wrapping_sub(low) & ((1 << bits) - 1);
        last.checked_sub(back).filter(|id| self.get(*id).is_some())
    }

    /// Notes an answer to the probe, and gives it, and how it was settled before.
    pub fn answer(&mut self, id: u64) -> Option<(Probe, Before)> {
        self.settle(id, Before::Answered)
    }

    /// Notes an error in place of an answer to the probe, and gives it, and how it was settled before.
    pub fn fail(&mut self, id: u64) -> Option<(Probe, Before)> {
        // An answer stays one.
        let answered = self.get(id)?.before == Before::Answered;
        self.settle(id, if answered { Before::Answered } else { Before::Lost })
    }

    fn settle(&mut self, id: u64, now: Before) -> Option<(Probe, Before)> {
        let probe = self.get_mut(id)?;
        let before = std::mem::replace(&mut probe.before, now);
        let probe = *probe;
        self.awaited -= u64::from(before == Before::Awaited);
        Some((probe, before))
    }

    /// The next probe that is lost at `now`; none where all others may still be answered.
    pub fn expired(&mut self, now: Instant) -> Option<Probe> {
        loop {
            let probe = *self.get(self.oldest)?;
            if probe.before == Before::Awaited {
                if now < probe.sent.at + self.timeout {
                    return None;
                }
                self.settle(self.oldest, Before::Lost);
                self.oldest += 1;
                return Some(probe);
            }
            self.oldest += 1;
        }
    }

    /// When the next one is lost; none where none is awaited. Only after [`expired`](Self::expired) is it exact.
    pub fn next_expiry(&self) -> Option<Instant> {
        let probe = self.get(self.oldest).filter(|_| self.awaited > 0)?;
        probe.sent.at.checked_add(self.timeout)
    }
}

fn place(id: u64) -> usize {
    // Below the capacity, which every usize holds.
    usize::try_from(id.wrapping_sub(1) % CAPACITY).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(1);

    fn moment(start: Instant, milliseconds: u64) -> Moment {
        let since = Duration::from_millis(milliseconds);
        Moment { at: start + since, since: Duration::from_secs(1_700_000_000) + since }
    }

    #[test]
    fn an_answer_finds_its_probe_and_a_second_one_is_told() {
        let (mut ledger, start) = (Ledger::new(TIMEOUT), Instant::now());
        let ids =
            [(0, 1), (1, 1), (0, 2)].map(|(host, number)| ledger.note(host, number, moment(start, 0)).0);
        assert_eq!(ids, [1, 2, 3]);
        let (probe, before) = ledger.answer(2).expect("known");
        assert_eq!((probe.host, probe.number, before), (1, 1, Before::Awaited));
        assert_eq!(ledger.answer(2).expect("known").1, Before::Answered);
        assert_eq!(ledger.fail(2).expect("known").1, Before::Answered);
        assert_eq!(ledger.answer(2).expect("known").1, Before::Answered);
        assert!([0, 4, u64::MAX].iter().all(|id| ledger.answer(*id).is_none()));
    }

    #[test]
    fn what_is_not_answered_in_time_is_lost_once() {
        let (mut ledger, start) = (Ledger::new(TIMEOUT), Instant::now());
        for number in 1..=3 {
            ledger.note(0, number, moment(start, number * 100));
        }
        ledger.answer(1);
        assert!(ledger.expired(moment(start, 1_199).at).is_none());
        assert_eq!(ledger.next_expiry(), Some(moment(start, 1_200).at));
        assert_eq!(ledger.expired(moment(start, 1_200).at).map(|probe| probe.number), Some(2));
        assert!(ledger.expired(moment(start, 1_200).at).is_none());
        assert_eq!(ledger.answer(2).expect("remembered").1, Before::Lost);
        assert_eq!(ledger.expired(moment(start, 9_000).at).map(|probe| probe.number), Some(3));
        assert!(!ledger.is_awaiting() && ledger.next_expiry().is_none());
    }

    #[test]
    fn numbers_wrap_around_and_the_last_of_a_sequence_number_is_found() {
        let (mut ledger, start) = (Ledger::new(TIMEOUT), Instant::now());
        for number in 1..=CAPACITY + 10 {
            let (_, forgotten) = ledger.note(0, number, moment(start, 0));
            let want = number.checked_sub(CAPACITY).filter(|old| *old > 0);
            assert_eq!(forgotten.map(|probe| probe.number), want, "{number}");
        }
        assert_eq!(ledger.by_sequence(0), Some(CAPACITY));
        assert_eq!(ledger.by_sequence(10), Some(CAPACITY + 10));
        assert_eq!(ledger.by_sequence(11), Some(11));
        assert_eq!(ledger.by_number(10), None, "another probe stands in its place");
        assert_eq!(ledger.by_number(65_546), Some(CAPACITY + 10));
        assert!(ledger.get(10).is_none() && ledger.get(11).is_some());
        assert_eq!(ledger.awaited, CAPACITY);
    }

    #[test]
    fn a_full_ledger_forgets_the_oldest_and_goes_on() {
        let (mut ledger, start) = (Ledger::new(TIMEOUT), Instant::now());
        ledger.note(0, 1, moment(start, 0));
        ledger.answer(1);
        let forgotten =
            (2..=CAPACITY + 10).filter(|number| ledger.note(0, *number, moment(start, 0)).1.is_some());
        assert_eq!(forgotten.count(), 9, "the first was answered");
        assert_eq!(ledger.awaited, CAPACITY);
        let lost = std::iter::from_fn(|| ledger.expired(moment(start, 1_000).at)).count();
        assert_eq!((u64::try_from(lost), ledger.is_awaiting()), (Ok(CAPACITY), false));
    }

    #[test]
    fn what_could_not_be_sent_is_not_awaited() {
        let (mut ledger, start) = (Ledger::new(TIMEOUT), Instant::now());
        assert!(ledger.fail(1).is_none());
        let (id, _) = ledger.note(0, 1, moment(start, 0));
        for before in [Before::Awaited, Before::Lost] {
            assert_eq!(ledger.fail(id).expect("known").1, before);
        }
        assert!(!ledger.is_awaiting() && ledger.expired(moment(start, 5_000).at).is_none());
    }

    #[test]
    fn times_are_the_kernels_where_its_clock_was_not_set() {
        let start = Instant::now();
        let sent = moment(start, 0);
        let (read, ms) = (start + Duration::from_millis(20), Duration::from_millis);
        let rows = [
            (Some(sent.since + ms(12)), ms(12)),
            (None, ms(20)),
            (Some(sent.since + ms(3_600_000)), ms(20)),
            (sent.since.checked_sub(ms(5)), ms(20)),
            (Some(Duration::ZERO), ms(20)),
        ];
        for (stamp, want) in rows {
            assert_eq!(sent.until(stamp, read), want, "{stamp:?}");
        }
    }
}
