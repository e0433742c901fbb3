//! How a socket object comes to its descriptor, and how it loses it: `__init__`, close, detach, fileno.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd};

use berkeley::{Family, Protocol, Socket, Type, option};
use pyo3::exceptions::PyValueError;
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::timeout::apply;
use crate::error::{ECONNRESET, os_error, raised};
use crate::fd;
use crate::ffi::capi::{self, SocketObject};
use crate::ffi::fastcall::{Args, Convention, Method, Slot, audit_new, int, long, method, parse_tuple};
use crate::ffi::new;
use crate::timeout;

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 3] {
    [method::<Close>(), method::<Detach>(), method::<Fileno>()]
}

/// `SOCK_CLOEXEC`, which like `SOCK_NONBLOCK` is no part of a type.
const CLOEXEC: i32 = 0o2_000_000;

/// `__init__(family=-1, type=-1, proto=-1, fileno=None)`.
///
/// Called again it closes the descriptor that the object has held, unless it is given just that one anew.
pub(super) fn init<'py>(
    socket: &SocketObject,
    args: &Bound<'py, PyTuple>,
    named: Option<Bound<'py, PyDict>>,
) -> PyResult<()> {
    let py = args.py();
    let ([family, kind, protocol], fileno) = arguments(args, named)?;
    audit_new(&socket.object(py), [family, kind, protocol])?;
    match fileno {
        Some(number) if !number.is_none() => adopt(socket, &number, family, kind, protocol),
        _ => open(py, socket, family, kind, protocol),
    }
}

/// What a socket is to be, -1 where nothing is said of it, and its `fileno`.
fn arguments<'py>(
    args: &Bound<'py, PyTuple>,
    named: Option<Bound<'py, PyDict>>,
) -> PyResult<([i32; 3], Option<Bound<'py, PyAny>>)> {
    // As most are made: the parser would put each item into the same place.
    if let (None, items @ ([] | [_] | [_, _] | [_, _, _] | [_, _, _, _])) = (&named, args.as_slice()) {
        let at = |index: usize| items.get(index).map_or(Ok(-1), int);
        return Ok(([at(0)?, at(1)?, at(2)?], items.get(3).cloned()));
    }
    let (mut family, mut kind, mut protocol, mut fileno) = (None, None, None, None);
    parse_tuple(
        args,
        Some((named, &[c"family", c"type", c"proto", c"fileno"])),
        c"|OOOO:socket",
        &mut [
            Slot::Object(&mut family),
            Slot::Object(&mut kind),
            Slot::Object(&mut protocol),
            Slot::Object(&mut fileno),
        ],
    )?;
    Ok(([chosen(family)?, chosen(kind)?, chosen(protocol)?], fileno))
}

/// An integer, -1 where it is not given.
fn chosen(value: Option<Bound<'_, PyAny>>) -> PyResult<i32> {
    value.map_or(Ok(-1), |value| int(&value))
}

/// Makes a socket; -1 stands for the usual choice.
fn open(py: Python<'_>, socket: &SocketObject, family: i32, kind: i32, protocol: i32) -> PyResult<()> {
    let or = |value, usual| if value == -1 { usual } else { value };
    let family = or(family, Family::INET.as_raw());
    let kind = or(kind, Type::STREAM.as_raw());
    let protocol = or(protocol, Protocol::DEFAULT.as_raw());
    let kinds = (Family::from_raw(family), Type::from_raw(kind), Protocol::from_raw(protocol));
    let made = py.detach(|| Socket::new(kinds.0, kinds.1, kinds.2)).map_err(|error| raised(py, &error))?;
    own(py, socket, made.into(), [family, kind, protocol])
}

