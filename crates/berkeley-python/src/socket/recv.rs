//! recv and `recv_into`.

use std::ffi::CStr;

use berkeley::Flags;
use berkeley::bindings::once;
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

use crate::ffi::buffer::{WriteBuffer, expected, is_short, receive_bytes, receive_short};
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Args, Convention, Method, Slot, method, parse, parse_named};
use crate::ffi::new;
use crate::gil::Copying;
use crate::wait::{Action, First, HELD, carry};

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 2] {
    [method::<Recv>(), method::<RecvInto>()]
}

/// `MSG_WAITALL`, which `MSG_DONTWAIT` would cut short.
const WAITALL: Flags = Flags::WAITALL;

struct Recv;

impl Method for Recv {
    const NAME: &'static CStr = c"recv";
    const DOC: &'static CStr =
        c"recv(buffersize[, flags]) -> data\n\nReceive at most buffersize bytes. Waits until at \
        least one byte is there or the peer has closed, which gives b''.";

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (size, flags) = arguments(args)?;
        let Ok(size) = usize::try_from(size) else {
            return Err(PyValueError::new_err("negative buffersize in recv"));
        };
        if size == 0 {
            // As C has it, which does not ask the kernel then.
            return new::bytes(py, b"");
        }
        if waits_for_all(socket, flags) || !is_short(size) {
            return receive(py, socket, size, flags);
        }
        // Written out, so that it becomes one function: after a system call some processors have forgotten where
        // functions return to, and each return costs then.
        receive_short(py, size, |room| {
            carry(py, socket, Action::Receive(flags, size), First::Try, |target, more| {
                room.receive(target, flags | more)
            })
        })
    }
}

/// Receives, whatever the size.
#[inline(never)]
fn receive<'py>(
    py: Python<'py>,
    socket: &SocketObject,
    size: usize,
    flags: Flags,
) -> PyResult<Bound<'py, PyAny>> {
    receive_bytes(py, size, |room| {
        let first = First::of_copy(waits_for_all(socket, flags) || expected(size) > HELD);
        carry(py, socket, Action::Receive(flags, size), first, |target, more| {
            room.receive(target, flags | more)
        })
    })
}

/// The size and the flags.
#[inline]
fn arguments(args: Args<'_, '_>) -> PyResult<(isize, Flags)> {
    let size = args.long(0).and_then(|size| isize::try_from(size).ok());
    if let (1 | 2, Some(size), Some(flags)) = (args.len(), size, args.int_or_zero(1)) {
        return Ok((size, Flags::from_raw(flags)));
    }
    let (mut size, mut flags) = (0, 0);
    parse(args, c"n|i:recv", &mut [Slot::Size(&mut size), Slot::Int(&mut flags)])?;
    Ok((size, Flags::from_raw(flags)))
}

/// Whether the kernel is to wait until the buffer is full, as it does only where the socket blocks.
#[inline]
pub(super) fn waits_for_all(socket: &SocketObject, flags: Flags) -> bool {
    flags.contains(WAITALL) && socket.timeout() < 0
}

struct RecvInto;

impl Method for RecvInto {
    const NAME: &'static CStr = c"recv_into";
    const DOC: &'static CStr =
        c"recv_into(buffer, [nbytes[, flags]]) -> nbytes_read\n\nReceive into a buffer, at most \
        nbytes bytes, or as many as it holds where nbytes is 0 or missing.";
    const CONVENTION: Convention = Convention::Keywords;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (buffer, size, flags) = into_arguments(args, c"w*|ni:recv_into")?;
        let Ok(size) = usize::try_from(size) else {
            return Err(PyValueError::new_err("negative buffersize in recv_into"));
        };
        if size > buffer.len() {
            return Err(PyValueError::new_err("buffer too small for requested bytes"));
        }
        let size = if size == 0 { buffer.len() } else { size };
        if size == 0 {
            return new::int(py, 0);
        }
        let (sink, may_sleep) = (buffer.sink(size), buffer.may_sleep());
        let first = First::of_copy(waits_for_all(socket, flags) || size > HELD || may_sleep);
        let _copying = may_sleep.then(|| Copying::begin(py));
        let received = carry(py, socket, Action::Receive(flags, size), first, |target, more| {
            once::recv(target, &sink, flags | more)
        });
        new::int(py, received?)
    }
}

/// The buffer, the size and the flags.
#[inline]
pub(super) fn into_arguments<'py>(
    args: Args<'_, 'py>,
    format: &CStr,
) -> PyResult<(WriteBuffer<'py>, isize, Flags)> {
    let plain = !args.has_names() && (1..=3).contains(&args.len());
    let size = if args.len() < 2 { Some(0) } else { args.long(1) };
    let size = size.and_then(|size| isize::try_from(size).ok());
    let buffer = args.get(0).filter(|_| plain).and_then(|object| WriteBuffer::plain(&object));
    if let (Some(buffer), Some(size), Some(flags)) = (buffer, size, args.int_or_zero(2)) {
        return Ok((buffer, size, Flags::from_raw(flags)));
    }
    let (mut buffer, mut size, mut flags) = (WriteBuffer::empty(), 0, 0);
    parse_named(
        args,
        format,
        &[c"buffer", c"nbytes", c"flags"],
        &mut [Slot::Write(&mut buffer), Slot::Size(&mut size), Slot::Int(&mut flags)],
    )?;
    Ok((buffer, size, Flags::from_raw(flags)))
}
