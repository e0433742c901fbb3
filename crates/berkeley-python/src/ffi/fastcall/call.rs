//! The calling convention: arguments as `CPython` hands them over, and the entries of its tables of functions.
#![allow(unsafe_code, reason = "CPython hands over its arguments as pointers")]

use std::ffi::{CStr, c_ulong};
use std::ptr::null_mut;
use std::slice;

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString, PyTuple};

use super::convert::exact_long;
use crate::ffi::capi::{SocketObject, answer};
use crate::version;

/// The arguments of one call, borrowed from the caller.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a, 'py> {
    /// The positional ones.
    items: &'a [*mut ffi::PyObject],
    /// The values of those given by name.
    values: &'a [*mut ffi::PyObject],
    /// The names of these, a tuple of `str`; null where there are none.
    names: *mut ffi::PyObject,
    py: Python<'py>,
}

impl<'a, 'py> Args<'a, 'py> {
    /// How many positional ones there are.
    pub(crate) fn len(self) -> usize {
        self.items.len()
    }

    /// The thread's hold of the interpreter.
    pub(super) const fn py(self) -> Python<'py> {
        self.py
    }

    /// Whether any was given by name.
    pub(crate) fn has_names(self) -> bool {
        !self.values.is_empty()
    }

    /// The positional argument at `index`, from 0.
    #[inline]
    pub(crate) fn get(self, index: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        let item = *self.items.get(index)?;
        // SAFETY: the caller of the method keeps its arguments alive for the call, and none of them is null.
        Some(unsafe { Borrowed::from_ptr(self.py, item) })
    }

    /// Refuses arguments by name where there are none, in the words that `CPython` has for C's `METH_VARARGS`: of a
    /// method with the class before its name, of a function without its module.
    #[inline]
    fn fit(self, convention: Convention, class: &str, name: &CStr) -> PyResult<()> {
        if self.has_names() && convention == Convention::Positional {
            let text = format!("{class}{}() takes no keyword arguments", name.to_string_lossy());
            return Err(PyTypeError::new_err(text));
        }
        Ok(())
    }

    /// The argument of [`Convention::One`].
    pub(crate) fn only(self) -> PyResult<Borrowed<'a, 'py, PyAny>> {
        self.get(0).ok_or_else(|| PySystemError::new_err("called without its argument"))
    }

    /// The bytes of the positional argument at `index`, where it is exactly a `bytes`.
    #[inline]
    pub(crate) fn bytes(self, index: usize) -> Option<&'a [u8]> {
        let bytes = self.get(index)?.cast_exact::<PyBytes>().ok()?;
        let bytes = bytes.as_bytes();
        // SAFETY: bytes do not change, and the caller keeps the object alive for `'a`.
        Some(unsafe { slice::from_raw_parts(bytes.as_ptr(), bytes.len()) })
    }

    /// The text of the positional argument at `index` in UTF-8, where it is exactly a `str` and holds no NUL.
    #[inline]
    pub(crate) fn text(self, index: usize) -> Option<&'a CStr> {
        let text = self.get(index)?.cast_exact::<PyString>().ok()?;
        let mut length = 0;
        // SAFETY: an exact `str`, alive; only `length` is written.
        let start = unsafe { ffi::PyUnicode_AsUTF8AndSize(text.as_ptr(), &raw mut length) };
        if start.is_null() {
            // SAFETY: the thread is attached; the text holds surrogates, of which an exception is set.
            unsafe { ffi::PyErr_Clear() };
            return None;
        }
        let length = usize::try_from(length).ok()?;
        // SAFETY: `CPython` keeps the bytes, and a NUL behind them, beside the `str`, which lives for `'a`.
        let bytes = unsafe { slice::from_raw_parts(start.cast::<u8>(), length + 1) };
        CStr::from_bytes_with_nul(bytes).ok()
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits a C `int`.
    #[inline]
    pub(crate) fn int(self, index: usize) -> Option<i32> {
        self.long(index).and_then(|value| i32::try_from(value).ok())
    }

    /// As [`int`](Self::int), 0 where the argument was not given.
    #[inline]
    pub(crate) fn int_or_zero(self, index: usize) -> Option<i32> {
        if index >= self.len() { Some(0) } else { self.int(index) }
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits a `Py_ssize_t`.
    #[inline]
    pub(crate) fn size(self, index: usize) -> Option<isize> {
        self.long(index).and_then(|value| isize::try_from(value).ok())
    }

    /// As [`size`](Self::size), 0 where the argument was not given.
    #[inline]
    pub(crate) fn size_or_zero(self, index: usize) -> Option<isize> {
        if index >= self.len() { Some(0) } else { self.size(index) }
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits 64 bits.
    #[inline]
    pub(crate) fn long(self, index: usize) -> Option<i64> {
        exact_long(&*self.get(index)?)
    }

    /// The positional argument at `index`, where it is exactly an `int` and fits 32 bits without a sign.
    #[inline]
    pub(crate) fn word(self, index: usize) -> Option<u32> {
        let item = *self.items.get(index)?;
        // SAFETY: the argument is alive for the call.
        if unsafe { ffi::PyLong_CheckExact(item) } == 0 {
            return None;
        }
        // SAFETY: an exact `int` runs no Python code.
        let value = unsafe { ffi::PyLong_AsUnsignedLong(item) };
        if value == c_ulong::MAX {
            // SAFETY: the thread is attached; where it does not fit, an exception is set.
            unsafe { ffi::PyErr_Clear() };
        }
        u32::try_from(value).ok()
    }

    /// All the positional ones as a tuple.
    pub(crate) fn tuple(self) -> PyResult<Bound<'py, PyTuple>> {
        let items: Vec<_> = (0..self.len()).filter_map(|index| self.get(index)).collect();
        PyTuple::new(self.py, items)
    }

    /// Those given by name; `None` where there are none.
    pub(crate) fn dict(self) -> PyResult<Option<Bound<'py, PyDict>>> {
        if self.names.is_null() || self.values.is_empty() {
            return Ok(None);
        }
        // SAFETY: the caller's tuple of names lives as long as the call.
        let names = unsafe { Borrowed::from_ptr(self.py, self.names) };
        let names = names.cast::<PyTuple>()?;
        let dict = PyDict::new(self.py);
        for (name, value) in names.iter().zip(self.values) {
            // SAFETY: as of the positional ones.
            dict.set_item(name, unsafe { Borrowed::from_ptr(self.py, *value) })?;
        }
        Ok(Some(dict))
    }
}

