//! Moving bytes within the socket's timeout: recv, peek, send, `send_all` and their kin.

use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::time::Duration;

use super::Socket;
use super::waiting::{Awaited, Stop, Waiting, carry_through, wait_first, with_timeout};
use crate::address::{Address, ToAddress};
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::sys::socket::AddressRoom;
use crate::sys::{self, transfer};

impl<F: AsFd> Socket<F> {
    /// Receives at most `buffer.len()` bytes (recv(2)); gives how many, 0 at the end of a stream.
    ///
    /// Of a datagram or packet longer than the buffer the rest is lost, as the kernel has it; see [`Flags::TRUNC`].
    ///
    /// # Errors
    ///
    /// Fails with `ENOTCONN` where a stream has no connection, with the error that waits on the socket, such as
    /// `ECONNRESET` or `ECONNREFUSED`, and where the timeout passes.
    ///
    /// # Examples
    ///
    /// ```
    /// # use berkeley::{Family, Protocol, Socket, Type};
    /// # let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send(b"hello")?;
    /// let mut buffer = [0; 1024];
    /// let length = right.recv(&mut buffer)?;
    /// assert_eq!(&buffer[..length], b"hello");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "recv_into")]
    #[inline]
    pub fn recv(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_with(buffer, Flags::NONE)
    }

    /// As [`recv`](Self::recv), with flags.
    #[inline]
    pub fn recv_with(&self, buffer: &mut [u8], flags: Flags) -> Result<usize> {
        let fd = self.fd.as_fd();
        self.receiving(Operation::Recv, flags, |flags| transfer::recv(fd, buffer, flags))
    }

    /// Receives at most `limit` bytes into a new vector, which holds just them; empty at the end of a stream.
    ///
    /// Its capacity stays `limit`: shrink it where it is kept.
    ///
    /// # Errors
    ///
    /// Fails with `ENOMEM` where there is no memory for `limit` bytes.
    pub fn recv_vec(&self, limit: usize) -> Result<Vec<u8>> {
        let fd = self.fd.as_fd();
        let mut buffer = Vec::new();
        self.receiving(Operation::Recv, Flags::NONE, |flags| {
            transfer::recv_into_vec(fd, &mut buffer, limit, flags)
        })?;
        Ok(buffer)
    }

    /// Receives at most `limit` bytes behind what `buffer` holds; gives how many, 0 at the end of a stream.
    ///
    /// Only what arrives is written: no memory is zeroed first. Room for `limit` bytes is taken before.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does, and with `ENOMEM` where there is no memory for `limit` bytes more; `buffer`
    /// then holds what it held.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    /// use std::net::Shutdown;
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send_all(b"all of it")?;
    /// left.shutdown(Shutdown::Write)?;
    /// let mut buffer = Vec::new();
    /// while right.recv_append(&mut buffer, 4)? > 0 {}
    /// assert_eq!(buffer, b"all of it");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "read_buf")]
    #[doc(alias = "read_to_end")]
    pub fn recv_append(&self, buffer: &mut Vec<u8>, limit: usize) -> Result<usize> {
        let fd = self.fd.as_fd();
        self.receiving(Operation::Recv, Flags::NONE, |flags| {
            transfer::recv_into_vec(fd, buffer, limit, flags)
        })
    }

