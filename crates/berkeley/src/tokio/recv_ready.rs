//! Receiving into a buffer that is borrowed only once there is something to receive.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use ::tokio::io::Interest;
use ::tokio::io::unix::AsyncFd;
use ::tokio::task::coop::consume_budget;

use super::AsyncSocket;
use super::wait::{READ, poll_pause, uninterrupted};
use super::watch::{Ready, Watched, here};
use crate::address::Address;
use crate::control::ControlBuffer;
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::socket::ReceivedMessage;
use crate::splice::{Filled, SplicePipe};
use crate::sys::{Errno, fault};

/// For servers of very many connections: an idle one owns no buffer, and its future is a few words.
impl AsyncSocket {
    /// Waits until there is something to receive, then lets `take` receive it, and gives what `take` gives.
    ///
    /// `take` runs between two waits, on one thread, without a pause: a buffer that all connections of the thread share
    /// may be borrowed for that long. Where its receive finds nothing after all (`EAGAIN`) and `take` passes that error
    /// on, the wait resumes and `take` is called again.
    ///
    /// One system call for each event: [`ReadReady::recv`] knows when it has emptied a TCP socket. The waiting costs
    /// the least that tokio has, at a price: **one task at a time** may wait in this, in
    /// [`poll_recv_ready`](Self::poll_recv_ready) or in tokio's `AsyncRead` of this socket; of two, only the last to
    /// come is woken. [`recv`](Self::recv) has no such limit, and may wait beside it.
    ///
    /// Cancel-safe: dropped while it waits, it has received nothing.
    ///
    /// # Errors
    ///
    /// Fails with what `take` fails with, but for an error that asks for another wait, and where the runtime shuts
    /// down.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{AsyncSocket, Family, Protocol, Type};
    /// use std::cell::RefCell;
    ///
    /// thread_local! {
    ///     static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 65_536]);
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send_all(b"hello").await?;
    /// let length = right
    ///     .recv_ready(|ready| {
    ///         BUFFER.with_borrow_mut(|buffer| {
    ///             let length = ready.recv(buffer)?;
    ///             assert_eq!(&buffer[..length], b"hello");
    ///             Ok(length)
    ///         })
    ///     })
    ///     .await?;
    /// assert_eq!(length, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub fn recv_ready<R>(
        &self,
        mut take: impl FnMut(&mut ReadReady<'_>) -> Result<R>,
    ) -> impl Future<Output = Result<R>> {
        // No `async fn`: its future would be 24 bytes more.
        poll_fn(move |context| self.poll_recv_ready(context, &mut take))
    }

    /// As [`recv_ready`](Self::recv_ready), for futures written by hand: pending until there is something to receive.
    ///
    /// Counts against the task's budget (`tokio::task::coop`), so a peer that never stops sending starves nobody.
    pub fn poll_recv_ready<R>(
        &self,
        context: &mut Context<'_>,
        mut take: impl FnMut(&mut ReadReady<'_>) -> Result<R>,
    ) -> Poll<Result<R>> {
        let registration = self.registered()?;
        loop {
            let event = ready!(here(registration, self.poll_event(registration, context)))?;
            let ended = event.ready().is_read_closed();
            let mut ready = ReadReady { socket: self, event, again: false };
            match take(&mut ready) {
                Err(error) if ready.again && error.is_would_block() => {
                    // tokio never forgets the end of the data, which UDP that is shut for reading has too.
                    if ended {
                        ready!(poll_pause(&mut self.waits().get_or_insert_default().read, context));
                    }
                }
                Err(error) if ready.again && error.is_interrupted() => {}
                result => return Poll::Ready(result),
            }
        }
    }

    /// Pending until the reactor says that there is something to receive.
    #[inline]
    fn poll_event<'a>(
        &self,
        registration: &'a Arc<AsyncFd<Watched>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Ready<'a>>> {
        if self.traits.errs_alone {
            self.poll_packet(registration, context)
        } else {
            registration.poll_read_ready(context)
        }
    }

    /// As [`poll_event`](Self::poll_event), woken by an error alone too, which tokio's `poll_read_ready` sleeps
    /// through.
    fn poll_packet<'a>(
        &self,
        registration: &'a Arc<AsyncFd<Watched>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Ready<'a>>> {
        ready!(pin!(consume_budget()).poll(context));
        let mut waits = self.waits();
        let waiting = &mut waits.get_or_insert_default().read;
        loop {
            let event = pin!(registration.ready(READ)).poll(context);
            if event.is_ready() {
                return event;
            }
            let wait = waiting.get_or_insert_with(|| {
                let registration = Arc::clone(registration);
                Box::pin(async move { registration.ready(READ).await.map(drop) })
            });
            ready!(wait.as_mut().poll(context))?;
            *waiting = None;
        }
    }
}

/// A socket that has something to receive, as [`AsyncSocket::recv_ready`] lends it.
///
/// Its receives never wait. One that finds nothing gives `EAGAIN`, to be passed on.
pub struct ReadReady<'a> {
    socket: &'a AsyncSocket,
    event: Ready<'a>,
    /// Whether a receive found nothing, or was interrupted: `take` is to be called again.
    again: bool,
}

