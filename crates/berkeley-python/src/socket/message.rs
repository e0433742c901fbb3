//! Messages whole: sendmsg, `sendmsg_afalg`, recvmsg and `recvmsg_into`.

use std::ffi::CStr;

use berkeley::bindings::{self, Sink, Source, once};
use berkeley::control::{ControlBuffer, length, space};
use berkeley::{Address, Flags, ReceivedMessage};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::recv::waits_for_all;
use crate::address;
use crate::error::raised;
use crate::fd;
use crate::ffi::buffer::{ReadBuffer, WriteBuffer, expected, receive_bytes};
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{
    Args, Convention, Method, Slot, audit, count, int, method, parse, parse_item, parse_named, sequence,
};
use crate::ffi::new;
use crate::gil::Copying;
use crate::memory;
use crate::version::{self, doc};
use crate::wait::{Action, First, HELD, Wait, carry};

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 4] {
    [method::<SendMsg>(), method::<SendMsgAfalg>(), method::<RecvMsg>(), method::<RecvMsgInto>()]
}

/// The most bytes of control messages that C hands to the kernel, and has room for.
const LONGEST: usize = i32::MAX as usize;

/// A buffer more than one message may have (`UIO_MAXIOV`): with so many the kernel refuses it, and no more are held.
const TOO_MANY: usize = 1025;

struct SendMsg;

impl Method for SendMsg {
    const NAME: &'static CStr = c"sendmsg";
    const DOC: &'static CStr = doc::SENDMSG;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (buffers, control, flags, address) = send_arguments(args)?;
        let address = address.filter(|address| !address.is_none());
        let to = address.as_ref().map(|to| address::read(py, socket, to, c"sendmsg")).transpose()?;
        let none = py.None().into_bound(py);
        audit(py, c"socket.sendmsg", &[&socket.object(py), address.as_ref().unwrap_or(&none)])?;
        let buffers = buffers.map_or(Ok(Vec::new()), |buffers| held(&buffers))?;
        let control = control.map_or(Ok(Vec::new()), |control| encoded(&control))?;
        let sent = send(py, socket, &buffers, &control, to, Flags::from_raw(flags))?;
        new::int(py, sent)
    }
}

type SendArguments<'py> =
    (Option<Bound<'py, PyAny>>, Option<Bound<'py, PyAny>>, i32, Option<Bound<'py, PyAny>>);

/// The buffers, the control messages, the flags and the address.
#[inline]
fn send_arguments<'py>(args: Args<'_, 'py>) -> PyResult<SendArguments<'py>> {
    let given = |index| args.get(index).map(Borrowed::to_owned);
    if let (1..=4, Some(flags)) = (args.len(), args.int_or_zero(2)) {
        return Ok((given(0), given(1), flags, given(3)));
    }
    if version::SINCE_3_15 {
        count(args, c"O|OiO:sendmsg", 1, 4)?;
        let flags = args.get(2).map_or(Ok(0), |flags| int(&flags))?;
        return Ok((given(0), given(1), flags, given(3)));
    }
    parsed_arguments(args)
}

/// As [`send_arguments`], by C's parser.
fn parsed_arguments<'py>(args: Args<'_, 'py>) -> PyResult<SendArguments<'py>> {
    let (mut buffers, mut control, mut flags, mut address) = (None, None, 0, None);
    parse(
        args,
        c"O|OiO:sendmsg",
        &mut [
            Slot::Object(&mut buffers),
            Slot::Object(&mut control),
            Slot::Int(&mut flags),
            Slot::Object(&mut address),
        ],
    )?;
    Ok((buffers, control, flags, address))
}

/// The buffers of an iterable, held.
fn held<'py>(buffers: &Bound<'py, PyAny>) -> PyResult<Vec<ReadBuffer<'py>>> {
    let items = sequence(buffers, "sendmsg() argument 1 must be an iterable")?;
    each_held(&items, ReadBuffer::of)
}

