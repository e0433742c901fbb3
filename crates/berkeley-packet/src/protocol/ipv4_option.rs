//! The options of IPv4 (RFC 791, 3.1; IANA, IP option numbers).

use std::ops::Range;

use crate::layer::field::{Field, Kind, Place};
use crate::layer::form::{Form, Piece};
use crate::layer::value::Value;
use crate::layer::walk::Stop;
use crate::layer::{Walked, Walker, parts};
use crate::problem::Trouble;

parts! {
    END = "ip.options.eol", "End of the options", Group;
    NOTHING = "ip.options.nop", "No operation", Group;
    SECURITY = "ip.options.security", "Security", Group;
    LOOSE_ROUTE = "ip.options.route", "Loose source route", Group;
    TIME = "ip.options.timestamp", "Time stamps", Group;
    EXTENDED_SECURITY = "ip.options.ext_security", "Extended security", Group;
    CIPSO = "ip.options.cipso", "Commercial security", Group;
    RECORD_ROUTE = "ip.options.record_route", "Record route", Group;
    STREAM = "ip.options.sid", "Stream", Group;
    STRICT_ROUTE = "ip.options.source_route", "Strict source route", Group;
    MTU_PROBE = "ip.options.mtu_probe", "MTU probe", Group;
    MTU_REPLY = "ip.options.mtu_reply", "MTU reply", Group;
    TRACEROUTE = "ip.options.traceroute", "Traceroute", Group;
    ROUTER_ALERT = "ip.options.routeralert", "Router alert", Group;
    BROADCAST = "ip.options.sdb", "Selective directed broadcast", Group;
    QUICK_START = "ip.options.qs", "Quick start", Group;
    OTHER = "ip.options.other", "Option", Group;
    TYPE = "ip.opt.type", "Kind", Decimal;
    COPY = "ip.opt.type.copy", "Copied to every fragment", Flag;
    CLASS = "ip.opt.type.class", "Class", Decimal, words(class);
    NUMBER = "ip.opt.type.number", "Number", Decimal;
    LENGTH = "ip.opt.len", "Length", Decimal, unit("bytes");
    POINTER = "ip.opt.ptr", "Place of the next entry", Decimal;
    STREAM_ID = "ip.opt.sid", "Stream", Decimal;
    MTU = "ip.opt.mtu", "MTU", Decimal, unit("bytes");
    IDENTIFIER = "ip.opt.id_number", "Identifier", Decimal;
    OUTBOUND = "ip.opt.ohc", "Hops out", Decimal, unit("hops");
    RETURN = "ip.opt.rhc", "Hops back", Decimal, unit("hops");
    ORIGINATOR = "ip.opt.originator", "Originator", Ipv4;
    ALERT = "ip.opt.ra", "What routers are to look at", Decimal;
    ADDRESS = "ip.opt.addr", "Address", Ipv4;
    QUICK_FUNCTION = "ip.opt.qs_func", "Function", Decimal;
    QUICK_RATE = "ip.opt.qs_rate", "Rate", Decimal;
    QUICK_TTL = "ip.opt.qs_ttl", "Hops left", Decimal;
    QUICK_UNUSED = "ip.opt.qs_unused", "Not used", Decimal;
    QUICK_NONCE = "ip.opt.qs_nonce", "Nonce", Hex;
    QUICK_RESERVED = "ip.opt.qs_reserved", "Reserved", Hex;
    OLD_SECURITY = "ip.opt.sec_rfc791_sec", "Security", Hex;
    OLD_COMPARTMENTS = "ip.opt.sec_rfc791_comp", "Compartments", Decimal;
    OLD_HANDLING = "ip.opt.sec_rfc791_hr", "Handling restrictions", Text;
    OLD_CONTROL = "ip.opt.sec_rfc791_tcc", "Transmission control code", Text;
    LEVEL = "ip.opt.sec_cl", "Classification", Hex;
    AUTHORITIES = "ip.opt.sec_prot_auth_flags", "Protection authorities", Hex;
    GENSER = "ip.opt.sec_prot_auth_genser", "GENSER", Flag;
    SIOP_ESI = "ip.opt.sec_prot_auth_siop_esi", "SIOP-ESI", Flag;
    SCI = "ip.opt.sec_prot_auth_sci", "SCI", Flag;
    NSA = "ip.opt.sec_prot_auth_nsa", "NSA", Flag;
    DOE = "ip.opt.sec_prot_auth_doe", "DOE", Flag;
    UNASSIGNED = "ip.opt.sec_prot_auth_unassigned", "Unassigned", Hex;
    MORE_AUTHORITIES = "ip.opt.sec_prot_auth_fti", "More follow", Flag;
    FORMAT = "ip.opt.ext_sec_add_sec_info_format_code", "Format of what follows", Hex;
    INFORMATION = "ip.opt.ext_sec_add_sec_info", "Additional information", Bytes;
    RECORDED = "ip.rec_rt", "Recorded hop", Ipv4;
    TOTAL = "ip.len", "Total length", Decimal, unit("bytes");
    DESTINATION = "ip.dst", "Destination address", Ipv4;
    CURRENT = "ip.cur_rt", "Hop that it is sent to now", Ipv4;
    SOURCE = "ip.src_rt", "Hop to come", Ipv4;
    EMPTY = "ip.empty_rt", "Room for a hop", Ipv4;
    OVERFLOW = "ip.opt.overflow", "Hops that found no room", Decimal;
    FLAG = "ip.opt.flag", "What is recorded", Hex;
    STAMP = "ip.opt.time_stamp", "Time", Decimal, unit("ms since midnight");
    STAMP_ADDRESS = "ip.opt.time_stamp_addr", "Address", Ipv4;
    DOMAIN = "ip.cipso.doi", "Domain of interpretation", Decimal;
    TAG = "ip.cipso.tag_type", "Kind of tag", Decimal;
    SENSITIVITY = "ip.cipso.sensitivity_level", "Sensitivity", Decimal;
}

