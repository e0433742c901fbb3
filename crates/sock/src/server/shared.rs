//! What the threads of the server share: how clients are answered, who is connected, and what it has come to so far.

use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep;

use berkeley::Address;

use super::connection::{Connection, Registry};
use super::gate::{Entrance, Gate};
use super::header::Away;
use super::journal::{Account, Counts, Journal, Peer};
use super::spare::Spare;
use super::trouble::PAUSE;
use crate::exit::Failure;

/// How connections come to their end once the server is to end, and what is told of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// What has come is answered, and each is ended then. People read of each when it opens, too.
    Answers,
    /// Each goes on until both sides are done: to end one would cut off what they still have to say.
    Relays,
}

impl Manner {
    /// What becomes of those that are connected when a signal comes, for people.
    pub(super) const fn meanwhile(self) -> &'static str {
        match self {
            Self::Answers => "sending pending replies",
            Self::Relays => "open connections may end by themselves",
        }
    }

    /// With what those are cut off that are left, for people.
    pub(super) const fn pending(self) -> &'static str {
        match self {
            Self::Answers => " with replies pending",
            Self::Relays => "",
        }
    }
}

/// What it has come to so far, open connections included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    /// How many there were.
    pub(crate) connections: u64,
    /// How many there are.
    pub(crate) open: usize,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// Of a relay: datagrams over its rate, and those without room.
    pub(crate) lost: Option<[u64; 2]>,
    /// Since it began.
    pub(crate) time: Duration,
}

/// How long a client waits for descriptors for what it has opened.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the threads of the server share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) journal: Journal,
    pub(crate) registry: Registry,
    /// Who is turned away before anything else.
    pub(crate) gate: Gate,
    /// Descriptors for what each client has opened.
    pub(super) spare: Spare,
    /// How long nothing may move on a connection.
    pub(crate) idle: Option<Duration>,
    /// Datagrams from beyond this machine are not answered: nobody asked for that.
    pub(crate) silent_beyond: bool,
    /// With `--once`: the one datagram has been taken, at one address or another, or the one client behind a proxy.
    pub(crate) taken: AtomicBool,
    pub(crate) manner: Manner,
    draining: AtomicBool,
    cut_off: AtomicBool,
    /// Told when what is left is cut off.
    cut: Notify,
    /// Told when draining begins.
    pub(crate) drained: Notify,
    open: AtomicUsize,
    /// Told when a connection has ended.
    pub(crate) changed: Notify,
    started: Instant,
    connections: AtomicU64,
    /// Those of them that were turned away by what their proxies said, or did not say.
    turned_back: AtomicU64,
    /// Bytes of datagrams, received and sent; those of connections stand in the registry.
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    /// Datagrams whose answer would have been an amplification.
    unanswered: AtomicU64,
    /// Datagrams of a relay that were over its rate, and those for which there was no room.
    lost: [AtomicU64; 2],
}

/// Why a relay has lost a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// `--rate` did not let it go.
    OverRate,
    /// There was no session for its sender, or no room in a socket.
    NoRoom,
}

impl Shared {
    pub(crate) fn new(journal: Journal, idle: Option<Duration>, silent_beyond: bool, manner: Manner) -> Self {
        Self {
            journal,
            registry: Registry::default(),
            gate: Gate::default(),
            spare: Spare::default(),
            idle,
            silent_beyond,
            taken: AtomicBool::new(false),
            manner,
            draining: AtomicBool::new(false),
            cut_off: AtomicBool::new(false),
            cut: Notify::new(),
            drained: Notify::new(),
            open: AtomicUsize::new(0),
            changed: Notify::new(),
            started: Instant::now(),
            connections: AtomicU64::new(0),
            turned_back: AtomicU64::new(0),
            bytes_in: AtomicU64::new(0),
            bytes_out: AtomicU64::new(0),
            unanswered: AtomicU64::new(0),
            lost: Default::default(),
        }
    }

