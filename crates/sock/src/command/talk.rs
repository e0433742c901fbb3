//! Standard input and output, and a peer: what `sock connect` and `sock listen` have in common.

use std::cell::Cell;
use std::io::{self, IsTerminal as _};
use std::net::Ipv6Addr;
use std::time::{Duration, Instant};

use crate::cli::TalkArgs;
use crate::endpoint::Scheme;
use crate::exit::{Exit, Failure};
use crate::quantity::Period;
use crate::relay::{End, Meter, Report, Rules, relay};
use crate::report::console;
use crate::report::escape::escape;
use crate::report::hex::HexDump;
use crate::report::json::Event;
use crate::report::terminal::TerminalFilter;
use crate::server::journal::Peer;
use crate::signal::{Signal, Signals};
use crate::stream::{Input, Nature, Output, PIECE, Standard, Stream, Tap, length_with_crlf, print_soon};

/// How long further datagrams are waited for unless told otherwise.
const WAIT: Duration = Duration::from_secs(1);

/// The most of a datagram unless told otherwise, in bytes.
const DATAGRAM: u64 = 1200;

/// How many bytes of a word an error repeats.
const SHOWN: usize = 40;

/// Datagrams: when there are no more.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answers {
    /// How long a further one may come; `None` for as long as it takes.
    pub(super) wait: Option<Duration>,
    /// How many there are to be.
    pub(super) replies: Option<u64>,
}

impl Answers {
    /// What `--wait` and `--replies` ask for.
    pub(super) fn new(wait: Option<Period>, replies: Option<u64>) -> Self {
        Self { wait: Some(wait.map_or(WAIT, |wait| wait.0)), replies }
    }
}

/// Refuses what cannot act with a peer of this scheme, and what cannot be sent.
pub(super) fn check(args: &TalkArgs, scheme: Scheme, datagrams: &[(bool, &str)]) -> Result<(), Failure> {
    let nature = Nature::of(scheme);
    let refused =
        |option: &str, why: &str| Err(Failure::misuse(format!("{option} {why}, and {scheme} has none")));
    if nature.half_close {
        if let Some((_, option)) = datagrams.iter().find(|(given, _)| *given) {
            return refused(option, "is for datagrams");
        }
    } else if args.end_with_peer && !nature.connected {
        return refused("--end-with-peer", "needs a connection, which has an end");
    }
    if args.datagram_size.is_some() && !nature.messages {
        return refused("--datagram-size", "is for datagrams and messages");
    }
    match &args.send {
        Some(text) if nature.messages && length_of(text, args) > most(args) => {
            let (length, most) = (length_of(text, args), most(args));
            let message = format!("--send: the text is {length} bytes, and a datagram takes {most}");
            Err(Failure::misuse(message).hint("--datagram-size sets how many it may take"))
        }
        _ => Ok(()),
    }
}

/// How long the text is as it is sent.
fn length_of(text: &str, args: &TalkArgs) -> u64 {
    let length = if args.crlf { length_with_crlf(text.as_bytes()) } else { text.len() };
    length as u64
}

fn most(args: &TalkArgs) -> u64 {
    args.datagram_size.map_or(DATAGRAM, |size| size.0)
}

/// What a whole run came to.
#[derive(Debug)]
pub(super) struct Tally {
    start: Instant,
    connections: Cell<u64>,
    bytes_in: Cell<u64>,
    bytes_out: Cell<u64>,
    undelivered: Cell<u64>,
    /// Half a line stands on standard output, behind which nothing can be told.
    broken: Cell<bool>,
}

impl Tally {
    /// Nothing so far, of a conversation of which people are told unless `args` says otherwise.
    pub(super) fn new(args: &TalkArgs) -> Self {
        if args.quiet || args.json {
            console::quieten();
        }
        let nothing = || Cell::new(0);
        Self {
            start: Instant::now(),
            connections: nothing(),
            bytes_in: nothing(),
            bytes_out: nothing(),
            undelivered: nothing(),
            broken: Cell::new(false),
        }
    }

    fn add(&self, report: &Report<Signal>) {
        let add = |cell: &Cell<u64>, more| cell.set(cell.get().saturating_add(more));
        add(&self.bytes_in, report.bytes[1]);
        add(&self.bytes_out, report.bytes[0]);
        add(&self.undelivered, report.undelivered);
        self.broken.set(self.broken.get() || !report.shown);
    }

