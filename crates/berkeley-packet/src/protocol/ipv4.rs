//! IPv4 (RFC 791).

use std::fmt;

use etherparse::Ipv4HeaderSlice;
use etherparse::checksum::Sum16BitWords;

use super::{ipv4_option, tables};
use crate::layer::checksum::{self, Check};
use crate::layer::field::{Field, Kind, Place, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};
use crate::problem::{Problem, Trouble};

pub(crate) static IPV4: Protocol = Protocol {
    name: "ip",
    title: "Internet Protocol, version 4",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: ipv4_option::PARTS,
    dissect,
    walk: Some(ipv4_option::walk),
    line,
    craft: Some(&Craft { header: HEADER, rest: Some(&OPTIONS), complete }),
};

static FIELDS: &[Field] = &[
    Field::new("ip.version", "Version", Kind::Decimal, bits(0, 4)),
    Field::new("ip.hdr_len", "Header length", Kind::Decimal, bits(4, 4)).times(4).unit("bytes"),
    Field::new("ip.dsfield", "Differentiated services field", Kind::Hex, bytes(1, 1)),
    Field::new("ip.dsfield.dscp", "Differentiated services", Kind::Decimal, bits(8, 6)),
    Field::new("ip.dsfield.ecn", "Explicit congestion notification", Kind::Decimal, bits(14, 2)),
    Field::new("ip.len", "Total length", Kind::Decimal, bytes(2, 2)).unit("bytes").when(has_length),
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
    Field::new("ip.dst", "Destination address", Kind::Ipv4, bytes(16, 4))
        .when(|header| !ipv4_option::is_routed(header)),
];

static OPTIONS: Field =
    Field::new("ip.options", "Options", Kind::Bytes, Place::Walked).forms(ipv4_option::FORMS);

const HEADER: &[u8] = b"\x45\0\0\0\0\0\0\0\x40\0\0\0\x7f\0\0\x01\x7f\0\0\x01";

/// The names of IP's protocols (IANA, protocol numbers).
pub(crate) fn ip_number(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "hop-by-hop options",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPv4",
        6 => "TCP",
        17 => "UDP",
        41 => "IPv6",
        43 => "routing",
        44 => "fragment",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMPv6",
        59 => "nothing",
        60 => "destination options",
        89 => "OSPF",
        112 => "VRRP",
        132 => "SCTP",
        137 => "MPLS",
        _ => return None,
    })
}

/// Whether the total length is there: the kernel leaves it to the network card where one packet becomes several.
fn has_length(header: &[u8]) -> bool {
    header.get(2..4) != Some(&[0, 0])
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
            let total = if total == 0 { frame.length() } else { total };
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
    draft.header.resize(draft.header.len().next_multiple_of(4), 0);
    let number = draft.inner.and_then(|protocol| tables::ip_number_of(protocol.name)).unwrap_or(255);
    let (header, total) = (draft.header.len(), draft.header.len() + draft.payload.len());
    draft.fill(FIELDS, "ip.hdr_len", header as u64);
    draft.fill(FIELDS, "ip.len", total as u64);
    draft.fill(FIELDS, "ip.proto", number);
    let sum = checksum::of(draft.header, 10, Sum16BitWords::new());
    draft.fill(FIELDS, "ip.checksum", sum.into());
}
