//! The descriptors that this process was started with, by their numbers: each is taken once.
//!
//! One register for all who take them, so that no number gets a second owner. Nothing that Rust or this library opens
//! can be taken: it is close-on-exec, and what was open before exec(2) and still is cannot have been. What this library
//! has made inheritable is noted here, and counts as taken.

use std::collections::BTreeSet;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Errno, Result, fd};

/// The numbers that have an owner in this process.
static TAKEN: Mutex<BTreeSet<RawFd>> = Mutex::new(BTreeSet::new());

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
}

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self::Kernel(errno)
    }
}

/// Takes the descriptor of that number, close-on-exec from now on; of a standard stream a duplicate.
pub(crate) fn take(number: u32) -> std::result::Result<OwnedFd, Refusal> {
    let mut taken = register();
    let number = RawFd::try_from(number).map_err(|_| Errno::BADF)?;
    check(number, &taken)?;
    let owned = own(number)?;
    taken.insert(number);
    Ok(owned)
}

/// Takes `count` sockets from the number `first` on, all or none: each is checked before the first is owned. On a
/// refusal, gives the number that it is about.
pub(crate) fn take_sockets(first: u32, count: u32) -> std::result::Result<Vec<OwnedFd>, (u32, Refusal)> {
    let mut taken = register();
    let mut numbers: Vec<RawFd> = Vec::new();
    let mut cookies: Vec<[u8; 8]> = Vec::new();
    // The first that is not open ends it, however large a count the environment has.
    for number in first..first.saturating_add(count) {
        let fd = RawFd::try_from(number).map_err(|_| (number, Errno::BADF.into()))?;
        check(fd, &taken).map_err(|refusal| (number, refusal))?;
        let cookie = cookie(fd).map_err(|errno| (number, errno.into()))?;
        if let Some(place) = cookie.and_then(|cookie| cookies.iter().position(|known| *known == cookie)) {
            let same = u32::try_from(numbers[place]).unwrap_or(first);
            return Err((number, Refusal::Same(same)));
        }
        numbers.push(fd);
        cookies.push(cookie.unwrap_or_default());
    }
    close_on_exec(&numbers).map_err(|(fd, errno)| (fd.unsigned_abs(), errno.into()))?;
    taken.extend(&numbers);
    // SAFETY: each number is open, was this process's from the start, and has no owner: the register says so, and holds
    // it from now on. None is there twice.
    Ok(numbers.iter().map(|number| unsafe { OwnedFd::from_raw_fd(*number) }).collect())
}

/// Notes that the descriptor of that number is this process's own, though a program that it executes gets it too.
pub(super) fn is_own(number: RawFd) {
    register().insert(number);
}

fn register() -> MutexGuard<'static, BTreeSet<RawFd>> {
    // A set of integers is whole whoever panics.
    TAKEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the number is open, and was so before this process began.
fn check(number: RawFd, taken: &BTreeSet<RawFd>) -> std::result::Result<(), Refusal> {
    let inheritable = fd::is_number_inheritable(number)?;
    match (taken.contains(&number), inheritable) {
        (true, _) => Err(Refusal::Taken),
        (false, false) => Err(Refusal::Own),
        (false, true) => Ok(()),
    }
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
