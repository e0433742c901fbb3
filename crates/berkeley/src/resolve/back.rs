//! [`resolve_back`]: an address to the names of its host and its service, over getnameinfo(3).

use super::forward::into_text;
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::sys::constants as c;
use crate::sys::resolve::name_info;

/// What [`resolve_back`] is asked for: names where there are any, digits where there are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackHints {
    flags: i32,
}

impl BackHints {
    /// Asks for names, of a service over a stream.
    pub const fn new() -> Self {
        Self { flags: 0 }
    }

    /// The host in digits: nobody is asked.
    #[doc(alias = "NI_NUMERICHOST")]
    #[must_use]
    pub const fn numeric_host(self, on: bool) -> Self {
        self.flag(c::NI_NUMERICHOST, on)
    }

    /// The service in digits: services(5) is not read.
    #[doc(alias = "NI_NUMERICSERV")]
    #[must_use]
    pub const fn numeric_service(self, on: bool) -> Self {
        self.flag(c::NI_NUMERICSERV, on)
    }

    /// A host of this machine's domain by its name alone, without the domain.
    #[doc(alias = "NI_NOFQDN")]
    #[must_use]
    pub const fn without_domain(self, on: bool) -> Self {
        self.flag(c::NI_NOFQDN, on)
    }

    /// A host without a name is an error, not digits.
    #[doc(alias = "NI_NAMEREQD")]
    #[must_use]
    pub const fn name_required(self, on: bool) -> Self {
        self.flag(c::NI_NAMEREQD, on)
    }

    /// The name that the port has over datagrams; a few differ from the stream's (512 to 514).
    #[doc(alias = "NI_DGRAM")]
    #[must_use]
    pub const fn datagram(self, on: bool) -> Self {
        self.flag(c::NI_DGRAM, on)
    }

    const fn flag(self, flag: i32, on: bool) -> Self {
        Self { flags: if on { self.flags | flag } else { self.flags & !flag } }
    }
}

/// Resolves an address to the names of its host and its service (getnameinfo(3)).
///
/// Blocks for as long as the resolver does. Whoever runs the address's network chose the host's name: it proves nothing
/// until [`resolve`](super::resolve()) gives the same address, and is to be escaped before a terminal sees it. Bytes
/// that are no UTF-8 are replaced.
///
/// Fails with [`NotFound`](std::io::ErrorKind::NotFound) where there is no name and [`BackHints::name_required`] wants
/// one, and for a family that has no names.
///
/// ```
/// use berkeley::resolve::{BackHints, resolve_back};
/// use std::net::Ipv6Addr;
///
/// let hints = BackHints::new().numeric_host(true);
/// let (host, service) = resolve_back((Ipv6Addr::LOCALHOST, 0), &hints)?;
/// assert_eq!((host.as_str(), service.as_str()), ("::1", "0"));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getnameinfo")]
#[doc(alias = "gethostbyaddr")]
#[doc(alias = "getfqdn")]
pub fn resolve_back(address: impl Into<Address>, hints: &BackHints) -> Result<(String, String)> {
    let address = address.into();
    let (host, service) = name_info(address.encode().as_bytes(), hints.flags)
        .map_err(|error| Error::lookup(Operation::ResolveBack, error).on(address.to_string()))?;
    Ok((into_text(host), into_text(service)))
}
