//! Streams of other families and protocols: MPTCP, SCTP and vsock, where the kernel has them.

use berkeley::address::VsockAddress;
use berkeley::{Connector, Family, Protocol, ServerOptions, Socket, Type, option};

use crate::bounded::JoinInTime as _;
use crate::kit::{LIMIT, Server, pattern, run, run_sock, sock};
use crate::skip;

/// Whether the kernel makes such sockets; if not, the skip of `test` is noted.
fn has(test: &str, family: Family, protocol: Protocol) -> bool {
    let has = Socket::new(family, Type::STREAM, protocol).is_ok();
    if !has {
        skip::skip(test, "the kernel has no such family");
    }
    has
}

/// Whether a connection speaks MPTCP: one that fell back to TCP has no such information, or says so.
fn speaks_mptcp(socket: &Socket) -> bool {
    socket.get(option::mptcp::INFO).is_ok_and(|info| info.flags & 1 == 0)
}

#[test]
fn mptcp_is_spoken_by_who_listens_and_by_who_connects() {
    if !has("families::mptcp_is_spoken_by_who_listens_and_by_who_connects", Family::INET, Protocol::MPTCP) {
        return;
    }
    let server = Server::start(&["mptcp://127.0.0.1:0", "--echo"]);
    assert!(server.listening()[0].starts_with("mptcp 127.0.0.1:"), "{:?}", server.listening());
    let connector = Connector::new().protocol(Protocol::MPTCP).timeout(Some(LIMIT));
    let client = connector.connect_to(&[server.address().into()]).expect("it listens");
    client.send_all(b"over several paths").expect("a live connection");
    assert_eq!(client.recv_vec(64).expect("an answer"), b"over several paths");
    assert!(speaks_mptcp(&client));
    let listener = ServerOptions::new().protocol(Protocol::MPTCP).create_server("127.0.0.1:0");
    let listener = listener.expect("a free port");
    listener.set_timeout(Some(LIMIT)).expect("a limit");
    let place = format!("mptcp://{}?nodelay", listener.local_address().expect("a bound socket"));
    let accepting = std::thread::spawn(move || {
        let (socket, _) = listener.accept().expect("a client");
        socket.set_timeout(Some(LIMIT)).expect("a limit");
        let heard = socket.recv_vec(64).expect("what it says");
        (speaks_mptcp(&socket), heard)
    });
    let finished = run(&mut sock(&["connect", &place]), b"hello");
    assert_eq!(accepting.join_in_time().expect("a client"), (true, b"hello".to_vec()));
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
}

#[test]
fn what_goes_over_tcp_goes_over_mptcp_too() {
    if !has("families::what_goes_over_tcp_goes_over_mptcp_too", Family::INET, Protocol::MPTCP) {
        return;
    }
    let bytes = pattern(3 << 20);
    let echo = Server::start(&["tls:mptcp://127.0.0.1:0", "--echo"]);
    let pinned = echo.line("sock connect 'tls:mptcp://127.0.0.1:");
    let tls = pinned.split('\'').nth(1).expect("an endpoint in quotes").to_owned();
    let inner = Server::start_with(&mut sock(&["relay", "tcp://127.0.0.1:0", &tls]));
    let outer = Server::start_with(&mut sock(&["relay", "mptcp://127.0.0.1:0", &inner.endpoint()]));
    assert_eq!(run_sock(&["wait", &outer.endpoint()]).code(), 0);
    let finished = run(&mut sock(&["connect", &outer.endpoint()]), &bytes);
    assert!(finished.quietly_done() == bytes);
    let refused = run_sock(&["connect", "mptcp://127.0.0.1:9", "--via", "socks5://127.0.0.1:1080"]);
    assert_eq!(refused.code(), 2);
    assert!(refused.stderr.contains("through a proxy by TCP alone"), "{}", refused.stderr);
}

#[test]
fn sctp_is_spoken_or_what_the_kernel_lacks_is_named() {
    if Socket::new(Family::INET, Type::STREAM, Protocol::SCTP).is_ok() {
        let server = Server::start(&["sctp://127.0.0.1:0", "--reply", "hello"]);
        let finished = run_sock(&["connect", &server.endpoint(), "--receive-only", "--end-with-peer"]);
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
    } else {
        let lacks = "needs the kernel's CONFIG_IP_SCTP, module sctp";
        for command in ["connect", "serve", "listen"] {
            let finished = run_sock(&[command, "sctp://127.0.0.1:9?nodelay"]);
            assert_eq!((finished.code(), finished.stderr.lines().count()), (1, 1), "{}", finished.stderr);
            assert!(finished.stderr.contains(lacks), "{}", finished.stderr);
        }
    }
}

#[test]
fn vsock_listens_at_any_machines_port_and_only_this_machines_is_local() {
    let test = "families::vsock_listens_at_any_machines_port_and_only_this_machines_is_local";
    if !has(test, Family::VSOCK, Protocol::DEFAULT) {
        return;
    }
    let server = Server::start(&["vsock://any:any", "--echo"]);
    assert!(server.listening()[0].starts_with("vsock:*:"), "{:?}", server.listening());
    // What other machines reach is guarded.
    let refused = run_sock(&["serve", "vsock://any:any", "--exec", "cat"]);
    assert_eq!(refused.code(), 2, "{}", refused.stderr);
    let refused = run_sock(&["serve", "vsock://any:any", "--allow", "127.0.0.1"]);
    assert!(
        refused.stderr.contains("--allow goes by addresses of IP, and vsock has none"),
        "{}",
        refused.stderr
    );
    for place in ["any:5000", "host:any"] {
        let refused = run_sock(&["connect", &format!("vsock://{place}")]);
        assert_eq!(refused.code(), 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("\"any\" is for listening"), "{}", refused.stderr);
    }
}

#[test]
fn vsock_carries_bytes_to_this_machine() {
    let test = "families::vsock_carries_bytes_to_this_machine";
    if !has(test, Family::VSOCK, Protocol::DEFAULT) {
        return;
    }
    let probe = ServerOptions::new()
        .create_server(VsockAddress::new(VsockAddress::CID_LOCAL, VsockAddress::PORT_ANY));
    if probe.is_err() {
        return skip::skip(test, "vsock's loopback");
    }
    let server = Server::start(&["vsock://local:any", "--echo"]);
    let finished = run(&mut sock(&["connect", &server.listening()[0]]), &pattern(300_000));
    assert!(finished.quietly_done() == pattern(300_000));
}
