use std::net::Shutdown;
use std::time::Duration;

use berkeley::{Family, Protocol, Socket, Type, create_server};
use tokio::time::timeout;

use super::super::{SocketStream, Stream};
use super::*;
use crate::tls::{Client, Options, Server, Version};

/// The limit of every wait.
const LIMIT: Duration = Duration::from_secs(60);

/// A pair of connected sockets, of TCP or of Unix.
fn sockets(tcp: bool) -> (Socket, Socket) {
    if !tcp {
        return Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
    }
    let listener = create_server("127.0.0.1:0").expect("a listener");
    let left = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT).expect("a socket");
    left.connect(listener.local_address().expect("an address")).expect("a connection");
    (left, listener.accept().expect("a client").0)
}

fn stream(socket: Socket, tcp: bool) -> SocketStream {
    let nature = if tcp { Nature::NETWORK } else { Nature::STREAM };
    SocketStream::new(socket, nature).expect("a reactor")
}

fn server(options: &Options) -> Server {
    Server::new(options, &["localhost".to_owned()]).expect("a server")
}

/// Options of a client that pins this server.
fn pinned(server: &Server, min: Version) -> Options {
    let pin = server.pin.as_ref().expect("a certificate of its own making");
    Options { pins: vec![pin.parse().expect("a pin")], min: Some(min), ..Options::default() }
}

/// Both ends of TLS, agreed.
async fn pair(tcp: bool, min: Version) -> (Stream, Stream) {
    let server = server(&Options::default());
    let client = Client::new(&pinned(&server, min), "localhost").expect("a client");
    let (left, right) = sockets(tcp);
    let left = TlsStream::new(stream(left, tcp), client.connection().expect("a connection"), "localhost");
    let right = TlsStream::new(stream(right, tcp), server.connection().expect("a connection"), "a client");
    let (one, other) =
        timeout(LIMIT, async { tokio::join!(left.handshake(), right.handshake()) }).await.expect("in time");
    one.expect("the client agrees");
    other.expect("the server agrees");
    (Stream::Tls(Box::new(left)), Stream::Tls(Box::new(right)))
}

/// Why the ends do not agree, the client's reason first; `None` where an end saw nothing wrong.
async fn disagreement(client: &Options, host: &str, server: &Server) -> [Option<Failure>; 2] {
    let client = Client::new(client, host).expect("a client");
    let (left, right) = sockets(true);
    let left = TlsStream::new(stream(left, true), client.connection().expect("a connection"), host);
    let right = TlsStream::new(stream(right, true), server.connection().expect("a connection"), "a client");
    let client = async {
        left.handshake().await?;
        // What a server says of a certificate comes behind the handshake of TLS 1.3.
        left.receive(usize::MAX, |_| ()).await.map(drop)
    };
    let server = async {
        let outcome = right.handshake().await;
        let _ = right.end().await;
        outcome
    };
    let (one, other) = timeout(LIMIT, async { tokio::join!(client, server) }).await.expect("in time");
    [one.err(), other.err()]
}

async fn send_all(stream: &Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let sent = match stream.try_send(bytes).expect("an open stream") {
            Some(sent) if sent > 0 => sent,
            _ => stream.send(bytes).await.expect("an open stream"),
        };
        bytes = &bytes[sent..];
    }
}

async fn receive_all(stream: &Stream) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    while stream.receive(usize::MAX, |piece| all.extend_from_slice(piece)).await?.is_some() {}
    Ok(all)
}

/// Bytes that are not all alike.
fn bytes(length: usize, seed: usize) -> Vec<u8> {
    (0..length).map(|at| (at.wrapping_mul(31) >> 3).wrapping_add(seed).to_le_bytes()[0]).collect()
}

#[tokio::test]
async fn each_side_gets_all_of_the_other_both_ways_at_once() {
    for tcp in [true, false] {
        for min in [Version::Tls12, Version::Tls13] {
            let (left, right) = pair(tcp, min).await;
            let (out, back) = (bytes(3 << 20, 1), bytes(2 << 20, 2));
            let one = async {
                let send = async {
                    send_all(&left, &out).await;
                    left.end().await.expect("an end");
                };
                tokio::join!(send, receive_all(&left)).1
            };
            let other = async {
                let send = async {
                    send_all(&right, &back).await;
                    right.end().await.expect("an end");
                };
                tokio::join!(send, receive_all(&right)).1
            };
            let (got_back, got_out) =
                timeout(LIMIT, async { tokio::join!(one, other) }).await.expect("in time");
            assert!(got_back.expect("an end of TLS") == back, "{tcp} {min}");
            assert!(got_out.expect("an end of TLS") == out, "{tcp} {min}");
        }
    }
}

#[tokio::test]
async fn an_end_of_one_side_leaves_the_other_one_open() {
    for tcp in [true, false] {
        for client_first in [true, false] {
            let (left, right) = pair(tcp, Version::Tls13).await;
            let (first, second) = if client_first { (&left, &right) } else { (&right, &left) };
            let talk = async {
                send_all(first, b"question").await;
                first.end().await.expect("an end");
                assert_eq!(receive_all(second).await.expect("an end of TLS"), b"question");
                // Behind the end of the other side.
                let answer = bytes(1 << 20, 3);
                let send = async {
                    send_all(second, &answer).await;
                    second.end().await.expect("an end");
                };
                let (got, ()) = tokio::join!(receive_all(first), send);
                assert!(got.expect("an end of TLS") == answer);
                first.delivered(|| ()).await.expect("delivered");
                second.delivered(|| ()).await.expect("delivered");
                assert_eq!([first.undelivered(), second.undelivered()], [0, 0]);
            };
            timeout(LIMIT, talk).await.expect("in time");
        }
    }
}

