//! Which packets answer another.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use crate::layer::packet::{Layer, Packet};
use crate::layer::value::Value;

/// The protocols with ports.
const WITH_PORTS: [&str; 3] = ["tcp", "udp", "sctp"];

/// A request and the reply to it.
struct Exchange {
    protocol: &'static str,
    /// The types of the two.
    types: [u64; 2],
    /// The fields of the request, and those of the reply that have the same values.
    same: [&'static [&'static str]; 2],
}

/// What ICMP asks and is told.
const EXCHANGES: [Exchange; 4] = [
    Exchange { protocol: "icmp", types: [8, 0], same: [&["icmp.ident", "icmp.seq"]; 2] },
    Exchange { protocol: "icmp", types: [13, 14], same: [&["icmp.ident", "icmp.seq"]; 2] },
    Exchange {
        protocol: "icmpv6",
        types: [128, 129],
        same: [&["icmpv6.echo.identifier", "icmpv6.echo.sequence_number"]; 2],
    },
    Exchange {
        protocol: "icmpv6",
        types: [135, 136],
        same: [&["icmpv6.nd.ns.target_address"], &["icmpv6.nd.na.target_address"]],
    },
];

/// Whether `got` answers `sent`: it comes back between the same addresses and ports, it is the reply to a request of
/// ICMP or ARP, or it is an error of ICMP that quotes it.
///
/// Only the outermost IP header counts, so the two may begin with different headers of a link.
///
/// ```
/// use berkeley_packet::craft::{is_answer, parse};
/// use berkeley_packet::{LinkType, Packet};
///
/// let [ping, pong, other] = ["type=8,ident=7", "type=0,ident=7", "type=0,ident=8"].map(|fields| {
///     parse(&format!("ip/icmp({fields})")).unwrap().build()
/// });
/// let decode = |bytes| Packet::decode(LinkType::RAW, bytes);
/// assert!(is_answer(&decode(&ping), &decode(&pong)));
/// assert!(!is_answer(&decode(&ping), &decode(&other)));
/// assert!(!is_answer(&decode(&ping), &decode(&ping)));
/// ```
pub fn is_answer(sent: &Packet<'_>, got: &Packet<'_>) -> bool {
    if let (Some(asked), Some(told)) = (sent.layer("arp"), got.layer("arp")) {
        return is_arp_reply(asked, told);
    }
    let (Some(sent), Some(got)) = (network(sent), network(got)) else { return false };
    if let Some(quoted) = quoted(got) {
        return is_same(sent, quoted);
    }
    if sent.protocol() != got.protocol() {
        return false;
    }
    let Some(inner) = transport(sent) else { return is_back(sent, got, false) };
    let Some(other) = transport(got).filter(|other| other.protocol() == inner.protocol()) else {
        return false;
    };
    let name = inner.protocol().name;
    if WITH_PORTS.contains(&name) {
        let port = |layer: Layer<'_>, field| number(layer, &format!("{name}.{field}"));
        let ports_fit = port(inner, "srcport") == port(other, "dstport")
            && port(inner, "dstport") == port(other, "srcport");
        // On the loopback a packet from a port to itself comes back as it is.
        return ports_fit && is_back(sent, got, false) && inner.bytes() != other.bytes();
    }
    if ["icmp", "icmpv6"].contains(&name) {
        return is_reply(inner, other) && is_back(sent, got, true);
    }
    is_back(sent, got, false) && inner.bytes() != other.bytes()
}

/// The outermost IP header.
fn network<'p>(packet: &'p Packet<'_>) -> Option<Layer<'p>> {
    packet.layers().find(|layer| is_ip(*layer))
}

fn is_ip(layer: Layer<'_>) -> bool {
    ["ip", "ipv6"].contains(&layer.protocol().name)
}

