//! getsockopt and setsockopt.

use std::ffi::CStr;
use std::io;

use berkeley::{Family, option};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::error::{EBADF, os_error};
use crate::fd;
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Args, Method, Slot, method, parse, parse_item, went_well};
use crate::ffi::new;
use crate::gil;
use crate::version;

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 2] {
    [method::<GetSockOpt>(), method::<SetSockOpt>()]
}

/// The most bytes that an option may have, as C has it.
const LONGEST: usize = 1024;

/// What the kernel refused, as `OSError`.
fn done<T>(py: Python<'_>, result: io::Result<T>) -> PyResult<T> {
    result.map_err(|error| os_error(py, error.raw_os_error().unwrap_or(EBADF)))
}

fn is_vsock(socket: &SocketObject) -> bool {
    socket.family() == Family::VSOCK.as_raw()
}

struct GetSockOpt;

impl Method for GetSockOpt {
    const NAME: &'static CStr = c"getsockopt";
    const DOC: &'static CStr =
        c"getsockopt(level, option[, buffersize]) -> value\n\nGet an option of the socket: an \
        integer, or with a buffersize that is not 0 bytes of at most that length.";

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (level, name, size) = get_arguments(args)?;
        if size == 0 && is_vsock(socket) {
            let mut value = [0; 8];
            get(py, socket, level, name, &mut value)?;
            return new::int(py, u64::from_ne_bytes(value));
        }
        if size == 0 {
            let mut value = [0; 4];
            get(py, socket, level, name, &mut value)?;
            return new::int(py, i32::from_ne_bytes(value));
        }
        let mut room = [0; LONGEST];
        let Some(room) = usize::try_from(size).ok().and_then(|size| room.get_mut(..size)) else {
            return Err(PyOSError::new_err("getsockopt buflen out of range"));
        };
        let length = get(py, socket, level, name, room)?;
        new::bytes(py, &room[..length])
    }
}

/// Asks for an option. The kernel waits for a call that has the socket's lock, here and where one is set.
fn get(py: Python<'_>, socket: &SocketObject, level: i32, name: i32, room: &mut [u8]) -> PyResult<usize> {
    let fd = socket.fd();
    done(py, gil::brief(py, || fd::option(fd, level, name, room)))
}

/// The level, the option and the size.
fn get_arguments(args: Args<'_, '_>) -> PyResult<(i32, i32, i32)> {
    if let (2 | 3, Some(level), Some(name), Some(size)) =
        (args.len(), args.int(0), args.int(1), args.int_or_zero(2))
    {
        return Ok((level, name, size));
    }
    let (mut level, mut name, mut size) = (0, 0, 0);
    parse(
        args,
        c"ii|i:getsockopt",
        &mut [Slot::Int(&mut level), Slot::Int(&mut name), Slot::Int(&mut size)],
    )?;
    Ok((level, name, size))
}

struct SetSockOpt;

impl Method for SetSockOpt {
    const NAME: &'static CStr = c"setsockopt";
    const DOC: &'static CStr =
        c"setsockopt(level, option, value: int)\nsetsockopt(level, option, value: buffer)\n\
        setsockopt(level, option, None, optlen: int)\n\nSet an option of the socket.";

    #[inline]
    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        if version::SINCE_3_15 {
            set_by_class(py, socket, args)?;
        } else {
            set_by_trying(py, socket, args)?;
        }
        Ok(py.None().into_bound(py))
    }
}

/// As C's module has it since 3.15: the class of the value says what it is.
#[inline]
fn set_by_class(py: Python<'_>, socket: &SocketObject, args: Args<'_, '_>) -> PyResult<()> {
    if let (3, Some(level), Some(name), Some(value)) = (args.len(), args.int(0), args.int(1), args.int(2))
        && !is_vsock(socket)
    {
        return set(py, socket, level, name, &value.to_ne_bytes());
    }
    set_any(py, socket, args)
}

/// As C's module has it before 3.15: one form of the arguments is tried after the other.
///
/// The descriptor is read only once the arguments are: they may run Python code, which may close the socket.
#[inline]
fn set_by_trying(py: Python<'_>, socket: &SocketObject, args: Args<'_, '_>) -> PyResult<()> {
    if is_vsock(socket) {
        let (level, name, value) = vsock_arguments(args)?;
        return set(py, socket, level, name, &value.to_ne_bytes());
    }
    if let (3, Some(level), Some(name), Some(value)) = (args.len(), args.int(0), args.int(1), args.bytes(2)) {
        return set(py, socket, level, name, value);
    }
    if let Some((level, name, value)) = integer_arguments(py, args) {
        return set(py, socket, level, name, &value.to_ne_bytes());
    }
    if let Some((level, name, length)) = length_arguments(py, args) {
        return set_length(py, socket, level, name, length);
    }
    let (level, name, value) = bytes_arguments(args)?;
    set(py, socket, level, name, &value.bytes(py)?)
}

/// Sets an option, and has the object remember a mark: a receive has to wait for it.
fn set(py: Python<'_>, socket: &SocketObject, level: i32, name: i32, value: &[u8]) -> PyResult<()> {
    let fd = socket.fd();
    done(py, gil::brief(py, || fd::set_option(fd, level, name, value)))?;
    if (level, name) == (option::Level::SOCKET.as_raw(), option::RCVLOWAT.description().number) {
        // The kernel may have made it less.
        socket.set_mark(fd::borrowed(py, fd)?.get(option::RCVLOWAT).unwrap_or(0));
    }
    Ok(())
}

