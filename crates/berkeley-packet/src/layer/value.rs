//! A field's value.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::name::Name;

/// What a field holds. Bytes and texts are borrowed from the packet.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A whole number.
    Number(u64),
    /// A whole number with a sign.
    Signed(i64),
    /// A bit: set or not.
    Flag(bool),
    /// An Ethernet address.
    Mac([u8; 6]),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text as the peer sent it: no promise that it is UTF-8, or that a terminal may have it.
    Text(&'a [u8]),
    /// A name of DNS.
    Name(Name<'a>),
    /// Seconds.
    Seconds(f64),
    /// Seconds and nanoseconds since 1970, UTC.
    Time(i64, u32),
    /// Nothing of its own: the part has fields.
    Group,
}

impl Value<'_> {
    /// The number that it is, if it is one: also a flag, as 0 or 1.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Signed(number) => u64::try_from(*number).ok(),
            Self::Flag(set) => Some(u64::from(*set)),
            _ => None,
        }
    }
}

/// As people write it, without a unit: `64`, `127.0.0.1`, `02:00:5e:10:00:01`, `0a0b`. Text has all that is not
/// printable ASCII escaped, so a terminal may have it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Flag(set) => f.write_str(if *set { "1" } else { "0" }),
            Self::Mac([a, b, c, d, e, g]) => write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => address.fmt(f),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Text(text) => text.escape_ascii().fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Seconds(seconds) => seconds.fmt(f),
            Self::Time(seconds, nanoseconds) => write!(f, "{seconds}.{nanoseconds:09}"),
            Self::Group => Ok(()),
        }
    }
}
