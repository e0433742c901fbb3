//! `sock relay`: what it passes on, how its two sides end, and what it says when it cannot.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, UnixAddress, option};

use crate::bounded::JoinInTime as _;
use crate::kit::{
    Events, LIMIT, Process, Server, TempDir, bounded, connect, events, eventually, expect, expect_silence,
    namespace, pattern, read_all, refusing, run, run_sock, sock, unix,
};

/// A relay at a free port of this machine.
fn relay(args: &[&str]) -> Server {
    Server::start_with(sock(&["relay", "127.0.0.1:0"]).args(args))
}

/// What a relay passes on to.
fn upstream() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address.to_string())
}

/// A client of the relay, and what the relay has connected for it.
fn pair(relay: &Server, upstream: &TcpListener) -> (TcpStream, TcpStream) {
    let client = relay.connect();
    (client, bounded(upstream.accept().expect("the relay connects").0))
}

/// A client of the relay that is passed on already: one that is not would be turned back when the relay stops.
fn passed_on(relay: &Server, upstream: &TcpListener) -> (TcpStream, TcpStream) {
    let (mut client, behind) = pair(relay, upstream);
    client.write_all(b"first").expect("an open connection");
    expect(&behind, b"first");
    (client, behind)
}

/// Closes a connection by a reset.
fn reset(stream: impl Into<OwnedFd>) {
    let socket = Socket::from(stream.into());
    socket.set(option::LINGER, Some(Duration::ZERO)).expect("a live socket");
}

