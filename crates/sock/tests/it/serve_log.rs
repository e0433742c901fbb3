//! What `sock serve` tells on standard error, and that nobody who fails to read it stops a client.

use std::fs::File;
use std::io::Write as _;
use std::net::Shutdown;
use std::process::Stdio;

use berkeley::Type;

use crate::kit::{
    Captured, Process, Server, TempDir, connect, eventually, expect, read_all, sock, text, unix,
};

#[test]
fn without_an_endpoint_it_is_tcp_on_12345_of_this_machine() {
    let process = Process::start(&mut sock(&["serve"]));
    // The one fixed port of these tests: where somebody else has it, the refusal names it just as well.
    let line = process.stderr.line("the default endpoint", |_| true);
    let taken = "sock: error: listen on tcp 127.0.0.1:12345: address already in use (os error 98)";
    assert!(line == "listening on tcp 127.0.0.1:12345" || line == taken, "{line}");
}

#[test]
fn a_connection_is_told_from_its_opening_to_its_close() {
    let server = Server::start(&["127.0.0.1:0", "--reply", "12"]);
    let port = server.address().port();
    assert_eq!(server.listening(), [format!("tcp 127.0.0.1:{port}")]);
    let mut client = server.connect();
    client.write_all(b"hello\n").expect("a live server");
    expect(&client, b"12");
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"");
    let closed = server.line(" closed: ");
    let peer = client.local_addr().expect("a bound socket");
    let stderr = text(&server.process.stderr.so_far());
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(
        lines[..3],
        [
            format!("listening on tcp 127.0.0.1:{port}"),
            format!("#1 {peer} opened"),
            format!("#1 {peer} received 6 bytes: hello\\n"),
        ]
    );
    let rest = closed.strip_prefix(&format!("#1 {peer} closed: 6 bytes in, 2 bytes out, "));
    let seconds = rest.and_then(|rest| rest.strip_suffix(" s")).unwrap_or_else(|| panic!("{closed}"));
    assert!(seconds.parse::<f64>().is_ok_and(|seconds| (0.0..30.0).contains(&seconds)), "{closed}");
}

#[test]
fn a_line_shows_two_hundred_bytes_and_how_many_more_there_were() {
    let server = Server::start(&["127.0.0.1:0", "--discard"]);
    let mut client = server.connect();
    client.write_all(&[b'x'; 200]).expect("a live server");
    let whole = server.line("received 200 bytes");
    assert!(whole.ends_with(&format!(": {}", "x".repeat(200))), "{whole}");
    client.write_all(&[b'y'; 201]).expect("a live server");
    let cut = server.line("received 201 bytes");
    assert!(cut.ends_with(&format!(": {}… (+1 byte)", "y".repeat(200))), "{cut}");
}

#[test]
fn no_byte_of_a_peer_drives_the_terminal() {
    let server = Server::start(&["127.0.0.1:0", "--discard"]);
    let mut client = server.connect();
    let all: Vec<u8> = (0..=255).collect();
    // Each control sequence, and what turns text round; then every byte there is.
    let rows: [(&[u8], &str); 4] = [
        (b"\x1b[2J\x1b]0;title\x07", r"\x1b[2J\x1b]0;title\x07"),
        ("\u{202e}gnp.exe\u{2066}\u{200b}".as_bytes(), r"\u{202e}gnp.exe\u{2066}\u{200b}"),
        (b"\xff\xc0\xaf \xed\xa0\x80", r"\xff\xc0\xaf \xed\xa0\x80"),
        ("\u{9b}31m naïve \\x1b".as_bytes(), r"\u{9b}31m naïve \\x1b"),
    ];
    for (piece, shown) in rows {
        client.write_all(piece).expect("a live server");
        let line = server.line(&format!(" received {} bytes: ", piece.len()));
        assert!(line.ends_with(&format!("bytes: {shown}")), "{line}");
    }
    client.write_all(&all).expect("a live server");
    server.line(" received 256 bytes: ");
    let raw = server.process.stderr.so_far();
    assert!(raw.iter().all(|byte| *byte == b'\n' || (*byte >= 0x20 && *byte != 0x7f)), "{}", text(&raw));
    assert!(str::from_utf8(&raw).is_ok());
}

/// A server whose standard error goes where `stderr` says, and the port that it tells through `--ready-fd`.
fn server_with_stderr(stderr: Stdio, args: &[&str]) -> (Process, std::net::SocketAddr) {
    let mut command = sock(&["serve", "127.0.0.1:0", "--ready-fd", "1"]);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr);
    let process = Process::start_as_it_is(&mut command);
    let line = process.stdout.line("an address", |_| true);
    let address = line.strip_prefix("tcp ").and_then(|address| address.parse().ok());
    let address = address.unwrap_or_else(|| panic!("{line}"));
    (process, address)
}

