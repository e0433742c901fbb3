//! `AF_PPPOX`: `struct sockaddr_pppox` and `struct sockaddr_pppol2tp*` of `linux/if_pppox.h`.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};

use super::text::{Escaped, Fields, Octets, unescape};
use super::{EncodedAddress, Layout, exactly, inet, inet6};
use crate::bytes::{field, i32_at, u16_at, u32_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol};
use crate::sys::layout::{self, pppox};

/// A session of the point-to-point protocol over something else; the address holds its protocol.
///
/// | text | for |
/// |---|---|
/// | `pppox:pppoe:SESSION:AA:BB:CC:DD:EE:FF:DEVICE` | PPP over Ethernet |
/// | `pppox:pptp:CALL:IP` | PPTP |
/// | `pppox:l2tp:PID:FD:STUNNEL:SSESSION:DTUNNEL:DSESSION:IP:PORT` | L2TP version 2 |
/// | `pppox:l2tpv3:...` | L2TP version 3, the same fields |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[doc(alias = "sockaddr_pppox")]
pub enum PppoxAddress {
    /// PPP over Ethernet (RFC 2516).
    #[doc(alias = "pppoe_addr")]
    Pppoe {
        /// The session's number; 0 ends the session.
        session: u16,
        /// The other end.
        remote: [u8; 6],
        /// The interface.
        device: PppoeDevice,
    },
    /// PPTP (RFC 2637).
    #[doc(alias = "pptp_addr")]
    Pptp {
        /// The call's number; 0 to have one chosen.
        call: u16,
        /// The other end.
        address: Ipv4Addr,
    },
    /// L2TP (RFC 2661, RFC 3931).
    #[doc(alias = "sockaddr_pppol2tp")]
    L2tp(L2tpAddress),
}

/// A session within an L2TP tunnel, which a UDP or IP socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "pppol2tp_addr")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_pppol2tp, whose size is fixed")]
pub struct L2tpAddress {
    /// The process that owns the descriptor; 0 is this one.
    pub pid: i32,
    /// The number of the tunnel's descriptor; negative where there is none.
    ///
    /// It says what an address holds: [`connect`](crate::Socket::connect) refuses one that has it, for a number may be
    /// anybody's descriptor, and [`connect_through`](crate::Socket::connect_through) takes the descriptor borrowed.
    pub fd: i32,
    /// The other end of the tunnel.
    pub peer: SocketAddr,
    /// The tunnel and the session, at both ends.
    pub ids: L2tpIds,
}

/// The numbers of a tunnel and a session, whose width is the protocol's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum L2tpIds {
    /// Version 2: 16 bits.
    V2(TunnelIds<u16>),
    /// Version 3: 32 bits.
    V3(TunnelIds<u32>),
}

/// The numbers of a tunnel and a session at both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct pppol2tp_addr, whose size is fixed")]
pub struct TunnelIds<T> {
    /// The tunnel, here (`s_tunnel`).
    pub source_tunnel: T,
    /// The session, here (`s_session`).
    pub source_session: T,
    /// The tunnel, there (`d_tunnel`).
    pub destination_tunnel: T,
    /// The session, there (`d_session`).
    pub destination_session: T,
}

/// The name of an interface, of up to 15 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PppoeDevice {
    /// The name, and zeros behind it.
    name: [u8; pppox::DEVICE_SIZE],
}

impl PppoeDevice {
    /// The interface `name`.
    ///
    /// # Errors
    ///
    /// Fails where it is longer than 15 bytes, or holds a NUL.
    pub fn new(name: &str) -> Result<Self> {
        Self::of(name.as_bytes())
    }

    fn of(name: &[u8]) -> Result<Self> {
        Self::hold(name).ok_or_else(|| {
            let (most, length) = (pppox::DEVICE_SIZE - 1, name.len());
            let why = format!("pppoe device: wanted {most} bytes at most without a NUL, got {length}");
            Error::invalid(Operation::ParseAddress, why)
        })
    }

