//! The socket object as C lays it out, its type, and the capsule through which `_ssl` finds both.
#![allow(unsafe_code, reason = "the struct prefix that _ssl reads, the type made by hand, the capsule")]

use std::any::Any;
use std::ffi::{CStr, c_int, c_long, c_ulong, c_void};
use std::mem::offset_of;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::null_mut;
use std::sync::Once;
#[cfg(Py_3_12)]
use std::sync::atomic::AtomicPtr;
use std::sync::atomic::{AtomicI32, AtomicI64, AtomicU32, Ordering};

use pyo3::exceptions::{PyImportError, PyOSError, PySystemError, PyTimeoutError};
use pyo3::ffi;
#[cfg(not(Py_3_14))]
use pyo3::ffi::PyErr_WriteUnraisable as report;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::left_behind;
use crate::memory;

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
    /// How many receives have lately begun too early. C has its error handler here and behind, which nobody reads.
    misses: AtomicU32,
    /// `SO_RCVLOWAT`, as far as this object knows: 0 or 1 where there is none.
    mark: AtomicU32,
    /// In nanoseconds; negative for none.
    timeout: AtomicI64,
    /// C's state of the module, which nobody reads either.
    #[cfg(Py_3_12)]
    state: AtomicPtr<c_void>,
}

/// No timeout, as C keeps it: a second less than none.
pub(crate) const NO_TIMEOUT: i64 = -1_000_000_000;

const HEAD: usize = size_of::<ffi::PyObject>();
const _: () = assert!(offset_of!(SocketObject, fd) == HEAD);
const _: () = assert!(offset_of!(SocketObject, misses) == HEAD + 16);
const _: () = assert!(offset_of!(SocketObject, mark) == HEAD + 20);
const _: () = assert!(offset_of!(SocketObject, timeout) == HEAD + 24);

/// What a method may ask of its socket and do to it. Each value is read once an operation.
impl SocketObject {
    /// The descriptor, -1 when closed.
    #[inline]
    pub(crate) fn fd(&self) -> i32 {
        self.fd.load(Ordering::Relaxed)
    }

    /// Where descriptor and timeout stand, for those who look at them without the GIL.
    #[inline]
    pub(crate) fn cells(&self) -> (&AtomicI32, &AtomicI64) {
        (&self.fd, &self.timeout)
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

    /// Sets the timeout, but not `O_NONBLOCK`.
    pub(crate) fn set_timeout(&self, timeout: i64) {
        self.timeout.store(timeout, Ordering::Relaxed);
    }

    /// How many receives in a row have found nothing at their first try, and what `wait` counts behind that.
    #[inline]
    pub(crate) fn misses(&self) -> u32 {
        self.misses.load(Ordering::Relaxed)
    }

    /// Sets that number.
    #[inline]
    pub(crate) fn set_misses(&self, misses: u32) {
        self.misses.store(misses, Ordering::Relaxed);
    }

    /// How many bytes have to be there before a receive that waits goes on (`SO_RCVLOWAT`); 0 or 1 for any.
    #[inline]
    pub(crate) fn mark(&self) -> usize {
        self.mark.load(Ordering::Relaxed) as usize
    }

    /// Remembers the mark that the kernel tells.
    pub(crate) fn set_mark(&self, mark: u32) {
        self.mark.store(mark, Ordering::Relaxed);
    }

    /// The Python object that this is.
    pub(crate) fn object<'a, 'py>(&'a self, py: Python<'py>) -> Borrowed<'a, 'py, PyAny> {
        // SAFETY: nobody but the type makes one, so that it is a Python object, and the borrow keeps it alive.
        unsafe { Borrowed::from_ptr(py, (&raw const *self).cast_mut().cast()) }
    }

    /// Takes the descriptor out, which is the caller's from then on; -1 where there is none.
    pub(crate) fn take(&self) -> i32 {
        self.fd.swap(-1, Ordering::Relaxed)
    }

    /// Puts a descriptor in, and what it is; gives the one that was there, which is the caller's from then on.
    pub(crate) fn fill(&self, fd: i32, [family, kind, protocol]: [i32; 3], timeout: i64) -> i32 {
        self.family.store(family, Ordering::Relaxed);
        self.kind.store(kind, Ordering::Relaxed);
        self.protocol.store(protocol, Ordering::Relaxed);
        self.timeout.store(timeout, Ordering::Relaxed);
        self.set_misses(0);
        self.set_mark(0);
        self.fd.swap(fd, Ordering::Relaxed)
    }
}

static TYPE: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// What the type does, which is told to it from above.
pub(crate) trait Behaviour {
    /// The table of its methods.
    fn methods() -> Vec<ffi::PyMethodDef>;

