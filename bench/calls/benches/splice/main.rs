//! What relaying costs: bytes from one TCP connection to another, spliced by the library or copied.
//!
//! A thread sends without end, this one relays, a third receives and discards; the relay has a processor of its own.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use bench_calls::{Case, Limit, Options, Report, Rival, Scale, congestion, pin, thread_time, two_cores};
use berkeley::splice::SplicePipe;
use berkeley::{Flags, Socket};

/// Rounds that count, of each case: a turn of each rival is a round.
const ROUNDS: usize = 15;
const TURN: Duration = Duration::from_millis(100);
/// What a figure counts.
const PIECE: u64 = 1 << 20;
/// The most that a splice may cost, of a copy by 64 KiB.
const MOST: f64 = 0.6;

fn main() -> ExitCode {
    let mut report = Report::new("splice", Options::read(), ROUNDS);
    let cores = two_cores();
    pin(cores[0]);
    for (name, scale) in
        [("relay, CPU time of 1 MiB", Scale::NanosecondsEach), ("relay, MiB", Scale::PerSecond)]
    {
        let turn = move |relay: Relay| turn(relay, scale, cores[1]);
        let limits = match scale {
            Scale::NanosecondsEach => vec![Limit::AtMost("berkeley, splice", "copy by 64 KiB", MOST)],
            Scale::PerSecond => Vec::new(),
        };
        let rivals = vec![
            Rival::new("copy by 64 KiB", move || turn(copy::<65_536>)),
            Rival::new("copy by 64 KiB again", move || turn(copy::<65_536>)),
            Rival::new("copy by 256 KiB", move || turn(copy::<262_144>)),
            Rival::new("berkeley, splice", move || turn(splice)),
        ];
        report.measure(Case { name: name.to_owned(), scale, turns: 1, cores: Some(cores), rivals, limits });
    }
    report.finish()
}

/// Moves what comes from the first to the second until the moment given; gives how many bytes.
type Relay = fn(&TcpStream, &TcpStream, Instant) -> u64;

fn turn(relay: Relay, scale: Scale, core: usize) -> (u64, Duration) {
    let (source, from) = connection();
    let (to, sink) = connection();
    let stop = AtomicBool::new(false);
    let (bytes, took) = thread::scope(|scope| {
        scope.spawn(|| {
            pin(core);
            flood(&source, &stop);
        });
        scope.spawn(|| {
            pin(core);
            discard(sink);
        });
        let (began, used) = (Instant::now(), thread_time());
        let bytes = relay(&from, &to, began + TURN);
        let took = match scale {
            Scale::NanosecondsEach => thread_time() - used,
            Scale::PerSecond => began.elapsed(),
        };
        stop.store(true, Ordering::Relaxed);
        // The sender may stand before a full connection: its end ends that, and the sink's.
        for end in [&from, &to] {
            end.shutdown(Shutdown::Both).expect("a connection to end");
        }
        (bytes, took)
    });
    (bytes / PIECE, took)
}

/// Both ends of a TCP connection over loopback.
fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let near = TcpStream::connect(listener.local_addr().expect("its address")).expect("a connection");
    let (far, _) = listener.accept().expect("a connection");
    congestion(&near);
    congestion(&far);
    (near, far)
}

fn flood(mut socket: &TcpStream, stop: &AtomicBool) {
    let payload = vec![7; 262_144];
    while !stop.load(Ordering::Relaxed) {
        if socket.write(&payload).is_err() {
            assert!(stop.load(Ordering::Relaxed), "the relay has gone");
        }
    }
}

/// Receives to the end, and has the kernel throw away what comes (`MSG_TRUNC`).
fn discard(socket: TcpStream) {
    let socket = Socket::from(OwnedFd::from(socket));
    let mut nowhere = vec![0; 1 << 20];
    while socket.recv_with(&mut nowhere, Flags::TRUNC).is_ok_and(|length| length > 0) {}
}

fn copy<const SIZE: usize>(mut from: &TcpStream, mut to: &TcpStream, end: Instant) -> u64 {
    let (mut buffer, mut moved) = (vec![0; SIZE], 0);
    while Instant::now() < end {
        let length = from.read(&mut buffer).expect("a read");
        to.write_all(&buffer[..length]).expect("a write");
        moved += length as u64;
    }
    moved
}

fn splice(from: &TcpStream, to: &TcpStream, end: Instant) -> u64 {
    let [from, to] = [from, to].map(|socket| berkeley::SocketRef::borrow(socket.as_fd()));
    let mut pipe = SplicePipe::new().expect("a pipe");
    let mut moved = 0;
    while Instant::now() < end {
        moved += berkeley::splice::splice(&from, &to, &mut pipe, PIECE as usize).expect("berkeley's splice")
            as u64;
    }
    moved
}
