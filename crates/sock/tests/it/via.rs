//! `--via`: through proxies that say what a script has, and what is refused, in words.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::thread::{self, JoinHandle};

use crate::bounded::{JoinInTime as _, RunInTime as _};
use crate::kit::{Process, Server, TempDir, bounded, connect, read_all, run, run_sock, sock};

/// What a peer of the command does: it waits for these bytes, then says those.
type Line = (&'static [u8], &'static [u8]);

/// A peer that takes one client and plays its lines; then it is done, and gives what the client still sent.
fn peer(lines: &'static [Line]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    peer_of(1, lines)
}

/// As [`peer`], for so many clients, one after the other.
fn peer_of(clients: usize, lines: &'static [Line]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let played = thread::spawn(move || {
        let mut rest = Vec::new();
        for _ in 0..clients {
            let mut stream = bounded(listener.accept().expect("a client").0);
            for (wanted, says) in lines {
                let mut came = vec![0; wanted.len()];
                stream.read_exact(&mut came).expect("what is waited for");
                assert_eq!(came.escape_ascii().to_string(), wanted.escape_ascii().to_string());
                stream.write_all(says).expect("a client that listens");
            }
            // One that is refused may have gone, or reset the connection.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let _ = stream.read_to_end(&mut rest);
        }
        rest
    });
    (address, played)
}

/// Waits until a peer is done; gives what it was sent behind its lines.
fn finish(played: JoinHandle<Vec<u8>>) -> Vec<u8> {
    played.join_in_time().expect("lines as wanted")
}

const SOCKS5: &[u8] = b"\x05\x01\x00";
const ASKED: &[u8] = b"\x05\x01\x00\x03\x11nowhere.invalid.x\x00\x50";
const TARGET: &str = "nowhere.invalid.x:80";
/// A reply with the first bytes of the stream behind it.
const GLUED: &[u8] = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90glued, ";