#[test]
fn a_standard_error_that_nobody_reads_stops_no_client_and_every_dropped_line_is_counted() {
    const PIECES: u64 = 100_000;
    const AT_ONCE: u64 = 50;
    let folder = TempDir::new();
    let path = folder.join("s");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    // Messages keep their boundaries, so that the number of pieces is known.
    let mut command = sock(&["serve", &format!("unix-seqpacket:{path}"), "--echo", "--ready-fd", "1"]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(writer);
    let process = Process::start_as_it_is(&mut command);
    // The other end of the pipe is then the server's alone.
    drop(command);
    process.stdout.line("an address", |line| line == format!("unix-seqpacket {path}"));
    let client = unix(&path, Type::SEQPACKET);
    let mut buffer = [0; 64];
    for _ in 0..PIECES / AT_ONCE {
        for _ in 0..AT_ONCE {
            client.send(b"x").expect("a server that goes on");
        }
        for _ in 0..AT_ONCE {
            assert_eq!(client.recv(&mut buffer).expect("a server that goes on"), 1);
        }
    }
    drop(client);
    // Read from now on, the log says how much of it is missing, and where.
    let log = Captured::start(reader);
    log.line("a count of dropped lines", |line| line.starts_with("... "));
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
    let log = text(&log.all());
    let (mut shown, mut dropped) = (0, 0);
    for line in log.lines() {
        match line.strip_prefix("... ") {
            Some(note) => {
                dropped += note.split(' ').next().and_then(|word| word.parse::<u64>().ok()).expect("a count");
            }
            None => shown += 1,
        }
    }
    // Beside the pieces: listening, opened, closed, and the signal.
    assert_eq!(shown + dropped, PIECES + 4, "{shown} lines shown, {dropped} dropped");
    assert!(dropped > PIECES / 2, "{dropped} lines dropped");
}

#[test]
fn a_standard_error_that_is_closed_is_survived() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let (process, address) = server_with_stderr(writer.into(), &["--echo"]);
    drop(reader);
    for _ in 0..3 {
        let mut client = connect(address);
        client.write_all(b"still there?").expect("a live server");
        expect(&client, b"still there?");
    }
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
}

#[test]
fn quiet_prints_errors_alone() {
    let folder = TempDir::new();
    let path = folder.join("log");
    let log = File::create(&path).expect("a writable folder");
    let (process, address) = server_with_stderr(log.into(), &["--quiet"]);
    let mut client = connect(address);
    client.write_all(b"x").expect("a live server");
    expect(&client, b"Server received your data: x");
    drop(client);
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
    assert_eq!(std::fs::read_to_string(&path).expect("a text"), "");

    let mut command = sock(&["serve", &address.to_string(), "--quiet", "--send-file", &folder.join("none")]);
    let finished = crate::kit::run(&mut command, b"");
    assert!(finished.stderr.starts_with("sock: error: --send-file "), "{}", finished.stderr);
}

#[test]
fn the_ready_descriptor_gets_a_line_for_each_address_once_they_listen() {
    let mut command = sock(&["serve", ":0", "--quiet", "--ready-fd", "1"]);
    let process = Process::start(&mut command);
    let count = if crate::kit::has_ipv6() { 2 } else { 1 };
    let lines = process.stdout.until("a line for each address", |bytes| {
        let lines: Vec<String> = text(bytes).split_inclusive('\n').map(str::to_owned).collect();
        (lines.len() == count && lines.iter().all(|line| line.ends_with('\n'))).then_some(lines)
    });
    for line in &lines {
        let address = line.trim_end().strip_prefix("tcp ").unwrap_or_else(|| panic!("{line}"));
        connect(address.parse().unwrap_or_else(|_| panic!("{line}")));
    }
    assert!(process.stderr.so_far().is_empty());
}

#[test]
fn as_many_threads_serve_as_are_asked_for() {
    let server = Server::start(&["127.0.0.1:0", "--threads", "3", "--echo"]);
    let folder = format!("/proc/{}/task", server.process.pid());
    let workers = || {
        let tasks = std::fs::read_dir(&folder).expect("it is running");
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|name| name.starts_with("worker ")).count()
    };
    // A thread gives itself its name, a moment after it is there.
    eventually("three workers", || workers() >= 3);
    assert_eq!(workers(), 3);
    for _ in 0..6 {
        let mut client = server.connect();
        client.write_all(b"x").expect("a live server");
        expect(&client, b"x");
    }
}
