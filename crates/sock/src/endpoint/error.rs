//! What is wrong with an endpoint's text, shown under the text itself.

use std::error::Error;
use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use super::piece::Fault;
use crate::report::escape::write_char;

/// How many columns of the text are shown at most.
const COLUMNS: usize = 100;

/// How many of them may stand before the fault.
const COLUMNS_BEFORE: usize = 60;

/// An endpoint that cannot be read: the text, the bytes at fault, what was wanted, and what was probably meant.
///
/// It prints as three lines: the message, the text around the fault, and a caret under the fault. The text is escaped,
/// so nothing in it can drive a terminal, and at most 100 columns of it are shown.
///
/// ```text
/// unknown scheme "tpc"; did you mean "tcp"?
///   tpc://localhost:80
///   ^^^
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    text: String,
    fault: Fault,
}

impl ParseError {
    pub(super) fn new(text: &str, fault: Fault) -> Self {
        Self { text: text.to_owned(), fault }
    }

    /// A fault that shows only once the meaning of a word is known: `span` is its place in `text`.
    pub(crate) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        Self::new(text, Fault { span, message: message.into(), suggestion: None })
    }

    /// The same fault in `text`, which ends as the text does that was read: for who completed what a person wrote.
    #[must_use]
    pub(crate) fn shown_in(self, text: &str) -> Self {
        let moved = |at: usize| (at + text.len()).saturating_sub(self.text.len());
        let span = moved(self.fault.span.start)..moved(self.fault.span.end);
        Self::new(text, Fault { span, ..self.fault })
    }

    /// The text as it was given.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The bytes of the text that are at fault, on character boundaries; empty where something is missing.
    pub fn span(&self) -> Range<usize> {
        self.fault.span.clone()
    }

    /// What was wanted and what was found, in one line, without the suggestion.
    pub fn message(&self) -> &str {
        &self.fault.message
    }

    /// What was probably meant: a word or a whole endpoint; None if nothing is near.
    pub fn suggestion(&self) -> Option<&str> {
        self.fault.suggestion.as_deref()
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fault.message)?;
        if let Some(suggestion) = self.suggestion() {
            write!(f, "; did you mean \"{suggestion}\"?")?;
        }
        let window = Window::around(&self.text, &self.fault.span);
        let indent = window.before.width();
        let carets = window.fault.width().max(1);
        write!(f, "\n  {}{}{}\n  {:indent$}{:^<carets$}", window.before, window.fault, window.after, "", "")
    }
}

impl Error for ParseError {}

/// The part of a text that is shown, escaped and cut to [`COLUMNS`].
struct Window {
    before: String,
    fault: String,
    after: String,
}

impl Window {
    fn around(text: &str, span: &Range<usize>) -> Self {
        let part = |range: Range<usize>| text.get(range).unwrap_or_default();
        let before = last_columns(part(0..span.start), COLUMNS_BEFORE);
        let fault = first_columns(part(span.clone()), COLUMNS.saturating_sub(before.width()));
        let left = COLUMNS.saturating_sub(before.width() + fault.width());
        let after = if left == 0 { String::new() } else { first_columns(part(span.end..text.len()), left) };
        Self { before, fault, after }
    }
}

/// As much of the start as fits into `columns`, escaped; `…` stands for the rest.
fn first_columns(text: &str, columns: usize) -> String {
    let (shown, all) = take_columns(text.chars(), columns);
    if all {
        return shown.concat();
    }
    let (shown, _) = take_columns(text.chars(), columns.saturating_sub(1));
    shown.concat() + "…"
}

/// As much of the end as fits into `columns`, escaped; `…` stands for the rest.
fn last_columns(text: &str, columns: usize) -> String {
    let (mut shown, all) = take_columns(text.chars().rev(), columns);
    if !all {
        shown = take_columns(text.chars().rev(), columns.saturating_sub(1)).0;
        shown.push("…".to_owned());
    }
    shown.reverse();
    shown.concat()
}

/// Escapes characters while they fit into `columns`; true if all did.
fn take_columns(chars: impl Iterator<Item = char>, columns: usize) -> (Vec<String>, bool) {
    let mut shown = Vec::new();
    let mut left = columns;
    // Marks take no column, so a heap of them must be bounded too.
    let mut marks_left = columns;
    for c in chars {
        let mut escaped = String::new();
        if c == '\\' {
            escaped.push(c);
        } else {
            // Writing to a String never fails.
            let _ = write_char(&mut escaped, c);
        }
        let width = escaped.width();
        let budget = if width == 0 { &mut marks_left } else { &mut left };
        match budget.checked_sub(width.max(1)) {
            Some(rest) => *budget = rest,
            None => return (shown, false),
        }
        shown.push(escaped);
    }
    (shown, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        let fault = Fault { span, message: "wrong".to_owned(), suggestion: None };
        ParseError::new(text, fault).to_string()
    }

    #[test]
    fn the_caret_stands_under_the_fault() {
        let rows = [
            ("tpc://a:1", 0..3, "wrong\n  tpc://a:1\n  ^^^"),
            ("tcp://a", 7..7, "wrong\n  tcp://a\n         ^"),
            ("", 0..0, "wrong\n  \n  ^"),
            ("日本:x", 7..8, "wrong\n  日本:x\n       ^"),
            ("x:日本", 2..8, "wrong\n  x:日本\n    ^^^^"),
            ("e\u{301}:x", 4..5, "wrong\n  e\u{301}:x\n    ^"),
            ("\x1b[2J:x", 5..6, "wrong\n  \\x1b[2J:x\n          ^"),
            ("\u{202e}:\n", 4..5, "wrong\n  \\u{202e}:\\n\n           ^^"),
            ("a\\b:x", 4..5, "wrong\n  a\\b:x\n      ^"),
        ];
        for (text, span, want) in rows {
            assert_eq!(shown(text, span), want, "{text:?}");
        }
    }

    #[test]
    fn the_fault_moves_with_the_end_of_the_text() {
        let error = ParseError::at("udp://:1?x=9", 9..10, "wrong");
        assert_eq!(error.clone().shown_in("udp?x=9").to_string(), "wrong\n  udp?x=9\n      ^");
        // A fault in what stands before the end is shown where the text begins.
        assert_eq!(ParseError::at("udp://:1?x", 7..8, "wrong").shown_in("x").span(), 0..0);
    }

    #[test]
    fn a_long_text_is_shown_around_its_fault() {
        let text = format!("{}X{}", "a".repeat(1000), "b".repeat(1000));
        let want = format!("wrong\n  …{}X{}…\n  {:60}^", "a".repeat(59), "b".repeat(38), "");
        assert_eq!(shown(&text, 1000..1001), want);
        let want = format!("wrong\n  {}…\n  {}", "c".repeat(99), "^".repeat(100));
        assert_eq!(shown(&"c".repeat(5000), 0..5000), want);
    }

    #[test]
    fn whatever_the_text_the_output_is_bounded() {
        for unit in ["a", "日", "e\u{301}", "\u{301}", "\x1b", "\u{10ffff}", "\\"] {
            let text = unit.repeat(10_000);
            let middle = unit.len() * 5_000;
            for span in [0..0, middle..middle, middle..text.len(), 0..text.len(), text.len()..text.len()] {
                let shown = shown(&text, span.clone());
                assert!(shown.lines().all(|line| line.width() <= COLUMNS + 2), "{unit:?} {span:?}\n{shown}");
                assert!(shown.len() < 2_000, "{unit:?} {span:?}");
            }
        }
    }
}
