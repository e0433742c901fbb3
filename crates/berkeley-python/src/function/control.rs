//! The sizes of control messages: `CMSG_LEN` and `CMSG_SPACE`.

use std::ffi::CStr;

use berkeley::control::{length, space};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::ffi::fastcall::{Args, Function, Slot, add_function, parse};
use crate::ffi::new;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<Length>(module)?;
    add_function::<Space>(module)
}

/// What C lets a `socklen_t` count.
const LONGEST: usize = i32::MAX as usize;

struct Length;

impl Function for Length {
    const NAME: &'static CStr = c"CMSG_LEN";
    const DOC: &'static CStr =
        c"CMSG_LEN(length) -> control message length\n\nThe length of a control message with that \
        many bytes of data, without the padding behind it.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let size = argument(args, c"n:CMSG_LEN")?;
        sized(py, size, LONGEST - length(0), length, "CMSG_LEN() argument out of range")
    }
}

struct Space;

impl Function for Space {
    const NAME: &'static CStr = c"CMSG_SPACE";
    const DOC: &'static CStr =
        c"CMSG_SPACE(length) -> buffer size\n\nThe room that a control message with that many \
        bytes of data takes, the padding behind it included.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let size = argument(args, c"n:CMSG_SPACE")?;
        // C leaves room for the padding before and behind one byte.
        sized(py, size, LONGEST - space(1), space, "CMSG_SPACE() argument out of range")
    }
}

/// The only argument, a size.
#[inline]
fn argument(args: Args<'_, '_>, format: &CStr) -> PyResult<isize> {
    if let (1, Some(size)) = (args.len(), args.size(0)) {
        return Ok(size);
    }
    let mut size = 0;
    parse(args, format, &mut [Slot::Size(&mut size)])?;
    Ok(size)
}

/// What `measure` makes of a size that is at most `longest`.
fn sized<'py>(
    py: Python<'py>,
    size: isize,
    longest: usize,
    measure: fn(usize) -> usize,
    refusal: &'static str,
) -> PyResult<Bound<'py, PyAny>> {
    match usize::try_from(size) {
        Ok(size) if size <= longest => new::int(py, measure(size)),
        _ => Err(PyOverflowError::new_err(refusal)),
    }
}
