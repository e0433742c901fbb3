//! `sock inspect`: what a peer shows and agrees on within TLS, and what is wrong with it.
//!
//! It connects without trust, to look: the chain is shown where it does not verify too, and why that is so. No data is
//! sent. What does not verify ends the command with the exit code of TLS.

mod event;
mod text;

use std::time::SystemTime;

use super::print::print;
use super::talk::joined;
use crate::cli::InspectArgs;
use crate::endpoint::Role;
use crate::exit::{Exit, Failure};
use crate::open::{self, Terms};
use crate::stream::Stream;
use crate::tls::{Options, Session, refused};

/// What was looked at.
struct Found {
    /// The endpoint, as it was given.
    endpoint: String,
    /// Whose certificate it has to be, and the port.
    place: String,
    /// Who answered.
    peer: String,
    /// By what it is verified.
    by: String,
    session: Session,
    /// When, in seconds since 1970.
    now: i64,
}

enum Looked {
    At(Box<Found>),
    /// A signal came first.
    Ended(Exit),
}

/// Runs the command.
pub fn run(args: &InspectArgs) -> Result<Exit, Failure> {
    let found = match super::on_a_runtime(look(args))? {
        Looked::At(found) => found,
        Looked::Ended(exit) => return Ok(exit),
    };
    let shown = if args.json { event::of(&found) } else { text::of(&found) };
    print(shown.as_bytes())?;
    match &found.session.refusal {
        Some(refusal) => Err(refused(&found.place, refusal)),
        None => Ok(Exit::Done),
    }
}

/// Connects, agrees, and says that nothing follows.
async fn look(args: &InspectArgs) -> Result<Looked, Failure> {
    let mut signals = super::signals()?;
    let text = joined(&args.endpoint, args.port.as_deref())?;
    let mut endpoint = open::parse(&text, Role::Connect).map_err(Failure::misuse)?;
    if !args.tls.are_over(&endpoint) {
        let message = format!("{endpoint}: inspect looks at TLS, and this endpoint has none");
        return Err(Failure::misuse(message).hint("write tls:// in front, as in tls://example.org:443"));
    }
    args.tls.set_on(&mut endpoint).map_err(Failure::misuse)?;
    args.way.set_on(std::slice::from_mut(&mut endpoint))?;
    let options = &mut endpoint.own.tls;
    if options.insecure {
        let message = "--insecure does nothing here: inspect shows every certificate, and says what is wrong";
        return Err(Failure::misuse(message));
    }
    options.looks = true;
    let (by, place) = (verified_by(options), endpoint.place.to_string());
    let terms = Terms { family: args.family.chosen(), timeout: args.timeout, ..Terms::default() };
    let far = tokio::select! {
        connected = open::connected(endpoint, terms) => connected?,
        signal = signals.next() => return Ok(Looked::Ended(signal.exit())),
    };
    let Stream::Tls(tls) = &far.stream else {
        return Err(Failure::new(Exit::Other, format_args!("{text}: there is no TLS")));
    };
    let session = tls.session();
    // What becomes of it is of no interest any more.
    let _ = far.stream.end().await;
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    Ok(Looked::At(Box::new(Found { endpoint: text, place, peer: far.peer, by, session, now })))
}

fn verified_by(options: &Options) -> String {
    match (&options.ca, options.pins.is_empty()) {
        (Some(ca), true) => format!("the roots of {}", ca.display()),
        (Some(ca), false) => format!("the roots of {} and the pin", ca.display()),
        (None, true) => "the system's roots".to_owned(),
        (None, false) => "the pin".to_owned(),
    }
}
