//! Lines for people: which words stand before them, how long they may be, and that they cannot drive a terminal.

use std::fmt::{self, Display, Write as _};

use super::escape;

/// How many bytes of a line are kept before its newline.
pub const LINE_LIMIT: usize = 2_048;

/// How many lines of one error are kept.
const ERROR_LINES: usize = 16;

/// How lines look: with colours or without.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// Without colours.
    pub const PLAIN: Self = Self { coloured: false };
    /// With them.
    pub const COLOURED: Self = Self { coloured: true };

    /// One line of a log; a newline within it is escaped.
    pub fn line(self, line: impl Display) -> String {
        let mut text = String::new();
        push(&mut text, "", line);
        text
    }

    /// What is neither error nor hint, behind `sock: `. A newline in it starts a line.
    pub fn note(self, note: impl Display) -> String {
        let mut text = String::new();
        push_lines(&mut text, "sock: ", &note.to_string());
        text
    }

    /// An error behind `sock: error: `, then each hint on a line of its own behind `sock: hint: `. A newline in the
    /// error starts a line, so that a text with a caret under it stays as it is.
    pub fn error<H: AsRef<str>>(self, error: impl Display, hints: &[H]) -> String {
        let (error_prefix, hint_prefix) = if self.coloured {
            ("sock: \x1b[1;31merror:\x1b[0m ", "sock: \x1b[36mhint:\x1b[0m ")
        } else {
            ("sock: error: ", "sock: hint: ")
        };
        let mut text = String::new();
        push_lines(&mut text, error_prefix, &error.to_string());
        for hint in hints {
            push(&mut text, hint_prefix, hint.as_ref());
        }
        text
    }
}

/// Appends lines, of which the first has the prefix.
fn push_lines(text: &mut String, prefix: &str, lines: &str) {
    for (number, line) in lines.lines().take(ERROR_LINES).enumerate() {
        push(text, if number == 0 { prefix } else { "" }, line);
    }
}

/// Appends one line, escaped and bounded, with its newline.
fn push(text: &mut String, prefix: &str, line: impl Display) {
    text.push_str(prefix);
    let end = text.len() + LINE_LIMIT;
    let mut bounded = Bounded { text, end };
    let outcome = write!(bounded, "{line}");
    text.push_str(if outcome.is_err() { "…\n" } else { "\n" });
}

/// Takes text up to a limit and then refuses, so that an endless line costs no more than a long one.
struct Bounded<'a> {
    text: &'a mut String,
    end: usize,
}

impl fmt::Write for Bounded<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        piece.chars().try_for_each(|c| self.write_char(c))
    }

    fn write_char(&mut self, c: char) -> fmt::Result {
        if self.text.len() + c.len_utf8() > self.end {
            return Err(fmt::Error);
        }
        // What was escaped before keeps its backslashes.
        if c == '\\' || escape::is_printable(c) {
            self.text.push(c);
            return Ok(());
        }
        escape::write_char(self.text, c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_on_the_word_alone_and_a_message_has_none_of_its_own() {
        let coloured = Style::COLOURED.error("no \x1b[7m\n  ^^", &["look"]);
        assert_eq!(
            coloured,
            "sock: \x1b[1;31merror:\x1b[0m no \\x1b[7m\n  ^^\nsock: \x1b[36mhint:\x1b[0m look\n"
        );
        assert_eq!(Style::PLAIN.error("no", &["look"]), "sock: error: no\nsock: hint: look\n");
        assert_eq!(Style::COLOURED.note("connected to \x07"), "sock: connected to \\x07\n");
    }
}
