//! [`Content`]: what a kind of value supplies that is more than a number, a name or a duration; and the bytes of a
//! value.

use std::fmt;

use super::Field;
use crate::sys::Errno;

/// A structure or a list that is the value of an option. Its file implements this beside the type, and its row in
/// `kind.rs` makes it a kind.
pub(super) trait Content: Sized + fmt::Debug {
    /// How many bytes a read asks for.
    const ROOM: usize;
    /// Whether it may be longer than that, as a list is, which a kernel refuses to give in part.
    const IS_LIST: bool = false;
    /// What text or value it takes, in words.
    const WANTED: &'static str;

    /// The value in the kernel's bytes; `None` where they are not as many as it has.
    fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Misfit>;

    /// The kernel's bytes; `None` for what is only read. Fails, in words, for what no socket takes.
    fn to_bytes(&self) -> Option<Result<Encoded, Misfit>> {
        None
    }

    /// Reads what [`show`](Self::show) writes; `None` for any other text, and for what is only read.
    fn from_text(_text: &str) -> Option<Self> {
        None
    }

    /// Writes the value as text.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// Its parts, where it has some.
    fn parts(&self) -> Option<Vec<Field>> {
        None
    }
}

/// The longest plain value: a security label, the headers of a SYN, a key.
pub(crate) const VALUE_MAX: usize = 256;
/// Why bytes are no value, or a value has no bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    Words(String),
    /// There is no memory for so long a list.
    NoMemory,
}

impl From<String> for Misfit {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<Errno> for Misfit {
    fn from(_: Errno) -> Self {
        Self::NoMemory
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(words) => f.write_str(words),
            Self::NoMemory => f.write_str("there is no memory for it"),
        }
    }
}

/// A value as the kernel takes it.
pub(crate) struct Encoded {
    bytes: [u8; VALUE_MAX],
    length: usize,
    /// A list that is longer than that.
    long: Vec<u8>,
}

impl Encoded {
    /// Fails where there are more bytes than any option has.
    pub(super) fn new(value: &[u8]) -> Result<Self, String> {
        let mut encoded = Self { bytes: [0; VALUE_MAX], length: value.len(), long: Vec::new() };
        let room = encoded.bytes.get_mut(..value.len());
        let room = room.ok_or_else(|| format!("takes at most {VALUE_MAX} bytes, got {}", value.len()))?;
        room.copy_from_slice(value);
        Ok(encoded)
    }

    /// A list, as long as it is.
    pub(super) fn list(value: Vec<u8>) -> Self {
        Self { bytes: [0; VALUE_MAX], length: 0, long: value }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.long.is_empty() { &self.bytes[..self.length] } else { &self.long }
    }
}

/// With commas; `none` for an empty list.
pub(super) fn write_list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    if items.is_empty() {
        return f.write_str("none");
    }
    items.iter().enumerate().try_for_each(|(index, item)| {
        let comma = if index == 0 { "" } else { "," };
        write!(f, "{comma}{item}")
    })
}
