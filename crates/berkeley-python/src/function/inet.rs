//! Addresses of IP in text and packed: `inet_aton`, `inet_ntoa`, `inet_pton`, `inet_ntop`.

use std::ffi::CStr;
use std::net::Ipv4Addr;

use berkeley::Family;
use berkeley::resolve::ipv4_in_digits;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::address::shown_ip;
use crate::error::os_error;
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::fastcall::{Args, Convention, Function, Slot, add_function, parse, type_name};
use crate::ffi::new;
use crate::version::{self, doc};

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<InetAton>(module)?;
    add_function::<InetNtoa>(module)?;
    add_function::<InetPton>(module)?;
    add_function::<InetNtop>(module)
}

/// A family that the function does not know (errno(3)).
const EAFNOSUPPORT: i32 = 97;

const INET: i32 = Family::INET.as_raw();
const INET6: i32 = Family::INET6.as_raw();

struct InetAton;

impl Function for InetAton {
    const NAME: &'static CStr = c"inet_aton";
    const DOC: &'static CStr = doc::INET_ATON;
    const CONVENTION: Convention = Convention::SINGLE;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let text = match (args.len(), args.get(0)) {
            (1, Some(object)) => with_text(&object, alone)?,
            _ => None,
        };
        let address = match text {
            Some(address) => address,
            None => alone(&rare_text(args)?),
        };
        match address {
            Some(address) => Ok(new::bytes(py, &address.octets())?),
            None => Err(PyOSError::new_err("illegal IP address string passed to inet_aton")),
        }
    }
}

/// The address that the text is. `inet_aton(3)` takes one with anything behind a space: `127.0.0.1 ; x`.
fn alone(text: &str) -> Option<Ipv4Addr> {
    let is_space = |c: char| c.is_ascii_whitespace() || c == '\x0b';
    let nothing_follows = text.split(is_space).skip(1).all(str::is_empty);
    ipv4_in_digits(text).filter(|_| nothing_follows)
}

/// What `read` makes of the text of a `str`; `None` where it is none. Fails where C could not take it.
#[inline]
fn with_text<T>(object: &Bound<'_, PyAny>, read: impl FnOnce(&str) -> T) -> PyResult<Option<T>> {
    let Ok(string) = object.cast::<PyString>() else {
        return Ok(None);
    };
    let text = string.to_str()?;
    if text.contains('\0') {
        return Err(PyValueError::new_err("embedded null character"));
    }
    Ok(Some(read(text)))
}

/// The refusal of what is no `str`.
#[cold]
fn rare_text(args: Args<'_, '_>) -> PyResult<String> {
    if version::SINCE_3_13 {
        let object = args.only()?;
        let kind = if object.is_none() { "None".to_owned() } else { type_name(&object) };
        return Err(PyTypeError::new_err(format!("inet_aton() argument must be str, not {kind:.50}")));
    }
    let mut text = String::new();
    parse(args, c"s:inet_aton", &mut [Slot::Text(&mut text)])?;
    Ok(text)
}

struct InetNtoa;

impl Function for InetNtoa {
    const NAME: &'static CStr = c"inet_ntoa";
    const DOC: &'static CStr = doc::INET_NTOA;
    const CONVENTION: Convention = Convention::SINGLE;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let address = match (args.len(), args.bytes(0)) {
            (1, Some(bytes)) => <[u8; 4]>::try_from(bytes),
            _ => (&*packed(args)?.bytes(py)?).try_into(),
        };
        match address {
            Ok(address) => shown_ip(py, address),
            Err(_) => Err(PyOSError::new_err("packed IP wrong length for inet_ntoa")),
        }
    }
}

/// The argument of `inet_ntoa` where it is not exactly a `bytes`.
#[cold]
fn packed<'py>(args: Args<'_, 'py>) -> PyResult<ReadBuffer<'py>> {
    if version::SINCE_3_13 {
        return ReadBuffer::of(&*args.only()?);
    }
    let mut buffer = ReadBuffer::empty();
    parse(args, c"y*:inet_ntoa", &mut [Slot::Read(&mut buffer)])?;
    Ok(buffer)
}

struct InetPton;

