//! [`poll`]: waiting for several sockets at once (poll(2)).

use std::fmt;
use std::os::fd::AsFd;

use super::Deadline;
use crate::error::{Error, Operation, Result};
use crate::kinds::Interest;
use crate::sys::Errno;
use crate::sys::poll::{PollEntry, poll_entries};

impl<'fd> PollEntry<'fd> {
    /// Waits for `interest` at `socket`, which is anything that has a descriptor. With no interest at all, an error
    /// and the peer's hang-up still count.
    pub fn new(socket: &'fd (impl AsFd + ?Sized), interest: Interest) -> Self {
        Self::of(socket.as_fd(), interest.as_raw())
    }

    /// What is waited for.
    pub fn interest(&self) -> Interest {
        Interest::from_raw(self.events())
    }

    /// Waits for something else from now on.
    pub fn set_interest(&mut self, interest: Interest) {
        self.set_events(interest.as_raw());
    }

    /// What held when [`poll`] returned last: of the interest, and an error or the peer's hang-up beside it; none
    /// before.
    #[doc(alias = "revents")]
    pub fn ready(&self) -> Interest {
        Interest::from_raw(self.returned())
    }

    /// Whether anything held, an error or the peer's hang-up included: the next try tells.
    pub fn is_ready(&self) -> bool {
        self.returned() != 0
    }
}

impl fmt::Debug for PollEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollEntry")
            .field("interest", &self.interest())
            .field("ready", &self.ready())
            .finish_non_exhaustive()
    }
}

/// Waits until one of `entries` or more are ready, or `deadline` has passed (ppoll(2)); gives how many are ready, 0
/// where it has passed. Each entry then says what held.
///
/// An interruption (`EINTR`) is no end: the wait goes on, until the same deadline. Nothing is allocated. Each wait
/// costs time for each entry; for thousands of sockets use feature `tokio`. [`Socket::wait`](super::Socket::wait) is
/// for one socket.
///
/// # Errors
///
/// Fails with `EINVAL` for more entries than the process may have descriptors (`RLIMIT_NOFILE`), and with `ENOMEM`
/// where the kernel has no memory for them.
///
/// # Examples
///
/// ```
/// use berkeley::{Deadline, Family, Interest, PollEntry, Protocol, Socket, Type, poll};
/// use std::time::Duration;
///
/// let (left, quiet) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
/// let (other, loud) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
/// other.send(b"hello")?;
///
/// let mut entries = [&quiet, &loud].map(|socket| PollEntry::new(socket, Interest::READABLE));
/// assert_eq!(poll(&mut entries, Deadline::after(Duration::from_secs(5)))?, 1);
/// assert!(!entries[0].is_ready());
/// assert!(entries[1].ready().contains(Interest::READABLE));
/// # drop(left);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "ppoll")]
#[doc(alias = "select")]
#[doc(alias = "selectors")]
pub fn poll(entries: &mut [PollEntry<'_>], deadline: Deadline) -> Result<usize> {
    // What an earlier call has found says nothing of this one.
    entries.iter_mut().for_each(PollEntry::forget_returned);
    loop {
        match poll_entries(entries, deadline.remaining()) {
            Err(Errno::INTR) => {}
            result => return result.map_err(|errno| Error::kernel(Operation::Poll, errno)),
        }
    }
}
