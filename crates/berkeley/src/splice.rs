//! [`splice`]: bytes from one socket to another, which never pass through the program.
//!
//! The kernel moves pages through a pipe, the [`SplicePipe`]: from a socket into it, and from it into the other. What
//! is in the pipe between the two is counted, and stays there when a wait or an error comes between: nothing is lost.
//!
//! ```
//! use berkeley::splice::{SplicePipe, splice};
//! use berkeley::{Family, Protocol, Socket, Type};
//! use std::net::Shutdown;
//!
//! let (client, from) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
//! let (to, server) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
//! client.send_all(b"hello")?;
//! client.shutdown(Shutdown::Write)?;
//!
//! let mut pipe = SplicePipe::new()?;
//! while splice(&from, &to, &mut pipe, 1 << 20)? > 0 {}
//! to.shutdown(Shutdown::Write)?;
//! assert_eq!(server.recv_vec(64)?, b"hello");
//! assert_eq!(server.recv_vec(64)?, b"");
//! # Ok::<(), berkeley::Error>(())
//! ```

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use crate::error::{Error, Operation, Result};
use crate::socket::{Awaited, Socket, Stop, Waiting};
use crate::sys::{self, Errno, alloc, constants as c, fd, file, poll};

/// A pipe between two sockets, and the count of the bytes in it.
#[derive(Debug)]
pub struct SplicePipe {
    read: OwnedFd,
    write: OwnedFd,
    capacity: usize,
    held: usize,
}

/// What [`SplicePipe::try_fill`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// So many bytes came into the pipe, at least one.
    Bytes(usize),
    /// The pipe has no room: drain it first.
    Full,
    /// The peer has sent all that it had.
    End,
}

impl SplicePipe {
    /// What a pipe is asked to hold, in bytes: 1 MiB, with which splicing is fastest.
    pub const CAPACITY: usize = 1 << 20;

    /// A pipe that holds 1 MiB, or what the system allows (`/proc/sys/fs/pipe-max-size`, `pipe-user-pages-soft`).
    ///
    /// # Errors
    ///
    /// Fails at the limit of descriptors, of which it takes two.
    pub fn new() -> Result<Self> {
        Self::with_capacity(Self::CAPACITY)
    }

    /// A pipe that holds `bytes`, rounded up to pages, or what the system allows.
    ///
    /// # Errors
    ///
    /// Fails with `EMFILE` at the limit of descriptors.
    #[doc(alias = "F_SETPIPE_SZ")]
    pub fn with_capacity(bytes: usize) -> Result<Self> {
        let fail = |errno| Error::kernel(Operation::Splice, errno).on("pipe");
        let (read, write) = file::pipe().map_err(fail)?;
        // A user may have only so much in pipes; a smaller one does the same, in more steps.
        let capacity = match file::set_pipe_capacity(write.as_fd(), bytes) {
            Ok(capacity) => capacity,
            Err(_) => file::pipe_capacity(write.as_fd()).map_err(fail)?,
        };
        Ok(Self { read, write, capacity, held: 0 })
    }

    /// How many bytes the pipe can hold, where they come in whole pages; small pieces take a page's place each.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many bytes are in the pipe: read from one socket, and not written to another yet.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Moves at most `max` bytes that are there from the socket into the pipe: one splice(2).
    ///
    /// An error that [`is_would_block`](Error::is_would_block) means that the socket has nothing: wait for
    /// [`Interest::READABLE`](crate::Interest::READABLE). TCP heeds only the socket's own mode, and waits where the
    /// socket has no timeout.
    ///
    /// # Errors
    ///
    /// Fails with `EINVAL` for a kind of socket that the kernel cannot splice, and where urgent data is next (RFC
    /// 6093), beyond which splice(2) does not go: receive what follows it.
    pub fn try_fill<F: AsFd>(&mut self, from: &Socket<F>, max: usize) -> Result<Filled> {
        if max == 0 {
            return Ok(Filled::Bytes(0));
        }
        match file::splice_in(from.as_fd(), self.write.as_fd(), max, true) {
            Ok(length @ 1..) => {
                self.held += length;
                Ok(Filled::Bytes(length))
            }
            // Either side may be meant; an empty pipe is not full.
            Err(Errno::AGAIN) if self.is_full() => Ok(Filled::Full),
            // What follows urgent data is there, and no event would tell so again.
            Ok(_) | Err(Errno::AGAIN) if is_at_mark(from) => {
                Err(from.fail(Operation::Splice, Errno::INVAL, None))
            }
            Ok(_) => Ok(Filled::End),
            Err(errno) => Err(from.fail(Operation::Splice, errno, None)),
        }
    }

    /// Moves what the socket has room for from the pipe into it: one splice(2), none where the pipe is empty. Gives how
    /// many bytes went.
    ///
    /// An error that [`is_would_block`](Error::is_would_block) means that the socket has no room: wait for
    /// [`Interest::WRITABLE`](crate::Interest::WRITABLE). A socket without a timeout is waited for. Otherwise fails as
    /// a send does, such as with `EPIPE` where the peer has gone.
    pub fn try_drain<F: AsFd>(&mut self, to: &Socket<F>) -> Result<usize> {
        self.drain_once(to, true).map_err(|errno| to.fail(Operation::Splice, errno, None))
    }

