//! NTP, versions 1 to 4 (RFC 5905), and the first fields of its control and private modes.

use std::fmt;

use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::value::Value;
use crate::layer::walk::{Stop, Walked, Walker};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::Trouble;
use crate::protocol::cursor::Cursor;

pub(crate) static NTP: Protocol = Protocol {
    name: "ntp",
    title: "Network Time Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: parts::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: HEADER, rest: Some(&parts::MAC), complete: |_: &mut Draft<'_>| () }),
};

static FIELDS: &[Field] = &[
    Field::new("ntp.flags", "Flags", Kind::Hex, bytes(0, 1)),
    Field::new("ntp.flags.li", "Leap second", Kind::Decimal, bits(0, 2))
        .words(leap)
        .when(|header| !is_private(header)),
    Field::new("ntp.priv.flags.r", "Response", Kind::Decimal, bits(0, 1)).when(is_private),
    Field::new("ntp.priv.flags.more", "More follow", Kind::Decimal, bits(1, 1)).when(is_private),
    Field::new("ntp.flags.vn", "Version", Kind::Decimal, bits(2, 3)),
    Field::new("ntp.flags.mode", "Mode", Kind::Decimal, bits(5, 3)).words(mode_word),
    Field::new("ntp.stratum", "Stratum", Kind::Decimal, bytes(1, 1)).when(is_clock),
    Field::new("ntp.ppoll", "Interval of polls", Kind::Decimal, bytes(2, 1))
        .unit("powers of 2 seconds")
        .when(is_clock),
    Field::new("ntp.precision", "Precision of the clock", Kind::Decimal, bytes(3, 1)).when(is_clock),
    Field::new("ntp.rootdelay", "Delay to the root", Kind::Decimal, bytes(4, 4))
        .unit(FRACTION)
        .when(is_clock),
    Field::new("ntp.rootdispersion", "Dispersion to the root", Kind::Decimal, bytes(8, 4))
        .unit(FRACTION)
        .when(is_clock),
    Field::new("ntp.refid", "Reference", Kind::Bytes, bytes(12, 4)).when(is_clock),
    Field::new("ntp.ctrl.flags2", "Flags", Kind::Hex, bytes(1, 1)).when(is_control),
    Field::new("ntp.ctrl.flags2.r", "Response", Kind::Decimal, bits(8, 1)).when(is_control),
    Field::new("ntp.ctrl.flags2.error", "Error", Kind::Decimal, bits(9, 1)).when(is_control),
    Field::new("ntp.ctrl.flags2.more", "More follow", Kind::Decimal, bits(10, 1)).when(is_control),
    Field::new("ntp.ctrl.flags2.opcode", "Operation", Kind::Decimal, bits(11, 5)).when(is_control),
    Field::new("ntp.ctrl.sequence", "Sequence number", Kind::Decimal, bytes(2, 2)).when(is_control),
    Field::new("ntp.ctrl.status", "Status", Kind::Hex, bytes(4, 2)).when(is_control),
    Field::new("ntp.ctrl.associd", "Association", Kind::Decimal, bytes(6, 2)).when(is_control),
    Field::new("ntp.ctrl.offset", "Offset of the data", Kind::Decimal, bytes(8, 2))
        .unit("bytes")
        .when(is_control),
    Field::new("ntp.ctrl.count", "Length of the data", Kind::Decimal, bytes(10, 2))
        .unit("bytes")
        .when(is_control),
    Field::new("ntp.priv.auth_seq", "Authentication and sequence", Kind::Decimal, bytes(1, 1))
        .when(is_private),
    Field::new("ntp.priv.auth", "Authenticated", Kind::Decimal, bits(8, 1)).when(is_private),
    Field::new("ntp.priv.seq", "Sequence number", Kind::Decimal, bits(9, 7)).when(is_private),
    Field::new("ntp.priv.impl", "Implementation", Kind::Decimal, bytes(2, 1)).when(is_private),
    Field::new("ntp.priv.reqcode", "Request", Kind::Decimal, bytes(3, 1)).when(is_private),
    Field::new("ntp.priv.err", "Error", Kind::Hex, bits(32, 4)).when(is_private),
    Field::new("ntp.priv.numitems", "Items", Kind::Decimal, bits(36, 12)).when(is_private),
    Field::new("ntp.priv.reserved", "Reserved", Kind::Hex, bits(48, 4)).when(is_private),
    Field::new("ntp.priv.itemsize", "Length of an item", Kind::Decimal, bits(52, 12))
        .unit("bytes")
        .when(is_private),
];

