//! Hosts as addresses of IP name them, and other calls that take a host: digits, names, `""` and `"<broadcast>"`.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use berkeley::Family;
use berkeley::bindings::{RawHints, RawResolved, resolve_raw};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use crate::error::lookup_failed;
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::fastcall::{type_name, utf8};
use crate::memory::copied;

/// The host that `object` names; text beyond ASCII is encoded as IDNA has it.
///
/// The bytes are copied: the items behind this one may run Python code, which may change a `bytearray`.
pub(super) fn named(object: &Bound<'_, PyAny>) -> PyResult<CString> {
    let bytes = if let Ok(bytes) = object.cast::<PyBytes>() {
        copied(bytes.as_bytes())?
    } else if object.is_instance_of::<PyByteArray>() {
        copied(&ReadBuffer::of(object)?.bytes(object.py())?)?
    } else if let Ok(text) = object.cast::<PyString>() {
        encoded(text)?
    } else {
        let text = format!("str, bytes or bytearray expected, not {}", type_name(object));
        return Err(PyTypeError::new_err(text));
    };
    CString::new(bytes).map_err(|_| PyTypeError::new_err("host name must not contain null character"))
}

fn encoded(text: &Bound<'_, PyString>) -> PyResult<Vec<u8>> {
    // C takes the characters of an exact `str` of ASCII as they are, and hands any other to the codec.
    if let Some(ascii) = text.as_any().cast_exact().ok().and_then(utf8).filter(|text| text.is_ascii()) {
        return copied(ascii.as_bytes());
    }
    if let Some(zoned) = zoned(text) {
        return copied(zoned.as_bytes());
    }
    let encode = text.py().get_type::<PyString>().getattr("encode")?;
    let bytes =
        encode.call1((text, "idna")).map_err(|_| PyTypeError::new_err("encoding of hostname failed"))?;
    copied(bytes.cast::<PyBytes>()?.as_bytes())
}

/// The text of an IPv6 address with a zone, `fe80::1%eth0`: an interface's name, which the codec of DNS names spoils.
pub(crate) fn zoned<'a>(host: &'a Bound<'_, PyAny>) -> Option<&'a str> {
    let text = host.cast::<PyString>().ok()?.to_str().ok()?;
    (text.contains('%') && text.contains(':')).then_some(text)
}

/// The IP address of a host, in digits or by its name, as every method that takes a host finds it: of `family`, or of
/// any where that is [`Family::UNSPECIFIED`]. The GIL is released only to ask the resolver.
pub(crate) fn resolved(py: Python<'_>, host: &CStr, family: Family) -> PyResult<IpAddr> {
    resolved_with_scope(py, host, family).map(|(ip, _)| ip)
}

/// As [`resolved`], with the index of the interface that the host's zone names; 0 where it has none.
pub(super) fn resolved_with_scope(py: Python<'_>, host: &CStr, family: Family) -> PyResult<(IpAddr, u32)> {
    if host.is_empty() {
        return Ok((wildcard(family)?, 0));
    }
    if let Some(known) = digits(host, family)? {
        return Ok((known, 0));
    }
    let hints = RawHints { family: family.as_raw(), ..RawHints::default() };
    let answers = ask(py, Some(host), None, hints)?;
    let first = answers.first().and_then(|answer| SocketAddr::try_from(answer.address).ok());
    match first {
        Some(SocketAddr::V6(address)) => Ok(((*address.ip()).into(), address.scope_id())),
        Some(SocketAddr::V4(address)) => Ok(((*address.ip()).into(), 0)),
        None => Err(PyOSError::new_err("unknown address family")),
    }
}

/// The address that is bound where no host is named.
fn wildcard(family: Family) -> PyResult<IpAddr> {
    match family {
        Family::INET => Ok(Ipv4Addr::UNSPECIFIED.into()),
        Family::INET6 => Ok(Ipv6Addr::UNSPECIFIED.into()),
        // There is one of each family.
        _ => Err(PyOSError::new_err("wildcard resolved to multiple address")),
    }
}

/// An address in digits, or the name of the broadcast address; `None` where the resolver has to be asked.
fn digits(host: &CStr, family: Family) -> PyResult<Option<IpAddr>> {
    if matches!(host.to_bytes(), b"255.255.255.255" | b"<broadcast>") {
        return match family {
            Family::INET | Family::UNSPECIFIED => Ok(Some(Ipv4Addr::BROADCAST.into())),
            _ => Err(PyOSError::new_err("address family mismatched")),
        };
    }
    let known = host.to_str().ok().and_then(|text| text.parse::<IpAddr>().ok());
    Ok(known.filter(|ip| match family {
        Family::INET => ip.is_ipv4(),
        Family::INET6 => ip.is_ipv6(),
        _ => true,
    }))
}

/// Asks getaddrinfo(3), the GIL released.
pub(crate) fn ask(
    py: Python<'_>,
    host: Option<&CStr>,
    service: Option<&CStr>,
    hints: RawHints,
) -> PyResult<Vec<RawResolved>> {
    py.detach(|| resolve_raw(host, service, hints)).map_err(|error| lookup_failed(py, &error))
}
