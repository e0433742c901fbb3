//! Whatever two peers do, and in whatever order: each receives all that the other wrote before its end, unless it has
//! closed itself, or the other was reset.
//!
//! Orders of writes, ends, closes and slow reading over TCP, Unix sockets and TLS, made from a fixed seed. There are
//! 2,000 of them, and 10,000 in continuous integration (`BERKELEY_ORDERS`); `BERKELEY_ORDERS_SEED` makes others, and
//! `BERKELEY_ORDERS_ONLY` plays a single one.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use berkeley::{AsyncSocket, Family, Protocol, Type, option};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::task::{JoinSet, LocalSet, yield_now};
use tokio::time::timeout;

use super::pump::relay_by;
use super::splice::Pool;
use super::{Rules, relay};
use crate::stream::{Nature, SocketStream, Stream, TlsStream};
use crate::tls::{Client, Options, Server};

/// Longer than any of them takes, but for an emulated processor.
const LIMIT: Duration = Duration::from_secs(60);

/// How many are tried, by all tests together.
const ORDERS: u32 = 2_000;

/// How many tests there are: each has its part, within the limit of time of a test.
const TESTS: u32 = 5;

/// How many are under way at once: they wait for timers of the kernel's.
const AT_ONCE: usize = 64;

/// The most that one of them says, in bytes.
const MOST_SAID: u64 = 800_000;

const RULES: Rules = Rules::BETWEEN_STREAMS;

/// Pipes that are used for the smallest pieces.
static EAGER: Pool = Pool::eager(8 << 20);

/// What carries the bytes between a peer and the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Tcp,
    Unix,
    Tls,
}

/// What one peer does.
#[derive(Clone, Debug)]
struct Plan {
    kind: Kind,
    /// Little room in the kernel.
    narrow: bool,
    /// How many bytes each, and how many turns of the others before.
    writes: Vec<(usize, u8)>,
    /// How much is read at a time, and how many turns of the others are between.
    reading: (usize, u8),
    finish: Finish,
}

impl Plan {
    /// How many bytes it means to write.
    fn length(&self) -> usize {
        self.writes.iter().map(|(length, _)| length).sum()
    }
}

#[derive(Clone, Debug)]
enum Finish {
    /// Says that it is done, and reads to the end.
    Shutdown,
    /// Closes once it has written all; TLS says so, or does not.
    AfterWriting(bool),
    /// Closes once it has read so much, or all that the other means to write, whatever it still had to write itself.
    AfterReading(usize),
}

fn plans(kinds: &'static [Kind]) -> impl Strategy<Value = Plan> {
    let kind = prop::sample::select(kinds);
    let length = prop_oneof![4 => 1..200_usize, 3 => 200..20_000_usize, 1 => 20_000..200_000_usize];
    let finish = prop_oneof![
        3 => Just(Finish::Shutdown),
        2 => any::<bool>().prop_map(Finish::AfterWriting),
        1 => (0..30_000_usize).prop_map(Finish::AfterReading),
    ];
    let reading = (prop_oneof![1..2_000_usize, Just(65_536)], prop_oneof![2 => Just(0), 1 => 1..9_u8]);
    (kind, any::<bool>(), vec((length, 0..5_u8), 0..5), reading, finish).prop_map(
        |(kind, narrow, writes, (piece, turns), finish)| {
            // Some bytes at a time, and all of them in the time there is.
            let most = writes.iter().map(|(length, _)| length).sum::<usize>() / 64;
            Plan { kind, narrow, writes, reading: (piece.max(most), turns), finish }
        },
    )
}

/// What became of a peer.
#[derive(Debug)]
struct Fate {
    sent: usize,
    heard: usize,
    /// It has read to the end, and never closed before.
    listened: bool,
    /// It said that it was done, and all that it sent was with the relay when it closed, if it did.
    whole: bool,
}

#[test]
fn all_arrives_over_tcp() {
    try_orders(&[Kind::Tcp], &[Kind::Tcp], false);
}

#[test]
fn all_arrives_over_unix_sockets() {
    try_orders(&[Kind::Unix], &[Kind::Unix], false);
}

#[test]
fn all_arrives_through_pipes() {
    try_orders(&[Kind::Tcp, Kind::Unix], &[Kind::Tcp, Kind::Unix], true);
}

#[test]
fn all_arrives_between_tls_and_others() {
    try_orders(&[Kind::Tls], &[Kind::Tcp, Kind::Unix], false);
}

