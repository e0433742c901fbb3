//! ARP (RFC 826).

use std::fmt;
use std::ops::Range;

use super::ethernet::ethertype;
use crate::layer::field::{Field, Kind, Place, bytes};
use crate::layer::{Craft, Dissection, Frame, Layer, Next, Protocol, Walked, Walker, parts};

pub(crate) static ARP: Protocol = Protocol {
    name: "arp",
    title: "Address Resolution Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: HEADER, rest: Some(&REST), complete: |_| () }),
};

static FIELDS: &[Field] = &[
    Field::new("arp.hw.type", "Kind of hardware", Kind::Decimal, bytes(0, 2)).words(hardware),
    Field::new("arp.proto.type", "Protocol", Kind::Hex, bytes(2, 2)).words(ethertype),
    Field::new("arp.hw.size", "Length of a hardware address", Kind::Decimal, bytes(4, 1)).unit("bytes"),
    Field::new("arp.proto.size", "Length of a protocol address", Kind::Decimal, bytes(5, 1)).unit("bytes"),
    Field::new("arp.opcode", "Operation", Kind::Decimal, bytes(6, 2)).words(operation),
    Field::new("arp.src.hw_mac", "Sender's hardware address", Kind::Mac, bytes(8, 6)).when(is_usual),
    Field::new("arp.src.proto_ipv4", "Sender's address", Kind::Ipv4, bytes(14, 4)).when(is_usual),
    Field::new("arp.dst.hw_mac", "Target's hardware address", Kind::Mac, bytes(18, 6)).when(is_usual),
    Field::new("arp.dst.proto_ipv4", "Target's address", Kind::Ipv4, bytes(24, 4)).when(is_usual),
];

static REST: Field = Field::new("arp.rest", "Bytes behind the addresses", Kind::Bytes, Place::Walked);

parts! {
    SOURCE_HARDWARE = "arp.src.hw", "Sender's hardware address", Bytes;
    SOURCE_MAC = "arp.src.hw_mac", "Sender's hardware address", Mac;
    SOURCE_PROTOCOL = "arp.src.proto", "Sender's address", Bytes;
    SOURCE_IPV4 = "arp.src.proto_ipv4", "Sender's address", Ipv4;
    TARGET_HARDWARE = "arp.dst.hw", "Target's hardware address", Bytes;
    TARGET_MAC = "arp.dst.hw_mac", "Target's hardware address", Mac;
    TARGET_PROTOCOL = "arp.dst.proto", "Target's address", Bytes;
    TARGET_IPV4 = "arp.dst.proto_ipv4", "Target's address", Ipv4;
}

/// A request of Ethernet for an IPv4 address.
const HEADER: &[u8] = b"\0\x01\x08\0\x06\x04\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// How long the part is that says how long the addresses are.
const FIXED: usize = 8;

fn hardware(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "Ethernet",
        6 => "IEEE 802",
        15 => "frame relay",
        18 => "Fibre Channel",
        24 => "IEEE 1394",
        32 => "InfiniBand",
        _ => return None,
    })
}

fn operation(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "request",
        2 => "reply",
        3 => "reverse request",
        4 => "reverse reply",
        8 => "inverse request",
        9 => "inverse reply",
        _ => return None,
    })
}

fn has_macs(header: &[u8]) -> bool {
    matches!(header.get(..2), Some([0, 1 | 6])) && header.get(4) == Some(&6)
}

fn has_ipv4(header: &[u8]) -> bool {
    header.get(2..4) == Some(&[8, 0]) && header.get(5) == Some(&4)
}

fn is_usual(header: &[u8]) -> bool {
    has_macs(header) && has_ipv4(header)
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let (hardware, protocol) = match frame.bytes {
        [_, _, _, _, hardware, protocol, _, _, ..] => (usize::from(*hardware), usize::from(*protocol)),
        _ => return frame.too_short(FIELDS, FIXED),
    };
    let header = FIXED + 2 * (hardware + protocol);
    let broken = if is_usual(frame.bytes) { frame.too_short(FIELDS, header).problem } else { None };
    Dissection { header, payload: 0, next: Next::End, problem: broken }
}

/// Addresses that are not those of Ethernet and IPv4.
fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let header = walker.header();
    let (Some(hardware), Some(protocol)) = (header.get(4).copied(), header.get(5).copied()) else {
        return Ok(());
    };
    if is_usual(header) {
        return Ok(());
    }
    let (macs, ipv4) = (has_macs(header), has_ipv4(header));
    let hardwares = if macs { [&SOURCE_MAC, &TARGET_MAC] } else { [&SOURCE_HARDWARE, &TARGET_HARDWARE] };
    let protocols = if ipv4 { [&SOURCE_IPV4, &TARGET_IPV4] } else { [&SOURCE_PROTOCOL, &TARGET_PROTOCOL] };
    let mut at = FIXED;
    for (hardware_field, protocol_field) in hardwares.into_iter().zip(protocols) {
        for (field, length) in [(hardware_field, hardware), (protocol_field, protocol)] {
            let place: Range<usize> = at..at + usize::from(length);
            if length > 0 {
                walker.bytes(field, place.clone())?;
            }
            at = place.end;
        }
    }
    Ok(())
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let field = |name| layer.field(name);
    let number = field("arp.opcode").and_then(|value| value.number()).unwrap_or(0);
    let (source, target) = (field("arp.src.proto_ipv4"), field("arp.dst.proto_ipv4"));
    match (number, source, target, field("arp.src.hw_mac")) {
        (1, Some(source), Some(target), _) => write!(out, "who has {target}? tell {source}"),
        (2, Some(source), _, Some(mac)) => write!(out, "{source} is at {mac}"),
        _ => match operation(number) {
            Some(word) => out.write_str(word),
            None => write!(out, "operation {number}"),
        },
    }
}
