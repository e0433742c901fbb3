//! Timeouts: none, zero or a duration that bounds the whole operation; a ready socket costs one system call.

use std::io::ErrorKind;
use std::mem::MaybeUninit;
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use berkeley::{Address, Deadline, Flags, Interest, Socket, option};

use crate::bounded::JoinInTime;
use crate::support::{
    KINDS, Kind, LIMIT, LISTENERS, LONG, SHORT, STREAMS, TCP, TCP6, UDP, UNIX, UNIX_DGRAM, assert_kept,
    at_once, counted, is_nonblocking, later, timed, within,
};

/// Asserts that `action` makes exactly `calls` system calls.
#[track_caller]
fn assert_costs<T>(calls: u32, what: &str, action: impl FnOnce() -> T) -> T {
    let (result, made) = counted(action);
    assert_eq!(made.unwrap_or(calls), calls, "system calls of {what}");
    result
}

/// The three kinds of timeout, each of which a ready socket must not notice.
const TIMEOUTS: [Option<Duration>; 3] = [None, Some(Duration::ZERO), Some(LONG)];

#[test]
fn a_ready_socket_costs_one_system_call_whatever_its_timeout() {
    within(LIMIT, || {
        for (kind, timeout) in KINDS.into_iter().flat_map(|kind| TIMEOUTS.map(|timeout| (kind, timeout))) {
            let (left, right) = kind.pair();
            left.set_timeout(timeout).unwrap();
            right.set_timeout(timeout).unwrap();
            let what = |call: &str| format!("{call} over {} with {timeout:?}", kind.name);
            assert_costs(1, &what("send"), || left.send(b"one").unwrap());
            assert_costs(1, &what("send_all"), || left.send_all(b"two").unwrap());
            assert_costs(1, &what("try_send"), || left.try_send(b"six", Flags::NONE).unwrap());
            right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            let mut buffer = [0; 3];
            assert_costs(1, &what("peek"), || right.peek(&mut buffer).unwrap());
            assert_costs(1, &what("recv"), || right.recv(&mut buffer).unwrap());
            assert_costs(1, &what("recv_vec"), || right.recv_vec(3).unwrap());
            assert_costs(1, &what("try_recv"), || right.try_recv(&mut buffer, Flags::NONE).unwrap());
            left.send(b"end").unwrap();
            left.send(b"now").unwrap();
            right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            assert_costs(1, &what("recv_from"), || right.recv_from(&mut buffer).unwrap());
            assert_costs(1, &what("recv_uninit"), || {
                right.recv_uninit(&mut [MaybeUninit::uninit(); 3]).unwrap().len()
            });
        }
    });
}

#[test]
fn a_connection_that_waits_costs_one_system_call_to_take() {
    within(LIMIT, || {
        for (kind, timeout) in LISTENERS.into_iter().flat_map(|kind| TIMEOUTS.map(|timeout| (kind, timeout)))
        {
            let (listener, address) = kind.listener(4);
            let client = kind.socket();
            client.connect(address).unwrap();
            listener.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            listener.set_timeout(timeout).unwrap();
            assert_costs(1, kind.name, || listener.accept().unwrap());
        }
        for (kind, timeout) in
            [UDP, UNIX, UNIX_DGRAM].into_iter().flat_map(|kind| TIMEOUTS.map(|t| (kind, t)))
        {
            let (receiver, address) = kind.bound();
            if kind == UNIX {
                receiver.listen(1).unwrap();
            }
            let sender = kind.socket();
            sender.set_timeout(timeout).unwrap();
            assert_costs(1, kind.name, || sender.connect(address).unwrap());
        }
        for (kind, timeout) in [UDP, UNIX_DGRAM].into_iter().flat_map(|kind| TIMEOUTS.map(|t| (kind, t))) {
            let (_receiver, address) = kind.bound();
            let sender = kind.socket();
            sender.set_timeout(timeout).unwrap();
            assert_costs(1, kind.name, || sender.send_to(b"x", address).unwrap());
        }
    });
}

