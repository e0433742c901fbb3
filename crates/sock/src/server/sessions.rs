//! Datagrams that are passed on: each sender has a session, with a socket of its own to where it leads, so that what
//! comes back is known to be that sender's. It goes back from the address that the sender had asked.
//!
//! A session ends when nothing has moved over it for a while. Their number is bounded. Beyond it a new sender takes
//! the place of the one that was silent longest among those that nobody has answered; where all were answered, it gets
//! none. So a flood of forged senders takes neither memory nor descriptors without end, and no session that is of use.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use berkeley::batch::{Datagram, ReceivedDatagram, RecvBatch, SendBatch};
use berkeley::{Address, AsyncSocket, Error, Flags, Result};
use tokio::sync::Notify;
use tokio::task::{JoinSet, consume_budget};
use tokio::time::{sleep, sleep_until};

use super::datagram::{prepare, sender, source};
use super::journal::{Account, Peer, unnamed};
use super::limit::{Allowance, LineLimit, RateLimit, Shown, Verdict};
use super::shared::{Loss, Shared};
use super::trouble::{PAUSE, Trouble, is_the_clients};
use super::{Server, Service};
use crate::endpoint::Scheme;
use crate::exit::{Exit, Failure};
use crate::open::Connected;
use crate::open::listen::is_remote;
use crate::quantity::Period;
use crate::rate::Bucket;
use crate::stream::{Broken, MESSAGE, Stream, Tap};

/// How many answers one receive takes.
const ANSWERS: usize = 16;

/// How many datagrams wait for a session's socket at most, and how many bytes: while a name is looked up.
const WAITING: usize = 32;
const WAITING_BYTES: usize = 65_536;

/// How many sessions may be on their way to their socket at once; further senders have to send again.
const OPENING: usize = 256;

/// How much of each there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// How many sessions there are at a time.
    pub(crate) sessions: usize,
    /// How long nothing may move over one.
    pub(crate) idle: Duration,
    /// The most bytes a second that a session passes on each way.
    pub(crate) rate: Option<NonZeroU64>,
    /// Senders beyond this machine may be sent more than three times what they have sent.
    pub(crate) amplifies: bool,
}

/// A service whose datagrams are passed on.
pub(crate) trait Leads: Service {
    /// Opens a socket to where a session leads.
    fn connected(&self) -> impl Future<Output = std::result::Result<Connected, Failure>> + Send;

    /// How much of each there is.
    fn limits(&self) -> Limits;

    /// The place of a session in a transcript, where there is one.
    fn tap(&self, peer: Peer<'_>, to: &str, datagrams: bool) -> Option<Tap>;
}

/// Passes on what comes to a socket, for as long as it is polled.
///
/// Fails where there is no memory for its buffers.
pub(crate) async fn serve<S: Leads>(
    server: Arc<Server<S>>,
    socket: Arc<AsyncSocket>,
    scheme: Scheme,
) -> Result<()> {
    let mut batch = prepare(&socket, scheme, false)?;
    let back = Back::new(Arc::clone(&socket), server.service.limits().amplifies)?;
    let mut desk = Desk {
        server,
        back: Arc::new(Mutex::new(back)),
        sessions: HashMap::new(),
        running: JoinSet::new(),
        trouble: Trouble::default(),
        sending: SendBatch::new(),
        newcomers: RateLimit::default(),
        full: None,
        refusals: LineLimit::per_second(1),
        circular: false,
    };
    loop {
        // A flood must not keep the thread from the listeners beside it, nor from the sessions.
        consume_budget().await;
        tokio::select! {
            received = socket.recv_many(&mut batch) => match received {
                Ok(_) => {
                    desk.trouble.success();
                    desk.pass_on(&batch);
                }
                Err(error) => desk.survive(&error).await,
            },
            Some(ended) = desk.running.join_next() => {
                if let Ok((session, outcome)) = ended {
                    desk.end(&session, outcome);
                }
            }
        }
    }
}

/// Who is answered, and from which of our addresses.
type Key = (Address, Option<IpAddr>);

/// One sender's datagrams, and what comes back for it.
struct Session {
    number: u64,
    key: Key,
    /// The sender, safe to show.
    peer: String,
    begun: Instant,
    /// Milliseconds after `begun` at which a datagram last moved.
    moved: AtomicU64,
    /// Bytes received from the sender, and sent to it.
    bytes: [AtomicU64; 2],
    /// What a sender beyond this machine may still be sent.
    allowance: Mutex<Allowance>,
    answered: AtomicBool,
    /// That nobody is where it leads has been told.
    refused: AtomicBool,
    /// Whether anything is told of it: anybody beyond this machine could fill a log.
    told: bool,
    way: Mutex<Way>,
    /// What each direction may still pass on.
    buckets: Option<[Mutex<Bucket>; 2]>,
    /// Of its own socket, where that stays the same.
    local: OnceLock<Address>,
    tap: OnceLock<Tap>,
    made_way: Notify,
}

/// Where the sender's datagrams go.
enum Way {
    /// They wait for the socket.
    Opening(Vec<Vec<u8>>, usize),
    /// There, by its name.
    Open(Arc<Stream>, String),
}

/// How a session ended, but for its own failures.
enum Ended {
    Idle,
    MadeWay,
}

impl Session {
    /// One whose socket is on its way.
    fn new(number: u64, key: Key, peer: String, told: bool, rate: Option<NonZeroU64>) -> Self {
        Self {
            number,
            key,
            peer,
            begun: Instant::now(),
            moved: AtomicU64::new(0),
            bytes: Default::default(),
            allowance: Mutex::default(),
            answered: AtomicBool::new(false),
            refused: AtomicBool::new(false),
            told,
            way: Mutex::new(Way::Opening(Vec::new(), 0)),
            buckets: rate.map(|rate| [(); 2].map(|()| Mutex::new(Bucket::new(rate, Instant::now())))),
            local: OnceLock::new(),
            tap: OnceLock::new(),
            made_way: Notify::new(),
        }
    }

