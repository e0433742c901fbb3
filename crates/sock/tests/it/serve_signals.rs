//! How `sock serve` ends: idle connections close, pending replies are sent, and a second SIGINT or SIGTERM waits for
//! nobody.
//!
//! The program itself, [`SOCK`], is the file that is larger than the buffers of the kernel.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, option};

use crate::kit::{
    Captured, Events, LIMIT, Process, SOCK, Server, TempDir, connect, events, eventually, expect, pattern,
    read_all, sock, sock_after, text,
};

#[test]
fn each_signal_closes_idle_connections_and_ends_with_0() {
    for signal in ["TERM", "INT", "HUP"] {
        let server = Server::start(&["127.0.0.1:0"]);
        let mut clients = [server.connect(), server.connect()];
        for client in &mut clients {
            client.write_all(b"x").expect("a live server");
            expect(&*client, b"Server received your data: x");
        }
        let start = Instant::now();
        let finished = server.end(signal);
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        assert!(start.elapsed() < Duration::from_secs(5), "the grace is for those who are owed something");
        assert!(
            finished
                .stderr
                .contains("stopping: no new clients; sending pending replies (Ctrl-C again to quit now)"),
            "{}",
            finished.stderr
        );
        assert_eq!(finished.stderr.matches(" closed: ").count(), 2, "{}", finished.stderr);
        for client in clients {
            assert_eq!(read_all(client), b"", "closed in order, not reset");
        }
    }
}

/// A closed terminal has it sent more than once, and a service manager to have files read again.
#[test]
fn a_hang_up_while_it_ends_cuts_nobody_off() {
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    for first in ["TERM", "HUP"] {
        let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &echo.address().to_string()]));
        let mut client = relay.connect();
        client.write_all(b"x").expect("a live relay");
        expect(&client, b"x");
        relay.process.signal(first);
        relay.line("stopping: no new clients");
        relay.process.signal("HUP");
        // Behind the answer to this one the other has been dealt with.
        relay.process.signal("USR1");
        relay.line("1 connection, 1 open");
        client.write_all(b"y").expect("it is not cut off");
        expect(&client, b"y");
        let finished = relay.end("TERM");
        assert_eq!(finished.code(), 143, "{}", finished.stderr);
        assert!(finished.stderr.contains("a second signal, SIGTERM"), "{}", finished.stderr);
    }
}

#[test]
fn a_signal_that_was_ignored_at_the_start_stays_so() {
    for signal in ["INT", "HUP"] {
        let before = format!("trap '' {signal}");
        let server = Server::start_with(&mut sock_after(&before, &["serve", "127.0.0.1:0", "--echo"]));
        server.process.signal(signal);
        let mut client = server.connect();
        client.write_all(b"still there").expect("a live server");
        expect(&client, b"still there");
        let finished = server.end("TERM");
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        assert!(!finished.stderr.contains(&format!("SIG{signal}")), "{}", finished.stderr);
    }
}

#[test]
fn no_client_is_taken_in_after_a_signal() {
    let server = Server::start(&["127.0.0.1:0", "--send-file", SOCK]);
    let address = server.address();
    let mut owed = server.connect();
    let mut byte = [0];
    owed.read_exact(&mut byte).expect("the file's start");
    server.process.signal("TERM");
    server.line("stopping: no new clients");
    // Said before the socket closes; refused from a moment later on.
    eventually("a refusal", || TcpStream::connect(address).is_err());
}

#[test]
fn what_is_owed_to_a_slow_reader_leaves_within_the_grace() {
    let folder = TempDir::new();
    let data = pattern(24 << 20);
    let path = folder.file("payload", &data);
    let server = Server::start(&["127.0.0.1:0", "--send-file", &path, "--grace", "25s"]);
    let mut slow = server.connect();
    let mut got = vec![0; 1_000];
    slow.read_exact(&mut got).expect("the file's start");
    let idle = server.connect();
    drop(idle);
    server.process.signal("TERM");
    server.line("stopping: no new clients");
    got.extend(read_all(&slow));
    assert!(got == data, "{} bytes of {}", got.len(), data.len());
    slow.shutdown(Shutdown::Write).expect("a connection in order");
    let finished = server.process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(!finished.stderr.contains("cut off"), "{}", finished.stderr);
}

