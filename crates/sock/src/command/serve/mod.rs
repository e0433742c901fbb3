//! `sock serve`: listen, and answer what clients send.
//!
//! The server is in [`crate::server`]; here is what it answers ([`answer`], [`stream`]), and what of that may go beyond
//! this machine ([`guard`]).

mod answer;
mod guard;
mod stream;

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use berkeley::{Socket, inherit};
use rustix::stdio::dup2_stdout;
use tokio::sync::Semaphore;

use super::door::{self, Door};
use crate::cli::ServeArgs;
use crate::exit::{Exit, Failure};
use crate::open::listen::Listener;
use crate::server::journal::Journal;
use crate::server::shared::Shared;
use crate::server::{Rules, Server};
use crate::signal::Signals;
use answer::{Answer, Answers};

/// The most worker threads unless told otherwise: the kernel's part of the work spreads over more by itself.
const MOST_THREADS: usize = 4;

/// The number of standard output, where events go too.
const STDOUT: u32 = 1;

/// How long draining may take unless told otherwise.
const GRACE: Duration = Duration::from_secs(10);

/// Runs the command.
pub fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    // Before anything of our own is opened, which might have the number.
    let ready = take(args.ready_fd);
    let inherited = door::inherited();
    let journal =
        Journal::start(args.quiet, args.json).map_err(|error| Failure::io("start the log", &error))?;
    let outcome = ready.and_then(|ready| serve(args, ready, inherited?, &journal));
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

fn serve(
    args: &ServeArgs,
    ready: Option<(u32, File)>,
    inherited: Vec<Socket>,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let door = Door::new(args.endpoint.as_deref(), args.family.chosen(), inherited)?;
    let answer = Answer::new(&args.answer)?;
    refuse_what_cannot_be(args, &door)?;
    raise_descriptor_limit(journal);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the reactor", &error))?;
    let exit = runtime.block_on(serve_at(args, ready, door, answer, journal));
    // Dropped, it would wait for sockets whose close waits (`SO_LINGER`); the kernel goes on sending without us.
    std::mem::forget(runtime);
    exit
}

/// Opens the sockets and serves them; the signals are listened for before anything is opened, so that none leaves a
/// socket's file behind.
async fn serve_at(
    args: &ServeArgs,
    ready: Option<(u32, File)>,
    door: Door,
    answer: Answer,
    journal: &Journal,
) -> Result<Exit, Failure> {
    let mut signals = Signals::listen().map_err(|error| Failure::io("listen for signals", &error))?;
    let listeners = door.open(&mut signals).await?;
    let silent_beyond = guard::guard(args, &listeners, &answer, journal)?;
    let idle = args.idle_timeout.map(|period| period.0);
    let shared = Shared::new(journal.clone(), idle, silent_beyond);
    let server = Arc::new(Server { service: Answers::new(answer), shared });
    let rules = Rules {
        once: args.once,
        places: places(args),
        threads: threads(args),
        grace: args.grace.map_or(GRACE, |period| period.0),
    };
    let exit = server
        .run(signals, rules, listeners, |listeners| announce(ready, listeners, journal, args.json))
        .await?;
    server.shared.summarise();
    Ok(exit)
}

/// Options that cannot act are refused, never ignored.
fn refuse_what_cannot_be(args: &ServeArgs, door: &Door) -> Result<(), Failure> {
    if let Door::At(endpoint, _) = door {
        super::refuse_layers(endpoint, "serve", "`sock listen` takes one client over it")?;
    }
    let Some(scheme) = door.without_connections() else { return Ok(()) };
    let given = [
        (args.answer.send_file.is_some(), "--send-file"),
        (args.max_connections.is_some(), "--max-connections"),
        (args.idle_timeout.is_some(), "--idle-timeout"),
        (args.threads.is_some(), "--threads"),
        (args.grace.is_some(), "--grace"),
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
fn announce(
    ready: Option<(u32, File)>,
    listeners: &[Listener],
    journal: &Journal,
    events: bool,
) -> Result<(), Failure> {
    let mut addresses = String::new();
    for listener in listeners {
        let (transport, address) = (listener.scheme.name(), listener.address.to_string());
        journal.listening(listener.scheme, &address);
        addresses.extend([transport, " ", &address, "\n"]);
    }
    let Some((number, mut ready)) = ready else { return Ok(()) };
    match ready.write_all(addresses.as_bytes()) {
        // A reader that has gone is no reason not to serve.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        result => result.map_err(|error| Failure::io(format_args!("write to fd {number}"), &error))?,
    }
    // Closed after the last line: a reader may wait for its end.
    drop(ready);
    if number == STDOUT && !events {
        let closed = File::options().write(true).open("/dev/null").and_then(|null| Ok(dup2_stdout(null)?));
        // Without /dev/null, or a descriptor for it, the reader waits until the server ends.
        let _ = closed;
    }
    Ok(())
}