#[test]
fn with_a_timeout_of_zero_nothing_waits() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(Duration::ZERO)).unwrap();
            let mut buffer = [0; 8];
            for error in [
                left.recv(&mut buffer).unwrap_err(),
                left.recv_vec(8).unwrap_err(),
                left.recv_from(&mut buffer).unwrap_err(),
                left.recv_uninit(&mut [MaybeUninit::uninit(); 8]).unwrap_err(),
                left.peek(&mut buffer).unwrap_err(),
            ] {
                assert!(error.is_would_block(), "{}: {error}", kind.name);
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
            }
        }
        for kind in LISTENERS {
            let (listener, _) = kind.listener(1);
            listener.set_timeout(Some(Duration::ZERO)).unwrap();
            assert!(listener.accept().unwrap_err().is_would_block(), "{}", kind.name);
            assert!(listener.try_accept().unwrap_err().is_would_block(), "{}", kind.name);
        }
    });
}

#[test]
fn would_block_costs_one_system_call_too() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(Duration::ZERO)).unwrap();
            let mut buffer = [0; 8];
            assert_costs(1, kind.name, || left.recv(&mut buffer).unwrap_err());
            assert_costs(1, kind.name, || left.recv_from(&mut buffer).unwrap_err());
            assert_costs(1, kind.name, || left.peek(&mut buffer).unwrap_err());
            assert_costs(1, kind.name, || left.try_recv(&mut buffer, Flags::NONE).unwrap_err());
        }
        for kind in LISTENERS {
            let (listener, _) = kind.listener(1);
            listener.set_timeout(Some(Duration::ZERO)).unwrap();
            assert_costs(1, kind.name, || listener.accept().unwrap_err());
            assert_costs(1, kind.name, || listener.try_accept().unwrap_err());
        }
        for kind in [TCP, TCP6] {
            let (_listener, address) = kind.listener(1);
            let client = kind.socket();
            client.set_timeout(Some(Duration::ZERO)).unwrap();
            assert_costs(1, kind.name, || client.connect(address).unwrap_err());
        }
    });
}

#[test]
fn trying_never_waits_even_where_the_socket_blocks() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, right) = kind.pair();
            let mut buffer = [0; 8];
            assert!(left.try_recv(&mut buffer, Flags::NONE).unwrap_err().is_would_block(), "{}", kind.name);
            assert!(left.try_recv_from(&mut buffer, Flags::NONE).unwrap_err().is_would_block());
            if kind != UDP {
                let full = (0..1 << 20).find_map(|_| left.try_send(&[0; 1024], Flags::NONE).err());
                assert!(full.is_some_and(|error| error.is_would_block()), "{}", kind.name);
            }
            assert!(!is_nonblocking(&left) && !is_nonblocking(&right));
        }
    });
}

#[test]
fn a_wait_ends_at_the_timeout_and_not_before() {
    type Wait = fn(&Socket) -> berkeley::Error;
    let waits: [(&str, Wait); 6] = [
        ("recv", |socket| socket.recv(&mut [0; 8]).unwrap_err()),
        ("recv_vec", |socket| socket.recv_vec(8).unwrap_err()),
        ("recv_from", |socket| socket.recv_from(&mut [0; 8]).unwrap_err()),
        ("recv_uninit", |socket| socket.recv_uninit(&mut [MaybeUninit::uninit(); 8]).unwrap_err()),
        ("peek", |socket| socket.peek(&mut [0; 8]).unwrap_err()),
        ("wait", |socket| socket.wait(Interest::READABLE, Deadline::after(SHORT)).unwrap_err()),
    ];
    within(LIMIT, move || {
        at_once(KINDS.into_iter().flat_map(|kind| waits.map(|wait| (kind, wait))), |(kind, (name, wait))| {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(SHORT)).unwrap();
            let (error, took) = timed(|| wait(&left));
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{name} over {}: {error}", kind.name);
            assert_eq!(error.raw_os_error(), None, "{error}");
            assert_kept(SHORT, took, &format!("{name} over {}", kind.name));
        });
        for kind in LISTENERS {
            let (listener, _) = kind.listener(1);
            listener.set_timeout(Some(SHORT)).unwrap();
            let (result, took) = timed(|| listener.accept());
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut);
            assert_kept(SHORT, took, &format!("accept over {}", kind.name));
        }
    });
}

