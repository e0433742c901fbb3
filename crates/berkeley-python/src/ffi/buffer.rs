//! Memory of Python's that the kernel reads or writes: held buffers, new `bytes`, the scratch of a thread.
#![allow(unsafe_code, reason = "the buffer protocol, and bytes that are not initialised yet")]

use std::borrow::Cow;
use std::cell::Cell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use berkeley::bindings::{Sink, Source, once};
use berkeley::control::ControlBuffer;
use berkeley::{Address, Flags, ReceivedMessage, SocketRef};
use pyo3::ffi;
use pyo3::prelude::*;

use crate::memory;

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

    /// Whether it is of a `bytes`, whose bytes never change.
    fn is_bytes(&self) -> bool {
        // SAFETY: null where the view holds nothing, else an object that the view keeps alive.
        !self.view.obj.is_null() && unsafe { ffi::PyBytes_CheckExact(self.view.obj) } != 0
    }

    /// Whether to touch the bytes may take long: those of a mapped file may have to be read first, from a slow disk or
    /// a network. Memory is what a `bytes` or a `bytearray` has, or a memoryview of one, or of nothing.
    fn may_sleep(&self) -> bool {
        !self.view.obj.is_null() && !is_memory(self.view.obj)
    }
}

/// Whether it is exactly a `bytes` or a `bytearray`; the object is alive.
fn owns_its_bytes(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the object is alive.
    let is_bytes = unsafe { ffi::PyBytes_CheckExact(object) } != 0;
    // SAFETY: as above.
    is_bytes || unsafe { ffi::PyByteArray_CheckExact(object) } != 0
}

/// See [`View::may_sleep`]; the object is alive, and the thread attached.
fn is_memory(object: *mut ffi::PyObject) -> bool {
    if owns_its_bytes(object) {
        return true;
    }
    // SAFETY: as above; the type lives for ever.
    if unsafe { ffi::Py_TYPE(object) } != &raw mut ffi::PyMemoryView_Type {
        return false;
    }
    // SAFETY: an exact memoryview, whose attribute runs no Python code: a new reference, or null with an exception.
    let owner = unsafe { ffi::PyObject_GetAttrString(object, c"obj".as_ptr()) };
    if owner.is_null() {
        // SAFETY: the thread is attached.
        unsafe { ffi::PyErr_Clear() };
        return false;
    }
    // SAFETY: `None` lives for ever.
    let known = owner == unsafe { ffi::Py_None() } || owns_its_bytes(owner);
    // SAFETY: our reference, given up; the memoryview keeps its owner alive.
    unsafe { ffi::Py_DECREF(owner) };
    known
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        // SAFETY: `'py` says that the thread is attached; a view that holds nothing is left alone.
        unsafe { ffi::PyBuffer_Release(&raw mut *self.view) }
    }
}

/// Bytes that are to be sent.
#[derive(Clone, Copy)]
pub(crate) struct Outgoing<'a> {
    pub(crate) source: Source<'a>,
    /// See [`View::may_sleep`].
    pub(crate) may_sleep: bool,
}

impl<'a> Outgoing<'a> {
    /// Of a `bytes`.
    #[inline]
    pub(crate) fn fixed(bytes: &'a [u8]) -> Self {
        Self { source: bytes.into(), may_sleep: false }
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

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether to read them may take long: see [`View::may_sleep`].
    pub(crate) fn may_sleep(&self) -> bool {
        self.0.may_sleep()
    }

    /// The bytes, to be sent.
    pub(crate) fn outgoing(&self) -> Outgoing<'_> {
        Outgoing { source: self.source(), may_sleep: self.may_sleep() }
    }

