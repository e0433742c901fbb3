//! What a stream is may change late: a short read is trusted only where nothing can stand on top of TCP.

use std::os::fd::{AsFd, AsRawFd};

use berkeley::fault::{self, Plan};
use berkeley::{AsyncSocket, Family, Socket, Type, option};

use super::{connected, run, take};

/// How many system calls a short read costs, the question among them.
async fn calls(client: &AsyncSocket, peer: &AsyncSocket) -> u32 {
    client.send_all(b"request").await.unwrap();
    peer.readable().await.unwrap();
    let count = fault::arm(Plan::count());
    assert_eq!(take(peer).await, b"request");
    count.seen()
}

/// The library's own calls lend the descriptor to nobody, and cost no question.
#[test]
fn only_a_socket_that_others_have_had_is_asked_what_it_is() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        peer.socket().set(option::tcp::NODELAY, true).unwrap();
        let _ = (peer.local_address(), peer.peer_address(), format!("{peer:?}"));
        for _ in 0..3 {
            assert_eq!(calls(&client, &peer).await, 1, "one receive");
        }
        let lend: [fn(&AsyncSocket); 4] = [
            |socket| _ = AsFd::as_fd(socket),
            |socket| _ = socket.as_raw_fd(),
            |socket| _ = AsFd::as_fd(socket.socket()),
            |socket| _ = socket.try_clone(),
        ];
        for lend in lend {
            let (client, peer) = connected(Family::INET, Type::STREAM).await;
            assert_eq!(calls(&client, &peer).await, 1);
            lend(&peer);
            assert_eq!(calls(&client, &peer).await, 2, "a receive and the question");
        }
    });
}

#[test]
fn a_socket_from_elsewhere_is_asked() {
    run(async {
        let (client, peer) = connected(Family::INET, Type::STREAM).await;
        let peer = Socket::from(std::os::fd::OwnedFd::from(peer));
        let peer = AsyncSocket::from_socket(peer).unwrap();
        assert_eq!(calls(&client, &peer).await, 2);
    });
}
