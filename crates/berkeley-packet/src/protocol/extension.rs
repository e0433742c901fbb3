//! The extension headers of IPv6 (RFC 8200, 4) but for routing, and the authentication header (RFC 4302).

use std::fmt;

use super::ipv4::ip_number;
use super::ipv6::number_of;
use super::{ipv6_option, tables};
use crate::layer::field::{Field, Kind, Place, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, parts};

pub(crate) static HOP_BY_HOP: Protocol = Protocol {
    name: "ipv6.hopopts",
    title: "Options for every hop",
    fields: HOP_BY_HOP_FIELDS,
    checked: Protocol::checked(HOP_BY_HOP_FIELDS),
    parts: ipv6_option::PARTS,
    dissect: |frame| dissect_options(frame, HOP_BY_HOP_FIELDS),
    walk: Some(ipv6_option::walk),
    line,
    craft: Some(&Craft { header: OPTIONS, rest: Some(&OPTION_BYTES), complete: complete_hop_by_hop }),
};

pub(crate) static DESTINATION: Protocol = Protocol {
    name: "ipv6.dstopts",
    title: "Options for the destination",
    fields: DESTINATION_FIELDS,
    checked: Protocol::checked(DESTINATION_FIELDS),
    parts: ipv6_option::PARTS,
    dissect: |frame| dissect_options(frame, DESTINATION_FIELDS),
    walk: Some(ipv6_option::walk),
    line,
    craft: Some(&Craft { header: OPTIONS, rest: Some(&OPTION_BYTES), complete: complete_destination }),
};

pub(crate) static FRAGMENT: Protocol = Protocol {
    name: "ipv6.fraghdr",
    title: "Fragment of an IPv6 packet",
    fields: FRAGMENT_FIELDS,
    checked: Protocol::checked(FRAGMENT_FIELDS),
    parts: &[],
    dissect: dissect_fragment,
    walk: None,
    line: line_fragment,
    craft: Some(&Craft { header: b"\x3b\0\0\0\0\0\0\0", rest: None, complete: complete_fragment }),
};

pub(crate) static AUTHENTICATION: Protocol = Protocol {
    name: "ah",
    title: "Authentication header",
    fields: AUTHENTICATION_FIELDS,
    checked: Protocol::checked(AUTHENTICATION_FIELDS),
    parts: PARTS,
    dissect: dissect_authentication,
    walk: Some(walk_authentication),
    line: line_authentication,
    craft: Some(&Craft {
        header: b"\x3b\x01\0\0\0\0\0\0\0\0\0\0",
        rest: Some(&ICV),
        complete: complete_authentication,
    }),
};

static HOP_BY_HOP_FIELDS: &[Field] = &[
    Field::new("ipv6.hopopts.nxt", "Next header", Kind::Decimal, bytes(0, 1)).words(ip_number),
    Field::new("ipv6.hopopts.len", "Length behind the first 8 bytes", Kind::Decimal, bytes(1, 1))
        .unit("words of 8 bytes"),
];

static DESTINATION_FIELDS: &[Field] = &[
    Field::new("ipv6.dstopts.nxt", "Next header", Kind::Decimal, bytes(0, 1)).words(ip_number),
    Field::new("ipv6.dstopts.len", "Length behind the first 8 bytes", Kind::Decimal, bytes(1, 1))
        .unit("words of 8 bytes"),
];

static FRAGMENT_FIELDS: &[Field] = &[
    Field::new("ipv6.fraghdr.nxt", "Next header", Kind::Decimal, bytes(0, 1)).words(ip_number),
    Field::new("ipv6.fraghdr.reserved_octet", "Reserved", Kind::Hex, bytes(1, 1)),
    Field::new("ipv6.fraghdr.offset", "Fragment offset", Kind::Decimal, bits(16, 13))
        .unit("units of 8 bytes"),
    Field::new("ipv6.fraghdr.reserved_bits", "Reserved", Kind::Decimal, bits(29, 2)),
    Field::new("ipv6.fraghdr.more", "More fragments", Kind::Flag, bits(31, 1)),
    Field::new("ipv6.fraghdr.ident", "Identification", Kind::Hex, bytes(4, 4)),
];

static AUTHENTICATION_FIELDS: &[Field] = &[
    Field::new("ah.next_header", "Next header", Kind::Decimal, bytes(0, 1)).words(ip_number),
    Field::new("ah.length", "Length behind the first 8 bytes", Kind::Decimal, bytes(1, 1))
        .unit("words of 4 bytes"),
    Field::new("ah.reserved", "Reserved", Kind::Bytes, bytes(2, 2)),
    Field::new("ah.spi", "Security parameters index", Kind::Hex, bytes(4, 4)),
    Field::new("ah.sequence", "Sequence number", Kind::Decimal, bytes(8, 4)),
];

