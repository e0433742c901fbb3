//! The packets of an exchange: captured on the loopback where that is allowed, else built from what the sockets report.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use berkeley::Deadline;
use berkeley::option::Filter;
use berkeley::ring::{Ring, RingBuilder};
use berkeley_packet::filter::Live;
use berkeley_packet::stream::{Side, Wrapped};
use berkeley_packet::{LinkType, Packet};

use crate::report::escape::escape;

/// How long packets that have not been seen yet are waited for.
pub(super) const LIMIT: Duration = Duration::from_secs(1);

/// A block of the ring, of which there is one for each packet: between two of them the tour may pause, and then each
/// comes in a block of its own.
const BLOCK: usize = 1 << 14;

/// After this time the ring gives what it has.
const RETIRE: Duration = Duration::from_millis(20);

/// The most packets that are kept: no exchange of the tour comes near it.
const MOST: usize = 64;

/// The most of what a packet carries that is shown, in bytes.
const SHOWN: usize = 16;

/// A capture of one port on the loopback.
pub(super) struct Tap {
    ring: Ring,
}

/// A packet of an exchange.
pub(super) struct Taken {
    pub(super) link: LinkType,
    pub(super) bytes: Vec<u8>,
    /// When it was captured, since 1970; `None` for one that was built.
    pub(super) time: Option<Duration>,
}

/// The packets of an exchange, and how they were had.
pub(super) struct Packets {
    pub(super) taken: Vec<Taken>,
    pub(super) captured: bool,
    /// Whether the last one is among them.
    pub(super) complete: bool,
    /// Why they were not captured, where they were to be.
    pub(super) reason: Option<String>,
}

/// What a packet is in its exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Syn,
    SynAck,
    /// The acknowledgement that ends the handshake.
    Open,
    Data,
    Ack,
    Fin,
    /// The acknowledgement behind both ends.
    Last,
    Rst,
    Datagram,
    Other,
}

/// A packet as it is shown.
pub(super) struct Seen<'p> {
    pub(super) number: usize,
    pub(super) packet: Packet<'p>,
    pub(super) taken: &'p Taken,
    /// Since the first packet.
    pub(super) since: Option<Duration>,
    pub(super) from: Side,
    pub(super) role: Role,
    /// Flags and numbers of TCP, and the data.
    pub(super) words: String,
}

impl Tap {
    /// Begins to capture what comes from this port and what goes there, of `tcp` or `udp`; or says why that cannot be.
    pub(super) fn open(transport: &str, port: u16) -> Result<Self, String> {
        let live = Live::new(Some(&format!("{transport} port {port}")), Some(LinkType::ETHERNET), u32::MAX)
            .map_err(|error| error.to_string())?;
        let filter = Filter::from_fields(live.kernel_fields()).map_err(|error| error.to_string())?;
        // On the loopback each packet is seen twice: where it is sent, and where it comes.
        let builder = RingBuilder::new().interface("lo").ignore_outgoing(true);
        let builder = builder.block_size(BLOCK).blocks(MOST).retire_timeout(RETIRE);
        let ring = builder.open_with(|socket| socket.attach_filter(&filter));
        Ok(Self { ring: ring.map_err(|error| error.reason())? })
    }

    /// The packets, waited for until `is_last` finds the last one among them, or until the limit.
    pub(super) fn take(self, is_last: impl Fn(&[Taken]) -> bool) -> Packets {
        let deadline = Deadline::after(LIMIT);
        let mut taken = Vec::new();
        while !is_last(&taken) && taken.len() < MOST {
            // The time is up, or the interface has gone: what has come is what there is.
            let Ok(block) = self.ring.next_block(deadline) else { break };
            taken.extend(block.packets().map(|packet| Taken {
                link: LinkType::of_hardware(packet.hardware()),
                bytes: packet.data().to_vec(),
                time: packet.timestamp().duration_since(SystemTime::UNIX_EPOCH).ok(),
            }));
        }
        taken.truncate(MOST);
        let complete = is_last(&taken);
        Packets { taken, captured: true, complete, reason: None }
    }
}

