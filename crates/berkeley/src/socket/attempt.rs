//! The lower layers: `try_*` is one system call, `wait` is one poll. `EAGAIN` and `EINTR` surface; nothing retries.

use std::mem::MaybeUninit;
use std::os::fd::AsFd;

use super::lending::refuse_lent;
use super::retry::Mode;
use super::waiting::{mode, wait_once};
use super::{Deadline, Socket};
use crate::address::{Address, ToAddress};
use crate::error::{Operation, Result};
use crate::kinds::{Flags, Interest};
use crate::sys::socket::AddressRoom;
use crate::sys::{socket, transfer};

/// One system call each: an error that [`is_would_block`](crate::Error::is_would_block) or
/// [`is_interrupted`](crate::Error::is_interrupted) is the caller's to handle.
///
/// The transfers never wait, whatever the socket's mode (`MSG_DONTWAIT`). `try_accept` and `try_connect` have no such
/// flag, and wait where the socket has no timeout.
impl<F: AsFd> Socket<F> {
    /// Waits once, until the socket is ready for any of `interest` or `deadline` has passed (ppoll(2)); gives what
    /// holds.
    ///
    /// An error or the peer's hang-up counts as ready, and surfaces in the next try.
    ///
    /// # Errors
    ///
    /// Fails with [`Cause::TimedOut`](crate::Cause::TimedOut), and with `EINTR` where a signal came first.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Deadline, Family, Flags, Interest, Protocol, Socket, Type};
    /// use std::time::Duration;
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let mut buffer = [0; 16];
    /// assert!(right.try_recv(&mut buffer, Flags::NONE).unwrap_err().is_would_block());
    /// left.send(b"now")?;
    /// let ready = right.wait(Interest::READABLE | Interest::WRITABLE, Deadline::after(Duration::from_secs(5)))?;
    /// assert!(ready.contains(Interest::READABLE));
    /// assert_eq!(right.try_recv(&mut buffer, Flags::NONE)?, 3);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "poll")]
    #[doc(alias = "select")]
    pub fn wait(&self, interest: Interest, deadline: Deadline) -> Result<Interest> {
        wait_once(self.fd.as_fd(), interest, deadline)
            .map_err(|stop| self.stopped(Operation::Wait, stop, None))
    }

    /// How a call for `interest` without `MSG_DONTWAIT` waits by itself (fcntl(2) `F_GETFL`, `SO_RCVTIMEO`,
    /// `SO_SNDTIMEO`): what [`retry`](super::retry) asks.
    ///
    /// For [`Interest::PRIORITY`], the error queue and urgent data, no call waits, with `O_NONBLOCK` or without: it is
    /// [`Mode::Limited`].
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is no socket.
    #[doc(alias = "F_GETFL")]
    pub fn blocking_mode(&self, interest: Interest) -> Result<Mode> {
        mode(self.fd.as_fd(), interest).map_err(|errno| self.fail(Operation::Wait, errno, None))
    }

    /// Takes one connection (accept4(2)); its socket is as [`accept`](Self::accept) says.
    pub fn try_accept(&self) -> Result<(Socket, Address)> {
        self.accept_once(false)
    }

    /// As [`try_accept`](Self::try_accept), the accepted socket with a timeout of zero: `SOCK_NONBLOCK` in the same
    /// call.
    pub fn try_accept_nonblocking(&self) -> Result<(Socket, Address)> {
        self.accept_once(true)
    }

    fn accept_once(&self, nonblocking: bool) -> Result<(Socket, Address)> {
        let mut peer = AddressRoom::new();
        let accepted = socket::accept(self.fd.as_fd(), &self.quirks, nonblocking, &mut peer)
            .map_err(|errno| self.at_home(self.fail(Operation::Accept, errno, None)))?;
        let accepted = self.accepted(accepted, nonblocking);
        Address::decode_into(peer.as_bytes(), |address| Ok((accepted, address)))
    }

    /// Starts to connect (connect(2)). An error that [`is_in_progress`](crate::Error::is_in_progress) is followed by a
    /// wait for [`Interest::WRITABLE`] and [`finish_connect`](Self::finish_connect).
    ///
    /// Otherwise fails as [`connect`](Self::connect) does.
    #[doc(alias = "connect_ex")]
    pub fn try_connect(&self, address: impl ToAddress) -> Result<()> {
        address.with_address(Operation::Connect, |address| {
            refuse_lent(Operation::Connect, address)?;
            self.segmentation.forget_peer();
            socket::connect(self.fd.as_fd(), address.encode().as_bytes())
                .map_err(|errno| self.fail(Operation::Connect, errno, Some(address)))
        })
    }

