//! Splicing, files and large buffers, awaited: every byte arrives, no wait is endless, and none spins.

use std::fs::{self, File};
use std::net::Shutdown;
use std::time::Duration;

use berkeley::fault::{self, Plan};
use berkeley::splice::{Filled, SplicePipe};
use berkeley::{AsyncSocket, AsyncZeroCopy, Family, Flags, Operation, Protocol, Socket, Type, option};
use tokio::task::yield_now;
use tokio::time::sleep;

use super::{connected, run};
use crate::bounded::JoinInTime;
use crate::support::{LIMIT, TempDir, pattern, within};

const EINVAL: i32 = 22;
const EPIPE: i32 = 32;

/// How long a call is left waiting to see that it does wait.
const A_WHILE: Duration = Duration::from_millis(50);

/// Few enough calls for a wait that does not spin.
const FEW: u32 = 8;

/// How much is moved, a queue's worth several times, and in which pieces by a slow end.
///
/// The queues of Unix sockets are made short. Those of TCP stay: with little room it waits for acknowledgements.
fn amount(family: Family) -> (usize, usize) {
    if family == Family::UNIX { (100_000, 777) } else { (8 << 20, 60_000) }
}

async fn narrow(family: Family) -> (AsyncSocket, AsyncSocket) {
    let ends = connected(family, Type::STREAM).await;
    for end in [&ends.0, &ends.1].into_iter().filter(|_| family == Family::UNIX) {
        end.socket().set(option::SNDBUF, 4096).unwrap();
    }
    ends
}

/// Sends all of `bytes` and ends, a little at a time where it is slow.
async fn feed(socket: &AsyncSocket, bytes: &[u8], piece: Option<usize>) {
    for part in bytes.chunks(piece.unwrap_or(1 << 20)) {
        socket.send_all(part).await.unwrap();
        if piece.is_some() {
            yield_now().await;
        }
    }
    socket.shutdown(Shutdown::Write).unwrap();
}

/// Receives to the end, a little at a time where it is slow.
async fn swallow(socket: &AsyncSocket, piece: Option<usize>) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        let part = socket.recv_vec(piece.map_or(1 << 20, |piece| piece / 2)).await.unwrap();
        if part.is_empty() {
            return all;
        }
        all.extend(part);
        if piece.is_some() {
            yield_now().await;
        }
    }
}

/// One direction of a relay; gives how many bytes went.
async fn pump(from: &AsyncSocket, to: &AsyncSocket, capacity: usize) -> usize {
    let mut pipe = SplicePipe::with_capacity(capacity).unwrap();
    let mut total = 0;
    loop {
        match from.splice(to, &mut pipe, 1 << 20).await.unwrap() {
            0 => break,
            moved => total += moved,
        }
    }
    to.shutdown(Shutdown::Write).unwrap();
    total
}

#[test]
fn a_relay_moves_both_directions_whichever_side_is_slow() {
    for (outer, inner) in [
        (Family::INET, Family::INET),
        (Family::UNIX, Family::UNIX),
        (Family::INET, Family::UNIX),
        (Family::UNIX, Family::INET),
    ] {
        let (length, piece) = amount(if outer == inner { outer } else { Family::UNIX });
        let (there, back) = (pattern(length), pattern(length / 2 + 1));
        for switches in 0..4 {
            let [client, server] = [1, 2].map(|switch| (switches & switch != 0).then_some(piece));
            for capacity in [65_536, 1 << 20] {
                run(async {
                    let ends = (narrow(outer).await, narrow(inner).await);
                    let ((near, from), (to, far)) = ends;
                    let ((), (), forth, away, got, returned) = tokio::join!(
                        feed(&near, &there, client),
                        feed(&far, &back, server),
                        pump(&from, &to, capacity),
                        pump(&to, &from, capacity),
                        swallow(&far, server),
                        swallow(&near, client),
                    );
                    assert_eq!((forth, away), (there.len(), back.len()));
                    assert!(got == there && returned == back, "{outer:?} {inner:?} {switches} {capacity}");
                });
            }
        }
    }
}

