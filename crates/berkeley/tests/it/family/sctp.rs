//! SCTP over the loopback: one association a socket, and many.

use std::net::{Ipv4Addr, Shutdown};

use berkeley::{Address, Connector, Family, Flags, Protocol, ServerOptions, Socket, Type, option};

use super::socket_or_skip;
use crate::support::{LIMIT, LONG, pattern, within};

fn socket(test: &str, kind: Type) -> Option<Socket> {
    let socket = socket_or_skip(&format!("sctp::{test}"), Family::INET, kind, Protocol::SCTP)?;
    socket.set_timeout(Some(LONG)).unwrap();
    Some(socket)
}

fn listener(test: &str, kind: Type) -> Option<(Socket, Address)> {
    let listener = socket(test, kind)?;
    listener.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.listen(4).unwrap();
    let address = listener.local_address().unwrap();
    Some((listener, address))
}

#[test]
fn one_to_one_connects_and_keeps_records() {
    let test = "one_to_one_connects_and_keeps_records";
    let Some((listener, address)) = listener(test, Type::STREAM) else { return };
    within(LIMIT, move || {
        let client = socket(test, Type::STREAM).unwrap();
        client.set(option::sctp::NODELAY, true).unwrap();
        client.connect(address).unwrap();
        let (server, peer) = listener.accept().unwrap();
        server.set_timeout(Some(LONG)).unwrap();
        assert_eq!(peer, client.local_address().unwrap());
        let long = pattern(3000);
        for record in [&b"one"[..], b"two", &long] {
            assert_eq!(client.send(record).unwrap(), record.len());
        }
        let mut buffer = vec![0; 4096];
        for record in [&b"one"[..], b"two", &long] {
            let mut control = berkeley::control::ControlBuffer::new();
            let mut buffers = [std::io::IoSliceMut::new(&mut buffer)];
            let received = server.recv_msg(&mut buffers, &mut control).unwrap();
            assert!(received.is_end_of_record());
            assert_eq!(&buffer[..received.length], record);
        }
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(server.recv(&mut buffer).unwrap(), 0, "the association is shut");
    });
}

#[test]
fn one_to_many_sends_without_connecting() {
    let test = "one_to_many_sends_without_connecting";
    let Some((server, address)) = listener(test, Type::SEQPACKET) else { return };
    within(LIMIT, move || {
        let clients = [(); 2].map(|()| socket(test, Type::SEQPACKET).unwrap());
        for (client, text) in clients.iter().zip([b"first", b"other"]) {
            client.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            client.send_to(text, address).unwrap();
            let mut buffer = [0; 64];
            let (length, from) = server.recv_from(&mut buffer).unwrap();
            assert_eq!((&buffer[..length], from), (&text[..], client.local_address().unwrap()));
            server.send_to(b"back", from).unwrap();
            assert_eq!(client.recv_vec(64).unwrap(), b"back");
        }
    });
}

#[test]
fn a_peer_that_has_gone_is_an_error_and_no_signal() {
    let test = "a_peer_that_has_gone_is_an_error_and_no_signal";
    let Some((listener, address)) = listener(test, Type::STREAM) else { return };
    within(LIMIT, move || {
        let client = socket(test, Type::STREAM).unwrap();
        client.connect(address).unwrap();
        drop(listener.accept().unwrap());
        // Until the shutdown has come over, sends are taken.
        let error = loop {
            if let Err(error) = client.send_with(b"into the void", Flags::NONE) {
                break error;
            }
        };
        assert!(!error.is_would_block(), "{error}");
    });
}

#[test]
fn a_server_and_a_connector_are_told_the_protocol() {
    let test = "a_server_and_a_connector_are_told_the_protocol";
    if socket(test, Type::STREAM).is_none() {
        return;
    }
    within(LIMIT, || {
        let server = ServerOptions::new().protocol(Protocol::SCTP).create_server("127.0.0.1:0").unwrap();
        server.set_timeout(Some(LONG)).unwrap();
        let connector = Connector::new().protocol(Protocol::SCTP).timeout(Some(LONG));
        let client = connector.connect_to(&[server.local_address().unwrap()]).unwrap();
        client.send(b"a record").unwrap();
        let (peer, _) = server.accept().unwrap();
        peer.set_timeout(Some(LONG)).unwrap();
        assert_eq!(peer.recv_vec(64).unwrap(), b"a record");
    });
}
