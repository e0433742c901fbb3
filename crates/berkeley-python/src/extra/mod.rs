//! What C's `_socket` does not have: the module `berkeley._extra`, which the package hands on.
//!
//! Its functions take any object with `fileno()` and `gettimeout()`: sockets of either module.

mod connect;
mod constants;
mod datagrams;
mod kept;
mod tcp;
mod timestamps;

use berkeley::{Address, Error, Family, SocketRef, option};
use pyo3::prelude::*;

use crate::address::{self, Kind};
use crate::error::raised;
use crate::fd;
use crate::ffi::capi::guarded;
use crate::ffi::{left_behind, new};
use crate::timeout;
use crate::wait::{Action, End, Wait};

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
    constants::add(module)
}

/// The first argument, a socket: what comes behind it may run Python code, of which [`left_behind`] has to know.
#[expect(clippy::unnecessary_wraps, reason = "what PyO3 calls gives a result")]
fn socket<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    left_behind::watch();
    Ok(object.clone())
}

/// The socket of one operation, and its wait.
struct Target<'py> {
    /// The socket as Python has it.
    object: Bound<'py, PyAny>,
    wait: Wait<'py>,
}

impl<'py> Target<'py> {
    /// Asks a socket of Python's for its descriptor and its timeout, once.
    fn of(socket: &Bound<'py, PyAny>, action: Action) -> PyResult<Self> {
        let number = number(socket)?;
        let timeout = timeout::parse(&socket.call_method0("gettimeout")?)?;
        let target = fd::borrowed(socket.py(), number)?;
        Ok(Self { object: socket.clone(), wait: Wait::foreign(number, target, timeout, action) })
    }

    /// What the calls are made on.
    fn socket(&self) -> &SocketRef<'py> {
        self.wait.target()
    }

    /// What the shape of its addresses goes by, of which the kernel is asked: the object may be of either module.
    fn kind(&self, py: Python<'_>) -> PyResult<Kind> {
        let family = self.socket().get(option::DOMAIN).map_err(|error| raised(py, &error))?;
        Ok(Kind { family: family.as_raw(), protocol: self.protocol(py)?, is_open: true })
    }

    fn protocol(&self, py: Python<'_>) -> PyResult<i32> {
        let protocol = self.socket().get(option::PROTOCOL).map_err(|error| raised(py, &error))?;
        Ok(protocol.as_raw())
    }

    /// An address as `recvfrom` gives it.
    fn shown(&self, py: Python<'py>, address: &Address) -> PyResult<Bound<'py, PyAny>> {
        let has_shapes = matches!(address.family(), Family::CAN | Family::BLUETOOTH);
        address::shown(py, if has_shapes { self.protocol(py)? } else { 0 }, address)
    }

    /// What comes before the first try of a receive: a wait, where a mark (`SO_RCVLOWAT`) is to be reached. The kernel
    /// is asked for it, since the object may be of either module.
    fn before(&mut self, py: Python<'_>) -> PyResult<Result<(), End>> {
        if self.socket().get(option::RCVLOWAT).is_ok_and(|mark| mark != 1) {
            let waited = self.wait.before(py)?;
            return self.check(waited);
        }
        Ok(Ok(()))
    }

    /// What follows a try that failed, up to the next: waits, signal handlers. Python code that raises, a signal
    /// handler's or the object's, is told apart from what ends the operation.
    fn after(&mut self, py: Python<'_>, error: Error) -> PyResult<Result<(), End>> {
        let waited = self.wait.after(py, error)?;
        self.check(waited)
    }

    /// What follows a try that moved something, where there is more.
    fn progressed(&mut self, py: Python<'_>) -> PyResult<Result<(), End>> {
        let waited = self.wait.progressed(py)?;
        self.check(waited)
    }

    /// Ends where the socket was closed since the operation began: the number may be another's by now.
    fn check(&self, waited: Result<(), End>) -> PyResult<Result<(), End>> {
        if waited.is_ok() && number(&self.object)? != self.wait.fd() {
            return Ok(Err(End::Closed));
        }
        Ok(waited)
    }
}

/// The number of a socket's descriptor.
fn number(socket: &Bound<'_, PyAny>) -> PyResult<i32> {
    socket.call_method0("fileno")?.extract()
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
