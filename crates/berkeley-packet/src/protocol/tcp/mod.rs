//! TCP (RFC 9293).

use std::fmt;

use etherparse::TcpHeaderSlice;

use super::tables;
use crate::digits::Short;
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::value::Value;
use crate::layer::walk::{Walked, Walker};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::{Problem, Trouble};

mod fields;
mod mptcp;
mod options;

pub(crate) static TCP: Protocol = Protocol {
    name: "tcp",
    title: "Transmission Control Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: fields::PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: HEADER, rest: Some(&fields::OPTIONS), complete }),
};

/// The sequence numbers are those of the packet, not counted from the connection's first.
static FIELDS: &[Field] = &[
    Field::new("tcp.srcport", "Source port", Kind::Decimal, bytes(0, 2)),
    Field::new("tcp.dstport", "Destination port", Kind::Decimal, bytes(2, 2)),
    Field::new("tcp.seq_raw", "Sequence number", Kind::Decimal, bytes(4, 4)),
    Field::new("tcp.ack_raw", "Acknowledgment number", Kind::Decimal, bytes(8, 4)),
    Field::new("tcp.hdr_len", "Header length", Kind::Decimal, bits(96, 4)).unit("bytes").times(4),
    Field::new("tcp.flags", "Flags", Kind::Hex, bits(100, 12)),
    Field::new("tcp.flags.res", "Reserved", Kind::Flag, bits(100, 3)),
    Field::new("tcp.flags.ae", "Accurate ECN", Kind::Flag, bits(103, 1)),
    Field::new("tcp.flags.cwr", "Congestion window reduced", Kind::Flag, bits(104, 1)),
    Field::new("tcp.flags.ece", "ECN echo", Kind::Flag, bits(105, 1)),
    Field::new("tcp.flags.urg", "Urgent pointer counts", Kind::Flag, bits(106, 1)),
    Field::new("tcp.flags.ack", "Acknowledgment number counts", Kind::Flag, bits(107, 1)),
    Field::new("tcp.flags.push", "Push to the application", Kind::Flag, bits(108, 1)),
    Field::new("tcp.flags.reset", "Reset", Kind::Flag, bits(109, 1)),
    Field::new("tcp.flags.syn", "Start of the sender's stream", Kind::Flag, bits(110, 1)),
    Field::new("tcp.flags.fin", "End of the sender's stream", Kind::Flag, bits(111, 1)),
    Field::new("tcp.window_size_value", "Window", Kind::Decimal, bytes(14, 2))
        .unit("units of the window's scale"),
    Field::new("tcp.checksum", "Checksum", Kind::Hex, bytes(16, 2)).checked(check),
    Field::new("tcp.urgent_pointer", "Urgent pointer", Kind::Decimal, bytes(18, 2)).unit("bytes"),
];

/// From a port to a port, an acknowledgment with a full window.
const HEADER: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\0\0\x50\x10\xff\xff\0\0\0\0";

/// TCP's number in IP.
const NUMBER: u8 = 6;

fn dissect(frame: &Frame<'_>) -> Dissection {
    let Ok(header) = TcpHeaderSlice::from_slice(frame.bytes) else { return broken(frame) };
    let length = header.slice().len();
    let payload = frame.bytes.get(length..).unwrap_or_default();
    let known = tables::by_tcp_ports(header.source_port(), header.destination_port(), payload);
    Dissection::new(length, Next::Protocol(known))
}

/// A header that is too short, or says that it is shorter than its least.
fn broken(frame: &Frame<'_>) -> Dissection {
    let words = frame.bytes.get(12).map_or(5, |byte| usize::from(byte >> 4));
    if words >= 5 {
        return frame.too_short(FIELDS, words * 4);
    }
    let trouble = Trouble::TooSmall { least: HEADER.len() as u64, got: words as u64 * 4 };
    Dissection { header: HEADER.len(), payload: 0, next: Next::End, problem: None }.with(Some(Problem::new(
        "tcp.hdr_len",
        12,
        trouble,
    )))
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let layer = walker.layer();
    let end = walker.header().len();
    let length = layer.length().saturating_sub(end) as u64;
    walker.value(&fields::LEN, end..end, Value::Number(length))?;
    if end > HEADER.len() {
        let at = HEADER.len()..end;
        walker.group(&fields::OPTIONS, at, options::walk)?;
    }
    match layer.payload() {
        [] => Ok(()),
        payload => walker.value(&fields::PAYLOAD, end..end + payload.len(), Value::Bytes(payload)),
    }
}

fn check(layer: Layer<'_>) -> Check {
    checksum::check_transport(layer, 16, NUMBER)
}

/// The flags as tcpdump has them: `[S.]` for the answer to a connection's first packet.
fn flags(header: &[u8]) -> impl Iterator<Item = u8> {
    let set = header.get(12..14).map_or(0, |two| u16::from(two[0]) << 8 | u16::from(two[1]));
    let all = [(1, b'F'), (1 << 1, b'S'), (1 << 2, b'R'), (1 << 3, b'P'), (1 << 4, b'.'), (1 << 5, b'U')];
    let ecn = [(1 << 6, b'E'), (1 << 7, b'W'), (1 << 8, b'e')];
    all.into_iter().chain(ecn).filter(move |(bit, _)| set & bit != 0).map(|(_, letter)| letter)
}

/// The sequence numbers with which a connection begins, from which those of a segment are counted: the sender's own,
/// and the receiver's. Those that are not known are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InitialNumbers {
    /// The sender's.
    pub own: Option<u32>,
    /// The receiver's.
    pub other: Option<u32>,
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    line_from(layer, Some(InitialNumbers::default()), out)
}

/// The line of a segment, whose numbers are counted from `first`; without it, the line has no sequence numbers.
pub(crate) fn line_from(
    layer: Layer<'_>,
    first: Option<InitialNumbers>,
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let header = layer.header();
    // By their places, and not by name: captures have millions of these lines.
    let Some(fixed) = header.first_chunk::<20>() else { return Ok(()) };
    let number = |at: usize| u32::from_be_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]);
    let mut text = Short::new();
    text.push(b"[");
    flags(header).for_each(|letter| text.push(&[letter]));
    text.push(b"]");
    if let Some(first) = first {
        text.push(b" seq ");
        text.number(number(4).wrapping_sub(first.own.unwrap_or(0)).into());
        if fixed[13] & 0x10 != 0 {
            text.push(b" ack ");
            text.number(number(8).wrapping_sub(first.other.unwrap_or(0)).into());
        }
    }
    text.push(b" win ");
    text.number((number(14) >> 16).into());
    if fixed[13] & 0x20 != 0 {
        text.push(b" urg ");
        text.number((number(16) & 0xffff).into());
    }
    text.push(b" len ");
    text.number(layer.length().saturating_sub(header.len()) as u64);
    text.write(out)?;
    let edges = first.map(|first| first.other.unwrap_or(0));
    options::line(header.get(HEADER.len()..).unwrap_or_default(), edges, out)
}

fn complete(draft: &mut Draft<'_>) {
    draft.header.resize(draft.header.len().next_multiple_of(4), 0);
    let length = draft.header.len() as u64;
    draft.fill(FIELDS, "tcp.hdr_len", length);
    let sum = draft.transport_checksum(16, NUMBER);
    draft.fill(FIELDS, "tcp.checksum", sum.into());
}

#[cfg(test)]
mod tests;
