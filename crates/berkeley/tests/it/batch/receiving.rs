//! Receiving: what is there at once, whose it is, what was cut off, and who owns the descriptors.

use std::io::{ErrorKind, IoSlice};
use std::os::fd::{AsFd, OwnedFd};

use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
use berkeley::control::{ControlMessage, ip, socket, space};
#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::{Cause, Flags, SendMessage, Socket, option};

use super::{KEEPERS, UDP6, datagrams, receive, towards};
use crate::bounded::JoinInTime;
use crate::skip::skip;
use crate::support::{
    LIMIT, LONG, SHORT, UDP, UNIX_DGRAM, alone, assert_kept, is_close_on_exec, later, open_descriptors,
    timed, within,
};

#[test]
fn a_peek_gives_the_first_message_once() {
    within(LIMIT, || {
        for kind in KEEPERS {
            let (left, right, address) = towards(kind, true);
            let payloads = [b"one".to_vec(), b"two".to_vec()];
            left.send_many(&datagrams(&payloads, address.as_ref()), &mut SendBatch::new()).unwrap();
            let mut batch = RecvBatch::new(8, 64).unwrap();
            for _ in 0..2 {
                assert_eq!(right.recv_many_with(&mut batch, Flags::PEEK).unwrap(), 1, "{}", kind.name);
                assert_eq!(batch.iter().next().unwrap().bytes(), b"one", "{}", kind.name);
            }
            assert_eq!(receive(&right, &mut batch, 2), payloads, "{}", kind.name);
        }
    });
}

#[test]
fn a_receive_waits_for_the_first_and_takes_what_is_there() {
    within(LIMIT, || {
        for kind in KEEPERS {
            let (left, right) = kind.pair();
            right.set_timeout(Some(LONG)).unwrap();
            let mut batch = RecvBatch::new(4, 64).unwrap();
            let sending = later(SHORT, move || {
                left.send(b"late").unwrap();
                left
            });
            assert_eq!(right.recv_many(&mut batch).unwrap(), 1, "{}", kind.name);
            let left = sending.join_in_time().unwrap();
            for _ in 0..6 {
                left.send(b"more").unwrap();
            }
            let takes = [(); 2].map(|()| right.recv_many(&mut batch).unwrap());
            assert_eq!(takes, [4, 2], "{}", kind.name);
        }
    });
}

#[test]
fn a_receive_ends_at_its_timeout() {
    within(LIMIT, || {
        for kind in KEEPERS {
            let (_left, right) = kind.pair();
            right.set_timeout(Some(SHORT)).unwrap();
            let mut batch = RecvBatch::new(4, 64).unwrap();
            let (error, took) = timed(|| right.recv_many(&mut batch).unwrap_err());
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
            assert_kept(SHORT, took, kind.name);
            assert!(right.try_recv_many(&mut batch, Flags::NONE).unwrap_err().is_would_block());
            assert_eq!((batch.len(), batch.iter().count(), batch.arrivals().count()), (0, 0, 0));
        }
    });
}

#[cfg(feature = "fault")]
#[test]
fn waiting_for_an_error_is_not_ended_by_datagrams() {
    within(LIMIT, || {
        let (receiver, address) = UDP.bound();
        receiver.set_timeout(Some(SHORT)).unwrap();
        UDP.socket().send_to(b"no error", address).unwrap();
        let mut batch = RecvBatch::new(4, 64).unwrap();
        // Never meant to strike: it counts the waits.
        let waits = fault::arm(Plan::fail("ppoll", u32::MAX, 0));
        let error = receiver.recv_many_with(&mut batch, Flags::ERRQUEUE).unwrap_err();
        assert_eq!((error.cause(), waits.seen()), (Cause::TimedOut, 1));
        drop(waits);

        let waits = fault::arm(Plan::fail("ppoll", u32::MAX, 0));
        let error = receiver.recv_from_with(&mut [0; 8], Flags::ERRQUEUE).unwrap_err();
        assert_eq!((error.cause(), waits.seen()), (Cause::TimedOut, 1));
    });
}

#[test]
fn each_datagram_says_who_sent_it() {
    within(LIMIT, || {
        for kind in [UDP, UDP6, UNIX_DGRAM] {
            let (receiver, address) = kind.bound();
            let senders = [kind.bound(), kind.bound()];
            for (sender, _) in senders.iter().chain(&senders) {
                sender.send_to(b"it is me", address).unwrap();
            }
            receiver.set_timeout(Some(LONG)).unwrap();
            let mut batch = RecvBatch::new(8, 64).unwrap();
            assert_eq!(receiver.recv_many(&mut batch).unwrap(), 4);
            let want = [senders[0].1, senders[1].1, senders[0].1, senders[1].1];
            assert!(batch.iter().map(|datagram| datagram.address()).eq(want), "{}", kind.name);
            assert!(batch.arrivals().map(|arrival| arrival.address()).eq(want), "{}", kind.name);
        }
    });
}

