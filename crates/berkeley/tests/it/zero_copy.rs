//! Buffers sent without a copy: all of them arrive, and all of them come back.

pub(crate) mod flag;
mod refused;

use std::net::Shutdown;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::zero_copy::{Buffer, ZeroCopy};
use berkeley::{Cause, Deadline, Error, Operation, Socket, option};

use crate::bounded::JoinInTime;
use crate::support::{LIMIT, LONG, SHORT, TCP, TCP6, UNIX, assert_kept, pattern, timed, within};

const ENOBUFS: i32 = 105;

fn soon() -> Deadline {
    Deadline::after(LONG)
}

/// A sender with a long timeout, and the socket that receives.
fn pair<B: Buffer>() -> (ZeroCopy<B>, Socket) {
    let (left, right) = TCP.pair();
    left.set_timeout(Some(LONG)).unwrap();
    right.set_timeout(Some(LONG)).unwrap();
    (ZeroCopy::new(left).unwrap(), right)
}

fn receive(socket: &Socket, length: usize) -> Vec<u8> {
    let mut received = Vec::new();
    while received.len() < length {
        let piece = socket.recv_vec(length - received.len()).unwrap();
        assert!(!piece.is_empty(), "the end after {} bytes", received.len());
        received.extend(piece);
    }
    received
}

/// Every buffer that is to come, in order.
fn all_back<B: Buffer>(sender: &mut ZeroCopy<B>) -> Vec<B> {
    let mut back = Vec::new();
    while let Some(completion) = sender.completion(soon()).unwrap() {
        assert!(completion.copied || completion.buffer.as_ref().is_empty(), "the loopback always copies");
        back.push(completion.buffer);
    }
    assert_eq!(sender.outstanding(), 0);
    back
}

#[test]
fn every_byte_arrives_and_every_buffer_comes_back_in_order() {
    within(LIMIT * 2, || {
        for kind in [TCP, TCP6] {
            let (left, right) = kind.pair();
            for timeout in [None, Some(LONG)] {
                left.set_timeout(timeout).unwrap();
                let clone = left.try_clone().unwrap();
                if clone.get(option::ZEROCOPY).unwrap() {
                    continue;
                }
                let bytes = pattern(64 << 20);
                let peer = right.try_clone().unwrap();
                let received = thread::spawn(move || receive(&peer, 64 << 20));
                let mut sender = ZeroCopy::new(clone).unwrap();
                let mut back = Vec::new();
                for piece in bytes.chunks((1 << 20) + 77) {
                    sender.send_all(piece.to_vec()).unwrap();
                    back.extend(sender.try_completion().unwrap().map(|completion| completion.buffer));
                }
                assert!(received.join_in_time().unwrap() == bytes, "{kind:?}: the bytes differ");
                back.extend(all_back(&mut sender));
                assert!(back.concat() == bytes, "{kind:?}: the buffers differ");
            }
        }
    });
}

#[test]
fn every_kind_of_buffer_comes_back_as_it_went() {
    within(LIMIT, || {
        let shared: Arc<[u8]> = pattern(5000).into();
        let (mut sender, right) = pair();
        sender.send_all(Arc::clone(&shared)).unwrap();
        sender.send_all(Arc::clone(&shared)).unwrap();
        assert_eq!(receive(&right, 10_000), [pattern(5000), pattern(5000)].concat());
        assert!(all_back(&mut sender).iter().all(|buffer| Arc::ptr_eq(buffer, &shared)));

        let (mut sender, right) = pair();
        sender.send_all(pattern(5000).into_boxed_slice()).unwrap();
        assert_eq!(receive(&right, 5000), pattern(5000));
        assert_eq!(all_back(&mut sender), [pattern(5000).into_boxed_slice()]);

        let (mut sender, right) = pair();
        sender.send_all(&b"static"[..]).unwrap();
        assert_eq!(receive(&right, 6), b"static");
        assert_eq!(all_back(&mut sender), [b"static"]);
    });
}

