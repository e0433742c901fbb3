//! SIGPIPE kept away from the calls that have no `MSG_NOSIGNAL`: sendfile(2), splice(2), and the sends of families that
//! refuse it.
//!
//! Rust's own programs ignore the signal, and then this costs one system call. A library in a program of another
//! language cannot rely on it: there the signal is blocked in this thread for as long as the call lasts, and one that
//! came meanwhile is taken away.

use std::mem::MaybeUninit;
use std::ptr;

use super::Errno;

/// For as long as the guard lives, a SIGPIPE that a call of this thread raises goes nowhere. Making it and dropping it
/// makes system calls, which leave an errno of their own.
pub(super) fn keep_away() -> Option<Blocked> {
    (!is_ignored()).then(Blocked::new)
}

fn is_ignored() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: without a new action the call only writes the old one, into memory that has its size.
    unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zero is a valid `sigaction` (no handler, an empty mask), were the call to have failed.
    let action = unsafe { action.assume_init() };
    action.sa_sigaction == libc::SIG_IGN
}

/// SIGPIPE blocked in this thread, until it is dropped.
pub(super) struct Blocked {
    before: libc::sigset_t,
    /// One waited already, and is somebody else's.
    pending: bool,
}

impl Blocked {
    fn new() -> Self {
        let (sigpipe, mut before) = (sigpipe(), empty());
        // SAFETY: both sets are initialised and outlive the call.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const sigpipe, &raw mut before) };
        // Where it was not blocked, none can have waited.
        let pending = has_sigpipe(&before) && has_sigpipe(&pending());
        Self { before, pending }
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        if !self.pending {
            take_sigpipe();
        }
        // SAFETY: the set is what the thread had before; the one that it replaces is not asked for.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, ptr::null_mut()) };
    }
}

/// Takes the SIGPIPE that waits for this thread, if one does.
fn take_sigpipe() {
    let (sigpipe, at_once) = (sigpipe(), libc::timespec { tv_sec: 0, tv_nsec: 0 });
    loop {
        // SAFETY: the set and the time are initialised; no information is asked for. It waits for nothing.
        let taken = unsafe { libc::sigtimedwait(&raw const sigpipe, ptr::null_mut(), &raw const at_once) };
        // Another signal's handler ran instead: this one may still wait, and would end the process.
        if taken != -1 || Errno::last() != Errno::INTR {
            return;
        }
    }
}

fn empty() -> libc::sigset_t {
    let mut set = MaybeUninit::zeroed();
    // SAFETY: the call initialises the set that it is given.
    unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    // SAFETY: it has just been initialised, and was zeroed before.
    unsafe { set.assume_init() }
}

fn sigpipe() -> libc::sigset_t {
    let mut set = empty();
    // SAFETY: the set is initialised, and the signal is one that there is.
    unsafe { libc::sigaddset(&raw mut set, libc::SIGPIPE) };
    set
}

/// The signals that wait for this thread or for the process.
fn pending() -> libc::sigset_t {
    let mut set = empty();
    // SAFETY: the call writes one set, which is what it is given.
    unsafe { libc::sigpending(&raw mut set) };
    set
}

fn has_sigpipe(set: &libc::sigset_t) -> bool {
    // SAFETY: the set is initialised, and only read.
    unsafe { libc::sigismember(ptr::from_ref(set), libc::SIGPIPE) == 1 }
}
