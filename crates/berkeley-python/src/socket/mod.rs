//! The methods of the socket object, one file a theme.

mod life;
mod option;
mod recv;
mod send;
mod timeout;

use pyo3::ffi::PyMethodDef;

pub(crate) use life::{init, own};

/// All of them, for the type's table.
pub(crate) fn methods() -> Vec<PyMethodDef> {
    let mut methods = Vec::new();
    methods.extend(life::methods());
    methods.extend(option::methods());
    methods.extend(recv::methods());
    methods.extend(send::methods());
    methods.extend(timeout::methods());
    methods
}
