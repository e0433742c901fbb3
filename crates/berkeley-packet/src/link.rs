//! What a capture's packets begin with.

use std::fmt;
use std::str::FromStr;

/// The kind of header that a packet begins with: a `LINKTYPE_` number of capture files.
///
/// See <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(u16);

impl LinkType {
    /// BSD loopback: four bytes of the address family in the order of the machine that captured.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// IPv4 or IPv6 without a header below; its version says which.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback: the address family in network order.
    pub const LOOP: Self = Self(108);
    /// Linux "cooked" capture, as of the interface `any`.
    pub const LINUX_SLL: Self = Self(113);
    /// IPv4 without a header below.
    pub const IPV4: Self = Self(228);
    /// IPv6 without a header below.
    pub const IPV6: Self = Self(229);
    /// Linux "cooked" capture, version 2, which tells the interface.
    pub const LINUX_SLL2: Self = Self(276);

    /// The link type of that number.
    pub const fn from_raw(number: u16) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn as_raw(self) -> u16 {
        self.0
    }

    /// The names, as [`FromStr`] takes them.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("ethernet", Self::ETHERNET),
        ("raw", Self::RAW),
        ("ipv4", Self::IPV4),
        ("ipv6", Self::IPV6),
        ("null", Self::NULL),
        ("loop", Self::LOOP),
        ("sll", Self::LINUX_SLL),
        ("sll2", Self::LINUX_SLL2),
    ];

    /// What the packets of an interface begin with, by the kind of its hardware (`ARPHRD_*`). What is neither Ethernet
    /// nor the loopback is a tunnel as a rule, whose packets begin with IP's header.
    pub const fn of_hardware(kind: u16) -> Self {
        match kind {
            1 | 772 => Self::ETHERNET,
            _ => Self::RAW,
        }
    }
}

/// A text that is neither the name of a link type nor a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoLinkType;

impl fmt::Display for NoLinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no link type: wants ")?;
        LinkType::NAMES.iter().try_for_each(|(name, _)| write!(f, "{name}, "))?;
        f.write_str("or a number")
    }
}

impl std::error::Error for NoLinkType {}

/// By name, or by `LINKTYPE_` number.
impl FromStr for LinkType {
    type Err = NoLinkType;

    fn from_str(text: &str) -> Result<Self, NoLinkType> {
        let named = Self::NAMES.iter().find(|(name, _)| *name == text).map(|(_, link)| *link);
        named.or_else(|| text.parse().ok().map(Self)).ok_or(NoLinkType)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_type_has_a_name_or_a_number() {
        assert_eq!("ethernet".parse(), Ok(LinkType::ETHERNET));
        assert_eq!("276".parse(), Ok(LinkType::LINUX_SLL2));
        for text in ["", "Ethernet2", "65536", "-1"] {
            assert_eq!(text.parse::<LinkType>(), Err(NoLinkType), "{text}");
        }
        assert!(NoLinkType.to_string().ends_with("sll, sll2, or a number"));
    }
}
