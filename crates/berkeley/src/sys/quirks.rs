//! Flags that the library adds to calls by itself, and the families that refuse them.
//!
//! A send carries `MSG_NOSIGNAL`, a recvmsg(2) `MSG_CMSG_CLOEXEC`, an accept asks for the peer's address, and
//! sendmmsg(2) marks all messages but its last with a flag of the kernel's (`MSG_BATCH`). Most families ignore flags
//! that they have no use for. Some refuse the whole call for one of them, with `EINVAL` or `EOPNOTSUPP`, by the family.
//!
//! Where the family is known from the start, the call is right from the start. A socket that was adopted learns it from
//! the first refusal: only then is the kernel asked for its family, and the answer is remembered.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU8, Ordering};

use super::constants as c;
use super::{Errno, Result, option, sigpipe};

/// What is known to be refused of one socket's calls; nothing at first.
///
/// Relaxed: the value stands for itself, and another thread that does not see it yet only learns it again.
#[derive(Debug)]
pub(crate) struct Quirks(AtomicU8);

/// `MSG_NOSIGNAL` is refused.
const NOSIGNAL: u8 = 1;

/// A SIGPIPE is raised whatever the flags say, and has to be held back.
const SIGPIPE: u8 = 2;

/// `MSG_BATCH` is refused: sendmmsg(2) can send one message a call.
const BATCH: u8 = 4;

/// `MSG_CMSG_CLOEXEC` is refused. None of these families can hand over a descriptor.
const CLOEXEC: u8 = 8;

/// An accepted socket has no address, and accept4(2) gives `ECONNABORTED` where it is asked for.
const NAMELESS: u8 = 16;

/// What the sources of Linux 2.6 to 6.18 say, in each family's `sendmsg`, `recvmsg` and `getname`.
///
/// Of Bluetooth only HCI is so, of CAN only ISO-TP and J1939, of `AF_IRDA` only datagrams; the others lose nothing.
const fn of(family: i32) -> u8 {
    match family {
        c::AF_ALG => NAMELESS,
        c::AF_RDS | c::AF_QIPCRTR | c::AF_APPLETALK | c::AF_IPX | c::AF_ECONET => NOSIGNAL | BATCH,
        c::AF_X25 | c::AF_AX25 | c::AF_NETROM | c::AF_ROSE | c::AF_IRDA => NOSIGNAL | SIGPIPE | BATCH,
        c::AF_ATMPVC | c::AF_ATMSVC => NOSIGNAL | SIGPIPE | BATCH | CLOEXEC,
        c::AF_MCTP => NOSIGNAL | BATCH | CLOEXEC,
        c::AF_PHONET => BATCH | CLOEXEC,
        c::AF_BLUETOOTH | c::AF_ISDN | c::AF_DECnet => BATCH,
        c::AF_PACKET | c::AF_KEY | c::AF_CAN => CLOEXEC,
        _ => 0,
    }
}

impl Quirks {
    /// Of a socket whose family nobody has told.
    pub(crate) const fn unknown() -> Self {
        Self(AtomicU8::new(0))
    }

    /// Of a socket of this family.
    pub(crate) const fn of(family: i32) -> Self {
        Self(AtomicU8::new(of(family)))
    }

    /// Makes `call`, a send, with the caller's flags made into those of a sending call.
    ///
    /// `MSG_NOSIGNAL` is added, or what stands in for it: a peer that has gone is an error, never a SIGPIPE.
    /// `MSG_ZEROCOPY` is taken away: with it the kernel goes on reading the caller's memory after the call, when it may
    /// be freed and hold something else.
    #[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
    #[inline(always)]
    pub(super) fn sending(
        &self,
        fd: BorrowedFd<'_>,
        flags: i32,
        mut call: impl FnMut(i32) -> Result<usize>,
    ) -> Result<usize> {
        let flags = flags & !libc::MSG_ZEROCOPY;
        self.trying(fd, NOSIGNAL | BATCH, |known| {
            // `call` has saved errno when the guard is dropped.
            let _guard = (known & SIGPIPE != 0).then(sigpipe::keep_away);
            call(if known & NOSIGNAL == 0 { flags | libc::MSG_NOSIGNAL } else { flags })
        })
    }

