//! `AF_LLC`: `struct sockaddr_llc` of `linux/llc.h` (IEEE 802.2).

use std::fmt;

use super::text::{Fields, Octets, write_optional};
use super::{EncodedAddress, Layout, exactly};
use crate::bytes::{field, u16_at};
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::llc;

/// A service access point of a station: `llc:HARDWARE:SAP:AA:BB:CC:DD:EE:FF[:TEST[:XID[:UA]]]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_llc")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_llc, whose size is fixed")]
pub struct LlcAddress {
    /// The kind of link: `ARPHRD_ETHER` (1).
    #[doc(alias = "sllc_arphrd")]
    pub hardware_type: u16,
    /// The service access point.
    #[doc(alias = "sllc_sap")]
    pub sap: u8,
    /// The station.
    #[doc(alias = "sllc_mac")]
    pub mac: [u8; 6],
    /// Whether a TEST command is sent rather than data: 0 or 1.
    #[doc(alias = "sllc_test")]
    pub test: u8,
    /// Whether an XID command is sent: 0 or 1.
    #[doc(alias = "sllc_xid")]
    pub xid: u8,
    /// Whether unnumbered data is sent on a stream socket: 0 or 1.
    #[doc(alias = "sllc_ua")]
    pub ua: u8,
}

impl Layout for LlcAddress {
    const FAMILY: Family = Family::LLC;
    const TAG: &'static str = "llc";

    fn decode(bytes: &[u8]) -> Option<Self> {
        exactly(bytes, llc::SIZE)?;
        let [test] = field(bytes, llc::TEST)?;
        let [xid] = field(bytes, llc::XID)?;
        let [ua] = field(bytes, llc::UA)?;
        let [sap] = field(bytes, llc::SAP)?;
        let hardware_type = u16_at(bytes, llc::HARDWARE_TYPE)?;
        Some(Self { hardware_type, sap, mac: field(bytes, llc::ADDRESS)?, test, xid, ua })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, llc::SIZE);
        encoded.put(llc::HARDWARE_TYPE, &self.hardware_type.to_ne_bytes());
        encoded.put(llc::TEST, &[self.test]);
        encoded.put(llc::XID, &[self.xid]);
        encoded.put(llc::UA, &[self.ua]);
        encoded.put(llc::SAP, &[self.sap]);
        encoded.put(llc::ADDRESS, &self.mac);
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            hardware_type: fields.number("hardware type")?,
            sap: fields.number("sap")?,
            mac: fields.octets("mac")?,
            test: fields.number_or_zero("test")?,
            xid: fields.number_or_zero("xid")?,
            ua: fields.number_or_zero("ua")?,
        })
    }
}

impl fmt::Display for LlcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "llc:{}:{}:{}", self.hardware_type, self.sap, Octets(&self.mac))?;
        write_optional(f, &[self.test.into(), self.xid.into(), self.ua.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let mut golden = [26, 0, 1, 0, 0, 0, 0, 0x42, 0, 0x1b, 0x21, 1, 2, 3, 0, 0];
        let mac = [0, 0x1b, 0x21, 1, 2, 3];
        let plain = LlcAddress { hardware_type: 1, sap: 0x42, mac, ..LlcAddress::default() };
        check(&golden, 16, plain, "llc:1:66:00:1b:21:01:02:03");
        golden[5] = 1;
        check(&golden, 16, LlcAddress { xid: 1, ..plain }, "llc:1:66:00:1b:21:01:02:03:0:1");
    }
}