const FRACTION: &str = "units of 1/65536 seconds";

mod parts {
    use crate::layer::field::{Field, Kind, parts};

    parts! {
        REFTIME = Field::walked("ntp.reftime", "When the clock was set last", Kind::Time);
        ORG = Field::walked("ntp.org", "When the request left the client", Kind::Time);
        REC = Field::walked("ntp.rec", "When the request came to the server", Kind::Time);
        XMT = Field::walked("ntp.xmt", "When this message left", Kind::Time);
        EXT = Field::group("ntp.ext", "Extension");
        EXT_TYPE = Field::walked("ntp.ext.type", "Type", Kind::Hex);
        EXT_LENGTH = Field::walked("ntp.ext.length", "Length of the extension", Kind::Decimal).unit("bytes");
        EXT_VALUE = Field::walked("ntp.ext.value", "Value", Kind::Bytes);
        KEYID = Field::walked("ntp.keyid", "Key", Kind::Bytes);
        MAC = Field::walked("ntp.mac", "Message authentication code", Kind::Bytes);
        CTRL_DATA = Field::group("ntp.ctrl.data", "Data");
    }
}

/// A client's question, version 4.
const HEADER: &[u8] = &[
    0x23, 0, 6, 0xec, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

/// The modes that are not about the time.
const CONTROL: u8 = 6;
const PRIVATE: u8 = 7;

/// The longest code, with its key: what is longer begins with an extension.
const LONGEST_CODE: usize = 24;

fn mode(header: &[u8]) -> u8 {
    header.first().map_or(0, |first| first & 7)
}

fn is_clock(header: &[u8]) -> bool {
    mode(header) < CONTROL
}

fn is_control(header: &[u8]) -> bool {
    mode(header) == CONTROL
}

fn is_private(header: &[u8]) -> bool {
    mode(header) == PRIVATE
}

fn leap(number: u64) -> Option<&'static str> {
    ["no warning", "61 seconds", "59 seconds", "not synchronised"].get(usize::try_from(number).ok()?).copied()
}

fn mode_word(number: u64) -> Option<&'static str> {
    let words = [
        "reserved",
        "symmetric active",
        "symmetric passive",
        "client",
        "server",
        "broadcast",
        "control",
        "private",
    ];
    words.get(usize::try_from(number).ok()?).copied()
}

/// All of a datagram is the message.
fn dissect(frame: &Frame<'_>) -> Dissection {
    let least = match mode(frame.bytes) {
        CONTROL => 12,
        PRIVATE => 8,
        _ => 16,
    };
    if frame.bytes.len() < least {
        return frame.too_short(FIELDS, least);
    }
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let end = walker.layer().length();
    match mode(walker.header()) {
        CONTROL => match walker.header().len() {
            length if length > 12 => walker.group(&parts::CTRL_DATA, 12..length, |_| Ok(())),
            _ => Ok(()),
        },
        PRIVATE => Ok(()),
        _ => clock(walker, Cursor::new(16..end)),
    }
}

fn clock(walker: &mut Walker<'_, '_>, mut cursor: Cursor) -> Walked {
    for field in [&parts::REFTIME, &parts::ORG, &parts::REC, &parts::XMT] {
        time(walker, field, &mut cursor)?;
    }
    while cursor.left() > LONGEST_CODE {
        extension(walker, &mut cursor)?;
    }
    if cursor.left() > 0 {
        cursor.take(walker, &parts::KEYID, 4)?;
    }
    cursor.tell_rest(walker, &parts::MAC)
}

/// Seconds from 1900 to 1970, and those from 1970 to when 32 bits of seconds since 1900 begin again.
const SINCE_1900: i64 = 2_208_988_800;
const NEXT_ERA: i64 = 2_085_978_496;

/// Tells a time, which tshark calls NULL where all of it is zero.
fn time(walker: &mut Walker<'_, '_>, field: &'static Field, cursor: &mut Cursor) -> Walked {
    let at = cursor.skip(field, 8)?;
    let number = walker.number(field, at.clone())?;
    walker.value(field, at, moment(number))
}

/// The seconds since 1900 are the upper half, the fraction of a second is the lower one.
fn moment(number: u64) -> Value<'static> {
    if number == 0 {
        return Value::Text(b"NULL");
    }
    let seconds = (number >> 32).cast_signed();
    // As the first bit says, it is before or behind the year 2036 (RFC 4330, 3).
    let seconds = if seconds >> 31 == 1 { seconds - SINCE_1900 } else { seconds + NEXT_ERA };
    let nanoseconds = ((number & 0xffff_ffff) * 1_000_000_000) >> 32;
    Value::Time(seconds, u32::try_from(nanoseconds).unwrap_or(0))
}

