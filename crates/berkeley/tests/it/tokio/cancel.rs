//! What the page on cancellation says: dropped at every pause, the calls lose neither a byte nor a datagram.

use std::future::{Future, poll_fn};
use std::io::IoSliceMut;
use std::pin::pin;
use std::task::Poll;

use berkeley::batch::RecvBatch;
use berkeley::control::ControlBuffer;
use berkeley::{AsyncSocket, Family, Flags, Protocol, Result, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::yield_now;

use super::{connected, listener, run, socket};

/// Starts the call anew as often as it has to pause, and gives what it ends with and how often it was dropped.
async fn dropped_often<T, F: Future<Output = T>>(mut call: impl FnMut() -> F) -> (T, usize) {
    let mut dropped = 0;
    loop {
        // Whether it was ready is looked at once; then it is dropped, and whoever makes it ready has a turn.
        let polled = {
            let mut call = pin!(call());
            poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await
        };
        match polled {
            Poll::Ready(value) => return (value, dropped),
            Poll::Pending => dropped += 1,
        }
        yield_now().await;
    }
}

const COUNT: u32 = 200;

/// Sends numbers, so slowly that every receive waits.
async fn numbers(socket: &AsyncSocket) {
    for number in 0..COUNT {
        socket.send_all(&number.to_be_bytes()).await.unwrap();
        for _ in 0..number % 4 {
            yield_now().await;
        }
    }
}

/// Receives one number by the call of that name.
async fn number(socket: &AsyncSocket, call: &str) -> Result<Vec<u8>> {
    let mut buffer = [0; 4];
    let length = match call {
        "recv" => socket.recv(&mut buffer).await?,
        "recv_from" => socket.recv_from(&mut buffer).await?.0,
        "recv_vec" => return socket.recv_vec(4).await,
        "recv_msg" => {
            let mut control = ControlBuffer::with_capacity(0);
            socket.recv_msg(&mut [IoSliceMut::new(&mut buffer)], &mut control).await?.length
        }
        "recv_many" => {
            let mut batch = RecvBatch::new(1, 4)?;
            socket.recv_many(&mut batch).await?;
            return Ok(batch.iter().flat_map(|datagram| datagram.bytes().to_vec()).collect());
        }
        "recv_ready" => socket.recv_ready(|ready| ready.recv(&mut buffer)).await?,
        "readable" => loop {
            socket.readable().await?;
            match socket.try_recv(&mut buffer) {
                Err(error) if error.is_would_block() => {}
                length => break length?,
            }
        },
        "peek" => {
            let length = socket.peek(&mut buffer).await?;
            assert_eq!(socket.socket().try_recv(&mut buffer, Flags::NONE)?, length);
            length
        }
        "AsyncRead" => (&*socket).read(&mut buffer).await?,
        _ => unreachable!("{call}"),
    };
    Ok(buffer[..length].to_vec())
}

#[test]
fn no_datagram_is_lost_by_a_receive_that_is_dropped() {
    for kind in [Type::DGRAM, Type::SEQPACKET] {
        let calls = [
            "recv",
            "recv_from",
            "recv_vec",
            "recv_msg",
            "recv_many",
            "recv_ready",
            "readable",
            "peek",
            "AsyncRead",
        ];
        for call in calls {
            run(async {
                let (left, right) = AsyncSocket::pair(Family::UNIX, kind, Protocol::DEFAULT).unwrap();
                let receiving = async {
                    let mut times = 0;
                    for want in 0..COUNT {
                        let (got, dropped) = dropped_often(|| number(&right, call)).await;
                        times += dropped;
                        match got {
                            Ok(got) => assert_eq!(got, want.to_be_bytes(), "{call}"),
                            Err(error) => panic!("{call}: {error}"),
                        }
                    }
                    times
                };
                let (times, ()) = tokio::join!(receiving, numbers(&left));
                assert!(times > 0, "{call} was never dropped");
            });
        }
    }
}

#[test]
fn no_byte_is_lost_by_a_receive_that_is_dropped() {
    for family in [Family::INET, Family::UNIX] {
        for call in ["recv", "recv_vec", "recv_msg", "recv_ready", "peek", "AsyncRead"] {
            run(async {
                let (left, right) = connected(family, Type::STREAM).await;
                let receiving = async {
                    let mut all = Vec::new();
                    while all.len() < 4 * COUNT as usize {
                        all.extend(dropped_often(|| number(&right, call)).await.0.unwrap());
                    }
                    all
                };
                let (all, ()) = tokio::join!(receiving, numbers(&left));
                let want: Vec<u8> = (0..COUNT).flat_map(u32::to_be_bytes).collect();
                assert_eq!(all, want, "{call} over {family:?}");
            });
        }
    }
}

/// What `send` has not told of, has not gone.
#[test]
fn a_send_that_is_dropped_has_sent_nothing() {
    for call in ["send", "send_msg", "AsyncWrite"] {
        for family in [Family::INET, Family::UNIX] {
            run(async {
                let (left, right) = connected(family, Type::STREAM).await;
                // More than the queues of both ends hold.
                let bytes = crate::support::pattern(8 << 20);
                let sending = async {
                    let (mut sent, mut times) = (0, 0);
                    while sent < bytes.len() {
                        let (gone, dropped) = dropped_often(|| async {
                            let rest = &bytes[sent..];
                            match call {
                                "send" => left.send(rest).await.unwrap(),
                                "send_msg" => {
                                    let parts = [std::io::IoSlice::new(rest)];
                                    left.send_msg(&berkeley::SendMessage::new(&parts)).await.unwrap()
                                }
                                _ => (&left).write(rest).await.unwrap(),
                            }
                        })
                        .await;
                        (sent, times) = (sent + gone, times + dropped);
                    }
                    left.shutdown(std::net::Shutdown::Write).unwrap();
                    times
                };
                let receiving = async {
                    let mut all = Vec::new();
                    loop {
                        match right.recv_vec(65_536).await.unwrap() {
                            piece if piece.is_empty() => return all,
                            piece => all.extend(piece),
                        }
                        yield_now().await;
                    }
                };
                let (times, all) = tokio::join!(sending, receiving);
                assert!(all == bytes, "{call} over {family:?}: {} bytes", all.len());
                assert!(times > 0, "{call} was never dropped");
            });
        }
    }
}

#[test]
fn no_connection_is_lost_by_an_accept_that_is_dropped() {
    run(async {
        let listener = listener(Family::INET, Type::STREAM, 64);
        let to = listener.local_address().unwrap();
        let connecting = async {
            let mut clients = Vec::new();
            for _ in 0..20 {
                yield_now().await;
                let client = socket(Family::INET, Type::STREAM);
                client.connect(to).await.unwrap();
                clients.push(client);
            }
            clients
        };
        let accepting = async {
            let mut peers = Vec::new();
            while peers.len() < 20 {
                let (accepted, _) = dropped_often(|| listener.accept()).await;
                peers.push(accepted.unwrap().1);
            }
            peers
        };
        let (clients, peers) = tokio::join!(connecting, accepting);
        let names: Vec<_> = clients.iter().map(|client| client.local_address().unwrap()).collect();
        assert_eq!(peers, names);
    });
}