#[test]
fn what_is_glued_to_a_proxys_reply_is_the_streams_and_names_go_to_the_proxy() {
    let rows: [(&str, &'static [Line]); 3] = [
        ("socks5://", &[(SOCKS5, b"\x05\x00"), (ASKED, GLUED), (b"hello", b"and more")]),
        (
            "socks4a://ann@",
            &[
                (b"\x04\x01\x00\x50\0\0\0\x01ann\0nowhere.invalid.x\0", b"\0\x5a\0\0\0\0\0\0glued, "),
                (b"hello", b"and more"),
            ],
        ),
        (
            "http://",
            &[
                (
                    b"CONNECT nowhere.invalid.x:80 HTTP/1.1\r\nHost: nowhere.invalid.x:80\r\n\r\n",
                    b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\nglued, ",
                ),
                (b"hello", b"and more"),
            ],
        ),
    ];
    for (scheme, lines) in rows {
        let (proxy, played) = peer(lines);
        let via = format!("{scheme}{proxy}");
        let told = run(&mut sock(&["connect", TARGET, "--via", &via, "--json"]), b"hello");
        assert_eq!(told.code(), 0, "{}", told.stderr);
        assert!(told.out().contains(&format!("\"peer\":\"{TARGET}\"")), "{}", told.out());
        let (proxy, again) = peer(lines);
        let shown = run(&mut sock(&["connect", TARGET, "--via", &format!("{scheme}{proxy}")]), b"hello");
        assert_eq!((shown.code(), &*shown.out()), (0, "glued, and more"), "{}", shown.stderr);
        for played in [played, again] {
            assert_eq!(finish(played), b"");
        }
    }
}

#[test]
fn proxies_are_chained_and_each_resolves_the_next() {
    let (proxy, played) = peer(&[
        (SOCKS5, b"\x05\x00"),
        (b"\x05\x01\x00\x03\x0enext.invalid.x\x0c\x38", b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90"),
        (
            b"CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\
              Proxy-Authorization: Basic YW5uOnMzY3JldA==\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nhello",
        ),
    ]);
    let folder = TempDir::new();
    let file = folder.file("password", b"s3cret\nmore\n");
    let first = format!("socks5://{proxy}");
    let second = format!("http://ann@next.invalid.x:3128?password-file={file}");
    let args = ["connect", "[2001:db8::1]:80", "--via", &first, "--via", &second, "--receive-only"];
    let finished = run_sock(&args);
    assert_eq!((finished.code(), &*finished.out()), (0, "hello"), "{}", finished.stderr);
    finish(played);
}

#[test]
fn the_proxy_of_the_environment_counts_where_it_is_asked_for() {
    let lines: &[Line] =
        &[(b"\x05\x02\x00\x02", b"\x05\x02"), (b"\x01\x03ann\x03p:w", b"\x01\x00"), (ASKED, GLUED)];
    let (proxy, played) = peer(lines);
    let with = |args: &[&str], url: &str| {
        let mut command = sock(args);
        command.env_remove("all_proxy").env("ALL_PROXY", url);
        run(&mut command, b"")
    };
    let through = with(&["connect", TARGET, "--via", "env"], &format!("socks5h://ann:p%3Aw@{proxy}/"));
    assert_eq!((through.code(), &*through.out()), (0, "glued, "), "{}", through.stderr);
    finish(played);
    let direct = with(&["connect", "127.0.0.1:1"], "socks5://127.0.0.1:1");
    assert_eq!(direct.code(), 4);
    assert!(!direct.stderr.contains("through"), "{}", direct.stderr);
    let unset =
        run(sock(&["connect", TARGET, "--via", "env"]).env_remove("all_proxy").env_remove("ALL_PROXY"), b"");
    assert_eq!(unset.code(), 2, "{}", unset.stderr);
}

#[test]
fn a_refusal_is_one_line_with_a_code_of_its_own() {
    let rows: [(&str, &'static [Line], i32, &str); 7] = [
        (
            "socks5",
            &[(SOCKS5, b"\x05\x00"), (ASKED, b"\x05\x05\x00\x01\0\0\0\0\0\0")],
            4,
            "the proxy says: connection refused",
        ),
        (
            "socks5",
            &[(SOCKS5, b"\x05\x00"), (ASKED, b"\x05\x04\x00\x01\0\0\0\0\0\0")],
            5,
            "the proxy says: host unreachable",
        ),
        (
            "socks5",
            &[(SOCKS5, b"\x05\x00"), (ASKED, b"\x05\x02")],
            10,
            "the proxy says: its rules do not allow this connection",
        ),
        ("socks5", &[(SOCKS5, b"\x05\xff")], 10, "the proxy wants a user and a password"),
        (
            "socks4a",
            &[(b"\x04", b"\0\x5b\0\0\0\0\0\0")],
            10,
            "the proxy says: the request was rejected, or failed",
        ),
        (
            "http",
            &[(b"CONNECT", b"HTTP/1.1 403 No\x1b[2J\r\n\r\n")],
            10,
            "the proxy says: HTTP/1.1 403 No\\x1b[2J",
        ),
        ("http", &[(b"CONNECT", b"")], 10, "the proxy ended the connection without an answer"),
    ];
    for (scheme, lines, code, words) in rows {
        let (proxy, played) = peer(lines);
        let finished = run_sock(&["connect", TARGET, "--via", &format!("{scheme}://{proxy}")]);
        let line = format!("connect tcp {TARGET} through {scheme} {proxy}: {words}\n");
        assert!(
            finished.stderr.ends_with(&line) && finished.stderr.lines().count() == 1,
            "{}",
            finished.stderr
        );
        assert_eq!(finished.code(), code, "{}", finished.stderr);
        finish(played);
    }
    let nobody = run_sock(&["connect", TARGET, "--via", "socks5://127.0.0.1:1"]);
    let words = "through socks5 127.0.0.1:1: connect tcp 127.0.0.1:1: connection refused (os error 111)";
    assert!(nobody.code() == 4 && nobody.stderr.contains(words), "{}", nobody.stderr);
}

#[test]
fn the_timeout_holds_for_the_dialogue() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    for (via, target) in [("socks5", TARGET), ("http", TARGET)] {
        let via = format!("{via}://{address}");
        let finished = run_sock(&["connect", target, "--via", &via, "--timeout", "200ms"]);
        assert!(finished.stderr.contains("the proxy did not answer in time"), "{}", finished.stderr);
        assert_eq!(finished.code(), 124);
    }
    let via = format!("socks5://{address}");
    let finished = run_sock(&["wait", TARGET, "--via", &via, "--timeout", "200ms"]);
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
}

#[test]
fn what_cannot_act_is_refused_before_anything_is_opened() {
    let proxy = "socks5://127.0.0.1:1";
    let rows: [(&[&str], &str); 23] = [
        (&["udp://h:1", "--via", proxy], "--via connects through a proxy by TCP alone, and this is udp"),
        (&["unix:/s", "--via", proxy], "--via connects through a proxy by TCP alone, and this is unix"),
        (&[":80", "--via", proxy], "a proxy needs a host"),
        (&["[fe80::1%1]:80", "--via", proxy], "an interface of this machine means nothing to a proxy"),
        (&["h:0", "--via", proxy], "port 0 is for listening"),
        (
            &["h:1?nodelay", "--via", proxy],
            "\"tcp.nodelay\" cannot act: the socket is that of the first proxy",
        ),
        (&["h:1?bind=127.0.0.1", "--via", proxy], "?bind= cannot act"),
        (&["h:1", "--via", proxy, "--via", "http://p:1?bind=127.0.0.1"], "?bind= cannot act"),
        (&["h:1", "--via", "socks5://h:1?timeout=1s"], "belongs to the endpoint behind the proxy"),
        (&["h:1", "--via", "tcp://h:1"], "a proxy is one of socks5, socks4a, http"),
        (&["h:1", "--via", "h:1"], "a proxy is one of socks5, socks4a, http"),
        (&["h:1", "--via", "socks5:tls://h:1"], "not over tls"),
        (&["h:1", "--via", "socks5:http://h:1"], "a second --via names the next one"),
        (&["socks5://h:1"], "is a proxy's scheme, which --via takes"),
        (&["h:1?user=x"], "belongs to a proxy"),
        (&["h:1", "--via", "socks5://h:1?password-env=X"], "a password needs a user"),
        (&["h:1", "--via", "socks5://a@h:1?user=b"], "the user stands here twice"),
        (&["h:1", "--via", "socks4a://a@h:1?password-env=X"], "which has no passwords"),
        (&["[::1]:1", "--via", "socks4a://h:1"], "SOCKS 4A carries no IPv6 addresses"),
        (&["h:1", "--via", "socks5://a@h:1?password-env=X&password-file=Y"], "the password is given twice"),
        (&["h:1", "--via", "http://a%3Ab@h:1"], "a user's name has no colon in HTTP"),
        (&["h:1", "--via", "http://a@h:1?password-env=NOT_SET"], "the variable NOT_SET is not set"),
        (&["udp://h:1", "--proxy-protocol", "v1"], "belongs to a stream"),
    ];
    for (args, words) in rows {
        let finished = run_sock(&[&["connect"], args].concat());
        assert!(finished.stderr.contains(words), "{args:?}: {}", finished.stderr);
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
    }
}

#[test]
fn a_relay_goes_through_proxies_and_tells_of_its_clients() {
    let (proxy, played) = peer(&[(SOCKS5, b"\x05\x00"), (ASKED, GLUED), (b"hello", b"and more")]);
    let via = format!("socks5://{proxy}");
    let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", TARGET, "--via", &via]));
    let mut client = connect(relay.address());
    client.write_all(b"hello").expect("a relay");
    client.shutdown(std::net::Shutdown::Write).expect("an end");
    assert_eq!(read_all(&client), b"glued, and more");
    finish(played);
    let (server, played) = peer(&[(b"", b"")]);
    let relay =
        Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &format!("{server}?proxy-protocol=v1")]));
    let client = connect(relay.address());
    let own = client.local_addr().expect("an address");
    client.shutdown(std::net::Shutdown::Write).expect("an end");
    assert_eq!(read_all(&client), b"");
    let header = format!("PROXY TCP4 127.0.0.1 127.0.0.1 {} {}\r\n", own.port(), relay.address().port());
    assert_eq!(finish(played), header.as_bytes());
}

