//! What is wrong with a filter, while it is being read.

use std::ops::Range;

use crate::fault::{ParseError, nearest};

/// The bytes at fault, what was wanted, and what was probably meant: a [`ParseError`] without the text.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) suggestion: Option<&'static str>,
}

impl Fault {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), suggestion: None }
    }

    /// With the word of `known` that is nearest to `word`.
    pub(super) fn near(mut self, word: &str, known: impl Iterator<Item = &'static str>) -> Self {
        self.suggestion = nearest(word, known);
        self
    }

    pub(super) fn of(self, text: &str) -> ParseError {
        ParseError::new(text, self.span, self.message).meant(self.suggestion)
    }
}
