//! Services and protocols by name and number: `getservbyname`, `getservbyport`, `getprotobyname`.

use std::borrow::Cow;
use std::ffi::CStr;

use berkeley::netdb::{protocol_by_name, service_by_name, service_by_port};
use pyo3::exceptions::{PyOSError, PyOverflowError};
use pyo3::prelude::*;

use super::name::text;
use crate::ffi::fastcall::{Args, Function, Slot, add_function, audit, parse};
use crate::ffi::new;
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
        let (name, protocol) = names(py, args)?;
        audit(py, c"socket.getservbyname", &[&name.shown, &shown(py, protocol.as_ref())])?;
        let (name, protocol) = (name.text, protocol.map(|protocol| protocol.text));
        let entry = py
            .detach(|| service_by_name(name.to_bytes(), protocol.as_deref().map(utf8)))
            .map_err(|_| PyOSError::new_err("service/proto not found"))?;
        new::int(py, entry.port)
    }
}

struct GetServByPort;

impl Function for GetServByPort {
    const NAME: &'static CStr = c"getservbyport";
    const DOC: &'static CStr =
        c"getservbyport(port[, protocolname]) -> string\n\nThe name of the service at a port, \
        over 'tcp', 'udp' or another protocol; over any where none is given.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (number, protocol) = number(py, args)?;
        let port = u16::try_from(number)
            .map_err(|_| PyOverflowError::new_err("getservbyport: port must be 0-65535."))?;
        audit(py, c"socket.getservbyport", &[&new::int(py, port)?, &shown(py, protocol.as_ref())])?;
        let protocol = protocol.map(|protocol| protocol.text);
        let entry = py
            .detach(|| service_by_port(port, protocol.as_deref().map(utf8)))
            .map_err(|_| PyOSError::new_err("port/proto not found"))?;
        text(py, &entry.name)
    }
}

struct GetProtoByName;

impl Function for GetProtoByName {
    const NAME: &'static CStr = c"getprotobyname";
    const DOC: &'static CStr = c"getprotobyname(name) -> integer\n\nThe number of a protocol.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = if let (1, Some(name)) = (args.len(), args.text(0)) {
            Cow::Borrowed(name)
        } else {
            let mut name = String::new();
            parse(args, c"s:getprotobyname", &mut [Slot::Text(&mut name)])?;
            until_nul(name.as_bytes())?.into()
        };
        let found = py.detach(|| protocol_by_name(name.to_bytes()));
        let protocol = found.map_err(|_| PyOSError::new_err("protocol not found"))?;
        new::int(py, protocol.as_raw())
    }
}

/// A name among the arguments.
struct Name<'a, 'py> {
    /// As the audit event shows it.
    shown: Bound<'py, PyAny>,
    /// As the C library takes it.
    text: Cow<'a, CStr>,
}

impl<'a, 'py> Name<'a, 'py> {
    /// The argument at `index`, where nothing has to be copied.
    fn plain(args: Args<'a, 'py>, index: usize) -> Option<Self> {
        let (shown, text) = (args.get(index)?, args.text(index)?);
        Some(Self { shown: shown.to_owned(), text: text.into() })
    }

    fn copied(py: Python<'py>, text: &str) -> PyResult<Self> {
        Ok(Self { shown: new::text(py, text)?, text: until_nul(text.as_bytes())?.into() })
    }

    /// The second argument, as the parser has found it; `None` where there is none.
    fn optional(py: Python<'py>, args: Args<'_, 'py>, text: &str) -> PyResult<Option<Self>> {
        (args.len() > 1).then(|| Self::copied(py, text)).transpose()
    }
}

/// The arguments of `getservbyname`: a service, and a protocol or none.
fn names<'a, 'py>(py: Python<'py>, args: Args<'a, 'py>) -> PyResult<(Name<'a, 'py>, Option<Name<'a, 'py>>)> {
    match (args.len(), Name::plain(args, 0), Name::plain(args, 1)) {
        (1, Some(name), _) => return Ok((name, None)),
        (2, Some(name), Some(protocol)) => return Ok((name, Some(protocol))),
        _ => {}
    }
    let (mut name, mut protocol) = (String::new(), String::new());
    parse(args, c"s|s:getservbyname", &mut [Slot::Text(&mut name), Slot::Text(&mut protocol)])?;
    Ok((Name::copied(py, &name)?, Name::optional(py, args, &protocol)?))
}

/// The arguments of `getservbyport`: a port, and a protocol or none.
fn number<'a, 'py>(py: Python<'py>, args: Args<'a, 'py>) -> PyResult<(i32, Option<Name<'a, 'py>>)> {
    match (args.len(), args.int(0), Name::plain(args, 1)) {
        (1, Some(number), _) => return Ok((number, None)),
        (2, Some(number), Some(protocol)) => return Ok((number, Some(protocol))),
        _ => {}
    }
    let (mut number, mut protocol) = (0, String::new());
    parse(args, c"i|s:getservbyport", &mut [Slot::Int(&mut number), Slot::Text(&mut protocol)])?;
    Ok((number, Name::optional(py, args, &protocol)?))
}

/// A protocol's name, which came from a text of Python's and is UTF-8 therefore.
fn utf8(name: &CStr) -> &str {
    name.to_str().unwrap_or_default()
}

/// A name as the audit event shows it, `None` where none was given.
fn shown<'py>(py: Python<'py>, name: Option<&Name<'_, 'py>>) -> Bound<'py, PyAny> {
    name.map_or_else(|| py.None().into_bound(py), |name| name.shown.clone())
}
