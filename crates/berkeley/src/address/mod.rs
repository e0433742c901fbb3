//! Addresses: one file per family, encoded and decoded byte by byte at the kernel's offsets.
//!
//! [`Address`] holds any of them. A family that this library does not know, or bytes that are too short for the family
//! they claim, become [`OtherAddress`] and survive the round trip unharmed. Nothing here opens a socket or resolves a
//! name.
//!
//! ```
//! use berkeley::{Address, UnixAddress};
//! use std::net::Ipv4Addr;
//!
//! let web = Address::from((Ipv4Addr::LOCALHOST, 80));
//! assert_eq!(web.to_string(), "127.0.0.1:80");
//! assert_eq!(Address::decode(web.encode().as_bytes()), web);
//!
//! let name = UnixAddress::from_abstract(b"door\0bell")?;
//! assert_eq!(Address::from(name).to_string(), r"@door\0bell");
//! # Ok::<(), berkeley::Error>(())
//! ```

mod inet;
mod inet6;
mod other;
mod unix;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::kinds::Family;
use crate::sys::layout;

pub use other::OtherAddress;
pub use unix::UnixAddress;

/// The address of one end of a socket, of any family (`struct sockaddr`).
///
/// `Display` prints what a person types: `127.0.0.1:80`, `[fe80::1%2]:80`, `/run/door`, `@abstract`; whatever bytes a
/// peer chose are escaped.
#[doc(alias = "sockaddr")]
#[doc(alias = "sockaddr_storage")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// IPv4: an address and a port (ip(7)).
    #[doc(alias = "sockaddr_in")]
    Inet(SocketAddrV4),
    /// IPv6: an address, a port, the flow and the scope (ipv6(7)).
    ///
    /// The flow is the kernel's field as it is, in network byte order, as std's sockets have it: a flow of 7 is
    /// `7_u32.to_be()`.
    #[doc(alias = "sockaddr_in6")]
    Inet6(SocketAddrV6),
    /// A path, an abstract name, or no name (unix(7)).
    Unix(UnixAddress),
    /// Any other family, as bytes.
    Other(OtherAddress),
}

impl Address {
    /// Reads an address as the kernel lays it out, its family first.
    ///
    /// Never fails: what is no well-formed address of a known family is kept as it is, in [`Address::Other`].
    pub fn decode(bytes: &[u8]) -> Self {
        let other = || Self::Other(OtherAddress::decode(bytes));
        match family_of(bytes) {
            Family::INET => inet::decode(bytes).map_or_else(other, Self::Inet),
            Family::INET6 => inet6::decode(bytes).map_or_else(other, Self::Inet6),
            Family::UNIX => UnixAddress::decode(bytes).map_or_else(other, Self::Unix),
            _ => other(),
        }
    }

    /// Lays the address out as the kernel takes it.
    pub fn encode(&self) -> EncodedAddress {
        match self {
            Self::Inet(address) => inet::encode(*address),
            Self::Inet6(address) => inet6::encode(address),
            Self::Unix(address) => address.encode(),
            Self::Other(address) => address.encode(),
        }
    }

    /// The family; [`Family::UNSPECIFIED`] for the empty address that a socket without names gives.
    pub fn family(&self) -> Family {
        match self {
            Self::Inet(_) => Family::INET,
            Self::Inet6(_) => Family::INET6,
            Self::Unix(_) => Family::UNIX,
            Self::Other(address) => address.family(),
        }
    }

    /// The IP address, where the family has one.
    pub fn ip(&self) -> Option<IpAddr> {
        SocketAddr::try_from(*self).ok().map(|address| address.ip())
    }

    /// The port, where the family has one.
    pub fn port(&self) -> Option<u16> {
        SocketAddr::try_from(*self).ok().map(|address| address.port())
    }

    /// Whether there is no name: an unbound Unix socket, or a sender for which the kernel gave nothing.
    pub fn is_unnamed(&self) -> bool {
        match self {
            Self::Unix(address) => address.is_unnamed(),
            Self::Other(address) => address.encode().as_bytes().is_empty(),
            Self::Inet(_) | Self::Inet6(_) => false,
        }
    }

    /// The Unix address, where it is one.
    pub fn as_unix(&self) -> Option<&UnixAddress> {
        match self {
            Self::Unix(address) => Some(address),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inet(address) => address.fmt(f),
            Self::Inet6(address) => address.fmt(f),
            Self::Unix(address) => address.fmt(f),
            Self::Other(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({self})", self.family())
    }
}

/// An address as the kernel takes it: at most 128 bytes, the family first.
#[derive(Clone, Copy)]
pub struct EncodedAddress {
    bytes: [u8; layout::ADDRESS_MAX],
    length: usize,
}

impl EncodedAddress {
    /// An address of `length` bytes that opens with `family`, the rest zero.
    fn new(family: Family, length: usize) -> Self {
        let mut encoded = Self { bytes: [0; layout::ADDRESS_MAX], length };
        // Families are small numbers, of which the kernel keeps sixteen bits.
        let family = u16::try_from(family.as_raw()).unwrap_or(0);
        encoded.put(layout::FAMILY, &family.to_ne_bytes());
        encoded
    }

    /// Writes `field` at `offset`; both are constants of the layout, within the 128 bytes.
    fn put(&mut self, offset: usize, field: &[u8]) {
        self.bytes[offset..offset + field.len()].copy_from_slice(field);
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

impl fmt::Debug for EncodedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedAddress({:02x?})", self.as_bytes())
    }
}

fn family_of(bytes: &[u8]) -> Family {
    field::<2>(bytes, layout::FAMILY)
        .map_or(Family::UNSPECIFIED, |family| Family::from_raw(u16::from_ne_bytes(family).into()))
}

/// The `N` bytes at `offset`, where there are that many.
fn field<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

impl From<&Address> for Address {
    fn from(address: &Address) -> Self {
        *address
    }
}

impl From<SocketAddrV4> for Address {
    fn from(address: SocketAddrV4) -> Self {
        Self::Inet(address)
    }
}

impl From<SocketAddrV6> for Address {
    fn from(address: SocketAddrV6) -> Self {
        Self::Inet6(address)
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        match address {
            SocketAddr::V4(address) => Self::Inet(address),
            SocketAddr::V6(address) => Self::Inet6(address),
        }
    }
}

impl From<UnixAddress> for Address {
    fn from(address: UnixAddress) -> Self {
        Self::Unix(address)
    }
}

impl From<OtherAddress> for Address {
    fn from(address: OtherAddress) -> Self {
        Self::Other(address)
    }
}

impl From<(IpAddr, u16)> for Address {
    fn from(address: (IpAddr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<(Ipv4Addr, u16)> for Address {
    fn from((ip, port): (Ipv4Addr, u16)) -> Self {
        Self::Inet(SocketAddrV4::new(ip, port))
    }
}

impl From<(Ipv6Addr, u16)> for Address {
    fn from((ip, port): (Ipv6Addr, u16)) -> Self {
        Self::Inet6(SocketAddrV6::new(ip, port, 0, 0))
    }
}

/// Fails, and gives the address back, where the family is neither IPv4 nor IPv6.
impl TryFrom<Address> for SocketAddr {
    type Error = Address;

    fn try_from(address: Address) -> Result<Self, Address> {
        match address {
            Address::Inet(address) => Ok(address.into()),
            Address::Inet6(address) => Ok(address.into()),
            other => Err(other),
        }
    }
}
