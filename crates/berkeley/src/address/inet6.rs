//! `AF_INET6`: `struct sockaddr_in6` (ipv6(7)), with the flow and the scope.

use std::net::{Ipv6Addr, SocketAddrV6};

use super::EncodedAddress;
use crate::bytes::{field, u32_at};
use crate::kinds::Family;
use crate::sys::layout::inet6;

pub(super) fn encode(address: &SocketAddrV6) -> EncodedAddress {
    let mut encoded = EncodedAddress::new(Family::INET6, inet6::SIZE);
    encoded.put(inet6::PORT, &address.port().to_be_bytes());
    // std hands both fields to the kernel as they are: the flow in the order of the wire, the scope in native order.
    encoded.put(inet6::FLOW, &address.flowinfo().to_ne_bytes());
    encoded.put(inet6::ADDRESS, &address.ip().octets());
    encoded.put(inet6::SCOPE, &address.scope_id().to_ne_bytes());
    encoded
}

/// `None` where the bytes end before the fields do. The scope may be missing (RFC 2133 had none), and is then 0.
pub(super) fn decode(bytes: &[u8]) -> Option<SocketAddrV6> {
    let port = u16::from_be_bytes(field(bytes, inet6::PORT)?);
    let flow = u32_at(bytes, inet6::FLOW)?;
    let ip = Ipv6Addr::from(field::<16>(bytes, inet6::ADDRESS)?);
    let scope = field(bytes, inet6::SCOPE).map_or(0, u32::from_ne_bytes);
    Some(SocketAddrV6::new(ip, port, flow, scope))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_go_both_ways() {
        let mut golden = [0; 28];
        golden[..8].copy_from_slice(&[10, 0, 0x1f, 0x90, 0, 0, 0, 7]); // family, port 8080, flow 7 in network order
        golden[8..24].copy_from_slice(&[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        golden[24..].copy_from_slice(&[2, 0, 0, 0]); // scope 2 in native order
        let address = Address::decode(&golden);
        let want = SocketAddrV6::new(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), 8080, 7_u32.to_be(), 2);
        assert_eq!(address, Address::Inet6(want));
        assert_eq!(address.encode().as_bytes(), golden);
        assert_eq!(address.to_string(), "[fe80::1%2]:8080");
    }
}
