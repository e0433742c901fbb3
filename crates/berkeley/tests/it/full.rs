//! Full backlogs and full peers, where poll(2) says "ready" and the call says `EAGAIN`: waiting must cost no CPU.

use std::io::ErrorKind;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use berkeley::{Address, Deadline, Flags, Interest, Socket, option};

use crate::bounded::JoinInTime;
use crate::support::{
    Kind, LIMIT, LONG, SHORT, TCP, TCP6, UDP, UNIX, UNIX_DGRAM, UNIX_SEQPACKET, assert_kept, later,
    thread_cpu, timed, within,
};

pub(crate) const TIMEOUT: Duration = Duration::from_millis(600);

/// A TCP listener whose queue is full, and the clients in it; a further one's attempts stay unanswered.
pub(crate) fn fill_backlog(kind: &Kind) -> (Socket, Address, Vec<Socket>) {
    let (listener, address) = kind.listener(0);
    let mut waiting = Vec::new();
    loop {
        let client = kind.socket();
        client.set_timeout(Some(Duration::ZERO)).unwrap();
        if let Err(error) = client.connect(address) {
            assert!(error.is_in_progress(), "{error}");
        }
        // An answer comes at once on the loopback; none in this time means that the queue is full.
        if client.wait(Interest::WRITABLE, Deadline::after(Duration::from_millis(200))).is_err() {
            return (listener, address, waiting);
        }
        waiting.push(client);
        assert!(waiting.len() < 16, "the backlog of 0 takes everybody");
    }
}

/// A Unix listener whose queue is full, and the clients in it.
pub(crate) fn full_unix_listener(kind: &Kind) -> (Socket, Address, Vec<Socket>) {
    let (listener, address) = kind.listener(0);
    let mut waiting = Vec::new();
    loop {
        let client = kind.socket();
        client.set_timeout(Some(Duration::ZERO)).unwrap();
        match client.connect(address) {
            Ok(()) => waiting.push(client),
            Err(error) if error.is_would_block() => return (listener, address, waiting),
            Err(error) => panic!("{error}"),
        }
        assert!(waiting.len() < 16, "the backlog of 0 takes everybody");
    }
}

/// A datagram receiver that has no room left, and its address.
pub(crate) fn full_receiver() -> (Socket, Address) {
    let (receiver, address) = UNIX_DGRAM.bound();
    let sender = UNIX_DGRAM.socket();
    let full = (0..100_000).find_map(|_| sender.try_send_to(b"x", address, Flags::NONE).err());
    assert!(full.is_some_and(|error| error.is_would_block()));
    (receiver, address)
}

/// Asserts that `wait` times out in time, and that waiting used less than 5 % of a processor.
#[track_caller]
pub(crate) fn assert_waits_in_peace<T: std::fmt::Debug>(
    what: &str,
    wait: impl FnOnce() -> berkeley::Result<T>,
) {
    let before = thread_cpu();
    let (result, took) = timed(wait);
    let used = thread_cpu().saturating_sub(before);
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{what}: {error}");
    assert_kept(TIMEOUT, took, what);
    assert!(used < took / 20, "{what}: {used:?} of CPU in {took:?}");
}

#[test]
fn a_full_tcp_backlog_is_waited_for_until_the_deadline() {
    within(LIMIT, || {
        for kind in [TCP, TCP6] {
            let (_listener, address, _waiting) = fill_backlog(&kind);
            let client = kind.socket();
            client.set_timeout(Some(TIMEOUT)).unwrap();
            assert_waits_in_peace(kind.name, || client.connect(address));
        }
    });
}

#[test]
fn a_timeout_that_std_has_set_ends_a_connection_attempt() {
    within(LIMIT, || {
        let (_listener, address, _waiting) = fill_backlog(&TCP);
        let stream = TcpStream::from(TCP.socket());
        stream.set_write_timeout(Some(SHORT)).unwrap();
        let client = Socket::from(stream);
        let (result, took) = timed(|| client.connect(address));
        assert!(result.unwrap_err().is_in_progress());
        // The kernel counts this time in ticks, of which the first may be cut.
        assert_kept(SHORT.saturating_sub(Duration::from_millis(20)), took, "connect");
    });
}

#[test]
fn a_connection_in_progress_says_so_until_it_is_made() {
    within(LIMIT, || {
        let (listener, address, waiting) = fill_backlog(&TCP);
        let client = TCP.socket();
        client.set_timeout(Some(Duration::ZERO)).unwrap();
        assert!(client.connect(address).unwrap_err().is_in_progress());
        assert!(client.finish_connect().unwrap_err().is_in_progress());
        assert!(client.try_connect(address).unwrap_err().is_in_progress(), "EALREADY");
        for _ in 0..waiting.len() {
            listener.accept().unwrap();
        }
        client.wait(Interest::WRITABLE, Deadline::after(LONG)).unwrap();
        client.finish_connect().unwrap();
        assert_eq!(client.peer_address().unwrap(), address);
    });
}

#[test]
fn a_full_unix_backlog_is_waited_for_in_peace() {
    within(LIMIT, || {
        for kind in [UNIX, UNIX_SEQPACKET] {
            let (_listener, address, _waiting) = full_unix_listener(&kind);
            let client = kind.socket();
            client.set_timeout(Some(TIMEOUT)).unwrap();
            assert_waits_in_peace(kind.name, || client.connect(address));
        }
    });
}

