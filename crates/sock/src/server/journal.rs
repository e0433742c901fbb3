//! What the server tells: lines for people on standard error, events for programs on standard output.

use std::fmt::Display;
use std::io::{self, stdout};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::gate::Refused;
use super::shared::Totals;
use crate::endpoint::Scheme;
use crate::exit::Failure;
use crate::explain;
use crate::quantity::Bytes;
use crate::report::console;
use crate::report::escape::escape;
use crate::report::json::Event;
use crate::report::log::{Log, Volume};
use crate::signal::Signal;

/// The most of a piece that a line shows, in bytes.
const SHOWN: usize = 200;

/// How long the last lines may take to leave.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The server's log. Telling never waits: what nobody reads in time is dropped and counted.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    /// Where nothing but errors is told, there is no thread to write them before the first.
    lines: Arc<OnceLock<Log>>,
    events: Option<Log>,
    /// Whether anything but errors is told, so that what is not is not even put together.
    talks: bool,
}

/// Who is on the other end: the connection's number, if it is one, and the peer's address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer<'a> {
    /// Counted from 1; `None` for a datagram's sender.
    pub(crate) number: Option<u64>,
    /// The address, safe to show.
    pub(crate) address: &'a str,
    /// That of the proxy that has named it, if one has.
    pub(crate) proxy: Option<&'a str>,
}

/// What a connection came to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account<'a> {
    /// Bytes received.
    pub(crate) bytes_in: u64,
    /// Bytes sent.
    pub(crate) bytes_out: u64,
    /// How long it was open.
    pub(crate) time: Duration,
    /// Where it was passed on to, if it was.
    pub(crate) to: Option<&'a str>,
    /// Why it ended, where the peer did not simply finish.
    pub(crate) reason: Option<&'a str>,
}

/// How many came, and what of them was not served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// Those that were connected.
    pub(crate) connections: u64,
    /// Datagrams whose answer would have been an amplification.
    pub(crate) unanswered: u64,
    /// Clients and datagrams that were turned away, and by which options, where any may be.
    pub(crate) refused: Option<(u64, &'static str)>,
    /// Of a relay: datagrams over its rate, and those without room.
    pub(crate) lost: Option<[u64; 2]>,
}

impl Journal {
    /// Starts the writers. With `json` events go to standard output, and standard error keeps the errors alone.
    pub(crate) fn start(quiet: bool, json: bool) -> io::Result<Self> {
        let events =
            json.then(|| explain::events().map_or_else(|| Log::start_events(stdout()), Ok)).transpose()?;
        if quiet || json {
            console::quieten();
        }
        let lines = if quiet || json { OnceLock::new() } else { console::log(Volume::Normal)?.into() };
        Ok(Self { lines: Arc::new(lines), talks: !quiet || json, events })
    }

    /// The server listens on `address` (`tcp 127.0.0.1:12345`).
    pub(crate) fn listening(&self, scheme: Scheme, address: &str) {
        self.line(format_args!("listening on {}", scheme.at(address)));
        self.event(|| Event::new("listening").field("transport", scheme.name()).field("address", address));
    }

    /// A connection was accepted.
    pub(crate) fn opened(&self, peer: Peer<'_>) {
        self.line(format_args!("{peer} opened"));
        self.accepted(peer);
    }

    /// A connection was accepted, of which people read when it ends.
    pub(crate) fn accepted(&self, peer: Peer<'_>) {
        self.event(|| peer.describe(Event::new("opened")));
    }

    /// A client is passed on to `to`.
    pub(crate) fn reached(&self, peer: Peer<'_>, to: &str) {
        self.event(|| peer.describe(Event::new("reached")).field("to", to));
    }

    /// A client could not be passed on, which its last line tells too; where no such line is printed, this is told.
    pub(crate) fn unreached(&self, peer: Peer<'_>, failure: &Failure) {
        let has_line = self.lines.get().is_some_and(Log::shows_lines);
        if let Some(lines) = self.lines_for_errors().filter(|_| !has_line) {
            lines.error(format_args!("{peer}: {}", failure.message), &failure.hints);
        }
    }

    /// A client or a datagram was turned away; those since the last such line are counted in.
    pub(crate) fn refused(&self, peer: Peer<'_>, refused: &Refused) {
        self.line(format_args!("{peer} {}", refused.words()));
        self.event(|| {
            let event = peer.describe(Event::new("refused"));
            event.field("reason", &*refused.reason).field("count", refused.count)
        });
    }