    fn allowance(&self) -> MutexGuard<'_, Allowance> {
        self.allowance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn way(&self) -> MutexGuard<'_, Way> {
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address of its own socket; of a stream with several addresses of the one that it has now.
    fn local(&self) -> Option<Address> {
        self.local.get().copied().or_else(|| match &*self.way() {
            Way::Open(stream, _) => stream.local_address(),
            Way::Opening(..) => None,
        })
    }

    /// Whether its datagrams go to where this address is, at whatever port; for Unix sockets, to this machine.
    fn leads_to(&self, address: &Address) -> bool {
        let peer = match &*self.way() {
            Way::Open(stream, _) => stream.peer_address(),
            Way::Opening(..) => None,
        };
        let canonical = |address: &Address| address.ip().map(|ip| ip.to_canonical());
        peer.is_some_and(|peer| canonical(&peer) == canonical(address))
    }

    fn moved(&self, direction: usize, bytes: u64) {
        self.bytes[direction].fetch_add(bytes, Relaxed);
        self.moved.store(u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX), Relaxed);
    }

    /// When it will have been idle for so long.
    fn idle_at(&self, idle: Duration) -> Instant {
        let moved = self.begun + Duration::from_millis(self.moved.load(Relaxed));
        moved.checked_add(idle).unwrap_or(moved)
    }

    /// Whether the rate lets a datagram of so many bytes go, out (0) or back (1); one that it does not is lost.
    fn affords(&self, direction: usize, bytes: usize, shared: &Shared) -> bool {
        let Some(buckets) = &self.buckets else { return true };
        let passes = {
            let mut bucket = buckets[direction].lock().unwrap_or_else(PoisonError::into_inner);
            bucket.passes(bytes, Instant::now())
        };
        if !passes {
            shared.count_lost(Loss::OverRate, 1);
        }
        passes
    }

    /// Sends datagrams on, or has them wait for the socket.
    fn pass_on(&self, datagrams: &mut Vec<Datagram<'_>>, sending: &mut SendBatch, shared: &Shared) {
        let bytes: usize = datagrams.iter().map(|one| one.bytes().len()).sum();
        self.moved(0, bytes as u64);
        {
            let mut allowance = self.allowance();
            for one in datagrams.iter() {
                allowance.earns(one.bytes().len());
            }
        }
        datagrams.retain(|one| self.affords(0, one.bytes().len(), shared));
        let datagrams = &datagrams[..];
        match &mut *self.way() {
            Way::Opening(waiting, held) => {
                for one in datagrams {
                    if waiting.len() < WAITING && *held + one.bytes().len() <= WAITING_BYTES {
                        *held += one.bytes().len();
                        waiting.push(one.bytes().to_vec());
                    } else {
                        shared.count_lost(Loss::NoRoom, 1);
                    }
                }
            }
            Way::Open(stream, _) => self.send_on(stream, datagrams, sending, shared),
        }
    }

