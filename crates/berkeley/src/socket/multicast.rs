//! Membership: of multicast groups, any-source and source-specific (RFC 3678), and of what an interface takes in.

use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::AsFd;

use super::{Socket, describe};
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::sys::layout::{group, ipv6_mreq, packet_membership};
use crate::sys::{constants as c, option};

/// What a packet socket asks of a network interface, beside what the host itself takes in (packet(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "packet_mreq")]
pub enum LinkMembership {
    /// Every packet on the wire, whomever it is for.
    #[doc(alias = "PACKET_MR_PROMISC")]
    Promiscuous,
    /// Every multicast packet.
    #[doc(alias = "PACKET_MR_ALLMULTI")]
    AllMulticast,
    /// The packets for a multicast address.
    #[doc(alias = "PACKET_MR_MULTICAST")]
    Multicast([u8; 6]),
    /// The packets for a further address of this host's.
    #[doc(alias = "PACKET_MR_UNICAST")]
    Unicast([u8; 6]),
}

impl<F: AsFd> Socket<F> {
    /// Joins a multicast group, of IPv4 or IPv6, on the network interface of that index (RFC 3678).
    ///
    /// 0 leaves the choice to the routes, as `0.0.0.0` does where others name an interface by its address;
    /// [`interface_index`](crate::interface::interface_index) has the index of a name. Every sender is heard; to hear
    /// some only, [`join_source`](Self::join_source). The socket must be bound to the port, and receives what other
    /// programs of this host have joined as well unless `IP_MULTICAST_ALL` is off.
    ///
    /// # Errors
    ///
    /// Fails with `EADDRINUSE` where the socket is a member already, with `EINVAL` where the group is no multicast
    /// address, with `ENODEV` where there is no such interface, and with `ENOBUFS` beyond
    /// `net.ipv4.igmp_max_memberships`.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::interface::interface_index;
    /// use berkeley::{Family, Protocol, Socket, Type, option};
    /// use std::net::Ipv4Addr;
    ///
    /// let group = Ipv4Addr::new(239, 1, 2, 3);
    /// let loopback = interface_index("lo")?;
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((group, 0))?;
    /// socket.join(group, loopback)?;
    ///
    /// socket.set(option::ip::MULTICAST_IF, Ipv4Addr::LOCALHOST)?;
    /// socket.send_to(b"all members", socket.local_address()?)?;
    /// assert_eq!(socket.recv_vec(64)?, b"all members");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "IP_ADD_MEMBERSHIP")]
    #[doc(alias = "ip_mreqn")]
    #[doc(alias = "ipv6_mreq")]
    #[doc(alias = "group_req")]
    #[doc(alias = "IPV6_JOIN_GROUP")]
    #[doc(alias = "IPV6_ADD_MEMBERSHIP")]
    #[doc(alias = "MCAST_JOIN_GROUP")]
    #[doc(alias = "join_multicast_v4")]
    #[doc(alias = "join_multicast_v4_n")]
    #[doc(alias = "join_multicast_v6")]
    pub fn join(&self, group: impl Into<IpAddr>, interface: u32) -> Result<()> {
        self.membership(Operation::Join, c::MCAST_JOIN_GROUP, group.into(), None, interface)
    }

    /// Leaves a multicast group that [`join`](Self::join) joined, with all its blocked sources.
    ///
    /// Fails with `EADDRNOTAVAIL` where the socket is no member. A socket that closes leaves by itself.
    #[doc(alias = "IP_DROP_MEMBERSHIP")]
    #[doc(alias = "IPV6_LEAVE_GROUP")]
    #[doc(alias = "IPV6_DROP_MEMBERSHIP")]
    #[doc(alias = "MCAST_LEAVE_GROUP")]
    #[doc(alias = "leave_multicast_v4")]
    #[doc(alias = "leave_multicast_v4_n")]
    #[doc(alias = "leave_multicast_v6")]
    pub fn leave(&self, group: impl Into<IpAddr>, interface: u32) -> Result<()> {
        self.membership(Operation::Leave, c::MCAST_LEAVE_GROUP, group.into(), None, interface)
    }

    /// Joins a multicast group to hear one sender only (RFC 4607); called again, one more.
    ///
    /// # Errors
    ///
    /// Fails as [`join`](Self::join) does, and with `EINVAL` where the group was joined for every sender.
    #[doc(alias = "IP_ADD_SOURCE_MEMBERSHIP")]
    #[doc(alias = "ip_mreq_source")]
    #[doc(alias = "group_source_req")]
    #[doc(alias = "MCAST_JOIN_SOURCE_GROUP")]
    #[doc(alias = "join_ssm_v4")]
    pub fn join_source(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: u32,
    ) -> Result<()> {
        let name = c::MCAST_JOIN_SOURCE_GROUP;
        self.membership(Operation::JoinSource, name, group.into(), Some(source.into()), interface)
    }

