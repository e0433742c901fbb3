//! How often and with how much one address is answered, where a sender's address may be forged, and how much is told of
//! it. No socket, no clock of its own.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Answers a second to one address, and as many at once.
pub(crate) const ANSWERS_PER_SECOND: u32 = 100;

/// How many addresses are remembered; when all are busy, a further one gets no answer.
const ADDRESSES: usize = 4_096;

/// How often, at most, the addresses that have fallen silent are forgotten.
const SWEEP: Duration = Duration::from_secs(1);

/// A token bucket for each address; for IPv6 for each /64, which is what one host may hold.
#[derive(Debug, Default)]
pub(crate) struct RateLimit {
    buckets: HashMap<IpAddr, Bucket>,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl RateLimit {
    /// Whether `address` may be answered at `now`; counts the answer if so.
    pub(crate) fn allows(&mut self, address: IpAddr, now: Instant) -> bool {
        self.spends(address, now).unwrap_or(false)
    }

    /// Whether `address` has come more often than it may; counts it if not. One that there is no room to remember has
    /// not.
    pub(crate) fn exceeds(&mut self, address: IpAddr, now: Instant) -> bool {
        !self.spends(address, now).unwrap_or(true)
    }

    /// Whether there is a token, which is taken; `None` where there is no room for a further address.
    fn spends(&mut self, address: IpAddr, now: Instant) -> Option<bool> {
        let address = network(address);
        if !self.buckets.contains_key(&address) && !self.has_room(now) {
            return None;
        }
        let full = f64::from(ANSWERS_PER_SECOND);
        let bucket = self.buckets.entry(address).or_insert(Bucket { tokens: full, filled: now });
        bucket.fill(now);
        let has_one = bucket.tokens >= 1.0;
        if has_one {
            bucket.tokens -= 1.0;
        }
        Some(has_one)
    }

    fn has_room(&mut self, now: Instant) -> bool {
        if self.buckets.len() >= ADDRESSES && is_due(&mut self.swept, now) {
            self.buckets.retain(|_, bucket| now.saturating_duration_since(bucket.filled) < SWEEP);
        }
        self.buckets.len() < ADDRESSES
    }
}

impl Bucket {
    fn fill(&mut self, now: Instant) {
        let full = f64::from(ANSWERS_PER_SECOND);
        let gained = now.saturating_duration_since(self.filled).as_secs_f64() * full;
        self.tokens = (self.tokens + gained).min(full);
        self.filled = now;
    }
}

/// Bytes of the headers of a datagram, of IPv4 and UDP, which count each way.
const HEADERS: u64 = 28;

/// How many times what an address has sent it may be sent: what QUIC allows before an address is proven (RFC 9000,
/// section 8.1).
const FACTOR: u64 = 3;

/// What one sender may still be sent.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    bytes: u64,
    /// It was named when an answer first exceeded it.
    named: bool,
}

/// Whether an answer may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may, and was counted.
    Sends,
    /// It may not; `first` where it is the first of that address, which is to be named.
    Exceeds { first: bool },
}

impl Allowance {
    /// Counts a datagram of `received` bytes, which may bring answers at any time.
    pub(crate) fn earns(&mut self, received: usize) {
        self.bytes = self.bytes.saturating_add(FACTOR * (received as u64 + HEADERS));
    }

    /// Says whether an answer of `answer` bytes may be sent; counts it if so.
    pub(crate) fn spends(&mut self, answer: usize) -> Verdict {
        match self.bytes.checked_sub(answer as u64 + HEADERS) {
            Some(left) => {
                self.bytes = left;
                Verdict::Sends
            }
            None => Verdict::Exceeds { first: !std::mem::replace(&mut self.named, true) },
        }
    }
}

/// What each address may still be sent.
#[derive(Debug, Default)]
pub(crate) struct Credit {
    accounts: HashMap<IpAddr, Account>,
    swept: Option<Instant>,
}

