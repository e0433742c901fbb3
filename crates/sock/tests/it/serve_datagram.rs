//! `sock serve` on datagrams: each answered on its own, to its sender.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use berkeley::{Family, Protocol, Socket, Type, UnixAddress, option};

use crate::kit::{LIMIT, Server, TempDir, has_ipv6, pattern, text};

/// A client of a UDP server, whose waits have a limit.
#[track_caller]
fn udp(server: &Server, which: usize) -> UdpSocket {
    let address = server.addresses()[which];
    let local = if address.is_ipv6() { "[::1]:0" } else { "127.0.0.1:0" };
    let client = UdpSocket::bind(local).expect("a free port");
    client.set_read_timeout(Some(LIMIT)).expect("a limit");
    client.connect(address).expect("a loopback address");
    client
}

/// Receives one datagram.
#[track_caller]
fn receive(client: &UdpSocket) -> Vec<u8> {
    let mut buffer = vec![0; 70_000];
    let length = client.recv(&mut buffer).unwrap_or_else(|error| panic!("waiting for a datagram: {error}"));
    buffer.truncate(length);
    buffer
}

#[test]
fn a_datagram_is_answered_with_the_default_reply() {
    let server = Server::start(&["udp://127.0.0.1:0"]);
    let client = udp(&server, 0);
    for datagram in [&b"hi"[..], b"", b"\xff\xe9\x97"] {
        client.send(datagram).expect("a live server");
        assert_eq!(receive(&client), [b"Server received your data: ", datagram].concat());
    }
    let peer = client.local_addr().expect("a bound socket");
    assert_eq!(server.line("received 2 bytes"), format!("{peer} received 2 bytes: hi"));
    assert_eq!(server.line("received 0 bytes"), format!("{peer} received 0 bytes: "));
    client.send(b"x").expect("a live server");
    assert_eq!(server.line("received 1 byte"), format!("{peer} received 1 byte: x"));
}

#[test]
fn echoed_datagrams_keep_their_boundaries_empty_ones_too() {
    let server = Server::start(&["udp://:0", "--echo"]);
    let families = if has_ipv6() { 2 } else { 1 };
    crate::kit::eventually("both addresses", || {
        text(&server.process.stderr.so_far()).matches("listening on udp ").count() == families
    });
    let client = udp(&server, 0);
    for datagram in [&b"one"[..], b"", b"three three", &pattern(65_507), b""] {
        client.send(datagram).expect("a live server");
        assert!(receive(&client) == datagram, "{} bytes", datagram.len());
    }
}

/// It came from the address that the route chose, which a client that is connected never sees.
#[test]
fn an_answer_comes_from_the_address_that_was_asked() {
    let server = Server::start(&["udp://*:0", "--echo"]);
    let client = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    client.set_read_timeout(Some(LIMIT)).expect("a limit");
    for host in ["127.0.0.2", "127.0.0.1", "127.9.9.9"] {
        let asked = format!("{host}:{}", server.address().port());
        for datagram in [&b"one"[..], b"", &pattern(60_000)] {
            client.send_to(datagram, &asked).expect("a live server");
            let mut buffer = vec![0; 70_000];
            let (length, from) = client.recv_from(&mut buffer).expect("an answer");
            assert_eq!(from.to_string(), asked);
            assert!(buffer[..length] == *datagram, "{length} bytes");
        }
    }
}

#[test]
fn many_datagrams_at_once_are_each_answered_to_its_sender() {
    let server = Server::start(&["udp://127.0.0.1:0?rcvbuf=1M", "--echo"]);
    let clients: Vec<UdpSocket> = (0..5).map(|_| udp(&server, 0)).collect();
    // All are there when the server looks.
    server.process.signal("STOP");
    for round in 0..20_u8 {
        for (number, client) in (0..).zip(&clients) {
            client.send(&vec![number; usize::from(round)]).expect("a loopback address");
        }
    }
    server.process.signal("CONT");
    for round in 0..20_u8 {
        for (number, client) in (0..).zip(&clients) {
            assert_eq!(receive(client), vec![number; usize::from(round)]);
        }
    }
}

#[test]
fn two_clients_get_each_their_own_answers() {
    let server = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let (one, other) = (udp(&server, 0), udp(&server, 0));
    for number in 0..100_u8 {
        one.send(&[number]).expect("a live server");
        other.send(&[number, number]).expect("a live server");
        assert_eq!(receive(&one), [number]);
        assert_eq!(receive(&other), [number, number]);
    }
}