    fn send_on(&self, stream: &Stream, datagrams: &[Datagram<'_>], sending: &mut SendBatch, shared: &Shared) {
        if let Some(tap) = self.tap.get() {
            for one in datagrams {
                tap.sent(one.bytes());
            }
        }
        shared.count_lost(Loss::NoRoom, send_on(stream, datagrams, sending));
    }

    /// The socket is there: what has waited for it goes out.
    fn open(&self, connected: Connected, shared: &Shared) -> Arc<Stream> {
        let stream = Arc::new(connected.stream);
        let mut way = self.way();
        if let Way::Opening(waiting, _) = &*way {
            let datagrams: Vec<Datagram<'_>> = waiting.iter().map(|bytes| Datagram::new(bytes)).collect();
            self.send_on(&stream, &datagrams, &mut SendBatch::new(), shared);
        }
        if let Some(local) = stream.datagrams().and_then(|socket| socket.local_address().ok()) {
            let _ = self.local.set(local);
        }
        *way = Way::Open(Arc::clone(&stream), connected.peer);
        stream
    }
}

/// Sends what there is room for. As any datagram, one that finds none is lost, and counted; one that meets the refusal
/// of an earlier one goes again, once.
fn send_on(stream: &Stream, datagrams: &[Datagram<'_>], sending: &mut SendBatch) -> usize {
    let Some(socket) = stream.datagrams() else {
        let finds_no_room = |one: &&Datagram<'_>| {
            let outcome = match stream.try_send(one.bytes()) {
                Err(Broken::Failed(_) | Broken::Unwritable(_)) => stream.try_send(one.bytes()),
                outcome => outcome,
            };
            matches!(outcome, Ok(None))
        };
        return datagrams.iter().filter(finds_no_room).count();
    };
    let (mut sent, mut failed, mut lost) = (0, false, 0);
    while sent < datagrams.len() {
        match socket.socket().try_send_many(&datagrams[sent..], sending, Flags::NONE) {
            Ok(count) => (sent, failed) = (sent + count.max(1), false),
            Err(error) if error.is_interrupted() => {}
            // To ask again at once would find no more room.
            Err(error) if error.is_would_block() => (sent, failed, lost) = (sent + 1, false, lost + 1),
            Err(_) => {
                sent += usize::from(failed);
                failed = !failed;
            }
        }
    }
    lost
}

/// The way back, which the sessions share: its buffers, and what bounds it.
struct Back {
    socket: Arc<AsyncSocket>,
    /// `None` while it is lent.
    batch: Option<RecvBatch>,
    sending: SendBatch,
    /// Answers may be of any size.
    amplifies: bool,
    lines: LineLimit,
}

impl Back {
    fn new(socket: Arc<AsyncSocket>, amplifies: bool) -> Result<Self> {
        Ok(Self {
            socket,
            batch: Some(RecvBatch::new(ANSWERS, MESSAGE)?),
            sending: SendBatch::new(),
            amplifies,
            lines: LineLimit::default(),
        })
    }

    /// Whether something about this address may be told.
    fn shows(&mut self, address: &Address, shared: &Shared) -> bool {
        if !is_remote(address) {
            return true;
        }
        match self.lines.next(Instant::now()) {
            Shown::Hidden => false,
            Shown::Yes { hidden } => {
                shared.journal.hidden(hidden);
                true
            }
        }
    }

    /// Whether an answer is no amplification; counts it.
    fn affords(&self, session: &Session, bytes: usize, shared: &Shared) -> bool {
        if self.amplifies || !is_remote(&session.key.0) {
            return true;
        }
        let Verdict::Exceeds { first } = session.allowance().spends(bytes) else { return true };
        shared.count_unanswered();
        if first && session.told {
            let peer = &session.peer;
            shared.journal.note(format_args!(
                "{peer}: an answer of {bytes} bytes is kept back: a forged address would be flooded by more than three \
                 times what it has sent; --amplify lets them go"
            ));
        }
        false
    }

