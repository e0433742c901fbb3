//! `sock serve`: listen, and answer what clients send.
//!
//! One thread accepts, and serves too unless a few others do ([`pool`]); a connection stays on its thread and owns no
//! buffer while it is idle ([`stream`]). What the threads know of each other is in [`shared`]. Telling what happens
//! never waits ([`journal`]). A signal stops accepting, lets owed answers leave, and ends it ([`stop`]).

mod accept;
mod answer;
mod connection;
mod datagram;
mod journal;
mod limit;
mod pool;
mod shared;
mod stop;
mod stream;

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use berkeley::{AsyncSocket, inherit};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cli::ServeArgs;
use crate::endpoint::open;
use crate::endpoint::open::listen::{Listener, listen};
use crate::endpoint::{Endpoint, Role, Scheme};
use crate::exit::{Exit, Failure};
use answer::Answer;
use journal::Journal;
use pool::Pool;
use shared::Shared;
use stop::Stop;

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
    let silent_beyond = datagram::guard(args, &listeners, &answer, journal)?;
    let idle = args.idle_timeout.map(|period| period.0);
    let shared = Arc::new(Shared::new(answer, journal.clone(), idle, silent_beyond));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the reactor", &error))?;
    let exit = runtime.block_on(run_until_stopped(args, ready, listeners, &shared))?;
    shared.summarise();
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

/// Listens until a signal, or with `--once` until the first client is served.
async fn run_until_stopped(
    args: &ServeArgs,
    ready: Option<(u32, File)>,
    listeners: Vec<Listener>,
    shared: &Arc<Shared>,
) -> Result<Exit, Failure> {
    let mut stop = Stop::listen().map_err(|error| Failure::io("listen for signals", &error))?;
    let places = Arc::new(Semaphore::new(places(args)));
    let pool = Pool::start(threads(args), shared).map_err(|error| Failure::io("start a thread", &error))?;
    let pool = Arc::new(pool);
    announce(ready, &listeners, shared)?;
    let mut paths = Vec::new();
    let mut serving = JoinSet::new();
    for listener in listeners {
        let scheme = listener.scheme;
        let (socket, path) = listener.into_parts();
        paths.push(path);
        let socket = AsyncSocket::from_socket(socket)?;
        let (shared, pool, places) = (Arc::clone(shared), Arc::clone(&pool), Arc::clone(&places));
        let once = args.once;
        serving.spawn(async move {
            match scheme {
                Scheme::Udp | Scheme::UnixDgram => datagram::serve(&socket, &shared, once).await,
                _ => accept::accept(&socket, scheme, &shared, &pool, &places, once).await,
            }
        });
    }
    tokio::spawn(end_idle(Arc::clone(shared)));
    let signal = tokio::select! {
        // Only with --once does serving end by itself.
        ended = serving.join_next() => match ended {
            Some(Err(error)) => return Err(Failure::new(Exit::Other, format_args!("a listener failed: {error}"))),
            _ => None,
        },
        signal = stop.first() => Some(signal),
    };
    // The sockets close, and the paths go, before anything is waited for.
    serving.shutdown().await;
    drop(paths);
    Ok(stop.end(signal, shared, args.grace.0).await)
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
fn announce(ready: Option<(u32, File)>, listeners: &[Listener], shared: &Shared) -> Result<(), Failure> {
    let mut addresses = String::new();
    for listener in listeners {
        let (transport, address) = (listener.scheme.name(), listener.address.to_string());
        shared.journal.listening(listener.scheme, &address);
        addresses.extend([transport, " ", &address, "\n"]);
    }
    let Some((number, mut ready)) = ready else { return Ok(()) };
    ready
        .write_all(addresses.as_bytes())
        .map_err(|error| Failure::io(format_args!("write to fd {number}"), &error))
}

/// Ends idle connections, looking ten times within the timeout, though no more often than each 10 ms and no less than
/// each second, for as long as the server runs.
async fn end_idle(shared: Arc<Shared>) {
    let Some(limit) = shared.idle else { return };
    let rest = (limit / 10).clamp(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        tokio::time::sleep(rest).await;
        shared.registry.end_idle(limit);
    }
}
