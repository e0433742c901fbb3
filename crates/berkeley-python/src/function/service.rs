//! Services and protocols by name and number: `getservbyname`, `getservbyport`, `getprotobyname`.

use std::ffi::{CStr, CString};

use berkeley::resolve::{protocol_entry, service_entry, service_entry_at};
use pyo3::exceptions::{PyOSError, PyOverflowError};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};

use super::name::text;
use crate::fastcall::{Args, Function, Slot, add_function, audit, parse};
use crate::memory::until_nul;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<GetServByName>(module)?;
    add_function::<GetServByPort>(module)?;
    add_function::<GetProtoByName>(module)
}

struct GetServByName;

impl Function for GetServByName {
    const NAME: &'static CStr = c"getservbyname";
    const DOC: &'static CStr =
        c"getservbyname(servicename[, protocolname]) -> integer\n\nThe port of a service, over \
        'tcp', 'udp' or another protocol; over any where none is given.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (mut name, mut protocol) = (String::new(), String::new());
        parse(args, c"s|s:getservbyname", &mut [Slot::Text(&mut name), Slot::Text(&mut protocol)])?;
        let (shown, protocol) = given(py, args, &protocol)?;
        audit(py, c"socket.getservbyname", &[&PyString::new(py, &name), &shown])?;
        let name = until_nul(name.as_bytes())?;
        let entry = py
            .detach(|| service_entry(&name, protocol.as_deref()))
            .map_err(|_| PyOSError::new_err("service/proto not found"))?;
        Ok(PyInt::new(py, entry.port).into_any())
    }
}

struct GetServByPort;

impl Function for GetServByPort {
    const NAME: &'static CStr = c"getservbyport";
    const DOC: &'static CStr =
        c"getservbyport(port[, protocolname]) -> string\n\nThe name of the service at a port, \
        over 'tcp', 'udp' or another protocol; over any where none is given.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (mut number, mut protocol) = (0, String::new());
        parse(args, c"i|s:getservbyport", &mut [Slot::Int(&mut number), Slot::Text(&mut protocol)])?;
        let port = u16::try_from(number)
            .map_err(|_| PyOverflowError::new_err("getservbyport: port must be 0-65535."))?;
        let (shown, protocol) = given(py, args, &protocol)?;
        audit(py, c"socket.getservbyport", &[&PyInt::new(py, port), &shown])?;
        let entry = py
            .detach(|| service_entry_at(port, protocol.as_deref()))
            .map_err(|_| PyOSError::new_err("port/proto not found"))?;
        text(py, &entry.name)
    }
}

struct GetProtoByName;

impl Function for GetProtoByName {
    const NAME: &'static CStr = c"getprotobyname";
    const DOC: &'static CStr = c"getprotobyname(name) -> integer\n\nThe number of a protocol.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let mut name = String::new();
        parse(args, c"s:getprotobyname", &mut [Slot::Text(&mut name)])?;
        let name = until_nul(name.as_bytes())?;
        let found = py.detach(|| protocol_entry(&name));
        let protocol = found.map_err(|_| PyOSError::new_err("protocol not found"))?;
        Ok(PyInt::new(py, protocol.as_raw()).into_any())
    }
}

/// The protocol that is the second argument, as the event shows it and as the C library takes it.
fn given<'py>(
    py: Python<'py>,
    args: Args<'_, 'py>,
    protocol: &str,
) -> PyResult<(Bound<'py, PyAny>, Option<CString>)> {
    if args.len() < 2 {
        return Ok((py.None().into_bound(py), None));
    }
    Ok((PyString::new(py, protocol).into_any(), Some(until_nul(protocol.as_bytes())?)))
}
