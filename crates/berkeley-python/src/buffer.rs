//! Memory of Python's that the kernel reads or writes: held buffers, new `bytes`, the scratch of a thread.
#![allow(unsafe_code, reason = "the buffer protocol, and bytes that are not initialised yet")]

use std::ffi::c_void;
use std::marker::PhantomData;
use std::slice;

use pyo3::ffi;
use pyo3::prelude::*;

/// What an object that supports the buffer protocol holds, which stays where it is until this is dropped.
struct View<'py> {
    /// Boxed, for an exporter may keep its address.
    view: Box<ffi::Py_buffer>,
    attached: PhantomData<Python<'py>>,
}

impl View<'_> {
    fn empty() -> Self {
        Self { view: Box::new(ffi::Py_buffer::new()), attached: PhantomData }
    }

    /// Takes hold of the buffer of `object`, with the exporter's own error where it has none.
    fn fill(&mut self, object: &Bound<'_, PyAny>, flags: i32) -> PyResult<()> {
        // SAFETY: the view holds nothing yet; it is filled, or left empty with an exception set.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), &raw mut *self.view, flags) } == 0 {
            return Ok(());
        }
        Err(PyErr::fetch(object.py()))
    }

    fn len(&self) -> usize {
        usize::try_from(self.view.len).unwrap_or(0)
    }

    /// Where the argument parser is to fill it in.
    fn room(&mut self) -> *mut c_void {
        (&raw mut *self.view).cast()
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // SAFETY: `'py` says that the thread is attached; a view that holds nothing is left alone.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.view) }
    }
}

/// Bytes of an object that is only read, held so that they stay where they are while the GIL is released.
pub(crate) struct ReadBuffer<'py>(View<'py>);

impl<'py> ReadBuffer<'py> {
    /// One that holds nothing, for [`parse`](crate::fastcall::parse) to fill.
    pub(crate) fn empty() -> Self {
        Self(View::empty())
    }

    /// Where the argument parser is to fill it in.
    pub(crate) fn room(&mut self) -> *mut c_void {
        self.0.room()
    }

    /// The bytes of `object`: `a bytes-like object is required, not 'str'` where it has none.
    pub(crate) fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let mut buffer = Self::empty();
        buffer.0.fill(object, ffi::PyBUF_SIMPLE)?;
        Ok(buffer)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        if self.0.len() == 0 {
            return &[];
        }
        // SAFETY: the exporter keeps `len` bytes at `buf` until the view is released. Python code of other threads may
        // change them meanwhile, as under C: they are handed to the kernel and read by nothing that trusts them.
        unsafe { slice::from_raw_parts(self.0.view.buf.cast::<u8>(), self.0.len()) }
    }
}

/// Bytes of an object that are to be written, held as those of [`ReadBuffer`].
pub(crate) struct WriteBuffer<'py>(View<'py>);

impl<'py> WriteBuffer<'py> {
    /// One that holds nothing, for [`parse`](crate::fastcall::parse) to fill.
    pub(crate) fn empty() -> Self {
        Self(View::empty())
    }

    /// Where the argument parser is to fill it in.
    pub(crate) fn room(&mut self) -> *mut c_void {
        self.0.room()
    }

    /// The bytes of `object`, with the exporter's own error where they cannot be written.
    pub(crate) fn of(object: &Bound<'py, PyAny>) -> PyResult<Self> {
        let mut buffer = Self::empty();
        buffer.0.fill(object, ffi::PyBUF_WRITABLE)?;
        Ok(buffer)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        if self.0.len() == 0 {
            return &mut [];
        }
        // SAFETY: the exporter keeps `len` bytes, which may be written, at `buf` until the view is released. Python
        // code of other threads may change them meanwhile, as under C: only the kernel writes them.
        unsafe { slice::from_raw_parts_mut(self.0.view.buf.cast::<u8>(), self.0.len()) }
    }
}
