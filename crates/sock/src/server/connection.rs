//! One client's connection: who it is, what has moved over it, and how to end it from outside.

use std::collections::HashMap;
use std::io::IoSliceMut;
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use berkeley::{AsyncSocket, ReadReady, Result, option};

use super::buffers::{Buffers, MESSAGE, PIECE};
use super::header::Named;
use super::journal::Peer;
use crate::endpoint::{Nature, Scheme};
use crate::open::Behalf;
use crate::stream::SocketStream;

/// How long a client is silent before it is asked whether it is still there, and how often.
const ASK: Duration = Duration::from_secs(15);

/// What a receive has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// So many bytes; none only of a message that is empty.
    Piece(usize),
    /// No more is to come.
    End,
}

/// A client's connection, shared by its task and by those who may end it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) socket: AsyncSocket,
    scheme: Scheme,
    number: u64,
    peer: Box<str>,
    /// The peer is a proxy, which is to say first who its client is.
    pub(super) wants_header: bool,
    /// Descriptors are set aside for what it will have opened.
    pub(super) has_spare: AtomicBool,
    /// Whom it has named.
    client: OnceLock<Box<Client>>,
    opened: Instant,
    /// Milliseconds after `opened` at which a byte last moved.
    moved: AtomicU64,
    /// Bytes received and bytes sent.
    bytes: [AtomicU64; 2],
    /// Where it was passed on to.
    to: OnceLock<Box<str>>,
    idle: AtomicBool,
    /// A message was longer than we take, and its end is lost.
    too_long: AtomicBool,
    /// The server stopped before it was served.
    unserved: AtomicBool,
    /// Our direction is ended, or about to be, and is the only one to be ended: where both are, the kernel answers what
    /// comes with a reset.
    pub(crate) said_all: AtomicBool,
}

/// Whom a proxy has named.
#[derive(Debug)]
struct Client {
    named: Named,
    /// Its address, safe to show.
    address: String,
}

impl Connection {
    pub(crate) fn new(socket: AsyncSocket, scheme: Scheme, number: u64, peer: Box<str>) -> Self {
        Self {
            socket,
            scheme,
            number,
            peer,
            wants_header: false,
            has_spare: AtomicBool::new(false),
            client: OnceLock::new(),
            opened: Instant::now(),
            moved: AtomicU64::new(0),
            bytes: Default::default(),
            to: OnceLock::new(),
            idle: AtomicBool::new(false),
            too_long: AtomicBool::new(false),
            unserved: AtomicBool::new(false),
            said_all: AtomicBool::new(false),
        }
    }

    /// With a peer that may be a proxy, which is to say first who its client is.
    pub(super) fn behind_proxy(self, wants_header: bool) -> Self {
        Self { wants_header, ..self }
    }

    /// With descriptors set aside for what it will have opened, or without.
    pub(super) fn sparing(self, has_spare: bool) -> Self {
        Self { has_spare: AtomicBool::new(has_spare), ..self }
    }

    /// Remembers who the client is, where the proxy has named one; from here on something can be idle.
    pub(super) fn introduced(&self, client: Option<Named>) {
        if let Some(named) = client {
            // Once only.
            let _ = self.client.set(Box::new(Client { named, address: named.shown() }));
        }
        self.touch();
    }

    /// The connection as a stream, while others may still end it.
    pub(crate) fn stream(self: &Arc<Self>) -> SocketStream {
        let socket: Arc<dyn AsRef<AsyncSocket> + Send + Sync> = Arc::<Self>::clone(self);
        SocketStream::shared(socket, Nature::of(self.scheme))
    }

    /// Whether messages keep their boundaries.
    pub(crate) fn keeps_messages(&self) -> bool {
        Nature::of(self.scheme).messages
    }

    /// Whether a close can take back what was sent: of a Unix socket it is with the peer as soon as it is sent.
    pub(crate) fn may_lose_what_was_sent(&self) -> bool {
        Nature::of(self.scheme).acknowledged
    }

