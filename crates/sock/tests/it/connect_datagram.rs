//! `sock connect` on datagrams: one for each read, and a wait for the answers.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, UnixAddress, option};

use crate::bounded::JoinInTime;
use crate::kit::{LIMIT, Process, Server, TempDir, has_ipv6, pattern, refuse, run, run_sock, sock, text};

/// A UDP socket on this machine whose waits have a limit, and its address as an endpoint.
fn peer() -> (UdpSocket, String) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(LIMIT)).expect("a limit");
    let endpoint = format!("udp://{}", socket.local_addr().expect("a bound socket"));
    (socket, endpoint)
}

#[test]
fn an_input_is_cut_into_datagrams_of_at_most_the_size() {
    let (socket, endpoint) = peer();
    for (args, most) in
        [(&[][..], 1_200), (&["--datagram-size", "100"][..], 100), (&["--datagram-size", "8K"], 8_192)]
    {
        let input = pattern(most * 3 + 17);
        let mut command = sock(&["connect", &endpoint, "--wait", "1ms", "--quiet"]);
        // From a file every read is as long as it may be.
        let folder = TempDir::new();
        let file = std::fs::File::open(folder.file("input", &input)).expect("a file");
        command
            .args(args)
            .stdin(file)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        Process::start_as_it_is(&mut command).finish().quietly_done();
        let mut got = Vec::new();
        let mut lengths = Vec::new();
        let mut buffer = [0; 10_000];
        while got.len() < input.len() {
            let length = socket.recv(&mut buffer).expect("what was sent");
            got.extend_from_slice(&buffer[..length]);
            lengths.push(length);
        }
        assert_eq!(lengths, [most, most, most, 17]);
        assert!(got == input);
    }
}

#[test]
fn each_read_of_a_pipe_is_a_datagram() {
    let (socket, endpoint) = peer();
    let mut client = Process::start(&mut sock(&["connect", &endpoint, "--wait", "1ms"]));
    let mut buffer = [0; 100];
    for line in [&b"one\n"[..], b"two\n", b"three\n"] {
        client.write(line);
        let (length, from) = socket.recv_from(&mut buffer).expect("a datagram");
        assert_eq!(&buffer[..length], line);
        socket.send_to(b"ack ", from).expect("the client is there");
    }
    client.stdout.at_least(12);
    client.close_input();
    assert_eq!(client.finish().quietly_done(), b"ack ack ack ");
}

#[test]
fn answers_are_waited_for_from_the_last_one_on() {
    const WAIT: Duration = Duration::from_secs(2);
    let (socket, endpoint) = peer();
    let answers = thread::spawn(move || {
        let mut buffer = [0; 100];
        let (length, from) = socket.recv_from(&mut buffer).expect("a datagram");
        assert_eq!(&buffer[..length], b"question");
        // All eight take longer than the wait; none comes later than the wait after the one before.
        let mut last = Instant::now();
        for number in 0..8_u8 {
            thread::sleep(Duration::from_millis(300));
            last = Instant::now();
            socket.send_to(&[b'0' + number], from).expect("the client is there");
        }
        last
    });
    let finished = run(&mut sock(&["connect", &endpoint, "--wait", "2s"]), b"question");
    let last = answers.join_in_time().expect("it answered").elapsed();
    assert_eq!(finished.quietly_done(), b"01234567");
    assert!(last >= WAIT && last < Duration::from_secs(10), "{last:?} after the last");
}

#[test]
fn without_an_answer_it_ends_after_the_wait() {
    let (_socket, endpoint) = peer();
    for (args, wait) in [(&[][..], 1_000), (&["--wait", "200ms"][..], 200), (&["--wait", "0"], 0)] {
        let start = Instant::now();
        let mut command = sock(&["connect", &endpoint, "--quiet", "--send", "anybody?"]);
        run(command.args(args), b"").quietly_done();
        let (took, wait) = (start.elapsed(), Duration::from_millis(wait));
        assert!(took >= wait && took < wait + Duration::from_secs(5), "{took:?} for {wait:?}");
    }
}