impl Packets {
    /// Those that `say` makes, of a conversation between these addresses.
    pub(super) fn built(mut wrapped: Wrapped, say: impl FnOnce(&mut Wrapped, &mut dyn FnMut(&[u8]))) -> Self {
        let mut taken = Vec::new();
        say(&mut wrapped, &mut |packet| {
            taken.push(Taken { link: LinkType::RAW, bytes: packet.to_vec(), time: None });
        });
        Self { taken, captured: false, complete: true, reason: None }
    }

    /// Each of them, as it is shown, in an exchange with this server.
    pub(super) fn seen(&self, server: SocketAddr) -> Vec<Seen<'_>> {
        let mut story = Story::default();
        let first = self.taken.first().and_then(|taken| taken.time);
        let seen = self.taken.iter().enumerate().map(|(at, taken)| {
            let packet = Packet::decode(taken.link, &taken.bytes);
            let from = if source_port(&packet) == Some(server.port()) { Side::Server } else { Side::Client };
            let (role, words) = story.tell(&packet, from);
            let since = taken.time.zip(first).map(|(time, first)| time.saturating_sub(first));
            Seen { number: at + 1, packet, taken, since, from, role, words }
        });
        seen.collect()
    }
}

fn source_port(packet: &Packet<'_>) -> Option<u16> {
    let port = packet.field("tcp.srcport").or_else(|| packet.field("udp.srcport"))?;
    port.number()?.try_into().ok()
}

/// Whether a TCP connection is over: both sides have ended and the last end is acknowledged, or one has reset it.
pub(super) fn is_over(taken: &[Taken]) -> bool {
    let mut fins = 0;
    let mut acknowledged = false;
    for taken in taken {
        let packet = Packet::decode(taken.link, &taken.bytes);
        let is_set = |name: &str| packet.field(name).and_then(|flag| flag.number()) == Some(1);
        if is_set("tcp.flags.reset") {
            return true;
        }
        if is_set("tcp.flags.fin") {
            fins += 1;
        } else {
            acknowledged = fins >= 2;
        }
    }
    acknowledged
}

/// What the packets before have shown.
#[derive(Default)]
struct Story {
    /// Each side's first number, from which the others are told.
    begun: [Option<u32>; 2],
    opened: bool,
    fins: usize,
}

impl Story {
    fn tell(&mut self, packet: &Packet<'_>, from: Side) -> (Role, String) {
        let layer = packet.layer("tcp").or_else(|| packet.layer("udp"));
        let data = layer.map(|layer| layer.payload()).unwrap_or_default();
        let text = quoted(data);
        if packet.layer("tcp").is_none() {
            let role = if packet.layer("udp").is_some() { Role::Datagram } else { Role::Other };
            return (role, text);
        }
        let number = |name: &str| packet.field(name).and_then(|value| value.number()).unwrap_or(0);
        let flags: Vec<&str> =
            FLAGS.iter().filter(|(name, _)| number(name) == 1).map(|flag| flag.1).collect();
        let numbers = self.numbers(from, number("tcp.seq_raw"), number("tcp.ack_raw"), &flags);
        let role = self.role(&flags, data);
        let words = [flags.join(","), numbers, text].join(" ");
        (role, words.trim_end().to_owned())
    }

    /// The numbers as each side counts them from its SYN on, which is 0.
    #[allow(clippy::cast_possible_truncation, reason = "TCP's numbers have 32 bits")]
    fn numbers(&mut self, from: Side, seq: u64, ack: u64, flags: &[&str]) -> String {
        let (own, others) = if from == Side::Client { (0, 1) } else { (1, 0) };
        let (seq, ack) = (seq as u32, ack as u32);
        // One whose SYN was not seen has sent bytes already.
        let first = *self.begun[own].get_or_insert(seq);
        let seq = seq.wrapping_sub(first);
        if !flags.contains(&"ACK") {
            return format!("seq={seq}");
        }
        let first = self.begun[others].unwrap_or(ack);
        format!("seq={seq} ack={}", ack.wrapping_sub(first))
    }

