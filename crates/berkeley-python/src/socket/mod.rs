//! The methods of the socket object, one file a theme.

use pyo3::ffi::PyMethodDef;

/// All of them, for the type's table.
pub(crate) fn methods() -> Vec<PyMethodDef> {
    Vec::new()
}
