//! `AsyncSocket`: the calls of `Socket`, awaited. Every test runs within a time limit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::future::Future;
use std::net::{Ipv4Addr, Shutdown};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use berkeley::{
    Address, AsyncSocket, Cause, Family, Flags, Operation, Protocol, Result, Socket, Type, UnixAddress, fault,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LIMIT: Duration = Duration::from_secs(20);
const EINTR: i32 = 4;
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

/// The nanoseconds that this thread has spent on a CPU.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

/// What this thread has spent on a CPU since `before`.
fn cpu_since(before: Duration) -> Duration {
    cpu_time().saturating_sub(before)
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

            left.connect(address).await.unwrap();
            right.connect(left.local_address().unwrap()).await.unwrap();
            exchange(&left, &right, true).await;
        }
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT).unwrap();
        exchange(&left, &right, true).await;
    });
}

#[test]
fn tries_give_would_block_until_ready_and_then_succeed() {
    run(async {
        let listener = listener(Family::INET, Type::STREAM, 8);
        assert!(listener.try_accept().unwrap_err().is_would_block());
        let client = socket(Family::INET, Type::STREAM);
        client.connect(listener.local_address().unwrap()).await.unwrap();
        listener.readable().await.unwrap();
        let (peer, _) = listener.try_accept().unwrap();

        client.writable().await.unwrap();
        assert_eq!(client.try_send(b"abc").unwrap(), 3);
        let mut buffer = [0; 8];
        let length = loop {
            peer.readable().await.unwrap();
            match peer.try_recv(&mut buffer) {
                Err(error) if error.is_would_block() => {}
                result => break result.unwrap(),
            }
        };
        assert_eq!(&buffer[..length], b"abc");
        assert!(peer.try_recv(&mut buffer).unwrap_err().is_would_block());
        // The reactor knows by now: no system call is made.
        let count = fault::arm(fault::Plan::count());
        assert!(peer.try_recv(&mut buffer).unwrap_err().is_would_block());
        assert_eq!(count.seen(), 0);
    });
}

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
fn waiting_before_connecting_does_not_matter_to_a_fresh_socket() {
    run(async {
        let listener = listener(Family::INET, Type::STREAM, 8);
        let client = socket(Family::INET, Type::STREAM);
        // The reactor would see a hang-up in the turns between.
        tokio::time::sleep(Duration::from_millis(5)).await;
        client.connect(listener.local_address().unwrap()).await.unwrap();
        let before = cpu_time();
        let idle = tokio::time::timeout(Duration::from_millis(300), client.recv(&mut [0; 8])).await;
        assert!(idle.is_err());
        assert!(cpu_since(before) < Duration::from_millis(15), "{:?}", cpu_since(before));
    });
}

#[test]
fn udp_shut_for_reading_does_not_spin() {
    run(async {
        let socket = bound(Family::INET, Type::DGRAM);
        socket.connect(socket.local_address().unwrap()).await.unwrap();
        socket.shutdown(Shutdown::Read).unwrap();
        let before = cpu_time();
        // Linux says "readable, ended" by epoll, and EAGAIN by recv.
        let waited = tokio::time::timeout(Duration::from_millis(500), socket.recv(&mut [0; 8])).await;
        assert!(waited.is_err());
        assert!(cpu_since(before) < Duration::from_millis(25), "{:?}", cpu_since(before));
    });
}

