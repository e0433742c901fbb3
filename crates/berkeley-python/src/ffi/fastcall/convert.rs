//! Python's objects as Rust's values, with `CPython`'s own errors.
#![allow(unsafe_code, reason = "CPython takes and gives objects as pointers")]

use std::ffi::{CStr, c_int, c_long, c_ulong};
use std::ptr::null_mut;

use pyo3::exceptions::PyTypeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};

unsafe extern "C" {
    // Private but exported, since C's `_socket` is a library of its own on some builds: its texts differ by version.
    fn _PyTime_FromSecondsObject(time: *mut i64, object: *mut ffi::PyObject, round: c_int) -> c_int;
    // Private before 3.13.
    #[cfg_attr(not(Py_3_13), link_name = "_PyLong_AsInt")]
    fn PyLong_AsInt(object: *mut ffi::PyObject) -> c_int;
}

/// The value of what is exactly an `int` and fits 64 bits.
#[inline]
pub(crate) fn exact_long(item: &Bound<'_, PyAny>) -> Option<i64> {
    let item = item.as_ptr();
    // SAFETY: the object is alive.
    if unsafe { ffi::PyLong_CheckExact(item) } == 0 {
        return None;
    }
    let mut overflow = 0;
    // SAFETY: an exact `int` runs no Python code, and only `overflow` is written.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(item, &raw mut overflow) };
    (overflow == 0).then_some(value)
}

/// The items of an iterable, taken once: what holds them may change while each is asked for its own.
///
/// Raises `TypeError` of `refusal` where it is none.
pub(crate) fn sequence<'py>(
    object: &Bound<'py, PyAny>,
    refusal: &'static str,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = object.py();
    if let Ok(list) = object.cast_exact::<PyList>() {
        return Ok(list.to_tuple());
    }
    let items = object.try_iter().map_err(|error| {
        if error.is_instance_of::<PyTypeError>(py) { PyTypeError::new_err(refusal) } else { error }
    })?;
    // The iterator of a released memoryview comes with an exception (CPython 3.11).
    if let Some(error) = PyErr::take(py) {
        return Err(error);
    }
    // By Python's own `tuple`: there may be no end of them.
    Ok(py.get_type::<PyTuple>().call1((items,))?.cast_into()?)
}

/// Lets go of an error where the call goes on.
///
/// Merely dropped it would live until some thread's next wait or error: see `answer`.
fn forget(py: Python<'_>, error: PyErr) {
    error.restore(py);
    // SAFETY: the thread is attached.
    unsafe { ffi::PyErr_Clear() };
}

/// The text of a `str`; `None` where it has none in UTF-8, for it holds surrogates.
#[inline]
pub(crate) fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Option<&'a str> {
    text.to_str().map_err(|error| forget(text.py(), error)).ok()
}

/// Whether it went well; an error is let go.
pub(crate) fn went_well(py: Python<'_>, result: PyResult<()>) -> bool {
    result.map_err(|error| forget(py, error)).is_ok()
}

/// The nanoseconds of a number of seconds, rounded up; with `CPython`'s own errors.
pub(crate) fn nanoseconds(seconds: &Bound<'_, PyAny>) -> PyResult<i64> {
    /// `_PyTime_ROUND_UP`: away from zero, as timeouts are rounded.
    const UP: c_int = 3;
    let mut time = 0;
    // SAFETY: the object is alive, and only `time` is written.
    if unsafe { _PyTime_FromSecondsObject(&raw mut time, seconds.as_ptr(), UP) } < 0 {
        return Err(PyErr::fetch(seconds.py()));
    }
    Ok(time)
}

/// The value of an integer, or of what has `__index__`, as a C `long`; with `CPython`'s own errors.
pub(crate) fn long(object: &Bound<'_, PyAny>) -> PyResult<c_long> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyLong_AsLong(object.as_ptr()) };
    match (value == -1).then(|| PyErr::take(object.py())).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// An integer without a sign, or what has `__index__`, as one of the type that C calls `kind`; with
/// the errors of `CPython`'s converters of 3.14.
#[cold]
pub(crate) fn natural<T: TryFrom<i64>>(object: &Bound<'_, PyAny>, kind: &str) -> PyResult<T> {
    use pyo3::exceptions::{PyOverflowError, PyValueError};
    let mut overflow = 0;
    // SAFETY: the object is alive, and only `overflow` is written.
    let value = unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
    if let (-1, 0, Some(error)) = (value, overflow, PyErr::take(object.py())) {
        return Err(error);
    }
    if overflow < 0 || value < 0 && overflow == 0 {
        return Err(PyValueError::new_err("Cannot convert negative int"));
    }
    let value = if overflow == 0 { T::try_from(value).ok() } else { None };
    value.ok_or_else(|| PyOverflowError::new_err(format!("Python int too large for C {kind}")))
}

/// As [`long`], without a sign.
pub(crate) fn unsigned(object: &Bound<'_, PyAny>) -> PyResult<c_ulong> {
    // SAFETY: the object is alive.
    let value = unsafe { ffi::PyLong_AsUnsignedLong(object.as_ptr()) };
    match (value == c_ulong::MAX).then(|| PyErr::take(object.py())).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// Whether the object is an integer, or has `__index__`.
pub(crate) fn is_index(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive.
    unsafe { ffi::PyIndex_Check(object.as_ptr()) != 0 }
}

/// The name of an object's type as C's texts have it: with its module where the type is one of C's own making.
pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    let class = object.get_type_ptr();
    // SAFETY: the type is alive as long as its object.
    let name = unsafe { (*class).tp_name };
    // SAFETY: a type's name ends with a NUL and lives as long as the type.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

/// As [`long`], as a C `int`, of which alone the errors speak.
pub(crate) fn int(object: &Bound<'_, PyAny>) -> PyResult<c_int> {
    // SAFETY: the object is alive.
    let value = unsafe { PyLong_AsInt(object.as_ptr()) };
    match (value == -1).then(|| PyErr::take(object.py())).flatten() {
        Some(error) => Err(error),
        None => Ok(value),
    }
}

/// The bytes of a text as the file system's encoding has them (`os.fsencode`).
pub(crate) fn file_system_bytes<'py>(text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyBytes>> {
    // SAFETY: the object is alive.
    let bytes = unsafe { ffi::PyUnicode_EncodeFSDefault(text.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(text.py(), bytes)? };
    Ok(bytes.cast_into()?)
}

/// The bytes of a file's name, as `os.fsencode` gives them, without a NUL.
pub(crate) fn file_name<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut bytes = null_mut::<ffi::PyObject>();
    // SAFETY: the object is alive, and the converter puts a new reference into its room, or sets an exception.
    if unsafe { ffi::PyUnicode_FSConverter(object.as_ptr(), (&raw mut bytes).cast()) } == 0 {
        return Err(PyErr::fetch(object.py()));
    }
    // SAFETY: a new reference, as above.
    let bytes = unsafe { Bound::from_owned_ptr_or_err(object.py(), bytes)? };
    Ok(bytes.cast_into()?)
}
