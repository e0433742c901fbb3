//! One stream of a capture, put together.

use std::net::SocketAddr;

use super::numbers::Numbers;
use super::segment::{Segment, Transport, segments};
use super::side::{Ordered, Side};
use crate::layer::packet::Packet;

/// Puts the bytes of one stream together, both directions in the order in which they came.
///
/// Streams are numbered as Wireshark numbers them. A pair of endpoints that begins anew, with a SYN of another number
/// or behind a reset, begins another stream.
#[derive(Debug)]
pub struct Follow {
    transport: Transport,
    number: u32,
    numbers: Numbers,
    ends: Option<[SocketAddr; 2]>,
    sides: [Side; 2],
}

/// A piece of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// These bytes; of UDP a datagram, as far as it was captured.
    Bytes {
        /// Whether the client has sent them: who has begun.
        from_client: bool,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// Bytes that were sent and are not in the capture.
    Missing {
        /// Whether the client has sent them.
        from_client: bool,
        /// How many.
        bytes: u64,
    },
}

impl Follow {
    /// Follows the stream of that number.
    pub fn new(transport: Transport, number: u32) -> Self {
        Self { transport, number, numbers: Numbers::default(), ends: None, sides: Default::default() }
    }

    /// Takes the next packet of the capture; `each` gets what it adds to the stream.
    ///
    /// A fragment adds nothing by itself. What all of a packet's fragments come to is taken like any other packet, once
    /// the last of them has come: [`Assembled::packet`](super::Assembled::packet).
    pub fn push(&mut self, packet: &Packet<'_>, each: &mut dyn FnMut(Piece<'_>)) {
        let transport = self.transport;
        for segment in segments(packet).filter(|segment| segment.transport == transport) {
            if self.numbers.of(&segment) == Some(self.number) {
                self.add(&segment, each);
            }
        }
    }

    /// Ends the capture; `each` gets what still waits for bytes before it.
    pub fn end(&mut self, each: &mut dyn FnMut(Piece<'_>)) {
        for (index, side) in self.sides.iter_mut().enumerate() {
            side.end(&mut |ordered| each(piece(index == 0, &ordered)));
        }
    }

    /// The client and the server, where the stream has begun.
    pub fn ends(&self) -> Option<[SocketAddr; 2]> {
        self.ends
    }

    /// How many streams of its transport there are so far.
    pub fn streams(&self) -> u32 {
        self.numbers.count(self.transport)
    }

    fn add(&mut self, segment: &Segment<'_>, each: &mut dyn FnMut(Piece<'_>)) {
        let ends = self.ends.get_or_insert_with(|| segment.ends());
        let from = usize::from(ends[0] != segment.source);
        let mut out = |ordered: Ordered<'_>, from: usize| each(piece(from == 0, &ordered));
        let Some(tcp) = segment.tcp else {
            if !segment.payload.is_empty() {
                out(Ordered::Bytes(segment.payload), from);
            }
            let missing = u64::from(segment.length).saturating_sub(segment.payload.len() as u64);
            if missing > 0 {
                out(Ordered::Missing(missing), from);
            }
            return;
        };
        if let Some(acknowledged) = tcp.acknowledged {
            self.sides[1 - from].acknowledge(acknowledged, &mut |ordered| out(ordered, 1 - from));
        }
        self.sides[from].push(&tcp, segment.payload, segment.length, &mut |ordered| out(ordered, from));
    }
}

impl Segment<'_> {
    /// The client and the server, by the first segment that was captured: a SYN with an ACK is the server's.
    pub(super) fn ends(&self) -> [SocketAddr; 2] {
        let answers = self.tcp.is_some_and(|tcp| tcp.syn && tcp.acknowledged.is_some());
        if answers { [self.destination, self.source] } else { [self.source, self.destination] }
    }
}

fn piece<'o>(from_client: bool, ordered: &Ordered<'o>) -> Piece<'o> {
    match *ordered {
        Ordered::Bytes(bytes) => Piece::Bytes { from_client, bytes },
        Ordered::Missing(bytes) => Piece::Missing { from_client, bytes },
    }
}
