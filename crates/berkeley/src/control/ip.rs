//! Control messages of IPv4: `IPPROTO_IP` (ip(7)). A socket of IPv6 gets them with its IPv4 traffic.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::{ExtendedError, Outgoing, octet};
use crate::address::Address;
use crate::bytes::{field, int, u32_at, unsigned};
use crate::sys::constants as c;
use crate::sys::layout::{in_pktinfo, inet};

/// What came with a datagram over IPv4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message<'b> {
    /// The address that it was sent to and the interface that it came by (`PKTINFO`).
    #[doc(alias = "IP_PKTINFO")]
    PacketInfo(PacketInfo),
    /// How many hops it could still have taken (`RECVTTL`).
    #[doc(alias = "IP_TTL")]
    Ttl(u8),
    /// Its type of service (`RECVTOS`): six bits of DSCP, two of ECN.
    #[doc(alias = "IP_TOS")]
    Tos(u8),
    /// What failed, and who says so (`RECVERR`).
    #[doc(alias = "IP_RECVERR")]
    Error(ExtendedError),
    /// Where it was first sent to, before the firewall changed it (`RECVORIGDSTADDR`).
    #[doc(alias = "IP_ORIGDSTADDR")]
    OriginalDestination(SocketAddrV4),
    /// The size of the largest fragment that it came in, in bytes (`RECVFRAGSIZE`).
    #[doc(alias = "IP_RECVFRAGSIZE")]
    FragmentSize(u32),
    /// The options of its header, as they came (`RECVOPTS`).
    #[doc(alias = "IP_RECVOPTS")]
    Options(&'b [u8]),
    /// The options of its header, as a reply would carry them (`RETOPTS`).
    #[doc(alias = "IP_RETOPTS")]
    #[doc(alias = "IP_RECVRETOPTS")]
    ReturnOptions(&'b [u8]),
    /// The sum over its payload, as the kernel keeps it (`CHECKSUM`).
    #[doc(alias = "IP_CHECKSUM")]
    Checksum(u32),
    /// The sender's security label (`PASSSEC`), as the security module writes it.
    #[doc(alias = "SCM_SECURITY")]
    SecurityLabel(&'b [u8]),
}

/// `None` where the type is unknown or the data has the wrong length.
#[inline]
pub(super) fn decode(kind: i32, data: &[u8]) -> Option<Message<'_>> {
    Some(match kind {
        c::IP_PKTINFO => Message::PacketInfo(PacketInfo::decode(data)?),
        c::IP_TTL => Message::Ttl(octet(data)?),
        c::IP_TOS => Message::Tos(data.try_into().ok().map(u8::from_ne_bytes)?),
        _ => return decode_rare(kind, data),
    })
}

/// Apart, as the page of [`decode_one`](super::decode_one) says.
#[inline(never)]
fn decode_rare(kind: i32, data: &[u8]) -> Option<Message<'_>> {
    Some(match kind {
        c::IP_RECVERR => return failure(data),
        c::IP_ORIGDSTADDR => Message::OriginalDestination(destination(data)?),
        c::IP_RECVFRAGSIZE => Message::FragmentSize(int(data)?.try_into().ok()?),
        c::IP_RECVOPTS => Message::Options(data),
        c::IP_RETOPTS => Message::ReturnOptions(data),
        c::IP_CHECKSUM => Message::Checksum(unsigned(data)?),
        c::SCM_SECURITY => Message::SecurityLabel(data),
        _ => return None,
    })
}

/// Apart: it is by far the largest, and the others need not be moved about with it.
#[cold]
fn failure(data: &[u8]) -> Option<Message<'static>> {
    ExtendedError::decode(data).map(Message::Error)
}

fn destination(data: &[u8]) -> Option<SocketAddrV4> {
    match Address::decode(data) {
        Address::Inet(address) if data.len() == inet::SIZE => Some(address),
        _ => None,
    }
}

/// Where a datagram came to, or is to go out from (`struct in_pktinfo`, ip(7)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "in_pktinfo")]
#[non_exhaustive]
pub struct PacketInfo {
    /// The index of the interface; sent, 0 for the route's.
    pub interface: u32,
    /// Received: the address of this host that it is for. Sent: the source address, `0.0.0.0` for the route's.
    #[doc(alias = "ipi_spec_dst")]
    pub local: Ipv4Addr,
    /// Received: the destination in its header, a group's address where it was multicast. Sent: not looked at.
    #[doc(alias = "ipi_addr")]
    pub destination: Ipv4Addr,
}

