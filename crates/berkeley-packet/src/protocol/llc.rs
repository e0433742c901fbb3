//! Logical link control (IEEE 802.2), and SNAP in it.

use std::fmt;

use super::ethernet::ethertype;
use super::tables;
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};

pub(crate) static LLC: Protocol = Protocol {
    name: "llc",
    title: "Logical link control",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: b"\xaa\xaa\x03\0\0\0\x08\0", rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("llc.dsap", "Destination service", Kind::Hex, bytes(0, 1)).words(service),
    Field::new("llc.dsap.ig", "Destination is a group", Kind::Flag, bits(7, 1)),
    Field::new("llc.ssap", "Source service", Kind::Hex, bytes(1, 1)).words(service),
    Field::new("llc.ssap.cr", "Response", Kind::Flag, bits(15, 1)),
    Field::new("llc.control", "Control", Kind::Hex, bytes(2, 1)).when(is_unnumbered),
    Field::new("llc.oui", "Organization", Kind::Decimal, bytes(3, 3)).when(is_snap),
    Field::new("llc.type", "Type of what it carries", Kind::Hex, bytes(6, 2))
        .words(ethertype)
        .when(has_ethertype),
    Field::new("llc.cisco_pid", "Protocol of Cisco's", Kind::Hex, bytes(6, 2)).when(has_cisco),
    Field::new("llc.pid", "Protocol of the organization's", Kind::Hex, bytes(6, 2)).when(has_protocol),
];

/// The service access points that are in use (IEEE 802.2).
fn service(number: u64) -> Option<&'static str> {
    Some(match number & !1 {
        0x00 => "null",
        0x06 => "IP",
        0x42 => "spanning tree",
        0xaa => "SNAP",
        0xe0 => "NetWare",
        0xf0 => "NetBIOS",
        0xfe => "OSI",
        _ => return None,
    })
}

/// Frames without a number have a control field of one byte, others of two.
fn is_unnumbered(header: &[u8]) -> bool {
    header.get(2).is_none_or(|control| control & 3 == 3)
}

fn is_snap(header: &[u8]) -> bool {
    header.starts_with(b"\xaa\xaa\x03")
}

/// SNAP with the organizations of Ethernet: zero, and Cisco's for what is bridged so.
fn has_ethertype(header: &[u8]) -> bool {
    is_snap(header) && matches!(header.get(3..6), Some(b"\0\0\0" | b"\0\0\xf8"))
}

fn has_protocol(header: &[u8]) -> bool {
    is_snap(header) && !has_ethertype(header) && !has_cisco(header)
}

fn has_cisco(header: &[u8]) -> bool {
    is_snap(header) && header.get(3..6) == Some(b"\0\0\x0c")
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let bytes = frame.bytes;
    let length = match (is_snap(bytes), is_unnumbered(bytes)) {
        (true, _) => 8,
        (_, true) => 3,
        _ => 4,
    };
    if bytes.len() < length {
        return frame.too_short(FIELDS, length);
    }
    let next = match bytes[0] {
        0xaa if has_ethertype(bytes) => tables::by_ethertype(u16::from_be_bytes([bytes[6], bytes[7]])),
        0x06 => tables::by_ethertype(0x0800),
        _ => None,
    };
    Dissection::new(length, Next::Protocol(next))
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    match layer.field("llc.dsap").and_then(|value| value.number()) {
        Some(number) => match service(number) {
            Some(word) => out.write_str(word),
            None => write!(out, "{number:#04x}"),
        },
        None => Ok(()),
    }
}

fn complete(draft: &mut Draft<'_>) {
    if let Some(number) = draft.inner.and_then(|protocol| tables::ethertype_of(protocol.name)) {
        draft.fill(FIELDS, "llc.type", number);
    }
}