#[test]
fn nobody_there_is_a_refusal() {
    let (socket, endpoint) = peer();
    refuse(&socket);
    let finished = run_sock(&["connect", &endpoint, "--send", "anybody?"]);
    assert_eq!(finished.code(), 4, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("sock: error: recv udp "), "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

/// A socket at `127.0.0.1`, one at `::1` with the same port, and the port.
fn both_loopbacks() -> (UdpSocket, UdpSocket, u16) {
    loop {
        let (v4, _) = peer();
        let port = v4.local_addr().expect("a bound socket").port();
        if let Ok(v6) = UdpSocket::bind(("::1", port)) {
            v6.set_read_timeout(Some(LIMIT)).expect("a limit");
            return (v4, v6, port);
        }
    }
}

#[test]
fn an_address_that_refuses_is_left_for_the_next_one_and_what_was_sent_goes_again() {
    if !has_ipv6() {
        return;
    }
    let (socket, other, port) = both_loopbacks();
    refuse(&other);
    let mut client = Process::start(&mut sock(&["connect", &format!("udp://:{port}"), "--wait", "1ms"]));
    let mut buffer = [0; 100];
    // The second is written once the first has arrived, by which time the address is chosen.
    for line in [&b"one\n"[..], b"two\n"] {
        client.write(line);
        let (length, from) = socket.recv_from(&mut buffer).expect("what was sent");
        assert_eq!(text(&buffer[..length]), text(line));
        socket.send_to(b"ack ", from).expect("the client is there");
    }
    client.stdout.at_least(8);
    client.close_input();
    assert_eq!(text(&client.finish().quietly_done()), "ack ack ");
    let told = run_sock(&["connect", &format!("udp://:{port}"), "--send", "x", "--wait", "1ms", "--json"]);
    let events = crate::kit::events(&told.stdout);
    let connected = events.iter().filter(|event| event["event"] == "connected");
    let peers: Vec<_> = connected.map(|event| event["peer"].as_str().unwrap_or_default()).collect();
    assert_eq!(peers, [format!("[::1]:{port}"), format!("127.0.0.1:{port}")]);
}

#[test]
fn all_that_was_sent_before_the_first_refusal_goes_to_the_next_address() {
    if !has_ipv6() {
        return;
    }
    let (socket, other, port) = both_loopbacks();
    refuse(&other);
    let input = pattern(10 * 1_200);
    let folder = TempDir::new();
    let file = std::fs::File::open(folder.file("input", &input)).expect("a file");
    let mut command = sock(&["connect", &format!("udp://:{port}"), "--wait", "1ms", "--quiet"]);
    command.stdin(file).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    let mut got = vec![0; 1_200];
    for (number, want) in input.chunks(1_200).enumerate() {
        let length = socket.recv(&mut got).expect("what was sent");
        assert!(&got[..length] == want, "datagram {number}");
    }
    process.finish().quietly_done();
}

#[test]
fn an_address_that_has_answered_is_the_one() {
    if !has_ipv6() {
        return;
    }
    let (_second, first, port) = both_loopbacks();
    let mut client = Process::start(&mut sock(&["connect", &format!("udp://:{port}")]));
    client.write(b"one");
    let (_, from) = first.recv_from(&mut [0; 8]).expect("what was sent");
    first.send_to(b"ack", from).expect("the client is there");
    client.stdout.at_least(3);
    refuse(&first);
    client.write(b"two");
    let finished = client.finish();
    assert_eq!((finished.code(), finished.out().as_str()), (4, "ack"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains(&format!("udp [::1]:{port}: connection refused")),
        "{}",
        finished.stderr
    );
}

#[test]
fn where_every_address_refuses_the_error_names_them() {
    if !has_ipv6() {
        return;
    }
    let (first, second, port) = both_loopbacks();
    refuse(&first);
    refuse(&second);
    let finished = run_sock(&["connect", &format!("udp://:{port}"), "--send", "anybody?"]);
    assert_eq!(finished.code(), 4, "{}", finished.stderr);
    let tried = format!("connect :{port} (tried udp [::1]:{port}, udp 127.0.0.1:{port}): connection refused");
    assert!(finished.stderr.starts_with(&format!("sock: error: {tried}")), "{}", finished.stderr);
    let finished = run_sock(&["connect", "-4", &format!("udp://:{port}"), "--send", "anybody?"]);
    assert!(!finished.stderr.contains("::1"), "{}", finished.stderr);
}

#[test]
fn a_text_is_one_datagram_an_empty_one_too() {
    let (socket, endpoint) = peer();
    for text in ["", "one two", "-5"] {
        run_sock(&["connect", &endpoint, "--wait", "1ms", "--quiet", "--send", text]).quietly_done();
        let mut buffer = [0; 10];
        let length = socket.recv(&mut buffer).expect("a datagram");
        assert_eq!(&buffer[..length], text.as_bytes());
    }
}

#[test]
fn a_text_longer_than_a_datagram_is_refused() {
    let (_socket, endpoint) = peer();
    let finished = run_sock(&["connect", &endpoint, "--send", &"x".repeat(1_201)]);
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    assert!(finished.stderr.contains("1201 bytes, and a datagram takes 1200"), "{}", finished.stderr);
    for size in ["0", "65508", "1M"] {
        let finished = run_sock(&["connect", &endpoint, "--datagram-size", size]);
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        assert!(finished.stderr.contains("a datagram holds 1 to 65507 bytes"), "{}", finished.stderr);
    }
}

#[test]
fn datagrams_of_a_unix_socket_are_answered_though_the_client_gave_no_name() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let _server = Server::start(&[&format!("unix-dgram:{path}")]);
    let endpoint = format!("unix-dgram:{path}");
    let finished = run_sock(&["connect", &endpoint, "--send", "hi", "--wait", "300ms"]);
    assert_eq!(text(&finished.quietly_done()), "Server received your data: hi");
}

#[test]
fn a_unix_datagram_client_can_have_a_name() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let server = UnixDatagram::bind(&path).expect("a new path");
    server.set_read_timeout(Some(LIMIT)).expect("a limit");
    let name = folder.join("c");
    let endpoint = format!("unix-dgram:{path}?bind={name}");
    let finished = run_sock(&["connect", &endpoint, "--send", "hi", "--wait", "0"]);
    finished.quietly_done();
    let mut buffer = [0; 10];
    let (length, from) = server.recv_from(&mut buffer).expect("a datagram");
    assert_eq!((&buffer[..length], from.as_pathname()), (&b"hi"[..], Some(name.as_ref())));
}

#[test]
fn seqpacket_keeps_boundaries_and_the_end() {
    let folder = TempDir::new();
    let endpoint = format!("unix-seqpacket:{}", folder.join("s"));
    let server = Server::start(&[&endpoint, "--echo"]);
    let input = pattern(3_000);
    let file = std::fs::File::open(folder.file("input", &input)).expect("a file");
    let mut command = sock(&["connect", &endpoint]);
    command.stdin(file).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let finished = Process::start_as_it_is(&mut command).finish();
    assert!(finished.quietly_done() == input);
    for length in [1_200, 600] {
        server.line(&format!("received {length} bytes"));
    }
}

/// A listener of a Unix socket that keeps messages apart, and its endpoint.
fn seqpacket_listener(folder: &TempDir) -> (Socket, String) {
    let path = folder.join("s");
    let listener = Socket::new(Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT).expect("a socket");
    listener.set_timeout(Some(LIMIT)).expect("a limit");
    listener.bind(UnixAddress::from_path(&path).expect("a short path")).expect("a new path");
    listener.listen(1).expect("a bound socket");
    (listener, format!("unix-seqpacket:{path}"))
}

#[test]
fn an_empty_message_is_not_the_end() {
    let folder = TempDir::new();
    let (listener, endpoint) = seqpacket_listener(&folder);
    let server = thread::spawn(move || {
        let (client, _) = listener.accept().expect("the client comes");
        // All is there before the client looks at any of it, the end too.
        for message in ["", "", "after", "", "last"] {
            client.send(message.as_bytes()).expect("a live connection");
        }
    });
    let finished = run_sock(&["connect", &endpoint, "--json", "--receive-only"]);
    server.join_in_time().expect("it sent");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let out = finished.out();
    let texts: Vec<&str> = out
        .lines()
        .filter(|line| line.contains("\"received\""))
        .map(|line| line.split("\"text\":").nth(1).expect("UTF-8"))
        .collect();
    assert_eq!(texts, ["\"\"}", "\"\"}", "\"after\"}", "\"\"}", "\"last\"}"]);
}

#[test]
fn a_long_message_of_a_unix_socket_comes_whole() {
    let folder = TempDir::new();
    let (listener, endpoint) = seqpacket_listener(&folder);
    let server = thread::spawn(move || {
        let (client, _) = listener.accept().expect("the client comes");
        // The most that may be asked for without privilege; the kernel doubles it.
        client.set(option::SNDBUF, 1 << 20).expect("an option of every socket");
        let room = client.get(option::SNDBUF).expect("an option of every socket");
        let message = pattern(usize::try_from(room).expect("a size") - 10_000);
        client.send(&message).expect("a live connection");
        message
    });
    let received = run_sock(&["connect", &endpoint, "--receive-only"]).quietly_done();
    let sent = server.join_in_time().expect("it sent");
    assert!(sent.len() > 262_144, "{} bytes show nothing", sent.len());
    assert!(received == sent, "{} of {} bytes", received.len(), sent.len());
}

#[test]
fn receiving_alone_goes_on_until_it_is_given_up() {
    let (_socket, endpoint) = peer();
    let finished = run_sock(&["connect", &endpoint, "--receive-only", "--idle-timeout", "200ms"]);
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
}
