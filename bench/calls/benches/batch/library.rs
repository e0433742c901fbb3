//! The library: `send_many` and `recv_many`, datagrams one by one and as pieces.

use std::net::Ipv4Addr;
use std::os::fd::OwnedFd;

use berkeley::batch::{RecvBatch, Segments, SendBatch};
use berkeley::control::Ecn;
use berkeley::{Address, Socket, option};

use super::flood::{Receiver, Sender, Sockets};

/// Messages in a receive: as many as libc's loop has.
const MESSAGES: usize = 64;
/// Pieces in a receive: as many as quinn-udp has.
const PIECES: usize = 32;

pub(crate) fn one_by_one(sockets: Sockets) -> (Sender, Receiver) {
    let batch = RecvBatch::new(MESSAGES, sockets.size).expect("a batch");
    ends(sockets, SendBatch::new().gso(false), |_| batch)
}

pub(crate) fn pieces(sockets: Sockets) -> (Sender, Receiver) {
    ends(sockets, SendBatch::new(), |socket| {
        let batch = RecvBatch::gro(socket, PIECES).expect("a batch");
        assert!(batch.is_gro(), "this kernel has no UDP_GRO");
        batch
    })
}

/// Each datagram with a mark and a source address, which the receiver looks at.
pub(crate) fn marked(sockets: Sockets) -> (Sender, Receiver) {
    let Sockets { sender, receiver, to, size } = sockets;
    let (sender, receiver) = [sender, receiver].map(|socket| Socket::from(OwnedFd::from(socket))).into();
    receiver.set(option::ip::RECVTOS, true).expect("IP_RECVTOS");
    receiver.set(option::ip::PKTINFO, true).expect("IP_PKTINFO");
    let mut batch = RecvBatch::gro_with_control(&receiver, PIECES, RecvBatch::IP).expect("a batch");
    let (to, source, mut out) = (Address::from(to), Ipv4Addr::LOCALHOST, SendBatch::new());
    let send = move |payload: &[u8]| {
        let datagrams = Segments::new(payload, size).expect("a size").to(&to).ecn(Ecn::Ect0).source(source);
        sender.send_many(&datagrams, &mut out).expect("berkeley's send_many");
    };
    let receive = move |look: &mut dyn FnMut(&[u8])| {
        receiver.recv_many(&mut batch).expect("berkeley's recv_many");
        for arrival in batch.arrivals() {
            let mut datagrams = arrival.datagrams();
            let first = datagrams.next().expect("a datagram");
            let seen = (first.ecn(), first.local());
            assert_eq!(seen, (Some(Ecn::Ect0), Some(source.into())), "another mark came");
            look(first.bytes());
            for datagram in datagrams {
                look(datagram.bytes());
            }
        }
    };
    (Box::new(send), Box::new(receive))
}

fn ends(
    sockets: Sockets,
    mut out: SendBatch,
    batch: impl FnOnce(&Socket) -> RecvBatch,
) -> (Sender, Receiver) {
    let Sockets { sender, receiver, to, size } = sockets;
    let (sender, receiver) = [sender, receiver].map(|socket| Socket::from(OwnedFd::from(socket))).into();
    let to = Address::from(to);
    let mut batch = batch(&receiver);
    let send = move |payload: &[u8]| {
        let datagrams = Segments::new(payload, size).expect("a size").to(&to);
        sender.send_many(&datagrams, &mut out).expect("berkeley's send_many");
    };
    let receive = move |look: &mut dyn FnMut(&[u8])| {
        receiver.recv_many(&mut batch).expect("berkeley's recv_many");
        for datagram in &batch {
            look(datagram.bytes());
        }
    };
    (Box::new(send), Box::new(receive))
}