    fn role(&mut self, flags: &[&str], data: &[u8]) -> Role {
        let is = |flag| flags.contains(&flag);
        if is("RST") {
            return Role::Rst;
        }
        if is("SYN") {
            return if is("ACK") { Role::SynAck } else { Role::Syn };
        }
        if is("FIN") {
            self.fins += 1;
            return Role::Fin;
        }
        match (data.is_empty(), self.fins >= 2) {
            (false, _) => Role::Data,
            (true, true) => Role::Last,
            (true, false) if !std::mem::replace(&mut self.opened, true) => Role::Open,
            (true, false) => Role::Ack,
        }
    }
}

const FLAGS: [(&str, &str); 5] = [
    ("tcp.flags.syn", "SYN"),
    ("tcp.flags.fin", "FIN"),
    ("tcp.flags.reset", "RST"),
    ("tcp.flags.push", "PSH"),
    ("tcp.flags.ack", "ACK"),
];

/// Bytes between quotes, escaped and cut; nothing where there are none.
pub(super) fn quoted(bytes: &[u8]) -> String {
    if bytes.is_empty() { String::new() } else { format!("\"{}\"", escape(bytes, SHOWN)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> (SocketAddr, SocketAddr) {
        ("127.0.0.1:40000".parse().expect("an address"), "127.0.0.1:80".parse().expect("an address"))
    }

    #[test]
    fn a_conversation_is_told_by_its_roles_and_numbers() {
        let (client, server) = addresses();
        let packets = Packets::built(Wrapped::tcp(client, server), |wrapped, emit| {
            wrapped.open(emit);
            wrapped.said(Side::Client, b"hello", emit);
            wrapped.said(Side::Server, b"a\x1b", emit);
            wrapped.close(emit);
        });
        let told: Vec<_> = packets.seen(server).into_iter().map(|it| (it.from, it.role, it.words)).collect();
        let (c, s) = (Side::Client, Side::Server);
        let want = [
            (c, Role::Syn, "SYN seq=0"),
            (s, Role::SynAck, "SYN,ACK seq=0 ack=1"),
            (c, Role::Open, "ACK seq=1 ack=1"),
            (c, Role::Data, "PSH,ACK seq=1 ack=1 \"hello\""),
            (s, Role::Ack, "ACK seq=1 ack=6"),
            (s, Role::Data, "PSH,ACK seq=1 ack=6 \"a\\x1b\""),
            (c, Role::Ack, "ACK seq=6 ack=3"),
            (c, Role::Fin, "FIN,ACK seq=6 ack=3"),
            (s, Role::Ack, "ACK seq=3 ack=7"),
            (s, Role::Fin, "FIN,ACK seq=3 ack=7"),
            (c, Role::Last, "ACK seq=7 ack=4"),
        ];
        let want = want.map(|(from, role, words)| (from, role, words.to_owned()));
        assert_eq!(told, want);
        assert!(is_over(&packets.taken));
        assert!(!is_over(&packets.taken[..packets.taken.len() - 1]), "the last end is not acknowledged");
    }

    #[test]
    fn datagrams_are_told_by_their_data() {
        let (client, server) = addresses();
        let packets = Packets::built(Wrapped::udp(client, server), |wrapped, emit| {
            wrapped.said(Side::Server, b"hi", emit);
        });
        let seen = packets.seen(server);
        assert_eq!(
            (seen[0].from, seen[0].role, seen[0].words.as_str()),
            (Side::Server, Role::Datagram, "\"hi\"")
        );
    }

    #[test]
    fn a_packet_that_is_cut_or_of_another_protocol_breaks_nothing() {
        let (_, server) = addresses();
        for bytes in
            [&b""[..], b"\x45", &[0; 30], b"\x45\0\0\x28\0\0\0\0\x40\x06\0\0\x7f\0\0\x01\x7f\0\0\x01\x9c"]
        {
            let taken = vec![Taken { link: LinkType::RAW, bytes: bytes.to_vec(), time: None }];
            let packets = Packets { taken, captured: true, complete: false, reason: None };
            assert_eq!(packets.seen(server).len(), 1);
            assert!(!is_over(&packets.taken));
        }
    }
}