    /// Passes back what has come to a session's socket.
    fn pass_back(&mut self, from: &AsyncSocket, session: &Session, shared: &Shared) -> Result<()> {
        let Some(mut batch) = self.batch.take() else { return Ok(()) };
        let received = from.try_recv_many(&mut batch, Flags::NONE);
        if received.is_ok() {
            let whole = batch.iter().filter(|one| !one.is_truncated());
            let pieces: Vec<&[u8]> = whole.map(|one| one.bytes()).collect();
            self.send_back(&pieces, session, shared);
        }
        self.batch = Some(batch);
        match received {
            Err(error) if !error.is_would_block() && !error.is_interrupted() => Err(error),
            _ => Ok(()),
        }
    }

    fn send_back(&mut self, pieces: &[&[u8]], session: &Session, shared: &Shared) {
        let (to, from) = session.key;
        if to.is_unnamed() {
            return;
        }
        session.answered.store(true, Relaxed);
        let mut datagrams = Vec::with_capacity(pieces.len());
        for bytes in pieces {
            if session.affords(1, bytes.len(), shared) && self.affords(session, bytes.len(), shared) {
                if let Some(tap) = session.tap.get() {
                    tap.received(bytes);
                }
                let made = Datagram::new(bytes).to(&session.key.0);
                datagrams.push(from.map_or(made, |from| made.source(from)));
            }
        }
        let mut sent = 0;
        while sent < datagrams.len() {
            // Never waited for: a sender that does not read would hold up all others.
            match self.socket.socket().try_send_many(&datagrams[sent..], &mut self.sending, Flags::NONE) {
                Ok(count) => {
                    let gone = datagrams[sent..sent + count].iter().map(|one| one.bytes().len() as u64).sum();
                    session.moved(1, gone);
                    shared.count_out(gone);
                    sent += count.max(1);
                }
                Err(error) if error.is_interrupted() => {}
                Err(error) => {
                    sent += 1;
                    shared.count_lost(Loss::NoRoom, usize::from(error.is_would_block()));
                }
            }
        }
    }
}

/// Why a sender finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NoRoom {
    /// Too many sessions that have ended still have their sockets.
    Ending,
    /// Too many wait for theirs.
    Opening,
    /// There are as many as there may be, and all were answered.
    Taken,
    /// It comes from where TO is, and too many like it have had sessions make way.
    TooFast,
}

/// Takes what comes to the socket that all senders share.
struct Desk<S> {
    server: Arc<Server<S>>,
    back: Arc<Mutex<Back>>,
    sessions: HashMap<Key, Arc<Session>>,
    running: JoinSet<(Arc<Session>, std::result::Result<Ended, Failure>)>,
    trouble: Trouble,
    sending: SendBatch,
    /// How often new senders from where TO is have another make way.
    newcomers: RateLimit,
    /// Why there is no room for further senders, once that has been told.
    full: Option<NoRoom>,
    refusals: LineLimit,
    /// That it leads back to itself has been told.
    circular: bool,
}

impl<S: Leads> Desk<S> {
    /// Passes on what a receive has brought; what follows one another from one sender goes in one call.
    fn pass_on(&mut self, batch: &RecvBatch) {
        let mut row: Vec<Datagram<'_>> = Vec::new();
        let mut of: Option<Arc<Session>> = None;
        for datagram in batch {
            if datagram.is_truncated() {
                continue;
            }
            let session = self.session(&datagram);
            if let (Some(before), false) = (&of, same(of.as_ref(), session.as_ref())) {
                before.pass_on(&mut row, &mut self.sending, &self.server.shared);
                row.clear();
            }
            of = session;
            if of.is_some() {
                self.server.shared.count_in(datagram.bytes().len() as u64);
                row.push(Datagram::new(datagram.bytes()));
            }
        }
        if let Some(session) = of {
            session.pass_on(&mut row, &mut self.sending, &self.server.shared);
        }
    }

