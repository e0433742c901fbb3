//! `(host, port)` of `AF_INET`, and `(host, port, flowinfo, scope_id)` of `AF_INET6`.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

use berkeley::{Address, Family};
use pyo3::exceptions::{PyOSError, PyOverflowError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use super::{host, last, tuple};
use crate::ffi::fastcall::{Slot, exact_long, parse_tuple, utf8};
use crate::ffi::new;

/// An address of IPv4. Digits and a port, as programs mostly have them, are read without the parser.
#[inline]
pub(super) fn read_inet(py: Python<'_>, value: &Bound<'_, PyAny>, caller: &CStr) -> PyResult<Address> {
    match plain_inet(value) {
        Some(address) => Ok(address.into()),
        None => read_rare_inet(py, value, &caller.to_string_lossy()),
    }
}

#[inline]
fn plain_inet(value: &Bound<'_, PyAny>) -> Option<SocketAddrV4> {
    let items = value.cast_exact::<PyTuple>().ok().filter(|items| items.len() == 2)?;
    let (host, port) = plain_head(items)?;
    if let Some(ip) = last::read(host) {
        return Some(SocketAddrV4::new(ip, port));
    }
    let ip = utf8(host)?.parse().ok()?;
    last::keep(host, ip);
    Some(SocketAddrV4::new(ip, port))
}

/// The host and the port of an address where they are a `str` and an `int`, exactly, in range.
#[inline]
fn plain_head<'a, 'py>(items: &'a Bound<'py, PyTuple>) -> Option<(&'a Bound<'py, PyString>, u16)> {
    let [host, port, ..] = items.as_slice() else { return None };
    let port = exact_long(port).and_then(|port| u16::try_from(port).ok())?;
    Some((host.cast_exact().ok()?, port))
}

/// Any address of IPv4, which RDS has too.
#[cold]
pub(super) fn read_rare_inet(py: Python<'_>, value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let items = tuple(value, caller, "AF_INET")?;
    let host = first_host(items, 2)?;
    let (mut first, mut port) = (None, 0);
    parse_tuple(
        items,
        None,
        c"Oi;AF_INET address must be a pair (host, port)",
        &mut [Slot::Object(&mut first), Slot::Int(&mut port)],
    )
    .map_err(|error| named_port(py, error, caller))?;
    let IpAddr::V4(ip) = host::resolved(py, &host, Family::INET)? else {
        return Err(PyOSError::new_err("unknown address family"));
    };
    Ok(SocketAddrV4::new(ip, checked_port(port, caller)?).into())
}

/// An address of IPv6, as [`read_inet`].
#[inline]
pub(super) fn read_inet6(py: Python<'_>, value: &Bound<'_, PyAny>, caller: &CStr) -> PyResult<Address> {
    match plain_inet6(value) {
        Some(address) => Ok(address.into()),
        None => read_rare_inet6(py, value, &caller.to_string_lossy()),
    }
}

/// The largest flow.
const FLOWS: u32 = 0xf_ffff;

fn plain_inet6(value: &Bound<'_, PyAny>) -> Option<SocketAddrV6> {
    let items = value.cast_exact::<PyTuple>().ok().filter(|items| items.len() <= 4)?;
    let (host, port) = plain_head(items)?;
    let number = |index| match items.as_slice().get(index) {
        Some(item) => exact_long(item).and_then(|number| u32::try_from(number).ok()),
        None => Some(0),
    };
    let (flow, scope) = (number(2).filter(|flow| *flow <= FLOWS)?, number(3)?);
    Some(SocketAddrV6::new(utf8(host)?.parse().ok()?, port, flow.to_be(), scope))
}

#[cold]
fn read_rare_inet6(py: Python<'_>, value: &Bound<'_, PyAny>, caller: &str) -> PyResult<Address> {
    let items = tuple(value, caller, "AF_INET6")?;
    let host = first_host(items, 4)?;
    let (mut first, mut port, mut flow, mut scope) = (None, 0, 0, 0);
    parse_tuple(
        items,
        None,
        c"Oi|II;AF_INET6 address must be a tuple (host, port[, flowinfo[, scopeid]])",
        &mut [
            Slot::Object(&mut first),
            Slot::Int(&mut port),
            Slot::Unsigned(&mut flow),
            Slot::Unsigned(&mut scope),
        ],
    )
    .map_err(|error| named_port(py, error, caller))?;
    let (IpAddr::V6(ip), zone) = host::resolved_with_scope(py, &host, Family::INET6)? else {
        return Err(PyOSError::new_err("unknown address family"));
    };
    let port = checked_port(port, caller)?;
    if flow > FLOWS {
        return Err(PyOverflowError::new_err(format!("{caller}(): flowinfo must be 0-1048575.")));
    }
    // C's module forgets the zone of `fe80::1%eth0`. One that stands in the tuple goes first.
    let scope = if scope == 0 { zone } else { scope };
    Ok(SocketAddrV6::new(ip, port, flow.to_be(), scope).into())
}

/// The host, which C reads before the other items; nothing where their number is wrong, of which the parser tells.
fn first_host(items: &Bound<'_, PyTuple>, most: usize) -> PyResult<CString> {
    match items.as_slice() {
        [host, _, ..] if items.len() <= most => host::named(host),
        _ => Ok(CString::default()),
    }
}

fn checked_port(port: i32, caller: &str) -> PyResult<u16> {
    u16::try_from(port).map_err(|_| port_out_of_range(caller))
}

fn port_out_of_range(caller: &str) -> PyErr {
    PyOverflowError::new_err(format!("{caller}(): port must be 0-65535."))
}

/// What C makes of the parser's error.
fn named_port(py: Python<'_>, error: PyErr, caller: &str) -> PyErr {
    if error.is_instance_of::<PyOverflowError>(py) { port_out_of_range(caller) } else { error }
}

#[inline]
pub(super) fn shown_inet(py: Python<'_>, address: SocketAddrV4) -> PyResult<Bound<'_, PyAny>> {
    let host = if let Some(host) = last::shown(py, *address.ip()) {
        host
    } else {
        let digits = shown_ipv4(py, *address.ip())?;
        last::keep(&digits, *address.ip());
        digits
    };
    Ok(new::tuple(py, [host.into_any(), new::int(py, address.port())?])?.into_any())
}

fn shown_ipv4(py: Python<'_>, ip: Ipv4Addr) -> PyResult<Bound<'_, PyString>> {
    let (mut text, mut length) = ([0; 15], 0);
    for (index, octet) in ip.octets().into_iter().enumerate() {
        if index > 0 {
            text[length] = b'.';
            length += 1;
        }
        for (unit, least) in [(100, 100), (10, 10), (1, 0)] {
            if octet >= least {
                text[length] = b'0' + octet / unit % 10;
                length += 1;
            }
        }
    }
    let text = str::from_utf8(&text[..length]).unwrap_or_default();
    new::string(py, text)
}

pub(super) fn shown_inet6<'py>(py: Python<'py>, address: &SocketAddrV6) -> PyResult<Bound<'py, PyAny>> {
    let host = shown_ipv6(py, *address.ip())?;
    let numbers = [address.port().into(), u32::from_be(address.flowinfo()), address.scope_id()];
    let [port, flow, scope] = new::ints(py, numbers)?;
    Ok(new::tuple(py, [host, port, flow, scope])?.into_any())
}

/// As `inet_ntop(3)` shows it, which knows the addresses that IPv4 once was embedded in (`::192.0.2.1`).
fn shown_ipv6(py: Python<'_>, ip: Ipv6Addr) -> PyResult<Bound<'_, PyAny>> {
    let text = match ip.segments() {
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            let [.., a, b, c, d] = ip.octets();
            format!("::{}", Ipv4Addr::new(a, b, c, d))
        }
        _ => ip.to_string(),
    };
    new::text(py, &text)
}

/// The text of an address without a port.
#[inline]
pub(crate) fn shown_ip(py: Python<'_>, ip: impl Into<IpAddr>) -> PyResult<Bound<'_, PyAny>> {
    match ip.into() {
        IpAddr::V4(ip) => shown_ipv4(py, ip).map(Bound::into_any),
        IpAddr::V6(ip) => shown_ipv6(py, ip),
    }
}
