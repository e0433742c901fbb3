//! `sock connect` on streams: every byte both ways, whatever the order of closing.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Family, Protocol, Socket, Type, option};

use crate::bounded::JoinInTime;
use crate::kit::{
    Finished, Process, Server, TempDir, bounded, eventually, expect, expect_silence, full_backlog, has_ipv6,
    pattern, read_all, refusing, run, run_sock, sock, text,
};

/// A listener on this machine, and its address as an endpoint.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    (listener, address)
}

/// Runs `sock connect` to a server of the test's own: `serve` gets the connection.
fn converse<T: Send>(
    args: &[&str],
    input: &[u8],
    serve: impl FnOnce(TcpStream) -> T + Send,
) -> (Finished, T) {
    let (listener, address) = listener();
    thread::scope(|scope| {
        let served = scope.spawn(move || serve(bounded(listener.accept().expect("the client comes").0)));
        let finished = run(sock(&["connect", &address]).args(args), input);
        (finished, served.join_in_time().expect("the server's part holds"))
    })
}

#[test]
fn sixteen_mebibytes_of_any_bytes_pass_both_ways_at_once() {
    let (up, down) = (pattern(16 << 20), pattern((16 << 20) + 12_345));
    let (finished, received) = converse(&[], &up, |stream| {
        let mut sending = stream.try_clone().expect("a descriptor");
        thread::scope(|scope| {
            scope.spawn(|| {
                sending.write_all(&down).expect("the client reads");
                sending.shutdown(Shutdown::Write).expect("a live connection");
            });
            read_all(&stream)
        })
    });
    assert!(received == up, "{} bytes up", received.len());
    assert!(finished.quietly_done() == down);
}

#[test]
fn the_end_of_the_input_is_passed_on_and_the_late_answer_is_read() {
    let (finished, ()) = converse(&[], b"question", |mut stream| {
        let question = read_all(&stream);
        assert_eq!(question, b"question");
        // The pause is the point: tools that end with their input lose this answer.
        thread::sleep(Duration::from_millis(300));
        stream.write_all(b"late answer\0\xff").expect("the client reads on");
    });
    assert_eq!(finished.quietly_done(), b"late answer\0\xff");
}

#[test]
fn it_goes_on_sending_after_the_peer_has_ended_its_side() {
    let (listener, address) = listener();
    let mut client = Process::start(&mut sock(&["connect", &address]));
    let mut server = bounded(listener.accept().expect("the client comes").0);
    server.write_all(b"all I have").expect("a live connection");
    server.shutdown(Shutdown::Write).expect("a live connection");
    client.stdout.at_least(10);
    for word in [&b"one"[..], b"two"] {
        client.write(word);
        expect(&server, word);
    }
    assert!(client.is_running());
    client.close_input();
    assert_eq!(read_all(&server), b"");
    assert_eq!(client.finish().quietly_done(), b"all I have");
}

