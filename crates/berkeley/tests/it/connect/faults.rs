//! Every system call on the way fails in turn: the error has its shape, and no descriptor is left.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};

use berkeley::{Address, Connector, Result, ServerOptions, Socket, Type, UnixAddress, create_server, fault};

use super::server::has_ipv6;
use super::{LONG, listening, patient, port};
use crate::support::{TempDir, alone, open_descriptors};

const ENOBUFS: i32 = 105;

/// Makes each system call of `make` fail in turn. Each failure must be an error that opens with one of `starts`.
fn fail_in_turn(starts: &[&str], make: &dyn Fn() -> Result<Socket>) {
    // Once without a count: the C library may keep what it opens at first.
    drop(make().unwrap());
    let counted = fault::arm(fault::Plan::count());
    drop(make().unwrap());
    let calls = counted.seen();
    drop(counted);
    assert!(calls >= 2, "{calls} calls");

    let before = open_descriptors();
    for nth in 1..=calls {
        let armed = fault::arm(fault::Plan::fail_any(nth, ENOBUFS));
        let result = make();
        assert!(armed.struck(), "call {nth} of {calls} was not made");
        drop(armed);
        let message = result.unwrap_err().to_string();
        assert!(starts.iter().any(|start| message.starts_with(start)), "call {nth}: {message}");
        assert!(message.ends_with(": no buffer space available (os error 105)"), "call {nth}: {message}");
        assert_eq!(open_descriptors(), before, "call {nth} left a descriptor: {message}");
    }
}

#[test]
fn a_connection_that_fails_anywhere_leaves_nothing_open() {
    alone(|| {
        let (_server, address) = listening();
        let resolve = format!("resolve {address}: ");
        let tried = |from: &str| format!("create_connection {address} (tried tcp {address}{from}): ");
        let starts = [resolve.as_str(), &tried("")];
        fail_in_turn(&starts, &|| patient().connect("127.0.0.1", port(address)));
        let starts = [resolve.as_str(), &tried(" from 127.0.0.1:0")];
        fail_in_turn(&starts, &|| {
            Connector::new().local((Ipv4Addr::LOCALHOST, 0)).unwrap().connect("127.0.0.1", port(address))
        });
    });
}

#[test]
fn a_first_address_that_fails_anywhere_gives_way_to_the_second() {
    let (_server, address) = listening();
    let counted = fault::arm(fault::Plan::count());
    drop(patient().connect_to(&[address]).unwrap());
    let calls = counted.seen();
    drop(counted);
    for nth in 1..=calls {
        let armed = fault::arm(fault::Plan::fail_any(nth, ENOBUFS));
        let client = patient().connect_to(&[address, address]).unwrap();
        assert!(armed.struck(), "call {nth} of {calls} was not made");
        assert_eq!(client.timeout(), Some(LONG));
    }
}

#[test]
fn a_server_that_fails_anywhere_leaves_nothing_open() {
    alone(|| {
        let shared = ServerOptions::new().reuse_port(true);
        fail_in_turn(&["create_server tcp 127.0.0.1:0: "], &|| {
            shared.create_server((Ipv4Addr::LOCALHOST, 0))
        });
        let datagrams = ServerOptions::new().kind(Type::DGRAM);
        fail_in_turn(&["create_server udp 127.0.0.1:0: "], &|| {
            datagrams.create_server((Ipv4Addr::LOCALHOST, 0))
        });
        if has_ipv6() {
            let dual = ServerOptions::new().dual_stack(true);
            fail_in_turn(&["create_server tcp [::]:0: "], &|| dual.create_server((Ipv6Addr::UNSPECIFIED, 0)));
        }
        let folder = TempDir::new();
        let path = folder.path("door");
        let address = Address::from(UnixAddress::from_path(&path).unwrap());
        fail_in_turn(&[&format!("create_server unix {}: ", path.display())], &|| {
            assert!(!path.exists(), "a failure left the path behind");
            let server = create_server(address)?;
            fs::remove_file(&path).unwrap();
            Ok(server)
        });
    });
}