    /// `__init__`.
    fn init<'py>(
        socket: &SocketObject,
        args: &Bound<'py, PyTuple>,
        named: Option<Bound<'py, PyDict>>,
    ) -> PyResult<()>;

    /// Closes a descriptor that was an object's; nobody can be told of an error.
    fn close(py: Python<'_>, fd: i32);

    /// The attribute `timeout`.
    fn timeout<'py>(py: Python<'py>, socket: &SocketObject) -> PyResult<Bound<'py, PyAny>>;
}

/// Makes a socket object without a descriptor, and has `fill` give it one.
pub(crate) fn make(
    py: Python<'_>,
    fill: impl FnOnce(&SocketObject) -> PyResult<()>,
) -> PyResult<Bound<'_, PyAny>> {
    let class = TYPE.get(py).ok_or_else(|| PySystemError::new_err("_socket is not loaded"))?;
    let class = class.bind(py);
    let made = class.call_method1("__new__", (class,))?;
    // SAFETY: just made by the type, so that it is one of its instances; `made` keeps it alive.
    fill(unsafe { &*made.as_ptr().cast::<SocketObject>() })?;
    Ok(made)
}

/// As [`answer`], of what gives no value: 0, or -1 with an exception set.
fn status(py: Python<'_>, body: impl FnOnce() -> PyResult<()>) -> c_int {
    let none = answer(py, || body().map(|()| py.None().into_bound(py)));
    if none.is_null() {
        return -1;
    }
    // SAFETY: `answer` has given a reference of its own.
    unsafe { ffi::Py_DECREF(none) };
    0
}

/// Runs the body of a call; neither an error nor a panic leaves it otherwise than as a Python exception.
#[inline]
pub(crate) fn answer<'py>(
    py: Python<'py>,
    body: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
) -> *mut ffi::PyObject {
    left_behind::watch();
    let ended = catch_unwind(AssertUnwindSafe(|| match body() {
        Ok(value) => value.into_ptr(),
        Err(error) => {
            raise(py, error);
            null_mut()
        }
    }));
    ended.unwrap_or_else(|panic| {
        raise_panic(&*panic);
        null_mut()
    })
}

/// Runs the body of a function that `PyO3` calls, as [`answer`] does: what it panics with for want of memory becomes
/// `MemoryError`.
pub(crate) fn guarded<T>(body: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    left_behind::watch();
    // An error that is only named becomes an exception here, and not where its panic would end the process.
    let body = || {
        body().inspect_err(|error| {
            Python::attach(|py| error.value(py).is_none());
        })
    };
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(result) => result,
        Err(panic) if panic.downcast_ref::<&str>() == Some(&NO_OBJECT) => Err(memory::exhausted()),
        Err(panic) => resume_unwind(panic),
    }
}

/// What `PyO3` panics with where `CPython` gives no object, for want of memory: not all of it gives an error.
const NO_OBJECT: &str = "PyObject pointer is null";

/// Sets the exception of a panic, of nothing that has to be allocated here.
#[cold]
fn raise_panic(panic: &(dyn Any + Send)) {
    if panic.downcast_ref::<&str>() == Some(&NO_OBJECT) {
        // SAFETY: the thread is attached.
        unsafe { ffi::PyErr_NoMemory() };
        return;
    }
    // SAFETY: set when the interpreter started, and never changed.
    let class = unsafe { ffi::PyExc_SystemError };
    // SAFETY: the class is alive, the text ends with a NUL.
    unsafe { ffi::PyErr_SetString(class, c"a panic inside _socket: please report it".as_ptr()) };
}

/// Lets no panic be reported that becomes a `MemoryError`; for the whole process, whichever module asks first.
pub(crate) fn keep_quiet_without_memory() {
    static ASKED: Once = Once::new();
    ASKED.call_once(hold_reports_back);
}

