//! `--json`: standard output carries events alone, one object a line, with the payload inside.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use sock::report::json::EVENTS;
use sock::report::log::CAPACITY;

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
    assert_eq!(names(&events[events.len() - 2..]), ["closed", "summary"]);
    assert_eq!(events[0]["transport"], "tcp");
    assert_eq!(events[0]["peer"].as_str(), Some(server.address().to_string().as_str()));
    let (received, last) = events[1..].split_at(events.len() - 3);
    assert!(received.iter().flat_map(payload).eq(data.iter().copied()));
    for event in last {
        assert_eq!((event["bytes_in"].as_u64(), event["bytes_out"].as_u64()), (Some(200_000), Some(200_000)));
        assert_eq!(event["undelivered"], 0);
    }
    assert_eq!((&last[1]["connections"], &last[1]["exit_code"]), (&1.into(), &0.into()));
}

#[test]
fn a_client_that_fails_tells_the_error_and_a_summary() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let finished = run_sock(&["connect", &address, "--json", "--idle-timeout", "100ms"]);
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
    let events = events(&finished.stdout);
    assert_eq!(names(&events), ["connected", "closed", "error", "summary"]);
    assert_eq!(events[2]["message"], "nothing moved for 100ms");
    assert_eq!((&events[2]["exit_code"], &events[3]["exit_code"]), (&124.into(), &124.into()));
}

#[test]
fn an_error_tells_what_failed_in_fields() {
    // Closed at once: nobody listens there.
    let address =
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    let finished = run_sock(&["connect", &address.to_string(), "--json"]);
    assert_eq!(finished.code(), 4, "{}", finished.stderr);
    let events = events(&finished.stdout);
    assert_eq!(names(&events), ["error", "summary"]);
    let error = &events[0];
    assert_eq!((error["exit_code"].as_u64(), error["operation"].as_str()), (Some(4), Some("connect")));
    assert_eq!(error["address"].as_str(), Some(address.to_string().as_str()));
    assert_eq!(
        (error["errno"].as_i64(), &error["errno_name"]),
        (Some(libc::ECONNREFUSED.into()), &"ECONNREFUSED".into())
    );
    assert!(error["hints"].is_array(), "{error}");
    assert_eq!(events[1]["connections"], 0);

    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = listener.local_addr().expect("a bound socket").to_string();
    for command in ["serve", "listen"] {
        let finished = run_sock(&[command, &taken, "--json"]);
        let error = &crate::kit::events(&finished.stdout)[0];
        assert_eq!((error["exit_code"].as_u64(), &error["errno_name"]), (Some(8), &"EADDRINUSE".into()));
        let hints = error["hints"].as_array().expect("a list");
        assert!(!hints.is_empty() && hints.iter().all(Value::is_string), "{error}");
    }
}

/// What was done is a word, and to whom stands beside it, whatever found that it had failed.
#[test]
fn the_operation_of_an_error_has_no_address_in_it() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let process = Process::start(&mut sock(&["connect", &address, "--json"]));
    let (client, _) = listener.accept().expect("it connects");
    let client = berkeley::Socket::from(std::os::fd::OwnedFd::from(client));
    client.shutdown(std::net::Shutdown::Write).expect("a live connection");
    process.stdout.until("the connection", |out| text(out).contains("connected").then_some(()));
    // A reset, which only the socket's own error tells: the end has been received.
    client.set(berkeley::option::LINGER, Some(std::time::Duration::ZERO)).expect("a live socket");
    drop(client);
    let finished = process.finish();
    assert_eq!(finished.code(), 9, "{}", finished.stderr);
    let errors = events(&finished.stdout);
    let error = errors.iter().find(|event| event["event"] == "error").expect("an error");
    let operation = error["operation"].as_str().expect("an operation");
    assert!(["send", "recv"].contains(&operation), "{error}");
    assert_eq!(error["address"], address.as_str());
    let finished = run_sock(&["resolve", "no-such-host.invalid", "--json", "--timeout", "20s"]);
    assert_eq!(events(&finished.stdout)[0]["address"], "no-such-host.invalid");
}

#[test]
fn a_listener_ends_with_a_summary() {
    let process = Process::start(&mut sock(&["listen", "127.0.0.1:0", "--json", "--receive-only"]));
    let event = Events::of(&process.stdout).next(&["listening"]);
    let address = event["address"].as_str().and_then(|address| address.parse().ok()).expect("an address");
    connect(address).write_all(b"hello").expect("a live listener");
    let finished = process.finish();
    let events = events(&finished.stdout);
    assert_eq!(names(&events), ["listening", "connected", "received", "closed", "summary"]);
    assert_eq!((&events[4]["bytes_in"], &events[4]["exit_code"]), (&5.into(), &0.into()));
}

/// The rows of a page's tables: the code in the first cell, and in the last one.
fn documented(text: &str) -> (Vec<(String, Vec<String>)>, Vec<String>) {
    let code = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let cells = rows.map(|row| (row.split('`').next().unwrap_or_default().to_owned(), row));
    let (events, fields): (Vec<_>, Vec<_>) = cells.partition(|(_, row)| row.split(" | ").count() == 4);
    let last = |row: &str| code(row.rsplit(" | ").next().unwrap_or_default());
    (
        events.iter().map(|(name, row)| (name.clone(), last(row))).collect(),
        fields.into_iter().map(|(name, _)| name).collect(),
    )
}

#[test]
fn the_document_has_each_event_and_each_field() {
    let (events, fields) = documented(include_str!("../../../../docs/events.md"));
    let chinese = documented(include_str!("../../../../docs/zh-CN/events.md"));
    assert_eq!(chinese, (events.clone(), fields.clone()));
    let table: Vec<(String, Vec<String>)> = EVENTS
        .iter()
        .map(|(name, fields)| ((*name).to_owned(), fields.iter().map(|field| (*field).to_owned()).collect()))
        .collect();
    assert_eq!(events, table);
    let common = ["schema", "event", "time"];
    let of_events = table.iter().flat_map(|(_, fields)| fields.iter().map(String::as_str));
    let used: BTreeSet<&str> = common.into_iter().chain(of_events).collect();
    assert_eq!(fields.iter().map(String::as_str).collect::<BTreeSet<_>>(), used);
    assert_eq!(fields.len(), used.len(), "a field is told twice");
}

#[test]
fn the_program_emits_each_event_and_each_field() {
    let mut source = String::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = fs::read_to_string(&path).expect("text");
                // Others have fields too: what is shown for Debug.
                if text.contains("json::Event") || path.ends_with("report/json.rs") {
                    source += text.split("#[cfg(test)]").next().unwrap_or_default();
                }
            }
        }
    }
    let code = |line: &&str| !line.trim_start().starts_with("//");
    let source: String = source.lines().filter(code).collect();
    let starts = |call: &str| {
        let names = source.split(call).skip(1).filter_map(|rest| rest.split('"').next());
        names.map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let table = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(starts("Event::new(\""), table(EVENTS.iter().map(|(name, _)| *name).collect()));
    let fields = starts(".field(\"").into_iter().chain(starts(".json(\"")).collect::<BTreeSet<_>>();
    assert_eq!(fields, table(EVENTS.iter().flat_map(|(_, fields)| fields.iter().copied()).collect()));
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
        assert!(
            finished.stderr.starts_with(&format!("sock: error: {message}\n")),
            "{message}: {}",
            finished.stderr
        );
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
    // An event each, and more of them than a pipe and the queue take.
    let piece = [b'x'; 100];
    for _ in 0..2 * CAPACITY {
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
