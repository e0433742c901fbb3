//! Sending and receiving, over every kind that does it.

use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::thread;

use berkeley::bindings::once;
use berkeley::control::ControlBuffer;
use berkeley::{Address, Deadline, Flags, Interest, SendMessage, Socket};

use crate::bounded::JoinInTime;
use crate::signal::let_sigpipe_kill;
use crate::support::{
    KINDS, LIMIT, LONG, MESSAGES, STREAMS, TCP, TCP6, UDP, UNIX, UNIX_DGRAM, alone, pattern, within,
};

/// A way to send bytes, all of which there is room for.
type Send = fn(&Socket, &[u8]);
/// A way to receive what is there.
type Receive = fn(&Socket) -> Vec<u8>;
/// A way to send that may fail.
type TrySend = fn(&Socket) -> berkeley::Result<()>;

const ENOMEM: i32 = 12;

/// Waits until there is something to receive: a tried call need not find it at once, even on the loopback.
fn await_readable(socket: &Socket) {
    socket.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
}

#[test]
fn every_receiving_call_gives_what_every_sending_call_sent() {
    let sends: [(&str, Send); 7] = [
        ("send", |socket, bytes| assert_eq!(socket.send(bytes).unwrap(), bytes.len())),
        ("send_with", |socket, bytes| assert_eq!(socket.send_with(bytes, Flags::NONE).unwrap(), bytes.len())),
        ("send_all", |socket, bytes| socket.send_all(bytes).unwrap()),
        ("try_send", |socket, bytes| assert_eq!(socket.try_send(bytes, Flags::NONE).unwrap(), bytes.len())),
        ("once::send", |socket, bytes| {
            assert_eq!(once::send(socket, bytes.into(), Flags::NONE).unwrap(), bytes.len());
        }),
        ("write", |mut socket, bytes| assert_eq!(socket.write(bytes).unwrap(), bytes.len())),
        ("write_all", |mut socket, bytes| socket.write_all(bytes).unwrap()),
    ];
    let receives: [(&str, Receive); 13] = [
        ("recv", |socket| filled(|buffer| socket.recv(buffer).unwrap())),
        ("recv_with", |socket| filled(|buffer| socket.recv_with(buffer, Flags::NONE).unwrap())),
        ("recv_vec", |socket| socket.recv_vec(64).unwrap()),
        ("recv_uninit", |socket| socket.recv_uninit(&mut [MaybeUninit::uninit(); 64]).unwrap().to_vec()),
        ("recv_from", |socket| filled(|buffer| socket.recv_from(buffer).unwrap().0)),
        ("read", |mut socket| filled(|buffer| socket.read(buffer).unwrap())),
        ("try_recv", |socket| filled(|buffer| socket.try_recv(buffer, Flags::NONE).unwrap())),
        ("try_recv_uninit", |socket| {
            socket.try_recv_uninit(&mut [MaybeUninit::uninit(); 64], Flags::NONE).unwrap().to_vec()
        }),
        ("try_recv_from", |socket| filled(|buffer| socket.try_recv_from(buffer, Flags::NONE).unwrap().0)),
        ("once::recv", |socket| filled(|buffer| once::recv(socket, &buffer.into(), Flags::NONE).unwrap())),
        ("once::recv_uninit", |socket| {
            once::recv_uninit(socket, &mut [MaybeUninit::uninit(); 64], Flags::NONE).unwrap().to_vec()
        }),
        ("once::recv_from_uninit", |socket| {
            let mut memory = [MaybeUninit::uninit(); 64];
            once::recv_from_uninit(socket, &mut memory, Flags::NONE).unwrap().0.to_vec()
        }),
        ("once::recv_from", |socket| {
            filled(|buffer| once::recv_from(socket, &buffer.into(), Flags::NONE).unwrap().0)
        }),
    ];
    within(LIMIT, move || {
        for kind in KINDS {
            let (left, right) = kind.pair();
            for (sender, send) in sends {
                for (receiver, receive) in receives {
                    send(&left, b"from left to right");
                    await_readable(&right);
                    assert_eq!(receive(&right), b"from left to right", "{}: {sender}, {receiver}", kind.name);
                }
            }
        }
    });
}

fn filled(receive: impl FnOnce(&mut [u8]) -> usize) -> Vec<u8> {
    let mut buffer = vec![0; 64];
    let length = receive(&mut buffer);
    buffer.truncate(length);
    buffer
}