impl Function for InetPton {
    const NAME: &'static CStr = c"inet_pton";
    const DOC: &'static CStr =
        c"inet_pton(af, ip) -> bytes\n\nThe bytes of an address in text: 4 of AF_INET, 16 of \
        AF_INET6.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        if let (2, Some(family), Some(object)) = (args.len(), args.int(0), args.get(1))
            && let Some(answer) = with_text(&object, |text| pack(py, family, text))?
        {
            return answer;
        }
        let (mut family, mut text) = (0, String::new());
        parse(args, c"is:inet_pton", &mut [Slot::Int(&mut family), Slot::Text(&mut text)])?;
        pack(py, family, &text)
    }
}

fn pack<'py>(py: Python<'py>, family: i32, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let bytes = match family {
        INET => text.parse().ok().map(|address: Ipv4Addr| new::bytes(py, &address.octets())),
        INET6 => inet6(text.as_bytes()).map(|octets| new::bytes(py, &octets)),
        _ => return Err(os_error(py, EAFNOSUPPORT)),
    };
    match bytes {
        Some(bytes) => bytes,
        None => Err(PyOSError::new_err("illegal IP address string passed to inet_pton")),
    }
}

/// The bytes of an IPv6 address in text, which std's parser takes a third longer for.
fn inet6(text: &[u8]) -> Option<[u8; 16]> {
    let (mut octets, mut length, mut gap) = ([0_u8; 16], 0, None);
    let mut rest = text;
    if let Some(behind) = rest.strip_prefix(b"::") {
        (gap, rest) = (Some(0), behind);
    }
    while !rest.is_empty() {
        let (group, digits) = hexadecimal(rest)?;
        if rest.get(digits) == Some(&b'.') {
            let ip: Ipv4Addr = str::from_utf8(rest).ok()?.parse().ok()?;
            octets.get_mut(length..length + 4)?.copy_from_slice(&ip.octets());
            length += 4;
            break;
        }
        octets.get_mut(length..length + 2)?.copy_from_slice(&group.to_be_bytes());
        length += 2;
        rest = match rest.get(digits..)? {
            [] => &[],
            [b':', b':', behind @ ..] if gap.is_none() => {
                gap = Some(length);
                behind
            }
            [b':', behind @ ..] if !behind.is_empty() => behind,
            _ => return None,
        };
    }
    match gap {
        None => (length == 16).then_some(octets),
        // The gap stands for one group at least.
        Some(gap) if length < 16 => {
            octets.copy_within(gap..length, gap + 16 - length);
            octets[gap..gap + 16 - length].fill(0);
            Some(octets)
        }
        Some(_) => None,
    }
}

/// The one to four digits that `text` begins with, and how many they are.
fn hexadecimal(text: &[u8]) -> Option<(u16, usize)> {
    let (mut group, mut count) = (0, 0);
    for byte in text {
        let Some(digit) = char::from(*byte).to_digit(16) else { break };
        if count == 4 {
            return None;
        }
        group = group << 4 | digit;
        count += 1;
    }
    (count > 0).then_some((u16::try_from(group).ok()?, count))
}

struct InetNtop;

impl Function for InetNtop {
    const NAME: &'static CStr = c"inet_ntop";
    const DOC: &'static CStr =
        c"inet_ntop(af, packed_ip) -> string\n\nThe text of an address in bytes: 4 of AF_INET, \
        16 of AF_INET6.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        if let (2, Some(family), Some(packed)) = (args.len(), args.int(0), args.bytes(1)) {
            return unpack(py, family, packed);
        }
        let (mut family, mut packed) = (0, ReadBuffer::empty());
        parse(args, c"iy*:inet_ntop", &mut [Slot::Int(&mut family), Slot::Read(&mut packed)])?;
        unpack(py, family, &packed.bytes(py)?)
    }
}

fn unpack<'py>(py: Python<'py>, family: i32, packed: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let text = match family {
        INET => <[u8; 4]>::try_from(packed).map(|octets| shown_ip(py, octets)),
        INET6 => <[u8; 16]>::try_from(packed).map(|octets| shown_ip(py, octets)),
        _ => return Err(PyValueError::new_err(format!("unknown address family {family}"))),
    };
    text.map_err(|_| PyValueError::new_err("invalid length of packed IP address string"))?
}
