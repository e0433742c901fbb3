//! The fingerprint of a key, by which it is known without a root.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use rustls::crypto::hash::HashAlgorithm;

use super::provider;

/// The SHA-256 of a certificate's public key (its SPKI, RFC 7469).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pin([u8; 32]);

impl Pin {
    /// Of a `SubjectPublicKeyInfo` in DER.
    pub(super) fn of(spki: &[u8]) -> Option<Self> {
        let suites = provider().cipher_suites.clone();
        let sha256 = suites.iter().find_map(|suite| {
            let hash = suite.tls13()?.common.hash_provider;
            (hash.algorithm() == HashAlgorithm::SHA256).then_some(hash)
        })?;
        Some(Self(sha256.hash(spki).as_ref().try_into().ok()?))
    }
}

impl FromStr for Pin {
    type Err = &'static str;

    /// Reads `sha256:` and 64 hexadecimal digits, or as curl writes it `sha256//` and base64.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "wants a key's SHA-256, as in sha256:0123...ef";
        let bytes = match text.split_once("//") {
            Some(("sha256", base64)) => BASE64.decode(base64.as_bytes()),
            _ => HEXLOWER_PERMISSIVE.decode(text.strip_prefix("sha256:").unwrap_or(text).as_bytes()),
        };
        let bytes = bytes.map_err(|_| WANTED)?;
        Ok(Self(bytes.try_into().map_err(|_| WANTED)?))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", HEXLOWER.encode(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_as_digits_and_as_base64() {
        // The SHA-256 of nothing.
        let digits = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let want = Pin::of(b"").expect("a hash");
        let base64 = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        for text in [digits, &digits.to_uppercase(), &format!("sha256:{digits}"), base64] {
            assert_eq!(text.parse(), Ok(want), "{text}");
        }
        assert_eq!(want.to_string().parse(), Ok(want));
        for text in ["", "sha256:", &digits[1..], "sha1//2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha256//x"] {
            assert!(text.parse::<Pin>().is_err(), "{text}");
        }
    }
}
