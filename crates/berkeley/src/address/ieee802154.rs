//! `AF_IEEE802154`: `struct sockaddr_ieee802154` of `net/af_ieee802154.h`.

use std::fmt;

use super::text::{Fields, Octets};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::{field, i32_at, u16_at};
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::constants as c;
use crate::sys::layout::ieee802154 as layout;

/// A device of a low-power radio network.
///
/// `ieee802154:0xPAN` for none, `ieee802154:0xPAN:0xSHORT`, or `ieee802154:0xPAN:AA:BB:CC:DD:EE:FF:00:11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_ieee802154")]
#[expect(
    clippy::exhaustive_structs,
    reason = "the fields of struct sockaddr_ieee802154, whose size is fixed"
)]
pub struct Ieee802154Address {
    /// The network (personal area network); 0xffff is every one.
    #[doc(alias = "pan_id")]
    pub pan: u16,
    /// The device in it.
    pub device: Ieee802154Device,
}

/// How a device of a low-power radio network is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ieee802154Device {
    /// Not at all.
    #[doc(alias = "IEEE802154_ADDR_NONE")]
    None,
    /// By the number that its network gave it; 0xffff is every device.
    #[doc(alias = "IEEE802154_ADDR_SHORT")]
    Short(u16),
    /// By its hardware's address, in the order that is printed.
    #[doc(alias = "IEEE802154_ADDR_LONG")]
    Long([u8; 8]),
}

impl Layout for Ieee802154Address {
    const FAMILY: Family = Family::IEEE802154;
    const TAG: &'static str = "ieee802154";

    fn decode(bytes: &[u8]) -> Option<Self> {
        exactly(bytes, layout::SIZE)?;
        let device = match i32_at(bytes, layout::KIND)? {
            c::IEEE802154_ADDR_NONE => Ieee802154Device::None,
            c::IEEE802154_ADDR_SHORT => Ieee802154Device::Short(u16_at(bytes, layout::DEVICE)?),
            c::IEEE802154_ADDR_LONG => Ieee802154Device::Long(field(bytes, layout::DEVICE)?),
            _ => return None,
        };
        Some(Self { pan: u16_at(bytes, layout::PAN)?, device })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, layout::SIZE);
        let kind = match &self.device {
            Ieee802154Device::None => c::IEEE802154_ADDR_NONE,
            Ieee802154Device::Short(number) => {
                encoded.put(layout::DEVICE, &number.to_ne_bytes());
                c::IEEE802154_ADDR_SHORT
            }
            Ieee802154Device::Long(octets) => {
                encoded.put(layout::DEVICE, octets);
                c::IEEE802154_ADDR_LONG
            }
        };
        encoded.put(layout::KIND, &kind.to_ne_bytes());
        encoded.put(layout::PAN, &self.pan.to_ne_bytes());
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        let pan = fields.number("pan")?;
        let device = match fields.left() {
            None => Ieee802154Device::None,
            Some(left) if left.contains(':') => Ieee802154Device::Long(fields.octets("device")?),
            Some(_) => Ieee802154Device::Short(fields.number("device")?),
        };
        Ok(Self { pan, device })
    }
}

impl fmt::Display for Ieee802154Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ieee802154:{:#06x}", self.pan)?;
        match &self.device {
            Ieee802154Device::None => Ok(()),
            Ieee802154Device::Short(number) => write!(f, ":{number:#06x}"),
            Ieee802154Device::Long(octets) => write!(f, ":{}", Octets(octets)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let mut golden = [0; 20];
        golden[0] = 36;
        golden[8..10].copy_from_slice(&[0xcd, 0xab]);
        let none = Ieee802154Address { pan: 0xabcd, device: Ieee802154Device::None };
        check(&golden, 20, none, "ieee802154:0xabcd");

        golden[4] = 2;
        golden[10..12].copy_from_slice(&[0x34, 0x12]);
        let device = Ieee802154Device::Short(0x1234);
        check(&golden, 20, Ieee802154Address { device, ..none }, "ieee802154:0xabcd:0x1234");

        golden[4] = 3;
        golden[10..18].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8]);
        let device = Ieee802154Device::Long([1, 2, 3, 4, 5, 6, 7, 8]);
        check(&golden, 20, Ieee802154Address { device, ..none }, "ieee802154:0xabcd:01:02:03:04:05:06:07:08");

        golden[4] = 1;
        assert!(matches!(Address::decode(&golden), Address::Other(_)), "a reserved kind");
    }
}