#[test]
fn a_single_call_waits_where_the_socket_blocks_and_only_there() {
    within(LIMIT, || {
        let (left, right) = UDP.pair();
        let mut buffer = [0; 8];
        let error = once::recv(&right, &(&mut buffer[..]).into(), Flags::DONTWAIT).unwrap_err();
        assert!(error.is_would_block(), "{error}");
        thread::scope(|scope| {
            let receiver =
                scope.spawn(|| once::recv(&right, &(&mut [0; 8][..]).into(), Flags::NONE).unwrap());
            let address = right.local_address().unwrap();
            assert_eq!(once::send_to(&left, b"now"[..].into(), &address, Flags::NONE).unwrap(), 3);
            assert_eq!(receiver.join_in_time().unwrap(), 3);
        });
        // The timeout has set O_NONBLOCK, and counts for nothing else.
        right.set_timeout(Some(LONG)).unwrap();
        let error = once::recv_from(&right, &(&mut buffer[..]).into(), Flags::NONE).unwrap_err();
        assert!(error.is_would_block(), "{error}");

        let parts = [IoSlice::new(b"whole")];
        assert_eq!(once::send_msg(&left, &SendMessage::new(&parts)).unwrap(), 5);
        let mut control = ControlBuffer::new();
        right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
        let sinks = [(&mut buffer[..]).into()];
        let message = once::recv_msg(&right, &sinks, &mut control, Flags::NONE).unwrap();
        assert_eq!((message.length, &buffer[..5]), (5, &b"whole"[..]));
    });
}

#[test]
fn a_datagram_goes_to_the_address_given_and_says_who_sent_it() {
    within(LIMIT, || {
        for kind in [UDP, UNIX_DGRAM] {
            let ((left, left_address), (right, right_address)) = (kind.bound(), kind.bound());
            assert_eq!(left.send_to(b"ping", right_address).unwrap(), 4);
            let mut buffer = [0; 16];
            assert_eq!(right.recv_from(&mut buffer).unwrap(), (4, left_address), "{}", kind.name);
            assert_eq!(right.try_send_to(b"pong", left_address, Flags::NONE).unwrap(), 4);
            await_readable(&left);
            assert_eq!(left.try_recv_from(&mut buffer, Flags::NONE).unwrap(), (4, right_address));
        }
    });
}

#[test]
fn a_sender_without_a_name_is_unnamed() {
    within(LIMIT, || {
        let (receiver, address) = UNIX_DGRAM.bound();
        UNIX_DGRAM.socket().send_to(b"who?", address).unwrap();
        let (length, from) = receiver.recv_from(&mut [0; 16]).unwrap();
        assert_eq!(length, 4);
        assert!(from.is_unnamed(), "{from:?}");

        let (left, right) = TCP.pair();
        left.send(b"x").unwrap();
        let (_, from) = right.recv_from(&mut [0; 16]).unwrap();
        assert!(from.is_unnamed() || from == left.local_address().unwrap(), "{from:?}");
    });
}

#[test]
fn messages_keep_their_boundaries_and_streams_do_not() {
    within(LIMIT, || {
        for kind in MESSAGES {
            let (left, right) = kind.pair();
            left.send(b"one").unwrap();
            left.send(b"two").unwrap();
            assert_eq!(right.recv_vec(64).unwrap(), b"one", "{}", kind.name);
            assert_eq!(right.recv_vec(64).unwrap(), b"two", "{}", kind.name);
        }
        for kind in STREAMS {
            let (left, right) = kind.pair();
            left.send(b"one").unwrap();
            left.send(b"two").unwrap();
            left.shutdown(Shutdown::Write).unwrap();
            let mut all = Vec::new();
            (&right).read_to_end(&mut all).unwrap();
            assert_eq!(all, b"onetwo", "{}", kind.name);
        }
    });
}

#[test]
fn the_rest_of_a_long_message_is_lost_and_its_length_can_be_asked_for() {
    within(LIMIT, || {
        for kind in MESSAGES {
            let (left, right) = kind.pair();
            let mut buffer = [0; 4];
            left.send(b"longer than four").unwrap();
            assert_eq!(right.recv_with(&mut buffer, Flags::TRUNC).unwrap(), 16, "{}", kind.name);
            assert_eq!(&buffer, b"long");
            left.send(b"cut").unwrap();
            left.send(b"next").unwrap();
            assert_eq!(right.recv(&mut buffer[..2]).unwrap(), 2, "{}", kind.name);
            assert_eq!(right.recv_vec(64).unwrap(), b"next", "{}", kind.name);

            left.send(b"longer than four").unwrap();
            await_readable(&right);
            let mut memory = [MaybeUninit::uninit(); 4];
            // The length that the kernel gives exceeds the memory; only what was filled may be shown.
            assert_eq!(right.try_recv_uninit(&mut memory, Flags::TRUNC).unwrap(), b"long", "{}", kind.name);
        }
    });
}

