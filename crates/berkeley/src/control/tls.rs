//! Control messages of TLS in the kernel: `SOL_TLS` (the kernel's `networking/tls`; the option `ULP` turns it on).

use super::Outgoing;
use crate::sys::constants as c;

/// What came with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Message {
    /// The type of the record (RFC 8446 section 5.1): 21 for an alert, 22 for the handshake, 23 for data.
    #[doc(alias = "TLS_GET_RECORD_TYPE")]
    RecordType(u8),
}

/// `None` where the type is unknown or the data has the wrong length.
pub(super) fn decode(kind: i32, data: &[u8]) -> Option<Message> {
    match kind {
        c::TLS_GET_RECORD_TYPE => data.try_into().ok().map(u8::from_ne_bytes).map(Message::RecordType),
        _ => None,
    }
}

/// The type of the record that this send makes; without it, 23: data.
#[doc(alias = "TLS_SET_RECORD_TYPE")]
pub fn record_type(kind: u8) -> Outgoing<'static> {
    Outgoing::fixed(c::SOL_TLS, c::TLS_SET_RECORD_TYPE, [kind])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_type_is_one_byte() {
        assert_eq!(decode(c::TLS_GET_RECORD_TYPE, &[21]), Some(Message::RecordType(21)));
        assert_eq!(decode(c::TLS_GET_RECORD_TYPE, &[21, 0]), None);
        assert_eq!(decode(c::TLS_GET_RECORD_TYPE, &[]), None);
        assert_eq!(decode(c::TLS_SET_RECORD_TYPE, &[21]), None);
    }
}
