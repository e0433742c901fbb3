//! Any family without a file of its own: the family and the bytes behind it, kept as they are.

use std::fmt;
use std::hash::{Hash, Hasher};

use super::text::{Fields, Hex, unhex, wrong};
use super::{Address, EncodedAddress, family_of};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::layout::{ADDRESS_MAX, FAMILY_SIZE};

/// The address of a family that this library has no type for: `struct sockaddr`, its bytes as they came.
#[derive(Clone, Copy)]
pub struct OtherAddress {
    bytes: [u8; ADDRESS_MAX],
    length: u8,
}

impl OtherAddress {
    /// What a socket without a name gives: no bytes, not even a family.
    pub(super) const EMPTY: Self = Self { bytes: [0; ADDRESS_MAX], length: 0 };
    /// The word before the colon in text.
    pub(super) const TAG: &'static str = "family";
    /// The text of an address without bytes.
    pub(super) const NO_NAME: &'static str = "(none)";

    /// The address of `family` with `data` behind the family's two bytes.
    ///
    /// # Errors
    ///
    /// Fails where `data` is longer than the 126 bytes that the kernel takes, or the family does not fit in 16 bits;
    /// and where the two make an address that has a type of its own, which [`Address::decode`] gives.
    pub fn new(family: Family, data: &[u8]) -> Result<Self> {
        let invalid = |why: String| Error::invalid(Operation::ParseAddress, why);
        let number = u16::try_from(family.as_raw())
            .map_err(|_| invalid(format!("family {} does not fit in 16 bits", family.as_raw())))?;
        let length = FAMILY_SIZE + data.len();
        if length > ADDRESS_MAX {
            let most = ADDRESS_MAX - FAMILY_SIZE;
            return Err(invalid(format!(
                "address data is {} bytes long, and the kernel takes {most}",
                data.len()
            )));
        }
        let mut bytes = [0; ADDRESS_MAX];
        bytes[..FAMILY_SIZE].copy_from_slice(&number.to_ne_bytes());
        bytes[FAMILY_SIZE..length].copy_from_slice(data);
        match Address::decode(&bytes[..length]) {
            Address::Other(other) => Ok(other),
            known => Err(invalid(format!("{known} is of {family:?}, which has a type of its own: use that"))),
        }
    }

    /// Reads what stands behind the tag.
    pub(super) fn parse_tail(tail: &str) -> Result<Self> {
        const WANTED: &str = "pairs of digits";
        let (number, digits) = tail.split_once(':').unwrap_or((tail, ""));
        let data = unhex(digits)?.ok_or_else(|| wrong("family data", WANTED, digits))?;
        if number.is_empty() {
            return if data.len() == 1 {
                Ok(Self::decode(&data))
            } else {
                Err(wrong("family number", "one", tail))
            };
        }
        let family: u16 = Fields::new(Self::TAG, number).number("number")?;
        Self::new(Family::from_raw(family.into()), &data)
    }

    /// Keeps at most 128 bytes, which is all that the kernel ever gives.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(ADDRESS_MAX)];
        let mut address =
            Self { bytes: [0; ADDRESS_MAX], length: u8::try_from(kept.len()).unwrap_or(u8::MAX) };
        address.bytes[..kept.len()].copy_from_slice(kept);
        address
    }

    pub(super) fn encode(&self) -> EncodedAddress {
        EncodedAddress { bytes: self.bytes, length: self.length.into() }
    }

    /// The family; [`Family::UNSPECIFIED`] where there are fewer than two bytes.
    pub fn family(&self) -> Family {
        family_of(self.as_bytes())
    }

    /// What follows the family's two bytes.
    pub fn data(&self) -> &[u8] {
        self.as_bytes().get(FAMILY_SIZE..).unwrap_or_default()
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl PartialEq for OtherAddress {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for OtherAddress {}

impl Hash for OtherAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

/// Prints `family:NUMBER:HEX`; `(none)` where there is not a byte, `family::HEX` where there is one alone.
impl fmt::Display for OtherAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            [] => f.write_str(Self::NO_NAME),
            [byte] => write!(f, "{}::{byte:02x}", Self::TAG),
            _ => write!(f, "{}:{}:{}", Self::TAG, self.family().as_raw(), Hex(self.data())),
        }
    }
}

impl fmt::Debug for OtherAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_families_and_short_bytes_survive_the_round_trip() {
        let of = |family: u16, rest: &[u8]| [&family.to_ne_bytes()[..], rest].concat();
        let rows = [
            (vec![], "(none)"),
            (vec![40], "family::28"),
            (of(40, &[]), "family:40:"),
            (of(40, &[1, 2, 3]), "family:40:010203"),
            (of(2, &[0]), "family:2:00"),
            (of(256, &[0xff]), "family:256:ff"),
        ];
        for (bytes, text) in rows {
            let address = Address::decode(&bytes);
            assert_eq!(address.encode().as_bytes(), bytes);
            assert_eq!(address.to_string(), text);
            assert_eq!(text.parse::<Address>().unwrap(), address);
        }
        for text in [
            "family:",
            "family::",
            "family::2801",
            "family:40:0",
            "family:40:0g",
            "family:40:01:02",
            "family:-1:",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn data_that_the_kernel_cannot_take_is_refused() {
        let vsock = Family::from_raw(40);
        assert_eq!(OtherAddress::new(vsock, &[7; 126]).unwrap().data(), [7; 126]);
        assert!(OtherAddress::new(vsock, &[7; 127]).unwrap_err().to_string().contains("127 bytes"));
        assert!(OtherAddress::new(Family::from_raw(-1), &[]).is_err());
    }

    #[test]
    fn an_address_with_a_type_of_its_own_is_refused_and_a_broken_one_is_kept() {
        for (family, data) in [(Family::INET, &[0; 14][..]), (Family::INET6, &[0; 26]), (Family::UNIX, b"/x")]
        {
            let error = OtherAddress::new(family, data).unwrap_err().to_string();
            assert!(error.contains("a type of its own"), "{error}");
        }
        assert_eq!(OtherAddress::new(Family::INET, &[1]).unwrap().data(), [1]);
    }
}