/// TCP throws away what it gives the length of (tcp(7)): memory that nobody wrote must not pass for received bytes.
#[test]
fn what_tcp_throws_away_shows_no_memory() {
    within(LIMIT, || {
        for (kind, more) in
            [TCP, TCP6].into_iter().flat_map(|kind| [(kind, Flags::NONE), (kind, Flags::PEEK)])
        {
            let (left, right) = kind.pair();
            left.send(b"away").unwrap();
            await_readable(&right);
            let mut memory = [MaybeUninit::new(0xee); 8];
            let shown = right.try_recv_uninit(&mut memory, Flags::TRUNC | more).unwrap();
            assert_eq!(shown, [0; 4], "{} {more:?}", kind.name);
        }
    });
}

#[test]
fn what_is_peeked_at_stays() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, right) = kind.pair();
            left.send(b"still here").unwrap();
            let mut buffer = [0; 16];
            assert_eq!(right.peek(&mut buffer).unwrap(), 10, "{}", kind.name);
            assert_eq!(right.try_recv(&mut buffer, Flags::PEEK).unwrap(), 10, "{}", kind.name);
            assert_eq!(right.recv_vec(16).unwrap(), b"still here", "{}", kind.name);
            assert!(right.try_recv(&mut buffer, Flags::NONE).unwrap_err().is_would_block(), "{}", kind.name);
        }
    });
}

#[test]
fn an_empty_datagram_is_a_datagram() {
    within(LIMIT, || {
        for kind in [UDP, UNIX_DGRAM] {
            let (left, right) = kind.pair();
            assert_eq!(left.send(b"").unwrap(), 0);
            left.send_all(b"").unwrap();
            left.send(b"after").unwrap();
            let lengths: Vec<usize> = (0..3).map(|_| right.recv(&mut [0; 16]).unwrap()).collect();
            assert_eq!(lengths, [0, 0, 5], "{}", kind.name);
        }
    });
}

#[test]
fn an_empty_buffer_takes_nothing_from_a_stream() {
    within(LIMIT, || {
        for kind in STREAMS {
            let (left, right) = kind.pair();
            left.send_all(b"").unwrap();
            left.send(b"data").unwrap();
            await_readable(&right);
            assert_eq!(right.recv(&mut []).unwrap(), 0, "{}", kind.name);
            assert_eq!(right.recv_vec(0).unwrap(), b"", "{}", kind.name);
            assert_eq!(right.recv_vec(8).unwrap(), b"data", "{}", kind.name);
        }
    });
}

#[test]
fn a_vector_beyond_all_memory_is_refused_without_a_panic() {
    within(LIMIT, || {
        let (left, right) = UNIX.pair();
        left.send(b"data").unwrap();
        // Half of what 32 bits can name may be there.
        let limits = [usize::MAX, isize::MAX.unsigned_abs(), usize::MAX / 2 - 4096];
        let beyond = if cfg!(target_pointer_width = "32") { &limits[..1] } else { &limits };
        for &limit in beyond {
            let error = right.recv_vec(limit).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(ENOMEM), "{limit}: {error}");
        }
        assert_eq!(right.recv_vec(1 << 20).unwrap(), b"data", "nothing was lost");
    });
}

#[test]
fn a_byte_out_of_band_overtakes_the_stream() {
    within(LIMIT, || {
        let (left, right) = TCP.pair();
        left.send(b"in order").unwrap();
        assert_eq!(left.send_with(b"!", Flags::OOB).unwrap(), 1);
        right.wait(Interest::PRIORITY, Deadline::after(LONG)).unwrap();
        let mut buffer = [0; 16];
        assert_eq!(right.recv_with(&mut buffer, Flags::OOB).unwrap(), 1);
        assert_eq!(buffer[0], b'!');
        assert_eq!(right.recv_vec(16).unwrap(), b"in order");
    });
}