#[test]
fn a_datagram_longer_than_its_room_is_cut_and_says_so() {
    within(LIMIT, || {
        for kind in KEEPERS {
            let (left, right) = kind.pair();
            right.set_timeout(Some(LONG)).unwrap();
            for bytes in ["four", "longer", ""] {
                left.send(bytes.as_bytes()).unwrap();
            }
            let mut batch = RecvBatch::new(4, 4).unwrap();
            right.recv_many_with(&mut batch, Flags::TRUNC).unwrap();
            let arrived: Vec<_> =
                batch.iter().map(|datagram| (datagram.bytes(), datagram.is_truncated())).collect();
            assert_eq!(arrived, [(&b"four"[..], false), (b"long", true), (b"", false)], "{}", kind.name);
        }
    });
}

/// The last of a piece is where the room ended; those before it are whole.
#[test]
fn a_piece_longer_than_its_room_is_cut_at_its_end() {
    within(LIMIT, || {
        let (receiver, address) = UDP.bound();
        receiver.set_timeout(Some(LONG)).unwrap();
        if !RecvBatch::gro(&receiver, 1).unwrap().is_gro() {
            return skip(
                "batch::receiving::a_piece_longer_than_its_room_is_cut_at_its_end",
                "UDP_GRO (Linux 5.0)",
            );
        }
        let buffer = [7; 1000];
        let segments = Segments::new(&buffer, 100).unwrap().to(&address);
        UDP.socket().send_many(&segments, &mut SendBatch::new()).unwrap();
        let mut batch = RecvBatch::new(4, 250).unwrap();
        assert_eq!(receiver.recv_many(&mut batch).unwrap(), 3);
        let arrived: Vec<_> =
            batch.iter().map(|datagram| (datagram.bytes().len(), datagram.is_truncated())).collect();
        assert_eq!(arrived, [(100, false), (100, false), (50, true)]);
    });
}

#[test]
fn pieces_come_whole_only_where_that_was_asked_for() {
    within(LIMIT, || {
        for kind in [UDP, UDP6] {
            let (receiver, address) = kind.bound();
            receiver.set_timeout(Some(LONG)).unwrap();
            let (sender, mut batch) = (kind.socket(), SendBatch::new());
            let buffer = [7; 1000];
            let segments = Segments::new(&buffer, 100).unwrap().to(&address);
            sender.send_many(&segments, &mut batch).unwrap();
            let mut plain = RecvBatch::new(16, 1000).unwrap();
            assert_eq!(receiver.recv_many(&mut plain).unwrap(), 10);
            assert_eq!(plain.arrivals().len(), 10, "{}: without GRO each is a message", kind.name);

            let mut pieces = RecvBatch::gro(&receiver, 16).unwrap();
            sender.send_many(&segments, &mut batch).unwrap();
            assert_eq!(receiver.recv_many(&mut pieces).unwrap(), 10);
            let arrivals: Vec<_> = pieces.arrivals().map(|arrival| arrival.datagrams().len()).collect();
            // Linux 5.0 and later; an older kernel gives the same datagrams, one by one.
            assert_eq!(arrivals, if pieces.is_gro() { vec![10] } else { vec![1; 10] }, "{}", kind.name);
        }
    });
}

#[test]
fn gro_is_of_udp_and_changes_nothing_elsewhere() {
    let (left, right) = UNIX_DGRAM.pair();
    let mut batch = RecvBatch::gro(&right, 4).unwrap();
    assert!(!batch.is_gro());
    left.send(b"hello").unwrap();
    assert_eq!(right.recv_many(&mut batch).unwrap(), 1);
    assert!(batch.iter().map(|datagram| datagram.bytes()).eq([b"hello"]));
}

fn ttl(message: &ControlMessage<'_>) -> Option<u8> {
    match message {
        ControlMessage::Ip(ip::Message::Ttl(ttl)) => Some(*ttl),
        _ => None,
    }
}

#[test]
fn control_messages_come_with_each_datagram() {
    within(LIMIT, || {
        let (receiver, address) = UDP.bound();
        receiver.set_timeout(Some(LONG)).unwrap();
        receiver.set(option::ip::RECVTTL, true).unwrap();
        let sender = UDP.socket();
        for ttl in [3, 9] {
            let parts = [IoSlice::new(b"x")];
            sender.send_msg(&SendMessage::new(&parts).to(address).unwrap().control(&[ip::ttl(ttl)])).unwrap();
        }
        let mut batch = RecvBatch::gro_with_control(&receiver, 4, space(4)).unwrap();
        assert_eq!(receiver.recv_many(&mut batch).unwrap(), 2);
        let ttls: Vec<_> = batch
            .iter()
            .filter_map(|datagram| datagram.control().find_map(|message| ttl(&message)))
            .collect();
        assert_eq!(ttls, [3, 9]);
        let ttls: Vec<_> = batch
            .arrivals()
            .filter_map(|mut arrival| arrival.control().find_map(|message| ttl(&message)))
            .collect();
        assert_eq!(ttls, [3, 9]);
    });
}

