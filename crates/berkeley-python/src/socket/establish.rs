//! bind, connect, `connect_ex`, listen, `_accept`, shutdown, and the names of both ends.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, OwnedFd};

use berkeley::retry::Step;
use berkeley::{Address, Family, SocketRef, bindings};
use pyo3::ffi::PyMethodDef;
use pyo3::prelude::*;

use crate::address;
use crate::error::{EAGAIN, EBADF, EINVAL, address_note, note, noted, os_error, raised, timed_out};
use crate::fd;
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::{Args, Convention, Method, Slot, audit, int, method, parse};
use crate::ffi::new;
use crate::gil;
use crate::wait::{Action, End, First, Wait, carry};

/// The methods of this file.
pub(super) fn methods() -> [PyMethodDef; 8] {
    [
        method::<Bind>(),
        method::<Connect>(),
        method::<ConnectEx>(),
        method::<Listen>(),
        method::<Accept>(),
        method::<Shutdown>(),
        method::<GetSockName>(),
        method::<GetPeerName>(),
    ]
}

struct Bind;

impl Method for Bind {
    const NAME: &'static CStr = c"bind";
    const DOC: &'static CStr =
        c"bind(address)\n\nGive the socket its local address: a pair (host, port) for IPv4, \
        of which port 0 lets the kernel choose one.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = args.only()?;
        let address = address::read(py, socket, &value, c"bind")?;
        audit(py, c"socket.bind", &[&socket.object(py), &value])?;
        let target = fd::borrowed(py, socket.fd())?;
        py.detach(|| target.bind(address)).map_err(|error| raised(py, &error))?;
        Ok(py.None().into_bound(py))
    }
}

struct Connect;

impl Method for Connect {
    const NAME: &'static CStr = c"connect";
    const DOC: &'static CStr =
        c"connect(address)\n\nConnect to an address, a pair (host, port) for IPv4, within the \
        timeout.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        match connect(py, socket, &*args.only()?, c"connect")? {
            Outcome::Made => Ok(py.None().into_bound(py)),
            Outcome::Refused(errno, None) => Err(os_error(py, errno)),
            Outcome::Refused(errno, Some(note)) => Err(noted(py, os_error(py, errno), &note)),
            Outcome::TimedOut(address) => Err(noted(py, timed_out(), &address_note(address))),
        }
    }
}

struct ConnectEx;

impl Method for ConnectEx {
    const NAME: &'static CStr = c"connect_ex";
    const DOC: &'static CStr =
        c"connect_ex(address) -> errno\n\nAs connect(address), but return the number of the \
        system's error, 0 where there is none, instead of raising it.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let errno = match connect(py, socket, &*args.only()?, c"connect_ex")? {
            Outcome::Made => 0,
            Outcome::Refused(errno, _) => errno,
            Outcome::TimedOut(_) => EAGAIN,
        };
        new::int(py, errno)
    }
}

/// How an attempt to connect has ended.
enum Outcome {
    Made,
    /// With this errno, and what is to be noted of it.
    Refused(i32, Option<String>),
    /// While it connected to this address.
    TimedOut(Address),
}

fn connect(
    py: Python<'_>,
    socket: &SocketObject,
    value: &Bound<'_, PyAny>,
    caller: &CStr,
) -> PyResult<Outcome> {
    let address = address::read(py, socket, value, caller)?;
    audit(py, c"socket.connect", &[&socket.object(py), value])?;
    if socket.fd() < 0 {
        return Ok(Outcome::Refused(EBADF, None));
    }
    // An interrupted connect goes on by itself (PEP 475), but a Unix socket was still queueing, and vsock undoes it.
    let goes_on = !matches!(address.family(), Family::UNIX | Family::VSOCK);
    let mut wait = Wait::new(py, socket, Action::Connect { goes_on })?;
    let connected = wait.run(py, |target, step| match step {
        Step::Finish => target.finish_connect(),
        _ => target.try_connect(address),
    });
    match connected? {
        Ok(()) => Ok(Outcome::Made),
        Err(End::Failed(error)) => Ok(Outcome::Refused(error.raw_os_error().unwrap_or(EINVAL), note(&error))),
        Err(End::TimedOut) => Ok(Outcome::TimedOut(address)),
        Err(End::Closed) => Ok(Outcome::Refused(EBADF, None)),
    }
}