#[test]
fn a_send_that_fails_ends_it_with_9_and_one_line() {
    let (listener, address) = listener();
    let mut client = Process::start(&mut sock(&["connect", &address]));
    let server = bounded(listener.accept().expect("the client comes").0);
    drop(server);
    let mut input = client.take_input();
    // The first bytes are answered with a reset; then a send fails, and the program ends, which ends this too.
    let writer = thread::spawn(move || while input.write_all(b"unheard").is_ok() {});
    let finished = client.finish();
    writer.join_in_time().expect("it ends with its pipe");
    assert_eq!(finished.code(), 9, "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("sock: error: send "), "{}", finished.stderr);
}

/// The last bytes went to a peer that was gone already, and the input ended before a send could fail.
#[test]
fn bytes_that_were_answered_with_a_reset_are_no_success() {
    let (listener, address) = listener();
    let mut client = Process::start(&mut sock(&["connect", &address]));
    drop(listener.accept().expect("the client comes"));
    client.write(b"lost");
    // The kernel has the reset once it no longer lists the connection.
    eventually("the reset", || !is_listed(&address));
    client.close_input();
    let finished = client.finish();
    assert_eq!(finished.code(), 9, "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

/// Whether /proc lists a socket connected to `address` that some process still has open: established, its own end
/// sent and not that of the peer, or the other way round (proc(5), `net/tcp`; an inode of 0 is a socket without an
/// owner).
fn is_listed(address: &str) -> bool {
    let address: SocketAddr = address.parse().expect("an address");
    let remote = format!("0100007F:{:04X}", address.port());
    let table = std::fs::read_to_string("/proc/self/net/tcp").expect("Linux");
    table.lines().skip(1).any(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        words[2] == remote && words[9] != "0"
    })
}

#[test]
fn a_reset_by_the_peer_is_an_incomplete_conversation() {
    let (finished, ()) = converse(&["--send", "go"], b"", |mut stream| {
        // Once this has come, the client knows that it is connected.
        assert_eq!(read_all(&stream), b"go");
        stream.write_all(b"half of").expect("a live connection");
        Socket::from(stream).set(option::LINGER, Some(Duration::ZERO)).expect("an option of every socket");
    });
    assert_eq!(finished.code(), 9, "{}", finished.stderr);
    assert!(finished.stderr.starts_with("sock: error: recv "), "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

#[test]
fn send_takes_the_place_of_standard_input() {
    let mut command = sock(&["connect"]);
    let server = Server::start(&["127.0.0.1:0", "--echo"]);
    command.args([&server.endpoint(), "--send", "caf\u{e9} \\n"]);
    // An input that never ends is not read.
    let (reader, _writer) = std::io::pipe().expect("a pipe");
    command.stdin(reader).stdout(Stdio::piped()).stderr(Stdio::piped());
    let finished = Process::start_as_it_is(&mut command).finish();
    assert_eq!(text(&finished.quietly_done()), "caf\u{e9} \\n");
}

#[test]
fn receive_only_sends_nothing_not_even_the_end() {
    let (finished, ()) = converse(&["--receive-only"], b"not to be sent", |mut stream| {
        expect_silence(&stream, Duration::from_millis(200));
        stream.write_all(b"news").expect("the client reads");
    });
    assert_eq!(finished.quietly_done(), b"news");
}

#[test]
fn send_only_prints_nothing_and_waits_for_the_peer() {
    let (finished, received) = converse(&["--send-only"], b"report", |mut stream| {
        let got = read_all(&stream);
        stream.write_all(b"not to be printed").expect("the client reads on");
        got
    });
    assert_eq!(received, b"report");
    assert_eq!(finished.quietly_done(), b"");
}

#[test]
fn an_output_that_nobody_reads_any_more_is_a_quiet_end() {
    let server = Server::start(&["127.0.0.1:0", "--chargen"]);
    let mut command = sock(&["connect", &server.endpoint(), "--receive-only"]);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let client = Process::start_as_it_is(&mut command);
    drop(command);
    let mut line = [0; 74];
    (&reader).read_exact(&mut line).expect("lines without end");
    drop(reader);
    client.finish().quietly_done();
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure() {
    let server = Server::start(&["127.0.0.1:0", "--chargen"]);
    let mut command = sock(&["connect", &server.endpoint(), "--receive-only"]);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux");
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
    let finished = Process::start_as_it_is(&mut command).finish();
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    assert_eq!(
        finished.stderr,
        "sock: error: write standard output: no space left on device (os error 28)\n"
    );
}

/// `O_NONBLOCK` belongs to the pipe, not to the process that set it: another one may have left it so.
#[test]
fn a_pipe_in_non_blocking_mode_loses_nothing_either_way() {
    let server = Server::start(&["127.0.0.1:0", "--echo"]);
    let data = pattern(4 << 20);
    let (input, mut writer) = std::io::pipe().expect("a pipe");
    let (mut reader, output) = std::io::pipe().expect("a pipe");
    for end in [input.as_fd(), output.as_fd()] {
        Socket::from(end.try_clone_to_owned().expect("a descriptor"))
            .set_timeout(Some(Duration::ZERO))
            .expect("a descriptor of this process");
    }
    let mut command = sock(&["connect", &server.endpoint()]);
    command.stdin(input).stdout(output).stderr(Stdio::piped());
    let client = Process::start_as_it_is(&mut command);
    drop(command);
    // Nothing is there at first: the first read of the input would block.
    let greeting = b"first";
    writer.write_all(greeting).expect("the client reads");
    expect(&reader, greeting);
    let received = thread::scope(|scope| {
        scope.spawn(|| {
            let mut writer = writer;
            writer.write_all(&data).expect("the client reads");
        });
        // Once this side has waited, the output is full.
        thread::sleep(Duration::from_millis(200));
        read_all(&mut reader)
    });
    assert!(received == data, "{} bytes", received.len());
    client.finish().quietly_done();
}

#[test]
fn connecting_takes_no_longer_than_its_timeout() {
    let (_listener, address, _clients) = full_backlog();
    for args in [&[&address.to_string(), "--timeout", "300ms"][..], &[&format!("{address}?timeout=300ms")]] {
        let start = Instant::now();
        let finished = run_sock(&[&["connect"], args].concat());
        let took = start.elapsed();
        assert_eq!(finished.code(), 124, "{}", finished.stderr);
        assert!(
            finished.stderr.starts_with(&format!("sock: error: connect tcp {address}: ")),
            "{}",
            finished.stderr
        );
        assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn a_conversation_in_which_nothing_moves_is_given_up() {
    let (finished, took) = converse(&["--idle-timeout", "2s"], b"hello", |mut stream| {
        assert_eq!(read_all(&stream), b"hello");
        // Longer than the timeout in all, but each pause is shorter.
        for _ in 0..12 {
            stream.write_all(b".").expect("what moves keeps it going");
            thread::sleep(Duration::from_millis(200));
        }
        let start = Instant::now();
        // It gives up, and this side learns of it by a failed send: writing ends the wait, so it looks instead.
        eventually("the client's end", || is_gone(&stream));
        start.elapsed()
    });
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    assert_eq!(finished.stdout, b"............");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let lines: Vec<&str> = finished.stderr.lines().collect();
    assert_eq!(lines[0], "sock: error: nothing moved for 2s");
    assert!(lines[1].starts_with("sock: hint: ") && lines.len() == 2, "{lines:?}");
}

#[test]
fn an_output_that_nobody_reads_does_not_outlive_the_idle_timeout() {
    let server = Server::start(&["127.0.0.1:0", "--chargen"]);
    for args in [&[][..], &["--json"], &["--hex"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = sock(&["connect", &server.endpoint(), "--receive-only", "--idle-timeout", "500ms"]);
        command.args(args).stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
        let finished = Process::start_as_it_is(&mut command).finish();
        assert_eq!(finished.code(), 124, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.starts_with("sock: error: nothing moved for 500ms\n"), "{}", finished.stderr);
        drop(reader);
    }
}

/// Whether nobody holds the other end any more: it has left the kernel's table of live connections.
fn is_gone(stream: &TcpStream) -> bool {
    let local = stream.local_addr().expect("a connected socket");
    !is_listed(&local.to_string())
}

/// A port that refuses on both families, and what keeps it from everybody else.
fn refusing_on_both() -> ([Option<Socket>; 2], u16) {
    loop {
        let (v4, address) = refusing();
        if !has_ipv6() {
            return ([Some(v4), None], address.port());
        }
        let v6 = Socket::new(Family::INET6, Type::STREAM, Protocol::DEFAULT).expect("a socket");
        v6.set(option::ipv6::V6ONLY, true).expect("an option of IPv6");
        if v6.bind((Ipv6Addr::LOCALHOST, address.port())).is_ok() {
            return ([Some(v4), Some(v6)], address.port());
        }
    }
}

#[test]
fn a_refusal_names_every_address_that_was_tried() {
    let (_held, port) = refusing_on_both();
    let finished = run_sock(&["connect", &format!(":{port}")]);
    assert_eq!(finished.code(), 4, "{}", finished.stderr);
    assert!(finished.stderr.contains(&format!("tcp 127.0.0.1:{port}")), "{}", finished.stderr);
    if has_ipv6() {
        assert!(finished.stderr.contains(&format!("tcp [::1]:{port}")), "{}", finished.stderr);
    }
    assert!(finished.stderr.ends_with("connection refused (os error 111)\n"), "{}", finished.stderr);
    let finished = run_sock(&["connect", &format!("localhost:{port}")]);
    assert_eq!(finished.code(), 4, "{}", finished.stderr);
    assert!(
        finished.stderr.contains(&format!("connect localhost:{port} (tried tcp ")),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_connection_to_itself_is_a_refusal() {
    // An address of this process's alone, so that its port stays free.
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let host = Ipv4Addr::new(127, 101, high, low);
    let port = {
        let socket = TcpListener::bind((host, 0)).expect("a free port");
        socket.local_addr().expect("a bound socket").port()
    };
    let finished = run_sock(&["connect", &format!("{host}:{port}?bind={host}:{port}"), "--send", "echo"]);
    assert_eq!((finished.code(), finished.out().as_str()), (4, ""), "{}", finished.stderr);
    assert!(
        finished.stderr.starts_with(&format!(
            "sock: error: connect tcp {host}:{port}: nobody listens there, and the connection came back to this command"
        )),
        "{}",
        finished.stderr
    );
}

#[test]
fn the_other_family_is_tried_where_one_refuses() {
    let (listener, _) = listener();
    let port = listener.local_addr().expect("a bound socket").port();
    let server = thread::spawn(move || {
        let mut stream = bounded(listener.accept().expect("the client comes").0);
        stream.write_all(b"v4").expect("a live connection");
    });
    assert_eq!(run_sock(&["connect", &format!(":{port}")]).quietly_done(), b"v4");
    server.join_in_time().expect("it served");
}

#[test]
fn bind_says_from_where() {
    let (listener, address) = listener();
    let server = thread::spawn(move || {
        let (stream, peer) = listener.accept().expect("the client comes");
        drop(bounded(stream));
        peer
    });
    let finished = run_sock(&["connect", &format!("{address}?bind=127.0.0.2:0")]);
    let peer = server.join_in_time().expect("it served");
    assert_eq!(peer.ip().to_string(), "127.0.0.2");
    finished.quietly_done();
}

#[test]
fn what_comes_can_be_read_as_a_hex_dump() {
    let (finished, ()) = converse(&["--hex"], b"", |mut stream| {
        stream.write_all(b"0123456789abc").expect("a live connection");
        thread::sleep(Duration::from_millis(50));
        stream.write_all(b"def\x1b\xff").expect("a live connection");
    });
    let dump = text(&finished.quietly_done());
    assert!(dump.is_ascii() && !dump.contains('\x1b'), "{dump}");
    let bytes: Vec<&str> = dump
        .lines()
        .flat_map(|line| line.split_whitespace().skip(1).take_while(|word| word.len() == 2))
        .collect();
    let want: Vec<String> = b"0123456789abcdef\x1b\xff".iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes, want, "{dump}");
}

#[test]
fn unix_sockets_pass_bytes_and_ends_as_tcp_does() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let _server = Server::start(&[&format!("unix:{path}"), "--echo"]);
    let data = pattern(4 << 20);
    let finished = run(&mut sock(&["connect", &format!("unix:{path}")]), &data);
    assert!(finished.quietly_done() == data);
}

#[test]
fn an_empty_input_is_an_end_all_the_same() {
    let (finished, received) = converse(&[], b"", |stream| read_all(&stream));
    assert_eq!(received, b"");
    assert_eq!(finished.quietly_done(), b"");
}