    /// Whether anything but errors is told, so that what is not is not even put together.
    pub(crate) fn talks(&self) -> bool {
        self.talks
    }

    /// A piece or a datagram came.
    pub(crate) fn received(&self, peer: Peer<'_>, piece: &[u8]) {
        if !self.talks {
            return;
        }
        let length = Bytes(piece.len() as u64);
        self.line(format_args!("{peer} received {length}: {}", escape(piece, SHOWN)));
        self.event(|| peer.describe(Event::new("received")).payload(piece));
    }

    /// A connection ended.
    pub(crate) fn closed(&self, peer: Peer<'_>, account: &Account<'_>) {
        let Account { bytes_in, bytes_out, time, to, reason } = *account;
        let seconds = time.as_secs_f64();
        let why = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
        let to = to.map(|to| format!(" > {to}")).unwrap_or_default();
        self.line(format_args!(
            "{peer}{to} closed: {} in, {} out, {seconds:.3} s{why}",
            Bytes(bytes_in),
            Bytes(bytes_out)
        ));
        self.event(|| {
            let event = peer.describe(Event::new("closed"));
            let event = match account.to {
                Some(to) => event.field("to", to),
                None => event,
            };
            let event = event.field("bytes_in", bytes_in).field("bytes_out", bytes_out).seconds(time);
            match reason {
                Some(reason) => event.field("reason", reason),
                None => event,
            }
        });
    }

    /// So many lines about datagrams from beyond this machine were not told; nothing where there is none.
    pub(crate) fn hidden(&self, lines: u64) {
        match lines {
            0 => {}
            1 => self.line("... 1 line about others' datagrams not shown"),
            _ => self.line(format_args!("... {lines} lines about others' datagrams not shown")),
        }
        if lines > 0 {
            self.event(|| Event::new("not_shown").field("count", lines));
        }
    }

    /// No further clients are taken; `meanwhile` is what becomes of those that are connected.
    pub(crate) fn stopping(&self, signal: Signal, connections: usize, meanwhile: &str) {
        self.line(format_args!("stopping: no new clients; {meanwhile} (Ctrl-C again to quit now)"));
        self.event(|| {
            let event = Event::new("draining").field("signal", signal.to_string());
            event.field("connections", connections as u64)
        });
    }

    /// So many clients were cut off, for `reason`, with `what` before they were done.
    pub(crate) fn cut_off(&self, connections: usize, what: &str, reason: &str) {
        let clients = if connections == 1 { "client" } else { "clients" };
        self.line(format_args!("cut off{what}: {connections} {clients} ({reason})"));
        self.event(|| Event::new("cut_off").field("connections", connections as u64).field("reason", reason));
    }

    /// Something that a person should know, and nothing that ends the server.
    pub(crate) fn note(&self, text: impl Display) {
        self.line(&text);
        self.event(|| Event::new("note").field("message", text.to_string()));
    }

    /// Something that is not safe, which those who want errors alone are told too.
    pub(crate) fn warn(&self, text: &str) {
        if let Some(lines) = self.lines_for_errors() {
            lines.note(text);
        }
        self.event(|| Event::new("note").field("message", text));
    }

    /// Something that went wrong, and that the server survives.
    pub(crate) fn error(&self, failure: &Failure) {
        if let Some(lines) = self.lines_for_errors() {
            lines.error(&failure.message, &failure.hints);
        }
        self.event(|| failure.survived());
    }

    /// What ended the server, as an event; the text is printed where the process ends.
    pub(crate) fn failed(&self, failure: &Failure) {
        self.event(|| failure.event());
    }

    /// The last word: what the whole run came to.
    pub(crate) fn summary(&self, counts: Counts, account: &Account<'_>) {
        let Counts { connections, unanswered, refused, lost } = counts;
        if unanswered > 0 {
            let datagrams = if unanswered == 1 { "datagram" } else { "datagrams" };
            self.line(format_args!(
                "{unanswered} {datagrams} not answered: the reply would exceed 3 times what the sender sent"
            ));
        }
        if let Some((refused, options)) = refused.filter(|(refused, _)| *refused > 0) {
            self.line(format_args!("{refused} refused by {options}"));
        }
        self.event(|| {
            let event = Event::new("summary").field("connections", connections);
            let event = event
                .field("bytes_in", account.bytes_in)
                .field("bytes_out", account.bytes_out)
                .field("unanswered", unanswered);
            let event = describe_lost(event, lost);
            match refused {
                Some((refused, _)) => event.field("refused", refused).seconds(account.time),
                None => event.seconds(account.time),
            }
        });
    }

