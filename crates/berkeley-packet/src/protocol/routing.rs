//! The routing header of IPv6, of every type (RFC 8200, 4.4; RFC 5095, 6275, 6554, 8754).

use std::fmt;

use super::extension::{length_of, next, words_behind};
use super::ipv4::ip_number;
use super::ipv6::number_of;
use crate::layer::field::{Field, Kind, Place, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Protocol, Walked, Walker, parts};

pub(crate) static ROUTING: Protocol = Protocol {
    name: "ipv6.routing",
    title: "Routing header",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: b"\x3b\0\0\0\0\0\0\0", rest: Some(&REST), complete }),
};

static FIELDS: &[Field] = &[
    Field::new("ipv6.routing.nxt", "Next header", Kind::Decimal, bytes(0, 1)).words(ip_number),
    Field::new("ipv6.routing.len", "Length behind the first 8 bytes", Kind::Decimal, bytes(1, 1))
        .unit("words of 8 bytes"),
    Field::new("ipv6.routing.type", "Kind", Kind::Decimal, bytes(2, 1)).words(kind),
    Field::new("ipv6.routing.segleft", "Segments left", Kind::Decimal, bytes(3, 1)),
];

static REST: Field = Field::new("ipv6.routing.data", "What belongs to the kind", Kind::Bytes, Place::Walked);

parts! {
    UNKNOWN = "ipv6.routing.unknown_data", "What belongs to the kind", Bytes;
    SOURCE_RESERVED = "ipv6.routing.src.reserved", "Reserved", Bytes;
    SOURCE_ADDRESS = "ipv6.routing.src.addr", "Address", Ipv6;
    MOBILE_RESERVED = "ipv6.routing.mipv6.reserved", "Reserved", Bytes;
    MOBILE_HOME = "ipv6.routing.mipv6.home_address", "Home address", Ipv6;
    RPL_INNER = "ipv6.routing.rpl.cmprI", "Bytes left out of each address", Decimal;
    RPL_LAST = "ipv6.routing.rpl.cmprE", "Bytes left out of the last address", Decimal;
    RPL_PADDING = "ipv6.routing.rpl.pad", "Bytes of padding", Decimal;
    RPL_RESERVED = "ipv6.routing.rpl.reserved", "Reserved", Decimal;
    RPL_ADDRESS = "ipv6.routing.rpl.address", "Address, the end of it", Bytes;
    SEGMENT_LAST = "ipv6.routing.srh.last_entry", "Last entry", Decimal;
    SEGMENT_FLAGS = "ipv6.routing.srh.flags", "Flags", Hex;
    SEGMENT_TAG = "ipv6.routing.srh.tag", "Tag", Bytes;
    SEGMENT_ADDRESS = "ipv6.routing.srh.addr", "Segment", Ipv6;
    SHORT_SEGMENT = "ipv6.routing.crh16.sid", "Segment", Decimal;
    LONG_SEGMENT = "ipv6.routing.crh32.sid", "Segment", Decimal;
}

const FIXED: usize = 4;

fn kind(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "source route",
        2 => "mobile IPv6",
        3 => "RPL source route",
        4 => "segment routing",
        5 => "compact routing, 16 bits",
        6 => "compact routing, 32 bits",
        _ => return None,
    })
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    match length_of(frame.bytes) {
        Some(length) if length > frame.length() => frame.too_long(&FIELDS[1], 1, length),
        Some(length) if frame.bytes.len() >= FIXED => Dissection::new(length, next(frame.bytes)),
        _ => frame.too_short(FIELDS, 8),
    }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let [_, _, kind, left, ..] = *walker.header() else { return Ok(()) };
    let (mut at, end) = (FIXED, length_of(walker.header()).unwrap_or(0));
    match kind {
        0 => {
            walker.take(&SOURCE_RESERVED, &mut at, 4)?;
            addresses(walker, &SOURCE_ADDRESS, at, end)
        }
        2 => {
            walker.take(&MOBILE_RESERVED, &mut at, 4)?;
            addresses(walker, &MOBILE_HOME, at, end)
        }
        3 => rpl(walker, end),
        4 => segments(walker, end),
        5 => numbers(walker, &SHORT_SEGMENT, 2, end, left),
        6 => numbers(walker, &LONG_SEGMENT, 4, end, left),
        _ => walker.take(&UNKNOWN, &mut at, end - FIXED),
    }
}

fn addresses(walker: &mut Walker<'_, '_>, field: &'static Field, mut at: usize, end: usize) -> Walked {
    while at + 16 <= end {
        walker.take(field, &mut at, 16)?;
    }
    Ok(())
}

/// RPL's (RFC 6554): addresses without the bytes that they share with the destination.
fn rpl(walker: &mut Walker<'_, '_>, end: usize) -> Walked {
    walker.rows(
        FIXED,
        &[(&RPL_INNER, 0, 4), (&RPL_LAST, 4, 4), (&RPL_PADDING, 8, 4), (&RPL_RESERVED, 12, 20)],
    )?;
    let number = |at: usize| usize::from(walker.header().get(at).copied().unwrap_or(0));
    let (inner, last, padding) = (16 - (number(4) >> 4), 16 - (number(4) & 15), number(5) >> 4);
    let (mut at, end) = (8, end.saturating_sub(padding));
    while at + inner + last <= end {
        walker.take(&RPL_ADDRESS, &mut at, inner)?;
    }
    if at + last <= end { walker.take(&RPL_ADDRESS, &mut at, last) } else { Ok(()) }
}

/// Segment routing's (RFC 8754), the last segment first.
fn segments(walker: &mut Walker<'_, '_>, end: usize) -> Walked {
    walker.rows(FIXED, &[(&SEGMENT_LAST, 0, 8), (&SEGMENT_FLAGS, 8, 8), (&SEGMENT_TAG, 16, 16)])?;
    let last = usize::from(walker.header().get(FIXED).copied().unwrap_or(0));
    addresses(walker, &SEGMENT_ADDRESS, 8, end.min(8 + (last + 1) * 16))
}

fn numbers(walker: &mut Walker<'_, '_>, field: &'static Field, size: usize, end: usize, _left: u8) -> Walked {
    let mut at = FIXED;
    while at + size <= end {
        walker.take(field, &mut at, size)?;
    }
    Ok(())
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number()).unwrap_or(0);
    let word = kind(number("ipv6.routing.type")).unwrap_or("unknown kind");
    write!(out, "{word}, {} segments left", number("ipv6.routing.segleft"))
}

fn complete(draft: &mut Draft<'_>) {
    draft.header.resize(draft.header.len().next_multiple_of(8), 0);
    draft.fill(FIELDS, "ipv6.routing.len", words_behind(draft, 8));
    draft.fill(FIELDS, "ipv6.routing.nxt", number_of(draft.inner));
}
