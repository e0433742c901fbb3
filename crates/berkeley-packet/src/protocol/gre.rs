//! Generic Routing Encapsulation (RFC 2784, RFC 2890; with routing, RFC 1701; version 1, RFC 2637).

use std::fmt;

use etherparse::checksum::Sum16BitWords;

use super::ethernet::ethertype;
use super::{ethernet, tables};
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, Place, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, parts};
use crate::problem::{Problem, Trouble};

pub(crate) static GRE: Protocol = Protocol {
    name: "gre",
    title: "Generic Routing Encapsulation",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: b"\0\0\x08\0", rest: Some(&OPTIONAL), complete }),
};

static FIELDS: &[Field] = &[
    Field::new("gre.flags_and_version", "Flags and version", Kind::Hex, bytes(0, 2)),
    Field::new("gre.flags.checksum", "Has a checksum", Kind::Flag, bits(0, 1)),
    Field::new("gre.flags.routing", "Has routing", Kind::Flag, bits(1, 1)),
    Field::new("gre.flags.key", "Has a key", Kind::Flag, bits(2, 1)),
    Field::new("gre.flags.sequence_number", "Has a sequence number", Kind::Flag, bits(3, 1)),
    Field::new("gre.flags.strict_source_route", "Strict source route", Kind::Flag, bits(4, 1)),
    Field::new("gre.flags.recursion_control", "Recursion control", Kind::Decimal, bits(5, 3)),
    Field::new("gre.flags.ack", "Has an acknowledgment", Kind::Flag, bits(8, 1)).when(is_enhanced),
    Field::new("gre.flags.reserved", "Reserved flags", Kind::Decimal, bits(8, 5))
        .when(|header| !is_enhanced(header)),
    Field::new("gre.flags.reserved", "Reserved flags", Kind::Decimal, bits(9, 4)).when(is_enhanced),
    Field::new("gre.flags.version", "Version", Kind::Decimal, bits(13, 3)),
    Field::new("gre.proto", "Type of what it carries", Kind::Hex, bytes(2, 2)).words(ethertype),
];

static OPTIONAL: Field = Field::new("gre.optional", "Optional fields", Kind::Bytes, Place::Walked);

parts! {
    CHECKSUM = "gre.checksum", "Checksum", Hex, checked(check);
    OFFSET = "gre.offset", "Offset of the route", Decimal, unit("bytes");
    KEY = "gre.key", "Key", Hex;
    PAYLOAD = "gre.key.payload_length", "Length of what it carries", Decimal, unit("bytes");
    CALL = "gre.key.call_id", "Call", Decimal;
    SEQUENCE = "gre.sequence_number", "Sequence number", Decimal;
    ACKNOWLEDGMENT = "gre.ack_number", "Acknowledgment number", Decimal;
    FAMILY = "gre.routing.address_family", "Address family of the route", Decimal;
    ROUTE_OFFSET = "gre.routing.sre_offset", "Offset in the route", Decimal, unit("bytes");
    ROUTE_LENGTH = "gre.routing.src_length", "Length of the route", Decimal, unit("bytes");
    ROUTE = "gre.routing.information", "Route", Bytes;
}

const HEADER: usize = 4;

const HAS_CHECKSUM: u16 = 0x8000;
const HAS_ROUTING: u16 = 0x4000;
const HAS_KEY: u16 = 0x2000;
const HAS_SEQUENCE: u16 = 0x1000;
const HAS_ACKNOWLEDGMENT: u16 = 0x0080;

fn is_enhanced(header: &[u8]) -> bool {
    header.get(1).is_some_and(|second| second & 7 == 1)
}

fn flags(header: &[u8]) -> u16 {
    header.get(..2).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]))
}

