//! `sock relay` as a server: what it tells of itself, what it reads again, and that it is not pointed at itself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use crate::bounded::RunInTime as _;
use crate::kit::{
    Events, Process, SOCK, Server, TempDir, bounded, connect, eventually, expect, namespace, run, run_sock,
    sock, terminal, text,
};
use crate::skip::need;

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket").port()
}

fn upstream() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    (listener, address.to_string())
}

/// A certificate for `localhost` with its key in one file.
fn certificate(folder: &TempDir, name: &str) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    folder.file(name, (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes())
}

#[test]
fn pointed_at_itself_it_does_not_start() {
    let (folder, port) = (TempDir::new(), free_port());
    let unix = format!("unix:{}", folder.join("s"));
    let beside = format!("unix:{}", folder.join("./s"));
    let tcp = |host: &str| format!("{host}:{port}");
    let rows = [
        (tcp("127.0.0.1"), tcp("127.0.0.1")),
        (tcp("127.0.0.1"), tcp("")),
        (tcp(""), tcp("localhost")),
        (tcp("*"), tcp("127.0.0.3")),
        (tcp("0.0.0.0"), tcp("[::ffff:127.0.0.1]")),
        (tcp("127.0.0.1"), tcp("0.0.0.0")),
        (tcp("127.0.0.1"), format!("tls://127.0.0.1:{port}?insecure")),
        (unix, beside),
        ("unix:@sock-relay-itself".to_owned(), "unix:@sock-relay-itself".to_owned()),
    ];
    for (from, to) in rows {
        let refused = run_sock(&["relay", &from, &to]);
        assert_eq!(refused.code(), 2, "{from} {to}: {}", refused.stderr);
        assert!(
            refused.stderr.contains("where this relay listens itself"),
            "{from} {to}: {}",
            refused.stderr
        );
        assert!(!fs::exists(folder.join("s")).expect("a folder"), "the path is gone again");
    }
}

#[test]
fn pointed_at_itself_by_a_name_it_says_so_to_who_comes_and_comes_to_rest() {
    let test = "relay_server::pointed_at_itself_by_a_name_it_says_so_to_who_comes_and_comes_to_rest";
    if !namespace::inside(test, namespace::NAMED) {
        return;
    }
    let name = namespace::NAME;
    let port = free_port();
    let relay = Server::start_with(&mut sock(&[
        "relay",
        &format!("127.0.0.1:{port}"),
        &format!("{name}:{port}"),
        "-4",
        "--threads",
        "1",
    ]));
    let mut client = relay.connect();
    assert!(client.read(&mut [0]).is_err(), "it is reset");
    let line = relay.line("where this relay listens itself");
    assert!(line.contains(name), "{line}");
    let finished = relay.end("TERM");
    let connections = finished.stderr.lines().filter(|line| line.starts_with('#')).count();
    assert!(connections <= 8, "{connections} connections: {}", finished.stderr);
}

#[test]
fn the_flags_of_tls_hold_for_the_end_that_has_it() {
    let folder = TempDir::new();
    let own = certificate(&folder, "own.pem");
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let inner = Server::start_with(&mut sock(&[
        "relay",
        "tls://127.0.0.1:0",
        &echo.address().to_string(),
        "--cert",
        &own,
    ]));
    let to = format!("tls://localhost:{}", inner.address().port());
    let outer = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &to, "--ca", &own]));
    let client = run(&mut sock(&["connect", &outer.address().to_string()]), b"hello");
    assert_eq!((client.code(), client.out().as_str()), (0, "hello"), "{}", client.stderr);

    let rows: [(&[&str], &str); 4] = [
        (&["tls://127.0.0.1:0", &to, "--ca", &own], "--ca may be meant for either end"),
        (&["127.0.0.1:0", "127.0.0.1:1", "--ca", &own], "--ca cannot act: neither end has TLS"),
        (&["tls://127.0.0.1:0", "127.0.0.1:1", "--insecure"], "this endpoint listens"),
        (&["127.0.0.1:0", &format!("{to}?ca={own}"), "--ca", &own], "given twice"),
    ];
    for (args, words) in rows {
        let refused = run_sock(&[&["relay"], args].concat());
        assert_eq!(refused.code(), 2, "{args:?}: {}", refused.stderr);
        assert!(refused.stderr.contains(words), "{args:?}: {}", refused.stderr);
    }
}