#[test]
fn a_sender_that_is_gone_ends_nothing() {
    let server = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    for _ in 0..50 {
        let client = udp(&server, 0);
        client.send(b"and away").expect("a live server");
    }
    let client = udp(&server, 0);
    client.send(b"here").expect("a live server");
    assert_eq!(receive(&client), b"here");
}

#[test]
fn discard_answers_nothing() {
    let server = Server::start(&["udp://127.0.0.1:0", "--discard"]);
    let client = udp(&server, 0);
    client.send(b"hi").expect("a live server");
    server.line("received 2 bytes: hi");
    client.set_read_timeout(Some(Duration::from_millis(50))).expect("a limit");
    assert!(client.recv(&mut [0; 10]).is_err());
}

#[test]
fn chargen_answers_each_datagram_with_at_most_512_characters() {
    let server = Server::start(&["udp://127.0.0.1:0", "--chargen"]);
    let client = udp(&server, 0);
    let mut all = Vec::new();
    for _ in 0..30 {
        client.send(b"?").expect("a live server");
        let answer = receive(&client);
        assert!((1..=512).contains(&answer.len()), "{} bytes", answer.len());
        all.extend(answer);
    }
    let lines: Vec<&[u8]> = all.chunks(74).collect();
    assert!(lines[0].starts_with(b" !\"#$%&'()") && lines[1].starts_with(b"!\"#$%&'()*"));
    let whole = lines.iter().filter(|line| line.len() == 74);
    assert!(whole.clone().count() > 100 && whole.into_iter().all(|line| line.ends_with(b"\r\n")));
}

#[test]
fn once_answers_one_datagram_on_either_loopback_address() {
    for which in 0..if has_ipv6() { 2 } else { 1 } {
        let server = Server::start(&["udp://:0", "--once", "--echo"]);
        let families = if has_ipv6() { 2 } else { 1 };
        let port = server.address().port();
        crate::kit::eventually("both addresses", || {
            text(&server.process.stderr.so_far()).matches("listening on udp ").count() == families
        });
        let (local, remote) = [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1")][which];
        let client = UdpSocket::bind(local).expect("a free port");
        client.set_read_timeout(Some(LIMIT)).expect("a limit");
        client.connect((remote, port)).expect("a loopback address");
        client.send(b"only").expect("a live server");
        assert_eq!(receive(&client), b"only");
        let finished = server.process.finish();
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
    }
}

#[test]
fn once_answers_one_datagram_though_both_addresses_have_one() {
    if !has_ipv6() {
        return;
    }
    let server = Server::start(&["udp://:0", "--once", "--echo"]);
    crate::kit::eventually("both addresses", || {
        text(&server.process.stderr.so_far()).matches("listening on udp ").count() == 2
    });
    let port = server.address().port();
    // Both are there when the server looks.
    server.process.signal("STOP");
    for (local, remote) in [("127.0.0.1:0", "127.0.0.1"), ("[::1]:0", "::1")] {
        let client = UdpSocket::bind(local).expect("a free port");
        client.send_to(b"one", (remote, port)).expect("a loopback address");
    }
    let finished = server.end("CONT");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert_eq!(finished.stderr.matches(" received ").count(), 1, "{}", finished.stderr);
}

#[test]
fn what_is_longer_than_the_buffer_is_told_and_not_answered() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix-dgram:{path}?rcvbuf=2000000"), "--echo"]);
    let client = Socket::new(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).expect("a socket");
    client.set(option::SNDBUF, 1 << 20).expect("a buffer");
    client.set_timeout(Some(LIMIT)).expect("a limit");
    client.bind(UnixAddress::from_path(folder.join("c")).expect("a short path")).expect("a new path");
    client.connect(UnixAddress::from_path(&path).expect("a short path")).expect("a live server");
    match client.send(&vec![b'x'; 262_145]) {
        Ok(_) => {}
        // More than this machine lets a socket send at once (`net.core.wmem_max`).
        Err(error) if error.raw_os_error() == Some(90) => return,
        Err(error) => panic!("{error}"),
    }
    server.line("its datagram is longer than 262144 bytes, and the rest is lost");
    client.send(b"short").expect("a live server");
    assert_eq!(client.recv_vec(10).expect("an answer"), b"short");
}

