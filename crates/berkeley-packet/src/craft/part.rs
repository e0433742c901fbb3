//! One layer of a recipe: which fields are set, and how the others are filled in.

use std::ops::Range;

use super::field::{self, Written};
use crate::bits;
use crate::layer::Protocol;
use crate::layer::data::DATA;
use crate::layer::draft::{Craft, Draft};
use crate::layer::field::Field;

/// A layer as it was written, or bytes that stand in its place.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// [`DATA`] for bytes.
    pub(super) protocol: &'static Protocol,
    /// The header with every field that was set; or the bytes.
    header: Vec<u8>,
    /// The fields that were set, in the order of the table.
    set: Vec<&'static Field>,
    /// Where the bytes behind the fields begin.
    rest: usize,
    /// What stands behind the inner layer, and belongs to this one.
    pub(super) padding: Vec<u8>,
}

/// Writes a field into its bits of a header; false where it does not fit.
type Write<'w> = &'w dyn Fn(&'static Field, &mut [u8], &Range<usize>) -> bool;

impl Part {
    /// Bytes of no protocol.
    pub(super) fn bytes(bytes: Vec<u8>) -> Self {
        Self { protocol: &DATA, rest: 0, header: bytes, set: Vec::new(), padding: Vec::new() }
    }

    /// A header of `protocol` in which `set` are written by `write`, and `rest` stands behind them. The fields are
    /// given in the order of the table, so that those that decide which others there are come first. The error is the
    /// field that this header does not have.
    pub(super) fn new(
        protocol: &'static Protocol,
        craft: &Craft,
        set: Vec<&'static Field>,
        rest: &[u8],
        write: Write<'_>,
    ) -> Result<Self, &'static Field> {
        let mut header = craft.header.to_vec();
        for field in &set {
            let at = field.room(&header).ok_or(*field)?;
            lengthen(&mut header, &at);
            if !write(field, &mut header, &at) {
                return Err(field);
            }
        }
        for field in protocol.fields {
            if let Some(at) = field.bits(&header) {
                lengthen(&mut header, &at);
            }
        }
        let rest_at = header.len();
        header.extend(rest);
        Ok(Self { protocol, header, set, rest: rest_at, padding: Vec::new() })
    }

    /// The same with these bytes behind the inner layer.
    pub(super) fn padded(self, padding: Vec<u8>) -> Self {
        Self { padding, ..self }
    }

    /// Sets `field`, unless it was set or cannot have that value.
    pub(super) fn fill(&mut self, field: &'static Field, value: &str) {
        let Some(at) = field.bits(&self.header).filter(|_| !self.set.contains(&field)) else { return };
        let ready = field::ready(field, at.len(), Written::Word(value));
        if ready.is_ok_and(|ready| ready.write(field, &mut self.header, &at)) {
            self.set.push(field);
            let row = |field: &&Field| self.protocol.fields.iter().position(|other| other == *field);
            self.set.sort_by_key(row);
        }
    }

    /// Whether it is bytes of no protocol.
    pub(super) fn is_bytes(&self) -> bool {
        *self.protocol == DATA
    }

    /// The header with what was set, or the bytes.
    pub(super) fn header(&self) -> &[u8] {
        &self.header
    }

    /// What stands behind the fields in the header, such as options.
    pub(super) fn rest(&self) -> &[u8] {
        &self.header[self.rest..]
    }

    /// The fields that were set.
    pub(super) fn set(&self) -> &[&'static Field] {
        &self.set
    }

    /// Its protocol, as the layer around it is told.
    pub(super) fn known(&self) -> Option<&'static Protocol> {
        (!self.is_bytes()).then_some(self.protocol)
    }

    /// The header with everything filled in that was not set. It carries `payload`, which begins with a header of
    /// `inner`, and `around` are the layers that carry it, the outermost first.
    pub(super) fn complete(
        &self,
        payload: &[u8],
        inner: Option<&'static Protocol>,
        around: &[Self],
    ) -> Vec<u8> {
        let mut header = self.header.clone();
        if let Some(craft) = self.protocol.craft {
            let set: Vec<&'static str> = self.set.iter().map(|field| field.name).collect();
            let is_ip = |part: &&Self| ["ip", "ipv6"].contains(&part.protocol.name);
            let ip = around.iter().rev().find(is_ip).map(Self::outer);
            let behind_ip = around.iter().rev().take_while(|part| !is_ip(part));
            let mut routes = behind_ip.filter(|part| part.protocol.name == "ipv6.routing");
            let route = routes.next().map(Self::header);
            (craft.complete)(&mut Draft { header: &mut header, payload, inner, ip, route, set: &set });
        }
        header
    }

    fn outer(&self) -> (&'static Protocol, &[u8]) {
        (self.protocol, &self.header)
    }
}

/// Has `header` hold the bits `at`.
fn lengthen(header: &mut Vec<u8>, at: &Range<usize>) {
    let end = bits::bytes_of(at).end;
    if header.len() < end {
        header.resize(end, 0);
    }
}
