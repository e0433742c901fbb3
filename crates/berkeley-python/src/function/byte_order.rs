//! htons, htonl, ntohs and ntohl.

use std::ffi::CStr;

#[cfg(not(Py_3_14))]
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::PyInt;

#[cfg(Py_3_14)]
use crate::ffi::fastcall::natural;
use crate::ffi::fastcall::{Args, Convention, Function, add_function};
use crate::ffi::new;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<HostToNetworkShort>(module)?;
    add_function::<HostToNetworkLong>(module)?;
    add_function::<NetworkToHostShort>(module)?;
    add_function::<NetworkToHostLong>(module)
}

/// How those of 16 bits are called, which C parses by another tool since 3.13.
const SHORT: Convention = if cfg!(Py_3_13) { Convention::One } else { Convention::Positional };

struct HostToNetworkShort;

impl Function for HostToNetworkShort {
    const NAME: &'static CStr = c"htons";
    #[cfg(Py_3_14)]
    const DOC: &'static CStr =
        c"htons($module, integer, /)\n--\n\nTurn an integer of 16 bits from the host's byte order into \
        the network's.";
    #[cfg(all(Py_3_13, not(Py_3_14)))]
    const DOC: &'static CStr =
        c"htons($self, x, /)\n--\n\nTurn an integer of 16 bits from the host's byte order into \
        the network's.";
    #[cfg(not(Py_3_13))]
    const DOC: &'static CStr =
        c"htons(integer) -> integer\n\nTurn an integer of 16 bits from the host's byte order \
        into the network's.";
    const CONVENTION: Convention = SHORT;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = short(args, "htons", c"i:htons")?;
        new::int(py, value.to_be())
    }
}

struct NetworkToHostShort;

impl Function for NetworkToHostShort {
    const NAME: &'static CStr = c"ntohs";
    #[cfg(Py_3_14)]
    const DOC: &'static CStr =
        c"ntohs($module, integer, /)\n--\n\nTurn an integer of 16 bits from the network's byte order \
        into the host's.";
    #[cfg(all(Py_3_13, not(Py_3_14)))]
    const DOC: &'static CStr =
        c"ntohs($self, x, /)\n--\n\nTurn an integer of 16 bits from the network's byte order \
        into the host's.";
    #[cfg(not(Py_3_13))]
    const DOC: &'static CStr =
        c"ntohs(integer) -> integer\n\nTurn an integer of 16 bits from the network's byte \
        order into the host's.";
    const CONVENTION: Convention = SHORT;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = short(args, "ntohs", c"i:ntohs")?;
        new::int(py, u16::from_be(value))
    }
}

/// The argument of those of 16 bits.
#[cfg(Py_3_14)]
#[inline]
fn short(args: Args<'_, '_>, _: &str, _: &CStr) -> PyResult<u16> {
    let value = args.int(0).and_then(|value| u16::try_from(value).ok());
    value.map_or_else(|| natural(&*args.only()?, "uint16_t"), Ok)
}

#[cfg(not(Py_3_14))]
#[inline]
fn short(args: Args<'_, '_>, name: &str, format: &CStr) -> PyResult<u16> {
    let value = match (args.len(), args.int(0)) {
        (1, Some(value)) => value,
        _ => rare(args, format)?,
    };
    u16::try_from(value).map_err(|_| {
        let what =
            if value < 0 { "can't convert negative Python int" } else { "Python int too large to convert" };
        PyOverflowError::new_err(format!("{name}: {what} to C 16-bit unsigned integer"))
    })
}

/// What is not exactly an `int`, or does not fit one of C's.
#[cfg(not(Py_3_13))]
#[cold]
fn rare(args: Args<'_, '_>, format: &CStr) -> PyResult<i32> {
    use crate::ffi::fastcall::{Slot, parse};
    let mut value = 0;
    parse(args, format, &mut [Slot::Int(&mut value)])?;
    Ok(value)
}

#[cfg(all(Py_3_13, not(Py_3_14)))]
#[cold]
fn rare(args: Args<'_, '_>, _: &CStr) -> PyResult<i32> {
    let object = args.only()?;
    crate::ffi::fastcall::int(&object)
}

struct HostToNetworkLong;

impl Function for HostToNetworkLong {
    const NAME: &'static CStr = c"htonl";
    #[cfg(Py_3_14)]
    const DOC: &'static CStr =
        c"htonl($module, integer, /)\n--\n\nTurn an integer of 32 bits from the host's byte order \
        into the network's.";
    #[cfg(not(Py_3_14))]
    const DOC: &'static CStr =
        c"htonl(integer) -> integer\n\nTurn an integer of 32 bits from the host's byte order \
        into the network's.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        made(py, long(args)?.to_be())
    }
}

struct NetworkToHostLong;

impl Function for NetworkToHostLong {
    const NAME: &'static CStr = c"ntohl";
    #[cfg(Py_3_14)]
    const DOC: &'static CStr =
        c"ntohl($module, integer, /)\n--\n\nTurn an integer of 32 bits from the network's byte \
        order into the host's.";
    #[cfg(not(Py_3_14))]
    const DOC: &'static CStr =
        c"ntohl(integer) -> integer\n\nTurn an integer of 32 bits from the network's byte \
        order into the host's.";
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        made(py, u32::from_be(long(args)?))
    }
}

/// The argument of those of 32 bits.
#[inline]
fn long(args: Args<'_, '_>) -> PyResult<u32> {
    args.word(0).map_or_else(|| rare_long(args), Ok)
}

/// The `int` of an answer: of 64 bits, of which the interpreter makes one sooner than of a signed number of 32.
fn made(py: Python<'_>, value: u32) -> PyResult<Bound<'_, PyAny>> {
    new::int(py, u64::from(value))
}

/// What is not exactly an `int`, or does not fit 32 bits.
#[cfg(Py_3_14)]
fn rare_long(args: Args<'_, '_>) -> PyResult<u32> {
    natural(&*args.only()?, "uint32_t")
}

#[cfg(not(Py_3_14))]
#[cold]
fn rare_long(args: Args<'_, '_>) -> PyResult<u32> {
    use crate::ffi::fastcall::{type_name, unsigned};
    use pyo3::exceptions::PyTypeError;
    let object = args.only()?;
    if !object.is_instance_of::<PyInt>() {
        return Err(PyTypeError::new_err(format!("expected int, {} found", type_name(&object))));
    }
    u32::try_from(unsigned(&object)?).map_err(|_| PyOverflowError::new_err("int larger than 32 bits"))
}