    /// The last events: the failure, and a summary of a run that could begin.
    pub(super) fn end(&self, args: &TalkArgs, outcome: &Result<Exit, Failure>) {
        if !args.json {
            return;
        }
        let exit = match outcome {
            Ok(exit) => *exit,
            Err(failure) => {
                print_soon(failure.event().into_line());
                failure.exit
            }
        };
        if exit == Exit::Misuse || self.broken.get() {
            return;
        }
        let summary = Event::new("summary")
            .field("connections", self.connections.get())
            .field("bytes_in", self.bytes_in.get())
            .field("bytes_out", self.bytes_out.get())
            .field("undelivered", self.undelivered.get())
            .seconds(self.start.elapsed())
            .field("exit_code", exit as u8);
        print_soon(summary.into_line());
    }
}

/// A conversation, or several one after another, between standard input and output and a peer.
pub(super) struct Talk<'a> {
    args: &'a TalkArgs,
    near: Stream,
    signals: &'a mut Signals,
    tally: &'a Tally,
    /// Hears what is said.
    tap: Option<Tap>,
    /// Nobody reads standard output any more, as behind `head -1`.
    pub(super) output_is_closed: bool,
}

impl<'a> Talk<'a> {
    /// Takes standard input and output over, on the runtime on which they are used.
    pub(super) fn new(
        args: &'a TalkArgs,
        signals: &'a mut Signals,
        tally: &'a Tally,
    ) -> Result<Self, Failure> {
        let input = match &args.send {
            Some(text) => Input::text(text.clone().into_bytes()),
            None if args.receive_only => Input::nothing(),
            None => Input::standard()?,
        };
        let near = Stream::Standard(Standard::new(input.with_crlf(args.crlf), output(args))?);
        Ok(Self { args, near, signals, tally, tap: None, output_is_closed: false })
    }

    /// From here on `tap` hears what is said.
    pub(super) fn write_down(&mut self, tap: Tap) {
        self.tap = Some(tap);
    }

    /// The signals, for what is waited for before and after.
    pub(super) fn signals(&mut self) -> &mut Signals {
        self.signals
    }

    /// Whether a person types what is sent.
    pub(super) fn is_terminal(&self) -> bool {
        self.near.is_terminal()
    }

    /// Says that there is a connection, where a person is watching or a program listening.
    pub(super) fn announce(&self, scheme: Scheme, peer: Peer<'_>, how: &str) {
        self.tally.connections.set(self.tally.connections.get() + 1);
        self.tell(&connected(scheme, peer));
        let peer = peer.address;
        if !console::is_terminal() {
            return;
        }
        let typed = if self.is_terminal() { "; what you type is sent, Ctrl-D ends it" } else { "" };
        self.note(&format!("{how} {}{typed}", scheme.at(peer)));
    }

    /// Says it too when the peer is another one: the next address of a name that nobody was at.
    pub(super) fn announce_moves(&self, scheme: Scheme, far: &Stream) {
        let (json, quiet) = (self.args.json, self.args.quiet);
        far.when_moved(move |peer| {
            if json {
                print_soon(connected(scheme, Peer::at(peer)).into_line());
            } else if !quiet && console::is_terminal() {
                console::note(format_args!("connected to {}; the one before refused", scheme.at(peer)));
            }
        });
    }

    /// Passes bytes both ways until it is over.
    pub(super) async fn with(&mut self, far: &Stream, answers: Answers) -> Result<Exit, Failure> {
        let (args, start) = (self.args, Instant::now());
        let nature = far.nature();
        let rules = Rules {
            // Where nothing is sent the end of the near side is not told, and not waited for.
            ends: [true, nature.connected],
            follows: [self.is_terminal() || args.end_with_peer || args.receive_only, false],
            wait: answers.wait,
            replies: answers.replies,
            idle: args.idle_timeout.map(|period| period.0),
            rate: args.rate,
            most: [if nature.messages { usize::try_from(most(args)).unwrap_or(PIECE) } else { PIECE }, PIECE],
        };
        let meter = Meter { bytes: &Default::default(), tap: self.tap.as_ref() };
        let report = relay(&self.near, far, rules, meter, self.signals.next()).await;
        self.tally.add(&report);
        // Behind half a line nothing is told any more.
        if report.shown {
            self.tell(
                &Event::new("closed")
                    .field("bytes_in", report.bytes[1])
                    .field("bytes_out", report.bytes[0])
                    .field("undelivered", report.undelivered)
                    .seconds(start.elapsed()),
            );
        }
        self.outcome(report, nature, answers)
    }

