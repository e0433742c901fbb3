//! A certificate as people read it. A peer may have written it: all text of it is escaped.

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::public_key::PublicKey;

use super::certificate::{Certificate, moment};
use super::pin::Pin;

/// How many bytes of a serial number are shown: more it may not have (RFC 5280, 4.1.2.2).
const SERIAL: usize = 20;

/// Kinds of signatures by their numbers.
const SIGNATURES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.2", "RSA with MD2"),
    ("1.2.840.113549.1.1.4", "RSA with MD5"),
    ("1.2.840.113549.1.1.5", "RSA with SHA-1"),
    ("1.2.840.113549.1.1.10", "RSA-PSS"),
    ("1.2.840.113549.1.1.11", "RSA with SHA-256"),
    ("1.2.840.113549.1.1.12", "RSA with SHA-384"),
    ("1.2.840.113549.1.1.13", "RSA with SHA-512"),
    ("1.2.840.10045.4.1", "ECDSA with SHA-1"),
    ("1.2.840.10045.4.3.2", "ECDSA with SHA-256"),
    ("1.2.840.10045.4.3.3", "ECDSA with SHA-384"),
    ("1.2.840.10045.4.3.4", "ECDSA with SHA-512"),
    ("1.2.840.10040.4.3", "DSA with SHA-1"),
    ("2.16.840.1.101.3.4.3.2", "DSA with SHA-256"),
    ("1.3.101.112", "Ed25519"),
    ("1.3.101.113", "Ed448"),
    ("2.16.840.1.101.3.4.3.17", "ML-DSA-44"),
    ("2.16.840.1.101.3.4.3.18", "ML-DSA-65"),
    ("2.16.840.1.101.3.4.3.19", "ML-DSA-87"),
];

/// Curves by their numbers, as they are encoded.
const CURVES: &[(&[u8], &str)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], "P-256"),
    (&[0x2b, 0x81, 4, 0, 34], "P-384"),
    (&[0x2b, 0x81, 4, 0, 35], "P-521"),
    (&[0x2b, 0x81, 4, 0, 33], "P-224"),
    (&[0x2b, 0x81, 4, 0, 10], "secp256k1"),
];

/// What stands in a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    /// Whose it is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// The hosts that it is for: names and addresses.
    pub hosts: Vec<String>,
    /// From when on it is valid, in seconds since 1970.
    pub not_before: i64,
    /// Until when it is.
    pub not_after: i64,
    /// The kind of its key, as in `RSA of 2048 bits`.
    pub key: String,
    /// The kind of its signature, as in `ECDSA with SHA-256`.
    pub signature: String,
    /// Its number, in hexadecimal digits.
    pub serial: String,
    /// What it is for; empty where it does not say.
    pub usages: Vec<String>,
    /// Whether it may issue others.
    pub is_authority: bool,
    /// By which its key can be pinned.
    pub pin: Option<Pin>,
    /// What is weak about it.
    pub weak: Option<String>,
}

impl Description {
    /// `None` where it cannot be read.
    pub fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let read = Certificate::read(certificate)?;
        let weak =
            read.weak_key().or_else(|| Some(format!("a weak signature, by {}", read.weak_signature()?)));
        Some(Self {
            subject: read.subject(),
            issuer: read.issuer(),
            hosts: read.names(),
            not_before: read.not_before(),
            not_after: read.not_after(),
            key: key(&read.0),
            signature: kind(&read.0.signature_algorithm.algorithm.to_id_string()),
            serial: digits(read.identity().1),
            usages: usages(&read.0),
            is_authority: read.0.is_ca(),
            pin: read.pin(),
            weak,
        })
    }

    /// From when on it is valid, and until when, in UTC: `2026-11-30 05:48:04 UTC`.
    pub fn validity(&self) -> [String; 2] {
        [self.not_before, self.not_after].map(moment)
    }

    /// How its validity stands at a moment, in seconds since 1970: `62 days left`.
    pub fn state(&self, now: i64) -> String {
        if now < self.not_before {
            return format!("NOT YET VALID, for {}", span(self.not_before.saturating_sub(now)));
        }
        if now > self.not_after {
            return format!("EXPIRED {} ago", span(now.saturating_sub(self.not_after)));
        }
        if self.not_after >= NO_END {
            return "no end".to_owned();
        }
        format!("{} left", span(self.not_after.saturating_sub(now)))
    }
}

