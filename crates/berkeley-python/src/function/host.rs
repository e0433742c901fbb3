//! `gethostbyname`, `gethostbyname_ex`, `gethostbyaddr`.

use std::ffi::{CStr, CString};

use berkeley::Family;
use berkeley::netdb::{HostEntry, host_by_address, host_by_name};
use pyo3::prelude::*;

use super::name::{plain, released, text};
use crate::address::{resolved, shown_ip};
use crate::ffi::fastcall::{Args, Function, add_function, audit, idna};
use crate::ffi::new;
use crate::memory::until_nul;

/// Adds the functions of this file.
pub(super) fn add(module: &Bound<'_, PyModule>) -> PyResult<()> {
    add_function::<GetHostByName>(module)?;
    add_function::<GetHostByNameEx>(module)?;
    add_function::<GetHostByAddr>(module)
}

struct GetHostByName;

impl Function for GetHostByName {
    const NAME: &'static CStr = c"gethostbyname";
    const DOC: &'static CStr =
        c"gethostbyname(host) -> address\n\nThe IPv4 address of a host, as text: '127.0.0.1'.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = argument(py, args, c"et:gethostbyname", c"socket.gethostbyname")?;
        shown_ip(py, resolved(py, &name, Family::INET)?)
    }
}

struct GetHostByNameEx;

impl Function for GetHostByNameEx {
    const NAME: &'static CStr = c"gethostbyname_ex";
    const DOC: &'static CStr =
        c"gethostbyname_ex(host) -> (name, aliaslist, addresslist)\n\nA host by its name: \
        its own name, its other names, and its IPv4 addresses.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = argument(py, args, c"et:gethostbyname_ex", c"socket.gethostbyname")?;
        resolved(py, &name, Family::INET)?;
        let found = released(py, || host_by_name(name.as_bytes(), Family::INET))?;
        entry(py, &found)
    }
}

struct GetHostByAddr;

impl Function for GetHostByAddr {
    const NAME: &'static CStr = c"gethostbyaddr";
    const DOC: &'static CStr =
        c"gethostbyaddr(host) -> (name, aliaslist, addresslist)\n\nA host by its address: \
        its own name, its other names, and its addresses of that family.";

    fn call<'py>(py: Python<'py>, args: Args<'_, 'py>) -> PyResult<Bound<'py, PyAny>> {
        let name = argument(py, args, c"et:gethostbyaddr", c"socket.gethostbyaddr")?;
        let ip = resolved(py, &name, Family::UNSPECIFIED)?;
        let found = released(py, || host_by_address(ip))?;
        entry(py, &found)
    }
}

/// The only argument, a host, its event raised.
fn argument(py: Python<'_>, args: Args<'_, '_>, format: &CStr, event: &CStr) -> PyResult<CString> {
    let host = args.get(0).filter(|_| args.len() == 1);
    let name = match host.as_deref().and_then(plain) {
        Some(name) => until_nul(name.as_bytes())?,
        None => idna(args, format)?,
    };
    match host {
        Some(host) => audit(py, event, &[&host])?,
        None => audit(py, event, &[])?,
    }
    Ok(name)
}

/// A host as Python shows it.
fn entry<'py>(py: Python<'py>, host: &HostEntry) -> PyResult<Bound<'py, PyAny>> {
    let aliases = new::list_of(py, host.aliases.iter().map(|alias| text(py, alias)))?;
    let addresses = new::list_of(py, host.addresses.iter().map(|ip| shown_ip(py, *ip)))?;
    let name = text(py, &host.name)?;
    Ok(new::tuple(py, [name, aliases.into_any(), addresses.into_any()])?.into_any())
}