impl PacketInfo {
    /// To be sent: out of `interface`, 0 for the route's, from `local`, `0.0.0.0` for the route's.
    pub const fn new(interface: u32, local: Ipv4Addr) -> Self {
        Self { interface, local, destination: Ipv4Addr::UNSPECIFIED }
    }

    fn decode(data: &[u8]) -> Option<Self> {
        let data: &[u8; in_pktinfo::SIZE] = data.try_into().ok()?;
        Some(Self {
            interface: u32_at(data, in_pktinfo::INTERFACE)?,
            local: field::<4>(data, in_pktinfo::LOCAL)?.into(),
            destination: field::<4>(data, in_pktinfo::DESTINATION)?.into(),
        })
    }

    fn encode(self) -> [u8; in_pktinfo::SIZE] {
        let mut data = [0; in_pktinfo::SIZE];
        data[in_pktinfo::INTERFACE..][..4].copy_from_slice(&self.interface.to_ne_bytes());
        data[in_pktinfo::LOCAL..][..4].copy_from_slice(&self.local.octets());
        data[in_pktinfo::DESTINATION..][..4].copy_from_slice(&self.destination.octets());
        data
    }
}

/// The source address and the interface of this datagram.
#[doc(alias = "IP_PKTINFO")]
pub fn packet_info(info: PacketInfo) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IP, c::IP_PKTINFO, info.encode())
}

/// How many hops this datagram may take, in place of the socket's `TTL`; 0 is refused.
#[doc(alias = "IP_TTL")]
#[inline]
pub fn ttl(ttl: u8) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IP, c::IP_TTL, i32::from(ttl).to_ne_bytes())
}

/// The type of service of this datagram, in place of the socket's `TOS`.
#[doc(alias = "IP_TOS")]
pub fn tos(tos: u8) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_IP, c::IP_TOS, [tos])
}

/// The options of this datagram's header (RFC 791), at most 40 bytes.
#[doc(alias = "IP_RETOPTS")]
pub const fn options(options: &[u8]) -> Outgoing<'_> {
    Outgoing::bytes(c::IPPROTO_IP, c::IP_RETOPTS, options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_every_message() {
        let info = [2, 0, 0, 0, 192, 0, 2, 1, 224, 0, 0, 251];
        let want = PacketInfo {
            interface: 2,
            local: Ipv4Addr::new(192, 0, 2, 1),
            destination: Ipv4Addr::new(224, 0, 0, 251),
        };
        let destination = [2, 0, 0, 80, 192, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0, 0];
        let rows: [(i32, &[u8], Message<'_>); 9] = [
            (c::IP_PKTINFO, &info, Message::PacketInfo(want)),
            (c::IP_TTL, &[64, 0, 0, 0], Message::Ttl(64)),
            (c::IP_TOS, &[0xb8], Message::Tos(0xb8)),
            (
                c::IP_ORIGDSTADDR,
                &destination,
                Message::OriginalDestination(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 7), 80)),
            ),
            (c::IP_RECVFRAGSIZE, &[0xdc, 5, 0, 0], Message::FragmentSize(1500)),
            (c::IP_RECVOPTS, &[148, 4, 0, 0], Message::Options(&[148, 4, 0, 0])),
            (c::IP_RETOPTS, &[], Message::ReturnOptions(&[])),
            (c::IP_CHECKSUM, &[1, 2, 0, 0], Message::Checksum(0x201)),
            (c::SCM_SECURITY, b"label", Message::SecurityLabel(b"label")),
        ];
        for (kind, data, want) in rows {
            assert_eq!(decode(kind, data), Some(want));
        }
    }

    #[test]
    fn wrong_lengths_and_values_are_not_decoded() {
        let rows: [(i32, &[u8]); 7] = [
            (c::IP_PKTINFO, &[0; 11]),
            (c::IP_PKTINFO, &[0; 13]),
            (c::IP_TTL, &[64]),
            (c::IP_TTL, &256_i32.to_ne_bytes()),
            (c::IP_TOS, &[0, 0]),
            (c::IP_ORIGDSTADDR, &[0; 16]),
            (c::IP_RECVFRAGSIZE, &(-1_i32).to_ne_bytes()),
        ];
        for (kind, data) in rows {
            assert_eq!(decode(kind, data), None, "type {kind}, {data:?}");
        }
    }
}
