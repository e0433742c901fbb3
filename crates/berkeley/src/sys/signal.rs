//! The signal mask of a thread.

use std::mem::MaybeUninit;
use std::ptr;

/// Keeps every signal that can be blocked from this thread (`pthread_sigmask(3)`): the program's own threads get them.
pub(crate) fn block_all() {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: the set is initialised and outlives the call; a null pointer asks for no old mask. It fails only where
    // the first argument is none of the three that there are.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, all.as_ptr(), ptr::null_mut()) };
}
