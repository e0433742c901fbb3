//! What a capture's packets begin with.

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
}
