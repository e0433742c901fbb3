//! DNS (RFC 1035), over UDP and over TCP, and multicast DNS (RFC 6762).
//!
//! The crate simple-dns is not used to read messages, but to check this walk in tests: it allocates for each record,
//! does not tell where a field stands, and refuses a whole message for one record that it does not like. Here a message
//! is told up to where it breaks.

use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Next, Protocol};

mod fields;
mod line;
mod options;
mod records;
mod rows;
mod walk;

pub(crate) static DNS: Protocol = Protocol {
    name: "dns",
    title: "Domain Name System",
    fields: &FIELDS,
    checked: Protocol::checked(&FIELDS),
    parts: fields::PARTS,
    dissect,
    walk: Some(|walker| walk::message(walker, 0)),
    line: |layer, out| line::line(layer, 0, out),
    craft: Some(&Craft { header: HEADER, rest: Some(&fields::DATA), complete: |_: &mut Draft<'_>| () }),
};

/// DNS over TCP: a length stands before each message.
pub(crate) static DNS_STREAM: Protocol = Protocol {
    name: "dns",
    title: "Domain Name System, over TCP",
    fields: &STREAM_FIELDS,
    checked: Protocol::checked(&STREAM_FIELDS),
    parts: fields::PARTS,
    dissect: dissect_stream,
    walk: Some(|walker| walk::message(walker, PREFIX)),
    line: |layer, out| line::line(layer, PREFIX, out),
    craft: None,
};

pub(crate) static MDNS: Protocol = Protocol {
    name: "mdns",
    title: "Multicast Domain Name System",
    fields: &FIELDS,
    checked: Protocol::checked(&FIELDS),
    parts: fields::PARTS,
    dissect,
    walk: Some(|walker| walk::message(walker, 0)),
    line: |layer, out| line::line(layer, 0, out),
    craft: Some(&Craft { header: HEADER, rest: Some(&fields::DATA), complete: |_: &mut Draft<'_>| () }),
};

static FIELDS: [Field; 20] = header(0);
static STREAM_FIELDS: [Field; 20] = header(PREFIX);

/// A question that wants recursion, with no name yet.
const HEADER: &[u8] = b"\0\0\x01\0\0\0\0\0\0\0\0\0";

/// The bytes of the length before a message over TCP.
const PREFIX: usize = 2;

/// The fields of a header that begins at byte `base`, behind its length if it has one.
const fn header(base: usize) -> [Field; 20] {
    let stream = base != 0;
    [
        Field::new("dns.length", "Length of the message", Kind::Decimal, bytes(0, 2))
            .unit("bytes")
            .when(if stream { |_| true } else { |_| false }),
        Field::new("dns.id", "Transaction ID", Kind::Hex, bytes(base, 2)),
        Field::new("dns.flags", "Flags", Kind::Hex, bytes(base + 2, 2)),
        flag("dns.flags.response", "Response", base, 0),
        Field::new("dns.flags.opcode", "Opcode", Kind::Decimal, bits(base * 8 + 17, 4)).words(rows::opcode),
        flag("dns.flags.authoritative", "Authoritative answer", base, 5).when(if stream {
            |header| is_response(header, PREFIX)
        } else {
            |header| is_response(header, 0)
        }),
        flag("dns.flags.truncated", "Truncated", base, 6),
        flag("dns.flags.recdesired", "Recursion desired", base, 7),
        flag("dns.flags.recavail", "Recursion available", base, 8).when(if stream {
            |header| is_response(header, PREFIX)
        } else {
            |header| is_response(header, 0)
        }),
        flag("dns.flags.z", "Reserved", base, 9),
        flag("dns.flags.authenticated", "Answer authenticated", base, 10).when(if stream {
            |header| is_response(header, PREFIX) || is_authenticated(header, PREFIX)
        } else {
            |header| is_response(header, 0) || is_authenticated(header, 0)
        }),
        flag("dns.flags.checkdisable", "Checking disabled", base, 11),
        Field::new("dns.flags.rcode", "Reply code", Kind::Decimal, bits(base * 8 + 28, 4))
            .words(rows::rcode)
            .when(if stream {
                |header| is_response(header, PREFIX)
            } else {
                |header| is_response(header, 0)
            }),
        count("dns.count.queries", "Questions", base, 4, false),
        count("dns.count.zones", "Zones", base, 4, true),
        count("dns.count.answers", "Answers", base, 6, false),
        count("dns.count.prerequisites", "Prerequisites", base, 6, true),
        count("dns.count.auth_rr", "Authorities", base, 8, false),
        count("dns.count.updates", "Updates", base, 8, true),
        Field::new("dns.count.add_rr", "Additional records", Kind::Decimal, bytes(base + 10, 2)),
    ]
}

const fn flag(name: &'static str, meaning: &'static str, base: usize, bit: usize) -> Field {
    Field::new(name, meaning, Kind::Flag, bits((base + 2) * 8 + bit, 1))
}

/// A count of records, which has another name in an update (RFC 2136, 2.2).
const fn count(name: &'static str, meaning: &'static str, base: usize, at: usize, update: bool) -> Field {
    let present: fn(&[u8]) -> bool = match (base == 0, update) {
        (true, true) => |header| is_update(header, 0),
        (true, false) => |header| !is_update(header, 0),
        (false, true) => |header| is_update(header, PREFIX),
        (false, false) => |header| !is_update(header, PREFIX),
    };
    Field::new(name, meaning, Kind::Decimal, bytes(base + at, 2)).when(present)
}

fn is_response(header: &[u8], base: usize) -> bool {
    header.get(base + 2).is_some_and(|byte| byte & 0x80 != 0)
}

fn is_authenticated(header: &[u8], base: usize) -> bool {
    header.get(base + 3).is_some_and(|byte| byte & 0x20 != 0)
}

fn is_update(header: &[u8], base: usize) -> bool {
    header.get(base + 2).is_some_and(|byte| byte >> 3 & 15 == 5)
}

/// A message over UDP is all that there is.
fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HEADER.len() {
        return frame.too_short(&FIELDS, HEADER.len());
    }
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

/// Whether the payload of a segment begins with a whole message and its length. A segment that begins or ends in the
/// middle of one is bytes of a stream.
pub(crate) fn begins_stream(payload: &[u8]) -> bool {
    let [high, low, message @ ..] = payload else { return false };
    let length = usize::from(*high) << 8 | usize::from(*low);
    length >= HEADER.len() && length <= message.len()
}

fn dissect_stream(frame: &Frame<'_>) -> Dissection {
    let [high, low, message @ ..] = frame.bytes else { return frame.too_short(&STREAM_FIELDS, PREFIX) };
    let length = usize::from(*high) << 8 | usize::from(*low);
    if length < HEADER.len() || message.len() < HEADER.len() {
        return frame.too_short(&STREAM_FIELDS, PREFIX + HEADER.len());
    }
    let end = PREFIX + length;
    let next = match frame.bytes.get(end..) {
        Some(rest) if begins_stream(rest) => Next::Protocol(Some(&DNS_STREAM)),
        _ => Next::Protocol(None),
    };
    Dissection::new(end, next)
}

#[cfg(test)]
mod tests;
