//! From a name to a connection, and from an address to a server.

#[cfg(feature = "fault")]
mod activation;
#[cfg(feature = "tokio")]
mod awaited;
#[cfg(feature = "fault")]
mod faults;
mod race;
mod server;
mod servers;

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use berkeley::{
    Address, Cause, Connector, Error, Family, Operation, Protocol, ServerOptions, Socket, Type, UnixAddress,
    create_connection, create_server,
};

use crate::support::{LIMIT, TempDir, within};

/// Far more than anything here needs, so that only a hang meets it.
const LONG: Duration = Duration::from_secs(20);

/// A TCP server on loopback that waits no longer than [`LONG`], and its address.
fn listening() -> (Socket, Address) {
    let server = create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
    server.set_timeout(Some(LONG)).unwrap();
    let address = server.local_address().unwrap();
    (server, address)
}

/// An address that refuses: bound, so that nobody else can have it, but not listening.
fn refusing() -> (Socket, Address) {
    let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = socket.local_address().unwrap();
    (socket, address)
}

/// An address that never answers: a listener whose backlog is full. The sockets keep it so.
fn silent() -> (Vec<Socket>, Address) {
    let server = ServerOptions::new().backlog(0).create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = server.local_address().unwrap();
    let filler = Connector::new().timeout(Some(Duration::from_millis(500)));
    let mut sockets = vec![server];
    for _ in 0..16 {
        match filler.connect_to(&[address]) {
            Ok(socket) => sockets.push(socket),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
                return (sockets, address);
            }
        }
    }
    panic!("a backlog of 0 took 16 connections");
}

fn patient() -> Connector<'static> {
    Connector::new().timeout(Some(LONG))
}

fn port(address: Address) -> u16 {
    address.port().unwrap()
}

/// That bytes go from `client` to a connection that `server` accepts.
fn assert_talks(client: &Socket, server: &Socket) {
    client.send_all(b"hello").unwrap();
    let (peer, _) = server.accept().unwrap();
    peer.set_timeout(Some(LONG)).unwrap();
    assert_eq!(peer.recv_vec(64).unwrap(), b"hello");
}

fn shown(errors: &[Error]) -> Vec<String> {
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn a_name_leads_to_a_connection() {
    let (server, address) = listening();
    // Where localhost is ::1 too, that address refuses first.
    for host in ["localhost", "127.0.0.1"] {
        let client = Connector::new().timeout(Some(LONG)).connect(host, port(address)).unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
        assert_talks(&client, &server);
        let port = port(address);
        let client = within(LIMIT, move || create_connection(host, port)).unwrap();
        assert_eq!(client.timeout(), None, "the short form has no timeout");
        assert_talks(&client, &server);
    }
}

#[test]
fn the_timeout_is_left_on_the_socket() {
    let (_server, address) = listening();
    let (_bound, refused) = refusing();
    for timeout in [None, Some(Duration::from_secs(7))] {
        let client = Connector::new().timeout(timeout).connect_to(&[refused, address]).unwrap();
        assert_eq!(client.timeout(), timeout);
        let client = Connector::new().timeout(timeout).connect("127.0.0.1", port(address)).unwrap();
        assert_eq!(client.timeout(), timeout);
    }
}

#[test]
fn an_address_that_refuses_gives_way_to_the_next() {
    let (_bound, refused) = refusing();
    let (server, address) = listening();
    let client = patient().connect_to(&[refused, address]).unwrap();
    assert_eq!(client.peer_address().unwrap(), address);
    assert_talks(&client, &server);
}

#[test]
fn when_all_refuse_each_attempt_is_listed_with_its_cause() {
    let (_first, one) = refusing();
    let (_second, two) = refusing();
    let error = patient().connect_to(&[one, two]).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("create_connection (tried tcp {one}, tcp {two}): connection refused (os error 111)")
    );
    let refused = |address| format!("connect tcp {address}: connection refused (os error 111)");
    assert_eq!(shown(error.attempts()), [refused(one), refused(two)]);
    assert_eq!(error.raw_os_error(), Some(111));

    let error = Connector::new().timeout(Some(LONG)).connect("127.0.0.1", port(one)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("create_connection {one} (tried tcp {one}): connection refused (os error 111)")
    );
    assert_eq!(shown(error.attempts()), [refused(one)]);
    // Of one address that is its own target there is nothing to add.
    let error = patient().connect_to(&[one]).unwrap_err();
    assert_eq!(error.to_string(), format!("create_connection tcp {one}: connection refused (os error 111)"));
}

#[test]
fn the_whole_fails_with_the_last_address_s_cause() {
    let (_bound, refused) = refusing();
    let folder = TempDir::new();
    let missing = Address::from(UnixAddress::from_path(folder.path("missing")).unwrap());
    for (addresses, errno) in [([missing, refused], 111), ([refused, missing], 2)] {
        let error = patient().connect_to(&addresses).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(errno), "{error}");
        assert_eq!(error.attempts().len(), 2);
    }
}

#[test]
fn a_name_that_does_not_resolve_fails_as_resolve_does() {
    let error = Connector::new().timeout(Some(LONG)).connect("127.0.0.1", "nosuch").unwrap_err();
    assert_eq!(error.to_string(), "resolve 127.0.0.1:nosuch: no TCP service is called \"nosuch\"");
    assert_eq!((error.operation(), error.kind()), (Operation::Resolve, ErrorKind::NotFound));
}

