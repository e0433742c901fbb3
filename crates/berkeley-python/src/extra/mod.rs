//! What C's `_socket` has not: the module `berkeley._extra`, which the package hands on.
//!
//! Its functions take any object with `fileno()` and `gettimeout()`: sockets of either module.

mod connect;
mod constants;
mod datagrams;
mod tcp;
mod timestamps;

use std::time::Duration;

use berkeley::{Address, Deadline, Error, Family, Interest, SocketRef, option};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::address::Kind;
use crate::error::{EBADF, os_error, raised, timed_out};
use crate::fd;
use crate::{address, wait};

/// Adds the functions to `module`.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<connect::Lookup>()?;
    module.add_class::<connect::Race>()?;
    module.add_function(wrap_pyfunction!(nanoseconds, module)?)?;
    module.add_function(wrap_pyfunction!(datagrams::send_many, module)?)?;
    module.add_function(wrap_pyfunction!(datagrams::recv_many, module)?)?;
    module.add_function(wrap_pyfunction!(tcp::tcp_info, module)?)?;
    module.add_function(wrap_pyfunction!(timestamps::recv_timestamped, module)?)?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    constants::add(module)
}

/// The socket of one operation, and when the operation has to end.
struct Target<'py> {
    /// The socket as Python has it, and the number of its descriptor when the operation began.
    object: Bound<'py, PyAny>,
    number: i32,
    socket: SocketRef<'py>,
    timeout: Option<Duration>,
    deadline: Deadline,
    /// How many tries have found nothing after poll(2) had said "ready".
    misled: u32,
}

impl<'py> Target<'py> {
    /// Asks a socket of Python's for its descriptor and its timeout, once.
    fn of(socket: &Bound<'py, PyAny>) -> PyResult<Self> {
        let object = socket.clone();
        let number = socket.call_method0("fileno")?.extract()?;
        let timeout = seconds(socket.call_method0("gettimeout")?.extract()?)?;
        let deadline = Deadline::from_timeout(timeout);
        let socket = fd::borrowed(socket.py(), number)?;
        Ok(Self { object, number, socket, timeout, deadline, misled: 0 })
    }

    /// What the shape of its addresses goes by, of which the kernel is asked: the object may be of either module.
    fn kind(&self, py: Python<'_>) -> PyResult<Kind> {
        let family = self.socket.get(option::DOMAIN).map_err(|error| raised(py, &error))?;
        Ok(Kind { family: family.as_raw(), protocol: self.protocol(py)?, is_open: true })
    }

    fn protocol(&self, py: Python<'_>) -> PyResult<i32> {
        let protocol = self.socket.get(option::PROTOCOL).map_err(|error| raised(py, &error))?;
        Ok(protocol.as_raw())
    }

    /// An address as `recvfrom` gives it.
    fn shown(&self, py: Python<'py>, address: &Address) -> PyResult<Bound<'py, PyAny>> {
        let has_shapes = matches!(address.family(), Family::CAN | Family::BLUETOOTH);
        address::shown(py, if has_shapes { self.protocol(py)? } else { 0 }, address)
    }

    /// What follows a try that failed: a wait, the signal handlers, or the error as an exception.
    fn after(&mut self, py: Python<'_>, error: &Error, interest: Interest) -> PyResult<()> {
        if error.is_interrupted() {
            py.check_signals()?;
            return self.check(py);
        }
        if !error.is_would_block() || self.timeout == Some(Duration::ZERO) {
            return Err(raised(py, error));
        }
        wait::until_ready(py, &self.socket, interest, self.deadline)?;
        self.calm_down(py)?;
        self.check(py)
    }

    /// Raises `EBADF` where the socket was closed since the operation began: the number may be another's by now.
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        let number: i32 = self.object.call_method0("fileno")?.extract()?;
        if number == self.number { Ok(()) } else { Err(os_error(py, EBADF)) }
    }

    /// Spaces the tries where poll(2) says "ready" of a full datagram peer, so that the wait costs no CPU.
    fn calm_down(&mut self, py: Python<'_>) -> PyResult<()> {
        self.misled += 1;
        let Some(beyond) = self.misled.checked_sub(4) else {
            return Ok(());
        };
        let pause = Duration::from_millis(1 << beyond.min(5));
        let pause = match self.deadline.remaining() {
            Some(Duration::ZERO) => return Err(timed_out()),
            Some(left) => pause.min(left),
            None => pause,
        };
        py.detach(|| std::thread::sleep(pause));
        Ok(())
    }

    /// The tries begin anew after one that moved something.
    fn progressed(&mut self) {
        self.misled = 0;
    }
}

/// The nanoseconds of a timeout, or None; refuses what `settimeout` refuses.
#[pyfunction]
#[pyo3(signature = (timeout, /))]
fn nanoseconds(timeout: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    let nanoseconds = crate::timeout::parse(timeout)?;
    Ok((nanoseconds != crate::timeout::NONE).then_some(nanoseconds))
}

/// A timeout in Python's seconds; `None` is for ever.
fn seconds(timeout: Option<f64>) -> PyResult<Option<Duration>> {
    let Some(timeout) = timeout else {
        return Ok(None);
    };
    if timeout < 0.0 {
        return Err(PyValueError::new_err("Timeout value out of range"));
    }
    match Duration::try_from_secs_f64(timeout) {
        Ok(timeout) => Ok(Some(timeout)),
        Err(error) => Err(PyValueError::new_err(error.to_string())),
    }
}
