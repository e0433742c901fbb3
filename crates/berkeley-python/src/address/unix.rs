//! Paths and abstract names of `AF_UNIX`: `str`, or anything with bytes.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use berkeley::{Address, UnixAddress};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::raised;
use crate::ffi::buffer::ReadBuffer;
use crate::ffi::fastcall::file_system_bytes;
use crate::ffi::new;

/// The room in `sun_path`.
const ROOM: usize = 108;

pub(super) fn read(value: &Bound<'_, PyAny>) -> PyResult<Address> {
    if let Ok(text) = value.cast::<PyString>() {
        return of_bytes(value.py(), file_system_bytes(text)?.as_bytes());
    }
    let buffer = ReadBuffer::of(value)?;
    if buffer.len() > ROOM {
        return Err(too_long());
    }
    of_bytes(value.py(), &buffer.bytes(value.py())?)
}

fn too_long() -> PyErr {
    PyOSError::new_err("AF_UNIX path too long")
}

fn of_bytes(py: Python<'_>, name: &[u8]) -> PyResult<Address> {
    let is_path = name.first().is_some_and(|first| *first != 0);
    // A path needs its NUL; an abstract name has none.
    if name.len() + usize::from(is_path) > ROOM {
        return Err(too_long());
    }
    let made = match name {
        [] => Ok(UnixAddress::UNNAMED),
        [0, name @ ..] => UnixAddress::from_abstract(name),
        // The kernel reads a path as far as its first NUL.
        path => {
            let path = path.split(|byte| *byte == 0).next().unwrap_or_default();
            UnixAddress::from_path(OsStr::from_bytes(path))
        }
    };
    made.map(Address::from).map_err(|error| raised(py, &error))
}

pub(super) fn shown<'py>(py: Python<'py>, address: &UnixAddress) -> PyResult<Bound<'py, PyAny>> {
    // As each end of a pair is, and most clients.
    if address.is_unnamed() {
        return new::text(py, "");
    }
    if let Some(name) = address.as_abstract() {
        return new::bytes(py, &[&[0], name].concat());
    }
    let path = address.as_path().map_or(OsStr::new(""), |path| path.as_os_str());
    new::file_system_text(py, path.as_bytes())
}
