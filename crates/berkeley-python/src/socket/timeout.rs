//! settimeout, gettimeout, setblocking, getblocking.

use std::ffi::CStr;

use berkeley::bindings;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::error::raised;
use crate::fd;
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Args, Convention, Method, long, method};
use crate::timeout;
use crate::version;

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 4] {
    [method::<SetTimeout>(), method::<GetTimeout>(), method::<SetBlocking>(), method::<GetBlocking>()]
}

/// Sets the object's timeout, and `O_NONBLOCK` as it demands.
fn set(py: Python<'_>, socket: &SocketObject, timeout: i64) -> PyResult<()> {
    socket.set_timeout(timeout);
    apply(py, socket.fd(), timeout)
}

/// Sets `O_NONBLOCK` of the descriptor where there is a timeout, and clears it where there is none.
pub(super) fn apply(py: Python<'_>, fd: i32, timeout: i64) -> PyResult<()> {
    let socket = fd::borrowed(py, fd)?;
    bindings::set_nonblocking(&socket, timeout >= 0).map_err(|error| raised(py, &error))
}

struct SetTimeout;

impl Method for SetTimeout {
    const NAME: &'static CStr = c"settimeout";
    const DOC: &'static CStr =
        c"settimeout(timeout)\n\nSet how long each operation may take: a number of seconds, 0 \
        never to wait, or None to wait as long as it takes.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = args.only()?;
        set(py, socket, timeout::parse(&value)?)?;
        Ok(py.None().into_bound(py))
    }
}

struct GetTimeout;

impl Method for GetTimeout {
    const NAME: &'static CStr = c"gettimeout";
    const DOC: &'static CStr =
        c"gettimeout() -> timeout\n\nThe timeout in seconds, a float; None where there is none.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        timeout::shown(py, socket.timeout())
    }
}

struct SetBlocking;

impl Method for SetBlocking {
    const NAME: &'static CStr = c"setblocking";
    const DOC: &'static CStr = c"setblocking(flag)\n\nTrue is settimeout(None), False is settimeout(0.0).";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let flag = args.only()?;
        let blocks = if version::SINCE_3_12 { flag.is_truthy()? } else { long(&flag)? != 0 };
        set(py, socket, if blocks { timeout::NONE } else { 0 })?;
        Ok(py.None().into_bound(py))
    }
}

struct GetBlocking;

impl Method for GetBlocking {
    const NAME: &'static CStr = c"getblocking";
    const DOC: &'static CStr = c"getblocking()\n\nFalse where the timeout is 0, else True.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(PyBool::new(py, socket.timeout() != 0).to_owned().into_any())
    }
}
