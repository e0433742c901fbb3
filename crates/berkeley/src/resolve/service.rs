//! [`Service`]: a port by its number or by its name.

use std::ffi::{CStr, CString};
use std::fmt;

use crate::error::{Error, Operation, Result};
use crate::kinds::{Protocol, Type};
use crate::netdb::{beginning, c_string, no_service};
use crate::sys::constants as c;
use crate::sys::resolve::LookupError;

/// A port, as a number or as a name of services(5) such as `http`.
///
/// Whatever takes one takes a `u16` or a `&str` as it is.
///
/// ```
/// use berkeley::Service;
///
/// assert_eq!(Service::from(80), Service::Port(80));
/// assert_eq!(Service::from("http").to_string(), "http");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Service<'a> {
    /// A number; 0 where none is asked for.
    Port(u16),
    /// A name, or a number in decimal digits; the empty name is port 0.
    Name(&'a str),
}

impl Service<'_> {
    /// Whether it asks for no port in particular.
    pub(super) fn is_any(self) -> bool {
        matches!(self, Self::Port(0) | Self::Name(""))
    }

    /// The port, where it is given in digits or not at all.
    pub(super) fn number(self) -> Option<u16> {
        match self {
            Self::Port(port) => Some(port),
            Self::Name("") => Some(0),
            Self::Name(name) if name.bytes().all(|byte| byte.is_ascii_digit()) => name.parse().ok(),
            Self::Name(_) => None,
        }
    }

    /// What getaddrinfo is given; refuses a NUL, and a number that is no port.
    pub(super) fn to_c_string(self) -> Result<CString> {
        if let Self::Name(name) = self {
            check_number(name)?;
        }
        match self {
            Self::Name(name) if !self.is_any() => c_string(Operation::Resolve, "service", name.as_bytes()),
            _ => c_string(Operation::Resolve, "service", self.number().unwrap_or(0).to_string().as_bytes()),
        }
    }
}

/// Refuses a number beyond 65,535, which glibc would cut to sixteen bits: another port than the one that was asked for.
fn check_number(name: &str) -> Result<()> {
    let digits = name.trim_start().trim_start_matches(['+', '-']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && name.parse::<u16>().is_err() {
        let why = format!("port {} is not a number from 0 to 65535", name.escape_debug());
        return Err(Error::invalid(Operation::Resolve, why));
    }
    Ok(())
}

/// Which service it is that nobody knows, where a lookup failed for that.
pub(super) fn unknown_service(error: LookupError, name: Option<&CStr>, transports: &str) -> Option<String> {
    let name = name.filter(|_| error == LookupError::Resolver(c::EAI_SERVICE))?;
    Some(no_service(name.to_bytes(), transports))
}

/// The transports of a type and a protocol whose services getaddrinfo(3) looks through; empty where it has no word.
pub(super) fn transports(kind: Type, protocol: Protocol) -> &'static str {
    match (kind, protocol) {
        (_, Protocol::TCP) | (Type::STREAM, Protocol::DEFAULT) => "TCP",
        (_, Protocol::UDP) | (Type::DGRAM, Protocol::DEFAULT) => "UDP",
        (_, Protocol::DEFAULT) if kind.as_raw() == 0 => "TCP or UDP",
        _ => "",
    }
}

/// A host and a service as errors name them: `localhost:80`, `[::1]:80`, `*:80` for every address, `:80` for no host.
///
/// What cannot be printed is escaped: a name may have come from a peer.
///
/// Of what is too long to be a name only the beginning is shown.
pub(crate) fn place(host: &str, service: Service<'_>, passive: bool) -> String {
    let host = beginning(host);
    match host {
        "" if passive => format!("*:{service}"),
        host if host.contains(':') => format!("[{}]:{service}", host.escape_debug()),
        host => format!("{}:{service}", host.escape_debug()),
    }
}

impl fmt::Display for Service<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(port) => port.fmt(f),
            Self::Name(name) => beginning(name).escape_debug().fmt(f),
        }
    }
}

impl From<u16> for Service<'_> {
    fn from(port: u16) -> Self {
        Self::Port(port)
    }
}

impl<'a> From<&'a str> for Service<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a String> for Service<'a> {
    fn from(name: &'a String) -> Self {
        Self::Name(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_no_port_is_refused_and_a_name_is_not() {
        for name in ["0", "80", "65535", "http", "", "8bit", "x11-1", "+", "-"] {
            assert!(Service::Name(name).to_c_string().is_ok(), "{name}");
        }
        for name in ["65536", "99999", "-1", " 80", "00000000000000000000000000000000000000000000065536"] {
            let message = Service::Name(name).to_c_string().unwrap_err().to_string();
            assert!(message.ends_with("is not a number from 0 to 65535"), "{message}");
        }
    }

    #[test]
    fn a_place_reads_as_it_is_typed_and_never_drives_a_terminal() {
        let rows = [
            ("localhost", Service::Port(80), false, "localhost:80"),
            ("::1", Service::Name("http"), false, "[::1]:http"),
            ("", Service::Port(80), false, ":80"),
            ("", Service::Port(80), true, "*:80"),
            ("a\u{1b}[2J", Service::Name("b\n"), false, r"a\u{1b}[2J:b\n"),
        ];
        for (host, service, passive, want) in rows {
            assert_eq!(place(host, service, passive), want);
        }
    }
}
