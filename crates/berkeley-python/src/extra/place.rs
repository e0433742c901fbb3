//! Addresses of datagrams: Python's shapes of IPv4, IPv6 and Unix.

use std::net::{IpAddr, SocketAddrV4, SocketAddrV6};

use berkeley::{Address, Family};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::address;

/// The address that Python code means: `(host, port)` with the host in digits, `(host, port, flow, scope)`, a path.
pub(super) fn read(place: &Bound<'_, PyAny>) -> PyResult<Address> {
    if let Ok(place) = place.cast::<PyTuple>() {
        return of_internet(place);
    }
    if place.is_instance_of::<PyBytes>() || place.is_instance_of::<PyString>() {
        return address::read_unix(place);
    }
    let name = place.get_type().name()?;
    Err(PyTypeError::new_err(format!("an address is a tuple, a str or bytes, not {name}")))
}

fn of_internet(place: &Bound<'_, PyTuple>) -> PyResult<Address> {
    if !(2..=4).contains(&place.len()) {
        return Err(PyTypeError::new_err("an address of IP has two to four parts: host, port, flow, scope"));
    }
    let host = place.get_item(0)?;
    let host: &str = host.extract()?;
    let port: u16 = place.get_item(1)?.extract()?;
    let number = |index| place.get_item(index).map_or(Ok(0), |part| part.extract::<u32>());
    let (flow, scope) = (number(2)?, number(3)?);
    match host.parse() {
        Ok(IpAddr::V4(host)) => Ok(SocketAddrV4::new(host, port).into()),
        Ok(IpAddr::V6(host)) => Ok(SocketAddrV6::new(host, port, flow.to_be(), scope).into()),
        // A name would be asked for with every batch.
        Err(_) => {
            Err(PyValueError::new_err(format!("{host:?} is no address in digits; getaddrinfo gives one")))
        }
    }
}

/// The address as `recvfrom` gives it; `None` where there is none.
pub(super) fn shown<'py>(py: Python<'py>, address: &Address) -> PyResult<Bound<'py, PyAny>> {
    match address {
        Address::Inet(_) | Address::Inet6(_) | Address::Unix(_) => address::shown(py, 0, address),
        none if none.family() == Family::UNSPECIFIED => Ok(py.None().into_bound(py)),
        other => Ok(PyString::new(py, &other.to_string()).into_any()),
    }
}
