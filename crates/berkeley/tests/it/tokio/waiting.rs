//! The rule of waiting, awaited: `MSG_DONTWAIT`, a reactor that misleads, the mark below which a receive waits.

use std::future::Future;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::time::Duration;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::control::ControlBuffer;
use berkeley::{AsyncSocket, Deadline, Flags, Interest, Result, SendMessage, Socket, option};
use tokio::time::{sleep, timeout};

use super::run;
use crate::full::{TIMEOUT, full_receiver};
use crate::support::{LONG, SHORT, TCP, UDP, UNIX, UNIX_DGRAM, thread_cpu};
use crate::waiting::{with_a_refusal_queued, with_a_timestamp_queued};

fn adopted(socket: Socket) -> AsyncSocket {
    AsyncSocket::from_socket(socket).unwrap()
}

/// Asserts that `call` is still waiting when the time is up, and that waiting used less than 5 % of a processor.
async fn assert_waits_in_peace<T: std::fmt::Debug>(what: &str, call: impl Future<Output = Result<T>>) {
    let before = thread_cpu();
    let ended = timeout(TIMEOUT, call).await;
    let used = thread_cpu().saturating_sub(before);
    assert!(ended.is_err(), "{what}: {ended:?}");
    assert!(used < TIMEOUT / 20, "{what}: {used:?} of CPU in {TIMEOUT:?}");
}

/// Asserts that an awaited receive gives `want`, which is there.
async fn assert_receives(what: &str, socket: &AsyncSocket, want: &[u8]) {
    let mut buffer = [0; 64];
    let received = timeout(LONG, socket.recv(&mut buffer)).await;
    let length = received.unwrap_or_else(|_| panic!("{what}: the data is there, and recv waits")).unwrap();
    assert_eq!(&buffer[..length], want, "{what}");
}

#[test]
fn an_awaited_call_that_is_told_not_to_wait_does_not() {
    run(async {
        for kind in [TCP, UDP, UNIX, UNIX_DGRAM] {
            let (left, _right) = kind.pair();
            let left = adopted(left);
            let mut buffer = [0; 8];
            let mut buffers = [IoSliceMut::new(&mut buffer)];
            let mut control = ControlBuffer::new();
            let errors = [
                timeout(LONG, left.recv_with(&mut [0; 8], Flags::DONTWAIT)).await.unwrap().unwrap_err(),
                timeout(LONG, left.recv_from_with(&mut [0; 8], Flags::DONTWAIT)).await.unwrap().unwrap_err(),
                timeout(LONG, left.recv_msg_with(&mut buffers, &mut control, Flags::DONTWAIT))
                    .await
                    .unwrap()
                    .unwrap_err(),
            ];
            assert!(errors.iter().all(berkeley::Error::is_would_block), "{}: {errors:?}", kind.name);
            if [UDP, UNIX_DGRAM].contains(&kind) {
                let mut batch = RecvBatch::new(2, 64).unwrap();
                let tried = timeout(LONG, left.recv_many_with(&mut batch, Flags::DONTWAIT)).await.unwrap();
                assert!(tried.unwrap_err().is_would_block());
            }
            if kind == UDP {
                continue;
            }
            while left.socket().try_send(&[7; 1024], Flags::NONE).is_ok() {}
            while left.socket().try_send(&[7], Flags::NONE).is_ok() {}
            let parts = [IoSlice::new(&[7; 1024])];
            let message = SendMessage::new(&parts).flags(Flags::DONTWAIT);
            let errors = [
                timeout(LONG, left.send_with(&[7; 1024], Flags::DONTWAIT)).await.unwrap().unwrap_err(),
                timeout(LONG, left.send_all_with(&[7; 1024], Flags::DONTWAIT)).await.unwrap().unwrap_err(),
                timeout(LONG, left.send_msg(&message)).await.unwrap().unwrap_err(),
            ];
            assert!(errors.iter().all(berkeley::Error::is_would_block), "{}: {errors:?}", kind.name);
        }
        let (_receiver, address) = full_receiver();
        let sender = adopted(UNIX_DGRAM.socket());
        let datagrams = [Datagram::new(b"x").to(&address)];
        let errors = [
            timeout(LONG, sender.send_to_with(b"x", address, Flags::DONTWAIT)).await.unwrap().unwrap_err(),
            timeout(LONG, sender.send_many_with(&datagrams, &mut SendBatch::new(), Flags::DONTWAIT))
                .await
                .unwrap()
                .unwrap_err(),
        ];
        assert!(errors.iter().all(berkeley::Error::is_would_block), "{errors:?}");
    });
}

