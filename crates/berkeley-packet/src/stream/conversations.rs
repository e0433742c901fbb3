//! Who has spoken with whom, how much, and what went wrong.

use std::net::SocketAddr;
use std::time::Duration;

use super::fragments::Assembled;
use super::numbers::{MOST, Numbers};
use super::segment::{Segment, Tcp, Transport, segments};
use super::watch::Watch;
use crate::layer::packet::Packet;

/// The conversations of a capture: the streams of TCP and UDP.
#[derive(Debug, Default)]
pub struct Conversations {
    numbers: Numbers,
    rows: Vec<Conversation>,
    /// The rows of the streams, by their numbers: those of TCP, and those of UDP.
    tcp: Vec<usize>,
    udp: Vec<usize>,
    watches: Vec<[Watch; 2]>,
    left_out: u64,
}

/// One conversation.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Conversation {
    /// TCP or UDP.
    pub transport: Transport,
    /// The number of its stream, as Wireshark has it.
    pub number: u32,
    /// Who has begun it.
    pub client: SocketAddr,
    /// The other end.
    pub server: SocketAddr,
    /// What the client has sent.
    pub sent: Traffic,
    /// What the server has sent.
    pub received: Traffic,
    /// When its first packet came, and its last; since 1970.
    pub times: Option<(Duration, Duration)>,
    /// The round trips of TCP, as far as they were seen.
    pub round_trip: RoundTrip,
}

/// What one end has sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Packets; each of a datagram's fragments is one.
    pub packets: u64,
    /// Their bytes on the wire, with all headers.
    pub bytes: u64,
    /// Segments of TCP that were sent again.
    pub retransmissions: u64,
    /// Segments that came behind later ones, by less than three milliseconds.
    pub out_of_order: u64,
    /// Bytes that were sent, since later ones were, and are not in the capture.
    pub missing: u64,
    /// Segments that say that there is no room for more.
    pub zero_windows: u64,
    /// Resets.
    pub resets: u64,
}

/// Round trips: how long an answer takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoundTrip {
    /// From the SYN to the client's first acknowledgement: that of the whole way, wherever the capture was made.
    pub handshake: Option<Duration>,
    /// The shortest from a segment to its acknowledgement, as seen where the capture was made.
    pub least: Option<Duration>,
    /// The longest.
    pub most: Option<Duration>,
    /// When the SYN was sent.
    began: Option<Duration>,
}

impl Conversations {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next packet of the capture, and when it came, since 1970.
    ///
    /// A fragment belongs to no conversation by itself: [`push_assembled`](Self::push_assembled) takes what all of a
    /// packet's fragments come to.
    pub fn push(&mut self, packet: &Packet<'_>, time: Option<Duration>) {
        self.take(packet, 1, packet.length() as u64, time);
    }

    /// Takes a packet that was put together from fragments, the last of which came at `time`. All packets that brought
    /// them count.
    pub fn push_assembled(&mut self, whole: &Assembled, time: Option<Duration>) {
        self.take(&whole.packet(), whole.packets(), whole.length(), time);
    }

    fn take(&mut self, packet: &Packet<'_>, packets: u64, bytes: u64, time: Option<Duration>) {
        for segment in segments(packet) {
            match self.numbers.of(&segment).and_then(|number| self.row(&segment, number)) {
                Some(index) => self.add(index, &segment, [packets, bytes], time),
                None => self.left_out += packets,
            }
        }
    }

    /// The conversations, in the order in which they begin.
    pub fn rows(&self) -> &[Conversation] {
        &self.rows
    }

    /// How many segments belong to none of them, since there are too many.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn row(&mut self, segment: &Segment<'_>, number: u32) -> Option<usize> {
        let known = match segment.transport {
            Transport::Tcp => &mut self.tcp,
            Transport::Udp => &mut self.udp,
        };
        let index = usize::try_from(number).ok()?;
        if let Some(row) = known.get(index) {
            return Some(*row);
        }
        if self.rows.len() >= MOST {
            return None;
        }
        // Numbers are given in turn; those that came when there were too many have no row.
        known.resize(index, usize::MAX);
        known.push(self.rows.len());
        let [client, server] = segment.ends();
        self.rows.push(Conversation {
            transport: segment.transport,
            number,
            client,
            server,
            sent: Traffic::default(),
            received: Traffic::default(),
            times: None,
            round_trip: RoundTrip::default(),
        });
        self.watches.push(Default::default());
        Some(self.rows.len() - 1)
    }

    fn add(&mut self, index: usize, segment: &Segment<'_>, counts: [u64; 2], time: Option<Duration>) {
        let (Some(row), Some(watches)) = (self.rows.get_mut(index), self.watches.get_mut(index)) else {
            self.left_out += 1;
            return;
        };
        let from_client = segment.source == row.client;
        let traffic = if from_client { &mut row.sent } else { &mut row.received };
        traffic.packets += counts[0];
        traffic.bytes += counts[1];
        if let Some(time) = time {
            let (first, last) = row.times.unwrap_or((time, time));
            row.times = Some((first.min(time), last.max(time)));
        }
        let Some(tcp) = segment.tcp else { return };
        let [own, other] = watches;
        let (own, other) = if from_client { (own, other) } else { (other, own) };
        own.sent(&tcp, segment.length, time, traffic);
        row.round_trip.handshake(&tcp, from_client, time);
        if let Some(number) = tcp.acknowledged
            && let Some(took) = other.acknowledged(number, time)
        {
            row.round_trip.took(took);
        }
    }
}

impl RoundTrip {
    fn handshake(&mut self, tcp: &Tcp, from_client: bool, time: Option<Duration>) {
        match (tcp.syn, tcp.acknowledged.is_some(), from_client) {
            (true, false, true) => self.began = self.began.or(time),
            (false, true, true) if self.handshake.is_none() => {
                self.handshake = time.zip(self.began).and_then(|(time, began)| time.checked_sub(began));
                // Once only: later acknowledgements are no part of it.
                self.began = None;
            }
            _ => (),
        }
    }

    fn took(&mut self, took: Duration) {
        self.least = Some(self.least.map_or(took, |least| least.min(took)));
        self.most = Some(self.most.map_or(took, |most| most.max(took)));
    }
}
