//! UDP that others can reach, in a network of the test's own: nothing is answered that nobody asked for.
//!
//! The test starts itself again inside a new network namespace whose loopback interface also has an address that is no
//! loopback address: for the server its sender is a stranger.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::kit::{Events, LIMIT, Process, Server, events, namespace, run_sock, sock, text};

/// The stranger's address (RFC 5737: for documentation).
const STRANGER: &str = "198.51.100.1";

/// Whether this process is inside: if not, the test named `test` is run there, or skipped where that cannot be.
fn inside(test: &str) -> bool {
    namespace::inside(test, &format!("ip address add {STRANGER}/32 dev lo"))
}

/// A socket at `from`, whose waits have a limit, that speaks to `port` of the stranger's address.
fn client(from: &str, port: u16) -> UdpSocket {
    let socket = UdpSocket::bind(from).unwrap_or_else(|error| panic!("{from}: {error}"));
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let host = if from.starts_with("127.") { "127.0.0.1" } else { STRANGER };
    socket.connect((host, port)).expect("an address of this namespace");
    socket
}

/// Receives one datagram.
fn receive(client: &UdpSocket) -> Vec<u8> {
    let mut buffer = [0; 2_000];
    let length = client.recv(&mut buffer).expect("an answer");
    buffer[..length].to_vec()
}

/// Asserts that `client` has got nothing by the time that a later datagram of another's has been answered.
#[track_caller]
fn expect_nothing(client: &UdpSocket) {
    client.set_nonblocking(true).expect("a mode of every socket");
    assert!(client.recv(&mut [0; 100]).is_err(), "it was answered");
    client.set_nonblocking(false).expect("a mode of every socket");
}

#[test]
fn chargen_that_others_can_reach_is_refused() {
    if !inside("serve_beyond::chargen_that_others_can_reach_is_refused") {
        return;
    }
    for endpoint in ["udp://*:0", "udp://198.51.100.1:0", "udp://0.0.0.0:0", "udp://[::]:0"] {
        let finished = run_sock(&["serve", endpoint, "--chargen"]);
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        assert!(finished.stderr.starts_with("sock: error: --chargen on udp "), "{}", finished.stderr);
        assert!(finished.stderr.contains("flood"), "{}", finished.stderr);
    }
    let local = Server::start(&["udp://127.0.0.1:0", "--chargen"]);
    drop(local);
}

#[test]
fn the_default_reply_is_for_this_machine_alone_and_that_is_said() {
    if !inside("serve_beyond::the_default_reply_is_for_this_machine_alone_and_that_is_said") {
        return;
    }
    let server = Server::start(&["udp://*:0"]);
    let note = server.line("can be reached by others");
    assert!(
        note.starts_with("udp 0.0.0.0:") && note.contains("unless --reply or --echo asks for it"),
        "{note}"
    );
    let port = server.address().port();
    let stranger = client("198.51.100.1:0", port);
    stranger.send(b"hi").expect("a live server");
    server.line("198.51.100.1:");
    server.line("received 2 bytes: hi");
    let local = client("127.0.0.1:0", port);
    local.send(b"hi").expect("a live server");
    assert_eq!(receive(&local), b"Server received your data: hi");
    expect_nothing(&stranger);
}

#[test]
fn what_is_asked_for_is_answered_but_not_to_ports_of_services() {
    if !inside("serve_beyond::what_is_asked_for_is_answered_but_not_to_ports_of_services") {
        return;
    }
    for (args, want) in [(&["--echo"][..], "hi"), (&["--reply", "got {data}"], "got hi")] {
        let server = Server::start(&[&["udp://*:0"], args].concat());
        let port = server.address().port();
        for (from, answered) in
            [("198.51.100.1:1023", false), ("198.51.100.1:7", false), ("198.51.100.1:1024", true)]
        {
            let stranger = client(from, port);
            stranger.send(b"hi").expect("a live server");
            server.line(&format!("{from} received 2 bytes: hi"));
            let local = client("127.0.0.1:0", port);
            local.send(b"hi").expect("a live server");
            assert_eq!(text(&receive(&local)), want);
            if answered {
                assert_eq!(text(&receive(&stranger)), want);
            } else {
                expect_nothing(&stranger);
            }
        }
        // A service of this machine is no stranger.
        let service = client("127.0.0.1:1000", port);
        service.send(b"hi").expect("a live server");
        assert_eq!(text(&receive(&service)), want);
    }
}