/// Both ends of the relay in other threads, as clients are.
#[test]
fn a_relay_is_woken_from_other_threads() {
    within(LIMIT, || {
        let bytes = pattern(3 << 20);
        let ((client, from), (to, server)) = (
            Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap(),
            Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).unwrap(),
        );
        std::thread::scope(|scope| {
            scope.spawn(|| {
                client.send_all(&bytes).unwrap();
                client.shutdown(Shutdown::Write).unwrap();
            });
            let reading = scope.spawn(|| {
                let mut all = Vec::new();
                loop {
                    match server.recv_vec(4000).unwrap() {
                        piece if piece.is_empty() => return all,
                        piece => all.extend(piece),
                    }
                }
            });
            let moved = run(async {
                let (from, to) =
                    (AsyncSocket::from_socket(from).unwrap(), AsyncSocket::from_socket(to).unwrap());
                pump(&from, &to, 65_536).await
            });
            assert_eq!(moved, bytes.len());
            assert!(reading.join_in_time().unwrap() == bytes);
        });
    });
}

/// A wait for either side is a wait.
#[test]
fn a_splice_that_waits_makes_no_call() {
    for family in [Family::INET, Family::UNIX] {
        run(async {
            let ((client, from), (to, server)) = (narrow(family).await, narrow(family).await);
            let mut pipe = SplicePipe::new().unwrap();
            let count = fault::arm(Plan::count());
            assert!(tokio::time::timeout(A_WHILE, from.splice(&to, &mut pipe, 1 << 20)).await.is_err());
            assert!(count.seen() <= FEW, "{} calls for nothing to receive", count.seen());
            drop(count);

            // Now the other side has no room.
            let bytes = vec![7; 65_536];
            while pipe.held() == 0 {
                let relay = async {
                    loop {
                        from.splice(&to, &mut pipe, 1 << 20).await.unwrap();
                    }
                };
                tokio::select! {
                    biased;
                    () = relay => {}
                    () = send_for_ever(&client, &bytes) => {}
                    () = sleep(A_WHILE) => {}
                }
            }
            let count = fault::arm(Plan::count());
            assert!(tokio::time::timeout(A_WHILE, from.splice(&to, &mut pipe, 1 << 20)).await.is_err());
            assert!(count.seen() <= FEW, "{} calls for no room", count.seen());
            drop(count);

            // Room wakes it.
            let held = pipe.held();
            let moved = tokio::select! {
                moved = from.splice(&to, &mut pipe, 1 << 20) => moved.unwrap(),
                () = swallow_for_ever(&server) => 0,
            };
            assert_eq!(moved, held);
        });
    }
}

async fn send_for_ever(socket: &AsyncSocket, bytes: &[u8]) {
    loop {
        socket.send_all(bytes).await.unwrap();
    }
}

async fn swallow_for_ever(socket: &AsyncSocket) {
    loop {
        socket.recv_vec(1 << 20).await.unwrap();
    }
}

/// Dropped at every pause that there is, it goes on where it stood.
#[test]
fn a_splice_that_is_dropped_loses_no_byte() {
    for family in [Family::INET, Family::UNIX] {
        let (length, piece) = amount(family);
        let bytes = pattern(length);
        run(async {
            let ((client, from), (to, server)) = (narrow(family).await, narrow(family).await);
            let relay = async {
                let (mut pipe, mut dropped) = (SplicePipe::with_capacity(65_536).unwrap(), 0);
                loop {
                    tokio::select! {
                        biased;
                        moved = from.splice(&to, &mut pipe, 50_000) => {
                            if moved.unwrap() == 0 {
                                break;
                            }
                        }
                        () = yield_now() => dropped += 1,
                    }
                }
                assert_eq!(pipe.held(), 0);
                to.shutdown(Shutdown::Write).unwrap();
                dropped
            };
            let ((), dropped, got) =
                tokio::join!(feed(&client, &bytes, Some(piece)), relay, swallow(&server, Some(piece)));
            assert!(got == bytes, "{family:?}: {} bytes", got.len());
            assert!(dropped > 0, "{family:?}: it was never dropped");
        });
    }
}

