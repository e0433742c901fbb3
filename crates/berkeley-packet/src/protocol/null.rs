//! The header of BSD's loopback: an address family.

use std::fmt;

use super::{ipv4, ipv6};
use crate::layer::field::{Field, Kind, Place};
use crate::layer::value::Value;
use crate::layer::{Craft, Dissection, Draft, Frame, Layer, Next, Protocol, Walked, Walker, parts};

pub(crate) static NULL: Protocol = Protocol {
    name: "null",
    title: "BSD loopback",
    fields: &[],
    checked: Protocol::checked(&[]),
    parts: PARTS,
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: b"\x02\0\0\0", rest: None, complete }),
};

parts! {
    FAMILY = "null.family", "Address family", Decimal, words(family_word);
}

const HEADER: usize = 4;

fn family_word(number: u64) -> Option<&'static str> {
    Some(match number {
        2 => "IP",
        24 | 28 | 30 => "IPv6",
        _ => return None,
    })
}

/// The family, a small number, in the order of the machine that captured; OpenBSD's is the network's.
fn family(header: &[u8]) -> Option<u32> {
    let four = <[u8; HEADER]>::try_from(header.get(..HEADER)?).ok()?;
    Some(u32::from_le_bytes(four).min(u32::from_be_bytes(four)))
}

fn dissect(frame: &Frame<'_>) -> Dissection {
    let next = match family(frame.bytes) {
        Some(2) => Some(&ipv4::IPV4),
        Some(24 | 28 | 30) => Some(&ipv6::IPV6),
        Some(_) => None,
        None => return frame.too_short(&[], HEADER),
    };
    Dissection::new(HEADER, Next::Protocol(next))
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    // Where there are too few bytes, this says so.
    walker.number(&FAMILY, 0..HEADER)?;
    let family = family(walker.header()).unwrap_or(0);
    walker.value(&FAMILY, 0..HEADER, Value::Number(family.into()))
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    family(layer.header()).map_or(Ok(()), |family| write!(out, "family {family}"))
}

fn complete(draft: &mut Draft<'_>) {
    if draft.inner.is_some_and(|protocol| protocol.name == "ipv6")
        && !draft.set.contains(&FAMILY.name)
        && let Some(first) = draft.header.first_mut()
    {
        *first = 30;
    }
}