#[test]
fn answers_owed_for_what_had_come_leave_before_the_close() {
    const TIMES: usize = 400;
    let template = "{data}".repeat(TIMES);
    let server = Server::start(&["127.0.0.1:0", "--reply", &template, "--grace", "25s"]);
    let mut client = server.connect();
    let data = vec![b'x'; 48 << 10];
    client.write_all(&data).expect("a live server");
    // The answer is more than the kernel holds for a client that has read one byte of it.
    let mut byte = [0];
    client.read_exact(&mut byte).expect("an answer");
    server.process.signal("INT");
    server.line("stopping: no new clients");
    assert_eq!(1 + read_all(&client).len(), TIMES * data.len());
    let finished = server.process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
}

/// The kernel has the whole answer, and would take it back: what the client sends to a closed connection is a reset.
#[test]
fn what_the_kernel_holds_for_a_slow_reader_that_keeps_sending_is_owed_too() {
    let data = pattern(200_000);
    let server = Server::start(&["127.0.0.1:0", "--echo", "--grace", "25s"]);
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    client.set(option::RCVBUF, 4_096).expect("a small buffer");
    client.set_timeout(Some(LIMIT)).expect("a limit");
    client.connect(server.address()).expect("a live server");
    client.send_all(&data).expect("a server that reads");
    eventually("all is received", || {
        let log = text(&server.process.stderr.so_far());
        let lengths = log
            .lines()
            .filter_map(|line| line.split_once(" received ")?.1.split(' ').next()?.parse::<usize>().ok());
        lengths.sum::<usize>() == data.len()
    });
    server.process.signal("TERM");
    server.line("stopping: no new clients");
    let mut got = Vec::new();
    while got.len() < data.len() {
        // Refused once the kernel has all that we are to get, and the server has closed.
        let _ = client.send(b"more");
        let piece = client.recv_vec(4_096).unwrap_or_else(|error| panic!("after {}: {error}", got.len()));
        assert!(!piece.is_empty(), "{} bytes of {}", got.len(), data.len());
        got.extend(piece);
    }
    assert!(got[..data.len()] == data);
    let finished = server.process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(!finished.stderr.contains("cut off"), "{}", finished.stderr);
}

/// The same where the server had ended its side, and waited for the client to end its own.
#[test]
fn a_whole_file_is_owed_to_a_client_that_goes_on_sending() {
    let folder = TempDir::new();
    let data = pattern(100_000);
    let path = folder.file("payload", &data);
    let server = Server::start(&["127.0.0.1:0", "--send-file", &path, "--grace", "25s"]);
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    client.set(option::RCVBUF, 4_096).expect("a small buffer");
    client.set_timeout(Some(LIMIT)).expect("a limit");
    client.connect(server.address()).expect("a live server");
    server.line("#1 127.0.0.1:");
    server.process.signal("TERM");
    server.line("stopping: no new clients");
    let mut got = Vec::new();
    while got.len() < data.len() {
        let _ = client.send(b"more");
        let piece = client.recv_vec(4_096).unwrap_or_else(|error| panic!("after {}: {error}", got.len()));
        assert!(!piece.is_empty(), "{} bytes of {}", got.len(), data.len());
        got.extend(piece);
    }
    assert!(got == data);
    assert_eq!(server.process.finish().code(), 0);
}