/// The options that have a name in a packet's text.
pub(super) const FORMS: &[Form] = &[
    Form::single("eol", 0),
    Form::single("nop", 1),
    Form::list("record_route", 7, &[Piece::Number(1)], &[Piece::Ipv4]),
    Form::list("route", 131, &[Piece::Number(1)], &[Piece::Ipv4]),
    Form::values("sid", 136, &[Piece::Number(2)]),
    Form::list("source_route", 137, &[Piece::Number(1)], &[Piece::Ipv4]),
    Form::values("routeralert", 148, &[Piece::Number(2)]),
];

/// Where the options begin.
const FIRST: usize = 20;

fn class(number: u64) -> Option<&'static str> {
    ["control", "reserved", "debugging and measurement", "reserved"]
        .get(usize::try_from(number).ok()?)
        .copied()
}

/// What tells the contents of an option, which are in these bytes.
type Contents = fn(&mut Walker<'_, '_>, Range<usize>) -> Walked;

/// The option of that kind, the least bytes that it has, and what tells them.
fn option(kind: u64) -> (&'static Field, usize, Contents) {
    match kind {
        7 => (&RECORD_ROUTE, 3, record_route),
        11 => (&MTU_PROBE, 4, |walker, at| walker.bytes(&MTU, at.start..at.start + 2)),
        12 => (&MTU_REPLY, 4, |walker, at| walker.bytes(&MTU, at.start..at.start + 2)),
        25 => (&QUICK_START, 8, quick_start),
        68 => (&TIME, 4, time),
        82 => (&TRACEROUTE, 12, traceroute),
        130 => (&SECURITY, 3, security),
        131 => (&LOOSE_ROUTE, 3, source_route),
        133 => (&EXTENDED_SECURITY, 3, extended_security),
        134 => (&CIPSO, 10, cipso),
        136 => (&STREAM, 4, |walker, at| walker.bytes(&STREAM_ID, at.start..at.start + 2)),
        137 => (&STRICT_ROUTE, 3, source_route),
        148 => (&ROUTER_ALERT, 4, |walker, at| walker.bytes(&ALERT, at.start..at.start + 2)),
        149 => (&BROADCAST, 6, |walker, at| addresses(walker, &ADDRESS, at)),
        _ => (&OTHER, 2, |_, _| Ok(())),
    }
}

