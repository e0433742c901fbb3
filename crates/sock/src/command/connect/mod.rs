//! `sock connect`: standard input to a socket, the socket to standard output, byte for byte.
//!
//! Two threads pump, one each way; this one decides when it is over ([`ending`]). The end of the input is passed on,
//! and reading goes on until the peer is done, so that no byte is lost whatever the order of closing.

mod ending;
mod output;
mod pump;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::ConnectArgs;
use crate::endpoint::open;
use crate::endpoint::{Endpoint, Role, Scheme};
use crate::exit::{Exit, Failure};
use crate::report::hex::HexDump;
use crate::report::json;
use crate::report::log::error_lines;
use crate::report::terminal::TerminalFilter;
use ending::{End, Ending, Event, Rules};
use output::Output;
use pump::{Line, PIECE};

/// Runs the command.
pub fn run(args: &ConnectArgs) -> Result<Exit, Failure> {
    let mut last_events = String::new();
    let outcome = converse(args, &mut last_events);
    if let Err(failure) = &outcome {
        last_events += &json::Event::new("error").field("message", failure.message.as_str()).into_line();
    }
    tell(args, last_events);
    outcome
}

/// Connects, and passes bytes until it is over; how it went as a whole is left in `last_events`.
fn converse(args: &ConnectArgs, last_events: &mut String) -> Result<Exit, Failure> {
    let endpoint = open::parse(&args.endpoint, Role::Connect).map_err(Failure::misuse)?;
    let timeout = open::connect::connect_timeout(args.timeout, &endpoint)?;
    let input = Input::new(args, endpoint.scheme)?;
    let socket = open::connect::connect(&endpoint, None, timeout)?;
    let line = Line::new(socket, endpoint.scheme);
    announce(args, &endpoint, &line, &input);
    let rules = Rules {
        connected: line.connected,
        terminal: input.is_terminal(),
        wait: args.wait.0,
        idle: args.idle_timeout.map(|period| period.0),
    };
    let size = if line.messages { usize::try_from(args.datagram_size.0).unwrap_or(PIECE) } else { PIECE };
    let events = start(&line, input, size, output(args))?;
    let end = wait_for_end(&events, &line, Ending::new(rules));
    let (bytes_in, bytes_out) = line.totals();
    *last_events = json::Event::new("closed")
        .field("bytes_in", bytes_in)
        .field("bytes_out", bytes_out)
        .seconds(line.time())
        .into_line();
    match end {
        End::Done => Ok(Exit::Done),
        End::PeerLeft => {
            note(args, "the peer closed the connection");
            Ok(Exit::Done)
        }
        End::Failed(failure) => Err(failure),
    }
}

/// What is sent.
#[derive(Debug)]
enum Input {
    Standard,
    Text(String),
    /// Nothing is sent, and the end is not told.
    None,
}

impl Input {
    fn new(args: &ConnectArgs, scheme: Scheme) -> Result<Self, Failure> {
        let messages = matches!(scheme, Scheme::Udp | Scheme::UnixDgram | Scheme::UnixSeqpacket);
        match &args.send {
            Some(text) if messages && text.len() as u64 > args.datagram_size.0 => {
                let (length, most) = (text.len(), args.datagram_size.0);
                let message = format!("--send: the text is {length} bytes, and a datagram takes {most}");
                Err(Failure::misuse(message).hint("--datagram-size sets how many it may take"))
            }
            Some(text) => Ok(Self::Text(text.clone())),
            None if args.receive_only => Ok(Self::None),
            None => Ok(Self::Standard),
        }
    }

    fn is_terminal(&self) -> bool {
        matches!(self, Self::Standard) && io::stdin().is_terminal()
    }
}

fn output(args: &ConnectArgs) -> Output {
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

/// Starts both directions; each sends one event, how it ended.
fn start(
    line: &Arc<Line>,
    input: Input,
    size: usize,
    mut output: Output,
) -> Result<Receiver<Event>, Failure> {
    let (sender, events) = mpsc::channel();
    let receiving = Arc::clone(line);
    spawn("receive", sender.clone(), move || pump::receive(&receiving, &mut output))?;
    let sending = Arc::clone(line);
    match input {
        Input::Standard => spawn("send", sender, move || pump::send(&sending, size))?,
        Input::Text(text) => spawn("send", sender, move || pump::send_text(&sending, &text))?,
        // A stream's end is then the peer's alone to tell; datagrams go on until a signal or a timeout.
        Input::None if line.connected => drop(sender.send(Event::InputEnded)),
        Input::None => {}
    }
    Ok(events)
}

fn spawn(
    name: &str,
    events: Sender<Event>,
    direction: impl FnOnce() -> Event + Send + 'static,
) -> Result<(), Failure> {
    let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
        // The other end is gone only when the whole is over.
        let _ = events.send(direction());
    });
    started.map(drop).map_err(|error| Failure::io("start a thread", &error))
}

fn wait_for_end(events: &Receiver<Event>, line: &Line, mut ending: Ending) -> End {
    // Longer than anybody waits, so that one call serves with and without a deadline.
    const LONG: Duration = Duration::from_secs(86_400);
    loop {
        let deadline = ending.deadline(line.last());
        let left = deadline.map_or(LONG, |end| end.saturating_duration_since(Instant::now()));
        let end = match events.recv_timeout(left) {
            Ok(event) => ending.after(event, Instant::now()),
            Err(RecvTimeoutError::Timeout) => ending.at(Instant::now(), line.last()),
            // Each direction says how it ended before it goes; both have, and neither was the end.
            Err(RecvTimeoutError::Disconnected) => Some(End::Done),
        };
        if let Some(end) = end {
            return end;
        }
    }
}

/// Says that there is a connection, where a person is watching or a program listening.
fn announce(args: &ConnectArgs, endpoint: &Endpoint, line: &Line, input: &Input) {
    let peer =
        line.socket.peer_address().map_or_else(|_| endpoint.place.to_string(), |peer| peer.to_string());
    let event =
        json::Event::new("connected").field("transport", endpoint.scheme.name()).field("peer", peer.as_str());
    tell(args, event.into_line());
    if !io::stderr().is_terminal() {
        return;
    }
    let how = if input.is_terminal() { "; what you type is sent, Ctrl-D ends it" } else { "" };
    note(args, &format!("connected to {}{how}", endpoint.scheme.at(&peer)));
}

/// Events for programs.
fn tell(args: &ConnectArgs, events: String) {
    if args.json && !events.is_empty() {
        output::print_soon(events);
    }
}

/// A line for people.
fn note(args: &ConnectArgs, text: &str) {
    if !args.quiet {
        // Nothing can be done about a standard error that is closed.
        let _ = io::Write::write_all(&mut io::stderr(), error_lines(text, &[]).as_bytes());
    }
}