#[track_caller]
fn expect_reset(mut stream: TcpStream) {
    let mut bytes = [0; 64];
    let error = loop {
        match stream.read(&mut bytes) {
            Ok(0) => panic!("it ended as if it were whole"),
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
fn many_clients_at_once_are_passed_on_whole() {
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let relay = relay(&[&echo.address().to_string()]);
    let address = relay.address();
    let clients: Vec<_> = (0..16_u8)
        .map(|number| {
            thread::spawn(move || {
                let bytes: Vec<u8> = pattern(1 << 20).iter().map(|byte| byte ^ number).collect();
                let client = connect(address);
                let mut sending = client.try_clone().expect("a descriptor");
                let sent = bytes.clone();
                let sender = thread::spawn(move || {
                    sending.write_all(&sent).expect("it is read");
                    sending.shutdown(Shutdown::Write).expect("a live connection");
                });
                assert!(read_all(&client) == bytes, "client {number}");
                sender.join_in_time().expect("it is sent");
            })
        })
        .collect();
    for client in clients {
        client.join_in_time().expect("a client");
    }
    relay.line(&format!(" > {} closed: 1048576 bytes in, 1048576 bytes out", echo.address()));
    assert_eq!(relay.end("TERM").code(), 0);
}

#[test]
fn either_side_may_end_first_and_the_other_goes_on() {
    let (upstream, to) = upstream();
    let relay = relay(&[&to]);
    for client_is_first in [true, false] {
        let (client, server) = pair(&relay, &upstream);
        let (mut first, mut second) = if client_is_first { (client, server) } else { (server, client) };
        first.write_all(b"question").expect("room");
        first.shutdown(Shutdown::Write).expect("a live connection");
        assert_eq!(read_all(&second), b"question");
        second.write_all(b"answer").expect("the other way is open");
        drop(second);
        assert_eq!(read_all(&first), b"answer");
    }
    relay.line("8 bytes in, 6 bytes out");
    relay.line("6 bytes in, 8 bytes out");
}

#[test]
fn every_kind_of_stream_goes_to_every_other() {
    let folder = TempDir::new();
    let own = certificate(&folder);
    let kinds = ["127.0.0.1:0".to_owned(), format!("unix:{}", folder.join("s")), tls(&own)];
    for to in &kinds {
        // A relay before a relay: the second takes the kind that the first passes on to.
        let echo = Server::start(&["127.0.0.1:0", "--echo"]);
        let behind = Server::start_with(&mut sock(&["relay", to, &echo.address().to_string()]));
        let reaches = if to.starts_with("tls") {
            format!("tls://localhost:{}?ca={own}", behind.address().port())
        } else {
            behind.endpoint()
        };
        let relay = relay(&[&reaches]);
        let client = run(&mut sock(&["connect", &relay.address().to_string()]), &pattern(300_000));
        assert_eq!(client.code(), 0, "{to}: {}", client.stderr);
        assert!(client.stdout == pattern(300_000), "{to}");
    }
}

fn certificate(folder: &TempDir) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

fn tls(own: &str) -> String {
    format!("tls://127.0.0.1:0?cert={own}")
}

#[test]
fn messages_stay_messages() {
    let folder = TempDir::new();
    let [from, to] = ["from", "to"].map(|name| format!("unix-seqpacket:{}", folder.join(name)));
    let _echo = Server::start(&[&to, "--echo"]);
    let _relay = Server::start_with(&mut sock(&["relay", &from, &to]));
    let client = unix(&folder.join("from"), Type::SEQPACKET);
    for message in [&b"one"[..], b"", b"three"] {
        client.send(message).expect("a live relay");
        assert_eq!(client.recv_vec(100).expect("an answer"), message);
    }
}

#[test]
fn a_reset_of_one_side_is_a_reset_of_the_other() {
    let (upstream, to) = upstream();
    let relay = relay(&[&to]);
    for client_resets in [true, false] {
        let (client, server) = pair(&relay, &upstream);
        let (mut first, second) = if client_resets { (client, server) } else { (server, client) };
        first.write_all(b"half of it").expect("room");
        expect(&second, b"half of it");
        reset(first);
        expect_reset(second);
        relay.line("connection reset");
    }
}

#[test]
fn what_a_side_said_before_its_end_arrives_though_the_other_way_fails() {
    let (upstream, to) = upstream();
    let relay = relay(&[&to]);
    let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    // What it has no room for waits in the relay's own send queue.
    client.set(option::RCVBUF, 4096).expect("a live socket");
    client.set_timeout(Some(LIMIT)).expect("a limit");
    client.connect(relay.address()).expect("a live relay");
    let mut server = bounded(upstream.accept().expect("the relay connects").0);
    let answer = pattern(200_000);
    server.write_all(&answer).expect("it is read");
    server.shutdown(Shutdown::Write).expect("a live connection");
    let server = Socket::from(OwnedFd::from(server));
    eventually("the relay has the answer, and its end", || server.unsent().expect("a live socket") == 0);
    reset(server);
    let mut got = Vec::new();
    while got.len() < answer.len() {
        let piece = client.recv_vec(65_536).expect("all of the answer");
        assert!(!piece.is_empty(), "an end after {} bytes", got.len());
        got.extend(piece);
    }
    assert!(got == answer);
    relay.line("0 bytes in, 200000 bytes out");
}

#[test]
fn nobody_at_the_other_end_is_said_in_a_line_and_the_relay_goes_on() {
    let (_held, nobody) = refusing();
    let nobody = nobody.to_string();
    let relay = relay(&[&nobody]);
    for _ in 0..2 {
        expect_reset(relay.connect());
    }
    let line = relay.line("connection refused");
    assert!(line.contains("#1 127.0.0.1:") && line.contains(&nobody), "{line}");
    assert_eq!(relay.end("TERM").code(), 0);
}

#[test]
fn with_once_the_failure_is_the_exit_code() {
    let (_held, nobody) = refusing();
    let nobody = nobody.to_string();
    for (flags, lines) in [(&["--once"][..], 4), (&["--once", "--quiet"], 1)] {
        let mut command = sock(&["relay", "127.0.0.1:0", &nobody, "--ready-fd", "1"]);
        let process = Process::start(command.args(flags));
        let place = process.stdout.line("its address", |line| line.starts_with("tcp "));
        expect_reset(connect(place[4..].parse().expect("an address")));
        let finished = process.finish();
        assert_eq!((finished.code(), finished.stderr.lines().count()), (4, lines), "{}", finished.stderr);
        assert!(finished.stderr.contains("sock: error: connect tcp"), "{}", finished.stderr);
    }
}

#[test]
fn a_quiet_relay_still_says_whom_it_could_not_pass_on() {
    let (_held, nobody) = refusing();
    let mut command = sock(&["relay", "127.0.0.1:0", &nobody.to_string(), "--quiet", "--ready-fd", "1"]);
    let process = Process::start(&mut command);
    let place = process.stdout.line("its address", |line| line.starts_with("tcp "));
    for number in 1..=2 {
        expect_reset(connect(place[4..].parse().expect("an address")));
        let start = format!("sock: error: #{number} 127.0.0.1:");
        let line = process.stderr.line("why", |line| line.starts_with(&start));
        assert!(line.contains("connection refused"), "{line}");
    }
}

#[test]
fn the_next_is_tried_where_one_fails_and_all_are_named_where_none_works() {
    let (_held, nobody) = refusing();
    let (_other_held, other) = refusing();
    let (nobody, other) = (nobody.to_string(), other.to_string());
    let (upstream, to) = upstream();
    let first = relay(&[&nobody, &to]);
    let (mut client, server) = pair(&first, &upstream);
    client.write_all(b"x").expect("room");
    expect(&server, b"x");
    let none = relay(&[&nobody, &other]);
    expect_reset(none.connect());
    let line = none.line("connection refused");
    assert!(line.contains(&nobody) && line.contains(&other), "{line}");
}

#[test]
fn from_standard_input_it_is_one_conversation() {
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let (port, bytes) = (echo.address().port(), pattern(200_000));
    let named = format!("tcp://localhost:{port}");
    let finished = run(&mut sock(&["relay", "-", &named]), &bytes);
    assert!(finished.quietly_done() == bytes);
    let (_held, nobody) = refusing();
    assert_eq!(run_sock(&["relay", "-", &nobody.to_string()]).code(), 4);
    let refused = run_sock(&["relay", "-", &named, "--max-connections", "2"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("--max-connections needs a FROM that listens"), "{}", refused.stderr);
}

#[test]
fn at_a_rate_what_is_passed_on_takes_its_time() {
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address().to_string();
    let relay = relay(&[&to, "--rate", "100KB"]);
    let address = relay.address().to_string();
    let (bytes, folder) = (pattern(50_000), TempDir::new());
    // Of 50,000 bytes 10,000 go at once. From a file the kernel would send all.
    let mut passing = sock(&["relay", "-", &to, "--rate", "100KB"]);
    for (client, input) in [
        (&mut sock(&["connect", &address]), Stdio::from(folder.opened("one", &bytes))),
        (&mut passing, Stdio::from(folder.opened("other", &bytes))),
    ] {
        let begun = Instant::now();
        client.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        assert!(Process::start_as_it_is(client).finish().quietly_done() == bytes);
        assert!(begun.elapsed() >= Duration::from_millis(400), "{:?}", begun.elapsed());
    }
    let refused = run_sock(&["relay", ":0", ":1", "--rate", "0"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("a rate of zero would let nothing through"), "{}", refused.stderr);
}

#[test]
fn what_names_another_host_is_connected_to() {
    if !namespace::inside("relay::what_names_another_host_is_connected_to", namespace::NAMED) {
        return;
    }
    let name = namespace::NAME;
    let (one, from) = upstream();
    let (other, to) = upstream();
    let from = format!("{name}:{}", from.rsplit(':').next().expect("a port"));
    let relay = Process::start(&mut sock(&["relay", &from, &to]));
    let (mut one, mut other) =
        (bounded(one.accept().expect("a client").0), bounded(other.accept().expect("a client").0));
    one.write_all(b"abc").expect("room");
    one.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&other), b"abc");
    other.write_all(b"de").expect("room");
    drop(other);
    assert_eq!(read_all(&one), b"de");
    let finished = relay.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stderr.contains("closed: 3 bytes in, 2 bytes out"), "{}", finished.stderr);
}

#[test]
fn a_client_that_says_nothing_within_tls_keeps_nobody_else_waiting() {
    let folder = TempDir::new();
    let own = certificate(&folder);
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let echo = echo.address().to_string();
    let relay = Server::start_with(&mut sock(&["relay", &tls(&own), &echo, "--threads", "1"]));
    let silent = relay.connect();
    let place = format!("tls://localhost:{}?ca={own}", relay.address().port());
    let client = run(&mut sock(&["connect", &place]), b"hello");
    assert_eq!((client.code(), client.out().as_str()), (0, "hello"), "{}", client.stderr);
    drop(silent);
}

#[test]
fn a_signal_lets_conversations_end_and_a_second_one_resets_them() {
    let (upstream, to) = upstream();
    let server = relay(&[&to]);
    let (mut client, mut behind) = passed_on(&server, &upstream);
    server.process.signal("TERM");
    server.line("stopping");
    // Neither is told of an end: what they have to say may go on.
    expect_silence(&behind, Duration::from_millis(100));
    client.write_all(b"more").expect("an open connection");
    expect(&behind, b"more");
    behind.write_all(b"fine").expect("an open connection");
    drop(behind);
    assert_eq!(read_all(&client), b"fine");
    drop(client);
    assert_eq!(server.process.finish().code(), 0);

    let server = relay(&[&to]);
    let (client, behind) = passed_on(&server, &upstream);
    server.process.signal("TERM");
    server.line("stopping");
    assert_eq!(server.end("TERM").code(), 143);
    expect_reset(client);
    expect_reset(behind);
}

#[test]
fn who_is_left_when_the_grace_is_over_is_reset_on_both_sides() {
    let (upstream, to) = upstream();
    let server = relay(&[&to, "--grace", "100ms"]);
    let (client, behind) = passed_on(&server, &upstream);
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stderr.contains("--grace ran out"), "{}", finished.stderr);
    expect_reset(client);
    expect_reset(behind);
}

#[test]
fn where_nothing_moves_both_are_reset() {
    let (upstream, to) = upstream();
    let relay = relay(&[&to, "--idle-timeout", "100ms"]);
    let (client, behind) = pair(&relay, &upstream);
    expect_reset(client);
    expect_reset(behind);
    relay.line("nothing moved for 100ms");
}

#[test]
fn each_connection_has_its_events() {
    let (upstream, to) = upstream();
    let process = Process::start(&mut sock(&["relay", "127.0.0.1:0", &to, "--json", "--once"]));
    let listening = Events::of(&process.stdout).next(&["listening"]);
    let address: SocketAddr =
        listening["address"].as_str().and_then(|it| it.parse().ok()).expect("an address");
    let mut client = connect(address);
    let (mut behind, _) = upstream.accept().expect("the relay connects");
    client.write_all(b"abc").expect("room");
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&behind), b"abc");
    behind.write_all(b"de").expect("room");
    drop(behind);
    assert_eq!(read_all(&client), b"de");
    let finished = process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let told = events(&finished.stdout);
    let names: Vec<_> = told.iter().map(|event| event["event"].as_str().unwrap_or_default()).collect();
    assert_eq!(names, ["listening", "opened", "reached", "closed", "summary"]);
    assert_eq!(told[2]["to"], to.as_str());
    let closed = &told[3];
    assert_eq!((&closed["bytes_in"], &closed["bytes_out"]), (&3.into(), &2.into()));
    assert_eq!(closed["to"], to.as_str());
}

