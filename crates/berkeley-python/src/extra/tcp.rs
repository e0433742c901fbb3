//! What the kernel knows of a TCP connection.

use berkeley::option::{self, Value};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::{number, socket};
use crate::error::raised;
use crate::fd;
use crate::ffi::capi::guarded;
use crate::gil;

/// The fields of `TCP_INFO` by their names: numbers, durations in seconds, flags, the state as C names it; `None` is
/// what this kernel does not give.
#[pyfunction]
#[pyo3(signature = (sock))]
pub(super) fn tcp_info(#[pyo3(from_py_with = socket)] sock: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyDict>> {
    guarded(move || fields(&sock))
}

fn fields<'py>(sock: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = sock.py();
    let target = fd::borrowed(py, number(sock)?)?;
    let told = gil::brief(py, || target.get_value(option::tcp::INFO.description()));
    let value = told.map_err(|error| raised(py, &error))?;
    let info = PyDict::new(py);
    for field in value.fields().unwrap_or_default() {
        info.set_item(field.name, shown(py, field.value)?)?;
    }
    Ok(info)
}

fn shown(py: Python<'_>, value: Option<Value>) -> PyResult<Bound<'_, PyAny>> {
    Ok(match value {
        None => py.None().into_bound(py),
        Some(Value::Flag(on)) => on.into_pyobject(py)?.to_owned().into_any(),
        Some(Value::Integer(number)) => number.into_pyobject(py)?.into_any(),
        Some(Value::Unsigned(number)) => number.into_pyobject(py)?.into_any(),
        Some(Value::Duration(duration)) => duration.as_secs_f64().into_pyobject(py)?.into_any(),
        Some(other) => PyString::new(py, &other.to_string()).into_any(),
    })
}
