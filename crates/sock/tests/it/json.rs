//! `--json`: standard output carries events alone, one object a line, with the payload inside.

use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;

use serde_json::Value;

use crate::kit::{
    Events, Process, Server, bounded, connect, events, expect, payload, read_all, run, run_sock, sock, text,
};

fn names(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["event"].as_str()).collect()
}

/// A server that tells events, and where it listens.
fn server(args: &[&str]) -> (Process, SocketAddr) {
    let process = Process::start(sock(&["serve", "127.0.0.1:0", "--json"]).args(args));
    let event = Events::of(&process.stdout).next(&["listening"]);
    assert_eq!(event["transport"], "tcp");
    let address = event["address"].as_str().and_then(|address| address.parse().ok()).expect("an address");
    (process, address)
}

#[test]
fn a_server_tells_each_event_and_a_summary() {
    let (process, address) = server(&["--echo"]);
    let mut client = connect(address);
    for piece in [&b"hi \x1b[2J\n"[..], b"\xff\xfe"] {
        client.write_all(piece).expect("a live server");
        expect(&client, piece);
    }
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"");
    process.stdout.line("the close", |line| line.contains("\"closed\""));
    process.signal("TERM");
    let finished = process.finish();
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""));
    assert!(finished.stdout.iter().all(|byte| *byte == b'\n' || !byte.is_ascii_control()));
    let events = events(&finished.stdout);
    assert_eq!(
        names(&events),
        ["listening", "opened", "received", "received", "closed", "draining", "summary"]
    );
    let peer = client.local_addr().expect("a bound socket").to_string();
    for event in &events[1..5] {
        assert_eq!((event["connection"].as_u64(), event["peer"].as_str()), (Some(1), Some(peer.as_str())));
    }
    assert_eq!((payload(&events[2]), payload(&events[3])), (b"hi \x1b[2J\n".to_vec(), b"\xff\xfe".to_vec()));
    for event in [&events[4], &events[6]] {
        assert_eq!(
            (event["bytes_in"].as_u64(), event["bytes_out"].as_u64()),
            (Some(10), Some(10)),
            "{event}"
        );
        assert!(event["seconds"].as_f64().is_some_and(|seconds| (0.0..60.0).contains(&seconds)), "{event}");
    }
    assert_eq!(events[6]["connections"], 1);
}

#[test]
fn the_reason_of_a_close_is_told() {
    let (process, address) = server(&["--idle-timeout", "200ms"]);
    let _client = connect(address);
    assert_eq!(Events::of(&process.stdout).next(&["closed"])["reason"], "idle");
}

#[test]
fn a_datagram_has_a_peer_and_no_connection() {
    let process = Process::start(&mut sock(&["serve", "udp://127.0.0.1:0", "--once", "--json"]));
    let event = Events::of(&process.stdout).next(&["listening"]);
    let endpoint = format!("udp://{}", event["address"].as_str().expect("a text"));
    let answer = run_sock(&["connect", &endpoint, "--send", "hi", "--wait", "300ms"]).quietly_done();
    assert_eq!(text(&answer), "Server received your data: hi");
    let finished = process.finish();
    let events = events(&finished.stdout);
    assert_eq!(names(&events), ["listening", "received", "summary"]);
    assert!(events[1].get("connection").is_none() && events[1]["peer"].is_string(), "{}", events[1]);
    assert_eq!(payload(&events[1]), b"hi");
}

#[test]
fn a_client_tells_what_comes_in_full() {
    let server = Server::start(&["127.0.0.1:0", "--echo"]);
    let data: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let finished = run(&mut sock(&["connect", &server.endpoint(), "--json"]), &data);
    let events = events(&finished.quietly_done());
    assert_eq!(names(&events[..1]), ["connected"]);
    assert_eq!(events[0]["transport"], "tcp");
    assert_eq!(events[0]["peer"].as_str(), Some(server.address().to_string().as_str()));
    let (last, received) = events[1..].split_last().expect("more than one");
    assert!(received.iter().flat_map(payload).eq(data.iter().copied()));
    assert_eq!(last["event"], "closed");
    assert_eq!((last["bytes_in"].as_u64(), last["bytes_out"].as_u64()), (Some(200_000), Some(200_000)));
}

#[test]
fn a_client_that_fails_tells_the_error_last() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let finished = run_sock(&["connect", &address, "--json", "--idle-timeout", "100ms"]);
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    let events = events(&finished.stdout);
    assert_eq!(names(&events), ["connected", "closed", "error"]);
    assert_eq!(events[2]["message"], "nothing moved for 100ms");
}

#[test]
fn a_misuse_is_an_event_too() {
    for args in [
        &["serve", "--json", "--ech"][..],
        &["connect", "x:1", "--json", "--timeout", "0"],
        &["connect", "--json", "tpc://x:1"],
    ] {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        let events = events(&finished.stdout);
        assert_eq!(names(&events), ["error"], "{args:?}");
        let message = events[0]["message"].as_str().expect("a text");
        assert!(finished.stderr.starts_with(&format!("sock: {message}\n")), "{message}: {}", finished.stderr);
    }
}

#[test]
fn a_standard_output_that_nobody_reads_stops_no_client() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut command = sock(&["serve", "127.0.0.1:0", "--json", "--echo", "--ready-fd", "2"]);
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped());
    let process = Process::start_as_it_is(&mut command);
    drop(command);
    let line = process.stderr.line("where it listens", |line| line.starts_with("tcp "));
    let address = line["tcp ".len()..].parse().expect("an address");
    let mut client: TcpStream = bounded(connect(address));
    // Far more than a pipe and the queue take.
    let piece = vec![b'x'; 65_536];
    for _ in 0..400 {
        client.write_all(&piece).expect("a server that goes on");
        expect(&client, &piece);
    }
    drop(client);
    let told = crate::kit::Captured::start(reader);
    told.line("a count of what is missing", |line| line.contains("\"dropped\""));
    process.signal("TERM");
    assert_eq!(process.finish().code(), 0);
    let events = events(&told.all());
    let dropped = events.iter().filter(|event| event["event"] == "dropped");
    assert!(dropped.map(|event| event["count"].as_u64().expect("a count")).sum::<u64>() > 0);
}
