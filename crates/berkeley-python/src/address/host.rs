//! Hosts as addresses of IP name them: digits, names, `""` and `"<broadcast>"`.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use berkeley::Family;
use berkeley::resolve::{RawHints, resolve_raw};
use pyo3::exceptions::{PyOSError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyString};

use crate::buffer::ReadBuffer;
use crate::error::lookup_failed;
use crate::fastcall::{type_name, utf8};
use crate::memory::copied;

/// The host that `object` names; text beyond ASCII is encoded as IDNA has it.
///
/// The bytes are copied: the items behind this one may run Python code, which may change a `bytearray`.
pub(super) fn named(object: &Bound<'_, PyAny>) -> PyResult<CString> {
    let bytes = if let Ok(bytes) = object.cast::<PyBytes>() {
        copied(bytes.as_bytes())?
    } else if object.is_instance_of::<PyByteArray>() {
        copied(ReadBuffer::of(object)?.as_bytes())?
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
    let encode = text.py().get_type::<PyString>().getattr("encode")?;
    let bytes =
        encode.call1((text, "idna")).map_err(|_| PyTypeError::new_err("encoding of hostname failed"))?;
    copied(bytes.cast::<PyBytes>()?.as_bytes())
}

/// The address of a host, in digits or by its name, for which the C library asks whomever it is told to.
pub(super) fn resolved(py: Python<'_>, host: &CStr, family: Family) -> PyResult<IpAddr> {
    let is_inet = family == Family::INET;
    match host.to_bytes() {
        b"" if is_inet => return Ok(Ipv4Addr::UNSPECIFIED.into()),
        b"" => return Ok(Ipv6Addr::UNSPECIFIED.into()),
        b"255.255.255.255" | b"<broadcast>" if is_inet => return Ok(Ipv4Addr::BROADCAST.into()),
        b"255.255.255.255" | b"<broadcast>" => return Err(PyOSError::new_err("address family mismatched")),
        _ => {}
    }
    let digits = host.to_str().ok().and_then(|text| text.parse::<IpAddr>().ok());
    if let Some(address) = digits.filter(|address| address.is_ipv4() == is_inet) {
        return Ok(address);
    }
    let hints = RawHints { family: family.as_raw(), ..RawHints::default() };
    let answers = py.detach(|| resolve_raw(Some(host), None, hints));
    let answers = answers.map_err(|error| lookup_failed(py, &error))?;
    let first = answers.first().and_then(|answer| answer.address.ip());
    first.ok_or_else(|| PyOSError::new_err("unknown address family"))
}
