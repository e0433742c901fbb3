//! The timeout of sockets that are made from now on: getdefaulttimeout and setdefaulttimeout.

use std::ffi::CStr;

use pyo3::prelude::*;

use crate::ffi::fastcall::{Args, Convention, Function, add_function};
use crate::timeout;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<GetDefaultTimeout>(module)?;
    add_function::<SetDefaultTimeout>(module)
}

struct GetDefaultTimeout;

impl Function for GetDefaultTimeout {
    const NAME: &'static CStr = c"getdefaulttimeout";
    const DOC: &'static CStr =
        c"getdefaulttimeout() -> timeout\n\nThe timeout of new sockets in seconds (a float), \
        or None: they wait for ever.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        timeout::shown(py, timeout::default())
    }
}

struct SetDefaultTimeout;

impl Function for SetDefaultTimeout {
    const NAME: &'static CStr = c"setdefaulttimeout";
    const DOC: &'static CStr =
        c"setdefaulttimeout(timeout)\n\nSet the timeout of sockets that are made from now on: \
        seconds, or None to wait for ever.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = args.only()?;
        timeout::set_default(timeout::parse(&value)?);
        Ok(py.None().into_bound(py))
    }
}
