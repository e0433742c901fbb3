//! ICMP for IPv6 (RFC 4443), with neighbour discovery (RFC 4861) and multicast listeners (RFC 2710, RFC 3810).

use std::fmt;

use super::{icmp_extension, icmpv6_option, ipv6};
use crate::layer::checksum;
use crate::layer::field::{Field, Kind, Place, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, joined, parts};

pub(crate) static ICMPV6: Protocol = Protocol {
    name: "icmpv6",
    title: "Internet Control Message Protocol for IPv6",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &ALL_PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: b"\x80\0\0\0\0\0\0\0", rest: Some(&REST), complete }),
};

static ALL_PARTS: [&Field; PARTS.len() + icmpv6_option::PARTS.len() + icmp_extension::PARTS.len()] =
    joined(&[PARTS, icmpv6_option::PARTS, icmp_extension::PARTS]);

static FIELDS: &[Field] = &[
    Field::new("icmpv6.type", "Type", Kind::Decimal, bytes(0, 1)).words(type_word),
    Field::new("icmpv6.code", "Code", Kind::Decimal, bytes(1, 1)),
    Field::new("icmpv6.checksum", "Checksum", Kind::Hex, bytes(2, 2))
        .checked(|layer| checksum::check_message(layer, 2, NUMBER)),
    Field::new("icmpv6.echo.identifier", "Identifier", Kind::Hex, bytes(4, 2)).when(is_echo),
    Field::new("icmpv6.echo.sequence_number", "Sequence number", Kind::Decimal, bytes(6, 2)).when(is_echo),
    Field::new("icmpv6.mtu", "MTU of the next hop", Kind::Decimal, bytes(4, 4))
        .unit("bytes")
        .when(|header| is(header, 2)),
    Field::new("icmpv6.pointer", "Byte that is wrong", Kind::Decimal, bytes(4, 4))
        .when(|header| is(header, 4)),
    Field::new("icmpv6.nd.ra.cur_hop_limit", "Hop limit to use", Kind::Decimal, bytes(4, 1))
        .unit("hops")
        .when(is_router),
    Field::new("icmpv6.nd.ra.flag", "Flags", Kind::Hex, bytes(5, 1)).when(is_router),
    Field::new("icmpv6.nd.ra.flag.m", "Addresses from DHCP", Kind::Flag, bits(40, 1)).when(is_router),
    Field::new("icmpv6.nd.ra.flag.o", "Other configuration from DHCP", Kind::Flag, bits(41, 1))
        .when(is_router),
    Field::new("icmpv6.nd.ra.flag.h", "Home agent", Kind::Flag, bits(42, 1)).when(is_router),
    Field::new("icmpv6.nd.ra.flag.prf", "Preference", Kind::Decimal, bits(43, 2))
        .words(preference)
        .when(is_router),
    Field::new("icmpv6.nd.ra.flag.p", "Proxy", Kind::Flag, bits(45, 1)).when(is_router),
    Field::new("icmpv6.nd.ra.flag.rsv", "Reserved", Kind::Decimal, bits(46, 2)).when(is_router),
    Field::new("icmpv6.nd.ra.router_lifetime", "Lifetime as a router", Kind::Decimal, bytes(6, 2))
        .unit("seconds")
        .when(is_router),
    Field::new("icmpv6.nd.ra.reachable_time", "Reachable time", Kind::Decimal, bytes(8, 4))
        .unit("ms")
        .when(is_router),
    Field::new("icmpv6.nd.ra.retrans_timer", "Time between solicitations", Kind::Decimal, bytes(12, 4))
        .unit("ms")
        .when(is_router),
    Field::new("icmpv6.nd.ns.target_address", "Target", Kind::Ipv6, bytes(8, 16))
        .when(|header| is(header, 135)),
    Field::new("icmpv6.nd.na.flag", "Flags", Kind::Hex, bytes(4, 4)).when(is_advertisement),
    Field::new("icmpv6.nd.na.flag.r", "Router", Kind::Flag, bits(32, 1)).when(is_advertisement),
    Field::new("icmpv6.nd.na.flag.s", "Solicited", Kind::Flag, bits(33, 1)).when(is_advertisement),
    Field::new("icmpv6.nd.na.flag.o", "Override", Kind::Flag, bits(34, 1)).when(is_advertisement),
    Field::new("icmpv6.nd.na.flag.rsv", "Reserved", Kind::Decimal, bits(35, 29)).when(is_advertisement),
    Field::new("icmpv6.nd.na.target_address", "Target", Kind::Ipv6, bytes(8, 16)).when(is_advertisement),
    Field::new("icmpv6.nd.rd.target_address", "Better hop", Kind::Ipv6, bytes(8, 16))
        .when(|header| is(header, 137)),
    Field::new("icmpv6.rd.na.destination_address", "Destination", Kind::Ipv6, bytes(24, 16))
        .when(|header| is(header, 137)),
];

