//! From a header to its fields, one after the other.

use std::ops::Range;

use super::field::Field;
use super::packet::Layer;
use super::value::Value;
use crate::bits;
use crate::problem::{Problem, Trouble};

/// A field of a packet, as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<'a> {
    /// Its row in the protocol's table.
    pub field: &'static Field,
    /// What it holds.
    pub value: Value<'a>,
    /// Where it stands, in bits from the packet's first.
    pub bits: Range<usize>,
}

impl Item<'_> {
    /// Where it stands, in bytes from the packet's first. The first and the last may hold other fields too.
    pub fn bytes(&self) -> Range<usize> {
        bits::bytes_of(&self.bits)
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// What is told of a layer's fields, in the order in which they stand.
pub trait Visit<'a> {
    /// A field. The answer false ends the walk.
    fn field(&mut self, item: Item<'a>) -> bool;

    /// A part that has fields of its own, which follow, up to the [`close`](Self::close) that belongs to it.
    fn open(&mut self, part: Item<'a>) -> bool {
        let _ = part;
        true
    }

    /// The end of a part.
    fn close(&mut self) {}

    /// Where the header breaks. Nothing follows.
    fn problem(&mut self, problem: Problem) {
        let _ = problem;
    }
}

/// Why a walk ends before the header does.
pub(crate) enum Stop {
    /// The visitor has what it wants.
    Enough,
    /// The header breaks. The offset counts from the header's start.
    Broken(Problem),
}

/// What a walk returns: `?` ends it where nothing more is wanted, or nothing more can be read.
pub(crate) type Walked = Result<(), Stop>;

/// What a protocol's walk works with: the layer, and who wants to know of its fields. All places count from the
/// header's start.
pub(crate) struct Walker<'v, 'a> {
    layer: Layer<'a>,
    header: &'a [u8],
    depth: u8,
    visit: &'v mut dyn Visit<'a>,
}

/// How many parts may stand within parts.
const DEEPEST: u8 = 8;

impl<'v, 'a> Walker<'v, 'a> {
    pub(crate) fn new(layer: Layer<'a>, visit: &'v mut dyn Visit<'a>) -> Self {
        Self { layer, header: layer.header(), depth: 0, visit }
    }

    /// The layer that is walked.
    pub(crate) fn layer(&self) -> Layer<'a> {
        self.layer
    }

    /// The header's bytes, as far as they were captured.
    pub(crate) fn header(&self) -> &'a [u8] {
        self.header
    }

    /// From here on, what follows the header can be read too, up to the end of the layer around it.
    pub(crate) fn read_on(&mut self) {
        self.header = self.layer.with_rest();
    }

    /// The value of `field` in the bytes `at`, told to the visitor.
    pub(crate) fn bytes(&mut self, field: &'static Field, at: Range<usize>) -> Walked {
        self.bits(field, at.start * 8..at.end * 8)
    }

    /// The value of `field` in the bits `at`, told to the visitor.
    pub(crate) fn bits(&mut self, field: &'static Field, at: Range<usize>) -> Walked {
        match field.read(self.header, &at) {
            Some(value) => self.tell(field, at, value),
            None => Err(self.ends(field.name, bits::bytes_of(&at))),
        }
    }

    /// The value of `field` in the next `length` bytes from `at` on, which moves behind them.
    pub(crate) fn take(&mut self, field: &'static Field, at: &mut usize, length: usize) -> Walked {
        self.bytes(field, *at..at.saturating_add(length))?;
        *at += length;
        Ok(())
    }

    /// The values of several fields: the first bit of each, counted from byte `at` on, and how many bits it has.
    pub(crate) fn rows(&mut self, at: usize, rows: &[(&'static Field, usize, usize)]) -> Walked {
        rows.iter().try_for_each(|(field, first, bits)| {
            let start = at * 8 + first;
            self.bits(field, start..start + bits)
        })
    }

    /// `value`, which the protocol itself has read from the bytes `at`, told to the visitor. It breaks where they were
    /// not all captured, as the value is then not that of the packet.
    pub(crate) fn value(&mut self, field: &'static Field, at: Range<usize>, value: Value<'a>) -> Walked {
        if at.end > self.layer.bytes().len() {
            return Err(self.ends(field.name, at));
        }
        self.tell(field, at.start * 8..at.end * 8, value)
    }

    /// A part in the bytes `at`, and then what `fields` tells of it. It has a value of its own where its kind is not
    /// [`Group`](super::field::Kind::Group).
    pub(crate) fn group(
        &mut self,
        part: &'static Field,
        at: Range<usize>,
        fields: impl FnOnce(&mut Self) -> Walked,
    ) -> Walked {
        let value = part.read(self.header, &(at.start * 8..at.end * 8));
        let value = value.ok_or_else(|| self.ends(part.name, at.clone()))?;
        self.part(part, at, value, fields)
    }

    /// The same, with a value that the protocol itself has read.
    pub(crate) fn part(
        &mut self,
        part: &'static Field,
        at: Range<usize>,
        value: Value<'a>,
        fields: impl FnOnce(&mut Self) -> Walked,
    ) -> Walked {
        if self.depth == DEEPEST {
            return Err(Stop::Broken(Problem::new(part.name, at.start, Trouble::TooDeep)));
        }
        let start = self.layer.start() * 8;
        // A part that is cut ends where the header does.
        let [from, to] = [at.start, at.end].map(|end| start + end.min(self.header.len()) * 8);
        if !self.visit.open(Item { field: part, value, bits: from..to }) {
            return Err(Stop::Enough);
        }
        self.depth += 1;
        let walked = fields(self);
        self.depth -= 1;
        self.visit.close();
        walked
    }

    /// The number in the bytes `at`, at most eight, which belong to `field`.
    pub(crate) fn number(&self, field: &'static Field, at: Range<usize>) -> Result<u64, Stop> {
        bits::read(self.header, &(at.start * 8..at.end * 8)).ok_or_else(|| self.ends(field.name, at))
    }

    /// That the header breaks at `field`, `offset` bytes behind its start.
    pub(crate) fn broken(field: &'static Field, offset: usize, trouble: Trouble) -> Stop {
        Stop::Broken(Problem::new(field.name, offset, trouble))
    }

    /// That the header ends before the bytes `at` do, and who is to blame.
    fn ends(&self, name: &'static str, at: Range<usize>) -> Stop {
        let trouble = if self.layer.is_cut() {
            Trouble::Cut
        } else {
            Trouble::Ends { wanted: at.len(), got: self.header.len().saturating_sub(at.start) }
        };
        Stop::Broken(Problem::new(name, at.start, trouble))
    }

    fn tell(&mut self, field: &'static Field, at: Range<usize>, value: Value<'a>) -> Walked {
        let start = self.layer.start() * 8;
        let item = Item { field, value, bits: start + at.start..start + at.end };
        if self.visit.field(item) { Ok(()) } else { Err(Stop::Enough) }
    }

    /// Tells all fields of the layer, and where it breaks.
    pub(crate) fn run(mut self) {
        let walked = self.table().and_then(|()| self.parts());
        self.end(&walked);
    }

    /// The same without the fields whose places the table knows.
    pub(crate) fn run_parts(mut self) {
        let walked = self.parts();
        self.end(&walked);
    }

    fn parts(&mut self) -> Walked {
        self.layer.protocol().walk.map_or(Ok(()), |walk| walk(self))
    }

    fn end(self, walked: &Walked) {
        if let Err(Stop::Broken(problem)) = walked {
            self.visit.problem(problem.moved(self.layer.start()));
        }
    }

    /// The fields whose places the table knows.
    fn table(&mut self) -> Walked {
        for field in self.layer.protocol().fields {
            if let Some(at) = field.bits(self.header) {
                self.bits(field, at)?;
            }
        }
        Ok(())
    }
}
