//! Control messages of TCP: `IPPROTO_TCP` (tcp(7)).

use crate::bytes::int;
use crate::sys::constants as c;

/// What came with a piece of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// How many bytes are left in the queue (`INQ`).
    #[doc(alias = "TCP_CM_INQ")]
    Inq(u32),
}

/// `None` where the type is unknown or the data has the wrong length.
pub(super) fn decode(kind: i32, data: &[u8]) -> Option<Message> {
    match kind {
        c::TCP_INQ => int(data)?.try_into().ok().map(Message::Inq),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_a_count() {
        assert_eq!(decode(c::TCP_INQ, &7_i32.to_ne_bytes()), Some(Message::Inq(7)));
        assert_eq!(decode(c::TCP_INQ, &(-1_i32).to_ne_bytes()), None);
        assert_eq!(decode(c::TCP_INQ, &[7]), None);
    }
}