static REST: Field = Field::new("icmpv6.rest", "What follows", Kind::Bytes, Place::Walked);

parts! {
    RESERVED = "icmpv6.reserved", "Reserved", Bytes;
    LENGTH = "icmpv6.length", "Length of the quoted packet", Decimal, unit("words of 8 bytes");
    DATA = "icmpv6.data", "Data", Bytes;
    DELAY = "icmpv6.mld.maximum_response_delay", "Longest delay of an answer", Decimal, unit("ms");
    DELAY_CODE = "icmpv6.mld.maximum_response_code", "Longest delay of an answer, coded", Decimal;
    GROUP = "icmpv6.mld.multicast_address", "Group", Ipv6;
    QUERY_FLAGS = "icmpv6.mld.flag", "Flags", Hex;
    QUERY_SUPPRESS = "icmpv6.mld.flag.s", "Other routers are not to process it", Flag;
    QUERY_ROBUSTNESS = "icmpv6.mld.flag.qrv", "Robustness", Decimal;
    QUERY_RESERVED = "icmpv6.mld.flag.reserved", "Reserved", Decimal;
    INTERVAL = "icmpv6.mld.qqi", "Interval of queries, coded", Decimal;
    SOURCES = "icmpv6.mld.nb_sources", "Number of sources", Decimal;
    SOURCE = "icmpv6.mld.source_address", "Source", Ipv6;
    RECORDS = "icmpv6.mldr.nb_mcast_records", "Number of records", Decimal;
    RECORD = "icmpv6.mldr.mar", "Record", Group;
    RECORD_TYPE = "icmpv6.mldr.mar.record_type", "Kind", Decimal, words(record);
    RECORD_DATA_LENGTH = "icmpv6.mldr.mar.aux_data_len", "Length of more data", Decimal, unit("words of 4 bytes");
    RECORD_SOURCES = "icmpv6.mldr.mar.nb_sources", "Number of sources", Decimal;
    RECORD_GROUP = "icmpv6.mldr.mar.multicast_address", "Group", Ipv6;
    RECORD_SOURCE = "icmpv6.mldr.mar.source_address", "Source", Ipv6;
    RECORD_DATA = "icmpv6.mldr.mar.auxiliary_data", "More data", Bytes;
}

const HEADER: usize = 8;

/// Its number in IP.
const NUMBER: u8 = 58;

/// The names of the types (IANA, `icmpv6-parameters`).
fn type_word(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "Destination unreachable",
        2 => "Packet too big",
        3 => "Time exceeded",
        4 => "Parameter problem",
        128 => "Echo request",
        129 => "Echo reply",
        130 => "Multicast listener query",
        131 => "Multicast listener report",
        132 => "Multicast listener done",
        133 => "Router solicitation",
        134 => "Router advertisement",
        135 => "Neighbor solicitation",
        136 => "Neighbor advertisement",
        137 => "Redirect",
        143 => "Multicast listener report, version 2",
        160 => "Extended echo request",
        161 => "Extended echo reply",
        _ => return None,
    })
}