#[derive(Debug)]
struct Account {
    allowance: Allowance,
    seen: Instant,
}

impl Credit {
    /// Counts a datagram of `received` bytes from `address`, and says whether an answer of `answer` bytes may be sent.
    pub(crate) fn allows(
        &mut self,
        address: IpAddr,
        received: usize,
        answer: usize,
        now: Instant,
    ) -> Verdict {
        let address = address.to_canonical();
        let mut alone = Allowance { named: true, ..Allowance::default() };
        let allowance = if self.accounts.contains_key(&address) || self.has_room(now) {
            let account = self.accounts.entry(address);
            let account = account.or_insert(Account { allowance: Allowance::default(), seen: now });
            account.seen = now;
            &mut account.allowance
        } else {
            // Nothing is remembered of it: it may be sent what this datagram alone allows.
            &mut alone
        };
        allowance.earns(received);
        allowance.spends(answer)
    }

    fn has_room(&mut self, now: Instant) -> bool {
        if self.accounts.len() >= ADDRESSES && is_due(&mut self.swept, now) {
            self.accounts.retain(|_, account| now.saturating_duration_since(account.seen) < SWEEP);
        }
        self.accounts.len() < ADDRESSES
    }
}

/// How many lines a second are told about datagrams from beyond this machine.
const LINES_PER_SECOND: u32 = 100;

/// Bounds the lines of a log that anybody could fill.
#[derive(Debug)]
pub(crate) struct LineLimit {
    per_second: u32,
    second: Option<Instant>,
    shown: u32,
    hidden: u64,
}

/// Whether a line is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// It is; so many were hidden before it.
    Yes { hidden: u64 },
    /// It is not, but counted.
    Hidden,
}

impl Default for LineLimit {
    fn default() -> Self {
        Self::per_second(LINES_PER_SECOND)
    }
}

impl LineLimit {
    /// So many lines a second, and as many at once.
    pub(crate) const fn per_second(per_second: u32) -> Self {
        Self { per_second, second: None, shown: 0, hidden: 0 }
    }

    /// Whether the next line is shown, at `now`.
    pub(crate) fn next(&mut self, now: Instant) -> Shown {
        if self.second.is_none_or(|second| now.saturating_duration_since(second) >= Duration::from_secs(1)) {
            self.second = Some(now);
            self.shown = 0;
        }
        if self.shown >= self.per_second {
            self.hidden += 1;
            return Shown::Hidden;
        }
        self.shown += 1;
        Shown::Yes { hidden: std::mem::take(&mut self.hidden) }
    }

    /// How many were hidden since the last that was shown.
    pub(crate) fn hidden(&self) -> u64 {
        self.hidden
    }
}