impl Convention {
    /// That of one argument, which C's generator has taken since 3.13 as [`One`](Self::One).
    pub(crate) const SINGLE: Self = if version::SINCE_3_13 { Self::One } else { Self::Positional };
}

/// How `CPython` calls a method or function, which also says what it makes of a wrong number of arguments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Convention {
    /// No argument: `socket.fileno() takes no arguments (1 given)`.
    Nothing,
    /// Just one: `socket.listen() takes exactly one argument (0 given)`.
    One,
    /// Positional ones, as many as the body takes.
    Positional,
    /// Positional ones and some by name.
    Keywords,
}

/// A method of the socket type.
pub(crate) trait Method {
    const NAME: &'static CStr;
    const DOC: &'static CStr;
    const CONVENTION: Convention = Convention::Positional;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// A function of the module.
pub(crate) trait Function {
    const NAME: &'static CStr;
    const DOC: &'static CStr;
    const CONVENTION: Convention = Convention::Positional;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// The entry of a method in the type's table.
pub(crate) const fn method<M: Method>() -> ffi::PyMethodDef {
    let (pointer, flags) = match M::CONVENTION {
        Convention::Nothing => {
            (ffi::PyMethodDefPointer { PyCFunction: call_method_alone::<M> }, ffi::METH_NOARGS)
        }
        Convention::One => (ffi::PyMethodDefPointer { PyCFunction: call_method_alone::<M> }, ffi::METH_O),
        Convention::Positional | Convention::Keywords => (
            ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: call_method_named::<M> },
            ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ),
    };
    ffi::PyMethodDef { ml_name: M::NAME.as_ptr(), ml_meth: pointer, ml_flags: flags, ml_doc: M::DOC.as_ptr() }
}

/// The entry of a function in a module's table.
const fn function<F: Function>() -> ffi::PyMethodDef {
    let (pointer, flags) = match F::CONVENTION {
        Convention::Nothing => {
            (ffi::PyMethodDefPointer { PyCFunction: call_function_alone::<F> }, ffi::METH_NOARGS)
        }
        Convention::One => (ffi::PyMethodDefPointer { PyCFunction: call_function_alone::<F> }, ffi::METH_O),
        Convention::Positional | Convention::Keywords => (
            ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: call_function_named::<F> },
            ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ),
    };
    ffi::PyMethodDef { ml_name: F::NAME.as_ptr(), ml_meth: pointer, ml_flags: flags, ml_doc: F::DOC.as_ptr() }
}

