//! `AsyncSocket`: the calls of `Socket`, awaited. Every test runs within a time limit.

mod cancel;
mod layered;
mod linger;
mod recv_ready;
mod refused;
mod register;
mod splice;
mod stream;
mod wait;
mod waiting;

use std::cell::RefCell;
use std::future::Future;
use std::io::{IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, Shutdown};
use std::os::fd::AsFd;
use std::time::Duration;

use berkeley::control::{self, ControlBuffer};
use berkeley::{
    AsyncSocket, Cause, Family, Flags, Operation, Protocol, ReadReady, Result, SendMessage, Socket, Type,
    UnixAddress, fault,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::LIMIT;

const EMFILE: i32 = 24;

/// Runs `work` on a runtime of this thread, within the time limit.
fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LIMIT, work).await.expect("the time limit") })
}

fn socket(family: Family, kind: Type) -> AsyncSocket {
    AsyncSocket::new(family, kind, Protocol::DEFAULT).unwrap()
}

/// A free name in the abstract namespace, chosen by the kernel.
fn bound(family: Family, kind: Type) -> AsyncSocket {
    let socket = socket(family, kind);
    if family == Family::UNIX {
        socket.bind(UnixAddress::UNNAMED).unwrap();
    } else {
        socket.bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    }
    socket
}

fn listener(family: Family, kind: Type, backlog: u32) -> AsyncSocket {
    let listener = bound(family, kind);
    listener.listen(backlog).unwrap();
    listener
}

async fn connected(family: Family, kind: Type) -> (AsyncSocket, AsyncSocket) {
    let listener = listener(family, kind, 8);
    let client = socket(family, kind);
    client.connect(listener.local_address().unwrap()).await.unwrap();
    let (peer, address) = listener.accept().await.unwrap();
    assert_eq!(address, client.local_address().unwrap());
    (client, peer)
}

/// One exchange through a hand-written receive loop of the sharing kind.
async fn take(socket: &AsyncSocket) -> Vec<u8> {
    thread_local! {
        static BUFFER: RefCell<[u8; 4096]> = const { RefCell::new([0; 4096]) };
    }
    let taken = socket.recv_ready(|ready| {
        BUFFER.with_borrow_mut(|buffer| ready.recv(buffer).map(|length| buffer[..length].to_vec()))
    });
    taken.await.unwrap()
}

async fn exchange(left: &AsyncSocket, right: &AsyncSocket, keeps_boundaries: bool) {
    let mut buffer = [0; 64];
    assert_eq!(left.send(b"one").await.unwrap(), 3);
    assert_eq!(right.peek(&mut buffer).await.unwrap(), 3);
    assert_eq!(right.recv(&mut buffer).await.unwrap(), 3);
    assert_eq!(&buffer[..3], b"one");

    left.send_with(b"two", Flags::NONE).await.unwrap();
    assert_eq!(right.recv_vec(64).await.unwrap(), b"two");
    left.send_all(b"three").await.unwrap();
    assert_eq!(take(right).await, b"three");
    left.send_all_with(b"four", Flags::EOR).await.unwrap();
    assert_eq!(take(right).await, b"four");

    right.send(b"back").await.unwrap();
    let (length, _) = left.recv_from(&mut buffer).await.unwrap();
    assert_eq!(&buffer[..length], b"back");

    right.send(b"uninit").await.unwrap();
    let mut memory = Vec::<u8>::with_capacity(64);
    let taken = left
        .recv_ready(|ready| ready.recv_uninit(memory.spare_capacity_mut()).map(|filled| filled.to_vec()))
        .await;
    assert_eq!(taken.unwrap(), b"uninit");

    left.send(b"4").await.unwrap();
    left.send(b"5").await.unwrap();
    if keeps_boundaries {
        assert_eq!((take(right).await, take(right).await), (b"4".to_vec(), b"5".to_vec()));
    } else {
        let mut both = Vec::new();
        while both.len() < 2 {
            both.extend(take(right).await);
        }
        assert_eq!(both, b"45");
    }
    let error = right.try_recv(&mut buffer).unwrap_err();
    assert!(error.is_would_block() && error.operation() == Operation::Recv, "{error}");
}

