//! send and sendall.

use std::ffi::CStr;

use berkeley::Flags;
use berkeley::bindings::{Source, once};
use pyo3::exceptions::PyOSError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

use crate::ffi::buffer::{Outgoing, ReadBuffer};
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Args, Method, Slot, count, int, method, parse};
use crate::ffi::new;
use crate::gil::Copying;
use crate::version::{self, doc};
use crate::wait::{Action, First, HELD, Wait, carry};

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 2] {
    [method::<Send>(), method::<SendAll>()]
}

struct Send;

impl Method for Send {
    const NAME: &'static CStr = c"send";
    const DOC: &'static CStr = doc::SEND;

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        // Written out, so that it becomes one function: after a system call some processors have forgotten where
        // functions return to, and each return costs then.
        let sent = match plain(args) {
            Some((bytes, flags)) => send(py, socket, bytes, flags)?,
            None => with_parsed(args, c"y*|i:send", |bytes, flags| send(py, socket, bytes, flags))?,
        };
        new::int(py, sent)
    }
}

struct SendAll;

impl Method for SendAll {
    const NAME: &'static CStr = c"sendall";
    const DOC: &'static CStr = doc::SENDALL;

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        match plain(args) {
            Some((bytes, flags)) => send_all(py, socket, bytes, flags)?,
            None => with_parsed(args, c"y*|i:sendall", |bytes, flags| send_all(py, socket, bytes, flags))?,
        }
        Ok(py.None().into_bound(py))
    }
}

/// The bytes and the flags, where they are a `bytes` and an `int`, as nearly always.
#[inline]
fn plain<'a>(args: Args<'a, '_>) -> Option<(Outgoing<'a>, Flags)> {
    if !matches!(args.len(), 1 | 2) {
        return None;
    }
    Some((Outgoing::fixed(args.bytes(0)?), Flags::from_raw(args.int_or_zero(1)?)))
}

/// Hands the bytes and the flags to `action`; the bytes are held meanwhile.
#[cold]
fn with_parsed<T>(
    args: Args<'_, '_>,
    format: &CStr,
    action: impl FnOnce(Outgoing<'_>, Flags) -> PyResult<T>,
) -> PyResult<T> {
    let (buffer, flags) = parsed(args, format)?;
    action(buffer.outgoing(), Flags::from_raw(flags))
}

/// The buffer and the flags: since 3.15 one after the other, before by C's parser.
fn parsed<'py>(args: Args<'_, 'py>, format: &CStr) -> PyResult<(ReadBuffer<'py>, i32)> {
    if version::SINCE_3_15 {
        count(args, format, 1, 2)?;
        let buffer = ReadBuffer::of(&*args.only()?)?;
        let flags = args.get(1).map_or(Ok(0), |flags| int(&flags))?;
        return Ok((buffer, flags));
    }
    let (mut buffer, mut flags) = (ReadBuffer::empty(), 0);
    parse(args, format, &mut [Slot::Read(&mut buffer), Slot::Int(&mut flags)])?;
    Ok((buffer, flags))
}

/// Sends; without a timeout all of it, as a blocking send(2) does of a stream.
#[inline]
fn send(py: Python<'_>, socket: &SocketObject, bytes: Outgoing<'_>, flags: Flags) -> PyResult<usize> {
    let source = bytes.source;
    if is_long(bytes) {
        let _copying = Copying::begin(py);
        return carry(py, socket, Action::Send(flags), First::Released, |target, more| {
            once::send(target, source, flags | more)
        });
    }
    let mut wait = Wait::new(py, socket, Action::Send(flags))?;
    let sent = wait.carry(py, First::Try, |target, more| once::send(target, source, flags | more))?;
    if sent >= source.len() || !wait.is_endless() {
        return Ok(sent);
    }
    Ok(sent + send_rest(py, &wait, source.skip(sent), flags))
}

/// Whether the kernel may copy the bytes for long.
#[inline]
pub(super) fn is_long(bytes: Outgoing<'_>) -> bool {
    bytes.source.len() > HELD || bytes.may_sleep
}

/// Sends what the first try, which would not wait for room, or a wait that was interrupted has left over; it may fail:
/// it is the next call's then.
#[cold]
fn send_rest(py: Python<'_>, wait: &Wait<'_>, rest: Source<'_>, flags: Flags) -> usize {
    wait.block(py, |target, more| once::send(target, rest, flags | more)).unwrap_or(0)
}

fn send_all(py: Python<'_>, socket: &SocketObject, bytes: Outgoing<'_>, flags: Flags) -> PyResult<()> {
    let (mut rest, is_long) = (bytes.source, is_long(bytes));
    let _copying = is_long.then(|| Copying::begin(py));
    let mut wait = Wait::new(py, socket, Action::Send(flags))?;
    let mut sent =
        wait.carry(py, First::TryOnly { is_long }, |target, more| once::send(target, rest, flags | more))?;
    while sent < rest.len() {
        if sent == 0 {
            return Err(PyOSError::new_err("the kernel took nothing of what is left, and gave no error"));
        }
        rest = rest.skip(sent);
        wait.progressed(py)?.map_err(|end| wait.raised(py, &end))?;
        sent = wait.carry(py, First::Released, |target, more| once::send(target, rest, flags | more))?;
    }
    Ok(())
}