    fn hold(name: &[u8]) -> Option<Self> {
        let mut held = [0; pppox::DEVICE_SIZE];
        held[..pppox::DEVICE_SIZE - 1].get_mut(..name.len())?.copy_from_slice(name);
        (!name.contains(&0)).then_some(Self { name: held })
    }

    /// The name.
    pub fn name(&self) -> &[u8] {
        let end = self.name.iter().position(|byte| *byte == 0).unwrap_or(self.name.len());
        &self.name[..end]
    }
}

impl fmt::Debug for PppoeDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PppoeDevice({})", Escaped(self.name()))
    }
}

fn decode_pppoe(bytes: &[u8]) -> Option<PppoxAddress> {
    exactly(bytes, pppox::SIZE)?;
    let name = field::<{ pppox::DEVICE_SIZE }>(bytes, pppox::DEVICE)?;
    let end = name.iter().position(|byte| *byte == 0)?;
    Some(PppoxAddress::Pppoe {
        session: u16::from_be_bytes(field(bytes, pppox::SESSION)?),
        remote: field(bytes, pppox::REMOTE)?,
        device: PppoeDevice::hold(&name[..end])?,
    })
}

fn decode_pptp(bytes: &[u8]) -> Option<PppoxAddress> {
    exactly(bytes, pppox::SIZE)?;
    let address = Ipv4Addr::from(field::<4>(bytes, pppox::PPTP_ADDRESS)?);
    Some(PppoxAddress::Pptp { call: u16_at(bytes, pppox::CALL)?, address })
}

/// The four structures of L2TP are told by their lengths, as the kernel does.
fn decode_l2tp(bytes: &[u8]) -> Option<PppoxAddress> {
    let rest = bytes.get(pppox::REST..)?;
    let (peer, ids) = match bytes.len() {
        pppox::V2_SIZE => (peer_v4(rest)?, L2tpIds::V2(ids(rest.get(layout::inet::SIZE..)?, u16_at)?)),
        pppox::V3_SIZE => (peer_v4(rest)?, L2tpIds::V3(ids(rest.get(layout::inet::SIZE..)?, u32_at)?)),
        pppox::V2_IN6_SIZE => (peer_v6(rest.get(8..)?)?, L2tpIds::V2(ids(rest, u16_at)?)),
        pppox::V3_IN6_SIZE => (peer_v6(rest.get(16..)?)?, L2tpIds::V3(ids(rest, u32_at)?)),
        _ => return None,
    };
    let number = |offset| i32_at(bytes, offset);
    let (pid, fd) = (number(pppox::PID)?, number(pppox::FD)?);
    Some(PppoxAddress::L2tp(L2tpAddress { pid, fd, peer, ids }))
}

fn peer_v4(bytes: &[u8]) -> Option<SocketAddr> {
    (super::family_of(bytes) == Family::INET).then(|| inet::decode(bytes)).flatten().map(SocketAddr::V4)
}

fn peer_v6(bytes: &[u8]) -> Option<SocketAddr> {
    (super::family_of(bytes) == Family::INET6).then(|| inet6::decode(bytes)).flatten().map(SocketAddr::V6)
}

fn ids<T>(bytes: &[u8], at: impl Fn(&[u8], usize) -> Option<T>) -> Option<TunnelIds<T>> {
    let width = size_of::<T>();
    Some(TunnelIds {
        source_tunnel: at(bytes, 0)?,
        source_session: at(bytes, width)?,
        destination_tunnel: at(bytes, 2 * width)?,
        destination_session: at(bytes, 3 * width)?,
    })
}

impl L2tpAddress {
    fn encode(&self) -> EncodedAddress {
        let ids = match self.ids {
            L2tpIds::V2(ids) => ids.in_order().map(u16::to_ne_bytes).concat(),
            L2tpIds::V3(ids) => ids.in_order().map(u32::to_ne_bytes).concat(),
        };
        let peer = match self.peer {
            SocketAddr::V4(peer) => inet::encode(peer),
            SocketAddr::V6(peer) => inet6::encode(&peer),
        };
        let parts = if self.peer.is_ipv4() { [peer.as_bytes(), &ids] } else { [&ids, peer.as_bytes()] };
        let mut encoded = new(Protocol::PX_PROTO_OL2TP, pppox::REST + parts[0].len() + parts[1].len());
        encoded.put(pppox::PID, &self.pid.to_ne_bytes());
        encoded.put(pppox::FD, &self.fd.to_ne_bytes());
        encoded.put(pppox::REST, parts[0]);
        encoded.put(pppox::REST + parts[0].len(), parts[1]);
        encoded
    }

