//! `sock serve`: listen, and answer what clients send.
//!
//! One thread accepts, and serves too unless a few others do ([`pool`]); a connection stays on its thread and owns no
//! buffer while it is idle ([`stream`]). Telling what happens never waits ([`journal`]). SIGINT or SIGTERM stops accepting, lets owed answers
//! leave, and ends it ([`stop`]).

mod accept;
mod answer;
mod connection;
mod datagram;
mod journal;
mod limit;
mod pool;
mod stop;
mod stream;

use std::fs::File;
use std::io::Write as _;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use berkeley::{AsyncSocket, Socket};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use crate::cli::ServeArgs;
use crate::endpoint::open;
use crate::endpoint::open::listen::{Listener, listen};
use crate::endpoint::{Endpoint, Role, Scheme};
use crate::exit::{Exit, Failure};
use answer::Answer;
use connection::{Connection, Registry};
use journal::{Account, Journal};
use pool::Pool;
use stop::Stop;

/// The most worker threads unless told otherwise: the kernel's part of the work spreads over more by itself.
const MOST_THREADS: usize = 4;

/// What the threads of the server share.
#[derive(Debug)]
struct Shared {
    answer: Answer,
    journal: Journal,
    registry: Registry,
    /// How long nothing may move on a connection.
    idle: Option<Duration>,
    /// Datagrams from beyond this machine are not answered: nobody asked for that.
    silent_beyond: bool,
    draining: AtomicBool,
    /// Told when draining begins.
    drained: Notify,
    open: AtomicUsize,
    /// Told when a connection has ended.
    changed: Notify,
    started: Instant,
    connections: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

impl Shared {
    /// Counts a client in; gives its number.
    fn number(&self) -> u64 {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn opened(&self, connection: &Arc<Connection>) {
        self.registry.add(connection);
        self.journal.opened(connection.peer());
        if self.is_draining() {
            // It was on its way to its thread when the others were told.
            let _ = connection.socket.shutdown(Shutdown::Read);
        }
    }

    fn closed(&self, connection: &Connection) {
        self.registry.remove(connection);
        let (bytes_in, bytes_out) = connection.totals();
        self.count_in(bytes_in);
        self.count_out(bytes_out);
    }

    /// A client that was counted in has left, its socket closed.
    fn left(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// How many clients are connected, those on their way to a thread included.
    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Lets every connection answer what it has received, and then end.
    fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        self.drained.notify_waiters();
        self.registry.end_input();
    }

    fn received(&self, connection: &Connection, piece: &[u8]) {
        connection.count_in(piece.len());
        self.touch(connection);
        self.journal.received(connection.peer(), piece);
    }

    fn sent(&self, connection: &Connection, bytes: usize) {
        connection.count_out(bytes);
        self.touch(connection);
    }

    fn touch(&self, connection: &Connection) {
        if self.idle.is_some() {
            connection.touch();
        }
    }

    fn count_in(&self, bytes: u64) {
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    fn count_out(&self, bytes: u64) {
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }
}

/// Runs the command.
pub fn run(args: &ServeArgs) -> Result<Exit, Failure> {
    let journal =
        Journal::start(args.quiet, args.json).map_err(|error| Failure::io("start the log", &error))?;
    let outcome = serve(args, &journal);
    if let Err(failure) = &outcome {
        journal.failed(failure);
    }
    journal.finish();
    outcome
}

fn serve(args: &ServeArgs, journal: &Journal) -> Result<Exit, Failure> {
    let endpoint = open::parse(&args.endpoint, Role::Listen).map_err(Failure::misuse)?;
    let answer = Answer::new(&args.answer)?;
    refuse_what_cannot_be(args, &endpoint)?;
    raise_descriptor_limit(journal);
    let listeners = listen(&endpoint)?;
    let silent_beyond = guard_datagrams(args, &listeners, &answer, journal)?;
    let shared = Arc::new(Shared {
        answer,
        journal: journal.clone(),
        registry: Registry::default(),
        idle: args.idle_timeout.map(|period| period.0),
        silent_beyond,
        draining: AtomicBool::new(false),
        drained: Notify::new(),
        open: AtomicUsize::new(0),
        changed: Notify::new(),
        started: Instant::now(),
        connections: AtomicU64::new(0),
        bytes_in: AtomicU64::new(0),
        bytes_out: AtomicU64::new(0),
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::io("start the reactor", &error))?;
    let exit = runtime.block_on(run_until_stopped(args, listeners, &shared))?;
    summarise(&shared);
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

/// What UDP may answer beyond this machine, where a sender's address may be forged; says whether it stays silent there.
fn guard_datagrams(
    args: &ServeArgs,
    listeners: &[Listener],
    answer: &Answer,
    journal: &Journal,
) -> Result<bool, Failure> {
    let beyond = |listener: &&Listener| listener.scheme == Scheme::Udp && !listener.is_local();
    let Some(listener) = listeners.iter().find(beyond) else { return Ok(false) };
    let address = listener.address;
    if matches!(answer, Answer::Chargen) {
        let message =
            format!("--chargen on udp {address}, which others can reach, would help to flood third parties");
        return Err(
            Failure::misuse(message).hint("listen on this machine alone, as in udp://:19, or use tcp")
        );
    }
    let silent = Answer::is_default(&args.answer);
    if silent {
        journal.note(format_args!(
            "udp {address} can be reached by others, whose addresses may be forged: nothing is answered \
             beyond this machine unless --reply or --echo asks for it"
        ));
    }
    Ok(silent)
}

/// Listens until a signal, or with `--once` until the first client is served.
async fn run_until_stopped(
    args: &ServeArgs,
    listeners: Vec<Listener>,
    shared: &Arc<Shared>,
) -> Result<Exit, Failure> {
    let mut stop = Stop::listen().map_err(|error| Failure::io("listen for signals", &error))?;
    let places = Arc::new(Semaphore::new(places(args)));
    let pool = Pool::start(threads(args), shared).map_err(|error| Failure::io("start a thread", &error))?;
    let pool = Arc::new(pool);
    announce(args, &listeners, shared)?;
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
        _ = serving.join_next() => None,
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
fn announce(args: &ServeArgs, listeners: &[Listener], shared: &Shared) -> Result<(), Failure> {
    let mut ready = String::new();
    for listener in listeners {
        let (transport, address) = (listener.scheme.name(), listener.address.to_string());
        shared.journal.listening(transport, &address);
        ready.extend([transport, " ", &address, "\n"]);
    }
    let Some(number) = args.ready_fd else { return Ok(()) };
    // Not a socket as a rule: a pipe or a file, written as one. The number itself stays open until we exit.
    let inherited = Socket::inherit(number).map_err(|error| {
        Failure::misuse(error).hint("--ready-fd takes a descriptor that is open, as in 3>ready")
    })?;
    File::from(OwnedFd::from(inherited))
        .write_all(ready.as_bytes())
        .map_err(|error| Failure::io(format_args!("write to fd {number}"), &error))
}

/// Ends idle connections, looking ten times within the timeout, for as long as the server runs.
async fn end_idle(shared: Arc<Shared>) {
    let Some(limit) = shared.idle else { return };
    let rest = (limit / 10).clamp(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        tokio::time::sleep(rest).await;
        shared.registry.end_idle(limit);
    }
}

fn summarise(shared: &Shared) {
    let account = Account {
        bytes_in: shared.bytes_in.load(Ordering::Relaxed),
        bytes_out: shared.bytes_out.load(Ordering::Relaxed),
        time: shared.started.elapsed(),
        reason: None,
    };
    shared.journal.summary(shared.connections.load(Ordering::Relaxed), &account);
}
