//! What must hold for any bytes given to the decoder of addresses, and any text given to their parser. The fuzz target,
//! the replay of its corpus and the property tests share it.

use std::net::SocketAddr;

use berkeley::address::PppoxAddress;
use berkeley::{Address, Family};

/// Reads the bytes as an address and, where they are UTF-8, as an address's text: what was read must encode, show
/// itself safely, and read back as the same address from both. Gives the address that the bytes are.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Address {
    let address = Address::decode(bytes);
    let encoded = address.encode();
    assert!(encoded.as_bytes().len() <= 128, "{address:?}");
    assert_eq!(Address::decode(encoded.as_bytes()), address);
    if let Address::Other(other) = address {
        assert_eq!(encoded.as_bytes(), &bytes[..bytes.len().min(128)]);
        assert_eq!(other.data(), encoded.as_bytes().get(2..).unwrap_or_default());
    }
    let family = bytes
        .first_chunk()
        .map_or(Family::UNSPECIFIED, |family| Family::from_raw(u16::from_ne_bytes(*family).into()));
    assert_eq!(address.family(), family);
    shows_itself(address);
    if let Ok(text) = std::str::from_utf8(bytes) {
        reads(text);
    }
    address
}

fn reads(text: &str) {
    match text.parse::<Address>() {
        Ok(address) => shows_itself(address),
        Err(error) => {
            let printed = error.to_string();
            assert!(printed.starts_with("address: ") && printed.len() < 1_000, "{printed:?}");
            assert!(!printed.contains(char::is_control), "{printed:?}");
        }
    }
}

fn shows_itself(address: Address) {
    let shown = address.to_string();
    for shown in [&shown, &format!("{address:?}")] {
        assert!(!shown.is_empty() && !shown.contains(char::is_control), "{shown:?}");
    }
    let again = shown.parse::<Address>();
    // std does not print an IPv6 flow: what differs must still look the same.
    match again {
        Ok(again) if has_flow(&address) => assert_eq!(again.to_string(), shown),
        again => assert_eq!(again.ok(), Some(address), "{shown}"),
    }
}

/// Whether a flow label is in it, the L2TP peer's included.
fn has_flow(address: &Address) -> bool {
    let peer = match address {
        Address::Inet6(address) => return address.flowinfo() != 0,
        Address::Pppox(PppoxAddress::L2tp(tunnel)) => tunnel.peer,
        _ => return false,
    };
    matches!(peer, SocketAddr::V6(peer) if peer.flowinfo() != 0)
}
