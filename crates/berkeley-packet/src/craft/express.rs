//! From a packet to the layers from which the same bytes are built, with only those fields that have to be said.

use std::ops::Range;

use super::part::Part;
use crate::bits;
use crate::layer::data::DATA;
use crate::layer::draft::Craft;
use crate::layer::field::Field;
use crate::layer::packet::Packet;
use crate::layer::{Layer, Protocol};

/// The layers that build `packet`'s bytes as they were captured.
pub(super) fn parts(packet: &Packet<'_>) -> Vec<Part> {
    let layers: Vec<Layer<'_>> = packet.layers().collect();
    let mut as_bytes: Vec<bool> = layers.iter().map(|layer| *layer.protocol() == DATA).collect();
    // What one layer is told of the next changes where that is bytes, so all is done anew; at most once a layer.
    loop {
        match express(packet.bytes(), &layers, &as_bytes) {
            Ok(parts) => return parts,
            Err(layer) => as_bytes[layer] = true,
        }
    }
}

/// The layers, some of them as bytes. The error is the layer that must be bytes too.
fn express(all: &[u8], layers: &[Layer<'_>], as_bytes: &[bool]) -> Result<Vec<Part>, usize> {
    let mut parts: Vec<Part> = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let header = layer.header();
        // What the outermost header leaves over is padding of its own.
        let payload = if index == 0 { &all[header.len()..] } else { layer.payload() };
        let inner = layer.inner();
        // What stands behind the inner layer, and behind the innermost header.
        let behind = payload.get(inner.map_or(0, |inner| inner.bytes().len())..).unwrap_or_default();
        if as_bytes[index] {
            parts.push(Part::bytes(header.to_vec()));
        } else {
            let known = inner.filter(|_| !as_bytes[index + 1]).map(|inner| inner.protocol());
            parts.push(solve(layer.protocol(), header, payload, known, &parts).ok_or(index)?);
        }
        match parts.iter_mut().rev().find(|part| !part.is_bytes()) {
            _ if behind.is_empty() => {}
            _ if inner.is_none() => parts.push(Part::bytes(behind.to_vec())),
            // What stands farther inside comes first.
            Some(named) => named.padding.splice(0..0, behind.iter().copied()).for_each(drop),
            None => return Ok(vec![Part::bytes(all.to_vec())]),
        }
    }
    Ok(joined(parts))
}

/// Bytes beside bytes are one piece, and so are those behind them.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match joined.last_mut().filter(|last| last.is_bytes() && part.is_bytes()) {
            Some(last) => *last = Part::bytes([last.header(), part.header()].concat()),
            None if part.is_bytes() && part.header().is_empty() => {}
            None => joined.push(part),
        }
    }
    if let [.., outer, last] = &mut joined[..]
        && last.is_bytes()
    {
        *last = Part::bytes([last.header(), &std::mem::take(&mut outer.padding)].concat());
    }
    joined
}

/// The layer of `protocol` that becomes `header` around `payload`, with as few fields set as do; none where it is not
/// to be built so.
fn solve(
    protocol: &'static Protocol,
    header: &[u8],
    payload: &[u8],
    inner: Option<&'static Protocol>,
    around: &[Part],
) -> Option<Part> {
    let problem = Solve { protocol, craft: protocol.craft?, header, payload, inner, around };
    let mut set = problem.differing()?;
    problem.add_until_same(&mut set)?;
    for field in set.clone() {
        let without: Vec<_> = set.iter().copied().filter(|other| *other != field).collect();
        if problem.is_solved_by(&without) {
            set = without;
        }
    }
    problem.part(&set)
}

/// Which header is to be built, and around what.
struct Solve<'s> {
    protocol: &'static Protocol,
    craft: &'static Craft,
    header: &'s [u8],
    payload: &'s [u8],
    inner: Option<&'static Protocol>,
    around: &'s [Part],
}

