//! `AF_INET`: `struct sockaddr_in` (ip(7)).

use std::net::{Ipv4Addr, SocketAddrV4};

use super::EncodedAddress;
use crate::bytes::field;
use crate::kinds::Family;
use crate::sys::layout::inet;

pub(super) fn encode(address: SocketAddrV4) -> EncodedAddress {
    let mut encoded = EncodedAddress::new(Family::INET, inet::SIZE);
    encoded.put(inet::PORT, &address.port().to_be_bytes());
    encoded.put(inet::ADDRESS, &address.ip().octets());
    encoded
}

/// `None` where the bytes end before the fields do.
#[inline]
pub(super) fn decode(bytes: &[u8]) -> Option<SocketAddrV4> {
    // The padding behind the address says nothing, and some kernels leave it out of the length.
    let port = u16::from_be_bytes(field(bytes, inet::PORT)?);
    let ip = Ipv4Addr::from(field::<4>(bytes, inet::ADDRESS)?);
    Some(SocketAddrV4::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    /// `127.0.0.1:80` as Linux lays it out on a little-endian machine.
    #[cfg(target_endian = "little")]
    const GOLDEN: [u8; 16] = [2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_go_both_ways() {
        let address = Address::decode(&GOLDEN);
        assert_eq!(address, Address::from((Ipv4Addr::LOCALHOST, 80)));
        assert_eq!(address.encode().as_bytes(), GOLDEN);
    }

    #[test]
    fn every_truncation_survives() {
        let whole = Address::from((Ipv4Addr::LOCALHOST, 80)).encode();
        for length in 0..whole.as_bytes().len() {
            let address = Address::decode(&whole.as_bytes()[..length]);
            assert_eq!(matches!(address, Address::Inet(_)), length >= 8, "length {length}");
        }
    }
}
