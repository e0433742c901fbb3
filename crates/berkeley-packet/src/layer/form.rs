//! How options are written in a packet's text: each with its name and its values, in place of bytes.

/// A kind of option that stands behind a header's fields: a byte for its kind, one for its length, and its values.
#[derive(Debug)]
pub(crate) struct Form {
    /// Its name: the last word of tshark's. Of several names for a kind the first is printed.
    pub(crate) name: &'static str,
    pub(crate) kind: u8,
    pub(crate) shape: Shape,
}

/// What follows an option's kind.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Nothing, not even a length.
    Single,
    /// A length and these values; then, again and again, the second ones.
    Values(&'static [Piece], &'static [Piece]),
    /// A length and bytes, as many as there are; none may be left out.
    Bytes,
}

/// A value of an option.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece {
    /// A number of so many bytes, eight at most.
    Number(usize),
    /// An address.
    Ipv4,
}

impl Form {
    pub(crate) const fn single(name: &'static str, kind: u8) -> Self {
        Self { name, kind, shape: Shape::Single }
    }

    pub(crate) const fn values(name: &'static str, kind: u8, values: &'static [Piece]) -> Self {
        Self { name, kind, shape: Shape::Values(values, &[]) }
    }

    pub(crate) const fn list(
        name: &'static str,
        kind: u8,
        first: &'static [Piece],
        more: &'static [Piece],
    ) -> Self {
        Self { name, kind, shape: Shape::Values(first, more) }
    }

    pub(crate) const fn bytes(name: &'static str, kind: u8) -> Self {
        Self { name, kind, shape: Shape::Bytes }
    }
}

impl Piece {
    /// How many bytes it takes.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Number(length) => length,
            Self::Ipv4 => 4,
        }
    }
}
