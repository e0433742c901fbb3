//! IPv4 (RFC 791).

use std::fmt;

use etherparse::Ipv4HeaderSlice;
use etherparse::checksum::Sum16BitWords;

use super::tables;
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::{Problem, Trouble};

pub(crate) static IPV4: Protocol = Protocol {
    name: "ip",
    title: "Internet Protocol, version 4",
    fields: FIELDS,
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: HEADER, rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("ip.version", "Version", Kind::Decimal, bits(0, 4)),
    Field::new("ip.hdr_len", "Header length", Kind::Decimal, bits(4, 4)).times(4).unit("bytes"),
    Field::new("ip.dsfield", "Differentiated services field", Kind::Hex, bytes(1, 1)),
    Field::new("ip.dsfield.dscp", "Differentiated services", Kind::Decimal, bits(8, 6)),
    Field::new("ip.dsfield.ecn", "Explicit congestion notification", Kind::Decimal, bits(14, 2)),
    Field::new("ip.len", "Total length", Kind::Decimal, bytes(2, 2)).unit("bytes"),
    Field::new("ip.id", "Identification", Kind::Hex, bytes(4, 2)),
    Field::new("ip.flags", "Flags", Kind::Hex, bits(48, 3)),
    Field::new("ip.flags.rb", "Reserved bit", Kind::Flag, bits(48, 1)),
    Field::new("ip.flags.df", "Don't fragment", Kind::Flag, bits(49, 1)),
    Field::new("ip.flags.mf", "More fragments", Kind::Flag, bits(50, 1)),
    Field::new("ip.frag_offset", "Fragment offset", Kind::Decimal, bits(51, 13)).unit("units of 8 bytes"),
    Field::new("ip.ttl", "Time to live", Kind::Decimal, bytes(8, 1)).unit("hops"),
    Field::new("ip.proto", "Protocol of what it carries", Kind::Decimal, bytes(9, 1)).words(ip_number),
    Field::new("ip.checksum", "Header checksum", Kind::Hex, bytes(10, 2)).checked(check),
    Field::new("ip.src", "Source address", Kind::Ipv4, bytes(12, 4)),
    Field::new("ip.dst", "Destination address", Kind::Ipv4, bytes(16, 4)),
];

const HEADER: &[u8] = b"\x45\0\0\0\0\0\0\0\x40\0\0\0\x7f\0\0\x01\x7f\0\0\x01";

/// The names of IP's protocols (IANA, protocol numbers).
pub(crate) fn ip_number(number: u64) -> Option<&'static str> {
    Some(match number {
        1 => "ICMP",
        2 => "IGMP",
        6 => "TCP",
        17 => "UDP",
        41 => "IPv6",
        47 => "GRE",
        58 => "ICMPv6",
        132 => "SCTP",
        _ => return None,
    })
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    match Ipv4HeaderSlice::from_slice(frame.bytes) {
        Ok(header) => {
            let (length, total) = (header.slice().len(), usize::from(header.total_len()));
            // A fragment behind the first begins in the middle of what it carries.
            let next = match header.fragments_offset().value() {
                0 => tables::by_ip_number(header.protocol().0),
                _ => None,
            };
            Dissection {
                header: length,
                payload: total.saturating_sub(length),
                next: Next::Protocol(next),
                problem: None,
            }
            .with(length_trouble(frame, length, total))
        }
        Err(_) => broken(frame),
    }
}

/// What is wrong with the total length.
fn length_trouble(frame: &Frame<'_>, header: usize, total: usize) -> Option<Problem> {
    let trouble = if total < header {
        Trouble::TooSmall { least: header as u64, got: total as u64 }
    } else if total > frame.length() {
        Trouble::TooLarge { most: frame.length() as u64, got: total as u64 }
    } else {
        return None;
    };
    Some(Problem::new("ip.len", 2, trouble))
}

/// A header that is none: too short, of another version, or shorter than its least.
fn broken(frame: &Frame<'_>) -> Dissection {
    let [first, ..] = *frame.bytes else { return frame.too_short(FIELDS, HEADER.len()) };
    let wrong = match (first >> 4, u64::from(first & 15)) {
        (4, words @ 0..5) => Problem::new("ip.hdr_len", 0, Trouble::TooSmall { least: 5, got: words }),
        (4, _) => return frame.too_short(FIELDS, usize::from(first & 15) * 4),
        (version, _) => Problem::new("ip.version", 0, Trouble::Value { got: version.into() }),
    };
    let header = HEADER.len().min(frame.length());
    Dissection { header, payload: 0, next: Next::End, problem: Some(wrong) }
}

fn check(layer: Layer<'_>) -> Check {
    let wanted = layer.header().first().map_or(0, |first| usize::from(first & 15) * 4);
    match layer.header() {
        header if header.len() == wanted => checksum::check(header, 10, Sum16BitWords::new()),
        _ => Check::Unknown,
    }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    if let (Some(source), Some(destination)) = (layer.field("ip.src"), layer.field("ip.dst")) {
        write!(out, "{source} > {destination}")?;
    }
    Ok(())
}

fn complete(draft: &mut Draft<'_>) {
    let number = match draft.inner.map(|protocol| protocol.name) {
        Some("icmp") => 1,
        Some("igmp") => 2,
        Some("tcp") => 6,
        Some("udp") => 17,
        Some("ipv6") => 41,
        Some("gre") => 47,
        Some("sctp") => 132,
        _ => 255,
    };
    let (header, total) = (draft.header.len(), draft.header.len() + draft.payload.len());
    draft.fill(FIELDS, "ip.hdr_len", header as u64);
    draft.fill(FIELDS, "ip.len", total as u64);
    draft.fill(FIELDS, "ip.proto", number);
    let sum = checksum::of(draft.header, 10, Sum16BitWords::new());
    draft.fill(FIELDS, "ip.checksum", sum.into());
}
