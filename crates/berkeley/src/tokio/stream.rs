//! tokio's `AsyncRead` and `AsyncWrite`, so that its adapters and `copy` take an [`AsyncSocket`].

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::AsyncSocket;
use super::wait::{poll_pause, uninterrupted};
use super::watch::here;
use crate::error::Result;
use crate::kinds::Flags;
use crate::socket::{SendMessage, Socket};
use crate::sys::Errno;
use crate::sys::memory::fill_read_buf;

/// Reads into memory that is not zeroed first.
///
/// One task at a time, as for [`recv_ready`](AsyncSocket::recv_ready): of two that read, only the last to come is
/// woken. A task that writes may run beside it.
impl AsyncRead for &AsyncSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let received =
            self.poll_recv_ready(context, |ready| fill_read_buf!(buffer, |free| ready.recv_uninit(free)));
        received.map_err(Into::into)
    }
}

/// One task at a time: of two that write, only the last to come is woken. A task that reads may run beside it.
impl AsyncWrite for &AsyncSocket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_send(context, |socket| socket.try_send(buffer, Flags::NONE))
    }

    /// All buffers in one call (sendmsg(2)): on a datagram socket they are one datagram, and more than 1024 are
    /// `EMSGSIZE`. Of a stream 1024 at most go at a time.
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let buffers = &buffers[..self.socket.most_buffers(buffers.len())];
        self.poll_send(context, |socket| socket.try_send_msg(&SendMessage::new(buffers)))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// Nothing is held back here: what was written is the kernel's.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Ends sending (shutdown(2) `SHUT_WR`). A connection that has already ended is no error.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.shutdown(Shutdown::Write) {
            Err(error) if error.raw_os_error() == Some(Errno::NOTCONN.as_raw()) => Poll::Ready(Ok(())),
            result => Poll::Ready(Ok(result?)),
        }
    }
}

impl AsyncSocket {
    /// Sends by `attempt`, once there is room.
    fn poll_send(
        &self,
        context: &mut Context<'_>,
        mut attempt: impl FnMut(&Socket) -> Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let registration = self.registered()?;
        loop {
            let mut event = ready!(here(registration, registration.poll_write_ready(context)))?;
            match uninterrupted(|| attempt(&self.socket)) {
                Err(error) if error.is_would_block() => {
                    let closed = event.ready().is_write_closed();
                    let lied = self.traits.peer_queue;
                    if !lied {
                        event.clear_ready();
                    }
                    // What tokio never clears would make this loop spin, as it would `send`.
                    if lied || closed {
                        ready!(poll_pause(&mut self.waits().get_or_insert_default().write, context));
                    }
                }
                result => return Poll::Ready(Ok(result?)),
            }
        }
    }
}

impl AsyncRead for AsyncSocket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_read(context, buffer)
    }
}

impl AsyncWrite for AsyncSocket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write(context, buffer)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut &*self).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut &*self).poll_shutdown(context)
    }
}
