//! Peers of the command: sockets whose every wait has a limit.

use std::fs;
use std::io::{self, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use berkeley::{Family, Protocol, Socket, Type, UnixAddress};

use super::{LIMIT, text};
use crate::skip;

/// A connection whose every read and write has a limit.
#[track_caller]
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream =
        TcpStream::connect_timeout(&address, LIMIT).unwrap_or_else(|error| panic!("{address}: {error}"));
    bounded(stream)
}

/// Gives a connection its limits.
pub(crate) fn bounded(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(LIMIT)).expect("a limit of more than zero");
    stream.set_write_timeout(Some(LIMIT)).expect("a limit of more than zero");
    stream
}

/// A client of a Unix socket, whose waits have a limit.
#[track_caller]
pub(crate) fn unix(path: &str, kind: Type) -> Socket {
    let socket = Socket::new(Family::UNIX, kind, Protocol::DEFAULT).expect("a socket");
    socket.set_timeout(Some(LIMIT)).expect("a limit");
    socket.connect(UnixAddress::from_path(path).expect("a short path")).expect("a live server");
    socket
}

/// Reads exactly as many bytes as `want` has, and compares.
#[track_caller]
pub(crate) fn expect(mut stream: impl Read, want: &[u8]) {
    let mut got = vec![0; want.len()];
    stream.read_exact(&mut got).unwrap_or_else(|error| panic!("waiting for {:?}: {error}", text(want)));
    assert!(got == want, "wanted {:?}, got {:?}", text(want), text(&got));
}

/// Reads to the end.
#[track_caller]
pub(crate) fn read_all(mut stream: impl Read) -> Vec<u8> {
    let mut got = Vec::new();
    stream.read_to_end(&mut got).unwrap_or_else(|error| panic!("after {} bytes: {error}", got.len()));
    got
}

/// Asserts that nothing comes for `time`: that which is not to happen has no event to wait for.
#[track_caller]
pub(crate) fn expect_silence(stream: &TcpStream, time: Duration) {
    stream.set_read_timeout(Some(time)).expect("a limit of more than zero");
    let mut byte = [0];
    match stream.peek(&mut byte) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        other => panic!("wanted silence, got {other:?}"),
    }
    stream.set_read_timeout(Some(LIMIT)).expect("a limit of more than zero");
}

/// A TCP port that refuses and that nobody else can take: it is bound, and not listened on.
pub(crate) fn refusing() -> (Socket, SocketAddr) {
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    socket.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = socket.local_address().expect("a bound socket").port().expect("an address of IP");
    (socket, (Ipv4Addr::LOCALHOST, port).into())
}

/// Has a UDP socket refuse what others send, and keep its port from everybody else: connected, it hears one peer alone.
pub(crate) fn refuse(socket: &UdpSocket) {
    let host = socket.local_addr().expect("a bound socket").ip();
    socket.connect((host, 9)).expect("UDP connects to whatever it is told to");
}

/// How much the peer of a TCP connection over IPv4 on this machine has sent that this side's system has not taken
/// (proc(5), `tcp`).
pub(crate) fn waiting_to_come(client: &Socket) -> usize {
    let peer = client.peer_address().expect("a connection").port().expect("an address of IP");
    let local = client.local_address().expect("a connection").port().expect("an address of IP");
    let table = fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    let port = |place: &str| place.split_once(':').and_then(|(_, port)| u16::from_str_radix(port, 16).ok());
    let sent = table.lines().find_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_peers = port(words.get(1)?) == Some(peer) && port(words.get(2)?) == Some(local);
        is_peers.then(|| usize::from_str_radix(words[4].split(':').next()?, 16).ok()).flatten()
    });
    sent.unwrap_or(0)
}

/// A listener whose backlog is full, so that the kernel drops every further SYN; and what fills it.
pub(crate) fn full_backlog() -> (Socket, SocketAddr, Vec<Socket>) {
    let listener = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    listener.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.listen(0).expect("a bound socket");
    let address = listener.local_address().expect("a bound socket");
    let place = (Ipv4Addr::LOCALHOST, address.port().expect("an address of IP"));
    let mut clients = Vec::new();
    loop {
        let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
        client.set_timeout(Some(Duration::from_millis(200))).expect("a limit");
        let connected = client.connect(place).is_ok();
        clients.push(client);
        if !connected {
            return (listener, place.into(), clients);
        }
        assert!(clients.len() < 10, "a backlog of none is full by now");
    }
}

/// Whether this machine has an IPv6 loopback; if not, the skip of the test's part that wants it is noted.
pub(crate) fn has_ipv6() -> bool {
    let found = TcpListener::bind("[::1]:0").is_ok();
    if !found {
        skip::skip(thread::current().name().unwrap_or("a part"), "IPv6");
    }
    found
}