#[test]
fn a_signal_ends_a_datagram_server_with_0() {
    for signal in ["TERM", "INT"] {
        let server = Server::start(&["udp://127.0.0.1:0"]);
        let finished = server.end(signal);
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
    }
}

#[test]
fn unix_datagrams_are_echoed_to_senders_that_have_a_name() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix-dgram:{path}"), "--echo"]);
    let nameless = UnixDatagram::unbound().expect("a socket");
    nameless.send_to(b"nobody", &path).expect("a live server");
    let line = server.line("received 6 bytes: nobody");
    let (pid, uid) = (std::process::id(), berkeley::control::socket::Credentials::own().uid);
    assert_eq!(line, format!("unnamed (pid {pid}, uid {uid}) received 6 bytes: nobody"));
    let client = UnixDatagram::bind(folder.join("c")).expect("a new path");
    client.set_read_timeout(Some(LIMIT)).expect("a limit");
    client.connect(&path).expect("a live server");
    let large = pattern(150_000);
    for datagram in [&b"one"[..], b"", &large] {
        client.send(datagram).expect("a live server");
        let mut buffer = vec![0; 200_000];
        let length = client.recv(&mut buffer).expect("an answer");
        assert!(buffer[..length] == *datagram, "{length} bytes");
    }
}

/// What a Unix peer that is connected to the server does not read counts against the server's own buffer (unix(7)), so
/// others may go without answers meanwhile: the server must not wait for it, and must answer again once it is gone.
#[test]
fn a_unix_peer_that_does_not_read_is_never_waited_for() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix-dgram:{path}"), "--echo"]);
    let stalled = named(&folder, "stalled");
    stalled.connect(&path).expect("a live server");
    // Far more than the queue of a Unix socket takes.
    for _ in 0..2_000 {
        stalled.send(b"unread").expect("a server that goes on reading");
    }
    stalled.send(b"last").expect("a server that goes on reading");
    server.line("received 4 bytes: last");
    drop(stalled);
    assert_answered(&named(&folder, "other"), &path, || ());
}

/// The queue of one that is not connected holds a few datagrams (`net.unix.max_dgram_qlen`): what it has no room for is
/// refused, and that refusal is not the next one's.
#[test]
fn a_unix_peer_whose_queue_is_full_takes_no_answer_from_another() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix-dgram:{path}"), "--echo"]);
    let stalled = named(&folder, "stalled");
    let provoke = || _ = stalled.send_to(b"unread", &path).expect("a server that goes on reading");
    for _ in 0..40 {
        provoke();
    }
    server.line("was not answered");
    assert_answered(&named(&folder, "other"), &path, provoke);
}

/// A Unix datagram socket with a name and limits.
#[track_caller]
fn named(folder: &TempDir, name: &str) -> UnixDatagram {
    let socket = UnixDatagram::bind(folder.join(name)).expect("a new path");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    socket.set_write_timeout(Some(LIMIT)).expect("a limit");
    socket
}

/// Asserts that each of many datagrams is echoed, with `between` done before each.
#[track_caller]
fn assert_answered(client: &UnixDatagram, path: &str, between: impl Fn()) {
    for number in 0..100_u8 {
        between();
        client.send_to(&[number], path).expect("a live server");
        let mut byte = [0];
        client.recv(&mut byte).expect("an answer");
        assert_eq!(byte, [number]);
    }
}

/// Its name is gone by the time it is answered: that is its own affair, and the next one is served.
#[test]
fn a_sender_over_a_unix_socket_that_has_gone_keeps_nobody_from_an_answer() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = Server::start(&[&format!("unix-dgram:{path}"), "--echo"]);
    server.process.pause();
    let gone = UnixDatagram::bind(folder.join("gone")).expect("a new path");
    gone.send_to(b"gone", &path).expect("a live server");
    drop(gone);
    let here = UnixDatagram::bind(folder.join("here")).expect("a new path");
    here.set_read_timeout(Some(LIMIT)).expect("a limit");
    here.send_to(b"here", &path).expect("a live server");
    server.process.resume();
    let mut buffer = [0; 16];
    let length = here.recv(&mut buffer).expect("the answer");
    assert_eq!(&buffer[..length], b"here");
    server.line("was not answered: ");
    assert_eq!(server.end("TERM").code(), 0);
}