#[test]
fn a_password_on_the_command_line_is_refused_and_not_repeated() {
    for (before, after) in
        [("socks5://ann:", "@h:1"), ("socks5:ann:", "@h:1"), ("ann:", "@h:1"), ("http:tcp://a:", "@h:1?x")]
    {
        let finished = run_sock(&["connect", "h:1", "--via", &format!("{before}hunter2{after}")]);
        assert_eq!(finished.code(), 2);
        assert!(finished.stderr.contains("?password-file=FILE"), "{}", finished.stderr);
        assert!(finished.stderr.contains(&format!("{before}***{after}")), "{}", finished.stderr);
        assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
    }
    // A path has neither user nor password.
    let path = run_sock(&["connect", "h:1", "--via", "socks5:unix:/nowhere/a:b@c"]);
    assert!(path.stderr.contains("/nowhere/a:b@c"), "{}", path.stderr);
}

#[test]
fn a_password_of_the_environment_is_not_repeated() {
    for url in [
        "ann:hunter2@127.0.0.1:1",
        "socks5://ann:what?hunter2@127.0.0.1:1",
        "socks6://ann:hunter2@127.0.0.1:1",
        "socks5:ann:hunter2@127.0.0.1:1?hunter",
    ] {
        let mut command = sock(&["connect", TARGET, "--via", "env"]);
        let finished = run(command.env_remove("all_proxy").env("ALL_PROXY", url), b"");
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        assert!(finished.stderr.starts_with("sock: error: ALL_PROXY: "), "{}", finished.stderr);
        assert!(!finished.stderr.contains("hunter2"), "{}", finished.stderr);
    }
}

