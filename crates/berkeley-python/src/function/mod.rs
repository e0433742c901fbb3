//! The functions of the module, one file a theme.

mod host;
mod interface;
mod lookup;
mod machine;
mod name;
mod service;

use pyo3::prelude::*;

/// Adds them all.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    host::add(module)?;
    interface::add(module)?;
    lookup::add(module)?;
    machine::add(module)?;
    service::add(module)
}
