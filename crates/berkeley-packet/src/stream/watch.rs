//! One direction of a stream of TCP, watched for what goes wrong.

use std::time::Duration;

use super::conversations::Traffic;
use super::segment::Tcp;

/// How long after a gap a segment that fills it has been overtaken; later it was sent again. As in Wireshark.
const OVERTAKEN: Duration = Duration::from_millis(3);

/// How many gaps are remembered.
const MOST_GAPS: usize = 16;

/// What was sent in one direction.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Behind the highest number that was sent.
    next: Option<u32>,
    gaps: Vec<Gap>,
    /// A segment whose acknowledgement will tell a round trip: the number behind it, and when it was sent.
    timed: Option<(u32, Duration)>,
}

#[derive(Debug)]
struct Gap {
    start: u32,
    end: u32,
    since: Option<Duration>,
}

/// Whether `number` stands before `other`, as numbers that go round.
fn before(number: u32, other: u32) -> bool {
    number.wrapping_sub(other).cast_signed() < 0
}

impl Watch {
    /// Takes a segment that carries `length` bytes.
    pub(super) fn sent(&mut self, tcp: &Tcp, length: u32, time: Option<Duration>, traffic: &mut Traffic) {
        traffic.resets += u64::from(tcp.reset);
        let has_flags = tcp.syn || tcp.fin || tcp.reset;
        traffic.zero_windows += u64::from(tcp.window == 0 && !has_flags);
        // SYN and FIN take a number each.
        let length = length.saturating_add(u32::from(tcp.syn)).saturating_add(u32::from(tcp.fin));
        let start = tcp.sequence;
        let end = start.wrapping_add(length);
        let next = *self.next.get_or_insert(start);
        // A probe whether the peer is still there repeats the last byte, or none.
        let is_probe = !has_flags && length <= 1 && start == next.wrapping_sub(1);
        if length == 0 || is_probe {
            return;
        }
        if before(start, next) {
            self.again(start, end, time, traffic);
        } else if start != next {
            self.gap(next, start, time, traffic);
        }
        if before(next, end) {
            self.next = Some(end);
            // A new segment begins a measurement, where none is going on.
            if self.timed.is_none() && !before(start, next) {
                self.timed = time.map(|time| (end, time));
            }
        }
    }

    /// The time that passed since what is acknowledged now was sent, where that was measured.
    pub(super) fn acknowledged(&mut self, number: u32, time: Option<Duration>) -> Option<Duration> {
        let (end, sent) = self.timed?;
        if before(number, end) {
            return None;
        }
        self.timed = None;
        time?.checked_sub(sent)
    }

    /// A segment that begins before the highest number: it fills a gap, or was there before.
    fn again(&mut self, start: u32, end: u32, time: Option<Duration>, traffic: &mut Traffic) {
        // Its acknowledgement may be of either (Karn's algorithm).
        self.timed = None;
        let filled = self.gaps.iter().position(|gap| before(start, gap.end) && before(gap.start, end));
        let since = filled.and_then(|index| self.gaps[index].since);
        let is_overtaken =
            time.zip(since).is_some_and(|(time, since)| time.saturating_sub(since) <= OVERTAKEN);
        if is_overtaken {
            traffic.out_of_order += 1;
        } else {
            traffic.retransmissions += 1;
        }
        if let Some(index) = filled {
            self.fill(index, start, end, traffic);
        }
    }

    fn fill(&mut self, index: usize, start: u32, end: u32, traffic: &mut Traffic) {
        let Gap { start: low, end: high, since } = self.gaps.swap_remove(index);
        let (first, last) =
            (if before(start, low) { low } else { start }, if before(high, end) { high } else { end });
        traffic.missing = traffic.missing.saturating_sub(last.wrapping_sub(first).into());
        for (start, end) in [(low, first), (last, high)] {
            if start != end {
                self.gaps.push(Gap { start, end, since });
            }
        }
    }

    fn gap(&mut self, start: u32, end: u32, since: Option<Duration>, traffic: &mut Traffic) {
        traffic.missing += u64::from(end.wrapping_sub(start));
        if self.gaps.len() >= MOST_GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push(Gap { start, end, since });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What segments of (milliseconds, sequence number, bytes) come to: sent again, overtaken, missing.
    fn traffic(segments: &[(u64, u32, u32)]) -> (u64, u64, u64) {
        let (mut watch, mut traffic) = (Watch::default(), Traffic::default());
        for (time, sequence, length) in segments {
            let tcp = Tcp {
                sequence: *sequence,
                acknowledged: None,
                window: 9,
                fin: false,
                syn: false,
                reset: false,
            };
            watch.sent(&tcp, *length, Some(Duration::from_millis(*time)), &mut traffic);
        }
        (traffic.retransmissions, traffic.out_of_order, traffic.missing)
    }

    #[test]
    fn what_is_sent_again_overtaken_or_missing_is_told_apart() {
        type Row = (&'static [(u64, u32, u32)], (u64, u64, u64));
        let rows: &[Row] = &[
            (&[(0, 10, 5), (1, 15, 5)], (0, 0, 0)),
            (&[(0, 10, 5), (1, 10, 5), (2, 12, 8)], (2, 0, 0)),
            (&[(0, 10, 5), (1, 20, 5), (2, 15, 5)], (0, 1, 0)),
            (&[(0, 10, 5), (1, 20, 5), (90, 15, 5)], (1, 0, 0)),
            (&[(0, 10, 5), (1, 20, 5), (2, 16, 2)], (0, 1, 3)),
            // A probe is not sent again: it only asks.
            (&[(0, 10, 5), (9, 14, 0), (9, 14, 1)], (0, 0, 0)),
            (&[(0, u32::MAX - 1, 5), (1, 3, 5), (2, u32::MAX - 1, 5)], (1, 0, 0)),
        ];
        for (segments, want) in rows {
            assert_eq!(traffic(segments), *want, "{segments:?}");
        }
    }

    #[test]
    fn gaps_are_bounded() {
        let segments: Vec<_> = (0..1_000).map(|number| (0, number * 4, 1)).collect();
        assert_eq!(traffic(&segments), (0, 0, 999 * 3));
    }
}
