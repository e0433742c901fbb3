//! `getaddrinfo`, `getnameinfo`.

use std::ffi::{CStr, CString};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV6};

use berkeley::bindings::{Literal, RawHints, RawResolved, literal, resolve_back_raw};
use berkeley::{Address, Type};
use pyo3::exceptions::{PyOSError, PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString, PyTuple};

use super::name::{plain, released, text};
use crate::address::{self, ask, zoned};
use crate::error::lookup_failed;
use crate::ffi::fastcall::{
    Args, Convention, Function, Slot, add_function, audit, exact_long, parse, parse_named, parse_tuple,
};
use crate::ffi::new;
use crate::memory::until_nul;
use crate::version;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<GetAddrInfo>(module)?;
    add_function::<GetNameInfo>(module)
}

struct GetAddrInfo;

impl Function for GetAddrInfo {
    const NAME: &'static CStr = c"getaddrinfo";
    const DOC: &'static CStr = c"getaddrinfo(host, port [, family, type, proto, flags])\n    \
        -> list of (family, type, proto, canonname, sockaddr)\n\nThe addresses of a host and a service.";
    const CONVENTION: Convention = Convention::Keywords;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (host, port, hints) = arguments(args)?;
        Question::new(py, &host, &port, hints)?.answers(py)
    }
}

/// A question to getaddrinfo(3), its event raised.
pub(crate) struct Question<'a, 'py> {
    object: &'a Bound<'py, PyAny>,
    host: Host<'a>,
    service: Service,
    hints: RawHints,
}

impl<'a, 'py> Question<'a, 'py> {
    /// Reads the host and the port as `getaddrinfo` takes them, and raises its audit event.
    pub(crate) fn new(
        py: Python<'py>,
        object: &'a Bound<'py, PyAny>,
        port: &Bound<'py, PyAny>,
        hints: RawHints,
    ) -> PyResult<Self> {
        let (host, service) = (Host::of(object)?, Service::of(port)?);
        let [family, kind, protocol] = &new::ints(py, [hints.family, hints.kind, hints.protocol])?;
        audit(py, c"socket.getaddrinfo", &[object, port, family, kind, protocol])?;
        Ok(Self { object, host, service, hints })
    }

    /// The host's name and the service's, as C has them, for a lookup that others carry out.
    pub(crate) fn into_names(self) -> PyResult<(Option<CString>, Option<CString>)> {
        Ok((self.host.into_name()?, self.service.into_name()?))
    }

    /// Whether the host is an address in digits, of which nobody is asked.
    pub(crate) fn is_literal(&self) -> bool {
        self.literal().is_some()
    }

    fn literal(&self) -> Option<Literal> {
        literal(self.host.digits()?, self.service.number()?, self.hints)
    }

    /// The answers as `getaddrinfo` gives them. Asks the resolver where it must, with the GIL released.
    pub(crate) fn answers(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(answer) = self.literal() {
            return shown_literal(py, self.object.cast_exact().ok(), &answer);
        }
        let hints = self.hints;
        let (name, service) = self.into_names()?;
        let answers = ask(py, name.as_deref(), service.as_deref(), hints)?;
        Ok(new::list_of(py, answers.iter().map(|answer| Ok(shown(py, answer)?.into_any())))?.into_any())
    }
}

/// The arguments of `getaddrinfo`.
fn arguments<'py>(args: Args<'_, 'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>, RawHints)> {
    if let (2..=6, false, Some(host), Some(port)) = (args.len(), args.has_names(), args.get(0), args.get(1))
        && let (Some(family), Some(kind), Some(protocol), Some(flags)) =
            (args.int_or_zero(2), args.int_or_zero(3), args.int_or_zero(4), args.int_or_zero(5))
    {
        return Ok((host.to_owned(), port.to_owned(), RawHints { family, kind, protocol, flags }));
    }
    let (mut host, mut port, mut hints) = (None, None, RawHints::default());
    parse_named(
        args,
        c"OO|iiii:getaddrinfo",
        &[c"host", c"port", c"family", c"type", c"proto", c"flags"],
        &mut [
            Slot::Object(&mut host),
            Slot::Object(&mut port),
            Slot::Int(&mut hints.family),
            Slot::Int(&mut hints.kind),
            Slot::Int(&mut hints.protocol),
            Slot::Int(&mut hints.flags),
        ],
    )?;
    let missing = || PyTypeError::new_err("getaddrinfo() takes at least 2 arguments");
    Ok((host.ok_or_else(missing)?, port.ok_or_else(missing)?, hints))
}

/// The host that is asked for.
enum Host<'a> {
    Any,
    /// Text that is its own encoding.
    Plain(&'a str),
    Encoded(CString),
}

