//! Names on their way to the resolver and back: how Python's objects become its bytes, and its bytes text.

use std::ffi::CStr;

use berkeley::Error;
use pyo3::prelude::*;

use crate::error::lookup_failed;
use crate::ffi::fastcall::utf8;
use crate::ffi::new;

/// The longest label of a host's name.
const LABEL: usize = 63;

/// The text of a host that the codec `idna` leaves as it is; `None` where the codec has to be asked.
pub(super) fn plain<'a>(host: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    let text = utf8(host.cast_exact().ok()?)?;
    is_plain(text).then_some(text)
}

fn is_plain(text: &str) -> bool {
    if text.len() <= LABEL && !text.contains('.') {
        return text.bytes().all(|byte| byte.is_ascii() && byte != 0);
    }
    let mut length = 0;
    for byte in text.bytes() {
        length = match byte {
            // No label but the last may be empty.
            b'.' if length == 0 => return false,
            b'.' => 0,
            0 | 0x80.. => return false,
            _ if length == LABEL => return false,
            _ => length + 1,
        };
    }
    true
}

/// The text of a name in UTF-8, as C has it where it says so.
pub(super) fn text<'py>(py: Python<'py>, name: &CStr) -> PyResult<Bound<'py, PyAny>> {
    new::decoded(py, name)
}

/// Runs a lookup, the GIL released, and raises what it failed of.
pub(super) fn released<T: Send>(
    py: Python<'_>,
    lookup: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(lookup).map_err(|error| lookup_failed(py, &error))
}