    /// How many of `messages` one sendmmsg(2) may have.
    #[inline]
    pub(super) fn at_once(&self, messages: usize) -> usize {
        if self.has(BATCH) { messages.min(1) } else { messages }
    }

    /// Makes `call`, a receive, with `MSG_CMSG_CLOEXEC` where the family takes it and `close_on_exec` asks for it.
    #[inline]
    pub(super) fn receiving<T>(
        &self,
        fd: BorrowedFd<'_>,
        flags: i32,
        close_on_exec: bool,
        mut call: impl FnMut(i32) -> Result<T>,
    ) -> Result<T> {
        let added = if close_on_exec { libc::MSG_CMSG_CLOEXEC } else { 0 };
        let refused = if close_on_exec { CLOEXEC } else { 0 };
        self.trying(fd, refused, |known| call(if known & CLOEXEC == 0 { flags | added } else { flags }))
    }

    /// Makes `call`, an accept, which asks for the peer's address where there may be one.
    #[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
    #[inline(always)]
    pub(super) fn accepting<T>(
        &self,
        fd: BorrowedFd<'_>,
        mut call: impl FnMut(bool) -> Result<T>,
    ) -> Result<T> {
        self.trying(fd, NAMELESS, |known| call(known & NAMELESS == 0))
    }

    /// Makes `call`, which is told what is known; again where its refusal is explained by one of `quirks` that was not.
    #[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
    #[inline(always)]
    fn trying<T>(&self, fd: BorrowedFd<'_>, quirks: u8, mut call: impl FnMut(u8) -> Result<T>) -> Result<T> {
        let refusal = if self.known() == 0 {
            match call(0) {
                Err(errno) if is_refusal(errno) => Some(errno),
                result => return result,
            }
        } else {
            None
        };
        self.going_by_what_is_known(fd, quirks, refusal, call)
    }

    /// Apart, so that a socket without quirks pays nothing for them.
    #[cold]
    #[inline(never)]
    fn going_by_what_is_known<T>(
        &self,
        fd: BorrowedFd<'_>,
        quirks: u8,
        refusal: Option<Errno>,
        mut call: impl FnMut(u8) -> Result<T>,
    ) -> Result<T> {
        if let Some(errno) = refusal.filter(|_| !self.learns(fd, 0, quirks)) {
            return Err(errno);
        }
        loop {
            let known = self.known();
            match call(known) {
                Err(errno) if is_refusal(errno) && self.learns(fd, known, quirks) => {}
                result => return result,
            }
        }
    }

    #[inline]
    fn known(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    #[inline]
    fn has(&self, quirk: u8) -> bool {
        self.known() & quirk != 0
    }

    /// Asks for the family, after a refusal of a call that went by `known`; whether one of `quirks` that was not known
    /// then explains it. Another thread may have learnt it meanwhile.
    #[cold]
    fn learns(&self, fd: BorrowedFd<'_>, known: u8, quirks: u8) -> bool {
        if quirks & !known == 0 {
            return false;
        }
        let Ok(family) = option::option_i32(fd, c::SOL_SOCKET, c::SO_DOMAIN) else { return false };
        self.0.fetch_or(of(family), Ordering::Relaxed);
        of(family) & quirks & !known != 0
    }
}

/// Whether a family refuses flags, or the question for an address (`ECONNABORTED`), with this errno.
#[inline]
const fn is_refusal(errno: Errno) -> bool {
    matches!(errno, Errno::INVAL | Errno::OPNOTSUPP | Errno::CONNABORTED)
}

impl Clone for Quirks {
    fn clone(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Ordering::Relaxed)))
    }
}