#[test]
fn a_peer_that_is_late_but_not_too_late_is_waited_for() {
    within(LIMIT, || {
        for (kind, timeout) in KINDS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(LONG))]) {
            let (left, right) = kind.pair();
            left.set_timeout(timeout).unwrap();
            let peer = later(Duration::from_millis(50), move || right.send(b"late").map(|_| right));
            assert_eq!(left.recv_vec(8).unwrap(), b"late", "{} with {timeout:?}", kind.name);
            peer.join_in_time().unwrap().unwrap();
        }
        for (kind, timeout) in LISTENERS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(LONG))]) {
            let (listener, address) = kind.listener(1);
            listener.set_timeout(timeout).unwrap();
            let peer = later(Duration::from_millis(50), move || kind.socket().connect(address));
            listener.accept().unwrap();
            peer.join_in_time().unwrap().unwrap();
        }
    });
}

/// Reads what is left until the end; gives how many bytes that was.
fn count_to_the_end(socket: &Socket) -> usize {
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match socket.recv(&mut buffer).unwrap() {
            0 => return total,
            length => total += length,
        }
    }
}

#[test]
fn a_send_that_times_out_says_how_many_bytes_the_peer_will_read() {
    within(LIMIT, || {
        let data = vec![7; 64 << 20];
        for (kind, timeout) in STREAMS.into_iter().flat_map(|kind| [(kind, SHORT), (kind, Duration::ZERO)]) {
            let (left, right) = kind.pair();
            left.set_timeout(Some(timeout)).unwrap();
            let (result, took) = timed(|| left.send_all(&data));
            let error = result.unwrap_err();
            if timeout.is_zero() {
                assert!(error.is_would_block(), "{}: {error}", kind.name);
            } else {
                assert_eq!(error.kind(), ErrorKind::TimedOut, "{}: {error}", kind.name);
                assert_kept(timeout, took, kind.name);
            }
            assert!(error.bytes_sent() > 0 && error.bytes_sent() < data.len(), "{error}");
            left.shutdown(Shutdown::Write).unwrap();
            assert_eq!(count_to_the_end(&right), error.bytes_sent(), "{}: {error}", kind.name);
        }
    });
}

#[test]
fn slow_progress_does_not_extend_the_time_of_a_whole_send() {
    within(LIMIT, || {
        let data = vec![7; 512 << 20];
        for kind in STREAMS {
            let (left, right) = kind.pair();
            left.set_timeout(Some(SHORT)).unwrap();
            let stop = Arc::new(AtomicBool::new(false));
            let reader = thread::spawn({
                let stop = Arc::clone(&stop);
                move || {
                    let mut total = 0;
                    // Each piece makes room again, well before a single wait would time out.
                    while !stop.load(Ordering::Relaxed) {
                        total += right.recv_vec(256 << 10).unwrap().len();
                        thread::sleep(Duration::from_millis(10));
                    }
                    total + count_to_the_end(&right)
                }
            });
            let (result, took) = timed(|| left.send_all(&data));
            stop.store(true, Ordering::Relaxed);
            left.shutdown(Shutdown::Write).unwrap();
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::TimedOut, "{}: {error}", kind.name);
            assert_kept(SHORT, took, kind.name);
            assert_eq!(reader.join_in_time().unwrap(), error.bytes_sent(), "{}", kind.name);
        }
    });
}

