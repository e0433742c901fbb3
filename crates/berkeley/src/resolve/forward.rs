//! [`resolve`]: a host and a service to addresses, over getaddrinfo(3).

use std::ffi::CString;

use super::literal;
use super::service::{Service, place, transports, unknown_service};
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::netdb::c_string;
use crate::sys::constants as c;
use crate::sys::resolve::{AddressHints, AddressInfo, LookupError, address_info};
use crate::sys::{Errno, alloc};

/// What [`resolve`] is asked for: any family, type and protocol, unless told otherwise.
///
/// Each flag is off unless set, as in Python's `getaddrinfo`; a C program that passes no hints at all gets
/// [`v4_mapped`](Self::v4_mapped) and [`address_config`](Self::address_config).
///
/// ```
/// use berkeley::resolve::{Hints, resolve};
/// use berkeley::{Family, Type};
///
/// let hints = Hints::new().family(Family::INET).kind(Type::STREAM).passive(true);
/// assert_eq!(resolve("", 80, &hints)?[0].address.to_string(), "0.0.0.0:80");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hints {
    family: Family,
    kind: Type,
    protocol: Protocol,
    flags: i32,
}

impl Hints {
    /// Asks for anything.
    pub const fn new() -> Self {
        Self { family: Family::UNSPECIFIED, kind: Type::from_raw(0), protocol: Protocol::DEFAULT, flags: 0 }
    }

    /// Only addresses of `family`; [`Family::UNSPECIFIED`] for any.
    #[must_use]
    pub const fn family(self, family: Family) -> Self {
        Self { family, ..self }
    }

    /// Only answers for sockets of this type. Without it each address comes once for each type that can use it.
    ///
    /// Whether it is [`nonblocking`](Type::nonblocking) is no matter here.
    #[must_use]
    pub const fn kind(self, kind: Type) -> Self {
        Self { kind: kind.blocking(), ..self }
    }

    /// Only answers for this protocol; [`Protocol::DEFAULT`] for any.
    #[must_use]
    pub const fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// The addresses are to be bound: an empty host is every address of the machine instead of loopback.
    #[doc(alias = "AI_PASSIVE")]
    #[must_use]
    pub const fn passive(self, on: bool) -> Self {
        self.flag(c::AI_PASSIVE, on)
    }

    /// The first answer carries the host's canonical name.
    #[doc(alias = "AI_CANONNAME")]
    #[must_use]
    pub const fn canonical_name(self, on: bool) -> Self {
        self.flag(c::AI_CANONNAME, on)
    }

    /// The host is an address in digits: nobody is asked, and a name is unknown.
    #[doc(alias = "AI_NUMERICHOST")]
    #[must_use]
    pub const fn numeric_host(self, on: bool) -> Self {
        self.flag(c::AI_NUMERICHOST, on)
    }

    /// The service is a number: services(5) is not read, and a name is unknown.
    #[doc(alias = "AI_NUMERICSERV")]
    #[must_use]
    pub const fn numeric_service(self, on: bool) -> Self {
        self.flag(c::AI_NUMERICSERV, on)
    }

    /// Asked for IPv6, a host that has only IPv4 answers with `::ffff:a.b.c.d`.
    #[doc(alias = "AI_V4MAPPED")]
    #[must_use]
    pub const fn v4_mapped(self, on: bool) -> Self {
        self.flag(c::AI_V4MAPPED, on)
    }

    /// With [`v4_mapped`](Self::v4_mapped), the IPv4 addresses too of a host that has addresses of IPv6.
    #[doc(alias = "AI_ALL")]
    #[must_use]
    pub const fn all(self, on: bool) -> Self {
        self.flag(c::AI_ALL, on)
    }

    /// Only families of which this machine has an address beyond loopback.
    #[doc(alias = "AI_ADDRCONFIG")]
    #[must_use]
    pub const fn address_config(self, on: bool) -> Self {
        self.flag(c::AI_ADDRCONFIG, on)
    }

    const fn flag(self, flag: i32, on: bool) -> Self {
        let flags = if on { self.flags | flag } else { self.flags & !flag };
        Self { flags, ..self }
    }

    pub(super) const fn is_passive(self) -> bool {
        self.flags & c::AI_PASSIVE != 0
    }

    pub(super) const fn to_sys(self) -> AddressHints {
        AddressHints {
            family: self.family.as_raw(),
            kind: self.kind.as_raw(),
            protocol: self.protocol.as_raw(),
            flags: self.flags,
        }
    }
}

impl Default for Hints {
    fn default() -> Self {
        Self::new()
    }
}

/// One answer of [`resolve`]: an address, and the socket that can use it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "addrinfo")]
pub struct Resolved {
    /// The family of the socket, and of the address.
    pub family: Family,
    /// The type of the socket.
    pub kind: Type,
    /// The protocol of the socket.
    pub protocol: Protocol,
    /// The address, the service's port in it.
    pub address: Address,
    /// The host's canonical name, in the first answer and where it was asked for; else `None`. Whoever runs the name
    /// chose it: escape it before a terminal sees it. Bytes that are no UTF-8 are replaced.
    pub canonical_name: Option<String>,
}

