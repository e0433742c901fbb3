//! Many datagrams in one call.

use std::cell::Cell;

use berkeley::batch::{Datagram, RecvBatch, SendBatch};
use berkeley::{Address, Flags, SocketRef, option};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};

use super::kept::Kept;
use super::{kind, shown, socket, wait};
use crate::address;
use crate::error::{allocated, is_out_of_memory, raised};
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::capi::guarded;
use crate::ffi::fastcall::{audit, sequence};
use crate::ffi::new;
use crate::gil;
use crate::memory;
use crate::wait::{Action, Wait};

/// The most messages that one receive has room for.
const MOST: usize = 1024;

/// Room for any datagram of UDP, and for any piece of several.
const PIECE: usize = 65535; // also in the signature, of which Python's `help` shows no name

/// Sends datagrams, each to the connected peer or to `address`; gives how many went.
///
/// An item that is a pair `(data, address)` goes to its own address; such items and others may be mixed.
///
/// Gives fewer than there are where the timeout ran out or a datagram failed: the first so many went, and the next
/// call raises the failure. Raises where none went. Datagrams of one size to one address travel as one piece where the
/// kernel can (`UDP_SEGMENT`).
#[pyfunction]
#[pyo3(signature = (sock, datagrams, address=None, *, flags=0))]
pub(super) fn send_many<'py>(
    #[pyo3(from_py_with = socket)] sock: Bound<'py, PyAny>,
    datagrams: &Bound<'_, PyAny>,
    address: Option<&Bound<'_, PyAny>>,
    flags: i32,
) -> PyResult<Bound<'py, PyAny>> {
    guarded(move || new::int(sock.py(), sent(&sock, datagrams, address, Flags::from_raw(flags))?))
}

/// See [`send_many`].
fn sent<'py>(
    sock: &Bound<'py, PyAny>,
    datagrams: &Bound<'py, PyAny>,
    address: Option<&Bound<'py, PyAny>>,
    flags: Flags,
) -> PyResult<usize> {
    let py = sock.py();
    // The items are taken first: what holds them may change while their buffers are asked for.
    let items = sequence(datagrams, "send_many() argument 2 must be an iterable")?;
    let mut parts = memory::room_for(items.len())?;
    for item in items.as_slice() {
        parts.push(Part::of(item, address)?);
    }
    let mut wait = wait(sock, Action::Send(flags))?;
    let addresses = addresses(py, wait.target(), &parts)?;
    events(sock, &parts)?;
    let mut datagrams = memory::room_for(parts.len())?;
    for (part, place) in parts.iter().zip(&addresses.places) {
        let datagram = Datagram::new(part.bytes.as_bytes());
        datagrams.push(place.map_or(datagram, |place| datagram.to(&addresses.known[place])));
    }
    send_all(py, &mut wait, &datagrams, flags)
}