#[test]
fn one_address_gets_about_a_hundred_answers_a_second() {
    if !inside("serve_beyond::one_address_gets_about_a_hundred_answers_a_second") {
        return;
    }
    let server = Server::start(&["udp://*:0", "--echo"]);
    let port = server.address().port();
    let stranger = client("198.51.100.1:0", port);
    let start = Instant::now();
    // Two ports of one address share its rate.
    let other_port = client("198.51.100.1:0", port);
    let mut sent = 0;
    while start.elapsed() < Duration::from_secs(1) {
        stranger.send(b"x").expect("a live server");
        other_port.send(b"x").expect("a live server");
        sent += 2;
        std::thread::sleep(Duration::from_micros(500));
    }
    // Another address is not touched: its answer also says that all before it has been looked at.
    let local = client("127.0.0.1:0", port);
    local.send(b"local").expect("a live server");
    assert_eq!(receive(&local), b"local");
    let time = start.elapsed();
    let answered = count(&stranger) + count(&other_port);
    // A second's worth at once, and then as time passes.
    let most = 100.0 + 100.0 * time.as_secs_f64() + 1.0;
    assert!(sent > 400, "{sent} sent");
    assert!(answered >= 100 && f64::from(answered) <= most, "{answered} of {sent} in {time:?}");
}

/// 28 bytes of header count each way, as on the wire.
#[test]
fn an_address_is_sent_at_most_three_times_what_it_has_sent() {
    if !inside("serve_beyond::an_address_is_sent_at_most_three_times_what_it_has_sent") {
        return;
    }
    let server = Server::start(&["udp://*:0", "--reply", &"x".repeat(200)]);
    let port = server.address().port();
    let stranger = client("198.51.100.1:0", port);
    let local = client("127.0.0.1:0", port);
    let ask = |bytes: &[u8]| {
        stranger.send(bytes).expect("a live server");
        // Whose answer says that what came before has been looked at.
        local.send(b"x").expect("a live server");
        assert_eq!(receive(&local).len(), 200);
    };
    // 87 bytes each are earned, and 228 are wanted.
    ask(b"x");
    ask(b"x");
    expect_nothing(&stranger);
    ask(b"x");
    assert_eq!(receive(&stranger).len(), 200);
    ask(b"x");
    expect_nothing(&stranger);
    ask(&[b'x'; 48]);
    assert_eq!(receive(&stranger).len(), 200);
    let finished = server.end("TERM");
    let named = finished.stderr.matches("more than three times what it has sent").count();
    assert_eq!(named, 1, "{}", finished.stderr);
    let counted = "3 datagrams not answered: the reply would exceed 3 times what the sender sent";
    assert!(finished.stderr.contains(counted), "{}", finished.stderr);
}

#[test]
fn what_strangers_send_fills_no_log() {
    if !inside("serve_beyond::what_strangers_send_fills_no_log") {
        return;
    }
    let server = Server::start(&["udp://*:0?rcvbuf=1M", "--discard"]);
    let port = server.address().port();
    let stranger = client("198.51.100.1:0", port);
    let start = Instant::now();
    for _ in 0..1_000 {
        stranger.send(b"fill").expect("a live server");
    }
    client("127.0.0.1:0", port).send(b"own").expect("a live server");
    server.line("received 3 bytes: own");
    let finished = server.end("TERM");
    let seconds = start.elapsed().as_secs();
    let lines = finished.stderr.matches(" received 4 bytes: fill").count() as u64;
    assert!((1..=100 * (seconds + 2)).contains(&lines), "{lines} in {seconds} s");
    assert!(finished.stderr.contains(" lines about others' datagrams not shown"), "{}", finished.stderr);
}

#[test]
fn what_strangers_send_fills_no_log_of_events() {
    if !inside("serve_beyond::what_strangers_send_fills_no_log_of_events") {
        return;
    }
    let server = Process::start(&mut sock(&["serve", "udp://0.0.0.0:0?rcvbuf=1M", "--discard", "--json"]));
    let listening = Events::of(&server.stdout).next(&["listening"]);
    let address: SocketAddr =
        listening["address"].as_str().and_then(|address| address.parse().ok()).expect("an address");
    let port = address.port();
    let stranger = client("198.51.100.1:0", port);
    let start = Instant::now();
    for _ in 0..1_000 {
        stranger.send(b"fill").expect("a live server");
    }
    client("127.0.0.1:0", port).send(b"own").expect("a live server");
    server.stdout.line("its own datagram", |line| line.contains("\"text\":\"own\""));
    server.signal("TERM");
    let finished = server.finish();
    let seconds = start.elapsed().as_secs();
    let events = events(&finished.stdout);
    let told = events.iter().filter(|event| event["text"] == "fill").count() as u64;
    assert!((1..=100 * (seconds + 2)).contains(&told), "{told} in {seconds} s");
    let hidden: u64 = events
        .iter()
        .filter(|event| event["event"] == "not_shown")
        .map(|event| event["count"].as_u64().expect("a number"))
        .sum();
    // The kernel may have dropped some.
    assert!(hidden > 0 && told + hidden <= 1_000, "{told} and {hidden}");
}

fn count(client: &UdpSocket) -> u32 {
    client.set_nonblocking(true).expect("a mode of every socket");
    let mut answers = 0;
    while client.recv(&mut [0; 100]).is_ok() {
        answers += 1;
    }
    answers
}
