//! TLS handshakes that nobody finishes: what they cost, and that they hold nobody up.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use berkeley::{Family, Protocol, Socket, Type};

use crate::kit::{LIMIT, Process, Server, TempDir, bounded, eventually, run_sock, sock};
use crate::skip;

/// What a handshake that goes no further may cost, in KiB: measured are 12.
const KIBIBYTES: u64 = 32;

/// How many clients begin one, unless `SOCK_TEST_HALF_OPEN` says otherwise: to answer many thousands takes a debug
/// build longer than a handshake may.
const CLIENTS: usize = 1_000;

/// Descriptors that a process needs beside one for each client.
const BESIDE: u64 = 400;

#[test]
fn handshakes_that_nobody_finishes_cost_little_and_hold_nobody_up() {
    let Some(many) = clients_that_fit() else { return };
    let folder = TempDir::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let cert = folder.file("own.pem", (made.cert.pem() + &made.signing_key.serialize_pem()).as_bytes());
    let server = Server::start(&["tls://127.0.0.1:0", "--cert", &cert, "--echo"]);
    let address = server.address();
    let endpoint = format!("tls://localhost:{}?ca={cert}", address.port());
    let hello = hello();
    let mut good = Process::start(&mut sock(&["connect", &endpoint]));
    good.write(b"before");
    good.stdout.at_least(6);
    let [descriptors, threads, memory] = measured(&server.process);
    let clients: Vec<TcpStream> = (0..many).map(|index| half_open(address, index, &hello)).collect();
    // The good one is the first.
    server.line(&format!("#{} ", many + 1));
    let other = run_sock(&["connect", &endpoint, "--send", "hi"]);
    assert_eq!((other.code(), other.out().as_str()), (0, "hi"), "{}", other.stderr);
    good.write(b"during");
    good.stdout.at_least(12);
    let [held, during, grown] = measured(&server.process);
    let grown = grown.saturating_sub(memory);
    println!("{many} half open: {held} descriptors, {during} threads ({threads} before), {grown} KiB more");
    assert_eq!(during, threads, "no thread is anybody's own");
    assert!(grown <= KIBIBYTES * many as u64, "{grown} KiB for {many}");
    // Each is let go when its time is over.
    for mut client in clients {
        let _ = client.read_to_end(&mut Vec::new());
    }
    server.line("there was no agreement within 10s");
    eventually("their descriptors are free", || measured(&server.process)[0] <= descriptors);
    good.write(b"after");
    good.stdout.at_least(17);
    good.close_input();
    good.succeed();
}

/// As many as the limit of descriptors allows, which the server inherits; `None`, with the skip noted, where those are
/// too few to show anything.
fn clients_that_fit() -> Option<usize> {
    let wanted = std::env::var("SOCK_TEST_HALF_OPEN").ok().and_then(|many| many.parse().ok());
    let wanted = wanted.unwrap_or(CLIENTS);
    let limit = rlimit::increase_nofile_limit(u64::MAX).expect("the limit of descriptors");
    if limit >= wanted as u64 + BESIDE {
        return Some(wanted);
    }
    let test = "handshakes::handshakes_that_nobody_finishes_cost_little_and_hold_nobody_up";
    skip::skip(test, &format!("{wanted} descriptors beside {BESIDE}"));
    None
}

/// What `sock connect` says first in TLS.
fn hello() -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("tls://{}?insecure", listener.local_addr().expect("a bound socket"));
    let _client = Process::start(&mut sock(&["connect", &endpoint]));
    let mut stream = bounded(listener.accept().expect("a client").0);
    // A record of TLS: its kind, its version, its length (RFC 8446, 5.1).
    let mut head = [0; 5];
    stream.read_exact(&mut head).expect("a record");
    let mut body = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    stream.read_exact(&mut body).expect("a whole record");
    [&head[..], &body].concat()
}

/// A client from an address that few others have: it says nothing, begins its first word, or does not take the answer
/// to it.
fn half_open(to: SocketAddr, index: usize, hello: &[u8]) -> TcpStream {
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    let byte = |number: usize| u8::try_from(number % 250 + 1).expect("below 256");
    socket.bind((Ipv4Addr::new(127, 1, byte(index / 250), byte(index)), 0)).expect("this machine's");
    socket.set_timeout(Some(LIMIT)).expect("a limit");
    socket.connect(to).expect("a live server");
    socket.set_timeout(None).expect("no limit");
    let mut stream = bounded(TcpStream::from(OwnedFd::from(socket)));
    let said = match index % 3 {
        0 => 0,
        1 => hello.len() / 2,
        _ => hello.len(),
    };
    stream.write_all(&hello[..said]).expect("a live server");
    stream
}

/// How many descriptors and threads a process has, and the memory that is its own, in KiB (proc(5), `status`).
#[track_caller]
fn measured(process: &Process) -> [u64; 3] {
    let proc = format!("/proc/{}", process.pid());
    let count = |of: &str| fs::read_dir(format!("{proc}/{of}")).expect("it is running").count() as u64;
    [count("fd"), count("task"), process.memory()]
}