    /// Receives what is there (recv(2)); gives the number of bytes, 0 at the end of a stream.
    ///
    /// With [`Flags::TRUNC`] the number is the datagram's whole length, which may exceed the buffer's.
    ///
    /// # Errors
    ///
    /// Fails with an error that [`is_would_block`](crate::Error::is_would_block) where nothing is there, with
    /// `ENOTCONN` where a stream has no connection, and with the error that waits on the socket, such as `ECONNRESET`.
    #[inline]
    pub fn try_recv(&self, buffer: &mut [u8], flags: Flags) -> Result<usize> {
        transfer::recv(self.fd.as_fd(), buffer, (flags | Flags::DONTWAIT).as_raw())
            .map_err(|errno| self.fail(Operation::Recv, errno, None))
    }

    /// As [`try_recv`](Self::try_recv), into memory that need not be initialised; gives the part that was filled, with
    /// zeros for what [`Flags::TRUNC`] has thrown away.
    pub fn try_recv_uninit<'b>(
        &self,
        buffer: &'b mut [MaybeUninit<u8>],
        flags: Flags,
    ) -> Result<&'b mut [u8]> {
        transfer::recv_uninit(self.fd.as_fd(), buffer, (flags | Flags::DONTWAIT).as_raw(), |call| call())
            .map_err(|errno| self.fail(Operation::Recv, errno, None))
    }

    /// As [`try_recv`](Self::try_recv), at most `limit` bytes behind what `buffer` holds; gives how many.
    ///
    /// # Errors
    ///
    /// Fails as [`try_recv`](Self::try_recv) does, and with `ENOMEM` where there is no memory for `limit` bytes more.
    pub fn try_recv_append(&self, buffer: &mut Vec<u8>, limit: usize, flags: Flags) -> Result<usize> {
        transfer::recv_into_vec(self.fd.as_fd(), buffer, limit, (flags | Flags::DONTWAIT).as_raw())
            .map_err(|errno| self.fail(Operation::Recv, errno, None))
    }

    /// Receives what is there and who sent it (recvfrom(2)).
    ///
    /// # Errors
    ///
    /// Fails as [`try_recv`](Self::try_recv) does.
    pub fn try_recv_from(&self, buffer: &mut [u8], flags: Flags) -> Result<(usize, Address)> {
        let mut sender = AddressRoom::new();
        let flags = (flags | Flags::DONTWAIT).as_raw();
        let length = transfer::recv_from(self.fd.as_fd(), buffer, flags, &mut sender)
            .map_err(|errno| self.fail(Operation::RecvFrom, errno, None))?;
        Address::decode_into(sender.as_bytes(), |address| Ok((length, address)))
    }

    /// Sends what there is room for (send(2)); gives the number of bytes taken.
    ///
    /// # Errors
    ///
    /// Fails with an error that [`is_would_block`](crate::Error::is_would_block) where there is no room, with `EPIPE`
    /// or `ECONNRESET` where the peer has gone, with `EMSGSIZE` for a datagram that is too large, and with `ENOTCONN`
    /// or `EDESTADDRREQ` where there is no peer.
    #[inline]
    pub fn try_send(&self, buffer: &[u8], flags: Flags) -> Result<usize> {
        transfer::send(self.fd.as_fd(), &self.quirks, buffer, (flags | Flags::DONTWAIT).as_raw())
            .map_err(|errno| self.fail(Operation::Send, errno, None))
    }

    /// Sends what there is room for to `address` (sendto(2)); gives the number of bytes taken.
    ///
    /// # Errors
    ///
    /// Fails as [`try_send`](Self::try_send) does, and with `ENETUNREACH` or `EHOSTUNREACH` where there is no way to
    /// the address.
    pub fn try_send_to(&self, buffer: &[u8], address: impl ToAddress, flags: Flags) -> Result<usize> {
        address.with_address(Operation::SendTo, |address| {
            let (encoded, flags) = (address.encode(), (flags | Flags::DONTWAIT).as_raw());
            transfer::send_to(self.fd.as_fd(), &self.quirks, buffer, flags, encoded.as_bytes())
                .map_err(|errno| self.fail(Operation::SendTo, errno, Some(address)))
        })
    }
}