parts! {
    ICV = "ah.icv", "Integrity check value", Bytes;
}

static OPTION_BYTES: Field = Field::new("ipv6.options", "Options", Kind::Bytes, Place::Walked);

/// Six bytes of padding.
const OPTIONS: &[u8] = b"\x3b\0\x01\x04\0\0\0\0";

/// The length of an extension header whose second byte counts words of 8 bytes behind the first.
pub(crate) fn length_of(bytes: &[u8]) -> Option<usize> {
    bytes.get(1).map(|words| (usize::from(*words) + 1) * 8)
}

/// The protocol of what an extension header carries, whose first byte says so.
pub(crate) fn next(bytes: &[u8]) -> Next {
    Next::Protocol(bytes.first().and_then(|number| tables::by_ip_number(*number)))
}

fn dissect_options(frame: &Frame<'_>, fields: &'static [Field]) -> Dissection {
    match length_of(frame.bytes) {
        Some(length) if length <= frame.length() => Dissection::new(length, next(frame.bytes)),
        Some(length) => frame.too_long(&fields[1], 1, length),
        None => frame.too_short(fields, OPTIONS.len()),
    }
}

fn dissect_fragment(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < 8 {
        return frame.too_short(FRAGMENT_FIELDS, 8);
    }
    // A fragment behind the first begins in the middle of what it carries.
    let is_first = frame.bytes[2] == 0 && frame.bytes[3] & 0xf8 == 0;
    Dissection::new(8, if is_first { next(frame.bytes) } else { Next::Protocol(None) })
}

fn dissect_authentication(frame: &Frame<'_>) -> Dissection {
    let least = 12;
    if frame.bytes.len() < least {
        return frame.too_short(AUTHENTICATION_FIELDS, least);
    }
    let length = (usize::from(frame.bytes[1]) + 2) * 4;
    if length > frame.length() {
        return frame.too_long(&AUTHENTICATION_FIELDS[1], 1, length);
    }
    Dissection::new(length.max(least), next(frame.bytes))
}

fn walk_authentication(walker: &mut Walker<'_, '_>) -> Walked {
    let end = walker.header().len();
    if end > 12 { walker.bytes(&ICV, 12..end) } else { Ok(()) }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "{} bytes of options", layer.header().len().saturating_sub(2))
}

fn line_fragment(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number()).unwrap_or(0);
    let more = if number("ipv6.fraghdr.more") == 1 { ", more follow" } else { "" };
    write!(out, "{:#x} at byte {}{more}", number("ipv6.fraghdr.ident"), number("ipv6.fraghdr.offset") * 8)
}

fn line_authentication(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number()).unwrap_or(0);
    write!(out, "index {:#x} sequence {}", number("ah.spi"), number("ah.sequence"))
}

/// Fills a header with `PadN` up to a multiple of 8 bytes, as the options are not always so long.
fn pad(header: &mut Vec<u8>) {
    let missing = header.len().next_multiple_of(8) - header.len();
    match missing {
        0 => (),
        1 => header.push(0),
        _ => {
            header.extend([1, u8::try_from(missing - 2).unwrap_or(0)]);
            header.resize(header.len().next_multiple_of(8), 0);
        }
    }
}

fn complete_hop_by_hop(draft: &mut Draft<'_>) {
    pad(draft.header);
    draft.fill(HOP_BY_HOP_FIELDS, "ipv6.hopopts.len", words_behind(draft, 8));
    draft.fill(HOP_BY_HOP_FIELDS, "ipv6.hopopts.nxt", number_of(draft.inner));
}

fn complete_destination(draft: &mut Draft<'_>) {
    pad(draft.header);
    draft.fill(DESTINATION_FIELDS, "ipv6.dstopts.len", words_behind(draft, 8));
    draft.fill(DESTINATION_FIELDS, "ipv6.dstopts.nxt", number_of(draft.inner));
}

fn complete_fragment(draft: &mut Draft<'_>) {
    draft.fill(FRAGMENT_FIELDS, "ipv6.fraghdr.nxt", number_of(draft.inner));
}

fn complete_authentication(draft: &mut Draft<'_>) {
    draft.fill(AUTHENTICATION_FIELDS, "ah.length", words_behind(draft, 4));
    draft.fill(AUTHENTICATION_FIELDS, "ah.next_header", number_of(draft.inner));
}

/// How many words of `size` bytes stand behind the header's first eight bytes.
pub(crate) fn words_behind(draft: &Draft<'_>, size: usize) -> u64 {
    (draft.header.len().saturating_sub(8) / size) as u64
}
