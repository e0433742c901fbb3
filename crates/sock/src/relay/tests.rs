//! The pump between pairs of sockets, without a process: whichever end comes first, no byte is lost.

use std::future::{Future, pending};
use std::net::Shutdown;
use std::time::Duration;

use berkeley::{AsyncSocket, Family, Protocol, Type};
use tokio::time::timeout;

use super::{End, Report, Rules, relay};
use crate::stream::{Nature, SocketStream, Stream};

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(20);

const RULES: Rules = Rules::BETWEEN_STREAMS;

/// A stream, and its peer.
fn pair(kind: Type, nature: Nature) -> (Stream, AsyncSocket) {
    let (ours, peer) = AsyncSocket::pair(Family::UNIX, kind, Protocol::DEFAULT).expect("a pair");
    (Stream::Socket(SocketStream::of(ours, nature)), peer)
}

/// Relays while the peers talk; gives what it came to.
async fn play(near: Stream, far: Stream, rules: Rules, peers: impl Future<Output = ()>) -> Report<()> {
    let bytes = Default::default();
    let both = async { tokio::join!(relay(&near, &far, rules, &bytes, pending()), peers).0 };
    timeout(LIMIT, both).await.expect("it ends in time")
}

async fn say_all(peer: &AsyncSocket, bytes: &[u8]) {
    peer.send_all(bytes).await.expect("a live stream");
    peer.shutdown(Shutdown::Write).expect("a live stream");
}

async fn hear_all(peer: &AsyncSocket) -> Vec<u8> {
    let mut heard = Vec::new();
    loop {
        let piece = peer.recv_vec(65_536).await.expect("a live stream");
        if piece.is_empty() {
            return heard;
        }
        heard.extend(piece);
    }
}

#[tokio::test]
async fn either_side_may_end_first_and_the_other_goes_on() {
    // More than the buffers of both pairs hold.
    let (request, answer) = (vec![b'?'; 3 << 20], vec![b'!'; 2 << 20]);
    for near_is_first in [true, false] {
        let ((near, left), (far, right)) =
            (pair(Type::STREAM, Nature::STREAM), pair(Type::STREAM, Nature::STREAM));
        let (first, second) = if near_is_first { (&left, &right) } else { (&right, &left) };
        let report = play(near, far, RULES, async {
            let (heard, ()) = tokio::join!(hear_all(second), say_all(first, &request));
            assert!(heard == request, "the first arrives whole, and its end");
            let (heard, ()) = tokio::join!(hear_all(first), say_all(second, &answer));
            assert!(heard == answer, "so does what is said after that end");
        });
        let report = report.await;
        assert!(matches!(report.end, Ok(End::Done)), "{report:?}");
        let bytes = [request.len() as u64, answer.len() as u64];
        let wanted = if near_is_first { bytes } else { [bytes[1], bytes[0]] };
        assert_eq!((report.bytes, report.undelivered, report.shown), (wanted, 0, true));
    }
}

#[tokio::test]
async fn the_answers_that_are_wanted_are_counted_and_end_it() {
    let ((near, _left), (far, right)) =
        (pair(Type::STREAM, Nature::STREAM), pair(Type::DGRAM, Nature::LONG_DATAGRAMS));
    let rules = Rules { ends: [true, false], replies: Some(2), ..RULES };
    let report = play(near, far, rules, async {
        right.send(b"one").await.expect("a live socket");
        right.send(b"two").await.expect("a live socket");
    });
    let report = report.await;
    assert!(report.end.is_ok(), "{report:?}");
    assert_eq!((report.replies, report.bytes), (2, [0, 6]));
}

#[tokio::test]
async fn where_nothing_moves_it_is_given_up() {
    let ((near, _left), (far, _right)) =
        (pair(Type::STREAM, Nature::STREAM), pair(Type::STREAM, Nature::STREAM));
    let rules = Rules { idle: Some(Duration::from_millis(50)), ..RULES };
    let report = play(near, far, rules, async {}).await;
    assert!(matches!(report.end, Ok(End::Failed(_))), "{report:?}");
}
