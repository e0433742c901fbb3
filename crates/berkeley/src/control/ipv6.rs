//! Control messages of IPv6: `IPPROTO_IPV6` (ipv6(7), RFC 3542).

use std::net::{Ipv6Addr, SocketAddrV6};

use super::{ExtendedError, Outgoing, octet};
use crate::address::Address;
use crate::bytes::{field, int, u32_at, unsigned};
use crate::sys::constants as c;
use crate::sys::layout::{in6_pktinfo, inet6, ip6_mtuinfo};

/// What came with a datagram over IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'b> {
    /// The address that it was sent to and the interface that it came by (`RECVPKTINFO`).
    #[doc(alias = "IPV6_PKTINFO")]
    PacketInfo(PacketInfo),
    /// How many hops it could still have taken (`RECVHOPLIMIT`).
    #[doc(alias = "IPV6_HOPLIMIT")]
    HopLimit(u8),
    /// Its traffic class (`RECVTCLASS`): six bits of DSCP, two of ECN.
    #[doc(alias = "IPV6_TCLASS")]
    TrafficClass(u8),
    /// What failed, and who says so (`RECVERR`).
    #[doc(alias = "IPV6_RECVERR")]
    Error(ExtendedError),
    /// Its traffic class and flow label, as the first word of its header has them (`FLOWINFO`).
    #[doc(alias = "IPV6_FLOWINFO")]
    FlowInfo(u32),
    /// The MTU of a path has changed (`RECVPATHMTU`): to where, and the new one, in bytes.
    #[doc(alias = "IPV6_PATHMTU")]
    PathMtu(SocketAddrV6, u32),
    /// Where it was first sent to, before the firewall changed it (`RECVORIGDSTADDR`).
    #[doc(alias = "IPV6_ORIGDSTADDR")]
    OriginalDestination(SocketAddrV6),
    /// The size of the largest fragment that it came in, in bytes (`RECVFRAGSIZE`).
    #[doc(alias = "IPV6_RECVFRAGSIZE")]
    FragmentSize(u32),
    /// Its hop-by-hop options, the extension header whole (`RECVHOPOPTS`).
    #[doc(alias = "IPV6_HOPOPTS")]
    HopByHopOptions(&'b [u8]),
    /// Its destination options, the extension header whole (`RECVDSTOPTS`); one message for each such header.
    #[doc(alias = "IPV6_DSTOPTS")]
    DestinationOptions(&'b [u8]),
    /// Its routing header, whole (`RECVRTHDR`).
    #[doc(alias = "IPV6_RTHDR")]
    RoutingHeader(&'b [u8]),
}

/// `None` where the type is unknown or the data has the wrong length.
#[inline]
pub(super) fn decode(kind: i32, data: &[u8]) -> Option<Message<'_>> {
    Some(match kind {
        c::IPV6_PKTINFO => Message::PacketInfo(PacketInfo::decode(data)?),
        c::IPV6_HOPLIMIT => Message::HopLimit(octet(data)?),
        c::IPV6_TCLASS => Message::TrafficClass(octet(data)?),
        c::IPV6_RECVERR => return failure(data),
        c::IPV6_FLOWINFO => Message::FlowInfo(u32::from_be(unsigned(data)?)),
        c::IPV6_PATHMTU => path_mtu(data)?,
        c::IPV6_ORIGDSTADDR => Message::OriginalDestination(destination(data)?),
        c::IPV6_RECVFRAGSIZE => Message::FragmentSize(int(data)?.try_into().ok()?),
        c::IPV6_HOPOPTS => Message::HopByHopOptions(data),
        c::IPV6_DSTOPTS => Message::DestinationOptions(data),
        c::IPV6_RTHDR => Message::RoutingHeader(data),
        _ => return None,
    })
}

fn path_mtu(data: &[u8]) -> Option<Message<'static>> {
    let data: &[u8; ip6_mtuinfo::SIZE] = data.try_into().ok()?;
    let address = destination(&data[ip6_mtuinfo::DESTINATION..][..inet6::SIZE])?;
    Some(Message::PathMtu(address, u32_at(data, ip6_mtuinfo::MTU)?))
}

/// Apart: it is by far the largest, and the others need not be moved about with it.
#[cold]
fn failure(data: &[u8]) -> Option<Message<'static>> {
    ExtendedError::decode(data).map(Message::Error)
}

fn destination(data: &[u8]) -> Option<SocketAddrV6> {
    match Address::decode(data) {
        Address::Inet6(address) if data.len() == inet6::SIZE => Some(address),
        _ => None,
    }
}

/// Where a datagram came to, or is to go out from (`struct in6_pktinfo`, RFC 3542 section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "in6_pktinfo")]
#[non_exhaustive]
pub struct PacketInfo {
    /// Received: the destination in its header. Sent: the source address, `::` for the route's.
    pub address: Ipv6Addr,
    /// The index of the interface; sent, 0 for the route's.
    pub interface: u32,
}

impl PacketInfo {
    /// To be sent: from `address`, `::` for the route's, out of `interface`, 0 for the route's.
    pub const fn new(address: Ipv6Addr, interface: u32) -> Self {
        Self { address, interface }
    }

    fn decode(data: &[u8]) -> Option<Self> {
        let data: &[u8; in6_pktinfo::SIZE] = data.try_into().ok()?;
        Some(Self {
            address: field::<16>(data, in6_pktinfo::ADDRESS)?.into(),
            interface: u32_at(data, in6_pktinfo::INTERFACE)?,
        })
    }

