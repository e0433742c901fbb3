//! send and sendall.

use std::ffi::CStr;

use berkeley::{Flags, Interest};
use pyo3::exceptions::PyOSError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::buffer::ReadBuffer;
use crate::capi::SocketObject;
use crate::fastcall::{Args, Method, Slot, method, parse};
use crate::wait::{HELD, Wait};

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 2] {
    [method::<Send>(), method::<SendAll>()]
}

struct Send;

impl Method for Send {
    const NAME: &'static CStr = c"send";
    const DOC: &'static CStr =
        c"send(data[, flags]) -> count\n\nSend bytes, and return how many were sent, which may be \
        fewer than given where the socket has a timeout.";

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let sent = with_data(args, c"y*|i:send", |bytes, flags| send(py, socket, bytes, flags))?;
        Ok(PyInt::new(py, sent).into_any())
    }
}

struct SendAll;

impl Method for SendAll {
    const NAME: &'static CStr = c"sendall";
    const DOC: &'static CStr =
        c"sendall(data[, flags])\n\nSend all the bytes, however many calls it takes; the timeout \
        bounds them together. After an error nobody can say how much was sent.";

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        with_data(args, c"y*|i:sendall", |bytes, flags| send_all(py, socket, bytes, flags))?;
        Ok(py.None().into_bound(py))
    }
}

/// Hands the bytes and the flags to `action`; the bytes are held meanwhile.
#[inline]
fn with_data<T>(
    args: Args<'_, '_>,
    format: &CStr,
    action: impl FnOnce(&[u8], Flags) -> PyResult<T>,
) -> PyResult<T> {
    if let (1 | 2, Some(bytes), Some(flags)) = (args.len(), args.bytes(0), args.int_or_zero(1)) {
        return action(bytes, Flags::from_raw(flags));
    }
    let (mut buffer, mut flags) = (ReadBuffer::empty(), 0);
    parse(args, format, &mut [Slot::Read(&mut buffer), Slot::Int(&mut flags)])?;
    action(buffer.as_bytes(), Flags::from_raw(flags))
}

/// Sends; without a timeout all of it, as a blocking send(2) does of a stream.
#[inline]
fn send(py: Python<'_>, socket: &SocketObject, bytes: &[u8], flags: Flags) -> PyResult<usize> {
    let mut wait = Wait::new(py, socket, Interest::WRITABLE)?;
    if bytes.len() > HELD {
        return wait.carry_released(py, |target, more| target.send_once(bytes, flags | more));
    }
    let sent = wait.carry(py, |target, more| target.send_once(bytes, flags | more))?;
    if sent >= bytes.len() || !wait.is_endless() {
        return Ok(sent);
    }
    // The first try would not wait for room, or a wait was interrupted. The rest may fail: it is the next call's then.
    let rest = wait.block(py, |target, more| target.send_once(&bytes[sent..], flags | more));
    Ok(sent + rest.unwrap_or(0))
}

fn send_all(py: Python<'_>, socket: &SocketObject, bytes: &[u8], flags: Flags) -> PyResult<()> {
    let mut wait = Wait::new(py, socket, Interest::WRITABLE)?;
    let mut rest = bytes;
    loop {
        let sent = if rest.len() > HELD {
            wait.carry_released(py, |target, more| target.send_once(rest, flags | more))?
        } else {
            wait.carry(py, |target, more| target.send_once(rest, flags | more))?
        };
        if sent >= rest.len() {
            return Ok(());
        }
        if sent == 0 {
            return Err(PyOSError::new_err("the kernel took nothing of what is left, and gave no error"));
        }
        rest = &rest[sent..];
        py.check_signals()?;
        wait.go_on()?;
    }
}