fn code_word(kind: u64, code: u64) -> Option<&'static str> {
    let words: &[&str] = match kind {
        1 => &[
            "no route",
            "prohibited",
            "beyond the source's scope",
            "address unreachable",
            "port unreachable",
            "source address failed policy",
            "route rejected",
        ],
        3 => &["hop limit exceeded in transit", "fragment reassembly time exceeded"],
        4 => &["wrong header field", "unknown next header", "unknown option"],
        _ => &[],
    };
    words.get(usize::try_from(code).ok()?).copied()
}

pub(super) fn preference(number: u64) -> Option<&'static str> {
    ["medium", "high", "reserved", "low"].get(usize::try_from(number).ok()?).copied()
}

fn record(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "include",
        2 => "exclude",
        3 => "changes to include",
        4 => "changes to exclude",
        5 => "allows new sources",
        6 => "blocks old sources",
        _ => return None,
    })
}

fn is(header: &[u8], kind: u8) -> bool {
    header.first() == Some(&kind)
}

fn is_echo(header: &[u8]) -> bool {
    matches!(header.first(), Some(128 | 129))
}

fn is_router(header: &[u8]) -> bool {
    is(header, 134)
}

fn is_advertisement(header: &[u8]) -> bool {
    is(header, 136)
}

/// Errors quote the packet that caused them.
fn quotes(header: &[u8]) -> bool {
    matches!(header.first(), Some(1..=4))
}

/// How many bytes of an error belong to the quoted packet: those behind it are extensions (RFC 4884).
fn quoted_length(message: &[u8]) -> usize {
    match message {
        [1 | 3, _, _, _, words, ..] if *words > 0 => usize::from(*words) * 8,
        _ => usize::MAX - HEADER,
    }
}

/// Where the options of neighbour discovery begin, in messages that have them.
fn options(header: &[u8]) -> Option<usize> {
    Some(match header.first()? {
        133 => 8,
        134 => 16,
        135 | 136 => 24,
        137 => 40,
        _ => return None,
    })
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let all = frame.bytes.len();
    let header = match frame.bytes.first() {
        None | Some(1..=4 | 128 | 129) => HEADER,
        Some(130..=132) => all.max(24),
        Some(_) => all.max(options(frame.bytes).unwrap_or(HEADER)),
    };
    if all < header {
        return frame.too_short(FIELDS, header);
    }
    if quotes(frame.bytes) {
        let payload = quoted_length(frame.bytes);
        return Dissection { header, payload, next: Next::Quoted(&ipv6::IPV6), problem: None };
    }
    if let Some(place) = options(frame.bytes).and_then(|at| icmpv6_option::redirected(frame.bytes, at)) {
        let next = Next::Quoted(&ipv6::IPV6);
        return Dissection { header: place.start, payload: place.len(), next, problem: None };
    }
    Dissection::new(header, Next::Protocol(None))
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let Some(kind) = walker.header().first().copied() else { return Ok(()) };
    match kind {
        1 | 3 => walk_error(walker),
        128 | 129 | 2 | 4 | 134 | 136 => Ok(()),
        130 => walk_query(walker),
        131 | 132 => {
            walker.rows(4, &[(&DELAY, 0, 16), (&RESERVED, 16, 16)])?;
            walker.bytes(&GROUP, 8..24)
        }
        133 | 135 | 137 => walker.bytes(&RESERVED, 4..8),
        143 => walk_report(walker),
        _ if walker.header().len() > 4 => {
            let end = walker.header().len();
            walker.bytes(&DATA, 4..end)
        }
        _ => Ok(()),
    }?;
    match options(walker.header()) {
        Some(at) if kind == 137 => {
            walker.read_on();
            icmpv6_option::walk(walker, at)
        }
        Some(at) => icmpv6_option::walk(walker, at),
        None => Ok(()),
    }
}

