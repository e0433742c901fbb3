//! The types that the value of a [`SocketOption`] may have ([`OptionValue`]), and the plainer ones of them.
//!
//! [`SocketOption`]: super::SocketOption

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::{Kind, Value};
use crate::kinds::{Family, Protocol, Type, named_integer};
use crate::sys::alloc;
use crate::sys::constants as c;

named_integer! {
    /// Whether a socket discovers the path's MTU (`IP_PMTUDISC_*`, ip(7)); the same for IPv6.
    MtuDiscover;
    /// Never: packets are sent without the don't-fragment bit.
    DONT = IP_PMTUDISC_DONT, "IP_PMTUDISC_DONT";
    /// As each route says: the default.
    WANT = IP_PMTUDISC_WANT, "IP_PMTUDISC_WANT";
    /// Always: a datagram larger than the path's MTU is refused with `EMSGSIZE`.
    DO = IP_PMTUDISC_DO, "IP_PMTUDISC_DO";
    /// The don't-fragment bit is set, and the path's MTU is not heeded.
    PROBE = IP_PMTUDISC_PROBE, "IP_PMTUDISC_PROBE";
    /// The interface's MTU counts, never the path's; no fragment is sent.
    INTERFACE = IP_PMTUDISC_INTERFACE, "IP_PMTUDISC_INTERFACE";
    /// As `INTERFACE`, yet packets may be fragmented.
    OMIT = IP_PMTUDISC_OMIT, "IP_PMTUDISC_OMIT";
}

impl MtuDiscover {
    /// Each mode under the word that `Display` prints.
    pub(super) const WORDS: [(&'static str, Self); 6] = [
        ("dont", Self::DONT),
        ("want", Self::WANT),
        ("do", Self::DO),
        ("probe", Self::PROBE),
        ("interface", Self::INTERFACE),
        ("omit", Self::OMIT),
    ];
}

/// `want`, `do`, ...; the number where the kernel knows a mode that has no name here.
impl fmt::Display for MtuDiscover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::WORDS.iter().find(|(_, mode)| mode == self) {
            Some((word, _)) => f.pad(word),
            None => self.as_raw().fmt(f),
        }
    }
}

/// Who made the other end of a Unix connection, as it was at `connect` or `listen` (`SO_PEERCRED`, unix(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "ucred")]
#[non_exhaustive]
pub struct PeerCredentials {
    /// The process; 0 where it is of another namespace, or where there is no peer.
    pub pid: i32,
    /// The user; `u32::MAX` where there is no peer.
    pub uid: u32,
    /// The group; `u32::MAX` where there is no peer.
    pub gid: u32,
}

impl fmt::Display for PeerCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {} uid {} gid {}", self.pid, self.uid, self.gid)
    }
}

/// The local ports that the kernel may choose from, both ends included; 0 for an end that the system's setting decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct PortRange {
    /// The lowest port.
    pub low: u16,
    /// The highest port.
    pub high: u16,
}

impl PortRange {
    /// From `low` to `high`, both included.
    pub const fn new(low: u16, high: u16) -> Self {
        Self { low, high }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.low, self.high)
    }
}

pub(super) mod sealed {
    pub trait Sealed {}
}

/// A type that the value of an option may have; the set is closed.
pub trait OptionValue: Sized + sealed::Sealed {
    /// What `set` takes: the type itself, or what it borrows from (`&str` for a `String`).
    type Input<'a>;

    #[doc(hidden)]
    const KINDS: &'static [Kind];

    #[doc(hidden)]
    fn from_value(value: Value) -> Option<Self>;

    /// `None` where there is no memory for it.
    #[doc(hidden)]
    fn into_value(input: Self::Input<'_>) -> Option<Value>;
}

/// The types that are the whole payload of one of [`Value`]'s variants.
macro_rules! option_values {
    ($($type:ty = $variant:ident, [$($kind:ident),*];)*) => {$(
        impl sealed::Sealed for $type {}

        impl OptionValue for $type {
            type Input<'a> = Self;
            const KINDS: &'static [Kind] = &[$(Kind::$kind),*];

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(value) => Some(value),
                    _ => None,
                }
            }

            fn into_value(input: Self) -> Option<Value> {
                Some(Value::$variant(input))
            }
        }
    )*};
}

option_values! {
    bool = Flag, [Flag];
    i32 = Integer, [Integer, Errno];
    u64 = Unsigned, [Wide, WideBytes, Rate];
    Duration = Duration, [Seconds, Milliseconds, Microseconds, TimeValue];
    Option<Duration> = Linger, [Linger];
    Ipv4Addr = Address, [Address];
    PortRange = PortRange, [PortRange];
    Family = Family, [Family];
    Type = Type, [Type];
    Protocol = Protocol, [Protocol];
    MtuDiscover = MtuDiscover, [MtuDiscover];
    PeerCredentials = Credentials, [Credentials];
}

impl sealed::Sealed for () {}

impl OptionValue for () {
    type Input<'a> = Self;
    const KINDS: &'static [Kind] = &[Kind::Signal];

    fn from_value(value: Value) -> Option<Self> {
        matches!(value, Value::Signal).then_some(())
    }

    fn into_value((): Self) -> Option<Value> {
        Some(Value::Signal)
    }
}

impl sealed::Sealed for u32 {}

impl OptionValue for u32 {
    type Input<'a> = Self;
    const KINDS: &'static [Kind] = &[
        Kind::Unsigned,
        Kind::Bytes,
        Kind::Interface,
        Kind::InterfaceBigEndian,
        Kind::BigEndian,
        Kind::Length,
        Kind::PathMtu,
    ];

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Unsigned(number) => number.try_into().ok(),
            _ => None,
        }
    }

    fn into_value(input: Self) -> Option<Value> {
        Some(Value::Unsigned(input.into()))
    }
}

impl sealed::Sealed for String {}

impl OptionValue for String {
    type Input<'a> = &'a str;
    const KINDS: &'static [Kind] = &[Kind::Text];

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn into_value(input: &str) -> Option<Value> {
        alloc::copy_str(input).ok().map(Value::Text)
    }
}

/// The lists, which are set by reference.
macro_rules! list_values {
    ($($item:ty = $variant:ident, [$($kind:ident),*];)*) => {$(
        impl sealed::Sealed for Vec<$item> {}

        impl OptionValue for Vec<$item> {
            type Input<'a> = &'a [$item];
            const KINDS: &'static [Kind] = &[$(Kind::$kind),*];

            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::$variant(list) => Some(list),
                    _ => None,
                }
            }

            fn into_value(input: &[$item]) -> Option<Value> {
                alloc::copy(input).ok().map(Value::$variant)
            }
        }
    )*};
}

list_values! {
    u8 = Octets, [Octets];
    u32 = Numbers, [Groups, Memberships];
    SocketAddr = SocketAddresses, [SocketAddresses, SctpAddresses];
}