/// As from a shell's `<(...)`, or from standard input, whose other lines are the connection's.
#[test]
fn a_password_from_a_pipe_is_read_once_and_no_byte_behind_it() {
    const ASKED_FOR: Line = (b"\x05\x02\x00\x02", b"\x05\x02");
    const PASSWORD: Line = (b"\x01\x03ann\x06s3cret", b"\x01\x00");
    let (proxy, played) = peer(&[ASKED_FOR, PASSWORD, (ASKED, GLUED), (b"hello", b"and more")]);
    let via = format!("socks5://ann@{proxy}?password-file=/dev/stdin");
    let finished = run(&mut sock(&["connect", TARGET, "--via", &via]), b"s3cret\nhello");
    assert_eq!((finished.code(), &*finished.out()), (0, "glued, and more"), "{}", finished.stderr);
    assert_eq!(finish(played), b"");
    let (proxy, played) = peer_of(2, &[ASKED_FOR, PASSWORD, (ASKED, GLUED)]);
    let via = format!("socks5://ann@{proxy}?password-file=/dev/stdin");
    let mut relay = Process::start(&mut sock(&["relay", "127.0.0.1:0", TARGET, "--via", &via]));
    relay.write(b"s3cret\n");
    let line = relay.stderr.line("where it listens", |line| line.starts_with("listening on tcp "));
    let address = line["listening on tcp ".len()..].parse().expect("an address");
    for _ in 0..2 {
        let client = connect(address);
        client.shutdown(std::net::Shutdown::Write).expect("an end");
        assert_eq!(read_all(&client), b"glued, ");
    }
    assert_eq!(finish(played), b"");
}

#[test]
fn a_header_says_who_the_client_is() {
    for (version, begins) in
        [("v1", &b"PROXY TCP4 127.0.0.1 127.0.0.1 "[..]), ("v2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11")]
    {
        let (server, played) = peer(&[(b"", b"")]);
        let server = server.to_string();
        let finished = run_sock(&["connect", &server, "--proxy-protocol", version, "--send", "hello"]);
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        let came = finish(played);
        assert!(came.starts_with(begins) && came.ends_with(b"hello"), "{}", came.escape_ascii());
    }
    let endpoint = "h:1?proxy-protocol=v1";
    let twice = run_sock(&["connect", endpoint, "--proxy-protocol", "v2"]);
    assert!(twice.code() == 2 && twice.stderr.contains("is given twice"), "{}", twice.stderr);
}

