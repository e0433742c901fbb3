//! The machine's own name: `gethostname`, `sethostname`.

use std::ffi::CStr;

use berkeley::resolve::{host_name, set_host_name};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::{lookup_failed, raised};
use crate::ffi::fastcall::{Args, Convention, Function, Slot, add_function, audit, file_name, parse};
use crate::ffi::new;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<GetHostName>(module)?;
    add_function::<SetHostName>(module)
}

struct GetHostName;

impl Function for GetHostName {
    const NAME: &'static CStr = c"gethostname";
    const DOC: &'static CStr = c"gethostname() -> string\n\nThe name of this machine.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        audit(py, c"socket.gethostname", &[])?;
        // The kernel tells it without a wait, so that the GIL is kept.
        let name = host_name().map_err(|error| lookup_failed(py, &error))?;
        new::file_system_text(py, name.to_bytes())
    }
}

struct SetHostName;

impl Function for SetHostName {
    const NAME: &'static CStr = c"sethostname";
    const DOC: &'static CStr = c"sethostname(name)\n\nName this machine, until it starts anew.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = one(args, c"O:sethostname")?;
        let name = match name.cast_into::<PyBytes>() {
            Ok(name) => name,
            Err(error) => file_name(&error.into_inner())?,
        };
        audit(py, c"socket.sethostname", &[&name])?;
        set_host_name(name.as_bytes()).map_err(|error| raised(py, &error))?;
        Ok(py.None().into_bound(py))
    }
}

/// The only argument, where C counts them by its parser.
pub(super) fn one<'py>(args: Args<'_, 'py>, format: &CStr) -> PyResult<Bound<'py, PyAny>> {
    if let (1, Some(argument)) = (args.len(), args.get(0)) {
        return Ok(argument.to_owned());
    }
    let mut argument = None;
    parse(args, format, &mut [Slot::Object(&mut argument)])?;
    argument.map_or_else(|| args.only().map(pyo3::Borrowed::to_owned), Ok)
}
