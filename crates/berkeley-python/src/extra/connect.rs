//! Connecting to a name: its addresses race (Happy Eyeballs, RFC 8305), and one timeout covers the lookup too.

use std::os::fd::{IntoRawFd, OwnedFd};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use berkeley::{Cause, Connector, Socket};
use pyo3::exceptions::{PyOverflowError, PyRuntimeError};
use pyo3::prelude::*;

use super::seconds;
use crate::address;
use crate::error::{gaierror, os_error, raised};
use crate::ffi::fastcall::long;

/// How often signal handlers may run while the connection is made.
const TURN: Duration = Duration::from_millis(50);

/// Connects to the one of the host's addresses that answers first; gives the descriptor, which is the caller's.
///
/// A thread of its own connects, so that a signal handler that raises ends the call; it then ends with the timeout.
#[pyfunction]
#[pyo3(signature = (host, port, timeout=None, source=None, /))]
pub(super) fn connect(
    py: Python<'_>,
    host: &str,
    port: &Bound<'_, PyAny>,
    timeout: Option<f64>,
    source: Option<&Bound<'_, PyAny>>,
) -> PyResult<i32> {
    let port = number_of_port(port)?;
    let timeout = seconds(timeout)?;
    let source = source.map(|source| address::read_ip(py, source, c"create_connection")).transpose()?;
    let (answer, mut answered) = sync_channel(1);
    let host = host.to_owned();
    let connecting = move || {
        let mut connector = Connector::new().timeout(timeout);
        if let Some(source) = source {
            connector = connector.local(source);
        }
        // Where nobody waits any more, the connection is closed.
        drop(answer.send(connector.connect(&host, port)));
    };
    thread::Builder::new().name("berkeley-connect".to_owned()).spawn(connecting)?;
    loop {
        let answer;
        // Lent: the waiting end of a channel is one thread's at a time.
        (answer, answered) = py.detach(move || (answered.recv_timeout(TURN), answered));
        match answer {
            Ok(Ok(socket)) => return Ok(number(socket)),
            Ok(Err(error)) => return Err(failure(py, &error)),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("the connecting thread ended without an answer"));
            }
        }
    }
}

/// The text is that of `_socket`'s addresses.
fn number_of_port(port: &Bound<'_, PyAny>) -> PyResult<u16> {
    u16::try_from(long(port)?).map_err(|_| PyOverflowError::new_err("connect(): port must be 0-65535."))
}

/// The descriptor, blocking as Python's sockets begin.
fn number(socket: Socket) -> i32 {
    OwnedFd::from(socket).into_raw_fd()
}

/// `gaierror` where the name has no address, as `socket.create_connection` raises it.
fn failure(py: Python<'_>, error: &berkeley::Error) -> PyErr {
    let Cause::Resolver(code) = error.cause() else {
        return raised(py, error);
    };
    match (error.raw_os_error(), gaierror(py)) {
        (Some(errno), _) => os_error(py, errno),
        (None, Ok(class)) => PyErr::from_type(class.clone(), (code, error.to_string())),
        (None, Err(error)) => error,
    }
}