#[test]
fn a_full_unix_backlog_with_a_timeout_of_zero_is_would_block() {
    within(LIMIT, || {
        let (_listener, address, _waiting) = full_unix_listener(&UNIX);
        let client = UNIX.socket();
        client.set_timeout(Some(Duration::ZERO)).unwrap();
        assert!(client.connect(address).unwrap_err().is_would_block());
    });
}

#[test]
fn room_in_a_unix_backlog_lets_the_next_one_in() {
    within(LIMIT, || {
        for kind in [UNIX, UNIX_SEQPACKET] {
            // Timed; untimed and blocking; untimed but made non-blocking by a clone.
            for (timeout, nonblocking) in [(Some(LONG), true), (None, false), (None, true)] {
                let (listener, address, waiting) = full_unix_listener(&kind);
                let client = kind.socket();
                let clone = client.try_clone().unwrap();
                client.set_timeout(timeout).unwrap();
                clone.set_timeout(nonblocking.then_some(Duration::ZERO)).unwrap();
                let server = later(Duration::from_millis(100), move || {
                    (0..=waiting.len()).map(|_| listener.accept().unwrap().0).collect::<Vec<_>>()
                });
                client.connect(address).unwrap();
                assert_eq!(server.join_in_time().unwrap().len(), 2, "{}", kind.name);
            }
        }
    });
}

#[test]
fn a_full_datagram_peer_is_waited_for_in_peace() {
    within(LIMIT, || {
        let (_receiver, address) = full_receiver();
        let sender = UNIX_DGRAM.socket();
        sender.set_timeout(Some(TIMEOUT)).unwrap();
        assert_waits_in_peace("send_to, not connected", || sender.send_to(b"x", address));

        let connected = UNIX_DGRAM.socket();
        connected.connect(address).unwrap();
        connected.set_timeout(Some(TIMEOUT)).unwrap();
        assert_waits_in_peace("send, connected", || connected.send(b"x"));
        assert_waits_in_peace("send_all, connected", || connected.send_all(b"x"));
        assert_waits_in_peace("send_to, connected", || connected.send_to(b"x", address));
    });
}

#[test]
fn room_at_a_datagram_peer_lets_the_next_one_in() {
    within(LIMIT, || {
        type Send = fn(&Socket, Address) -> berkeley::Result<()>;
        let sends: [(&str, bool, Send); 4] = [
            ("send_to", false, |socket, address| socket.send_to(b"last", address).map(drop)),
            ("send_to, connected", true, |socket, address| socket.send_to(b"last", address).map(drop)),
            ("send", true, |socket, _| socket.send(b"last").map(drop)),
            ("send_all", true, |socket, _| socket.send_all(b"last")),
        ];
        for ((name, connected, send), timeout) in
            sends.into_iter().flat_map(|send| [(send, Some(LONG)), (send, None)])
        {
            let (receiver, address) = full_receiver();
            let sender = UNIX_DGRAM.socket();
            if connected {
                sender.connect(address).unwrap();
            }
            sender.set_timeout(timeout).unwrap();
            let server =
                later(Duration::from_millis(100), move || while receiver.recv_vec(8).unwrap() != b"last" {});
            send(&sender, address).unwrap_or_else(|error| panic!("{name}: {error}"));
            server.join_in_time().unwrap();
        }
    });
}

/// Linux says of it "readable, ended" by poll, and `EAGAIN` by recv.
#[test]
fn a_datagram_socket_shut_for_reading_is_waited_for_until_the_deadline() {
    within(LIMIT, || {
        for kind in [UDP, UNIX_DGRAM] {
            let (left, _right) = kind.pair();
            left.shutdown(Shutdown::Read).unwrap();
            left.set_timeout(Some(TIMEOUT)).unwrap();
            assert_waits_in_peace(kind.name, || left.recv(&mut [0; 8]));
        }
    });
}

/// As long as something lies in the error queue, poll says "error".
#[test]
fn a_receive_is_not_misled_by_the_error_queue() {
    within(LIMIT, || {
        let (gone, address) = UDP.bound();
        let socket = UDP.socket();
        socket.set(option::ip::RECVERR, true).unwrap();
        socket.set_timeout(Some(TIMEOUT)).unwrap();
        socket.connect(address).unwrap();
        drop(gone);
        socket.send(b"to nobody").unwrap();
        let refusal = socket.recv(&mut [0; 8]).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::ConnectionRefused, "{refusal}");
        assert_waits_in_peace("recv", || socket.recv(&mut [0; 8]));
        assert_waits_in_peace("recv_from", || socket.recv_from(&mut [0; 8]));
    });
}

/// A loser of a race for a connection goes on waiting, and is there for the next.
#[test]
fn many_threads_that_accept_at_once_take_each_connection() {
    within(LIMIT, || {
        let (listener, address) = UNIX.listener(64);
        listener.set_timeout(Some(LONG)).unwrap();
        std::thread::scope(|scope| {
            let threads = [(); 4]
                .map(|()| scope.spawn(|| (0..50).map(|_| listener.accept().unwrap().0).collect::<Vec<_>>()));
            let clients: Vec<_> = (0..200).map(|_| UNIX.socket()).collect();
            for client in &clients {
                client.connect(address).unwrap();
            }
            let taken: usize = threads.into_iter().map(|thread| thread.join_in_time().unwrap().len()).sum();
            assert_eq!(taken, clients.len());
        });
    });
}
