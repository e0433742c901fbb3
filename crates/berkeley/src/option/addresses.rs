//! Addresses of IPv4 and IPv6 one behind the other, each as long as its family says, as SCTP takes and gives them.

use std::net::SocketAddr;

use crate::address::Address;
use crate::bytes::{u16_at, u32_at};
use crate::sys::constants as c;
use crate::sys::layout::{FAMILY_SIZE, inet, inet6};

/// Where `struct sctp_getaddrs` says how many addresses there are; before it stands the association.
const COUNT: usize = 4;

/// Where its addresses begin.
const COUNTED: usize = 8;

pub(super) fn encode(addresses: &[SocketAddr]) -> Vec<u8> {
    addresses.iter().flat_map(|address| Address::from(*address).encode().as_bytes().to_vec()).collect()
}

/// `None` where one is of another family, or is cut off.
pub(super) fn decode(mut bytes: &[u8]) -> Option<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    while !bytes.is_empty() {
        let (address, size) = first(bytes)?;
        addresses.push(address);
        bytes = &bytes[size..];
    }
    Some(addresses)
}

/// As many as a `struct sctp_getaddrs` counts, whatever stands behind them; `None` where the bytes hold fewer.
pub(super) fn decode_counted(bytes: &[u8]) -> Option<Vec<SocketAddr>> {
    let count = u32_at(bytes, COUNT)?;
    let mut rest = bytes.get(COUNTED..)?;
    let mut addresses = Vec::new();
    for _ in 0..count {
        let (address, size) = first(rest)?;
        addresses.push(address);
        rest = &rest[size..];
    }
    Some(addresses)
}

/// As text, with commas between them.
pub(super) fn parse(text: &str) -> Option<Vec<SocketAddr>> {
    text.split(',').map(|address| address.parse().ok()).collect()
}

/// The address that opens the bytes, and its size.
fn first(bytes: &[u8]) -> Option<(SocketAddr, usize)> {
    const { assert!(FAMILY_SIZE == 2) };
    let size = match u16_at(bytes, 0)?.into() {
        c::AF_INET => inet::SIZE,
        c::AF_INET6 => inet6::SIZE,
        _ => return None,
    };
    match Address::decode(bytes.get(..size)?) {
        Address::Inet(address) => Some((address.into(), size)),
        Address::Inet6(address) => Some((address.into(), size)),
        _ => None,
    }
}

/// The address of IPv4 or IPv6 that opens the bytes, whatever stands behind it.
pub(super) fn leading(bytes: &[u8]) -> Option<SocketAddr> {
    first(bytes).map(|(address, _)| address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_go_both_ways() {
        let text = "192.0.2.1:80,[::1]:81";
        let addresses = parse(text).unwrap();
        let mut want = vec![0; 44];
        want[..2].copy_from_slice(&2_u16.to_ne_bytes());
        want[2..8].copy_from_slice(&[0, 80, 192, 0, 2, 1]);
        want[16..18].copy_from_slice(&10_u16.to_ne_bytes());
        (want[19], want[39]) = (81, 1);
        assert_eq!(encode(&addresses), want);
        assert_eq!(decode(&want), Some(addresses));
    }

    #[test]
    fn as_many_are_read_as_are_counted() {
        let addresses = parse("192.0.2.1:80,[::1]:81").unwrap();
        for (count, behind) in [(0, 0), (1, 0), (2, 0), (2, 30)] {
            let header = [0_u32.to_ne_bytes(), u32::try_from(count).unwrap().to_ne_bytes()].concat();
            let bytes = [header, encode(&addresses), vec![0; behind]].concat();
            assert_eq!(decode_counted(&bytes).as_deref(), Some(&addresses[..count]), "{count} and {behind}");
        }
        let more = [0_u32.to_ne_bytes(), u32::MAX.to_ne_bytes()].concat();
        assert_eq!(decode_counted(&[more, encode(&addresses)].concat()), None);
        assert_eq!(decode_counted(&[0; 7]), None);
    }

    #[test]
    fn other_families_and_pieces_are_refused() {
        let whole = encode(&parse("192.0.2.1:80").unwrap());
        for length in 1..whole.len() {
            assert_eq!(decode(&whole[..length]), None, "length {length}");
        }
        assert_eq!(decode(&[9; 16]), None);
        assert_eq!(decode(&[]), Some(Vec::new()));
        assert_eq!(parse(""), None);
    }
}
