//! Closing a socket that has `SO_LINGER`: nobody waits for it but a thread of its own.

use std::time::{Duration, Instant};

use berkeley::{AsyncSocket, Family, Flags, Type, option};

use super::{connected, run};
use crate::support::{LIMIT, within};

/// What close(2) waits for, of a peer that does not read.
const LINGER: Duration = Duration::from_secs(12);

fn full(socket: &AsyncSocket) {
    let bytes = vec![7; 1 << 20];
    while socket.socket().try_send(&bytes, Flags::NONE).is_ok() {}
}

#[test]
fn dropping_a_socket_that_lingers_holds_up_no_task() {
    within(LIMIT, || {
        run(async {
            // By the socket itself, by its descriptor, and inherited from the listener.
            for way in 0..3 {
                let (client, peer) = if way == 2 {
                    let listener = super::listener(Family::INET, Type::STREAM, 8);
                    listener.socket().set(option::LINGER, Some(LINGER)).unwrap();
                    let peer = super::socket(Family::INET, Type::STREAM);
                    peer.connect(listener.local_address().unwrap()).await.unwrap();
                    (listener.accept().await.unwrap().0, peer)
                } else {
                    connected(Family::INET, Type::STREAM).await
                };
                match way {
                    0 => client.socket().set(option::LINGER, Some(LINGER)).unwrap(),
                    1 => berkeley::SocketRef::borrow(std::os::fd::AsFd::as_fd(&client))
                        .set(option::LINGER, Some(LINGER))
                        .unwrap(),
                    _ => {}
                }
                full(&client);
                let began = Instant::now();
                drop(client);
                assert!(began.elapsed() < LINGER, "way {way}: the drop waited");
                // A reset ends the other thread's wait.
                drop(peer);
            }
        });
    });
}

/// The thread that closes it waits as close(2) does: what was sent arrives.
#[test]
fn what_was_sent_before_the_drop_arrives() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        client.socket().set(option::LINGER, Some(LINGER)).unwrap();
        let bytes = crate::support::pattern(50_000);
        client.send_all(&bytes).await.unwrap();
        drop(client);
        let mut got = Vec::new();
        loop {
            match peer.recv_vec(65_536).await.unwrap() {
                piece if piece.is_empty() => break,
                piece => got.extend(piece),
            }
        }
        assert!(got == bytes);
    });
}