/// Sends these, waiting where it must; gives how many went. What a signal handler raises is raised whatever went.
fn send_all(
    py: Python<'_>,
    wait: &mut Wait<'_>,
    datagrams: &[Datagram<'_>],
    flags: Flags,
) -> PyResult<usize> {
    let (mut batch, mut sent) = (SendBatch::new(), 0);
    while let Some(left) = datagrams.get(sent..).filter(|left| !left.is_empty()) {
        let socket = wait.target();
        let tried = py.detach(|| socket.try_send_many(left, &mut batch, flags));
        let ended = match tried {
            Ok(more) => {
                sent += more;
                wait.progressed(py)?
            }
            Err(error) if sent == 0 && is_out_of_memory(&error) => return Err(memory::exhausted()),
            Err(error) => wait.after(py, error)?,
        };
        match ended {
            Ok(()) => {}
            Err(_) if sent > 0 => break,
            Err(end) => return Err(wait.raised(py, &end)),
        }
    }
    Ok(sent)
}

/// One datagram as Python has it.
struct Part<'a, 'py> {
    bytes: Bytes<'a>,
    /// Where it goes; `None` for the connected peer.
    address: Option<Bound<'py, PyAny>>,
}

impl<'a, 'py> Part<'a, 'py> {
    fn of(item: &'a Bound<'py, PyAny>, address: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let Ok(pair) = item.cast::<PyTuple>() else {
            return Ok(Self { bytes: Bytes::of(item)?, address: address.cloned() });
        };
        let [data, own] = pair.as_slice() else {
            return Err(PyTypeError::new_err("send_many(): a tuple must be a pair (data, address)"));
        };
        let own = if own.is_none() { address } else { Some(own) };
        Ok(Self { bytes: Bytes::of(data)?, address: own.cloned() })
    }
}

/// The addresses of some datagrams.
struct Addresses {
    known: Vec<Address>,
    /// Which of them each datagram goes to.
    places: Vec<Option<usize>>,
}

/// Reads the addresses. One that is the same object as that before it is read once.
fn addresses(py: Python<'_>, socket: &SocketRef<'_>, parts: &[Part<'_, '_>]) -> PyResult<Addresses> {
    let mut found = Addresses { known: Vec::new(), places: memory::room_for(parts.len())? };
    let (mut shape, mut last): (_, Option<&Bound<'_, PyAny>>) = (None, None);
    for part in parts {
        let Some(address) = &part.address else {
            found.places.push(None);
            continue;
        };
        if !last.is_some_and(|last| last.is(address)) {
            let kind = match shape {
                Some(kind) => kind,
                None => *shape.insert(kind(py, socket)?),
            };
            found.known.push(address::read(py, kind, address, c"send_many")?);
            last = Some(address);
        }
        found.places.push(found.known.len().checked_sub(1));
    }
    Ok(found)
}

/// The audit event of `sendmsg`, once for each address.
fn events(sock: &Bound<'_, PyAny>, parts: &[Part<'_, '_>]) -> PyResult<()> {
    let none = sock.py().None().into_bound(sock.py());
    let mut last: Option<&Bound<'_, PyAny>> = None;
    for part in parts {
        let address = part.address.as_ref().unwrap_or(&none);
        if !last.is_some_and(|last| last.is(address)) {
            audit(sock.py(), c"socket.sendmsg", &[sock, address])?;
            last = Some(address);
        }
    }
    Ok(())
}

/// The bytes of one datagram, which stay where they are.
enum Bytes<'a> {
    /// Of a `bytes`, which never change.
    Fixed(&'a [u8]),
    /// Of anything else, which other threads may change.
    Copied(Vec<u8>),
}

impl<'a> Bytes<'a> {
    fn of(item: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        match item.cast_exact::<PyBytes>() {
            Ok(bytes) => Ok(Self::Fixed(bytes.as_bytes())),
            Err(_) => Ok(Self::Copied(ReadBuffer::of(item)?.bytes(item.py())?.into_owned())),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Fixed(bytes) => bytes,
            Self::Copied(bytes) => bytes,
        }
    }
}

/// Room for what a socket may be asked for beside the size of a piece: time stamps, marks, addresses.
const CONTROL: usize = 512;

thread_local! {
    /// The room of this thread's last receive, with its number of messages and their size.
    static ROOM: Cell<Option<(usize, usize, RecvBatch)>> = const { Cell::new(None) };
}

/// What was received and not handed over.
static KEPT: Kept<RecvBatch> = Kept::new();

/// Receives the datagrams that are there, waiting for the first: a list of `(data, address)`.
///
/// `messages` bounds how many the kernel hands over at once, `size` how many bytes of each are kept. With `gro` the
/// kernel hands over what came together as one piece (`UDP_GRO`), and each may be many datagrams; the socket stays so,
/// and is then to be received from by this function alone. Where there is no memory for them, the next call gives them.
#[pyfunction]
#[pyo3(signature = (sock, messages=32, size=65535, *, gro=false, flags=0))]
pub(super) fn recv_many(
    #[pyo3(from_py_with = socket)] sock: Bound<'_, PyAny>,
    messages: usize,
    size: usize,
    gro: bool,
    flags: i32,
) -> PyResult<Bound<'_, PyList>> {
    guarded(move || received(&sock, messages, size, gro, Flags::from_raw(flags)))
}

/// See [`recv_many`].
fn received<'py>(
    sock: &Bound<'py, PyAny>,
    messages: usize,
    size: usize,
    gro: bool,
    flags: Flags,
) -> PyResult<Bound<'py, PyList>> {
    let py = sock.py();
    if !(1..=MOST).contains(&messages) || size > PIECE {
        let wanted = format!("messages is 1 to {MOST}, size at most {PIECE}");
        return Err(PyValueError::new_err(wanted));
    }
    let mut wait = wait(sock, Action::Receive(flags, size))?;
    if gro {
        // Each time: the descriptor may be another socket's by now.
        let socket = wait.target();
        gil::brief(py, || socket.set(option::udp::GRO, true)).map_err(|error| raised(py, &error))?;
    }
    let hand_over = |wait: &Wait<'_>, room| {
        KEPT.unless_handed_over(py, wait.target(), room, |room| list(py, wait.target(), room))
    };
    if let Some(room) = KEPT.take(wait.target()) {
        return hand_over(&wait, room).0;
    }
    let mut room = match ROOM.take() {
        Some((same, long, room)) if (same, long) == (messages, size) => room,
        _ => RecvBatch::with_control(messages, size, CONTROL).map_err(|error| allocated(py, &error))?,
    };
    let (received, room) = match wait_and_receive(py, &mut wait, &mut room, flags) {
        Ok(()) => hand_over(&wait, room),
        Err(error) => (Err(error), Some(room)),
    };
    // Also after a failure: to make room costs more than many a receive.
    if let Some(mut room) = room {
        room.clear();
        ROOM.set(Some((messages, size, room)));
    }
    received
}

/// One receive that gives something, and the waits before it.
fn wait_and_receive(py: Python<'_>, wait: &mut Wait<'_>, room: &mut RecvBatch, flags: Flags) -> PyResult<()> {
    loop {
        let socket = wait.target();
        match py.detach(|| socket.try_recv_many(room, flags)) {
            Ok(_) => return Ok(()),
            // Nobody asked for what was cut off. Where a piece could not be taken apart there is less than arrived.
            Err(_) if !room.is_empty() && !socket.get(option::udp::GRO).unwrap_or(false) => {
                return Ok(());
            }
            Err(error) => wait.after(py, error)?.map_err(|end| wait.raised(py, &end))?,
        }
    }
}

/// What has arrived, as Python has it; datagrams that came as one piece share their address.
fn list<'py>(py: Python<'py>, socket: &SocketRef<'_>, room: &mut RecvBatch) -> PyResult<Bound<'py, PyList>> {
    let received = new::list(py)?;
    for arrival in room.arrivals() {
        let address = shown(py, socket, &arrival.address())?;
        for datagram in arrival.datagrams() {
            let pair = [new::bytes(py, datagram.bytes())?, address.clone()];
            received.append(new::tuple(py, pair)?)?;
        }
    }
    Ok(received)
}
