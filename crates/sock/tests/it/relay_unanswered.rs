//! A relay whose TO does not answer: hundreds wait for it at once and hold no thread each, and who goes to a TO that
//! does answer goes on.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;

use berkeley::{Family, Protocol, Socket, Type};

use crate::kit::{LIMIT, Server, TempDir, bounded, eventually, expect, full_backlog, sock};
use crate::skip;

/// More than the threads that a pool of tokio's has, all of which would be taken otherwise.
const CLIENTS: usize = 600;

/// Room for all of them where nobody accepts them.
const BACKLOG: u32 = 1_200;

/// Threads that come and go beside those that wait for nobody: of lookups and of files that are read.
const FEW: usize = 8;

/// The states of a socket of TCP that count here (proc(5), `tcp`; `include/net/tcp_states.h`).
const SYN_SENT: &str = "02";
const LISTEN: &str = "0A";

/// Whether there are descriptors for all of them, here and in the relay, which has two for each.
fn has_descriptors(test: &str) -> bool {
    let limit = rlimit::increase_nofile_limit(u64::MAX).expect("the limit of descriptors");
    let wanted = 4 * CLIENTS as u64;
    if limit < wanted {
        skip::skip(test, &format!("{wanted} descriptors"));
    }
    limit >= wanted
}

/// One who is connected to, and says nothing.
fn silent() -> (Socket, SocketAddr) {
    let listener = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    listener.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.listen(BACKLOG).expect("a bound socket");
    listener.set_timeout(Some(LIMIT)).expect("a limit");
    let port = listener.local_address().expect("a bound socket").port().expect("an address of IP");
    (listener, (Ipv4Addr::LOCALHOST, port).into())
}

/// The lines of this machine's sockets with that port at one end, in words (proc(5), `tcp`).
fn sockets(port: u16) -> Vec<Vec<String>> {
    let place = format!("0100007F:{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    let words = table.lines().map(|line| line.split_whitespace().map(str::to_owned).collect());
    words.filter(|words: &Vec<String>| words.len() > 4 && words[1..3].contains(&place)).collect()
}

/// How many are being connected to that port.
fn are_asking(port: u16) -> usize {
    sockets(port).iter().filter(|words| words[3] == SYN_SENT).count()
}

/// How many are connected to that port, and not accepted.
fn are_waiting(port: u16) -> usize {
    let listener = sockets(port).into_iter().find(|words| words[3] == LISTEN).expect("it listens");
    let (_, waiting) = listener[4].split_once(':').expect("two queues");
    usize::from_str_radix(waiting, 16).expect("a number in hex")
}

/// A relay with these arguments, and its clients, all of which wait for a TO that does not answer once `all_wait`; none
/// has a thread of its own.
fn with_all_waiting(args: &[&str], all_wait: impl Fn() -> bool) -> (Server, Vec<TcpStream>) {
    let args = [&["relay", "127.0.0.1:0"], args, &["--timeout", "100s"]].concat();
    let relay = Server::start_with(&mut sock(&args));
    let threads =
        || fs::read_dir(format!("/proc/{}/task", relay.process.pid())).expect("it is running").count();
    let before = threads();
    let clients = (0..CLIENTS).map(|_| relay.connect()).collect();
    eventually("all of them wait", all_wait);
    let after = threads();
    assert!(after <= before + FEW, "{after} threads, and {before} before");
    (relay, clients)
}

/// With a TO before the one that does not answer, which is not there at first.
fn others_go_on(bad: &str, all_wait: impl Fn() -> bool) {
    let folder = TempDir::new();
    let good = format!("unix:{}", folder.join("good"));
    let (relay, _waiting) = with_all_waiting(&[&good, bad], all_wait);
    let _server = Server::start(&[&good, "--echo"]);
    for _ in 0..3 {
        let mut client = relay.connect();
        client.write_all(b"hello").expect("a live relay");
        expect(&client, b"hello");
    }
}

#[test]
fn hundreds_wait_for_a_connection_without_threads_and_others_go_on() {
    if has_descriptors("relay_unanswered::hundreds_wait_for_a_connection_without_threads_and_others_go_on") {
        let (_listener, to, _backlog) = full_backlog();
        others_go_on(&to.to_string(), || are_asking(to.port()) >= CLIENTS);
    }
}

#[test]
fn hundreds_wait_for_a_handshake_without_threads_and_others_go_on() {
    if has_descriptors("relay_unanswered::hundreds_wait_for_a_handshake_without_threads_and_others_go_on") {
        let (_listener, to) = silent();
        others_go_on(&format!("tls://{to}?insecure"), || are_waiting(to.port()) >= CLIENTS);
    }
}

#[test]
fn hundreds_wait_for_a_greeting_without_threads_and_others_go_on() {
    if has_descriptors("relay_unanswered::hundreds_wait_for_a_greeting_without_threads_and_others_go_on") {
        let (_listener, to) = silent();
        let to_tls = format!("tls://{to}?insecure&starttls=smtp");
        others_go_on(&to_tls, || are_waiting(to.port()) >= CLIENTS);
    }
}

#[test]
fn hundreds_wait_for_a_proxy_without_threads_and_it_may_serve_others() {
    if !has_descriptors("relay_unanswered::hundreds_wait_for_a_proxy_without_threads_and_it_may_serve_others")
    {
        return;
    }
    let (listener, proxy) = silent();
    let via = format!("socks5://{proxy}");
    let all_wait = || are_waiting(proxy.port()) >= CLIENTS;
    let (relay, _waiting) = with_all_waiting(&["nowhere.invalid:80", "--via", &via], all_wait);
    let mut client = relay.connect();
    eventually("it is connected too", || are_waiting(proxy.port()) > CLIENTS);
    let accepted = || bounded(TcpStream::from(OwnedFd::from(listener.accept().expect("a client").0)));
    // They come in the order in which they came: the last one is served.
    let _others: Vec<TcpStream> = (0..CLIENTS).map(|_| accepted()).collect();
    let mut served = accepted();
    for (asked, answer) in [(3, &b"\x05\x00"[..]), (22, b"\x05\x00\x00\x01\x7f\x00\x00\x01\x1f\x90")] {
        served.read_exact(&mut vec![0; asked]).expect("the relay asks");
        served.write_all(answer).expect("the relay listens");
    }
    client.write_all(b"hello").expect("a live relay");
    expect(&served, b"hello");
    served.write_all(b"world").expect("a live relay");
    expect(&client, b"world");
}