#[test]
fn control_messages_without_room_are_told_of() {
    within(LIMIT, || {
        let (left, right) = UNIX_DGRAM.pair();
        right.set(option::PASSCRED, true).unwrap();
        left.send(b"x").unwrap();
        let mut batch = RecvBatch::new(4, 16).unwrap();
        let error = right.recv_many(&mut batch).unwrap_err();
        assert_eq!(error.cause(), Cause::Unexpected, "{error}");
        let told: Vec<_> = batch.iter().map(|it| (it.is_control_truncated(), it.is_truncated())).collect();
        assert_eq!(told, [(true, false)], "its bytes are whole");
    });
}

fn pass(socket: &Socket, descriptors: &[&OwnedFd]) {
    let borrowed: Vec<_> = descriptors.iter().map(|descriptor| descriptor.as_fd()).collect();
    let parts = [IoSlice::new(b"x")];
    socket.send_msg(&SendMessage::new(&parts).control(&[socket::rights(&borrowed)])).unwrap();
}

fn rights(message: ControlMessage<'_>) -> Option<Vec<OwnedFd>> {
    match message {
        ControlMessage::Socket(socket::Message::Rights(descriptors)) => Some(descriptors.collect()),
        _ => None,
    }
}

fn take(batch: &mut RecvBatch) -> Vec<Vec<OwnedFd>> {
    batch.arrivals().map(|mut arrival| arrival.control().find_map(rights).unwrap_or_default()).collect()
}

#[test]
fn descriptors_have_their_owner_at_once_and_none_leaks() {
    alone(|| {
        let (left, right) = UNIX_DGRAM.pair();
        let passed = OwnedFd::from(UDP.socket());
        let mut batch = RecvBatch::with_control(8, 16, space(3 * 4)).unwrap();
        let before = open_descriptors();
        let send = || {
            pass(&left, &[&passed, &passed]);
            left.send(b"none").unwrap();
            pass(&left, &[&passed; 3]);
        };

        send();
        assert_eq!(right.recv_many(&mut batch).unwrap(), 3);
        assert_eq!(open_descriptors(), before + 5, "owned, though nobody looked");
        // Numbers alone own nothing.
        let numbers = batch.iter().flat_map(|datagram| datagram.control()).count();
        assert_eq!((numbers, open_descriptors()), (2, before + 5));
        let taken = take(&mut batch);
        assert!(taken.iter().map(Vec::len).eq([2, 0, 3]));
        assert!(taken.iter().flatten().all(is_close_on_exec));
        assert!(take(&mut batch).iter().all(Vec::is_empty), "each is given out once");
        drop(taken);
        assert_eq!(open_descriptors(), before);

        send();
        right.recv_many(&mut batch).unwrap();
        let kept = take(&mut batch).remove(0);
        left.send(b"next").unwrap();
        assert_eq!(right.recv_many(&mut batch).unwrap(), 1);
        assert_eq!(open_descriptors(), before + 2, "the next receive closes what was left");
        drop(kept);

        send();
        right.recv_many(&mut batch).unwrap();
        batch.clear();
        assert_eq!((open_descriptors(), batch.len(), batch.iter().count()), (before, 0, 0));
        send();
        right.recv_many(&mut batch).unwrap();
        drop(batch);
        assert_eq!(open_descriptors(), before);
    });
}

#[test]
fn descriptors_beyond_the_room_are_closed_by_the_kernel() {
    alone(|| {
        let (left, right) = UNIX_DGRAM.pair();
        let passed = OwnedFd::from(UDP.socket());
        let before = open_descriptors();
        pass(&left, &[&passed; 9]);
        let mut batch = RecvBatch::new(2, 16).unwrap();
        assert_eq!(right.recv_many(&mut batch).unwrap_err().cause(), Cause::Unexpected);
        assert!(batch.iter().all(|datagram| datagram.is_control_truncated()));
        let taken = take(&mut batch).remove(0).len();
        assert!(taken < 9, "{taken}");
        drop(batch);
        assert_eq!(open_descriptors(), before);
    });
}

#[test]
fn a_batch_has_room_for_1_to_1024() {
    for (asked, got) in [(0, 1), (1, 1), (1024, 1024), (usize::MAX, 1024)] {
        assert_eq!(RecvBatch::new(asked, 1).unwrap().capacity(), got);
    }
    let error = RecvBatch::new(1024, usize::MAX).unwrap_err();
    assert_eq!(error.to_string(), "recv_many buffers: cannot allocate memory (os error 12)");
    assert!(RecvBatch::with_control(1024, 1, usize::MAX).is_err());
    assert_eq!(error.cause(), Cause::Kernel(12));
}

#[test]
fn a_batch_goes_from_socket_to_socket_and_thread_to_thread() {
    within(LIMIT, || {
        let mut batch = RecvBatch::new(4, 16).unwrap();
        for kind in KEEPERS {
            let (left, right) = kind.pair();
            right.set_timeout(Some(LONG)).unwrap();
            left.send_many(&[Datagram::new(kind.name.as_bytes())], &mut SendBatch::new()).unwrap();
            batch = std::thread::spawn(move || {
                right.recv_many(&mut batch).unwrap();
                batch
            })
            .join_in_time()
            .unwrap();
            assert!(batch.iter().map(|datagram| datagram.bytes()).eq([kind.name.as_bytes()]));
        }
    });
}