#[tokio::test]
async fn a_peer_that_closes_behind_its_end_has_not_failed() {
    for tcp in [true, false] {
        let (left, right) = pair(tcp, Version::Tls13).await;
        let talk = async {
            send_all(&right, b"answer").await;
            right.end().await.expect("an end");
            drop(right);
            assert_eq!(receive_all(&left).await.expect("an end of TLS"), b"answer");
            left.end().await.expect("nobody listens to the end, and need not");
            left.delivered(|| ()).await.expect("nothing was lost");
            assert!(left.gone().await.is_none());
        };
        timeout(LIMIT, talk).await.expect("in time");
    }
}

#[tokio::test]
async fn a_stream_that_is_cut_off_within_tls_is_incomplete() {
    for tcp in [true, false] {
        let (left, right) = pair(tcp, Version::Tls13).await;
        send_all(&left, b"half").await;
        let Stream::Tls(tls) = &left else { panic!("TLS") };
        tls.transport().shutdown(Shutdown::Write).expect("shut down");
        let failure = timeout(LIMIT, receive_all(&right)).await.expect("in time").expect_err("cut off");
        assert_eq!(failure.exit, Exit::Reset);
        assert_eq!(failure.message, "tls a client: the peer cut the connection off within TLS");
    }
}

#[tokio::test]
async fn what_has_no_room_is_sent_once_when_it_is_sent_again() {
    let (left, right) = pair(false, Version::Tls13).await;
    let words = bytes(8 << 20, 4);
    let mut rest = &words[..];
    // Nobody reads: at some time there is no room.
    while let Some(taken) = left.try_send(rest).expect("an open stream") {
        rest = &rest[taken..];
    }
    for _ in 0..100 {
        assert_eq!(left.try_send(rest).expect("an open stream"), None, "there is still no room");
    }
    let send = async {
        send_all(&left, rest).await;
        left.end().await.expect("an end");
    };
    let (got, ()) = timeout(LIMIT, async { tokio::join!(receive_all(&right), send) }).await.expect("in time");
    assert!(got.expect("an end of TLS") == words);
}

#[tokio::test]
async fn a_refused_certificate_is_told_to_both() {
    let server = server(&Options::default());
    let roots = roots();
    let rows = [
        (
            Options { pins: vec!["0".repeat(64).parse().expect("a pin")], ..Options::default() },
            "localhost",
            "pinned",
        ),
        (Options { ca: Some(roots.clone()), ..Options::default() }, "localhost", "signed by itself"),
    ];
    for (options, host, why) in rows {
        let [client, other] = disagreement(&options, host, &server).await;
        let (client, other) = (client.expect("refused"), other.expect("told"));
        assert_eq!([client.exit, other.exit], [Exit::Tls; 2]);
        assert!(
            client.message.starts_with("tls localhost: the certificate CN=sock self-signed: "),
            "{}",
            client.message
        );
        assert!(client.message.contains(why), "{}", client.message);
        assert!(other.message.starts_with("tls a client: the peer refuses: "), "{}", other.message);
    }
    std::fs::remove_file(roots).expect("the file of this test");
    let [client, other] =
        disagreement(&Options { insecure: true, ..Options::default() }, "localhost", &server).await;
    assert!(client.is_none() && other.is_none(), "{client:?} {other:?}");
}

/// A file of a root that has issued nothing.
fn roots() -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("sock-tls-root-{}.pem", std::process::id()));
    let root = rcgen::generate_simple_self_signed(vec!["root.example".to_owned()]).expect("a root");
    std::fs::write(&path, root.cert.pem()).expect("a file");
    path
}

#[tokio::test]
async fn a_peer_that_speaks_something_else_is_no_tls() {
    let client =
        Client::new(&Options { insecure: true, ..Options::default() }, "localhost").expect("a client");
    let (left, right) = sockets(true);
    right.send_all(b"220 mail.example ESMTP\r\n").expect("room");
    let left = TlsStream::new(stream(left, true), client.connection().expect("a connection"), "localhost:25");
    let failure = timeout(LIMIT, left.handshake()).await.expect("in time").expect_err("no TLS");
    assert_eq!(
        (failure.exit, failure.message.as_str()),
        (Exit::Tls, "tls localhost:25: the peer does not speak TLS")
    );
}

#[tokio::test]
async fn what_comes_along_with_the_handshake_is_received() {
    let server = server(&Options::default());
    let client = Client::new(&pinned(&server, Version::Tls13), "localhost").expect("a client");
    let (left, right) = sockets(false);
    let right = TlsStream::new(stream(right, false), server.connection().expect("a connection"), "a client");
    // A thread with rustls's own calls, whose last flight and first words go in one piece.
    let client = std::thread::spawn(move || {
        let mut connection = client.connection().expect("a connection");
        let mut socket = &left;
        while connection.is_handshaking() {
            while connection.wants_write() && connection.is_handshaking() {
                connection.write_tls(&mut socket).expect("room");
            }
            if connection.is_handshaking() {
                connection.read_tls(&mut socket).expect("an answer");
                connection.process_new_packets().expect("a server");
            }
        }
        connection.writer().write_all(b"early words").expect("room");
        connection.send_close_notify();
        let mut flight = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut flight).expect("a vector");
        }
        left.send_all(&flight).expect("room");
        let mut rest = Vec::new();
        let _ = (&left).read_to_end(&mut rest);
    });
    timeout(LIMIT, right.handshake()).await.expect("in time").expect("a client");
    let right = Stream::Tls(Box::new(right));
    let got = timeout(LIMIT, receive_all(&right)).await.expect("in time").expect("an end of TLS");
    assert_eq!(got, b"early words");
    right.end().await.expect("an end");
    drop(right);
    client.join().expect("the client");
}
