//! IGMP, versions 1 to 3 (RFC 1112, RFC 2236, RFC 3376).

use std::fmt;

use etherparse::checksum::Sum16BitWords;

use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, Place, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, parts};

pub(crate) static IGMP: Protocol = Protocol {
    name: "igmp",
    title: "Internet Group Management Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: b"\x11\x64\0\0\0\0\0\0", rest: Some(&REST), complete }),
};

static FIELDS: &[Field] = &[
    Field::new("igmp.type", "Type", Kind::Hex, bytes(0, 1)).words(type_word),
    Field::new("igmp.max_resp", "Longest delay of an answer", Kind::Decimal, bytes(1, 1))
        .unit("tenths of a second")
        .when(has_delay),
    Field::new("igmp.checksum", "Checksum", Kind::Hex, bytes(2, 2)).checked(check),
    Field::new("igmp.maddr", "Group", Kind::Ipv4, bytes(4, 4)).when(|header| !is_report(header)),
    Field::new("igmp.s", "Other routers are not to process it", Kind::Flag, bits(68, 1)).when(is_third_query),
    Field::new("igmp.qrv", "Robustness", Kind::Decimal, bits(69, 3)).when(is_third_query),
    Field::new("igmp.qqic", "Interval of queries, coded", Kind::Decimal, bytes(9, 1)).when(is_third_query),
    Field::new("igmp.num_src", "Number of sources", Kind::Decimal, bytes(10, 2)).when(is_third_query),
    Field::new("igmp.num_grp_recs", "Number of records", Kind::Decimal, bytes(6, 2)).when(is_report),
];

static REST: Field = Field::new("igmp.rest", "What follows", Kind::Bytes, Place::Walked);

parts! {
    SOURCE = "igmp.saddr", "Source", Ipv4;
    RECORD_TYPE = "igmp.record_type", "Kind of record", Decimal, words(record);
    DATA_LENGTH = "igmp.aux_data_len", "Length of more data", Decimal, unit("words of 4 bytes");
    SOURCES = "igmp.num_src", "Number of sources", Decimal;
    GROUP = "igmp.maddr", "Group", Ipv4;
    DATA = "igmp.aux_data", "More data", Bytes;
}

const HEADER: usize = 8;

fn type_word(number: u64) -> Option<&'static str> {
    Some(match number {
        0x11 => "Membership query",
        0x12 => "Membership report, version 1",
        0x16 => "Membership report, version 2",
        0x17 => "Leave group",
        0x22 => "Membership report, version 3",
        _ => return None,
    })
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

/// A report of version 3, which has records.
fn is_report(header: &[u8]) -> bool {
    header.first() == Some(&0x22)
}

/// Version 1 has no delay.
fn has_delay(header: &[u8]) -> bool {
    !is_report(header) && !matches!(header, [0x12, ..]) && !matches!(header, [0x11, 0, _, _, _, _, _, _])
}

/// A query of version 3, which is longer than the older ones.
fn is_third_query(header: &[u8]) -> bool {
    header.first() == Some(&0x11) && header.len() >= 12
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HEADER {
        return frame.too_short(FIELDS, HEADER);
    }
    let header =
        if is_report(frame.bytes) || is_third_query(frame.bytes) { frame.bytes.len() } else { HEADER };
    Dissection::new(header, Next::Protocol(None))
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    if is_third_query(walker.header()) {
        let (mut at, count) = (12, walker.number(&SOURCES, 10..12)?);
        return (0..count).try_for_each(|_| walker.take(&SOURCE, &mut at, 4));
    }
    if !is_report(walker.header()) {
        return Ok(());
    }
    let (mut at, count) = (HEADER, walker.number(&SOURCES, 6..8)?);
    (0..count).try_for_each(|_| walk_record(walker, &mut at))
}

fn walk_record(walker: &mut Walker<'_, '_>, at: &mut usize) -> Walked {
    walker.take(&RECORD_TYPE, at, 1)?;
    let words = walker.number(&DATA_LENGTH, *at..*at + 1)?;
    walker.take(&DATA_LENGTH, at, 1)?;
    let sources = walker.number(&SOURCES, *at..*at + 2)?;
    walker.take(&SOURCES, at, 2)?;
    walker.take(&GROUP, at, 4)?;
    (0..sources).try_for_each(|_| walker.take(&SOURCE, at, 4))?;
    match usize::try_from(words).unwrap_or(0) * 4 {
        0 => Ok(()),
        length => walker.take(&DATA, at, length),
    }
}

fn check(layer: Layer<'_>) -> Check {
    if layer.is_cut() {
        return Check::Unknown;
    }
    checksum::check(layer.bytes(), 2, Sum16BitWords::new())
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = layer.field("igmp.type").and_then(|value| value.number()).unwrap_or(0);
    match type_word(number) {
        Some(word) => out.write_str(word)?,
        None => write!(out, "type {number:#x}")?,
    }
    layer.field("igmp.maddr").map_or(Ok(()), |group| write!(out, " {group}"))
}

fn complete(draft: &mut Draft<'_>) {
    let all = [draft.header.as_slice(), draft.payload].concat();
    let sum = checksum::of(&all, 2, Sum16BitWords::new());
    draft.fill(FIELDS, "igmp.checksum", sum.into());
}
