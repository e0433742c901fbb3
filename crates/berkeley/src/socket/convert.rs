//! From and into std's types, and std's `Read` and `Write`.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use super::{Mark, Segmentation, Socket, Timeout};
use crate::sys::quirks::Quirks;

/// The timeout starts at none. A socket that does not block by then (`O_NONBLOCK`) is waited for all the same; timeouts
/// that std has set (`SO_RCVTIMEO`) hold as long as it blocks.
impl From<OwnedFd> for Socket {
    fn from(fd: OwnedFd) -> Self {
        let (timeout, mark, segmentation) = (Timeout::none(), Mark::unknown(), Segmentation::new());
        Self { fd, timeout, mark, segmentation, quirks: Quirks::unknown() }
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

impl<F: AsFd> AsFd for Socket<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<F: AsFd> AsRawFd for Socket<F> {
    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_fd().as_raw_fd()
    }
}

impl IntoRawFd for Socket {
    fn into_raw_fd(self) -> RawFd {
        self.fd.into_raw_fd()
    }
}

impl<F: AsFd> Read for &Socket<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv(buffer)?)
    }
}

impl<F: AsFd> Write for &Socket<F> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(self.send(buffer)?)
    }

    /// Nothing is held back here: what was written is the kernel's.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<F: AsFd> Read for Socket<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }
}

impl<F: AsFd> Write for Socket<F> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        (&*self).write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
