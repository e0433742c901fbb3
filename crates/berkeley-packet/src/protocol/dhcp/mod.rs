//! DHCP for IPv4 (RFC 2131, RFC 2132), and BOOTP, which it began as.

use std::fmt;
use std::ops::Range;

use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::protocol::cursor::Cursor;

mod fields;
mod more;
mod options;
mod rows;

use fields::*;

pub(crate) static DHCP: Protocol = Protocol {
    name: "dhcp",
    title: "Dynamic Host Configuration Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: fields::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: &HEADER, rest: Some(&fields::REST), complete: |_: &mut Draft<'_>| () }),
};

static FIELDS: &[Field] = &[
    Field::new("dhcp.type", "Request or reply", Kind::Decimal, bytes(0, 1)).words(operation),
    Field::new("dhcp.hw.type", "Type of the hardware", Kind::Hex, bytes(1, 1)),
    Field::new("dhcp.hw.len", "Length of the hardware address", Kind::Decimal, bytes(2, 1)).unit("bytes"),
    Field::new("dhcp.hops", "Relays on the way", Kind::Decimal, bytes(3, 1)),
    Field::new("dhcp.id", "Transaction ID", Kind::Hex, bytes(4, 4)),
    Field::new("dhcp.secs", "Time since the client began", Kind::Decimal, bytes(8, 2)).unit("seconds"),
    Field::new("dhcp.flags", "Flags", Kind::Hex, bytes(10, 2)),
    Field::new("dhcp.flags.bc", "Answer wanted by broadcast", Kind::Flag, bits(80, 1)),
    Field::new("dhcp.flags.reserved", "Reserved", Kind::Hex, bits(81, 15)),
    Field::new("dhcp.ip.client", "Address of the client", Kind::Ipv4, bytes(12, 4)),
    Field::new("dhcp.ip.your", "Address that is given", Kind::Ipv4, bytes(16, 4)),
    Field::new("dhcp.ip.server", "Address of the next server", Kind::Ipv4, bytes(20, 4)),
    Field::new("dhcp.ip.relay", "Address of the relay", Kind::Ipv4, bytes(24, 4)),
    Field::new("dhcp.hw.mac_addr", "Hardware address of the client", Kind::Mac, bytes(28, 6))
        .when(is_ethernet),
];

/// Where the parts of a message are.
const HARDWARE: Range<usize> = 28..44;
const SERVER_NAME: Range<usize> = 44..108;
const FILE_NAME: Range<usize> = 108..236;
const COOKIE: Range<usize> = 236..240;

/// What stands before the options of DHCP.
const MAGIC: [u8; 4] = [99, 130, 83, 99];

/// A request for Ethernet, with the cookie and no option yet.
static HEADER: [u8; 240] = {
    let mut header = [0; 240];
    (header[0], header[1], header[2]) = (1, 1, 6);
    (header[236], header[237], header[238], header[239]) = (MAGIC[0], MAGIC[1], MAGIC[2], MAGIC[3]);
    header
};

fn operation(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "request",
        2 => "reply",
        _ => return None,
    })
}

fn is_ethernet(header: &[u8]) -> bool {
    header.get(1..3) == Some(&[1, 6])
}

/// All of a datagram is the message.
fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HARDWARE.start {
        return frame.too_short(FIELDS, HARDWARE.start);
    }
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    hardware(walker)?;
    text(walker, &SERVER, SERVER_NAME)?;
    text(walker, &FILE, FILE_NAME)?;
    if walker.header().get(COOKIE) != Some(&MAGIC) {
        return Ok(());
    }
    walker.bytes(&COOKIE_FIELD, COOKIE)?;
    options::walk(walker, Cursor::new(COOKIE.end..walker.layer().length()))
}

/// The hardware address, where it is not one of Ethernet, and the bytes behind it.
fn hardware(walker: &mut Walker<'_, '_>) -> Walked {
    let length = walker.header().get(2).map_or(0, |length| usize::from(*length)).min(HARDWARE.len());
    let end = HARDWARE.start + length;
    if length > 0 && !is_ethernet(walker.header()) {
        walker.bytes(&HW_ADDR, HARDWARE.start..end)?;
    }
    if end < HARDWARE.end { walker.bytes(&HW_PADDING, end..HARDWARE.end) } else { Ok(()) }
}

/// Tells a text that ends at its first byte of zero, if it has one.
fn text(walker: &mut Walker<'_, '_>, field: &'static Field, at: Range<usize>) -> Walked {
    match walker.header().get(at.clone()) {
        Some(bytes) => {
            let length = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
            walker.value(field, at, Value::Text(&bytes[..length]))
        }
        None => walker.bytes(field, at),
    }
}

/// As tcpdump has it: what the client or the server wants, and of whom.
fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let number = |name| layer.field(name).and_then(|value| value.number());
    match number("dhcp.option.dhcp").map(rows::message) {
        Some(word) => out.write_str(word.unwrap_or("message"))?,
        None => out.write_str(number("dhcp.type").and_then(operation).unwrap_or("message"))?,
    }
    if let Some(address) = layer.field("dhcp.hw.mac_addr") {
        write!(out, " from {address}")?;
    }
    match layer.field("dhcp.ip.your") {
        Some(Value::Ipv4(address)) if !address.is_unspecified() => write!(out, " your {address}"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
