//! The pump between pairs of sockets, without a process: whichever end comes first, no byte is lost.

use std::cell::Cell;
use std::future::{Future, pending};
use std::net::{Ipv4Addr, Shutdown};
use std::num::NonZeroU64;
use std::time::{Duration, Instant};

use berkeley::{AsyncSocket, Family, Flags, Protocol, Type, option};
use tokio::time::{sleep, timeout};

use super::pump::relay_by;
use super::splice::Pool;
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

/// As [`play`], with pipes of this pool.
async fn play_by(
    pool: &'static Pool,
    near: Stream,
    far: Stream,
    rules: Rules,
    peers: impl Future<Output = ()>,
) -> Report<()> {
    let bytes = Default::default();
    let both = async { tokio::join!(relay_by(pool, &near, &far, rules, &bytes, pending()), peers).0 };
    timeout(LIMIT, both).await.expect("it ends in time")
}

/// A pool of its own, whose bound is so many bytes.
fn pool(most: usize) -> &'static Pool {
    Box::leak(Box::new(Pool::new(most)))
}

/// As [`pair`], of TCP.
async fn tcp_pair() -> (Stream, AsyncSocket) {
    let listener = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    listener.bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.listen(1).expect("a listener");
    let peer = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    // The default may pace what goes over loopback.
    let _ = peer.set(option::tcp::CONGESTION, "reno");
    peer.connect(listener.local_address().expect("an address")).await.expect("a connection");
    let (ours, _) = listener.accept().await.expect("the same");
    let _ = ours.set(option::tcp::CONGESTION, "reno");
    (Stream::Socket(SocketStream::of(ours, Nature::NETWORK)), peer)
}