impl Solve<'_> {
    /// The header with these fields as the packet has them, the others at their usual values.
    fn part(&self, set: &[&'static Field]) -> Option<Part> {
        let copy = |_: &'static Field, header: &mut [u8], at: &Range<usize>| self.copy(header, at);
        let fixed = Part::new(self.protocol, self.craft, set.to_vec(), &[], &copy).ok()?;
        let rest = self.header.get(fixed.header().len()..)?;
        if rest.is_empty() {
            return Some(fixed);
        }
        self.craft.rest?;
        Part::new(self.protocol, self.craft, set.to_vec(), rest, &copy).ok()
    }

    /// Copies the bits `at` from the packet's header.
    fn copy(&self, header: &mut [u8], at: &Range<usize>) -> bool {
        if let Some(number) = bits::read(self.header, at) {
            return bits::write(header, at, number);
        }
        let bytes = bits::bytes_of(at);
        match (header.get_mut(bytes.clone()), self.header.get(bytes)) {
            (Some(to), Some(from)) => {
                to.copy_from_slice(from);
                true
            }
            _ => false,
        }
    }

    fn differs(&self, built: &[u8], field: &Field) -> bool {
        field.bits(self.header).is_some_and(|at| match bits::read(self.header, &at) {
            Some(number) => bits::read(built, &at) != Some(number),
            None => built.get(bits::bytes_of(&at)) != self.header.get(bits::bytes_of(&at)),
        })
    }

    /// The fields whose usual values are others than the packet's. Those that consist of other fields are left out
    /// where these say it all.
    fn differing(&self) -> Option<Vec<&'static Field>> {
        let mut set: Vec<&'static Field> = Vec::new();
        let mut part = self.part_of_start(&set)?;
        for wide in [false, true] {
            for field in self.fields(wide) {
                if self.differs(part.header(), field) && !set.contains(&field) {
                    set.push(field);
                    self.sort(&mut set);
                    // A field may be there only by what another says.
                    part = self.part_of_start(&set)?;
                }
            }
        }
        Some(set)
    }

    /// The header without what stands behind its fields.
    fn part_of_start(&self, set: &[&'static Field]) -> Option<Part> {
        let copy = |_: &'static Field, header: &mut [u8], at: &Range<usize>| self.copy(header, at);
        Part::new(self.protocol, self.craft, set.to_vec(), &[], &copy).ok()
    }

    /// Adds what would be filled in with other values than the packet's.
    fn add_until_same(&self, set: &mut Vec<&'static Field>) -> Option<()> {
        loop {
            let built = self.part(set)?.complete(self.payload, self.inner, self.around);
            if built == self.header {
                return Some(());
            }
            let differs = |field: &&'static Field| !set.contains(field) && self.differs(&built, field);
            let field = self.fields(false).find(differs).or_else(|| self.fields(true).find(differs))?;
            set.push(field);
            self.sort(set);
        }
    }

    fn is_solved_by(&self, set: &[&'static Field]) -> bool {
        let part = self.part(set);
        part.is_some_and(|part| part.complete(self.payload, self.inner, self.around) == self.header)
    }

    /// The fields that hold others, or those that do not.
    fn fields(&self, wide: bool) -> impl Iterator<Item = &'static Field> {
        let places: Vec<_> = self.protocol.fields.iter().map(|field| field.bits(self.header)).collect();
        let holds = |at: &Range<usize>, other: &Range<usize>| {
            at.start <= other.start && other.end <= at.end && other.len() < at.len()
        };
        let is_wide = places
            .iter()
            .map(|at| at.as_ref().is_some_and(|at| places.iter().flatten().any(|other| holds(at, other))));
        let is_wide: Vec<bool> = is_wide.collect();
        self.protocol.fields.iter().zip(is_wide).filter(move |(_, is)| *is == wide).map(|(field, _)| field)
    }

    /// Into the order of the table.
    fn sort(&self, set: &mut [&'static Field]) {
        set.sort_by_key(|field| self.protocol.fields.iter().position(|other| other == *field));
    }
}
