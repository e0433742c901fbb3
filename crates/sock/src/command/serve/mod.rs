//! `sock serve`: listen, and answer what clients send.
//!
//! The server is in [`crate::server`]; here is what it answers ([`answer`], [`stream`]), and what of that may go beyond
//! this machine ([`guard`]).

mod answer;
mod guard;
mod stream;

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::thread::available_parallelism;

use berkeley::inherit;
use tokio::sync::Semaphore;

use crate::cli::ServeArgs;
use crate::endpoint::open;
use crate::endpoint::open::listen::{Listener, listen};
use crate::endpoint::{Endpoint, Role, Scheme};
use crate::exit::{Exit, Failure};
use crate::server::journal::Journal;
use crate::server::shared::Shared;
use crate::server::{Rules, Server};
use answer::{Answer, Answers};

/// The most worker threads unless told otherwise: the kernel's part of the work spreads over more by itself.
const MOST_THREADS: usize = 4;

/// Runs the command.
pub fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    // Before anything of our own is opened, which might have the number.
    let ready = take(args.ready_fd);
    let journal =
        Journal::start(args.quiet, args.json).map_err(|error| Failure::io("start the log", &error))?;
    let outcome = ready.and_then(|ready| serve(args, ready, &journal));
    if let Err(failure) = &outcome {
        journal.failed(failure);
    }
    journal.finish();
    outcome
}

/// The descriptor that `--ready-fd` names: a pipe or a file as a rule.
fn take(number: Option<u32>) -> Result<Option<(u32, File)>, Failure> {
    let Some(number) = number else { return Ok(None) };
    let inherited = inherit(number).map_err(|error| {
        Failure::misuse(error).hint("--ready-fd takes a descriptor that is open, as in 3>ready")
    })?;
    Ok(Some((number, File::from(inherited))))
}

fn serve(args: &ServeArgs, ready: Option<(u32, File)>, journal: &Journal) -> Result<Exit, Failure> {
    let endpoint = open::parse(&args.endpoint, Role::Listen).map_err(Failure::misuse)?;
    let answer = Answer::new(&args.answer)?;
    refuse_what_cannot_be(args, &endpoint)?;
    raise_descriptor_limit(journal);
    let listeners = listen(&endpoint)?;
    let silent_beyond = guard::guard(args, &listeners, &answer, journal)?;
    let idle = args.idle_timeout.map(|period| period.0);
    let shared = Shared::new(journal.clone(), idle, silent_beyond);
    let server = Arc::new(Server { service: Answers::new(answer), shared });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the reactor", &error))?;
    let rules = Rules { once: args.once, places: places(args), threads: threads(args), grace: args.grace.0 };
    let exit =
        runtime.block_on(server.run(rules, listeners, |listeners| announce(ready, listeners, journal)))?;
    server.shared.summarise();
    Ok(exit)
}

/// Options that the endpoint's kind cannot honour are refused, never ignored.
fn refuse_what_cannot_be(args: &ServeArgs, endpoint: &Endpoint) -> Result<(), Failure> {
    if !matches!(endpoint.scheme, Scheme::Udp | Scheme::UnixDgram) {
        return Ok(());
    }
    let scheme = endpoint.scheme;
    let given = [
        (args.answer.send_file.is_some(), "--send-file"),
        (args.max_connections.is_some(), "--max-connections"),
        (args.idle_timeout.is_some(), "--idle-timeout"),
    ];
    match given.iter().find(|(given, _)| *given) {
        Some((_, option)) => {
            let message = format!("{option} needs connections, and {scheme} has none");
            Err(Failure::misuse(message).hint("use tcp, unix or unix-seqpacket, or leave the option out"))
        }
        None => Ok(()),
    }
}

/// Many clients need many descriptors: the soft limit is raised to the hard one, which needs no right.
fn raise_descriptor_limit(journal: &Journal) {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        journal.note(format_args!("the limit of descriptors stays as it is: {error}"));
    }
}

/// How many clients may be served at a time.
fn places(args: &ServeArgs) -> usize {
    match args.max_connections {
        Some(most) => usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS),
        None if args.once => 1,
        None => Semaphore::MAX_PERMITS,
    }
}

fn threads(args: &ServeArgs) -> usize {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    args.threads.map_or(cores.min(MOST_THREADS), usize::from)
}

/// Says where the server listens: to people, to programs, and through `--ready-fd`.
fn announce(ready: Option<(u32, File)>, listeners: &[Listener], journal: &Journal) -> Result<(), Failure> {
    let mut addresses = String::new();
    for listener in listeners {
        let (transport, address) = (listener.scheme.name(), listener.address.to_string());
        journal.listening(listener.scheme, &address);
        addresses.extend([transport, " ", &address, "\n"]);
    }
    let Some((number, mut ready)) = ready else { return Ok(()) };
    ready
        .write_all(addresses.as_bytes())
        .map_err(|error| Failure::io(format_args!("write to fd {number}"), &error))
}
