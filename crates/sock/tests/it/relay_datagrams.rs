//! `sock relay` on datagrams: a session for each sender, whose answers come back to it alone.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use crate::kit::{
    Events, LIMIT, Process, Server, TempDir, events, eventually, namespace, pattern, refuse, run_sock, sock,
    text,
};

/// A relay of UDP at a free port.
fn relay(from: &str, args: &[&str]) -> Server {
    Server::start_with(sock(&["relay", from]).args(args))
}

/// A socket at a free port, whose waits have a limit.
fn bound() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    socket
}

/// A sender to `address`.
fn sender(address: SocketAddr) -> UdpSocket {
    let socket = bound();
    socket.connect(address).expect("a loopback address");
    socket
}

fn endpoint(socket: &UdpSocket) -> String {
    format!("udp://{}", socket.local_addr().expect("a bound socket"))
}

#[track_caller]
fn receive(socket: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 70_000];
    let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("waiting for a datagram: {error}"));
    buffer.truncate(length);
    buffer
}

#[test]
fn each_sender_has_its_own_answers_with_their_boundaries() {
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let relay = relay("udp://127.0.0.1:0", &[&format!("udp://{}", echo.address())]);
    let senders: Vec<UdpSocket> = (0..8).map(|_| sender(relay.address())).collect();
    for (number, sender) in (0_u8..).zip(&senders) {
        for datagram in [&[number; 3][..], b"", &pattern(9_000)] {
            sender.send(datagram).expect("a live relay");
        }
    }
    for (number, sender) in (0_u8..).zip(&senders) {
        assert_eq!((receive(sender), receive(sender)), (vec![number; 3], Vec::new()), "sender {number}");
        assert!(receive(sender) == pattern(9_000), "sender {number}");
    }
    let finished = relay.end("TERM");
    assert_eq!(finished.code(), 0);
    let closed = format!(" > {} closed: 9003 bytes in, 9003 bytes out", echo.address());
    assert_eq!(finished.stderr.matches(&closed).count(), 8, "{}", finished.stderr);
}