/// What `hold` makes of each item; of no more than may matter.
fn each_held<'py, B>(
    items: &Bound<'py, PyTuple>,
    hold: impl Fn(&Bound<'py, PyAny>) -> PyResult<B>,
) -> PyResult<Vec<B>> {
    let mut buffers = memory::room_for(items.len().min(TOO_MANY))?;
    for item in items.iter() {
        let buffer = hold(&item)?;
        if buffers.len() < TOO_MANY {
            buffers.push(buffer);
        }
    }
    Ok(buffers)
}

/// Control messages laid out as the kernel takes them.
fn encoded(messages: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let items = sequence(messages, "sendmsg() argument 2 must be an iterable")?;
    let mut all = Vec::new();
    for item in items.iter() {
        let (mut level, mut kind, mut data) = (0, 0, ReadBuffer::empty());
        parse_item(
            &item,
            c"(iiy*):[sendmsg() ancillary data items]",
            &mut [Slot::Int(&mut level), Slot::Int(&mut kind), Slot::Read(&mut data)],
        )?;
        if data.len() > LONGEST - space(1) {
            return Err(PyOSError::new_err("ancillary data item too large"));
        }
        if all.len() + space(data.len()) > LONGEST {
            return Err(PyOSError::new_err("too much ancillary data"));
        }
        lay_out(&mut all, level, kind, &[&data.bytes(item.py())?])?;
    }
    Ok(all)
}

/// Puts one control message (`struct cmsghdr`) behind those that are there, its padding zero.
fn lay_out(all: &mut Vec<u8>, level: i32, kind: i32, data: &[&[u8]]) -> PyResult<()> {
    let size = data.iter().map(|part| part.len()).sum();
    let end = all.len() + space(size);
    memory::reserve(all, space(size))?;
    all.extend(length(size).to_ne_bytes());
    all.extend(level.to_ne_bytes());
    all.extend(kind.to_ne_bytes());
    for part in data {
        all.extend_from_slice(part);
    }
    all.resize(end, 0);
    Ok(())
}

/// Sends; without a timeout all of it, as a blocking sendmsg(2) does of a stream.
fn send(
    py: Python<'_>,
    socket: &SocketObject,
    buffers: &[ReadBuffer<'_>],
    control: &[u8],
    to: Option<Address>,
    flags: Flags,
) -> PyResult<usize> {
    let mut sources = memory::room_for(buffers.len())?;
    sources.extend(buffers.iter().map(ReadBuffer::source));
    let total: usize = sources.iter().map(Source::len).sum();
    let message = bindings::with_control(bindings::message_of(&sources), fd::control(control));
    let message = match to {
        Some(to) => message.to(to).map_err(|error| raised(py, &error))?,
        None => message,
    };
    let mut wait = Wait::new(py, socket, Action::Send(flags))?;
    if total > HELD || buffers.iter().any(ReadBuffer::may_sleep) {
        let _copying = Copying::begin(py);
        return wait
            .carry(py, First::Released, |target, more| once::send_msg(target, &message.flags(flags | more)));
    }
    let sent =
        wait.carry(py, First::Try, |target, more| once::send_msg(target, &message.flags(flags | more)))?;
    if sent >= total || !wait.is_endless() {
        return Ok(sent);
    }
    // The first try would not wait for room. The control messages went with its first byte. The rest may fail: it is
    // the next call's then.
    let mut gone = sent;
    for source in &mut sources {
        let length = source.len();
        *source = source.skip(gone);
        gone = gone.saturating_sub(length);
    }
    let message = bindings::message_of(&sources);
    let rest = wait.block(py, |target, more| once::send_msg(target, &message.flags(flags | more)));
    Ok(sent + rest.unwrap_or(0))
}

struct SendMsgAfalg;

impl Method for SendMsgAfalg {
    const NAME: &'static CStr = c"sendmsg_afalg";
    const DOC: &'static CStr =
        c"sendmsg_afalg([msg], *, op[, iv[, assoclen[, flags=MSG_MORE]]])\n\nTell a socket of \
        AF_ALG what to do with what is sent, by which initialization vector, and how much of it is only authenticated.";
    const CONVENTION: Convention = Convention::Keywords;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        if socket.family() != berkeley::Family::ALG.as_raw() {
            return Err(PyOSError::new_err("algset is only supported for AF_ALG"));
        }
        let (mut buffers, mut operation, mut vector, mut length, mut flags) =
            (None, None, ReadBuffer::empty(), None, 0);
        parse_named(
            args,
            c"|O$O!y*O!i:sendmsg_afalg",
            &[c"msg", c"op", c"iv", c"assoclen", c"flags"],
            &mut [
                Slot::Object(&mut buffers),
                Slot::Integer(&mut operation),
                Slot::Read(&mut vector),
                Slot::Integer(&mut length),
                Slot::Int(&mut flags),
            ],
        )?;
        let control = cipher(operation.as_ref(), vector.given(py)?.as_deref(), length.as_ref())?;
        let buffers = buffers.map_or(Ok(Vec::new()), |buffers| held(&buffers))?;
        let sent = send(py, socket, &buffers, &control, None, Flags::from_raw(flags))?;
        new::int(py, sent)
    }
}

