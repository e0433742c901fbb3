//! The lowest layer: one system call, with just the flags that it is given.

use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use super::Socket;
use crate::address::Address;
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::sys::socket::AddressRoom;
use crate::sys::transfer;

/// One system call each, without a flag of the library's own: it waits where the socket's mode has it wait, and the
/// socket's timeout counts for nothing. `EAGAIN` and `EINTR` surface.
///
/// With [`Flags::DONTWAIT`] they are the `try_*` methods; without, they are for a caller who runs signal handlers
/// between two calls, as an interpreter does.
impl<F: AsFd> Socket<F> {
    /// Receives (recv(2)); gives the number of bytes, 0 at the end of a stream.
    ///
    /// Fails as [`try_recv`](Self::try_recv) does, and with `EINTR` where a signal came first.
    #[inline]
    pub fn recv_once(&self, buffer: &mut [u8], flags: Flags) -> Result<usize> {
        transfer::recv(self.fd.as_fd(), buffer, flags.as_raw())
            .map_err(|errno| self.fail(Operation::Recv, errno, None))
    }

    /// As [`recv_once`](Self::recv_once), into memory that need not be initialised; gives the part that was filled,
    /// with zeros for what [`Flags::TRUNC`] has thrown away.
    #[inline]
    pub fn recv_uninit_once<'b>(
        &self,
        buffer: &'b mut [MaybeUninit<u8>],
        flags: Flags,
    ) -> Result<&'b mut [u8]> {
        transfer::recv_uninit(self.fd.as_fd(), buffer, flags.as_raw(), |call| call())
            .map_err(|errno| self.fail(Operation::Recv, errno, None))
    }

    /// Receives, and says who sent it (recvfrom(2)).
    ///
    /// Fails as [`recv_once`](Self::recv_once) does.
    #[inline]
    pub fn recv_from_once(&self, buffer: &mut [u8], flags: Flags) -> Result<(usize, Address)> {
        let mut sender = AddressRoom::new();
        let length = transfer::recv_from(self.fd.as_fd(), buffer, flags.as_raw(), &mut sender)
            .map_err(|errno| self.fail(Operation::RecvFrom, errno, None))?;
        Address::decode_into(sender.as_bytes(), |address| Ok((length, address)))
    }

    /// As [`recv_from_once`](Self::recv_from_once), into memory that need not be initialised; gives the part that was
    /// filled, with zeros for what [`Flags::TRUNC`] has thrown away.
    pub fn recv_from_uninit_once<'b>(
        &self,
        buffer: &'b mut [MaybeUninit<u8>],
        flags: Flags,
    ) -> Result<(&'b mut [u8], Address)> {
        let mut sender = AddressRoom::new();
        let filled = transfer::recv_from_uninit(self.fd.as_fd(), buffer, flags.as_raw(), &mut sender)
            .map_err(|errno| self.fail(Operation::RecvFrom, errno, None))?;
        Address::decode_into(sender.as_bytes(), |address| Ok((filled, address)))
    }

    /// Sends (send(2)); gives the number of bytes taken.
    ///
    /// Fails as [`try_send`](Self::try_send) does, and with `EINTR` where a signal came before any byte was taken.
    #[inline]
    pub fn send_once(&self, buffer: &[u8], flags: Flags) -> Result<usize> {
        transfer::send(self.fd.as_fd(), &self.quirks, buffer, flags.as_raw())
            .map_err(|errno| self.fail(Operation::Send, errno, None))
    }

    /// Sends to `address` (sendto(2)); gives the number of bytes taken.
    ///
    /// Fails as [`send_once`](Self::send_once) does, and with `ENETUNREACH` or `EHOSTUNREACH` where there is no way to
    /// the address.
    #[inline]
    pub fn send_to_once(&self, buffer: &[u8], address: &Address, flags: Flags) -> Result<usize> {
        transfer::send_to(self.fd.as_fd(), &self.quirks, buffer, flags.as_raw(), address.encode().as_bytes())
            .map_err(|errno| self.fail(Operation::SendTo, errno, Some(address)))
    }
}
