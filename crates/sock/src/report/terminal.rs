//! A peer's bytes on the way to a terminal: what prints passes, what could drive the terminal is escaped.
//!
//! Letters of UTF-8, newlines and tabs pass, and so does the `\r` of a `\r\n`. A letter that comes in two pieces is
//! shown whole.
//!
//! ```
//! use sock::report::terminal::TerminalFilter;
//!
//! let mut shown = String::new();
//! let mut filter = TerminalFilter::new();
//! filter.push("caf\u{e9}\r\n".as_bytes(), &mut shown);
//! filter.push(b"\x1b[2Jgone?", &mut shown);
//! filter.flush(&mut shown);
//! assert_eq!(shown, "caf\u{e9}\r\n\\x1b[2Jgone?");
//! ```

use super::escape;
use super::utf8::incomplete_tail;

/// Filters a stream, piece by piece.
#[derive(Clone, Debug, Default)]
pub struct TerminalFilter {
    /// The beginning of a letter, or a `\r` that may belong to a newline: at most 3 bytes.
    held: Vec<u8>,
}

impl TerminalFilter {
    /// A filter that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what may be shown of `bytes` to `out`.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(bytes);
        let whole = joined.len() - unfinished(&joined);
        show(&joined[..whole], out);
        self.held = joined.split_off(whole);
    }

    /// Appends what was held back for a rest that never came.
    pub fn flush(&mut self, out: &mut String) {
        show(&std::mem::take(&mut self.held), out);
    }
}

/// How many bytes at the end may mean something else once more have come.
fn unfinished(bytes: &[u8]) -> usize {
    if bytes.ends_with(b"\r") {
        return 1;
    }
    incomplete_tail(bytes)
}

fn show(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        let mut letters = chunk.valid().chars().peekable();
        while let Some(letter) = letters.next() {
            let newline = letter == '\r' && letters.peek() == Some(&'\n');
            if newline || matches!(letter, '\n' | '\t' | '\\') || escape::is_printable(letter) {
                out.push(letter);
            } else {
                // Writing to a String never fails.
                let _ = escape::write_char(out, letter);
            }
        }
        push_escaped(chunk.invalid(), out);
    }
}

fn push_escaped(bytes: &[u8], out: &mut String) {
    out.push_str(&escape::escape(bytes, usize::MAX).to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filtered(pieces: &[&[u8]]) -> String {
        let mut out = String::new();
        let mut filter = TerminalFilter::new();
        for piece in pieces {
            filter.push(piece, &mut out);
        }
        filter.flush(&mut out);
        out
    }

    #[test]
    fn letters_and_newlines_that_come_in_pieces_are_whole() {
        assert_eq!(filtered(&[b"\xe9\x97", b"\xa8\r", b"\n"]), "\u{95e8}\r\n");
        assert_eq!(filtered(&[b"a\rb\r"]), "a\\rb\\r", "a lone return could overwrite the line");
        assert_eq!(filtered(&[b"\xe9\x97"]), "\\xe9\\x97", "the rest never came");
    }

    proptest! {
        #[test]
        fn nothing_that_drives_a_terminal_passes(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..8),
        ) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let shown = filtered(&pieces);
            for letter in shown.replace("\r\n", "\n").chars() {
                prop_assert!(matches!(letter, '\n' | '\t') || escape::is_printable(letter) || letter == '\\');
            }
        }

        #[test]
        fn where_the_pieces_end_changes_nothing(
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            cut in any::<prop::sample::Index>(),
        ) {
            let (left, right) = bytes.split_at(cut.index(bytes.len() + 1));
            prop_assert_eq!(filtered(&[left, right]), filtered(&[&bytes]));
        }
    }
}
