//! What stands in a certificate, in words. A peer may have written it: all of it is escaped.

use std::net::IpAddr;

use rustls::ExtendedKeyPurpose;
use rustls::pki_types::CertificateDer;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer as _;
use x509_parser::public_key::PublicKey;
use x509_parser::time::ASN1Time;
use x509_parser::x509::X509Name;

use super::pin::Pin;
use super::provider;
use crate::report::escape::escape;

/// The most of a name that is shown, in bytes.
const SHOWN: usize = 120;

/// The smallest RSA key that is not weak, in bits.
const RSA: usize = 2048;

/// The critical extensions that are heeded: keyUsage, subjectAltName, basicConstraints, nameConstraints, extKeyUsage.
const HEEDED: [&str; 5] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"];

/// What stands in a certificate.
#[derive(Debug)]
pub(super) struct Certificate<'a>(pub(super) X509Certificate<'a>);

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

    /// Its issuer and its number, which no two certificates have in common.
    pub(super) fn identity(&self) -> (&[u8], &[u8]) {
        (self.0.issuer().as_raw(), self.0.raw_serial())
    }

    /// Whether its signature is one of `issuer`'s key.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let (message, signature) = (self.0.tbs_certificate.as_ref(), &self.0.signature_value.data);
        let key = &issuer.0.public_key().subject_public_key.data;
        // Of those for another kind of key or signature none succeeds.
        let known = provider().signature_verification_algorithms.all;
        known.iter().any(|algorithm| algorithm.verify_signature(key, message, signature).is_ok())
    }

    /// Whether its keyUsage allows to sign certificates, which one that has none does.
    pub(super) fn may_sign(&self) -> bool {
        !matches!(self.0.key_usage(), Ok(Some(usage)) if !usage.value.key_cert_sign())
    }

    /// Whether its keyUsage allows to prove within TLS that one has its key (RFC 8446, 4.4.2.2).
    pub(super) fn may_prove(&self) -> bool {
        !matches!(self.0.key_usage(), Ok(Some(usage)) if !usage.value.digital_signature())
    }

    /// Whether its extendedKeyUsage leaves `purpose` out.
    pub(super) fn lacks(&self, purpose: &ExtendedKeyPurpose) -> bool {
        let Ok(Some(usage)) = self.0.extended_key_usage() else { return false };
        match purpose {
            ExtendedKeyPurpose::ServerAuth => !usage.value.server_auth,
            ExtendedKeyPurpose::ClientAuth => !usage.value.client_auth,
            ExtendedKeyPurpose::Other(_) => false,
        }
    }

    /// A critical extension that is not heeded here, by its number.
    pub(super) fn unknown_extension(&self) -> Option<String> {
        let critical = self.0.extensions().iter().filter(|it| it.critical).map(|it| it.oid.to_id_string());
        critical.into_iter().find(|number| !HEEDED.contains(&number.as_str()))
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
        GeneralName::DNSName(name) => {
            let is_address = name.parse::<IpAddr>().is_ok();
            let shown = escape(name.as_bytes(), SHOWN);
            Some(if is_address { format!("the name {shown}") } else { shown.to_string() })
        }
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