/// Bytes of which no two parts are alike.
fn pattern(length: usize) -> Vec<u8> {
    (0..length as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
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

/// What is sent to see that it is spliced: more than the queues of both sockets hold.
const BULK: usize = 24 << 20;

#[tokio::test]
async fn bulk_goes_through_a_pipe_both_ways_and_arrives_whole() {
    for kinds in ["tcp tcp", "unix unix", "tcp unix", "unix tcp"] {
        let (pool, sent) = (pool(8 << 20), pattern(BULK));
        let [(near, left), (far, right)] = pairs(kinds).await;
        let report = play_by(pool, near, far, RULES, async {
            let (to_right, to_left, (), ()) = tokio::join!(
                hear_all(&right),
                hear_all(&left),
                say_all(&left, &sent),
                say_all(&right, &sent)
            );
            assert!(to_right == sent && to_left == sent, "{kinds}");
        });
        let report = report.await;
        assert!(matches!(report.end, Ok(End::Done)), "{kinds}: {report:?}");
        assert_eq!((report.bytes, report.undelivered), ([BULK as u64; 2], 0), "{kinds}");
        let pipes = pool.bytes() >> 20;
        assert!((1..=2).contains(&pipes), "{kinds}: a pipe a direction at most, idle now, and not {pipes}");
    }
}

#[tokio::test]
async fn without_a_pipe_to_be_had_bulk_is_copied() {
    let (pool, sent) = (pool(0), pattern(BULK));
    let [(near, left), (far, right)] = pairs("tcp unix").await;
    let report = play_by(pool, near, far, RULES, async {
        let (heard, (), ()) = tokio::join!(hear_all(&right), say_all(&left, &sent), say_all(&right, b"bye"));
        assert!(heard == sent);
        assert_eq!(hear_all(&left).await, b"bye");
    });
    assert_eq!((report.await.bytes, pool.bytes(), pool.has_told()), ([BULK as u64, 3], 0, true));
}

#[tokio::test]
async fn small_pieces_take_no_pipe() {
    let pool = pool(8 << 20);
    let [(near, left), (far, right)] = pairs("tcp tcp").await;
    let report = play_by(pool, near, far, RULES, async {
        for _ in 0..200 {
            left.send_all(&[b'?'; 1000]).await.expect("a live stream");
            let mut left_over = 1000;
            while left_over > 0 {
                left_over -= right.recv_vec(left_over).await.expect("a live stream").len();
            }
        }
        tokio::join!(say_all(&left, b""), say_all(&right, b""));
    });
    assert_eq!((report.await.bytes, pool.bytes()), ([200_000, 0], 0));
}

#[tokio::test]
async fn what_a_pipe_holds_when_the_reader_has_stalled_counts_as_undelivered() {
    let pool = pool(8 << 20);
    let [(near, left), (far, right)] = pairs("tcp unix").await;
    let (sent, piece) = (Cell::new(0), vec![b'!'; 65_536]);
    let speaker = async {
        loop {
            sent.set(sent.get() + left.send(&piece).await.expect("a live stream"));
        }
    };
    // Nobody reads: once nothing moves any more, one asks for the end.
    let stalled = async {
        let mut before = (usize::MAX, 0);
        while before != (sent.get(), 50) {
            before = (sent.get(), if before.0 == sent.get() { before.1 + 1 } else { 0 });
            sleep(Duration::from_millis(5)).await;
        }
    };
    let bytes = Default::default();
    let relayed = async {
        tokio::select! {
            report = relay_by(pool, &near, &far, RULES, &bytes, stalled) => report,
            () = speaker => unreachable!("it has no end"),
        }
    };
    let report = timeout(LIMIT, relayed).await.expect("it ends in time");
    drop(far);
    let heard = hear_all(&right).await.len() as u64;
    assert_eq!(report.bytes, [heard, 0]);
    assert!(report.undelivered > 0 && heard + report.undelivered <= sent.get() as u64, "{report:?}");
    assert_eq!(pool.bytes(), 0, "the pipe with its bytes is closed");
}

#[tokio::test]
async fn what_follows_urgent_data_is_not_held_back() {
    let pool = pool(8 << 20);
    let [(near, left), (far, right)] = pairs("tcp tcp").await;
    let sent = pattern(BULK);
    let report = play_by(pool, near, far, RULES, async {
        let speaker = async {
            left.send_all(&sent[..BULK / 2]).await.expect("a live stream");
            left.send_with(b"!", Flags::OOB).await.expect("a live stream");
            say_all(&left, &sent[BULK / 2..]).await;
        };
        let (heard, (), ()) = tokio::join!(hear_all(&right), speaker, say_all(&right, b""));
        assert!(heard == sent);
    });
    assert_eq!(report.await.bytes, [BULK as u64, 0]);
}

fn at_rate(bytes_a_second: u64) -> Rules {
    Rules { rate: NonZeroU64::new(bytes_a_second), ..RULES }
}

#[tokio::test]
async fn at_a_rate_bytes_take_their_time_in_each_direction_and_none_is_lost() {
    // Copied, and through a pipe; of both a burst of a tenth of a second goes at once.
    for (kinds, rate, length, pipes) in
        [("unix unix", 1 << 20, 400_000, false), ("tcp tcp", 32 << 20, BULK, true)]
    {
        let (pool, sent, begun) = (pool(8 << 20), pattern(length), Instant::now());
        let [(near, left), (far, right)] = pairs(kinds).await;
        let report = play_by(pool, near, far, at_rate(rate), async {
            let (to_right, to_left, (), ()) = tokio::join!(
                hear_all(&right),
                hear_all(&left),
                say_all(&left, &sent),
                say_all(&right, &sent)
            );
            assert!(to_right == sent && to_left == sent, "{kinds}");
        });
        let report = report.await;
        let least = Duration::from_millis(length as u64 * 1_000 / rate - 100);
        assert!(begun.elapsed() >= least, "{kinds}: {:?}", begun.elapsed());
        assert_eq!((report.bytes, pool.bytes() > 0), ([length as u64; 2], pipes), "{kinds}");
    }
}

#[tokio::test]
async fn messages_are_whole_at_a_rate_that_is_smaller() {
    let ((near, left), (far, right)) =
        (pair(Type::SEQPACKET, Nature::MESSAGES), pair(Type::SEQPACKET, Nature::MESSAGES));
    let report = play(near, far, at_rate(1_000), async {
        for length in [300, 1, 200] {
            left.send(&vec![b'!'; length]).await.expect("a live socket");
        }
        for length in [300, 1, 200] {
            assert_eq!(right.recv_vec(1_000).await.expect("a live socket").len(), length);
        }
        tokio::join!(say_all(&left, b""), say_all(&right, b""));
    });
    assert_eq!(report.await.bytes, [501, 0]);
}

#[tokio::test]
async fn a_relay_that_waits_for_its_rate_is_not_idle() {
    // A byte takes twice as long as nothing may move.
    let rules = Rules { idle: Some(Duration::from_millis(50)), ..at_rate(10) };
    let [(near, left), (far, right)] = pairs("unix unix").await;
    let report = play(near, far, rules, async {
        let (heard, (), ()) = tokio::join!(hear_all(&right), say_all(&left, b"slowly"), say_all(&right, b""));
        assert_eq!(heard, b"slowly");
    });
    assert!(matches!(report.await.end, Ok(End::Done)));
}

/// At this rate it would take a quarter of an hour.
#[tokio::test]
async fn what_waits_for_the_rate_holds_back_neither_an_interrupt_nor_a_failure() {
    for interrupts in [true, false] {
        let [(near, left), (far, right)] = pairs("tcp tcp").await;
        left.send_all(&pattern(1_000)).await.expect("a live stream");
        let (bytes, stop) = (Default::default(), tokio::sync::Notify::new());
        let relayed = relay(&near, &far, at_rate(1), &bytes, stop.notified());
        let peers = async {
            assert_eq!(right.recv_vec(1_000).await.expect("a live stream").len(), 1);
            if interrupts {
                stop.notify_one();
            } else {
                right.set(option::LINGER, Some(Duration::ZERO)).expect("a live socket");
                drop(right);
            }
        };
        let both = async { tokio::join!(relayed, peers).0 };
        let report = timeout(LIMIT, both).await.expect("it ends in time");
        assert_eq!(report.end.is_err(), interrupts, "{report:?}");
        assert!(
            report.undelivered <= 2 && report.bytes[0] < 5,
            "what was not let go was not read: {report:?}"
        );
    }
}

/// Two streams and their peers, each of the kind named.
async fn pairs(kinds: &str) -> [(Stream, AsyncSocket); 2] {
    let mut made = Vec::new();
    for kind in kinds.split(' ') {
        made.push(if kind == "tcp" { tcp_pair().await } else { pair(Type::STREAM, Nature::STREAM) });
    }
    made.try_into().expect("two of them")
}