/// Many that come at once, as one piece or apart, arrive one by one.
#[test]
fn a_burst_keeps_its_order() {
    let server = bound();
    let relay = relay("udp://127.0.0.1:0", &[&endpoint(&server)]);
    let sender = sender(relay.address());
    for round in 0..20_u8 {
        for number in 0..10 {
            sender.send(&[round, number]).expect("a live relay");
        }
        let got: Vec<_> = (0..10).map(|_| receive(&server)).collect();
        assert_eq!(got, (0..10).map(|number| vec![round, number]).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_over_the_rate_is_lost_whole_and_of_its_sender_alone() {
    let server = bound();
    // The second would have to wait for a minute.
    let relay = relay("udp://127.0.0.1:0", &[&endpoint(&server), "--rate", "1B"]);
    let (fast, other) = (sender(relay.address()), sender(relay.address()));
    for datagram in [b"1", b"2"] {
        fast.send(&datagram.repeat(60)).expect("a live relay");
    }
    other.send(b"another's").expect("a live relay");
    let got = [receive(&server), receive(&server)];
    assert!(got.contains(&b"1".repeat(60)) && got.contains(&b"another's".to_vec()), "{got:?}");
    relay.process.signal("USR1");
    relay.line("1 datagram lost: over --rate");
    let finished = relay.end("TERM");
    assert_eq!(finished.stderr.matches("1 datagram lost: over --rate").count(), 2, "{}", finished.stderr);
}

#[test]
fn what_is_lost_stands_in_the_totals_and_in_the_summary() {
    let server = bound();
    let args = ["relay", "udp://127.0.0.1:0", &endpoint(&server), "--json", "--rate", "1B"];
    let more = ["--max-connections", "1"];
    let process = Process::start(sock(&args).args(more));
    let mut told = Events::of(&process.stdout);
    let listening = told.next(&["listening"]);
    let address = listening["address"].as_str().and_then(|it| it.parse().ok()).expect("an address");
    let (friend, other) = (sender(address), sender(address));
    friend.send(b"first").expect("a live relay");
    let mut buffer = [0; 16];
    let (_, session) = server.recv_from(&mut buffer).expect("what was sent");
    // Once it is answered it does not make way.
    server.send_to(b"answer", session).expect("a live relay");
    assert_eq!(receive(&friend), b"answer");
    friend.send(&[b'x'; 60]).expect("a live relay");
    other.send(b"no room").expect("a live relay");
    told.next(&["note"]);
    process.signal("USR1");
    let totals = told.next(&["totals"]);
    process.signal("TERM");
    let finished = process.finish();
    let summary = events(&finished.stdout).pop().expect("a summary");
    for event in [totals, summary] {
        assert_eq!((&event["over_rate"], &event["no_room"]), (&1.into(), &1.into()), "{event}");
    }
}

/// As what circles between two relays does: it comes from where TO is, from a new sender with each round.
#[test]
fn new_senders_from_where_it_leads_are_bounded_and_others_are_not() {
    let server = bound();
    let relay = relay("udp://127.0.0.1:0", &[&endpoint(&server), "--max-connections", "8"]);
    let is_told = || text(&relay.process.stderr.so_far()).contains("does TO lead back here");
    eventually("they come too fast", || {
        for _ in 0..100 {
            bound().send_to(b"round and round", relay.address()).expect("a live relay");
        }
        is_told()
    });
    server.set_nonblocking(true).expect("a mode of every socket");
    let mut buffer = [0; 16];
    eventually("one from elsewhere finds room", || {
        let other = UdpSocket::bind("127.0.0.2:0").expect("all of 127.0.0.0/8 is this machine");
        other.send_to(b"from elsewhere", relay.address()).expect("a live relay");
        let mut came = std::iter::from_fn(|| server.recv_from(&mut buffer).ok().map(|(length, _)| length));
        came.any(|length| length == b"from elsewhere".len())
    });
    let finished = relay.end("TERM");
    assert!(finished.stderr.contains(" lost: there was no room for them"), "{}", finished.stderr);
}

#[test]
fn an_answer_comes_from_the_address_that_was_asked() {
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let relay = relay("udp://0.0.0.0:0", &[&format!("udp://{}", echo.address())]);
    // Connected, so that an answer of another address would not be heard.
    let asks = sender(SocketAddr::from(([127, 0, 0, 2], relay.address().port())));
    asks.send(b"who is it").expect("a live relay");
    assert_eq!(receive(&asks), b"who is it");
}

#[test]
fn nobody_there_yet_is_survived_and_told_once() {
    let server = bound();
    let to = server.local_addr().expect("a bound socket");
    let relay = relay("udp://127.0.0.1:0", &[&endpoint(&server)]);
    drop(server);
    let sender = sender(relay.address());
    sender.send(b"anybody?").expect("a live relay");
    relay.line(&format!("udp {to}: connection refused"));
    for _ in 0..5 {
        sender.send(b"anybody?").expect("a live relay");
    }
    let server = UdpSocket::bind(to).expect("the port is free again");
    server.set_read_timeout(Some(LIMIT)).expect("a limit");
    let mut buffer = [0; 16];
    eventually("what is sent arrives", || {
        sender.send(b"now").expect("a live relay");
        server.set_nonblocking(true).expect("a mode of every socket");
        server.recv_from(&mut buffer).is_ok_and(|(length, _)| &buffer[..length] == b"now")
    });
    let finished = relay.end("TERM");
    assert_eq!(finished.stderr.matches("connection refused").count(), 1, "{}", finished.stderr);
}

/// The descriptors that a process has open.
fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).expect("it is running").count()
}

#[test]
fn a_storm_of_senders_takes_no_more_than_its_share_and_no_session_of_use() {
    let server = bound();
    let relay = relay("udp://127.0.0.1:0", &[&endpoint(&server), "--max-connections", "8"]);
    let pid = relay.process.pid();
    let friend = sender(relay.address());
    friend.send(b"first").expect("a live relay");
    let mut buffer = [0; 16];
    let (_, session) = server.recv_from(&mut buffer).expect("what was sent");
    server.send_to(b"answer", session).expect("a live relay");
    assert_eq!(receive(&friend), b"answer");
    for _ in 0..10 {
        for _ in 0..100 {
            bound().send_to(b"storm", relay.address()).expect("a live relay");
        }
        // Those that make way are closed a moment later, on a busy machine.
        eventually("no more than its share is open", || descriptors(pid) < 100);
    }
    // The same socket as before: the session has not made way. What the storm has left in the server's queue may keep
    // the first of these from being heard.
    server.set_nonblocking(true).expect("a mode of every socket");
    eventually("the friend is heard", || {
        friend.send(b"again").expect("a live relay");
        while let Ok((length, from)) = server.recv_from(&mut buffer) {
            if &buffer[..length] == b"again" {
                assert_eq!(from, session);
                return true;
            }
        }
        false
    });
    eventually("the sockets of those who made way close", || descriptors(pid) < 40);
    assert_eq!(relay.end("TERM").code(), 0);
}

#[test]
fn a_session_over_which_nothing_moves_ends() {
    let server = bound();
    let relay = relay("udp://127.0.0.1:0", &[&endpoint(&server), "--idle-timeout", "200ms"]);
    let sender = sender(relay.address());
    sender.send(b"one").expect("a live relay");
    assert_eq!(receive(&server), b"one");
    let line = relay.line("closed: 3 bytes in, 0 bytes out");
    assert!(line.ends_with("(nothing moved for 200ms)"), "{line}");
    sender.send(b"two").expect("a live relay");
    assert_eq!(receive(&server), b"two");
}

#[test]
fn unix_datagrams_and_udp_are_relayed_either_way() {
    let folder = TempDir::new();
    let (path, own) = (folder.join("s"), folder.join("own"));
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let first = relay(&format!("unix-dgram:{path}"), &[&format!("udp://{}", echo.address())]);
    let second = relay("udp://127.0.0.1:0", &[&format!("unix-dgram:{path}")]);
    let local = UnixDatagram::bind(&own).expect("a new path");
    local.set_read_timeout(Some(LIMIT)).expect("a limit");
    local.send_to(b"over udp", &path).expect("a live relay");
    let mut buffer = [0; 16];
    let length = local.recv(&mut buffer).expect("the answer");
    assert_eq!(text(&buffer[..length]), "over udp");
    let sender = sender(second.address());
    sender.send(b"over both").expect("a live relay");
    assert_eq!(receive(&sender), b"over both");
    drop(first);
}

#[test]
fn each_session_has_its_events_and_the_summary_its_totals() {
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let to = format!("udp://{}", echo.address());
    let process = Process::start(&mut sock(&["relay", "udp://127.0.0.1:0", &to, "--json"]));
    let listening = Events::of(&process.stdout).next(&["listening"]);
    let address = listening["address"].as_str().and_then(|it| it.parse().ok()).expect("an address");
    let sender = sender(address);
    sender.send(b"abc").expect("a live relay");
    assert_eq!(receive(&sender), b"abc");
    process.signal("TERM");
    let finished = process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let told = events(&finished.stdout);
    let names: Vec<_> = told.iter().map(|event| event["event"].as_str().unwrap_or_default()).collect();
    assert_eq!(names[..3], ["listening", "opened", "reached"]);
    let closed = told.iter().find(|event| event["event"] == "closed").expect("its end");
    assert_eq!(
        (&closed["bytes_in"], &closed["bytes_out"], &closed["connection"]),
        (&3.into(), &3.into(), &1.into())
    );
    let summary = told.last().expect("a summary");
    assert_eq!(summary["event"], "summary");
    assert_eq!(
        (&summary["bytes_in"], &summary["bytes_out"], &summary["connections"]),
        (&3.into(), &3.into(), &1.into())
    );
}

#[test]
fn the_totals_count_what_open_sessions_have_moved() {
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let relay = relay("udp://127.0.0.1:0", &[&format!("udp://{}", echo.address())]);
    let sender = sender(relay.address());
    sender.send(b"abc").expect("a live relay");
    assert_eq!(receive(&sender), b"abc");
    relay.process.signal("USR1");
    relay.line("1 connection, 1 open: 3 bytes in, 3 bytes out");
    let finished = relay.end("TERM");
    let totals = "1 connection, 0 open: 3 bytes in, 3 bytes out";
    assert!(finished.stderr.contains(totals), "{}", finished.stderr);
}

#[test]
fn a_relay_that_is_pointed_at_itself_does_not_start() {
    let port = {
        let free = bound();
        refuse(&free);
        free.local_addr().expect("a bound socket").port()
    };
    let at = format!("udp://127.0.0.1:{port}");
    let refused = run_sock(&["relay", &at, &at]);
    assert_eq!(refused.code(), 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("where this relay listens itself"), "{}", refused.stderr);
}

#[test]
fn a_stranger_is_sent_at_most_three_times_what_it_has_sent_unless_that_is_allowed() {
    let test =
        "relay_datagrams::a_stranger_is_sent_at_most_three_times_what_it_has_sent_unless_that_is_allowed";
    if !namespace::inside(test, "ip address add 198.51.100.1/32 dev lo") {
        return;
    }
    let server = Server::start(&["udp://127.0.0.1:0", "--reply", &"x".repeat(200)]);
    let to = format!("udp://{}", server.address());
    for (more, lets_go) in [(&[][..], false), (&["--amplify"][..], true)] {
        let relay = relay("udp://*:0", &[&[&*to], more].concat());
        let stranger = UdpSocket::bind("198.51.100.1:0").expect("an address of this namespace");
        stranger.set_read_timeout(Some(LIMIT)).expect("a limit");
        stranger.connect(("198.51.100.1", relay.address().port())).expect("an address of this namespace");
        stranger.send(b"x").expect("a live relay");
        if lets_go {
            assert_eq!(receive(&stranger).len(), 200);
            continue;
        }
        // 87 bytes are earned, and 228 are wanted; with three datagrams there are enough for one.
        relay.line("an answer of 200 bytes is kept back");
        stranger.send(b"x").expect("a live relay");
        stranger.send(b"x").expect("a live relay");
        assert_eq!(receive(&stranger).len(), 200);
    }
}

/// A sender that is still to be answered keeps what it has earned, however many others come meanwhile.
#[test]
fn a_storm_of_strangers_costs_no_other_what_it_may_be_sent() {
    let test = "relay_datagrams::a_storm_of_strangers_costs_no_other_what_it_may_be_sent";
    let network = "ip address add 198.51.100.1/32 dev lo && ip route add local 10.0.0.0/8 dev lo";
    if !namespace::inside(test, network) {
        return;
    }
    let server = bound();
    let relay = relay("udp://*:0", &[&endpoint(&server), "--max-connections", "64"]);
    let place = ("198.51.100.1", relay.address().port());
    let friend = UdpSocket::bind("198.51.100.1:0").expect("an address of this namespace");
    friend.set_read_timeout(Some(LIMIT)).expect("a limit");
    friend.send_to(&[b'x'; 100], place).expect("a live relay");
    let mut buffer = [0; 128];
    let (_, session) = server.recv_from(&mut buffer).expect("what was sent");
    // It has had an answer, and so does not make way.
    server.send_to(b"now", session).expect("a live relay");
    assert_eq!(receive(&friend), b"now");
    // One that is lost is not waited for.
    server.set_read_timeout(Some(Duration::from_millis(100))).expect("a limit");
    let (begun, mut strangers, mut heard) = (Instant::now(), 0_u32, 0);
    while heard < 4_500 || begun.elapsed() < Duration::from_secs(3) {
        for _ in 0..16 {
            strangers += 1;
            let stranger = UdpSocket::bind((Ipv4Addr::from((10 << 24) + strangers), 0));
            let stranger = stranger.expect("an address of this namespace");
            stranger.send_to(b"storm", place).expect("a live relay");
        }
        heard += (0..16).take_while(|_| server.recv_from(&mut buffer).is_ok()).count();
        assert!(begun.elapsed() < LIMIT, "{heard} of {strangers} strangers were heard");
    }
    server.send_to(b"later", session).expect("a live relay");
    assert_eq!(receive(&friend), b"later");
}

#[test]
fn datagrams_and_streams_are_not_mixed() {
    let rows: &[(&[&str], &str)] = &[
        (&["udp://:0", "127.0.0.1:1"], "where each ends would be lost"),
        (&["127.0.0.1:0", "unix-dgram:/x"], "where each ends would be lost"),
        (&["unix-dgram:/x", "unix-seqpacket:/y"], "where each ends would be lost"),
        (&["udp://example.org:53", "udp://127.0.0.1:1"], "this FROM does not listen"),
        (&["-", "udp://127.0.0.1:1"], "this FROM does not listen"),
        (&["udp://:0", "udp://127.0.0.1:1", "--once"], "--once needs connections, and udp has none"),
        (&["127.0.0.1:0", "127.0.0.1:1", "--amplify"], "--amplify is for datagrams"),
    ];
    for (args, words) in rows {
        let refused = run_sock(&[&["relay"], *args].concat());
        assert_eq!(refused.code(), 2, "{args:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
    }
}
