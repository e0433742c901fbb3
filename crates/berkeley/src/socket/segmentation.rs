//! Whether the kernel cuts one long send of a socket into datagrams (`UDP_SEGMENT`, udp(7)): asked once, remembered.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::kinds::Type;
use crate::sys::{self, Errno, constants as c, option};

/// The longest datagram of a socket that the kernel may cut sends into, or one of the two below.
///
/// Relaxed: the value stands for itself, and another thread that does not see it yet only asks again.
#[derive(Debug)]
pub(crate) struct Segmentation(AtomicU16);

/// Nobody has asked yet.
const UNKNOWN: u16 = u16::MAX;

/// The socket is a stream, which has no datagrams.
const STREAM: u16 = u16::MAX - 1;

/// The socket can, and nothing narrows it: longer than any datagram, which has a header within the 65,535 bytes too.
const ANY: u16 = u16::MAX - 2;

/// What a refusal says of the sends to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// None is cut: neither the kernel nor the interface can.
    Ever,
    /// None into datagrams of so many bytes or more: they may exceed the path's MTU.
    From(usize),
}

impl Segmentation {
    pub(crate) const fn new() -> Self {
        Self(AtomicU16::new(UNKNOWN))
    }

    /// The longest datagram that sends may be cut into, 0 where they may not; `None` for a stream.
    pub(crate) fn longest(&self, fd: BorrowedFd<'_>) -> sys::Result<Option<usize>> {
        let mut known = self.0.load(Ordering::Relaxed);
        if known == UNKNOWN {
            known = ask(fd)?;
            self.0.store(known, Ordering::Relaxed);
        }
        Ok((known != STREAM).then_some(usize::from(known)))
    }

    /// Remembers, for good, that sends of the socket may not be cut.
    pub(crate) fn refuse(&self, refusal: Refusal) {
        let longest = match refusal {
            Refusal::Ever => 0,
            Refusal::From(length) => u16::try_from(length.saturating_sub(1)).unwrap_or(ANY),
        };
        self.0.fetch_min(longest, Ordering::Relaxed);
    }
}

impl Clone for Segmentation {
    fn clone(&self) -> Self {
        Self(AtomicU16::new(self.0.load(Ordering::Relaxed)))
    }
}

/// Asks the kernel, which before Linux 4.18 ignores the control message in silence, as sockets other than UDP's do.
#[cold]
fn ask(fd: BorrowedFd<'_>) -> sys::Result<u16> {
    let kind = Type::from_raw(option::option_i32(fd, c::SOL_SOCKET, c::SO_TYPE)?);
    if kind == Type::STREAM {
        return Ok(STREAM);
    }
    match option::option_i32(fd, c::IPPROTO_UDP, c::UDP_SEGMENT) {
        Ok(0) => Ok(ANY),
        // A size of the socket's own, by which each datagram is to be cut, and a piece's would stand in for it. A
        // family that does not know the level gives one of these errors.
        Ok(_) | Err(Errno::NOPROTOOPT | Errno::OPNOTSUPP | Errno::INVAL) => Ok(0),
        Err(errno) => Err(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_lasts_and_only_narrows() {
        let segmentation = Segmentation(AtomicU16::new(ANY));
        let longest = || segmentation.0.load(Ordering::Relaxed);
        for (refusal, want) in [
            (Refusal::From(1473), 1472),
            (Refusal::From(9000), 1472),
            (Refusal::From(1000), 999),
            (Refusal::Ever, 0),
            (Refusal::From(500), 0),
        ] {
            segmentation.refuse(refusal);
            assert_eq!(longest(), want, "{refusal:?}");
            assert_eq!(segmentation.clone().0.into_inner(), want, "a clone knows it too");
        }
    }
}
