//! What a capture file says of where its packets were captured.

use std::time::Duration;

use crate::link::LinkType;

/// Where packets were captured. A file of pcap has one without a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, such as `eth0`; empty where the file tells none. Whoever wrote the file chose it: a terminal may have
    /// it only escaped.
    pub name: String,
    /// What its packets begin with.
    pub link: LinkType,
    /// The most bytes of a packet that were kept; 0 where there was no limit.
    pub snap: u32,
    /// How many packets it had received at the end, as its statistics say.
    pub received: Option<u64>,
    /// How many of these were dropped for want of room.
    pub dropped: Option<u64>,
    pub(super) clock: Clock,
}

impl Interface {
    pub(super) fn new(link: LinkType, snap: u32) -> Self {
        Self { name: String::new(), link, snap, received: None, dropped: None, clock: Clock::MICROSECONDS }
    }
}

impl LinkType {
    /// The link type of that number in a file; none for a number that is too large to be one.
    pub(super) fn in_file(number: u32) -> Option<Self> {
        match number {
            // What systems of old wrote for raw IP was their own number of it.
            12 | 14 => Some(Self::RAW),
            _ => u16::try_from(number).ok().map(Self::from_raw),
        }
    }
}

/// How the times of an interface are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    /// Seconds to be added.
    offset: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// So many units are a second, each of them so many nanoseconds.
    Whole { in_second: u64, nanoseconds: u64 },
    /// So many units are a second, which are less than a nanosecond, or no whole number of them.
    Fraction { in_second: u64 },
    /// The file says something that cannot be counted.
    Unknown,
}

impl Clock {
    pub(super) const MICROSECONDS: Self =
        Self { unit: Unit::Whole { in_second: 1_000_000, nanoseconds: 1_000 }, offset: 0 };

    /// The clock of the options `if_tsresol` and `if_tsoffset`.
    pub(super) fn new(resolution: u8, offset: i64) -> Self {
        let exponent = u32::from(resolution & 0x7f);
        let in_second =
            if resolution & 0x80 == 0 { 10_u64.checked_pow(exponent) } else { 2_u64.checked_pow(exponent) };
        let unit = match in_second {
            Some(in_second @ 1..=1_000_000_000) if 1_000_000_000 % in_second == 0 => {
                Unit::Whole { in_second, nanoseconds: 1_000_000_000 / in_second }
            }
            Some(in_second) => Unit::Fraction { in_second },
            None => Unit::Unknown,
        };
        Self { unit, offset }
    }

    /// The time since 1970; none where it is before, or cannot be known.
    pub(super) fn time(self, units: u64) -> Option<Duration> {
        let (seconds, nanoseconds) = match self.unit {
            // The two that most files have: a division by a constant is fast.
            Unit::Whole { in_second: 1_000_000, .. } => (units / 1_000_000, units % 1_000_000 * 1_000),
            Unit::Whole { in_second: 1_000_000_000, .. } => (units / 1_000_000_000, units % 1_000_000_000),
            Unit::Whole { in_second, nanoseconds } => (units / in_second, units % in_second * nanoseconds),
            Unit::Fraction { in_second } => {
                let part = u128::from(units % in_second) * 1_000_000_000 / u128::from(in_second);
                (units / in_second, u64::try_from(part).ok()?)
            }
            Unit::Unknown => return None,
        };
        Some(Duration::new(seconds.checked_add_signed(self.offset)?, u32::try_from(nanoseconds).ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_at_every_resolution() {
        let rows = [
            (6, 0, 1_500_000, Some((1, 500_000_000))),
            (9, 0, 1_500_000_001, Some((1, 500_000_001))),
            (0, 0, 7, Some((7, 0))),
            (3, 10, 1_250, Some((11, 250_000_000))),
            (6, -1, 1_500_000, Some((0, 500_000_000))),
            (6, -2, 1_500_000, None),
            (6, i64::MAX, u64::MAX, Some((i64::MAX as u64 + u64::MAX / 1_000_000, 551_615_000))),
            (12, 0, 1_500_000_000_999, Some((1, 500_000_000))),
            (19, 0, 15_000_000_000_000_000_000, Some((1, 500_000_000))),
            (20, 0, 1, None),
            (0x80, 0, 7, Some((7, 0))),
            (0x81, 0, 3, Some((1, 500_000_000))),
            (0x80 | 32, 0, 3 << 31, Some((1, 500_000_000))),
            (0x80 | 63, 0, 3 << 62, Some((1, 500_000_000))),
            (0x80 | 64, 0, 1, None),
        ];
        for (resolution, offset, units, wanted) in rows {
            let wanted = wanted.map(|(seconds, nanoseconds)| Duration::new(seconds, nanoseconds));
            assert_eq!(
                Clock::new(resolution, offset).time(units),
                wanted,
                "{resolution:#x} {offset} {units}"
            );
        }
    }
}
