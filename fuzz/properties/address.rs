//! What must hold for any bytes given to the decoder of addresses. The fuzz target and the replay of its corpus share
//! it.

use berkeley::{Address, Family};

/// Decodes the bytes: what was read once must read the same again, what is unknown must stay as it was, and neither may
/// drive a terminal. Gives the address.
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
    for shown in [address.to_string(), format!("{address:?}")] {
        assert!(!shown.is_empty() && !shown.contains(char::is_control), "{shown:?}");
    }
    address
}