fn walk_error(walker: &mut Walker<'_, '_>) -> Walked {
    if walker.header().get(4).is_some_and(|words| *words > 0) {
        walker.bytes(&LENGTH, 4..5)?;
        walker.bytes(&RESERVED, 5..8)?;
    } else {
        walker.bytes(&RESERVED, 4..8)?;
    }
    walker.read_on();
    let start = quoted_length(walker.header()).saturating_add(HEADER);
    if start < walker.header().len() { icmp_extension::walk(walker, start) } else { Ok(()) }
}

/// A query, of version 2 where it is longer than one of version 1 can be.
fn walk_query(walker: &mut Walker<'_, '_>) -> Walked {
    let is_second = walker.header().len() >= 28;
    let delay = if is_second { &DELAY_CODE } else { &DELAY };
    walker.rows(4, &[(delay, 0, 16), (&RESERVED, 16, 16)])?;
    walker.bytes(&GROUP, 8..24)?;
    if !is_second {
        return Ok(());
    }
    walker.rows(
        24,
        &[
            (&QUERY_FLAGS, 0, 8),
            (&QUERY_RESERVED, 0, 4),
            (&QUERY_SUPPRESS, 4, 1),
            (&QUERY_ROBUSTNESS, 5, 3),
            (&INTERVAL, 8, 8),
            (&SOURCES, 16, 16),
        ],
    )?;
    let (mut at, count) = (28, walker.number(&SOURCES, 26..28)?);
    (0..count).try_for_each(|_| walker.take(&SOURCE, &mut at, 16))
}

fn walk_report(walker: &mut Walker<'_, '_>) -> Walked {
    walker.rows(4, &[(&RESERVED, 0, 16), (&RECORDS, 16, 16)])?;
    let (mut at, count) = (8, walker.number(&RECORDS, 6..8)?);
    for _ in 0..count {
        let sources = walker.number(&RECORD_SOURCES, at + 2..at + 4)?;
        let words = walker.number(&RECORD_DATA_LENGTH, at + 1..at + 2)?;
        let length = 20 + usize::try_from(sources * 16 + words * 4).unwrap_or(0);
        walker.group(&RECORD, at..at + length, |walker| walk_record(walker, at, sources, words))?;
        at += length;
    }
    Ok(())
}

fn walk_record(walker: &mut Walker<'_, '_>, mut at: usize, sources: u64, words: u64) -> Walked {
    walker.take(&RECORD_TYPE, &mut at, 1)?;
    walker.take(&RECORD_DATA_LENGTH, &mut at, 1)?;
    walker.take(&RECORD_SOURCES, &mut at, 2)?;
    walker.take(&RECORD_GROUP, &mut at, 16)?;
    (0..sources).try_for_each(|_| walker.take(&RECORD_SOURCE, &mut at, 16))?;
    match usize::try_from(words).unwrap_or(0) * 4 {
        0 => Ok(()),
        length => walker.take(&RECORD_DATA, &mut at, length),
    }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number());
    let kind = number("icmpv6.type").unwrap_or(0);
    match type_word(kind) {
        Some(word) => out.write_str(word)?,
        None => write!(out, "type {kind}")?,
    }
    if let Some(word) = number("icmpv6.code").and_then(|code| code_word(kind, code)) {
        write!(out, ", {word}")?;
    }
    if let (Some(identifier), Some(sequence)) =
        (number("icmpv6.echo.identifier"), number("icmpv6.echo.sequence_number"))
    {
        write!(out, " id {identifier} seq {sequence}")?;
    }
    let target =
        layer.field("icmpv6.nd.ns.target_address").or_else(|| layer.field("icmpv6.nd.na.target_address"));
    target.map_or(Ok(()), |target| write!(out, " {target}"))
}

fn complete(draft: &mut Draft<'_>) {
    let sum = draft.transport_checksum(2, NUMBER);
    draft.fill(FIELDS, "icmpv6.checksum", sum.into());
}