struct Listen;

impl Listen {
    /// As C has it: `min(SOMAXCONN, 128)`.
    const BACKLOG: i32 = 128;
}

impl Method for Listen {
    const NAME: &'static CStr = c"listen";
    const DOC: &'static CStr =
        c"listen([backlog])\n\nStart to take connections; up to backlog of them wait to be \
        accepted, at least 0.";

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut backlog = Self::BACKLOG;
        match (args.len(), args.int(0)) {
            (0, _) => {}
            (1, Some(given)) => backlog = given,
            _ => parse(args, c"|i:listen", &mut [Slot::Int(&mut backlog)])?,
        }
        let target = fd::borrowed(py, socket.fd())?;
        let backlog = u32::try_from(backlog).unwrap_or(0);
        py.detach(|| target.listen(backlog)).map_err(|error| raised(py, &error))?;
        Ok(py.None().into_bound(py))
    }
}

struct Accept;

impl Method for Accept {
    const NAME: &'static CStr = c"_accept";
    const DOC: &'static CStr =
        c"_accept() -> (integer, address info)\n\nWait for a connection; return the descriptor \
        of its socket and the peer's address.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        address::check_family(socket)?;
        let (accepted, peer) =
            carry(py, socket, Action::Accept, First::Awaited, |target, _| target.try_accept())?;
        let accepted = OwnedFd::from(accepted);
        let peer = address::shown(py, socket.protocol(), &peer)?;
        let number = new::int(py, accepted.as_raw_fd())?;
        let pair = new::tuple(py, [number, peer])?;
        // From here on the number is Python's.
        let _ = accepted.into_raw_fd();
        Ok(pair.into_any())
    }
}

struct Shutdown;

impl Method for Shutdown {
    const NAME: &'static CStr = c"shutdown";
    const DOC: &'static CStr =
        c"shutdown(how)\n\nEnd receiving (SHUT_RD), sending (SHUT_WR) or both (SHUT_RDWR).";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let how = int(&*args.only()?)?;
        let target = fd::borrowed(py, socket.fd())?;
        py.detach(|| bindings::shutdown(target.as_fd(), how))
            .map_err(|error| os_error(py, error.raw_os_error().unwrap_or(EINVAL)))?;
        Ok(py.None().into_bound(py))
    }
}

struct GetSockName;

impl Method for GetSockName {
    const NAME: &'static CStr = c"getsockname";
    const DOC: &'static CStr = c"getsockname() -> address info\n\nThe address of this end.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        name(py, socket, berkeley::Socket::local_address)
    }
}

struct GetPeerName;

impl Method for GetPeerName {
    const NAME: &'static CStr = c"getpeername";
    const DOC: &'static CStr = c"getpeername() -> address info\n\nThe address of the other end.";
    const CONVENTION: Convention = Convention::Nothing;

    fn call<'py>(py: Python<'py>, socket: &SocketObject, _: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        name(py, socket, berkeley::Socket::peer_address)
    }
}

/// The name of one end. The kernel tells it at once, but waits for a call that has the socket's lock.
fn name<'py, 'fd>(
    py: Python<'py>,
    socket: &SocketObject,
    ask: impl FnOnce(&SocketRef<'fd>) -> berkeley::Result<Address> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    address::check_family(socket)?;
    let target = fd::borrowed(py, socket.fd())?;
    let asked = gil::brief(py, || ask(&target));
    address::shown(py, socket.protocol(), &asked.map_err(|error| raised(py, &error))?)
}
