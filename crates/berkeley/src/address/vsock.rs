//! `AF_VSOCK`: `struct sockaddr_vm` (vsock(7)).

use std::fmt;

use super::text::{Fields, write_optional};
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::{field, u32_at};
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::constants as c;
use crate::sys::layout::vsock;

/// A virtual machine or its host, and a port: `vsock:CID:PORT[:FLAGS]`, where `*` is any machine or any port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_vm")]
#[non_exhaustive]
pub struct VsockAddress {
    /// The machine's number (context identifier).
    #[doc(alias = "svm_cid")]
    pub cid: u32,
    /// The port; those below 1024 ask for `CAP_NET_BIND_SERVICE`.
    #[doc(alias = "svm_port")]
    pub port: u32,
    /// `VMADDR_FLAG_TO_HOST` (1): to a sibling machine by way of the host. Else 0.
    #[doc(alias = "svm_flags")]
    pub flags: u8,
}

impl VsockAddress {
    /// Any machine, to bind to.
    #[doc(alias = "VMADDR_CID_ANY")]
    pub const CID_ANY: u32 = c::VMADDR_CID_ANY;
    /// The hypervisor.
    #[doc(alias = "VMADDR_CID_HYPERVISOR")]
    pub const CID_HYPERVISOR: u32 = c::VMADDR_CID_HYPERVISOR;
    /// This machine itself, where the kernel has vsock's loopback.
    #[doc(alias = "VMADDR_CID_LOCAL")]
    pub const CID_LOCAL: u32 = c::VMADDR_CID_LOCAL;
    /// The host of this machine.
    #[doc(alias = "VMADDR_CID_HOST")]
    pub const CID_HOST: u32 = c::VMADDR_CID_HOST;
    /// Any port, to bind to.
    #[doc(alias = "VMADDR_PORT_ANY")]
    pub const PORT_ANY: u32 = u32::MAX;

    /// The port `port` of the machine `cid`, without flags.
    pub const fn new(cid: u32, port: u32) -> Self {
        Self { cid, port, flags: 0 }
    }

    /// This one with other flags (`svm_flags`).
    #[must_use]
    pub const fn flags(self, flags: u8) -> Self {
        Self { flags, ..self }
    }
}

impl Layout for VsockAddress {
    const FAMILY: Family = Family::VSOCK;
    const TAG: &'static str = "vsock";

    fn decode(bytes: &[u8]) -> Option<Self> {
        at_most(bytes, vsock::SIZE)?;
        let cid = u32_at(bytes, vsock::CID)?;
        let [flags, ..] = field::<4>(bytes, vsock::FLAGS)?;
        Some(Self { cid, port: u32_at(bytes, vsock::PORT)?, flags })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, vsock::SIZE);
        encoded.put(vsock::PORT, &self.port.to_ne_bytes());
        encoded.put(vsock::CID, &self.cid.to_ne_bytes());
        encoded.put(vsock::FLAGS, &[self.flags]);
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        let cid = number_or_any(fields, "cid")?;
        let port = number_or_any(fields, "port")?;
        Ok(Self { cid, port, flags: fields.number_or_zero("flags")? })
    }
}

/// `*` is `VMADDR_CID_ANY` and `VMADDR_PORT_ANY`, which are the same number.
fn number_or_any(fields: &mut Fields<'_>, name: &str) -> Result<u32> {
    const WANTED: &str = "a number of 32 bits or *";
    match fields.word(name, WANTED)? {
        "*" => Ok(u32::MAX),
        word => Fields::new("vsock", word).number(name).map_err(|_| fields.wrong(name, WANTED, word)),
    }
}

/// A number, or `*` for any.
struct OrAny(u32);

impl fmt::Display for OrAny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            u32::MAX => f.write_str("*"),
            number => number.fmt(f),
        }
    }
}

impl fmt::Display for VsockAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vsock:{}:{}", OrAny(self.cid), OrAny(self.port))?;
        write_optional(f, &[self.flags.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let host = [40, 0, 0, 0, 0xd2, 4, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
        check(&host, 16, VsockAddress::new(VsockAddress::CID_HOST, 1234), "vsock:2:1234");
        let any = [40, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0];
        let address = VsockAddress { cid: VsockAddress::CID_ANY, port: VsockAddress::PORT_ANY, flags: 1 };
        check(&any, 16, address, "vsock:*:*:1");
    }
}