/// Fills the backlog of a Unix listener; gives the connections that did so.
fn fill_backlog(address: Address) -> Vec<Socket> {
    let mut waiting = Vec::new();
    loop {
        let client = Socket::new(Family::UNIX, Type::STREAM.nonblocking(), Protocol::DEFAULT).unwrap();
        match client.connect(address) {
            Ok(()) => waiting.push(client),
            Err(error) if error.is_would_block() => return waiting,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_full_unix_backlog_is_waited_out_at_little_cost() {
    run(async {
        let listener = listener(Family::UNIX, Type::STREAM, 1);
        let address = listener.local_address().unwrap();
        let waiting = fill_backlog(address);
        let client = socket(Family::UNIX, Type::STREAM);
        let mut connect = pin!(client.connect(address));
        let (before, start) = (cpu_time(), Instant::now());
        assert!(tokio::time::timeout(Duration::from_millis(600), &mut connect).await.is_err());
        let share = cpu_since(before).as_secs_f64() / start.elapsed().as_secs_f64();
        assert!(share < 0.05, "{share}");
        for _ in &waiting {
            listener.accept().await.unwrap();
        }
        connect.await.unwrap();
        client.send_all(b"made").await.unwrap();
    });
}

#[test]
fn a_full_datagram_peer_is_waited_out_at_little_cost() {
    run(async {
        let (sender, receiver) = (bound(Family::UNIX, Type::DGRAM), bound(Family::UNIX, Type::DGRAM));
        let address = receiver.local_address().unwrap();
        while sender.try_send_to(b"x", address).is_ok() {}
        let mut send = pin!(sender.send_to(b"last", address));
        let (before, start) = (cpu_time(), Instant::now());
        assert!(tokio::time::timeout(Duration::from_millis(600), &mut send).await.is_err());
        let share = cpu_since(before).as_secs_f64() / start.elapsed().as_secs_f64();
        assert!(share < 0.05, "{share}");
        receiver.recv_vec(8).await.unwrap();
        assert_eq!(send.await.unwrap(), 4);

        sender.connect(address).await.unwrap();
        while sender.try_send(b"x").is_ok() {}
        let mut send = pin!(sender.send(b"last"));
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut send).await.is_err());
        receiver.recv_vec(8).await.unwrap();
        assert_eq!(send.await.unwrap(), 4);
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
fn outside_a_runtime_the_error_says_so() {
    let text = "register: there is no tokio runtime here; call this from within one";
    let error = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.cause()), (text, Cause::Invalid));

    let (left, _right) =
        run(async { AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT) }).unwrap();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = pin!(left.readable()).poll(&mut context);
    assert!(matches!(polled, Poll::Ready(Err(error)) if error.to_string() == text));
}

#[test]
fn a_runtime_that_has_ended_is_an_error() {
    let (left, _right) = run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        left.writable().await.unwrap();
        (left, right)
    });
    let error = run(async { left.recv(&mut [0; 8]).await.unwrap_err() });
    assert_eq!((error.operation(), error.cause()), (Operation::Wait, Cause::Invalid));
    assert!(error.to_string().contains("shutting down"), "{error}");
}

#[test]
fn what_is_no_socket_is_refused() {
    run(async {
        let file = std::fs::File::open("/dev/null").unwrap();
        let error = AsyncSocket::from_socket(std::os::fd::OwnedFd::from(file).into()).unwrap_err();
        assert_eq!((error.operation(), error.raw_os_error()), (Operation::Register, Some(88)));
    });
}

#[test]
fn a_socket_given_back_registers_again() {
    run(async {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap();
        left.writable().await.unwrap();
        let again = AsyncSocket::from_socket(left.into_socket()).unwrap();
        right.send_all(b"again").await.unwrap();
        assert_eq!(again.recv_vec(8).await.unwrap(), b"again");
    });
}

#[test]
fn a_dropped_receive_has_taken_nothing() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        let mut received = Vec::new();
        let mut buffer = [0; 16];
        let writer = async {
            for byte in 0..200_u8 {
                client.send_all(&[byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
            client.shutdown(Shutdown::Write).unwrap();
        };
        let reader = async {
            loop {
                tokio::select! {
                    biased;
                    () = tokio::time::sleep(Duration::from_micros(50)) => {}
                    length = peer.recv(&mut buffer) => match length.unwrap() {
                        0 => return,
                        length => received.extend_from_slice(&buffer[..length]),
                    },
                }
            }
        };
        tokio::join!(writer, reader);
        assert_eq!(received, (0..200).collect::<Vec<u8>>());
    });
}

#[test]
fn several_tasks_receive_from_one_socket() {
    run(async {
        let receiver = Arc::new(bound(Family::INET, Type::DGRAM));
        let address = receiver.local_address().unwrap();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let receiver = Arc::clone(&receiver);
                tokio::spawn(async move { receiver.recv_vec(8).await.unwrap() })
            })
            .collect();
        tokio::task::yield_now().await;
        let sender = socket(Family::INET, Type::DGRAM);
        for byte in 0..4 {
            sender.send_to(&[byte], address).await.unwrap();
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
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
fn interruptions_never_surface() {
    run(async {
        for call in ["connect", "accept4", "recv", "recvfrom", "send", "sendto"] {
            let listener = listener(Family::INET, Type::STREAM, 8);
            let udp = bound(Family::INET, Type::DGRAM);
            let address = udp.local_address().unwrap();
            let armed = fault::arm(fault::Plan::fail(call, 1, EINTR).times(3));
            let client = socket(Family::INET, Type::STREAM);
            client.connect(listener.local_address().unwrap()).await.unwrap();
            let (peer, _) = listener.accept().await.unwrap();
            client.send_all(b"one").await.unwrap();
            assert_eq!(take(&peer).await, b"one", "{call}");
            (&client).write_all(b"two").await.unwrap();
            assert_eq!(peer.recv_vec(8).await.unwrap(), b"two", "{call}");
            udp.send_to(b"three", address).await.unwrap();
            assert_eq!(udp.recv_from(&mut [0; 8]).await.unwrap(), (5, address), "{call}");
            assert!(armed.struck(), "{call}");
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
        // Of these, 170 bytes are tokio's own.
        size("readable", size_of_val(&left.readable()), 208);
        size("recv", size_of_val(&left.recv(&mut buffer)), 272);
        size("send", size_of_val(&left.send(b"x")), 272);
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
