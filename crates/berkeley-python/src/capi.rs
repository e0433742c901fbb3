//! The socket object as C lays it out, its type, and the capsule through which `_ssl` finds both.
#![allow(unsafe_code, reason = "the struct prefix that _ssl reads, the type made by hand, the capsule")]

use std::ffi::c_void;
use std::mem::offset_of;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicPtr, Ordering};

use pyo3::ffi;
use pyo3::prelude::*;

/// A socket object; up to `timeout` the layout is that of C's `PySocketSockObject`, which `_ssl` reads.
///
/// Atomics, for threads that share the object may change it while others read.
#[repr(C)]
pub(crate) struct SocketObject {
    head: ffi::PyObject,
    /// The descriptor; -1 when closed.
    fd: AtomicI32,
    family: AtomicI32,
    kind: AtomicI32,
    protocol: AtomicI32,
    /// C's error handler, which nobody reads.
    reserved: AtomicPtr<c_void>,
    /// In nanoseconds; negative for none.
    timeout: AtomicI64,
}

const HEAD: usize = size_of::<ffi::PyObject>();
const _: () = assert!(offset_of!(SocketObject, fd) == HEAD);
const _: () = assert!(offset_of!(SocketObject, reserved) == HEAD + 16);
const _: () = assert!(offset_of!(SocketObject, timeout) == HEAD + 24);

/// What a method may ask of its socket and do to it. Each value is read once an operation.
impl SocketObject {
    /// The descriptor, -1 when closed.
    pub(crate) fn fd(&self) -> i32 {
        self.fd.load(Ordering::Relaxed)
    }

    /// `AF_*`.
    pub(crate) fn family(&self) -> i32 {
        self.family.load(Ordering::Relaxed)
    }

    /// `SOCK_*`.
    pub(crate) fn kind(&self) -> i32 {
        self.kind.load(Ordering::Relaxed)
    }

    /// `IPPROTO_*` and its like.
    pub(crate) fn protocol(&self) -> i32 {
        self.protocol.load(Ordering::Relaxed)
    }

    /// In nanoseconds; negative for none, 0 never to wait.
    #[inline]
    pub(crate) fn timeout(&self) -> i64 {
        self.timeout.load(Ordering::Relaxed)
    }

    /// The Python object that this is.
    pub(crate) fn object<'a, 'py>(&'a self, py: Python<'py>) -> Borrowed<'a, 'py, PyAny> {
        // SAFETY: nobody but the type makes one, so that it is a Python object, and the borrow keeps it alive.
        unsafe { Borrowed::from_ptr(py, (&raw const *self).cast_mut().cast()) }
    }
}
