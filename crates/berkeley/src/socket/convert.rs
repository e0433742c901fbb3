//! From and into std's types, and std's `Read` and `Write`.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use super::{Lent, Mark, Segmentation, SendMessage, Socket, Timeout};
use crate::sys::fd::from_raw_fd;
use crate::sys::quirks::Quirks;

/// The timeout starts at none. A socket that does not block by then (`O_NONBLOCK`) is waited for all the same; timeouts
/// that std has set (`SO_RCVTIMEO`) hold as long as it blocks.
impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        let (timeout, mark, segmentation) = (Timeout::none(), Mark::unknown(), Segmentation::new());
        Self { fd, timeout, mark, lent: Lent::always(), segmentation, quirks: Quirks::unknown() }
    }
}

impl From<Socket> for OwnedFd {
    fn from(socket: Socket) -> Self {
        socket.fd
    }
}

macro_rules! convert {
    ($($std:ident)*) => { $(
        impl From<$std> for Socket {
            fn from(socket: $std) -> Self {
                OwnedFd::from(socket).into()
            }
        }

        /// Whether the kinds agree is not checked: a call that the socket cannot do fails. `O_NONBLOCK` stays as it is.
        impl From<Socket> for $std {
            fn from(socket: Socket) -> Self {
                OwnedFd::from(socket).into()
            }
        }
    )* };
}

convert! { TcpListener TcpStream UdpSocket UnixDatagram UnixListener UnixStream }

/// As the trait's method, which it stands before within the library: nobody else gets the descriptor.
impl<F: AsFd> Socket<F> {
    #[inline]
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<F: AsFd> AsFd for Socket<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.lent.lend();
        self.fd.as_fd()
    }
}

impl<F: AsFd> AsRawFd for Socket<F> {
    fn as_raw_fd(&self) -> RawFd {
        self.lent.lend();
        self.fd.as_fd().as_raw_fd()
    }
}

impl IntoRawFd for Socket {
    fn into_raw_fd(self) -> RawFd {
        self.fd.into_raw_fd()
    }
}

from_raw_fd! {
    /// As from an [`OwnedFd`]; the socket closes the descriptor when it is dropped.
    ///
    /// # Safety
    ///
    /// `fd` has to be open, and owned by nobody else: see [`FromRawFd`](std::os::fd::FromRawFd).
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::Socket;
    /// use std::net::UdpSocket;
    /// use std::os::fd::{FromRawFd, IntoRawFd};
    ///
    /// let number = UdpSocket::bind("127.0.0.1:0")?.into_raw_fd();
    /// // SAFETY: `into_raw_fd` has given the descriptor up.
    /// let socket = unsafe { Socket::from_raw_fd(number) };
    /// assert!(socket.local_address()?.port().is_some());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    Socket
}

/// Borrows the descriptor of anything that has one, as [`SocketRef::borrow`](Socket::borrow) does: the timeout starts
/// at none. [`Socket::by_ref`] keeps a socket's.
///
/// # Examples
///
/// ```
/// use berkeley::{SocketRef, option};
/// use std::net::TcpListener;
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// assert!(SocketRef::from(&listener).get(option::ACCEPTCONN)?);
/// # Ok::<(), std::io::Error>(())
/// ```
impl<'fd, T: AsFd + ?Sized> From<&'fd T> for Socket<BorrowedFd<'fd>> {
    fn from(lender: &'fd T) -> Self {
        Self::borrow(lender.as_fd())
    }
}

/// Reads as [`recv`](Socket::recv) does, and several buffers in one call (recvmsg(2)): of a datagram socket that is one
/// datagram.
///
/// Of a stream at most 1024 buffers are filled at a time. (That reads are vectored std's `is_read_vectored` cannot say
/// of it: stable Rust does not let it be written.)
impl<F: AsFd> Read for &Socket<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv(buffer)?)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let most = self.most_buffers(buffers.len());
        Ok(self.recv_buffers(&mut buffers[..most])?)
    }
}

/// Writes as [`send`](Socket::send) does, and several buffers in one call (sendmsg(2)): on a datagram socket they are
/// one datagram.
///
/// Of a stream at most 1024 buffers go at a time; a datagram of more is `EMSGSIZE`. (That writes are vectored std's
/// `is_write_vectored` cannot say of it: stable Rust does not let it be written. `AsyncWrite` says so.)
impl<F: AsFd> Write for &Socket<F> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(self.send(buffer)?)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let most = self.most_buffers(buffers.len());
        Ok(self.send_msg(&SendMessage::new(&buffers[..most]))?)
    }

    /// Nothing is held back here: what was written is the kernel's.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As for `&Socket`.
impl<F: AsFd> Read for Socket<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        (&*self).read_vectored(buffers)
    }
}

/// As for `&Socket`.
impl<F: AsFd> Write for Socket<F> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&*self).write(buffer)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        (&*self).write_vectored(buffers)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
