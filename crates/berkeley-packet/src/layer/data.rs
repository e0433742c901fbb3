//! Bytes of no protocol that is known here.

use std::fmt;

use super::draft::Craft;
use super::field::{Field, Kind, Place};
use super::packet::Layer;
use super::protocol::{Dissection, Frame, Next, Protocol};
use super::value::Value;
use super::walk::{Walked, Walker};

/// What is left when no protocol is known: all of it is the header.
pub(crate) static DATA: Protocol = Protocol {
    name: "data",
    title: "Data",
    fields: &[],
    checked: Protocol::checked(&[]),
    parts: &[&BYTES, &LENGTH],
    dissect,
    walk: Some(walk),
    line,
    craft: Some(&Craft { header: &[], rest: Some(&BYTES), complete: |_| () }),
};

static BYTES: Field = Field::new("data.data", "Bytes", Kind::Bytes, Place::Walked);
pub(super) static LENGTH: Field =
    Field::new("data.len", "Length", Kind::Decimal, Place::Walked).unit("bytes");

fn dissect(frame: &Frame<'_>) -> Dissection {
    Dissection { header: frame.length(), payload: 0, next: Next::End, problem: None }
}

fn walk(walker: &mut Walker<'_, '_>) -> Walked {
    let all = 0..walker.header().len();
    walker.bytes(&BYTES, all.clone())?;
    // As tshark counts it: what was captured.
    let length = u64::try_from(all.len()).unwrap_or(u64::MAX);
    walker.value(&LENGTH, all, Value::Number(length))
}

fn line(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    write!(out, "{} bytes", layer.length())
}
