//! The functions of the module, one file a theme.

mod byte_order;
mod control;
mod descriptor;
mod host;
mod inet;
mod interface;
mod lookup;
mod machine;
mod name;
mod service;
mod timeout;

use pyo3::prelude::*;

pub(crate) use lookup::Question;

/// Adds them all.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    byte_order::add(module)?;
    control::add(module)?;
    descriptor::add(module)?;
    host::add(module)?;
    inet::add(module)?;
    interface::add(module)?;
    lookup::add(module)?;
    machine::add(module)?;
    service::add(module)?;
    timeout::add(module)
}
