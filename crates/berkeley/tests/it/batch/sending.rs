//! Sending: several destinations, one buffer as many datagrams, and what a failure says of the others.

use std::io::ErrorKind;
use std::time::Duration;

#[cfg(feature = "tokio")]
use berkeley::AsyncSocket;
use berkeley::batch::{Datagram, RecvBatch, Segments, SendBatch};
#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::{Cause, Flags, Operation, option};

use super::{KEEPERS, ROOM, UDP6, payloads, receive};
use crate::bounded::JoinInTime;
use crate::support::{
    LIMIT, LONG, SHORT, STREAMS, UDP, UNIX_DGRAM, assert_kept, later, pattern, timed, within,
};

#[test]
fn each_datagram_goes_to_its_own_destination() {
    within(LIMIT, || {
        for kind in [UDP, UDP6, UNIX_DGRAM] {
            let ends = [kind.bound(), kind.bound(), kind.bound()];
            for (socket, _) in &ends {
                socket.set_timeout(Some(LONG)).unwrap();
            }
            // In turn, and several to one in a row.
            let order = [0, 1, 0, 1, 2, 2, 2, 2, 0, 1, 1];
            let payloads = payloads(&[100; 11]);
            let datagrams: Vec<_> = payloads
                .iter()
                .zip(order)
                .map(|(bytes, end)| Datagram::new(bytes).to(&ends[end].1))
                .collect();
            kind.socket().send_many(&datagrams, &mut SendBatch::new()).unwrap();
            for (end, (socket, _)) in ends.iter().enumerate() {
                let want: Vec<_> =
                    payloads.iter().zip(order).filter(|(_, to)| *to == end).map(|(bytes, _)| bytes).collect();
                let arrived = receive(socket, &mut RecvBatch::gro(socket, 8).unwrap(), want.len());
                assert!(arrived.iter().eq(want), "{} {end}", kind.name);
            }
        }
    });
}

#[test]
fn a_buffer_goes_as_datagrams_of_one_size() {
    within(LIMIT, || {
        for (kind, length, size) in
            [(UDP, 10_000, 1200), (UDP, 1200, 1200), (UDP6, 5, 1), (UDP, 100, 200), (UNIX_DGRAM, 900, 100)]
        {
            let (receiver, address) = kind.bound();
            receiver.set_timeout(Some(LONG)).unwrap();
            let (buffer, mut batch) = (pattern(length), RecvBatch::gro(&receiver, 8).unwrap());
            let segments = Segments::new(&buffer, size).unwrap().to(&address);
            kind.socket().send_many(&segments, &mut SendBatch::new()).unwrap();
            let arrived = receive(&receiver, &mut batch, segments.count());
            assert!(arrived.iter().eq(buffer.chunks(size)), "{}, {length} by {size}", kind.name);
        }
    });
}

/// A piece has a size of its own, which would stand in for the socket's.
#[test]
fn a_socket_that_cuts_what_it_sends_cuts_each_datagram() {
    within(LIMIT, || {
        let (receiver, address) = UDP.bound();
        receiver.set_timeout(Some(LONG)).unwrap();
        let sender = UDP.socket();
        if sender.set(option::udp::SEGMENT, 500).is_err() {
            return crate::skip::skip(
                "batch::sending::a_socket_that_cuts_what_it_sends_cuts_each_datagram",
                "UDP_SEGMENT",
            );
        }
        let buffer = pattern(2400);
        let segments = Segments::new(&buffer, 1200).unwrap().to(&address);
        sender.send_many(&segments, &mut SendBatch::new()).unwrap();
        let arrived = receive(&receiver, &mut RecvBatch::new(8, 1500).unwrap(), 6);
        assert!(arrived.iter().eq(buffer.chunks(1200).flat_map(|datagram| datagram.chunks(500))));
    });
}

#[cfg(feature = "fault")]
#[test]
fn nothing_to_send_is_no_call() {
    let (left, _right) = UDP.pair();
    let mut batch = SendBatch::new();
    let armed = fault::arm(Plan::fail("sendmmsg", 1, 5));
    left.send_many(&[], &mut batch).unwrap();
    left.send_many(&Segments::new(&[], 1200).unwrap(), &mut batch).unwrap();
    assert_eq!(left.try_send_many(&[], &mut batch, Flags::NONE).unwrap(), 0);
    assert_eq!(armed.seen(), 0);
    assert_eq!(Segments::new(b"x", 0).unwrap_err().cause(), Cause::Invalid);
}

/// `EMSGSIZE` is the second datagram's own; the first has gone, and nothing behind it.
#[test]
fn a_failure_is_of_one_datagram_and_says_how_many_went_before() {
    const EMSGSIZE: i32 = 90;
    within(LIMIT, || {
        for (before, gso) in [(0, true), (1, true), (5, true), (5, false)] {
            let (receiver, address) = UDP.bound();
            receiver.set_timeout(Some(LONG)).unwrap();
            let (payloads, too_long) = (payloads(&vec![100; before]), vec![0; 70_000]);
            let mut datagrams: Vec<_> =
                payloads.iter().map(|bytes| Datagram::new(bytes).to(&address)).collect();
            datagrams.extend([Datagram::new(&too_long).to(&address), Datagram::new(b"behind").to(&address)]);
            let mut batch = SendBatch::new().gso(gso);
            let socket = UDP.socket();
            let error = socket.send_many(&datagrams, &mut batch).unwrap_err();
            assert_eq!((error.raw_os_error(), error.datagrams_sent()), (Some(EMSGSIZE), before));
            assert_eq!((error.operation(), error.bytes_sent()), (Operation::SendMany, 0));
            let words = if before > 0 { format!(" after {before} datagrams") } else { String::new() };
            let want = format!("send_many udp {address}{words}: message too long (os error 90)");
            assert_eq!(error.to_string(), want);

            socket.send_many(&datagrams[before + 1..], &mut batch).unwrap();
            let arrived = receive(&receiver, &mut RecvBatch::new(16, ROOM).unwrap(), before + 1);
            assert!(arrived.iter().take(before).eq(&payloads) && arrived[before] == b"behind");
        }
    });
}

