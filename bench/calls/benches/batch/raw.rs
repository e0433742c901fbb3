//! libc alone: sendto and recv one by one, and sendmmsg and recvmmsg.

use std::io;
use std::mem::MaybeUninit;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

use socket2::SockAddr;

use super::flood::{AT_A_TIME, Receiver, Sender, Sockets};

/// Messages in a call of recvmmsg.
const MESSAGES: usize = 64;

/// A call for each datagram.
pub(crate) fn loops(sockets: Sockets) -> (Sender, Receiver) {
    let Sockets { sender, receiver, to, size } = sockets;
    let to = SockAddr::from(to);
    let mut buffer = vec![0; size];
    let send =
        move |payload: &[u8]| payload.chunks(size).for_each(|datagram| send_to(&sender, datagram, &to));
    let receive = move |look: &mut dyn FnMut(&[u8])| {
        // SAFETY: the pointer and the length describe `buffer`.
        let received = unsafe { libc::recv(receiver.as_raw_fd(), buffer.as_mut_ptr().cast(), size, 0) };
        look(&buffer[..checked(received)]);
    };
    (Box::new(send), Box::new(receive))
}

fn send_to(socket: &UdpSocket, datagram: &[u8], to: &SockAddr) {
    let (bytes, length) = (datagram.as_ptr().cast(), datagram.len());
    // SAFETY: each pointer goes with its length, and the kernel only reads.
    let sent = unsafe { libc::sendto(socket.as_raw_fd(), bytes, length, 0, to.as_ptr().cast(), to.len()) };
    assert_eq!(checked(sent), length, "sendto sent less");
}

/// A call for many datagrams.
pub(crate) fn many(sockets: Sockets) -> (Sender, Receiver) {
    let Sockets { sender, receiver, to, size } = sockets;
    let send = move |payload: &[u8]| send_many(&sender, payload, size, to);
    let mut bytes = vec![0_u8; MESSAGES * size];
    let receive = move |look: &mut dyn FnMut(&[u8])| {
        let mut vectors: Vec<_> =
            bytes.chunks_mut(size).map(|room| vector(room.as_mut_ptr(), size)).collect();
        let mut headers: Vec<_> = vectors.iter_mut().map(|vector| header(vector)).collect();
        let count = receive_many(&receiver, &mut headers);
        for (header, datagram) in headers[..count].iter().zip(bytes.chunks(size)) {
            look(&datagram[..header.msg_len as usize]);
        }
    };
    (Box::new(send), Box::new(receive))
}

fn receive_many(socket: &UdpSocket, headers: &mut [libc::mmsghdr]) -> usize {
    let (fd, most) = (socket.as_raw_fd(), headers.len() as u32);
    // SAFETY: there are `most` headers, each of which points to room of its length.
    let count =
        unsafe { libc::recvmmsg(fd, headers.as_mut_ptr(), most, libc::MSG_WAITFORONE, ptr::null_mut()) };
    checked(count as isize)
}

fn send_many(socket: &UdpSocket, payload: &[u8], size: usize, to: SocketAddr) {
    let to = SockAddr::from(to);
    let mut vectors: Vec<_> =
        payload.chunks(size).map(|datagram| vector(datagram.as_ptr().cast_mut(), size)).collect();
    let mut headers: Vec<_> = vectors.iter_mut().map(|vector| header(vector)).collect();
    for header in &mut headers {
        header.msg_hdr.msg_name = to.as_ptr().cast_mut().cast();
        header.msg_hdr.msg_namelen = to.len();
    }
    let mut sent = 0;
    while sent < AT_A_TIME {
        let rest = &mut headers[sent..];
        // SAFETY: there are so many headers, each of which points to bytes of its length; the kernel only reads those.
        let count = unsafe { libc::sendmmsg(socket.as_raw_fd(), rest.as_mut_ptr(), rest.len() as u32, 0) };
        sent += checked(count as isize);
    }
}

fn vector(bytes: *mut u8, length: usize) -> libc::iovec {
    libc::iovec { iov_base: bytes.cast(), iov_len: length }
}

fn header(vector: &mut libc::iovec) -> libc::mmsghdr {
    // SAFETY: mmsghdr is plain data, for which zeros are null pointers and empty lengths.
    let mut header: libc::mmsghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    header.msg_hdr.msg_iov = vector;
    header.msg_hdr.msg_iovlen = 1;
    header
}

fn checked(result: isize) -> usize {
    usize::try_from(result).unwrap_or_else(|_| panic!("{}", io::Error::last_os_error()))
}