#[test]
fn an_empty_buffer_comes_back_at_once() {
    within(LIMIT, || {
        let (mut sender, _right) = pair::<Vec<u8>>();
        assert!(sender.completion(soon()).unwrap().is_none(), "nothing is under way");
        sender.send_all(Vec::new()).unwrap();
        assert_eq!(sender.outstanding(), 1);
        let back = sender.try_completion().unwrap().unwrap();
        assert_eq!((back.buffer.len(), back.copied), (0, false));
    });
}

#[test]
fn what_cannot_be_sent_without_copies_is_refused() {
    within(LIMIT, || {
        let (left, _right) = UNIX.pair();
        let error = ZeroCopy::<Vec<u8>>::new(left).unwrap_err();
        assert_eq!(
            error.to_string(),
            "zero_copy socket.zerocopy of unix: operation not supported (os error 95)"
        );
        let (sender, _right) = pair::<Vec<u8>>();
        let error = ZeroCopy::<Vec<u8>>::new(sender.into_socket()).unwrap_err();
        assert_eq!((error.operation(), error.cause()), (Operation::ZeroCopy, Cause::Invalid), "{error}");
    });
}

/// The kernel notes each send in memory of the socket's, until its completion is read: thousands of little ones meet
/// the limit (`net.core.optmem_max`).
#[test]
fn the_limit_of_notes_is_waited_out() {
    const COUNT: usize = 20_000;
    within(LIMIT, || {
        let (mut sender, right) = pair();
        let received = thread::spawn(move || receive(&right, COUNT * 8));
        let numbers = (0..COUNT as u64).map(|number| number.to_be_bytes().to_vec());
        for number in numbers.clone() {
            sender.send_all(number).unwrap();
        }
        assert!(received.join_in_time().unwrap() == numbers.clone().collect::<Vec<_>>().concat());
        assert!(all_back(&mut sender) == numbers.collect::<Vec<_>>());
    });
}

#[cfg(feature = "fault")]
#[test]
fn without_room_for_a_note_it_waits_for_an_earlier_one_or_copies() {
    within(LIMIT, || {
        // The first send finds no room, and nothing is under way: it is copied.
        let (mut sender, right) = pair();
        let armed = fault::arm(Plan::fail("send", 1, ENOBUFS));
        sender.send_all(pattern(1000)).unwrap();
        assert_eq!((armed.struck(), armed.seen()), (true, 2));
        drop(armed);
        assert_eq!(receive(&right, 1000), pattern(1000));
        assert_eq!(all_back(&mut sender), [pattern(1000)]);

        // The second finds none while the first is under way.
        let (mut sender, right) = pair();
        sender.send_all(pattern(1000)).unwrap();
        let armed = fault::arm(Plan::fail("send", 1, ENOBUFS));
        let received = thread::spawn(move || receive(&right, 2000));
        sender.send_all(pattern(1000)).unwrap();
        assert_eq!((armed.struck(), armed.seen()), (true, 2));
        drop(armed);
        assert_eq!(received.join_in_time().unwrap(), [pattern(1000), pattern(1000)].concat());
        assert_eq!(all_back(&mut sender), [pattern(1000), pattern(1000)]);
    });
}

#[cfg(feature = "fault")]
#[test]
fn a_kernel_that_takes_nothing_ends_the_sending() {
    within(LIMIT, || {
        let (mut sender, _right) = pair();
        let armed = fault::arm(Plan::short("send", 1, 0).times(100));
        let error = sender.send_all(pattern(9)).unwrap_err();
        assert_eq!((error.cause(), armed.seen()), (Cause::Unexpected, 1), "{error}");
        assert_eq!(sender.try_completion().unwrap().unwrap().buffer, pattern(9));
    });
}

#[test]
fn a_reader_that_stalls_ends_the_sending_in_time_and_loses_no_buffer() {
    within(LIMIT, || {
        let (mut sender, right) = pair();
        sender.socket().set_timeout(Some(SHORT)).unwrap();
        let bytes = pattern(64 << 20);
        let (error, took) = timed(|| sender.send_all(bytes.clone()).unwrap_err());
        assert_eq!((error.operation(), error.cause()), (Operation::SendAll, Cause::TimedOut), "{error}");
        assert_kept(SHORT, took, "send_all");
        sender.socket().shutdown(Shutdown::Write).unwrap();

        let sent = error.bytes_sent();
        assert!(receive(&right, sent) == bytes[..sent]);
        assert_eq!(right.recv_vec(1).unwrap(), b"", "no more than was said");
        assert!(all_back(&mut sender) == [bytes]);
    });
}

