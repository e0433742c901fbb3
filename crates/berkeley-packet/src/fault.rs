//! What is wrong with a text that a person wrote, shown under the text itself.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use strsim::osa_distance;

/// How many characters of the text are shown at most.
const SHOWN: usize = 100;

/// How many of them may stand before the fault.
const BEFORE: usize = 60;

/// Longer words than this are not typing slips, and comparing them costs time.
const LONGEST: usize = 40;

/// A text that cannot be read: the text, the bytes at fault, what was wanted, and what was probably meant.
///
/// It prints as three lines: the message, the text around the fault, and a caret under the fault. What is not printable
/// is escaped, so nothing in it can drive a terminal, and at most 100 characters of the text are shown.
///
/// Filters, and packets as text, are refused with it.
///
/// ```text
/// no field of ip is called "tll"; did you mean "ttl"?
///   ip(tll=3)
///      ^^^
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    text: String,
    span: Range<usize>,
    message: String,
    suggestion: Option<String>,
}

impl ParseError {
    /// The bytes `span` of `text` are at fault, as `message` says.
    pub(crate) fn new(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { text: text.to_owned(), span, message: message.into(), suggestion: None }
    }

    /// With what was probably meant, where something is near.
    #[must_use]
    pub(crate) fn meant(mut self, suggestion: Option<&str>) -> Self {
        self.suggestion = suggestion.map(str::to_owned);
        self
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the text that are at fault; empty where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What was wanted and what was found, in one line, without the suggestion.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What was probably meant; none where nothing is near.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean \"{suggestion}\"?")?;
        }
        let part = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let before = end_of(part(0..self.span.start));
        let indent = before.chars().count();
        let fault = start_of(part(self.span.clone()), SHOWN - indent);
        let carets = fault.chars().count().max(1);
        let after = start_of(part(self.span.end..self.text.len()), SHOWN.saturating_sub(indent + carets));
        write!(f, "\n  {before}{fault}{after}\n  {:indent$}{:^<carets$}", "", "")
    }
}

impl Error for ParseError {}

/// The last characters of what stands before the fault; `…` stands for the rest.
fn end_of(text: &str) -> String {
    let shown: String = text.chars().rev().take(BEFORE + 1).collect();
    let shown: Vec<char> = shown.chars().rev().flat_map(escaped).collect();
    match shown.len().checked_sub(BEFORE) {
        None | Some(0) => shown.into_iter().collect(),
        Some(over) => std::iter::once('…').chain(shown[over + 1..].iter().copied()).collect(),
    }
}

/// The first `most` characters of `text`; `…` stands for the rest.
fn start_of(text: &str, most: usize) -> String {
    let mut shown: Vec<char> = text.chars().take(most + 1).flat_map(escaped).collect();
    if shown.len() > most {
        shown.truncate(most.saturating_sub(1));
        shown.extend(Some('…').filter(|_| most > 0));
    }
    shown.into_iter().collect()
}

/// The character, or what stands for it where it is not printable.
fn escaped(c: char) -> Vec<char> {
    match c {
        '"' | '\'' | '\\' => vec![c],
        c => c.escape_debug().collect(),
    }
}

/// The known word nearest to `word` by edits (a swap of neighbours is one), if it is near enough to be meant: one edit
/// in short words, one in three letters of longer ones.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let length = word.chars().count();
    let most = (length / 3).max(1);
    // Each edit changes the length by one at most: few names are left to be compared.
    let alike = known.into_iter().filter(|name| name.chars().count().abs_diff(length) <= most);
    let (edits, name) =
        alike.map(|name| (osa_distance(&word, name), name)).min_by_key(|(edits, _)| *edits)?;
    (edits <= most).then_some(name)
}

/// A word as it is quoted in a message: short, and safe to print.
pub(crate) fn quote(word: &str) -> String {
    format!("\"{}\"", start_of(word, LONGEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let rows = [
            ("ip(tll=3)", 3..6, "wrong\n  ip(tll=3)\n     ^^^"),
            ("ip(", 3..3, "wrong\n  ip(\n     ^"),
            ("", 0..0, "wrong\n  \n  ^"),
            ("\x1b[2J:x", 5..6, "wrong\n  \\u{1b}[2J:x\n            ^"),
            ("a\\\"b:x", 4..5, "wrong\n  a\\\"b:x\n      ^"),
        ];
        for (text, span, want) in rows {
            assert_eq!(ParseError::new(text, span, "wrong").to_string(), want, "{text:?}");
        }
    }

    #[test]
    fn whatever_the_text_the_output_is_bounded() {
        for unit in ["a", "é", "\x1b", "\u{10ffff}", "\\"] {
            let text = unit.repeat(10_000);
            let middle = unit.len() * 5_000;
            for span in [0..0, middle..middle, middle..text.len(), 0..text.len(), text.len()..text.len()] {
                let shown = ParseError::new(&text, span.clone(), "wrong").to_string();
                assert!(shown.lines().all(|line| line.chars().count() <= SHOWN + 3), "{span:?}\n{shown}");
            }
        }
    }

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        let known = ["ttl", "checksum", "proto", "port", "portrange", "host"];
        let rows = [
            ("tll", Some("ttl")),
            ("TTL", Some("ttl")),
            ("checksm", Some("checksum")),
            ("prot", Some("proto")),
            ("hots", Some("host")),
            ("PORTRAGNE", Some("portrange")),
            ("portrangé", Some("portrange")),
            ("id", None),
            ("xyzzy", None),
            ("", None),
        ];
        for (word, want) in rows {
            assert_eq!(nearest(word, known), want, "{word}");
        }
    }
}
