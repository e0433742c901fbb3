//! Moving bytes with an address and control data beside them: sendmsg(2), recvmsg(2).
//!
//! Every call takes its flags from [`Quirks`]: descriptors that arrive are close-on-exec, unless the control data has
//! it otherwise.

use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::call::{Call, run};
use super::control::ControlData;
use super::memory::{Sink, Source};
use super::quirks::Quirks;
use super::socket::{AddressRoom, address_length};
use super::transfer;
use super::{Result, fault};

/// More buffers than the kernel takes (`IOV_MAX`, 1024): a longer list is as good as this one, `EMSGSIZE`.
const TOO_MANY: usize = 4096;

/// What one receive gave, beside the bytes, the address and the control data.
pub(crate) struct Received {
    /// How many bytes, or with `MSG_TRUNC` the datagram's whole length.
    pub(crate) length: usize,
    /// What the kernel says of the message, by its `MSG_*` flags.
    pub(crate) flags: i32,
}

/// Sends what `sources` hold, to `address` unless it is empty, with the control messages that `control` holds.
#[inline]
pub(crate) fn send_message(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    sources: &[Source<'_>],
    address: &[u8],
    control: &[u8],
    flags: i32,
) -> Result<usize> {
    let vectors = Source::vectors(sources);
    let cut = cut("sendmsg", vectors);
    let mut message = header(cut.as_deref().unwrap_or(vectors));
    if !address.is_empty() {
        message.msg_name = address.as_ptr().cast_mut().cast();
        message.msg_namelen = address_length(address)?;
    }
    if !control.is_empty() {
        message.msg_control = control.as_ptr().cast_mut().cast();
        message.msg_controllen = control.len() as _;
    }
    quirks.sending(fd, flags, |flags| {
        run(Call::one("sendmsg", flags), fd.as_raw_fd(), || {
            // SAFETY: each pointer in `message` goes with the length of its slice, which outlives the call; the kernel
            // only reads them.
            unsafe { libc::sendmsg(fd.as_raw_fd(), &raw const message, flags) }
        })
    })
}

/// Receives into `sinks` and `control`; the descriptors that arrive are the control data's from then on. The sender's
/// address goes to `sender`, of length 0 where the kernel gives none.
#[inline]
pub(crate) fn receive_message(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    sinks: &[Sink<'_>],
    control: &mut ControlData,
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<Received> {
    // SAFETY: the bytes of the sinks may be written.
    unsafe { receive_at(fd, quirks, Sink::vectors(sinks), control, flags, sender) }
}

/// As [`receive_message`], into one buffer, which need not be initialised; gives the part that now is.
pub(crate) fn receive_message_uninit<'b>(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    buffer: &'b mut [MaybeUninit<u8>],
    control: &mut ControlData,
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<(&'b mut [u8], Received)> {
    let buffer = transfer::room(fd, buffer, flags);
    let vector = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: the buffer is borrowed for the call, and the kernel only writes into it.
    let received = unsafe { receive_at(fd, quirks, &[vector], control, flags, sender)? };
    let filled = received.length.min(buffer.len());
    // SAFETY: the kernel has written the bytes that it counts, as far as there is room, or else `room` has zeroed them;
    // they lie within `buffer`, borrowed for as long.
    let filled = unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast::<u8>(), filled) };
    Ok((filled, received))
}

/// # Safety
///
/// The kernel may write to the memory that `vectors` describe.
#[inline]
unsafe fn receive_at(
    fd: BorrowedFd<'_>,
    quirks: &Quirks,
    vectors: &[libc::iovec],
    control: &mut ControlData,
    flags: i32,
    sender: &mut AddressRoom,
) -> Result<Received> {
    let cut = cut("recvmsg", vectors);
    let mut message = header(cut.as_deref().unwrap_or(vectors));
    let (name, name_length) = sender.room();
    message.msg_name = name.cast();
    message.msg_namelen = name_length;
    let close_on_exec = control.close_on_exec();
    let (room, capacity) = control.room()?;
    if capacity > 0 {
        message.msg_control = room;
        message.msg_controllen = capacity as _;
    }
    let length = quirks.receiving(fd, flags, close_on_exec, |flags| {
        run(Call::one("recvmsg", flags), fd.as_raw_fd(), || {
            // SAFETY: each pointer in `message` goes with the room behind it, which is borrowed for the call: the
            // caller's buffers, `sender`, and the control data's words.
            unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, flags) }
        })
    })?;
    if message.msg_controllen > 0 {
        // SAFETY: the call succeeded, and the kernel has stored how much it wrote into the room of `control`.
        unsafe { control.received(message.msg_controllen as _) };
    }
    // SAFETY: as above, of the room of `sender`.
    unsafe { sender.filled(message.msg_namelen) };
    Ok(Received { length, flags: message.msg_flags })
}

/// A message of these buffers, and nothing else.
#[inline]
fn header(vectors: &[libc::iovec]) -> libc::msghdr {
    // SAFETY: msghdr is plain data, for which zeros are null pointers and empty lengths.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = vectors.as_ptr().cast_mut();
    message.msg_iovlen = vectors.len().min(TOO_MANY) as _;
    message
}

/// The buffers cut to as many bytes as the fault plan lets the call move; `None` where it moves them all.
#[inline]
fn cut(call: &'static str, vectors: &[libc::iovec]) -> Option<Vec<libc::iovec>> {
    let total = vectors.iter().map(|vector| vector.iov_len).sum();
    let mut left = fault::shorten(call, total);
    if left >= total {
        return None;
    }
    let cut = vectors.iter().map(|vector| {
        let length = vector.iov_len.min(left);
        left -= length;
        libc::iovec { iov_base: vector.iov_base, iov_len: length }
    });
    Some(cut.collect())
}