#[test]
fn a_completion_that_does_not_come_ends_at_the_deadline() {
    within(LIMIT, || {
        let (mut sender, right) = pair();
        sender.socket().set_timeout(Some(Duration::ZERO)).unwrap();
        let error = sender.send_all(pattern(64 << 20)).unwrap_err();
        assert!(error.is_would_block() && error.bytes_sent() > 0, "{error}");
        // The peer goes with bytes unread, which resets the connection: then the kernel is done with them.
        drop(right);
        assert_eq!(sender.completion(soon()).unwrap().unwrap().buffer.len(), 64 << 20);
    });
}

#[test]
fn a_peer_that_has_gone_is_an_error_and_the_buffer_comes_back() {
    within(LIMIT, || {
        let (mut sender, _right) = pair();
        sender.socket().shutdown(Shutdown::Write).unwrap();
        let error = sender.send_all(pattern(100)).unwrap_err();
        assert_eq!((error.raw_os_error(), error.bytes_sent()), (Some(32), 0), "{error}");
        assert_eq!(sender.try_completion().unwrap().unwrap().buffer, pattern(100));
    });
}

#[test]
fn a_sender_dropped_with_buffers_under_way_harms_nothing() {
    within(LIMIT, || {
        let (mut sender, right) = pair();
        for _ in 0..10 {
            sender.send_all(pattern(10_000)).unwrap();
        }
        let socket = sender.into_socket();
        drop(vec![0xee_u8; 10_000]);
        drop(socket);
        assert_eq!(receive(&right, 100_000), pattern(10_000).repeat(10));
    });
}

/// Two buffers sent and taken back.
#[cfg(feature = "fault")]
fn scenario(calls: Plan) -> (bool, Result<Vec<Vec<u8>>, Error>) {
    let (left, right) = TCP.pair();
    left.set_timeout(Some(LONG)).unwrap();
    let received =
        thread::spawn(move || while right.recv_vec(65_536).is_ok_and(|piece| !piece.is_empty()) {});
    let armed = fault::arm(calls);
    let result = (|| {
        let mut sender = ZeroCopy::new(left)?;
        sender.send_all(pattern(100_000))?;
        sender.send_all(pattern(9))?;
        let mut back = Vec::new();
        while let Some(completion) = sender.completion(soon())? {
            back.push(completion.buffer);
        }
        Ok(back)
    })();
    let struck = armed.struck();
    drop(armed);
    received.join_in_time().unwrap();
    (struck, result)
}

#[cfg(feature = "fault")]
#[test]
fn whatever_call_fails_ends_in_an_error_that_tells() {
    within(LIMIT, || {
        let want = vec![pattern(100_000), pattern(9)];
        for call in ["getsockopt", "setsockopt", "send", "recvmsg", "ppoll"] {
            for (nth, errno) in (1..=4).flat_map(|nth| [5, 12, 104].map(|errno| (nth, errno))) {
                match scenario(Plan::fail(call, nth, errno)) {
                    (struck, Ok(back)) => assert!(!struck && back == want, "{call} {nth} failed unseen"),
                    (_, Err(error)) => assert_eq!(error.raw_os_error(), Some(errno), "{call} {nth}: {error}"),
                }
            }
            for nth in 1..=4 {
                if call.starts_with(['s', 'r', 'p']) && call != "setsockopt" {
                    let (_, result) = scenario(Plan::fail(call, nth, 4).times(3));
                    assert_eq!(result.unwrap(), want, "{call} {nth} interrupted");
                }
            }
        }
        for length in [1000, 50_000] {
            let (struck, result) = scenario(Plan::short("send", 1, length).times(u32::MAX));
            assert!(struck && result.unwrap() == want);
        }
    });
}
