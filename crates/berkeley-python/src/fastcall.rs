//! Where CPython's calling convention (`METH_FASTCALL`) meets safe functions.
#![allow(unsafe_code, reason = "CPython hands over its arguments as pointers")]

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::null_mut;

use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::capi::SocketObject;

/// The positional arguments of one call, borrowed from the caller.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a, 'py> {
    items: &'a [*mut ffi::PyObject],
    py: Python<'py>,
}

impl<'a, 'py> Args<'a, 'py> {
    /// How many there are.
    pub(crate) fn len(self) -> usize {
        self.items.len()
    }

    /// The argument at `index`, from 0.
    pub(crate) fn get(self, index: usize) -> Option<Borrowed<'a, 'py, PyAny>> {
        let item = *self.items.get(index)?;
        // SAFETY: the caller of the method keeps its arguments alive for the call, and none of them is null.
        Some(unsafe { Borrowed::from_ptr(self.py, item) })
    }

    /// All of them as a tuple.
    pub(crate) fn tuple(self) -> PyResult<Bound<'py, PyTuple>> {
        let items: Vec<_> = (0..self.len()).filter_map(|index| self.get(index)).collect();
        PyTuple::new(self.py, items)
    }
}

/// A method of the socket type.
pub(crate) trait Method {
    const NAME: &'static CStr;
    const DOC: &'static CStr;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// A function of the module.
pub(crate) trait Function {
    const NAME: &'static CStr;
    const DOC: &'static CStr;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>>;
}

/// The entry of a method in the type's table.
pub(crate) const fn method<M: Method>() -> ffi::PyMethodDef {
    ffi::PyMethodDef {
        ml_name: M::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFast: call_method::<M> },
        ml_flags: ffi::METH_FASTCALL,
        ml_doc: M::DOC.as_ptr(),
    }
}

/// Adds a function to `module`.
pub(crate) fn add_function<F: Function>(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let definition = Box::new(ffi::PyMethodDef {
        ml_name: F::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFast: call_function::<F> },
        ml_flags: ffi::METH_FASTCALL,
        ml_doc: F::DOC.as_ptr(),
    });
    // The function keeps a pointer to its definition for ever.
    let definition = Box::leak(definition);
    let name = module.name()?;
    // SAFETY: the definition is leaked, the module and its name are alive; the result is a new reference or null.
    let function = unsafe {
        Bound::from_owned_ptr_or_err(
            module.py(),
            ffi::PyCFunction_NewEx(definition, module.as_ptr(), name.as_ptr()),
        )?
    };
    module.add(function.getattr("__name__")?.cast_into()?, function)
}

unsafe extern "C" fn call_method<M: Method>(
    socket: *mut ffi::PyObject,
    items: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls a method with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the method stands in the type's own table, so that `socket` is one of its instances, alive for the call.
    let socket = unsafe { &*socket.cast::<SocketObject>() };
    // SAFETY: `items` and `count` are those of the call.
    let args = unsafe { arguments(py, items, count) };
    answer(py, || M::call(py, socket, args))
}

unsafe extern "C" fn call_function<F: Function>(
    _module: *mut ffi::PyObject,
    items: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> *mut ffi::PyObject {
    // SAFETY: CPython calls a function with its thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: `items` and `count` are those of the call.
    let args = unsafe { arguments(py, items, count) };
    answer(py, || F::call(py, args))
}

/// # Safety
///
/// `items` and `count` are what CPython has called a `METH_FASTCALL` function with.
unsafe fn arguments<'a, 'py>(
    py: Python<'py>,
    items: *mut *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
) -> Args<'a, 'py> {
    let items = match usize::try_from(count) {
        // The pointer may be null where there is none.
        Err(_) | Ok(0) => &[],
        // SAFETY: the caller's vector holds `count` arguments.
        Ok(count) => unsafe { std::slice::from_raw_parts(items, count) },
    };
    Args { items, py }
}

/// Runs the body of a call; neither an error nor a panic leaves it otherwise than as a Python exception.
fn answer<'py>(py: Python<'py>, body: impl FnOnce() -> PyResult<Bound<'py, PyAny>>) -> *mut ffi::PyObject {
    let error = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return value.into_ptr(),
        Ok(Err(error)) => error,
        Err(_) => PySystemError::new_err("a panic inside _socket: please report it"),
    };
    error.restore(py);
    null_mut()
}
