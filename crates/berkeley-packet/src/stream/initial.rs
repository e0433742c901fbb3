//! The sequence numbers with which connections of TCP begin.

use std::net::{IpAddr, SocketAddr};

use super::segment::{Segment, Transport, segments};
use crate::layer::packet::Packet;
use crate::protocol::InitialNumbers;

/// How many connections are remembered. A new one takes the place of an older one that falls into the same place.
const MOST: usize = 1 << 14;

/// Remembers with which numbers connections begin, so that those of their segments can be counted from there.
///
/// ```
/// use berkeley_packet::stream::Beginnings;
/// use berkeley_packet::{LinkType, Packet, craft, show};
///
/// let mut beginnings = Beginnings::new();
/// let mut lines = String::new();
/// for text in ["ip/tcp(seq_raw=1000,flags=syn)", "ip/tcp(seq_raw=1001,flags=ack)/\"hi\""] {
///     let bytes = craft::parse(text)?.build();
///     let packet = Packet::decode(LinkType::RAW, &bytes);
///     show::line_from(&packet, beginnings.of(&packet), &mut lines)?;
///     lines.push('\n');
/// }
/// assert!(lines.contains("[S] seq 1000 ") && lines.contains("[.] seq 1 "), "{lines}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Beginnings {
    /// None before the first SYN; then [`MOST`] places.
    places: Vec<Option<Connection>>,
}

#[derive(Clone, Debug)]
struct Connection {
    /// The lower endpoint, and the other.
    ends: [SocketAddr; 2],
    /// The numbers of their SYNs, as far as they are known.
    first: [Option<u32>; 2],
    /// The packet that said so last.
    since: u64,
}

impl Beginnings {
    /// No connections yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With which numbers the connection of `packet`'s first segment begins, as far as the packets before it tell. A
    /// SYN begins a connection anew, and has none: its numbers are what the others count from.
    pub fn of(&mut self, packet: &Packet<'_>) -> InitialNumbers {
        self.note(packet, 0);
        self.known(packet, u64::MAX)
    }

    /// Remembers the connection that `packet` begins, if it does. `number` is its place in the capture: packets may be
    /// noted first, and looked at later, in any order.
    pub fn note(&mut self, packet: &Packet<'_>, number: u64) {
        if let Some(segment) = first(packet).filter(is_syn) {
            self.begin(&segment, number);
        }
    }

    /// With which numbers the connection of the first segment of `packet` begins, as far as packets before `number`
    /// tell, and none that was noted since has begun it anew. A SYN has none.
    pub fn known(&self, packet: &Packet<'_>, number: u64) -> InitialNumbers {
        let Some(segment) = first(packet).filter(|segment| !is_syn(segment)) else {
            return InitialNumbers::default();
        };
        let (ends, side) = ends(&segment);
        match self.places.get(place(&ends)) {
            Some(Some(known)) if known.ends == ends && known.since < number => {
                InitialNumbers { own: known.first[side], other: known.first[1 - side] }
            }
            _ => InitialNumbers::default(),
        }
    }

    fn begin(&mut self, segment: &Segment<'_>, since: u64) {
        let Some(tcp) = segment.tcp else { return };
        let (ends, side) = ends(segment);
        if self.places.is_empty() {
            self.places = vec![None; MOST];
        }
        let Some(known) = self.places.get_mut(place(&ends)) else { return };
        let mut first = [None; 2];
        first[side] = Some(tcp.sequence);
        // The answer acknowledges the other SYN, and nothing else.
        first[1 - side] = tcp.acknowledged.map(|number| number.wrapping_sub(1));
        *known = Some(Connection { ends, first, since });
    }
}

/// The first segment of TCP in a packet, unless a datagram comes first.
fn first<'p>(packet: &'p Packet<'_>) -> Option<Segment<'p>> {
    segments(packet).next().filter(|segment| segment.transport == Transport::Tcp)
}

fn is_syn(segment: &Segment<'_>) -> bool {
    segment.tcp.is_some_and(|tcp| tcp.syn)
}

/// Both endpoints in order, and which of them the sender is.
fn ends(segment: &Segment<'_>) -> ([SocketAddr; 2], usize) {
    let (source, destination) = (segment.source, segment.destination);
    let side = usize::from(source > destination);
    (if side == 0 { [source, destination] } else { [destination, source] }, side)
}

/// Where a connection is remembered. Where two fall into one place, the older one's numbers are told as they are.
fn place(ends: &[SocketAddr; 2]) -> usize {
    let mixed = ends.iter().fold(0_u64, |sum, end| {
        let address = match end.ip() {
            IpAddr::V4(address) => u64::from(u32::from(address)),
            IpAddr::V6(address) => {
                let [high, low] = [64, 0].map(|shift| u128::from(address) >> shift & u128::from(u64::MAX));
                u64::try_from(high ^ low).unwrap_or_default()
            }
        };
        (sum.rotate_left(5) ^ address ^ u64::from(end.port()) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    });
    usize::try_from(mixed >> 50).unwrap_or_default() % MOST
}
