//! `AF_NETLINK`: `struct sockaddr_nl` (netlink(7)).

use std::fmt;

use super::text::{Fields, write_optional};
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::u32_at;
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::netlink;

/// The address of a netlink socket: `netlink:PID:GROUPS`, of which groups that are 0 may be left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_nl")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_nl, whose size is fixed")]
pub struct NetlinkAddress {
    /// The port: 0 is the kernel; a socket bound to 0 gets one of its own, often the number of its process.
    #[doc(alias = "nl_pid")]
    pub pid: u32,
    /// The multicast groups 1 to 32, a bit each.
    #[doc(alias = "nl_groups")]
    pub groups: u32,
}

impl NetlinkAddress {
    /// The kernel.
    pub const KERNEL: Self = Self { pid: 0, groups: 0 };
}

impl Layout for NetlinkAddress {
    const FAMILY: Family = Family::NETLINK;
    const TAG: &'static str = "netlink";

    fn decode(bytes: &[u8]) -> Option<Self> {
        at_most(bytes, netlink::SIZE)?;
        Some(Self { pid: u32_at(bytes, netlink::PID)?, groups: u32_at(bytes, netlink::GROUPS)? })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, netlink::SIZE);
        encoded.put(netlink::PID, &self.pid.to_ne_bytes());
        encoded.put(netlink::GROUPS, &self.groups.to_ne_bytes());
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self { pid: fields.number("pid")?, groups: fields.number_or_zero("groups")? })
    }
}

impl fmt::Display for NetlinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "netlink:{}", self.pid)?;
        write_optional(f, &[self.groups.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let golden = [16, 0, 0, 0, 0x39, 0x30, 0, 0, 0x11, 0, 0, 0];
        check(&golden, 12, NetlinkAddress { pid: 12345, groups: 0x11 }, "netlink:12345:17");
        check(&[16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 12, NetlinkAddress::KERNEL, "netlink:0");
    }
}
