//! The Python door: `_socket` on Rust. Only `capi`, `fastcall`, `buffer` and `fd` may hold `unsafe`.

mod buffer;
mod capi;
mod error;
mod extra;
mod fastcall;
mod fd;
mod socket;
mod timeout;
mod wait;

use pyo3::prelude::*;

/// The module, under C's names.
#[pymodule]
fn _socket(module: &Bound<'_, PyModule>) -> PyResult<()> {
    socket::add(module)?;
    // PyO3 lists what is added in `__all__`, which C's module has not.
    module.delattr("__all__")
}

/// The second half of the file: what C's module has not.
#[pymodule]
fn _extra(module: &Bound<'_, PyModule>) -> PyResult<()> {
    extra::add(module)
}
