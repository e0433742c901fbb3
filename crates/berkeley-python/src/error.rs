//! What goes wrong, as the exceptions that C's module raises: classes, arguments and texts.

use std::{fmt, iter};

use berkeley::{Address, Cause, Error};
use pyo3::exceptions::{PyOSError, PyTimeoutError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyType};

use crate::memory;

/// The peer has reset the connection (errno(3)).
pub(crate) const ECONNRESET: i32 = 104;

/// Not now (errno(3)).
pub(crate) const EAGAIN: i32 = 11;

/// No memory left (errno(3)).
const ENOMEM: i32 = 12;

/// No memory left for a lookup (getaddrinfo(3)).
const EAI_MEMORY: i32 = -10;

/// A value that the call does not take (errno(3)).
pub(crate) const EINVAL: i32 = 22;

pub(crate) use crate::ffi::fd::EBADF;

static GAIERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static HERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// `socket.gaierror`, raised by what asks getaddrinfo(3) and getnameinfo(3).
pub(crate) fn gaierror(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    subclass(py, &GAIERROR, "gaierror")
}

/// `socket.herror`, raised by what asks gethostbyname(3) and its kin.
pub(crate) fn herror(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    subclass(py, &HERROR, "herror")
}

/// Adds the two classes that are not Python's own.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("gaierror", gaierror(module.py())?)?;
    module.add("herror", herror(module.py())?)
}

/// The class that a `_socket` loaded before has, so that beside C's module existing `except` clauses catch; otherwise
/// a subclass of `OSError` that says it is of the module `socket`. Made once.
fn subclass<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Py<PyType>>,
    name: &str,
) -> PyResult<&'py Bound<'py, PyType>> {
    let made = cell.get_or_try_init(py, || {
        let loaded = py.import("sys")?.getattr("modules")?.get_item("_socket");
        if let Ok(class) = loaded.and_then(|module| module.getattr(name)) {
            return Ok(class.cast_into::<PyType>()?.unbind());
        }
        let namespace = PyDict::new(py);
        namespace.set_item("__module__", "socket")?;
        let class = py.get_type::<PyType>().call1((name, (py.get_type::<PyOSError>(),), namespace))?;
        Ok::<_, PyErr>(class.cast_into::<PyType>()?.unbind())
    })?;
    Ok(made.bind(py))
}

/// `posix.strerror`, found while modules can be imported: destructors run, and calls fail, when they no longer can.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    strerror(py).map(drop)
}

fn strerror(py: Python<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static STRERROR: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let made = STRERROR.get_or_try_init(py, || py.import("posix")?.getattr("strerror").map(Bound::unbind));
    made.map(|strerror| strerror.bind(py))
}

/// The `OSError` of `errno`, of the subclass that belongs to it, with the C library's text.
pub(crate) fn os_error(py: Python<'_>, errno: i32) -> PyErr {
    let text = strerror(py).and_then(|strerror| strerror.call1((errno,))?.extract::<String>());
    match text {
        Ok(text) => PyOSError::new_err((errno, text)),
        Err(error) => error,
    }
}

/// The exception of an error of the library's, as C's module raises it, with a note of the address.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let exception = match (error.cause(), error.raw_os_error()) {
        (Cause::TimedOut, _) => timed_out(),
        (_, Some(errno)) => os_error(py, errno),
        (Cause::Invalid, _) => PyValueError::new_err(error.reason()),
        _ => PyOSError::new_err(error.reason()),
    };
    match note(error) {
        Some(note) => noted(py, exception, &note),
        None => exception,
    }
}

/// Whether the library, or the kernel, had no memory.
pub(crate) fn is_out_of_memory(error: &Error) -> bool {
    error.raw_os_error() == Some(ENOMEM)
}

/// The exception of the library's for what only takes memory: `MemoryError`, as where Python takes it.
pub(crate) fn allocated(py: Python<'_>, error: &Error) -> PyErr {
    if is_out_of_memory(error) { memory::exhausted() } else { raised(py, error) }
}

/// What a note says of an error: the address. `None` where none is known.
pub(crate) fn note(error: &Error) -> Option<String> {
    error.target().and_then(address_in).map(address_note)
}

/// The address in what the library says of a socket: behind its kind (`tcp 127.0.0.1:9`), unless it says that itself
/// (`vsock:2:1234`). Nothing else that may stand there reads as an address (`udp`, what the kernel lacks).
fn address_in(target: &str) -> Option<&str> {
    let words = target.match_indices(' ').map(|(space, _)| &target[space + 1..]);
    let address = iter::once(target).chain(words).find(|text| text.parse::<Address>().is_ok())?;
    (!address.starts_with('(')).then_some(address)
}

/// The note of an address; `_connect.py` writes its own in this shape.
pub(crate) fn address_note(address: impl fmt::Display) -> String {
    format!("address: {address}")
}

/// With a note (PEP 678), which tracebacks show below the exception; its arguments and its text stay C's.
pub(crate) fn noted(py: Python<'_>, exception: PyErr, note: &str) -> PyErr {
    // An exception without a note is as good as none that fails on top of it.
    let _ = exception.value(py).call_method1(pyo3::intern!(py, "add_note"), (note,));
    exception
}

/// The exception of a lookup that failed: `gaierror` or `herror`, each with its code and the C library's words for it,
/// and with a note of the name.
pub(crate) fn lookup_failed(py: Python<'_>, error: &Error) -> PyErr {
    let cause = error.cause();
    if is_out_of_memory(error) || cause == Cause::Resolver(EAI_MEMORY) {
        return memory::exhausted();
    }
    let (class, code) = match cause {
        Cause::Resolver(code) => (gaierror(py), code),
        Cause::Host(code) => (herror(py), code),
        _ => return raised(py, error),
    };
    let exception =
        match class.and_then(|class| class.call1((code, cause.lookup_message().unwrap_or_default()))) {
            Ok(value) => PyErr::from_value(value),
            Err(error) => return error,
        };
    match error.target() {
        Some(name) => noted(py, exception, &format!("name: {name}")),
        None => exception,
    }
}

/// What an operation raises whose timeout ran out.
pub(crate) fn timed_out() -> PyErr {
    PyTimeoutError::new_err("timed out")
}