/// Whether a sweep is due; at most one a second: a flood of forged addresses must not make each datagram cost a walk.
fn is_due(swept: &mut Option<Instant>, now: Instant) -> bool {
    if swept.is_some_and(|swept| now.saturating_duration_since(swept) < SWEEP) {
        return false;
    }
    *swept = Some(now);
    true
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn one_address_gets_its_rate_and_no_more() {
        let mut limit = RateLimit::default();
        let start = Instant::now();
        let allowed = |limit: &mut RateLimit, now| (0..1_000).filter(|_| limit.allows(v4(1), now)).count();
        assert_eq!(allowed(&mut limit, start), 100, "what it may have at once");
        assert_eq!(allowed(&mut limit, start + Duration::from_millis(500)), 50, "half a second's worth");
        assert_eq!(
            allowed(&mut limit, start + Duration::from_secs(60)),
            100,
            "never more than a second's worth"
        );
        assert!(limit.allows(v4(2), start), "another address is not touched");
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let mut limit = RateLimit::default();
        let now = Instant::now();
        let allowed = (0..1_000_u16)
            .filter(|host| limit.allows(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, *host]), now))
            .count();
        assert_eq!(allowed, 100);
    }

    #[test]
    fn forged_addresses_take_bounded_memory_and_the_silent_are_forgotten() {
        let mut limit = RateLimit::default();
        let now = Instant::now();
        let answered = (0..100_000).filter(|number| limit.allows(v4(*number), now)).count();
        assert_eq!((answered, limit.buckets.len()), (ADDRESSES, ADDRESSES));
        assert!(!limit.exceeds(v4(200_000), now), "nobody is held to what is not remembered");
        assert!((0..200).any(|_| limit.exceeds(v4(1), now)));
        assert!(
            limit.allows(v4(200_000), now + Duration::from_secs(2)),
            "room again once the others are silent"
        );
        assert_eq!(limit.buckets.len(), 1);
    }

    const SENDS: Verdict = Verdict::Sends;
    const FIRST: Verdict = Verdict::Exceeds { first: true };
    const AGAIN: Verdict = Verdict::Exceeds { first: false };

    #[test]
    fn an_address_is_sent_at_most_three_times_what_it_has_sent_headers_counted() {
        let now = Instant::now();
        // Received, answered, and what of it may go: 28 bytes of header each way.
        let rows: [(usize, usize, Verdict); 8] = [
            (1, 59, SENDS),   // 87 earned, 87 spent
            (1, 60, FIRST),   // 87 earned, 88 asked for
            (0, 143, SENDS),  // 171 are there by now
            (0, 57, AGAIN),   // 84 earned, 85 asked for
            (0, 140, SENDS),  // 168, all of it
            (100, 0, SENDS),  // 384 earned, 28 spent
            (0, 412, SENDS),  // 440, all of it
            (10, 100, AGAIN), // 114 earned, 128 asked for
        ];
        let mut credit = Credit::default();
        for (row, (received, answer, want)) in rows.into_iter().enumerate() {
            assert_eq!(credit.allows(v4(1), received, answer, now), want, "row {row}");
        }
        assert_eq!(credit.allows(v4(2), 1, 60, now), FIRST, "another address has its own");
        let mapped = IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0, 3]);
        assert_eq!((credit.allows(v4(3), 1, 60, now), credit.allows(mapped, 1, 200, now)), (FIRST, AGAIN));
    }

    #[test]
    fn answers_that_come_later_are_paid_by_what_was_received_before() {
        let mut allowance = Allowance::default();
        assert_eq!(allowance.spends(0), FIRST, "it has sent nothing");
        allowance.earns(1);
        allowance.earns(1);
        assert_eq!((allowance.spends(59), allowance.spends(60)), (SENDS, AGAIN));
        assert_eq!((allowance.spends(59), allowance.spends(0)), (SENDS, AGAIN));
    }

    #[test]
    fn addresses_that_find_no_room_have_what_their_datagram_allows() {
        let (mut credit, now) = (Credit::default(), Instant::now());
        for number in 0..100_000 {
            assert_eq!(credit.allows(v4(number), 1, 0, now), SENDS);
        }
        assert_eq!(credit.accounts.len(), ADDRESSES);
        assert_eq!(
            (credit.allows(v4(99_999), 1, 59, now), credit.allows(v4(99_999), 1, 60, now)),
            (SENDS, AGAIN)
        );
        credit.allows(v4(200_000), 1, 0, now + Duration::from_secs(2));
        assert_eq!(credit.accounts.len(), 1, "the silent are forgotten");
    }

    #[test]
    fn lines_beyond_the_rate_are_counted_and_the_count_is_told_with_the_next() {
        let (mut lines, start) = (LineLimit::default(), Instant::now());
        let shown = (0..1_000).filter(|_| matches!(lines.next(start), Shown::Yes { hidden: 0 })).count();
        assert_eq!((shown, lines.hidden()), (100, 900));
        assert_eq!(lines.next(start + Duration::from_secs(1)), Shown::Yes { hidden: 900 });
        assert_eq!(lines.hidden(), 0);
    }
}