impl<'a> ReadReady<'a> {
    /// The socket, to reply through, say.
    pub fn socket(&self) -> &'a AsyncSocket {
        self.socket
    }

    /// Receives what is there (recv(2)); gives the number of bytes, 0 at the end of a stream.
    ///
    /// Of TCP, a receive that leaves room in `buffer` shows that the socket is empty, so the next wait begins without
    /// another system call. What comes later, the end of the data included, is a new event; an end that came along with
    /// the data is remembered. Urgent data (RFC 6093) cuts a receive short as well: once some has come, the rule is
    /// off. So it is where something stands on top of TCP (`TCP_ULP`), such as TLS in the kernel, whose records a
    /// receive does not go beyond: that is asked each time, of a socket whose descriptor others have had. For all other
    /// sockets the next receive finds out.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_recv`](crate::Socket::try_recv) does.
    #[inline]
    pub fn recv(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let socket = &self.socket.socket;
        let room = buffer.len();
        let result = self.above_mark().and_then(|()| uninterrupted(|| socket.try_recv(buffer, Flags::NONE)));
        self.note(result.as_ref().is_ok_and(|&length| length < room), &result);
        result
    }

    /// As [`recv`](Self::recv), into memory that need not be initialised; gives the part that was filled.
    pub fn recv_uninit<'b>(&mut self, buffer: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        let room = buffer.len();
        let socket = &self.socket.socket;
        let result = self.above_mark().and_then(|()| socket.try_recv_uninit(buffer, Flags::NONE));
        self.note(result.as_ref().is_ok_and(|filled| filled.len() < room), &result);
        result
    }

    /// Receives a datagram and its sender's address (recvfrom(2)).
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    pub fn recv_from(&mut self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.recv_from_with(buffer, Flags::NONE)
    }

    /// As [`recv_from`](Self::recv_from), with flags: [`Flags::PEEK`] with [`Flags::TRUNC`] tells how long the next
    /// message is, and leaves it there.
    pub fn recv_from_with(&mut self, buffer: &mut [u8], flags: Flags) -> Result<(usize, Address)> {
        let socket = &self.socket.socket;
        let result = self.above_mark().and_then(|()| uninterrupted(|| socket.try_recv_from(buffer, flags)));
        self.note(false, &result);
        result
    }

    /// Receives a message into `buffers`, and what came with it into `control` (recvmsg(2)).
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    pub fn recv_msg(
        &mut self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
    ) -> Result<ReceivedMessage> {
        let socket = &self.socket.socket;
        let result = self
            .above_mark()
            .and_then(|()| uninterrupted(|| socket.try_recv_msg(buffers, control, Flags::NONE)));
        self.note(false, &result);
        result
    }

    /// Would block where there is less to receive than the socket's mark asks for.
    #[inline]
    fn above_mark(&self) -> Result<()> {
        if self.socket.socket.is_below_mark() {
            return Err(Error::kernel(Operation::Recv, Errno::AGAIN));
        }
        Ok(())
    }

    /// Tells the reactor what a receive has shown: whether there may be more without another event.
    #[inline]
    fn note<T>(&mut self, short: bool, result: &Result<T>) {
        match result {
            Err(error) if error.is_would_block() => {
                self.again = true;
                self.event.clear_ready();
            }
            Err(error) if error.is_interrupted() => self.again = true,
            // tokio keeps the end of the data (READ_CLOSED) when it clears.
            Ok(_) if short && self.short_is_empty() => {
                self.event.clear_ready();
            }
            _ => {}
        }
    }

    /// Moves at most `max` bytes that are there into the pipe: see [`SplicePipe::try_fill`].
    ///
    /// # Errors
    ///
    /// Fails as that does.
    pub fn fill_pipe(&mut self, pipe: &mut SplicePipe, max: usize) -> Result<Filled> {
        let socket = &self.socket.socket;
        let result = self.above_mark().and_then(|()| uninterrupted(|| pipe.try_fill(socket, max)));
        self.note(false, &result);
        result
    }

    /// Whether a short receive has emptied the socket; not one that a test cut short.
    #[inline]
    fn short_is_empty(&self) -> bool {
        self.socket.traits.short_is_empty
            && !fault::shortens("recv")
            && !self.urgent_data_came()
            && !self.socket.socket.is_layered()
    }

    /// Whether the reactor has ever seen urgent data here: a bit that nobody clears, read without a system call.
    #[inline]
    fn urgent_data_came(&self) -> bool {
        self.event.get_ref().try_io(Interest::PRIORITY, |_| Ok(())).is_ok()
    }
}

impl fmt::Debug for ReadReady<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadReady").field(self.socket.socket()).finish()
    }
}