#[test]
fn a_send_that_waits_for_room_ends_well_once_the_peer_reads() {
    within(LIMIT, || {
        let data = vec![7; 16 << 20];
        for (kind, timeout) in STREAMS.into_iter().flat_map(|kind| [(kind, None), (kind, Some(LONG))]) {
            let (left, right) = kind.pair();
            left.set_timeout(timeout).unwrap();
            let reader = later(Duration::from_millis(50), move || count_to_the_end(&right));
            left.send_all(&data).unwrap();
            left.shutdown(Shutdown::Write).unwrap();
            assert_eq!(reader.join_in_time().unwrap(), data.len(), "{} with {timeout:?}", kind.name);
        }
    });
}

#[test]
fn a_clone_that_made_the_socket_block_takes_no_deadline_away() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(SHORT)).unwrap();
            left.try_clone().unwrap().set_timeout(None).unwrap();
            assert!(!is_nonblocking(&left));

            let (result, took) = timed(|| left.recv(&mut [0; 8]));
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut, "{}", kind.name);
            assert_kept(SHORT, took, kind.name);
            let (result, took) = timed(|| left.recv_uninit(&mut [MaybeUninit::uninit(); 8]).map(|_| ()));
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut, "{}", kind.name);
            assert_kept(SHORT, took, kind.name);
        }
        let data = vec![7; 64 << 20];
        for kind in STREAMS {
            let (left, _right) = kind.pair();
            left.set_timeout(Some(SHORT)).unwrap();
            left.try_clone().unwrap().set_timeout(None).unwrap();
            let (result, took) = timed(|| left.send_all(&data));
            assert_eq!(result.unwrap_err().kind(), ErrorKind::TimedOut, "{}", kind.name);
            assert_kept(SHORT, took, kind.name);
        }
    });
}

#[test]
fn a_clone_without_a_timeout_waits_although_the_socket_does_not_block() {
    within(LIMIT, || {
        for kind in KINDS {
            let (left, right) = kind.pair();
            let untimed = left.try_clone().unwrap();
            left.set_timeout(Some(Duration::ZERO)).unwrap();
            assert!(is_nonblocking(&untimed) && untimed.timeout().is_none());
            let peer = later(Duration::from_millis(50), move || right.send(b"late").map(|_| right));
            assert_eq!(untimed.recv_vec(8).unwrap(), b"late", "{}", kind.name);
            peer.join_in_time().unwrap().unwrap();
        }
        for kind in STREAMS {
            let (left, right) = kind.pair();
            let untimed = left.try_clone().unwrap();
            left.set_timeout(Some(Duration::ZERO)).unwrap();
            let reader = later(Duration::from_millis(50), move || count_to_the_end(&right));
            untimed.send_all(&vec![7; 16 << 20]).unwrap();
            untimed.shutdown(Shutdown::Write).unwrap();
            assert_eq!(reader.join_in_time().unwrap(), 16 << 20, "{}", kind.name);
        }
        for kind in LISTENERS {
            let (listener, address) = kind.listener(1);
            let untimed = listener.try_clone().unwrap();
            listener.set_timeout(Some(Duration::ZERO)).unwrap();
            let peer = later(Duration::from_millis(50), move || {
                let client = kind.socket();
                let untimed = client.try_clone().unwrap();
                client.set_timeout(Some(Duration::ZERO)).unwrap();
                untimed.connect(address)
            });
            untimed.accept().unwrap();
            peer.join_in_time().unwrap().unwrap();
        }
    });
}

