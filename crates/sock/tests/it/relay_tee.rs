//! `sock relay --tee`: what was passed on can be read afterwards, and the disk ends no relay.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::{fs, str};

use crate::bounded::JoinInTime as _;
use crate::kit::{LIMIT, Server, TempDir, expect, pattern, read_all, run_sock, sock, sock_after};

/// A line of a transcript without the time in it.
fn timeless(line: &str) -> String {
    let words = line.split(' ').filter(|word| !(word.len() == 27 && word.ends_with('Z')));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn both_directions_stand_in_it_with_their_times() {
    let folder = TempDir::new();
    let path = folder.join("transcript");
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address();
    let relay = Server::start_with(sock(&["relay", "127.0.0.1:0", &to.to_string()]).args(["--tee", &path]));
    let mut client = relay.connect();
    client.write_all(b"hello").expect("a live relay");
    expect(&client, b"hello");
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"");
    let peer = client.local_addr().expect("a connected socket");
    relay.line("closed");
    let lines: Vec<String> =
        str::from_utf8(&folder.read("transcript")).expect("UTF-8").lines().map(timeless).collect();
    let dump = "00000000  68 65 6c 6c 6f                                    |hello|";
    let want = [
        &format!("= client 1: {peer} → {to}"),
        "> client 1 → server, 5 bytes",
        dump,
        "< server → client 1, 5 bytes",
        dump,
    ];
    assert_eq!(lines, want);
    let mode = fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "what is said is nobody else's");
}

/// All the bytes that one of two directions, by its sign, has in a raw transcript.
fn said(transcript: &[u8], sign: u8) -> Vec<u8> {
    let (mut said, mut rest) = (Vec::new(), transcript);
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (head, after) = (str::from_utf8(&rest[..end]).expect("UTF-8"), &rest[end + 1..]);
        if head.starts_with('=') {
            rest = after;
            continue;
        }
        let length = head.rsplit(' ').nth(1).and_then(|word| word.parse().ok()).expect("a length");
        let (piece, after) = after.split_at(length);
        if head.as_bytes()[0] == sign {
            said.extend_from_slice(piece);
        }
        rest = after.strip_prefix(b"\n").expect("a newline behind the bytes");
    }
    said
}

#[test]
fn raw_it_holds_every_byte_however_many() {
    let folder = TempDir::new();
    let path = folder.join("transcript");
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address().to_string();
    let relay = Server::start_with(sock(&["relay", "127.0.0.1:0", &to]).args([
        "--tee",
        &path,
        "--tee-format",
        "raw",
    ]));
    let client = relay.connect();
    let bytes = pattern(3 << 20);
    let (mut sending, sent) = (client.try_clone().expect("a descriptor"), bytes.clone());
    let sender = thread::spawn(move || {
        sending.write_all(&sent).expect("it is read");
        sending.shutdown(Shutdown::Write).expect("a live connection");
    });
    assert!(read_all(&client) == bytes);
    sender.join_in_time().expect("it is sent");
    relay.line("closed");
    let transcript = folder.read("transcript");
    assert!(said(&transcript, b'>') == bytes, "from the client");
    assert!(said(&transcript, b'<') == bytes, "to the client");
}

#[test]
fn a_disk_that_takes_no_more_is_told_once_and_the_relay_goes_on() {
    let folder = TempDir::new();
    let path = folder.join("transcript");
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address().to_string();
    // What a full disk does, but with another errno.
    let mut command =
        sock_after("trap '' XFSZ; ulimit -f 16", &["relay", "127.0.0.1:0", &to, "--tee", &path]);
    let relay = Server::start_with(&mut command);
    let mut client = relay.connect();
    for _ in 0..100 {
        client.write_all(&[7; 1_000]).expect("a live relay");
        expect(&client, &[7; 1_000]);
    }
    drop(client);
    relay.line("sock: error: --tee ");
    relay.line("closed");
    let finished = relay.end("TERM");
    assert_eq!((finished.code(), finished.stderr.matches("--tee").count()), (0, 1), "{}", finished.stderr);
    let transcript = folder.read("transcript");
    assert!(transcript.ends_with(b"|\n"), "whole records alone");
}

#[test]
fn datagrams_stand_in_it_too() {
    let folder = TempDir::new();
    let path = folder.join("transcript");
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let to = format!("udp://{}", echo.address());
    let mut command = sock(&["relay", "udp://127.0.0.1:0", &to, "--tee", &path, "--tee-format", "raw"]);
    let relay = Server::start_with(&mut command);
    let client = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    client.set_read_timeout(Some(LIMIT)).expect("a limit");
    for datagram in [&b"one"[..], b"", b"three"] {
        client.send_to(datagram, relay.address()).expect("a live relay");
        assert_eq!(client.recv(&mut [0; 16]).expect("the answer"), datagram.len());
    }
    let transcript = folder.read("transcript");
    assert_eq!(
        (said(&transcript, b'>'), said(&transcript, b'<')),
        (b"onethree".to_vec(), b"onethree".to_vec())
    );
}

#[test]
fn what_would_keep_the_relay_waiting_is_refused() {
    let folder = TempDir::new();
    let rows = [
        (vec!["127.0.0.1:0", "127.0.0.1:1", "--tee", "/dev/null"], "not a regular file"),
        (vec!["127.0.0.1:0", "127.0.0.1:1", "--tee-format", "raw"], "--tee"),
        (vec!["-", "127.0.0.1:1", "--tee", "x"], "--tee cannot act"),
    ];
    for (args, words) in rows {
        let refused = run_sock(&[&["relay"][..], &args].concat());
        assert_eq!(refused.code(), 2, "{args:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
    }
    let nowhere = folder.join("none/transcript");
    let refused = run_sock(&["relay", "127.0.0.1:0", "127.0.0.1:1", "--tee", &nowhere]);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    // Of one conversation as well, before anybody is connected to.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a mode of every socket");
    let to = listener.local_addr().expect("a bound socket").to_string();
    let refused = run_sock(&["relay", "exec:cat", &to, "--tee", &nowhere]);
    assert_eq!(refused.code(), 1, "{}", refused.stderr);
    assert!(listener.accept().is_err(), "the relay has connected");
}
