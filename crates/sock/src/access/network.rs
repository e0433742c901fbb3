//! A network of addresses, `192.0.2.0/24` or `2001:db8::/32`; an address alone is a network of one.
//!
//! An IPv4 address that is mapped into IPv6 (`::ffff:192.0.2.1`) is the IPv4 address, in a network and in what is
//! looked for in one: a client comes by one or the other, as the listener is.
//!
//! ```
//! use sock::access::Network;
//!
//! let network: Network = "192.0.2.0/24".parse()?;
//! assert!(network.contains("192.0.2.7".parse()?) && network.contains("::ffff:192.0.2.7".parse()?));
//! assert!(!network.contains("192.0.3.7".parse()?));
//! assert_eq!("::ffff:192.0.2.0/120".parse::<Network>()?, network);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use crate::report::escape::escape;

/// How much of a word an error repeats.
const SHOWN: usize = 64;

/// How many bits of an IPv6 address stand before the IPv4 address that is mapped into it.
const MAPPED: u8 = 96;

/// A network: an address without bits behind its prefix, and how long the prefix is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no network: what is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetworkError {
    span: Range<usize>,
    message: String,
}

impl Network {
    /// The network of this address alone.
    pub fn of(address: IpAddr) -> Self {
        let address = address.to_canonical();
        Self { address, prefix: bits(address) }
    }

    /// Its first address, which is how it is written.
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// How many bits its addresses have in common.
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether an address is in it.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => self.range_v4(first).contains(&u32::from(address)),
            (IpAddr::V6(first), IpAddr::V6(address)) => self.range_v6(first).contains(&u128::from(address)),
            _ => false,
        }
    }

    /// The numbers of its addresses, where `first` is its address.
    pub(super) fn range_v4(self, first: Ipv4Addr) -> RangeInclusive<u32> {
        let first = u32::from(first);
        first..=first | u32::MAX.checked_shr(self.prefix.into()).unwrap_or(0)
    }

    /// The same for IPv6.
    pub(super) fn range_v6(self, first: Ipv6Addr) -> RangeInclusive<u128> {
        let first = u128::from(first);
        first..=first | u128::MAX.checked_shr(self.prefix.into()).unwrap_or(0)
    }
}

/// How many bits an address of this family has.
fn bits(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address with no bit set behind its prefix.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    let rest = |bits: u8| u32::from(bits - prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(rest(32)).unwrap_or(0);
            Ipv4Addr::from(u32::from(address) & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(rest(128)).unwrap_or(0);
            Ipv6Addr::from(u128::from(address) & mask).into()
        }
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (written, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = written.parse().map_err(|_| not_an_address(written))?;
        let prefix = match length {
            Some(length) => prefix(address, length, written.len() + 1)?,
            None => bits(address),
        };
        let first = masked(address, prefix);
        if first != address {
            let wrong = format!("{address}/{prefix} has bits set behind its prefix");
            let message = format!("{wrong}: the network is {first}/{prefix}, the address alone is {address}");
            return Err(NetworkError { span: 0..text.len(), message });
        }
        // A mapped address has a bit before its last 32, so its prefix is that long at least.
        Ok(match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(mapped)) => {
                Self { address: mapped.into(), prefix: prefix.saturating_sub(MAPPED) }
            }
            _ => Self { address, prefix },
        })
    }
}

/// The number behind the slash, which stands `at` in the text.
fn prefix(address: IpAddr, digits: &str, at: usize) -> Result<u8, NetworkError> {
    let most = bits(address);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number =
        if plain && (digits == "0" || !digits.starts_with('0')) { digits.parse().ok() } else { None };
    number.filter(|number| *number <= most).ok_or_else(|| {
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        let shown = escape(digits.as_bytes(), SHOWN);
        let message = match mask(digits) {
            Some(length) => format!("a network has a prefix, not a mask: /{length} in place of /{shown}"),
            None => {
                format!("the prefix of an {family} network is a number from 0 to {most}, not \"{shown}\"")
            }
        };
        NetworkError { span: at..at + digits.len(), message }
    })
}

/// The length of the prefix that a netmask such as `255.255.255.0` stands for.
fn mask(text: &str) -> Option<u32> {
    let mask = u32::from(text.parse::<Ipv4Addr>().ok()?);
    (mask.leading_ones() + mask.trailing_zeros() == u32::BITS).then(|| mask.leading_ones())
}

