//! `create_server`: who may have an address, and who may share it.

use std::fs;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

#[cfg(feature = "fault")]
use berkeley::fault;
use berkeley::{Address, Family, Protocol, ServerOptions, Socket, Type, UnixAddress, create_server, option};

use super::{LONG, assert_talks, listening, patient, port};
use crate::skip;
use crate::support::TempDir;

const ENOBUFS: i32 = 105;

/// Whether this machine has IPv6 on loopback; if not, the skip of the test's part that wants it is noted.
pub(super) fn has_ipv6() -> bool {
    let socket = Socket::new(Family::INET6, Type::STREAM, Protocol::DEFAULT);
    let found = socket.is_ok_and(|socket| socket.bind((Ipv6Addr::LOCALHOST, 0)).is_ok());
    if !found {
        skip::skip(std::thread::current().name().unwrap_or("a part"), "IPv6");
    }
    found
}

fn refusal(address: Address, options: &ServerOptions<'_>) -> String {
    let error = options.create_server(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{error}");
    error.to_string()
}

#[test]
fn a_second_server_on_the_same_port_is_refused() {
    for (kind, transport) in [(Type::STREAM, "tcp"), (Type::DGRAM, "udp")] {
        let options = ServerOptions::new().kind(kind);
        let first = options.create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = first.local_address().unwrap();
        assert_eq!(
            refusal(address, &options),
            format!("create_server {transport} {address}: address already in use (os error 98)")
        );
    }
}

#[test]
fn those_that_ask_for_it_share_a_port() {
    for kind in [Type::STREAM, Type::DGRAM] {
        let shared = ServerOptions::new().kind(kind).reuse_port(true);
        let first = shared.create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = first.local_address().unwrap();
        let second = shared.create_server(address).unwrap();
        assert_eq!(second.local_address().unwrap(), address);
        refusal(address, &ServerOptions::new().kind(kind));
    }
}

#[test]
fn a_server_starts_again_while_its_old_connections_linger() {
    // An address that no other test uses, so that nobody takes the port in between.
    let server = create_server((Ipv4Addr::new(127, 77, 0, 1), 0)).unwrap();
    let address = server.local_address().unwrap();
    let client = patient().connect_to(&[address]).unwrap();
    server.set_timeout(Some(LONG)).unwrap();
    let (peer, _) = server.accept().unwrap();
    // The server's side ends first, so that its port is the one in TIME_WAIT.
    drop(peer);
    assert_eq!(client.recv_vec(1).unwrap(), b"");
    drop(client);
    drop(server);

    let bare = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
    assert_eq!(bare.bind(address).unwrap_err().kind(), ErrorKind::AddrInUse, "the port lingers");
    let again = create_server(address).unwrap();
    assert_eq!(again.local_address().unwrap(), address);
}

#[test]
fn an_ipv6_wildcard_takes_ipv4_only_where_asked() {
    if !has_ipv6() {
        return skip::skip("connect::server::an_ipv6_wildcard_takes_ipv4_only_where_asked", "IPv6");
    }
    // An IPv4 loopback address that no other test listens on.
    let four = |server: &Socket| {
        Address::from((Ipv4Addr::new(127, 77, 0, 2), port(server.local_address().unwrap())))
    };
    let dual = ServerOptions::new().dual_stack(true).create_server((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
    dual.set_timeout(Some(LONG)).unwrap();
    assert_talks(&patient().connect_to(&[four(&dual)]).unwrap(), &dual);

    let six = create_server((Ipv6Addr::UNSPECIFIED, 0)).unwrap();
    six.set_timeout(Some(LONG)).unwrap();
    let error = patient().connect_to(&[four(&six)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let address = Address::from((Ipv6Addr::LOCALHOST, port(six.local_address().unwrap())));
    assert_talks(&patient().connect_to(&[address]).unwrap(), &six);
}

#[test]
fn dual_stack_is_refused_for_what_is_not_ipv6() {
    let error = ServerOptions::new().dual_stack(true).create_server((Ipv4Addr::LOCALHOST, 0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "create_server tcp 127.0.0.1:0: only an IPv6 address such as [::] can take IPv4 too: drop dual_stack"
    );
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn fast_open_is_set_on_tcp_and_refused_elsewhere() {
    let options = ServerOptions::new().fast_open(16);
    let server = options.create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert_eq!(server.get(option::tcp::FASTOPEN).unwrap(), 16);
    server.set_timeout(Some(LONG)).unwrap();
    assert_talks(&patient().connect_to(&[server.local_address().unwrap()]).unwrap(), &server);

    let why = "only TCP can take data with the first packet: drop fast_open";
    let error = options.kind(Type::DGRAM).create_server((Ipv4Addr::LOCALHOST, 0)).unwrap_err();
    assert_eq!(error.to_string(), format!("create_server udp 127.0.0.1:0: {why}"));
    let error = ServerOptions::new().fast_open(1).create_server(UnixAddress::UNNAMED).unwrap_err();
    assert_eq!((error.kind(), error.to_string().ends_with(why)), (ErrorKind::InvalidInput, true));
}

#[test]
fn a_server_and_a_client_speak_the_protocol_that_is_asked_for() {
    if Socket::new(Family::INET, Type::STREAM, Protocol::MPTCP).is_err() {
        return skip::skip(
            "connect::server::a_server_and_a_client_speak_the_protocol_that_is_asked_for",
            "MPTCP",
        );
    }
    let server = ServerOptions::new().protocol(Protocol::MPTCP).create_server("127.0.0.1:0").unwrap();
    server.set_timeout(Some(LONG)).unwrap();
    assert_eq!(server.get(option::PROTOCOL).unwrap(), Protocol::MPTCP);
    assert!(server.get(option::REUSEADDR).unwrap(), "as TCP's");
    let address = server.local_address().unwrap();
    let by_address = patient().protocol(Protocol::MPTCP).connect_to(&[address]).unwrap();
    assert_eq!(by_address.get(option::PROTOCOL).unwrap(), Protocol::MPTCP);
    assert_talks(&by_address, &server);
    let by_name = patient().protocol(Protocol::MPTCP).connect("localhost", port(address)).unwrap();
    assert_eq!(by_name.get(option::PROTOCOL).unwrap(), Protocol::MPTCP);
    assert_talks(&by_name, &server);
    drop(server);
    let error = patient().protocol(Protocol::MPTCP).connect_to(&[address]).unwrap_err();
    assert_eq!(error.target(), Some(&*format!("mptcp {address}")), "{error}");
}

#[test]
fn unix_servers_of_every_type_are_reached() {
    let folder = TempDir::new();
    for (kind, name) in [(Type::STREAM, "stream"), (Type::SEQPACKET, "seqpacket"), (Type::DGRAM, "dgram")] {
        let address = Address::from(UnixAddress::from_path(folder.path(name)).unwrap());
        let server = ServerOptions::new().kind(kind).create_server(address).unwrap();
        server.set_timeout(Some(LONG)).unwrap();
        let client = patient().kind(kind).connect_to(&[address]).unwrap();
        if kind == Type::DGRAM {
            client.send(b"hello").unwrap();
            assert_eq!(server.recv_vec(64).unwrap(), b"hello");
        } else {
            assert_talks(&client, &server);
        }
    }
}

#[test]
fn a_path_that_exists_is_refused_and_left_alone() {
    let folder = TempDir::new();
    let path = folder.path("kept");
    fs::write(&path, "not a socket").unwrap();
    let address = Address::from(UnixAddress::from_path(&path).unwrap());
    assert_eq!(
        refusal(address, &ServerOptions::new()),
        format!("create_server unix {}: address already in use (os error 98)", path.display())
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a socket");
}

#[cfg(feature = "fault")]
#[test]
fn a_server_that_cannot_listen_leaves_no_path_behind() {
    let folder = TempDir::new();
    let path = folder.path("door");
    let armed = fault::arm(fault::Plan::fail("listen", 1, ENOBUFS));
    let error = create_server(UnixAddress::from_path(&path).unwrap()).unwrap_err();
    assert_eq!((error.raw_os_error(), armed.struck(), path.exists()), (Some(ENOBUFS), true, false));
}

#[test]
fn the_type_decides_whether_the_server_waits() {
    let options = ServerOptions::new().kind(Type::STREAM.nonblocking());
    let server = options.create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert_eq!(server.timeout(), Some(Duration::ZERO));
    assert!(server.accept().unwrap_err().is_would_block());
}

#[test]
fn prepare_runs_before_the_bind_and_its_error_comes_back_as_it_is() {
    let unbound = |socket: &Socket| {
        assert_eq!(socket.local_address()?.port(), Some(0));
        socket.peer_address().map(drop)
    };
    let (_server, taken) = listening();
    // The bind would fail, so that this error shows that it was not reached.
    let error = ServerOptions::new().prepare(unbound).create_server(taken).unwrap_err();
    assert_eq!(error.to_string(), "peer_address tcp: transport endpoint is not connected (os error 107)");
}
