//! QUIC: the long headers (RFC 9000, 17.2), which are all that can be read without the keys of the connection.

use std::fmt;

use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::value::Value;
use crate::layer::walk::{Stop, Walked, Walker};
use crate::layer::{Dissection, Frame, Layer, Next, Protocol};
use crate::protocol::cursor::Cursor;
use parts::*;

pub(crate) static QUIC: Protocol = Protocol {
    name: "quic",
    title: "QUIC",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: parts::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: None,
};

static FIELDS: &[Field] = &[
    Field::new("quic.header_form", "Long header", Kind::Decimal, bits(0, 1)),
    Field::new("quic.fixed_bit", "Always set", Kind::Flag, bits(1, 1)).when(has_fixed_bit),
    Field::new("quic.vn.unused", "Not used", Kind::Hex, bits(1, 7)).when(is_negotiation),
    Field::new("quic.long.packet_type", "Type of the packet", Kind::Decimal, bits(2, 2))
        .words(kind)
        .when(is_version_1),
    Field::new("quic.long.packet_type_v2", "Type of the packet", Kind::Decimal, bits(2, 2))
        .words(kind_2)
        .when(is_version_2),
    Field::new("quic.version", "Version", Kind::Hex, bytes(1, 4)).words(version_word),
];

mod parts {
    use crate::layer::field::{Field, Kind, parts};

    parts! {
        PACKET_LENGTH = Field::walked("quic.packet_length", "Length of the packet", Kind::Decimal).unit("bytes");
        DCIL = Field::walked("quic.dcil", "Length of the destination's identifier", Kind::Decimal).unit("bytes");
        DCID = Field::walked("quic.dcid", "Identifier of the destination", Kind::Bytes);
        SCIL = Field::walked("quic.scil", "Length of the source's identifier", Kind::Decimal).unit("bytes");
        SCID = Field::walked("quic.scid", "Identifier of the source", Kind::Bytes);
        TOKEN_LENGTH = Field::walked("quic.token_length", "Length of the token", Kind::Decimal).unit("bytes");
        TOKEN = Field::walked("quic.token", "Token", Kind::Bytes);
        LENGTH = Field::walked("quic.length", "Length of what follows", Kind::Decimal).unit("bytes");
        RETRY_TOKEN = Field::walked("quic.retry_token", "Token to send next", Kind::Bytes);
        RETRY_TAG = Field::walked("quic.retry_integrity_tag", "Tag that proves it", Kind::Bytes);
        SUPPORTED = Field::walked("quic.supported_version", "Version that is supported", Kind::Hex);
        REMAINING = Field::walked("quic.remaining_payload", "What is encrypted", Kind::Bytes);
    }
}

const VERSION_1: u32 = 1;
const VERSION_2: u32 = 0x6b33_43cf;

/// The tag at the end of a retry.
const TAG: usize = 16;

/// The longest identifier of a connection.
const LONGEST: u8 = 20;

/// The types of packets that have more than the others.
const INITIAL: u8 = 0;
const RETRY: u8 = 3;

fn version(header: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(header.get(1..5)?.try_into().ok()?))
}

/// Zero negotiates versions.
fn is_negotiation(header: &[u8]) -> bool {
    version(header) == Some(0)
}

fn is_version_1(header: &[u8]) -> bool {
    version(header).is_some_and(|version| version != 0 && version != VERSION_2)
}

fn is_version_2(header: &[u8]) -> bool {
    version(header) == Some(VERSION_2)
}

/// tshark does not tell it of a retry.
fn has_fixed_bit(header: &[u8]) -> bool {
    !is_negotiation(header) && packet_type(header) != RETRY
}

/// The type of a packet, as version 1 counts: version 2 begins with a retry.
fn packet_type(header: &[u8]) -> u8 {
    let written = header.first().map_or(0, |first| first >> 4 & 3);
    if is_version_2(header) { written.wrapping_sub(1) & 3 } else { written }
}

fn kind(number: u64) -> Option<&'static str> {
    ["Initial", "0-RTT", "Handshake", "Retry"].get(usize::try_from(number).ok()?).copied()
}

fn kind_2(number: u64) -> Option<&'static str> {
    kind(number.wrapping_sub(1) & 3)
}

fn version_word(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "negotiation of versions",
        1 => "version 1",
        0x6b33_43cf => "version 2",
        _ => return None,
    })
}

/// Whether these bytes begin with a long header of a version that is known.
pub(crate) fn begins_long(bytes: &[u8]) -> bool {
    let Some(version) = version(bytes) else { return false };
    let (Some(first), Some(length)) = (bytes.first(), bytes.get(5)) else { return false };
    let known = matches!(version, VERSION_1 | VERSION_2 | 0xff00_0017..=0xff00_0022) && first & 0xc0 == 0xc0;
    let negotiation = version == 0 && first & 0x80 != 0 && bytes.len() >= 11;
    (known || negotiation) && *length <= LONGEST
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    match packet_end(frame.bytes) {
        Some(end) if frame.bytes.get(end..).is_some_and(begins_long) => {
            Dissection::new(end, Next::Protocol(Some(&QUIC)))
        }
        Some(end) => Dissection::new(end, Next::Protocol(None)),
        None if frame.bytes.len() < 5 => frame.too_short(FIELDS, 5),
        None => Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None },
    }
}

/// Where the packet ends that begins these bytes. None where it is the last one, or breaks.
fn packet_end(bytes: &[u8]) -> Option<usize> {
    let kind = packet_type(bytes);
    if is_negotiation(bytes) || kind == RETRY {
        return None;
    }
    let source = 6 + usize::from(*bytes.get(5)?);
    let mut at = source + 1 + usize::from(*bytes.get(source)?);
    if kind == INITIAL {
        let (length, size) = variable(bytes.get(at..)?)?;
        at = at.checked_add(size)?.checked_add(usize::try_from(length).ok()?)?;
    }
    let (length, size) = variable(bytes.get(at..)?)?;
    at.checked_add(size)?.checked_add(usize::try_from(length).ok()?)
}