#[test]
fn a_timeout_that_std_has_set_surfaces_as_would_block() {
    within(LIMIT, || {
        let (left, _right) = TCP.pair();
        let stream = TcpStream::from(left);
        stream.set_read_timeout(Some(SHORT)).unwrap();
        stream.set_write_timeout(Some(SHORT)).unwrap();
        let socket = Socket::from(stream);
        assert_eq!(socket.timeout(), None);
        // The kernel counts this time in ticks, of which the first may be cut: a little less than asked is in order.
        let most_of_it = SHORT.saturating_sub(Duration::from_millis(20));
        let (result, took) = timed(|| socket.recv(&mut [0; 8]));
        assert!(result.unwrap_err().is_would_block());
        assert_kept(most_of_it, took, "recv");
        let data = vec![7; 64 << 20];
        let (result, took) = timed(|| socket.send_all(&data));
        assert!(result.unwrap_err().is_would_block());
        assert_kept(most_of_it, took, "send_all");

        let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
        udp.set_read_timeout(Some(SHORT)).unwrap();
        let (result, took) = timed(|| Socket::from(udp).recv_from(&mut [0; 8]));
        assert!(result.unwrap_err().is_would_block());
        assert_kept(most_of_it, took, "recv_from");
    });
}

#[test]
fn waiting_until_a_moment_that_has_passed_still_looks_once() {
    within(LIMIT, || {
        let (left, right) = UNIX.pair();
        let passed = Deadline::after(Duration::ZERO);
        assert_eq!(right.wait(Interest::READABLE, passed).unwrap_err().kind(), ErrorKind::TimedOut);
        left.send(b"x").unwrap();
        right.wait(Interest::READABLE, passed).unwrap();
        let both = Interest::READABLE | Interest::WRITABLE;
        assert_eq!(right.wait(both, passed).unwrap(), both);
        right.wait(Interest::WRITABLE, passed).unwrap();
        right.wait(Interest::READABLE, Deadline::NEVER).unwrap();
    });
}

#[test]
fn the_peers_end_counts_as_ready() {
    within(LIMIT, || {
        for kind in STREAMS {
            let (left, right) = kind.pair();
            drop(right);
            let ready = left.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            assert!(ready.contains(Interest::READABLE), "{ready:?}");
            assert_eq!(left.try_recv(&mut [0; 8], Flags::NONE).unwrap(), 0, "{}", kind.name);
        }
    });
}

/// Starts to connect without waiting, waits, and tells how the connection ended.
fn connect_in_two_steps(kind: &Kind, address: Address) -> berkeley::Result<()> {
    let socket = kind.socket();
    socket.set_timeout(Some(Duration::ZERO)).unwrap();
    match socket.connect(address) {
        Err(error) if error.is_in_progress() => {}
        done => return done,
    }
    socket.wait(Interest::WRITABLE, Deadline::after(LONG)).unwrap();
    socket.finish_connect()
}

#[test]
fn a_connection_can_be_made_in_two_steps() {
    within(LIMIT, || {
        for kind in [TCP, TCP6] {
            let (_listener, address) = kind.listener(4);
            connect_in_two_steps(&kind, address).unwrap();
            // Bound but not listening: refused, and nobody else can come to listen there.
            let (_bound, address) = kind.bound();
            let error = connect_in_two_steps(&kind, address).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
            assert_eq!(error.operation().as_str(), "connect");
        }
    });
}

#[test]
fn a_refused_connection_says_so_whatever_the_timeout() {
    within(LIMIT, || {
        for (kind, timeout) in [TCP, TCP6].into_iter().flat_map(|kind| [(kind, None), (kind, Some(LONG))]) {
            let (_bound, address) = kind.bound();
            let socket = kind.socket();
            socket.set_timeout(timeout).unwrap();
            let error = socket.connect(address).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
            assert_eq!(
                error.to_string(),
                format!("connect tcp {address}: connection refused (os error 111)")
            );
        }
    });
}

#[test]
fn a_connection_that_was_made_and_reset_is_not_in_progress() {
    within(LIMIT, || {
        let (listener, address) = TCP.listener(1);
        let client = TCP.socket();
        client.connect(address).unwrap();
        let (peer, _) = listener.accept().unwrap();
        peer.set(option::LINGER, Some(Duration::ZERO)).unwrap();
        drop(peer);
        client.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
        let error = client.finish_connect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
        let error = client.finish_connect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotConnected, "{error}");
        assert_eq!(TCP.socket().finish_connect().unwrap_err().kind(), ErrorKind::NotConnected);
    });
}
