//! Addresses of IPv4 and IPv6 one behind the other, each as long as its family says, as SCTP takes and gives them.

use std::net::SocketAddr;

use crate::address::Address;
use crate::bytes::{u16_at, u32_at};
use crate::sys::constants as c;
use crate::sys::layout::{FAMILY_SIZE, inet, inet6};
use crate::sys::{self, alloc};

/// Where `struct sctp_getaddrs` says how many addresses there are; before it stands the association.
const COUNT: usize = 4;

/// Where its addresses begin.
const COUNTED: usize = 8;

pub(super) fn encode(addresses: &[SocketAddr]) -> sys::Result<Vec<u8>> {
    let mut bytes = alloc::with_room(addresses.len().saturating_mul(inet6::SIZE))?;
    for address in addresses {
        bytes.extend_from_slice(Address::from(*address).encode().as_bytes());
    }
    Ok(bytes)
}

/// `None` where one is of another family, or is cut off.
pub(super) fn decode(bytes: &[u8]) -> sys::Result<Option<Vec<SocketAddr>>> {
    let mut rest = bytes;
    alloc::collect_all(std::iter::from_fn(|| (!rest.is_empty()).then(|| next(&mut rest))))
}

/// As many as a `struct sctp_getaddrs` counts, whatever stands behind them; `None` where the bytes hold fewer.
pub(super) fn decode_counted(bytes: &[u8]) -> sys::Result<Option<Vec<SocketAddr>>> {
    let (Some(mut left), Some(mut rest)) = (u32_at(bytes, COUNT), bytes.get(COUNTED..)) else {
        return Ok(None);
    };
    // Not of a range, which would promise as many as the bytes say that there are.
    alloc::collect_all(std::iter::from_fn(|| {
        left = left.checked_sub(1)?;
        Some(next(&mut rest))
    }))
}

/// The address that opens the bytes, which are then those behind it.
fn next(bytes: &mut &[u8]) -> Option<SocketAddr> {
    let (address, size) = first(bytes)?;
    *bytes = &bytes[size..];
    Some(address)
}

/// As text, with commas between them.
pub(super) fn parse(text: &str) -> sys::Result<Option<Vec<SocketAddr>>> {
    alloc::collect_all(text.split(',').map(|address| address.parse().ok()))
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
        let addresses = parse(text).unwrap().unwrap();
        let mut want = vec![0; 44];
        want[..2].copy_from_slice(&2_u16.to_ne_bytes());
        want[2..8].copy_from_slice(&[0, 80, 192, 0, 2, 1]);
        want[16..18].copy_from_slice(&10_u16.to_ne_bytes());
        (want[19], want[39]) = (81, 1);
        assert_eq!(encode(&addresses).unwrap(), want);
        assert_eq!(decode(&want), Ok(Some(addresses)));
    }

    #[test]
    fn as_many_are_read_as_are_counted() {
        let addresses = parse("192.0.2.1:80,[::1]:81").unwrap().unwrap();
        for (count, behind) in [(0, 0), (1, 0), (2, 0), (2, 30)] {
            let header = [0_u32.to_ne_bytes(), u32::try_from(count).unwrap().to_ne_bytes()].concat();
            let bytes = [header, encode(&addresses).unwrap(), vec![0; behind]].concat();
            assert_eq!(
                decode_counted(&bytes).unwrap().as_deref(),
                Some(&addresses[..count]),
                "{count} and {behind}"
            );
        }
        let more = [0_u32.to_ne_bytes(), u32::MAX.to_ne_bytes()].concat();
        assert_eq!(decode_counted(&[more, encode(&addresses).unwrap()].concat()), Ok(None));
        assert_eq!(decode_counted(&[0; 7]), Ok(None));
    }

    #[test]
    fn other_families_and_pieces_are_refused() {
        let whole = encode(&parse("192.0.2.1:80").unwrap().unwrap()).unwrap();
        for length in 1..whole.len() {
            assert_eq!(decode(&whole[..length]), Ok(None), "length {length}");
        }
        assert_eq!(decode(&[9; 16]), Ok(None));
        assert_eq!(decode(&[]), Ok(Some(Vec::new())));
        assert_eq!(parse(""), Ok(None));
    }
}
