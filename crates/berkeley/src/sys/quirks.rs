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
    #[inline]
    pub(super) fn sending(
        &self,
        fd: BorrowedFd<'_>,
        flags: i32,
        mut call: impl FnMut(i32) -> Result<usize>,
    ) -> Result<usize> {
        let flags = flags & !libc::MSG_ZEROCOPY;
        let known = self.known();
        if known & NOSIGNAL != 0 {
            return self.without_nosignal(flags, &mut call);
        }
        match call(flags | libc::MSG_NOSIGNAL) {
            Err(Errno::INVAL | Errno::OPNOTSUPP) if self.learns(fd, known, NOSIGNAL | BATCH) => {
                self.sending(fd, flags, call)
            }
            result => result,
        }
    }

    #[cold]
    fn without_nosignal(&self, flags: i32, call: &mut dyn FnMut(i32) -> Result<usize>) -> Result<usize> {
        // `call` has saved errno when the guard is dropped.
        let _guard = self.has(SIGPIPE).then(sigpipe::keep_away);
        call(flags)
    }

    /// How many of `messages` one sendmmsg(2) may have.
    #[inline]
    pub(super) fn at_once(&self, messages: usize) -> usize {
        if self.has(BATCH) { messages.min(1) } else { messages }
    }

    /// Makes `call`, a receive, with `MSG_CMSG_CLOEXEC` where the family takes it.
    #[inline]
    pub(super) fn receiving<T>(
        &self,
        fd: BorrowedFd<'_>,
        flags: i32,
        mut call: impl FnMut(i32) -> Result<T>,
    ) -> Result<T> {
        let known = self.known();
        if known & CLOEXEC == 0 {
            match call(flags | libc::MSG_CMSG_CLOEXEC) {
                Err(Errno::INVAL | Errno::OPNOTSUPP) if self.learns(fd, known, CLOEXEC) => {}
                result => return result,
            }
        }
        call(flags)
    }

    /// Makes `call`, an accept, which asks for the peer's address where there may be one.
    pub(super) fn accepting<T>(
        &self,
        fd: BorrowedFd<'_>,
        mut call: impl FnMut(bool) -> Result<T>,
    ) -> Result<T> {
        let known = self.known();
        if known & NAMELESS == 0 {
            match call(true) {
                Err(Errno::CONNABORTED) if self.learns(fd, known, NAMELESS) => {}
                result => return result,
            }
        }
        call(false)
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
        let Ok(family) = option::option_i32(fd, c::SOL_SOCKET, c::SO_DOMAIN) else { return false };
        self.0.fetch_or(of(family), Ordering::Relaxed);
        of(family) & quirks & !known != 0
    }
}

impl Clone for Quirks {
    fn clone(&self) -> Self {
        Self(AtomicU8::new(self.0.load(Ordering::Relaxed)))
    }
}