pub(crate) fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    if walker.header().get(2..4) == Some(&[0, 0]) {
        let length = walker.layer().length() as u64;
        walker.value(&TOTAL, 2..4, Value::Number(length))?;
    }
    if is_routed(walker.header()) {
        walker.bytes(&CURRENT, 16..20)?;
    }
    let mut at = FIRST;
    let end = walker.header().first().map_or(0, |first| usize::from(first & 15) * 4);
    while at < end {
        let kind = walker.number(&TYPE, at..at + 1)?;
        match kind {
            0 => return walker.group(&END, at..at + 1, |walker| walk_kind(walker, at)),
            1 => {
                walker.group(&NOTHING, at..at + 1, |walker| walk_kind(walker, at))?;
                at += 1;
            }
            _ => at = walk_option(walker, kind, at, end)?,
        }
    }
    Ok(())
}

fn walk_kind(walker: &mut Walker<'_, '_>, at: usize) -> Walked {
    walker.rows(at, &[(&TYPE, 0, 8), (&COPY, 0, 1), (&CLASS, 1, 2), (&NUMBER, 3, 5)])
}

/// The option at `at`, and where the next one begins.
fn walk_option(walker: &mut Walker<'_, '_>, kind: u64, at: usize, end: usize) -> Result<usize, Stop> {
    let length = usize::try_from(walker.number(&LENGTH, at + 1..at + 2)?).unwrap_or(usize::MAX);
    let (group, least, contents) = option(kind);
    let behind = at.saturating_add(length);
    walker.group(group, at..behind.clamp(at + 2, end.max(at + 2)), |walker| {
        walk_kind(walker, at)?;
        walker.bytes(&LENGTH, at + 1..at + 2)?;
        let (least, most, got) = (least as u64, (end - at) as u64, length as u64);
        if got < least {
            return Err(Walker::broken(&LENGTH, at + 1, Trouble::TooSmall { least, got }));
        }
        if got > most {
            return Err(Walker::broken(&LENGTH, at + 1, Trouble::TooLarge { most, got }));
        }
        contents(walker, at + 2..behind)
    })?;
    Ok(behind)
}

fn addresses(walker: &mut Walker<'_, '_>, field: &'static Field, at: Range<usize>) -> Walked {
    let mut next = at.start;
    while next + 4 <= at.end {
        walker.take(field, &mut next, 4)?;
    }
    Ok(())
}

/// Whether the packet is on its way along a source route: its destination is the route's last hop, and what stands in
/// the destination's place is the next one.
pub(crate) fn is_routed(header: &[u8]) -> bool {
    let (mut at, end) = (FIRST, header.len());
    while at < end {
        match header[at..] {
            [1, ..] => at += 1,
            [131 | 137, length, pointer, ..] => return usize::from(pointer) + 3 <= usize::from(length),
            [kind, length, ..] if kind > 1 && length > 1 => at += usize::from(length),
            _ => return false,
        }
    }
    false
}

/// Where the option's next entry is, as its pointer says, which counts from 1 at its first byte.
fn pointer(walker: &mut Walker<'_, '_>, at: &Range<usize>) -> Result<usize, Stop> {
    let pointer = walker.number(&POINTER, at.start..at.start + 1)?;
    walker.bytes(&POINTER, at.start..at.start + 1)?;
    Ok((at.start - 2 + usize::try_from(pointer).unwrap_or(0)).saturating_sub(1))
}

fn record_route(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let here = pointer(walker, &at)?;
    let mut next = at.start + 1;
    while next + 4 <= at.end {
        let field = if next < here { &RECORDED } else { &EMPTY };
        walker.take(field, &mut next, 4)?;
    }
    Ok(())
}

