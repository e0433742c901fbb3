//! An error that comes alone: an ICMP error of UDP, which epoll reports without "readable".

use std::future::poll_fn;
use std::io::IoSliceMut;
use std::time::Duration;

use berkeley::batch::RecvBatch;
use berkeley::control::ControlBuffer;
use berkeley::{AsyncSocket, Error, Family, Protocol, Type, fault, option};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{bound, run, socket};

const EAGAIN: i32 = 11;
const ECONNREFUSED: i32 = 111;

/// A socket whose peer has gone, with one datagram on its way there; `queue` has the error queued as well.
///
/// Idle until `wait` is being awaited, so that the error comes while it waits, where `late`.
async fn refused(queue: bool, late: bool) -> AsyncSocket {
    let gone = bound(Family::INET, Type::DGRAM).local_address().unwrap();
    let client = socket(Family::INET, Type::DGRAM);
    client.socket().set(option::ip::RECVERR, queue).unwrap();
    client.connect(gone).await.unwrap();
    if late {
        let sender = client.try_clone().unwrap();
        tokio::spawn(async move { sender.send(b"anyone there?").await.unwrap() });
    } else {
        client.send(b"anyone there?").await.unwrap();
    }
    client
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, what: &str) {
    assert_eq!(result.unwrap_err().raw_os_error(), Some(ECONNREFUSED), "{what}");
}

#[test]
fn every_receive_learns_of_a_refusal() {
    run(async {
        for (queue, late) in [(false, false), (false, true), (true, false), (true, true)] {
            let row = |name: &str| format!("{name}, queue {queue}, late {late}");
            let mut buffer = [0; 16];
            let client = refused(queue, late).await;
            assert_refused(client.recv(&mut buffer).await, &row("recv"));
            let client = refused(queue, late).await;
            assert_refused(client.recv_from(&mut buffer).await, &row("recv_from"));
            let client = refused(queue, late).await;
            assert_refused(client.recv_ready(|ready| ready.recv(&mut [0; 16])).await, &row("recv_ready"));
            let client = refused(queue, late).await;
            let received =
                poll_fn(|context| client.poll_recv_ready(context, |ready| ready.recv(&mut [0; 16]))).await;
            assert_refused(received, &row("poll_recv_ready"));
            let client = refused(queue, late).await;
            let (mut buffers, mut control) = ([IoSliceMut::new(&mut buffer)], ControlBuffer::new());
            assert_refused(client.recv_msg(&mut buffers, &mut control).await, &row("recv_msg"));
            let client = refused(queue, late).await;
            let mut batch = RecvBatch::new(4, 16).unwrap();
            assert_refused(client.recv_many(&mut batch).await, &row("recv_many"));
            let mut client = refused(queue, late).await;
            let error = client.read(&mut buffer).await.unwrap_err();
            assert_refused(Err::<usize, _>(error.into()), &row("read"));
            let client = refused(queue, late).await;
            client.readable().await.unwrap();
            assert_refused(client.try_recv(&mut buffer), &row("readable, then try_recv"));
        }
    });
}

/// The queue of errors, which nobody reads, keeps epoll's `EPOLLERR` up.
#[test]
fn after_a_refusal_the_next_datagram_is_received() {
    run(async {
        for queue in [false, true] {
            let client = refused(queue, false).await;
            assert_refused(client.recv(&mut [0; 16]).await, "recv");
            let server = AsyncSocket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT).unwrap();
            server.bind(client.peer_address().unwrap()).unwrap();
            let local = client.local_address().unwrap();
            let late = async {
                tokio::task::yield_now().await;
                server.send_to(b"now", local).await.unwrap()
            };
            let mut buffer = [0; 16];
            let (received, _) = tokio::join!(client.recv_ready(|ready| ready.recv(&mut buffer)), late);
            assert_eq!(received.unwrap(), 3);
        }
    });
}

/// The refusal leaves "closed for writing" behind, which tokio never clears.
#[test]
fn a_write_that_must_wait_after_a_refusal_does_not_spin() {
    run(async {
        let mut client = refused(false, false).await;
        assert_refused(client.recv(&mut [0; 16]).await, "recv");
        let armed = fault::arm(fault::Plan::fail("send", 1, EAGAIN).times(10_000));
        let write = timeout(Duration::from_millis(300), client.write(b"again")).await;
        assert!(write.is_err(), "{write:?}");
        assert!(armed.struck() && armed.seen() < 50, "{} tries", armed.seen());
        drop(armed);
        assert_eq!(client.write(b"again").await.unwrap(), 5);
    });
}