#[test]
fn connections_carry_every_call() {
    run(async {
        for (family, kind) in
            [(Family::INET, Type::STREAM), (Family::UNIX, Type::STREAM), (Family::UNIX, Type::SEQPACKET)]
        {
            let (client, peer) = connected(family, kind).await;
            exchange(&client, &peer, kind == Type::SEQPACKET).await;
            exchange(&peer, &client, kind == Type::SEQPACKET).await;
            assert_eq!(peer.peer_address().unwrap(), client.local_address().unwrap());
            assert!(client.take_error().unwrap().is_none());

            let clone = peer.try_clone().unwrap();
            client.send_all(b"to the clone").await.unwrap();
            assert_eq!(clone.recv_vec(64).await.unwrap(), b"to the clone");

            client.shutdown(Shutdown::Write).unwrap();
            assert_eq!(take(&peer).await, b"");
            assert_eq!(peer.recv(&mut [0; 8]).await.unwrap(), 0);
            peer.send_all(b"still open this way").await.unwrap();
            assert_eq!(client.recv_vec(64).await.unwrap(), b"still open this way");
        }
    });
}

#[test]
fn datagrams_carry_every_call() {
    run(async {
        for family in [Family::INET, Family::UNIX] {
            let (left, right) = (bound(family, Type::DGRAM), bound(family, Type::DGRAM));
            let address = right.local_address().unwrap();
            assert_eq!(left.send_to(b"hello", address).await.unwrap(), 5);
            let mut buffer = [0; 64];
            let (length, from) = right.recv_from(&mut buffer).await.unwrap();
            assert_eq!((&buffer[..length], from), (&b"hello"[..], left.local_address().unwrap()));

            left.send_to(b"", address).await.unwrap();
            left.send_to(b"again", address).await.unwrap();
            let mut lengths = Vec::new();
            for _ in 0..2 {
                let taken = right.recv_ready(|ready| ready.recv_from(&mut buffer)).await.unwrap();
                lengths.push(taken.0);
            }
            assert_eq!(lengths, [0, 5]);

            left.send_to(b"message", address).await.unwrap();
            let mut control = ControlBuffer::new();
            let take =
                |ready: &mut ReadReady<'_>| ready.recv_msg(&mut [IoSliceMut::new(&mut buffer)], &mut control);
            let message = right.recv_ready(take).await.unwrap();
            assert_eq!((message.length, message.address), (7, left.local_address().unwrap()));
            assert_eq!(&buffer[..7], b"message");

            left.send_to_with(b"whole", address, Flags::DONTROUTE).await.unwrap();
            let flags = Flags::PEEK | Flags::TRUNC;
            assert_eq!(right.recv_from_with(&mut [0; 2], flags).await.unwrap().0, 5);
            assert_eq!(right.recv_vec(64).await.unwrap(), b"whole");

            left.connect(address).await.unwrap();
            right.connect(left.local_address().unwrap()).await.unwrap();
            exchange(&left, &right, true).await;
        }
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap();
        exchange(&left, &right, true).await;
    });
}

#[test]
fn errors_are_those_of_the_blocking_calls() {
    run(async {
        let closed = bound(Family::INET, Type::STREAM).local_address().unwrap();
        let blocking = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap();
        let want = blocking.connect(closed).unwrap_err().to_string();
        let error = socket(Family::INET, Type::STREAM).connect(closed).await.unwrap_err();
        assert_eq!(error.to_string(), want);
        assert_eq!(want, format!("connect tcp {closed}: connection refused (os error 111)"));

        let fresh = socket(Family::INET, Type::STREAM);
        let name = |result: Result<usize>| result.unwrap_err().to_string();
        let text = "tcp: transport endpoint is not connected (os error 107)";
        assert_eq!(name(fresh.recv(&mut [0; 8]).await), format!("recv {text}"));
        assert_eq!(name(fresh.peek(&mut [0; 8]).await), format!("peek {text}"));
        assert_eq!(name(fresh.recv_vec(8).await.map(|data| data.len())), format!("recv {text}"));

        let listener = listener(Family::INET, Type::STREAM, 8);
        let address = listener.local_address().unwrap();
        let client = socket(Family::INET, Type::STREAM);
        client.connect(address).await.unwrap();
        let armed = fault::arm(fault::Plan::fail("accept4", 1, EMFILE));
        let error = listener.accept().await.unwrap_err();
        assert_eq!(error.to_string(), format!("accept tcp {address}: too many open files (os error 24)"));
        drop(armed);

        let (peer, _) = listener.accept().await.unwrap();
        drop(peer);
        assert_eq!(client.recv_vec(8).await.unwrap(), b"");
        let big = vec![0; 65_536];
        let error = loop {
            if let Err(error) = client.send_all(&big).await {
                break error;
            }
        };
        assert!(matches!(error.cause(), Cause::Kernel(32 | 104)), "{error}");
        assert_eq!(error.operation(), Operation::SendAll);
    });
}

