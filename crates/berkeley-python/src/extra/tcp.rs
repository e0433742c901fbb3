//! What the kernel knows of a TCP connection: `tcp_info` and its record, `TcpInfo`.

use berkeley::option::{self, Field, TcpInfo, Value};
use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyString, PyType};

use super::socket;
use crate::error::raised;
use crate::fd;
use crate::ffi::capi::guarded;
use crate::ffi::record::{self, Named};
use crate::gil;
use crate::wait::number;

/// The type of the record, which lives as long as the module.
static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// How many bytes of `struct tcp_info` every kernel gives that has the option: the fields of the tuple.
const EVERY_KERNEL: usize = 104;

/// Adds the type of the record to `module`.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("TcpInfo", class(module.py())?)
}

fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    Ok(CLASS.get_or_try_init(py, || make_class(py).map(Bound::unbind))?.bind(py))
}

fn make_class(py: Python<'_>) -> PyResult<Bound<'_, PyType>> {
    let oldest = TcpInfo::decode(&[0; EVERY_KERNEL]);
    let fields = oldest.ok_or_else(|| PySystemError::new_err("struct tcp_info is longer"))?.fields();
    let visible = fields.iter().filter(|field| field.value.is_some()).count();
    let named: Vec<_> = fields.iter().map(|field| Named { name: field.name, doc: meaning(field) }).collect();
    let doc = c"What the kernel knows of a TCP connection (TCP_INFO, tcp(7)).\n\n\
        Durations are in seconds, states are named as C names them. The fields that came to the kernel after \
        Linux 3.15 are reached by name alone; one is None where this kernel does not give it.";
    record::class(py, c"berkeley.TcpInfo", doc, &named, visible)
}

/// What a field means, and its unit.
fn meaning(field: &Field) -> String {
    let says = |unit: &str| field.about.to_lowercase().contains(unit);
    match field.unit {
        Some("s") => format!("{} In seconds.", field.about),
        Some("bytes/s") if says("per second") => field.about.to_owned(),
        Some(unit) if !says(unit) => format!("{} In {unit}.", field.about),
        _ => field.about.to_owned(),
    }
}

/// What the kernel knows of a TCP connection, as a `TcpInfo`: `tcp_info(sock).rtt` is the round trip in seconds.
#[pyfunction]
#[pyo3(signature = (sock))]
pub(super) fn tcp_info(#[pyo3(from_py_with = socket)] sock: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    guarded(move || {
        let py = sock.py();
        let target = fd::borrowed(py, number(&sock)?)?;
        let told = gil::brief(py, || target.get_value(option::tcp::INFO.description()));
        let value = told.map_err(|error| raised(py, &error))?;
        let fields = value.fields().unwrap_or_default();
        record::record(class(py)?, fields.into_iter().map(|field| shown(py, field.value)))
    })
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
