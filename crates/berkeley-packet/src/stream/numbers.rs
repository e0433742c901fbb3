//! Which stream a segment belongs to, and its number.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::segment::{Segment, Transport};

/// How many streams are known at most; the segments of others belong to none.
pub(super) const MOST: usize = 1 << 18;

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
