//! Memory of Python's that the kernel reads or writes: held buffers, new `bytes`, the scratch of a thread.
#![allow(unsafe_code, reason = "the buffer protocol, and bytes that are not initialised yet")]

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use berkeley::control::ControlBuffer;
use berkeley::{Address, Flags, ReceivedMessage, SocketRef};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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

    fn raw(&mut self) -> *mut ffi::Py_buffer {
        &raw mut *self.view
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
    /// One that holds nothing, for the argument parser to fill.
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

    /// The bytes, where an optional argument was given.
    pub(crate) fn given(&self) -> Option<&[u8]> {
        (!self.0.view.obj.is_null()).then(|| self.as_bytes())
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
    /// One that holds nothing, for the argument parser to fill.
    pub(crate) fn empty() -> Self {
        Self(View::empty())
    }

    /// Where the argument parser is to fill it in.
    pub(crate) fn room(&mut self) -> *mut c_void {
        self.0.room()
    }

    /// The bytes of `object` where they can be written, in one piece; `None`, and no exception, where they cannot.
    #[inline]
    pub(crate) fn plain(object: &Bound<'py, PyAny>) -> Option<Self> {
        let mut buffer = Self::empty();
        // SAFETY: the view holds nothing yet; it is filled, or left empty with an exception set.
        if unsafe { ffi::PyObject_GetBuffer(object.as_ptr(), buffer.0.raw(), ffi::PyBUF_WRITABLE) } == 0 {
            return Some(buffer);
        }
        // SAFETY: the thread is attached, as `object` says.
        unsafe { ffi::PyErr_Clear() };
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        if self.0.len() == 0 {
            return &mut [];
        }
        // SAFETY: the exporter keeps `len` bytes, which may be written, at `buf` until the view is released. Python
        // code of other threads may change them meanwhile, and another view may be of the same bytes, as under C:
        // only the kernel writes them, and nothing here reads them.
        unsafe { slice::from_raw_parts_mut(self.0.view.buf.cast::<u8>(), self.0.len()) }
    }
}

/// Memory that is not initialised, and how much of it a receive has filled.
pub(crate) struct Room<'b> {
    memory: &'b mut [MaybeUninit<u8>],
    filled: usize,
}

impl<'b> Room<'b> {
    fn new(memory: &'b mut [MaybeUninit<u8>]) -> Self {
        Self { memory, filled: 0 }
    }

    /// One recv(2) into it, with just these flags.
    #[inline]
    pub(crate) fn receive(&mut self, target: &SocketRef<'_>, flags: Flags) -> berkeley::Result<()> {
        self.filled = target.recv_uninit_once(self.memory, flags)?.len();
        Ok(())
    }

    /// As [`receive`](Self::receive), by recvfrom(2); gives who sent it.
    pub(crate) fn receive_from(&mut self, target: &SocketRef<'_>, flags: Flags) -> berkeley::Result<Address> {
        let (filled, address) = target.recv_from_uninit_once(self.memory, flags)?;
        self.filled = filled.len();
        Ok(address)
    }

    /// As [`receive`](Self::receive), by recvmsg(2); what came beside the bytes goes to `control`.
    pub(crate) fn receive_message(
        &mut self,
        target: &SocketRef<'_>,
        control: &mut ControlBuffer,
        flags: Flags,
    ) -> berkeley::Result<ReceivedMessage> {
        let (filled, message) = target.recv_msg_uninit_once(self.memory, control, flags)?;
        self.filled = filled.len();
        Ok(message)
    }

    /// What was received.
    fn filled(&self) -> &[u8] {
        // SAFETY: `receive` alone sets the number, to that of the bytes which were initialised, from the first on.
        unsafe { slice::from_raw_parts(self.memory.as_ptr().cast::<u8>(), self.filled) }
    }
}

/// Below this size the bytes are received on the stack, and copied into an object of just their size.
const STACK: usize = 4096;
/// Up to this size they are received in place: memory for so much is at hand, and shrinking it costs little.
const IN_PLACE: usize = 128 * 1024;
/// A scratch begins with a page: 8 or 16 bytes behind, where malloc(3) puts it, the kernel's copy into it takes three
/// times as long on some processors, whose loads then seem to wait for its stores.
const PAGE: usize = 4096;
/// The largest scratch that a thread keeps.
const SCRATCH: usize = 1024 * 1024;

