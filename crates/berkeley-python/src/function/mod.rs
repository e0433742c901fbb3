//! The functions of the module, one file a theme.

mod byte_order;
mod inet;
mod timeout;

use pyo3::prelude::*;

/// Adds them all.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    byte_order::add(module)?;
    inet::add(module)?;
    timeout::add(module)
}
