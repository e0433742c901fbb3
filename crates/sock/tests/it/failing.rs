//! A socket that fails again and again costs next to nothing, and fills no log. The failures are strace's, which makes
//! one system call fail each time and counts it.

use std::fs;
use std::net::{TcpStream, UdpSocket};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::{Process, SOCK, TempDir, connect, eventually, text};

/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(1);

/// As often as a pause of 50 ms allows, and some.
const CALLS_PER_SECOND: u32 = 25;

/// Enough that what may be one client's fault is none any more.
const FIRST_CALLS: usize = 20;

#[test]
fn a_socket_that_fails_again_and_again_is_tried_at_leisure_and_told_of_once_a_second() {
    let test = "failing::a_socket_that_fails_again_and_again_is_tried_at_leisure_and_told_of_once_a_second";
    if !crate::skip::need(test, "strace") {
        return;
    }
    for (command, endpoint, call, error) in [
        ("serve", "127.0.0.1:0", "accept4", "EMFILE"),
        ("serve", "127.0.0.1:0", "accept4", "ECONNABORTED"),
        ("serve", "udp://127.0.0.1:0", "recvmmsg", "EPERM"),
        ("serve", "udp://127.0.0.1:0", "recvmmsg", "ECONNREFUSED"),
        ("listen", "127.0.0.1:0", "accept4", "EMFILE"),
        ("listen", "127.0.0.1:0", "accept4", "ECONNABORTED"),
    ] {
        watch(command, endpoint, call, error);
    }
}

fn watch(command: &str, endpoint: &str, call: &str, error: &str) {
    let case = format!("{command} {endpoint}, {call}: {error}");
    let folder = TempDir::new();
    let calls = folder.join("calls");
    let mut strace = Command::new("strace");
    strace.args(["-D", "-f", "-qq", "-o", &calls, "-e", &format!("trace={call}")]);
    strace.args(["-e", &format!("inject={call}:error={error}"), SOCK, command, endpoint]);
    let begun = Instant::now();
    let process = Process::start(&mut strace);
    let _client = client(&process);
    let count = || {
        let log = fs::read(&calls).unwrap_or_default();
        text(&log).lines().filter(|line| line.contains("(INJECTED)")).count()
    };
    eventually(&case, || count() >= FIRST_CALLS);
    let (before, start) = (count(), Instant::now());
    // Not waited for: it is to do next to nothing in this time.
    thread::sleep(WATCHED);
    let (more, took) = (count() - before, start.elapsed().as_secs_f64());
    let most = (took + 1.0) * f64::from(CALLS_PER_SECOND);
    assert!(
        f64::from(u32::try_from(more).expect("not that many")) < most,
        "{case}: {more} calls in {took} s"
    );
    process.signal("TERM");
    let finished = process.finish();
    let said =
        finished.stderr.lines().filter(|line| line.starts_with("sock: error: ") && line.contains("os error"));
    assert!(said.count() as u64 <= begun.elapsed().as_secs() + 2, "{case}: {}", finished.stderr);
}

/// Somebody to be taken in, and what keeps them there.
fn client(process: &Process) -> (Option<TcpStream>, Option<UdpSocket>) {
    let line = process.stderr.line("where it listens", |line| line.contains("listening on "));
    let (_, place) = line.split_once("listening on ").expect("it is in the line");
    let (transport, address) = place.split_once(' ').expect("a transport");
    let address = address.parse().expect("an address");
    if transport == "tcp" {
        return (Some(connect(address)), None);
    }
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.send_to(b"x", address).expect("a live server");
    (None, Some(socket))
}
