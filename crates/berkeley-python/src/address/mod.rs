//! Addresses between Python's shapes and the library's: what `bind` takes, what `recvfrom` gives.
//!
//! [`read`] goes by the family and the protocol of the socket, [`shown`] by the family in the address. The texts of
//! errors are C's; tuples are parsed by `CPython`'s own parser, except for the plain ones of IP.

mod alg;
mod bluetooth;
mod can;
mod host;
mod ip;
mod last;
mod number;
mod packet;
mod unix;

use std::ffi::CStr;

use berkeley::{Address, Family};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::error::{EBADF, os_error, raised};
use crate::ffi::capi::SocketObject;
use crate::ffi::fastcall::type_name;
use crate::ffi::new;

pub(crate) use host::{ask, resolved, zoned};
pub(crate) use ip::shown_ip;

/// What the shape of an address goes by: the socket that it is for.
#[derive(Clone, Copy)]
pub(crate) struct Kind {
    /// `AF_*`
    pub(crate) family: i32,
    /// `IPPROTO_*` and its like
    pub(crate) protocol: i32,
    /// Whether the socket's descriptor is still open.
    pub(crate) is_open: bool,
}

impl From<&SocketObject> for Kind {
    #[inline]
    fn from(socket: &SocketObject) -> Self {
        Self { family: socket.family(), protocol: socket.protocol(), is_open: socket.fd() >= 0 }
    }
}

/// The address that Python code means by `value`, of the family of `socket`; `caller` names the method in errors.
///
/// May resolve a name, with the GIL released.
#[inline]
pub(crate) fn read(
    py: Python<'_>,
    socket: impl Into<Kind>,
    value: &Bound<'_, PyAny>,
    caller: &CStr,
) -> PyResult<Address> {
    let socket = socket.into();
    match Family::from_raw(socket.family) {
        Family::INET => ip::read_inet(py, value, caller),
        Family::INET6 => ip::read_inet6(py, value, caller),
        family => read_rare(py, socket, family, value, &caller.to_string_lossy()),
    }
}

fn read_rare(
    py: Python<'_>,
    socket: Kind,
    family: Family,
    value: &Bound<'_, PyAny>,
    caller: &str,
) -> PyResult<Address> {
    match family {
        Family::UNIX => unix::read(value),
        Family::NETLINK => number::read_netlink(value, caller),
        Family::PACKET => packet::read(py, socket, value, caller),
        Family::VSOCK => number::read_vsock(value),
        Family::CAN => can::read(py, socket, value, caller),
        Family::ALG => alg::read(value, caller),
        Family::TIPC => number::read_tipc(value, caller),
        Family::QIPCRTR => number::read_qipcrtr(value),
        Family::RDS => ip::read_rare_inet(py, value, caller),
        Family::BLUETOOTH if cfg!(bluetooth) => bluetooth::read(socket, value, caller),
        _ => Err(PyOSError::new_err(format!("{caller}(): bad family"))),
    }
}

/// Refuses a socket whose addresses C has no room for.
#[inline]
pub(crate) fn check_family(socket: &SocketObject) -> PyResult<()> {
    match Family::from_raw(socket.family()) {
        Family::INET
        | Family::INET6
        | Family::UNIX
        | Family::NETLINK
        | Family::PACKET
        | Family::VSOCK
        | Family::CAN
        | Family::ALG
        | Family::TIPC
        | Family::QIPCRTR
        | Family::RDS => Ok(()),
        Family::BLUETOOTH if cfg!(bluetooth) => bluetooth::check(socket),
        _ => Err(PyOSError::new_err("getsockaddrlen: bad family")),
    }
}

/// The address as `getsockname` and `recvfrom` give it; `protocol` is the socket's. `None` where there is none.
#[inline]
pub(crate) fn shown<'py>(py: Python<'py>, protocol: i32, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    match address {
        Address::Inet(address) => ip::shown_inet(py, *address),
        Address::Inet6(address) => ip::shown_inet6(py, address),
        address => shown_rare(py, protocol, address),
    }
}

fn shown_rare<'py>(py: Python<'py>, protocol: i32, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    match address {
        Address::Unix(address) => unix::shown(py, address),
        Address::Netlink(address) => pair(py, address.pid, address.groups),
        Address::Vsock(address) => pair(py, address.cid, address.port),
        Address::Qipcrtr(address) => pair(py, address.node, address.port),
        Address::Packet(address) => packet::shown(py, address),
        Address::Can(address) => can::shown(py, protocol, address),
        Address::Alg(address) => alg::shown(py, address),
        Address::Tipc(address) => number::shown_tipc(py, address),
        Address::Bluetooth(address) if cfg!(bluetooth) => bluetooth::shown(py, protocol, address),
        other => shown_unknown(py, other),
    }
}

/// The family and the 14 bytes of a `struct sockaddr`, which C shows where it knows no more.
fn shown_unknown<'py>(py: Python<'py>, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    const DATA: usize = 14;
    let encoded = address.encode();
    let Some((family, data)) = encoded.as_bytes().split_first_chunk() else {
        return Ok(py.None().into_bound(py));
    };
    let mut shown = [0; DATA];
    let length = data.len().min(DATA);
    shown[..length].copy_from_slice(&data[..length]);
    Ok(new::tuple(py, [new::int(py, u16::from_ne_bytes(*family))?, new::bytes(py, &shown)?])?.into_any())
}

fn pair(py: Python<'_>, first: u32, second: u32) -> PyResult<Bound<'_, PyAny>> {
    Ok(new::tuple(py, [new::int(py, first)?, new::int(py, second)?])?.into_any())
}

/// The tuple that an address of `family` must be.
fn tuple<'a, 'py>(
    value: &'a Bound<'py, PyAny>,
    caller: &str,
    family: &str,
) -> PyResult<&'a Bound<'py, PyTuple>> {
    value.cast::<PyTuple>().map_err(|_| not_a_tuple(&format!("{caller}():"), family, value))
}

fn not_a_tuple(caller: &str, family: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let name = type_name(value);
    PyTypeError::new_err(format!("{caller} {family} address must be tuple, not {name:.500}"))
}

/// The index of the interface `name`.
fn interface_index(py: Python<'_>, socket: Kind, name: &str) -> PyResult<u32> {
    if !socket.is_open {
        // C asks the socket, and so the kernel of a closed one.
        return Err(os_error(py, EBADF));
    }
    berkeley::interface::interface_index(name).map_err(|error| raised(py, &error))
}

/// The name of the interface `index`, empty where there is none.
fn interface_name(index: u32) -> String {
    if index == 0 {
        return String::new();
    }
    berkeley::interface::interface_name(index).unwrap_or_default()
}