    /// Takes the bytes in the pipe out of it, for the program to send them by itself.
    ///
    /// # Errors
    ///
    /// Fails only where the kernel refuses to read the pipe; the bytes are then still in it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use berkeley::splice::{Filled, SplicePipe};
    /// # use berkeley::{Family, Protocol, Socket, Type};
    /// # let (client, from) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// # client.send(b"hello")?;
    /// # let mut pipe = SplicePipe::new()?;
    /// assert_eq!(pipe.try_fill(&from, 4)?, Filled::Bytes(4));
    /// assert_eq!((pipe.held(), pipe.take_held()?), (4, b"hell".to_vec()));
    /// assert_eq!(pipe.held(), 0);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn take_held(&mut self) -> Result<Vec<u8>> {
        let fail = |errno| Error::kernel(Operation::Splice, errno).on("pipe");
        let mut bytes: Vec<u8> = alloc::zeroed(self.held).map_err(fail)?;
        let mut taken = 0;
        while taken < bytes.len() {
            match file::read(self.read.as_fd(), &mut bytes[taken..]) {
                // Both ends are ours: there is no end before the count is reached.
                Ok(length) => taken += length,
                Err(Errno::INTR) => {}
                Err(errno) if taken == 0 => return Err(fail(errno)),
                // What was taken is not lost; the rest is still there.
                Err(_) => break,
            }
        }
        bytes.truncate(taken);
        self.held -= taken;
        Ok(bytes)
    }

    /// Whether there is no place for another byte. An empty pipe has one, and is not asked.
    pub(crate) fn is_full(&self) -> bool {
        // poll(2) says "writable" of a pipe with a free place.
        self.held > 0 && matches!(poll::poll(self.write.as_fd(), c::POLLOUT, Some(Duration::ZERO)), Ok(0))
    }

    fn drain_once<F: AsFd>(&mut self, to: &Socket<F>, nonblocking: bool) -> sys::Result<usize> {
        if self.held == 0 {
            return Ok(0);
        }
        let length = file::splice_out(self.read.as_fd(), to.as_fd(), self.held, nonblocking)?;
        self.held = self.held.saturating_sub(length);
        Ok(length)
    }

    fn fill_waiting<F: AsFd>(&mut self, from: &Socket<F>, max: usize) -> std::result::Result<(), Stop> {
        let (fd, write) = (from.as_fd(), self.write.as_fd());
        // The pipe is empty, so that only the socket can be waited for.
        let length = from.receive_within(Awaited::ARRIVAL, from.timeout(), || {
            match file::splice_in(fd, write, max, false) {
                Ok(0) | Err(Errno::AGAIN) if is_at_mark(from) => Err(Errno::INVAL),
                result => result,
            }
        })?;
        self.held += length;
        Ok(())
    }

    fn drain_waiting<F: AsFd>(&mut self, to: &Socket<F>) -> std::result::Result<(), Stop> {
        let mut waiting = Waiting::new(Awaited::ROOM, to.timeout());
        while self.held > 0 {
            match self.drain_once(to, false) {
                Ok(_) if self.held == 0 => {}
                Ok(0) => return Err(Stop::NothingTaken),
                Ok(_) => waiting.progressed()?,
                Err(errno) => waiting.after(to.as_fd(), errno)?,
            }
        }
        Ok(())
    }
}

/// Whether urgent data is next, before which splice(2) finds nothing, or an end that is none.
fn is_at_mark<F: AsFd>(from: &Socket<F>) -> bool {
    fd::at_mark(from.as_fd()).unwrap_or(false)
}

/// Moves what `from` has to `to`, at most `max` bytes and at most what the pipe holds; gives how many went, 0 at the
/// end of the stream (splice(2)).
///
/// Waits for the first bytes within the timeout of `from`, then for all of them to go within that of `to`. What the
/// pipe held before goes first, and alone. After an error the bytes that have not gone are still in the pipe, for the
/// next call: where [`held`](SplicePipe::held) is not 0, it was `to` that failed, and
/// [`Error::bytes_sent`](crate::Error::bytes_sent) says how many went; otherwise it was `from`. A `max` of 0 moves
/// nothing.
///
/// # Errors
///
/// Fails with `EINVAL` for a kind of socket that the kernel cannot splice, and where urgent data is next: copy the
/// bytes instead.
pub fn splice<F: AsFd, G: AsFd>(
    from: &Socket<F>,
    to: &Socket<G>,
    pipe: &mut SplicePipe,
    max: usize,
) -> Result<usize> {
    if pipe.held == 0 && max > 0 {
        pipe.fill_waiting(from, max).map_err(|stop| from.stopped(Operation::Splice, stop, None))?;
    }
    let filled = pipe.held;
    let drained = pipe.drain_waiting(to);
    let gone = filled - pipe.held;
    drained.map(|()| gone).map_err(|stop| to.stopped(Operation::Splice, stop, None).after_sending(gone))
}