/// The last day of the year 9999, which stands for no end (RFC 5280, 4.1.2.5), in seconds since 1970.
const NO_END: i64 = 253_402_214_400;

fn span(seconds: i64) -> String {
    let (count, unit) = match seconds {
        172_800.. => (seconds / 86_400, "days"),
        7_200.. => (seconds / 3_600, "hours"),
        120.. => (seconds / 60, "minutes"),
        1 => (1, "second"),
        _ => (seconds, "seconds"),
    };
    format!("{count} {unit}")
}

fn kind(number: &str) -> String {
    let known = SIGNATURES.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| format!("of the kind {number}"), |(_, name)| (*name).to_owned())
}

fn key(certificate: &X509Certificate<'_>) -> String {
    let key = certificate.public_key();
    let curve = || {
        let number = key.algorithm.parameters.as_ref()?.data;
        CURVES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
    };
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA of {} bits", rsa.key_size()),
        Ok(PublicKey::EC(_)) => format!("ECDSA on {}", curve().unwrap_or("another curve")),
        Ok(PublicKey::DSA(_)) => "DSA".to_owned(),
        // Ed25519 and its like have one number for the key and for what it signs.
        _ => kind(&key.algorithm.algorithm.to_id_string()),
    }
}

fn digits(bytes: &[u8]) -> String {
    let shown: Vec<_> = bytes.iter().take(SERIAL).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > SERIAL { "…" } else { "" };
    shown.join(":") + more
}

fn usages(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.extended_key_usage() else { return Vec::new() };
    let usage = extension.value;
    let known = [
        (usage.any, "any"),
        (usage.server_auth, "servers"),
        (usage.client_auth, "clients"),
        (usage.code_signing, "signing code"),
        (usage.email_protection, "mail"),
        (usage.time_stamping, "time stamps"),
        (usage.ocsp_signing, "signing OCSP answers"),
    ];
    let known = known.into_iter().filter(|(is, _)| *is).map(|(_, name)| name.to_owned());
    known.chain(usage.other.iter().map(x509_parser::der_parser::oid::Oid::to_id_string)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_is_left_is_told_in_the_unit_that_fits() {
        let made =
            rcgen::generate_simple_self_signed(vec!["good.example".to_owned()]).expect("a certificate");
        let mut it = Description::of(made.cert.der()).expect("a certificate");
        (it.not_before, it.not_after) = (1_000, 1_000_000);
        let rows = [
            (999, "NOT YET VALID, for 1 second"),
            (1_000, "11 days left"),
            (999_880, "2 minutes left"),
            (999_000, "16 minutes left"),
            (1_000_000, "0 seconds left"),
            (1_010_000, "EXPIRED 2 hours ago"),
            (i64::MAX, "EXPIRED 106751991167289 days ago"),
        ];
        for (now, want) in rows {
            assert_eq!(it.state(now), want, "{now}");
        }
        it.not_after = NO_END;
        assert_eq!(it.state(1_000), "no end");
        assert_eq!((it.key.as_str(), it.signature.as_str()), ("ECDSA on P-256", "ECDSA with SHA-256"));
    }

    #[test]
    fn nothing_that_a_peer_sends_panics() {
        let made =
            rcgen::generate_simple_self_signed(vec!["good.example".to_owned()]).expect("a certificate");
        let whole = made.cert.der().to_vec();
        for length in 0..whole.len() {
            assert!(Description::of(&whole[..length].to_vec().into()).is_none(), "{length}");
        }
        for at in 0..whole.len() {
            for bit in [0x01, 0x80, 0xff] {
                let mut changed = whole.clone();
                changed[at] ^= bit;
                if let Some(it) = Description::of(&changed.into()) {
                    let text = format!("{}{}{:?}{:?}", it.subject, it.issuer, it.hosts, it.validity());
                    assert!(!text.chars().any(char::is_control), "{text:?}");
                    it.state(0);
                }
            }
        }
    }
}
