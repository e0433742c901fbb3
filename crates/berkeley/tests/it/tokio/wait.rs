//! Waiting: as long as it takes, at little cost, whatever interrupts it, and with nothing lost when it is dropped.

use std::future::{Future, poll_fn};
use std::net::Shutdown;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use berkeley::{Address, Family, Protocol, Socket, Type, fault};
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::{bound, connected, listener, run, socket, take};
use crate::support::thread_cpu;

const EINTR: i32 = 4;

/// What this thread has used of a CPU, and when.
struct Cpu {
    used: Duration,
    begun: Instant,
}

impl Cpu {
    fn now() -> Self {
        Self { used: thread_cpu(), begun: Instant::now() }
    }

    /// That the thread has mostly slept since. One that spins has the CPU for itself; a slow one, under an emulator,
    /// takes some hundredths of the time for what a wait costs.
    #[track_caller]
    fn was_little(&self) {
        let share = thread_cpu().saturating_sub(self.used).as_secs_f64() / self.begun.elapsed().as_secs_f64();
        assert!(share < 0.3, "{share} of a CPU");
    }
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
fn waiting_before_connecting_does_not_matter_to_a_fresh_socket() {
    run(async {
        let listener = listener(Family::INET, Type::STREAM, 8);
        let client = socket(Family::INET, Type::STREAM);
        // The reactor would see a hang-up in the turns between.
        tokio::time::sleep(Duration::from_millis(5)).await;
        client.connect(listener.local_address().unwrap()).await.unwrap();
        let cpu = Cpu::now();
        let idle = timeout(Duration::from_millis(300), client.recv(&mut [0; 8])).await;
        assert!(idle.is_err());
        cpu.was_little();
    });
}

/// Linux says "readable, ended" by epoll, and `EAGAIN` by recv.
#[test]
fn udp_shut_for_reading_does_not_spin() {
    run(async {
        let socket = bound(Family::INET, Type::DGRAM);
        let address = socket.local_address().unwrap();
        socket.connect(address).await.unwrap();
        socket.shutdown(Shutdown::Read).unwrap();
        let pause = Duration::from_millis(500);
        let cpu = Cpu::now();
        assert!(timeout(pause, socket.recv(&mut [0; 8])).await.is_err());
        assert!(timeout(pause, socket.recv_ready(|ready| ready.recv(&mut [0; 8]))).await.is_err());
        cpu.was_little();
        // What comes all the same is received.
        socket.send(b"late").await.unwrap();
        assert_eq!(take(&socket).await, b"late");
    });
}

#[test]
fn a_task_that_is_polled_often_while_it_pauses_has_one_pause() {
    run(async {
        let socket = bound(Family::INET, Type::DGRAM);
        socket.connect(socket.local_address().unwrap()).await.unwrap();
        socket.shutdown(Shutdown::Read).unwrap();
        let mut receive = pin!(socket.recv_ready(|ready| ready.recv(&mut [0; 8])));
        for _ in 0..100 {
            let polled = poll_fn(|context| std::task::Poll::Ready(receive.as_mut().poll(context))).await;
            assert!(polled.is_pending());
            tokio::task::yield_now().await;
        }
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks, 0, "the pause is no task");
        socket.send(b"late").await.unwrap();
        assert_eq!(receive.await.unwrap(), 4);
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
        let cpu = Cpu::now();
        assert!(timeout(Duration::from_millis(600), &mut connect).await.is_err());
        cpu.was_little();
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
        let cpu = Cpu::now();
        assert!(timeout(Duration::from_millis(600), &mut send).await.is_err());
        cpu.was_little();
        receiver.recv_vec(8).await.unwrap();
        assert_eq!(send.await.unwrap(), 4);

        sender.connect(address).await.unwrap();
        while sender.try_send(b"x").is_ok() {}
        let mut send = pin!(sender.send(b"last"));
        assert!(timeout(Duration::from_millis(50), &mut send).await.is_err());
        receiver.recv_vec(8).await.unwrap();
        assert_eq!(send.await.unwrap(), 4);
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
