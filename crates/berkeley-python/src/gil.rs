//! When a call keeps the GIL during its first try, and how one that released it takes it back.
//!
//! A thread that is alone with its sockets keeps it: to release it and to take it back costs a tenth of a short system
//! call. Beside other threads it would keep them out for as long as the call takes, on other processors too, and even
//! the interpreter's own request for a switch, after 5 milliseconds, interrupts no call. So calls release it
//!
//! - when the thread has done something else for a while: it may have handed work to another,
//! - while another copies for long in the kernel, which holds the lock of its socket meanwhile,
//! - while several threads make calls in turn,
//! - when another thread waits for it whose call has ended,
//! - and in a few calls of many, for threads that wait for it elsewhere, as after a sleep or for a lock.
//!
//! These variables affect speed only, never results.

#[cfg(not(Py_GIL_DISABLED))]
pub(crate) use with_gil::{Copying, brief, is_wanted, released};
#[cfg(Py_GIL_DISABLED)]
pub(crate) use without_gil::{Copying, brief, is_wanted, released};

#[cfg(not(Py_GIL_DISABLED))]
mod with_gil {
    use std::hint::spin_loop;
    use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};

    use berkeley::bindings::incarnation;
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;

    use crate::ffi::clock::{FIFTY_MICROSECONDS, ticks};

    /// Calls in a row of one thread that release the GIL, before it is held to be alone: a thread that waits for the
    /// GIL takes longer to wake up than one short call.
    const RELEASING: usize = 16;

    /// After so many calls in a row it begins anew with those.
    const PERIOD: usize = 128;

    /// What is longer between two calls is a pause, and ends the row.
    const PAUSE: u64 = FIFTY_MICROSECONDS;

    /// How many calls one thread has made in a row, without a pause, as far as it is known.
    static IN_A_ROW: AtomicUsize = AtomicUsize::new(0);

    /// When the last call began, or when it had the GIL back.
    static LAST: AtomicU64 = AtomicU64::new(0);

    /// Whether a call has taken the GIL back since the last one released it: its thread will soon release it again.
    static TAKEN: AtomicBool = AtomicBool::new(false);

    /// How often one looks whether it is released, before the operating system is asked to wait: a microsecond or two,
    /// less than it takes to be put to sleep and woken.
    const LOOKS: u32 = 64;

    /// How many calls copy for long: much, or from and to memory that may have to be read from a disk first. From bit
    /// 32 on, the process whose calls these are: a forked child has its parent's count, and none of its threads.
    static COPYING: AtomicU64 = AtomicU64::new(0);

    /// Whether a call copies for long.
    #[inline]
    fn is_copying() -> bool {
        let state = COPYING.load(Relaxed);
        count(state) != 0 && is_ours(state)
    }

    fn count(state: u64) -> u64 {
        state & u64::from(u32::MAX)
    }

    fn is_ours(state: u64) -> bool {
        state >> 32 == this_process()
    }

    /// In 32 bits: no child has its parent's number.
    #[inline]
    fn this_process() -> u64 {
        incarnation() & u64::from(u32::MAX)
    }

    /// A call that copies for long. The kernel holds the socket's lock meanwhile: any other call on that socket sleeps
    /// until it is free, and must not do so with the GIL.
    pub(crate) struct Copying(());

    impl Copying {
        /// For as long as the value lives; the GIL is held where it begins.
        pub(crate) fn begin(_: Python<'_>) -> Self {
            let _ = COPYING.fetch_update(Relaxed, Relaxed, |state| {
                let others = if is_ours(state) { count(state) } else { 0 };
                Some(this_process() << 32 | (others + 1))
            });
            Self(())
        }
    }

    impl Drop for Copying {
        fn drop(&mut self) {
            // One that began before a fork is not counted in the child.
            let _ = COPYING.fetch_update(Relaxed, Relaxed, |state| {
                (is_ours(state) && count(state) > 0).then(|| state - 1)
            });
        }
    }

    /// Runs a call that is short, unless another holds the lock of its socket for long: it releases the GIL then.
    #[inline]
    pub(crate) fn brief<T: Send>(py: Python<'_>, action: impl FnOnce() -> T + Send) -> T {
        if is_copying() { released(py, action) } else { action() }
    }

    /// Whether this call is to release the GIL during its first try.
    #[inline]
    pub(crate) fn is_wanted(py: Python<'_>) -> bool {
        let (now, last) = (ticks(), LAST.load(Relaxed));
        LAST.store(now, Relaxed);
        if now.wrapping_sub(last) > PAUSE {
            IN_A_ROW.store(0, Relaxed);
            return true;
        }
        if is_copying() {
            return true;
        }
        let calls = IN_A_ROW.load(Relaxed) + 1;
        if calls >= PERIOD {
            return begin_anew(py);
        }
        IN_A_ROW.store(calls, Relaxed);
        calls < RELEASING
    }

    #[cold]
    fn begin_anew(py: Python<'_>) -> bool {
        let wanted = has_other_threads(py);
        IN_A_ROW.store(if wanted { 0 } else { RELEASING }, Relaxed);
        wanted
    }

    /// Whether Python has more threads than its first one; those that it did not start are not counted.
    fn has_other_threads(py: Python<'_>) -> bool {
        static COUNT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let count = COUNT.get_or_try_init(py, || Ok(py.import("_thread")?.getattr("_count")?.unbind()));
        let others = count.and_then(|count: &Py<PyAny>| count.call0(py)?.extract::<usize>(py));
        others.is_ok_and(|others| others > 0)
    }

    /// Releases the GIL while `action` runs.
    pub(crate) fn released<T: Send>(py: Python<'_>, action: impl FnOnce() -> T + Send) -> T {
        let before = IN_A_ROW.load(Relaxed);
        let value = py.detach(|| {
            TAKEN.store(false, Relaxed);
            let value = action();
            await_release();
            value
        });
        TAKEN.store(true, Relaxed);
        LAST.store(ticks(), Relaxed);
        if IN_A_ROW.load(Relaxed) != before {
            // Other threads have made calls meanwhile.
            IN_A_ROW.store(0, Relaxed);
        }
        value
    }

    /// Waits a moment for the thread whose call took the GIL last; of those that wait so, one goes on.
    fn await_release() {
        if is_free() {
            return;
        }
        // The next calls of that thread let others in.
        IN_A_ROW.store(0, Relaxed);
        for _ in 0..LOOKS {
            spin_loop();
            if is_free() {
                return;
            }
        }
    }

    /// Whether it is free as far as it is known; for those who ask after that it is not.
    fn is_free() -> bool {
        !TAKEN.load(Relaxed) && !TAKEN.swap(true, Relaxed)
    }
}

#[cfg(Py_GIL_DISABLED)]
mod without_gil {
    use pyo3::prelude::*;

    /// Nobody is kept out by a call that copies for long.
    pub(crate) struct Copying(());

    impl Copying {
        pub(crate) fn begin(_: Python<'_>) -> Self {
            Self(())
        }
    }

    /// Runs a call that is short.
    #[inline]
    pub(crate) fn brief<T: Send>(_: Python<'_>, action: impl FnOnce() -> T + Send) -> T {
        action()
    }

    /// Never: nobody is kept out.
    #[inline]
    pub(crate) fn is_wanted(_: Python<'_>) -> bool {
        false
    }

    /// Detaches the thread from the interpreter, which may stop all others meanwhile, while `action` runs.
    pub(crate) fn released<T: Send>(py: Python<'_>, action: impl FnOnce() -> T + Send) -> T {
        py.detach(action)
    }
}