#[test]
fn what_misleads_epoll_costs_an_awaited_call_no_cpu() {
    run(async {
        let refused = adopted(with_a_refusal_queued());
        assert_waits_in_peace("IP_RECVERR", refused.recv(&mut [0; 8])).await;
        assert_waits_in_peace("IP_RECVERR, recv_ready", refused.recv_ready(|ready| ready.recv(&mut [0; 8])))
            .await;
        let (left, right) = with_a_timestamp_queued();
        let left = adopted(left);
        assert_waits_in_peace("SO_TIMESTAMPING", left.recv(&mut [0; 8])).await;
        right.send(b"data").unwrap();
        assert_receives("SO_TIMESTAMPING", &left, b"data").await;

        let (left, right) = UDP.pair();
        left.send(b"data").unwrap();
        right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
        let right = adopted(right);
        assert_waits_in_peace("MSG_ERRQUEUE", right.recv_with(&mut [0; 8], Flags::ERRQUEUE)).await;
        assert_receives("MSG_ERRQUEUE", &right, b"data").await;

        for kind in [UNIX, UDP, UNIX_DGRAM] {
            let (left, right) = kind.pair();
            right.set(option::PEEK_OFF, 3).unwrap();
            left.send(b"abc").unwrap();
            right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            let right = adopted(right);
            assert_waits_in_peace(kind.name, right.peek(&mut [0; 8])).await;
            assert_receives(kind.name, &right, b"abc").await;
        }
        for kind in [UDP, UNIX_DGRAM] {
            let (left, _right) = kind.pair();
            left.shutdown(Shutdown::Read).unwrap();
            let left = adopted(left);
            assert_waits_in_peace(kind.name, left.recv(&mut [0; 8])).await;
            assert_waits_in_peace(kind.name, left.recv_ready(|ready| ready.recv(&mut [0; 8]))).await;
        }
        let (_receiver, address) = full_receiver();
        let sender = adopted(UNIX_DGRAM.socket());
        let parts = [IoSlice::new(b"x")];
        assert_waits_in_peace("send_to", sender.send_to(b"x", address)).await;
        assert_waits_in_peace("send_msg", sender.send_msg(&SendMessage::new(&parts).to(address).unwrap()))
            .await;
    });
}

/// Each receive finds the 5 bytes, and waits for the other 5.
#[test]
fn an_awaited_receive_waits_for_as_much_as_the_mark_says() {
    run(async {
        for way in ["recv", "recv_ready", "read"] {
            let (left, right) = TCP.pair();
            left.set(option::tcp::NODELAY, true).unwrap();
            right.set(option::RCVLOWAT, 10).unwrap();
            let (left, right) = (adopted(left), adopted(right));
            // The reactor knows of something to receive before the mark counts.
            left.send(b"0123456789").await.unwrap();
            assert_eq!(right.recv(&mut [0; 10]).await.unwrap(), 10);
            left.send(b"12345").await.unwrap();
            let late = async {
                sleep(Duration::from_millis(150)).await;
                left.send(b"67890").await.unwrap();
            };
            let mut buffer = [0; 100];
            let receive = async {
                match way {
                    "recv" => right.recv(&mut buffer).await.unwrap(),
                    "recv_ready" => right.recv_ready(|ready| ready.recv(&mut buffer)).await.unwrap(),
                    _ => tokio::io::AsyncReadExt::read(&mut &right, &mut buffer).await.unwrap(),
                }
            };
            let (length, ()) = tokio::join!(receive, late);
            assert_eq!(length, 10, "{way}");
        }
    });
}

