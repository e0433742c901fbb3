//! Reliable datagrams (RDS) over the loopback. The family refuses every flag that it does not know.

use std::io::IoSlice;
use std::net::Ipv4Addr;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::{Address, Family, Flags, Protocol, SendMessage, Socket, SocketRef, Type};
use std::os::fd::AsFd;

use super::{adopted, socket_or_skip};
use crate::support::{LIMIT, LONG, within};

/// Two bound sockets, and the address of the second; `None` where the kernel has no RDS.
fn pair(test: &str) -> Option<(Socket, Socket, Address)> {
    let test = format!("rds::{test}");
    let [left, right] = [(); 2].map(|()| {
        let socket = socket_or_skip(&test, Family::RDS, Type::SEQPACKET, Protocol::DEFAULT)?;
        socket.set_timeout(Some(LONG)).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        Some(socket)
    });
    let (left, right) = (left?, right?);
    let address = right.local_address().unwrap();
    Some((left, right, address))
}

/// A way of sending, by its name.
type Send<'s> = (&'s str, &'s dyn Fn() -> berkeley::Result<usize>);

#[test]
fn every_way_of_sending_arrives() {
    let Some((left, right, to)) = pair("every_way_of_sending_arrives") else { return };
    within(LIMIT, move || {
        let from = left.local_address().unwrap();
        let adopted = adopted(left.try_clone().unwrap());
        let borrowed = SocketRef::borrow(left.as_fd());
        let message = [IoSlice::new(b"send_msg")];
        let message = SendMessage::new(&message).to(to).unwrap();
        let ways: [Send<'_>; 8] = [
            ("send_to", &|| left.send_to(b"send_to", to)),
            ("try_send_to", &|| left.try_send_to(b"try_send_to", to, Flags::NONE)),
            ("send_msg", &|| left.send_msg(&message)),
            ("try_send_msg", &|| left.try_send_msg(&message)),
            ("adopted", &|| adopted.send_to(b"adopted", to)),
            ("adopted", &|| adopted.send_msg(&message)),
            ("borrowed", &|| borrowed.send_to(b"borrowed", to)),
            ("with_family", &|| {
                SocketRef::borrow(left.as_fd()).with_family(Family::RDS).send_to(b"with_family", to)
            }),
        ];
        let mut buffer = [0; 64];
        for (way, send) in ways {
            let sent = send().unwrap_or_else(|error| panic!("{way}: {error}"));
            assert_eq!(right.recv_from(&mut buffer).unwrap(), (sent, from), "{way}");
        }
        left.connect(to).unwrap();
        left.send(b"connected").unwrap();
        left.send_all(b"connected").unwrap();
        for _ in 0..2 {
            assert_eq!(right.recv_vec(64).unwrap(), b"connected");
        }
    });
}

#[test]
fn a_batch_arrives_in_its_order() {
    for adopts in [false, true] {
        let Some((left, right, to)) = pair("a_batch_arrives_in_its_order") else { return };
        within(LIMIT, move || {
            let left = if adopts { adopted(left) } else { left };
            left.set_timeout(Some(LONG)).unwrap();
            let datagrams: Vec<_> = [b"one", b"two", b"six"].map(|bytes| Datagram::new(bytes).to(&to)).into();
            left.send_many(datagrams.as_slice(), &mut SendBatch::new()).unwrap();
            let mut batch = RecvBatch::new(8, 64).unwrap();
            let mut received = Vec::new();
            while received.len() < 3 {
                right.recv_many(&mut batch).unwrap();
                received.extend(batch.iter().map(|arrival| arrival.bytes().to_vec()));
            }
            assert_eq!(received, [b"one", b"two", b"six"]);
        });
    }
}

#[cfg(feature = "tokio")]
#[test]
fn it_is_awaited() {
    let Some((left, right, to)) = pair("it_is_awaited") else { return };
    within(LIMIT, move || {
        let runtime = ::tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let [left, right] = [left, right].map(|it| berkeley::AsyncSocket::from_socket(it).unwrap());
            left.send_to(b"awaited", to).await.unwrap();
            assert_eq!(right.recv_vec(64).await.unwrap(), b"awaited");
            let datagrams = [Datagram::new(b"one").to(&to), Datagram::new(b"two").to(&to)];
            left.send_many(&datagrams, &mut SendBatch::new()).await.unwrap();
            assert_eq!(right.recv_vec(64).await.unwrap(), b"one");
            assert_eq!(right.recv_vec(64).await.unwrap(), b"two");
        });
    });
}
