//! Addresses race: a silent one holds nobody up, and the losers are closed.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::thread;
use std::time::Duration;

#[cfg(feature = "fault")]
use berkeley::fault;
use berkeley::race::most_useful;
use berkeley::{Address, Cause, Connector, Operation, ServerOptions, create_server};

use super::{LONG, assert_talks, listening, patient, port, refusing, shown, silent};
use crate::bounded::JoinInTime;
use crate::support::{SHORT, TempDir, alone, assert_kept, open_descriptors, timed};

#[test]
fn a_silent_address_holds_the_next_up_for_a_quarter_of_a_second() {
    let (_full, silent) = silent();
    let (server, address) = listening();
    let (client, took) = timed(|| patient().connect_to(&[silent, silent, address]).unwrap());
    assert_kept(Duration::from_millis(500), took, "two steps");
    assert_eq!((client.peer_address().unwrap(), client.timeout()), (address, Some(LONG)));
    assert_talks(&client, &server);
}

#[test]
fn where_time_is_short_every_address_has_its_turn() {
    let (_full, silent) = silent();
    let (server, address) = listening();
    let timeout = Duration::from_millis(400);
    let connector = Connector::new().timeout(Some(timeout));
    // Eight steps of 250 ms would take two seconds.
    let mut addresses = vec![silent; 8];
    addresses.push(address);
    let client = connector.connect_to(&addresses).unwrap();
    assert_eq!(client.timeout(), Some(timeout));
    assert_talks(&client, &server);
}

#[test]
fn the_time_that_is_over_is_the_cause_of_those_that_had_not_failed() {
    let (_full, silent) = silent();
    let (_bound, refused) = refusing();
    let connector = Connector::new().timeout(Some(SHORT));
    let (error, took) = timed(|| connector.connect_to(&[refused, silent, refused]).unwrap_err());
    assert_kept(SHORT, took, "the whole");
    assert_eq!((error.cause(), error.kind()), (Cause::TimedOut, ErrorKind::TimedOut));
    let refusal = format!("connect tcp {refused}: connection refused (os error 111)");
    assert_eq!(
        shown(error.attempts()),
        [refusal.clone(), format!("connect tcp {silent}: timed out"), refusal]
    );
}

#[test]
fn they_race_from_one_local_port() {
    let (_full, silent) = silent();
    let (server, address) = listening();
    // A port that was free a moment ago, at an address that no other test uses.
    let bound = create_server((Ipv4Addr::new(127, 77, 2, 1), 0)).unwrap();
    let local = bound.local_address().unwrap();
    drop(bound);
    let client = patient().local(local).unwrap().connect_to(&[silent, address]).unwrap();
    assert_eq!(client.local_address().unwrap(), local);
    assert_talks(&client, &server);
}

#[test]
fn the_losers_are_closed() {
    alone(|| {
        let (_full, silent) = silent();
        let (_server, address) = listening();
        let before = open_descriptors();
        let client = patient().connect_to(&[silent, silent, address]).unwrap();
        assert_eq!(open_descriptors(), before + 1);
        drop(client);
        let short = Connector::new().timeout(Some(SHORT));
        short.connect_to(&[silent, silent]).unwrap_err();
        assert_eq!(open_descriptors(), before);
    });
}

#[test]
fn a_full_unix_listener_is_tried_again_until_it_has_room_or_the_time_is_over() {
    let folder = TempDir::new();
    let address = Address::from(folder.unix("door"));
    let server = ServerOptions::new().backlog(0).create_server(address).unwrap();
    server.set_timeout(Some(LONG)).unwrap();
    let first = patient().connect_to(&[address]).unwrap();

    let (error, took) = timed(|| Connector::new().timeout(Some(SHORT)).connect_to(&[address]).unwrap_err());
    assert_kept(SHORT, took, "a full backlog");
    assert_eq!(error.to_string(), format!("create_connection unix {address}: timed out"));
    // Beside another that has room.
    let other = Address::from(folder.unix("other"));
    let _other = create_server(other).unwrap();
    assert_eq!(patient().connect_to(&[address, other]).unwrap().peer_address().unwrap(), other);

    thread::scope(|scope| {
        let second = scope.spawn(|| patient().connect_to(&[address]).unwrap());
        server.accept().unwrap();
        assert_talks(&second.join_in_time().unwrap(), &server);
    });
    drop(first);
}

