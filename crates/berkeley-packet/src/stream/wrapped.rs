//! What was said, as the packets that could have carried it.

use std::net::{IpAddr, SocketAddr};

use etherparse::{
    IpHeaders, IpNumber, Ipv4Header, Ipv6FlowLabel, Ipv6Header, PacketBuilder, PacketBuilderStep,
};

/// The most bytes of a segment or a datagram: what IPv4 can carry, less the headers.
const MOST: usize = 65_535 - 20 - 20;

/// The window and the hops that the packets name.
const WINDOW: u16 = 65_535;
const HOPS: u8 = 64;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The one that connected.
    Client,
    /// The one that accepted.
    Server,
}

/// A conversation that is written down as packets: raw IP, with a handshake, an acknowledgement for each piece, and an
/// end. A program that opened TLS writes this way what went through it.
///
/// # Examples
///
/// ```
/// use berkeley_packet::stream::{Side, Wrapped};
/// use berkeley_packet::{LinkType, Packet};
///
/// let mut wrapped = Wrapped::tcp("127.0.0.1:40000".parse()?, "127.0.0.1:80".parse()?);
/// let mut packets = Vec::new();
/// wrapped.open(&mut |packet| packets.push(packet.to_vec()));
/// wrapped.said(Side::Client, b"GET / HTTP/1.0\r\n\r\n", &mut |packet| packets.push(packet.to_vec()));
/// wrapped.close(&mut |packet| packets.push(packet.to_vec()));
/// let first = Packet::decode(LinkType::RAW, &packets[0]);
/// assert_eq!(first.field("ip.src").unwrap().to_string(), "127.0.0.1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Wrapped {
    /// The client's address, and the server's.
    addresses: [SocketAddr; 2],
    /// The number of the next byte of each; none where there are none, as with UDP.
    sequence: Option<[u32; 2]>,
    /// Which sides have ended.
    ended: [bool; 2],
    packet: Vec<u8>,
}

/// What is done with each packet.
type Emit<'e> = &'e mut dyn FnMut(&[u8]);

impl Wrapped {
    /// A stream between these addresses. Where one is of IPv4 and the other of IPv6, both are written as IPv6.
    pub fn tcp(client: SocketAddr, server: SocketAddr) -> Self {
        Self {
            addresses: alike(client, server),
            sequence: Some([0; 2]),
            ended: [false; 2],
            packet: Vec::new(),
        }
    }

    /// Datagrams between these addresses.
    pub fn udp(client: SocketAddr, server: SocketAddr) -> Self {
        Self { sequence: None, ..Self::tcp(client, server) }
    }

    /// The handshake; nothing for datagrams.
    pub fn open(&mut self, emit: Emit<'_>) {
        self.segment(Side::Client, Flags { syn: true, ..Flags::default() }, &[], emit);
        self.segment(Side::Server, Flags { syn: true, ack: true, ..Flags::default() }, &[], emit);
        self.segment(Side::Client, Flags { ack: true, ..Flags::default() }, &[], emit);
    }

    /// What a side said: a piece of the stream, or a datagram.
    pub fn said(&mut self, side: Side, bytes: &[u8], emit: Emit<'_>) {
        if self.sequence.is_none() {
            return self.datagram(side, bytes, emit);
        }
        for piece in bytes.chunks(MOST) {
            self.segment(side, Flags { ack: true, psh: true, ..Flags::default() }, piece, emit);
            self.segment(side.other(), Flags { ack: true, ..Flags::default() }, &[], emit);
        }
    }

    /// The end of what a side says; nothing for datagrams, or where it has ended.
    pub fn ended(&mut self, side: Side, emit: Emit<'_>) {
        if !std::mem::replace(&mut self.ended[side.index()], true) {
            self.segment(side, Flags { ack: true, fin: true, ..Flags::default() }, &[], emit);
            self.segment(side.other(), Flags { ack: true, ..Flags::default() }, &[], emit);
        }
    }

    /// The end of both sides, as far as they have not ended.
    pub fn close(&mut self, emit: Emit<'_>) {
        self.ended(Side::Client, emit);
        self.ended(Side::Server, emit);
    }

    fn segment(&mut self, side: Side, flags: Flags, bytes: &[u8], emit: Emit<'_>) {
        let Some(sequence) = &mut self.sequence else { return };
        let (own, others) = (sequence[side.index()], sequence[side.other().index()]);
        let counted = bytes.len() + usize::from(flags.syn) + usize::from(flags.fin);
        // As TCP's numbers do, these go round.
        #[allow(clippy::cast_possible_truncation, reason = "a segment is shorter than 64 KiB")]
        let next = own.wrapping_add(counted as u32);
        sequence[side.index()] = next;
        let [from, to] = self.between(side);
        let mut step = ip(from, to).tcp(from.port(), to.port(), own, WINDOW);
        if flags.syn {
            step = step.syn();
        }
        if flags.fin {
            step = step.fin();
        }
        if flags.psh {
            step = step.psh();
        }
        if flags.ack {
            step = step.ack(others);
        }
        self.packet.clear();
        // A segment fits the packet, and a vector takes all: nothing can fail.
        if step.write(&mut self.packet, bytes).is_ok() {
            emit(&self.packet);
        }
    }