fn hold_reports_back() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if panic.payload().downcast_ref::<&str>() != Some(&NO_OBJECT) {
            report(panic);
        }
    }));
}

/// Sets the exception.
///
/// `PyO3` counts a thread as attached only inside its own trampolines. Elsewhere it puts off what it frees, the error's
/// text or another error in whose place this one comes, until a thread attaches: so this one does.
#[cold]
fn raise(py: Python<'_>, error: PyErr) {
    let mut error = Some(error);
    // Refused at the interpreter's end, where nothing grows any more.
    Python::try_attach(|py| error.take().map(|error| error.restore(py)));
    if let Some(error) = error {
        error.restore(py);
    }
    // SAFETY: the thread is attached.
    if unsafe { ffi::PyErr_Occurred() }.is_null() {
        // There was no memory for it, and PyO3 has told somebody else.
        // SAFETY: as above.
        unsafe { ffi::PyErr_NoMemory() };
    }
}

unsafe extern "C" fn new(
    class: *mut ffi::PyTypeObject,
    _args: *mut ffi::PyObject,
    _named: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    left_behind::watch();
    // SAFETY: CPython hands over the type that is to be instantiated, ready and alive.
    let Some(allocate) = (unsafe { (*class).tp_alloc }) else { return null_mut() };
    // SAFETY: as above; the memory that it gives is zeroed behind the head.
    let object = unsafe { allocate(class, 0) };
    if !object.is_null() {
        // SAFETY: an instance of our type or of one derived from it, which begin with these fields, all zero by now.
        let socket = unsafe { &*object.cast::<SocketObject>() };
        // The default timeout only `__init__` gives, as in C.
        socket.fill(-1, [0; 3], NO_TIMEOUT);
    }
    object
}

unsafe extern "C" fn initialise<B: Behaviour>(
    object: *mut ffi::PyObject,
    args: *mut ffi::PyObject,
    named: *mut ffi::PyObject,
) -> c_int {
    // SAFETY: CPython initialises with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the slot is our type's, so that this is one of its instances, alive for the call.
    let socket = unsafe { &*object.cast::<SocketObject>() };
    // SAFETY: a tuple, alive for the call.
    let args = unsafe { Borrowed::from_ptr(py, args) };
    // SAFETY: null or a dictionary, alive for the call.
    let named = unsafe { Bound::from_borrowed_ptr_or_opt(py, named) };
    status(py, || {
        let named = named.map(Bound::cast_into::<PyDict>).transpose()?;
        let args = args.cast::<PyTuple>()?;
        B::init(socket, &args, named)
    })
}

/// Warns of a descriptor that nobody has closed, and closes it; the exception of the moment stays.
unsafe extern "C" fn finalize<B: Behaviour>(object: *mut ffi::PyObject) {
    left_behind::watch();
    // SAFETY: CPython finalizes with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the slot is our type's, so that this is one of its instances, alive for the call.
    let socket = unsafe { &*object.cast::<SocketObject>() };
    if socket.fd() != -1 {
        // What is pending may be PyO3's exception of a panic, which goes on where it is taken.
        if catch_unwind(AssertUnwindSafe(|| warn_and_close::<B>(py, socket))).is_err() {
            B::close(py, socket.take());
        }
    }
}

fn warn_and_close<B: Behaviour>(py: Python<'_>, socket: &SocketObject) {
    let object = socket.object(py).as_ptr();
    let pending = PyErr::take(py);
    // SAFETY: the object is alive, and the format takes it alone.
    let warned = unsafe { ffi::PyErr_ResourceWarning(object, 1, c"unclosed %R".as_ptr(), object) };
    // SAFETY: set when the interpreter started, and never changed.
    let warning = unsafe { ffi::PyExc_Warning };
    // SAFETY: it failed, so that an exception is set.
    if warned < 0 && unsafe { ffi::PyErr_ExceptionMatches(warning) } != 0 {
        // SAFETY: as above: the exception is taken away.
        unsafe { report(object) };
    }
    // Closed only now: code that logs the warning may still ask for the address.
    B::close(py, socket.take());
    if let Some(pending) = pending {
        pending.restore(py);
    } else {
        // SAFETY: an error at shutdown, which says nothing to anybody.
        unsafe { ffi::PyErr_Clear() };
    }
}