    fn outcome(&mut self, report: Report<Signal>, nature: Nature, answers: Answers) -> Result<Exit, Failure> {
        let undelivered = report.undelivered;
        match report.end {
            Ok(End::Closed) => {
                self.output_is_closed = true;
                Ok(Exit::Done)
            }
            Ok(End::Done) => {
                if !nature.connected
                    && report.replies == 0
                    && answers.wait.is_some_and(|wait| !wait.is_zero())
                {
                    self.silence(answers);
                }
                Ok(Exit::Done)
            }
            Ok(End::Left(_)) if undelivered > 0 => Err(Failure::new(
                Exit::Reset,
                format_args!("the peer closed the connection{}", lost(undelivered)),
            )),
            Ok(End::Left(_)) => {
                if self.is_terminal() {
                    self.note("the peer closed the connection");
                }
                Ok(Exit::Done)
            }
            Ok(End::Missing(came)) => {
                let (wait, asked) =
                    (Period(answers.wait.unwrap_or_default()), answers.replies.unwrap_or_default());
                let message = format!("{came} of {asked} answers came, and none for {wait}");
                Err(Failure::new(Exit::Timeout, message).hint("--wait sets how long that may be"))
            }
            Ok(End::Failed(mut failure)) => {
                failure.message += &lost(undelivered);
                Err(failure)
            }
            Err(signal) if undelivered > 0 => {
                Err(Failure::new(signal.exit(), format_args!("ended by {signal}{}", lost(undelivered))))
            }
            Err(signal) => Ok(signal.exit()),
        }
    }

    /// That datagrams went out, and none came: all that can be known.
    fn silence(&self, answers: Answers) {
        if self.args.send_only || self.args.json {
            return;
        }
        let wait = Period(answers.wait.unwrap_or_default());
        self.note(&format!("no answer came within {wait}"));
    }

    /// An event for programs.
    pub(super) fn tell(&self, event: &Event) {
        if self.args.json {
            print_soon(event.clone().into_line());
        }
    }

    /// A line that matters to programs and to those who want errors alone too: what is not safe.
    pub(super) fn warn(&self, text: &str) {
        if self.args.json {
            self.tell(&Event::new("note").field("message", text));
        } else {
            console::note(text);
        }
    }

    /// A line that programs are told too.
    pub(super) fn inform(&self, text: &str) {
        self.tell(&Event::new("note").field("message", text));
        self.note(text);
    }

    /// A line for people.
    pub(super) fn note(&self, text: &str) {
        if !self.args.quiet && !self.args.json {
            console::note(text);
        }
    }
}

/// The event of a peer that is there, or is sent to.
fn connected(scheme: Scheme, peer: Peer<'_>) -> Event {
    peer.describe(Event::new("connected").field("transport", scheme.name()))
}

/// What is said of bytes that did not arrive; nothing where all did.
pub(super) fn lost(undelivered: u64) -> String {
    match undelivered {
        0 => String::new(),
        1 => "; 1 byte was not delivered".to_owned(),
        bytes => format!("; {bytes} bytes were not delivered"),
    }
}

fn output(args: &TalkArgs) -> Output {
    if args.json {
        Output::Events
    } else if args.send_only {
        Output::Nothing
    } else if args.hex {
        Output::Hex(HexDump::new())
    } else if io::stdout().is_terminal() && !args.raw {
        Output::Terminal(TerminalFilter::new())
    } else {
        Output::Bytes
    }
}

/// A failure after which the next client is taken.
pub(super) fn survived(args: &TalkArgs, failure: &Failure) {
    if args.json {
        print_soon(failure.survived().into_line());
    }
}

/// A host and a port in two words as one endpoint.
pub(super) fn joined(endpoint: &str, port: Option<&str>) -> Result<String, Failure> {
    let Some(port) = port else { return Ok(endpoint.to_owned()) };
    let place = endpoint.split_once("://").map_or(endpoint, |(_, place)| place);
    if endpoint.parse::<Ipv6Addr>().is_ok() {
        return Ok(format!("[{endpoint}]:{port}"));
    }
    if place.contains(['/', '?']) || place.rsplit(']').next().is_some_and(|rest| rest.contains(':')) {
        let message = format!(
            "PORT is given, \"{}\", and ENDPOINT is whole without it",
            escape(port.as_bytes(), SHOWN)
        );
        return Err(Failure::misuse(message).hint("write the two words HOST PORT, or one endpoint alone"));
    }
    Ok(format!("{endpoint}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_are_a_host_and_a_port() {
        let rows = [
            ("example.org", Some("80"), "example.org:80"),
            ("::1", Some("80"), "[::1]:80"),
            ("[::1]", Some("80"), "[::1]:80"),
            ("udp://example.org", Some("53"), "udp://example.org:53"),
            ("example.org:80", None, "example.org:80"),
        ];
        for (endpoint, port) in
            [("unix:/x", "80"), ("host:80", "90"), ("localhost?nodelay", "80"), ("[::1]:1", "2")]
        {
            assert!(joined(endpoint, Some(port)).is_err(), "{endpoint} {port}");
        }
        for (endpoint, port, want) in rows {
            assert_eq!(joined(endpoint, port).expect("a host and a port"), want);
        }
    }
}
