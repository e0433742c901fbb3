//! What is made of the bytes that come: printed as they are, made safe for a terminal, dumped, told as events, dropped.

use std::io;

use crate::report::hex::HexDump;
use crate::report::json::Event;
use crate::report::patience;
use crate::report::terminal::TerminalFilter;

/// Where received bytes go.
#[derive(Debug)]
pub(super) enum Output {
    Bytes,
    Terminal(TerminalFilter),
    Hex(HexDump),
    Events,
    Nothing,
}

impl Output {
    /// Writes one piece or datagram, and flushes: what came is shown before more is waited for.
    pub(super) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        let mut text = String::new();
        match self {
            Self::Bytes => return print(piece),
            Self::Nothing => return Ok(()),
            Self::Events => text = Event::new("received").payload(piece).into_line(),
            Self::Terminal(filter) => filter.push(piece, &mut text),
            Self::Hex(dump) => dump.push(piece, &mut text),
        }
        print(text.as_bytes())
    }

    /// Writes what was held back for a rest that will not come.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        let mut text = String::new();
        match self {
            Self::Terminal(filter) => filter.flush(&mut text),
            Self::Hex(dump) => dump.flush(&mut text),
            Self::Bytes | Self::Events | Self::Nothing => return Ok(()),
        }
        print(text.as_bytes())
    }
}

/// Writes to standard output, in one piece whatever other threads print.
pub(super) fn print(bytes: &[u8]) -> io::Result<()> {
    patience::write(&mut io::stdout().lock(), bytes)
}