thread_local! {
    /// Taken out while it is in use: a signal handler may receive too.
    static MEMORY: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// How much the last large receive of this thread has filled.
    static LAST: Cell<usize> = const { Cell::new(0) };
}

/// How much a receive of at most `size` bytes will probably fill.
pub(crate) fn expected(size: usize) -> usize {
    if is_short(size) { size } else { LAST.get().min(size) }
}

/// Whether [`receive_short`] has room for so many bytes.
#[inline]
pub(crate) const fn is_short(size: usize) -> bool {
    size <= STACK
}

/// As [`receive_bytes`], of few bytes, more of which it does not receive.
#[inline]
pub(crate) fn receive_short(
    py: Python<'_>,
    size: usize,
    receive: impl FnOnce(&mut Room<'_>) -> PyResult<()>,
) -> PyResult<Bound<'_, PyAny>> {
    let mut memory = [MaybeUninit::<u8>::uninit(); STACK];
    let mut room = Room::new(&mut memory[..size.min(STACK)]);
    receive(&mut room)?;
    Ok(PyBytes::new(py, room.filled()).into_any())
}

/// A new `bytes` of at most `size` bytes, as many as `receive` fills.
///
/// Where far more is asked for than comes, as asyncio does, no memory is mapped and unmapped for it.
#[inline]
pub(crate) fn receive_bytes(
    py: Python<'_>,
    size: usize,
    receive: impl FnOnce(&mut Room<'_>) -> PyResult<()>,
) -> PyResult<Bound<'_, PyAny>> {
    if is_short(size) {
        return receive_short(py, size, receive);
    }
    if size <= IN_PLACE || size > SCRATCH || LAST.get() > size / 2 {
        return receive_in_place(py, size, receive);
    }
    receive_in_scratch(py, size, receive)
}

fn receive_in_scratch(
    py: Python<'_>,
    size: usize,
    receive: impl FnOnce(&mut Room<'_>) -> PyResult<()>,
) -> PyResult<Bound<'_, PyAny>> {
    let mut memory = MEMORY.take();
    if memory.try_reserve(size + PAGE).is_err() {
        return receive_in_place(py, size, receive);
    }
    let spare = memory.spare_capacity_mut();
    let start = spare.as_ptr().align_offset(PAGE).min(PAGE);
    let mut room = Room::new(&mut spare[start..start + size]);
    let received = receive(&mut room).map(|()| {
        LAST.set(room.filled);
        PyBytes::new(py, room.filled()).into_any()
    });
    MEMORY.replace(memory);
    received
}

unsafe extern "C" {
    // In CPython's public headers, but not in pyo3-ffi.
    fn _PyBytes_Resize(bytes: *mut *mut ffi::PyObject, size: ffi::Py_ssize_t) -> c_int;
}

fn receive_in_place(
    py: Python<'_>,
    size: usize,
    receive: impl FnOnce(&mut Room<'_>) -> PyResult<()>,
) -> PyResult<Bound<'_, PyAny>> {
    let length = ffi::Py_ssize_t::try_from(size)?;
    // SAFETY: a null pointer asks for memory that is not initialised.
    let bytes = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), length) };
    // SAFETY: a new reference, or null with an exception set.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(py, bytes)? };
    // SAFETY: a `bytes` of our own.
    let memory = unsafe { ffi::PyBytes_AsString(bytes.as_ptr()) };
    // SAFETY: it has `size` bytes, which nobody else knows of until it is returned.
    let memory = unsafe { slice::from_raw_parts_mut(memory.cast::<MaybeUninit<u8>>(), size) };
    let mut room = Room::new(memory);
    receive(&mut room)?;
    let filled = room.filled;
    LAST.set(filled);
    if filled == size {
        return Ok(bytes);
    }
    let mut bytes = bytes.into_ptr();
    // SAFETY: the only reference to a `bytes`, whose first `filled` bytes are initialised, fewer than it has.
    unsafe { _PyBytes_Resize(&raw mut bytes, filled.cast_signed()) };
    // SAFETY: the shorter one, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, bytes) }
}