#[test]
fn all_arrives_over_whatever_there_is() {
    let all = &[Kind::Tcp, Kind::Tcp, Kind::Unix, Kind::Unix, Kind::Tls];
    try_orders(all, all, false);
}

/// Plays this test's part of them.
fn try_orders(near: &'static [Kind], far: &'static [Kind], eager: bool) {
    let orders = number("BERKELEY_ORDERS").unwrap_or(ORDERS).div_ceil(TESTS);
    let seed = number("BERKELEY_ORDERS_SEED").unwrap_or(1);
    let only = number("BERKELEY_ORDERS_ONLY");
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = (plans(near), plans(far));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let kit = Rc::new(Kit::new());
    let failures = Rc::new(RefCell::new(Vec::new()));
    LocalSet::new().block_on(&runtime, async {
        let mut running = JoinSet::new();
        for order in 0..orders {
            let (near, far) = strategy.new_tree(&mut runner).expect("an order").current();
            if only.is_some_and(|only| only != order) {
                continue;
            }
            let (kit, failures) = (Rc::clone(&kit), Rc::clone(&failures));
            running.spawn_local(async move {
                if let Err(why) = Box::pin(try_order(&near, &far, eager, &kit)).await {
                    failures.borrow_mut().push(format!("{order}: {why}\n near {near:?}\n far {far:?}"));
                }
            });
            if running.len() >= AT_ONCE {
                running.join_next().await.expect("one of them").expect("no panic");
            }
        }
        while let Some(joined) = running.join_next().await {
            joined.expect("no panic");
        }
    });
    let failures = failures.borrow();
    assert!(
        failures.is_empty(),
        "{} of {orders} orders of seed {seed}:\n{}",
        failures.len(),
        failures.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("\n"),
    );
}

/// Half of the time that a test has, where that is told.
fn limit() -> Duration {
    number("BERKELEY_TEST_SECONDS").map_or(LIMIT, |seconds| Duration::from_secs(u64::from(seconds) / 2))
}

fn number(name: &str) -> Option<u32> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Plays one of them; says what went wrong.
async fn try_order(near: &Plan, far: &Plan, eager: bool, kit: &Kit) -> Result<(), String> {
    let says = |plan: &Plan, pattern: usize| &kit.patterns[pattern][..plan.length()];
    let (of_near, of_far) = (says(near, 0), says(far, 1));
    let ((ours, left), (theirs, right)) = (kit.pair(near).await, kit.pair(far).await);
    let relayed = async move {
        let bytes = Default::default();
        let report = if eager {
            relay_by(&EAGER, &ours, &theirs, RULES, &bytes, pending::<()>()).await
        } else {
            relay(&ours, &theirs, RULES, &bytes, pending::<()>()).await
        };
        drop((ours, theirs));
        report
    };
    let all = async {
        tokio::join!(relayed, play(left, near, [of_near, of_far]), play(right, far, [of_far, of_near]))
    };
    let Ok((report, left, right)) = timeout(limit(), Box::pin(all)).await else {
        return Err("it does not end".into());
    };
    let (left, right) = (left?, right?);
    for (from, to) in [(&left, &right), (&right, &left)] {
        if from.whole && to.listened && to.heard < from.sent {
            return Err(format!("{} of {} bytes; {left:?} {right:?} {report:?}", to.heard, from.sent));
        }
    }
    Ok(())
}

