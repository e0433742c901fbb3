//! When datagrams came and went, by the kernel's clock.

use std::cell::Cell;
use std::io::IoSliceMut;
use std::time::UNIX_EPOCH;

use berkeley::control::{ControlBuffer, ControlMessage, socket::Message};
use berkeley::{Flags, ReceivedMessage, option};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{Target, socket};
use crate::error::raised;
use crate::ffi::capi::guarded;
use crate::ffi::new;
use crate::gil;
use crate::memory;
use crate::wait::Action;

/// Room for any datagram of UDP.
const LONGEST: usize = 65535; // also in the signature, of which Python's `help` shows no name

/// Where one message is received.
struct Room {
    bytes: Vec<u8>,
    control: ControlBuffer,
}

impl Room {
    fn new() -> PyResult<Self> {
        let mut bytes = memory::room_for(LONGEST)?;
        bytes.resize(LONGEST, 0);
        Ok(Self { bytes, control: ControlBuffer::new() })
    }
}

thread_local! {
    /// The room of this thread's last receive.
    static ROOM: Cell<Option<Room>> = const { Cell::new(None) };
}

/// One datagram: its bytes, who sent it, and its time.
type Stamped<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Option<u128>);

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
) -> PyResult<Stamped<'_>> {
    guarded(move || stamped(&sock, size, flags))
}

fn stamped<'py>(sock: &Bound<'py, PyAny>, size: usize, flags: i32) -> PyResult<Stamped<'py>> {
    let py = sock.py();
    if size > LONGEST {
        return Err(PyValueError::new_err(format!("size is at most {LONGEST}")));
    }
    let flags = Flags::from_raw(flags);
    let mut target = Target::of(sock, Action::Receive(flags, size))?;
    // Each time: the descriptor may be another socket's by now.
    let socket = target.socket();
    gil::brief(py, || socket.set(option::TIMESTAMPNS, true)).map_err(|error| raised(py, &error))?;
    let mut room = ROOM.take().map_or_else(Room::new, Ok)?;
    let received = receive(py, &mut target, &mut room, size, flags);
    let stamped = received.and_then(|message| {
        let data = new::bytes(py, &room.bytes[..message.length.min(size)])?;
        Ok((data, target.shown(py, &message.address)?, time(&mut room.control)))
    });
    // Closes the descriptors that a Unix socket's peer may have sent.
    room.control.clear();
    ROOM.set(Some(room));
    stamped
}

/// Receives one message, waiting for it.
fn receive(
    py: Python<'_>,
    target: &mut Target<'_>,
    room: &mut Room,
    size: usize,
    flags: Flags,
) -> PyResult<ReceivedMessage> {
    target.before(py)?.map_err(|end| end.raised(py))?;
    loop {
        let buffers = &mut [IoSliceMut::new(&mut room.bytes[..size])];
        let socket = target.socket();
        match py.detach(|| socket.try_recv_msg(buffers, &mut room.control, flags)) {
            Ok(message) => return Ok(message),
            Err(error) => target.after(py, error)?.map_err(|end| end.raised(py))?,
        }
    }
}

/// The nanoseconds since 1970 at which the message came or went.
fn time(control: &mut ControlBuffer) -> Option<u128> {
    let times = control.messages().filter_map(|message| match message {
        ControlMessage::Socket(Message::TimestampNs(time) | Message::Timestamp(time)) => Some(time),
        ControlMessage::Socket(Message::Timestamping(times)) => times.software,
        _ => None,
    });
    let nanoseconds = |time: std::time::SystemTime| time.duration_since(UNIX_EPOCH).ok();
    times.filter_map(nanoseconds).map(|since| since.as_nanos()).next()
}
