//! Where the kernel refuses a piece: the same datagrams go one by one, and the refusal is remembered.

use std::process::Command;

use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
use berkeley::fault::{self, Plan};
use berkeley::{Address, Socket};

use super::{UDP6, receive};
use crate::bounded::RunInTime;
use crate::namespace::in_namespace;
use crate::skip::skip;
use crate::support::{LIMIT, LONG, UDP, pattern, within};

const EIO: i32 = 5;
const EINVAL: i32 = 22;
const EMSGSIZE: i32 = 90;
const ENOPROTOOPT: i32 = 92;
const EOPNOTSUPP: i32 = 95;

/// One end that sends, and one that shows in how many pieces it came.
struct Line {
    sender: Socket,
    receiver: Socket,
    address: Address,
    batch: SendBatch,
    inbox: RecvBatch,
}

impl Line {
    /// `None`, with the skip of `test` noted, where the kernel cannot do what is to be refused.
    fn new(test: &str) -> Option<Self> {
        let (receiver, address) = UDP.bound();
        receiver.set_timeout(Some(LONG)).unwrap();
        let inbox = RecvBatch::gro(&receiver, 64).unwrap();
        let (sender, batch) = (UDP.socket(), SendBatch::new());
        if !inbox.is_gro() {
            skip(&format!("batch::fallback::{test}"), "UDP_GRO (Linux 5.0)");
            return None;
        }
        Some(Self { sender, receiver, address, batch, inbox })
    }

    /// Sends ten datagrams of `size`, and gives in how many pieces they arrived.
    fn pieces(&mut self, size: usize) -> usize {
        let buffer = pattern(10 * size);
        let segments = Segments::new(&buffer, size).unwrap().to(&self.address);
        self.sender.send_many(&segments, &mut self.batch).unwrap();
        let (mut arrived, mut pieces) = (Vec::new(), 0);
        while arrived.len() < 10 {
            self.receiver.recv_many(&mut self.inbox).unwrap();
            arrived.extend(self.inbox.iter().map(|datagram| datagram.bytes().to_vec()));
            pieces += self.inbox.arrivals().len();
        }
        assert!(arrived.iter().eq(buffer.chunks(size)), "all arrive, as they were sent");
        pieces
    }
}

#[test]
fn a_refusal_is_met_once_and_no_datagram_is_lost() {
    within(LIMIT, || {
        for errno in [EIO, EOPNOTSUPP, ENOPROTOOPT] {
            let Some(mut line) = Line::new("a_refusal_is_met_once_and_no_datagram_is_lost") else { return };
            assert_eq!(line.pieces(100), 1);
            let armed = fault::arm(Plan::fail("sendmmsg", 1, errno));
            assert_eq!(line.pieces(100), 10, "errno {errno}");
            assert_eq!(armed.seen(), 2, "one refused, one that went");
            assert_eq!(line.pieces(100), 10);
            assert_eq!(line.pieces(1), 10, "of any size");
            assert_eq!(armed.seen(), 4, "and refused no more");
            drop(armed);

            let by_ref = line.sender.by_ref();
            let segments = Segments::new(&[7; 30], 10).unwrap().to(&line.address);
            by_ref.send_many(&segments, &mut line.batch).unwrap();
            line.sender.try_clone().unwrap().send_many(&segments, &mut line.batch).unwrap();
            assert_eq!(receive(&line.receiver, &mut line.inbox, 6).len(), 6);
            assert_eq!(line.inbox.arrivals().len(), 6, "a borrowed socket and a clone know it");

            line.sender = UDP.socket();
            assert_eq!(line.pieces(100), 1, "another socket may have another way");
        }
    });
}

#[test]
fn a_refusal_of_one_size_leaves_the_smaller_ones() {
    within(LIMIT, || {
        for errno in [EINVAL, EMSGSIZE] {
            let Some(mut line) = Line::new("a_refusal_of_one_size_leaves_the_smaller_ones") else { return };
            let armed = fault::arm(Plan::fail("sendmmsg", 1, errno));
            assert_eq!(line.pieces(1000), 10, "errno {errno}");
            assert_eq!(armed.seen(), 2);
            assert_eq!(
                (line.pieces(1000), line.pieces(1001), line.pieces(999)),
                (10, 10, 1),
                "errno {errno}"
            );
            assert_eq!(armed.seen(), 5);
        }
    });
}

/// The datagrams fail by themselves as well: then the pieces were not what the kernel refused.
#[test]
fn an_error_that_is_not_of_the_piece_is_told_and_not_remembered() {
    within(LIMIT, || {
        for errno in [EIO, EINVAL] {
            let Some(mut line) = Line::new("an_error_that_is_not_of_the_piece_is_told_and_not_remembered")
            else {
                return;
            };
            let buffer = [7; 100];
            let segments = Segments::new(&buffer, 10).unwrap().to(&line.address);
            let armed = fault::arm(Plan::fail("sendmmsg", 1, errno).times(2));
            let error = line.sender.send_many(&segments, &mut line.batch).unwrap_err();
            assert_eq!((error.raw_os_error(), error.datagrams_sent()), (Some(errno), 0));
            assert_eq!(armed.seen(), 2);
            drop(armed);
            assert_eq!(line.pieces(10), 1);
        }
    });
}