    fn parse(fields: &mut Fields<'_>, ids: impl FnOnce(&mut Fields<'_>) -> Result<L2tpIds>) -> Result<Self> {
        let (pid, fd, ids) = (fields.number("pid")?, fields.number("fd")?, ids(fields)?);
        let peer = fields.rest().unwrap_or_default();
        let peer = peer.parse().map_err(|_| fields.wrong("peer", "IP:PORT", peer))?;
        Ok(Self { pid, fd, peer, ids })
    }
}

impl<T: Copy> TunnelIds<T> {
    const fn in_order(&self) -> [T; 4] {
        [self.source_tunnel, self.source_session, self.destination_tunnel, self.destination_session]
    }
}

impl<T: TryFrom<i128>> TunnelIds<T> {
    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            source_tunnel: fields.number("source tunnel")?,
            source_session: fields.number("source session")?,
            destination_tunnel: fields.number("destination tunnel")?,
            destination_session: fields.number("destination session")?,
        })
    }
}

fn new(protocol: Protocol, size: usize) -> EncodedAddress {
    let mut encoded = EncodedAddress::new(Family::PPPOX, size);
    encoded.put(pppox::PROTOCOL, &protocol.as_raw().to_ne_bytes());
    encoded
}

impl Layout for PppoxAddress {
    const FAMILY: Family = Family::PPPOX;
    const TAG: &'static str = "pppox";

    fn decode(bytes: &[u8]) -> Option<Self> {
        let protocol = i32_at(bytes, pppox::PROTOCOL)?;
        match Protocol::from_raw(protocol) {
            Protocol::PX_PROTO_OE => decode_pppoe(bytes),
            Protocol::PX_PROTO_PPTP => decode_pptp(bytes),
            Protocol::PX_PROTO_OL2TP => decode_l2tp(bytes),
            _ => None,
        }
    }

    fn encode(&self) -> EncodedAddress {
        match self {
            Self::Pppoe { session, remote, device } => {
                let mut encoded = new(Protocol::PX_PROTO_OE, pppox::SIZE);
                encoded.put(pppox::SESSION, &session.to_be_bytes());
                encoded.put(pppox::REMOTE, remote);
                encoded.put(pppox::DEVICE, &device.name);
                encoded
            }
            Self::Pptp { call, address } => {
                let mut encoded = new(Protocol::PX_PROTO_PPTP, pppox::SIZE);
                encoded.put(pppox::CALL, &call.to_ne_bytes());
                encoded.put(pppox::PPTP_ADDRESS, &address.octets());
                encoded
            }
            Self::L2tp(address) => address.encode(),
        }
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        const WANTED: &str = "pppoe, pptp, l2tp or l2tpv3";
        match fields.word("protocol", WANTED)? {
            "pppoe" => Ok(Self::Pppoe {
                session: fields.number("session")?,
                remote: fields.octets("remote")?,
                device: PppoeDevice::of(&unescape(fields.rest().unwrap_or_default())?)?,
            }),
            "pptp" => {
                let call = fields.number("call")?;
                let word = fields.word("address", "an IPv4 address")?;
                let address = word.parse().map_err(|_| fields.wrong("address", "an IPv4 address", word))?;
                Ok(Self::Pptp { call, address })
            }
            "l2tp" => L2tpAddress::parse(fields, |f| TunnelIds::parse(f).map(L2tpIds::V2)).map(Self::L2tp),
            "l2tpv3" => L2tpAddress::parse(fields, |f| TunnelIds::parse(f).map(L2tpIds::V3)).map(Self::L2tp),
            word => Err(fields.wrong("protocol", WANTED, word)),
        }
    }
}