#[test]
fn a_pipe_is_filled_and_drained_at_once() {
    run(async {
        let ((client, from), (to, server)) = (narrow(Family::UNIX).await, narrow(Family::UNIX).await);
        let mut pipe = SplicePipe::with_capacity(4096).unwrap();
        assert_eq!(from.fill_pipe(&mut pipe, 0).await.unwrap(), Filled::Bytes(0));
        assert_eq!(to.drain_pipe(&mut pipe).await.unwrap(), 0, "nothing to drain is no wait");
        client.send_all(&[7; 8000]).await.unwrap();
        let mut filled = 0;
        while let Filled::Bytes(count) = from.fill_pipe(&mut pipe, 1 << 20).await.unwrap() {
            filled += count;
        }
        assert_eq!((pipe.held(), filled), (filled, filled), "full, which is no wait either");
        while pipe.held() > 0 {
            to.drain_pipe(&mut pipe).await.unwrap();
        }
        client.shutdown(Shutdown::Write).unwrap();
        while from.fill_pipe(&mut pipe, 1 << 20).await.unwrap() != Filled::End {
            while to.drain_pipe(&mut pipe).await.unwrap() > 0 {}
        }
        to.shutdown(Shutdown::Write).unwrap();
        assert_eq!(swallow(&server, None).await, [7; 8000]);
    });
}

#[test]
fn a_splice_says_which_side_failed_and_what_went() {
    run(async {
        let ((client, from), (to, server)) = (narrow(Family::UNIX).await, narrow(Family::UNIX).await);
        let mut pipe = SplicePipe::new().unwrap();
        client.send_all(b"lost").await.unwrap();
        drop(server);
        let error = from.splice(&to, &mut pipe, 1 << 20).await.unwrap_err();
        assert_eq!((error.operation(), error.raw_os_error()), (Operation::Splice, Some(EPIPE)), "{error}");
        assert_eq!((error.bytes_sent(), pipe.held()), (0, 4));
        assert_eq!(pipe.take_held().unwrap(), b"lost");
    });
}

fn file(bytes: &[u8]) -> (TempDir, File) {
    let folder = TempDir::new();
    let path = folder.path("file");
    fs::write(&path, bytes).unwrap();
    (folder, File::open(path).unwrap())
}

#[test]
fn a_file_is_sent_to_whoever_reads_slowly() {
    for family in [Family::INET, Family::UNIX] {
        let (length, piece) = amount(family);
        let bytes = pattern(length);
        let (_folder, file) = file(&bytes);
        for copied in [false, true] {
            run(async {
                let (left, right) = narrow(family).await;
                let sending = async {
                    let armed = copied.then(|| fault::arm(Plan::fail("sendfile", 1, EINVAL)));
                    let sent = left.send_file(&file, 1000, None).await.unwrap();
                    drop(armed);
                    left.shutdown(Shutdown::Write).unwrap();
                    sent
                };
                let (sent, got) = tokio::join!(sending, swallow(&right, Some(piece)));
                assert_eq!(sent, length as u64 - 1000);
                assert!(got == bytes[1000..], "{family:?}, copied {copied}: {} bytes", got.len());
            });
        }
    }
}

