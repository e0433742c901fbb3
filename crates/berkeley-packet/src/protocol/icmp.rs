//! ICMP for IPv4 (RFC 792, 950, 1191, 1256, 4884, 8335).

use std::fmt;

use etherparse::checksum::Sum16BitWords;

use super::{icmp_extension, ipv4};
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, Place, bytes};
use crate::layer::value::Value;
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, joined, parts};

pub(crate) static ICMP: Protocol = Protocol {
    name: "icmp",
    title: "Internet Control Message Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &ALL_PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: b"\x08\0\0\0\0\0\0\0", rest: Some(&REST), complete }),
};

static ALL_PARTS: [&Field; PARTS.len() + icmp_extension::PARTS.len()] =
    joined(&[PARTS, icmp_extension::PARTS]);

static FIELDS: &[Field] = &[
    Field::new("icmp.type", "Type", Kind::Decimal, bytes(0, 1)).words(type_word),
    Field::new("icmp.code", "Code", Kind::Decimal, bytes(1, 1)),
    Field::new("icmp.checksum", "Checksum", Kind::Hex, bytes(2, 2)).checked(check),
    Field::new("icmp.ident", "Identifier", Kind::Decimal, bytes(4, 2)).when(has_identifier),
    Field::new("icmp.seq", "Sequence number", Kind::Decimal, bytes(6, 2)).when(has_sequence),
    Field::new("icmp.mtu", "MTU of the next hop", Kind::Decimal, bytes(6, 2)).unit("bytes").when(has_mtu),
    Field::new("icmp.pointer", "Byte that is wrong", Kind::Decimal, bytes(4, 1))
        .when(|header| is(header, 12)),
    Field::new("icmp.redir_gw", "Better gateway", Kind::Ipv4, bytes(4, 4)).when(|header| is(header, 5)),
    Field::new("icmp.num_addrs", "Number of routers", Kind::Decimal, bytes(4, 1))
        .when(|header| is(header, 9)),
    Field::new("icmp.addr_entry_size", "Length of an entry", Kind::Decimal, bytes(5, 1))
        .unit("words of 4 bytes")
        .when(|header| is(header, 9)),
    Field::new("icmp.lifetime", "Lifetime", Kind::Decimal, bytes(6, 2))
        .unit("seconds")
        .when(|header| is(header, 9)),
    Field::new("icmp.originate_timestamp", "Time when sent", Kind::Decimal, bytes(8, 4))
        .unit("ms since midnight")
        .when(is_timestamp),
    Field::new("icmp.receive_timestamp", "Time when received", Kind::Decimal, bytes(12, 4))
        .unit("ms since midnight")
        .when(is_timestamp),
    Field::new("icmp.transmit_timestamp", "Time when answered", Kind::Decimal, bytes(16, 4))
        .unit("ms since midnight")
        .when(is_timestamp),
    Field::new("icmp.address_mask", "Address mask", Kind::Ipv4, bytes(8, 4)).when(is_mask),
];

static REST: Field = Field::new("icmp.rest", "What follows", Kind::Bytes, Place::Walked);

parts! {
    IDENT_LE = "icmp.ident_le", "Identifier, read in the other order", Decimal;
    SEQ_LE = "icmp.seq_le", "Sequence number, read in the other order", Decimal;
    UNUSED = "icmp.unused", "Not used", Bytes;
    LENGTH = "icmp.length", "Length of the quoted packet", Decimal, unit("words of 4 bytes");
    ROUTER = "icmp.router_address", "Router", Ipv4;
    PREFERENCE = "icmp.pref_level", "Preference", Signed;
    EXTENDED_SEQ = "icmp.ext.echo.seq", "Sequence number", Decimal;
    EXTENDED_RESERVED = "icmp.ext.echo.req.res", "Reserved", Hex;
    EXTENDED_LOCAL = "icmp.ext.echo.req.local", "Asks for an interface of the one asked", Flag;
    EXTENDED_STATE = "icmp.ext.echo.rsp.state", "State", Decimal;
    EXTENDED_REPLY_RESERVED = "icmp.ext.echo.rsp.res", "Reserved", Hex;
    EXTENDED_ACTIVE = "icmp.ext.echo.rsp.active", "Active", Flag;
    EXTENDED_IPV4 = "icmp.ext.echo.rsp.ipv4", "Has IPv4", Flag;
    EXTENDED_IPV6 = "icmp.ext.echo.rsp.ipv6", "Has IPv6", Flag;
}