#[test]
fn waiting_for_all_fills_the_buffer() {
    within(LIMIT, || {
        for kind in STREAMS {
            let (left, right) = kind.pair();
            let sender = thread::spawn(move || {
                for part in pattern(300_000).chunks(1000) {
                    left.send_all(part).unwrap();
                }
            });
            let mut buffer = vec![0; 300_000];
            assert_eq!(right.recv_with(&mut buffer, Flags::WAITALL).unwrap(), 300_000, "{}", kind.name);
            assert!(buffer == pattern(300_000), "{}", kind.name);
            sender.join_in_time().unwrap();
        }
    });
}

#[test]
fn four_mebibytes_each_way_arrive_as_they_were_sent() {
    within(LIMIT, || {
        for (kind, timeout) in STREAMS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(LONG))]) {
            let (left, right) = kind.pair();
            left.set_timeout(timeout).unwrap();
            right.set_timeout(timeout).unwrap();
            let data = pattern(4 << 20);
            thread::scope(|scope| {
                for (socket, name) in [(&left, "left"), (&right, "right")] {
                    let data = &data;
                    scope.spawn(move || {
                        assert_eq!(io::copy(&mut &data[..], &mut &*socket).unwrap(), 4 << 20);
                        socket.shutdown(Shutdown::Write).unwrap();
                    });
                    scope.spawn(move || {
                        let mut received = Vec::new();
                        io::copy(&mut &*socket, &mut received).unwrap();
                        assert!(received == *data, "{}: what {name} received differs", kind.name);
                    });
                }
            });
        }
    });
}

#[test]
fn a_peer_that_has_gone_is_an_error_and_never_a_signal() {
    alone(|| {
        let_sigpipe_kill();
        let sends: [(&str, TrySend); 4] = [
            ("send", |socket| socket.send(b"x").map(drop)),
            ("send_with", |socket| socket.send_with(b"x", Flags::DONTWAIT).map(drop)),
            ("send_all", |socket| socket.send_all(b"x")),
            ("try_send", |socket| socket.try_send(b"x", Flags::NONE).map(drop)),
        ];
        for kind in KINDS.into_iter().filter(|kind| *kind != UDP) {
            for (name, send) in sends {
                let (left, right) = kind.pair();
                drop(right);
                // TCP learns of it only from the answer to the first segment.
                let error = (0..1000).find_map(|_| send(&left).err());
                let error = error.unwrap_or_else(|| panic!("{} {name} goes on", kind.name));
                assert!(!error.is_would_block(), "{} {name}: {error}", kind.name);
                left.shutdown(Shutdown::Write).ok();
                assert!(send(&left).is_err(), "{} {name}", kind.name);
            }
        }
        let (receiver, address) = UNIX_DGRAM.bound();
        drop(receiver);
        assert!(UNIX_DGRAM.socket().send_to(b"x", address).is_err());
        assert!(UNIX_DGRAM.socket().try_send_to(b"x", address, Flags::NONE).is_err());
    });
}

#[test]
fn an_unspecified_address_ends_a_datagram_sockets_connection() {
    within(LIMIT, || {
        let (left, right) = UDP.pair();
        assert!(left.peer_address().is_ok());
        let nowhere = berkeley::address::OtherAddress::new(berkeley::Family::UNSPECIFIED, &[0; 14]).unwrap();
        left.connect(Address::Other(nowhere)).unwrap();
        assert_eq!(left.peer_address().unwrap_err().kind(), io::ErrorKind::NotConnected);
        drop(right);
    });
}

/// What is there, by a single try.
fn tried(socket: &Socket, flags: Flags) -> berkeley::Result<Vec<u8>> {
    let mut buffer = Vec::new();
    socket.try_recv_append(&mut buffer, 64, flags)?;
    Ok(buffer)
}

#[test]
fn flags_reach_the_calls_that_wait() {
    within(LIMIT, || {
        let (left, right) = UNIX_DGRAM.pair();
        left.send_all_with(b"whole", Flags::EOR).unwrap();
        let mut buffer = [0; 2];
        assert_eq!(right.recv_from_with(&mut buffer, Flags::PEEK | Flags::TRUNC).unwrap().0, 5);
        assert_eq!(tried(&right, Flags::PEEK).unwrap(), b"whole");
        assert_eq!(right.recv_vec(64).unwrap(), b"whole");
        assert!(tried(&right, Flags::NONE).unwrap_err().is_would_block());
        let (server, address) = UDP.bound();
        let client = UDP.socket();
        // Held back, and sent with the next as one datagram.
        client.send_to_with(b"more ", address, Flags::MORE).unwrap();
        client.send_to_with(b"to come", address, Flags::NONE).unwrap();
        assert_eq!(server.recv_vec(64).unwrap(), b"more to come");
    });
}
