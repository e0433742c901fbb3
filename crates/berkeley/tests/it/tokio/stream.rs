//! tokio's traits: several buffers in one call, and memory that nobody zeroes first.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use berkeley::{AsyncSocket, Family, Protocol, Socket, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

const LIMIT: Duration = Duration::from_secs(30);

fn pair(kind: Type) -> (AsyncSocket, AsyncSocket) {
    let (left, right) = Socket::pair(Family::UNIX, kind, Protocol::DEFAULT).unwrap();
    (AsyncSocket::from_socket(left).unwrap(), AsyncSocket::from_socket(right).unwrap())
}

async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.unwrap()
}

#[tokio::test]
async fn several_buffers_are_one_datagram() {
    let (mut left, right) = pair(Type::DGRAM);
    assert!(left.is_write_vectored());
    let parts = [IoSlice::new(b"one "), IoSlice::new(b"datagram")];
    assert_eq!(in_time(left.write_vectored(&parts)).await.unwrap(), 12);
    let mut shared = &left;
    assert!(shared.is_write_vectored());
    assert_eq!(in_time(shared.write_vectored(&parts)).await.unwrap(), 12);
    for _ in 0..2 {
        assert_eq!(in_time(right.recv_vec(64)).await.unwrap(), b"one datagram");
    }
}

#[tokio::test]
async fn a_stream_takes_as_many_buffers_as_the_kernel_does() {
    let (mut left, mut right) = pair(Type::STREAM);
    let many = vec![IoSlice::new(b"x"); 2000];
    assert_eq!(in_time(left.write_vectored(&many)).await.unwrap(), 1024);
    let mut bytes = vec![0; 1024];
    assert_eq!(in_time(right.read_exact(&mut bytes)).await.unwrap(), 1024);
}

#[tokio::test]
async fn memory_that_is_not_initialised_is_filled_from_its_start() {
    let (left, right) = pair(Type::STREAM);
    let mut memory = [MaybeUninit::new(7_u8); 4096];
    // A wait that ends without data leaves the memory as it was.
    let early = tokio::time::timeout(Duration::from_millis(1), right.recv_uninit(&mut memory)).await;
    assert!(early.is_err());
    let (received, sent) = tokio::join!(in_time(right.recv_uninit(&mut memory)), left.send_all(b"hello"));
    sent.unwrap();
    let received = received.unwrap();
    assert_eq!(received, b"hello");
    received[0] = b'j';
    drop(left);
    assert_eq!(in_time(right.recv_uninit(&mut memory)).await.unwrap(), b"");
    assert_eq!(in_time(right.recv_uninit(&mut [])).await.unwrap(), b"");
}

#[tokio::test]
async fn a_read_touches_no_more_than_what_arrives() {
    let (left, right) = pair(Type::STREAM);
    in_time(left.send_all(b"hello")).await.unwrap();
    let mut memory = [MaybeUninit::new(7_u8); 4096];
    let mut buffer = ReadBuf::uninit(&mut memory);
    buffer.put_slice(b"> ");
    let mut reader = &right;
    in_time(std::future::poll_fn(|context| {
        let polled = Pin::new(&mut reader).poll_read(context, &mut buffer);
        if let Poll::Ready(result) = &polled {
            assert!(result.is_ok(), "{result:?}");
        }
        polled
    }))
    .await
    .unwrap();
    assert_eq!(buffer.filled(), b"> hello");
    assert_eq!(buffer.initialized().len(), 7, "the rest is not initialised first");

    drop(left);
    let mut rest = Vec::new();
    assert_eq!(in_time(reader.read_to_end(&mut rest)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_receive_appends_to_a_vector() {
    let (left, right) = pair(Type::DGRAM);
    let mut buffer = b"> ".to_vec();
    assert!(right.try_recv_append(&mut buffer, 64).unwrap_err().is_would_block());
    for word in ["one", "two"] {
        in_time(left.send(word.as_bytes())).await.unwrap();
    }
    assert_eq!(in_time(right.recv_append(&mut buffer, 64)).await.unwrap(), 3);
    assert_eq!(right.try_recv_append(&mut buffer, 64).unwrap(), 3);
    assert_eq!(buffer, b"> onetwo");
}