/// As [`set`], of an option whose length is its value.
fn set_length(py: Python<'_>, socket: &SocketObject, level: i32, name: i32, length: u32) -> PyResult<()> {
    let fd = socket.fd();
    done(py, gil::brief(py, || fd::set_option_length(fd, level, name, length)))
}

/// Sets what is told by any other arguments; the descriptor is read once none of them can run Python code.
fn set_any(py: Python<'_>, socket: &SocketObject, args: Args<'_, '_>) -> PyResult<()> {
    let (mut level, mut name, mut value, mut length) = (0, 0, None, 0);
    let slots = &mut [
        Slot::Int(&mut level),
        Slot::Int(&mut name),
        Slot::Object(&mut value),
        Slot::Unsigned(&mut length),
    ];
    parse(args, c"iiO|I:setsockopt", slots)?;
    let value = value.unwrap_or_else(|| py.None().into_bound(py));
    if value.is_none() {
        if args.len() != 4 {
            let text = "setsockopt() requires 4 arguments when the third argument is None";
            return Err(PyTypeError::new_err(text));
        }
        return set_length(py, socket, level, name, length);
    }
    if args.len() > 3 {
        let text = "setsockopt() only takes 4 arguments when the third argument is None";
        return Err(unfit(text, &value));
    }
    with_bytes(socket, &value, |bytes| set(py, socket, level, name, bytes))
}

/// Hands the bytes of an option's value to `action`: those of an integer, or what a buffer holds.
fn with_bytes(
    socket: &SocketObject,
    value: &Bound<'_, PyAny>,
    action: impl FnOnce(&[u8]) -> PyResult<()>,
) -> PyResult<()> {
    let is_integer = value.is_instance_of::<PyInt>();
    if is_vsock(socket) {
        if !is_integer {
            return Err(unfit("setsockopt() argument 3 for AF_VSOCK must be an int", value));
        }
        let mut number = 0;
        parse_item(value, c"K", &mut [Slot::Wide(&mut number)])?;
        return action(&number.to_ne_bytes());
    }
    if is_integer {
        let mut number = 0;
        parse_item(value, c"i", &mut [Slot::Int(&mut number)])?;
        return action(&number.to_ne_bytes());
    }
    let buffer = ReadBuffer::of(value).map_err(|error| {
        if error.is_instance_of::<PyTypeError>(value.py()) {
            return unfit("socket option should be int, bytes-like object or None", value);
        }
        error
    })?;
    within_int(&buffer)?;
    action(&buffer.bytes(value.py())?)
}

/// The refusal of a value for its class.
fn unfit(text: &str, value: &Bound<'_, PyAny>) -> PyErr {
    match value.get_type().fully_qualified_name() {
        Ok(class) => PyTypeError::new_err(format!("{text} (got {class})")),
        Err(error) => error,
    }
}

/// `level, option, value` of a vsock, whose options have 64 bits.
fn vsock_arguments(args: Args<'_, '_>) -> PyResult<(i32, i32, u64)> {
    let (mut level, mut name, mut value) = (0, 0, 0);
    parse(
        args,
        c"iiK:setsockopt",
        &mut [Slot::Int(&mut level), Slot::Int(&mut name), Slot::Wide(&mut value)],
    )?;
    Ok((level, name, value))
}

/// `level, option, value: int`, where the arguments are that.
fn integer_arguments(py: Python<'_>, args: Args<'_, '_>) -> Option<(i32, i32, i32)> {
    if let (3, Some(level), Some(name), Some(value)) = (args.len(), args.int(0), args.int(1), args.int(2)) {
        return Some((level, name, value));
    }
    let (mut level, mut name, mut value) = (0, 0, 0);
    let slots = &mut [Slot::Int(&mut level), Slot::Int(&mut name), Slot::Int(&mut value)];
    went_well(py, parse(args, c"iii:setsockopt", slots)).then_some((level, name, value))
}

/// `level, option, None, length`, where the arguments are that.
fn length_arguments(py: Python<'_>, args: Args<'_, '_>) -> Option<(i32, i32, u32)> {
    let (mut level, mut name, mut length) = (0, 0, 0);
    let slots =
        &mut [Slot::Int(&mut level), Slot::Int(&mut name), Slot::Nothing, Slot::Unsigned(&mut length)];
    went_well(py, parse(args, c"iiO!I:setsockopt", slots)).then_some((level, name, length))
}

/// `level, option, value: buffer`, whose errors are those that C raises of any other arguments.
fn bytes_arguments<'py>(args: Args<'_, 'py>) -> PyResult<(i32, i32, ReadBuffer<'py>)> {
    let (mut level, mut name, mut value) = (0, 0, ReadBuffer::empty());
    parse(
        args,
        c"iiy*:setsockopt",
        &mut [Slot::Int(&mut level), Slot::Int(&mut name), Slot::Read(&mut value)],
    )?;
    within_int(&value)?;
    Ok((level, name, value))
}

/// Refuses more bytes than a C `int` counts.
fn within_int(value: &ReadBuffer<'_>) -> PyResult<()> {
    if i32::try_from(value.len()).is_err() {
        let text = format!("socket option is larger than {} bytes", i32::MAX);
        return Err(PyOverflowError::new_err(text));
    }
    Ok(())
}