    /// With these for those who come.
    pub(crate) fn behind(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// With so many descriptors set aside for each client before it is accepted: what it will have opened.
    ///
    /// # Errors
    ///
    /// Fails where there are none even now.
    pub(crate) fn sparing(self, each: usize) -> Result<Self, Failure> {
        let spare = Spare::new(each).map_err(|error| Failure::io("set descriptors aside", &error))?;
        Ok(Self { spare, ..self })
    }

    /// What `open` opens for a client, with the descriptors that were set aside for it. Where others have taken them,
    /// it is tried again for a while: each client that leaves gives some back.
    pub(crate) async fn opening<T, Open>(
        &self,
        connection: &Connection,
        mut open: impl FnMut() -> Open,
    ) -> Result<T, Failure>
    where
        Open: Future<Output = Result<T, Failure>>,
    {
        self.give_back(connection);
        let until = Instant::now() + PATIENCE;
        loop {
            match open().await {
                Err(failure) if failure.lacks_descriptors() && Instant::now() < until => {
                    tokio::select! {
                        () = sleep(PAUSE) => {}
                        () = self.changed.notified() => {}
                    }
                }
                outcome => return outcome,
            }
        }
    }

    /// Gives the descriptors back that were set aside for a client, if that was not done before.
    pub(super) fn give_back(&self, connection: &Connection) {
        if connection.has_spare.swap(false, Ordering::Relaxed) {
            self.spare.give_back();
        }
    }

    /// Whether a client of this address is turned away; it is counted then, and told of a line a second at most.
    pub(crate) fn turns_away(&self, address: &Address) -> bool {
        let Entrance::Closed(told) = self.gate.enter(address, Instant::now) else { return false };
        if let Some(refused) = told.filter(|_| self.journal.talks()) {
            self.journal.refused(Peer::at(&address.to_string()), &refused);
        }
        true
    }

    /// Has the proxy that is the peer say who its client is; false where that is turned away, or the server ends first.
    pub(super) async fn introduces(&self, connection: &Arc<Connection>) -> bool {
        let introduced = tokio::select! {
            // What has come by then is served.
            biased;
            introduced = self.gate.introduced(&connection.socket) => introduced,
            () = self.until_draining() => Err(Away { client: None, told: None }),
        };
        match introduced {
            Ok(client) => {
                connection.introduced(client);
                self.opened(connection);
                self.taken.store(true, Ordering::SeqCst);
                self.changed.notify_waiters();
                true
            }
            Err(away) => {
                connection.stream().reset();
                self.turned_back.fetch_add(1, Ordering::Relaxed);
                away.told(connection.address(), |peer, refused| self.journal.refused(peer, refused));
                false
            }
        }
    }

    /// With `--once`: waits until it shows whether the one that has come in is served, and not turned away.
    pub(super) async fn is_taken(&self) -> bool {
        loop {
            // Asked for before looking, so that it is not missed in between.
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            if self.taken.load(Ordering::SeqCst) {
                return true;
            }
            if self.open() == 0 {
                return false;
            }
            changed.await;
        }
    }

    /// Counts a client in; gives its number.
    pub(crate) fn number(&self) -> u64 {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn opened(&self, connection: &Arc<Connection>) {
        self.registry.add(connection);
        match self.manner {
            Manner::Answers => self.journal.opened(connection.peer()),
            Manner::Relays => self.journal.accepted(connection.peer()),
        }
        if self.is_draining() && self.manner == Manner::Answers {
            // It was on its way to its thread when the others were told.
            let _ = connection.socket.shutdown(Shutdown::Read);
        }
    }

    /// A client is passed on to `to`.
    pub(crate) fn reached(&self, connection: &Connection, to: String) {
        self.journal.reached(connection.peer(), &to);
        connection.reached(to);
    }

    /// Counts a connection out, and tells what it came to, unless that was done before: when it was cut off.
    pub(crate) fn closed(&self, connection: &Connection, outcome: &Result<(), Failure>) {
        let Some(bytes) = self.registry.remove(connection) else { return };
        let reason =
            connection.reason().or_else(|| outcome.as_ref().err().map(|failure| failure.message.clone()));
        self.tell_end(connection, bytes, reason.as_deref());
    }

    /// Ends every connection that is open at once, each with its last words; gives how many there were.
    pub(crate) fn cut_off(&self, reason: &str) -> usize {
        let open = self.registry.take();
        self.cut_off.store(true, Ordering::SeqCst);
        self.cut.notify_waiters();
        for (connection, bytes) in &open {
            if self.manner == Manner::Answers {
                // One that has gone already needs no end.
                let _ = connection.socket.shutdown(Shutdown::Both);
            }
            self.tell_end(connection, *bytes, Some(reason));
        }
        open.len()
    }

    /// Waits until what is left is cut off.
    pub(crate) async fn until_cut_off(&self) {
        // Asked for before looking, so that it is not missed in between.
        let mut cut = pin!(self.cut.notified());
        cut.as_mut().enable();
        if !self.cut_off.load(Ordering::SeqCst) {
            cut.await;
        }
    }

    /// Waits until the server stops: who is served may go on, and who is not served yet is turned back.
    pub(crate) async fn until_draining(&self) {
        // Asked for before looking, as above.
        let mut drained = pin!(self.drained.notified());
        drained.as_mut().enable();
        if !self.is_draining() {
            drained.await;
        }
    }

    /// How many there were.
    fn connections(&self) -> u64 {
        let turned_back = self.turned_back.load(Ordering::Relaxed);
        self.connections.load(Ordering::Relaxed).saturating_sub(turned_back)
    }

    fn tell_end(&self, connection: &Connection, (bytes_in, bytes_out): (u64, u64), reason: Option<&str>) {
        let account = Account { bytes_in, bytes_out, time: connection.time(), to: connection.to(), reason };
        self.journal.closed(connection.peer(), &account);
    }

    /// A client that was counted in has left, its socket closed.
    pub(crate) fn left(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.changed.notify_waiters();
    }

    /// How many clients are connected, those on their way to a thread included.
    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }

    /// Lets every connection answer what it has received, and then end.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
        self.drained.notify_waiters();
        if self.manner == Manner::Answers {
            self.registry.end_input();
        }
    }