    /// The bytes for the kernel. Python code of other threads may change them meanwhile.
    pub(crate) fn source(&self) -> Source<'_> {
        // SAFETY: the exporter keeps `len` bytes at `buf` until the view is released.
        unsafe { Source::new(self.0.view.buf.cast(), self.0.len()) }
    }

    /// The bytes for us: a copy, unless nobody can change them.
    pub(crate) fn bytes(&self, py: Python<'_>) -> PyResult<Cow<'_, [u8]>> {
        let (start, length) = (self.0.view.buf.cast::<u8>().cast_const(), self.0.len());
        if length == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if self.0.is_bytes() {
            // SAFETY: the bytes of a `bytes`, which never change, and which the view keeps alive.
            return Ok(Cow::Borrowed(unsafe { slice::from_raw_parts(start, length) }));
        }
        let mut copy = memory::room_for::<u8>(length)?;
        let source = self.source();
        if self.may_sleep() {
            py.detach(|| append(&mut copy, source));
        } else {
            append(&mut copy, source);
        }
        Ok(Cow::Owned(copy))
    }

    /// As [`bytes`](Self::bytes), where an optional argument was given.
    pub(crate) fn given(&self, py: Python<'_>) -> PyResult<Option<Cow<'_, [u8]>>> {
        (!self.0.view.obj.is_null()).then(|| self.bytes(py)).transpose()
    }
}

/// Copies bytes that others may change meanwhile behind those that are there; there is room for them.
fn append(copy: &mut Vec<u8>, source: Source<'_>) {
    let spare = copy.spare_capacity_mut();
    let length = source.len().min(spare.len());
    // SAFETY: the source can be read, the room is the copy's own, and both have as many bytes.
    unsafe { source.start().copy_to_nonoverlapping(spare.as_mut_ptr().cast(), length) };
    // SAFETY: written just now.
    unsafe { copy.set_len(copy.len() + length) };
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

    /// Whether to write them may take long: see [`View::may_sleep`].
    pub(crate) fn may_sleep(&self) -> bool {
        self.0.may_sleep()
    }

    /// The first `length` bytes, for the kernel. Python code of other threads may read and change them meanwhile, and
    /// another view may be of the same bytes.
    pub(crate) fn sink(&self, length: usize) -> Sink<'_> {
        // SAFETY: the exporter keeps `len` bytes, which may be written, at `buf` until the view is released; nothing
        // here makes a reference to them.
        unsafe { Sink::new(self.0.view.buf.cast(), length.min(self.0.len())) }
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
        self.filled = once::recv_uninit(target, self.memory, flags)?.len();
        Ok(())
    }

    /// As [`receive`](Self::receive), by recvfrom(2); gives who sent it.
    pub(crate) fn receive_from(&mut self, target: &SocketRef<'_>, flags: Flags) -> berkeley::Result<Address> {
        let (filled, address) = once::recv_from_uninit(target, self.memory, flags)?;
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
        let (filled, message) = once::recv_msg_uninit(target, self.memory, control, flags)?;
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
    /// Both taken out while they are in use: a signal handler may receive too.
    static SCRATCH_MEMORY: Cell<Option<Vacant>> = const { Cell::new(None) };
    static SPARE: Cell<Option<Vacant>> = const { Cell::new(None) };
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
    // What is received has to have a place, whatever becomes of the memory meanwhile.
    let spare = match SPARE.take() {
        Some(spare) => spare,
        None => Vacant::new(py, STACK)?,
    };
    let mut memory = [MaybeUninit::<u8>::uninit(); STACK];
    let mut room = Room::new(&mut memory[..size.min(STACK)]);
    let received = receive(&mut room).map(|()| copied(py, room.filled()));
    match received {
        Ok(None) => Ok(spare.filled_with(py, room.filled())),
        Ok(Some(bytes)) => {
            SPARE.set(Some(spare));
            Ok(bytes)
        }
        Err(error) => {
            SPARE.set(Some(spare));
            Err(error)
        }
    }
}

/// A new `bytes` with these; `None`, and no exception, where there is no memory.
#[inline]
fn copied<'py>(py: Python<'py>, bytes: &[u8]) -> Option<Bound<'py, PyAny>> {
    let length = ffi::Py_ssize_t::try_from(bytes.len()).ok()?;
    // SAFETY: the pointer goes with the length.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), length) };
    if object.is_null() {
        // SAFETY: the thread is attached.
        unsafe { ffi::PyErr_Clear() };
    }
    // SAFETY: a new reference, or null.
    unsafe { Bound::from_owned_ptr_or_opt(py, object) }
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
    let scratch = SCRATCH_MEMORY.take().filter(|scratch| scratch.size >= size + PAGE);
    let Some(mut scratch) = scratch.or_else(|| Vacant::if_there_is_memory(py, size + PAGE)) else {
        return receive_in_place(py, size, receive);
    };
    let memory = scratch.memory();
    let start = memory.as_ptr().align_offset(PAGE).min(PAGE);
    let mut room = Room::new(&mut memory[start..start + size]);
    let received = receive(&mut room).map(|()| copied(py, room.filled()));
    let filled = room.filled;
    match received {
        Ok(None) => Ok(scratch.filled_at(py, start, filled)),
        Ok(Some(bytes)) => {
            LAST.set(filled);
            SCRATCH_MEMORY.set(Some(scratch));
            Ok(bytes)
        }
        Err(error) => {
            SCRATCH_MEMORY.set(Some(scratch));
            Err(error)
        }
    }
}

