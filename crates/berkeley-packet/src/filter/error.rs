//! What is wrong with a filter's text, shown under the text itself.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// How many characters of the text are shown at most, and how many of them in front of the fault.
const SHOWN: usize = 100;
const SHOWN_BEFORE: usize = 60;

/// A filter that cannot be read: the text, the bytes at fault, what was wanted, and what was probably meant.
///
/// It prints as three lines: the message, the text around the fault, and a caret under the fault. What is not printable
/// ASCII is escaped, so nothing in it can drive a terminal.
///
/// ```text
/// "prot" is no word of filters; did you mean "port"?
///   tcp and prot 80
///           ^^^^
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    text: String,
    span: Range<usize>,
    message: String,
    suggestion: Option<String>,
}

/// The same without the text, while it is being read.
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

    pub(super) fn of(self, text: &str) -> FilterError {
        let suggestion = self.suggestion.map(str::to_owned);
        FilterError { text: text.to_owned(), span: self.span, message: self.message, suggestion }
    }
}

impl FilterError {
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

    /// What was probably meant; none if nothing is near.
    pub fn suggestion(&self) -> Option<&str> {
        self.suggestion.as_deref()
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(suggestion) = &self.suggestion {
            write!(f, "; did you mean \"{suggestion}\"?")?;
        }
        let part = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let before = last(part(0..self.span.start), SHOWN_BEFORE);
        let fault = first(part(self.span.clone()), SHOWN - before.len().min(SHOWN));
        let after =
            first(part(self.span.end..self.text.len()), SHOWN.saturating_sub(before.len() + fault.len()));
        let (indent, carets) = (before.len(), fault.len().max(1));
        write!(f, "\n  {before}{fault}{after}\n  {:indent$}{:^<carets$}", "", "")
    }
}

impl Error for FilterError {}

/// As much of the start as fits into `most` characters, escaped.
fn first(text: &str, most: usize) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        let escaped: String = escape(c);
        if shown.len() + escaped.len() > most {
            break;
        }
        shown.push_str(&escaped);
    }
    shown
}

/// As much of the end as fits into `most` characters, escaped.
fn last(text: &str, most: usize) -> String {
    let mut shown = Vec::new();
    let mut length = 0;
    for c in text.chars().rev() {
        let escaped = escape(c);
        length += escaped.len();
        if length > most {
            break;
        }
        shown.push(escaped);
    }
    shown.reverse();
    shown.concat()
}

fn escape(c: char) -> String {
    if c == '\\' { c.to_string() } else { c.escape_default().to_string() }
        .replace("\\'", "'")
        .replace("\\\"", "\"")
}

/// A word as it is quoted in a message: short, and safe to print.
pub(super) fn quote(word: &str) -> String {
    let shown = first(word, 40);
    if shown.len() < word.len() && !word.contains(|c: char| c.escape_default().len() > 1) {
        return format!("\"{shown}...\"");
    }
    format!("\"{shown}\"")
}

/// The known word that is nearest to `word`, if it is near enough to be meant: one edit in short words, one in three
/// letters of longer ones.
fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    if word.is_empty() || word.len() > 40 || !word.is_ascii() {
        return None;
    }
    let word = word.to_ascii_lowercase();
    let most = (word.len() / 3).max(1);
    let (edits, name) = known.map(|name| (distance(&word, name), name)).min_by_key(|(edits, _)| *edits)?;
    (edits <= most).then_some(name)
}

/// How many letters must be put in, taken out, exchanged or swapped with their neighbour.
fn distance(one: &str, other: &str) -> usize {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut before = vec![0; other.len() + 1];
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, wanted) in other.iter().enumerate() {
            let exchanged = row[j] + usize::from(letter != wanted);
            let mut least = exchanged.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *wanted {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        let known = ["port", "portrange", "proto", "host"];
        let rows = [
            ("prot", Some("port")),
            ("hots", Some("host")),
            ("PORTRAGNE", Some("portrange")),
            ("xyzzy", None),
        ];
        for (word, wanted) in rows {
            assert_eq!(nearest(word, known.into_iter()), wanted, "{word}");
        }
    }

    #[test]
    fn a_long_and_strange_text_is_shown_around_the_fault_and_escaped() {
        let text = format!("{}\u{1b}[31m fault {}", "x".repeat(500), "é".repeat(500));
        let start = text.find("fault").unwrap();
        let shown = Fault::new(start..start + 5, "no").of(&text).to_string();
        assert!(shown.is_ascii() && !shown.replace('\n', "").contains(char::is_control), "{shown}");
        let lines: Vec<_> = shown.lines().collect();
        assert_eq!((lines[0], lines[1].find("fault")), ("no", lines[2].find("^^^^^")));
        assert!(lines[1].len() <= SHOWN + 2, "{shown}");
    }
}