#[test]
fn it_tells_its_totals_when_asked_and_at_the_end() {
    let (upstream, to) = upstream();
    let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &to]));
    let mut client = relay.connect();
    let behind = bounded(upstream.accept().expect("the relay connects").0);
    client.write_all(b"abc").expect("room");
    expect(&behind, b"abc");
    relay.process.signal("USR1");
    relay.line("1 connection, 1 open: 3 bytes in, 0 bytes out");
    drop((client, behind));
    relay.line(" closed: 3 bytes in");
    let finished = relay.end("TERM");
    assert!(finished.stderr.contains("1 connection, 0 open: 3 bytes in, 0 bytes out"), "{}", finished.stderr);

    let process = Process::start(&mut sock(&["relay", "127.0.0.1:0", &to, "--json"]));
    let mut events = Events::of(&process.stdout);
    events.next(&["listening"]);
    process.signal("USR1");
    let totals = events.next(&["totals"]);
    assert_eq!((&totals["connections"], &totals["open"]), (&0.into(), &0.into()), "{totals}");
}

#[test]
fn on_a_terminal_a_line_shows_how_far_it_has_come_and_goes_with_the_end() {
    let (upstream, to) = upstream();
    let process = terminal(&format!("TERM=xterm {SOCK} relay 127.0.0.1:0 {to}"));
    let line = process.stdout.line("where it listens", |line| line.contains("listening on tcp "));
    let address = line.rsplit(' ').next().and_then(|address| address.trim().parse().ok());
    let _client = connect(address.expect("an address"));
    let _behind = upstream.accept().expect("the relay connects");
    process.stdout.until("the line", |bytes| {
        String::from_utf8_lossy(bytes).contains("1 open of 1; 0 B in, 0 B out; 0 B/s").then_some(())
    });
    // The line of the totals takes its place, and stands alone.
    let pid = fs::read_to_string(format!("/proc/{0}/task/{0}/children", process.pid())).expect("proc(5)");
    let relay = deepest_child(pid.trim());
    assert!(Command::new("kill").args(["-s", "USR1", &relay]).status_in_time().expect("kill").success());
    process.stdout.until("the totals", |bytes| {
        String::from_utf8_lossy(bytes).contains("\r\x1b[K1 connection, 1 open: ").then_some(())
    });
}

/// The last of the processes that one has started, and its child, and so on.
fn deepest_child(pid: &str) -> String {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    children.split_whitespace().next().map_or_else(|| pid.to_owned(), deepest_child)
}

/// The command in a session of its own, which has no terminal.
fn without_terminal(args: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.arg(SOCK).args(args);
    command
}

#[test]
fn a_hang_up_reads_the_certificates_again_and_no_connection_is_lost() {
    if !need("relay_server::a_hang_up_reads_the_certificates_again", "setsid") {
        return;
    }
    let folder = TempDir::new();
    let own = certificate(&folder, "own.pem");
    let old = folder.file("old.pem", &fs::read(&own).expect("a file"));
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let from = format!("tls://127.0.0.1:0?cert={own}");
    let relay = Server::start_with(&mut without_terminal(&["relay", &from, &echo.address().to_string()]));
    let place = format!("tls://localhost:{}", relay.address().port());
    let mut first = Process::start(&mut sock(&["connect", &format!("{place}?ca={old}")]));
    first.write(b"one");
    first.stdout.at_least(3);

    fs::write(&own, "no certificate").expect("a file");
    relay.process.signal("HUP");
    relay.line("what was read before stays in use");
    let client = run(&mut sock(&["connect", &format!("{place}?ca={old}")]), b"still");
    assert_eq!((client.code(), client.out().as_str()), (0, "still"), "{}", client.stderr);

    let new = certificate(&folder, "new.pem");
    fs::copy(&new, &own).expect("a file");
    relay.process.signal("HUP");
    relay.line("the files were read again");
    let client = run(&mut sock(&["connect", &format!("{place}?ca={new}")]), b"two");
    assert_eq!((client.code(), client.out().as_str()), (0, "two"), "{}", client.stderr);
    first.write(b"still here");
    assert_eq!(first.stdout.at_least(13), b"onestill here");
    first.close_input();
    assert_eq!(first.finish().code(), 0);
    assert_eq!(relay.end("TERM").code(), 0);
}

#[test]
fn a_hang_up_ends_a_relay_that_has_no_files() {
    if !need("relay_server::a_hang_up_ends_a_relay", "setsid") {
        return;
    }
    let (_upstream, to) = upstream();
    let relay = Server::start_with(&mut without_terminal(&["relay", "127.0.0.1:0", &to]));
    let finished = relay.end("HUP");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stderr.contains("stopping"), "{}", finished.stderr);
}

