//! Where in its text each part of an endpoint stands, for whoever refuses it once it has been read.

use std::ops::Range;

use super::error::ParseError;
use super::piece::Piece;

/// The text that an endpoint was read from, and where its parts stand there; empty for one that was not read.
///
/// It is no part of what makes two endpoints equal.
#[derive(Clone, Debug, Default)]
pub struct Source {
    text: String,
    place: Written,
    options: Vec<(&'static str, Written)>,
}

/// Where a place or a value stands. The parts that it does not have are empty, at its end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// All of it.
    pub whole: Range<usize>,
    /// The host, brackets included.
    pub host: Range<usize>,
    /// The zone in the host's brackets.
    pub zone: Range<usize>,
    /// The port.
    pub port: Range<usize>,
}

impl Source {
    pub(super) fn new(text: &str, place: Written, options: Vec<(&'static str, Written)>) -> Self {
        Self { text: text.to_owned(), place, options }
    }

    /// Where the place stands.
    pub const fn place(&self) -> &Written {
        &self.place
    }

    /// Where the value of an own option stands, or the option itself where it has none; `None` if it is not written.
    pub fn option(&self, name: &str) -> Option<&Written> {
        self.options.iter().find(|(known, _)| *known == name).map(|(_, written)| written)
    }

    /// A fault that shows only now: `span` is where.
    pub fn fault(&self, span: Range<usize>, message: impl Into<String>) -> ParseError {
        ParseError::at(&self.text, span, message)
    }

    /// As [`fault`](Self::fault), at the value of an own option; at the text's end if that is not written.
    pub fn fault_of(&self, name: &str, message: impl Into<String>) -> ParseError {
        let end = self.text.len()..self.text.len();
        self.fault(self.option(name).map_or(end, |written| written.whole.clone()), message)
    }
}

impl PartialEq for Source {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Source {}

impl Written {
    /// What is no host.
    pub(super) fn whole(piece: Piece<'_>) -> Self {
        let end = piece.end().span();
        Self { whole: piece.span(), host: end.clone(), zone: end.clone(), port: end }
    }
}
