//! Control messages of UDP: `IPPROTO_UDP` (udp(7)).

use super::Outgoing;
use crate::bytes::{int, whole};
use crate::sys::constants as c;

/// What came with datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// The bytes are several datagrams of one sender, each of this size but for the last (`GRO`).
    #[doc(alias = "UDP_GRO")]
    Gro(u32),
    /// The size that one send is to be cut into: never received, and what [`segment`] sends.
    #[doc(alias = "UDP_SEGMENT")]
    Segment(u16),
}

/// `None` where the type is unknown or the data has the wrong length.
pub(super) fn decode(kind: i32, data: &[u8]) -> Option<Message> {
    match kind {
        c::UDP_GRO => int(data)?.try_into().ok().map(Message::Gro),
        c::UDP_SEGMENT => whole(data).map(u16::from_ne_bytes).map(Message::Segment),
        _ => None,
    }
}

/// Cuts this send into datagrams of `size` bytes, the last of which may be shorter, in place of the socket's `SEGMENT`.
///
/// At most 128 datagrams and 65,507 bytes; `EINVAL` where a datagram with its headers is larger than the interface's
/// MTU, `EIO` where the interface cannot (Linux 4.18).
#[doc(alias = "UDP_SEGMENT")]
pub fn segment(size: u16) -> Outgoing<'static> {
    Outgoing::fixed(c::IPPROTO_UDP, c::UDP_SEGMENT, size.to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_its_own_width_each_way() {
        assert_eq!(decode(c::UDP_GRO, &1200_i32.to_ne_bytes()), Some(Message::Gro(1200)));
        assert_eq!(decode(c::UDP_SEGMENT, &1200_u16.to_ne_bytes()), Some(Message::Segment(1200)));
        assert_eq!(decode(c::UDP_GRO, &1200_u16.to_ne_bytes()), None);
        assert_eq!(decode(c::UDP_GRO, &(-1_i32).to_ne_bytes()), None);
        assert_eq!(decode(c::UDP_SEGMENT, &1200_i32.to_ne_bytes()), None);
    }
}