/// Adds a function to `module`.
pub(crate) fn add_function<F: Function>(module: &Bound<'_, PyModule>) -> PyResult<()> {
    // The function keeps a pointer to its definition for ever.
    let definition = Box::leak(Box::new(function::<F>()));
    let name = module.name()?;
    // SAFETY: the definition is leaked, the module and its name are alive.
    let function = unsafe { ffi::PyCFunction_NewEx(definition, module.as_ptr(), name.as_ptr()) };
    // SAFETY: a new reference, or null with an exception set.
    let function = unsafe { Bound::from_owned_ptr_or_err(module.py(), function)? };
    module.add(function.getattr("__name__")?.cast_into()?, function)
}

unsafe extern "C" fn call_method_alone<M: Method>(
    socket: *mut ffi::PyObject,
    mut item: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = ffi::Py_ssize_t::from(!item.is_null());
    // SAFETY: `socket` is the call's, and its argument, where it has one, stands in `item`.
    unsafe { call_method_named::<M>(socket, &raw mut item, count, null_mut()) }
}

#[inline]
unsafe extern "C" fn call_method_named<M: Method>(
    socket: *mut ffi::PyObject,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls a method with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the method stands in the type's own table, so that `socket` is one of its instances, alive for the call.
    let socket = unsafe { &*socket.cast::<SocketObject>() };
    // SAFETY: `items`, `count` and `names` are those of the call.
    let args = unsafe { arguments(py, items, count, names) };
    answer(py, || {
        args.fit(M::CONVENTION, "socket.", M::NAME)?;
        M::call(py, socket, args)
    })
}

unsafe extern "C" fn call_function_alone<F: Function>(
    module: *mut ffi::PyObject,
    mut item: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let count = ffi::Py_ssize_t::from(!item.is_null());
    // SAFETY: the call's argument, where it has one, stands in `item`.
    unsafe { call_function_named::<F>(module, &raw mut item, count, null_mut()) }
}

#[inline]
unsafe extern "C" fn call_function_named<F: Function>(
    _module: *mut ffi::PyObject,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls a function with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: `items`, `count` and `names` are those of the call.
    let args = unsafe { arguments(py, items, count, names) };
    answer(py, || {
        args.fit(F::CONVENTION, "", F::NAME)?;
        F::call(py, args)
    })
}

/// # Safety
///
/// `items`, `count` and `names` are what `CPython` has called a `METH_FASTCALL | METH_KEYWORDS` function with.
#[inline]
unsafe fn arguments<'a>(
    py: Python<'_>,
    items: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> Args<'a, '_> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: where it is not null, it is a tuple.
    let more = if names.is_null() { 0 } else { unsafe { ffi::PyTuple_Size(names) } };
    let all = count + usize::try_from(more).unwrap_or(0);
    if all == 0 {
        // The pointer may be null.
        return Args { items: &[], values: &[], names, py };
    }
    // SAFETY: the caller's vector holds the positional arguments, and behind them those with names.
    let (items, values) = unsafe { slice::from_raw_parts(items, all) }.split_at(count);
    Args { items, values, names, py }
}
