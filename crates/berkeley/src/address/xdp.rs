//! `AF_XDP`: `struct sockaddr_xdp` of `linux/if_xdp.h`.

use std::fmt;

use super::text::{Fields, write_optional};
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::{u16_at, u32_at};
use crate::error::Result;
use crate::kinds::Family;
use crate::sys::layout::xdp;

/// One queue of one interface: `xdp:INTERFACE:QUEUE[:FLAGS[:FD]]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_xdp")]
#[expect(clippy::exhaustive_structs, reason = "the fields of struct sockaddr_xdp, whose size is fixed")]
pub struct XdpAddress {
    /// The interface's index.
    #[doc(alias = "sxdp_ifindex")]
    pub interface: u32,
    /// The queue of the interface.
    #[doc(alias = "sxdp_queue_id")]
    pub queue: u32,
    /// `XDP_SHARED_UMEM` (1), `XDP_COPY` (2), `XDP_ZEROCOPY` (4), `XDP_USE_NEED_WAKEUP` (8), `XDP_USE_SG` (16).
    #[doc(alias = "sxdp_flags")]
    pub flags: u16,
    /// The number of the descriptor whose memory is shared, with `XDP_SHARED_UMEM`; else 0.
    ///
    /// It says what an address holds: [`bind`](crate::Socket::bind) refuses one with that flag, for a number may be
    /// anybody's descriptor, and [`bind_sharing`](crate::Socket::bind_sharing) takes the descriptor borrowed.
    #[doc(alias = "sxdp_shared_umem_fd")]
    pub shared_umem_fd: u32,
}

impl Layout for XdpAddress {
    const FAMILY: Family = Family::XDP;
    const TAG: &'static str = "xdp";

    fn decode(bytes: &[u8]) -> Option<Self> {
        at_most(bytes, xdp::SIZE)?;
        Some(Self {
            interface: u32_at(bytes, xdp::INTERFACE)?,
            queue: u32_at(bytes, xdp::QUEUE)?,
            flags: u16_at(bytes, xdp::FLAGS)?,
            shared_umem_fd: u32_at(bytes, xdp::SHARED_UMEM_FD)?,
        })
    }

    fn encode(&self) -> EncodedAddress {
        let mut encoded = EncodedAddress::new(Self::FAMILY, xdp::SIZE);
        encoded.put(xdp::FLAGS, &self.flags.to_ne_bytes());
        encoded.put(xdp::INTERFACE, &self.interface.to_ne_bytes());
        encoded.put(xdp::QUEUE, &self.queue.to_ne_bytes());
        encoded.put(xdp::SHARED_UMEM_FD, &self.shared_umem_fd.to_ne_bytes());
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        Ok(Self {
            interface: fields.number("interface")?,
            queue: fields.number("queue")?,
            flags: fields.number_or_zero("flags")?,
            shared_umem_fd: fields.number_or_zero("fd")?,
        })
    }
}

impl fmt::Display for XdpAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xdp:{}:{}", self.interface, self.queue)?;
        write_optional(f, &[self.flags.into(), self.shared_umem_fd.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::golden::check;

    #[test]
    fn golden_bytes_go_both_ways() {
        let golden = [44, 0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0, 0];
        let address = XdpAddress { interface: 2, queue: 3, flags: 1, shared_umem_fd: 7 };
        check(&golden, 16, address, "xdp:2:3:1:7");
        let plain = [44, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        check(&plain, 16, XdpAddress { interface: 2, ..XdpAddress::default() }, "xdp:2:0");
    }
}