#[test]
fn what_has_no_connections_and_options_that_cannot_act_are_refused() {
    let rows: &[(&[&str], &str)] = &[
        (&["127.0.0.1:0", "-"], "clients cannot share"),
        (&["unix:@a", "unix:@b", "-4"], "-4 cannot act"),
        (&["tcp://example.org:1", "127.0.0.1:1", "--once"], "--once needs a FROM that listens"),
        (&["-", "127.0.0.1:1", "--json"], "--json cannot act"),
    ];
    for (args, words) in rows {
        let refused = run_sock(&[&["relay"], *args].concat());
        assert_eq!(refused.code(), 2, "{args:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
    }
}

/// Its connection is alive all the same: told an end, the message's receiver would take what it got for whole, and so
/// would the client whose answer ends then.
#[test]
fn a_message_that_is_too_long_resets_the_other_side() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let listener = Socket::new(Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT).expect("a socket");
    listener.bind(UnixAddress::from_path(&path).expect("a short path")).expect("a new path");
    listener.listen(1).expect("a bound socket");
    listener.set_timeout(Some(LIMIT)).expect("a limit");
    let relay = relay(&[&format!("unix-seqpacket:{path}?sndbuf=4608")]);
    let mut client = relay.connect();
    let (behind, _) = listener.accept().expect("the relay connects");
    behind.set_timeout(Some(LIMIT)).expect("a limit");
    let whole = thread::spawn(move || while behind.recv(&mut [0; 16_384]).is_ok_and(|length| length > 0) {});
    client.write_all(&pattern(30_000)).expect("a live relay");
    expect_reset(client);
    relay.line("message too long");
    whole.join_in_time().expect("no panic");
}
