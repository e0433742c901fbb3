//! Copies of what Python code hands over, however large: where there is no memory they raise `MemoryError`, and do not
//! end the process as Rust's own do.

use std::ffi::CString;

use pyo3::exceptions::PyMemoryError;
use pyo3::{PyErr, PyResult};

/// A list with room for `count` items.
pub(crate) fn room_for<T>(count: usize) -> PyResult<Vec<T>> {
    let mut items = Vec::new();
    reserve(&mut items, count)?;
    Ok(items)
}

/// Makes room for `count` items more.
pub(crate) fn reserve<T>(items: &mut Vec<T>, count: usize) -> PyResult<()> {
    items.try_reserve(count).map_err(|_| exhausted())
}

/// `MemoryError`.
pub(crate) fn exhausted() -> PyErr {
    PyMemoryError::new_err(())
}

/// The bytes, with room for the NUL of a C string.
pub(crate) fn copied(bytes: &[u8]) -> PyResult<Vec<u8>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len() + 1).map_err(|_| exhausted())?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

/// What C reads of bytes: those before the first NUL.
pub(crate) fn until_nul(bytes: &[u8]) -> PyResult<CString> {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    Ok(CString::new(copied(&bytes[..end])?).unwrap_or_default())
}