/// The control messages of `SOL_ALG`, laid out.
fn cipher(
    operation: Option<&Bound<'_, PyAny>>,
    vector: Option<&[u8]>,
    associated: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<u8>> {
    const SOL_ALG: i32 = 279;
    const SET_IV: i32 = 2;
    const SET_OP: i32 = 3;
    const SET_AEAD_ASSOCLEN: i32 = 4;
    let operation = operation.and_then(|number| int(number).ok()).filter(|number| *number >= 0);
    let Some(operation) = operation else {
        return Err(PyTypeError::new_err("Invalid or missing argument 'op'"));
    };
    let associated = associated.map(int).transpose()?;
    if associated.is_some_and(|bytes| bytes < 0) {
        return Err(PyTypeError::new_err("assoclen must be positive"));
    }
    let mut all = Vec::new();
    lay_out(&mut all, SOL_ALG, SET_OP, &[&operation.to_ne_bytes()])?;
    if let Some(vector) = vector {
        // More than 4 GiB the kernel refuses whatever the count says.
        let count = u32::try_from(vector.len()).unwrap_or(u32::MAX);
        lay_out(&mut all, SOL_ALG, SET_IV, &[&count.to_ne_bytes(), vector])?;
    }
    if let Some(bytes) = associated {
        lay_out(&mut all, SOL_ALG, SET_AEAD_ASSOCLEN, &[&bytes.to_ne_bytes()])?;
    }
    Ok(all)
}

struct RecvMsg;

impl Method for RecvMsg {
    const NAME: &'static CStr = c"recvmsg";
    const DOC: &'static CStr =
        c"recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)\n\n\
        Receive at most bufsize bytes, and ancbufsize bytes of control messages: a list of (level, type, data). \
        Where this raises, descriptors that had arrived are closed.";

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (size, room, flags) = receive_arguments(args)?;
        let Ok(size) = usize::try_from(size) else {
            return Err(PyValueError::new_err("negative buffer size in recvmsg()"));
        };
        let (mut control, flags) = (control(socket, room)?, Flags::from_raw(flags));
        let mut message = None;
        let data = receive_bytes(py, size, |room| {
            let first = First::of_copy(waits_for_all(socket, flags) || expected(size) > HELD);
            message = Some(carry(py, socket, Action::Receive(flags, size), first, |target, more| {
                room.receive_message(target, &mut control, flags | more)
            })?);
            Ok(())
        })?;
        given(py, socket, data, control, message)
    }
}

/// The size, that of the control messages, and the flags.
#[inline]
fn receive_arguments(args: Args<'_, '_>) -> PyResult<(isize, isize, i32)> {
    if let (1..=3, Some(size), Some(room), Some(flags)) =
        (args.len(), args.size(0), args.size_or_zero(1), args.int_or_zero(2))
    {
        return Ok((size, room, flags));
    }
    let (mut size, mut room, mut flags) = (0, 0, 0);
    let slots = &mut [Slot::Size(&mut size), Slot::Size(&mut room), Slot::Int(&mut flags)];
    parse(args, c"n|ni:recvmsg", slots)?;
    Ok((size, room, flags))
}

struct RecvMsgInto;

