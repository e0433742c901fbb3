//! Signals: the waiting methods never show an interruption and never restart the clock; the lower layers show it.

use std::io::ErrorKind;
use std::time::Duration;

#[cfg(feature = "fault")]
use berkeley::bindings::once;
#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::{Address, Deadline, Family, Flags, Interest, Protocol, Socket, Type};

use crate::bounded::JoinInTime;
use crate::full::{fill_backlog, full_unix_listener};
use crate::signal::Interrupter;
use crate::support::{
    KINDS, LIMIT, LISTENERS, LONG, TCP, UNIX, UNIX_DGRAM, assert_kept, at_once, counted, later, timed, within,
};

const EINTR: i32 = 4;
const OFTEN: Duration = Duration::from_millis(20);
/// Forty times as long, so that several signals arrive on a machine that is busy with other things.
const TIMEOUT: Duration = Duration::from_millis(800);

/// Runs `action` under signals, and asserts that several of them broke off a system call of its.
fn interrupted<T>(action: impl FnOnce() -> T) -> T {
    let (result, calls) = counted(|| {
        let _signals = Interrupter::every(OFTEN);
        action()
    });
    assert!(calls.unwrap_or(4) >= 4, "only {calls:?} system calls: no signal arrived");
    result
}

#[test]
fn signals_neither_end_nor_extend_a_timed_wait() {
    type Wait = fn(&Socket) -> berkeley::Error;
    let waits: [(&str, Wait); 3] = [
        ("recv", |socket| socket.recv(&mut [0; 8]).unwrap_err()),
        ("recv_from", |socket| socket.recv_from(&mut [0; 8]).unwrap_err()),
        ("peek", |socket| socket.peek(&mut [0; 8]).unwrap_err()),
    ];
    within(LIMIT, move || {
        let rows = KINDS.into_iter().flat_map(|kind| waits.map(|wait| (kind, wait)));
        at_once(rows, |(kind, (name, wait))| {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(TIMEOUT)).unwrap();
            let (error, took) = timed(|| interrupted(|| wait(&left)));
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{name} over {}: {error}", kind.name);
            assert_kept(TIMEOUT, took, &format!("{name} over {}", kind.name));
        });
    });
}

#[test]
fn signals_neither_end_nor_extend_a_timed_accept() {
    within(LIMIT, || {
        at_once(LISTENERS, |kind| {
            let (listener, _) = kind.listener(1);
            listener.set_timeout(Some(TIMEOUT)).unwrap();
            let (result, took) = timed(|| interrupted(|| listener.accept()));
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut, "{}", kind.name);
            assert_kept(TIMEOUT, took, kind.name);
        });
    });
}

#[test]
fn signals_neither_end_nor_extend_a_timed_send() {
    within(LIMIT, || {
        let data = vec![7; 64 << 20];
        for kind in [TCP, UNIX] {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(TIMEOUT)).unwrap();
            let (result, took) = timed(|| interrupted(|| left.send_all(&data)));
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut, "{}", kind.name);
            assert_kept(TIMEOUT, took, kind.name);
        }
    });
}

#[test]
fn signals_neither_end_nor_extend_a_timed_connect() {
    within(LIMIT, || {
        let (_listener, address, _waiting) = fill_backlog(&TCP);
        let client = TCP.socket();
        client.set_timeout(Some(TIMEOUT)).unwrap();
        let (result, took) = timed(|| interrupted(|| client.connect(address)));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_kept(TIMEOUT, took, "tcp");

        let (_listener, address, _waiting) = full_unix_listener(&UNIX);
        let client = UNIX.socket();
        client.set_timeout(Some(TIMEOUT)).unwrap();
        let (result, took) = timed(|| interrupted(|| client.connect(address)));
        assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_kept(TIMEOUT, took, "unix");
    });
}

#[test]
fn signals_do_not_end_a_wait_without_a_timeout() {
    within(LIMIT, || {
        at_once(KINDS, |kind| {
            let (left, right) = kind.pair();
            let peer = later(TIMEOUT, move || right.send(b"late").map(|_| right));
            assert_eq!(interrupted(|| left.recv_vec(8)).unwrap(), b"late", "{}", kind.name);
            peer.join_in_time().unwrap().unwrap();
        });
        at_once(LISTENERS, |kind| {
            let (listener, address) = kind.listener(1);
            let peer = later(TIMEOUT, move || kind.socket().connect(address));
            interrupted(|| listener.accept()).unwrap();
            peer.join_in_time().unwrap().unwrap();
        });
    });
}

