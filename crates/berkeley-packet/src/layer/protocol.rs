//! A protocol: how its headers are taken apart, and its table of fields.

use std::fmt;

use super::draft::Craft;
use super::field::Field;
use super::packet::Layer;
use super::walk::{Walked, Walker};
use crate::problem::{Problem, Trouble};

/// A protocol: a row of [`ALL`](crate::protocol::ALL).
pub struct Protocol {
    /// The name that tshark has for it, which its fields' names begin with: `ip`, `tcp`.
    pub name: &'static str,
    /// Its name in full: `Internet Protocol, version 4`.
    pub title: &'static str,
    /// The fields whose places are fixed, in the order in which they stand.
    pub fields: &'static [Field],
    /// Which of them are checksums, a bit each: packets are checked by the million.
    pub(crate) checked: u64,
    /// The fields that `walk` finds.
    pub parts: &'static [&'static Field],
    pub(crate) dissect: fn(&Frame<'_>) -> Dissection,
    pub(crate) walk: Option<fn(&mut Walker<'_, '_>) -> Walked>,
    /// What a line of text says of it, behind its name. Ports are not told: they stand behind IP's addresses.
    pub(crate) line: fn(Layer<'_>, &mut dyn fmt::Write) -> fmt::Result,
    pub(crate) craft: Option<&'static Craft>,
}

impl Protocol {
    /// What `checked` is where these are the fields.
    pub(crate) const fn checked(fields: &[Field]) -> u64 {
        assert!(fields.len() <= 64, "a bit each");
        let (mut all, mut index) = (0, 0);
        while index < fields.len() {
            if fields[index].check.is_some() {
                all |= 1 << index;
            }
            index += 1;
        }
        all
    }

    /// The fields that are checksums.
    pub(crate) fn checksums(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let (fields, mut left) = (self.fields, self.checked);
        std::iter::from_fn(move || {
            let index = (left != 0).then(|| left.trailing_zeros() as usize)?;
            left &= left - 1;
            fields.get(index)
        })
    }
}

/// What a protocol takes apart: bytes that begin with its header.
pub(crate) struct Frame<'a> {
    /// The header and what follows, as far as the header around it says that they belong to it, and as they were
    /// captured.
    pub(crate) bytes: &'a [u8],
    /// How many bytes more there were on the wire.
    pub(crate) cut: usize,
}

/// How a frame is taken apart.
pub(crate) struct Dissection {
    /// The header's length, in bytes. It may be more than there are.
    pub(crate) header: usize,
    /// How many bytes behind the header it carries. It may be more than there are.
    pub(crate) payload: usize,
    /// What those begin with.
    pub(crate) next: Next,
    /// What is wrong with the header, counted from its start.
    pub(crate) problem: Option<Problem>,
}

/// What a header says of what follows it.
#[derive(Clone, Copy)]
pub(crate) enum Next {
    /// That it is not to be looked at.
    End,
    /// The protocol that it begins with; none for data, or for what is not known here.
    Protocol(Option<&'static Protocol>),
    /// The protocol of the packet that it quotes, of which the end may be left out.
    Quoted(&'static Protocol),
}

impl Frame<'_> {
    /// How long the bytes were on the wire.
    pub(crate) fn length(&self) -> usize {
        self.bytes.len() + self.cut
    }

    /// What becomes of a header of which only `bytes` are there, and which should have `wanted`: the first of `fields`
    /// that stands behind them is where it breaks.
    pub(crate) fn too_short(&self, fields: &'static [Field], wanted: usize) -> Dissection {
        let missing = fields.iter().find_map(|field| {
            let bits = field.bits(self.bytes)?;
            (bits.end > self.bytes.len() * 8).then_some((field.name, bits))
        });
        let problem = missing.map(|(name, bits)| {
            let (start, end) = (bits.start / 8, bits.end.div_ceil(8));
            let got = self.bytes.len().saturating_sub(start);
            let trouble =
                if self.cut > 0 { Trouble::Cut } else { Trouble::Ends { wanted: end - start, got } };
            Problem::new(name, start, trouble)
        });
        Dissection { header: wanted, payload: 0, next: Next::End, problem }
    }
}

impl Frame<'_> {
    /// What becomes of a header whose `field`, a length at byte `at`, says that it has `length` bytes, which is more
    /// than there are.
    pub(crate) fn too_long(&self, field: &'static Field, at: usize, length: usize) -> Dissection {
        let most = self.length() as u64;
        let problem = Problem::new(field.name, at, Trouble::TooLarge { most, got: length as u64 });
        Dissection { header: self.length(), payload: 0, next: Next::End, problem: Some(problem) }
    }
}

impl Dissection {
    /// A header of `header` bytes that carries all that follows.
    pub(crate) fn new(header: usize, next: Next) -> Self {
        Self { header, payload: usize::MAX - header, next, problem: None }
    }

    pub(crate) fn with(mut self, problem: Option<Problem>) -> Self {
        self.problem = problem;
        self
    }
}

impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Protocol {}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Protocol({})", self.name)
    }
}