impl<'a> Host<'a> {
    fn of(host: &'a Bound<'_, PyAny>) -> PyResult<Self> {
        if let Some(text) = plain(host) {
            return Ok(Self::Plain(text));
        }
        if host.is_none() {
            return Ok(Self::Any);
        }
        if let Some(zoned) = zoned(host) {
            return Ok(Self::Encoded(until_nul(zoned.as_bytes())?));
        }
        if host.is_instance_of::<PyString>() {
            // The type's own method, whatever a subclass makes of it.
            let encoded = host.py().get_type::<PyString>().call_method1("encode", (host, "idna"))?;
            return Ok(Self::Encoded(until_nul(encoded.cast::<PyBytes>()?.as_bytes())?));
        }
        let Ok(bytes) = host.cast::<PyBytes>() else {
            return Err(PyTypeError::new_err("getaddrinfo() argument 1 must be string or None"));
        };
        Ok(Self::Encoded(until_nul(bytes.as_bytes())?))
    }

    /// The text, which may be an address in digits.
    fn digits(&self) -> Option<&str> {
        match self {
            Self::Any => None,
            Self::Plain(text) => Some(text),
            Self::Encoded(name) => name.to_str().ok(),
        }
    }

    fn into_name(self) -> PyResult<Option<CString>> {
        match self {
            Self::Any => Ok(None),
            Self::Plain(text) => until_nul(text.as_bytes()).map(Some),
            Self::Encoded(name) => Ok(Some(name)),
        }
    }
}

/// The service that is asked for.
enum Service {
    Any,
    Port(u16),
    Name(CString),
}

impl Service {
    fn of(port: &Bound<'_, PyAny>) -> PyResult<Self> {
        if port.is_none() {
            return Ok(Self::Any);
        }
        // Since 3.14 of a class derived from `int`, too, as `True` is.
        let number = if version::SINCE_3_14 { port.cast() } else { port.cast_exact() };
        if let Ok(number) = number {
            return Self::of_number(number);
        }
        if let Ok(text) = port.cast::<PyString>() {
            return Self::of_text(text.to_str()?.as_bytes());
        }
        match port.cast::<PyBytes>() {
            Ok(bytes) => Self::of_text(bytes.as_bytes()),
            Err(_) => Err(PyOSError::new_err("Int or String expected")),
        }
    }

    fn of_number(number: &Bound<'_, PyInt>) -> PyResult<Self> {
        if let Some(port) = exact_long(number).and_then(|port| u16::try_from(port).ok()) {
            return Ok(Self::Port(port));
        }
        // Since 3.12 a number of any size is taken.
        let value = if version::SINCE_3_12 {
            number.extract().unwrap_or(i128::MAX)
        } else {
            crate::ffi::fastcall::long(number)?.into()
        };
        Self::of_value(value)
    }

    fn of_text(text: &[u8]) -> PyResult<Self> {
        let name = until_nul(text)?;
        match name.to_str().ok().and_then(decimal) {
            // With a sign or a space before it, only getaddrinfo knows what it takes.
            Some(port) if (0..=MOST).contains(&port) && !text.iter().all(u8::is_ascii_digit) => {
                Ok(Self::Name(name))
            }
            Some(value) => Self::of_value(value),
            None => Ok(Self::Name(name)),
        }
    }

    /// A port of that number. C's module has getaddrinfo(3) cut a larger one to sixteen bits: another port's number.
    fn of_value(value: i128) -> PyResult<Self> {
        if let Ok(port) = u16::try_from(value) {
            return Ok(Self::Port(port));
        }
        if i32::try_from(value).is_ok_and(|value| value > 0) {
            return Err(PyOverflowError::new_err("getaddrinfo(): port must be 0-65535."));
        }
        // Of what no `int` of C's holds CPython's own suite allows getaddrinfo's refusal alone. So it refuses -1.
        Ok(Self::Name(c"-1".to_owned()))
    }

    /// The port, where it is given in digits or not at all.
    fn number(&self) -> Option<u16> {
        match self {
            Self::Any => Some(0),
            Self::Port(port) => Some(*port),
            Self::Name(name) => name.is_empty().then_some(0),
        }
    }

    fn into_name(self) -> PyResult<Option<CString>> {
        match self {
            Self::Any => Ok(None),
            Self::Port(port) => until_nul(port.to_string().as_bytes()).map(Some),
            Self::Name(name) => Ok(Some(name)),
        }
    }
}

/// The largest port.
const MOST: i128 = u16::MAX as i128;

/// The number that strtoul(3) reads in all of the text, of any size.
fn decimal(text: &str) -> Option<i128> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\x0b');
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| sign * digits.parse().unwrap_or(i128::MAX))
}

/// The answer to an address in digits.
fn shown_literal<'py>(
    py: Python<'py>,
    host: Option<&Bound<'py, PyString>>,
    answer: &Literal,
) -> PyResult<Bound<'py, PyAny>> {
    // An IPv4 address that is written as answers are is an answer itself.
    let written = host.filter(|host| answer.address.is_ipv4() && host.to_str().is_ok_and(is_as_shown));
    let address = match written {
        Some(host) => {
            new::tuple(py, [host.clone().into_any(), new::int(py, answer.address.port())?])?.into_any()
        }
        None => address::shown(py, 0, &answer.address.into())?,
    };
    let family = new::int(py, if answer.address.is_ipv4() { 2 } else { 10 })?;
    let unnamed = new::text(py, "")?;
    let items = new::list(py)?;
    for (kind, protocol) in answer.sockets {
        let (kind, protocol) = (new::int(py, kind.as_raw())?, new::int(py, protocol.as_raw())?);
        let parts = [family.clone(), kind, protocol, unnamed.clone(), address.clone()];
        items.append(new::tuple(py, parts)?)?;
    }
    Ok(items.into_any())
}

