//! Ethernet II (IEEE 802.3).

use std::fmt;

use etherparse::Ethernet2HeaderSlice;

use super::{llc, tables};
use crate::layer::field::{Field, Kind, Place, bits, bytes};
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, parts};
use crate::problem::{Problem, Trouble};

pub(crate) static ETHERNET: Protocol = Protocol {
    name: "eth",
    title: "Ethernet",
    fields: FIELDS,
    checked: Protocol::checked(FIELDS),
    parts: PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: HEADER, rest: None, complete }),
};

static FIELDS: &[Field] = &[
    Field::new("eth.dst", "Destination address", Kind::Mac, bytes(0, 6)),
    Field::new("eth.dst.oui", "Maker of the destination", Kind::Hex, bytes(0, 3)),
    Field::new("eth.dst.lg", "Destination is locally administered", Kind::Flag, bits(6, 1)),
    Field::new("eth.dst.ig", "Destination is a group", Kind::Flag, bits(7, 1)),
    Field::new("eth.src", "Source address", Kind::Mac, bytes(6, 6)),
    Field::new("eth.src.oui", "Maker of the source", Kind::Hex, bytes(6, 3)),
    Field::new("eth.src.lg", "Source is locally administered", Kind::Flag, bits(54, 1)),
    Field::new("eth.src.ig", "Source is a group", Kind::Flag, bits(55, 1)),
    Field::new("eth.type", "Type of what it carries", Kind::Hex, bytes(12, 2)).words(ethertype).when(is_type),
    Field::new("eth.len", "Length of what it carries", Kind::Decimal, bytes(12, 2))
        .unit("bytes")
        .when(is_length),
    Field::new("eth.invalid_lentype", "Neither type nor length", Kind::Decimal, bytes(12, 2))
        .when(is_neither),
];

parts! {
    PADDING = "eth.padding", "Padding up to the least length", Bytes;
    TRAILER = "eth.trailer", "Bytes behind what it carries", Bytes;
    FCS = "eth.fcs", "Frame check sequence", Hex;
}

const HEADER: &[u8] = b"\0\0\0\0\0\0\0\0\0\0\0\0\x08\0";

/// The least length of a frame without its check sequence, and with it.
const LEAST: usize = 60;
const LEAST_WITH_FCS: usize = LEAST + FCS_LENGTH;
const FCS_LENGTH: usize = 4;

/// The names of `EtherType`s (IEEE 802 numbers, IANA).
pub(crate) fn ethertype(number: u64) -> Option<&'static str> {
    Some(match number {
        0x0800 => "IPv4",
        0x0806 => "ARP",
        0x6558 => "Ethernet",
        0x8035 => "RARP",
        0x8100 => "VLAN",
        0x86dd => "IPv6",
        0x8847 => "MPLS",
        0x8848 => "MPLS multicast",
        0x8863 => "PPPoE discovery",
        0x8864 => "PPPoE session",
        0x88a8 => "QinQ",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x88f7 => "PTP",
        _ => return None,
    })
}

/// The number behind the addresses; 0 where it is not there.
fn type_or_length(header: &[u8]) -> u16 {
    header.get(12..14).map_or(0, |two| u16::from_be_bytes([two[0], two[1]]))
}

fn is_type(header: &[u8]) -> bool {
    header.len() < HEADER.len() || type_or_length(header) >= 0x600
}

fn is_length(header: &[u8]) -> bool {
    header.len() >= HEADER.len() && type_or_length(header) <= 1500
}

fn is_neither(header: &[u8]) -> bool {
    (1501..0x600).contains(&type_or_length(header))
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let Ok(header) = Ethernet2HeaderSlice::from_slice(frame.bytes) else {
        return frame.too_short(FIELDS, HEADER.len());
    };
    let (length, number) = (header.slice().len(), header.ether_type().0);
    match number {
        0..=1500 => of_length(frame, length, number.into(), "eth.len"),
        0x600.. => Dissection::new(length, Next::Protocol(tables::by_ethertype(number))),
        _ => Dissection::new(length, Next::Protocol(None)),
    }
}

/// A frame of IEEE 802.3: a header of `header` bytes that carries `length` bytes, which LLC begins. Its length stands
/// in `field`, the header's last two bytes.
pub(crate) fn of_length(frame: &Frame<'_>, header: usize, length: usize, field: &'static str) -> Dissection {
    let most = frame.length() - header;
    let problem = (length > most).then(|| {
        let trouble = Trouble::TooLarge { most: most as u64, got: length as u64 };
        Problem::new(field, header - 2, trouble)
    });
    // The old form of Novell's: IPX follows at once, and its checksum is never set.
    let next = (!frame.bytes[header..].starts_with(b"\xff\xff")).then_some(&llc::LLC);
    Dissection { header, payload: length, next: Next::Protocol(next), problem }
}

/// What follows what the frame carries.
fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    trailer(walker, &TRAILER)
}

/// The bytes of a frame behind what it carries: padding to the least length, then a trailer, which ends with the check
/// sequence where the frame is long enough to need no padding with it.
pub(crate) fn trailer(walker: &mut Walker<'_, '_>, field: &'static Field) -> Walked {
    walker.read_on();
    let (layer, bytes) = (walker.layer(), walker.header());
    let all = layer.outermost().with_rest().len();
    let mut at =
        layer.inner().map_or(bytes.len(), |inner| inner.start() + inner.bytes().len() - layer.start());
    // A tag inside has the trailer for itself.
    if layer.is_cut()
        || at >= bytes.len()
        || layer.inner().is_some_and(|inner| inner.protocol().name == "vlan")
    {
        return Ok(());
    }
    let padding = LEAST.saturating_sub(all - (bytes.len() - at)).min(bytes.len() - at);
    if all >= LEAST && padding > 0 && bytes[at..at + padding].iter().all(|byte| *byte == 0) {
        walker.take(&PADDING, &mut at, padding)?;
    }
    // Behind what has a length in a tag, there is none.
    let has_fcs =
        layer.field("vlan.len").is_none() && all >= LEAST_WITH_FCS && bytes.len() - at >= FCS_LENGTH;
    let end = bytes.len() - if has_fcs { FCS_LENGTH } else { 0 };
    if end > at {
        walker.bytes(field, at..end)?;
    }
    if has_fcs { walker.bytes(&FCS, end..bytes.len()) } else { Ok(()) }
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    if let (Some(source), Some(destination)) = (layer.field("eth.src"), layer.field("eth.dst")) {
        write!(out, "{source} > {destination}")?;
    }
    Ok(())
}

/// Writes the length of what `draft` carries where the type stands, at `at`, unless one of these fields was set.
pub(crate) fn fill_length(draft: &mut Draft<'_>, at: usize, names: &[&str]) {
    let length = u16::try_from(draft.payload.len()).unwrap_or(u16::MAX);
    let place =
        draft.header.get_mut(at..at + 2).filter(|_| !names.iter().any(|name| draft.set.contains(name)));
    if let Some(place) = place {
        place.copy_from_slice(&length.to_be_bytes());
    }
}

fn complete(draft: &mut Draft<'_>) {
    match draft.inner.map(|protocol| protocol.name) {
        Some("llc") => fill_length(draft, 12, &["eth.type", "eth.len"]),
        Some(name) => {
            if let Some(number) = tables::ethertype_of(name) {
                draft.fill(FIELDS, "eth.type", number);
            }
        }
        None => (),
    }
}
