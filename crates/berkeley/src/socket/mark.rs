//! The mark below which a receive waits for more (`SO_RCVLOWAT`): remembered, since a call that does not wait ignores
//! it.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU8, Ordering};
#[cfg(feature = "tokio")]
use std::time::Duration;

#[cfg(feature = "tokio")]
use crate::kinds::Interest;
#[cfg(feature = "tokio")]
use crate::sys::poll;
use crate::sys::{self, Errno, constants as c, option};

/// Whether the socket has a mark above one byte. With one, a receive that has a timeout waits before it tries.
///
/// Relaxed: the value stands for itself, and orders nothing else.
#[derive(Debug)]
pub(super) struct Mark(AtomicU8);

const NONE: u8 = 0;
const SET: u8 = 1;
/// Of a descriptor that comes from elsewhere, and of a clone, whose original may get a mark meanwhile: nobody has asked
/// yet.
const UNKNOWN: u8 = 2;

impl Mark {
    /// That of a new socket.
    #[inline]
    pub(super) const fn none() -> Self {
        Self(AtomicU8::new(NONE))
    }

    /// That of a clone, or of a descriptor which comes from elsewhere.
    pub(super) const fn unknown() -> Self {
        Self(AtomicU8::new(UNKNOWN))
    }

    /// That of a connection which this listener has taken.
    #[inline]
    pub(super) fn inherited(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Ordering::Relaxed)))
    }

    /// Whether there is one; asks the kernel where nobody has yet.
    #[inline]
    pub(super) fn is_set(&self, fd: BorrowedFd<'_>) -> bool {
        self.0.load(Ordering::Relaxed) != NONE && self.is_set_after_all(fd)
    }

    #[cold]
    fn is_set_after_all(&self, fd: BorrowedFd<'_>) -> bool {
        // What cannot be asked for now is asked for by the next receive.
        let _ = self.learn(fd);
        self.0.load(Ordering::Relaxed) == SET
    }

    /// Asks the kernel where nobody has yet: when the socket gets a timeout, before which no call is told not to wait,
    /// or when a clone first receives with one.
    pub(super) fn learn(&self, fd: BorrowedFd<'_>) -> sys::Result<()> {
        if self.0.load(Ordering::Relaxed) != UNKNOWN {
            return Ok(());
        }
        match option::option_i32(fd, c::SOL_SOCKET, c::SO_RCVLOWAT) {
            Ok(bytes) => self.set(bytes),
            Err(Errno::NOTSOCK) => self.set(0),
            Err(errno) => return Err(errno),
        }
        Ok(())
    }

    /// The kernel counts 0 as 1.
    pub(super) fn set(&self, bytes: i32) {
        self.0.store(if bytes > 1 { SET } else { NONE }, Ordering::Relaxed);
    }

    /// Whether the socket has one, and less than that to receive.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(super) fn is_unmet(&self, fd: BorrowedFd<'_>) -> bool {
        self.is_set(fd) && matches!(poll::poll(fd, Interest::READABLE.as_raw(), Some(Duration::ZERO)), Ok(0))
    }
}