    /// Hears one sender less, of those that [`join_source`](Self::join_source) gave; without any, leaves the group.
    ///
    /// # Errors
    ///
    /// Fails with `EADDRNOTAVAIL` where that sender is not heard, and with `EINVAL` where the group was not joined.
    #[doc(alias = "IP_DROP_SOURCE_MEMBERSHIP")]
    #[doc(alias = "MCAST_LEAVE_SOURCE_GROUP")]
    #[doc(alias = "leave_ssm_v4")]
    pub fn leave_source(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: u32,
    ) -> Result<()> {
        let name = c::MCAST_LEAVE_SOURCE_GROUP;
        self.membership(Operation::LeaveSource, name, group.into(), Some(source.into()), interface)
    }

    /// Stops hearing one sender of a group that was joined for every sender.
    ///
    /// # Errors
    ///
    /// Fails with `EADDRNOTAVAIL` where that sender is blocked already.
    #[doc(alias = "IP_BLOCK_SOURCE")]
    #[doc(alias = "MCAST_BLOCK_SOURCE")]
    pub fn block_source(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: u32,
    ) -> Result<()> {
        let name = c::MCAST_BLOCK_SOURCE;
        self.membership(Operation::BlockSource, name, group.into(), Some(source.into()), interface)
    }

    /// Hears a sender again that [`block_source`](Self::block_source) silenced.
    ///
    /// # Errors
    ///
    /// Fails with `EADDRNOTAVAIL` where that sender is not blocked, and with `EINVAL` where the group was not joined.
    #[doc(alias = "IP_UNBLOCK_SOURCE")]
    #[doc(alias = "MCAST_UNBLOCK_SOURCE")]
    pub fn unblock_source(
        &self,
        group: impl Into<IpAddr>,
        source: impl Into<IpAddr>,
        interface: u32,
    ) -> Result<()> {
        let name = c::MCAST_UNBLOCK_SOURCE;
        self.membership(Operation::UnblockSource, name, group.into(), Some(source.into()), interface)
    }

    /// Has a network interface take in more than what is for this host, while this packet socket is open (packet(7)).
    ///
    /// Memberships are counted: each [`leave_link`](Self::leave_link) takes one back, and so does closing the socket.
    ///
    /// # Errors
    ///
    /// Fails with `ENODEV` where there is no such interface.
    #[doc(alias = "PACKET_ADD_MEMBERSHIP")]
    #[doc(alias = "PACKET_MR_PROMISC")]
    pub fn join_link(&self, interface: u32, membership: LinkMembership) -> Result<()> {
        self.link(Operation::JoinLink, c::PACKET_ADD_MEMBERSHIP, interface, membership)
    }

    /// Takes back what [`join_link`](Self::join_link) asked for; a membership that is not there is no error.
    ///
    /// # Errors
    ///
    /// Fails only on what is no packet socket.
    #[doc(alias = "PACKET_DROP_MEMBERSHIP")]
    pub fn leave_link(&self, interface: u32, membership: LinkMembership) -> Result<()> {
        self.link(Operation::LeaveLink, c::PACKET_DROP_MEMBERSHIP, interface, membership)
    }

    /// Takes an anycast address of IPv6 for this host's, on the network interface of that index, 0 for the route's.
    ///
    /// Others may have the same address: what is sent to it reaches the nearest.
    ///
    /// # Errors
    ///
    /// Fails with `EPERM` without `CAP_NET_ADMIN`, with `EINVAL` for a multicast address or one that is this host's
    /// already, with `EADDRNOTAVAIL` where the interface is on no network of that address and this host no router, and
    /// with `ENODEV` where there is no such interface.
    #[doc(alias = "IPV6_JOIN_ANYCAST")]
    pub fn join_anycast(&self, address: Ipv6Addr, interface: u32) -> Result<()> {
        self.anycast(Operation::JoinAnycast, c::IPV6_JOIN_ANYCAST, address, interface)
    }

    /// Gives up an anycast address that [`join_anycast`](Self::join_anycast) took; a socket that closes does so too.
    ///
    /// # Errors
    ///
    /// Fails with `ENOENT` where this socket has not taken it.
    #[doc(alias = "IPV6_LEAVE_ANYCAST")]
    pub fn leave_anycast(&self, address: Ipv6Addr, interface: u32) -> Result<()> {
        self.anycast(Operation::LeaveAnycast, c::IPV6_LEAVE_ANYCAST, address, interface)
    }