#[test]
fn no_address_at_all_is_refused_in_words() {
    let error = patient().connect_to(&[]).unwrap_err();
    assert_eq!(error.to_string(), "create_connection: there is no address to connect to");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn the_timeout_bounds_the_whole() {
    let (_full, silent) = silent();
    let timeout = Duration::from_millis(600);
    let start = Instant::now();
    let error = Connector::new().timeout(Some(timeout)).connect_to(&[silent, silent]).unwrap_err();
    let elapsed = start.elapsed();
    assert!(elapsed >= timeout && elapsed < timeout + LONG, "{elapsed:?}");
    assert_eq!(error.to_string(), format!("create_connection (tried tcp {silent}, tcp {silent}): timed out"));
    assert_eq!((error.cause(), error.kind()), (Cause::TimedOut, ErrorKind::TimedOut));
    let attempt = format!("connect tcp {silent}: timed out");
    assert_eq!(shown(error.attempts()), [attempt.clone(), attempt]);
}

#[test]
fn a_timeout_of_zero_connects_what_need_not_wait() {
    let (_server, address) = listening();
    let never = Connector::new().timeout(Some(Duration::ZERO));
    assert_eq!(never.connect_to(&[address]).unwrap_err().cause(), Cause::TimedOut);
    let client = never.kind(Type::DGRAM).connect_to(&[address]).unwrap();
    assert_eq!((client.timeout(), client.peer_address().unwrap()), (Some(Duration::ZERO), address));
}

#[test]
fn the_local_address_is_the_caller_s_choice() {
    let (_server, address) = listening();
    let local = Ipv4Addr::new(127, 77, 0, 3);
    // Only addresses of the local one's family are asked for, so that ::1 is no attempt.
    let client = patient().local((local, 0)).unwrap().connect("localhost", port(address)).unwrap();
    assert_eq!(client.local_address().unwrap().ip(), Some(local.into()));

    let foreign = patient().local((Ipv4Addr::new(192, 0, 2, 1), 0)).unwrap();
    let error = foreign.connect("127.0.0.1", port(address)).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "create_connection {address} (tried tcp {address} from 192.0.2.1:0): \
             cannot assign requested address (os error 99)"
        )
    );
    assert_eq!(
        shown(error.attempts()),
        [format!("bind tcp {address} from 192.0.2.1:0: cannot assign requested address (os error 99)")]
    );
}

#[test]
fn the_family_of_a_name_s_addresses_is_the_caller_s_choice() {
    let (_server, address) = listening();
    for (family, want) in [(Family::INET, vec![address]), (Family::INET6, Vec::new())] {
        // Of the two addresses of this machine one listens.
        let outcome = patient().family(family).connect("", port(address));
        let reached: Vec<Address> = outcome.iter().map(|client| client.peer_address().unwrap()).collect();
        assert_eq!(reached, want, "{outcome:?}");
        let tried = outcome.err().map(|error| shown(error.attempts())).unwrap_or_default();
        assert!(tried.iter().all(|tried| tried.starts_with("connect tcp [::1]:")), "{tried:?}");
    }
    let error = patient().family(Family::INET6).connect("127.0.0.1", port(address)).unwrap_err();
    assert_eq!(error.operation(), Operation::Resolve, "{error}");
    // It goes before the family of the local address, which does not fit then.
    if server::has_ipv6() {
        let local = patient().local((Ipv4Addr::LOCALHOST, 0)).unwrap().family(Family::INET6);
        let error = local.connect("", port(address)).unwrap_err();
        assert!(shown(error.attempts())[0].starts_with("bind tcp [::1]:"), "{error}");
    }
    // Nothing is left out of what is given.
    patient().family(Family::INET6).connect_to(&[address]).unwrap();
}

#[test]
fn datagrams_find_their_way_by_name() {
    let server = ServerOptions::new().kind(Type::DGRAM).create_server((Ipv4Addr::LOCALHOST, 0)).unwrap();
    server.set_timeout(Some(LONG)).unwrap();
    let connector = patient().kind(Type::DGRAM.nonblocking());
    let client = connector.connect("127.0.0.1", port(server.local_address().unwrap())).unwrap();
    assert_eq!(client.timeout(), Some(LONG), "the timeout decides, not the type");
    client.send(b"ping").unwrap();
    assert_eq!(server.recv_vec(64).unwrap(), b"ping");
}

#[test]
fn prepare_sees_each_socket_before_it_is_connected() {
    let (_bound, refused) = refusing();
    let (_server, address) = listening();
    let calls = AtomicU32::new(0);
    let connector = patient().prepare(|socket| {
        calls.fetch_add(1, Ordering::Relaxed);
        assert_eq!(socket.local_address()?.port(), Some(0));
        assert!(socket.peer_address().is_err());
        Ok(())
    });
    connector.connect_to(&[refused, address]).unwrap();
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[test]
fn an_error_of_prepare_ends_the_whole_and_comes_back_as_it_is() {
    let (_first, one) = refusing();
    let (_second, two) = refusing();
    let calls = AtomicU32::new(0);
    let connector = patient().prepare(|socket| {
        calls.fetch_add(1, Ordering::Relaxed);
        socket.peer_address().map(drop)
    });
    let error = connector.connect_to(&[one, two]).unwrap_err();
    assert_eq!(error.to_string(), "peer_address tcp: transport endpoint is not connected (os error 107)");
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}
