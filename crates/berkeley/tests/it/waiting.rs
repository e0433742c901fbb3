//! The rule of waiting, as the methods keep it: `MSG_DONTWAIT`, the timeout of the beginning, a poll that misleads, the
//! mark below which a receive waits.

use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Shutdown};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::control::ControlBuffer;
#[cfg(feature = "fault")]
use berkeley::fault::{self, Plan};
use berkeley::zero_copy::ZeroCopy;
use berkeley::{Connector, Deadline, Flags, Interest, Result, SendMessage, Socket, SocketRef, option};

use crate::bounded::{JoinInTime, RecvInTime};
use crate::full::{TIMEOUT, assert_waits_in_peace, full_receiver};
use crate::signal::Interrupter;
use crate::support::{
    KINDS, Kind, LIMIT, LONG, MESSAGES, STREAMS, TCP, TCP6, UDP, UNIX, UNIX_DGRAM, later, thread_cpu, timed,
    within,
};

/// A call that receives or sends, by its name.
type Call = (&'static str, fn(&Socket, Flags) -> Result<()>);

fn recv_msg(socket: &Socket, flags: Flags) -> Result<usize> {
    let mut buffer = [0; 64];
    let mut buffers = [IoSliceMut::new(&mut buffer)];
    Ok(socket.recv_msg_with(&mut buffers, &mut ControlBuffer::new(), flags)?.length)
}

const RECEIVES: [Call; 3] = [
    ("recv", |socket, flags| socket.recv_with(&mut [0; 8], flags).map(drop)),
    ("recv_from", |socket, flags| socket.recv_from_with(&mut [0; 8], flags).map(drop)),
    ("recv_msg", |socket, flags| recv_msg(socket, flags).map(drop)),
];

/// Of sockets that keep the boundaries of messages.
const RECV_MANY: Call =
    ("recv_many", |socket, flags| socket.recv_many_with(&mut RecvBatch::new(2, 64)?, flags).map(drop));

/// Those without flags.
const PLAIN_RECEIVES: [Call; 3] = [
    ("recv_vec", |socket, _| socket.recv_vec(8).map(drop)),
    ("recv_uninit", |socket, _| socket.recv_uninit(&mut [MaybeUninit::uninit(); 8]).map(drop)),
    ("peek", |socket, _| socket.peek(&mut [0; 8]).map(drop)),
];

const SENDS: [Call; 3] = [
    ("send", |socket, flags| socket.send_with(&[7; 1024], flags).map(drop)),
    ("send_all", |socket, flags| socket.send_all_with(&[7; 1024], flags)),
    ("send_msg", |socket, flags| {
        socket.send_msg(&SendMessage::new(&[IoSlice::new(&[7; 1024])]).flags(flags)).map(drop)
    }),
];

const SEND_MANY: Call = ("send_many", |socket, flags| {
    socket.send_many_with(&[Datagram::new(&[7; 1024])], &mut SendBatch::new(), flags)
});

/// Asserts that a call with `MSG_DONTWAIT` gives `EAGAIN` long before the timeout.
#[track_caller]
fn assert_does_not_wait(
    socket: &Socket,
    kind: &Kind,
    name: &str,
    call: impl FnOnce(&Socket, Flags) -> Result<()>,
) {
    let (result, took) = timed(|| call(socket, Flags::DONTWAIT));
    let what = format!("{name} over {} with {:?}", kind.name, socket.timeout());
    let error = result.expect_err(&what);
    assert!(error.is_would_block(), "{what}: {error}");
    assert!(took < LONG / 2, "{what}: {took:?}");
}

#[test]
fn a_call_that_is_told_not_to_wait_does_not_whatever_the_timeout() {
    within(LIMIT, || {
        for (kind, timeout) in KINDS.into_iter().flat_map(|kind| [(kind, Some(LONG)), (kind, None)]) {
            let (left, _right) = kind.pair();
            left.set_timeout(timeout).unwrap();
            let many = MESSAGES.contains(&kind).then_some(RECV_MANY);
            for (name, call) in RECEIVES.into_iter().chain(many) {
                assert_does_not_wait(&left, &kind, name, call);
            }
            if kind == UDP {
                continue;
            }
            let many = MESSAGES.contains(&kind).then_some(SEND_MANY);
            for (name, call) in SENDS.into_iter().chain(many) {
                // The peer's kernel may make room between two calls: then there was nothing to wait for.
                let full = |socket: &Socket, flags| {
                    loop {
                        while socket.try_send(&[7; 1024], Flags::NONE).is_ok() {}
                        while socket.try_send(&[7], Flags::NONE).is_ok() {}
                        call(socket, flags)?;
                    }
                };
                assert_does_not_wait(&left, &kind, name, full);
            }
        }
        let (_receiver, address) = full_receiver();
        for timeout in [Some(LONG), None] {
            let sender = UNIX_DGRAM.socket();
            sender.set_timeout(timeout).unwrap();
            let (result, took) = timed(|| sender.send_to_with(b"x", address, Flags::DONTWAIT));
            assert!(result.unwrap_err().is_would_block());
            assert!(took < LONG / 2, "{took:?}");
        }
    });
}

/// Asserts that each of these calls, with the socket's timeout, ends in time and costs no CPU.
#[track_caller]
fn assert_peace(scene: &str, socket: &Socket, flags: Flags, calls: impl IntoIterator<Item = Call>) {
    socket.set_timeout(Some(TIMEOUT)).unwrap();
    for (name, call) in calls {
        assert_waits_in_peace(&format!("{scene}: {name}"), || call(socket, flags));
    }
}

/// A UDP socket whose error queue holds a refusal.
pub(crate) fn with_a_refusal_queued() -> Socket {
    let (gone, address) = UDP.bound();
    let socket = UDP.socket();
    socket.set(option::ip::RECVERR, true).unwrap();
    socket.connect(address).unwrap();
    drop(gone);
    socket.send(b"to nobody").unwrap();
    socket.set_timeout(Some(LONG)).unwrap();
    assert_eq!(socket.recv(&mut [0; 8]).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    socket
}

/// A UDP socket whose error queue holds the moment at which a datagram went out, and the peer.
pub(crate) fn with_a_timestamp_queued() -> (Socket, Socket) {
    const TX_SOFTWARE: u32 = 1 << 1;
    const SOFTWARE: u32 = 1 << 4;
    let (left, right) = UDP.pair();
    left.set(option::TIMESTAMPING, TX_SOFTWARE | SOFTWARE).unwrap();
    left.send(b"when?").unwrap();
    left.wait(Interest::PRIORITY, Deadline::after(LONG)).unwrap();
    (left, right)
}

#[test]
fn an_error_queue_that_nobody_reads_does_not_mislead_a_receive() {
    within(LIMIT, || {
        assert_peace(
            "IP_RECVERR",
            &with_a_refusal_queued(),
            Flags::NONE,
            RECEIVES.into_iter().chain([RECV_MANY]),
        );
        let (left, _right) = with_a_timestamp_queued();
        assert_peace("SO_TIMESTAMPING", &left, Flags::NONE, PLAIN_RECEIVES);

        let (left, right) = TCP.pair();
        let mut sender = ZeroCopy::new(left).unwrap();
        sender.send_all(vec![7; 50_000]).unwrap();
        right.recv_vec(50_000).unwrap();
        let socket = sender.socket();
        socket.wait(Interest::PRIORITY, Deadline::after(LONG)).unwrap();
        assert_peace("SO_ZEROCOPY", socket, Flags::NONE, RECEIVES);
    });
}

#[test]
fn data_that_waits_does_not_mislead_a_receive_of_the_error_queue() {
    within(LIMIT, || {
        let (left, right) = UDP.pair();
        right.set(option::ip::RECVERR, true).unwrap();
        left.send(b"data").unwrap();
        right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
        assert_peace("MSG_ERRQUEUE", &right, Flags::ERRQUEUE, RECEIVES.into_iter().chain([RECV_MANY]));
        assert_eq!(right.recv_vec(8).unwrap(), b"data");
    });
}

#[test]
fn data_before_the_peek_offset_does_not_mislead_a_peek() {
    within(LIMIT, || {
        for kind in [UNIX, UDP, UNIX_DGRAM] {
            let (left, right) = kind.pair();
            right.set(option::PEEK_OFF, 3).unwrap();
            left.send(b"abc").unwrap();
            right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            assert_peace(kind.name, &right, Flags::PEEK, [RECEIVES[0], PLAIN_RECEIVES[2]]);
        }
    });
}

#[test]
fn datagram_sockets_shut_for_reading_end_each_receive_in_time() {
    within(LIMIT, || {
        for kind in [UDP, UNIX_DGRAM] {
            let (left, _right) = kind.pair();
            left.shutdown(Shutdown::Read).unwrap();
            assert_peace(
                kind.name,
                &left,
                Flags::NONE,
                [RECEIVES[1], RECEIVES[2], RECV_MANY, PLAIN_RECEIVES[1]],
            );
        }
    });
}

#[test]
fn a_full_datagram_peer_ends_each_send_in_time() {
    within(LIMIT, || {
        let (_receiver, address) = full_receiver();
        let sender = UNIX_DGRAM.socket();
        sender.set_timeout(Some(TIMEOUT)).unwrap();
        let bytes = [IoSlice::new(b"x")];
        assert_waits_in_peace("send_msg", || sender.send_msg(&SendMessage::new(&bytes).to(address).unwrap()));
        assert_waits_in_peace("send_many", || {
            sender.send_many(&[Datagram::new(b"x").to(&address)], &mut SendBatch::new())
        });
    });
}

/// Another thread gives the socket a timeout, or takes it away again, while a call without one waits under signals.
#[test]
fn a_call_keeps_the_timeout_that_it_began_with() {
    within(LIMIT, || {
        for (kind, toggles) in [TCP, UDP, UNIX].into_iter().flat_map(|kind| [(kind, 1), (kind, 4000)]) {
            let (left, right) = kind.pair();
            let right = Arc::new(right);
            let (began, beginning) = channel();
            let receiver = thread::spawn({
                let right = Arc::clone(&right);
                move || {
                    let signals = Interrupter::every(Duration::from_millis(2));
                    let before = thread_cpu();
                    began.send(()).unwrap();
                    let result = right.recv_vec(8);
                    let used = thread_cpu().saturating_sub(before);
                    drop(signals);
                    (result, used)
                }
            });
            beginning.recv_in_time().unwrap();
            thread::sleep(Duration::from_millis(20));
            for _ in 0..toggles {
                right.set_timeout(None).unwrap();
                right.set_timeout(Some(Duration::from_millis(50))).unwrap();
            }
            thread::sleep(Duration::from_millis(400));
            left.send(b"data").unwrap();
            let (result, used) = receiver.join_in_time().unwrap();
            assert_eq!(result.unwrap(), b"data", "{}, {toggles} times", kind.name);
            assert!(used < Duration::from_millis(100), "{}, {toggles} times: {used:?} of CPU", kind.name);
        }
    });
}

/// A stream of which 5 bytes wait, and a peer that sends 5 more a little later.
fn half_there(kind: &Kind) -> (Socket, thread::JoinHandle<Socket>) {
    let (left, right) = kind.pair();
    if kind != &UNIX {
        left.set(option::tcp::NODELAY, true).unwrap();
    }
    left.send(b"12345").unwrap();
    right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
    let peer = later(Duration::from_millis(150), move || {
        left.send(b"67890").unwrap();
        left
    });
    (right, peer)
}

/// A receive of up to 100 bytes, by its name; gives how many came.
type Receive = (&'static str, fn(&SocketRef<'_>) -> Result<usize>);

const MARKED: [Receive; 7] = [
    ("recv", |socket| socket.recv(&mut [0; 100])),
    ("recv_vec", |socket| Ok(socket.recv_vec(100)?.len())),
    ("recv_from", |socket| Ok(socket.recv_from(&mut [0; 100])?.0)),
    ("recv_uninit", |socket| Ok(socket.recv_uninit(&mut [MaybeUninit::uninit(); 100])?.len())),
    ("peek", |socket| socket.peek(&mut [0; 100])),
    ("recv_msg", |socket| {
        let mut buffer = [0; 100];
        Ok(socket.recv_msg(&mut [IoSliceMut::new(&mut buffer)], &mut ControlBuffer::new())?.length)
    }),
    ("recv_with", |socket| socket.recv_with(&mut [0; 100], Flags::TRUNC)),
];

#[test]
fn a_receive_waits_for_as_much_as_the_mark_says() {
    within(LIMIT, || {
        let rows = [(TCP, Some(LONG)), (TCP6, Some(LONG)), (UNIX, None)];
        for ((kind, timeout), (name, receive)) in
            rows.into_iter().flat_map(|row| MARKED.map(|call| (row, call)))
        {
            // A peek looks at one piece.
            if kind == UNIX && name == "peek" {
                continue;
            }
            let (right, peer) = half_there(&kind);
            right.set(option::RCVLOWAT, 10).unwrap();
            right.set_timeout(timeout).unwrap();
            let what = format!("{name} over {} with {timeout:?}", kind.name);
            assert_eq!(receive(&right.by_ref()).unwrap(), 10, "{what}");
            peer.join_in_time().unwrap();
        }
    });
}

#[test]
fn a_receive_below_the_mark_times_out_and_takes_nothing() {
    within(LIMIT, || {
        let (left, right) = TCP.pair();
        left.send(b"12345").unwrap();
        right.set(option::RCVLOWAT, 10).unwrap();
        assert_peace("below the mark", &right, Flags::NONE, RECEIVES.into_iter().chain(PLAIN_RECEIVES));
        right.set(option::RCVLOWAT, 1).unwrap();
        assert_eq!(right.recv_vec(100).unwrap(), b"12345");
        // What is there counts without a wait.
        right.set(option::RCVLOWAT, 10).unwrap();
        right.set_timeout(Some(Duration::ZERO)).unwrap();
        left.send(b"12345").unwrap();
        right.wait(Interest::WRITABLE, Deadline::after(LONG)).unwrap();
        while right.recv(&mut [0; 8]).is_err_and(|error| error.is_would_block()) {}
    });
}

#[test]
fn a_mark_is_known_of_a_socket_that_comes_from_elsewhere() {
    within(LIMIT, || {
        type Adopt = fn(Socket) -> Box<dyn FnOnce() -> Result<usize>>;
        let rows: [(&str, Adopt); 4] = [
            ("a descriptor", |socket| {
                let socket = Socket::from(OwnedFd::from(socket));
                Box::new(move || {
                    socket.set_timeout(Some(LONG))?;
                    socket.recv(&mut [0; 100])
                })
            }),
            ("borrowed", |socket| {
                Box::new(move || {
                    let socket = SocketRef::borrow(socket.as_fd());
                    socket.set_timeout(Some(LONG))?;
                    socket.recv(&mut [0; 100])
                })
            }),
            ("a clone", |socket| {
                let socket = socket.try_clone().unwrap();
                Box::new(move || {
                    socket.set_timeout(Some(LONG))?;
                    socket.recv(&mut [0; 100])
                })
            }),
            ("by its description", |socket| {
                let mark = option::RCVLOWAT.description();
                let value = socket.get_value(mark).unwrap();
                socket.set(option::RCVLOWAT, 1).unwrap();
                socket.set_value(mark, &value).unwrap();
                Box::new(move || {
                    socket.set_timeout(Some(LONG))?;
                    socket.recv(&mut [0; 100])
                })
            }),
        ];
        for (name, adopt) in rows {
            let (right, peer) = half_there(&TCP);
            right.set(option::RCVLOWAT, 10).unwrap();
            assert_eq!(adopt(right)().unwrap(), 10, "{name}");
            peer.join_in_time().unwrap();
        }
    });
}

#[test]
fn an_accepted_socket_has_the_listener_s_mark() {
    within(LIMIT, || {
        let (listener, address) = TCP.listener(1);
        listener.set(option::RCVLOWAT, 10).unwrap();
        let client = TCP.socket();
        client.connect(address).unwrap();
        client.set(option::tcp::NODELAY, true).unwrap();
        let (peer, _) = listener.accept().unwrap();
        client.send(b"12345").unwrap();
        let late = later(Duration::from_millis(150), move || client.send(b"67890").map(|_| client));
        peer.set_timeout(Some(LONG)).unwrap();
        assert_eq!(peer.recv(&mut [0; 100]).unwrap(), 10);
        late.join_in_time().unwrap().unwrap();
    });
}

/// The mark costs a system call only where there is one.
#[cfg(feature = "fault")]
#[test]
fn without_a_mark_an_adopted_socket_costs_no_further_call() {
    within(LIMIT, || {
        for kind in STREAMS {
            let (left, right) = kind.pair();
            let right = Socket::from(OwnedFd::from(right));
            right.set_timeout(Some(LONG)).unwrap();
            left.send(b"x").unwrap();
            right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            let counted = fault::arm(Plan::count());
            right.recv(&mut [0; 8]).unwrap();
            assert_eq!(counted.seen(), 1, "{}", kind.name);
        }
    });
}

/// A mark that one of two clones gets is the other's too, from its first receive on.
#[test]
fn a_clone_learns_of_the_mark_that_its_original_has_got() {
    within(LIMIT, || {
        for name in ["a clone", "borrowed"] {
            let (right, peer) = half_there(&TCP);
            right.set_timeout(Some(LONG)).unwrap();
            let (clone, borrowed) = (right.try_clone().unwrap(), right.by_ref());
            right.set(option::RCVLOWAT, 10).unwrap();
            let mut buffer = [0; 100];
            let received =
                if name == "a clone" { clone.recv(&mut buffer) } else { borrowed.recv(&mut buffer) };
            assert_eq!(received.unwrap(), 10, "{name}");
            peer.join_in_time().unwrap();
        }
    });
}

/// As in C, whose receives of these never wait: the flag says nothing of them.
#[test]
fn without_a_timeout_no_receive_waits_for_the_error_queue_or_urgent_data() {
    within(LIMIT, || {
        for (kind, flags, nonblocking) in [
            (UDP, Flags::ERRQUEUE, true),
            (UDP, Flags::ERRQUEUE, false),
            (TCP, Flags::ERRQUEUE, true),
            (TCP, Flags::ERRQUEUE, false),
            (UDP, Flags::OOB, true),
        ] {
            let (left, _right) = kind.pair();
            left.set_timeout(nonblocking.then_some(Duration::ZERO)).unwrap();
            let socket = Socket::from(OwnedFd::from(left));
            assert_eq!(socket.timeout(), None);
            for (name, call) in RECEIVES {
                let error = call(&socket, flags).unwrap_err();
                assert!(error.is_would_block(), "{name} over {} with {flags:?}: {error}", kind.name);
            }
        }
    });
}

/// `SO_ERROR` says nothing of a connection whose error somebody else has taken.
#[cfg(feature = "fault")]
#[test]
fn the_race_asks_whether_there_is_a_connection() {
    const ENOTCONN: i32 = 107;
    within(LIMIT, || {
        let (_listener, address) = TCP.listener(1);
        assert_eq!(address.ip(), Some(Ipv4Addr::LOCALHOST.into()));
        let armed = fault::arm(Plan::fail("getpeername", 1, ENOTCONN));
        Connector::new().timeout(Some(LONG)).connect_to(&[address]).unwrap();
        assert!(armed.struck(), "nobody asked for the peer");
    });
}
