//! What `sock serve` and `sock relay` have in common: the log, the places, the threads, and saying where they listen.

use std::fs::File;
use std::future::Future;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use berkeley::{Socket, inherit};
use rustix::stdio::dup2_stdout;
use tokio::sync::Semaphore;

use super::door;
use crate::cli::HostArgs;
use crate::exit::{Exit, Failure};
use crate::open::listen::Listener;
use crate::server::journal::Journal;
use crate::server::{Rules, Server, Service};
use crate::signal::Signals;

/// The most worker threads unless told otherwise: the kernel's part of the work spreads over more by itself.
const MOST_THREADS: usize = 4;

/// The number of standard output, where events go too.
const STDOUT: u32 = 1;

/// How long draining may take unless told otherwise.
const GRACE: Duration = Duration::from_secs(10);

/// Where it is written that clients are taken: a descriptor, by its number.
pub(super) type Ready = Option<(u32, File)>;

/// Runs a command that serves, with what the parent process has left open for it; its failure is told as an event too.
pub(super) fn run(
    args: &HostArgs,
    command: impl FnOnce(Ready, Vec<Socket>, &Journal) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    // Before anything of our own is opened, which might have the number.
    let ready = take(args.ready_fd);
    let inherited = door::inherited();
    let journal =
        Journal::start(args.quiet, args.json).map_err(|error| Failure::io("start the log", &error))?;
    let outcome = ready.and_then(|ready| command(ready, inherited?, &journal));
    if let Err(failure) = &outcome {
        journal.failed(failure);
    }
    journal.finish();
    outcome
}

/// Serves, on a runtime of this thread's, with as many descriptors as there may be.
pub(super) fn serve(
    serving: impl Future<Output = Result<Exit, Failure>>,
    journal: &Journal,
) -> Result<Exit, Failure> {
    raise_descriptor_limit(journal);
    let runtime = super::runtime()?;
    let exit = runtime.block_on(serving);
    // Dropped, it would wait for sockets whose close waits (`SO_LINGER`); the kernel goes on sending without us.
    std::mem::forget(runtime);
    exit
}

/// Serves who comes to the listeners until it is over, and sums up; with `--once` the one client's failure is its own.
pub(super) async fn serve_by<S: Service>(
    args: &HostArgs,
    ready: Ready,
    signals: Signals,
    listeners: Vec<Listener>,
    server: Server<S>,
) -> Result<Exit, Failure> {
    let server = Arc::new(server);
    let ready = |listeners: &[Listener]| announce(ready, listeners, &server.shared.journal, args.json);
    let exit = server.run(signals, rules(args), listeners, ready).await?;
    server.shared.summarise();
    server.service.take_failure().map_or(Ok(exit), Err)
}

/// How clients are served.
fn rules(args: &HostArgs) -> Rules {
    Rules {
        once: args.once,
        places: places(args),
        threads: threads(args),
        grace: args.grace.map_or(GRACE, |period| period.0),
    }
}

/// The descriptor that `--ready-fd` names: a pipe or a file as a rule.
fn take(number: Option<u32>) -> Result<Ready, Failure> {
    let Some(number) = number else { return Ok(None) };
    let inherited = inherit(number).map_err(|error| {
        Failure::misuse(error).hint("--ready-fd takes a descriptor that is open, as in 3>ready")
    })?;
    Ok(Some((number, File::from(inherited))))
}

/// Many clients need many descriptors: the soft limit is raised to the hard one, which needs no right.
fn raise_descriptor_limit(journal: &Journal) {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        journal.note(format_args!("the limit of descriptors stays as it is: {error}"));
    }
}

/// How many clients may be served at a time.
fn places(args: &HostArgs) -> usize {
    match args.max_connections {
        Some(most) => usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS),
        None if args.once => 1,
        None => Semaphore::MAX_PERMITS,
    }
}

fn threads(args: &HostArgs) -> usize {
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    args.threads.map_or(cores.min(MOST_THREADS), usize::from)
}

/// What a person should know of the TLS: how a client pins a certificate of our own making.
fn introduce(listeners: &[Listener], journal: &Journal) {
    let Some(first) = listeners.first() else { return };
    let Some(tls) = &first.tls else { return };
    tls.warnings.iter().for_each(|warning| journal.warn(warning));
    if let Some(pin) = &tls.pin {
        journal.note(door::self_signed(first.scheme, &first.address, pin));
    }
}

/// Says where the server listens: to people, to programs, and through `--ready-fd`.
fn announce(ready: Ready, listeners: &[Listener], journal: &Journal, events: bool) -> Result<(), Failure> {
    let mut addresses = String::new();
    for listener in listeners {
        let (transport, address) = (listener.scheme.name(), listener.address.to_string());
        journal.listening(listener.scheme, &address);
        addresses.extend([transport, " ", &address, "\n"]);
    }
    introduce(listeners, journal);
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