#[test]
fn a_kernel_without_segmentation_is_asked_once() {
    within(LIMIT, || {
        let Some(mut line) = Line::new("a_kernel_without_segmentation_is_asked_once") else { return };
        let armed = fault::arm(Plan::fail("getsockopt", 2, ENOPROTOOPT));
        assert_eq!((line.pieces(100), line.pieces(100)), (10, 10));
        assert_eq!(armed.seen(), 4, "two by each end, at its first call");
    });
}

#[test]
fn a_kernel_without_gro_says_so() {
    let (receiver, _) = UDP.bound();
    for errno in [ENOPROTOOPT, EOPNOTSUPP] {
        let _armed = fault::arm(Plan::fail("setsockopt", 1, errno));
        assert!(!RecvBatch::gro(&receiver, 4).unwrap().is_gro());
    }
    let _armed = fault::arm(Plan::fail("setsockopt", 1, EIO));
    assert_eq!(RecvBatch::gro(&receiver, 4).unwrap_err().raw_os_error(), Some(EIO));
}

/// What Linux itself refuses (`EINVAL`): a piece of datagrams that are longer than the interface's MTU.
#[test]
fn datagrams_longer_than_the_mtu_go_one_by_one() {
    in_namespace(LIMIT, || {
        let set = Command::new("ip").args(["link", "set", "lo", "mtu", "1500"]).status_in_time().unwrap();
        assert!(set.success());
        let Some(mut line) = Line::new("datagrams_longer_than_the_mtu_go_one_by_one") else { return };
        let armed = fault::arm(Plan::count());
        assert_eq!(line.pieces(1472), 1);
        assert_eq!(line.pieces(2000), 10);
        let calls = armed.seen();
        assert_eq!((line.pieces(1472), line.pieces(1473)), (1, 10));
        assert!(armed.seen() > calls);
    });
}

/// A way whose MTU is small is one peer's: the others' datagrams go on as one piece, in the same call too.
#[test]
fn a_peer_with_a_small_mtu_is_the_only_one_to_be_spared() {
    in_namespace(LIMIT, || {
        let ip = |words: &str| {
            let status = Command::new("ip").args(words.split(' ')).status_in_time().unwrap();
            assert!(status.success(), "ip {words}");
        };
        ip("link set lo mtu 9000");
        ip("route add local 127.9.0.0/16 dev lo mtu 600 table local");
        let Some(mut line) = Line::new("a_peer_with_a_small_mtu_is_the_only_one_to_be_spared") else {
            return;
        };
        let narrow = UDP.socket();
        narrow.bind((std::net::Ipv4Addr::new(127, 9, 0, 1), 0)).unwrap();
        narrow.set_timeout(Some(LONG)).unwrap();
        let to_narrow = narrow.local_address().unwrap();
        let mut narrow_inbox = RecvBatch::gro(&narrow, 64).unwrap();

        let buffer = pattern(1200);
        let both: Vec<_> = [&to_narrow, &line.address]
            .into_iter()
            .flat_map(|address| [Datagram::new(&buffer).to(address); 4])
            .collect();
        let armed = fault::arm(Plan::fail("sendmmsg", u32::MAX, 0));
        for calls in [2, 3] {
            line.sender.send_many(&both, &mut line.batch).unwrap();
            assert_eq!(receive(&narrow, &mut narrow_inbox, 4), vec![buffer.clone(); 4]);
            assert_eq!(receive(&line.receiver, &mut line.inbox, 4), vec![buffer.clone(); 4]);
            assert_eq!(line.inbox.arrivals().len(), 1, "the other peer's are one piece");
            assert_eq!(armed.seen(), calls, "refused once");
        }
        drop(armed);

        // A connection's own peer, and its next.
        line.sender.connect(to_narrow).unwrap();
        line.sender.send_many(&Segments::new(&buffer, 600).unwrap(), &mut line.batch).unwrap();
        assert_eq!(receive(&narrow, &mut narrow_inbox, 2).len(), 2);
        line.sender.connect(line.address).unwrap();
        line.sender.send_many(&Segments::new(&buffer, 600).unwrap(), &mut line.batch).unwrap();
        assert_eq!(receive(&line.receiver, &mut line.inbox, 2).len(), 2);
        assert_eq!(line.inbox.arrivals().len(), 1, "another connection has another way");
    });
}

/// An interface without checksum offload is Linux's other refusal (`EIO`); IPv6 has no exception from it.
#[test]
fn without_the_interfaces_checksums_all_arrive() {
    within(LIMIT, || {
        for kind in [UDP, UDP6] {
            let (receiver, address) = kind.bound();
            receiver.set_timeout(Some(LONG)).unwrap();
            let buffer = pattern(6000);
            let segments = Segments::new(&buffer, 600).unwrap().to(&address);
            let sender = kind.socket();
            let _armed = fault::arm(Plan::fail("sendmmsg", 1, EIO));
            sender.send_many(&segments, &mut SendBatch::new()).unwrap();
            let arrived = receive(&receiver, &mut RecvBatch::gro(&receiver, 64).unwrap(), 10);
            assert!(arrived.iter().eq(buffer.chunks(600)), "{}", kind.name);
        }
    });
}
