//! The host of IPv4 that was read or shown last: most programs speak with one peer many times in a row, and spare
//! reading and writing its digits anew.

use std::net::Ipv4Addr;
use std::sync::Mutex;

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The digits, of which an address has only one form, and the address. Another thread's turn is not waited for.
static LAST: Mutex<Option<(Py<PyString>, Ipv4Addr)>> = Mutex::new(None);

/// The address that `host` names, where it is the very object that is kept.
#[inline]
pub(super) fn read(host: &Bound<'_, PyString>) -> Option<Ipv4Addr> {
    let last = LAST.try_lock().ok()?;
    last.as_ref().filter(|(digits, _)| digits.is(host)).map(|(_, ip)| *ip)
}

/// The digits of `ip`, where it is the address that is kept.
#[inline]
pub(super) fn shown(py: Python<'_>, ip: Ipv4Addr) -> Option<Bound<'_, PyString>> {
    let last = LAST.try_lock().ok()?;
    last.as_ref().filter(|(_, kept)| *kept == ip).map(|(digits, _)| digits.bind(py).clone())
}

/// Keeps both, in place of those before; `digits` must be exactly a `str`.
pub(super) fn keep(digits: &Bound<'_, PyString>, ip: Ipv4Addr) {
    let before = LAST.try_lock().ok().and_then(|mut last| last.replace((digits.clone().unbind(), ip)));
    if let Some((before, _)) = before {
        // Freed at once, by a thread that is attached.
        before.drop_ref(digits.py());
    }
}
