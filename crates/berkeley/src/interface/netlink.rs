//! Routing netlink (rtnetlink(7)): what is asked of the kernel, and its answers taken apart, by bytes.
//!
//! Every decoder ends where the bytes do; none trusts a length.

use crate::bytes::{u16_at, u32_at};
use crate::sys::constants as c;

/// `struct nlmsghdr`: length, type, flags, sequence number, port.
const HEADER: usize = 16;
/// `struct rtattr`: length, type.
const ATTRIBUTE: usize = 4;
/// The bits of an attribute's type that are no type (`NLA_TYPE_MASK`).
const TYPE_MASK: u16 = 0x3fff;
/// The dump has changed while it was read (`NLM_F_DUMP_INTR`).
const INTERRUPTED: u16 = 0x10;

/// One message of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    pub(super) sequence: u32,
    /// Whether the answer is not of one piece: it must be asked for again.
    pub(super) interrupted: bool,
    pub(super) body: &'a [u8],
}

/// The request to list all there is of `kind` (`RTM_GETLINK`, `RTM_GETADDR`), of any family.
pub(super) fn dump_request(kind: u16, sequence: u32) -> [u8; 32] {
    let mut request = [0; 32];
    let flags = u16::try_from(c::NLM_F_REQUEST | c::NLM_F_DUMP).unwrap_or_default();
    request[..4].copy_from_slice(&32_u32.to_ne_bytes());
    request[4..6].copy_from_slice(&kind.to_ne_bytes());
    request[6..8].copy_from_slice(&flags.to_ne_bytes());
    request[8..12].copy_from_slice(&sequence.to_ne_bytes());
    request
}

/// The messages in `bytes`, up to the first that is not whole.
pub(super) fn messages(mut bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    std::iter::from_fn(move || {
        let length = usize::try_from(u32_at(bytes, 0)?).ok()?;
        let whole = bytes.get(..length).filter(|whole| whole.len() >= HEADER)?;
        bytes = bytes.get(align(length)..).unwrap_or_default();
        Some(Message {
            kind: u16_at(whole, 4)?,
            interrupted: u16_at(whole, 6)? & INTERRUPTED != 0,
            sequence: u32_at(whole, 8)?,
            body: &whole[HEADER..],
        })
    })
}

/// The attributes in `bytes`, up to the first that is not whole.
pub(super) fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = usize::from(u16_at(bytes, 0)?);
        let kind = u16_at(bytes, 2)? & TYPE_MASK;
        let whole = bytes.get(..length).filter(|whole| whole.len() >= ATTRIBUTE)?;
        bytes = bytes.get(align(length)..).unwrap_or_default();
        Some((kind, &whole[ATTRIBUTE..]))
    })
}

/// To the next multiple of four, where the next message or attribute begins.
const fn align(length: usize) -> usize {
    length.saturating_add(3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(ATTRIBUTE + value.len()).unwrap();
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(align(bytes.len()), 0);
        bytes
    }

    #[test]
    fn attributes_are_taken_apart_and_a_broken_one_ends_them() {
        let mut bytes = attribute(3, b"lo\0");
        bytes.extend(attribute(0x8000 | 4, &[1, 2, 3, 4]));
        let whole: Vec<(u16, &[u8])> = vec![(3, b"lo\0"), (4, &[1, 2, 3, 4])];
        assert_eq!(attributes(&bytes).collect::<Vec<_>>(), whole);
        for length in 0..bytes.len() {
            let found: Vec<_> = attributes(&bytes[..length]).collect();
            assert!(whole.starts_with(&found), "{length}");
        }
        // A length shorter than the head would never end; one longer than the bytes would read beyond.
        for length in [0_u16, 1, 3, 200] {
            let broken = [length.to_ne_bytes(), 3_u16.to_ne_bytes()].concat();
            assert_eq!(attributes(&broken).count(), 0, "{length}");
        }
    }

    #[test]
    fn messages_are_taken_apart_and_a_broken_one_ends_them() {
        let mut bytes = dump_request(18, 7).to_vec();
        bytes.extend(dump_request(22, 8));
        let found: Vec<(u16, u32, usize)> =
            messages(&bytes).map(|message| (message.kind, message.sequence, message.body.len())).collect();
        assert_eq!(found, [(18, 7, 16), (22, 8, 16)]);
        assert_eq!(messages(&bytes[..63]).count(), 1);
        for length in [0_u32, 15, 1000, u32::MAX] {
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(messages(&bytes).count(), 0, "{length}");
        }
    }
}
