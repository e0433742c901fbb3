//! `AF_ALG`: `struct sockaddr_alg` of `linux/if_alg.h`: the kernel's ciphers and digests.

use std::fmt;

use super::text::{Fields, Inner, unescape};
use super::{EncodedAddress, Layout, at_most};
use crate::bytes::{field, u32_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::layout::alg;

/// A type of algorithm and its name: `alg:hash:sha256`, `alg:aead:gcm(aes)`.
///
/// `Display` prints `alg:TYPE:FEATURES:MASK:NAME` where the features or the mask are not 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "sockaddr_alg")]
pub struct AlgAddress {
    /// Both are zero behind their text, and end in a zero.
    kind: [u8; alg::TYPE_SIZE],
    name: [u8; alg::NAME_SIZE],
    features: u32,
    mask: u32,
}

impl AlgAddress {
    /// The algorithm `name` of the type `kind`: `hash`, `skcipher`, `aead`, `rng` and others.
    ///
    /// # Errors
    ///
    /// Fails where one is empty, holds a NUL, or is longer than 13 and 103 bytes (63 before Linux 4.12).
    pub fn new(kind: &str, name: &str) -> Result<Self> {
        Self::of(kind.as_bytes(), name.as_bytes())
    }

    fn of(kind: &[u8], name: &[u8]) -> Result<Self> {
        let refuse = |what: &str, got: &[u8], size: usize| {
            let most = size - 1;
            let why = format!("alg {what}: wanted 1 to {most} bytes without a NUL, got {}", got.len());
            Error::invalid(Operation::ParseAddress, why)
        };
        Ok(Self {
            kind: hold(kind).ok_or_else(|| refuse("type", kind, alg::TYPE_SIZE))?,
            name: hold(name).ok_or_else(|| refuse("name", name, alg::NAME_SIZE))?,
            features: 0,
            mask: 0,
        })
    }

    /// The same algorithm, of these features of the kernel's (`CRYPTO_ALG_*`), compared under `mask`.
    #[must_use]
    #[doc(alias = "salg_feat")]
    #[doc(alias = "salg_mask")]
    pub const fn with_features(self, features: u32, mask: u32) -> Self {
        Self { features, mask, ..self }
    }

    /// The type: `hash`.
    #[doc(alias = "salg_type")]
    pub fn kind(&self) -> &[u8] {
        until_nul(&self.kind)
    }

    /// The name: `sha256`.
    #[doc(alias = "salg_name")]
    pub fn name(&self) -> &[u8] {
        until_nul(&self.name)
    }

    /// The features.
    pub const fn features(&self) -> u32 {
        self.features
    }

    /// The mask of the features.
    pub const fn mask(&self) -> u32 {
        self.mask
    }
}

/// `text` with zeros behind it, one or more; `None` where it is empty, holds a zero or is too long.
fn hold<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let mut held = [0; N];
    held[..N - 1].get_mut(..text.len())?.copy_from_slice(text);
    (!text.is_empty() && !text.contains(&0)).then_some(held)
}

fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

impl Layout for AlgAddress {
    const FAMILY: Family = Family::ALG;
    const TAG: &'static str = "alg";

    fn decode(bytes: &[u8]) -> Option<Self> {
        at_most(bytes, alg::NAME + alg::NAME_SIZE)?;
        let kind = field::<{ alg::TYPE_SIZE }>(bytes, alg::TYPE)?;
        let name = bytes.get(alg::NAME..)?;
        let ended = kind.contains(&0) && name.contains(&0);
        let address = ended.then(|| Self::of(until_nul(&kind), until_nul(name)).ok()).flatten()?;
        Some(address.with_features(u32_at(bytes, alg::FEATURES)?, u32_at(bytes, alg::MASK)?))
    }

    fn encode(&self) -> EncodedAddress {
        // The structure has room for 64 bytes; kernels since Linux 4.12 read on to the end that bind(2) is given.
        let size = alg::SIZE.max(alg::NAME + self.name().len() + 1);
        let mut encoded = EncodedAddress::new(Self::FAMILY, size);
        encoded.put(alg::TYPE, &self.kind);
        encoded.put(alg::FEATURES, &self.features.to_ne_bytes());
        encoded.put(alg::MASK, &self.mask.to_ne_bytes());
        encoded.put(alg::NAME, self.name());
        encoded
    }

    fn parse(fields: &mut Fields<'_>) -> Result<Self> {
        let kind = unescape(fields.word("type", "a type such as hash")?)?;
        let mut name = fields.word("name", "a name such as sha256")?;
        let (mut features, mut mask) = (0, 0);
        if !fields.is_at_end() {
            features = Fields::new(Self::TAG, name).number("features")?;
            mask = fields.number("mask")?;
            name = fields.word("name", "a name such as sha256")?;
        }
        Ok(Self::of(&kind, &unescape(name)?)?.with_features(features, mask))
    }
}

impl fmt::Display for AlgAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "alg:{}:", Inner(self.kind()))?;
        if (self.features, self.mask) != (0, 0) {
            write!(f, "{:#x}:{:#x}:", self.features, self.mask)?;
        }
        Inner(self.name()).fmt(f)
    }
}

impl fmt::Debug for AlgAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlgAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
    use crate::address::golden::check;

    fn golden(kind: &[u8], features: u8, mask: u8, name: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 88.max(24 + name.len() + 1)];
        bytes[0] = 38;
        bytes[2..2 + kind.len()].copy_from_slice(kind);
        bytes[16] = features;
        bytes[20] = mask;
        bytes[24..24 + name.len()].copy_from_slice(name);
        bytes
    }

    #[test]
    fn golden_bytes_go_both_ways() {
        let hash = AlgAddress::new("hash", "sha256").unwrap();
        check(&golden(b"hash", 0, 0, b"sha256"), 31, hash, "alg:hash:sha256");
        let aead = AlgAddress::new("aead", "gcm(aes)").unwrap().with_features(8, 15);
        check(&golden(b"aead", 8, 15, b"gcm(aes)"), 33, aead, "alg:aead:0x8:0xf:gcm(aes)");
        let colon = AlgAddress::new("a:b", "c:\x1b").unwrap();
        check(&golden(b"a:b", 0, 0, b"c:\x1b"), 28, colon, r"alg:a\x3ab:c\x3a\u{1b}");
        let long = "n".repeat(103);
        let address = AlgAddress::new("hash", &long).unwrap();
        check(&golden(b"hash", 0, 0, long.as_bytes()), 128, address, &format!("alg:hash:{long}"));
    }

    #[test]
    fn what_the_kernel_would_cut_or_refuse_is_refused_in_words() {
        for (kind, name) in [("", "n"), ("k", ""), ("k\0", "n"), ("k", "n\0"), ("kkkkkkkkkkkkkk", "n")] {
            let message = AlgAddress::new(kind, name).unwrap_err().to_string();
            assert!(message.contains("wanted 1 to"), "{message}");
        }
        let why = AlgAddress::new("k", &"n".repeat(104)).unwrap_err().to_string();
        assert_eq!(why, "address: alg name: wanted 1 to 103 bytes without a NUL, got 104");
        // A type or a name without its end is no address.
        assert!(matches!(Address::decode(&golden(&[b'k'; 14], 0, 0, b"n")), Address::Other(_)));
        assert!(matches!(Address::decode(&golden(b"k", 0, 0, b"")), Address::Other(_)));
    }
}
