//! `AF_QIPCRTR`: `struct sockaddr_qrtr` of `linux/qrtr.h`.

use std::fmt;

use super::text::Fields;
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::u32_at;
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::qipcrtr;

/// A processor behind Qualcomm's message router, and a port: `qipcrtr:NODE:PORT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_qrtr")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_qrtr, whose size is fixed")]
pub struct QipcrtrAddress {
    /// The processor; `QRTR_NODE_BCAST` (0xffffffff) is all of them.
    #[doc(alias = "sq_node")]
    pub node: u32,
    /// The port; `QRTR_PORT_CTRL` (0xfffffffe) is the control port.
    #[doc(alias = "sq_port")]
    pub port: u32,
}

impl Layout for QipcrtrAddress {
    const FAMILY: Family = Family::QIPCRTR;
    const TAG: &'static str = "qipcrtr";

    fn decode(bytes: &[u8]) -> Option<Self> {
        at_most(bytes, qipcrtr::SIZE)?;
        Some(Self { node: u32_at(bytes, qipcrtr::NODE)?, port: u32_at(bytes, qipcrtr::PORT)? })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, qipcrtr::SIZE);
        encoded.put(qipcrtr::NODE, &self.node.to_ne_bytes());
        encoded.put(qipcrtr::PORT, &self.port.to_ne_bytes());
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self { node: fields.number("node")?, port: fields.number("port")? })
    }
}

impl fmt::Display for QipcrtrAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "qipcrtr:{}:{}", self.node, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let golden = [42, 0, 0, 0, 1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff];
        check(&golden, 12, QipcrtrAddress { node: 1, port: 0xffff_fffe }, "qipcrtr:1:4294967294");
    }
}
