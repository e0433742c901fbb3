//! The library: `send_many` and `recv_many`, datagrams one by one and as pieces.

use std::os::fd::OwnedFd;

use berkeley::batch::{RecvBatch, Segments, SendBatch};
use berkeley::{Address, Socket};

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