/// Why a word is no address, as far as it can be told.
fn not_an_address(word: &str) -> NetworkError {
    let shown = escape(word.as_bytes(), SHOWN);
    let inside =
        word.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(word, |(inside, _)| inside);
    let without_zone = inside.split_once('%').filter(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    let message = if word.is_empty() {
        "a network wants an address, as in 192.0.2.0/24 or 2001:db8::/32".to_owned()
    } else if let Some((address, _)) = without_zone {
        format!("a network has no zone: {address} is meant on every interface")
    } else if inside.len() < word.len() && inside.parse::<Ipv6Addr>().is_ok() {
        format!("a network stands without brackets and without a port: {inside}")
    } else if let Some((address, _)) =
        word.rsplit_once(':').filter(|(address, _)| address.parse::<Ipv4Addr>().is_ok())
    {
        format!("a network has no port: {address}")
    } else {
        format!(
            "\"{shown}\" is no address: a network is 192.0.2.0/24 or 2001:db8::/32, and names are not looked up"
        )
    };
    NetworkError { span: 0..word.len(), message }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == bits(self.address) {
            return write!(f, "{}", self.address);
        }
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl NetworkError {
    /// The bytes of the text that are at fault; they start and end on character boundaries.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for NetworkError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_and_print_so_that_they_read_back() {
        let rows = [
            ("192.0.2.0/24", "192.0.2.0/24"),
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1/32", "192.0.2.1"),
            ("0.0.0.0/0", "0.0.0.0/0"),
            ("128.0.0.0/1", "128.0.0.0/1"),
            ("2001:DB8::/32", "2001:db8::/32"),
            ("::/0", "::/0"),
            ("::1", "::1"),
            ("::1/128", "::1"),
            ("fe80::/10", "fe80::/10"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("::ffff:0:0/96", "0.0.0.0/0"),
            ("::/64", "::/64"),
        ];
        for (text, want) in rows {
            let network: Network = text.parse().expect(text);
            assert_eq!(network.to_string(), want, "{text}");
            assert_eq!(want.parse(), Ok(network), "{text}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused_with_its_own_words() {
        let rows = [
            ("", 0..0, "wants an address"),
            ("/8", 0..0, "wants an address"),
            ("192.0.2.0/", 10..10, "from 0 to 32, not \"\""),
            ("192.0.2.0/33", 10..12, "from 0 to 32, not \"33\""),
            ("192.0.2.0/024", 10..13, "from 0 to 32"),
            ("192.0.2.0/+8", 10..12, "from 0 to 32"),
            ("192.0.2.0/8/8", 10..13, "from 0 to 32"),
            ("192.0.2.0/99999999999999999999", 10..30, "from 0 to 32"),
            ("2001:db8::/129", 11..14, "from 0 to 128"),
            ("192.0.2.0/255.255.255.0", 10..23, "/24 in place of /255.255.255.0"),
            ("192.0.2.0/255.0.255.0", 10..21, "from 0 to 32"),
            ("192.0.2.7/24", 0..12, "the network is 192.0.2.0/24, the address alone is 192.0.2.7"),
            ("2001:db8::1/32", 0..14, "the network is 2001:db8::/32"),
            ("::ffff:192.0.2.0/64", 0..19, "the network is ::/64"),
            ("fe80::1%eth0", 0..12, "no zone: fe80::1"),
            ("[fe80::1%eth0]:80", 0..17, "no zone: fe80::1"),
            ("fe80::%eth0/64", 0..11, "no zone: fe80::"),
            ("[::1]", 0..5, "without brackets"),
            ("[::1]:80", 0..8, "without brackets and without a port"),
            ("192.0.2.1:80", 0..12, "no port: 192.0.2.1"),
            ("localhost", 0..9, "names are not looked up"),
            ("010.0.0.1", 0..9, "is no address"),
            ("10/8", 0..2, "is no address"),
            ("10.0.0.1 ", 0..9, "is no address"),
            ("\x1b[2J", 0..4, "\"\\x1b[2J\" is no address"),
        ];
        for (text, span, want) in rows {
            let error = text.parse::<Network>().expect_err(text);
            assert!(error.to_string().contains(want), "{text}: {error}");
            assert_eq!(error.span(), span, "{text}");
        }
    }

    #[test]
    fn a_network_contains_its_first_and_its_last_address_and_none_beside_them() {
        let rows = [
            ("192.0.2.0/24", "192.0.2.0", "192.0.2.255", ["192.0.1.255", "192.0.3.0"]),
            ("192.0.2.4/30", "192.0.2.4", "192.0.2.7", ["192.0.2.3", "192.0.2.8"]),
            ("192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1", ["192.0.2.0", "192.0.2.2"]),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", ["::", "::1"]),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", ["0.0.0.0", "::ffff:1.2.3.4"]),
            (
                "2001:db8::/33",
                "2001:db8::",
                "2001:db8:7fff:ffff:ffff:ffff:ffff:ffff",
                ["2001:db7:ffff::", "2001:db8:8000::"],
            ),
        ];
        for (network, first, last, beside) in rows {
            let network: Network = network.parse().expect(network);
            let contains = |address: &str| network.contains(address.parse().expect(address));
            assert!(contains(first) && contains(last), "{network}");
            assert!(!beside.into_iter().any(contains), "{network}");
        }
    }
}
