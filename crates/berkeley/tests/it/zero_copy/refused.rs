//! Sockets whose notices are not understood, or whose numbers do not begin with this sender's.

use berkeley::zero_copy::ZeroCopy;
use berkeley::{Cause, Error, Operation, Protocol, Socket, option};

use super::flag::{notice, send_zero_copy};
use super::{all_back, receive, soon};
use crate::support::{LIMIT, LONG, TCP, UDP, UNIX, pattern, within};

const EOPNOTSUPP: i32 = 95;

fn refused(socket: Socket) -> Error {
    ZeroCopy::<Vec<u8>>::new(socket).unwrap_err()
}

/// That the socket is refused for what it has sent before.
fn assert_refused(socket: Socket, what: &str) {
    let error = refused(socket);
    assert_eq!((error.operation(), error.cause()), (Operation::ZeroCopy, Cause::Invalid), "{what}: {error}");
    assert!(error.to_string().contains("has sent"), "{what}: {error}");
}

#[test]
fn only_tcp_itself_is_taken() {
    within(LIMIT, || {
        for kind in [UDP, UNIX] {
            let error = refused(kind.pair().0);
            assert_eq!(error.raw_os_error(), Some(EOPNOTSUPP), "{}: {error}", kind.name);
        }
        // Where the kernel has it.
        if let Ok(mptcp) = Socket::new(TCP.family, TCP.socket_type, Protocol::MPTCP) {
            let error = refused(mptcp);
            assert_eq!(error.raw_os_error(), Some(EOPNOTSUPP), "{error}");
        }
    });
}

#[test]
fn a_socket_that_has_sent_without_copies_is_refused_though_the_option_is_off() {
    within(LIMIT, || {
        let (left, right) = TCP.pair();
        left.set_timeout(Some(LONG)).unwrap();
        left.set(option::ZEROCOPY, true).unwrap();
        assert_eq!(send_zero_copy(&left, b"abc"), 3);
        receive(&right, 3);
        assert_eq!(notice(&left), (0, 0));
        left.set(option::ZEROCOPY, false).unwrap();
        assert_refused(left, "sent by others");

        let (left, right) = TCP.pair();
        let mut sender = ZeroCopy::new(left).unwrap();
        sender.send_all(pattern(1000)).unwrap();
        receive(&right, 1000);
        all_back(&mut sender);
        let left = sender.into_socket();
        left.set(option::ZEROCOPY, false).unwrap();
        assert_refused(left, "sent by another ZeroCopy");
    });
}

#[test]
fn a_socket_that_has_sent_anything_is_refused() {
    within(LIMIT, || {
        let (left, _right) = TCP.pair();
        left.send_all(b"a").unwrap();
        assert_refused(left, "sent");

        let (left, _right) = TCP.pair();
        left.set(option::tcp::CORK, true).unwrap();
        left.send_all(b"a").unwrap();
        assert_refused(left, "queued");

        let (left, right) = TCP.pair();
        right.send_all(b"a").unwrap();
        receive(&left, 1);
        ZeroCopy::<Vec<u8>>::new(left).expect("one that has received is as good as new");
    });
}

#[test]
fn what_is_to_be_copied_goes_by_the_senders_socket() {
    within(LIMIT, || {
        let (left, right) = TCP.pair();
        left.set_timeout(Some(LONG)).unwrap();
        let mut sender = ZeroCopy::new(left).unwrap();
        for _ in 0..3 {
            sender.socket().send_all(b"head").unwrap();
            sender.send_all(pattern(1000)).unwrap();
        }
        assert_eq!(receive(&right, 3 * 1004), [b"head", &pattern(1000)[..]].concat().repeat(3));
        assert_eq!(all_back(&mut sender), [pattern(1000), pattern(1000), pattern(1000)]);
    });
}

#[test]
fn one_sends_on_a_socket_and_the_option_stays_on_meanwhile() {
    within(LIMIT, || {
        let (left, right) = TCP.pair();
        let clone = left.try_clone().unwrap();
        let another = left.try_clone().unwrap();
        let mut sender = ZeroCopy::new(left).unwrap();
        for socket in [&clone, sender.socket()] {
            let error = socket.set(option::ZEROCOPY, false).unwrap_err();
            assert_eq!(error.cause(), Cause::Invalid, "{error}");
            assert!(error.to_string().ends_with("stays on while a ZeroCopy sends on the socket"), "{error}");
            socket.set(option::ZEROCOPY, true).unwrap();
        }
        let error = refused(another);
        assert!(error.to_string().ends_with("another ZeroCopy sends on the same socket"), "{error}");
        sender.send_all(pattern(10)).unwrap();
        receive(&right, 10);
        assert_eq!(sender.completion(soon()).unwrap().unwrap().buffer, pattern(10));

        drop(sender);
        clone.set(option::ZEROCOPY, false).unwrap();
        // Others are none of its business.
        let (left, _right) = TCP.pair();
        left.set(option::ZEROCOPY, false).unwrap();
    });
}