    fn back(&self) -> MutexGuard<'_, Back> {
        self.back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of a datagram's sender, a new one where it has none; `None` where it cannot have one.
    fn session(&mut self, datagram: &ReceivedDatagram<'_>) -> Option<Arc<Session>> {
        let key = (datagram.address(), source(datagram));
        if self.server.shared.turns_away(&key.0) {
            return None;
        }
        if let Some(session) = self.sessions.get(&key) {
            return Some(Arc::clone(session));
        }
        if self.is_our_own(&key.0) {
            return None;
        }
        if let Err(why) = self.make_room(&key.0) {
            self.refuse(why, &key.0);
            return None;
        }
        let shared = &self.server.shared;
        let peer = if key.0.is_unnamed() { unnamed(sender(datagram)) } else { key.0.to_string() };
        let rate = self.server.service.limits().rate;
        let told = shared.journal.talks() && self.back().shows(&key.0, shared);
        let session = Arc::new(Session::new(shared.number(), key, peer, told, rate));
        if told {
            shared.journal.accepted(session.named());
        }
        let (server, back) = (Arc::clone(&self.server), Arc::clone(&self.back));
        self.running.spawn(run(Arc::clone(&session), server, back));
        self.sessions.insert(key, Arc::clone(&session));
        Some(session)
    }

    /// Whether a datagram comes from one of the sessions' own sockets: it would be passed on without end.
    fn is_our_own(&mut self, sender: &Address) -> bool {
        let ours = |session: &Arc<Session>| session.local().is_some_and(|local| local == *sender);
        if is_remote(sender) || sender.is_unnamed() || !self.sessions.values().any(ours) {
            return false;
        }
        if !std::mem::replace(&mut self.circular, true) {
            let failure = Failure::new(Exit::Other, "the relay is pointed at itself: TO leads back to FROM");
            self.server.shared.journal.error(&failure.hint("its datagrams are dropped; choose another TO"));
        }
        true
    }

    /// Sees to room for one more session, that of `sender`: there is some, or one makes way.
    fn make_room(&mut self, sender: &Address) -> std::result::Result<(), NoRoom> {
        let most = self.server.service.limits().sessions;
        if self.running.len() >= most + OPENING {
            return Err(NoRoom::Ending);
        }
        let opening = |session: &&Arc<Session>| matches!(&*session.way(), Way::Opening(..));
        if self.sessions.len() >= OPENING && self.sessions.values().filter(opening).count() >= OPENING {
            return Err(NoRoom::Opening);
        }
        if self.sessions.len() < most {
            return Ok(());
        }
        let silent = self.sessions.values().filter(|session| !session.answered.load(Relaxed));
        let Some(oldest) = silent.min_by_key(|session| session.idle_at(Duration::ZERO)).cloned() else {
            return Err(NoRoom::Taken);
        };
        // A datagram that circles comes from where TO is, from a new sender with each round, and is never answered.
        let ip = sender.ip().unwrap_or(Ipv4Addr::UNSPECIFIED.into());
        if oldest.leads_to(sender) && self.newcomers.exceeds(ip, Instant::now()) {
            return Err(NoRoom::TooFast);
        }
        oldest.made_way.notify_one();
        self.end(&oldest, Ok(Ended::MadeWay));
        Ok(())
    }

    /// A sender finds no room: its datagram is lost and counted, and of many in a row one line tells.
    fn refuse(&mut self, why: NoRoom, sender: &Address) {
        self.server.shared.count_lost(Loss::NoRoom, 1);
        // One line a second at most: what is hidden now is told by the next one.
        if self.full == Some(why) || self.refusals.next(Instant::now()) == Shown::Hidden {
            return;
        }
        self.full = Some(why);
        let most = self.server.service.limits().sessions;
        let why = match why {
            NoRoom::Ending => " while the sockets of others close".to_owned(),
            NoRoom::Opening => format!(" while {OPENING} wait for their connection to TO"),
            NoRoom::Taken => format!(" than {most} at a time; --max-connections sets how many"),
            NoRoom::TooFast => format!(
                " than {most} at a time, and new ones such as {sender} come too fast: does TO lead back here \
                 through another relay?"
            ),
        };
        self.server.shared.journal.note(format_args!("no room for more senders{why}"));
    }

    /// A session has ended: it is forgotten, and what it came to is told, once.
    fn end(&mut self, session: &Arc<Session>, outcome: std::result::Result<Ended, Failure>) {
        let is_there = self.sessions.get(&session.key).is_some_and(|there| Arc::ptr_eq(there, session));
        if !is_there {
            return;
        }
        self.sessions.remove(&session.key);
        // What has made way leaves no room behind.
        self.full = self.full.filter(|_| matches!(outcome, Ok(Ended::MadeWay)));
        let reason = match outcome {
            Ok(Ended::Idle) => format!("nothing moved for {}", Period(self.server.service.limits().idle)),
            Ok(Ended::MadeWay) => "made way for another sender".to_owned(),
            Err(failure) => failure.message,
        };
        tell_end(session, Some(&reason), &self.server.shared);
    }

