//! Control messages to the kernel's ciphers: `SOL_ALG` (the kernel's `Documentation/crypto/userspace-if.rst`).
//!
//! They are sent to the socket that `accept` gave, with the data or before it; none is received.

use super::Outgoing;
use crate::sys::constants as c;

/// What a cipher is to do with what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// Text into cipher.
    #[doc(alias = "ALG_OP_ENCRYPT")]
    Encrypt,
    /// Cipher into text.
    #[doc(alias = "ALG_OP_DECRYPT")]
    Decrypt,
}

/// Says what the cipher is to do.
#[doc(alias = "ALG_SET_OP")]
#[doc(alias = "sendmsg_afalg")]
pub fn operation(direction: Direction) -> Outgoing<'static> {
    let number: u32 = match direction {
        Direction::Decrypt => 0,
        Direction::Encrypt => 1,
    };
    Outgoing::fixed(c::SOL_ALG, c::ALG_SET_OP, number.to_ne_bytes())
}

/// The initialization vector (`struct af_alg_iv`), as long as the cipher wants it, or the kernel answers `EINVAL`.
#[doc(alias = "ALG_SET_IV")]
#[doc(alias = "af_alg_iv")]
pub const fn initialization_vector(vector: &[u8]) -> Outgoing<'_> {
    Outgoing::counted(c::SOL_ALG, c::ALG_SET_IV, vector)
}

/// How many bytes that open what is sent are authenticated and not enciphered.
#[doc(alias = "ALG_SET_AEAD_ASSOCLEN")]
pub fn associated_length(bytes: u32) -> Outgoing<'static> {
    Outgoing::fixed(c::SOL_ALG, c::ALG_SET_AEAD_ASSOCLEN, bytes.to_ne_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{encode, raw_messages};

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_every_message() {
        let vector: Vec<u8> = (1..=32).collect();
        let messages = [
            operation(Direction::Encrypt),
            operation(Direction::Decrypt),
            initialization_vector(&vector),
            associated_length(16),
        ];
        let bytes = encode(&messages).unwrap();
        let found: Vec<_> = raw_messages(&bytes).map(|it| (it.level, it.kind, it.data.to_vec())).collect();
        let counted = [&[32, 0, 0, 0], vector.as_slice()].concat();
        let want = [(3, vec![1, 0, 0, 0]), (3, vec![0; 4]), (2, counted), (4, vec![16, 0, 0, 0])]
            .map(|(kind, data)| (279, kind, data));
        assert_eq!(found, want);
    }
}