    pub(crate) fn peer(&self) -> Peer<'_> {
        match self.client.get() {
            Some(client) => Peer { proxy: Some(&self.peer), ..self.named(&client.address) },
            None => self.named(&self.peer),
        }
    }

    fn named<'a>(&self, address: &'a str) -> Peer<'a> {
        Peer { number: Some(self.number), ..Peer::at(address) }
    }

    /// The client's address, safe to show.
    pub(crate) fn address(&self) -> &str {
        self.peer().address
    }

    /// The client's address and the one at which it came in, where a proxy has told them.
    pub(crate) fn behind(&self) -> Option<(SocketAddr, SocketAddr)> {
        self.client.get().map(|client| (client.named.source, client.named.destination))
    }

    /// Where it was passed on to, if it was.
    pub(crate) fn to(&self) -> Option<&str> {
        self.to.get().map(AsRef::as_ref)
    }

    /// Remembers where it is passed on to.
    pub(crate) fn reached(&self, to: String) {
        // Once only.
        let _ = self.to.set(to.into());
    }

    /// Who the client is, for those that it is passed on to.
    pub(crate) fn behalf(&self) -> Behalf {
        match self.behind() {
            Some((source, destination)) => Behalf::At { source, destination },
            None => Behalf::of(self.socket.peer_address(), self.socket.local_address()),
        }
    }

    pub(crate) fn time(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Bytes received and bytes sent.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let [bytes_in, bytes_out] = self.bytes.each_ref().map(|bytes| bytes.load(Ordering::Relaxed));
        (bytes_in, bytes_out)
    }

    /// Where the bytes are counted, those received first.
    pub(crate) const fn bytes(&self) -> &[AtomicU64; 2] {
        &self.bytes
    }

    pub(crate) fn count_in(&self, bytes: usize) {
        self.bytes[0].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn count_out(&self, bytes: usize) {
        self.bytes[1].fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Remembers that something moved; asked for only where an idle timeout will look.
    pub(crate) fn touch(&self) {
        self.moved.store(self.milliseconds(), Ordering::Relaxed);
    }

    fn milliseconds(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn idle_for(&self) -> Duration {
        Duration::from_millis(self.milliseconds().saturating_sub(self.moved.load(Ordering::Relaxed)))
    }

    /// Receives what is there into `buffers.input` from `from` on, no more of a stream than others can wait for.
    pub(crate) fn receive(
        &self,
        ready: &mut ReadReady<'_>,
        buffers: &mut Buffers,
        from: usize,
    ) -> Result<Received> {
        let input = &mut buffers.input[from..];
        if !self.keeps_messages() {
            let piece = input.len().min(PIECE);
            let length = ready.recv(&mut input[..piece])?;
            return Ok(if length == 0 { Received::End } else { Received::Piece(length) });
        }
        let length = ready.recv_msg(&mut [IoSliceMut::new(input)], &mut buffers.control)?.length;
        // Every message says who sent it (`SO_PASSCRED`), an empty one too; the end says nothing.
        if length == 0 && buffers.control.messages().next().is_none() {
            return Ok(Received::End);
        }
        if length <= MESSAGE {
            return Ok(Received::Piece(length));
        }
        self.count_in(MESSAGE);
        self.too_long.store(true, Ordering::Relaxed);
        Ok(Received::End)
    }

    /// Resets it: the server stops, and it is not served yet.
    pub(crate) fn turn_back(self: &Arc<Self>) {
        self.unserved.store(true, Ordering::Relaxed);
        self.stream().reset();
    }

    /// Has the kernel ask the client whether it is there while it is silent (`SO_KEEPALIVE`), where a program is run
    /// for it: one that has gone looks like one that has ended its side and waits, and its program would wait with
    /// it. A listener's own `?keepalive` stays as it is.
    pub(crate) fn notice_when_gone(&self) {
        let socket = self.socket.socket();
        // Other families than TCP tell of it by themselves.
        if socket.get(option::KEEPALIVE).is_ok_and(|asks| !asks)
            && socket.set(option::KEEPALIVE, true).is_ok()
        {
            let _ = socket.set(option::tcp::KEEPIDLE, ASK);
            let _ = socket.set(option::tcp::KEEPINTVL, ASK);
        }
    }

    /// Why we ended it, where we did.
    pub(crate) fn reason(&self) -> Option<String> {
        if self.unserved.load(Ordering::Relaxed) {
            return Some("the server stopped before it was served".to_owned());
        }
        if self.idle.load(Ordering::Relaxed) {
            return Some("idle".to_owned());
        }
        let too_long = self.too_long.load(Ordering::Relaxed);
        too_long.then(|| format!("a message is longer than {MESSAGE} bytes, and the rest is lost"))
    }
}

impl AsRef<AsyncSocket> for Connection {
    fn as_ref(&self) -> &AsyncSocket {
        &self.socket
    }
}

/// The connections that are open, of all threads, and what those came to that were.
///
/// A connection is ended from outside by shutting its socket down, which wakes its task like the peer's own end would:
/// nothing is asked, and nothing paid, while bytes move.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    book: Mutex<Book>,
}

/// Under one lock, so that a connection that is struck off counts once all the while.
#[derive(Debug, Default)]
struct Book {
    open: HashMap<u64, Arc<Connection>>,
    /// Bytes received and bytes sent on those that were struck off.
    past: (u64, u64),
}

impl Book {
    /// Counts one that is struck off; gives what it came to.
    fn settle(&mut self, connection: &Connection) -> (u64, u64) {
        let bytes = connection.totals();
        self.past = sum(self.past, bytes);
        bytes
    }
}

fn sum(one: (u64, u64), other: (u64, u64)) -> (u64, u64) {
    (one.0 + other.0, one.1 + other.1)
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, connection: &Arc<Connection>) {
        self.lock().open.insert(connection.number, Arc::clone(connection));
    }

    /// Strikes a connection off, and gives the bytes received and sent; `None` where it was struck off before.
    pub(crate) fn remove(&self, connection: &Connection) -> Option<(u64, u64)> {
        let mut book = self.lock();
        book.open.remove(&connection.number)?;
        Some(book.settle(connection))
    }

    /// Strikes all off, and gives them with their bytes, in the order in which they came.
    pub(crate) fn take(&self) -> Vec<(Arc<Connection>, (u64, u64))> {
        let mut book = self.lock();
        let mut open: Vec<_> = std::mem::take(&mut book.open).into_values().collect();
        open.sort_unstable_by_key(|connection| connection.number);
        open.into_iter().map(|connection| (Arc::clone(&connection), book.settle(&connection))).collect()
    }

    /// Bytes received and bytes sent, on all that are open and all that were.
    pub(crate) fn totals(&self) -> (u64, u64) {
        let book = self.lock();
        book.open.values().map(|connection| connection.totals()).fold(book.past, sum)
    }

    /// Ends the receiving side of every connection: what has come is still answered, then each closes.
    pub(crate) fn end_input(&self) {
        for connection in self.lock().open.values() {
            // Set before its task asks whether the server drains, and asked here after that is told: one of us sees it.
            if connection.said_all.load(Ordering::SeqCst) {
                continue;
            }
            // One that has gone already needs no end.
            let _ = connection.socket.shutdown(Shutdown::Read);
        }
    }

    /// Ends the connections on which nothing has moved for `limit`.
    pub(crate) fn end_idle(&self, limit: Duration) {
        for connection in self.lock().open.values() {
            if connection.idle_for() >= limit {
                connection.idle.store(true, Ordering::Relaxed);
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
        }
    }
}
