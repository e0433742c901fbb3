//! VLAN tags (IEEE 802.1Q), and those of a provider around them: `QinQ` (IEEE 802.1ad).

use std::fmt;

use etherparse::SingleVlanHeaderSlice;

use super::ethernet::{self, ethertype};
use super::tables;
use crate::layer::field::{Field, Kind, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol};

pub(crate) static VLAN: Protocol = Protocol {
    name: "vlan",
    title: "Virtual LAN (802.1Q)",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect,
    walk: Some(|walker| ethernet::trailer(walker, &TRAILER)),
    line,
    craft: Some(&Craft { header: b"\0\x01\x08\0", rest: None, complete }),
};

pub(crate) static PROVIDER: Protocol = Protocol {
    name: "ieee8021ad",
    title: "Provider bridge (802.1ad, QinQ)",
    fields: PROVIDER_FIELDS,
    checked: Protocol::checked(PROVIDER_FIELDS),
    parts: &[],
    dissect: |frame| dissect_provider(frame, PROVIDER_FIELDS),
    walk: None,
    line: line_provider,
    craft: Some(&Craft { header: b"\0\x01\x08\0", rest: None, complete: complete_provider }),
};

/// The second of two tags of a provider's.
static CUSTOMER: Protocol = Protocol {
    name: "ieee8021ad",
    title: "Provider bridge (802.1ad, QinQ)",
    fields: CUSTOMER_FIELDS,
    checked: Protocol::checked(CUSTOMER_FIELDS),
    parts: &[],
    dissect: |frame| dissect_provider(frame, CUSTOMER_FIELDS),
    walk: None,
    line: line_provider,
    craft: None,
};

static FIELDS: &[Field] = &[
    Field::new("vlan.priority", "Priority", Kind::Decimal, bits(0, 3)).words(priority),
    Field::new("vlan.dei", "May be dropped", Kind::Flag, bits(3, 1)),
    Field::new("vlan.id", "VLAN", Kind::Decimal, bits(4, 12)),
    Field::new("vlan.etype", "Type of what it carries", Kind::Hex, bytes(2, 2))
        .words(ethertype)
        .when(is_type),
    Field::new("vlan.len", "Length of what it carries", Kind::Decimal, bytes(2, 2))
        .unit("bytes")
        .when(is_length),
];

static PROVIDER_FIELDS: &[Field] = &[
    Field::new("ieee8021ad.priority", "Priority", Kind::Decimal, bits(0, 3)).words(priority),
    Field::new("ieee8021ad.dei", "May be dropped", Kind::Decimal, bits(3, 1)),
    Field::new("ieee8021ad.id", "Provider's VLAN", Kind::Decimal, bits(4, 12))
        .when(|header| !is_outer(header)),
    Field::new("ieee8021ad.svid", "Provider's VLAN", Kind::Decimal, bits(4, 12)).when(is_outer),
    Field::new("ieee8021ad.etype", "Type of what it carries", Kind::Hex, bytes(2, 2)).words(ethertype),
];

/// The fields of a provider's tag in another one.
static CUSTOMER_FIELDS: &[Field] = &[
    Field::new("ieee8021ad.priority", "Priority", Kind::Decimal, bits(0, 3)).words(priority),
    Field::new("ieee8021ad.dei", "May be dropped", Kind::Decimal, bits(3, 1)),
    Field::new("ieee8021ad.cvid", "Customer's VLAN", Kind::Decimal, bits(4, 12)),
    Field::new("ieee8021ad.etype", "Type of what it carries", Kind::Hex, bytes(2, 2)).words(ethertype),
];

static TRAILER: Field = Field::walked("vlan.trailer", "Bytes behind what it carries", Kind::Bytes);

/// What stands behind the frame belongs to its innermost tag.
static PARTS: &[&Field] = &[&TRAILER, &ethernet::PADDING, &ethernet::FCS];

const HEADER: usize = 4;

/// The uses of priorities (IEEE 802.1Q, annex I).
fn priority(number: u64) -> Option<&'static str> {
    let words = [
        "best effort",
        "background",
        "excellent effort",
        "critical applications",
        "video",
        "voice",
        "internetwork control",
        "network control",
    ];
    words.get(usize::try_from(number).ok()?).copied()
}

fn is_type(header: &[u8]) -> bool {
    !is_length(header)
}

fn is_length(header: &[u8]) -> bool {
    header.get(2..4).is_some_and(|two| u16::from_be_bytes([two[0], two[1]]) <= 1500)
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    match SingleVlanHeaderSlice::from_slice(frame.bytes) {
        Ok(header) => match header.ether_type().0 {
            length @ 0..=1500 => ethernet::of_length(frame, HEADER, length.into(), "vlan.len"),
            number => Dissection::new(HEADER, Next::Protocol(tables::by_ethertype(number))),
        },
        Err(_) => frame.too_short(FIELDS, HEADER),
    }
}

fn dissect_provider(frame: &Frame<'_>, fields: &'static [Field]) -> Dissection {
    let Ok(header) = SingleVlanHeaderSlice::from_slice(frame.bytes) else {
        return frame.too_short(fields, HEADER);
    };
    let next =
        if is_outer(header.slice()) { Some(&CUSTOMER) } else { tables::by_ethertype(header.ether_type().0) };
    Dissection::new(HEADER, Next::Protocol(next))
}

/// Whether another tag of a provider's follows.
fn is_outer(header: &[u8]) -> bool {
    header.get(2..4) == Some(&[0x88, 0xa8])
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    layer.field("vlan.id").map_or(Ok(()), |id| write!(out, "{id}"))
}

fn line_provider(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let names = ["ieee8021ad.id", "ieee8021ad.svid", "ieee8021ad.cvid"];
    let network = names.iter().find_map(|name| layer.field(name));
    network.map_or(Ok(()), |id| write!(out, "{id}"))
}

fn complete(draft: &mut Draft<'_>) {
    match draft.inner.map(|protocol| protocol.name) {
        Some("llc") => ethernet::fill_length(draft, 2, &["vlan.etype", "vlan.len"]),
        Some(name) => {
            if let Some(number) = tables::ethertype_of(name) {
                draft.fill(FIELDS, "vlan.etype", number);
            }
        }
        None => (),
    }
}

fn complete_provider(draft: &mut Draft<'_>) {
    if let Some(number) = draft.inner.and_then(|protocol| tables::ethertype_of(protocol.name)) {
        draft.fill(PROVIDER_FIELDS, "ieee8021ad.etype", number);
    }
}