/// Where the header ends, and where it breaks.
fn end(bytes: &[u8]) -> (usize, Option<Problem>) {
    let flags = flags(bytes);
    let mut end = HEADER;
    for (flag, length) in [
        (HAS_CHECKSUM | HAS_ROUTING, 4),
        (HAS_KEY, 4),
        (HAS_SEQUENCE, 4),
        (if is_enhanced(bytes) { HAS_ACKNOWLEDGMENT } else { 0 }, 4),
    ] {
        end += if flags & flag != 0 { length } else { 0 };
    }
    if flags & HAS_ROUTING == 0 {
        return (end, None);
    }
    loop {
        match bytes.get(end..end + 4) {
            Some([0, 0, _, 0]) => return (end + 4, None),
            Some([_, _, _, length]) => end += 4 + usize::from(*length),
            _ => {
                let trouble = Trouble::Ends { wanted: 4, got: bytes.len().saturating_sub(end) };
                return (end, Some(Problem::new(FAMILY.name, end, trouble)));
            }
        }
    }
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HEADER {
        return frame.too_short(FIELDS, HEADER);
    }
    let number = u16::from_be_bytes([frame.bytes[2], frame.bytes[3]]);
    let next = match number {
        0x6558 => Some(&ethernet::ETHERNET),
        number => tables::by_ethertype(number),
    };
    let (header, problem) = end(frame.bytes);
    let problem = problem.map(|mut problem| {
        if frame.cut > 0 {
            problem.trouble = Trouble::Cut;
        }
        problem
    });
    Dissection::new(header, Next::Protocol(next)).with(problem)
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let flags = flags(walker.header());
    let enhanced = is_enhanced(walker.header());
    let mut at = HEADER;
    if flags & (HAS_CHECKSUM | HAS_ROUTING) != 0 {
        walker.take(&CHECKSUM, &mut at, 2)?;
        walker.take(&OFFSET, &mut at, 2)?;
    }
    if flags & HAS_KEY != 0 {
        walker.bytes(&KEY, at..at + 4)?;
        if enhanced {
            walker.bytes(&PAYLOAD, at..at + 2)?;
            walker.bytes(&CALL, at + 2..at + 4)?;
        }
        at += 4;
    }
    if flags & HAS_SEQUENCE != 0 {
        walker.take(&SEQUENCE, &mut at, 4)?;
    }
    if enhanced && flags & HAS_ACKNOWLEDGMENT != 0 {
        walker.take(&ACKNOWLEDGMENT, &mut at, 4)?;
    }
    if flags & HAS_ROUTING != 0 { walk_routes(walker, at) } else { Ok(()) }
}

fn walk_routes(walker: &mut Walker<'_, '_>, mut at: usize) -> Walked {
    loop {
        let family = walker.number(&FAMILY, at..at + 2)?;
        walker.take(&FAMILY, &mut at, 2)?;
        walker.take(&ROUTE_OFFSET, &mut at, 1)?;
        let length = walker.number(&ROUTE_LENGTH, at..at + 1)?;
        walker.take(&ROUTE_LENGTH, &mut at, 1)?;
        if family == 0 && length == 0 {
            return Ok(());
        }
        walker.take(&ROUTE, &mut at, usize::try_from(length).unwrap_or(0))?;
    }
}

fn check(layer: Layer<'_>) -> Check {
    if flags(layer.header()) & HAS_CHECKSUM == 0 {
        return Check::Absent;
    }
    if layer.is_cut() {
        return Check::Unknown;
    }
    checksum::check(layer.bytes(), HEADER, Sum16BitWords::new())
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    match layer.field("gre.key") {
        Some(key) => write!(out, "key {key}"),
        None => Ok(()),
    }
}

fn complete(draft: &mut Draft<'_>) {
    let number = match draft.inner.map(|protocol| protocol.name) {
        Some("eth") => Some(0x6558),
        Some(name) => tables::ethertype_of(name),
        None => None,
    };
    if let Some(number) = number {
        draft.fill(FIELDS, "gre.proto", number);
    }
    if flags(draft.header) & HAS_CHECKSUM != 0 && draft.header.len() >= HEADER + 4 {
        let all = [draft.header.as_slice(), draft.payload].concat();
        let sum = checksum::of(&all, HEADER, Sum16BitWords::new());
        draft.header[HEADER..HEADER + 2].copy_from_slice(&sum.to_be_bytes());
    }
}
