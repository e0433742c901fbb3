//! A piece of the text being read, which knows where in the text it stands.

use std::fmt;
use std::ops::Range;

use crate::report::escape::{Escaped, escape, is_printable};

/// How many bytes of a piece an error repeats.
const SHOWN: usize = 40;

/// Suggestions repeat what was written, which may be of any length.
const LONGEST_SUGGESTION: usize = 80;

/// Part of an endpoint's text and its offset there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Piece<'a> {
    text: &'a str,
    start: usize,
}

/// What is wrong and where, before it is joined with the whole text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Fault {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) suggestion: Option<String>,
}

impl<'a> Piece<'a> {
    pub(super) fn whole(text: &'a str) -> Self {
        Self { text, start: 0 }
    }

    pub(super) fn text(self) -> &'a str {
        self.text
    }

    pub(super) fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn span(self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// The text as an error repeats it: bounded, and safe for a terminal.
    pub(super) fn shown(self) -> Escaped<'a> {
        escape(self.text.as_bytes(), SHOWN)
    }

    /// Cuts at a byte that must be a character boundary; beyond the end cuts at the end.
    pub(super) fn split_at(self, at: usize) -> (Self, Self) {
        let (head, tail) = self.text.split_at_checked(at).unwrap_or((self.text, ""));
        (Self { text: head, start: self.start }, Self { text: tail, start: self.start + head.len() })
    }

    /// What stands before and after the first `separator`, which is a single byte.
    pub(super) fn split_once(self, separator: char) -> Option<(Self, Self)> {
        self.text.find(separator).map(|at| self.around(at))
    }

    /// What stands before and after the last `separator`, which is a single byte.
    pub(super) fn rsplit_once(self, separator: char) -> Option<(Self, Self)> {
        self.text.rfind(separator).map(|at| self.around(at))
    }

    pub(super) fn strip_prefix(self, prefix: &str) -> Option<Self> {
        self.text.strip_prefix(prefix).map(|text| Self { text, start: self.start + prefix.len() })
    }

    /// The empty piece after the last byte.
    pub(super) fn end(self) -> Self {
        self.split_at(self.text.len()).1
    }

    /// The first character that `wrong` picks, or None.
    pub(super) fn find_char(self, wrong: impl Fn(char) -> bool) -> Option<Self> {
        let (at, c) = self.text.char_indices().find(|(_, c)| wrong(*c))?;
        let (_, tail) = self.split_at(at);
        Some(tail.split_at(c.len_utf8()).0)
    }

    pub(super) fn fault(self, message: impl fmt::Display) -> Fault {
        Fault { span: self.span(), message: message.to_string(), suggestion: None }
    }

    /// Cuts around the one-byte character at `at`.
    fn around(self, at: usize) -> (Self, Self) {
        let (head, tail) = self.split_at(at);
        (head, tail.split_at(1).1)
    }
}

impl Fault {
    /// Adds what the writer may have meant, unless it is too long or too odd to be of help.
    pub(super) fn suggest(mut self, suggestion: impl fmt::Display) -> Self {
        let suggestion = suggestion.to_string();
        let helps = suggestion.len() <= LONGEST_SUGGESTION && suggestion.chars().all(is_printable);
        self.suggestion = helps.then_some(suggestion);
        self
    }

    /// As [`Fault::suggest`], if there is anything to suggest.
    pub(super) fn suggest_nearest(mut self, word: Option<&str>) -> Self {
        self.suggestion = word.map(str::to_owned);
        self
    }
}
