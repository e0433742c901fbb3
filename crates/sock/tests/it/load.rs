//! Ten thousand clients at once: what they cost the server while they are idle, and those whom it serves beside them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{Process, connect, sock};
use crate::skip;

/// The clients that do nothing, and those that ask beside them.
const IDLE: usize = 10_000;
const ECHOING: usize = 100;
/// Descriptors that a process needs beside one for each client; other tests of this one have theirs from these too.
const BESIDE: usize = 400;
/// The most that an idle connection may cost in memory, in bytes.
const BYTES: f64 = 2_048.0;
/// How long everything rests while the server's time is watched; of that it may take a hundredth.
const REST: Duration = Duration::from_secs(5);
/// Clients that connect before any of them is answered: fewer than the backlog.
const BATCH: usize = 100;
const ROUNDS: usize = 20;

#[test]
fn ten_thousand_idle_clients_cost_little_and_disturb_nobody() {
    let idle = clients_that_fit();
    let (server, address) = server();
    let mut memory = Vec::new();
    let mut clients = Vec::with_capacity(idle);
    for step in [idle / 10, idle / 4, idle / 2, idle] {
        grow(address, &mut clients, step);
        memory.push((step, server.memory() * 1_024));
    }
    let mut few = Vec::with_capacity(ECHOING);
    grow(address, &mut few, ECHOING);
    for round in 0..ROUNDS {
        echo_with_each(&mut few, round);
    }
    let cost = slope(&memory);
    assert!(cost <= BYTES, "an idle connection costs {cost:.0} bytes: {memory:?}");
    rests(&server);
    // Each is still held, and served.
    for batch in clients.chunks_mut(BATCH) {
        echo_with_each(batch, ROUNDS);
    }
}

/// As many idle clients as the limit of descriptors allows, which the server inherits: all, unless that is low.
fn clients_that_fit() -> usize {
    let limit = rlimit::increase_nofile_limit(u64::MAX).expect("the limit of descriptors");
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let wanted = IDLE + ECHOING + BESIDE;
    if limit >= wanted {
        return IDLE;
    }
    let test = "load::ten_thousand_idle_clients_cost_little_and_disturb_nobody";
    skip::skip(test, &format!("{wanted} descriptors, and plays with the {limit} there are"));
    let fit = limit.saturating_sub(ECHOING + BESIDE);
    assert!(fit >= 100, "{limit} descriptors are too few to measure anything");
    fit
}

/// A `sock serve --echo` that logs nothing, and its address.
fn server() -> (Process, SocketAddr) {
    let args = ["serve", "tcp://127.0.0.1:0", "--echo", "--quiet", "--ready-fd", "1"];
    let server = Process::start(&mut sock(&args));
    let line = server.stdout.line("where it listens", |line| line.starts_with("tcp "));
    (server, line["tcp ".len()..].parse().expect("an address and a port"))
}

/// Opens clients until there are `number`; each was answered once, so the server has taken it in.
fn grow(address: SocketAddr, clients: &mut Vec<TcpStream>, number: usize) {
    while clients.len() < number {
        let first = clients.len();
        clients.extend((first..number.min(first + BATCH)).map(|_| connect(address)));
        echo_with_each(&mut clients[first..], first);
    }
}

/// Everything is silent for a while: the server takes a hundredth of a processor at most.
fn rests(server: &Process) {
    let (before, start) = (server.cpu(), Instant::now());
    // Not to wait for anything: the time that passes is what is measured.
    thread::sleep(REST);
    let (taken, limit) = (server.cpu().saturating_sub(before), start.elapsed() / 100);
    assert!(taken <= limit, "at rest it took {taken:?} of {REST:?}");
}

/// Every client asks, then every client is answered, byte for byte.
fn echo_with_each(clients: &mut [TcpStream], round: usize) {
    for (index, client) in clients.iter_mut().enumerate() {
        let question = question(index, round);
        client.write_all(&question).unwrap_or_else(|error| panic!("client {index} asks: {error}"));
    }
    let mut answer = [0; 1_024];
    for (index, client) in clients.iter_mut().enumerate() {
        client.read_exact(&mut answer).unwrap_or_else(|error| panic!("client {index} is answered: {error}"));
        assert!(answer == question(index, round), "client {index} gets back what it sent in round {round}");
    }
}

/// A kibibyte that no other client sends in this round.
fn question(index: usize, round: usize) -> [u8; 1_024] {
    let mut question = [0; 1_024];
    let seed = (index * 7_919 + round).to_le_bytes();
    question.chunks_exact_mut(seed.len()).for_each(|part| part.copy_from_slice(&seed));
    question
}

/// Bytes a connection, by least squares.
#[allow(clippy::cast_precision_loss, reason = "connections and bytes are far below 2^52")]
fn slope(points: &[(usize, u64)]) -> f64 {
    let points: Vec<(f64, f64)> = points.iter().map(|&(x, y)| (x as f64, y as f64)).collect();
    let count = points.len() as f64;
    let middle = |sum: f64| sum / count;
    let (x, y) = (middle(points.iter().map(|p| p.0).sum()), middle(points.iter().map(|p| p.1).sum()));
    let above: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    above / points.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>()
}
