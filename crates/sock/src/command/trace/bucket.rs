//! How many answers a router may be asked for: what it sends is limited, and what is over the limit would look lost.
//!
//! Linux answers each host with six ICMP errors at once and one a second (`icmp_ratelimit`, icmp(7)); routers of other
//! makers are not stricter as a rule. One of the six is left over for what else this machine has it answer.

use std::time::Duration;

/// How many at once.
const BURST: u32 = 5;

/// How long until there is another.
const REFILL: Duration = Duration::from_secs(1);

/// What may still be asked of the routers at one distance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    /// How many there were at `counted`.
    left: u32,
    counted: Duration,
}

impl Bucket {
    pub(super) const FULL: Self = Self { left: BURST, counted: Duration::ZERO };

    /// When the next probe may go: now, or later.
    pub(super) fn ready(&self, now: Duration) -> Duration {
        if self.filled(now).left > 0 { now } else { self.counted + REFILL }
    }

    /// A probe goes, whether it may or not.
    pub(super) fn take(&mut self, now: Duration) {
        *self = self.filled(now);
        self.left = self.left.saturating_sub(1);
    }

    /// With what has come since.
    fn filled(&self, now: Duration) -> Self {
        let mut filled = *self;
        while filled.left < BURST && filled.counted + REFILL <= now {
            filled.left += 1;
            filled.counted += REFILL;
        }
        if filled.left == BURST {
            filled.counted = now;
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_go_at_once_and_then_one_a_second() {
        let mut bucket = Bucket::FULL;
        let (mut now, mut sent) = (Duration::ZERO, Vec::new());
        for _ in 0..8 {
            now = bucket.ready(now);
            bucket.take(now);
            sent.push(now.as_secs());
        }
        assert_eq!(sent, [0, 0, 0, 0, 0, 1, 2, 3]);
        // A long rest fills it, and no more than that.
        now = Duration::from_secs(1000);
        (0..5).for_each(|_| bucket.take(now));
        assert_eq!(bucket.ready(now), now + REFILL);
    }
}
