//! Ethernet II (IEEE 802.3).

use std::fmt;

use etherparse::Ethernet2HeaderSlice;

use super::tables;
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};

pub(crate) static ETHERNET: Protocol = Protocol {
    name: "eth",
    title: "Ethernet",
    fields: FIELDS,
    parts: &[],
    dissect,
    walk: None,
    line,
    craft: Some(&Craft { header: HEADER, rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("eth.dst", "Destination address", Kind::Mac, bytes(0, 6)),
    Field::new("eth.dst.oui", "Maker of the destination", Kind::Decimal, bytes(0, 3)),
    Field::new("eth.dst.lg", "Destination is locally administered", Kind::Flag, bits(6, 1)),
    Field::new("eth.dst.ig", "Destination is a group", Kind::Flag, bits(7, 1)),
    Field::new("eth.src", "Source address", Kind::Mac, bytes(6, 6)),
    Field::new("eth.src.oui", "Maker of the source", Kind::Decimal, bytes(6, 3)),
    Field::new("eth.src.lg", "Source is locally administered", Kind::Flag, bits(54, 1)),
    Field::new("eth.src.ig", "Source is a group", Kind::Flag, bits(55, 1)),
    Field::new("eth.type", "Type of what it carries", Kind::Hex, bytes(12, 2)).words(ethertype),
];

const HEADER: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\0\0\x08\0";

/// The names of `EtherType`s (IEEE 802 numbers, IANA).
pub(crate) fn ethertype(number: u64) -> Option<&'static str> {
    Some(match number {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x8100 => "VLAN",
        0x86dd => "IPv6",
        0x8847 => "MPLS",
        0x88a8 => "QinQ",
        _ => return None,
    })
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    match Ethernet2HeaderSlice::from_slice(frame.bytes) {
        Ok(header) => {
            Dissection::new(header.slice().len(), Next::Protocol(tables::by_ethertype(header.ether_type().0)))
        }
        Err(_) => frame.too_short(FIELDS, HEADER.len()),
    }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    if let (Some(source), Some(destination)) = (layer.field("eth.src"), layer.field("eth.dst")) {
        write!(out, "{source} > {destination}")?;
    }
    Ok(())
}

fn complete(draft: &mut Draft<'_>) {
    let number = match draft.inner.map(|protocol| protocol.name) {
        Some("ip") => 0x0800,
        Some("arp") => 0x0806,
        Some("vlan") => 0x8100,
        Some("ipv6") => 0x86dd,
        Some("mpls") => 0x8847,
        _ => return,
    };
    draft.fill(FIELDS, "eth.type", number);
}
