//! getaddrinfo(3) and getnameinfo(3) as C has them: names of any bytes, hints of any numbers, every answer as it is.

use std::ffi::{CStr, CString};
use std::net::SocketAddr;

pub use super::answer::RawResolved;
use super::hints::Hints;
use super::literal::meaning;
use super::service::{self, Service, transports, unknown_service};
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::netdb::{lossy_beginning, shown};
use crate::sys::alloc;
use crate::sys::constants as c;
use crate::sys::resolve::{AddressHints, LookupError, address_info, name_info};

/// What [`resolve_raw`] is asked for, as numbers of the C library's; zeros ask for anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the four fields of struct addrinfo that are hints")]
pub struct RawHints {
    /// `AF_*`
    pub family: i32,
    /// `SOCK_*`
    pub kind: i32,
    /// `IPPROTO_*`
    pub protocol: i32,
    /// `AI_*`
    pub flags: i32,
}

impl RawHints {
    pub(super) const fn to_hints(self) -> Hints {
        Hints {
            family: Family::from_raw(self.family),
            kind: Type::from_raw(self.kind),
            protocol: Protocol::from_raw(self.protocol),
            flags: self.flags,
        }
    }

    pub(super) const fn to_sys(self) -> AddressHints {
        AddressHints { family: self.family, kind: self.kind, protocol: self.protocol, flags: self.flags }
    }
}

/// Asks getaddrinfo(3) just this: nothing is checked, changed or answered in its place.
///
/// [`resolve`](super::resolve()) is for those who write programs; this is for those who translate another interface,
/// such as Python's. `None` is C's null pointer. Blocks for as long as the resolver does.
///
/// # Errors
///
/// Fails with whatever `EAI_*` code getaddrinfo gives, of which [`Cause`](crate::Cause) has the number.
///
/// # Examples
///
/// ```
/// use berkeley::bindings::{RawHints, resolve_raw};
///
/// let answers = resolve_raw(Some(c"0x7f.1"), Some(c"80"), RawHints { kind: 1, ..RawHints::default() })?;
/// assert_eq!(answers[0].address.to_string(), "127.0.0.1:80");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getaddrinfo")]
pub fn resolve_raw(host: Option<&CStr>, service: Option<&CStr>, hints: RawHints) -> Result<Vec<RawResolved>> {
    address_info(host, service, hints.to_sys())
        .and_then(|answers| {
            alloc::collect(answers.into_iter().map(RawResolved::from_sys)).map_err(LookupError::System)
        })
        .map_err(|error| {
            let transports = transports(Type::from_raw(hints.kind), Protocol::from_raw(hints.protocol));
            let why = unknown_service(error, service, transports);
            let error = Error::lookup(Operation::Resolve, error)
                .on(shown(host.map(CStr::to_bytes).unwrap_or_default()));
            match why {
                Some(why) => error.because(why),
                None => error,
            }
        })
}

/// A host and a service as errors name them.
pub(super) fn place(host: Option<&CStr>, service: Option<&CStr>, hints: RawHints) -> String {
    let text = |name: Option<&'_ CStr>| lossy_beginning(name.unwrap_or_default().to_bytes()).into_owned();
    let name = text(service);
    let service = if service.is_none() { Service::Port(0) } else { Service::Name(&name) };
    service::place(&text(host), service, hints.flags & c::AI_PASSIVE != 0)
}

/// What getaddrinfo(3) answers to an address in digits: one address, and the sockets that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Literal {
    /// The address and the port.
    pub address: SocketAddr,
    /// The type and the protocol of each answer, in the C library's order.
    pub sockets: &'static [(Type, Protocol)],
}

/// What [`resolve_raw`] would answer, where `host` is an address in digits: without asking, and allocating nothing.
///
/// `None` where only getaddrinfo itself knows: a name, a zone, a family that is not the address's, a canonical name or
/// [`AI_ADDRCONFIG`](super::Hints::address_config) asked for, a raw socket.
///
/// # Examples
///
/// ```
/// use berkeley::bindings::{RawHints, literal};
///
/// let answer = literal("::1", 80, RawHints::default()).unwrap();
/// assert_eq!((answer.address.to_string().as_str(), answer.sockets.len()), ("[::1]:80", 3));
/// assert_eq!(literal("localhost", 80, RawHints::default()), None);
/// ```
pub fn literal(host: &str, port: u16, hints: RawHints) -> Option<Literal> {
    let (ip, sockets) = meaning(host, hints.to_sys())?;
    Some(Literal { address: SocketAddr::new(ip, port), sockets })
}

/// Asks getnameinfo(3) just this: the names of a host and its service, their bytes as they came.
///
/// `flags` are `NI_*`. Blocks for as long as the resolver does.
///
/// # Errors
///
/// Fails with whatever `EAI_*` code getnameinfo gives.
///
/// # Examples
///
/// ```
/// use berkeley::Address;
/// use berkeley::bindings::resolve_back_raw;
/// use std::net::Ipv4Addr;
///
/// const NI_NUMERICHOST: i32 = 1;
/// const NI_NUMERICSERV: i32 = 2;
/// let address = Address::from((Ipv4Addr::LOCALHOST, 80));
/// let (host, service) = resolve_back_raw(&address, NI_NUMERICHOST | NI_NUMERICSERV)?;
/// assert_eq!((host.as_c_str(), service.as_c_str()), (c"127.0.0.1", c"80"));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getnameinfo")]
pub fn resolve_back_raw(address: &Address, flags: i32) -> Result<(CString, CString)> {
    name_info(address.encode().as_bytes(), flags)
        .map_err(|error| Error::lookup(Operation::ResolveBack, error).on(address.to_string()))
}
