//! Addresses of datagrams: Python's shapes of IPv4, IPv6 and Unix.

use std::net::{IpAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use berkeley::{Address, Family, UnixAddress};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::error::raised;

/// The address that Python code means: `(host, port)` with the host in digits, `(host, port, flow, scope)`, a path.
pub(super) fn read(place: &Bound<'_, PyAny>) -> PyResult<Address> {
    if let Ok(place) = place.cast::<PyTuple>() {
        return of_internet(place);
    }
    let path = if let Ok(bytes) = place.cast::<PyBytes>() {
        bytes.as_bytes().to_vec()
    } else if place.is_instance_of::<PyString>() {
        let bytes = place.py().import("os")?.getattr("fsencode")?.call1((place,))?;
        bytes.cast::<PyBytes>()?.as_bytes().to_vec()
    } else {
        let name = place.get_type().name()?;
        return Err(PyTypeError::new_err(format!("an address is a tuple, a str or bytes, not {name}")));
    };
    let made = match path.split_first() {
        Some((0, name)) => UnixAddress::from_abstract(name),
        _ => UnixAddress::from_path(Path::new(std::ffi::OsStr::from_bytes(&path))),
    };
    made.map(Address::from).map_err(|error| raised(place.py(), &error))
}

fn of_internet(place: &Bound<'_, PyTuple>) -> PyResult<Address> {
    if !(2..=4).contains(&place.len()) {
        return Err(PyTypeError::new_err("an address of IP has two to four parts: host, port, flow, scope"));
    }
    let host: String = place.get_item(0)?.extract()?;
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
        Address::Inet(address) => {
            Ok((address.ip().to_string(), address.port()).into_pyobject(py)?.into_any())
        }
        Address::Inet6(address) => {
            let flow = u32::from_be(address.flowinfo());
            let parts = (address.ip().to_string(), address.port(), flow, address.scope_id());
            Ok(parts.into_pyobject(py)?.into_any())
        }
        Address::Unix(address) => match (address.as_path(), address.as_abstract()) {
            (Some(path), _) => py.import("os")?.getattr("fsdecode")?.call1((path.as_os_str().as_bytes(),)),
            (None, Some(name)) => Ok(PyBytes::new(py, &[&[0], name].concat()).into_any()),
            (None, None) => Ok(py.None().into_bound(py)),
        },
        none if none.family() == Family::UNSPECIFIED => Ok(py.None().into_bound(py)),
        other => Ok(PyString::new(py, &other.to_string()).into_any()),
    }
}
