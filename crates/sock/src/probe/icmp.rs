//! Echo requests and replies of ICMP (RFC 792) and `ICMPv6` (RFC 4443), by their bytes.
//!
//! What is sent begins with the four bytes by which this process knows its own, and the number of the probe, where the
//! payload has room for them: an identifier of 16 bits may be another process's too, and a sequence number comes again
//! after 65,536 probes. These four bytes are other ones for each probe, by a secret of the process: a host that knows
//! those of its own probe cannot make an answer to another host's.
//!
//! ```
//! use sock::probe::icmp::{self, Version};
//!
//! let mut request = Vec::new();
//! icmp::push_request(&mut request, Version::V4, 7, 1, &icmp::payload(0xfeed, 1, 56));
//! assert_eq!((request.len(), request[0]), (64, 8));
//! // What a host sends back: the same with another type.
//! let mut reply = request.clone();
//! reply[0] = 0;
//! let echo = icmp::reply(Version::V4, &reply).unwrap();
//! assert_eq!((echo.identifier, echo.sequence, echo.token()), (7, 1, Some((0xfeed, 1))));
//! ```

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;

/// The length of the header, in bytes.
pub const HEADER: usize = 8;

/// The bytes of the payload that tell whose a probe is, and which.
const TOKEN: usize = 8;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// ICMP, over IPv4.
    V4,
    /// `ICMPv6`, over IPv6.
    V6,
}

impl Version {
    /// The type of an echo request.
    pub const fn request(self) -> u8 {
        match self {
            Self::V4 => 8,
            Self::V6 => 128,
        }
    }

    /// The type of an echo reply.
    pub const fn reply(self) -> u8 {
        match self {
            Self::V4 => 0,
            Self::V6 => 129,
        }
    }
}

/// An echo request or reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Echo<'b> {
    /// The sender's number; of a datagram socket the kernel chooses it.
    pub identifier: u16,
    /// Which of the sender's.
    pub sequence: u16,
    /// What comes back as it was sent.
    pub payload: &'b [u8],
}

impl Echo<'_> {
    /// Whose it is and the low 32 bits of its number, as [`payload`] has written them; `None` where there was no room.
    pub fn token(&self) -> Option<(u32, u32)> {
        token(self.payload)
    }
}

/// What the probes of a process are known by: of each number another word, which nobody else can tell.
#[derive(Clone, Debug, Default)]
pub struct Secret(RandomState);

impl Secret {
    /// The word of the probe of that number.
    pub fn word(&self, number: u32) -> u32 {
        // The upper half, which 32 bits hold.
        u32::try_from(self.0.hash_one(number) >> 32).unwrap_or_default()
    }

    /// The number in a token, where its word is that of this number.
    pub fn number(&self, (word, number): (u32, u32)) -> Option<u32> {
        (word == self.word(number)).then_some(number)
    }
}

/// Whose a probe is and the low 32 bits of its number, as [`stamp`] has written them; `None` where there was no room.
pub fn token(payload: &[u8]) -> Option<(u32, u32)> {
    let (whose, number) = payload.get(..TOKEN)?.split_at(4);
    Some((u32::from_be_bytes(whose.try_into().ok()?), u32::from_be_bytes(number.try_into().ok()?)))
}

/// The payload of a probe: `size` bytes, which begin with whose it is and its number, as far as there is room.
pub fn payload(whose: u32, number: u32, size: usize) -> Vec<u8> {
    // As ping(8) fills it up: each byte says where it stands.
    let mut bytes: Vec<u8> = (0..=u8::MAX).cycle().take(size).collect();
    stamp(&mut bytes, whose, number);
    bytes
}

/// Writes whose a probe is and its number into a payload of before.
pub fn stamp(payload: &mut [u8], whose: u32, number: u32) {
    let token = (u64::from(whose) << 32 | u64::from(number)).to_be_bytes();
    if let Some(place) = payload.get_mut(..TOKEN) {
        place.copy_from_slice(&token);
    }
}

/// Appends an echo request. Of IPv4 it has its checksum; of IPv6 the kernel fills it in, as it knows the addresses.
pub fn push_request(out: &mut Vec<u8>, version: Version, identifier: u16, sequence: u16, payload: &[u8]) {
    let start = out.len();
    out.extend_from_slice(&[version.request(), 0, 0, 0]);
    out.extend_from_slice(&identifier.to_be_bytes());
    out.extend_from_slice(&sequence.to_be_bytes());
    out.extend_from_slice(payload);
    if version == Version::V4 {
        let sum = checksum(&out[start..]);
        out[start + 2..start + 4].copy_from_slice(&sum.to_be_bytes());
    }
}

/// The echo reply that `bytes` are, from ICMP's header on; `None` for what is none.
pub fn reply(version: Version, bytes: &[u8]) -> Option<Echo<'_>> {
    echo(version.reply(), bytes)
}

