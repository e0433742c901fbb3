//! `recv_ready`: a buffer borrowed only once there is something to receive, one system call for each event.

use std::net::Shutdown;
use std::time::Duration;

use berkeley::{AsyncSocket, Family, Flags, Protocol, Type, fault};

use super::{connected, run, take};

const EINTR: i32 = 4;

#[test]
fn a_short_read_of_tcp_saves_the_second_system_call() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        for _ in 0..3 {
            client.send_all(b"request").await.unwrap();
            let count = fault::arm(fault::Plan::count());
            assert_eq!(take(&peer).await, b"request");
            assert_eq!(count.seen(), 1);
            let idle = tokio::time::timeout(Duration::from_millis(20), take(&peer)).await;
            assert!(idle.is_err());
            assert_eq!(count.seen(), 1, "the socket was known to be empty");
        }
    });
}

#[test]
fn a_read_that_a_fault_cuts_short_leaves_the_rest_to_the_next() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        client.send_all(b"request").await.unwrap();
        let armed = fault::arm(fault::Plan::short("recv", 1, 1).times(3));
        for part in [&b"r"[..], b"e", b"q", b"uest"] {
            assert_eq!(take(&peer).await, part);
        }
        assert!(armed.struck());
    });
}

#[test]
fn an_end_that_comes_with_the_data_is_seen_after_a_short_read() {
    run(async {
        for family in [Family::INET, Family::UNIX] {
            for early in [true, false] {
                let (client, peer) = connected(family, Type::STREAM).await;
                // Late: the reactor has met the socket, and sees data and end in one event.
                if !early {
                    client.send_all(b"first").await.unwrap();
                    assert_eq!(take(&peer).await, b"first");
                }
                client.send_all(b"last").await.unwrap();
                client.shutdown(Shutdown::Write).unwrap();
                assert_eq!(take(&peer).await, b"last");
                assert_eq!(take(&peer).await, b"");
            }
        }
    });
}

#[test]
fn an_end_that_comes_between_the_event_and_the_read_is_seen() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        client.send_all(b"data").await.unwrap();
        let taken = peer.recv_ready(|ready| {
            client.shutdown(Shutdown::Write)?;
            ready.recv(&mut [0; 64])
        });
        assert_eq!(taken.await.unwrap(), 4);
        assert_eq!(take(&peer).await, b"");
    });
}

#[test]
fn urgent_data_hides_nothing_behind_it() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        client.send_all(b"before").await.unwrap();
        client.send_with(b"!", Flags::OOB).await.unwrap();
        client.send_all(b"after").await.unwrap();
        assert_eq!(take(&peer).await, b"before");
        assert_eq!(take(&peer).await, b"after");
    });
}

#[test]
fn a_full_buffer_is_read_to_its_end() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        client.send_all(b"123456").await.unwrap();
        for part in [b"12", b"34", b"56"] {
            let mut buffer = [0; 2];
            assert_eq!(peer.recv_ready(|ready| ready.recv(&mut buffer)).await.unwrap(), 2);
            assert_eq!(&buffer, part);
        }
    });
}

#[test]
fn an_interrupted_receive_into_uninitialised_memory_is_made_again() {
    run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        left.send_all(b"data").await.unwrap();
        let armed = fault::arm(fault::Plan::fail("recv", 1, EINTR).times(2));
        let mut memory = Vec::<u8>::with_capacity(16);
        let taken =
            right.recv_ready(|ready| ready.recv_uninit(memory.spare_capacity_mut()).map(|b| b.to_vec()));
        assert_eq!(taken.await.unwrap(), b"data");
        assert!(armed.struck());
    });
}

#[test]
fn an_error_of_the_reply_ends_the_receive() {
    run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        left.send_all(b"data").await.unwrap();
        let (big, mut calls) = (vec![0; 65_536], 0);
        let result = right.recv_ready(|ready| {
            calls += 1;
            ready.recv(&mut [0; 16])?;
            // A full send buffer is the caller's to handle, not a receive that found nothing.
            while ready.socket().try_send(&big).is_ok() {}
            ready.socket().try_send(&big)
        });
        assert!(result.await.unwrap_err().is_would_block());
        assert_eq!(calls, 1);
    });
}

#[test]
fn an_idle_connection_holds_a_small_future() {
    run(async {
        let (left, _right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        let mut buffer = [0; 8];
        let size = |name, size: usize, bound: usize| assert!(size <= bound, "{name}: {size} bytes");
        size("socket", size_of::<AsyncSocket>(), 80);
        size("recv_ready", size_of_val(&left.recv_ready(|ready| ready.recv(&mut [0; 8]))), 16);
        // Of these, 170 bytes are tokio's own; 16 are for whose runtime it is.
        size("readable", size_of_val(&left.readable()), 224);
        size("recv", size_of_val(&left.recv(&mut buffer)), 288);
        size("send", size_of_val(&left.send(b"x")), 288);
    });
}
