//! What is made of the bytes that come: printed as they are, made safe for a terminal, dumped, told as events, dropped.

use std::io;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

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

/// How long the events of the command itself wait for a reader that has stalled.
const PATIENCE: Duration = Duration::from_secs(1);

/// As [`print()`], but nobody is waited for longer than a moment: where the reader has stalled, the text is lost with
/// the rest, and the command can go on to its end.
pub(super) fn print_soon(text: String) {
    let (done, printed) = mpsc::channel();
    // Where no thread can be started there is no better way to tell anything either.
    let _ = thread::Builder::new().name("tell".to_owned()).spawn(move || {
        // An output that is closed is noticed where payload is written.
        let _ = print(text.as_bytes());
        let _ = done.send(());
    });
    let _ = printed.recv_timeout(PATIENCE);
}
