//! The headers of Linux's "cooked" captures, as of the interface `any`.

use std::fmt;

use super::ethernet::ethertype;
use super::tables;
use crate::layer::field::{Field, Kind, Place, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, parts};

pub(crate) static SLL: Protocol = Protocol {
    name: "sll",
    title: "Linux cooked capture",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect: |frame| dissect(frame, FIELDS, 14, 16),
    walk: Some(|walker| walk(walker, 5, 6)),
    line,
    craft: Some(&Craft { header: HEADER, rest: None, complete: |draft| complete(draft, FIELDS) }),
};

/// Version 2, which tells the interface.
pub(crate) static SLL2: Protocol = Protocol {
    name: "sll2",
    title: "Linux cooked capture, version 2",
    fields: FIELDS_2,
    checked: Protocol::checked(FIELDS_2),
    parts: PARTS,
    dissect: |frame| dissect(frame, FIELDS_2, 0, 20),
    walk: Some(|walker| walk(walker, 11, 12)),
    line,
    craft: Some(&Craft { header: HEADER_2, rest: None, complete: |draft| complete(draft, FIELDS_2) }),
};

static FIELDS: &[Field] = &[
    Field::new("sll.pkttype", "Direction", Kind::Decimal, bytes(0, 2)).words(direction),
    Field::new("sll.hatype", "Kind of hardware", Kind::Decimal, bytes(2, 2)).words(hardware),
    Field::new("sll.halen", "Length of the address", Kind::Decimal, bytes(4, 2)).unit("bytes"),
    Field::new("sll.etype", "Type of what it carries", Kind::Hex, bytes(14, 2))
        .words(ethertype)
        .when(|header| is_type(header, 14) && !is_tunnel(header)),
    Field::new("sll.gretype", "Type of what the tunnel carries", Kind::Hex, bytes(14, 2))
        .words(ethertype)
        .when(|header| is_type(header, 14) && is_tunnel(header)),
    Field::new("sll.ltype", "Protocol of what it carries", Kind::Hex, bytes(14, 2))
        .when(|header| !is_type(header, 14)),
];

static FIELDS_2: &[Field] = &[
    Field::new("sll.etype", "Type of what it carries", Kind::Hex, bytes(0, 2))
        .words(ethertype)
        .when(|header| is_type(header, 0)),
    Field::new("sll.ltype", "Protocol of what it carries", Kind::Hex, bytes(0, 2))
        .when(|header| !is_type(header, 0)),
    Field::new("sll.ifindex", "Interface", Kind::Decimal, bytes(4, 4)),
    Field::new("sll.hatype", "Kind of hardware", Kind::Decimal, bytes(8, 2)).words(hardware),
    Field::new("sll.pkttype", "Direction", Kind::Decimal, bytes(10, 1)).words(direction),
    Field::new("sll.halen", "Length of the address", Kind::Decimal, bytes(11, 1)).unit("bytes"),
];

parts! {
    ETHERNET = "sll.src.eth", "Source address", Mac;
    IPV4 = "sll.src.ipv4", "Source address", Ipv4;
    OTHER = "sll.src.other", "Source address", Bytes;
    UNUSED = "sll.unused", "Not used", Bytes;
}

const HEADER: &[u8] = b"\0\0\x03\x04\0\x06\0\0\0\0\0\0\0\0\x08\0";
const HEADER_2: &[u8] = b"\x08\0\0\0\0\0\0\x01\x03\x04\0\x06\0\0\0\0\0\0\0\0";

/// How many bytes there are for the address.
const ROOM: usize = 8;

fn direction(number: u64) -> Option<&'static str> {
    let words = ["to us", "broadcast", "multicast", "to another host", "sent by us"];
    words.get(usize::try_from(number).ok()?).copied()
}

/// The names of kinds of hardware (`ARPHRD_` of `linux/if_arp.h`).
fn hardware(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "Ethernet",
        512 => "PPP",
        768 => "IP in IP",
        772 => "loopback",
        776 => "IPv6 in IPv4",
        778 => "GRE",
        801..=803 => "IEEE 802.11",
        824 => "netlink",
        65534 => "none",
        _ => return None,
    })
}

/// Whether the number at `at` is an `EtherType`, and not one of Linux's own (`ETH_P_` of `linux/if_ether.h`).
fn is_type(header: &[u8], at: usize) -> bool {
    header.get(at..at + 2).is_none_or(|two| u16::from_be_bytes([two[0], two[1]]) >= 0x600)
}

/// Whether the interface is a tunnel of GRE.
fn is_tunnel(header: &[u8]) -> bool {
    header.get(2..4) == Some(&778_u16.to_be_bytes())
}

fn dissect(frame: &Frame<'_>, fields: &'static [Field], at: usize, length: usize) -> Dissection {
    match frame.bytes.get(at..at + 2) {
        Some(two) if frame.bytes.len() >= length => {
            let number = u16::from_be_bytes([two[0], two[1]]);
            Dissection::new(length, Next::Protocol(tables::by_ethertype(number)))
        }
        _ => frame.too_short(fields, length),
    }
}

/// The address, whose length is at `length`, and which is at `at`.
fn walk(walker: &mut Walker<'_, '_>, length: usize, at: usize) -> Walked {
    let Some(length) = walker.header().get(length).map(|length| usize::from(*length).min(ROOM)) else {
        return Ok(());
    };
    let field = match length {
        4 => &IPV4,
        6 => &ETHERNET,
        _ => &OTHER,
    };
    if length > 0 {
        walker.bytes(field, at..at + length)?;
    }
    if length < ROOM {
        walker.bytes(&UNUSED, at + length..at + ROOM)?;
    }
    Ok(())
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let word = layer.field("sll.pkttype").and_then(|value| direction(value.number()?));
    out.write_str(word.unwrap_or_default())?;
    match layer.field("sll.ifindex") {
        Some(index) => write!(out, " interface {index}"),
        None => Ok(()),
    }
}

fn complete(draft: &mut Draft<'_>, fields: &'static [Field]) {
    if let Some(number) = draft.inner.and_then(|protocol| tables::ethertype_of(protocol.name)) {
        draft.fill(fields, "sll.etype", number);
    }
}
