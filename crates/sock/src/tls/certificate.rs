//! What stands in a certificate, in words. A peer may have written it: all of it is escaped.

use std::net::IpAddr;

use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::pin::Pin;
use crate::report::escape::escape;

/// The most of a name that is shown, in bytes.
const SHOWN: usize = 120;

/// The smallest RSA key that is not weak, in bits.
const RSA: usize = 2048;

/// What stands in a certificate.
#[derive(Debug)]
pub(super) struct Certificate<'a>(X509Certificate<'a>);

impl<'a> Certificate<'a> {
    /// `None` where it cannot be read.
    pub(super) fn read(der: &'a CertificateDer<'_>) -> Option<Self> {
        X509Certificate::from_der(der).ok().map(|(_, certificate)| Self(certificate))
    }

    pub(super) fn subject(&self) -> String {
        name(self.0.subject())
    }

    pub(super) fn issuer(&self) -> String {
        name(self.0.issuer())
    }

    /// Whether `other` is, by its name, the issuer.
    pub(super) fn is_issued_by(&self, other: &Self) -> bool {
        self.0.issuer().as_raw() == other.0.subject().as_raw()
    }

    pub(super) fn is_self_issued(&self) -> bool {
        self.is_issued_by(self)
    }

    pub(super) fn serial(&self) -> &[u8] {
        self.0.raw_serial()
    }

    pub(super) fn not_before(&self) -> i64 {
        self.0.validity().not_before.timestamp()
    }

    pub(super) fn not_after(&self) -> i64 {
        self.0.validity().not_after.timestamp()
    }

    /// The names and addresses that it is for.
    pub(super) fn names(&self) -> Vec<String> {
        let Ok(Some(extension)) = self.0.subject_alternative_name() else { return Vec::new() };
        extension.value.general_names.iter().filter_map(host).collect()
    }

    /// Why its own key is weak, if it is.
    pub(super) fn weak_key(&self) -> Option<String> {
        match self.0.public_key().parsed() {
            Ok(PublicKey::RSA(key)) if key.key_size() < RSA => {
                Some(format!("a weak key, RSA of {} bits", key.key_size()))
            }
            _ => None,
        }
    }

    /// The hash that it is signed with, where that is one that nobody should trust.
    pub(super) fn weak_signature(&self) -> Option<&'static str> {
        match self.0.signature_algorithm.algorithm.to_id_string().as_str() {
            "1.2.840.113549.1.1.2" => Some("MD2"),
            "1.2.840.113549.1.1.4" => Some("MD5"),
            "1.2.840.113549.1.1.5" | "1.2.840.10045.4.1" | "1.2.840.10040.4.3" => Some("SHA-1"),
            _ => None,
        }
    }

    /// By which it can be pinned.
    pub(super) fn pin(&self) -> Option<Pin> {
        Pin::of(self.0.public_key().raw)
    }
}

fn name(name: &X509Name<'_>) -> String {
    let text = name.to_string();
    if text.is_empty() { "without a name".to_owned() } else { escape(text.as_bytes(), SHOWN).to_string() }
}

fn host(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(escape(name.as_bytes(), SHOWN).to_string()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| IpAddr::from(bytes).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// A moment for people: `2026-11-30 05:48:04 UTC`.
pub(super) fn moment(seconds: i64) -> String {
    let Ok(time) = ASN1Time::from_timestamp(seconds) else { return format!("{seconds} s after 1970") };
    let time = time.to_datetime();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}