/// Makes a socket object of `fd`, with the default timeout; with an error it is closed.
pub(crate) fn make(py: Python<'_>, fd: OwnedFd, kinds: [i32; 3]) -> PyResult<Bound<'_, PyAny>> {
    capi::make(py, |socket| own(py, socket, fd, kinds))
}

/// Gives the object a descriptor that is nobody else's; with an error it is closed.
fn own(py: Python<'_>, socket: &SocketObject, fd: OwnedFd, kinds: [i32; 3]) -> PyResult<()> {
    let timeout = first_timeout(py, fd.as_raw_fd(), kinds[1])?;
    settle(py, socket, fd.into_raw_fd(), kinds, timeout);
    Ok(())
}

/// Gives the object the descriptor of a number that Python code holds; -1 stands for what the kernel says.
fn adopt(
    socket: &SocketObject,
    number: &Bound<'_, PyAny>,
    family: i32,
    kind: i32,
    protocol: i32,
) -> PyResult<()> {
    let py = number.py();
    #[expect(clippy::cast_possible_truncation, reason = "as C cuts it")]
    let number = long(number)? as i32;
    if number < 0 {
        return Err(PyValueError::new_err("negative file descriptor"));
    }
    let target = fd::borrowed(py, number)?;
    let failed = |error: berkeley::Error| raised(py, &error);
    // Asked in any case: a descriptor that is not open, or no socket, is refused. An accepted one has the listener's.
    let mark = target.get(option::RCVLOWAT).map_err(failed)?;
    let kind = match kind {
        -1 => target.get(option::TYPE).map_err(failed)?.as_raw(),
        kind => kind,
    };
    let family = match family {
        -1 => target.get(option::DOMAIN).map_err(failed)?.as_raw(),
        family => family,
    };
    let protocol = match protocol {
        -1 => target.get(option::PROTOCOL).map_err(failed)?.as_raw(),
        protocol => protocol,
    };
    let timeout = first_timeout(py, number, kind)?;
    settle(py, socket, number, [family, kind, protocol], timeout);
    socket.set_mark(mark);
    Ok(())
}

/// The timeout that a socket starts with: zero for `SOCK_NONBLOCK`, else the default, which `O_NONBLOCK` then follows.
fn first_timeout(py: Python<'_>, fd: i32, kind: i32) -> PyResult<i64> {
    if Type::from_raw(kind).is_nonblocking() {
        return Ok(0);
    }
    let timeout = timeout::default();
    if timeout >= 0 {
        apply(py, fd, timeout)?;
    }
    Ok(timeout)
}

/// Fills the object, and closes what it held before.
fn settle(py: Python<'_>, socket: &SocketObject, fd: i32, [family, kind, protocol]: [i32; 3], timeout: i64) {
    let kind = Type::from_raw(kind).blocking().as_raw() & !CLOEXEC;
    let before = socket.fill(fd, [family, kind, protocol], timeout);
    if before >= 0 && before != fd {
        // Nobody can be told of an error of a descriptor that has been given up.
        let _ = py.detach(|| fd::close(before));
    }
}

struct Close;

impl Method for Close {
    const NAME: &'static CStr = c"close";
    const DOC: &'static CStr = c"close()\n\nClose the socket: nothing can be done with it afterwards.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let fd = socket.take();
        if fd >= 0 {
            match py.detach(|| fd::close(fd)) {
                // The peer had reset the connection, which is no failure to close it.
                Ok(()) | Err(ECONNRESET) => {}
                Err(errno) => return Err(os_error(py, errno)),
            }
        }
        Ok(py.None().into_bound(py))
    }
}

struct Detach;

impl Method for Detach {
    const NAME: &'static CStr = c"detach";
    const DOC: &'static CStr =
        c"detach()\n\nGive up the descriptor without closing it, and return its number. Nothing \
        can be done with the object afterwards.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        new::int(py, socket.take())
    }
}

struct Fileno;

impl Method for Fileno {
    const NAME: &'static CStr = c"fileno";
    const DOC: &'static CStr = c"fileno() -> integer\n\nThe number of the descriptor, -1 where it is closed.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        new::int(py, socket.fd())
    }
}
