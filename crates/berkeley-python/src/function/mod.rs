//! The functions of the module, one file a theme.

mod byte_order;
mod control;
mod descriptor;
mod inet;
mod timeout;

use pyo3::prelude::*;

/// Adds them all.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    byte_order::add(module)?;
    control::add(module)?;
    descriptor::add(module)?;
    inet::add(module)?;
    timeout::add(module)
}
