//! IPv6 (RFC 8200). Its extension headers are layers of their own.

use std::fmt;

use etherparse::Ipv6HeaderSlice;

use super::ipv4::ip_number;
use super::tables;
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::{Problem, Trouble};

pub(crate) static IPV6: Protocol = Protocol {
    name: "ipv6",
    title: "Internet Protocol, version 6",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: HEADER, rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("ipv6.version", "Version", Kind::Decimal, bits(0, 4)),
    Field::new("ipv6.tclass", "Traffic class", Kind::Hex, bits(4, 8)),
    Field::new("ipv6.tclass.dscp", "Differentiated services", Kind::Decimal, bits(4, 6)),
    Field::new("ipv6.tclass.ecn", "Explicit congestion notification", Kind::Decimal, bits(10, 2)),
    Field::new("ipv6.flow", "Flow label", Kind::Hex, bits(12, 20)),
    Field::new("ipv6.plen", "Length of what it carries", Kind::Decimal, bytes(4, 2)).unit("bytes"),
    Field::new("ipv6.nxt", "Next header", Kind::Decimal, bytes(6, 1)).words(ip_number),
    Field::new("ipv6.hlim", "Hop limit", Kind::Decimal, bytes(7, 1)).unit("hops"),
    Field::new("ipv6.src", "Source address", Kind::Ipv6, bytes(8, 16)),
    Field::new("ipv6.dst", "Destination address", Kind::Ipv6, bytes(24, 16)),
];

/// From `::1` to `::1`, with 64 hops, and nothing inside.
const HEADER: &[u8] =
    b"\x60\0\0\0\0\0\x3b\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01";

/// The number of what IPv6 or one of its extension headers carries, to be crafted.
pub(crate) fn number_of(inner: Option<&Protocol>) -> u64 {
    match inner.map(|protocol| protocol.name) {
        Some(name) => tables::ip_number_of(name).unwrap_or(255),
        // No next header.
        None => 59,
    }
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let Ok(header) = Ipv6HeaderSlice::from_slice(frame.bytes) else { return broken(frame) };
    let (payload, most) = (usize::from(header.payload_length()), frame.length() - HEADER.len());
    let trouble = (payload > most).then(|| {
        let trouble = Trouble::TooLarge { most: most as u64, got: payload as u64 };
        Problem::new("ipv6.plen", 4, trouble)
    });
    // A jumbogram (RFC 2675) has no length here; nor has what the kernel has left to the network card.
    let payload = if payload == 0 { most } else { payload };
    let next = tables::by_ip_number(header.next_header().0);
    Dissection { header: HEADER.len(), payload, next: Next::Protocol(next), problem: trouble }
}

/// A header that is none: too short, or of another version.
fn broken(frame: &Frame<'_>) -> Dissection {
    match frame.bytes.first().map(|first| first >> 4) {
        Some(version) if version != 6 => Dissection {
            header: HEADER.len().min(frame.length()),
            payload: 0,
            next: Next::End,
            problem: Some(Problem::new("ipv6.version", 0, Trouble::Value { got: version.into() })),
        },
        _ => frame.too_short(FIELDS, HEADER.len()),
    }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    if let (Some(source), Some(destination)) = (layer.field("ipv6.src"), layer.field("ipv6.dst")) {
        write!(out, "{source} > {destination}")?;
    }
    Ok(())
}

fn complete(draft: &mut Draft<'_>) {
    draft.fill(FIELDS, "ipv6.plen", draft.payload.len() as u64);
    draft.fill(FIELDS, "ipv6.nxt", number_of(draft.inner));
}