/// Does what is planned; each side's bytes are of a pattern of their own.
async fn play(peer: Stream, plan: &Plan, [says, expects]: [&[u8]; 2]) -> Result<Fate, String> {
    let (sent, heard) = (Cell::new(0), Cell::new(0));
    let wrong = Cell::new(false);
    let writing = async {
        for (length, turns) in &plan.writes {
            for _ in 0..*turns {
                yield_now().await;
            }
            let end = sent.get() + *length;
            while sent.get() < end {
                // Nobody listens any more.
                let Ok(taken) = peer.send(&says[sent.get()..end]).await else { return };
                sent.set(sent.get() + taken);
            }
        }
    };
    let most =
        if let Finish::AfterReading(most) = plan.finish { most.min(expects.len()) } else { usize::MAX };
    let reading = async {
        let (piece, turns) = plan.reading;
        while heard.get() < most {
            for _ in 0..turns {
                yield_now().await;
            }
            let take = |bytes: &[u8]| {
                let end = heard.get() + bytes.len();
                wrong.set(wrong.get() || expects.get(heard.get()..end) != Some(bytes));
                heard.set(end);
            };
            if !matches!(peer.receive(piece, take).await, Ok(Some(()))) {
                return;
            }
        }
    };
    match plan.finish {
        Finish::Shutdown => {
            let writing = async {
                writing.await;
                let _ = peer.end().await;
            };
            tokio::join!(writing, reading);
        }
        Finish::AfterWriting(polite) => {
            let reading = async {
                reading.await;
                pending::<()>().await;
            };
            tokio::select! {
                () = writing => {}
                () = reading => {}
            }
            if polite {
                let _ = peer.end().await;
            }
        }
        Finish::AfterReading(_) => {
            let writing = async {
                writing.await;
                pending::<()>().await;
            };
            tokio::select! {
                () = reading => {}
                () = writing => {}
            }
        }
    }
    if wrong.get() {
        return Err(format!("other bytes than were sent, within {}", heard.get()));
    }
    let listened = matches!(plan.finish, Finish::Shutdown);
    // A Unix socket that is closed over what it has not read is a reset, whatever it said before.
    let polite = matches!(plan.finish, Finish::AfterWriting(true)) && plan.kind != Kind::Unix;
    let whole = listened || polite && peer.undelivered() == 0;
    Ok(Fate { sent: sent.get(), heard: heard.get(), listened, whole })
}

/// What makes pairs of streams, and what is said over them.
struct Kit {
    /// No two parts are alike.
    patterns: [Vec<u8>; 2],
    server: Server,
    client: Client,
}

impl Kit {
    fn new() -> Self {
        let server = Server::new(&Options::default(), &["localhost".to_owned()]).expect("a server");
        let pin = server.pin.as_ref().expect("a certificate of its own making");
        let options = Options { pins: vec![pin.parse().expect("a pin")], ..Options::default() };
        let client = Client::new(&options, "localhost").expect("a client");
        let byte = |at: u64| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
        let patterns = [0, 1 << 32].map(|begin| (begin..begin + MOST_SAID).map(byte).collect());
        Self { patterns, server, client }
    }

    /// The relay's end of a connection, and the peer's.
    async fn pair(&self, plan: &Plan) -> (Stream, Stream) {
        let (ours, peer) = match plan.kind {
            Kind::Unix => unix(plan.narrow),
            Kind::Tcp | Kind::Tls => tcp(plan.narrow).await,
        };
        if plan.kind != Kind::Tls {
            return (Stream::Socket(ours), Stream::Socket(peer));
        }
        let ours = TlsStream::new(ours, self.server.connection().expect("a connection"), "a client");
        let peer = TlsStream::new(peer, self.client.connection().expect("a connection"), "localhost");
        let agreed = async { tokio::join!(ours.handshake(), peer.handshake()) };
        let (one, other) = timeout(limit(), agreed).await.expect("in time");
        one.and(other).expect("both agree");
        (Stream::Tls(Box::new(ours)), Stream::Tls(Box::new(peer)))
    }
}

fn unix(narrow: bool) -> (SocketStream, SocketStream) {
    let (ours, peer) =
        AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair of sockets");
    for end in [&ours, &peer].into_iter().filter(|_| narrow) {
        end.set(option::SNDBUF, 8_192).expect("little room");
    }
    (SocketStream::of(ours, Nature::STREAM), SocketStream::of(peer, Nature::STREAM))
}

async fn tcp(narrow: bool) -> (SocketStream, SocketStream) {
    let socket = || {
        let socket = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
        if narrow {
            socket.set(option::SNDBUF, 16_384).expect("little room");
            socket.set(option::RCVBUF, 16_384).expect("little room");
            // A segment of loopback's size would wait for the timer that probes a small window.
            socket.set(option::tcp::MAXSEG, 1_400).expect("short segments");
        }
        // The default may pace what goes over loopback.
        let _ = socket.set(option::tcp::CONGESTION, "reno");
        socket
    };
    let (listener, peer) = (socket(), socket());
    listener.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.listen(1).expect("a listener");
    peer.connect(listener.local_address().expect("an address")).await.expect("a connection");
    let (ours, _) = listener.accept().await.expect("the same");
    (SocketStream::of(ours, Nature::NETWORK), SocketStream::of(peer, Nature::NETWORK))
}
