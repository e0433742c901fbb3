//! When datagrams came and went, by the kernel's clock.

use std::cell::Cell;
use std::time::UNIX_EPOCH;

use berkeley::control::{ControlBuffer, ControlMessage, socket::Message};
use berkeley::{Address, Flags, ReceivedMessage, SocketRef, option};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::kept::Kept;
use super::{shown, socket, wait};
use crate::error::raised;
use crate::ffi::buffer::{Room, receive_bytes};
use crate::ffi::capi::guarded;
use crate::ffi::new;
use crate::gil;
use crate::memory;
use crate::wait::{Action, Wait};

/// Room for all that comes beside a datagram.
const BESIDE: usize = 2048;

/// Room for any datagram of UDP.
const LONGEST: usize = 65535; // also in the signature, of which Python's `help` shows no name

thread_local! {
    /// The room of this thread's last receive for what comes beside the bytes.
    static CONTROL: Cell<Option<ControlBuffer>> = const { Cell::new(None) };
}

/// What was received and not handed over.
static KEPT: Kept<Datagram> = Kept::new();

/// One datagram: its bytes, who sent it, and its time in nanoseconds.
struct Datagram {
    data: Py<PyAny>,
    address: Address,
    time: Option<u64>,
}

/// Receives a datagram, with when it came: `(data, address, nanoseconds)`, the last as `time.time_ns()` counts.
///
/// Sets `SO_TIMESTAMPNS`, and the socket stays so; a datagram that came before has the time when it was taken.
/// With `flags=MSG_ERRQUEUE`, on a socket that has `SO_TIMESTAMPING` set, it is a copy of what was sent, and when it
/// went. `None` for the time where the kernel says none, as of a stream.
#[pyfunction]
#[pyo3(signature = (sock, size=65535, *, flags=0))]
pub(super) fn recv_timestamped(
    #[pyo3(from_py_with = socket)] sock: Bound<'_, PyAny>,
    size: usize,
    flags: i32,
) -> PyResult<Bound<'_, PyTuple>> {
    guarded(move || stamped(&sock, size, flags))
}

fn stamped<'py>(sock: &Bound<'py, PyAny>, size: usize, flags: i32) -> PyResult<Bound<'py, PyTuple>> {
    let py = sock.py();
    if size > LONGEST {
        return Err(PyValueError::new_err(format!("size is at most {LONGEST}")));
    }
    let flags = Flags::from_raw(flags);
    let mut wait = wait(sock, Action::Receive(flags, size))?;
    let datagram = match KEPT.take(wait.target()) {
        Some(datagram) => datagram,
        None => received(py, &mut wait, size, flags)?,
    };
    let socket = wait.target();
    KEPT.unless_handed_over(py, socket, datagram, |datagram| given(py, socket, datagram)).0
}

/// What Python code is given.
fn given<'py>(py: Python<'py>, socket: &SocketRef<'_>, datagram: &Datagram) -> PyResult<Bound<'py, PyTuple>> {
    let time = datagram.time.map_or_else(|| Ok(py.None().into_bound(py)), |time| new::int(py, time))?;
    new::tuple(py, [datagram.data.bind(py).clone(), shown(py, socket, &datagram.address)?, time])
}

/// Receives one datagram, waiting for it, into memory that it has before.
fn received(py: Python<'_>, wait: &mut Wait<'_>, size: usize, flags: Flags) -> PyResult<Datagram> {
    // Each time: the descriptor may be another socket's by now.
    let socket = wait.target();
    gil::brief(py, || socket.set(option::TIMESTAMPNS, true)).map_err(|error| raised(py, &error))?;
    let control = CONTROL.take().or_else(|| ControlBuffer::try_with_capacity(BESIDE));
    let mut control = control.ok_or_else(memory::exhausted)?;
    let mut address = Address::decode(&[]);
    let data = receive_bytes(py, size, |room| {
        address = receive(py, wait, room, &mut control, flags)?.address;
        Ok(())
    });
    let time = time(&mut control);
    // Closes the descriptors that a Unix socket's peer may have sent.
    control.clear();
    CONTROL.set(Some(control));
    Ok(Datagram { data: data?.unbind(), address, time })
}

/// Receives one message, waiting for it.
fn receive(
    py: Python<'_>,
    wait: &mut Wait<'_>,
    room: &mut Room<'_>,
    control: &mut ControlBuffer,
    flags: Flags,
) -> PyResult<ReceivedMessage> {
    wait.before(py)?.map_err(|end| wait.raised(py, &end))?;
    loop {
        let socket = wait.target();
        match py.detach(|| room.receive_message(socket, control, flags | Flags::DONTWAIT)) {
            Ok(message) => return Ok(message),
            Err(error) => wait.after(py, error)?.map_err(|end| wait.raised(py, &end))?,
        }
    }
}

/// The nanoseconds since 1970 at which the message came or went.
fn time(control: &mut ControlBuffer) -> Option<u64> {
    let times = control.messages().filter_map(|message| match message {
        ControlMessage::Socket(Message::TimestampNs(time) | Message::Timestamp(time)) => Some(time),
        ControlMessage::Socket(Message::Timestamping(times)) => times.software,
        _ => None,
    });
    let nanoseconds = |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).ok();
    times.filter_map(nanoseconds).find_map(|since| u64::try_from(since.as_nanos()).ok())
}