#[test]
fn tls_is_asked_for_in_the_clear_and_then_verified() {
    let rows: [(&str, &'static [Line]); 4] = [
        (
            "smtp",
            &[
                (b"", b"220 mail\r\n"),
                (b"EHLO localhost\r\n", b"250-mail\r\n250 STARTTLS\r\n"),
                (b"STARTTLS\r\n", b"220 go\r\n"),
            ],
        ),
        ("imap", &[(b"", b"* OK ready\r\n"), (b"a STARTTLS\r\n", b"a OK go\r\n")]),
        ("pop3", &[(b"", b"+OK ready\r\n"), (b"STLS\r\n", b"+OK go\r\n")]),
        ("postgres", &[(b"\0\0\0\x08\x04\xd2\x16\x2f", b"S")]),
    ];
    for (protocol, lines) in rows {
        // What follows the go-ahead is TLS: the first record of a handshake.
        let (server, played) = peer(lines);
        let endpoint = format!("tls://{server}?starttls={protocol}");
        let finished = run_sock(&["connect", &endpoint, "--insecure"]);
        assert_eq!(finished.code(), 6, "{}", finished.stderr);
        assert!(finished.stderr.contains("within the handshake"), "{}", finished.stderr);
        let hello = finish(played);
        assert!(hello.starts_with(b"\x16\x03"), "{protocol}: {}", hello.escape_ascii());
    }
}

#[test]
fn clear_bytes_behind_the_go_ahead_and_servers_without_tls_are_refused() {
    let rows: [(&str, &'static [Line], &str); 3] = [
        (
            "pop3",
            &[(b"", b"+OK\r\n"), (b"STLS\r\n", b"+OK\r\nevil")],
            "clear bytes came behind the server's go-ahead",
        ),
        ("postgres", &[(b"\0\0\0\x08\x04\xd2\x16\x2f", b"N")], "the server has no TLS to start (postgres)"),
        ("imap", &[(b"", b"* PREAUTH\r\n")], "PREAUTH"),
    ];
    for (protocol, lines, words) in rows {
        let (server, played) = peer(lines);
        let args = ["connect", &format!("tls://{server}?retry=1m"), "--starttls", protocol];
        let finished = run_sock(&args);
        assert_eq!(finished.code(), 6, "{}", finished.stderr);
        assert!(finished.stderr.contains(words), "{}", finished.stderr);
        assert!(!finish(played).starts_with(b"\x16"), "nothing of TLS goes out");
    }
}

/// A pipe gives what it holds once, and the same proxy leads to each TO.
#[test]
fn a_password_out_of_a_pipe_is_read_once_for_several_endpoints() {
    const LOGIN: &[u8] = b"\x05\x02\x00\x02";
    const PASSWORD: &[u8] = b"\x01\x03ann\x06secret";
    const ASKED_V4: &[u8] = b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50";
    const LINES: &[Line] = &[(LOGIN, b"\x05\x02"), (PASSWORD, b"\x01\x00"), (ASKED_V4, b"\x05\x01")];
    let (proxy, played) = peer_of(2, LINES);
    let folder = TempDir::new();
    let fifo = folder.join("password");
    assert!(Command::new("mkfifo").arg(&fifo).status_in_time().expect("a system has mkfifo").success());
    let via = format!("socks5://ann@{proxy}?password-file={fifo}");
    let args = ["relay", "-", "192.0.2.1:80", "192.0.2.1:80", "--via", &via];
    let relay = Process::start(&mut sock(&args));
    // Whoever opens it first to read has it all; a second time there would be nobody to write.
    let writing = thread::spawn(move || std::fs::write(fifo, "secret\n"));
    writing.join_in_time().expect("it is read").expect("a FIFO");
    finish(played);
    let finished = relay.finish();
    assert!(finished.stderr.contains("the proxy says: general failure"), "{}", finished.stderr);
}

#[test]
fn a_password_file_that_is_no_password_is_refused() {
    let folder = TempDir::new();
    let long = folder.file("long", &[b'x'; 5_000]);
    let (proxy, played) = peer(&[]);
    let via = format!("socks5://ann@{proxy}?password-file={long}");
    let refused = run_sock(&["connect", TARGET, "--via", &via]);
    assert!(refused.stderr.contains("a password of more than 4096 bytes"), "{}", refused.stderr);
    finish(played);
}
