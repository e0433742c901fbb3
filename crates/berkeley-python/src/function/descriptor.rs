//! Descriptors: socketpair, and by their numbers close and dup.

use std::ffi::CStr;
use std::os::fd::IntoRawFd;

use berkeley::{Family, Protocol, Socket, Type};
use pyo3::prelude::*;

use crate::error::{ECONNRESET, os_error, raised};
use crate::fd;
use crate::ffi::fastcall::{Args, Convention, Function, Slot, add_function, long, parse};
use crate::ffi::new;
use crate::socket;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<SocketPair>(module)?;
    add_function::<Close>(module)?;
    add_function::<Dup>(module)
}

struct SocketPair;

impl Function for SocketPair {
    const NAME: &'static CStr = c"socketpair";
    const DOC: &'static CStr =
        c"socketpair([family[, type [, proto]]]) -> (socket object, socket object)\n\nTwo sockets \
        that are connected to each other, of AF_UNIX and SOCK_STREAM unless others are named.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (mut family, mut kind, mut protocol) = (Family::UNIX.as_raw(), Type::STREAM.as_raw(), 0);
        if args.len() > 0 {
            parse(
                args,
                c"|iii:socketpair",
                &mut [Slot::Int(&mut family), Slot::Int(&mut kind), Slot::Int(&mut protocol)],
            )?;
        }
        let kinds = (Family::from_raw(family), Type::from_raw(kind), Protocol::from_raw(protocol));
        let (one, other) =
            py.detach(|| Socket::pair(kinds.0, kinds.1, kinds.2)).map_err(|error| raised(py, &error))?;
        let kinds = [family, kind, protocol];
        let one = socket::make(py, one.into(), kinds)?;
        let other = socket::make(py, other.into(), kinds)?;
        Ok(new::tuple(py, [one, other])?.into_any())
    }
}

struct Close;

impl Function for Close {
    const NAME: &'static CStr = c"close";
    const DOC: &'static CStr =
        c"close(integer) -> None\n\nClose the descriptor of a socket; os.close() is for those of \
        other things on some systems.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let number = number(&args)?;
        match py.detach(|| fd::close(number)) {
            // The peer had reset the connection, which is no failure to close it.
            Ok(()) | Err(ECONNRESET) => Ok(py.None().into_bound(py)),
            Err(errno) => Err(os_error(py, errno)),
        }
    }
}

struct Dup;

impl Function for Dup {
    const NAME: &'static CStr = c"dup";
    const DOC: &'static CStr =
        c"dup(integer) -> integer\n\nAnother descriptor of the same socket, which child processes \
        do not inherit.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let copy = fd::duplicate(py, number(&args)?)?;
        new::int(py, copy.into_raw_fd())
    }
}

/// A descriptor's number.
fn number(args: &Args<'_, '_>) -> PyResult<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "as C cuts it")]
    let number = long(&*args.only()?)? as i32;
    Ok(number)
}