#[test]
fn a_full_peer_stops_at_the_timeout_and_the_count_holds() {
    within(LIMIT, || {
        let payloads = payloads(&[10; 2000]);
        let datagrams: Vec<_> = payloads.iter().map(|bytes| Datagram::new(bytes)).collect();
        for timeout in [Duration::ZERO, SHORT] {
            let (left, right) = UNIX_DGRAM.pair();
            left.set_timeout(Some(timeout)).unwrap();
            let (error, took) = timed(|| left.send_many(&datagrams, &mut SendBatch::new()).unwrap_err());
            if timeout.is_zero() {
                assert!(error.is_would_block(), "{error}");
            } else {
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
                assert_kept(timeout, took, "send_many");
            }
            let sent = error.datagrams_sent();
            assert!(sent > 0 && sent < 2000, "{error}");
            right.set_timeout(Some(LONG)).unwrap();
            let mut batch = RecvBatch::new(1024, 16).unwrap();
            assert!(receive(&right, &mut batch, sent).iter().eq(&payloads[..sent]));
            assert!(right.try_recv_many(&mut batch, Flags::NONE).unwrap_err().is_would_block());
        }
    });
}

#[test]
fn a_try_sends_what_there_is_room_for() {
    within(LIMIT, || {
        let (left, right) = UNIX_DGRAM.pair();
        let payloads = payloads(&[10; 2000]);
        let datagrams: Vec<_> = payloads.iter().map(|bytes| Datagram::new(bytes)).collect();
        let mut batch = SendBatch::new();
        let sent = left.try_send_many(&datagrams, &mut batch, Flags::NONE).unwrap();
        assert!(sent > 0 && sent <= 1024, "{sent}");
        let error = loop {
            match left.try_send_many(&datagrams, &mut batch, Flags::NONE) {
                Ok(more) => assert!(more > 0),
                Err(error) => break error,
            }
        };
        assert!(error.is_would_block() && error.target().is_none(), "{error}");
        right.set_timeout(Some(LONG)).unwrap();
        let arrived = receive(&right, &mut RecvBatch::new(1024, 16).unwrap(), sent);
        assert!(arrived.iter().zip(&payloads).take(sent).all(|(one, other)| one == other));
    });
}

#[test]
fn a_stream_is_refused_in_words() {
    for kind in STREAMS {
        let (left, right) = kind.pair();
        let mut arrived = RecvBatch::new(4, 16).unwrap();
        let errors = [
            left.send_many(&[Datagram::new(b"x")], &mut SendBatch::new()).unwrap_err(),
            left.try_send_many(&[Datagram::new(b"x")], &mut SendBatch::new(), Flags::NONE).unwrap_err(),
            right.recv_many(&mut arrived).unwrap_err(),
            right.try_recv_many(&mut arrived, Flags::NONE).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.cause(), Cause::Invalid, "{error}");
            assert!(error.to_string().contains("a stream socket does not keep"), "{error}");
        }
    }
}

#[cfg(feature = "tokio")]
#[test]
fn awaited_they_wait_for_one_another() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (left, right) = UNIX_DGRAM.pair();
    let payloads = payloads(&[20; 1500]);
    let datagrams: Vec<_> = payloads.iter().map(|bytes| Datagram::new(bytes)).collect();
    let work = async {
        let (left, right) =
            (AsyncSocket::from_socket(left).unwrap(), AsyncSocket::from_socket(right).unwrap());
        let (mut batch, mut arrived) = (SendBatch::new(), RecvBatch::new(64, 64).unwrap());
        assert!(right.try_recv_many(&mut arrived, Flags::NONE).unwrap_err().is_would_block());
        let sending = async { left.send_many(&datagrams, &mut batch).await.unwrap() };
        let receiving = async {
            let mut taken = Vec::new();
            while taken.len() < payloads.len() {
                right.recv_many(&mut arrived).await.unwrap();
                taken.extend(arrived.iter().map(|datagram| datagram.bytes().to_vec()));
            }
            taken
        };
        let ((), taken) = tokio::join!(sending, receiving);
        assert!(taken == payloads);
        assert_eq!(left.try_send_many(&datagrams[..1], &mut batch, Flags::NONE).unwrap(), 1);
        assert_eq!(right.recv_many(&mut arrived).await.unwrap(), 1);
    };
    runtime.block_on(async { tokio::time::timeout(LIMIT, work).await.expect("the time limit") });
}

#[test]
fn sending_waits_for_room() {
    within(LIMIT, || {
        for kind in KEEPERS.into_iter().filter(|kind| *kind != UDP && *kind != UDP6) {
            let (left, right) = kind.pair();
            left.set_timeout(Some(LONG)).unwrap();
            right.set_timeout(Some(LONG)).unwrap();
            let receiving = later(SHORT, move || receive(&right, &mut RecvBatch::new(7, 64).unwrap(), 1500));
            let payloads = payloads(&[30; 1500]);
            let datagrams: Vec<_> = payloads.iter().map(|bytes| Datagram::new(bytes)).collect();
            left.send_many(&datagrams, &mut SendBatch::new()).unwrap();
            assert!(receiving.join_in_time().unwrap() == payloads, "{}", kind.name);
        }
    });
}