/// Resolves `host` and `service` to addresses, best first (getaddrinfo(3), RFC 6724).
///
/// `host` is a name, an IPv4 address, or an IPv6 address with or without a zone (`fe80::1%eth0`); empty, it is
/// loopback, or every address with [`Hints::passive`]. `service` is a port or the name of one; 0 or empty where there
/// is none.
///
/// Blocks for as long as the resolver does; [`resolve_within`](super::resolve_within) does not. An address in digits,
/// with a port in digits, is answered without the resolver. Fails with [`NotFound`](std::io::ErrorKind::NotFound) where
/// the host or the service is unknown, with another `EAI_*` code where the resolver could not find out, and before
/// asking anybody where the host holds a NUL or the port is beyond 65,535.
///
/// ```
/// use berkeley::resolve::{Hints, resolve};
/// use std::io::ErrorKind;
///
/// for answer in resolve("localhost", 80, &Hints::new())? {
///     println!("{:?} {}", answer.kind, answer.address);
/// }
/// let error = resolve("localhost", "nosuch", &Hints::new()).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "getaddrinfo")]
#[doc(alias = "freeaddrinfo")]
#[doc(alias = "gethostbyname")]
#[doc(alias = "gethostbyname_ex")]
pub fn resolve<'s>(host: &str, service: impl Into<Service<'s>>, hints: &Hints) -> Result<Vec<Resolved>> {
    let service = service.into();
    let answer = match literal::answer(host, service, *hints) {
        Some(answers) => Ok(answers),
        None => Question::new(host, service, *hints).and_then(|question| question.ask()),
    };
    answer.map_err(|error| error.on(place(host, service, hints.is_passive())))
}

/// What getaddrinfo is asked, on whatever thread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Question {
    host: Option<CString>,
    service: Option<CString>,
    hints: Hints,
}

impl Question {
    /// Refuses what getaddrinfo would misunderstand.
    pub(super) fn new(host: &str, service: Service<'_>, hints: Hints) -> Result<Self> {
        let host =
            if host.is_empty() { None } else { Some(c_string(Operation::Resolve, "host", host.as_bytes())?) };
        // Raw sockets have no ports, and getaddrinfo refuses even port 0 for them; it does want one of the two names.
        let service = if service.is_any() && host.is_some() { None } else { Some(service.to_c_string()?) };
        Ok(Self { host, service, hints })
    }

    /// Asks. Blocks for as long as the resolver does.
    pub(super) fn ask(&self) -> Result<Vec<Resolved>> {
        self.answers().map_err(NoAnswer::into_error)
    }

    /// As [`ask`](Self::ask), with an error that may be given to several who have asked.
    pub(super) fn answers(&self) -> Answers {
        let answers = address_info(self.host.as_deref(), self.service.as_deref(), self.hints.to_sys());
        let answers = answers.map_err(|error| {
            let transports = transports(self.hints.kind, self.hints.protocol);
            NoAnswer { why: unknown_service(error, self.service.as_deref(), transports), error }
        })?;
        alloc::collect(answers.into_iter().map(Resolved::from_sys)).map_err(NoAnswer::system)
    }
}

/// A copy for one of several who have asked.
pub(super) fn copy(answers: &Answers) -> Answers {
    let answers = answers.as_ref().map_err(NoAnswer::clone)?;
    let copies = alloc::with_room(answers.len()).and_then(|mut copies| {
        for answer in answers {
            let canonical_name = answer.canonical_name.as_deref().map(alloc::copy_str).transpose()?;
            let Resolved { family, kind, protocol, address, .. } = *answer;
            copies.push(Resolved { family, kind, protocol, address, canonical_name });
        }
        Ok(copies)
    });
    copies.map_err(NoAnswer::system)
}

/// What the C library answers.
pub(super) type Answers = std::result::Result<Vec<Resolved>, NoAnswer>;

/// Why there are no addresses.
#[derive(Clone, Debug)]
pub(super) struct NoAnswer {
    error: LookupError,
    /// What says more than the C library's own words.
    why: Option<String>,
}

impl NoAnswer {
    fn system(errno: Errno) -> Self {
        Self { error: LookupError::System(errno), why: None }
    }

    pub(super) fn into_error(self) -> Error {
        let error = Error::lookup(Operation::Resolve, self.error);
        match self.why {
            Some(why) => error.because(why),
            None => error,
        }
    }
}

impl Resolved {
    fn from_sys(answer: AddressInfo) -> Self {
        let (bytes, length) = answer.address;
        Self {
            family: Family::from_raw(answer.family),
            kind: Type::from_raw(answer.kind),
            protocol: Protocol::from_raw(answer.protocol),
            address: Address::decode(&bytes[..length]),
            canonical_name: answer.canonical_name.map(into_text),
        }
    }
}

/// A name of the C library's as text.
pub(super) fn into_text(name: CString) -> String {
    name.into_string().unwrap_or_else(|error| error.into_cstring().to_string_lossy().into_owned())
}