    fn datagram(&mut self, side: Side, bytes: &[u8], emit: Emit<'_>) {
        let [from, to] = self.between(side);
        self.packet.clear();
        // What no packet can carry was no datagram either.
        if ip(from, to).udp(from.port(), to.port()).write(&mut self.packet, bytes).is_ok() {
            emit(&self.packet);
        }
    }

    fn between(&self, side: Side) -> [SocketAddr; 2] {
        [self.addresses[side.index()], self.addresses[side.other().index()]]
    }
}

#[derive(Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "TCP's flags are bits")]
struct Flags {
    syn: bool,
    ack: bool,
    psh: bool,
    fin: bool,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    const fn index(self) -> usize {
        match self {
            Self::Client => 0,
            Self::Server => 1,
        }
    }
}

/// Two addresses of one family.
fn alike(client: SocketAddr, server: SocketAddr) -> [SocketAddr; 2] {
    if client.is_ipv4() == server.is_ipv4() {
        return [client, server];
    }
    [client, server].map(|address| match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(ip.to_ipv6_mapped().into(), address.port()),
        IpAddr::V6(_) => address,
    })
}

fn ip(from: SocketAddr, to: SocketAddr) -> PacketBuilderStep<IpHeaders> {
    let headers = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let header = Ipv4Header {
                time_to_live: HOPS,
                source: from.octets(),
                destination: to.octets(),
                ..Ipv4Header::default()
            };
            IpHeaders::Ipv4(header, etherparse::Ipv4Extensions::default())
        }
        (from, to) => {
            let octets = |ip: IpAddr| match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
                IpAddr::V6(ip) => ip.octets(),
            };
            let header = Ipv6Header {
                traffic_class: 0,
                flow_label: Ipv6FlowLabel::ZERO,
                payload_length: 0,
                next_header: IpNumber::TCP,
                hop_limit: HOPS,
                source: octets(from),
                destination: octets(to),
            };
            IpHeaders::Ipv6(header, etherparse::Ipv6Extensions::default())
        }
    };
    PacketBuilder::ip(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::checksum::Check;
    use crate::layer::packet::Packet;
    use crate::link::LinkType;

    fn said(wrapped: &mut Wrapped) -> Vec<Vec<u8>> {
        let mut packets = Vec::new();
        let mut emit = |packet: &[u8]| packets.push(packet.to_vec());
        wrapped.open(&mut emit);
        wrapped.said(Side::Client, b"hello", &mut emit);
        wrapped.ended(Side::Client, &mut emit);
        wrapped.said(Side::Server, &[b'x'; 70_000], &mut emit);
        wrapped.close(&mut emit);
        packets
    }

    #[test]
    fn a_stream_has_a_handshake_its_bytes_and_an_end() {
        let rows = [
            ("127.0.0.1:40000", "127.0.0.1:80", "ip"),
            ("[::1]:40000", "[::1]:80", "ipv6"),
            ("127.0.0.1:40000", "[::1]:80", "ipv6"),
        ];
        for (client, server, ip) in rows {
            let packets = said(&mut Wrapped::tcp(client.parse().unwrap(), server.parse().unwrap()));
            // Three to open; data and its acknowledgement three times; an end and its acknowledgement twice.
            assert_eq!(packets.len(), 3 + 3 * 2 + 2 * 2, "{client}");
            for packet in &packets {
                let packet = Packet::decode(LinkType::RAW, packet);
                assert_eq!(packet.layers().next().unwrap().protocol().name, ip);
                assert_eq!(packet.problem(), None);
            }
        }
    }

    #[test]
    fn datagrams_keep_their_bounds() {
        let mut wrapped = Wrapped::udp("127.0.0.1:40000".parse().unwrap(), "127.0.0.1:53".parse().unwrap());
        let packets = said(&mut wrapped);
        // One is larger than any packet.
        assert_eq!(packets.len(), 1);
        let packet = Packet::decode(LinkType::RAW, &packets[0]);
        assert_eq!(packet.layer("udp").unwrap().payload(), b"hello");
        let field = packet.layer("udp").unwrap().item("udp.checksum").unwrap().field;
        assert_eq!(field.check.unwrap()(packet.layer("udp").unwrap()), Check::Good);
    }
}
