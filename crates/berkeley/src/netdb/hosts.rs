//! Hosts with their aliases (gethostbyname(3), gethostbyaddr(3)).

use std::ffi::CString;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::words::{c_string, shown};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::resolve::LookupError;
use crate::sys::{alloc, netdb};

/// A host as the C library's data base has it; the bytes of its names as they came.
///
/// The names are chosen by those who run the name server: escape them before a terminal sees them.
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

/// The host called `name`, with its aliases and its addresses of `family` (gethostbyname2(3)).
///
/// # Errors
///
/// [`Cause::Host`](crate::Cause::Host) where there is no such host.
///
/// ```
/// use berkeley::Family;
/// use berkeley::netdb::host_by_name;
/// use std::net::{IpAddr, Ipv4Addr};
///
/// let host = host_by_name("127.0.0.1", Family::INET)?;
/// assert_eq!(host.addresses, [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "gethostbyname")]
#[doc(alias = "gethostbyname2")]
#[doc(alias = "gethostbyname_ex")]
pub fn host_by_name(name: impl AsRef<[u8]>, family: Family) -> Result<HostEntry> {
    const OPERATION: Operation = Operation::HostByName;
    let name = name.as_ref();
    let ask = || {
        let name = c_string(OPERATION, "host", name)?;
        netdb::host_by_name(&name, family.as_raw())
            .and_then(HostEntry::from_sys)
            .map_err(|error| Error::lookup(OPERATION, error))
    };
    ask().map_err(|error| error.on(shown(name)))
}

/// The host that has this address, with its aliases and its addresses (gethostbyaddr(3)).
///
/// [`resolve_back`](crate::resolve_back) is the newer question.
///
/// # Errors
///
/// [`Cause::Host`](crate::Cause::Host) where there is none.
///
/// ```
/// use berkeley::netdb::host_by_address;
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
        IpAddr::V4(ip) => netdb::host_by_address(&ip.octets(), Family::INET.as_raw()),
        IpAddr::V6(ip) => netdb::host_by_address(&ip.octets(), Family::INET6.as_raw()),
    };
    found
        .and_then(HostEntry::from_sys)
        .map_err(|error| Error::lookup(Operation::HostByAddress, error).on(ip.to_string()))
}

impl HostEntry {
    fn from_sys(host: netdb::Host) -> std::result::Result<Self, LookupError> {
        let addresses = host.addresses.iter().filter_map(|address| ip(address));
        let addresses = alloc::collect_any(addresses).map_err(LookupError::System)?;
        Ok(Self { name: host.name, aliases: host.aliases, addresses })
    }
}

/// The address that has these bytes, by their number.
fn ip(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(octets).into());
    }
    <[u8; 16]>::try_from(bytes).ok().map(|octets| Ipv6Addr::from(octets).into())
}
