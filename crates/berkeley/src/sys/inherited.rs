//! The descriptors that this process was started with, by their numbers: each is taken once.
//!
//! One register for all who take them, so that no number gets a second owner. What Rust and this library open is
//! close-on-exec, and a descriptor that has survived exec(2) was not: so a number that is close-on-exec is not taken.
//! What this library has made inheritable is noted here, and counts as taken.
//!
//! The register is a bit for each number, set without a lock: a child after fork(2) finds it whole, and a receive that
//! notes what has arrived needs no memory.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Errno, Result, fd};

/// Numbers from here on have no bit, and are not taken.
pub(crate) const LIMIT: usize = 65_536;

/// The numbers that have an owner in this process.
static OWNED: [AtomicU64; LIMIT / 64] = [const { AtomicU64::new(0) }; LIMIT / 64];

/// The standard streams, which std and the C library go on using by their numbers.
const STREAMS: std::ops::RangeInclusive<RawFd> = 0..=2;

/// Why a number cannot be taken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refusal {
    /// Nothing is open there, or the kernel refuses otherwise.
    Kernel(Errno),
    /// It was taken before.
    Taken,
    /// It is close-on-exec: this process has opened it.
    Own,
    /// Another number of the same list names the same socket.
    Same(u32),
    /// The register has no room for it.
    Beyond,
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Kernel(errno)
    }
}

/// Has exec(2) leave the descriptor open, or close it. One that is left open is still this process's own.
pub(crate) fn set_inheritable(descriptor: BorrowedFd<'_>, inheritable: bool) -> Result<()> {
    if inheritable {
        note_own(descriptor.as_raw_fd());
    }
    fd::set_number_inheritable(descriptor.as_raw_fd(), inheritable)
}

/// Takes the descriptor of that number, close-on-exec from now on; of a standard stream a duplicate.
pub(crate) fn take(number: u32) -> std::result::Result<OwnedFd, Refusal> {
    let number = RawFd::try_from(number).map_err(|_| Errno::BADF)?;
    claim(number)?;
    own(number).map_err(|errno| {
        release(&[number]);
        errno.into()
    })
}

/// Takes `count` sockets from the number `first` on, all or none: each is checked before the first is owned. On a
/// refusal, gives the number that it is about.
pub(crate) fn take_sockets(first: u32, count: u32) -> std::result::Result<Vec<OwnedFd>, (u32, Refusal)> {
    let mut numbers = Vec::new();
    let claimed = claim_sockets(first, count, &mut numbers)
        .and_then(|()| close_on_exec(&numbers).map_err(|(fd, errno)| (fd.unsigned_abs(), errno.into())));
    if let Err(refusal) = claimed {
        release(&numbers);
        return Err(refusal);
    }
    // SAFETY: each number is open, was this process's from the start, and has no owner: the register says so, and holds
    // it from now on. None is there twice.
    Ok(numbers.iter().map(|number| unsafe { OwnedFd::from_raw_fd(*number) }).collect())
}

/// Claims the numbers one after the other, and adds each to `numbers`. The first that is not open ends it, however
/// large a count the environment has.
fn claim_sockets(
    first: u32,
    count: u32,
    numbers: &mut Vec<RawFd>,
) -> std::result::Result<(), (u32, Refusal)> {
    let mut cookies: Vec<[u8; 8]> = Vec::new();
    for number in first..first.saturating_add(count) {
        let fd = RawFd::try_from(number).map_err(|_| (number, Errno::BADF.into()))?;
        claim(fd).map_err(|refusal| (number, refusal))?;
        numbers.push(fd);
        let cookie = cookie(fd).map_err(|errno| (number, errno.into()))?;
        if let Some(place) = cookie.and_then(|cookie| cookies.iter().position(|known| *known == cookie)) {
            let same = u32::try_from(numbers[place]).unwrap_or(first);
            return Err((number, Refusal::Same(same)));
        }
        cookies.push(cookie.unwrap_or_default());
    }
    Ok(())
}

/// Notes that the descriptor of that number is this process's own, though a program that it executes gets it too.
pub(super) fn note_own(number: RawFd) {
    // A number without a bit is not taken anyway.
    if let Some((word, bit)) = place(number) {
        word.fetch_or(bit, Ordering::Relaxed);
    }
}

/// Claims a number that is open, was so before this process began, and has no owner.
fn claim(number: RawFd) -> std::result::Result<(), Refusal> {
    let inheritable = fd::is_number_inheritable(number)?;
    let (word, bit) = place(number).ok_or(Refusal::Beyond)?;
    if !inheritable {
        let owned = word.load(Ordering::Relaxed) & bit != 0;
        return Err(if owned { Refusal::Taken } else { Refusal::Own });
    }
    // One of several threads finds the bit clear.
    if word.fetch_or(bit, Ordering::Relaxed) & bit == 0 { Ok(()) } else { Err(Refusal::Taken) }
}

/// Gives up what was claimed and is not owned after all.
fn release(numbers: &[RawFd]) {
    for (word, bit) in numbers.iter().filter_map(|number| place(*number)) {
        word.fetch_and(!bit, Ordering::Relaxed);
    }
}

/// Where the register has the number.
fn place(number: RawFd) -> Option<(&'static AtomicU64, u64)> {
    let number = usize::try_from(number).ok()?;
    Some((OWNED.get(number / 64)?, 1 << (number % 64)))
}

/// Owns a number that is open, and that nobody has.
fn own(number: RawFd) -> Result<OwnedFd> {
    if STREAMS.contains(&number) {
        return fd::duplicate(borrow(number));
    }
    fd::set_number_inheritable(number, false)?;
    // SAFETY: the number is open, was this process's from the start, and has no owner: the register says so.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Marks all or none to be closed by exec(2).
fn close_on_exec(numbers: &[RawFd]) -> std::result::Result<(), (RawFd, Errno)> {
    for (place, number) in numbers.iter().enumerate() {
        if let Err(errno) = fd::set_number_inheritable(*number, false) {
            for before in &numbers[..place] {
                // It was so before, and has just been changed: that can be taken back.
                let _ = fd::set_number_inheritable(*before, true);
            }
            return Err((*number, errno));
        }
    }
    Ok(())
}

/// What tells one socket from every other (`SO_COOKIE`); `None` on a kernel that does not say (before 4.12).
/// `ENOTSOCK` for what is none.
fn cookie(number: RawFd) -> Result<Option<[u8; 8]>> {
    let mut bytes = [0; 8];
    match super::option::option(borrow(number), libc::SOL_SOCKET, libc::SO_COOKIE, &mut bytes) {
        Ok(_) => Ok(Some(bytes)),
        Err(Errno::NOPROTOOPT) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// A number that has been found open, for one call.
fn borrow<'fd>(number: RawFd) -> BorrowedFd<'fd> {
    // SAFETY: it is not -1, and nobody in this process owns it, so that nobody closes it meanwhile; the borrow ends
    // with the call that it is made for.
    unsafe { BorrowedFd::borrow_raw(number) }
}
