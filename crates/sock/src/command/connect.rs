//! `sock connect`: standard input to a socket, the socket to standard output, byte for byte.
//!
//! It is the one pump ([`relay`](crate::relay)) between standard input and output and a stream. The end of the input is
//! passed on, and reading goes on until the peer is done, so that no byte is lost whatever the order of closing.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::talk::{Answers, Talk, Tally, check, joined};
use crate::cli::ConnectArgs;
use crate::endpoint::{Endpoint, Role, Scheme};
use crate::exit::{Exit, Failure};
use crate::open::{self, Terms};
use crate::report::console;
use crate::server::journal::Peer;
use crate::stream::{Form, Transcript};

/// Runs the command.
pub fn run(args: &ConnectArgs) -> Result<Exit, Failure> {
    let tally = Tally::new(&args.talk);
    let outcome = super::on_a_runtime(connect(args, &tally));
    tally.end(&args.talk, &outcome);
    outcome
}

/// Connects, and passes bytes until it is over.
async fn connect(args: &ConnectArgs, tally: &Tally) -> Result<Exit, Failure> {
    let mut signals = super::signals()?;
    let text = joined(&args.endpoint, args.port.as_deref())?;
    let mut endpoint = open::parse(&text, Role::Connect).map_err(Failure::misuse)?;
    args.tls.set_on(&mut endpoint).map_err(Failure::misuse)?;
    args.way.set_on(std::slice::from_mut(&mut endpoint))?;
    let scheme = endpoint.scheme;
    refuse_ourselves(&endpoint)?;
    check(&args.talk, scheme, &[(args.wait.is_some(), "--wait"), (args.replies.is_some(), "--replies")])?;
    // Before anything is connected to: what cannot be written is said at once.
    let transcript = args.capture.as_deref().map(transcript).transpose()?;
    let terms = Terms { family: args.family.chosen(), timeout: args.timeout, ..Terms::default() };
    let far = tokio::select! {
        connected = open::connected(endpoint, terms) => connected?,
        signal = signals.next() => return Ok(signal.exit()),
    };
    let mut talk = Talk::new(&args.talk, &mut signals, tally)?;
    if let Some(transcript) = transcript {
        let (own, datagrams) = (far.stream.own_address(), far.stream.nature().messages);
        talk.write_down(transcript.tap(1, &own, &far.peer, datagrams));
    }
    far.warnings.iter().for_each(|warning| talk.warn(warning));
    far.notes.iter().for_each(|note| talk.inform(note));
    talk.announce(scheme, Peer::at(&far.peer), "connected to");
    talk.announce_moves(scheme, &far.stream);
    talk.with(&far.stream, Answers::new(args.wait, args.replies)).await
}

/// The file that what is said is written to. The conversation does not end with the disk.
fn transcript(path: &Path) -> Result<Arc<Transcript>, Failure> {
    let shown = path.display().to_string();
    let tell = move |error: &io::Error| {
        let failure = Failure::io(format_args!("--capture {shown}"), error);
        console::error(&failure.message, &["the conversation goes on without"]);
    };
    Transcript::create("--capture", path, Form::Packets, tell)
}

/// Standard input and output are one end already.
fn refuse_ourselves(endpoint: &Endpoint) -> Result<(), Failure> {
    if endpoint.scheme != Scheme::Standard {
        return Ok(());
    }
    let message = "standard input and output are this end already; wanted here is the other";
    Err(Failure::misuse(endpoint.source.fault(0..1, message)))
}
