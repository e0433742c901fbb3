//! sendto, recvfrom and `recvfrom_into`.

use std::ffi::CStr;

use berkeley::bindings::once;
use berkeley::{Address, Flags, SocketRef};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

use super::recv::{into_arguments, waits_for_all};
use super::send::is_long;
use crate::address;
use crate::ffi::buffer::{Outgoing, ReadBuffer, expected, receive_bytes};
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Args, Convention, Method, Slot, audit, method, parse};
use crate::ffi::new;
use crate::gil::Copying;
use crate::wait::{Action, First, HELD, Wait, carry};

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 3] {
    [method::<SendTo>(), method::<RecvFrom>(), method::<RecvFromInto>()]
}

struct SendTo;

impl Method for SendTo {
    const NAME: &'static CStr = c"sendto";
    const DOC: &'static CStr =
        c"sendto(data[, flags], address) -> count\n\nSend bytes to an address, a pair (host, \
        port) for IPv4.";

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let plain = match args.len() {
            2 => Some(0),
            3 => args.int(1),
            _ => None,
        };
        if let (Some(bytes), Some(flags), Some(value)) =
            (args.bytes(0), plain, args.get(args.len().max(1) - 1))
        {
            return send_to(py, socket, Outgoing::fixed(bytes), flags, &value);
        }
        let (mut buffer, mut flags, mut value) = (ReadBuffer::empty(), 0, None);
        arguments(args, &mut buffer, &mut flags, &mut value)?;
        let value = value.unwrap_or_else(|| py.None().into_bound(py));
        send_to(py, socket, buffer.outgoing(), flags, &value)
    }
}

/// The arguments by the parser, in the order in which they stand.
fn arguments<'py>(
    args: Args<'_, 'py>,
    buffer: &mut ReadBuffer<'py>,
    flags: &mut i32,
    value: &mut Option<Bound<'py, PyAny>>,
) -> PyResult<()> {
    match args.len() {
        2 => parse(args, c"y*O:sendto", &mut [Slot::Read(buffer), Slot::Object(value)]),
        3 => {
            let slots = &mut [Slot::Read(buffer), Slot::Int(flags), Slot::Object(value)];
            parse(args, c"y*iO:sendto", slots)
        }
        count => {
            let text = format!("sendto() takes 2 or 3 arguments ({count} given)");
            Err(PyTypeError::new_err(text))
        }
    }
}

#[inline]
fn send_to<'py>(
    py: Python<'py>,
    socket: &SocketObject,
    bytes: Outgoing<'_>,
    flags: i32,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let address = address::read(py, socket, value, c"sendto")?;
    audit(py, c"socket.sendto", &[&socket.object(py), value])?;
    let sent = carry_to(py, socket, bytes, Flags::from_raw(flags), &address)?;
    new::int(py, sent)
}

/// Sends; without a timeout all of it, as a blocking sendto(2) does of a stream.
#[inline]
fn carry_to(
    py: Python<'_>,
    socket: &SocketObject,
    bytes: Outgoing<'_>,
    flags: Flags,
    address: &Address,
) -> PyResult<usize> {
    let source = bytes.source;
    let mut wait = Wait::new(py, socket, Action::Send(flags))?;
    if is_long(bytes) {
        let _copying = Copying::begin(py);
        let attempt =
            |target: &SocketRef<'_>, more: Flags| once::send_to(target, source, address, flags | more);
        return wait.carry(py, First::Released, attempt);
    }
    let sent =
        wait.carry(py, First::Try, |target, more| once::send_to(target, source, address, flags | more))?;
    if sent >= source.len() || !wait.is_endless() {
        return Ok(sent);
    }
    // As send does: what the first try left is sent by a call that waits.
    let rest = wait.block(py, |target, more| once::send_to(target, source.skip(sent), address, flags | more));
    Ok(sent + rest.unwrap_or(0))
}

struct RecvFrom;

impl Method for RecvFrom {
    const NAME: &'static CStr = c"recvfrom";
    const DOC: &'static CStr =
        c"recvfrom(buffersize[, flags]) -> (data, address info)\n\nAs recv(buffersize, flags), \
        with the sender's address.";

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (size, flags) = sized(args)?;
        let Ok(size) = usize::try_from(size) else {
            return Err(PyValueError::new_err("negative buffersize in recvfrom"));
        };
        address::check_family(socket)?;
        let mut sender = None;
        let data = receive_bytes(py, size, |room| {
            let first = First::of_copy(waits_for_all(socket, flags) || expected(size) > HELD);
            sender = Some(carry(py, socket, Action::Receive(flags, size), first, |target, more| {
                room.receive_from(target, flags | more)
            })?);
            Ok(())
        })?;
        let sender = match &sender {
            Some(sender) => address::shown(py, socket.protocol(), sender)?,
            None => py.None().into_bound(py),
        };
        Ok(new::tuple(py, [data, sender])?.into_any())
    }
}

/// The size and the flags.
#[inline]
fn sized(args: Args<'_, '_>) -> PyResult<(isize, Flags)> {
    let size = args.long(0).and_then(|size| isize::try_from(size).ok());
    if let (1 | 2, Some(size), Some(flags)) = (args.len(), size, args.int_or_zero(1)) {
        return Ok((size, Flags::from_raw(flags)));
    }
    let (mut size, mut flags) = (0, 0);
    parse(args, c"n|i:recvfrom", &mut [Slot::Size(&mut size), Slot::Int(&mut flags)])?;
    Ok((size, Flags::from_raw(flags)))
}

struct RecvFromInto;

impl Method for RecvFromInto {
    const NAME: &'static CStr = c"recvfrom_into";
    const DOC: &'static CStr = c"recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)\n\nAs \
        recv_into(buffer, nbytes, flags), with the sender's address.";
    const CONVENTION: Convention = Convention::Keywords;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (buffer, size, flags) = into_arguments(args, c"w*|ni:recvfrom_into")?;
        let Ok(size) = usize::try_from(size) else {
            return Err(PyValueError::new_err("negative buffersize in recvfrom_into"));
        };
        if size > buffer.len() {
            return Err(PyValueError::new_err("nbytes is greater than the length of the buffer"));
        }
        address::check_family(socket)?;
        let size = if size == 0 { buffer.len() } else { size };
        let (sink, may_sleep) = (buffer.sink(size), buffer.may_sleep());
        let _copying = may_sleep.then(|| Copying::begin(py));
        let first = First::of_copy(waits_for_all(socket, flags) || size > HELD || may_sleep);
        let (received, sender) = carry(py, socket, Action::Receive(flags, size), first, |target, more| {
            once::recv_from(target, &sink, flags | more)
        })?;
        let sender = address::shown(py, socket.protocol(), &sender)?;
        Ok(new::tuple(py, [new::int(py, received)?, sender])?.into_any())
    }
}
