//! Every system call on the way fails in turn: the error has its shape, and no descriptor is left.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use berkeley::{Address, Connector, Result, ServerOptions, Socket, Type, UnixAddress, create_server, fault};

use super::server::{Folder, has_ipv6};
use super::{LONG, listening, patient, port};

const ENOBUFS: i32 = 105;

/// Runs `body` alone in a process, where all descriptors are its own: this binary again, for the one test `name`.
fn alone(name: &'static str, body: fn()) {
    const ALONE: &str = "BERKELEY_TEST_ALONE";
    if env::var_os(ALONE).is_some_and(|alone| alone == name) {
        return body();
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut command = Command::new(env::current_exe().unwrap());
        command.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(ALONE, name);
        sender.send(command.output().unwrap())
    });
    let output = receiver.recv_timeout(Duration::from_secs(60)).expect("the process ends in time");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{complaint}");
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Makes each system call of `make` fail in turn. Each failure must be an error that opens with one of `starts`.
fn fail_in_turn(starts: &[&str], make: &dyn Fn() -> Result<Socket>) {
    // Once without a count: the C library may keep what it opens at first.
    drop(make().unwrap());
    let counted = fault::arm(fault::Plan::count());
    drop(make().unwrap());
    let calls = counted.seen();
    drop(counted);
    assert!(calls >= 2, "{calls} calls");

    let before = descriptors();
    for nth in 1..=calls {
        let armed = fault::arm(fault::Plan::fail_any(nth, ENOBUFS));
        let result = make();
        assert!(armed.struck(), "call {nth} of {calls} was not made");
        drop(armed);
        let message = result.unwrap_err().to_string();
        assert!(starts.iter().any(|start| message.starts_with(start)), "call {nth}: {message}");
        assert!(message.ends_with(": no buffer space available (os error 105)"), "call {nth}: {message}");
        assert_eq!(descriptors(), before, "call {nth} left a descriptor: {message}");
    }
}

#[test]
fn a_connection_that_fails_anywhere_leaves_nothing_open() {
    alone("connect::faults::a_connection_that_fails_anywhere_leaves_nothing_open", || {
        let (_server, address) = listening();
        let resolve = format!("resolve {address}: ");
        let tried = |from: &str| format!("create_connection {address} (tried tcp {address}{from}): ");
        let starts = [resolve.as_str(), &tried("")];
        fail_in_turn(&starts, &|| patient().connect("127.0.0.1", port(address)));
        let starts = [resolve.as_str(), &tried(" from 127.0.0.1:0")];
        fail_in_turn(&starts, &|| {
            Connector::new().local((Ipv4Addr::LOCALHOST, 0)).connect("127.0.0.1", port(address))
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
    alone("connect::faults::a_server_that_fails_anywhere_leaves_nothing_open", || {
        let shared = ServerOptions::new().reuse_port(true);
        fail_in_turn(&["create_server tcp 127.0.0.1:0: "], &|| {
            create_server((Ipv4Addr::LOCALHOST, 0), &shared)
        });
        let datagrams = ServerOptions::new().kind(Type::DGRAM);
        fail_in_turn(&["create_server udp 127.0.0.1:0: "], &|| {
            create_server((Ipv4Addr::LOCALHOST, 0), &datagrams)
        });
        if has_ipv6() {
            let dual = ServerOptions::new().dual_stack(true);
            fail_in_turn(&["create_server tcp [::]:0: "], &|| {
                create_server((Ipv6Addr::UNSPECIFIED, 0), &dual)
            });
        }
        let folder = Folder::new();
        let path = folder.path("door");
        let address = Address::from(UnixAddress::from_path(&path).unwrap());
        fail_in_turn(&[&format!("create_server unix {}: ", path.display())], &|| {
            assert!(!path.exists(), "a failure left the path behind");
            let server = create_server(address, &ServerOptions::new())?;
            fs::remove_file(&path).unwrap();
            Ok(server)
        });
    });
}