fn extension(walker: &mut Walker<'_, '_>, cursor: &mut Cursor) -> Walked {
    let start = cursor.at;
    walker.group(&parts::EXT, start..start, |walker| {
        cursor.take(walker, &parts::EXT_TYPE, 2)?;
        let length = cursor.number(walker, &parts::EXT_LENGTH, 2)?;
        match length.checked_sub(4) {
            Some(value) => {
                let mut value = cursor.part(&parts::EXT_LENGTH, start + 2, value)?;
                value.tell_rest(walker, &parts::EXT_VALUE)
            }
            None => too_small(start + 2, length),
        }
    })
}

fn too_small(at: usize, length: u64) -> Result<(), Stop> {
    Err(Walker::broken(&parts::EXT_LENGTH, at, Trouble::TooSmall { least: 4, got: length }))
}

/// As tcpdump has it: `NTPv4 client`, `NTPv4 server stratum 2`.
fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number());
    let (Some(version), Some(mode)) = (number("ntp.flags.vn"), number("ntp.flags.mode")) else {
        return Ok(());
    };
    write!(out, "v{version} {}", mode_word(mode).unwrap_or_default())?;
    match number("ntp.stratum") {
        Some(stratum) if mode != 3 => write!(out, " stratum {stratum}"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::packet::Packet;
    use crate::protocol::testing::{breaks, hex, holds, line, survives};

    const SERVER: &str = "24 02 06 ec 00000100 00000200 0a000001 eabcdeef00000000 0000000000000000
        eabcdef022222222 0000000112345678";

    #[test]
    fn a_server_tells_its_times() {
        let bytes = hex(SERVER);
        let fields = [
            "ntp.flags=36",
            "ntp.flags.vn=4",
            "ntp.flags.mode=4",
            "ntp.stratum=2",
            "ntp.precision=236",
            "ntp.rootdelay=256",
            "ntp.refid=0a000001",
            "ntp.reftime=Oct 18, 2024 13:19:43.000000000 UTC",
            "ntp.org=NULL",
            "ntp.rec=Oct 18, 2024 13:19:44.133333333 UTC",
            "ntp.xmt=Feb  7, 2036 06:28:17.071111110 UTC",
        ];
        holds(&NTP, &bytes, &fields);
        survives(&NTP, &bytes, &[]);
        assert_eq!(line(&Packet::decode_as(&NTP, &bytes, bytes.len())), "ntp v4 server stratum 2");
    }

    #[test]
    fn behind_the_times_stand_extensions_and_a_code() {
        let bytes = hex(&format!(
            "{SERVER} 0104 0010 001122334455667788990011 00000001 00112233445566778899aabbccddeeff"
        ));
        let fields = [
            "ntp.ext.type=260",
            "ntp.ext.length=16",
            "ntp.ext.value=001122334455667788990011",
            "ntp.keyid=00000001",
            "ntp.mac=00112233445566778899aabbccddeeff",
        ];
        holds(&NTP, &bytes, &fields);
        survives(&NTP, &bytes, &["ntp.keyid", "ntp.mac", "ntp.ext"]);
    }

    #[test]
    fn control_and_private_messages_are_named() {
        let bytes = hex("16 82 0001 0000 0000 0000 0004 61626364");
        holds(
            &NTP,
            &bytes,
            &["ntp.flags.mode=6", "ntp.ctrl.flags2.r=1", "ntp.ctrl.flags2.opcode=2", "ntp.ctrl.count=4"],
        );
        let bytes = hex("97 00 03 2a 0000 0000");
        holds(
            &NTP,
            &bytes,
            &["ntp.priv.flags.r=1", "ntp.flags.mode=7", "ntp.priv.reqcode=42", "ntp.priv.itemsize=0"],
        );
    }

    #[test]
    fn a_message_breaks_where_it_breaks() {
        breaks(&NTP, &hex("23 00 06"), "ntp.precision");
        breaks(&NTP, &hex(SERVER)[..40], "ntp.xmt");
        breaks(&NTP, &hex(&format!("{SERVER} 0104 0003 {}", "00".repeat(30))), "ntp.ext.length");
        breaks(&NTP, &hex(&format!("{SERVER} 0104 0103 {}", "00".repeat(30))), "ntp.ext.length");
    }
}
