//! The Python door: `_socket` on Rust. Only `capi`, `fastcall`, `buffer` and `fd` may hold `unsafe`.

mod capi;
mod error;
mod fastcall;
mod fd;

use pyo3::prelude::*;

/// The module, under C's names.
#[pymodule]
fn _socket(_module: &Bound<'_, PyModule>) -> PyResult<()> {
    Ok(())
}