fn receive_in_place(
    py: Python<'_>,
    size: usize,
    receive: impl FnOnce(&mut Room<'_>) -> PyResult<()>,
) -> PyResult<Bound<'_, PyAny>> {
    let mut place = Vacant::new(py, size)?;
    let mut room = Room::new(place.memory());
    receive(&mut room)?;
    let filled = room.filled;
    LAST.set(filled);
    Ok(place.shrunk_to(py, filled))
}

/// A `bytes` whose bytes are still to come, and of which nobody else knows.
struct Vacant {
    bytes: Py<PyAny>,
    size: usize,
}

impl Vacant {
    fn new(py: Python<'_>, size: usize) -> PyResult<Self> {
        let length = ffi::Py_ssize_t::try_from(size)?;
        // SAFETY: a null pointer asks for memory that is not initialised.
        let bytes = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), length) };
        // SAFETY: a new reference, or null with an exception set.
        let bytes = unsafe { Bound::from_owned_ptr_or_err(py, bytes)? };
        Ok(Self { bytes: bytes.unbind(), size })
    }

    /// `None`, and no exception, where there is no memory.
    fn if_there_is_memory(py: Python<'_>, size: usize) -> Option<Self> {
        let length = ffi::Py_ssize_t::try_from(size).ok()?;
        // SAFETY: as in `new`.
        let bytes = unsafe { ffi::PyBytes_FromStringAndSize(std::ptr::null(), length) };
        if bytes.is_null() {
            // SAFETY: the thread is attached.
            unsafe { ffi::PyErr_Clear() };
        }
        // SAFETY: a new reference, or null.
        let bytes = unsafe { Bound::from_owned_ptr_or_opt(py, bytes) };
        bytes.map(|bytes| Self { bytes: bytes.unbind(), size })
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: a `bytes` of our own.
        unsafe { ffi::PyBytes_AsString(self.bytes.as_ptr()).cast() }
    }

    fn memory(&mut self) -> &mut [MaybeUninit<u8>] {
        // SAFETY: it has `size` bytes, which nobody else knows of.
        unsafe { slice::from_raw_parts_mut(self.start().cast(), self.size) }
    }

    /// As a `bytes` with a copy of these, for which it has room.
    #[cold]
    fn filled_with<'py>(mut self, py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyAny> {
        for (place, byte) in self.memory().iter_mut().zip(bytes) {
            place.write(*byte);
        }
        self.cut_to(py, bytes.len())
    }

    /// As a `bytes` with the `filled` bytes that stand at `start`.
    #[cold]
    fn filled_at(mut self, py: Python<'_>, start: usize, filled: usize) -> Bound<'_, PyAny> {
        self.memory().copy_within(start..start + filled, 0);
        self.cut_to(py, filled)
    }

    /// As a `bytes` with its first `filled` bytes, and without the rest of its memory where that can be had.
    fn shrunk_to(mut self, py: Python<'_>, filled: usize) -> Bound<'_, PyAny> {
        if filled < self.size && cfg!(not(py_sys_config = "Py_TRACE_REFS")) {
            let size = self.head() + filled;
            // SAFETY: the memory of an object of ours alone, which is larger than `size`; where it cannot be had, all
            // stays as it was.
            let moved = unsafe { ffi::PyObject_Realloc(self.bytes.as_ptr().cast(), size) };
            if !moved.is_null() {
                // SAFETY: the same object, with its one reference; the old place holds none any more.
                let bytes = unsafe { Bound::from_owned_ptr(py, moved.cast()) };
                std::mem::forget(std::mem::replace(&mut self.bytes, bytes.unbind()));
            }
        }
        self.cut_to(py, filled)
    }

    /// How much the object has besides its bytes, the NUL behind them included.
    fn head(&self) -> usize {
        self.start().addr() - self.bytes.as_ptr().addr() + 1
    }

    /// As a `bytes` with its first `filled` bytes, which are initialised; the rest of its memory stays behind them.
    fn cut_to(self, py: Python<'_>, filled: usize) -> Bound<'_, PyAny> {
        let filled = filled.min(self.size);
        // The NUL behind the bytes, for which there is room behind the last of them.
        let end = self.start().wrapping_add(filled);
        // SAFETY: within the object, as said.
        unsafe { end.write(0) };
        // SAFETY: an object with a size, which nobody else knows of; not more than it has.
        unsafe { (*self.bytes.as_ptr().cast::<ffi::PyVarObject>()).ob_size = filled.cast_signed() };
        self.bytes.into_bound(py)
    }
}
