//! DCCP over the loopback: datagrams with a connection, until Linux 6.16.

use std::net::Ipv4Addr;

use berkeley::{Family, Protocol, Socket, Type, option};

use super::socket_or_skip;
use crate::support::{LIMIT, LONG, within};

#[test]
fn a_service_is_asked_for_and_datagrams_arrive() {
    const SERVICE: u32 = 0x6265_726b;
    let test = "dccp::a_service_is_asked_for_and_datagrams_arrive";
    let Some(listener) = socket_or_skip(test, Family::INET, Type::DCCP, Protocol::DCCP) else { return };
    within(LIMIT, move || {
        listener.set_timeout(Some(LONG)).unwrap();
        listener.set(option::dccp::SERVICE, SERVICE).unwrap();
        listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.listen(1).unwrap();
        let client = Socket::new(Family::INET, Type::DCCP, Protocol::DCCP).unwrap();
        client.set_timeout(Some(LONG)).unwrap();
        client.set(option::dccp::SERVICE, SERVICE).unwrap();
        client.connect(listener.local_address().unwrap()).unwrap();
        let (server, peer) = listener.accept().unwrap();
        server.set_timeout(Some(LONG)).unwrap();
        assert_eq!(peer, client.local_address().unwrap());
        for text in [&b"one"[..], b"two"] {
            assert_eq!(client.send(text).unwrap(), text.len());
            assert_eq!(server.recv_vec(64).unwrap(), text);
        }
        server.send(b"back").unwrap();
        assert_eq!(client.recv_vec(64).unwrap(), b"back");
        assert!(client.get(option::dccp::GET_CUR_MPS).unwrap() > 0);
    });
}
