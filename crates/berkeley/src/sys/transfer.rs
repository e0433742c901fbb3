//! Moving bytes: recv(2), recvfrom(2), send(2), sendto(2).
//!
//! Every sending call takes its flags from [`Quirks::sending`].

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::call::{Call, run};
use super::memory::{Sink, Source};
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
pub(super) const WRITES_WHAT_IT_COUNTS: i32 =
    libc::MSG_DONTWAIT | libc::MSG_PEEK | libc::MSG_WAITALL | libc::MSG_OOB | libc::MSG_ERRQUEUE;

/// Receives into memory that need not be initialised; gives the part that now is.
///
/// `carry` is handed the system call and makes it, once or until it succeeds; what it makes of an error is its own.
pub(crate) fn recv_uninit<'b, E>(
    fd: BorrowedFd<'_>,
    buffer: &'b mut [MaybeUninit<u8>],
    flags: i32,
    carry: impl FnOnce(&mut dyn FnMut() -> Result<()>) -> std::result::Result<(), E>,
) -> std::result::Result<&'b mut [u8], E> {
    if flags & !WRITES_WHAT_IT_COUNTS != 0 {
        buffer.fill(MaybeUninit::new(0));
    }
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
    // SAFETY: the kernel has written the first `filled` bytes, or else all were zeroed above; they lie within `buffer`,
    // borrowed for as long.
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
    if flags & !WRITES_WHAT_IT_COUNTS != 0 {
        buffer.fill(MaybeUninit::new(0));
    }
    let length = fault::shorten("recvfrom", buffer.len());
    // SAFETY: `length` is at most the length of `buffer`, into which the kernel only writes.
    let received = unsafe { recv_from_at(fd, buffer.as_mut_ptr().cast(), length, flags, sender) }?;
    // SAFETY: the kernel has written the bytes that it counts, up to `length`, or else all were zeroed above; they lie
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