    /// An error is one sender's as a rule: something that was sent to it came back as refused, and that is all.
    async fn survive(&mut self, error: &Error) {
        let next = self.trouble.failure(is_the_clients(error), Instant::now());
        if next.say {
            self.server.shared.journal.error(&Failure::from(error));
        }
        if next.pause {
            sleep(PAUSE).await;
        }
    }
}

fn same(one: Option<&Arc<Session>>, other: Option<&Arc<Session>>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
}

impl<S> Drop for Desk<S> {
    fn drop(&mut self) {
        for session in self.sessions.values() {
            tell_end(session, None, &self.server.shared);
        }
        let back = self.back.lock().unwrap_or_else(PoisonError::into_inner);
        self.server.shared.journal.hidden(back.lines.hidden());
    }
}

/// What a session came to.
fn tell_end(session: &Session, reason: Option<&str>, shared: &Shared) {
    if session.told {
        let [bytes_in, bytes_out] = session.bytes.each_ref().map(|bytes| bytes.load(Relaxed));
        let way = session.way();
        let to = match &*way {
            Way::Open(_, to) => Some(to.as_str()),
            Way::Opening(..) => None,
        };
        let account = Account { bytes_in, bytes_out, time: session.begun.elapsed(), to, reason };
        shared.journal.closed(session.named(), &account);
    }
    shared.left();
}

impl Session {
    fn named(&self) -> Peer<'_> {
        Peer { number: Some(self.number), ..Peer::at(&self.peer) }
    }
}

/// Runs a session until it is idle, makes way, or fails.
async fn run<S: Leads>(
    session: Arc<Session>,
    server: Arc<Server<S>>,
    back: Arc<Mutex<Back>>,
) -> (Arc<Session>, std::result::Result<Ended, Failure>) {
    let outcome = tokio::select! {
        outcome = live(&session, &server, &back) => outcome,
        () = session.made_way.notified() => Ok(Ended::MadeWay),
    };
    (session, outcome)
}

async fn live<S: Leads>(
    session: &Session,
    server: &Server<S>,
    back: &Mutex<Back>,
) -> std::result::Result<Ended, Failure> {
    let Server { service, shared } = server;
    let idle = service.limits().idle;
    let connected = Box::pin(service.connected()).await?;
    if session.told {
        shared.journal.reached(session.named(), &connected.peer);
    }
    if let Some(tap) = service.tap(session.named(), &connected.peer, true) {
        let _ = session.tap.set(tap);
    }
    let stream = session.open(connected, shared);
    loop {
        tokio::select! {
            outcome = pass_back(&stream, session, shared, back) => {
                if let Err(failure) = outcome {
                    bear(failure, session, shared).await?;
                }
            }
            () = sleep_until(session.idle_at(idle).into()) => {
                if session.idle_at(idle) <= Instant::now() {
                    return Ok(Ended::Idle);
                }
            }
        }
    }
}

/// Waits for what comes back, and passes it on.
async fn pass_back(
    stream: &Stream,
    session: &Session,
    shared: &Shared,
    back: &Mutex<Back>,
) -> std::result::Result<(), Failure> {
    let locked = || back.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(socket) = stream.datagrams() {
        // Who sends more than can be passed on must not keep the thread from the others, nor from signals.
        consume_budget().await;
        socket.readable().await?;
        return Ok(locked().pass_back(socket, session, shared)?);
    }
    stream.receive(MESSAGE, |bytes| locked().send_back(&[bytes], session, shared)).await?;
    Ok(())
}

/// Nobody may be there yet, or no more: that is told once, and the next datagram may find somebody.
async fn bear(failure: Failure, session: &Session, shared: &Shared) -> std::result::Result<(), Failure> {
    if !matches!(failure.exit, Exit::Refused | Exit::Unreachable) {
        return Err(failure);
    }
    if session.told && !session.refused.swap(true, Relaxed) {
        shared.journal.note(format_args!("{}: {}", session.named(), failure.message));
    }
    // Each datagram brings one refusal at most, but a stream of several addresses may fail again at once.
    sleep(Duration::from_millis(1)).await;
    Ok(())
}

#[cfg(test)]
mod tests;
