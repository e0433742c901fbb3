//! UDP (RFC 768).

use std::fmt;

use etherparse::UdpHeaderSlice;

use super::tables;
use crate::digits::labelled;
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::{Problem, Trouble};

pub(crate) static UDP: Protocol = Protocol {
    name: "udp",
    title: "User Datagram Protocol",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: &[0; HEADER], rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("udp.srcport", "Source port", Kind::Decimal, bytes(0, 2)),
    Field::new("udp.dstport", "Destination port", Kind::Decimal, bytes(2, 2)),
    Field::new("udp.length", "Length of header and data", Kind::Decimal, bytes(4, 2)).unit("bytes"),
    Field::new("udp.checksum", "Checksum", Kind::Hex, bytes(6, 2)).checked(check),
];

const HEADER: usize = 8;

/// UDP's number in IP.
const NUMBER: u8 = 17;

fn dissect(frame: &Frame<'_>) -> Dissection {
    let Ok(header) = UdpHeaderSlice::from_slice(frame.bytes) else {
        return frame.too_short(FIELDS, HEADER);
    };
    let length = usize::from(header.length());
    let trouble = match length {
        // A jumbogram (RFC 2675): the length is IP's.
        0 => None,
        1..HEADER => Some(Trouble::TooSmall { least: HEADER as u64, got: length as u64 }),
        _ if length > frame.length() => {
            Some(Trouble::TooLarge { most: frame.length() as u64, got: length as u64 })
        }
        _ => None,
    };
    let payload = if length == 0 { usize::MAX - HEADER } else { length.saturating_sub(HEADER) };
    let known = tables::by_udp_ports(header.source_port(), header.destination_port(), &frame.bytes[HEADER..]);
    Dissection { header: HEADER, payload, next: Next::Protocol(known), problem: None }
        .with(trouble.map(|trouble| Problem::new("udp.length", 4, trouble)))
}

fn check(layer: Layer<'_>) -> Check {
    if layer.header().get(6..8) == Some(&[0, 0]) {
        return Check::Absent;
    }
    checksum::check_transport(layer, 6, NUMBER)
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    // What is known of the data says more than its length.
    match layer.inner() {
        Some(inner) if inner.protocol().name != "data" => Ok(()),
        _ => labelled(b"length ", layer.length().saturating_sub(HEADER) as u64, out),
    }
}

fn complete(draft: &mut Draft<'_>) {
    let length = draft.header.len() + draft.payload.len();
    draft.fill(FIELDS, "udp.length", length as u64);
    // Zero says that there is none, so a sum of zero is sent as all ones.
    let sum = match draft.transport_checksum(6, NUMBER) {
        0 => 0xffff,
        sum => sum,
    };
    draft.fill(FIELDS, "udp.checksum", sum.into());
}
