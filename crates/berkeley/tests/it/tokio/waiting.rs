//! The rule of waiting, awaited: `MSG_DONTWAIT`, a reactor that misleads, the mark below which a receive waits.

use std::future::Future;
use std::io::{IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::time::Duration;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::control::ControlBuffer;
use berkeley::{AsyncSocket, Deadline, Flags, Interest, Result, SendMessage, Socket, option};
use tokio::time::{sleep, timeout};

use super::run;
use crate::full::{TIMEOUT, full_receiver};
use crate::support::{LONG, TCP, UDP, UNIX, UNIX_DGRAM, thread_cpu};
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
        let (left, _right) = with_a_timestamp_queued();
        assert_waits_in_peace("SO_TIMESTAMPING", adopted(left).recv(&mut [0; 8])).await;

        let (left, right) = UDP.pair();
        left.send(b"data").unwrap();
        right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
        let right = adopted(right);
        assert_waits_in_peace("MSG_ERRQUEUE", right.recv_with(&mut [0; 8], Flags::ERRQUEUE)).await;

        for kind in [UNIX, UDP, UNIX_DGRAM] {
            let (left, right) = kind.pair();
            right.set(option::PEEK_OFF, 3).unwrap();
            left.send(b"abc").unwrap();
            right.wait(Interest::READABLE, Deadline::after(LONG)).unwrap();
            assert_waits_in_peace(kind.name, adopted(right).peek(&mut [0; 8])).await;
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
        assert_waits_in_peace("send_msg", sender.send_msg(&SendMessage::new(&parts).to(address))).await;
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