impl fmt::Display for PppoxAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pppoe { session, remote, device } => {
                write!(f, "pppox:pppoe:{session}:{}:{}", Octets(remote), Escaped(device.name()))
            }
            Self::Pptp { call, address } => write!(f, "pppox:pptp:{call}:{address}"),
            Self::L2tp(L2tpAddress { pid, fd, peer, ids }) => {
                let (name, ids) = match ids {
                    L2tpIds::V2(ids) => ("l2tp", ids.in_order().map(u32::from)),
                    L2tpIds::V3(ids) => ("l2tpv3", ids.in_order()),
                };
                write!(f, "pppox:{name}:{pid}:{fd}")?;
                ids.iter().try_for_each(|id| write!(f, ":{id}"))?;
                write!(f, ":{peer}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_of_pppoe_and_pptp_go_both_ways() {
        let mut golden = [0; 30];
        golden[..14].copy_from_slice(&[24, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0x1b, 0x21, 1, 2, 3]);
        golden[14..18].copy_from_slice(b"eth0");
        let device = PppoeDevice::new("eth0").unwrap();
        let pppoe = PppoxAddress::Pppoe { session: 0x1234, remote: [0, 0x1b, 0x21, 1, 2, 3], device };
        check(&golden, 30, pppoe, "pppox:pppoe:4660:00:1b:21:01:02:03:eth0");
        golden[14..].fill(b'e');
        assert!(matches!(Address::decode(&golden), Address::Other(_)), "a name without an end");

        let mut golden = [0; 30];
        golden[..14].copy_from_slice(&[24, 0, 2, 0, 0, 0, 7, 0, 0, 0, 192, 0, 2, 1]);
        let pptp = PppoxAddress::Pptp { call: 7, address: Ipv4Addr::new(192, 0, 2, 1) };
        check(&golden, 30, pptp, "pppox:pptp:7:192.0.2.1");
        golden[2] = 3;
        assert!(matches!(Address::decode(&golden), Address::Other(_)), "a protocol that is not known");
    }

    /// The opening that all four structures share: pid 1, descriptor 5.
    const OPENING: [u8; 14] = [24, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0];
    const PEER: [u8; 16] = [2, 0, 6, 0xa5, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    const PEER6: [u8; 28] =
        [10, 0, 6, 0xa5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    const NARROW: [u8; 8] = [1, 0, 2, 0, 3, 0, 4, 0];
    const WIDE: [u8; 16] = [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0];

    #[test]
    fn golden_bytes_of_the_four_structures_of_l2tp_go_both_ways() {
        let v2 = L2tpIds::V2(TunnelIds {
            source_tunnel: 1,
            source_session: 2,
            destination_tunnel: 3,
            destination_session: 4,
        });
        let v3 = L2tpIds::V3(TunnelIds {
            source_tunnel: 1,
            source_session: 2,
            destination_tunnel: 3,
            destination_session: 4,
        });
        let rows: [(&[&[u8]], _, &str, &str); 4] = [
            (&[&OPENING, &PEER, &NARROW], v2, "l2tp", "192.0.2.1:1701"),
            (&[&OPENING, &PEER, &WIDE], v3, "l2tpv3", "192.0.2.1:1701"),
            (&[&OPENING, &NARROW, &PEER6], v2, "l2tp", "[::1]:1701"),
            (&[&OPENING, &WIDE, &PEER6], v3, "l2tpv3", "[::1]:1701"),
        ];
        for (parts, ids, name, peer) in rows {
            let golden = parts.concat();
            let address = PppoxAddress::L2tp(L2tpAddress { pid: 1, fd: 5, peer: peer.parse().unwrap(), ids });
            check(&golden, golden.len(), address, &format!("pppox:{name}:1:5:1:2:3:4:{peer}"));
        }
        let strange = [&OPENING[..], &[0; 16], &NARROW].concat();
        assert!(matches!(Address::decode(&strange), Address::Other(_)), "a peer of no family");
    }
}
