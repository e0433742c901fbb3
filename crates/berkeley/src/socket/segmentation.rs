//! Whether the kernel cuts one long send of a socket into datagrams (`UDP_SEGMENT`, udp(7)): asked once, remembered.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::address::Address;
use crate::kinds::Type;
use crate::sys::{self, Errno, constants as c, option};

/// What a socket's sends may be cut into: the longest datagram, or one of the words below, and what single peers are to
/// be spared.
///
/// Relaxed: the value stands for itself, and another thread that does not see it yet only asks again.
#[derive(Debug)]
pub(crate) struct Segmentation {
    longest: AtomicU16,
    /// Made at the first refusal; a clone shares it.
    peers: OnceLock<Arc<Mutex<Peers>>>,
}

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
    /// None to the same peer into datagrams of so many bytes or more: they may exceed the path's MTU.
    From(usize),
}

/// The peers whose path is narrow, and the longest datagram that sends to each may be cut into.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// `None` is the peer that the socket is connected to.
    known: Vec<(Option<Address>, usize)>,
    /// Which of them the next one replaces, once there are so many.
    oldest: usize,
}

impl Peers {
    /// How many are remembered, in less than 16 KiB: of more, the first are forgotten, and refused once again.
    const MOST: usize = 64;

    /// The longest datagram of a cut send to `address`.
    pub(crate) fn longest(&self, address: Option<&Address>) -> usize {
        let found = self.known.iter().find(|(known, _)| known.as_ref() == address);
        found.map_or(usize::MAX, |(_, longest)| *longest)
    }

    fn narrow(&mut self, address: Option<&Address>, longest: usize) {
        if let Some((_, known)) = self.known.iter_mut().find(|(known, _)| known.as_ref() == address) {
            *known = longest.min(*known);
            return;
        }
        let new = (address.copied(), longest);
        if self.known.len() < Self::MOST {
            // Without memory for it the peer is refused once more.
            if self.known.try_reserve(1).is_ok() {
                self.known.push(new);
            }
            return;
        }
        self.known[self.oldest] = new;
        self.oldest = (self.oldest + 1) % Self::MOST;
    }
}

impl Segmentation {
    pub(crate) const fn new() -> Self {
        Self { longest: AtomicU16::new(UNKNOWN), peers: OnceLock::new() }
    }

    /// The longest datagram that sends may be cut into, 0 where they may not; `None` for a stream.
    #[inline]
    pub(crate) fn longest(&self, fd: BorrowedFd<'_>) -> sys::Result<Option<usize>> {
        let mut known = self.longest.load(Ordering::Relaxed);
        if known == UNKNOWN {
            known = ask(fd)?;
            self.longest.store(known, Ordering::Relaxed);
        }
        Ok((known != STREAM).then_some(usize::from(known)))
    }

    /// The peers that have been refused; `None` where none has, mostly.
    #[inline]
    pub(crate) fn peers(&self) -> Option<MutexGuard<'_, Peers>> {
        self.peers.get().map(|peers| peers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Remembers that sends of the socket may not be cut, or those to `address` not into so long datagrams.
    pub(crate) fn refuse(&self, refusal: Refusal, address: Option<&Address>) {
        match refusal {
            Refusal::Ever => {
                self.longest.fetch_min(0, Ordering::Relaxed);
            }
            Refusal::From(length) => {
                self.peers.get_or_init(Arc::default);
                if let Some(mut peers) = self.peers() {
                    peers.narrow(address, length.saturating_sub(1));
                }
            }
        }
    }

    /// Forgets what was remembered of the peer that the socket is connected to: it has another now.
    #[inline]
    pub(crate) fn forget_peer(&self) {
        if let Some(mut peers) = self.peers() {
            peers.known.retain(|(address, _)| address.is_some());
            peers.oldest = 0;
        }
    }
}

impl Clone for Segmentation {
    fn clone(&self) -> Self {
        Self { longest: AtomicU16::new(self.longest.load(Ordering::Relaxed)), peers: self.peers.clone() }
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
    use std::net::Ipv4Addr;

    fn peer(number: u16) -> Address {
        (Ipv4Addr::LOCALHOST, number).into()
    }

    fn longest(segmentation: &Segmentation, address: Option<&Address>) -> usize {
        segmentation.peers().map_or(usize::MAX, |peers| peers.longest(address))
    }

    #[test]
    fn a_refusal_lasts_and_only_narrows() {
        let segmentation = Segmentation::new();
        let (one, other) = (peer(1), peer(2));
        for (length, want) in [(1473, 1472), (9000, 1472), (1000, 999)] {
            segmentation.refuse(Refusal::From(length), Some(&one));
            assert_eq!(longest(&segmentation, Some(&one)), want, "{length}");
            assert_eq!(longest(&segmentation.clone(), Some(&one)), want, "a clone knows it too");
            assert_eq!(longest(&segmentation, Some(&other)), usize::MAX, "another peer is spared nothing");
            assert_eq!(longest(&segmentation, None), usize::MAX);
        }
        segmentation.refuse(Refusal::Ever, Some(&one));
        assert_eq!(segmentation.longest.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn another_connection_has_another_way() {
        let segmentation = Segmentation::new();
        segmentation.forget_peer();
        segmentation.refuse(Refusal::From(1000), None);
        segmentation.refuse(Refusal::From(500), Some(&peer(1)));
        segmentation.forget_peer();
        assert_eq!(longest(&segmentation, None), usize::MAX);
        assert_eq!(longest(&segmentation, Some(&peer(1))), 499);
    }

    #[test]
    fn however_many_peers_are_narrow_few_are_remembered() {
        let segmentation = Segmentation::new();
        for number in 1..=1000 {
            segmentation.refuse(Refusal::From(1000), Some(&peer(number)));
            assert_eq!(longest(&segmentation, Some(&peer(number))), 999);
        }
        assert_eq!(segmentation.peers().map(|peers| peers.known.len()), Some(Peers::MOST));
        let known = (1..=1000).filter(|&number| longest(&segmentation, Some(&peer(number))) == 999);
        assert!(known.eq(1000 - 63..=1000), "the last ones");
        assert!(Peers::MOST * size_of::<(Option<Address>, usize)>() <= 16 << 10);
    }
}