    /// Receives into memory that need not be initialised; gives the part that was filled.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use berkeley::{Family, Protocol, Socket, Type};
    /// # let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send(b"hello")?;
    /// let mut buffer = Vec::with_capacity(65_536);
    /// assert_eq!(right.recv_uninit(buffer.spare_capacity_mut())?, b"hello");
    /// # buffer.push(0_u8);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn recv_uninit<'b>(&self, buffer: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        let timeout = self.timeout();
        let flags = with_timeout(Flags::NONE, timeout).as_raw();
        transfer::recv_uninit(self.fd.as_fd(), buffer, flags, |call| {
            self.receive_within(Awaited::ARRIVAL, timeout, call)
        })
        .map_err(|stop| self.stopped(Operation::Recv, stop, None))
    }

    /// Receives a datagram and its sender's address (recvfrom(2)).
    ///
    /// Of a connected stream the address is unnamed, as is the sender that never bound a Unix socket.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    #[doc(alias = "recvfrom")]
    #[doc(alias = "recvfrom_into")]
    #[inline]
    pub fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.recv_from_with(buffer, Flags::NONE)
    }

    /// As [`recv_from`](Self::recv_from), with flags.
    #[inline]
    pub fn recv_from_with(&self, buffer: &mut [u8], flags: Flags) -> Result<(usize, Address)> {
        let fd = self.fd.as_fd();
        let mut sender = AddressRoom::new();
        let length = self.receiving(Operation::RecvFrom, flags, |flags| {
            transfer::recv_from(fd, buffer, flags, &mut sender)
        })?;
        Address::decode_into(sender.as_bytes(), |address| Ok((length, address)))
    }

    /// Receives without taking: the next receive gives the same bytes again (`MSG_PEEK`).
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    #[doc(alias = "MSG_PEEK")]
    pub fn peek(&self, buffer: &mut [u8]) -> Result<usize> {
        let fd = self.fd.as_fd();
        self.receiving(Operation::Peek, Flags::PEEK, |flags| transfer::recv(fd, buffer, flags))
    }

    #[expect(clippy::inline_always, reason = "out of line a receive costs 45 instructions more")]
    #[inline(always)]
    fn receiving<T>(
        &self,
        operation: Operation,
        flags: Flags,
        mut receive: impl FnMut(i32) -> sys::Result<T>,
    ) -> Result<T> {
        let timeout = self.timeout_with(flags);
        let awaited = Awaited::by(flags);
        let flags = with_timeout(flags, timeout).as_raw();
        self.receive_within(awaited, timeout, || receive(flags))
            .map_err(|stop| self.stopped(operation, stop, None))
    }

    /// Receives within `timeout`; above the socket's mark where it has one (`SO_RCVLOWAT`).
    ///
    /// A call with `MSG_DONTWAIT` ignores the mark, which poll(2) heeds over TCP. Without a timeout the call itself
    /// heeds it, as the kernel has it.
    #[expect(clippy::inline_always, reason = "out of line a receive costs 45 instructions more")]
    #[inline(always)]
    pub(crate) fn receive_within<T>(
        &self,
        awaited: Awaited,
        mut timeout: Option<Duration>,
        receive: impl FnMut() -> sys::Result<T>,
    ) -> std::result::Result<T, Stop> {
        let fd = self.fd.as_fd();
        if timeout.is_some() && awaited.is_arrival() && self.mark.is_set(fd) {
            timeout = wait_first(fd, awaited, timeout)?;
        }
        carry_through(fd, awaited, timeout, receive)
    }

    /// The timeout of an operation with these flags: zero where they say so.
    #[inline]
    pub(crate) fn timeout_with(&self, flags: Flags) -> Option<Duration> {
        if flags.contains(Flags::DONTWAIT) { Some(Duration::ZERO) } else { self.timeout() }
    }

    /// Sends (send(2)); gives how many bytes the kernel took, which may be fewer than given.
    ///
    /// A peer that has gone is an error (`EPIPE`, `ECONNRESET`), never a SIGPIPE.
    ///
    /// # Errors
    ///
    /// Fails too with `EMSGSIZE` for a datagram that is too large, with `ENOTCONN` or `EDESTADDRREQ` where there is no
    /// peer, and where the timeout passes.
    #[inline]
    pub fn send(&self, buffer: &[u8]) -> Result<usize> {
        self.send_with(buffer, Flags::NONE)
    }

    /// As [`send`](Self::send), with flags.
    #[doc(alias = "send_out_of_band")]
    #[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
    #[inline(always)]
    pub fn send_with(&self, buffer: &[u8], flags: Flags) -> Result<usize> {
        let fd = self.fd.as_fd();
        let timeout = self.timeout_with(flags);
        let flags = with_timeout(flags, timeout).as_raw();
        carry_through(fd, Awaited::ROOM, timeout, || transfer::send(fd, &self.quirks, buffer, flags))
            .map_err(|stop| self.stopped(Operation::Send, stop, None))
    }

    /// Sends all of `buffer`, however many calls it takes; the timeout bounds them together.
    ///
    /// A failure says how many bytes went out before it: [`Error::bytes_sent`](crate::Error::bytes_sent).
    ///
    /// # Errors
    ///
    /// Fails as [`send`](Self::send) does.
    #[doc(alias = "sendall")]
    #[doc(alias = "write_all")]
    #[inline]
    pub fn send_all(&self, buffer: &[u8]) -> Result<()> {
        self.send_all_with(buffer, Flags::NONE)
    }

    /// As [`send_all`](Self::send_all), with flags, which each of its calls has.
    #[inline]
    pub fn send_all_with(&self, buffer: &[u8], flags: Flags) -> Result<()> {
        let timeout = self.timeout_with(flags);
        let flags = with_timeout(flags, timeout).as_raw();
        match transfer::send(self.fd.as_fd(), &self.quirks, buffer, flags) {
            Ok(taken) if taken >= buffer.len() => Ok(()),
            first => self.send_rest(first, buffer, flags, timeout),
        }
    }

    /// Sends what the first send has left: apart, so that the usual case, which leaves nothing, pays nothing for it.
    #[cold]
    fn send_rest(
        &self,
        first: sys::Result<usize>,
        buffer: &[u8],
        flags: i32,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let mut sent = 0;
        self.send_on(first, buffer, flags, timeout, &mut sent)
            .map_err(|stop| self.stopped(Operation::SendAll, stop, None).after_sending(sent))
    }

    fn send_on(
        &self,
        first: sys::Result<usize>,
        buffer: &[u8],
        flags: i32,
        timeout: Option<Duration>,
        sent: &mut usize,
    ) -> std::result::Result<(), Stop> {
        let fd = self.fd.as_fd();
        let (mut waiting, mut result) = (Waiting::new(Awaited::ROOM, timeout), first);
        loop {
            match result {
                Ok(taken) => {
                    *sent += taken;
                    if *sent >= buffer.len() {
                        return Ok(());
                    }
                    if taken == 0 {
                        return Err(Stop::NothingTaken);
                    }
                    waiting.progressed()?;
                }
                Err(errno) => waiting.after(fd, errno)?,
            }
            result = transfer::send(fd, &self.quirks, &buffer[*sent..], flags);
        }
    }

    /// Sends a datagram to `address` (sendto(2)); gives how many bytes the kernel took.
    ///
    /// # Errors
    ///
    /// Fails as [`send`](Self::send) does, and with `ENETUNREACH` or `EHOSTUNREACH` where there is no way to the
    /// address.
    #[doc(alias = "sendto")]
    pub fn send_to(&self, buffer: &[u8], address: impl ToAddress) -> Result<usize> {
        self.send_to_with(buffer, address, Flags::NONE)
    }

    /// As [`send_to`](Self::send_to), with flags.
    pub fn send_to_with(&self, buffer: &[u8], address: impl ToAddress, flags: Flags) -> Result<usize> {
        address.with_address(Operation::SendTo, |address| {
            let fd = self.fd.as_fd();
            let encoded = address.encode();
            let timeout = self.timeout_with(flags);
            let flags = with_timeout(flags, timeout).as_raw();
            carry_through(fd, Awaited::ROOM, timeout, || {
                transfer::send_to(fd, &self.quirks, buffer, flags, encoded.as_bytes())
            })
            .map_err(|stop| self.stopped(Operation::SendTo, stop, Some(address)))
        })
    }
}
