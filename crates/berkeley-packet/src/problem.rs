//! Where a packet breaks, and why.

use std::fmt;

/// What is wrong with a packet: the first field that could not be read or cannot be so, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field's name, such as `ip.hdr_len`.
    pub field: &'static str,
    /// Where it stands, in bytes from the packet's first.
    pub offset: usize,
    /// What is wrong.
    pub trouble: Trouble,
}

/// The kinds of [`Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// The packet ends before the field does.
    Ends {
        /// The bytes that the field needs.
        wanted: usize,
        /// The bytes that are left.
        got: usize,
    },
    /// The capture holds only the first bytes of the packet, and the field stands behind them.
    Cut,
    /// A length or count that is smaller than what it must cover.
    TooSmall {
        /// The least that it may be.
        least: u64,
        /// What it is.
        got: u64,
    },
    /// A length or count that is larger than what there is.
    TooLarge {
        /// The most that it may be.
        most: u64,
        /// What it is.
        got: u64,
    },
    /// A value that the protocol does not allow here.
    Value {
        /// What it is.
        got: u64,
    },
    /// More layers, or parts within parts, than are read.
    TooDeep,
    /// Something else, in words that go behind a colon.
    Other(&'static str),
}

impl Problem {
    /// A problem of `field`, whose first byte is at `offset` of the header in question.
    ///
    /// Whoever dissects or walks a header counts from its start; the packet adds where that is.
    pub const fn new(field: &'static str, offset: usize, trouble: Trouble) -> Self {
        Self { field, offset, trouble }
    }

    /// The same, `by` bytes further on.
    #[must_use]
    pub(crate) const fn moved(mut self, by: usize) -> Self {
        self.offset += by;
        self
    }

    /// Whether a length or a count is larger than what there is.
    pub(crate) const fn is_too_large(&self) -> bool {
        matches!(self.trouble, Trouble::TooLarge { .. })
    }

    /// Whether the capture is to blame, which kept only a part of the packet, and not the packet.
    pub const fn is_cut(&self) -> bool {
        matches!(self.trouble, Trouble::Cut)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}: {}", self.field, self.offset, self.trouble)
    }
}

impl std::error::Error for Problem {}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ends { wanted: 1, got } => write!(f, "the packet ends: 1 byte wanted, {got} left"),
            Self::Ends { wanted, got } => write!(f, "the packet ends: {wanted} bytes wanted, {got} left"),
            Self::Cut => f.write_str("not captured"),
            Self::TooSmall { least, got } => write!(f, "{got} is less than {least}"),
            Self::TooLarge { most, got } => write!(f, "{got} is more than {most}"),
            Self::Value { got } => write!(f, "{got} is not allowed here"),
            Self::TooDeep => f.write_str("nested too deeply"),
            Self::Other(words) => f.write_str(words),
        }
    }
}
