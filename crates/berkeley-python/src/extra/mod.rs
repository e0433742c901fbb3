//! What C's `_socket` does not have: the module `berkeley._extra`, which the package hands on.
//!
//! Its functions take any object with `fileno()` and `gettimeout()`: sockets of either module.

mod capture;
mod connect;
mod constants;
mod datagrams;
mod kept;
mod packet;
mod tcp;
mod timestamps;

use berkeley::{Address, Family, SocketRef, option};
use pyo3::prelude::*;

use crate::address::{self, Kind};
use crate::error::raised;
use crate::ffi::capi::guarded;
use crate::ffi::{left_behind, new};
use crate::timeout;
use crate::wait::{Action, Wait};

/// Adds the functions to `module`.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<connect::Lookup>()?;
    module.add_class::<connect::Race>()?;
    module.add_function(wrap_pyfunction!(connect::finish_connect, module)?)?;
    module.add_function(wrap_pyfunction!(nanoseconds, module)?)?;
    module.add_function(wrap_pyfunction!(datagrams::send_many, module)?)?;
    module.add_function(wrap_pyfunction!(datagrams::recv_many, module)?)?;
    module.add_function(wrap_pyfunction!(tcp::tcp_info, module)?)?;
    tcp::add(module)?;
    module.add_function(wrap_pyfunction!(timestamps::recv_timestamped, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<capture::Capture>()?;
    packet::add(module)?;
    constants::add(module)
}

/// The first argument, a socket: what comes behind it may run Python code, of which [`left_behind`] has to know.
#[expect(clippy::unnecessary_wraps, reason = "what PyO3 calls gives a result")]
fn socket<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    left_behind::watch();
    Ok(object.clone())
}

/// The wait of one operation on a socket, which is asked for its descriptor and its timeout once.
fn wait<'s>(socket: &'s Bound<'_, PyAny>, action: Action) -> PyResult<Wait<'s>> {
    let timeout = timeout::parse(&socket.call_method0("gettimeout")?)?;
    Wait::of_either(socket, timeout, action)
}

/// What the shape of a socket's addresses goes by, of which the kernel is asked: it may be of either module.
fn kind(py: Python<'_>, socket: &SocketRef<'_>) -> PyResult<Kind> {
    let family = socket.get(option::DOMAIN).map_err(|error| raised(py, &error))?;
    Ok(Kind { family: family.as_raw(), protocol: protocol(py, socket)?, is_open: true })
}

fn protocol(py: Python<'_>, socket: &SocketRef<'_>) -> PyResult<i32> {
    let protocol = socket.get(option::PROTOCOL).map_err(|error| raised(py, &error))?;
    Ok(protocol.as_raw())
}

/// An address as `recvfrom` gives it.
fn shown<'py>(py: Python<'py>, socket: &SocketRef<'_>, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    let has_shapes = matches!(address.family(), Family::CAN | Family::BLUETOOTH);
    address::shown(py, if has_shapes { protocol(py, socket)? } else { 0 }, address)
}

/// The nanoseconds of a timeout, or None; refuses what `settimeout` refuses.
#[pyfunction]
#[pyo3(signature = (timeout, /))]
fn nanoseconds<'py>(timeout: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = timeout.py();
    guarded(|| match timeout::parse(timeout)? {
        timeout::NONE => Ok(py.None().into_bound(py)),
        nanoseconds => new::int(py, nanoseconds),
    })
}
