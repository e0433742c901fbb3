//! [`ZeroCopy`]: bytes sent from where they are (`MSG_ZEROCOPY`), and the buffers given back when the kernel is done.
//!
//! It pays for large buffers (10 KiB and more) on a network card. Over the loopback the kernel always copies, and this
//! is slower than [`Socket::send_all`]; [`Completion::copied`] tells, so that a program can stop to ask for it.
//!
//! Awaited, it is `AsyncZeroCopy` (feature `tokio`).
//!
//! ```
//! use berkeley::zero_copy::ZeroCopy;
//! use berkeley::{Connector, Deadline, create_server};
//! use std::time::Duration;
//!
//! let server = create_server("127.0.0.1:0")?;
//! let port = server.local_address()?.port().unwrap_or(0);
//! let client = Connector::new().timeout(Some(Duration::from_secs(5))).connect("127.0.0.1", port)?;
//! let (peer, _) = server.accept()?;
//!
//! let mut sender = ZeroCopy::new(client)?;
//! sender.send_all(vec![7_u8; 100_000])?;
//! let mut received = Vec::new();
//! while received.len() < 100_000 {
//!     received.extend(peer.recv_vec(65_536)?);
//! }
//! let back = sender.completion(Deadline::after(Duration::from_secs(5)))?.expect("one is under way");
//! assert_eq!(back.buffer.len(), 100_000);
//! # Ok::<(), berkeley::Error>(())
//! ```

mod fitness;
mod flight;
mod notice;

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Operation, Result};
use crate::socket::{Claim, Deadline, Socket};
use crate::sys::Errno;

use flight::Flights;
#[cfg(feature = "tokio")]
pub(crate) use flight::{Sent, Way};
#[cfg(feature = "fault")]
pub(crate) use notice::count_done;

/// A buffer whose bytes stay where they are when its owner moves: `Vec<u8>`, `Box<[u8]>`, `Arc<[u8]>`, `&'static [u8]`.
pub trait Buffer: AsRef<[u8]> + sealed::Sealed {}

mod sealed {
    pub trait Sealed {}
}

macro_rules! buffers {
    ($($name:ty)*) => { $(
        impl sealed::Sealed for $name {}
        impl Buffer for $name {}
    )* };
}

buffers! { Vec<u8> Box<[u8]> Arc<[u8]> &'static [u8] }

/// Sends buffers without a copy, and keeps each alive until the kernel says that it is done with it.
///
/// It reads the socket's error queue, and drops whatever else is there: nobody else should. When it is dropped with
/// buffers still under way their memory is never freed, since the kernel may still send from it: take every
/// [`completion`](Self::completion) first.
#[doc(alias = "MSG_ZEROCOPY")]
#[doc(alias = "SO_ZEROCOPY")]
pub struct ZeroCopy<B: Buffer = Vec<u8>> {
    socket: Socket,
    buffers: Buffers<B>,
}

/// The buffers that a socket has been given.
pub(crate) struct Buffers<B: Buffer> {
    pub(crate) flights: Flights<B>,
    /// Done, and not taken yet.
    back: VecDeque<Completion<B>>,
    /// Nobody else's sends are among those that the kernel numbers.
    _claim: Claim,
}

impl<B: Buffer> Buffers<B> {
    /// Claims the socket, and turns `SO_ZEROCOPY` on.
    pub(crate) fn new(socket: &Socket) -> Result<Self> {
        let claim = fitness::prepare(socket)?;
        Ok(Self { flights: Flights::new(), back: VecDeque::new(), _claim: claim })
    }

    /// Makes room to keep one more; before a byte is sent, for what is to be kept needs its place.
    pub(crate) fn reserve(&mut self, socket: &Socket) -> Result<()> {
        let reserved = self.back.try_reserve(self.flights.len() + 1).and_then(|()| self.flights.reserve());
        reserved.map_err(|_| socket.fail(Operation::SendAll, Errno::NOMEM, None))
    }

    /// Takes back what is done, as far as no earlier one is still under way.
    pub(crate) fn take_back(&mut self) {
        self.back.extend(self.flights.landed());
    }

    /// The next one that is done. Reads the notices that there are where none is.
    pub(crate) fn next(&mut self, socket: &Socket) -> Result<Option<Completion<B>>> {
        if self.back.is_empty() && !self.flights.is_empty() {
            let collected = self.flights.collect(socket.as_fd());
            collected.map_err(|errno| socket.fail(Operation::Completion, errno, None))?;
            self.take_back();
            if self.back.is_empty() && self.flights.are_lost() {
                let why =
                    "something else sends with MSG_ZEROCOPY on this socket too: no buffer can be given back";
                return Err(Error::unexpected(Operation::Completion, why));
            }
        }
        Ok(self.back.pop_front())
    }

    /// How many have not been taken back.
    pub(crate) fn outstanding(&self) -> usize {
        self.flights.len() + self.back.len()
    }
}

/// A buffer that the kernel is done with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion<B> {
    /// The buffer.
    pub buffer: B,
    /// Whether the kernel copied some of it after all, as it does over the loopback.
    pub copied: bool,
}