    /// What it has come to so far.
    pub(crate) fn totals(&self, totals: &Totals) {
        self.end_of(totals);
        let Totals { connections, open, bytes_in, bytes_out, lost, time } = *totals;
        self.event(|| {
            let event = Event::new("totals").field("connections", connections).field("open", open as u64);
            let event = event.field("bytes_in", bytes_in).field("bytes_out", bytes_out);
            describe_lost(event, lost).seconds(time)
        });
    }

    /// The line of it.
    pub(crate) fn end_of(&self, totals: &Totals) {
        let Totals { connections, open, bytes_in, bytes_out, lost, time } = *totals;
        let noun = if connections == 1 { "connection" } else { "connections" };
        let (bytes_in, bytes_out, seconds) = (Bytes(bytes_in), Bytes(bytes_out), time.as_secs_f64());
        self.line(format_args!(
            "{connections} {noun}, {open} open: {bytes_in} in, {bytes_out} out, {seconds:.3} s"
        ));
        let why = ["over --rate", "there was no room for them"];
        for (lost, why) in lost.unwrap_or_default().into_iter().zip(why).filter(|(lost, _)| *lost > 0) {
            let noun = if lost == 1 { "datagram" } else { "datagrams" };
            self.line(format_args!("{lost} {noun} lost: {why}"));
        }
    }

    /// Whether a person watches what is told.
    pub(crate) fn has_terminal(&self) -> bool {
        self.lines.get().is_some_and(Log::shows_lines) && console::has_status()
    }

    /// What stands below the lines, until it is written anew.
    pub(crate) fn status(&self, status: String) {
        if let Some(lines) = self.lines.get() {
            lines.status(Some(status));
        }
    }

    /// Waits, for a moment at most, until what was told has been written.
    pub(crate) fn finish(&self) {
        if let Some(lines) = self.lines.get() {
            lines.status(None);
            lines.flush(LAST_LINES);
        }
        if let Some(events) = &self.events {
            events.flush(LAST_LINES);
        }
    }

    fn line(&self, line: impl Display) {
        if let Some(lines) = self.lines.get() {
            lines.line(line);
        }
    }

    /// The log, started for the first error of a quiet server; none where no thread can be had, and then nobody is
    /// told.
    fn lines_for_errors(&self) -> Option<&Log> {
        if self.lines.get().is_none() {
            // Should another thread be first, this log ends unused.
            let _ = self.lines.set(console::log(Volume::Quiet).ok()?);
        }
        self.lines.get()
    }

    fn event(&self, event: impl FnOnce() -> Event) {
        if let Some(events) = &self.events {
            events.event(event());
        }
    }
}

/// What a relay of datagrams has lost, as fields of an event.
fn describe_lost(event: Event, lost: Option<[u64; 2]>) -> Event {
    match lost {
        Some([over_rate, no_room]) => event.field("over_rate", over_rate).field("no_room", no_room),
        None => event,
    }
}

/// A Unix peer without a name: its process and its user, where the kernel tells.
pub(crate) fn unnamed(process: Option<(i32, u32)>) -> String {
    match process {
        Some((pid, uid)) => format!("unnamed (pid {pid}, uid {uid})"),
        None => "unnamed".to_owned(),
    }
}

impl<'a> Peer<'a> {
    /// One of this address, of which no more is known.
    pub(crate) const fn at(address: &'a str) -> Self {
        Self { number: None, address, proxy: None }
    }

    /// As fields of an event.
    pub(crate) fn describe(&self, event: Event) -> Event {
        let event = match self.number {
            Some(number) => event.field("connection", number),
            None => event,
        };
        let event = event.field("peer", self.address);
        match self.proxy {
            Some(proxy) => event.field("proxy", proxy),
            None => event,
        }
    }
}

impl Display for Peer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.number {
            Some(number) => write!(f, "#{number} {}", self.address),
            None => f.write_str(self.address),
        }
    }
}