#[test]
fn copy_moves_8_mib_through_read_and_write() {
    run(async {
        for family in [Family::INET, Family::UNIX] {
            let (mut client, peer) = connected(family, Type::STREAM).await;
            let data: Vec<u8> = (0_u32..8 << 18).flat_map(u32::to_le_bytes).collect();
            let (mut reader, mut writer) = (&peer, &peer);
            let echo = async {
                let copied = tokio::io::copy(&mut reader, &mut writer).await.unwrap();
                AsyncWriteExt::shutdown(&mut writer).await.unwrap();
                copied
            };
            let clone = client.try_clone().unwrap();
            let send = async {
                (&clone).write_all(&data).await.unwrap();
                (&clone).flush().await.unwrap();
                AsyncWriteExt::shutdown(&mut &clone).await.unwrap();
            };
            let mut back = Vec::new();
            let (copied, (), length) = tokio::join!(echo, send, client.read_to_end(&mut back));
            assert_eq!((copied, length.unwrap()), (data.len() as u64, data.len()));
            assert!(back == data);
        }
    });
}

#[test]
fn shutting_down_what_has_ended_is_no_error() {
    run(async {
        let mut fresh = socket(Family::INET, Type::STREAM);
        AsyncWriteExt::shutdown(&mut fresh).await.unwrap();
    });
}

#[test]
fn send_all_completes_over_short_sends_and_waits_for_room() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        let armed = fault::arm(fault::Plan::short("send", 1, 1).times(5));
        client.send_all(b"in little pieces").await.unwrap();
        assert!(armed.struck());
        assert_eq!(armed.seen(), 6);
        drop(armed);
        let mut text = [0; 16];
        let mut reader = &peer;
        reader.read_exact(&mut text).await.unwrap();
        assert_eq!(&text, b"in little pieces");

        let data = vec![7; 16 << 20];
        let read = async {
            let mut length = 0;
            while length < data.len() {
                length += take(&peer).await.len();
            }
            length
        };
        let (sent, length) = tokio::join!(client.send_all(&data), read);
        sent.unwrap();
        assert_eq!(length, data.len());
    });
}

#[test]
fn a_kernel_that_takes_nothing_ends_send_all() {
    run(async {
        let (client, _peer) = connected(Family::INET, Type::STREAM).await;
        let armed = fault::arm(fault::Plan::short("send", 1, 0).times(100));
        let errors =
            [client.send_all(b"data").await.unwrap_err(), client.socket().send_all(b"data").unwrap_err()];
        assert_eq!(armed.seen(), 2);
        for error in errors {
            assert_eq!((error.cause(), error.operation()), (Cause::Unexpected, Operation::SendAll));
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidData);
            assert!(error.to_string().contains("took nothing"), "{error}");
        }
        client.send_all(b"").await.unwrap();
    });
}

#[test]
fn a_failed_send_all_says_how_far_it_came() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        let data = vec![7; 32 << 20];
        let break_off = async {
            take(&peer).await;
            drop(peer);
        };
        let (sent, ()) = tokio::join!(client.send_all(&data), break_off);
        let error = sent.unwrap_err();
        assert!(error.bytes_sent() > 0 && error.bytes_sent() < data.len(), "{error}");
    });
}

#[test]
fn a_socket_is_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    fn sent<T: Send>(_: T) {}
    run(async {
        let (left, _right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        shared(&left);
        sent(left.recv_vec(8));
        sent(left.recv_ready(|ready| ready.recv(&mut [0; 8])));
        sent(left.connect(UnixAddress::UNNAMED));
    });
}

#[test]
fn a_message_is_awaited_with_what_comes_beside_it() {
    run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap();
        let mut control = ControlBuffer::new();
        let mut bytes = [0; 16];
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        let mut receiving = Box::pin(right.recv_msg(&mut buffers, &mut control));
        let early = tokio::time::timeout(Duration::from_millis(20), receiving.as_mut()).await;
        assert!(early.is_err(), "there was nothing to receive yet");
        let passed = [left.as_fd()];
        let parts = [IoSlice::new(b"hel"), IoSlice::new(b"lo")];
        let messages = [control::socket::rights(&passed)];
        assert_eq!(left.send_msg(&SendMessage::new(&parts).control(&messages)).await.unwrap(), 5);
        assert_eq!(receiving.await.unwrap().length, 5);
        assert_eq!((&bytes[..5], control.messages().count()), (&b"hello"[..], 1));

        left.try_send_msg(&SendMessage::new(&parts)).unwrap();
        right.readable().await.unwrap();
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        assert_eq!(right.try_recv_msg(&mut buffers, &mut control).unwrap().length, 5);
        let error = right.try_recv_msg(&mut buffers, &mut control).unwrap_err();
        assert!(error.is_would_block() && error.operation() == Operation::RecvMsg);
    });
}