    pub(crate) fn received(&self, connection: &Connection, piece: &[u8]) {
        connection.count_in(piece.len());
        self.touch(connection);
        self.journal.received(connection.peer(), piece);
    }

    pub(crate) fn sent(&self, connection: &Connection, bytes: usize) {
        connection.count_out(bytes);
        self.touch(connection);
    }

    fn touch(&self, connection: &Connection) {
        if self.idle.is_some() {
            connection.touch();
        }
    }

    pub(crate) fn count_in(&self, bytes: u64) {
        self.bytes_in.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn count_out(&self, bytes: u64) {
        self.bytes_out.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts datagrams that a relay has lost.
    pub(crate) fn count_lost(&self, why: Loss, datagrams: usize) {
        self.lost[why as usize].fetch_add(datagrams as u64, Ordering::Relaxed);
    }

    /// Counts a datagram whose answer would have been an amplification.
    pub(crate) fn count_unanswered(&self) {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// What it has come to so far.
    pub(crate) fn totals(&self) -> Totals {
        let (bytes_in, bytes_out) = self.registry.totals();
        Totals {
            connections: self.connections(),
            open: self.open(),
            bytes_in: bytes_in + self.bytes_in.load(Ordering::Relaxed),
            bytes_out: bytes_out + self.bytes_out.load(Ordering::Relaxed),
            lost: (self.manner == Manner::Relays)
                .then(|| self.lost.each_ref().map(|lost| lost.load(Ordering::Relaxed))),
            time: self.started.elapsed(),
        }
    }

    /// Tells what the whole run came to.
    pub(crate) fn summarise(&self) {
        let totals = self.totals();
        let Totals { bytes_in, bytes_out, time, .. } = totals;
        if self.manner == Manner::Relays {
            self.journal.end_of(&totals);
        }
        let account = Account { bytes_in, bytes_out, time, to: None, reason: None };
        let counts = Counts {
            connections: self.connections(),
            unanswered: self.unanswered.load(Ordering::Relaxed),
            refused: self.gate.refused(),
            lost: totals.lost,
        };
        self.journal.summary(counts, &account);
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use berkeley::{AsyncSocket, Family, Protocol, Type};

    use super::*;
    use crate::endpoint::Scheme;

    /// Counted twice or not at all for an instant, it would show as a total that falls.
    #[tokio::test]
    async fn what_a_connection_moved_counts_once_while_it_is_struck_off() {
        let shared = Shared::new(Journal::start(true, false).expect("no log"), None, false, Manner::Relays);
        let (socket, _peer) =
            AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        let connection = Arc::new(Connection::new(socket, Scheme::Unix, 1, "peer".into()));
        connection.count_in(1);
        let (rounds, over) = (50_000, AtomicBool::new(false));
        thread::scope(|scope| {
            let reader = scope.spawn(|| {
                let mut last = 0;
                while !over.load(Ordering::SeqCst) {
                    let now = shared.totals().bytes_in;
                    assert!((last..=rounds).contains(&now), "{now} after {last}");
                    last = now;
                }
            });
            for _ in 0..rounds {
                shared.registry.add(&connection);
                shared.closed(&connection, &Ok(()));
            }
            over.store(true, Ordering::SeqCst);
            reader.join().expect("the totals never fall");
        });
        assert_eq!(shared.totals().bytes_in, rounds);
    }
}
