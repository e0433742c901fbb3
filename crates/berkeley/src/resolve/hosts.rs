//! The C library's older questions, each with its own answer: hosts with their aliases, services, protocols.

use std::ffi::{CStr, CString};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::raw::shown;
use super::service::{beginning, no_service, no_service_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol};
use crate::sys::constants as c;
use crate::sys::host;
use crate::sys::resolve::LookupError;

/// A host as the C library's data base has it; the bytes of its names as they came.
///
/// Whoever runs the name chose them: escape them before a terminal sees them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "hostent")]
pub struct HostEntry {
    /// The host's own name.
    pub name: CString,
    /// Its other names.
    pub aliases: Vec<CString>,
    /// Its addresses, of the family that was asked for.
    pub addresses: Vec<IpAddr>,
}

/// The host called `name`, with its addresses of `family` (gethostbyname2(3)).
///
/// [`resolve`](super::resolve()) is the newer question, which knows both families; this one gives the aliases too.
/// Blocks for as long as the resolver does. Fails with [`Cause::Host`](crate::Cause::Host) where there is no such host.
///
/// ```
/// use berkeley::Family;
/// use berkeley::resolve::host_by_name;
/// use std::net::{IpAddr, Ipv4Addr};
///
/// let host = host_by_name(c"127.0.0.1", Family::INET)?;
/// assert_eq!(host.addresses, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "gethostbyname")]
#[doc(alias = "gethostbyname2")]
#[doc(alias = "gethostbyname_ex")]
pub fn host_by_name(name: &CStr, family: Family) -> Result<HostEntry> {
    host::host_by_name(name, family.as_raw())
        .map(HostEntry::from_sys)
        .map_err(|error| Error::lookup(Operation::HostByName, error).on(shown(Some(name))))
}

/// The host that has this address, with its aliases and its addresses (gethostbyaddr(3)).
///
/// [`resolve_back`](super::resolve_back) is the newer question. Blocks for as long as the resolver does. Fails with
/// [`Cause::Host`](crate::Cause::Host) where there is none.
///
/// ```
/// use berkeley::resolve::host_by_address;
/// use std::net::Ipv4Addr;
///
/// if let Ok(host) = host_by_address(Ipv4Addr::LOCALHOST) {
///     println!("{:?} {:?}", host.name, host.aliases);
/// }
/// ```
#[doc(alias = "gethostbyaddr")]
pub fn host_by_address(ip: impl Into<IpAddr>) -> Result<HostEntry> {
    let ip = ip.into();
    let found = match ip {
        IpAddr::V4(ip) => host::host_by_address(&ip.octets(), Family::INET.as_raw()),
        IpAddr::V6(ip) => host::host_by_address(&ip.octets(), Family::INET6.as_raw()),
    };
    found
        .map(HostEntry::from_sys)
        .map_err(|error| Error::lookup(Operation::HostByAddress, error).on(ip.to_string()))
}

/// A service as services(5) has it, or what nsswitch.conf(5) names in its place; the bytes of its names as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "servent")]
pub struct ServiceEntry {
    /// The service's own name.
    pub name: CString,
    /// Its port.
    pub port: u16,
    /// The name of the protocol that it is spoken over: `tcp`, `udp`.
    pub protocol: CString,
}

/// The service called `name`, by its own name or another; over `protocol`, or the first that is listed.
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where there is none.
///
/// ```
/// use berkeley::resolve::service_entry;
///
/// if let Ok(entry) = service_entry(c"domain", Some(c"udp")) {
///     assert_eq!(entry.port, 53);
/// }
/// ```
#[doc(alias = "getservbyname")]
pub fn service_entry(name: &CStr, protocol: Option<&CStr>) -> Result<ServiceEntry> {
    let found = host::service_by_name(name, protocol);
    ServiceEntry::from_sys(found, Operation::ServiceEntry, || shown(Some(name)))
        .map_err(|error| absent(error, || no_service(&name.to_string_lossy(), &over(protocol))))
}

/// The service at `port`, over `protocol`, or the first that is listed.
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where there is none.
#[doc(alias = "getservbyport")]
pub fn service_entry_at(port: u16, protocol: Option<&CStr>) -> Result<ServiceEntry> {
    let found = host::service_by_port(port, protocol);
    ServiceEntry::from_sys(found, Operation::ServiceEntryAt, || port.to_string())
        .map_err(|error| absent(error, || no_service_at(port, &over(protocol))))
}

/// The protocol called `name` in protocols(5), or in what nsswitch.conf(5) names in its place.
///
/// [`protocol_number`](super::protocol_number) knows the usual ones on a machine without that file too. Fails with
/// [`NotFound`](std::io::ErrorKind::NotFound) where there is none.
#[doc(alias = "getprotobyname")]
pub fn protocol_entry(name: &CStr) -> Result<Protocol> {
    let found = host::protocol_by_name(name);
    found_or(found, Operation::ProtocolEntry, c::EAI_NONAME, || shown(Some(name))).map(Protocol::from_raw)
}

/// A protocol as it stands before "service": `TCP`; empty for any.
fn over(protocol: Option<&CStr>) -> String {
    let shown = |name: &CStr| beginning(&name.to_string_lossy()).to_uppercase().escape_debug().to_string();
    protocol.map_or_else(String::new, shown)
}

/// An error that says what is not there, where that is all that failed.
fn absent(error: Error, why: impl FnOnce() -> String) -> Error {
    if error.raw_os_error().is_none() { error.because(why()) } else { error }
}

/// What was found; an error of `code` where nothing was.
fn found_or<T>(
    found: crate::sys::Result<Option<T>>,
    operation: Operation,
    code: i32,
    what: impl FnOnce() -> String,
) -> Result<T> {
    let found = found.map_err(LookupError::System).and_then(|found| found.ok_or(LookupError::Resolver(code)));
    found.map_err(|error| Error::lookup(operation, error).on(what()))
}

impl HostEntry {
    fn from_sys(host: host::Host) -> Self {
        let addresses = host.addresses.iter().filter_map(|address| ip(address)).collect();
        Self { name: host.name, aliases: host.aliases, addresses }
    }
}

impl ServiceEntry {
    fn from_sys(
        found: crate::sys::Result<Option<host::Service>>,
        operation: Operation,
        what: impl FnOnce() -> String,
    ) -> Result<Self> {
        let host::Service { name, port, protocol } = found_or(found, operation, c::EAI_SERVICE, what)?;
        Ok(Self { name, port, protocol })
    }
}

/// The address that has these bytes, by their number.
fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(octets).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).into())
}
