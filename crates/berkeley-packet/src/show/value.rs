//! A field's value for people: with its unit, its word, and what its checksum says.

use std::fmt;

use crate::layer::checksum::Check;
use crate::layer::field::Kind;
use crate::layer::packet::Layer;
use crate::layer::value::Value;
use crate::layer::walk::Item;

/// A value as people write it: `64 hops`, `6 TCP`, `0x3c1f bad, 0x4a21 expected`, `set`.
pub(super) struct Shown<'i, 'a> {
    pub(super) item: &'i Item<'a>,
    pub(super) layer: Layer<'a>,
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
            write!(f, " {}", field.unit)?;
        }
        if let Some(word) = field.word(&self.item.value) {
            write!(f, " {word}")?;
        }
        match field.check(self.layer) {
            Some(Check::Bad(wanted)) => write!(f, " bad, {wanted:#06x} expected"),
            Some(check) => write!(f, " {}", check.word()),
            None => Ok(()),
        }
    }
}

/// Whether bytes are better read as letters.
fn is_text(bytes: &[u8]) -> bool {
    bytes.len() > 1 && bytes.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}