fn source_route(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    let here = pointer(walker, &at)?;
    let mut next = at.start + 1;
    while next + 4 <= at.end {
        let field = match next {
            next if next < here => &RECORDED,
            next if next + 8 > at.end => &DESTINATION,
            _ => &SOURCE,
        };
        walker.take(field, &mut next, 4)?;
    }
    Ok(())
}

fn time(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    pointer(walker, &at)?;
    walker.rows(at.start + 1, &[(&OVERFLOW, 0, 4), (&FLAG, 4, 4)])?;
    let with_addresses = walker.header().get(at.start + 1).is_some_and(|second| second & 15 != 0);
    let mut next = at.start + 2;
    let size = if with_addresses { 8 } else { 4 };
    while next + size <= at.end {
        if with_addresses {
            walker.take(&STAMP_ADDRESS, &mut next, 4)?;
        }
        walker.take(&STAMP, &mut next, 4)?;
    }
    Ok(())
}

fn traceroute(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    walker.rows(
        at.start,
        &[(&IDENTIFIER, 0, 16), (&OUTBOUND, 16, 16), (&RETURN, 32, 16), (&ORIGINATOR, 48, 32)],
    )
}

fn quick_start(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    walker.rows(at.start, &[(&QUICK_FUNCTION, 0, 4), (&QUICK_RATE, 4, 4)])?;
    let reports = walker.header().get(at.start).is_some_and(|first| first >> 4 == 8);
    let ttl = if reports { &QUICK_UNUSED } else { &QUICK_TTL };
    walker.rows(at.start + 1, &[(ttl, 0, 8), (&QUICK_NONCE, 8, 30), (&QUICK_RESERVED, 38, 2)])
}

/// Security: of RFC 791, which has 11 bytes, or of RFC 1108.
fn security(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    if at.len() == 9 {
        return walker.rows(
            at.start,
            &[
                (&OLD_SECURITY, 0, 16),
                (&OLD_COMPARTMENTS, 16, 16),
                (&OLD_HANDLING, 32, 16),
                (&OLD_CONTROL, 48, 24),
            ],
        );
    }
    walker.bytes(&LEVEL, at.start..at.start + 1)?;
    authorities(walker, at.start + 1..at.end).map(|_| ())
}

/// The bytes of protection authorities, the last of which has its last bit clear. Where they end.
fn authorities(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Result<usize, Stop> {
    for next in at.clone() {
        walker.rows(
            next,
            &[
                (&AUTHORITIES, 0, 8),
                (&GENSER, 0, 1),
                (&SIOP_ESI, 1, 1),
                (&SCI, 2, 1),
                (&NSA, 3, 1),
                (&DOE, 4, 1),
                (&UNASSIGNED, 5, 2),
                (&MORE_AUTHORITIES, 7, 1),
            ],
        )?;
        if walker.header()[next] & 1 == 0 {
            return Ok(next + 1);
        }
    }
    Ok(at.end)
}

fn extended_security(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    walker.bytes(&FORMAT, at.start..at.start + 1)?;
    if at.len() > 1 { walker.bytes(&INFORMATION, at.start + 1..at.end) } else { Ok(()) }
}

/// The domain, and the kind and level of each tag.
fn cipso(walker: &mut Walker<'_, '_>, at: Range<usize>) -> Walked {
    walker.bytes(&DOMAIN, at.start..at.start + 4)?;
    let mut next = at.start + 4;
    while next + 4 <= at.end {
        walker.bytes(&TAG, next..next + 1)?;
        let kind = walker.number(&TAG, next..next + 1)?;
        let length = walker.number(&TAG, next + 1..next + 2)?;
        if matches!(kind, 1 | 2 | 5) {
            walker.bytes(&SENSITIVITY, next + 3..next + 4)?;
        }
        next += usize::try_from(length).unwrap_or(0).max(2);
    }
    Ok(())
}
