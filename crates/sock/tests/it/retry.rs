//! `?retry=`: a server that comes late is met, one that never comes is given up.

use std::fs;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, option};

use crate::kit::{LIMIT, Process, bounded, eventually, run_sock, sock};

/// A port that nobody listens at, and that is this test's: bound, and not listening.
fn reserved() -> (Socket, u16) {
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    socket.set(option::REUSEADDR, true).expect("an option of every socket");
    socket.bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_address().expect("a bound socket").port().expect("a port");
    (socket, port)
}

#[test]
fn a_server_that_comes_late_is_met() {
    let (reserved, port) = reserved();
    let endpoint = format!("127.0.0.1:{port}?retry=60s");
    let process = Process::start(&mut sock(&["connect", &endpoint, "--receive-only", "--explain"]));
    process.stderr.line("the first try", |line| line.contains("connect("));
    reserved.listen(1).expect("a bound socket");
    let listener = TcpListener::from(OwnedFd::from(reserved));
    let (client, _) = listener.accept().expect("a client");
    drop(bounded(client));
    assert_eq!(process.finish().code(), 0);
}

#[test]
fn a_server_that_never_comes_is_given_up_with_the_last_failure() {
    let (_reserved, port) = reserved();
    let endpoint = format!("127.0.0.1:{port}?retry=700ms");
    let start = Instant::now();
    for command in [&["connect", &endpoint, "--receive-only"][..], &["options", &endpoint]] {
        let finished = run_sock(command);
        assert_eq!(finished.code(), 4, "{}", finished.stderr);
        assert!(finished.stderr.contains("connection refused"), "{}", finished.stderr);
        assert!(finished.stderr.contains(" tries within 700ms"), "{}", finished.stderr);
    }
    assert!(start.elapsed() >= Duration::from_millis(1_400), "{:?}", start.elapsed());
}

#[test]
fn the_first_failure_is_told_once_while_it_is_tried_again() {
    let (_reserved, port) = reserved();
    let endpoint = format!("127.0.0.1:{port}?retry=700ms");
    let note = format!(
        "sock: connect tcp 127.0.0.1:{port}: connection refused (os error 111); trying again for up to 700ms\n"
    );
    let finished = run_sock(&["connect", &endpoint, "--receive-only"]);
    assert_eq!(finished.stderr.matches("trying again").count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.starts_with(&note), "{}", finished.stderr);
    // A program that reads events, or nobody who wants to know.
    for flag in ["--quiet", "--json"] {
        let finished = run_sock(&["connect", &endpoint, "--receive-only", flag]);
        assert!(!finished.stderr.contains("trying again"), "{flag}: {}", finished.stderr);
    }
}

#[test]
fn a_signal_ends_the_tries_at_once() {
    let (_reserved, port) = reserved();
    let endpoint = format!("127.0.0.1:{port}?retry=24h");
    let process = Process::start(&mut sock(&["connect", &endpoint, "--receive-only"]));
    eventually("signals are listened for", || catches_interrupts(process.pid()));
    let start = Instant::now();
    process.signal("INT");
    process.finish();
    assert!(start.elapsed() < LIMIT, "{:?}", start.elapsed());
}

/// Whether SIGINT has a handler. proc(5).
pub(crate) fn catches_interrupts(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok()).is_some_and(|bits| bits & 2 != 0)
}

#[test]
fn what_cannot_act_is_refused() {
    for (args, part) in [
        (&["listen", ":0?retry=1s"][..], "belongs to connecting"),
        (&["serve", ":0?retry=1s"], "belongs to connecting"),
        (&["wait", ":9?retry=1s"], "?retry= cannot act"),
        (&["options", ":9?retry=1s", "--no-connect"], "?retry= belongs to connecting"),
    ] {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(part), "{args:?}: {}", finished.stderr);
    }
}
