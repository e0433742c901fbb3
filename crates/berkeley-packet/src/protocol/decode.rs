//! From a packet's first byte on: which protocol it begins with.

use super::tables;
use crate::layer::Protocol;
use crate::layer::data::DATA;
use crate::layer::packet::Packet;
use crate::link::LinkType;

impl LinkType {
    /// The protocol of its header; none for what this crate does not decode.
    pub fn protocol(self) -> Option<&'static Protocol> {
        tables::by_link(self.as_raw())
    }
}

impl<'a> Packet<'a> {
    /// Takes apart `bytes`, a whole packet that begins as `link` says.
    pub fn decode(link: LinkType, bytes: &'a [u8]) -> Self {
        Self::decode_cut(link, bytes, bytes.len())
    }

    /// The same for a packet of `length` bytes of which a capture has kept only these.
    pub fn decode_cut(link: LinkType, bytes: &'a [u8], length: usize) -> Self {
        let protocol = tables::by_link_and_bytes(link.as_raw(), bytes);
        Self::decode_as(protocol.unwrap_or(&DATA), bytes, length)
    }
}
