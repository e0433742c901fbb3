//! The lowest layer: one system call, with just the flags that it is given.
//!
//! It waits where the socket's mode has it wait, and the socket's timeout counts for nothing. `EAGAIN` and `EINTR`
//! surface. With [`Flags::DONTWAIT`] these are the `try_*` methods; without, they are for a caller who runs signal
//! handlers between two calls, as an interpreter does.

use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use super::{Sink, Source};
use crate::address::Address;
use crate::control::ControlBuffer;
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::socket::{ReceivedMessage, SendMessage, Socket};
use crate::sys::socket::AddressRoom;
use crate::sys::{message, transfer};

/// Receives (recv(2)); gives the number of bytes, 0 at the end of a stream.
///
/// # Errors
///
/// Fails as [`Socket::try_recv`] does, and with `EINTR` where a signal came first.
#[inline]
pub fn recv<F: AsFd>(socket: &Socket<F>, sink: &Sink<'_>, flags: Flags) -> Result<usize> {
    transfer::recv_sink(socket.as_fd(), sink, flags.as_raw())
        .map_err(|errno| socket.fail(Operation::Recv, errno, None))
}

/// As [`recv`], into memory that need not be initialised; gives the part that was filled, with zeros for what
/// [`Flags::TRUNC`] has thrown away.
///
/// # Errors
///
/// Fails as [`recv`] does.
#[inline]
pub fn recv_uninit<'b, F: AsFd>(
    socket: &Socket<F>,
    buffer: &'b mut [MaybeUninit<u8>],
    flags: Flags,
) -> Result<&'b mut [u8]> {
    transfer::recv_uninit(socket.as_fd(), buffer, flags.as_raw(), |call| call())
        .map_err(|errno| socket.fail(Operation::Recv, errno, None))
}

/// Receives, and says who sent it (recvfrom(2)).
///
/// # Errors
///
/// Fails as [`recv`] does.
#[inline]
pub fn recv_from<F: AsFd>(socket: &Socket<F>, sink: &Sink<'_>, flags: Flags) -> Result<(usize, Address)> {
    let mut sender = AddressRoom::new();
    let length = transfer::recv_from_sink(socket.as_fd(), sink, flags.as_raw(), &mut sender)
        .map_err(|errno| socket.fail(Operation::RecvFrom, errno, None))?;
    Address::decode_into(sender.as_bytes(), |address| Ok((length, address)))
}

/// As [`recv_from`], into memory as [`recv_uninit`] has it.
///
/// # Errors
///
/// Fails as [`recv`] does.
pub fn recv_from_uninit<'b, F: AsFd>(
    socket: &Socket<F>,
    buffer: &'b mut [MaybeUninit<u8>],
    flags: Flags,
) -> Result<(&'b mut [u8], Address)> {
    let mut sender = AddressRoom::new();
    let filled = transfer::recv_from_uninit(socket.as_fd(), buffer, flags.as_raw(), &mut sender)
        .map_err(|errno| socket.fail(Operation::RecvFrom, errno, None))?;
    Address::decode_into(sender.as_bytes(), |address| Ok((filled, address)))
}

/// Receives a message into `sinks`, one after the other, and what came with it into `control` (recvmsg(2)).
///
/// # Errors
///
/// Fails as [`recv`] does.
pub fn recv_msg<F: AsFd>(
    socket: &Socket<F>,
    sinks: &[Sink<'_>],
    control: &mut ControlBuffer,
    flags: Flags,
) -> Result<ReceivedMessage> {
    socket.recv_msg_at_once(sinks, control, flags)
}

/// As [`recv_msg`], into memory as [`recv_uninit`] has it.
///
/// # Errors
///
/// Fails as [`recv`] does.
pub fn recv_msg_uninit<'b, F: AsFd>(
    socket: &Socket<F>,
    buffer: &'b mut [MaybeUninit<u8>],
    control: &mut ControlBuffer,
    flags: Flags,
) -> Result<(&'b mut [u8], ReceivedMessage)> {
    let mut sender = AddressRoom::new();
    let (fd, quirks, flags) = (socket.as_fd(), socket.quirks(), flags.as_raw());
    let control = control.data_mut();
    let (filled, received) = message::receive_message_uninit(fd, quirks, buffer, control, flags, &mut sender)
        .map_err(|errno| socket.fail(Operation::RecvMsg, errno, None))?;
    Ok((filled, ReceivedMessage::made(&received, &sender)?))
}

/// Sends (send(2)); gives the number of bytes taken.
///
/// # Errors
///
/// Fails as [`Socket::try_send`] does, and with `EINTR` where a signal came before any byte was taken.
#[inline]
pub fn send<F: AsFd>(socket: &Socket<F>, source: Source<'_>, flags: Flags) -> Result<usize> {
    transfer::send_source(socket.as_fd(), socket.quirks(), source, flags.as_raw())
        .map_err(|errno| socket.fail(Operation::Send, errno, None))
}

/// Sends to `address` (sendto(2)); gives the number of bytes taken.
///
/// # Errors
///
/// Fails as [`send`] does, and with `ENETUNREACH` or `EHOSTUNREACH` where there is no way to the address.
#[inline]
pub fn send_to<F: AsFd>(
    socket: &Socket<F>,
    source: Source<'_>,
    address: &Address,
    flags: Flags,
) -> Result<usize> {
    let encoded = address.encode();
    transfer::send_source_to(socket.as_fd(), socket.quirks(), source, flags.as_raw(), encoded.as_bytes())
        .map_err(|errno| socket.fail(Operation::SendTo, errno, Some(address)))
}

/// Sends a message with just its flags (sendmsg(2)).
///
/// # Errors
///
/// Fails as [`send`] does.
pub fn send_msg<F: AsFd>(socket: &Socket<F>, message: &SendMessage<'_>) -> Result<usize> {
    socket.send_msg_at_once(message)
}
