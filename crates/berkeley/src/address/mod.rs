//! Addresses: one file per family, encoded and decoded byte by byte at the kernel's offsets.
//!
//! [`Address`] holds any of them. A family that this library does not know, and bytes that are too short, too long or
//! impossible for the family they claim, become [`OtherAddress`] and survive the round trip unharmed; what the kernel
//! calls reserved is not kept. RDS and SMC are named by the addresses of IPv4 and IPv6. Nothing here opens a socket or
//! resolves a name: an interface is its index. The page of `Address` tells how each is written as text.
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

mod alg;
mod bluetooth;
mod can;
mod ieee802154;
mod inet;
mod inet6;
mod lent;
mod llc;
mod netlink;
mod nfc;
mod other;
mod packet;
mod phonet;
mod pppox;
mod qipcrtr;
mod text;
mod tipc;
mod to_address;
mod unix;
mod vsock;
mod x25;
mod xdp;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::str::FromStr;

use crate::bytes::field;
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::layout;
use text::Fields;

pub use alg::AlgAddress;
pub use bluetooth::{BluetoothAddress, BluetoothDevice};
pub use can::{CanAddress, J1939Address};
pub use ieee802154::{Ieee802154Address, Ieee802154Device};
pub use llc::LlcAddress;
pub use netlink::NetlinkAddress;
pub use nfc::{NfcAddress, NfcLink};
pub use other::OtherAddress;
pub use packet::{HardwareAddress, PacketAddress};
pub use phonet::PhonetAddress;
pub use pppox::{L2tpAddress, L2tpIds, PppoeDevice, PppoxAddress, TunnelIds};
pub use qipcrtr::QipcrtrAddress;
pub use tipc::{TipcAddress, TipcName};
pub use to_address::ToAddress;
pub use unix::UnixAddress;
pub use vsock::VsockAddress;
pub use x25::X25Address;
pub use xdp::XdpAddress;

/// What the file of a family supplies, for [`Address`] to treat all alike. `Display` prints the tag, a colon, the
/// fields.
trait Layout: Sized + fmt::Display {
    const FAMILY: Family;
    /// The word before the colon in text.
    const TAG: &'static str;