    fn encode(self) -> [u8; in6_pktinfo::SIZE] {
        let mut data = [0; in6_pktinfo::SIZE];
        data[in6_pktinfo::ADDRESS..][..16].copy_from_slice(&self.address.octets());
        data[in6_pktinfo::INTERFACE..][..4].copy_from_slice(&self.interface.to_ne_bytes());
        data
    }
}

/// The source address and the interface of this datagram.
#[doc(alias = "IPV6_PKTINFO")]
pub fn packet_info(info: PacketInfo) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IPV6, c::IPV6_PKTINFO, info.encode())
}

/// How many hops this datagram may take, in place of the socket's `UNICAST_HOPS`.
#[doc(alias = "IPV6_HOPLIMIT")]
pub fn hop_limit(hops: u8) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IPV6, c::IPV6_HOPLIMIT, i32::from(hops).to_ne_bytes())
}

/// The traffic class of this datagram, in place of the socket's `TCLASS`.
#[doc(alias = "IPV6_TCLASS")]
pub fn traffic_class(class: u8) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IPV6, c::IPV6_TCLASS, i32::from(class).to_ne_bytes())
}

/// Whether this datagram is refused rather than sent in fragments, in place of the socket's `DONTFRAG`.
#[doc(alias = "IPV6_DONTFRAG")]
pub fn dont_fragment(refuse: bool) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IPV6, c::IPV6_DONTFRAG, i32::from(refuse).to_ne_bytes())
}

/// The flow label of this datagram: its low 20 bits.
#[doc(alias = "IPV6_FLOWINFO")]
pub fn flow_info(flow: u32) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IPV6, c::IPV6_FLOWINFO, flow.to_be_bytes())
}

/// Hop-by-hop options, the extension header whole (RFC 8200 section 4.3); needs `CAP_NET_RAW`.
#[doc(alias = "IPV6_HOPOPTS")]
pub const fn hop_by_hop_options(header: &[u8]) -> Outgoing<'_> {
    Outgoing::bytes(c::IPPROTO_IPV6, c::IPV6_HOPOPTS, header)
}

/// Destination options, the extension header whole (RFC 8200 section 4.6); needs `CAP_NET_RAW`.
#[doc(alias = "IPV6_DSTOPTS")]
pub const fn destination_options(header: &[u8]) -> Outgoing<'_> {
    Outgoing::bytes(c::IPPROTO_IPV6, c::IPV6_DSTOPTS, header)
}

/// Destination options for the hosts that a routing header names, the extension header whole; needs `CAP_NET_RAW`.
#[doc(alias = "IPV6_RTHDRDSTOPTS")]
pub const fn routing_destination_options(header: &[u8]) -> Outgoing<'_> {
    Outgoing::bytes(c::IPPROTO_IPV6, c::IPV6_RTHDRDSTOPTS, header)
}

/// A routing header, whole (RFC 8200 section 4.4); Linux takes types 2 and 4.
#[doc(alias = "IPV6_RTHDR")]
pub const fn routing_header(header: &[u8]) -> Outgoing<'_> {
    Outgoing::bytes(c::IPPROTO_IPV6, c::IPV6_RTHDR, header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_every_message() {
        let mut info = [0; 20];
        (info[15], info[16]) = (1, 2);
        let mut mtu = [0; 32];
        (mtu[0], mtu[23], mtu[28], mtu[29]) = (10, 1, 0, 5);
        let loopback = SocketAddrV6::new(Ipv6Addr::LOCALHOST, 0, 0, 0);
        let rows: [(i32, &[u8], Message<'_>); 10] = [
            (
                c::IPV6_PKTINFO,
                &info,
                Message::PacketInfo(PacketInfo { address: Ipv6Addr::LOCALHOST, interface: 2 }),
            ),
            (c::IPV6_HOPLIMIT, &[255, 0, 0, 0], Message::HopLimit(255)),
            (c::IPV6_TCLASS, &[0xb8, 0, 0, 0], Message::TrafficClass(0xb8)),
            (c::IPV6_FLOWINFO, &[0, 1, 2, 3], Message::FlowInfo(0x0001_0203)),
            (c::IPV6_PATHMTU, &mtu, Message::PathMtu(loopback, 1280)),
            (c::IPV6_ORIGDSTADDR, &mtu[..28], Message::OriginalDestination(loopback)),
            (c::IPV6_RECVFRAGSIZE, &[0, 5, 0, 0], Message::FragmentSize(1280)),
            (c::IPV6_HOPOPTS, &[59, 0, 1, 4], Message::HopByHopOptions(&[59, 0, 1, 4])),
            (c::IPV6_DSTOPTS, &[59, 0], Message::DestinationOptions(&[59, 0])),
            (c::IPV6_RTHDR, &[], Message::RoutingHeader(&[])),
        ];
        for (kind, data, want) in rows {
            assert_eq!(decode(kind, data), Some(want));
        }
    }

    #[test]
    fn wrong_lengths_and_values_are_not_decoded() {
        let rows: [(i32, &[u8]); 8] = [
            (c::IPV6_PKTINFO, &[0; 19]),
            (c::IPV6_HOPLIMIT, &[64]),
            (c::IPV6_HOPLIMIT, &(-1_i32).to_ne_bytes()),
            (c::IPV6_TCLASS, &[0; 5]),
            (c::IPV6_FLOWINFO, &[0; 3]),
            (c::IPV6_PATHMTU, &[0; 32]),
            (c::IPV6_PATHMTU, &[0; 31]),
            (c::IPV6_ORIGDSTADDR, &[0; 28]),
        ];
        for (kind, data) in rows {
            assert_eq!(decode(kind, data), None, "type {kind}, {data:?}");
        }
    }
}
