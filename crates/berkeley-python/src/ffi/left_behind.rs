//! Threads that the interpreter ends in the middle of a call of ours, up to `CPython` 3.13.
//!
//! At its end the interpreter leaves daemon threads behind. One of them that asks for the GIL again, in Python code
//! that a call of ours runs, is ended by `pthread_exit(3)` on the spot, and the GNU C library unwinds its stack. Rust's
//! frames do not allow that: the process would abort. Such a thread is put to sleep for ever instead, as 3.14 does
//! itself; the process ends without it.

pub(crate) use platform::watch;

#[cfg(all(not(Py_3_14), target_env = "gnu"))]
mod platform {
    #![allow(unsafe_code, reason = "the C library takes a handler by pointers")]

    use std::cell::Cell;
    use std::ffi::{c_int, c_void};
    use std::ptr::{null, null_mut};
    use std::thread;

    /// `struct _pthread_cleanup_buffer`, of the C library's ABI.
    #[repr(C)]
    struct Buffer {
        routine: *const c_void,
        argument: *const c_void,
        cancel_type: c_int,
        previous: *const c_void,
    }

    unsafe extern "C" {
        fn _pthread_cleanup_push(
            buffer: *mut Buffer,
            routine: unsafe extern "C" fn(*mut c_void),
            argument: *mut c_void,
        );
        fn _pthread_cleanup_pop(buffer: *mut Buffer, execute: c_int);
        #[cfg_attr(not(Py_3_13), link_name = "_Py_IsFinalizing")]
        fn Py_IsFinalizing() -> c_int;
    }

    /// What the C library calls as a thread ends by `pthread_exit(3)`, before it leaves the first frame of the stack:
    /// handlers are run whose buffers do not lie in the part of the stack that is still there, and this one's lies on
    /// the heap.
    struct Handler(Cell<*mut Buffer>);

    thread_local! {
        static HANDLER: Handler = const { Handler(Cell::new(null_mut())) };
    }

    /// Has this thread sleep, should the interpreter end it in a call of ours. For the beginning of each call.
    #[inline]
    pub(crate) fn watch() {
        // A thread whose variables are gone runs no Python code any more.
        let _ = HANDLER.try_with(|handler| {
            if handler.0.get().is_null() {
                handler.install();
            }
        });
    }

    impl Handler {
        #[cold]
        fn install(&self) {
            let buffer = Buffer { routine: null(), argument: null(), cancel_type: 0, previous: null() };
            let buffer = Box::into_raw(Box::new(buffer));
            self.0.set(buffer);
            // SAFETY: the buffer is the C library's until `drop` takes it back, as this thread ends.
            unsafe { _pthread_cleanup_push(buffer, end, null_mut()) };
        }
    }

    impl Drop for Handler {
        fn drop(&mut self) {
            let buffer = self.0.get();
            if buffer.is_null() {
                return;
            }
            // SAFETY: pushed by `install`, on this thread; what was pushed after it is done with, as the thread ends.
            unsafe { _pthread_cleanup_pop(buffer, 0) };
            // SAFETY: made by `install`, and nobody else knows it any more.
            drop(unsafe { Box::from_raw(buffer) });
        }
    }

    /// Up to 3.12 threads that have done their work end by `pthread_exit(3)` too: these are let go.
    unsafe extern "C" fn end(_: *mut c_void) {
        // SAFETY: reads one flag, and needs no GIL.
        while unsafe { Py_IsFinalizing() } != 0 {
            thread::park();
        }
    }
}

#[cfg(not(all(not(Py_3_14), target_env = "gnu")))]
mod platform {
    /// Nothing to do: 3.14 puts such threads to sleep itself, and other C libraries unwind nothing.
    #[inline]
    pub(crate) fn watch() {}
}
