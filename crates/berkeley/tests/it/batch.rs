//! Many datagrams in a call: what was sent arrives, the same datagrams in the same order, however they travelled.

mod beside;
#[cfg(feature = "fault")]
mod fallback;
#[cfg(feature = "fault")]
mod faults;
mod receiving;
mod sending;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::{Address, Socket};
use proptest::prelude::*;

use crate::bounded::JoinInTime;
use crate::support::{Kind, LIMIT, LONG, TCP6, UDP, UNIX_DGRAM, UNIX_SEQPACKET, pattern, within};

const UDP6: Kind = Kind { name: "udp v6", socket_type: UDP.socket_type, ..TCP6 };

/// Every kind that keeps boundaries.
const KEEPERS: [Kind; 4] = [UDP, UDP6, UNIX_DGRAM, UNIX_SEQPACKET];

/// The longest that a test sends.
const ROOM: usize = 4096;

/// One size several times, smaller ones, larger ones, and empty ones.
const SIZES: [usize; 16] = [1200, 1200, 1200, 700, 1200, 1201, 0, 0, 1, 1, 1, 1, 4000, 64, 64, 63];

/// Datagrams of these sizes, each with bytes of its own.
fn payloads(sizes: &[usize]) -> Vec<Vec<u8>> {
    let bytes = pattern(sizes.len() + ROOM);
    sizes.iter().enumerate().map(|(at, size)| bytes[at..at + size].to_vec()).collect()
}

/// A pair, the left one of which has no peer where the kind knows addresses: the address to send to instead.
fn towards(kind: Kind, connected: bool) -> (Socket, Socket, Option<Address>) {
    let (left, right) = kind.pair();
    right.set_timeout(Some(LONG)).unwrap();
    if connected || kind == UNIX_SEQPACKET {
        return (left, right, None);
    }
    let (right, address) = kind.bound();
    right.set_timeout(Some(LONG)).unwrap();
    (kind.socket(), right, Some(address))
}

fn datagrams<'a>(payloads: &'a [Vec<u8>], address: Option<&'a Address>) -> Vec<Datagram<'a>> {
    payloads
        .iter()
        .map(|bytes| match address {
            Some(address) => Datagram::new(bytes).to(address),
            None => Datagram::new(bytes),
        })
        .collect()
}

/// Receives `count` datagrams.
fn receive(socket: &Socket, batch: &mut RecvBatch, count: usize) -> Vec<Vec<u8>> {
    let mut received = Vec::new();
    while received.len() < count {
        let more = socket.recv_many(batch).unwrap();
        assert_eq!((batch.len(), batch.iter().len(), batch.is_empty()), (more, more, false));
        received.extend(batch.iter().map(|datagram| datagram.bytes().to_vec()));
    }
    received
}

/// Sends `payloads` over a pair of `kind`, and asserts that they arrive as they are.
fn assert_arrives(kind: Kind, payloads: &[Vec<u8>], connected: bool, gso: bool, gro: bool) {
    let (left, right, address) = towards(kind, connected);
    let mut received = if gro { RecvBatch::gro(&right, 4) } else { RecvBatch::new(4, ROOM) }.unwrap();
    let mut batch = SendBatch::new().gso(gso);
    let sent = datagrams(payloads, address.as_ref());
    // The queue of a Unix socket holds fewer: then sending waits for receiving.
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| left.send_many(&sent, &mut batch));
        let arrived = receive(&right, &mut received, payloads.len());
        sending.join_in_time().unwrap().unwrap();
        let name = format!("{}, connected {connected}, gso {gso}, gro {gro}", kind.name);
        let lengths = |list: &[Vec<u8>]| list.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(&arrived), lengths(payloads), "{name}");
        assert_eq!(arrived, payloads, "{name}");
    });
}

#[test]
fn what_was_sent_arrives_datagram_by_datagram() {
    within(LIMIT, || {
        for kind in KEEPERS {
            for switches in 0..8 {
                let [connected, gso, gro] = [1, 2, 4].map(|switch| switches & switch != 0);
                assert_arrives(kind, &payloads(&SIZES), connected, gso, gro);
            }
        }
    });
}

/// More than one call can take, and more than a queue holds.
#[test]
fn thousands_of_datagrams_arrive_in_their_order() {
    within(LIMIT, || {
        for kind in [UNIX_DGRAM, UNIX_SEQPACKET] {
            let sizes: Vec<usize> = (0..3000).map(|at| at % 300).collect();
            assert_arrives(kind, &payloads(&sizes), true, true, false);
        }
    });
}

/// No more than a receive buffer of the usual 208 KiB holds, should nobody read for a while: at most 24 datagrams, for
/// the longest of which the kernel counts 8.3 KiB.
fn some_sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![Just(0), Just(1), Just(100), 0..ROOM];
    let repeated = (size, 1..7_usize).prop_map(|(size, times)| vec![size; times]);
    prop::collection::vec(repeated, 1..5).prop_map(|runs| runs.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_sizes_are_sent_arrive_as_they_are(sizes in some_sizes(), switches in 0..8) {
        let [connected, gso, gro] = [1, 2, 4].map(|switch| switches & switch != 0);
        assert_arrives(UDP, &payloads(&sizes), connected, gso, gro);
    }
}
