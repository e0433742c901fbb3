//! What is made of the bytes that come: printed as they are, made safe for a terminal, dumped, told as events, dropped.

use std::io;

use crate::explain;
use crate::report::hex::HexDump;
use crate::report::json::Event;
use crate::report::patience;
use crate::report::terminal::TerminalFilter;

/// How received bytes are shown.
#[derive(Debug)]
pub enum Output {
    /// As they are.
    Bytes,
    /// With what could drive a terminal escaped.
    Terminal(TerminalFilter),
    /// As a hex dump.
    Hex(HexDump),
    /// As events, one JSON object a line.
    Events,
    /// Not at all.
    Nothing,
}

impl Output {
    /// What is written for one piece or message: all that came of it, but for the beginning of a letter.
    pub(super) fn show(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut text = String::new();
        match self {
            Self::Bytes => return piece.to_vec(),
            Self::Nothing => {}
            Self::Events => text = Event::new("received").payload(piece).into_line(),
            Self::Terminal(filter) => filter.push(piece, &mut text),
            Self::Hex(dump) => {
                dump.push(piece, &mut text);
                // The rest of a line may never come.
                dump.flush(&mut text);
            }
        }
        text.into_bytes()
    }

    /// What was held back for a rest that will not come.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let mut text = String::new();
        if let Self::Terminal(filter) = self {
            filter.flush(&mut text);
        }
        text.into_bytes()
    }
}

/// Writes to standard output, in one piece whatever other threads print.
///
/// # Errors
///
/// Fails where it cannot be written.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    patience::write(&mut io::stdout().lock(), bytes)
}

/// As [`print()`], but nobody is waited for longer than a moment: where the reader has stalled, the text is lost with
/// the rest, and the command can go on to its end.
pub fn print_soon(text: String) {
    explain::settle();
    patience::for_a_moment(move || {
        // An output that is closed is noticed where payload is written.
        let _ = print(text.as_bytes());
    });
}