    fn anycast(&self, operation: Operation, name: i32, address: Ipv6Addr, interface: u32) -> Result<()> {
        let mut request = [0; ipv6_mreq::SIZE];
        request[ipv6_mreq::ADDRESS..][..16].copy_from_slice(&address.octets());
        request[ipv6_mreq::INTERFACE..][..4].copy_from_slice(&interface.to_ne_bytes());
        option::set_option(self.fd.as_fd(), c::IPPROTO_IPV6, name, &request).map_err(|errno| {
            let socket = describe::target(self.fd.as_fd(), None);
            Error::kernel(operation, errno).on(format!("{address} of {socket}"))
        })
    }

    fn membership(
        &self,
        operation: Operation,
        name: i32,
        group: IpAddr,
        source: Option<IpAddr>,
        interface: u32,
    ) -> Result<()> {
        let level = if group.is_ipv4() { c::IPPROTO_IP } else { c::IPPROTO_IPV6 };
        let request = encode_group(group, source, interface);
        let length = if source.is_some() { group::SOURCE_SIZE } else { group::SIZE };
        option::set_option(self.fd.as_fd(), level, name, &request[..length]).map_err(|errno| {
            let from = source.map_or_else(String::new, |source| format!(" from {source}"));
            let socket = describe::target(self.fd.as_fd(), None);
            Error::kernel(operation, errno).on(format!("{group}{from} of {socket}"))
        })
    }

    fn link(
        &self,
        operation: Operation,
        name: i32,
        interface: u32,
        membership: LinkMembership,
    ) -> Result<()> {
        let request = encode_link(interface, membership);
        option::set_option(self.fd.as_fd(), c::SOL_PACKET, name, &request).map_err(|errno| {
            let socket = describe::target(self.fd.as_fd(), None);
            Error::kernel(operation, errno).on(format!("interface {interface} of {socket}"))
        })
    }
}

/// A `struct group_source_req`, which opens as a `struct group_req` does.
fn encode_group(group: IpAddr, source: Option<IpAddr>, interface: u32) -> [u8; group::SOURCE_SIZE] {
    let mut bytes = [0; group::SOURCE_SIZE];
    let mut put = |offset: usize, part: &[u8]| bytes[offset..offset + part.len()].copy_from_slice(part);
    put(group::INTERFACE, &interface.to_ne_bytes());
    put(group::GROUP, Address::from((group, 0)).encode().as_bytes());
    if let Some(source) = source {
        put(group::SOURCE, Address::from((source, 0)).encode().as_bytes());
    }
    bytes
}

fn encode_link(interface: u32, membership: LinkMembership) -> [u8; packet_membership::SIZE] {
    let (kind, address) = match membership {
        LinkMembership::Promiscuous => (c::PACKET_MR_PROMISC, None),
        LinkMembership::AllMulticast => (c::PACKET_MR_ALLMULTI, None),
        LinkMembership::Multicast(address) => (c::PACKET_MR_MULTICAST, Some(address)),
        LinkMembership::Unicast(address) => (c::PACKET_MR_UNICAST, Some(address)),
    };
    let mut bytes = [0; packet_membership::SIZE];
    let mut put = |offset: usize, part: &[u8]| bytes[offset..offset + part.len()].copy_from_slice(part);
    put(packet_membership::INTERFACE, &interface.to_ne_bytes());
    // All four kinds are below 4.
    put(packet_membership::TYPE, &u16::try_from(kind).unwrap_or_default().to_ne_bytes());
    if let Some(address) = address {
        put(packet_membership::LENGTH, &6_u16.to_ne_bytes());
        put(packet_membership::ADDRESS, &address);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(all(target_endian = "little", target_pointer_width = "64"))]
    fn a_group_and_its_source_stand_where_the_kernel_reads_them() {
        let bytes = encode_group([239, 1, 2, 3].into(), Some([192, 0, 2, 1].into()), 7);
        let mut want = [0; 264];
        want[0] = 7;
        want[8..16].copy_from_slice(&[2, 0, 0, 0, 239, 1, 2, 3]);
        want[136..144].copy_from_slice(&[2, 0, 0, 0, 192, 0, 2, 1]);
        assert_eq!(bytes, want);
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_link_membership_carries_its_address() {
        let promiscuous = encode_link(2, LinkMembership::Promiscuous);
        assert_eq!(promiscuous, [2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        let multicast = encode_link(2, LinkMembership::Multicast([1, 0, 0x5e, 1, 2, 3]));
        assert_eq!(multicast, [2, 0, 0, 0, 0, 0, 6, 0, 1, 0, 0x5e, 1, 2, 3, 0, 0]);
        let unicast = encode_link(3, LinkMembership::Unicast([2; 6]));
        assert_eq!(unicast[..8], [3, 0, 0, 0, 3, 0, 6, 0]);
    }
}