/// What an IP header carries, behind its extension headers.
fn transport(ip: Layer<'_>) -> Option<Layer<'_>> {
    let mut layer = ip.inner()?;
    while layer.protocol().name.starts_with("ipv6.") {
        layer = layer.inner()?;
    }
    Some(layer)
}

/// The IP header that an error of ICMP quotes.
fn quoted(ip: Layer<'_>) -> Option<Layer<'_>> {
    let icmp = transport(ip).filter(|layer| ["icmp", "icmpv6"].contains(&layer.protocol().name))?;
    icmp.inner().filter(|layer| is_ip(*layer))
}

/// Whether a quoted header is that of what was sent, as far as it is quoted.
fn is_same(sent: Layer<'_>, quoted: Layer<'_>) -> bool {
    let name = sent.protocol().name;
    let same = |field: &str| {
        let field = format!("{name}.{field}");
        sent.field(&field).is_some_and(|value| quoted.field(&field) == Some(value))
    };
    if sent.protocol() != quoted.protocol() || !same("src") || !same("dst") {
        return false;
    }
    match (transport(sent), transport(quoted)) {
        (Some(sent), Some(quoted)) => {
            // The first four bytes hold the ports, and ICMP's type; behind its checksum are ICMP's identifiers.
            let names = |layer: Layer<'_>| layer.protocol().name;
            let is_icmp = ["icmp", "icmpv6"].contains(&names(sent));
            let told = if is_icmp { 0..2 } else { 0..4 };
            let start = |layer: Layer<'_>, at: Range<usize>| layer.header().get(at).map(<[u8]>::to_vec);
            names(sent) == names(quoted)
                && start(sent, told.clone()) == start(quoted, told)
                && (!is_icmp || start(sent, 4..8) == start(quoted, 4..8))
        }
        (None, None) => true,
        _ => false,
    }
}

/// Whether `got` goes where `sent` came from, and comes from where that went. A reply to all of a group comes from one
/// of it, and one to a neighbour may go to all.
fn is_back(sent: Layer<'_>, got: Layer<'_>, replies: bool) -> bool {
    let name = sent.protocol().name;
    let address = |layer: Layer<'_>, end: &str| address(layer.field(&format!("{name}.{end}")));
    let (Some(from), Some(to)) = (address(sent, "src"), address(sent, "dst")) else { return false };
    let came_from = is_of_many(&to) || address(got, "src") == Some(to);
    let goes_to = address(got, "dst");
    came_from && (goes_to == Some(from) || replies && goes_to.is_some_and(|to| is_of_many(&to)))
}

fn address(value: Option<Value<'_>>) -> Option<IpAddr> {
    match value? {
        Value::Ipv4(address) => Some(address.into()),
        Value::Ipv6(address) => Some(address.into()),
        _ => None,
    }
}

/// Whether it is an address of many. The broadcast address of a network is not known here: only that of all.
fn is_of_many(address: &IpAddr) -> bool {
    address.is_multicast() || *address == IpAddr::V4(Ipv4Addr::BROADCAST)
}

fn is_reply(asked: Layer<'_>, told: Layer<'_>) -> bool {
    let name = asked.protocol().name;
    let types = [asked, told].map(|layer| number(layer, &format!("{name}.type")));
    EXCHANGES.iter().any(|exchange| {
        let [asks, tells] = exchange.same;
        exchange.protocol == name
            && types == exchange.types.map(Some)
            && asks.iter().zip(tells).all(|(mine, other)| asked.field(mine) == told.field(other))
    })
}

fn is_arp_reply(asked: Layer<'_>, told: Layer<'_>) -> bool {
    number(asked, "arp.opcode") == Some(1)
        && number(told, "arp.opcode") == Some(2)
        && asked.field("arp.dst.proto_ipv4").is_some()
        && asked.field("arp.dst.proto_ipv4") == told.field("arp.src.proto_ipv4")
}

fn number(layer: Layer<'_>, field: &str) -> Option<u64> {
    layer.field(field)?.number()
}
