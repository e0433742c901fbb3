//! Timeouts as Python gives them, in seconds, and as the socket object keeps them: nanoseconds, negative for none.

use std::sync::atomic::{AtomicI64, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::ffi::capi::NO_TIMEOUT;
use crate::ffi::fastcall::nanoseconds;
use crate::ffi::new;

/// No timeout, as C keeps it.
pub(crate) const NONE: i64 = NO_TIMEOUT;

const NANOSECONDS: i64 = 1_000_000_000;

/// That of sockets that are made from now on (`socket.setdefaulttimeout`).
static DEFAULT: AtomicI64 = AtomicI64::new(NONE);

/// The timeout of new sockets, in nanoseconds; negative for none.
pub(crate) fn default() -> i64 {
    DEFAULT.load(Ordering::Relaxed)
}

/// Sets it.
pub(crate) fn set_default(timeout: i64) {
    DEFAULT.store(timeout, Ordering::Relaxed);
}

/// The timeout that `value` says, `None` or seconds; rounded up, so that a wait is never too short.
pub(crate) fn parse(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.is_none() {
        return Ok(NONE);
    }
    match nanoseconds(value)? {
        timeout if timeout < 0 => Err(PyValueError::new_err("Timeout value out of range")),
        timeout => Ok(timeout),
    }
}

/// The timeout as Python shows it: `None`, or seconds.
#[expect(clippy::cast_precision_loss, reason = "as C rounds it")]
pub(crate) fn shown(py: Python<'_>, timeout: i64) -> PyResult<Bound<'_, PyAny>> {
    if timeout < 0 {
        return Ok(py.None().into_bound(py));
    }
    let seconds = if timeout % NANOSECONDS == 0 {
        (timeout / NANOSECONDS) as f64
    } else {
        timeout as f64 / NANOSECONDS as f64
    };
    new::float(py, seconds)
}
