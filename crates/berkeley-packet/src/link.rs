//! What a capture's packets begin with.

use crate::layer::Protocol;
use crate::layer::data::DATA;
use crate::layer::packet::Packet;
use crate::protocol;

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

    /// The protocol of its header; none for what this crate does not decode.
    pub fn protocol(self) -> Option<&'static Protocol> {
        protocol::by_link(self.0)
    }
}

impl<'a> Packet<'a> {
    /// Takes apart `bytes`, a whole packet that begins as `link` says.
    pub fn decode(link: LinkType, bytes: &'a [u8]) -> Self {
        Self::decode_cut(link, bytes, bytes.len())
    }

    /// The same for a packet of `length` bytes of which a capture has kept only these.
    pub fn decode_cut(link: LinkType, bytes: &'a [u8], length: usize) -> Self {
        Self::decode_as(link.protocol().unwrap_or(&DATA), bytes, length)
    }
}
