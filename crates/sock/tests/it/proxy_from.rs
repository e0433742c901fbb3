//! `--proxy-from`: whose headers of the PROXY protocol are believed, and who the client is then.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;

use serde_json::Value;

use crate::kit::{
    Events, LIMIT, Process, SOCK, Server, TempDir, bounded, connect, events, expect, has_ipv6, read_all,
    run_sock, sock, text,
};

const V1: &[u8] = b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
const V1_SIX: &[u8] = b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n";
const V2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb";
const LOCAL: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
const UNSPECIFIED: &[u8] = b"\r\n\r\n\0\r\nQUIT\n\x21\0\0\0";
const UNKNOWN: &[u8] = b"PROXY UNKNOWN\r\n";

/// A command that listens at a port of its own and tells events, and where that is.
#[track_caller]
fn listening(args: &[&str]) -> (Process, SocketAddr) {
    let process = Process::start(sock(args).arg("--json"));
    let event = Events::of(&process.stdout).next(&["listening"]);
    let address = event["address"].as_str().and_then(|it| it.parse().ok()).expect("an address");
    (process, address)
}

/// A server that believes this machine.
fn server(args: &[&str]) -> (Process, SocketAddr) {
    listening(&[&["serve", "127.0.0.1:0", "--proxy-from", "127.0.0.1"], args].concat())
}

/// Who it was, and through whom, as an event tells.
fn who(event: &Value) -> (Option<&str>, Option<&str>) {
    (event["peer"].as_str(), event["proxy"].as_str())
}

#[track_caller]
fn write(mut to: &TcpStream, parts: &[&[u8]]) {
    to.write_all(&parts.concat()).expect("a live server");
}

#[track_caller]
fn expect_reset(mut client: &TcpStream) {
    let end = client.read(&mut [0]).expect_err("a reset");
    assert_eq!(end.kind(), ErrorKind::ConnectionReset, "{end}");
}

#[test]
fn who_a_believed_header_names_is_the_client_and_what_follows_is_the_stream() {
    for (header, client) in
        [(V1, "192.0.2.1:56324"), (V2, "192.0.2.1:56324"), (V1_SIX, "[2001:db8::1]:56324")]
    {
        for in_pieces in [false, true] {
            let (process, address) = server(&["--echo"]);
            let stream = connect(address);
            stream.set_nodelay(true).expect("an option");
            let all = [header, b"hello"].concat();
            let pieces = if in_pieces { 1 } else { all.len() };
            all.chunks(pieces).for_each(|piece| write(&stream, &[piece]));
            expect(&stream, b"hello");
            let own = stream.local_addr().expect("bound").to_string();
            stream.shutdown(Shutdown::Write).expect("a live connection");
            assert_eq!(read_all(&stream), b"");
            let mut told = Events::of(&process.stdout);
            for name in ["opened", "received", "closed"] {
                let event = told.next(&[name]);
                assert_eq!(who(&event), (Some(client), Some(own.as_str())), "{event}");
            }
            process.signal("TERM");
            let finished = process.finish();
            let summary = events(&finished.stdout).pop().expect("a summary");
            assert_eq!((&summary["bytes_in"], &summary["connections"]), (&5.into(), &1.into()), "{summary}");
        }
    }
}

#[test]
fn a_proxy_that_names_nobody_is_the_client_itself() {
    for header in [LOCAL, UNSPECIFIED, UNKNOWN] {
        let (process, address) = server(&["--echo"]);
        let stream = connect(address);
        write(&stream, &[header, b"hello"]);
        expect(&stream, b"hello");
        let own = stream.local_addr().expect("bound").to_string();
        let event = Events::of(&process.stdout).next(&["opened"]);
        assert_eq!(who(&event), (Some(own.as_str()), None), "{event}");
    }
}

#[test]
fn a_strangers_header_is_data() {
    let (process, address) = listening(&["serve", "127.0.0.1:0", "--echo", "--proxy-from", "127.0.0.2,::1"]);
    let stream = connect(address);
    write(&stream, &[V1]);
    expect(&stream, V1);
    let event = Events::of(&process.stdout).next(&["opened"]);
    assert_eq!(who(&event), (stream.local_addr().ok().map(|it| it.to_string()).as_deref(), None), "{event}");
}