#[cfg(feature = "fault")]
#[test]
fn a_signal_interrupts_no_race() {
    const EINTR: i32 = 4;
    let (server, address) = listening();
    let folder = TempDir::new();
    let door = Address::from(folder.unix("door"));
    let local = create_server(door).unwrap();
    local.set_timeout(Some(LONG)).unwrap();
    for (call, address, server) in
        [("connect", address, &server), ("ppoll", address, &server), ("connect", door, &local)]
    {
        let armed = fault::arm(fault::Plan::fail(call, 1, EINTR));
        let client = patient().connect_to(&[address]).unwrap();
        assert!(armed.struck(), "{call}");
        drop(armed);
        assert_talks(&client, server);
    }
}

#[test]
fn a_name_is_not_looked_up_when_the_time_is_over() {
    let (_server, address) = listening();
    let error =
        Connector::new().timeout(Some(Duration::ZERO)).connect("localhost", port(address)).unwrap_err();
    assert_eq!(error.to_string(), format!("resolve localhost:{}: timed out", port(address)));
    assert_eq!((error.operation(), error.cause()), (Operation::Resolve, Cause::TimedOut));
    // An address is no name.
    let error =
        Connector::new().timeout(Some(Duration::ZERO)).connect("127.0.0.1", port(address)).unwrap_err();
    assert_eq!((error.operation(), error.cause()), (Operation::CreateConnection, Cause::TimedOut));
}

/// The kernel has no route for a TCP connection to a broadcast address.
const UNREACHABLE: (Ipv4Addr, u16) = (Ipv4Addr::new(127, 255, 255, 255), 9);

#[test]
fn a_refusal_is_told_before_a_network_that_cannot_be_reached() {
    let (_bound, refused) = refusing();
    let unreachable = Address::from(UNREACHABLE);
    for addresses in [[refused, unreachable], [unreachable, refused]] {
        let mut errors = vec![patient().connect_to(&addresses).unwrap_err()];
        #[cfg(feature = "tokio")]
        errors.push(super::awaited::run(patient().connect_to_async(&addresses)).unwrap_err());
        for error in errors {
            let [one, two] = addresses;
            let want =
                format!("create_connection (tried tcp {one}, tcp {two}): connection refused (os error 111)");
            assert_eq!(error.to_string(), want);
            assert_eq!(error.attempts().len(), 2);
        }
    }
    let error = patient().connect_to(&[unreachable, unreachable]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NetworkUnreachable, "{error}");
}

#[test]
fn of_several_failures_the_one_is_told_that_says_most() {
    let (refused, reset, denied, descriptors) = (Some(111), Some(104), Some(13), Some(24));
    let (no_network, no_host, no_family, no_address) = (Some(101), Some(113), Some(97), Some(99));
    let (silent, late, scopeless) = (Some(110), None, Some(22));
    let rows: [(&[Option<i32>], usize); 14] = [
        (&[refused, no_network], 0),
        (&[no_network, refused], 1),
        (&[no_family, refused, no_network], 1),
        (&[refused, no_address], 0),
        (&[denied, no_network], 0),
        (&[descriptors, no_family], 0),
        (&[reset, silent], 0),
        (&[refused, late], 0),
        (&[silent, no_host], 0),
        (&[no_host, no_network], 0),
        (&[scopeless, refused, scopeless], 1),
        // Of two that say as much, the later.
        (&[refused, denied], 1),
        (&[no_family, no_network], 1),
        (&[late, silent], 1),
    ];
    for (errnos, want) in rows {
        assert_eq!(most_useful(errnos.iter().copied()), Some(want), "{errnos:?}");
    }
    assert_eq!(most_useful([]), None);
}
