//! `--capture` of `sock relay` and `sock connect`: what was said, as packets that a capture's reader takes.

use std::io::Write as _;
use std::net::{Shutdown, UdpSocket};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::bounded::RunInTime as _;
use crate::kit::{Server, TempDir, events, eventually, expect, read_all, run, run_sock, sock};
use crate::skip;

/// The events of the packets in a file, which `sock decode` reads without a complaint.
#[track_caller]
fn packets(path: &str) -> Vec<Value> {
    let shown = run_sock(&["decode", path, "--json"]);
    assert_eq!(shown.code(), 0, "{}", shown.stderr);
    events(&shown.stdout).into_iter().filter(|event| event["event"] == "packet").collect()
}

/// The flags of TCP in each packet, in order.
fn flags(packets: &[Value]) -> Vec<u64> {
    let flags = |event: &Value| event["packet"]["layers"][1]["fields"]["tcp.flags"].as_u64().expect("TCP");
    packets.iter().map(flags).collect()
}

const SYN: u64 = 0x02;
const ACK: u64 = 0x10;
const PUSHED: u64 = 0x18;
const FIN: u64 = 0x11;

#[test]
fn a_relay_writes_each_conversation_with_its_beginning_and_its_end() {
    let folder = TempDir::new();
    let path = folder.join("said.pcapng");
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address().to_string();
    let relay = Server::start_with(sock(&["relay", "127.0.0.1:0", &to]).args(["--capture", &path]));
    let mut client = relay.connect();
    client.write_all(b"hello").expect("a live relay");
    expect(&client, b"hello");
    client.shutdown(Shutdown::Write).expect("a live connection");
    assert_eq!(read_all(&client), b"");
    let peer = client.local_addr().expect("a connected socket");
    relay.line("closed");
    let handshake = [SYN, SYN | ACK, ACK];
    let want = [&handshake[..], &[PUSHED, ACK, PUSHED, ACK, FIN, ACK, FIN, ACK]].concat();
    eventually("the end", || flags(&packets(&path)).len() == want.len());
    let packets = packets(&path);
    assert_eq!(flags(&packets), want);
    let fields = &packets[0]["packet"]["layers"];
    assert_eq!(fields[1]["fields"]["tcp.srcport"], peer.port());
    assert_eq!(fields[1]["fields"]["tcp.dstport"], echo.address().port());
    let said = run_sock(&["decode", &path, "--follow", "tcp 0", "--raw"]);
    assert_eq!(said.stdout, b"hellohello");
}

#[test]
fn datagrams_keep_their_bounds_in_it() {
    let folder = TempDir::new();
    let path = folder.join("said.pcapng");
    let echo = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let to = format!("udp://{}", echo.address());
    let relay = Server::start_with(sock(&["relay", "udp://127.0.0.1:0", &to]).args(["--capture", &path]));
    let client = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    client.connect(relay.address()).expect("a socket");
    let mut buffer = [0; 64];
    for text in ["one", "three"] {
        client.send(text.as_bytes()).expect("room");
        assert_eq!(client.recv(&mut buffer).expect("an echo"), text.len());
    }
    let lengths = |packets: &[Value]| -> Vec<Value> {
        packets.iter().map(|event| event["packet"]["layers"][1]["fields"]["udp.length"].clone()).collect()
    };
    eventually("four datagrams", || packets(&path).len() == 4);
    assert_eq!(lengths(&packets(&path)), [11, 11, 13, 13]);
}

#[test]
fn connect_writes_what_tls_carried() {
    let folder = TempDir::new();
    let path = folder.join("said.pcapng");
    let echo = Server::start(&["tls://127.0.0.1:0", "--echo"]);
    let to = format!("tls://{}", echo.address());
    let done = run_sock(&["connect", &to, "--insecure", "--send", "in the clear", "--capture", &path]);
    assert_eq!((done.code(), done.out()), (0, "in the clear".to_owned()), "{}", done.stderr);
    let said = run_sock(&["decode", &path, "--follow", "tcp 0", "--raw"]);
    assert_eq!(said.stdout, b"in the clearin the clear");
    let first = &packets(&path)[0]["packet"]["layers"];
    assert_eq!(first[1]["fields"]["tcp.dstport"], echo.address().port());
    assert_ne!(first[1]["fields"]["tcp.srcport"], 0);
}

#[test]
fn tshark_finds_nothing_wrong_with_it() {
    if !skip::need("conversation::tshark_finds_nothing_wrong_with_it", "tshark") {
        return;
    }
    let folder = TempDir::new();
    let path = folder.join("said.pcapng");
    let echo = Server::start(&["127.0.0.1:0", "--echo"]);
    let to = echo.address().to_string();
    let done = run(&mut sock(&["connect", &to, "--capture", &path]), &vec![b'x'; 200_000]);
    assert_eq!((done.code(), done.stdout.len()), (0, 200_000), "{}", done.stderr);
    assert!(Path::new(&path).exists());
    let wrong = "tcp.analysis.flags or ip.checksum.status == 0 or tcp.checksum.status == 0 or _ws.malformed";
    let checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"];
    let output = Command::new("tshark").args(["-n", "-r", &path, "-Y", wrong]).args(checks).output_in_time();
    let output = output.expect("tshark runs");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_connected() {
    let finished = run_sock(&["connect", "127.0.0.1:1", "--capture", "/nonexistent/said.pcapng"]);
    assert_eq!(finished.code(), 1);
    assert!(
        finished.stderr.contains("--capture /nonexistent/said.pcapng: no such file"),
        "{}",
        finished.stderr
    );
}
