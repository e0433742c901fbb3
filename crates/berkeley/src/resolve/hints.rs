//! [`Hints`]: what a lookup is asked for.

use crate::kinds::{Family, Protocol, Type};
use crate::sys::constants as c;
use crate::sys::resolve::AddressHints;

/// What [`resolve`](super::resolve()) is asked for: any family, type and protocol, unless told otherwise.
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
    pub(super) family: Family,
    pub(super) kind: Type,
    pub(super) protocol: Protocol,
    pub(super) flags: i32,
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