    /// `None` where the bytes, the family's two included, are no address of the family.
    fn decode(bytes: &[u8]) -> Option<Self>;
    fn encode(&self) -> EncodedAddress;
    /// Reads the fields behind the tag; what is left over is the caller's error.
    fn parse(fields: &mut Fields<'_>) -> Result<Self>;
}

/// [`Address`], with a variant for each family that has a [`Layout`], and what each variant needs.
macro_rules! families {
    ($($(#[$doc:meta])* $variant:ident($address:ident),)*) => {
        /// The address of one end of a socket, of any family (`struct sockaddr`).
        ///
        /// It is held in place, in 132 bytes, so that receiving from anyone allocates nothing.
        ///
        /// # As text
        ///
        /// `Display` prints an address so that `FromStr` reads the same one:
        ///
        /// | text | family |
        /// |---|---|
        /// | `127.0.0.1:80`, `[fe80::1%2]:80` | IPv4 and IPv6, as std has them (an IPv6 flow is not printed) |
        /// | `/path`, `./path`, `unix:path`, `@abstract`, `(unnamed)` | Unix |
        /// | `netlink:0:1`, `vsock:2:1234`, `can:3`, `tipc:service:18888:17`, ... | the family's tag, then its fields |
        /// | `family:40:0102` | any other: the family's number and the bytes behind it |
        /// | `(none)` | no bytes at all |
        ///
        /// Fields stand between colons; numbers are decimal, or `0x` and hexadecimal; fields at the end that are 0 may
        /// be left out where the family's page shows them in brackets. Bytes that cannot be shown are escaped: `\x1b`,
        /// `\0`, `\u{202e}`. A text is a path where it opens with `/`, `./`, `../` or `unix:`; any other, such as
        /// `localhost` or a misspelt family, is an error.
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[doc(alias = "SockAddr")]
        #[doc(alias = "ToSocketAddrs")]
        #[doc(alias = "sockaddr")]
        #[doc(alias = "sockaddr_storage")]
        #[doc(alias = "inet_pton")]
        #[doc(alias = "inet_ntop")]
        #[doc(alias = "inet_ntoa")]
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
            $($(#[$doc])* $variant($address),)*
            /// Any other family, and what is no well-formed address of its family, as bytes.
            Other(OtherAddress),
        }

        impl Address {
            /// Reads an address as the kernel lays it out, its family first.
            ///
            /// Never fails: what is no well-formed address of a known family is kept as it is, in [`Address::Other`].
            /// Reads at most 128 bytes, which is all that the kernel ever gives.
            pub fn decode(bytes: &[u8]) -> Self {
                Self::decode_into(bytes, |address| address)
            }

            /// Hands what [`decode`](Self::decode) gives to `make`, which is compiled for each of the usual addresses:
            /// it writes them where they belong, for the whole type is too large to be moved about by every call.
            #[inline]
            pub(crate) fn decode_into<T>(bytes: &[u8], make: impl FnOnce(Self) -> T) -> T {
                if bytes.is_empty() {
                    return make(Self::Other(OtherAddress::EMPTY));
                }
                match inet::decode(bytes).filter(|_| family_of(bytes) == Family::INET) {
                    Some(address) => make(Self::Inet(address)),
                    None => make(Self::decode_any(bytes)),
                }
            }

            fn decode_any(bytes: &[u8]) -> Self {
                let bytes = &bytes[..bytes.len().min(layout::ADDRESS_MAX)];
                let other = || Self::Other(OtherAddress::decode(bytes));
                match family_of(bytes) {
                    Family::INET6 => inet6::decode(bytes).map_or_else(other, Self::Inet6),
                    Family::UNIX => UnixAddress::decode(bytes).map_or_else(other, Self::Unix),
                    $(<$address as Layout>::FAMILY => {
                        <$address as Layout>::decode(bytes).map_or_else(other, Self::$variant)
                    })*
                    _ => other(),
                }
            }

            /// Lays the address out as the kernel takes it.
            pub fn encode(&self) -> EncodedAddress {
                match self {
                    Self::Inet(address) => inet::encode(*address),
                    Self::Inet6(address) => inet6::encode(address),
                    Self::Unix(address) => address.encode(),
                    $(Self::$variant(address) => Layout::encode(address),)*
                    Self::Other(address) => address.encode(),
                }
            }

            /// The family; [`Family::UNSPECIFIED`] for the empty address that a socket without names gives.
            pub fn family(&self) -> Family {
                match self {
                    Self::Inet(_) => Family::INET,
                    Self::Inet6(_) => Family::INET6,
                    Self::Unix(_) => Family::UNIX,
                    $(Self::$variant(_) => <$address as Layout>::FAMILY,)*
                    Self::Other(address) => address.family(),
                }
            }

            /// Reads the fields behind a family's tag; `None` where no family has that tag.
            fn parse_tagged(tag: &str, tail: &str) -> Option<Result<Self>> {
                match tag {
                    $(<$address as Layout>::TAG => Some(text::parse_tail(tail).map(Self::$variant)),)*
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
                    $(Self::$variant(address) => address.fmt(f),)*
                    Self::Other(address) => address.fmt(f),
                }
            }
        }

        $(
            impl From<$address> for Address {
                fn from(address: $address) -> Self {
                    Self::$variant(address)
                }
            }

            /// Reads what `Display` prints, the family's tag included; an error says field, wanted and got.
            impl FromStr for $address {
                type Err = Error;

                fn from_str(text: &str) -> Result<Self> {
                    text::parse(text)
                }
            }
        )*
    };
}

families! {
    /// A process's port or the kernel, and multicast groups (netlink(7)).
    Netlink(NetlinkAddress),
    /// An interface, an ethertype, an address on the link (packet(7)).
    Packet(PacketAddress),
    /// A virtual machine or its host, and a port (vsock(7)).
    Vsock(VsockAddress),
    /// An interface of a Controller Area Network, and what the protocol adds.
    Can(CanAddress),
    /// One of the kernel's ciphers or digests.
    Alg(AlgAddress),
    /// A service or a socket of a cluster (`linux/tipc.h`).
    Tipc(TipcAddress),
    /// A Bluetooth device and its channel, or a controller.
    Bluetooth(BluetoothAddress),
    /// A processor behind Qualcomm's message router, and a port.
    Qipcrtr(QipcrtrAddress),
    /// A queue of an interface.
    Xdp(XdpAddress),
    /// A service access point of a station (IEEE 802.2).
    Llc(LlcAddress),
    /// A target near a device.
    Nfc(NfcAddress),
    /// An object of a phone's modem.
    Phonet(PhonetAddress),
    /// A device of a low-power radio network.
    Ieee802154(Ieee802154Address),
    /// A session of PPP over Ethernet, PPTP or L2TP.
    Pppox(PppoxAddress),
    /// An X.121 address (x25(7)).
    X25(X25Address),
}

const _: () = assert!(size_of::<Address>() <= 132);

impl Address {
    /// The IP address, where the family has one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.socket_address().map(|address| address.ip())
    }

    /// The port, where the family has one.
    pub fn port(&self) -> Option<u16> {
        self.socket_address().map(|address| address.port())
    }

    fn socket_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Inet(address) => Some((*address).into()),
            Self::Inet6(address) => Some((*address).into()),
            _ => None,
        }
    }

    /// Whether there is no name: an unbound Unix socket, or a sender for which the kernel gave nothing.
    pub fn is_unnamed(&self) -> bool {
        match self {
            Self::Unix(address) => address.is_unnamed(),
            Self::Other(address) => address.encode().as_bytes().is_empty(),
            _ => false,
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

#[inline]
fn family_of(bytes: &[u8]) -> Family {
    field::<2>(bytes, layout::FAMILY)
        .map_or(Family::UNSPECIFIED, |family| Family::from_raw(u16::from_ne_bytes(family).into()))
}

/// `Some` where there are `length` bytes, no more and no fewer.
fn exactly(bytes: &[u8], length: usize) -> Option<()> {
    (bytes.len() == length).then_some(())
}

/// `Some` where there are `length` bytes or fewer.
fn at_most(bytes: &[u8], length: usize) -> Option<()> {
    (bytes.len() <= length).then_some(())
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

/// Fails in words where the family is neither IPv4 nor IPv6.
impl TryFrom<Address> for SocketAddr {
    type Error = Error;

    fn try_from(address: Address) -> Result<Self> {
        address.socket_address().ok_or_else(|| {
            let why = format!("wanted AF_INET or AF_INET6, got {:?}", address.family());
            let shown = if address.is_unnamed() { String::new() } else { address.to_string() };
            Error::invalid(Operation::ParseAddress, why).on(shown)
        })
    }
}

#[cfg(test)]
mod golden {
    use std::ops::Range;

    use super::*;

    /// Checks captured bytes against the address and the text that they are, both ways; cut short they are the same
    /// from `least` bytes on, and something else before, of which no byte that was read is lost.
    ///
    /// The bytes are those of a little-endian machine.
    pub(super) fn check(golden: &[u8], least: usize, address: impl Into<Address>, shown: &str) {
        let address = address.into();
        assert_eq!(address.to_string(), shown);
        assert_eq!(shown.parse::<Address>().unwrap(), address);
        if cfg!(target_endian = "big") {
            return;
        }
        assert_eq!(Address::decode(golden), address);
        assert_eq!(address.encode().as_bytes(), golden, "{shown}");
        for length in lengths(0..golden.len(), least) {
            let cut = Address::decode(&golden[..length]);
            assert_eq!(cut == address, length >= least, "{shown} cut to {length}: {cut:?}");
            check_stable(&golden[..length], cut);
        }
        for length in lengths(golden.len() + 1..141, least) {
            let mut long = golden.to_vec();
            long.resize(length, 0);
            check_stable(&long, Address::decode(&long));
        }
    }

    /// Miri needs a second for a length: it tries those at the ends and around `least`.
    fn lengths(all: Range<usize>, least: usize) -> impl Iterator<Item = usize> {
        let chosen = [all.start, least.wrapping_sub(1), least, all.end.wrapping_sub(1)];
        all.filter(move |length| !cfg!(miri) || chosen.contains(length))
    }

    fn check_stable(bytes: &[u8], address: Address) {
        if let Address::Other(other) = address {
            assert_eq!(other.encode().as_bytes(), &bytes[..bytes.len().min(128)]);
        }
        assert_eq!(Address::decode(address.encode().as_bytes()), address);
        assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }
}
