//! Audit events (`sys.audit`), as C raises them.
#![allow(unsafe_code, reason = "CPython takes and gives objects as pointers")]

use std::ffi::{CStr, c_char, c_int};
use std::ptr::null_mut;

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;

unsafe extern "C" {
    // Exported by CPython, but not in pyo3-ffi.
    fn PySys_Audit(event: *const c_char, format: *const c_char, ...) -> c_int;
}

/// Raises the audit event of a new socket.
pub(crate) fn audit_new(object: &Bound<'_, PyAny>, [family, kind, protocol]: [c_int; 3]) -> PyResult<()> {
    let (event, format) = (c"socket.__new__".as_ptr(), c"Oiii".as_ptr());
    // SAFETY: the format takes an object, which is alive, and three ints.
    if unsafe { PySys_Audit(event, format, object.as_ptr(), family, kind, protocol) } < 0 {
        return Err(PyErr::fetch(object.py()));
    }
    Ok(())
}

/// Raises an audit event with at most five arguments (`sys.audit`).
pub(crate) fn audit(py: Python<'_>, event: &CStr, arguments: &[&Bound<'_, PyAny>]) -> PyResult<()> {
    const FORMATS: [&CStr; 6] = [c"()", c"(O)", c"(OO)", c"(OOO)", c"(OOOO)", c"(OOOOO)"];
    let Some(format) = FORMATS.get(arguments.len()) else {
        return Err(PySystemError::new_err("an audit event of too many arguments"));
    };
    let at = |index: usize| arguments.get(index).map_or(null_mut(), |argument| argument.as_ptr());
    let a = [0, 1, 2, 3, 4].map(at);
    // SAFETY: the format takes as many objects as there are arguments, which are alive; the rest is not read.
    if unsafe { PySys_Audit(event.as_ptr(), format.as_ptr(), a[0], a[1], a[2], a[3], a[4]) } < 0 {
        return Err(PyErr::fetch(py));
    }
    Ok(())
}
