//! How often one address is answered, where a sender's address may be forged. No socket, no clock of its own.

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
        let address = network(address);
        if !self.buckets.contains_key(&address) && !self.has_room(now) {
            return false;
        }
        let full = f64::from(ANSWERS_PER_SECOND);
        let bucket = self.buckets.entry(address).or_insert(Bucket { tokens: full, filled: now });
        bucket.fill(now);
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }

    fn has_room(&mut self, now: Instant) -> bool {
        if self.buckets.len() < ADDRESSES {
            return true;
        }
        // At most one sweep a second: a flood of forged addresses must not make each datagram cost a walk.
        if self.swept.is_some_and(|swept| now.saturating_duration_since(swept) < SWEEP) {
            return false;
        }
        self.swept = Some(now);
        self.buckets.retain(|_, bucket| now.saturating_duration_since(bucket.filled) < SWEEP);
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
        assert!(
            limit.allows(v4(200_000), now + Duration::from_secs(2)),
            "room again once the others are silent"
        );
        assert_eq!(limit.buckets.len(), 1);
    }
}