#[test]
fn signals_do_not_end_a_connection_attempt_without_a_timeout() {
    within(LIMIT, || {
        let (listener, address, waiting) = full_unix_listener(&UNIX);
        let client = UNIX.socket();
        let server = later(TIMEOUT, move || listener.accept().map(|accepted| (accepted, listener)));
        interrupted(|| client.connect(address)).unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
        server.join_in_time().unwrap().unwrap();
        drop(waiting);
    });
}

/// TCP goes on connecting by itself after an interruption: a second connect(2) would be an error, so it is waited for.
#[test]
fn a_tcp_connection_goes_on_after_a_signal() {
    within(LIMIT, || {
        let (listener, address, waiting) = fill_backlog(&TCP);
        let client = TCP.socket();
        let server = later(TIMEOUT, move || {
            // Room for all that wait and for the one to come; the kernel tries again within seconds.
            (0..=waiting.len()).map(|_| listener.accept().unwrap()).collect::<Vec<_>>()
        });
        let signals = Interrupter::every(OFTEN);
        client.connect(address).unwrap();
        drop(signals);
        assert_eq!(client.peer_address().unwrap(), address);
        server.join_in_time().unwrap();
    });
}

#[test]
fn one_wait_and_one_try_show_the_interruption() {
    within(LIMIT, || {
        let (left, _right) = UNIX.pair();
        let (listener, _) = UNIX.listener(1);
        let signals = Interrupter::every(OFTEN);
        let error = left.wait(Interest::READABLE, Deadline::after(LONG)).unwrap_err();
        assert!(error.is_interrupted(), "{error}");
        assert_eq!((error.kind(), error.raw_os_error()), (ErrorKind::Interrupted, Some(EINTR)));
        let error = left.wait(Interest::READABLE, Deadline::NEVER).unwrap_err();
        assert!(error.is_interrupted(), "{error}");
        // accept4(2) knows no MSG_DONTWAIT: on a socket that blocks, the try waits in the kernel.
        let error = listener.try_accept().unwrap_err();
        assert!(error.is_interrupted(), "{error}");
        drop(signals);
    });
}

#[cfg(feature = "fault")]
#[test]
fn a_try_that_is_interrupted_says_so() {
    let (left, right) = UNIX_DGRAM.pair();
    right.send(b"there").unwrap();
    let mut buffer = [0; 8];
    {
        let _armed = fault::arm(Plan::fail("recv", 1, EINTR));
        assert!(left.try_recv(&mut buffer, Flags::NONE).unwrap_err().is_interrupted());
    }
    {
        let _armed = fault::arm(Plan::fail("recvfrom", 1, EINTR));
        assert!(left.try_recv_from(&mut buffer, Flags::NONE).unwrap_err().is_interrupted());
    }
    let _armed = fault::arm(Plan::fail("send", 1, EINTR));
    assert!(left.try_send(b"x", Flags::NONE).unwrap_err().is_interrupted());
}

/// `AF_VSOCK` undoes an interrupted connect, and a netlink socket has no connection that could go on.
#[cfg(feature = "fault")]
#[test]
fn a_connect_that_does_not_go_on_by_itself_is_made_again() {
    let netlink = Socket::new(Family::from_raw(16), Type::RAW, Protocol::DEFAULT).unwrap();
    let kernel = Address::decode(&[&16_u16.to_ne_bytes()[..], &[0; 10]].concat());
    let armed = fault::arm(Plan::fail("connect", 1, EINTR));
    netlink.connect(kernel).unwrap();
    assert_eq!(armed.seen(), 2);
}

#[cfg(feature = "fault")]
#[test]
fn an_interrupted_connect_that_must_not_wait_is_in_progress() {
    let (_listener, address) = TCP.listener(1);
    let client = TCP.socket();
    client.set_timeout(Some(Duration::ZERO)).unwrap();
    let armed = fault::arm(Plan::fail("connect", 1, EINTR));
    let error = client.connect(address).unwrap_err();
    assert!(error.is_in_progress(), "{error}");
    assert!(armed.struck());
}

#[cfg(feature = "fault")]
#[test]
fn a_single_call_that_a_signal_breaks_off_says_so() {
    let (left, _right) = UNIX.pair();
    let calls: [(&str, &dyn Fn() -> berkeley::Result<usize>); 2] = [
        ("recv", &|| once::recv(&left, &(&mut [0; 8][..]).into(), Flags::NONE)),
        ("send", &|| once::send(&left, b"x"[..].into(), Flags::NONE)),
    ];
    for (name, call) in calls {
        let _armed = fault::arm(Plan::fail(name, 1, EINTR));
        assert!(call().unwrap_err().is_interrupted(), "{name}");
    }
}
