//! Names on their way to the resolver and back: how Python's objects become its bytes, and its bytes text.

use std::ffi::CStr;
use std::net::{Ipv6Addr, SocketAddrV6};

use berkeley::resolve::{RawHints, RawResolved, resolve_raw};
use berkeley::{Address, Error, Family, Type};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::error::lookup_failed;
use crate::fastcall::utf8;

/// `AI_PASSIVE` (getaddrinfo(3)).
const PASSIVE: i32 = 1;

/// The longest label of a host's name.
const LABEL: usize = 63;

/// The text of a host that the codec `idna` leaves as it is; `None` where the codec has to be asked.
pub(super) fn plain<'a>(host: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    let text = utf8(host.cast_exact().ok()?)?;
    is_plain(text).then_some(text)
}

fn is_plain(text: &str) -> bool {
    if text.len() <= LABEL && !text.contains('.') {
        return text.bytes().all(|byte| byte.is_ascii() && byte != 0);
    }
    let mut length = 0;
    for byte in text.bytes() {
        length = match byte {
            // No label but the last may be empty.
            b'.' if length == 0 => return false,
            b'.' => 0,
            0 | 0x80.. => return false,
            _ if length == LABEL => return false,
            _ => length + 1,
        };
    }
    true
}

/// The text of a name in UTF-8, as C has it where it says so.
pub(super) fn text<'py>(py: Python<'py>, name: &CStr) -> PyResult<Bound<'py, PyAny>> {
    match name.to_str() {
        Ok(text) => Ok(PyString::new(py, text).into_any()),
        // It raises.
        Err(_) => PyBytes::new(py, name.to_bytes()).call_method0("decode"),
    }
}

/// The IP address of the name that an argument holds, as every method that takes a host finds it: of `family`, or of
/// any where that is [`Family::UNSPECIFIED`]; the GIL is released only to ask the resolver.
pub(crate) fn resolve_ip(py: Python<'_>, name: &CStr, family: Family) -> PyResult<Address> {
    if name.is_empty() {
        return resolve_wildcard(py, family);
    }
    if let Some(known) = digits(name, family)? {
        return Ok(known);
    }
    let hints = RawHints { family: family.as_raw(), ..RawHints::default() };
    let answers = ask(py, Some(name), None, hints)?;
    match answers.first().map(|answer| answer.address) {
        Some(address @ (Address::Inet(_) | Address::Inet6(_))) => Ok(address),
        _ => Err(PyOSError::new_err("unknown address family")),
    }
}

/// The address that is to be bound where no host is named.
fn resolve_wildcard(py: Python<'_>, family: Family) -> PyResult<Address> {
    let kind = Type::DGRAM.as_raw();
    let hints = RawHints { family: family.as_raw(), kind, flags: PASSIVE, ..RawHints::default() };
    let answers = ask(py, None, Some(c"0"), hints)?;
    match answers.as_slice() {
        [RawResolved { address: address @ (Address::Inet(_) | Address::Inet6(_)), .. }] => Ok(*address),
        [RawResolved { address: Address::Inet(_) | Address::Inet6(_), .. }, ..] => {
            Err(PyOSError::new_err("wildcard resolved to multiple address"))
        }
        _ => Err(PyOSError::new_err("unsupported address family")),
    }
}

/// An address in digits, or the name of the broadcast address; `None` where the resolver has to be asked.
fn digits(name: &CStr, family: Family) -> PyResult<Option<Address>> {
    let (inet, inet6) = match family {
        Family::UNSPECIFIED => (true, true),
        family => (family == Family::INET, family == Family::INET6),
    };
    let Ok(name) = name.to_str() else {
        return Ok(None);
    };
    if name == "255.255.255.255" || name == "<broadcast>" {
        if !inet {
            return Err(PyOSError::new_err("address family mismatched"));
        }
        return Ok(Some((std::net::Ipv4Addr::BROADCAST, 0).into()));
    }
    if let Some(ip) = inet.then(|| name.parse::<std::net::Ipv4Addr>().ok()).flatten() {
        return Ok(Some((ip, 0).into()));
    }
    let ip = inet6.then(|| name.parse::<Ipv6Addr>().ok()).flatten();
    Ok(ip.map(|ip| SocketAddrV6::new(ip, 0, 0, 0).into()))
}

/// Asks getaddrinfo(3), the GIL released.
pub(super) fn ask(
    py: Python<'_>,
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: RawHints,
) -> PyResult<Vec<RawResolved>> {
    released(py, || resolve_raw(host, service, hints))
}

/// Runs a lookup, the GIL released, and raises what it failed of.
pub(super) fn released<T: Send>(
    py: Python<'_>,
    lookup: impl FnOnce() -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(lookup).map_err(|error| lookup_failed(py, &error))
}
