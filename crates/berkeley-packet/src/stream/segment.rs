//! What a packet says to a stream.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use crate::layer::checksum;
use crate::layer::packet::{Layer, Packet};

/// What has streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP: all datagrams between two endpoints are a stream.
    Udp,
}

impl Transport {
    /// The protocol's name: `tcp`, `udp`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One segment of TCP, or one datagram of UDP.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) transport: Transport,
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    /// What it carries, as far as it was captured.
    pub(super) payload: &'a [u8],
    /// How many bytes that was on the wire.
    pub(super) length: u32,
    /// What TCP's header says.
    pub(super) tcp: Option<Tcp>,
}

/// The part of a header of TCP on which streams depend.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tcp {
    pub(super) sequence: u32,
    /// What is acknowledged; none without the flag ACK.
    pub(super) acknowledged: Option<u32>,
    pub(super) window: u16,
    pub(super) fin: bool,
    pub(super) syn: bool,
    pub(super) reset: bool,
}

impl Tcp {
    fn read(header: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u32::from_be_bytes(*header.get(at..)?.first_chunk()?));
        let flags = *header.get(13)?;
        let acknowledged = word(8).filter(|_| flags & 0x10 != 0);
        let window = u16::from_be_bytes(*header.get(14..)?.first_chunk()?);
        let [fin, syn, reset] = [1, 2, 4].map(|flag| flags & flag != 0);
        Some(Self { sequence: word(4)?, acknowledged, window, fin, syn, reset })
    }
}

/// The segments in a packet: one, or several where packets are carried in packets. What an error of ICMP quotes is not
/// sent, and a fragment is not a segment: those that were put together are.
pub(super) fn segments<'p>(packet: &'p Packet<'_>) -> impl Iterator<Item = Segment<'p>> {
    packet.layers().take_while(|layer| !layer.protocol().name.starts_with("icmp")).filter_map(segment)
}

fn segment(layer: Layer<'_>) -> Option<Segment<'_>> {
    let transport = match layer.protocol().name {
        "tcp" => Transport::Tcp,
        "udp" => Transport::Udp,
        _ => return None,
    };
    if layer.is_in_fragment() {
        return None;
    }
    let outer = layer.around_ip()?;
    let (source, destination) = checksum::addresses(outer.protocol().name, outer.header())?;
    let header = layer.header();
    let port = |at: usize| Some(u16::from_be_bytes(*header.get(at..)?.first_chunk()?));
    let tcp = match transport {
        Transport::Tcp => Some(Tcp::read(header)?),
        Transport::Udp => None,
    };
    Some(Segment {
        transport,
        source: SocketAddr::new(ip(source)?, port(0)?),
        destination: SocketAddr::new(ip(destination)?, port(2)?),
        payload: layer.payload(),
        length: u32::try_from(layer.length().saturating_sub(header.len())).ok()?,
        tcp,
    })
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => Some(<[u8; 4]>::try_from(bytes).ok()?.into()),
        _ => Some(<[u8; 16]>::try_from(bytes).ok()?.into()),
    }
}
