//! One direction of a stream of TCP, put in order.

use std::collections::BTreeMap;

use super::segment::Tcp;

/// How many bytes, and how many segments, wait for what stands before them. Beyond that, the bytes before them are
/// given up.
const MOST_BYTES: usize = 4 << 20;
const MOST_SEGMENTS: usize = 4_096;

/// What has been put in order: bytes, or how many of them are missing.
pub(super) enum Ordered<'a> {
    Bytes(&'a [u8]),
    Missing(u64),
}

/// Bytes in the order in which they were sent. What is there twice counts once, as it came first.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// The sequence number that comes next; none before the first segment.
    next: Option<u32>,
    /// How many bytes stand before it.
    position: u64,
    /// What stands behind a gap, by its position.
    held: BTreeMap<u64, Held>,
    held_bytes: usize,
}

#[derive(Debug)]
struct Held {
    bytes: Vec<u8>,
    /// How many it was on the wire.
    length: u32,
}

impl Side {
    /// Takes the `length` bytes that a segment carries, of which `bytes` were captured.
    pub(super) fn push(&mut self, tcp: &Tcp, bytes: &[u8], length: u32, out: &mut dyn FnMut(Ordered<'_>)) {
        // A SYN takes a number, before what it carries.
        let sequence = tcp.sequence.wrapping_add(u32::from(tcp.syn));
        let next = *self.next.get_or_insert(sequence);
        let ahead = sequence.wrapping_sub(next).cast_signed();
        match u64::try_from(ahead) {
            Ok(ahead) if ahead > 0 => self.hold(self.position + ahead, bytes, length, out),
            Ok(_) => self.take(bytes, length, out),
            // Older than what there is: only what goes beyond it is new.
            Err(_) => self.take_behind(ahead.unsigned_abs(), bytes, length, out),
        }
        self.release(out);
    }

    /// That the other side has all before `sequence`: what is missing there was not captured, and will not come.
    pub(super) fn acknowledge(&mut self, sequence: u32, out: &mut dyn FnMut(Ordered<'_>)) {
        let Some(next) = self.next else { return };
        let Ok(ahead) = u64::try_from(sequence.wrapping_sub(next).cast_signed()) else { return };
        let acknowledged = self.position + ahead;
        while self.held.first_key_value().is_some_and(|(at, _)| *at < acknowledged) {
            self.give_up(out);
        }
    }

    /// Gives what still waits.
    pub(super) fn end(&mut self, out: &mut dyn FnMut(Ordered<'_>)) {
        while !self.held.is_empty() {
            self.give_up(out);
        }
    }

    fn take_behind(&mut self, known: u32, bytes: &[u8], length: u32, out: &mut dyn FnMut(Ordered<'_>)) {
        if let Some(new) = length.checked_sub(known).filter(|new| *new > 0) {
            let skipped = usize::try_from(known).unwrap_or(usize::MAX);
            self.take(bytes.get(skipped..).unwrap_or_default(), new, out);
        }
    }

    fn take(&mut self, bytes: &[u8], length: u32, out: &mut dyn FnMut(Ordered<'_>)) {
        if !bytes.is_empty() {
            out(Ordered::Bytes(bytes));
        }
        let missing = u64::from(length).saturating_sub(bytes.len() as u64);
        if missing > 0 {
            out(Ordered::Missing(missing));
        }
        self.next = self.next.map(|next| next.wrapping_add(length));
        self.position += u64::from(length);
    }

    fn hold(&mut self, at: u64, bytes: &[u8], length: u32, out: &mut dyn FnMut(Ordered<'_>)) {
        // What came first stays, unless it is shorter.
        if length == 0 || self.held.get(&at).is_some_and(|held| held.length >= length) {
            return;
        }
        let before = self.held.insert(at, Held { bytes: bytes.to_vec(), length });
        self.held_bytes += bytes.len();
        self.held_bytes -= before.map_or(0, |held| held.bytes.len());
        while self.held_bytes > MOST_BYTES || self.held.len() > MOST_SEGMENTS {
            self.give_up(out);
        }
    }

    /// Takes what waits and has nothing missing before it.
    fn release(&mut self, out: &mut dyn FnMut(Ordered<'_>)) {
        while let Some(first) = self.held.first_entry().filter(|first| *first.key() <= self.position) {
            let at = *first.key();
            let held = first.remove();
            self.held_bytes -= held.bytes.len();
            let known = u32::try_from(self.position - at).unwrap_or(u32::MAX);
            self.take_behind(known, &held.bytes, held.length, out);
        }
    }

    /// Goes on behind the first gap.
    fn give_up(&mut self, out: &mut dyn FnMut(Ordered<'_>)) {
        if let Some((at, _)) = self.held.first_key_value() {
            let missing = at.saturating_sub(self.position);
            if missing > 0 {
                out(Ordered::Missing(missing));
            }
            // No segment is further ahead than half of all numbers.
            let step = u32::try_from(missing).unwrap_or(u32::MAX);
            self.next = self.next.map(|next| next.wrapping_add(step));
            self.position += missing;
        }
        self.release(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What segments of (sequence number, bytes) come to, the first of which is a SYN at `first`; `!N` are N missing.
    fn ordered(first: u32, segments: &[(u32, &str)], acknowledged: Option<u32>) -> String {
        let mut side = Side::default();
        let mut text = String::new();
        let mut out = |piece: Ordered<'_>| match piece {
            Ordered::Bytes(bytes) => text += str::from_utf8(bytes).unwrap(),
            Ordered::Missing(bytes) => text += &format!("!{bytes}"),
        };
        let tcp =
            |sequence, syn| Tcp { sequence, acknowledged: None, window: 9, fin: false, syn, reset: false };
        side.push(&tcp(first, true), b"", 0, &mut out);
        for (sequence, bytes) in segments {
            side.push(
                &tcp(*sequence, false),
                bytes.as_bytes(),
                u32::try_from(bytes.len()).unwrap(),
                &mut out,
            );
        }
        if let Some(sequence) = acknowledged {
            side.acknowledge(sequence, &mut out);
            text.push('.');
        }
        let mut out = |piece: Ordered<'_>| match piece {
            Ordered::Bytes(bytes) => text += str::from_utf8(bytes).unwrap(),
            Ordered::Missing(bytes) => text += &format!("!{bytes}"),
        };
        side.end(&mut out);
        text
    }

    #[test]
    fn segments_come_in_any_order_and_overlap() {
        type Row = (u32, &'static [(u32, &'static str)], Option<u32>, &'static str);
        let rows: &[Row] = &[
            (9, &[(10, "ab"), (12, "cd")], None, "abcd"),
            (9, &[(12, "cd"), (10, "ab")], None, "abcd"),
            (9, &[(14, "ef"), (12, "cd"), (10, "ab")], None, "abcdef"),
            // Sent again, in part with more, and before what there is.
            (9, &[(10, "ab"), (10, "ab"), (10, "abcd"), (11, "bc"), (9, "x")], None, "abcd"),
            // Over one another while they wait: what is known first counts.
            (9, &[(12, "cd"), (13, "XYZ"), (11, "bcd"), (10, "a")], None, "abcdYZ"),
            (9, &[(12, "c"), (12, "cd"), (10, "ab")], None, "abcd"),
            // The numbers go round.
            (u32::MAX - 1, &[(1, "cd"), (u32::MAX, "ab"), (3, "e")], None, "abcde"),
            // A gap at the end, and one that the other side has acknowledged.
            (9, &[(10, "ab"), (15, "f")], None, "ab!3f"),
            (9, &[(10, "ab"), (15, "f"), (20, "k")], Some(16), "ab!3f.!4k"),
            (9, &[(10, "ab"), (15, "f")], Some(12), "ab.!3f"),
            (9, &[(10, "ab"), (15, "f")], Some(5), "ab.!3f"),
        ];
        for (first, segments, acknowledged, want) in rows {
            let dot = if acknowledged.is_some() && !want.contains('.') { "." } else { "" };
            assert_eq!(ordered(*first, segments, *acknowledged), format!("{want}{dot}"), "{segments:?}");
        }
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut side = Side::default();
        let (mut bytes, mut missing) = (0, 0);
        let tcp =
            |sequence| Tcp { sequence, acknowledged: None, window: 9, fin: false, syn: false, reset: false };
        for number in 0..20_000_u32 {
            side.push(&tcp(number * 3), &[0], 1, &mut |piece| match piece {
                Ordered::Bytes(more) => bytes += more.len(),
                Ordered::Missing(more) => missing += more,
            });
            assert!(side.held.len() <= MOST_SEGMENTS);
        }
        assert!(bytes > 15_000 && missing > 30_000, "{bytes} {missing}");
        for number in 0..200_u32 {
            side.push(&tcp(1_000_000 + number * 70_000), &[0; 65_000], 65_000, &mut |_| ());
            assert!(side.held_bytes <= MOST_BYTES);
        }
    }
}
