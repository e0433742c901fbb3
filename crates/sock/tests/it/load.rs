//! Ten thousand clients at once: what they cost the server while they are idle, and those whom it serves beside them.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::bounded::WaitInTime;
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
/// The most that any single connect, send or receive may take.
const LIMIT: Duration = Duration::from_secs(20);
/// Clients that connect before any of them is answered: fewer than the backlog.
const BATCH: usize = 100;
const ROUNDS: usize = 20;

#[test]
fn ten_thousand_idle_clients_cost_little_and_disturb_nobody() {
    let idle = clients_that_fit();
    let server = Server::start();
    let mut memory = Vec::new();
    let mut clients = Vec::with_capacity(idle);
    for step in [idle / 10, idle / 4, idle / 2, idle] {
        server.grow(&mut clients, step);
        memory.push((step, server.memory()));
    }
    let mut few = Vec::with_capacity(ECHOING);
    server.grow(&mut few, ECHOING);
    for round in 0..ROUNDS {
        echo_with_each(&mut few, round);
    }
    let cost = slope(&memory);
    assert!(cost <= BYTES, "an idle connection costs {cost:.0} bytes: {memory:?}");
    server.rests();
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

/// A `sock serve --echo`, ended when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sock"))
            .args(["serve", "tcp://127.0.0.1:0", "--echo", "--quiet", "--ready-fd", "1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sock starts");
        let ready = child.stdout.take().expect("its standard output is a pipe");
        // Held by the guard before anything can fail.
        let mut server = Self { child, address: ([127, 0, 0, 1], 0).into() };
        let (told, telling) = mpsc::channel();
        thread::spawn(move || told.send(BufReader::new(ready).lines().next()));
        let line = telling.recv_timeout(LIMIT).expect("it is ready in time").expect("it is ready");
        let line = line.expect("a line");
        let address = line.strip_prefix("tcp ").expect("the transport, and the address");
        server.address = address.parse().expect("an address and a port");
        server
    }

    /// Opens clients until there are `number`; each was answered once, so the server has taken it in.
    fn grow(&self, clients: &mut Vec<TcpStream>, number: usize) {
        while clients.len() < number {
            let first = clients.len();
            for index in first..number.min(first + BATCH) {
                let client = TcpStream::connect_timeout(&self.address, LIMIT);
                let client = client.unwrap_or_else(|error| panic!("client {index} connects: {error}"));
                client.set_read_timeout(Some(LIMIT)).expect("a limit");
                client.set_write_timeout(Some(LIMIT)).expect("a limit");
                clients.push(client);
            }
            echo_with_each(&mut clients[first..], first);
        }
    }

    /// Its proportional set size in bytes: its own pages, and its share of those that it has in common with others.
    fn memory(&self) -> u64 {
        let rollup = fs::read_to_string(self.proc("smaps_rollup")).expect("its memory is told");
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).expect("Pss is told");
        let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().expect("a number");
        kibibytes * 1_024
    }

    /// Everything is silent for a while: the server takes a hundredth of a processor at most.
    fn rests(&self) {
        let (before, start) = (self.time(), Instant::now());
        // Not to wait for anything: the time that passes is what is measured.
        thread::sleep(REST);
        let (taken, limit) = (self.time().saturating_sub(before), start.elapsed() / 100);
        assert!(taken <= limit, "at rest it took {taken:?} of {REST:?}");
    }

    /// The processor's time that all its threads have taken, ended ones included (proc(5): `utime` and `stime`).
    fn time(&self) -> Duration {
        let stat = fs::read_to_string(self.proc("stat")).expect("its time is told");
        // Behind the name, which may hold anything, the third field is the first.
        let (_, fields) = stat.rsplit_once(')').expect("a name in brackets");
        let mut ticks = fields.split_whitespace().skip(11).map(|field| field.parse::<u64>().expect("ticks"));
        let (user, system) = (ticks.next().expect("utime"), ticks.next().expect("stime"));
        // A tick is a hundredth of a second for every program, whatever the kernel's own is.
        Duration::from_millis((user + system) * 10)
    }

    fn proc(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait_in_time();
    }
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