/// Tells `sys.unraisablehook` of a warning that became an exception.
///
/// # Safety
///
/// The object is alive, and an exception is set.
#[cfg(Py_3_14)]
unsafe fn report(object: *mut ffi::PyObject) {
    unsafe extern "C" {
        // Not in pyo3-ffi.
        fn PyErr_FormatUnraisable(format: *const std::ffi::c_char, ...);
    }
    // SAFETY: the format takes the object alone.
    unsafe { PyErr_FormatUnraisable(c"Exception ignored while finalizing socket %R".as_ptr(), object) };
}

unsafe extern "C" fn deallocate(object: *mut ffi::PyObject) {
    // SAFETY: CPython deallocates an object that nobody else refers to; the finalizer may bring it back.
    if unsafe { ffi::PyObject_CallFinalizerFromDealloc(object) } < 0 {
        return;
    }
    // SAFETY: the object still is one, with its type.
    let class = unsafe { ffi::Py_TYPE(object) };
    #[cfg(Py_3_12)]
    // SAFETY: the type has HAVE_GC, so that the object is the collector's.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
    }
    // SAFETY: a type that is ready has the slot.
    if let Some(free) = unsafe { (*class).tp_free } {
        // SAFETY: the object is finalized, untracked, and referred to by nobody.
        unsafe { free(object.cast()) };
    }
    #[cfg(Py_3_12)]
    // SAFETY: each instance of a type on the heap holds one reference to it.
    unsafe {
        ffi::Py_DECREF(class.cast());
    }
}

#[cfg(Py_3_12)]
unsafe extern "C" fn traverse(
    object: *mut ffi::PyObject,
    visit: ffi::visitproc,
    argument: *mut c_void,
) -> c_int {
    // SAFETY: the object is alive.
    let class = unsafe { ffi::Py_TYPE(object) };
    // SAFETY: the collector's own function and its own argument.
    unsafe { visit(class.cast(), argument) }
}

unsafe extern "C" fn represent(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the slot is our type's, so that this is one of its instances, alive for the call.
    let socket = unsafe { &*object.cast::<SocketObject>() };
    let (fd, family) = (c_long::from(socket.fd()), socket.family());
    let format = c"<socket object, fd=%ld, family=%d, type=%d, proto=%d>".as_ptr();
    // SAFETY: the format takes a long and three ints.
    unsafe { ffi::PyUnicode_FromFormat(format, fd, family, socket.kind(), socket.protocol()) }
}

unsafe extern "C" fn timeout_attribute<B: Behaviour>(
    object: *mut ffi::PyObject,
    _: *mut c_void,
) -> *mut ffi::PyObject {
    // SAFETY: CPython reads an attribute with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the descriptor is our type's, so that this is one of its instances, alive for the call.
    let socket = unsafe { &*object.cast::<SocketObject>() };
    answer(py, || B::timeout(py, socket))
}

/// An attribute of type `int` that is read only.
fn member(name: &'static CStr, offset: usize, doc: &'static CStr) -> ffi::PyMemberDef {
    ffi::PyMemberDef {
        name: name.as_ptr(),
        type_code: ffi::Py_T_INT,
        offset: offset.cast_signed(),
        flags: ffi::Py_READONLY,
        doc: doc.as_ptr(),
    }
}

const DOC: &CStr = c"socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object
socket(family=-1, type=-1, proto=-1, fileno=None) -> socket object

Open a socket of the given family, type and protocol. Child processes do not inherit it.

With a fileno the object takes over that descriptor, and family, type and proto
are asked of the kernel unless they are given.";

/// As C has it: the collector knows the type since 3.12.
#[cfg(Py_3_12)]
const FLAGS: c_ulong = ffi::Py_TPFLAGS_DEFAULT
    | ffi::Py_TPFLAGS_BASETYPE
    | ffi::Py_TPFLAGS_IMMUTABLETYPE
    | ffi::Py_TPFLAGS_HAVE_GC;
#[cfg(not(Py_3_12))]
const FLAGS: c_ulong = ffi::Py_TPFLAGS_DEFAULT | ffi::Py_TPFLAGS_BASETYPE | ffi::Py_TPFLAGS_IMMUTABLETYPE;

