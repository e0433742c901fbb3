//! `AF_X25`: `struct sockaddr_x25` of `linux/x25.h` (x25(7)).

use std::fmt;

use super::text::{Fields, wrong};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::field;
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::x25;

/// An X.121 address, of up to 15 digits: `x25:2342190012345`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_x25")]
pub struct X25Address {
    /// ASCII digits, and zeros behind them.
    digits: [u8; x25::ADDRESS_SIZE],
}

impl X25Address {
    /// The address `digits`; none at all means every address.
    ///
    /// # Errors
    ///
    /// Fails where there are more than 15, or other letters.
    #[doc(alias = "sx25_addr")]
    pub fn new(digits: &str) -> Result<Self> {
        Self::hold(digits.as_bytes()).ok_or_else(|| wrong("x25 address", "15 digits at most", digits))
    }

    /// `None` where there are too many, or others than digits.
    fn hold(digits: &[u8]) -> Option<Self> {
        let mut held = [0; x25::ADDRESS_SIZE];
        held[..x25::ADDRESS_SIZE - 1].get_mut(..digits.len())?.copy_from_slice(digits);
        digits.iter().all(u8::is_ascii_digit).then_some(Self { digits: held })
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        // They are ASCII since the constructors say so.
        self.digits.utf8_chunks().next().map_or("", |chunk| chunk.valid()).trim_end_matches('\0')
    }
}

impl Layout for X25Address {
    const FAMILY: Family = Family::X25;
    const TAG: &'static str = "x25";

    fn decode(bytes: &[u8]) -> Option<Self> {
        exactly(bytes, x25::SIZE)?;
        let digits = field::<{ x25::ADDRESS_SIZE }>(bytes, x25::ADDRESS)?;
        let end = digits.iter().position(|digit| *digit == 0)?;
        Self::hold(&digits[..end])
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, x25::SIZE);
        encoded.put(x25::ADDRESS, &self.digits);
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        const WANTED: &str = "15 digits at most";
        let digits = fields.word("address", WANTED)?;
        Self::hold(digits.as_bytes()).ok_or_else(|| fields.wrong("address", WANTED, digits))
    }
}

impl fmt::Display for X25Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "x25:{}", self.digits())
    }
}

impl fmt::Debug for X25Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "X25Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let mut golden = [0; 18];
        golden[0] = 9;
        check(&golden, 18, X25Address::new("").unwrap(), "x25:");
        golden[2..6].copy_from_slice(b"2342");
        check(&golden, 18, X25Address::new("2342").unwrap(), "x25:2342");
        golden[2..17].copy_from_slice(b"012345678901234");
        check(&golden, 18, X25Address::new("012345678901234").unwrap(), "x25:012345678901234");
        golden[17] = b'5';
        assert!(matches!(Address::decode(&golden), Address::Other(_)), "no end");
        golden[2..4].copy_from_slice(b"a\0");
        assert!(matches!(Address::decode(&golden), Address::Other(_)), "no digit");
    }

    #[test]
    fn what_is_no_address_is_refused_in_words() {
        for digits in ["0123456789012345", "12a", "1\0"] {
            assert!(X25Address::new(digits).unwrap_err().to_string().contains("15 digits at most"));
        }
    }
}
