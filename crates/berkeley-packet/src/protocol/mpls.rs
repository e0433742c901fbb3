//! MPLS (RFC 3032): a layer for each label of the stack.

use std::fmt;

use super::{ipv4, ipv6};
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};

pub(crate) static MPLS: Protocol = Protocol {
    name: "mpls",
    title: "Multiprotocol Label Switching",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: b"\0\0\x01\x40", rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("mpls.label", "Label", Kind::Decimal, bits(0, 20)).words(reserved),
    Field::new("mpls.exp", "Traffic class", Kind::Decimal, bits(20, 3)),
    Field::new("mpls.bottom", "Last label of the stack", Kind::Decimal, bits(23, 1)),
    Field::new("mpls.ttl", "Time to live", Kind::Decimal, bytes(3, 1)).unit("hops"),
];

const HEADER: usize = 4;

fn reserved(number: u64) -> Option<&'static str> {
    Some(match number {
        0 => "IPv4 explicit null",
        1 => "router alert",
        2 => "IPv6 explicit null",
        3 => "implicit null",
        7 => "entropy label",
        13 => "associated channel",
        _ => return None,
    })
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let [_, _, third, _, inside @ ..] = frame.bytes else { return frame.too_short(FIELDS, HEADER) };
    // Nothing says what follows the last label: IP is known by its version.
    let next = match (third & 1, inside.first().map_or(0, |first| first >> 4)) {
        (0, _) => Some(&MPLS),
        (_, 4) => Some(&ipv4::IPV4),
        (_, 6) => Some(&ipv6::IPV6),
        _ => None,
    };
    Dissection::new(HEADER, Next::Protocol(next))
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    layer.field("mpls.label").map_or(Ok(()), |label| write!(out, "label {label}"))
}

fn complete(draft: &mut Draft<'_>) {
    let last = draft.inner.is_none_or(|protocol| protocol.name != "mpls");
    draft.fill(FIELDS, "mpls.bottom", last.into());
}
