//! Moving bytes: recv(2), recvfrom(2), send(2), sendto(2).
//!
//! Every sending call takes its flags from [`Quirks::sending`].

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::call::{Call, run};
use super::memory::{Sink, Source};
use super::option::option_i32;
use super::quirks::Quirks;
use super::socket::{AddressRoom, address_length};
use super::{Errno, Result, fault};

/// Receives into `buffer`; gives the number of bytes, or with `MSG_TRUNC` the datagram's whole length.
#[inline]
pub(crate) fn recv(fd: BorrowedFd<'_>, buffer: &mut [u8], flags: i32) -> Result<usize> {
    recv_sink(fd, &buffer.into(), flags)
}

/// As [`recv`], into memory that others may have too.
#[inline]
pub(crate) fn recv_sink(fd: BorrowedFd<'_>, sink: &Sink<'_>, flags: i32) -> Result<usize> {
    let length = fault::shorten("recv", sink.len());
    run(Call::two("recv", length, flags), fd.as_raw_fd(), || {
        // SAFETY: `length` is at most that of `sink`, whose bytes may be written; the kernel writes initialised ones.
        unsafe { libc::recv(fd.as_raw_fd(), sink.pointer(), length, flags) }
    })
}

/// The flags under which the kernel has written every byte that it counts.
///
/// `MSG_TRUNC` is not among them: of TCP it throws the bytes away, and counts them. Nor is what nobody here knows.
const WRITES_WHAT_IT_COUNTS: i32 = libc::MSG_DONTWAIT
    | libc::MSG_PEEK
    | libc::MSG_WAITALL
    | libc::MSG_OOB
    | libc::MSG_ERRQUEUE
    | libc::MSG_NOSIGNAL
    | libc::MSG_CMSG_CLOEXEC;

/// Zeroing so few bytes costs no more than to ask what the socket is.
const ZEROED_UNASKED: usize = 4096;

/// The most that one receive with `MSG_TRUNC` throws away of a stream: all of it has to be zeroed first.
const THROWN_AWAY: usize = 1 << 20;

/// The part of `buffer` that a receive with these flags may fill: zeroed where the kernel may count bytes that it does
/// not write, so that what it counts is initialised.
///
/// Only as much is touched as has to be: the caller may have asked for far more than will ever come.
pub(super) fn room<'b>(
    fd: BorrowedFd<'_>,
    buffer: &'b mut [MaybeUninit<u8>],
    flags: i32,
) -> &'b mut [MaybeUninit<u8>] {
    let unsure = flags & !WRITES_WHAT_IT_COUNTS;
    if unsure == 0 {
        return buffer;
    }
    let mut length = buffer.len();
    if length > ZEROED_UNASKED {
        let kind = option_i32(fd, libc::SOL_SOCKET, libc::SO_TYPE);
        let is_stream = kind.is_ok_and(|kind| kind == libc::SOCK_STREAM);
        if is_stream && flags & libc::MSG_WAITALL == 0 {
            // A stream may give less than it was asked for.
            length = length.min(THROWN_AWAY);
        } else if !is_stream && unsure == libc::MSG_TRUNC {
            // It counts the whole message, and writes what there is room for.
            return buffer;
        }
    }
    let room = &mut buffer[..length];
    room.fill(MaybeUninit::new(0));
    room
}

/// Receives into memory that need not be initialised; gives the part that now is.
///
/// `carry` is handed the system call and makes it, once or until it succeeds; what it makes of an error is its own.
pub(crate) fn recv_uninit<'b, E>(
    fd: BorrowedFd<'_>,
    buffer: &'b mut [MaybeUninit<u8>],
    flags: i32,
    carry: impl FnOnce(&mut dyn FnMut() -> Result<()>) -> std::result::Result<(), E>,
) -> std::result::Result<&'b mut [u8], E> {
    let buffer = room(fd, buffer, flags);
    let mut filled = 0;
    carry(&mut || {
        let length = fault::shorten("recv", buffer.len());
        let received = run(Call::two("recv", length, flags), fd.as_raw_fd(), || {
            // SAFETY: `length` is at most the length of `buffer`; the kernel only writes.
            unsafe { libc::recv(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), length, flags) }
        })?;
        // With MSG_TRUNC the kernel returns a datagram's whole length, more than it has written.
        filled = received.min(length);
        Ok(())
    })?;
    // SAFETY: the kernel has written the first `filled` bytes, or else `room` has zeroed them; they lie within
    // `buffer`, borrowed for as long.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<u8>(), filled) })
}