#[test]
fn a_connection_without_a_header_is_reset_and_told_of_and_nobody_else_waits() {
    let args = ["--echo", "--threads", "1", "--proxy-from", "127.0.0.0/8", "--proxy-from", "::1"];
    let server = Server::start(&[&["127.0.0.1:0"], &args[..]].concat());
    // It says nothing for as long as this takes.
    let silent = server.connect();
    let rows: [(&[u8], &str); 3] = [
        (b"GET / HTTP/1.1\r\n\r\n", "no PROXY header begins with G"),
        (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 x\r\n", "a malformed PROXY header: PROXY TCP4 1.2.3.4 1.2.3.4 1 x"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x01\0", "addresses of 1 bytes, 12 are wanted"),
    ];
    for (bytes, words) in rows {
        let client = server.connect();
        write(&client, &[bytes]);
        expect_reset(&client);
        // Of more than one in a second only the first is told.
        if words.ends_with('G') {
            let line = server.line("refused");
            let peer = client.local_addr().expect("bound");
            assert_eq!(line, format!("{peer} refused: {words}"));
        }
        let good = server.connect();
        write(&good, &[V1, b"x"]);
        expect(&good, b"x");
    }
    let gone = server.connect();
    gone.shutdown(Shutdown::Write).expect("a connection");
    expect_reset(&gone);
    drop(silent);
    let finished = server.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("192.0.2.1:56324 opened").count(), 3, "{}", finished.stderr);
    assert_eq!(finished.stderr.matches(" opened").count(), 3, "{}", finished.stderr);
    assert!(finished.stderr.contains(" refused by --proxy-from\n"), "{}", finished.stderr);
}

#[test]
fn what_is_denied_is_denied_behind_a_proxy_too() {
    // What is said, who the header names, and whether that is served.
    let rows: [(&[&str], &[u8], Option<&str>); 7] = [
        (&["--deny", "192.0.2.0/24"], V1, Some("192.0.2.1:56324 refused: in --deny")),
        (&["--deny", "192.0.2.0/25", "--allow", "192.0.2.1,127.0.0.1"], V1, None),
        // The proxy need not be allowed itself, unless it is the client.
        (&["--allow", "192.0.2.0/24"], V1, None),
        (&["--allow", "192.0.2.0/24"], V1_SIX, Some("[2001:db8::1]:56324 refused: not in --allow")),
        (&["--allow", "192.0.2.0/24"], LOCAL, Some("refused: not in --allow")),
        (&["--allow", "127.0.0.1"], UNKNOWN, None),
        (&["--deny", "127.0.0.1"], b"", Some("refused: in --deny")),
    ];
    for (args, header, refused) in rows {
        let (process, address) = server(&[&["--echo"], args].concat());
        let stream = bounded(TcpStream::connect(address).expect("a listener"));
        if !header.is_empty() {
            write(&stream, &[header, b"x"]);
        }
        let Some(words) = refused else {
            expect(&stream, b"x");
            continue;
        };
        expect_reset(&stream);
        let event = Events::of(&process.stdout).next(&["refused"]);
        let own = stream.local_addr().expect("bound").to_string();
        let line = format!(
            "{} refused: {}",
            event["peer"].as_str().expect("a text"),
            event["reason"].as_str().expect("a text")
        );
        assert!(line.ends_with(words), "{args:?}: {event}");
        let named = words.starts_with(['1', '[']);
        assert_eq!(event["proxy"].as_str(), named.then_some(own.as_str()), "{event}");
        process.signal("TERM");
        let all = events(&process.finish().stdout);
        assert!(!all.iter().any(|event| event["event"] == "opened"), "{all:?}");
        let summary = all.last().expect("a summary");
        assert_eq!((&summary["connections"], &summary["refused"]), (&0.into(), &1.into()), "{summary}");
    }
}

#[test]
fn a_program_has_the_clients_address_in_its_environment() {
    let script = "echo $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT; cat";
    let (_process, address) = server(&["--sh", script]);
    let stream = connect(address);
    write(&stream, &[V2, b"and this"]);
    stream.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(text(&read_all(&stream)), "TCP 192.0.2.1 56324 198.51.100.2 443\nand this");
}

#[test]
fn a_relay_passes_on_who_the_client_is() {
    let upstream = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = format!("{}?proxy-protocol=v1", upstream.local_addr().expect("bound"));
    let args = ["relay", "127.0.0.1:0", &to, "--proxy-from", "127.0.0.1"];
    let (process, address) = listening(&args);
    let stream = connect(address);
    write(&stream, &[V2, b"hello"]);
    let behind = bounded(upstream.accept().expect("the relay connects").0);
    expect(&behind, &[V1, b"hello"].concat());
    drop((stream, behind));
    let mut told = Events::of(&process.stdout);
    for name in ["opened", "reached", "closed"] {
        assert_eq!(told.next(&[name])["peer"], "192.0.2.1:56324");
    }
    let relay = Server::start_with(&mut sock(&args));
    let stream = relay.connect();
    write(&stream, &[V1]);
    drop((upstream.accept().expect("the relay connects"), stream));
    relay.line("#1 192.0.2.1:56324 > ");
}