/// The tables of the type, leaked, since it keeps pointers into them for ever.
struct Tables {
    methods: *mut ffi::PyMethodDef,
    members: *mut ffi::PyMemberDef,
    attributes: *mut ffi::PyGetSetDef,
}

impl Tables {
    fn of<B: Behaviour>() -> Self {
        let mut methods = B::methods();
        methods.push(ffi::PyMethodDef::zeroed());
        let members = vec![
            member(c"family", HEAD + 4, c"the socket family"),
            member(c"type", HEAD + 8, c"the socket type"),
            member(c"proto", HEAD + 12, c"the socket protocol"),
            ffi::PyMemberDef::default(),
        ];
        let timeout = ffi::PyGetSetDef {
            name: c"timeout".as_ptr(),
            get: Some(timeout_attribute::<B>),
            doc: c"the socket timeout".as_ptr(),
            ..Default::default()
        };
        let attributes = vec![timeout, ffi::PyGetSetDef::default()];
        Self {
            methods: methods.leak().as_mut_ptr(),
            members: members.leak().as_mut_ptr(),
            attributes: attributes.leak().as_mut_ptr(),
        }
    }
}

const NAME: &CStr = c"_socket.socket";

/// Makes the type, on the heap, where C's stands since 3.12.
#[cfg(Py_3_12)]
fn make_type<'py, B: Behaviour>(module: &Bound<'py, PyModule>) -> PyResult<Bound<'py, PyType>> {
    let tables = Tables::of::<B>();
    let slot = |slot, pfunc| ffi::PyType_Slot { slot, pfunc };
    let mut slots = [
        slot(ffi::Py_tp_new, new as *mut c_void),
        slot(ffi::Py_tp_init, initialise::<B> as *mut c_void),
        slot(ffi::Py_tp_dealloc, deallocate as *mut c_void),
        slot(ffi::Py_tp_finalize, finalize::<B> as *mut c_void),
        slot(ffi::Py_tp_traverse, traverse as *mut c_void),
        slot(ffi::Py_tp_repr, represent as *mut c_void),
        slot(ffi::Py_tp_methods, tables.methods.cast()),
        slot(ffi::Py_tp_members, tables.members.cast()),
        slot(ffi::Py_tp_getset, tables.attributes.cast()),
        slot(ffi::Py_tp_doc, DOC.as_ptr().cast_mut().cast()),
        slot(0, null_mut()),
    ];
    let mut spec = ffi::PyType_Spec {
        name: NAME.as_ptr(),
        basicsize: c_int::try_from(size_of::<SocketObject>())?,
        itemsize: 0,
        flags: u32::try_from(FLAGS)?,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification and its slots live for the call, what they point to for ever.
    let made = unsafe { ffi::PyType_FromModuleAndSpec(module.as_ptr(), &raw mut spec, null_mut()) };
    // SAFETY: a new reference, or null with an exception set.
    let made = unsafe { Bound::from_owned_ptr_or_err(module.py(), made)? };
    Ok(made.cast_into::<PyType>()?)
}

/// Makes the type, which before 3.12 is a static one, as C's: it has no `__module__` in its `__dict__`.
#[cfg(not(Py_3_12))]
fn make_type<'py, B: Behaviour>(module: &Bound<'py, PyModule>) -> PyResult<Bound<'py, PyType>> {
    let tables = Tables::of::<B>();
    // SAFETY: plain data, for which zeros are null pointers, missing functions and no flags.
    let empty: ffi::PyTypeObject = unsafe { std::mem::zeroed() };
    let class = Box::leak(Box::new(ffi::PyTypeObject {
        ob_base: ffi::PyVarObject { ob_base: ffi::PyObject_HEAD_INIT, ob_size: 0 },
        tp_name: NAME.as_ptr(),
        tp_basicsize: ffi::Py_ssize_t::try_from(size_of::<SocketObject>())?,
        tp_flags: FLAGS,
        tp_doc: DOC.as_ptr(),
        tp_new: Some(new),
        tp_init: Some(initialise::<B>),
        tp_dealloc: Some(deallocate),
        tp_finalize: Some(finalize::<B>),
        tp_repr: Some(represent),
        // C's own names it, which shows in the type's `__dict__`.
        tp_getattro: Some(ffi::PyObject_GenericGetAttr),
        tp_methods: tables.methods,
        tp_members: tables.members,
        tp_getset: tables.attributes,
        ..empty
    }));
    // SAFETY: the type and its tables are leaked, and nobody else knows it yet.
    if unsafe { ffi::PyType_Ready(&raw mut *class) } < 0 {
        return Err(PyErr::fetch(module.py()));
    }
    // SAFETY: a type is an object, and this one lives for ever.
    let made = unsafe { Bound::from_borrowed_ptr(module.py(), (&raw mut *class).cast()) };
    Ok(made.cast_into::<PyType>()?)
}

