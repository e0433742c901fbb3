//! ICMP for IPv4 (RFC 792).

use std::fmt;

use etherparse::checksum::Sum16BitWords;

use super::ipv4;
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};

pub(crate) static ICMP: Protocol = Protocol {
    name: "icmp",
    title: "Internet Control Message Protocol",
    fields: FIELDS,
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: b"\x08\0\0\0\0\0\0\0", rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("icmp.type", "Type", Kind::Decimal, bytes(0, 1)).words(type_word),
    Field::new("icmp.code", "Code", Kind::Decimal, bytes(1, 1)),
    Field::new("icmp.checksum", "Checksum", Kind::Hex, bytes(2, 2)).checked(check),
    Field::new("icmp.ident", "Identifier", Kind::Decimal, bytes(4, 2)).when(is_echo),
    Field::new("icmp.seq", "Sequence number", Kind::Decimal, bytes(6, 2)).when(is_echo),
];

const HEADER: usize = 8;

fn type_word(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "Echo reply",
        3 => "Destination unreachable",
        5 => "Redirect",
        8 => "Echo request",
        11 => "Time exceeded",
        12 => "Parameter problem",
        _ => return None,
    })
}

fn is_echo(header: &[u8]) -> bool {
    matches!(header.first(), Some(0 | 8))
}

/// Messages of errors quote the packet that caused them.
fn quotes(header: &[u8]) -> bool {
    matches!(header.first(), Some(3 | 4 | 5 | 11 | 12))
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HEADER {
        return frame.too_short(FIELDS, HEADER);
    }
    let quoted = quotes(frame.bytes).then_some(&ipv4::IPV4);
    Dissection::new(HEADER, Next::Protocol(quoted))
}

fn check(layer: Layer<'_>) -> Check {
    if layer.is_cut() {
        return Check::Unknown;
    }
    checksum::check(layer.bytes(), 2, Sum16BitWords::new())
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = layer.field("icmp.type").and_then(|value| value.number()).unwrap_or(0);
    match type_word(number) {
        Some(word) => out.write_str(word),
        None => write!(out, "type {number}"),
    }
}

fn complete(draft: &mut Draft<'_>) {
    let all = [draft.header, draft.payload].concat();
    let sum = checksum::of(&all, 2, Sum16BitWords::new());
    draft.fill(FIELDS, "icmp.checksum", sum.into());
}