/// Whether an IPv4 address in digits is written as an answer has it: std takes this form alone.
fn is_as_shown(digits: &str) -> bool {
    digits.parse::<Ipv4Addr>().is_ok()
}

/// One answer of the resolver's.
fn shown<'py>(py: Python<'py>, answer: &RawResolved) -> PyResult<Bound<'py, PyTuple>> {
    let address = address::shown(py, answer.protocol.as_raw(), &answer.address)?;
    let name = answer.canonical_name.as_deref().unwrap_or_default();
    let numbers = [answer.family.as_raw(), answer.kind.as_raw(), answer.protocol.as_raw()];
    let [family, kind, protocol] = new::ints(py, numbers)?;
    new::tuple(py, [family, kind, protocol, text(py, name)?, address])
}

struct GetNameInfo;

impl Function for GetNameInfo {
    const NAME: &'static CStr = c"getnameinfo";
    const DOC: &'static CStr =
        c"getnameinfo(sockaddr, flags) --> (host, port)\n\nThe names of an address: its host and its service.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let (mut address, mut flags) = (args.get(0).map(Borrowed::to_owned), 0);
        match (args.len(), args.int(1)) {
            (2, Some(given)) => flags = given,
            _ => parse(args, c"Oi:getnameinfo", &mut [Slot::Object(&mut address), Slot::Int(&mut flags)])?,
        }
        let Some(Ok(parts)) = address.as_ref().map(|address| address.cast::<PyTuple>()) else {
            return Err(PyTypeError::new_err("getnameinfo() argument 1 must be a tuple"));
        };
        let address = numeric(parts)?;
        let names = || resolve_back_raw(&address, flags);
        // Digits take no resolver, so that the GIL is kept.
        let digits = flags & DIGITS == DIGITS;
        let (host, service) =
            if digits { names().map_err(|error| lookup_failed(py, &error)) } else { released(py, names) }?;
        Ok(new::tuple(py, [text(py, &host)?, text(py, &service)?])?.into_any())
    }
}

/// `NI_NUMERICHOST` and `NI_NUMERICSERV`.
const DIGITS: i32 = 1 | 2;

/// The address of a tuple whose host is in digits.
fn numeric(parts: &Bound<'_, PyTuple>) -> PyResult<Address> {
    let py = parts.py();
    let (mut host, mut port, mut flow, mut scope) = (String::new(), 0, 0, 0);
    parse_tuple(
        parts,
        None,
        c"si|II;getnameinfo(): illegal sockaddr argument",
        &mut [
            Slot::Text(&mut host),
            Slot::Int(&mut port),
            Slot::Unsigned(&mut flow),
            Slot::Unsigned(&mut scope),
        ],
    )?;
    if flow > 0xfffff {
        return Err(PyOverflowError::new_err("getnameinfo(): flowinfo must be 0-1048575."));
    }
    audit(py, c"socket.getnameinfo", &[parts])?;
    let address = found(py, &host, port)?;
    match SocketAddr::try_from(address) {
        Ok(SocketAddr::V4(_)) if parts.len() != 2 => Err(PyOSError::new_err("IPv4 sockaddr must be 2 tuple")),
        Ok(SocketAddr::V6(address)) => {
            // The zone in the host counts where no other is given.
            let scope = if scope == 0 { address.scope_id() } else { scope };
            let address = SocketAddrV6::new(*address.ip(), address.port(), flow.to_be(), scope);
            Ok(address.into())
        }
        _ => Ok(address),
    }
}

/// The address of a host in digits, and a port.
fn found(py: Python<'_>, host: &str, port: i32) -> PyResult<Address> {
    /// `AI_NUMERICHOST`
    const NUMERIC_HOST: i32 = 4;
    if port > u16::MAX.into() {
        return Err(PyOverflowError::new_err("getnameinfo(): port must be 0-65535."));
    }
    // Datagrams, that a number be a port.
    let hints = RawHints { kind: Type::DGRAM.as_raw(), flags: NUMERIC_HOST, ..RawHints::default() };
    if let Some(answer) = u16::try_from(port).ok().and_then(|port| literal(host, port, hints)) {
        return Ok(answer.address.into());
    }
    let (host, port) = (until_nul(host.as_bytes())?, until_nul(port.to_string().as_bytes())?);
    let answers = ask(py, Some(&host), Some(&port), hints)?;
    match answers.as_slice() {
        [answer] => Ok(answer.address),
        _ => Err(PyOSError::new_err("sockaddr resolved to multiple addresses")),
    }
}