const HEADER: usize = 8;

/// The names of the types (IANA, ICMP type numbers).
fn type_word(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "Echo reply",
        3 => "Destination unreachable",
        4 => "Source quench",
        5 => "Redirect",
        8 => "Echo request",
        9 => "Router advertisement",
        10 => "Router solicitation",
        11 => "Time exceeded",
        12 => "Parameter problem",
        13 => "Timestamp request",
        14 => "Timestamp reply",
        15 => "Information request",
        16 => "Information reply",
        17 => "Address mask request",
        18 => "Address mask reply",
        30 => "Traceroute",
        42 => "Extended echo request",
        43 => "Extended echo reply",
        _ => return None,
    })
}

/// The names of the codes (IANA, ICMP type numbers).
fn code_word(kind: u64, code: u64) -> Option<&'static str> {
    let words: &[&str] = match kind {
        3 => &[
            "network unreachable",
            "host unreachable",
            "protocol unreachable",
            "port unreachable",
            "fragmentation needed",
            "source route failed",
            "network unknown",
            "host unknown",
            "source host isolated",
            "network prohibited",
            "host prohibited",
            "network unreachable for this service",
            "host unreachable for this service",
            "communication prohibited",
            "host precedence violation",
            "precedence cutoff",
        ],
        5 => &["for the network", "for the host", "for the service and network", "for the service and host"],
        11 => &["time to live exceeded in transit", "fragment reassembly time exceeded"],
        12 => &["pointer says where", "required option missing", "bad length"],
        _ => &[],
    };
    words.get(usize::try_from(code).ok()?).copied()
}

fn is(header: &[u8], kind: u8) -> bool {
    header.first() == Some(&kind)
}

fn has_identifier(header: &[u8]) -> bool {
    matches!(header.first(), Some(0 | 8 | 13..=18 | 42 | 43))
}

fn has_sequence(header: &[u8]) -> bool {
    matches!(header.first(), Some(0 | 8 | 13..=18))
}

fn has_mtu(header: &[u8]) -> bool {
    matches!(header, [3, 4, ..])
}

fn is_timestamp(header: &[u8]) -> bool {
    matches!(header.first(), Some(13 | 14))
}

fn is_mask(header: &[u8]) -> bool {
    matches!(header.first(), Some(17 | 18))
}

/// Messages of errors quote the packet that caused them.
fn quotes(header: &[u8]) -> bool {
    matches!(header.first(), Some(3 | 4 | 5 | 11 | 12))
}

/// Whether the length of the quoted packet may stand in the sixth byte (RFC 4884).
fn has_length(header: &[u8]) -> bool {
    matches!(header.first(), Some(3 | 11 | 12))
}

