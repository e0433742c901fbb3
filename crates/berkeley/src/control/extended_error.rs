//! What the error queue says of a failed datagram, or of one that went out: `struct sock_extended_err` (ip(7)).

use std::fmt;
use std::net::SocketAddr;

use crate::address::Address;
use crate::bytes::{i32_at, u32_at};
use crate::kinds::named_integer;
use crate::sys::constants as c;
use crate::sys::layout::extended_error as layout;

named_integer! {
    /// Who reports an entry of the error queue (`SO_EE_ORIGIN_*`, ip(7)).
    ErrorOrigin;
    /// Nobody.
    NONE = SO_EE_ORIGIN_NONE, "SO_EE_ORIGIN_NONE";
    /// This host.
    LOCAL = SO_EE_ORIGIN_LOCAL, "SO_EE_ORIGIN_LOCAL";
    /// A router or a host, by ICMP.
    ICMP = SO_EE_ORIGIN_ICMP, "SO_EE_ORIGIN_ICMP";
    /// A router or a host, by `ICMPv6`.
    ICMP6 = SO_EE_ORIGIN_ICMP6, "SO_EE_ORIGIN_ICMP6";
    /// This host, of when a packet went out: [`Timestamping`](super::socket::Timestamping) stands beside it.
    TIMESTAMPING = SO_EE_ORIGIN_TIMESTAMPING, "SO_EE_ORIGIN_TIMESTAMPING";
    /// This host, of buffers that it no longer needs (`MSG_ZEROCOPY`).
    ZEROCOPY = SO_EE_ORIGIN_ZEROCOPY, "SO_EE_ORIGIN_ZEROCOPY";
    /// This host, of a packet that missed its time to go out (`SO_TXTIME`).
    TXTIME = SO_EE_ORIGIN_TXTIME, "SO_EE_ORIGIN_TXTIME";
}

/// One entry of the error queue (`IP_RECVERR`, `IPV6_RECVERR`), read with [`Flags::ERRQUEUE`](crate::Flags::ERRQUEUE).
///
/// The address that is received beside it is the one that the datagram was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "sock_extended_err")]
pub struct ExtendedError {
    /// The errno that it stands for, such as `ECONNREFUSED`; 0 or `ENOMSG` where nothing failed.
    pub errno: i32,
    /// Who reports it.
    pub origin: ErrorOrigin,
    /// The ICMP type, where ICMP reports it.
    pub kind: u8,
    /// The ICMP code, where ICMP reports it; 1 where buffers were copied after all (`MSG_ZEROCOPY`).
    pub code: u8,
    /// What more there is to say: see [`mtu`](Self::mtu) and [`sends`](Self::sends).
    pub info: u32,
    /// Still more, such as the number of the packet that was timestamped.
    pub data: u32,
    /// The router or host that found the error, with port 0; `None` where it was this one.
    #[doc(alias = "SO_EE_OFFENDER")]
    pub offender: Option<SocketAddr>,
}

impl ExtendedError {
    /// The MTU that the datagram was too large for (`EMSGSIZE`), in bytes.
    pub const fn mtu(&self) -> Option<u32> {
        const EMSGSIZE: i32 = c::EMSGSIZE;
        match self.errno {
            EMSGSIZE => Some(self.info),
            _ => None,
        }
    }

    /// Whether the bytes received beside it are those of the datagram that failed, its payload from the front.
    ///
    /// So it is with ICMP's reports, as far as ICMP quoted it. What this host reports comes without the payload, or
    /// with whole packets where timestamps were asked for.
    pub fn quotes_datagram(&self) -> bool {
        self.origin == ErrorOrigin::ICMP || self.origin == ErrorOrigin::ICMP6
    }

    /// The sends whose buffers are free again (`MSG_ZEROCOPY`): the first and the last, counted from 0 on each socket.
    pub fn sends(&self) -> Option<(u32, u32)> {
        (self.origin == ErrorOrigin::ZEROCOPY).then_some((self.info, self.data))
    }

    /// `None` where the bytes end before the fields do.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let number = |offset| u32_at(bytes, offset);
        let octet = |offset| bytes.get(offset).copied();
        Some(Self {
            errno: i32_at(bytes, layout::ERRNO)?,
            origin: ErrorOrigin::from_raw(octet(layout::ORIGIN)?.into()),
            kind: octet(layout::TYPE)?,
            code: octet(layout::CODE)?,
            info: number(layout::INFO)?,
            data: number(layout::DATA)?,
            offender: offender(bytes.get(layout::OFFENDER..)?),
        })
    }
}

/// As small as an IP address is: every control message has room for it.
fn offender(bytes: &[u8]) -> Option<SocketAddr> {
    match Address::decode(bytes) {
        Address::Inet(address) => Some(address.into()),
        Address::Inet6(address) => Some(address.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    /// `ECONNREFUSED` by ICMP type 3, code 3, from 127.0.0.1, as Linux lays it out on a little-endian machine.
    const REFUSED: [u8; 32] = [
        111, 0, 0, 0, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, // the error
        2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, // the offender
    ];

    #[test]
    #[cfg(target_endian = "little")]
    fn a_refusal_names_the_host_that_refused() {
        let error = ExtendedError::decode(&REFUSED).unwrap();
        assert_eq!((error.errno, error.origin, error.kind, error.code), (111, ErrorOrigin::ICMP, 3, 3));
        assert_eq!(error.offender, Some((Ipv4Addr::LOCALHOST, 0).into()));
        assert!(error.quotes_datagram());
        assert_eq!((error.mtu(), error.sends()), (None, None));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_local_error_has_no_offender_and_may_say_the_mtu() {
        let mut bytes = [0; 32];
        bytes[..6].copy_from_slice(&[90, 0, 0, 0, 1, 0]);
        bytes[8..10].copy_from_slice(&[0xdc, 5]);
        let error = ExtendedError::decode(&bytes).unwrap();
        assert_eq!((error.mtu(), error.offender, error.quotes_datagram()), (Some(1500), None, false));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn freed_buffers_are_counted() {
        let mut bytes = [0; 16];
        (bytes[4], bytes[6], bytes[8], bytes[12]) = (5, 1, 7, 9);
        let error = ExtendedError::decode(&bytes).unwrap();
        assert_eq!((error.sends(), error.code, error.errno), (Some((7, 9)), 1, 0));
    }

    #[test]
    fn what_is_too_short_is_none() {
        for length in 0..REFUSED.len() {
            let decoded = ExtendedError::decode(&REFUSED[..length]);
            assert_eq!(decoded.is_some(), length >= 16, "length {length}");
        }
    }
}