#[test]
fn when_the_grace_is_over_who_does_not_read_is_cut_off() {
    let server = Server::start(&["127.0.0.1:0", "--send-file", SOCK, "--grace", "300ms"]);
    let mut stalled = server.connect();
    let mut byte = [0];
    stalled.read_exact(&mut byte).expect("the file's start");
    let start = Instant::now();
    let finished = server.end("TERM");
    let took = start.elapsed();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(6), "{took:?}");
    let told = "cut off with replies pending: 1 client (--grace ran out)";
    assert!(finished.stderr.contains(told), "{}", finished.stderr);
    let closed = finished.stderr.lines().find(|line| line.contains(" closed: ")).expect("its last words");
    assert!(closed.ends_with("(cut off: --grace ran out)") && !closed.contains(" 0 bytes out"), "{closed}");
}

/// They were missing from the events, and the summary said 0 bytes.
#[test]
fn who_is_cut_off_is_in_the_events_and_the_summary_counts_it() {
    for (second, code, reason) in
        [(None, 0, "--grace ran out"), (Some("INT"), 130, "a second signal, SIGINT")]
    {
        let grace = if second.is_some() { "1h" } else { "100ms" };
        let args = ["serve", "127.0.0.1:0", "--send-file", SOCK, "--grace", grace, "--json"];
        let process = Process::start(&mut sock(&args));
        let event = Events::of(&process.stdout).next(&["listening"]);
        let address = event["address"].as_str().and_then(|address| address.parse().ok()).expect("an address");
        let mut stalled = connect(address);
        stalled.read_exact(&mut [0]).expect("the file's start");
        process.signal("TERM");
        let line = process.stdout.line("the drain", |line| line.contains("\"draining\""));
        assert!(line.contains("\"signal\":\"SIGTERM\"") && line.contains("\"connections\":1"), "{line}");
        if let Some(second) = second {
            process.signal(second);
        }
        let finished = process.finish();
        assert_eq!(finished.code(), code, "{}", finished.stderr);
        let events = events(&finished.stdout);
        let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
        assert_eq!(names, ["listening", "opened", "draining", "closed", "cut_off", "summary"]);
        assert_eq!(events[3]["reason"].as_str(), Some(format!("cut off: {reason}").as_str()));
        assert_eq!(
            (events[4]["connections"].as_u64(), events[4]["reason"].as_str()),
            (Some(1), Some(reason))
        );
        let bytes = events[3]["bytes_out"].as_u64().expect("a number");
        assert!(bytes > 0 && events[5]["bytes_out"].as_u64() == Some(bytes), "{events:?}");
    }
}

#[test]
fn a_second_signal_ends_it_at_once_and_says_which() {
    for (second, code) in [("TERM", 143), ("INT", 130)] {
        let server = Server::start(&["127.0.0.1:0", "--send-file", SOCK, "--grace", "1h"]);
        let mut stalled = server.connect();
        let mut byte = [0];
        stalled.read_exact(&mut byte).expect("the file's start");
        server.process.signal("TERM");
        server.line("stopping: no new clients");
        let finished = server.end(second);
        assert_eq!(finished.code(), code, "{}", finished.stderr);
    }
}

#[test]
fn chargen_has_no_end_so_a_signal_is_its_end() {
    let server = Server::start(&["127.0.0.1:0", "--chargen"]);
    let (reading, stalled, half_closed) = (server.connect(), server.connect(), server.connect());
    half_closed.shutdown(Shutdown::Write).expect("a live connection");
    for mut client in [&reading, &stalled, &half_closed] {
        let mut bytes = [0; 1_000];
        client.read_exact(&mut bytes).expect("lines without end");
    }
    let reading = Captured::start(reading);
    let start = Instant::now();
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}: nobody is owed an endless answer",
        start.elapsed()
    );
    reading.all();
}

#[test]
fn a_client_that_waits_in_the_backlog_when_the_signal_comes_is_closed() {
    let server = Server::start(&["127.0.0.1:0", "--max-connections", "1"]);
    let mut first = server.connect();
    first.write_all(b"x").expect("a live server");
    expect(&first, b"Server received your data: x");
    let mut waiting = connect(server.address());
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let mut byte = [0];
    // The kernel resets it: nobody ever took it.
    assert!(matches!(waiting.read(&mut byte), Ok(0) | Err(_)));
}