/// How many bytes of a message of an error belong to the quoted packet: those behind it are extensions.
fn quoted_length(message: &[u8]) -> usize {
    let length = message.get(5).map_or(0, |words| usize::from(*words) * 4);
    if has_length(message) && length > 0 {
        return length;
    }
    // From before there was a length: 128 bytes are quoted, padded with zeros.
    let total = message.get(HEADER + 2..HEADER + 4).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]));
    if has_length(message) && message.len() > HEADER + 128 && total <= 128 {
        128
    } else {
        usize::MAX - HEADER
    }
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let header = match frame.bytes.first() {
        Some(13 | 14) => 20,
        Some(17 | 18) => 12,
        // Routers, or what is asked for, up to the end.
        Some(9 | 42) => frame.bytes.len().max(HEADER),
        _ => HEADER,
    };
    if frame.bytes.len() < header {
        return frame.too_short(FIELDS, header);
    }
    if quotes(frame.bytes) {
        let payload = quoted_length(frame.bytes);
        return Dissection { header, payload, next: Next::Quoted(&ipv4::IPV4), problem: None };
    }
    Dissection::new(header, Next::Protocol(None))
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let header = walker.header();
    let Some(kind) = header.first().copied() else { return Ok(()) };
    if has_identifier(header) {
        swapped(walker, &IDENT_LE, 4)?;
    }
    if has_sequence(header) {
        swapped(walker, &SEQ_LE, 6)?;
    }
    match kind {
        3 | 11 | 12 => walk_error(walker, kind),
        4 => walker.bytes(&UNUSED, 4..8),
        9 => walk_routers(walker),
        42 => {
            walker.rows(6, &[(&EXTENDED_SEQ, 0, 8), (&EXTENDED_RESERVED, 8, 7), (&EXTENDED_LOCAL, 15, 1)])?;
            icmp_extension::walk(walker, HEADER)
        }
        43 => walker.rows(
            6,
            &[
                (&EXTENDED_SEQ, 0, 8),
                (&EXTENDED_STATE, 8, 3),
                (&EXTENDED_REPLY_RESERVED, 11, 2),
                (&EXTENDED_ACTIVE, 13, 1),
                (&EXTENDED_IPV4, 14, 1),
                (&EXTENDED_IPV6, 15, 1),
            ],
        ),
        _ => Ok(()),
    }
}

/// The two bytes at `at` in the order that some senders use.
fn swapped(walker: &mut Walker<'_, '_>, field: &'static Field, at: usize) -> Walked {
    let number = walker.number(field, at..at + 2)?;
    let number = u16::try_from(number).unwrap_or(0).swap_bytes();
    walker.value(field, at..at + 2, Value::Number(number.into()))
}

/// What an error says beside its own field, and the extensions behind the packet that it quotes.
fn walk_error(walker: &mut Walker<'_, '_>, kind: u8) -> Walked {
    let has_length = walker.header().get(5).is_some_and(|length| *length > 0);
    let first = if kind == 12 { 5 } else { 4 };
    let end = if has_mtu(walker.header()) { 6 } else { 8 };
    if has_length {
        if kind != 12 {
            walker.bytes(&UNUSED, 4..5)?;
        }
        walker.bytes(&LENGTH, 5..6)?;
        if end == 8 {
            walker.bytes(&UNUSED, 6..8)?;
        }
    } else {
        walker.bytes(&UNUSED, first..end)?;
    }
    walker.read_on();
    let start = quoted_length(walker.header()).saturating_add(HEADER);
    if start < walker.header().len() { icmp_extension::walk(walker, start) } else { Ok(()) }
}

fn walk_routers(walker: &mut Walker<'_, '_>) -> Walked {
    let [_, _, _, _, count, size, ..] = *walker.header() else { return Ok(()) };
    let size = usize::from(size).max(2) * 4;
    for at in (0..usize::from(count)).map(|entry| HEADER + entry * size) {
        walker.bytes(&ROUTER, at..at + 4)?;
        walker.bytes(&PREFERENCE, at + 4..at + 8)?;
    }
    Ok(())
}

fn check(layer: Layer<'_>) -> Check {
    match layer.outer() {
        Some(outer) if !outer.is_cut() && !layer.is_cut() && !layer.is_in_fragment() => {
            checksum::check(layer.with_rest(), 2, Sum16BitWords::new())
        }
        _ => Check::Unknown,
    }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number());
    let kind = number("icmp.type").unwrap_or(0);
    match type_word(kind) {
        Some(word) => out.write_str(word)?,
        None => write!(out, "type {kind}")?,
    }
    if let Some(word) = number("icmp.code").and_then(|code| code_word(kind, code)) {
        write!(out, ", {word}")?;
    }
    match (number("icmp.ident"), number("icmp.seq")) {
        (Some(identifier), Some(sequence)) => write!(out, " id {identifier} seq {sequence}"),
        _ => Ok(()),
    }
}

fn complete(draft: &mut Draft<'_>) {
    let all = [draft.header, draft.payload].concat();
    let sum = checksum::of(&all, 2, Sum16BitWords::new());
    draft.fill(FIELDS, "icmp.checksum", sum.into());
}