/// The most of our own memory that a connection takes whose reader has stalled, in KiB: what waits, 64 KiB at most, and
/// what stands around it.
const STALLED: u64 = 72;

#[test]
fn readers_that_stall_cost_little_memory_each_and_keep_nobody_waiting() {
    const CLIENTS: u64 = 24;
    let (upstream, to) = upstream();
    let relay = Server::start_with(&mut sock(&["relay", "127.0.0.1:0", &to, "--threads", "1"]));
    // What the threads' own buffers take is there before.
    drop(talk(&relay, &upstream, 0));
    let before = relay.process.memory();
    let stalled: Vec<(TcpStream, TcpStream)> =
        (0..CLIENTS).map(|number| talk(&relay, &upstream, number)).collect();
    for (client, behind) in &stalled {
        fill(behind);
        fill(client);
    }
    drop(talk(&relay, &upstream, 1));
    let after = relay.process.memory();
    let each = after.saturating_sub(before) / CLIENTS;
    assert!(each <= STALLED, "{each} KiB each: {before} and {after}");
}

#[test]
fn over_tls_they_cost_little_more_than_idle_ones() {
    const CLIENTS: u64 = 12;
    let (upstream, to) = upstream();
    let start = |from: &str, to: &str| Server::start_with(&mut sock(&["relay", from, to, "--threads", "1"]));
    let inner = start("tls://127.0.0.1:0", &to);
    // Opens what the inner one seals, and the other way round.
    let outer = start("127.0.0.1:0", &format!("tls://{}?insecure", inner.address()));
    let idle: Vec<_> = (0..CLIENTS).map(|number| talk(&outer, &upstream, number)).collect();
    let memory = || [&inner, &outer].map(|relay| relay.process.memory());
    let before = memory();
    for (client, behind) in &idle {
        fill(behind);
        fill(client);
    }
    drop(talk(&outer, &upstream, 1));
    let after = memory();
    for (before, after) in before.into_iter().zip(after) {
        let each = after.saturating_sub(before) / CLIENTS;
        assert!(each <= 64, "{each} KiB each: {before} and {after}");
    }
}

/// A client of a relay, and the other side of its connection, which have spoken to each other.
fn talk(relay: &Server, upstream: &TcpListener, number: u64) -> (TcpStream, TcpStream) {
    let mut client = relay.connect();
    let mut behind = bounded(upstream.accept().expect("the relay connects").0);
    client.write_all(&number.to_be_bytes()).expect("room");
    expect(&behind, &number.to_be_bytes());
    behind.write_all(b"answer").expect("room");
    expect(&client, b"answer");
    (client, behind)
}

/// Writes until there is no more room, and none comes.
fn fill(stream: &TcpStream) {
    stream.set_write_timeout(Some(Duration::from_millis(50))).expect("a limit");
    let bytes = vec![7; 65_536];
    while (&mut &*stream).write(&bytes).is_ok() {}
}

/// Its proxy says nothing, and could do so for 10 s.
#[test]
fn a_client_that_is_not_passed_on_yet_is_turned_back_when_the_relay_stops() {
    let (proxy, at) = upstream();
    let (folder, via) = (TempDir::new(), format!("socks5://{at}"));
    let own = certificate(&folder, "own.pem");
    let sealed = format!("tls://127.0.0.1:0?cert={own}");
    let rows: [(&[&str], bool); 3] = [
        (&["127.0.0.1:0", "192.0.2.1:80", "--via", &via, "--timeout", "1h"], true),
        // One that does not get as far: it says nothing within TLS, or nothing of its client.
        (&[&sealed, &at], false),
        (&["127.0.0.1:0", &at, "--proxy-from", "127.0.0.1"], false),
    ];
    for (args, asks) in rows {
        let relay = Server::start_with(sock(&["relay", "--grace", "1h"]).args(args));
        let mut client = relay.connect();
        let asked = asks.then(|| {
            let mut asked = bounded(proxy.accept().expect("the relay asks").0);
            asked.read_exact(&mut [0; 3]).expect("what a proxy is greeted with");
            asked
        });
        // Behind the answer to this one the client has been accepted.
        eventually("it is counted in", || {
            relay.process.signal("USR1");
            text(&relay.process.stderr.so_far()).contains(", 1 open: ")
        });
        let finished = relay.end("TERM");
        assert_eq!(finished.code(), 0, "{args:?}: {}", finished.stderr);
        assert!(client.read(&mut [0]).is_err(), "{args:?}: it is reset");
        drop(asked);
    }
}