#[test]
fn a_file_says_how_much_of_it_went() {
    run(async {
        let (_folder, file) = file(&pattern(100_000));
        let (left, right) = narrow(Family::UNIX).await;
        assert_eq!(left.send_file(&file, 99_999, Some(5)).await.unwrap(), 1);
        assert_eq!(left.send_file(&file, 0, Some(0)).await.unwrap(), 0);
        let count = fault::arm(Plan::count());
        let waiting = tokio::time::timeout(A_WHILE, left.send_file(&file, 0, None)).await;
        assert!(waiting.is_err() && count.seen() <= FEW + 100, "{} calls", count.seen());
        drop((count, right));
        let error = left.send_file(&file, 0, None).await.unwrap_err();
        assert_eq!((error.operation(), error.raw_os_error()), (Operation::SendFile, Some(EPIPE)), "{error}");
    });
}

#[test]
fn buffers_come_back_when_the_kernel_is_done() {
    run(async {
        let (client, peer) = narrow(Family::INET).await;
        let mut sender = AsyncZeroCopy::new(client).unwrap();
        assert!(sender.completion().await.unwrap().is_none(), "none is under way");
        let sending = async {
            for round in 0..5_u8 {
                sender.send_all(vec![round; 2_000_000]).await.unwrap();
            }
            sender.socket().shutdown(Shutdown::Write).unwrap();
            let mut back = Vec::new();
            while let Some(done) = sender.completion().await.unwrap() {
                back.push((done.buffer[0], done.buffer.len()));
            }
            back
        };
        let (back, got) = tokio::join!(sending, swallow(&peer, Some(60_000)));
        assert_eq!(back, [0, 1, 2, 3, 4].map(|round| (round, 2_000_000)));
        assert_eq!((got.len(), sender.outstanding()), (10_000_000, 0));
    });
}

/// A sending and a waiting that are dropped lose no buffer.
#[test]
fn a_buffer_whose_sending_is_dropped_comes_back() {
    run(async {
        let (client, peer) = narrow(Family::INET).await;
        let mut sender = AsyncZeroCopy::new(client).unwrap();
        let sending = sender.send_all(vec![7; 64 << 20]);
        assert!(tokio::time::timeout(A_WHILE, sending).await.is_err());
        assert_eq!(sender.outstanding(), 1);
        let waiting = async {
            loop {
                tokio::select! {
                    biased;
                    done = sender.completion() => break done.unwrap(),
                    () = yield_now() => (),
                }
            }
        };
        // What was sent before the drop, of which nobody knows the length.
        let done = tokio::select! { done = waiting => done, () = swallow_for_ever(&peer) => None };
        assert_eq!(done.map(|done| done.buffer.len()), Some(64 << 20));
        assert_eq!(sender.outstanding(), 0);
    });
}

#[test]
fn a_pipe_is_filled_once_there_is_something_and_urgent_data_hides_nothing() {
    run(async {
        let (from, peer) = connected(Family::INET, Type::STREAM).await;
        let mut pipe = SplicePipe::new().unwrap();
        let (mut tries, mut filled) = (0, None);
        {
            let mut waiting = std::pin::pin!(from.recv_ready(|ready| {
                tries += 1;
                ready.fill_pipe(&mut pipe, 64)
            }));
            tokio::select! {
                biased;
                _ = &mut waiting => panic!("there is nothing yet"),
                () = sleep(A_WHILE) => {}
            }
            peer.send_all(b"ab").await.unwrap();
            filled.replace(waiting.await.unwrap());
        }
        assert_eq!((filled, pipe.take_held().unwrap()), (Some(Filled::Bytes(2)), b"ab".to_vec()));
        assert!(tries <= 2, "it did not spin");
        peer.send_with(b"!", Flags::OOB).await.unwrap();
        peer.send_all(b"cd").await.unwrap();
        for by_ready in [true, false] {
            let error = if by_ready {
                from.recv_ready(|ready| ready.fill_pipe(&mut pipe, 64)).await.unwrap_err()
            } else {
                from.fill_pipe(&mut pipe, 64).await.unwrap_err()
            };
            assert_eq!(error.raw_os_error(), Some(EINVAL));
        }
        assert_eq!(from.recv_vec(64).await.unwrap(), b"cd", "copied, it is there");
    });
}
