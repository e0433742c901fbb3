//! htons, htonl, ntohs and ntohl.

use std::ffi::CStr;

use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::ffi::fastcall::{
    Args, Convention, Function, Slot, add_function, int, natural, parse, type_name, unsigned,
};
use crate::ffi::new;
use crate::version::{self, doc};

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<HostToNetworkShort>(module)?;
    add_function::<HostToNetworkLong>(module)?;
    add_function::<NetworkToHostShort>(module)?;
    add_function::<NetworkToHostLong>(module)
}

struct HostToNetworkShort;

impl Function for HostToNetworkShort {
    const NAME: &'static CStr = c"htons";
    const DOC: &'static CStr = doc::HTONS;
    const CONVENTION: Convention = Convention::SINGLE;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = short(args, "htons", c"i:htons")?;
        new::int(py, value.to_be())
    }
}

struct NetworkToHostShort;

impl Function for NetworkToHostShort {
    const NAME: &'static CStr = c"ntohs";
    const DOC: &'static CStr = doc::NTOHS;
    const CONVENTION: Convention = Convention::SINGLE;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = short(args, "ntohs", c"i:ntohs")?;
        new::int(py, u16::from_be(value))
    }
}

/// The argument of those of 16 bits.
#[inline]
fn short(args: Args<'_, '_>, name: &str, format: &CStr) -> PyResult<u16> {
    if version::SINCE_3_14 {
        let value = args.int(0).and_then(|value| u16::try_from(value).ok());
        return value.map_or_else(|| natural(&*args.only()?, "uint16_t"), Ok);
    }
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
#[cold]
fn rare(args: Args<'_, '_>, format: &CStr) -> PyResult<i32> {
    if version::SINCE_3_13 {
        return int(&*args.only()?);
    }
    let mut value = 0;
    parse(args, format, &mut [Slot::Int(&mut value)])?;
    Ok(value)
}

struct HostToNetworkLong;

impl Function for HostToNetworkLong {
    const NAME: &'static CStr = c"htonl";
    const DOC: &'static CStr = doc::HTONL;
    const CONVENTION: Convention = Convention::One;

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        made(py, long(args)?.to_be())
    }
}

struct NetworkToHostLong;

impl Function for NetworkToHostLong {
    const NAME: &'static CStr = c"ntohl";
    const DOC: &'static CStr = doc::NTOHL;
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
#[cold]
fn rare_long(args: Args<'_, '_>) -> PyResult<u32> {
    let object = args.only()?;
    if version::SINCE_3_14 {
        return natural(&object, "uint32_t");
    }
    if !object.is_instance_of::<PyInt>() {
        return Err(PyTypeError::new_err(format!("expected int, {} found", type_name(&object))));
    }
    u32::try_from(unsigned(&object)?).map_err(|_| PyOverflowError::new_err("int larger than 32 bits"))
}