/// What the capsule points to: C's `PySocketModule_APIObject`.
#[repr(C)]
struct Api {
    socket_type: *mut ffi::PyTypeObject,
    error: *mut ffi::PyObject,
    timeout_error: *mut ffi::PyObject,
}

/// Makes the capsule `_socket.CAPI`; what it points to lives for ever.
fn make_capsule<'py>(py: Python<'py>, socket_type: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    let api = Box::leak(Box::new(Api {
        socket_type: socket_type.clone().into_ptr().cast(),
        error: py.get_type::<PyOSError>().into_ptr(),
        timeout_error: py.get_type::<PyTimeoutError>().into_ptr(),
    }));
    // SAFETY: the pointer is not null and, like the name, lives for ever.
    let capsule = unsafe { ffi::PyCapsule_New((&raw mut *api).cast(), c"_socket.CAPI".as_ptr(), None) };
    // SAFETY: a new reference, or null with an exception set.
    let capsule = unsafe { Bound::from_owned_ptr_or_err(py, capsule)? };
    #[cfg(Py_3_13)]
    tracked::track(&capsule)?;
    Ok(capsule)
}

/// Has the collector know the capsule, as it knows C's since 3.13.
#[cfg(Py_3_13)]
mod tracked {
    use super::{Bound, PyAny, PyErr, PyResult, c_int, c_void, ffi};

    unsafe extern "C" {
        /// Exported for `CPython`'s own `_socket`; not in `pyo3-ffi`.
        fn _PyCapsule_SetTraverse(
            capsule: *mut ffi::PyObject,
            traverse: ffi::traverseproc,
            clear: ffi::inquiry,
        ) -> c_int;
    }

    /// What the capsule refers to lives for ever, so that there is nothing to visit and nothing to clear.
    extern "C" fn traverse(_: *mut ffi::PyObject, _: ffi::visitproc, _: *mut c_void) -> c_int {
        0
    }

    unsafe extern "C" fn clear(_: *mut ffi::PyObject) -> c_int {
        0
    }

    pub(super) fn track(capsule: &Bound<'_, PyAny>) -> PyResult<()> {
        // SAFETY: a capsule that is alive, and two functions that hold for any.
        if unsafe { _PyCapsule_SetTraverse(capsule.as_ptr(), traverse, clear) } < 0 {
            return Err(PyErr::fetch(capsule.py()));
        }
        Ok(())
    }
}

/// Refuses every interpreter of the process but its first: the type and the exceptions are one for all, and an
/// interpreter's objects may not be another's.
pub(crate) fn check_interpreter(_: Python<'_>) -> PyResult<()> {
    // SAFETY: the thread is attached to an interpreter.
    let here = unsafe { ffi::PyInterpreterState_Get() };
    // SAFETY: the process has one; its pointer is compared, not followed.
    if here == unsafe { ffi::PyInterpreterState_Main() } {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "berkeley does not run in a sub-interpreter of Python: use the standard socket there",
    ))
}

/// Adds the type under its two names, the exceptions that are Python's own, and the capsule.
pub(crate) fn add<B: Behaviour>(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let class = TYPE.get_or_try_init(py, || make_type::<B>(module).map(Bound::unbind))?.bind(py);
    module.add("socket", class)?;
    module.add("SocketType", class)?;
    module.add("error", py.get_type::<PyOSError>())?;
    module.add("timeout", py.get_type::<PyTimeoutError>())?;
    module.add("CAPI", make_capsule(py, class)?)
}