/// The echo request of ours that an error quotes, from ICMP's header on; `None` for what is none.
pub fn quoted(version: Version, bytes: &[u8]) -> Option<Echo<'_>> {
    echo(version.request(), bytes)
}

fn echo(kind: u8, bytes: &[u8]) -> Option<Echo<'_>> {
    let (header, payload) = bytes.split_at_checked(HEADER)?;
    let &[first, code, _, _, i, j, s, t] = header else { return None };
    let is_echo = first == kind && code == 0;
    let (identifier, sequence) = (u16::from_be_bytes([i, j]), u16::from_be_bytes([s, t]));
    is_echo.then_some(Echo { identifier, sequence, payload })
}

/// What stands behind the IPv4 header, which a raw socket receives too, and the header's TTL; `None` where it is none,
/// or not whole.
pub fn behind_ipv4(packet: &[u8]) -> Option<(u8, &[u8])> {
    let first = *packet.first()?;
    let length = usize::from(first & 0x0f) * 4;
    if first >> 4 != 4 || length < 20 {
        return None;
    }
    Some((*packet.get(8)?, packet.get(length..)?))
}

/// The Internet's checksum (RFC 1071).
pub fn checksum(bytes: &[u8]) -> u16 {
    let (words, rest) = bytes.as_chunks::<2>();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    let mut sum = sum + rest.first().map_or(0, |byte| u32::from(*byte) << 8);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    // At most 16 bits are left.
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What ping(8) got from 127.0.0.1, from the IPv4 header on.
    const CAPTURED: &[u8] = b"\x45\0\0\x2c\x50\x86\0\0\x40\x01\x2c\x49\x7f\0\0\x01\x7f\0\0\x01\
        \0\0\x81\xdc\x29\x04\0\x01\x0c\xdf\x0d\x6b\0\0\0\0\x2e\xd4\x0c\0\0\0\0\0";

    #[test]
    fn a_captured_reply_is_read() {
        let (ttl, message) = behind_ipv4(CAPTURED).expect("IPv4");
        let echo = reply(Version::V4, message).expect("a reply");
        assert_eq!((ttl, echo.identifier, echo.sequence), (64, 10_500, 1));
        assert_eq!((echo.token(), echo.payload.len()), (Some((0x0cdf_0d6b, 0)), 16));
        assert_eq!((checksum(message), checksum(&CAPTURED[..20])), (0, 0));
    }

    #[test]
    fn what_is_cut_off_or_no_reply_is_none() {
        let (_, message) = behind_ipv4(CAPTURED).expect("IPv4");
        for length in 0..HEADER {
            assert_eq!(reply(Version::V4, &message[..length]), None, "{length}");
        }
        assert_eq!(reply(Version::V4, &message[..HEADER + 7]).expect("a reply").token(), None);
        assert_eq!((reply(Version::V6, message), quoted(Version::V4, message)), (None, None));
        for (packet, why) in [
            (&b""[..], "empty"),
            (b"\x60", "IPv6"),
            (b"\x44\0\0\0\0\0\0\0\x40", "a header of 16 bytes"),
            (&CAPTURED[..19], "cut"),
            (b"\x4f\0\0\0\0\0\0\0\x40\0\0\0\0\0\0\0\0\0\0\0", "options that are not there"),
        ] {
            assert_eq!(behind_ipv4(packet), None, "{why}");
        }
    }

    #[test]
    fn checksums_are_those_of_rfc_1071() {
        let rows: [(&[u8], u16); 4] = [
            (&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7], !0xddf2),
            (b"", 0xffff),
            (&[0x12], !0x1200),
            (&[0xff, 0xff, 0xff, 0xff], 0),
        ];
        for (bytes, want) in rows {
            assert_eq!(checksum(bytes), want, "{bytes:02x?}");
        }
    }

    #[test]
    fn who_knows_the_token_of_a_probe_knows_that_of_no_other() {
        let (secret, other) = (Secret::default(), Secret::default());
        for number in [0, 1, 2, 65_536, u32::MAX] {
            let word = secret.word(number);
            assert_eq!(secret.number((word, number)), Some(number));
            assert_eq!(secret.number((word, number.wrapping_add(1))), None);
            assert_eq!(other.number((word, number)), None);
        }
    }

    proptest! {
        #[test]
        fn a_request_comes_back_whole(identifier: u16, sequence: u16, whose: u32, number: u32, size in 0..100_usize) {
            for version in [Version::V4, Version::V6] {
                let mut bytes = Vec::new();
                push_request(&mut bytes, version, identifier, sequence, &payload(whose, number, size));
                prop_assert!(version == Version::V6 || checksum(&bytes) == 0);
                let echo = quoted(version, &bytes).expect("a request");
                prop_assert_eq!((echo.identifier, echo.sequence), (identifier, sequence));
                prop_assert_eq!(echo.token(), (size >= TOKEN).then_some((whose, number)));
            }
        }
    }
}
