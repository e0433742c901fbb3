//! New objects of Python's, with `MemoryError` where there is no memory: `PyO3`'s own constructors panic then.
#![allow(unsafe_code, reason = "CPython makes its objects")]

use std::ffi::{CStr, c_char};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};

/// What a constructor of `CPython` has given.
///
/// # Safety
///
/// A new reference, or null with an exception set.
unsafe fn made(py: Python<'_>, object: *mut ffi::PyObject) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: as the caller says.
    unsafe { Bound::from_owned_ptr_or_err(py, object) }
}

fn length(size: usize) -> PyResult<ffi::Py_ssize_t> {
    Ok(ffi::Py_ssize_t::try_from(size)?)
}

/// A `bytes` with these.
#[inline]
pub(crate) fn bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the pointer goes with the length.
    let object = unsafe { ffi::PyBytes_FromStringAndSize(bytes.as_ptr().cast(), length(bytes.len())?) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { made(py, object) }
}

/// Three of them.
pub(crate) fn ints(py: Python<'_>, [a, b, c]: [impl Number; 3]) -> PyResult<[Bound<'_, PyAny>; 3]> {
    Ok([int(py, a)?, int(py, b)?, int(py, c)?])
}

/// What becomes an `int`.
pub(crate) trait Number {
    /// A new reference, or null with an exception set.
    fn to_object(self) -> *mut ffi::PyObject;
}

/// By the narrowest of `CPython`'s makers that takes it.
macro_rules! numbers {
    ($($kind:ty, $maker:ident;)*) => {
        $(impl Number for $kind {
            #[inline]
            fn to_object(self) -> *mut ffi::PyObject {
                // SAFETY: takes a number; the thread is attached, as `int` says.
                unsafe { ffi::$maker(self.into()) }
            }
        })*
    };
}

numbers! {
    i32, PyLong_FromLong;
    u16, PyLong_FromLong;
    u32, PyLong_FromUnsignedLong;
    i64, PyLong_FromLongLong;
    u64, PyLong_FromUnsignedLongLong;
    usize, PyLong_FromSize_t;
}

/// An `int`.
#[inline]
pub(crate) fn int(py: Python<'_>, value: impl Number) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: a new reference, or null with an exception set.
    unsafe { made(py, value.to_object()) }
}

/// A `float`.
pub(crate) fn float(py: Python<'_>, value: f64) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: takes a number.
    let object = unsafe { ffi::PyFloat_FromDouble(value) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { made(py, object) }
}

/// A `str`.
pub(crate) fn text<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    string(py, text).map(Bound::into_any)
}

/// A `str`, as what it is.
pub(crate) fn string<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyString>> {
    // SAFETY: the pointer goes with the length.
    let object = unsafe { ffi::PyUnicode_FromStringAndSize(text.as_ptr().cast(), length(text.len())?) };
    // SAFETY: a new reference, or null with an exception set.
    let object = unsafe { made(py, object)? };
    // SAFETY: a `str`, as its maker is called.
    Ok(unsafe { object.cast_into_unchecked() })
}

/// A `str` of bytes as the file system's encoding has them (`os.fsdecode`).
pub(crate) fn file_system_text<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let start = bytes.as_ptr().cast::<c_char>();
    // SAFETY: the pointer goes with the length.
    let object = unsafe { ffi::PyUnicode_DecodeFSDefaultAndSize(start, length(bytes.len())?) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { made(py, object) }
}

/// A `str` of UTF-8, with `UnicodeDecodeError` where it is none.
pub(crate) fn decoded<'py>(py: Python<'py>, text: &CStr) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the text ends with a NUL.
    let object = unsafe { ffi::PyUnicode_FromString(text.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    unsafe { made(py, object) }
}

/// A `list` of what each item is, as far as the first that fails.
pub(crate) fn list_of<'py>(
    py: Python<'py>,
    items: impl IntoIterator<Item = PyResult<Bound<'py, PyAny>>>,
) -> PyResult<Bound<'py, PyList>> {
    let list = list(py)?;
    for item in items {
        list.append(item?)?;
    }
    Ok(list)
}

/// A `tuple` of these.
pub(crate) fn tuple<'py, const N: usize>(
    py: Python<'py>,
    items: [Bound<'py, PyAny>; N],
) -> PyResult<Bound<'py, PyTuple>> {
    // SAFETY: takes a length.
    let object = unsafe { ffi::PyTuple_New(length(N)?) };
    // SAFETY: a new reference, or null with an exception set.
    let object = unsafe { made(py, object)? };
    for (index, item) in (0..).zip(items) {
        // SAFETY: a tuple that nobody else has, of which this place is empty; it takes over the reference.
        unsafe { ffi::PyTuple_SET_ITEM(object.as_ptr(), index, item.into_ptr()) };
    }
    // SAFETY: a tuple, as its maker is called.
    Ok(unsafe { object.cast_into_unchecked() })
}

/// An empty `list`.
pub(crate) fn list(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    // SAFETY: takes a length.
    let object = unsafe { ffi::PyList_New(0) };
    // SAFETY: a new reference, or null with an exception set.
    let object = unsafe { made(py, object)? };
    // SAFETY: a list, as its maker is called.
    Ok(unsafe { object.cast_into_unchecked() })
}