#[test]
fn tls_begins_behind_the_header() {
    let folder = TempDir::new();
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
    let cert = folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes());
    let from = format!("tls://127.0.0.1:0?cert={cert}");
    let args = ["serve", &from, "--sh", "echo $TCPREMOTEIP $TCPREMOTEPORT", "--proxy-from", "127.0.0.1"];
    let (process, address) = listening(&args);
    let mut told = Events::of(&process.stdout);
    let to = format!("tls://{address}?ca={cert}");
    for version in ["v1", "v2"] {
        let client = run_sock(&["connect", &to, "--proxy-protocol", version, "--receive-only"]);
        assert_eq!(client.code(), 0, "{}", client.stderr);
        let event = told.next(&["opened"]);
        let peer = event["peer"].as_str().expect("a text").replace(':', " ");
        assert!(client.out().starts_with("127.0.0.1 "), "{}", client.out());
        assert!(version == "v2" || client.out().trim_end() == peer, "{} {peer}", client.out());
    }
    let client = run_sock(&["connect", &to, "--receive-only"]);
    assert_ne!(client.code(), 0);
    let event = told.next(&["refused"]);
    assert_eq!(event["reason"], "no PROXY header begins with \\x16", "{event}");
}

#[test]
fn with_once_the_first_that_is_served_is_the_one() {
    let (process, address) = server(&["--echo", "--once"]);
    let bad = connect(address);
    write(&bad, &[b"x"]);
    expect_reset(&bad);
    let good = connect(address);
    write(&good, &[V1, b"hello"]);
    expect(&good, b"hello");
    drop(good);
    let finished = process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let summary = events(&finished.stdout).pop().expect("a summary");
    assert_eq!((&summary["connections"], &summary["refused"]), (&1.into(), &1.into()), "{summary}");
}

#[test]
fn listen_takes_the_first_client_that_is_named() {
    let args =
        ["listen", "127.0.0.1:0", "--receive-only", "--proxy-from", "127.0.0.1", "--deny", "192.0.2.7"];
    let (process, address) = listening(&args);
    let mut told = Events::of(&process.stdout);
    let silent = connect(address);
    let rows: [(&[u8], &str); 2] = [
        (b"hello", "no PROXY header begins with h"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\nhello", "in --deny"),
    ];
    for (number, (bytes, reason)) in rows.into_iter().enumerate() {
        let bad = connect(address);
        write(&bad, &[bytes]);
        expect_reset(&bad);
        // One a second is told.
        if number == 0 {
            assert_eq!(told.next(&["refused"])["reason"], reason);
        }
    }
    let good = connect(address);
    write(&good, &[V1, b"hello"]);
    good.shutdown(Shutdown::Write).expect("a live connection");
    let event = told.next(&["connected"]);
    let own = good.local_addr().expect("bound").to_string();
    assert_eq!(who(&event), (Some("192.0.2.1:56324"), Some(own.as_str())), "{event}");
    assert_eq!(told.received(), b"hello");
    assert_eq!(process.finish().code(), 0);
    drop(silent);
}

#[test]
fn at_a_unix_socket_the_word_believes_whoever_may_connect() {
    let folder = TempDir::new();
    let (path, script) = (folder.join("s"), "echo $PROTO $TCPREMOTEIP ${UNIXREMOTEPID-none}; cat");
    let endpoint = format!("unix:{path}");
    let args = [&endpoint, "--sh", script, "--proxy-from", "unix", "--deny", "192.0.2.7"];
    let server = Server::start(&args);
    let client = |header: &[u8]| {
        let mut client = UnixStream::connect(&path).expect("a live server");
        client.set_read_timeout(Some(LIMIT)).expect("a limit");
        client.write_all(&[header, b"and this"].concat()).expect("a live server");
        client.shutdown(Shutdown::Write).expect("a live connection");
        let mut came = Vec::new();
        let end = client.read_to_end(&mut came).map_err(|error| error.kind());
        (text(&came), end.err())
    };
    assert_eq!(client(V2), ("TCP 192.0.2.1 none\nand this".to_owned(), None));
    let local = format!("UNIX {}\nand this", std::process::id());
    assert_eq!(client(LOCAL), (local, None));
    // A Unix socket has no reset of its own; what is left unread makes one.
    assert_eq!(client(b"PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n").0, "");
    server.line("192.0.2.7:1 refused: in --deny");
}

#[test]
fn where_there_is_no_header_to_believe_the_option_is_refused() {
    let rows: [(&[&str], &str); 10] = [
        (&["serve", "udp://:0"], "--proxy-from needs a stream, and udp is none"),
        (&["relay", "udp://:0", "udp://127.0.0.1:9"], "--proxy-from needs a stream, and udp is none"),
        (&["listen", "udp://:0"], "--proxy-from needs a stream, and udp is none"),
        (&["serve", "unix-seqpacket:@x"], "--proxy-from needs a stream, and unix-seqpacket is none"),
        (&["serve", "unix:@x"], "--proxy-from goes by addresses of IP, and unix has none"),
        (&["relay", "unix:@x", ":9", "--proxy-from", "unix"], "--proxy-from goes by addresses of IP"),
        (&["serve", ":0", "--proxy-from", "unix"], "--proxy-from unix is for Unix sockets, and tcp has"),
        (&["relay", "-", "127.0.0.1:9"], "--proxy-from is for clients, and FROM does not listen"),
        (&["serve", ":0", "--proxy-from", "192.0.2.1/33"], "the prefix of an IPv4 network is a number"),
        (&["serve", ":0", "--proxy-from", "@/nowhere"], "cannot read /nowhere"),
    ];
    for (args, words) in rows {
        let finished = run_sock(&[args, &["--proxy-from", "127.0.0.1"]].concat());
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(words), "{args:?}: {}", finished.stderr);
    }
    let alone = run_sock(&["serve", ":0", "--proxy-from", "unix"]);
    assert!(alone.code() == 2 && alone.stderr.contains("name the proxy's address"), "{}", alone.stderr);
}