/// The number at the begin of `bytes`, whose first two bits say how many bytes it has, and how many those are.
fn variable(bytes: &[u8]) -> Option<(u64, usize)> {
    let size = 1 << (bytes.first()? >> 6);
    let number = bytes.get(..size)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some((number & u64::MAX >> (66 - size * 8).min(63), size))
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let header = walker.header();
    let length = packet_end(header).unwrap_or(header.len());
    walker.value(&PACKET_LENGTH, 0..0, Value::Number(length as u64))?;
    let end = if walker.layer().is_cut() { walker.layer().length() } else { header.len() };
    let mut cursor = Cursor::new(5..end);
    cursor.sized(walker, &DCIL, 1)?.tell_rest(walker, &DCID)?;
    cursor.sized(walker, &SCIL, 1)?.tell_rest(walker, &SCID)?;
    if is_negotiation(header) {
        while cursor.left() > 0 {
            cursor.take(walker, &SUPPORTED, 4)?;
        }
        return Ok(());
    }
    match packet_type(header) {
        RETRY => {
            let token = cursor.left().saturating_sub(TAG);
            if token > 0 {
                cursor.take(walker, &RETRY_TOKEN, token)?;
            }
            return cursor.take(walker, &RETRY_TAG, TAG);
        }
        INITIAL => sized(walker, &mut cursor, &TOKEN_LENGTH)?.tell_rest(walker, &TOKEN)?,
        _ => (),
    }
    let rest = sized(walker, &mut cursor, &LENGTH)?;
    match packet_type(header) {
        // What protects an Initial is no secret, but it is not taken off here.
        INITIAL => Ok(()),
        _ => walker.bytes(&REMAINING, rest.rest()),
    }
}

/// Tells a length of variable size, and returns the part that is as long.
fn sized(walker: &mut Walker<'_, '_>, cursor: &mut Cursor, field: &'static Field) -> Result<Cursor, Stop> {
    let at = cursor.at;
    let first = walker.number(field, at..at + 1)?;
    let place = cursor.skip(field, 1 << (first >> 6))?;
    let number = walker.number(field, place.clone())? & u64::MAX >> (66 - place.len() * 8).min(63);
    walker.value(field, place, Value::Number(number))?;
    cursor.part(field, at, number)
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let header = layer.header();
    match version(header) {
        Some(0) => out.write_str("version negotiation")?,
        _ => out.write_str(kind(packet_type(header).into()).unwrap_or_default())?,
    }
    for (word, name) in [("to", "quic.dcid"), ("from", "quic.scid")] {
        if let Some(identifier) = layer.field(name) {
            write!(out, " {word} {identifier}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::packet::Packet;
    use crate::protocol::testing::{breaks, hex, holds, line, survives};

    const INITIAL: &str = "c3 00000001 08 0011223344556677 04 aabbccdd 03 010203 4004 55555555";
    const HANDSHAKE: &str = "e3 00000001 08 0011223344556677 00 4002 6666";

    #[test]
    fn packets_of_a_datagram_are_told_one_by_one() {
        let bytes = hex(&format!("{INITIAL}{HANDSHAKE}"));
        let fields = [
            "quic.header_form=1",
            "quic.fixed_bit=1",
            "quic.long.packet_type=0",
            "quic.version=1",
            "quic.packet_length=29",
            "quic.dcil=8",
            "quic.dcid=0011223344556677",
            "quic.scid=aabbccdd",
            "quic.token_length=3",
            "quic.token=010203",
            "quic.length=4",
            "quic.long.packet_type=2",
            "quic.scil=0",
            "quic.remaining_payload=6666",
        ];
        holds(&QUIC, &bytes, &fields);
        survives(&QUIC, &bytes, &["quic.packet_length"]);
        let packet = Packet::decode_as(&QUIC, &bytes, bytes.len());
        let text = "quic Initial to 0011223344556677 from aabbccdd / quic Handshake to 0011223344556677";
        assert_eq!(line(&packet), text);
    }

    #[test]
    fn versions_are_negotiated_and_tokens_given() {
        let bytes = hex("80 00000000 04 aabbccdd 04 11223344 00000001 ff00001d");
        holds(&QUIC, &bytes, &["quic.vn.unused=0", "quic.version=0", "quic.supported_version=4278190109"]);
        let bytes = hex(&format!("f0 00000001 00 04 aabbccdd 112233 {}", "77".repeat(16)));
        holds(&QUIC, &bytes, &["quic.long.packet_type=3", "quic.retry_token=112233"]);
        let bytes = hex("d3 6b3343cf 00 00 00 01 55");
        holds(&QUIC, &bytes, &["quic.long.packet_type_v2=1", "quic.token_length=0", "quic.length=1"]);
    }

    #[test]
    fn a_packet_breaks_where_it_breaks() {
        breaks(&QUIC, &hex("c3 000000"), "quic.version");
        breaks(&QUIC, &hex("c3 00000001 08 0011"), "quic.dcil");
        breaks(&QUIC, &hex("c3 00000001 00 00 05 01"), "quic.token_length");
        breaks(&QUIC, &hex("c3 00000001 00 00 00 4020 55"), "quic.length");
        assert!(
            begins_long(&hex(INITIAL)) && !begins_long(&hex("43 00000001 08")) && !begins_long(b"\xc3\0\0")
        );
    }
}
