//! Several servers at once: all of them or none.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

#[cfg(feature = "tokio")]
use berkeley::create_servers_async;
#[cfg(feature = "fault")]
use berkeley::fault;
use berkeley::resolve::{Hints, resolve};
use berkeley::{
    Address, Cause, Operation, Result, ServerOptions, Socket, Type, create_server, create_servers,
    create_servers_at,
};

use super::server::has_ipv6;
use super::{LONG, assert_talks, listening, patient, port};
use crate::support::{LIMIT, TempDir, alone, open_descriptors};

const ENOBUFS: i32 = 105;
const EADDRINUSE: i32 = 98;

fn addresses(servers: &[Socket]) -> Vec<Address> {
    servers.iter().map(|server| server.local_address().unwrap()).collect()
}

/// Addresses of IPv4 loopback that no other test listens on.
fn loopback(last: [u8; 3]) -> Vec<Address> {
    last.map(|last| Address::from((Ipv4Addr::new(127, 77, 1, last), 0))).to_vec()
}

#[test]
fn a_name_is_served_at_every_address_it_has_on_one_port() {
    let servers = create_servers("localhost", 0).unwrap();
    let ports: HashSet<u16> = addresses(&servers).into_iter().map(port).collect();
    assert_eq!(ports.len(), 1, "{servers:?}");
    for server in &servers {
        server.set_timeout(Some(LONG)).unwrap();
        assert!(server.local_address().unwrap().ip().unwrap().is_loopback());
        assert_talks(&patient().connect_to(&[server.local_address().unwrap()]).unwrap(), server);
    }
}

#[test]
fn an_empty_host_is_every_address_and_both_families() {
    let servers = ServerOptions::new().kind(Type::DGRAM).create_servers("", 0).unwrap();
    let ips: HashSet<String> =
        addresses(&servers).iter().map(|address| address.ip().unwrap().to_string()).collect();
    let mut want = HashSet::from(["0.0.0.0".to_owned()]);
    if has_ipv6() {
        want.insert("::".to_owned());
    }
    assert_eq!(ips, want);
}

#[test]
fn those_of_a_list_share_the_port_that_the_kernel_chose() {
    let folder = TempDir::new();
    let mut list = loopback([1, 2, 3]);
    list.push(folder.unix("door").into());
    let servers = create_servers_at(&list).unwrap();
    let bound = addresses(&servers);
    assert_eq!(bound[3], list[3]);
    assert!(port(bound[0]) != 0 && port(bound[0]) == port(bound[1]) && port(bound[1]) == port(bound[2]));

    // A port that is asked for stays.
    let other = Address::from((Ipv4Addr::new(127, 77, 1, 4), port(bound[0])));
    let servers = create_servers_at(&[other]).unwrap();
    assert_eq!(addresses(&servers), [other]);
}

#[cfg(feature = "fault")]
#[test]
fn where_the_chosen_port_is_taken_another_is_chosen() {
    let armed = fault::arm(fault::Plan::fail("bind", 2, EADDRINUSE));
    let servers = create_servers_at(&loopback([5, 6, 7])).unwrap();
    assert!(armed.struck());
    assert_eq!(servers.len(), 3);
    drop(armed);
    // But not for ever, and not where the port was the caller's choice.
    let armed = fault::arm(fault::Plan::fail("bind", 2, EADDRINUSE).times(1000));
    let error = create_servers_at(&loopback([5, 6, 7])).unwrap_err();
    assert_eq!((error.operation(), error.raw_os_error()), (Operation::CreateServer, Some(EADDRINUSE)));
    drop(armed);
    let (_server, taken) = listening();
    let counted = fault::arm(fault::Plan::count());
    create_servers_at(&[loopback([5, 6, 7])[0], taken]).unwrap_err();
    assert!(counted.seen() < 20, "{}", counted.seen());
}

#[cfg(feature = "fault")]
#[test]
fn one_that_fails_closes_the_others() {
    alone(|| {
        let (_server, taken) = listening();
        let folder = TempDir::new();
        let before = open_descriptors();
        let list = [loopback([1, 2, 3])[0], folder.unix("door").into(), taken];
        let error = create_servers_at(&list).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("create_server tcp {taken}: address already in use (os error 98)")
        );
        assert_eq!(open_descriptors(), before);
        assert!(!folder.path("door").exists(), "the path of one that was made is left behind");
        let counted = fault::arm(fault::Plan::count());
        let list = loopback([1, 2, 3]);
        let make = || -> Result<Vec<Socket>> { create_servers_at(&list) };
        drop(make().unwrap());
        let calls = counted.seen();
        drop(counted);
        for nth in 1..=calls {
            let armed = fault::arm(fault::Plan::fail_any(nth, ENOBUFS));
            let error = make().unwrap_err();
            assert!(armed.struck());
            assert_eq!((error.raw_os_error(), open_descriptors()), (Some(ENOBUFS), before), "call {nth}");
        }
    });
}

#[test]
fn a_list_without_an_address_is_refused_in_words() {
    let error = create_servers_at(&[]).unwrap_err();
    assert_eq!(error.to_string(), "create_server: there is no address to listen on");
    assert_eq!(error.cause(), Cause::Invalid);
}

#[cfg(feature = "fault")]
#[test]
fn a_machine_without_ipv6_serves_the_rest_of_a_name() {
    const EAFNOSUPPORT: i32 = 97;
    let everywhere = resolve("", 0, &Hints::new().kind(Type::STREAM).passive(true)).unwrap();
    // The socket that fails is that of the IPv6 answer, wherever it stands.
    let Some(place) = everywhere.iter().position(|answer| answer.address.ip().unwrap().is_ipv6()) else {
        return crate::skip::skip(
            "connect::servers::a_machine_without_ipv6_serves_the_rest_of_a_name",
            "IPv6",
        );
    };
    let nth = u32::try_from(place).unwrap() + 1;
    let armed = fault::arm(fault::Plan::fail("socket", nth, EAFNOSUPPORT));
    let servers = create_servers("", 0).unwrap();
    assert!(armed.struck());
    assert_eq!(servers.len(), everywhere.len() - 1);
    drop(armed);
    // Where it was asked for by its address, its failure is told.
    let _armed = fault::arm(fault::Plan::fail("socket", 1, EAFNOSUPPORT));
    let six = Address::from((Ipv6Addr::LOCALHOST, 0));
    assert!(create_servers_at(&[six]).is_err());
}

#[cfg(feature = "tokio")]
#[test]
fn awaited_servers_accept() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let work = async {
            let servers = create_servers_async("localhost", 0).await.unwrap();
            for server in servers {
                let address = server.local_address().unwrap();
                let client = patient().connect_to_async(&[address]).await.unwrap();
                let (peer, _) = server.accept().await.unwrap();
                client.send_all(b"hello").await.unwrap();
                assert_eq!(peer.recv_vec(64).await.unwrap(), b"hello");
                let error = berkeley::create_server_async(address).unwrap_err();
                assert_eq!(error.to_string(), create_server(address).unwrap_err().to_string());
            }
        };
        tokio::time::timeout(LIMIT, work).await.unwrap();
    });
    let error = berkeley::create_server_async((Ipv4Addr::LOCALHOST, 0)).unwrap_err();
    assert_eq!(error.operation(), Operation::Register, "outside a runtime");
}
