//! From and into std's types, and several buffers in one call of `Read` and `Write`.

use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};

use berkeley::{Error, Family, Protocol, Socket, SocketRef, Type, option};

use crate::support::LONG;

const EMSGSIZE: i32 = 90;

fn pair(kind: Type) -> (Socket, Socket) {
    let (left, right) = Socket::pair(Family::UNIX, kind, Protocol::DEFAULT).unwrap();
    left.set_timeout(Some(LONG)).unwrap();
    right.set_timeout(Some(LONG)).unwrap();
    (left, right)
}

#[test]
fn anything_with_a_descriptor_is_borrowed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    assert_eq!(SocketRef::from(&listener).get(option::TYPE).unwrap(), Type::STREAM);
    assert_eq!(SocketRef::from(&udp).get(option::TYPE).unwrap(), Type::DGRAM);
    assert_eq!(SocketRef::from(&udp.as_fd()).as_raw_fd(), udp.as_raw_fd());
    let boxed: Box<dyn AsFd> = Box::new(udp);
    assert_eq!(SocketRef::from(&*boxed).get(option::TYPE).unwrap(), Type::DGRAM);
}

#[test]
fn several_buffers_are_one_datagram() {
    for kind in [Type::DGRAM, Type::SEQPACKET] {
        let (mut left, mut right) = pair(kind);
        let parts = [IoSlice::new(b"one "), IoSlice::new(b""), IoSlice::new(b"datagram")];
        assert_eq!(left.write_vectored(&parts).unwrap(), 12);
        left.write_all(b"another").unwrap();
        let (mut head, mut body) = ([0; 4], [0; 64]);
        let mut buffers = [IoSliceMut::new(&mut head), IoSliceMut::new(&mut body)];
        assert_eq!(right.read_vectored(&mut buffers).unwrap(), 12);
        assert_eq!((&head, &body[..8]), (b"one ", &b"datagram"[..]));
        assert_eq!(right.recv_vec(64).unwrap(), b"another");

        let many = vec![IoSlice::new(b"x"); 1025];
        let error = left.write_vectored(&many).unwrap_err();
        let ours = Error::within(&error).unwrap();
        assert_eq!(ours.raw_os_error(), Some(EMSGSIZE), "a datagram is not cut: {ours}");
    }
}

#[test]
fn a_stream_takes_as_many_buffers_as_the_kernel_does() {
    let (mut left, mut right) = pair(Type::STREAM);
    let many = vec![IoSlice::new(b"x"); 1025];
    assert_eq!(left.write_vectored(&many).unwrap(), 1024);
    let mut bytes = vec![0_u8; 1025];
    let mut buffers: Vec<_> = bytes.chunks_mut(1).map(IoSliceMut::new).collect();
    assert_eq!(right.read_vectored(&mut buffers).unwrap(), 1024);
    drop(buffers);
    assert_eq!((bytes[1023], bytes[1024]), (b'x', 0));
    let mut parts = [IoSlice::new(b"all "), IoSlice::new(b"of it")];
    let mut parts = &mut parts[..];
    while !parts.is_empty() {
        let taken = left.write_vectored(parts).unwrap();
        IoSlice::advance_slices(&mut parts, taken);
    }
    drop(left);
    let mut text = String::new();
    right.read_to_string(&mut text).unwrap();
    assert_eq!(text, "all of it");
}