#[test]
fn a_hang_up_has_the_list_of_the_proxies_read_again() {
    let folder = TempDir::new();
    let path = folder.file("proxies", b"127.0.0.2\n");
    let mut command = Command::new("setsid");
    command.args([SOCK, "serve", "127.0.0.1:0", "--echo", "--proxy-from", &format!("@{path}")]);
    let server = Server::start_with(&mut command);
    let stranger = server.connect();
    write(&stranger, &[V1]);
    expect(&stranger, V1);
    // It is believed from then on; who is connected already stays who it was.
    fs::write(&path, "127.0.0.1\n").expect("a file");
    server.process.signal("HUP");
    server.line("the files were read again");
    let proxy = server.connect();
    write(&proxy, &[V1, b"x"]);
    expect(&proxy, b"x");
    server.line("192.0.2.1:56324 opened");
    // A bad list leaves what there was.
    fs::write(&path, "nonsense\n").expect("a file");
    server.process.signal("HUP");
    server.line("what was read before stays in use");
    let proxy = server.connect();
    write(&proxy, &[V1_SIX, b"y"]);
    expect(&proxy, b"y");
    write(&stranger, &[b"z"]);
    expect(&stranger, b"z");
    assert_eq!(server.end("TERM").code(), 0);
}

/// A header of version 2 says that a client is passed on, whose address it cannot tell: not that the relay is the
/// client, which a server would let in as one of its own.
#[test]
fn a_client_without_an_address_of_ip_is_passed_on_as_one() {
    let upstream = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let at = upstream.local_addr().expect("bound");
    let folder = TempDir::new();
    let path = folder.join("s");
    for (version, header) in [("v1", UNKNOWN), ("v2", UNSPECIFIED)] {
        let from = format!("unix:{path}");
        let to = format!("{at}?proxy-protocol={version}");
        let relay = Server::start_with(&mut sock(&["relay", &from, &to]));
        let mut client = UnixStream::connect(&path).expect("a live relay");
        client.write_all(b"hello").expect("a live relay");
        let behind = bounded(upstream.accept().expect("the relay connects").0);
        expect(&behind, &[header, b"hello"].concat());
        drop((client, behind));
        assert_eq!(relay.end("TERM").code(), 0);
    }
}

#[test]
fn who_comes_over_ipv4_to_a_listener_of_both_is_passed_on_by_its_plain_address() {
    let upstream = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = format!("{}?proxy-protocol=v1", upstream.local_addr().expect("bound"));
    if !has_ipv6() {
        return;
    }
    let relay = Server::start_with(&mut sock(&["relay", "[::]:0?ipv6.v6only=0", &to]));
    let port = relay.address().port();
    let client = connect(SocketAddr::from(([127, 0, 0, 1], port)));
    let own = client.local_addr().expect("bound").port();
    let behind = bounded(upstream.accept().expect("the relay connects").0);
    expect(&behind, format!("PROXY TCP4 127.0.0.1 127.0.0.1 {own} {port}\r\n").as_bytes());
}
