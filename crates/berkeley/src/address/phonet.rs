//! `AF_PHONET`: `struct sockaddr_pn` of `linux/phonet.h`.

use std::fmt;

use super::text::{Fields, write_optional};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::field;
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::phonet;

/// An object of a device of a phone's modem: `phonet:DEVICE:OBJECT[:RESOURCE]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_pn")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_pn, whose size is fixed")]
pub struct PhonetAddress {
    /// The device; its lowest two bits belong to the object.
    #[doc(alias = "spn_dev")]
    pub device: u8,
    /// The object.
    #[doc(alias = "spn_obj")]
    pub object: u8,
    /// The resource: which service.
    #[doc(alias = "spn_resource")]
    pub resource: u8,
}

impl Layout for PhonetAddress {
    const FAMILY: Family = Family::PHONET;
    const TAG: &'static str = "phonet";

    fn decode(bytes: &[u8]) -> Option<Self> {
        exactly(bytes, phonet::SIZE)?;
        let [object] = field(bytes, phonet::OBJECT)?;
        let [device] = field(bytes, phonet::DEVICE)?;
        let [resource] = field(bytes, phonet::RESOURCE)?;
        Some(Self { device, object, resource })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, phonet::SIZE);
        encoded.put(phonet::OBJECT, &[self.object]);
        encoded.put(phonet::DEVICE, &[self.device]);
        encoded.put(phonet::RESOURCE, &[self.resource]);
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            device: fields.number("device")?,
            object: fields.number("object")?,
            resource: fields.number_or_zero("resource")?,
        })
    }
}

impl fmt::Display for PhonetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "phonet:{}:{}", self.device, self.object)?;
        write_optional(f, &[self.resource.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let golden = [35, 0, 0x12, 0x6c, 0xd9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let address = PhonetAddress { device: 0x6c, object: 0x12, resource: 0xd9 };
        check(&golden, 16, address, "phonet:108:18:217");
    }
}