impl<B: Buffer> ZeroCopy<B> {
    /// Sends on `socket`, a connected TCP socket, from now on without copies (`SO_ZEROCOPY`, since Linux 4.14).
    ///
    /// The kernel numbers the sends of a socket from its first one on, which has to be this one's. So it fails in words
    /// where the option is set already, where another `ZeroCopy` has the same socket, and where the socket has sent
    /// anything yet: what is to be copied goes by [`socket`](Self::socket) then. While this sends, the option cannot be
    /// turned off.
    ///
    /// # Errors
    ///
    /// Fails with `EOPNOTSUPP` for any other kind of socket: the notices of UDP, RDS and vsock are not understood here.
    pub fn new(socket: Socket) -> Result<Self> {
        let buffers = Buffers::new(&socket)?;
        Ok(Self { socket, buffers })
    }

    /// Sends all of `buffer`, within the socket's timeout; it comes back by [`completion`](Self::completion), also
    /// where this fails, unless for want of memory to keep it (`ENOMEM`): then nothing of it was sent.
    ///
    /// Where the kernel has no room to note one more buffer (`ENOBUFS`: `net.core.optmem_max`, `RLIMIT_MEMLOCK`), waits
    /// for an earlier one, and copies where there is none. A failure says how many bytes went before it:
    /// [`Error::bytes_sent`].
    pub fn send_all(&mut self, buffer: B) -> Result<()> {
        self.buffers.reserve(&self.socket)?;
        let (flights, mut sent) = (&mut self.buffers.flights, 0);
        flights.begin(buffer);
        let result = flights.send(&self.socket, &mut sent);
        self.buffers.take_back();
        result.map_err(|stop| self.socket.stopped(Operation::SendAll, stop, None).after_sending(sent))
    }

    /// Waits until `deadline` for the next buffer to come back, in the order of their sending; `None` where none is
    /// under way.
    ///
    /// # Errors
    ///
    /// Fails where the deadline passes, and where the kernel refuses to read the error queue.
    pub fn completion(&mut self, deadline: Deadline) -> Result<Option<Completion<B>>> {
        let mut waiting = None;
        loop {
            if let Some(completion) = self.try_completion()? {
                return Ok(Some(completion));
            }
            let flights = &mut self.buffers.flights;
            if flights.is_empty() {
                return Ok(None);
            }
            let waited = flights.wait(self.socket.as_fd(), deadline, &mut waiting);
            waited.map_err(|stop| self.socket.stopped(Operation::Completion, stop, None))?;
        }
    }

    /// The next buffer that has come back; `None` where none has. Never waits.
    ///
    /// # Errors
    ///
    /// Fails only where the kernel refuses to read the error queue.
    pub fn try_completion(&mut self) -> Result<Option<Completion<B>>> {
        self.buffers.next(&self.socket)
    }

    /// How many buffers have not been taken back.
    pub fn outstanding(&self) -> usize {
        self.buffers.outstanding()
    }

    /// The socket: to receive from, to end, or to set its timeout.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The socket, for good. Buffers that are still under way are never freed.
    pub fn into_socket(self) -> Socket {
        self.socket
    }
}

impl<B: Buffer> fmt::Debug for ZeroCopy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZeroCopy")
            .field("socket", &self.socket)
            .field("outstanding", &self.outstanding())
            .finish_non_exhaustive()
    }
}
