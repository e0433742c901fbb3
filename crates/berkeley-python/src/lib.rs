//! The Python door: `_socket` on Rust. Only `ffi` may hold `unsafe`.

mod address;
mod constant;
mod error;
mod extra;
mod fd;
mod ffi;
mod function;
mod gil;
mod memory;
mod socket;
mod timeout;
mod version;
mod wait;

use pyo3::exceptions::PyImportError;
use pyo3::prelude::*;

// This comment is the module's `__doc__`, in C's words.
/// Implementation module for socket operations.
///
/// See the socket module for documentation.
#[pymodule(gil_used = true)]
fn _socket(module: &Bound<'_, PyModule>) -> PyResult<()> {
    prepare(module.py())?;
    socket::add(module)?;
    error::add(module)?;
    constant::add(module)?;
    function::add(module)?;
    // PyO3 lists what is added in `__all__`, which C's module does not have.
    module.delattr("__all__")
}

/// The second half of the file: what C's module does not have.
#[pymodule(gil_used = true)]
fn _extra(module: &Bound<'_, PyModule>) -> PyResult<()> {
    prepare(module.py())?;
    extra::add(module)?;
    module.delattr("__all__")
}

/// What comes first in both, and what has to be done while the interpreter is whole: destructors make calls at its end.
fn prepare(py: Python<'_>) -> PyResult<()> {
    ffi::left_behind::watch();
    ffi::capi::keep_quiet_without_memory();
    check_version(py)?;
    ffi::capi::check_interpreter(py)?;
    // The first time that a thread attaches, PyO3 asks whether the interpreter runs, and panics at its end.
    py.detach(|| Python::attach(|_| ()));
    error::prepare(py)
}

/// Refuses an interpreter of another version: objects are laid out otherwise there.
fn check_version(py: Python<'_>) -> PyResult<()> {
    let (built, now) = (env!("PYTHON_VERSION"), py.version_info());
    let now = format!("{}.{}", now.major, now.minor);
    if now == built {
        Ok(())
    } else {
        Err(PyImportError::new_err(format!("built for Python {built}, not {now}")))
    }
}
