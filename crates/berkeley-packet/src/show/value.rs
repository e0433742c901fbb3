//! A field's value for people: with its unit, its word, and what its checksum says.

use std::fmt;

use crate::layer::checksum::Check;
use crate::layer::field::Kind;
use crate::layer::packet::Layer;
use crate::layer::value::Value;
use crate::layer::walk::Item;

/// The value of `item`, a field of `layer`, as people write it: `64 hops`, `6 TCP`, `0x3c1f bad, 0x4a21 expected`,
/// `set`. A part that is nothing but its fields is empty. What is not printable is escaped: a terminal may have it.
pub fn value<'s, 'a: 's>(item: &'s Item<'a>, layer: Layer<'a>) -> impl fmt::Display + 's {
    Shown { item, layer }
}

/// A value as people write it: `64 hops`, `6 TCP`, `0x3c1f bad, 0x4a21 expected`, `set`.
pub(super) struct Shown<'i, 'a> {
    pub(super) item: &'i Item<'a>,
    pub(super) layer: Layer<'a>,
}

impl Shown<'_, '_> {
    /// Whether it is bytes in hexadecimal, and nothing else.
    pub(super) fn is_hex(&self) -> bool {
        matches!(self.item.value, Value::Bytes(bytes) if !is_text(bytes)) && self.item.field.unit.is_empty()
    }
}

impl fmt::Display for Shown<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = self.item.field;
        match self.item.value {
            // `0x` and a digit for each four bits.
            Value::Number(number) if field.kind == Kind::Hex => {
                write!(f, "{number:#0width$x}", width = 2 + self.item.bits.len().div_ceil(4))?;
            }
            Value::Flag(set) => f.write_str(if set { "set" } else { "not set" })?,
            Value::Bytes(bytes) if is_text(bytes) => write!(f, "\"{}\"", bytes.escape_ascii())?,
            value => write!(f, "{value}")?,
        }
        if !field.unit.is_empty() {
            f.write_str(" ")?;
            unit(field.unit, self.item.value == Value::Number(1), f)?;
        }
        if let Some(word) = field.word(&self.item.value) {
            write!(f, " {word}")?;
        }
        match field.check(self.layer) {
            Some(Check::Bad(wanted)) => {
                write!(f, " bad, {wanted:#0width$x} expected", width = 2 + self.item.bits.len() / 4)
            }
            Some(check) => write!(f, " {}", check.word()),
            None => Ok(()),
        }
    }
}

/// A unit, in the singular behind a one: `1 byte`, `1 unit of 8 bytes`.
fn unit(plural: &str, is_one: bool, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (noun, rest) = plural.split_at(plural.find(' ').unwrap_or(plural.len()));
    let noun = if is_one { noun.strip_suffix('s').unwrap_or(noun) } else { noun };
    write!(f, "{noun}{rest}")
}

/// Whether bytes are better read as letters.
fn is_text(bytes: &[u8]) -> bool {
    bytes.len() > 1 && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}
