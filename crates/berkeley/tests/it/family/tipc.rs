//! TIPC within this machine: services, pairs and connections.

use std::net::Shutdown;
use std::thread;

use berkeley::address::{TipcAddress, TipcName};
use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::{Address, Family, Protocol, Socket, Type};

use super::socket_or_skip;
use crate::bounded::JoinInTime;
use crate::support::{LIMIT, LONG, within};

/// `TIPC_NODE_SCOPE`
const NODE: i8 = 3;

fn socket(test: &str, kind: Type) -> Option<Socket> {
    let socket = socket_or_skip(&format!("tipc::{test}"), Family::TIPC, kind, Protocol::DEFAULT)?;
    socket.set_timeout(Some(LONG)).unwrap();
    Some(socket)
}

/// A service of this process's own, so that two runs at once do not meet.
fn service(instance: u32) -> TipcAddress {
    let name = TipcName::Service { service: 0x4000_0000 | std::process::id(), instance, domain: 0 };
    TipcAddress { name, scope: NODE }
}

#[test]
fn datagrams_reach_a_service_by_its_name() {
    for (kind, instance) in [(Type::RDM, 17), (Type::DGRAM, 18)] {
        let Some(server) = socket("datagrams_reach_a_service_by_its_name", kind) else { return };
        within(LIMIT, move || {
            let TipcName::Service { service: number, .. } = service(instance).name else { unreachable!() };
            let range = TipcName::Range { service: number, lower: instance, upper: instance };
            server.bind(TipcAddress { name: range, scope: NODE }).unwrap();
            let client = Socket::new(Family::TIPC, kind, Protocol::DEFAULT).unwrap();
            client.set_timeout(Some(LONG)).unwrap();
            client.send_to(b"hello", service(instance)).unwrap();
            let mut buffer = [0; 64];
            let (length, from) = server.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..length], from), (&b"hello"[..], client.local_address().unwrap()));
            server.send_to(b"back", from).unwrap();
            assert_eq!(client.recv_vec(64).unwrap(), b"back");
            many(&client, &server, service(instance).into());
        });
    }
}

fn many(client: &Socket, server: &Socket, to: Address) {
    let datagrams: Vec<_> = [b"one", b"two", b"six"].map(|bytes| Datagram::new(bytes).to(&to)).into();
    client.send_many(datagrams.as_slice(), &mut SendBatch::new()).unwrap();
    let (mut batch, mut received) = (RecvBatch::new(8, 64).unwrap(), Vec::new());
    while received.len() < 3 {
        server.recv_many(&mut batch).unwrap();
        received.extend(batch.iter().map(|arrival| arrival.bytes().to_vec()));
    }
    assert_eq!(received, [b"one", b"two", b"six"]);
}

#[test]
fn a_connection_is_made_to_a_service() {
    for (kind, instance) in [(Type::STREAM, 19), (Type::SEQPACKET, 20)] {
        let Some(listener) = socket("a_connection_is_made_to_a_service", kind) else { return };
        within(LIMIT, move || {
            listener.bind(service(instance)).unwrap();
            listener.listen(1).unwrap();
            let client = Socket::new(Family::TIPC, kind, Protocol::DEFAULT).unwrap();
            client.set_timeout(Some(LONG)).unwrap();
            // The connection is made when it is accepted, not when it is queued.
            let client = thread::spawn(move || client.connect(service(instance)).map(|()| client));
            let (server, peer) = listener.accept().unwrap();
            let client = client.join_in_time().unwrap().unwrap();
            server.set_timeout(Some(LONG)).unwrap();
            assert_eq!(peer, client.local_address().unwrap());
            client.send_all(b"hello").unwrap();
            assert_eq!(server.recv_vec(64).unwrap(), b"hello");
            server.send_all(b"back").unwrap();
            assert_eq!(client.recv_vec(64).unwrap(), b"back");
            server.shutdown(Shutdown::Both).unwrap();
            assert_eq!(client.recv_vec(64).unwrap(), b"");
        });
    }
}

#[test]
fn the_family_has_pairs() {
    if socket("the_family_has_pairs", Type::SEQPACKET).is_none() {
        return;
    }
    within(LIMIT, || {
        let (left, right) = Socket::pair(Family::TIPC, Type::SEQPACKET, Protocol::DEFAULT).unwrap();
        right.set_timeout(Some(LONG)).unwrap();
        left.send(b"hello").unwrap();
        assert_eq!(right.recv_vec(64).unwrap(), b"hello");
    });
}
