//! VXLAN (RFC 7348).

use std::fmt;

use super::ethernet;
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Frame, Layer, Next, Protocol};

pub(crate) static VXLAN: Protocol = Protocol {
    name: "vxlan",
    title: "Virtual Extensible LAN",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: b"\x08\0\0\0\0\0\0\0", rest: None, complete: |_| () }),
};

static FIELDS: &[Field] = &[
    Field::new("vxlan.flags", "Flags", Kind::Hex, bytes(0, 2)),
    Field::new("vxlan.flag_g", "Has a group policy", Kind::Flag, bits(0, 1)),
    Field::new("vxlan.flag_i", "Has a network identifier", Kind::Flag, bits(4, 1)),
    Field::new("vxlan.flag_d", "Not to be learned from", Kind::Flag, bits(9, 1)),
    Field::new("vxlan.flag_a", "Policy is applied", Kind::Flag, bits(12, 1)),
    Field::new("vxlan.gbp", "Group policy", Kind::Decimal, bytes(2, 2)),
    Field::new("vxlan.vni", "Network identifier", Kind::Decimal, bytes(4, 3)),
    Field::new("vxlan.reserved8", "Reserved", Kind::Decimal, bytes(7, 1)),
];

const HEADER: usize = 8;

fn dissect(frame: &Frame<'_>) -> Dissection {
    if frame.bytes.len() < HEADER {
        return frame.too_short(FIELDS, HEADER);
    }
    Dissection::new(HEADER, Next::Protocol(Some(&ethernet::ETHERNET)))
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    layer.field("vxlan.vni").map_or(Ok(()), |network| write!(out, "network {network}"))
}