impl Method for RecvMsgInto {
    const NAME: &'static CStr = c"recvmsg_into";
    const DOC: &'static CStr =
        c"recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)\n\n\
        As recvmsg, into an iterable of buffers, one after the other.";

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (buffers, room, flags) = into_arguments(args)?;
        let buffers = buffers.map_or(Ok(Vec::new()), |buffers| writable(&buffers))?;
        let mut sinks = memory::room_for(buffers.len())?;
        sinks.extend(buffers.iter().map(|buffer| buffer.sink(buffer.len())));
        let total: usize = sinks.iter().map(Sink::len).sum();
        let may_sleep = buffers.iter().any(WriteBuffer::may_sleep);
        let (mut control, flags) = (control(socket, room)?, Flags::from_raw(flags));
        let first = First::of_copy(waits_for_all(socket, flags) || total > HELD || may_sleep);
        let _copying = may_sleep.then(|| Copying::begin(py));
        let message = carry(py, socket, Action::Receive(flags, total), first, |target, more| {
            once::recv_msg(target, &sinks, &mut control, flags | more)
        })?;
        let count = new::int(py, message.length)?;
        given(py, socket, count, control, Some(message))
    }
}

/// The buffers, the size of the control messages, and the flags.
#[inline]
fn into_arguments<'py>(args: Args<'_, 'py>) -> PyResult<(Option<Bound<'py, PyAny>>, isize, i32)> {
    if let (1..=3, Some(buffers), Some(room), Some(flags)) =
        (args.len(), args.get(0), args.size_or_zero(1), args.int_or_zero(2))
    {
        return Ok((Some(buffers.to_owned()), room, flags));
    }
    let (mut buffers, mut room, mut flags) = (None, 0, 0);
    let slots = &mut [Slot::Object(&mut buffers), Slot::Size(&mut room), Slot::Int(&mut flags)];
    parse(args, c"O|ni:recvmsg_into", slots)?;
    Ok((buffers, room, flags))
}

/// The buffers of an iterable, held, to be written.
fn writable<'py>(buffers: &Bound<'py, PyAny>) -> PyResult<Vec<WriteBuffer<'py>>> {
    const TEXT: &str = "recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers";
    let items = sequence(buffers, "recvmsg_into() argument 1 must be an iterable")?;
    each_held(&items, |item| WriteBuffer::plain(item).ok_or_else(|| PyTypeError::new_err(TEXT)))
}

/// Room for control messages, which owns the descriptors that arrive in it.
fn control(socket: &SocketObject, size: isize) -> PyResult<ControlBuffer> {
    /// More than the kernel gives with one message; C takes all that it is told to.
    const ENOUGH: usize = 1024 * 1024;
    address::check_family(socket)?;
    match usize::try_from(size) {
        Ok(size) if size <= LONGEST => {
            let mut control =
                ControlBuffer::try_with_capacity(size.min(ENOUGH)).ok_or_else(memory::exhausted)?;
            bindings::leave_inheritable(&mut control);
            Ok(control)
        }
        _ => Err(PyValueError::new_err("invalid ancillary data buffer length")),
    }
}

/// What Python code is given. The descriptors are its own only once nothing can fail any more; else they are closed.
fn given<'py>(
    py: Python<'py>,
    socket: &SocketObject,
    data: Bound<'py, PyAny>,
    mut control: ControlBuffer,
    message: Option<ReceivedMessage>,
) -> PyResult<Bound<'py, PyAny>> {
    let list = new::list(py)?;
    for message in control.raw_messages() {
        let (level, kind) = (new::int(py, message.level)?, new::int(py, message.kind)?);
        list.append(new::tuple(py, [level, kind, new::bytes(py, message.data)?])?)?;
    }
    let (flags, address) = match message {
        Some(message) => (message.flags.as_raw(), address::shown(py, socket.protocol(), &message.address)?),
        None => (0, py.None().into_bound(py)),
    };
    let given = new::tuple(py, [data, list.into_any(), new::int(py, flags)?, address])?;
    bindings::release_descriptors(&mut control);
    Ok(given.into_any())
}
