//! Which stream a segment belongs to, and its number.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::segment::{Segment, Transport, segments};
use crate::layer::packet::Packet;

/// How many streams are known at most; the segments of others belong to none.
pub(super) const MOST: usize = 1 << 18;

/// Says which stream each packet belongs to, as [`Follow`](super::Follow) and Wireshark number them.
#[derive(Debug, Default)]
pub struct Streams(Numbers);

impl Streams {
    /// One that has seen no packet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next packet of the capture, and gives the stream of the first segment or datagram in it. None where
    /// it has none, or where more than 262,144 streams would be known.
    pub fn push(&mut self, packet: &Packet<'_>) -> Option<(Transport, u32)> {
        let mut first = None;
        for segment in segments(packet) {
            let number = self.0.of(&segment);
            first = first.or(number.map(|number| (segment.transport, number)));
        }
        first
    }
}

/// The streams, numbered from 0 in the order in which they begin, each transport for itself.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    streams: HashMap<(Transport, SocketAddr, SocketAddr), Stream>,
    tcp: u32,
    udp: u32,
}

/// The stream that a pair of endpoints has now.
#[derive(Debug)]
struct Stream {
    number: u32,
    /// Where the numbering of each side begins, that of the lower endpoint first.
    first: [Option<u32>; 2],
    was_reset: bool,
}

impl Numbers {
    /// How many streams of that transport there are.
    pub(super) fn count(&self, transport: Transport) -> u32 {
        match transport {
            Transport::Tcp => self.tcp,
            Transport::Udp => self.udp,
        }
    }

    /// The number of the stream that `segment` belongs to, which it may begin. None where too many are known.
    pub(super) fn of(&mut self, segment: &Segment<'_>) -> Option<u32> {
        let (source, destination) = (segment.source, segment.destination);
        let side = usize::from(source > destination);
        let key = (segment.transport, source.min(destination), source.max(destination));
        let next = match segment.transport {
            Transport::Tcp => &mut self.tcp,
            Transport::Udp => &mut self.udp,
        };
        let is_full = self.streams.len() >= MOST || usize::try_from(*next).is_ok_and(|next| next >= MOST);
        if is_full && !self.streams.contains_key(&key) {
            return None;
        }
        let mut begin = || {
            *next += 1;
            Stream { number: *next - 1, first: [None; 2], was_reset: false }
        };
        let stream = self.streams.entry(key).or_insert_with(&mut begin);
        if !is_full && stream.is_over_with(segment, side) {
            *stream = begin();
        }
        stream.note(segment, side);
        Some(stream.number)
    }
}

impl Stream {
    /// Whether the segment uses the pair of endpoints anew: a SYN that begins with another number, or behind a reset.
    fn is_over_with(&self, segment: &Segment<'_>, side: usize) -> bool {
        let asks = segment.tcp.filter(|tcp| tcp.syn && tcp.acknowledged.is_none());
        asks.zip(self.first[side]).is_some_and(|(tcp, first)| first != tcp.sequence || self.was_reset)
    }

    fn note(&mut self, segment: &Segment<'_>, side: usize) {
        let Some(tcp) = segment.tcp else { return };
        let first = if tcp.syn { tcp.sequence } else { tcp.sequence.wrapping_sub(1) };
        self.first[side].get_or_insert(first);
        self.was_reset |= tcp.reset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkType;

    #[test]
    fn each_packet_has_the_stream_of_its_ends_and_what_is_no_stream_has_none() {
        // IPv4 and UDP without payload, from port to port.
        let udp = |from: u8, to: u8| {
            let head = *b"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x01";
            [&head[..], &[0, from, 0, to, 0, 8, 0, 0]].concat()
        };
        let mut streams = Streams::new();
        let mut number = |bytes: &[u8]| streams.push(&Packet::decode(LinkType::RAW, bytes));
        let rows = [((1, 2), 0), ((3, 4), 1), ((2, 1), 0), ((4, 3), 1), ((1, 3), 2)];
        for ((from, to), want) in rows {
            assert_eq!(number(&udp(from, to)), Some((Transport::Udp, want)), "{from} {to}");
        }
        assert_eq!(number(b"\x45\0\0\x14\0\0\0\0\x40\x01\0\0\x7f\0\0\x01\x7f\0\0\x01"), None);
        assert_eq!(number(b""), None);
    }
}
