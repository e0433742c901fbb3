//! The methods of the socket object, one file a theme.

mod datagram;
mod establish;
mod life;
mod message;
mod option;
mod recv;
mod send;
mod timeout;

use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::fd;
use crate::ffi::capi::{self, SocketObject};
use crate::timeout as seconds;

pub(crate) use life::make;

/// What a socket object does.
struct Behaviour;

impl capi::Behaviour for Behaviour {
    fn methods() -> Vec<PyMethodDef> {
        let mut methods = Vec::new();
        methods.extend(datagram::methods());
        methods.extend(establish::methods());
        methods.extend(life::methods());
        methods.extend(message::methods());
        methods.extend(option::methods());
        methods.extend(recv::methods());
        methods.extend(send::methods());
        methods.extend(timeout::methods());
        methods
    }

    fn init<'py>(
        socket: &SocketObject,
        args: &Bound<'py, PyTuple>,
        named: Option<Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        life::init(socket, args, named)
    }

    fn close(py: Python<'_>, fd: i32) {
        let _ = py.detach(|| fd::close(fd));
    }

    fn timeout<'py>(py: Python<'py>, socket: &SocketObject) -> PyResult<Bound<'py, PyAny>> {
        seconds::shown(py, socket.timeout())
    }
}

/// Adds the type to the module.
pub(crate) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    capi::add::<Behaviour>(module)
}