/// What looks at something else than the data: the error queue, urgent data, the bytes behind the peek offset.
#[test]
fn what_finds_nothing_beside_data_leaves_the_data_to_be_received() {
    run(async {
        for flags in [Flags::ERRQUEUE, Flags::PEEK] {
            let (left, right) = UDP.pair();
            let (left, right) = (adopted(left), adopted(right));
            // A receive moves the offset back.
            let hide =
                || right.socket().set(option::PEEK_OFF, if flags == Flags::PEEK { 4 } else { -1 }).unwrap();
            hide();
            left.send(b"data").await.unwrap();
            timeout(LONG, right.readable()).await.unwrap().unwrap();
            let mut batch = RecvBatch::new(2, 64).unwrap();
            assert!(right.try_recv_many(&mut batch, flags).unwrap_err().is_would_block(), "{flags:?}");
            assert_receives("try_recv_many", &right, b"data").await;
            hide();
            left.send(b"more").await.unwrap();
            timeout(LONG, right.readable()).await.unwrap().unwrap();
            let waited = timeout(SHORT, right.recv_many_with(&mut batch, flags)).await;
            assert!(waited.is_err(), "{flags:?}: {waited:?}");
            assert_receives("recv_many", &right, b"more").await;
        }
    });
}

#[test]
fn the_error_queue_is_awaited() {
    run(async {
        for received_before in [false, true] {
            let (left, _right) = with_a_timestamp_queued();
            let left = adopted(left);
            if received_before {
                assert_waits_in_peace("a plain receive", left.recv(&mut [0; 8])).await;
            }
            let queued = timeout(LONG, left.recv_with(&mut [0; 64], Flags::ERRQUEUE)).await;
            assert!(queued.expect("something is in the error queue").unwrap() > 0, "{received_before}");
            let again = async {
                sleep(Duration::from_millis(100)).await;
                left.send(b"when?").await.unwrap();
            };
            let mut buffer = [0; 64];
            let (later, ()) =
                tokio::join!(timeout(LONG, left.recv_with(&mut buffer, Flags::ERRQUEUE)), again);
            assert!(later.expect("something came into the error queue").unwrap() > 0, "{received_before}");
        }
    });
}

/// An error that is not in the queue is the next plain call's.
#[test]
fn an_awaited_error_queue_leaves_the_socket_s_own_error() {
    run(async {
        let (gone, address) = UDP.bound();
        let socket = UDP.socket();
        socket.connect(address).unwrap();
        drop(gone);
        socket.send(b"to nobody").unwrap();
        socket.wait(Interest::PRIORITY, Deadline::after(LONG)).unwrap();
        let socket = adopted(socket);
        assert_waits_in_peace("MSG_ERRQUEUE", socket.recv_with(&mut [0; 8], Flags::ERRQUEUE)).await;
        let error = timeout(LONG, socket.recv(&mut [0; 8])).await.expect("an error waits").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
    });
}

#[test]
fn urgent_data_is_awaited() {
    run(async {
        for late in [false, true] {
            let (left, right) = TCP.pair();
            let (left, right) = (adopted(left), adopted(right));
            let send = async {
                if late {
                    sleep(Duration::from_millis(100)).await;
                }
                left.send_with(b"!", Flags::OOB).await.unwrap();
            };
            let mut buffer = [0; 8];
            let (received, ()) = tokio::join!(timeout(LONG, right.recv_with(&mut buffer, Flags::OOB)), send);
            assert_eq!(received.expect("urgent data is there").unwrap(), 1, "late: {late}");
            assert_eq!(buffer[0], b'!');
            left.send(b"data").await.unwrap();
            assert_receives("after urgent data", &right, b"data").await;
        }
    });
}

#[test]
fn an_accepted_socket_that_becomes_awaited_has_its_adopted_listener_s_mark() {
    run(async {
        let (listener, address) = TCP.listener(1);
        listener.set(option::RCVLOWAT, 10).unwrap();
        let listener = Socket::from(OwnedFd::from(listener));
        let client = TCP.socket();
        client.connect(address).unwrap();
        client.set(option::tcp::NODELAY, true).unwrap();
        listener.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
        let peer = adopted(listener.try_accept_nonblocking().unwrap().0);
        client.send(b"12345").unwrap();
        let late = async {
            sleep(Duration::from_millis(150)).await;
            client.send(b"67890").unwrap();
        };
        let mut buffer = [0; 100];
        let (received, ()) = tokio::join!(timeout(LONG, peer.recv(&mut buffer)), late);
        assert_eq!(received.unwrap().unwrap(), 10);
    });
}
