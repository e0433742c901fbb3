//! Services by name and by port (services(5)).

use std::ffi::CString;

use super::words::{c_string, found_or, no_service, no_service_at, shown};
use crate::error::{Error, Operation, Result};
use crate::sys::constants as c;
use crate::sys::netdb;

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

impl ServiceEntry {
    fn from_sys(found: netdb::Service) -> Self {
        Self { name: found.name, port: found.port, protocol: found.protocol }
    }
}

/// The service called `name`, by its own name or an alias; over `protocol`, or the first that is listed.
///
/// # Errors
///
/// [`NotFound`](std::io::ErrorKind::NotFound) where there is no such service, which a number never is.
///
/// ```
/// use berkeley::netdb::service_by_name;
///
/// if let Ok(entry) = service_by_name("domain", Some("udp")) {
///     assert_eq!(entry.port, 53);
/// }
/// ```
#[doc(alias = "getservbyname")]
pub fn service_by_name(name: impl AsRef<[u8]>, protocol: Option<&str>) -> Result<ServiceEntry> {
    const OPERATION: Operation = Operation::ServiceByName;
    let name = name.as_ref();
    let ask = || {
        let (name, protocol) = (c_string(OPERATION, "service", name)?, c_protocol(OPERATION, protocol)?);
        found_or(netdb::service_by_name(&name, protocol.as_deref()), OPERATION, c::EAI_SERVICE)
    };
    let why = || no_service(name, &over(protocol));
    ask().map(ServiceEntry::from_sys).map_err(|error| absent(error, why).on(shown(name)))
}

/// The service at `port`, over `protocol`, or the first that is listed.
///
/// # Errors
///
/// [`NotFound`](std::io::ErrorKind::NotFound) where the port has no name.
///
/// ```
/// use berkeley::netdb::service_by_port;
///
/// if let Ok(entry) = service_by_port(22, Some("tcp")) {
///     assert_eq!(entry.name.as_c_str(), c"ssh");
/// }
/// ```
#[doc(alias = "getservbyport")]
pub fn service_by_port(port: u16, protocol: Option<&str>) -> Result<ServiceEntry> {
    const OPERATION: Operation = Operation::ServiceByPort;
    let ask = || {
        let protocol = c_protocol(OPERATION, protocol)?;
        found_or(netdb::service_by_port(port, protocol.as_deref()), OPERATION, c::EAI_SERVICE)
    };
    let why = || no_service_at(port, &over(protocol));
    ask().map(ServiceEntry::from_sys).map_err(|error| absent(error, why).on(port.to_string()))
}

fn c_protocol(operation: Operation, protocol: Option<&str>) -> Result<Option<CString>> {
    protocol.map(|protocol| c_string(operation, "protocol", protocol.as_bytes())).transpose()
}

/// A protocol as it stands before "service": `TCP`; empty for any.
fn over(protocol: Option<&str>) -> String {
    protocol.map_or_else(String::new, |protocol| shown(protocol.as_bytes()).to_uppercase())
}

/// An error that says what is not there, where nothing else has failed.
fn absent(error: Error, why: impl FnOnce() -> String) -> Error {
    if error.kind() == std::io::ErrorKind::NotFound { error.because(why()) } else { error }
}