/// Receives at most `limit` bytes behind what `buffer` holds; gives how many were added.
pub(crate) fn recv_into_vec(
    fd: BorrowedFd<'_>,
    buffer: &mut Vec<u8>,
    limit: usize,
    flags: i32,
) -> Result<usize> {
    buffer.try_reserve(limit).map_err(|_| Errno::NOMEM)?;
    let held = buffer.len();
    let added = recv_uninit(fd, &mut buffer.spare_capacity_mut()[..limit], flags, |call| call())?.len();
    // SAFETY: recv_uninit gave a slice of `added` initialised bytes that starts at `held`, within the capacity.
    unsafe { buffer.set_len(held + added) };
    Ok(added)
}

/// Receives a datagram; its sender's address goes to `sender`, of length 0 where the kernel gives none.
pub(crate) fn recv_from(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<usize> {
    recv_from_sink(fd, &buffer.into(), flags, sender)
}

/// As [`recv_from`], into memory that others may have too.
pub(crate) fn recv_from_sink(
    fd: BorrowedFd<'_>,
    sink: &Sink<'_>,
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<usize> {
    let length = fault::shorten("recvfrom", sink.len());
    // SAFETY: `length` is at most that of `sink`, whose bytes may be written.
    unsafe { recv_from_at(fd, sink.pointer().cast(), length, flags, sender) }
}

/// As [`recv_from`], into memory that need not be initialised; gives the part that now is.
pub(crate) fn recv_from_uninit<'b>(
    fd: BorrowedFd<'_>,
    buffer: &'b mut [MaybeUninit<u8>],
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<&'b mut [u8]> {
    let buffer = room(fd, buffer, flags);
    let length = fault::shorten("recvfrom", buffer.len());
    // SAFETY: `length` is at most the length of `buffer`, into which the kernel only writes.
    let received = unsafe { recv_from_at(fd, buffer.as_mut_ptr().cast(), length, flags, sender) }?;
    // SAFETY: the kernel has written the bytes that it counts, up to `length`, or else `room` has zeroed them; they lie
    // within `buffer`, borrowed for as long.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<u8>(), received.min(length)) })
}

/// # Safety
///
/// The kernel may write `length` bytes from `bytes` on.
unsafe fn recv_from_at(
    fd: BorrowedFd<'_>,
    bytes: *mut u8,
    length: usize,
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<usize> {
    let (room, mut address_length) = sender.room();
    let received = run(Call::two("recvfrom", length, flags), fd.as_raw_fd(), || {
        // SAFETY: the caller answers for `bytes` and `length`, and `address_length` says how much room there is.
        unsafe { libc::recvfrom(fd.as_raw_fd(), bytes.cast(), length, flags, room, &raw mut address_length) }
    })?;
    // SAFETY: the call succeeded, and has stored the length of what it has written.
    unsafe { sender.filled(address_length) };
    Ok(received)
}

/// Sends from `buffer`; gives the number of bytes that the kernel took.
#[inline]
pub(crate) fn send(fd: BorrowedFd<'_>, quirks: &Quirks, buffer: &[u8], flags: i32) -> Result<usize> {
    send_source(fd, quirks, buffer.into(), flags)
}

/// As [`send`], from memory that others may have too.
#[inline]
pub(crate) fn send_source(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    source: Source<'_>,
    flags: i32,
) -> Result<usize> {
    send_from(fd, quirks, source, flags, 0)
}

/// As [`send`], without copying the bytes (`MSG_ZEROCOPY`).
///
/// The kernel may read them until the socket's error queue says that it is done. It only reads, so that memory stays
/// whole whatever the caller does; but the caller must keep the buffer, or the peer gets what stands there later.
pub(crate) fn send_zero_copy(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    buffer: &[u8],
    flags: i32,
) -> Result<usize> {
    send_from(fd, quirks, buffer.into(), flags, libc::MSG_ZEROCOPY)
}

#[inline]
fn send_from(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    source: Source<'_>,
    flags: i32,
    more: i32,
) -> Result<usize> {
    let length = fault::shorten("send", source.len());
    quirks.sending(fd, flags, |flags| {
        run(Call::two("send", length, flags | more), fd.as_raw_fd(), || {
            // SAFETY: `length` is at most that of `source`, which the kernel only reads.
            unsafe { libc::send(fd.as_raw_fd(), source.pointer(), length, flags | more) }
        })
    })
}

/// Sends from `buffer` to the address in `address`; gives the number of bytes that the kernel took.
pub(crate) fn send_to(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    buffer: &[u8],
    flags: i32,
    address: &[u8],
) -> Result<usize> {
    send_source_to(fd, quirks, buffer.into(), flags, address)
}

/// As [`send_to`], from memory that others may have too.
pub(crate) fn send_source_to(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    source: Source<'_>,
    flags: i32,
    address: &[u8],
) -> Result<usize> {
    let length = fault::shorten("sendto", source.len());
    let address_length = address_length(address)?;
    let bytes = source.pointer();
    quirks.sending(fd, flags, |flags| {
        let (call, address) = (Call::two("sendto", length, flags).at(address), address.as_ptr().cast());
        run(call, fd.as_raw_fd(), || {
            // SAFETY: each pointer goes with the length of its bytes, and the kernel only reads both.
            unsafe { libc::sendto(fd.as_raw_fd(), bytes, length, flags, address, address_length) }
        })
    })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixDatagram;

    use super::*;

    const LONG: usize = 2 * THROWN_AWAY;
    const MARK: u8 = 0xaa;

    /// How many bytes there is room for, and how many of the buffer are zeroed.
    fn prepared(fd: &impl AsFd, length: usize, flags: i32) -> (usize, usize) {
        let mut buffer = vec![MaybeUninit::new(MARK); length];
        let room = room(fd.as_fd(), &mut buffer, flags).len();
        // SAFETY: every byte was initialised with the mark, or has been zeroed.
        let zeroed = buffer.iter().take_while(|byte| unsafe { byte.assume_init() } == 0).count();
        (room, zeroed)
    }

    #[test]
    fn no_more_is_zeroed_than_the_kernel_may_count_without_writing_it() {
        let stream = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let (udp, unix) = (UdpSocket::bind(("127.0.0.1", 0)).unwrap(), UnixDatagram::unbound().unwrap());
        let unknown = 0x2000_0000;
        let harmless = libc::MSG_PEEK | libc::MSG_NOSIGNAL | libc::MSG_CMSG_CLOEXEC | libc::MSG_WAITALL;
        assert_eq!(prepared(&stream, LONG, harmless), (LONG, 0));
        assert_eq!(prepared(&stream, 100, libc::MSG_TRUNC), (100, 100));
        assert_eq!(prepared(&stream, LONG, libc::MSG_TRUNC), (THROWN_AWAY, THROWN_AWAY));
        assert_eq!(prepared(&stream, LONG, libc::MSG_TRUNC | libc::MSG_WAITALL), (LONG, LONG));
        for fd in [udp.as_fd(), unix.as_fd()] {
            assert_eq!(prepared(&fd, LONG, libc::MSG_TRUNC | libc::MSG_PEEK), (LONG, 0));
            // No datagram may be cut for it.
            assert_eq!(prepared(&fd, LONG, unknown), (LONG, LONG));
        }
    }
}
