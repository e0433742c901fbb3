//! Certificates, keys and lists of revoked ones, out of files.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::exit::{Exit, Failure};
use crate::file::{self, When};
use crate::report::escape::escape;

/// The most of one file, in bytes: the system's roots are a quarter of a megabyte.
const MOST: u64 = 16 << 20;

/// The most of a malformed line that is shown, in bytes.
const SHOWN: usize = 60;

/// A certificate with those that lead to its root, and its key.
pub(super) type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn read(path: &Path, when: When) -> Result<Vec<u8>, Failure> {
    read_out(&open(path, when)?, path)
}

pub(super) fn open(path: &Path, when: When) -> Result<File, Failure> {
    file::open(path, when).map_err(|error| unreadable(path, &error))
}

/// What a file holds that is open.
pub(super) fn read_out(file: &File, path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    // A device tells no length, and may never end.
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > MOST {
        let message = format!("read {}: it is longer than {MOST} bytes", path.display());
        return Err(Failure::new(Exit::Other, message));
    }
    Ok(bytes)
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::io(format_args!("read {}", path.display()), error).done_to("read", path.display())
}

/// A certificate and its key, which stands in the same file unless it has one of its own. Each is read once: a pipe
/// gives what it holds once.
pub(super) fn own(cert: &Path, key: Option<&Path>, when: When) -> Result<Own, Failure> {
    let pem = read(cert, when)?;
    let certificates = certificates_in(&pem, cert)?;
    let key = match key {
        Some(path) => key_in(&read(path, when)?, path)?,
        None => key_beside(&pem, cert)?,
    };
    Ok((certificates, key))
}

/// The key in the file of its certificate.
fn key_beside(pem: &[u8], cert: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Err(PemError::NoItemsFound) if !is_encrypted(pem) => {
            let message = format!("{}: there is no private key beside the certificate", cert.display());
            Err(Failure::new(Exit::Tls, message).hint("--key FILE names the file that has it"))
        }
        _ => key_in(pem, cert),
    }
}

/// Every certificate of a PEM file, one at least.
pub(super) fn certificates_in(pem: &[u8], path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let found: Result<Vec<_>, PemError> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| bad(path, "certificate", &error))?;
    if found.is_empty() {
        return Err(missing(path, "certificate", "-----BEGIN CERTIFICATE-----"));
    }
    Ok(found)
}

/// The first key of a PEM file: PKCS#8, PKCS#1 or SEC1.
pub(super) fn key_in(pem: &[u8], path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    match PrivateKeyDer::from_pem_slice(pem) {
        Err(_) if is_encrypted(pem) => {
            let message = format!("{}: the key is encrypted", path.display());
            let hint = "`openssl pkey -in FILE -out KEY` takes its passphrase away";
            Err(Failure::new(Exit::Tls, message).hint(hint))
        }
        Err(PemError::NoItemsFound) => Err(missing(path, "private key", "-----BEGIN PRIVATE KEY-----")),
        result => result.map_err(|error| bad(path, "private key", &error)),
    }
}

/// The lists of a file, PEM or DER.
pub(super) fn revoked(
    path: &Path,
    when: When,
) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    let bytes = read(path, when)?;
    if bytes.first() == Some(&0x30) {
        return Ok(vec![bytes.into()]);
    }
    let found: Result<Vec<_>, PemError> = CertificateRevocationListDer::pem_slice_iter(&bytes).collect();
    let found = found.map_err(|error| bad(path, "list of revoked certificates", &error))?;
    if found.is_empty() {
        return Err(missing(path, "list of revoked certificates", "-----BEGIN X509 CRL-----"));
    }
    Ok(found)
}

/// The roots of a file; the system's without one.
pub(super) fn roots(path: Option<&Path>, when: When) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let mut store = RootCertStore::empty();
    let Some(path) = path else {
        let mut found = rustls_native_certs::load_native_certs().certs;
        // One that is none is the system's affair, and not ours.
        found.retain(|certificate| store.add(certificate.clone()).is_ok());
        if found.is_empty() {
            let message = "this system has no root certificates to verify a peer's against";
            let hint = "the package is called ca-certificates as a rule; --ca takes a file of them";
            return Err(Failure::new(Exit::Tls, message).hint(hint));
        }
        return Ok(found);
    };
    let roots = certificates_in(&read(path, when)?, path)?;
    for certificate in &roots {
        store.add(certificate.clone()).map_err(|error| {
            Failure::new(Exit::Tls, format_args!("{}: a root that cannot be one: {error}", path.display()))
        })?;
    }
    Ok(roots)
}

fn missing(path: &Path, what: &str, begin: &str) -> Failure {
    let message = format!("{}: there is no {what} in this file", path.display());
    Failure::new(Exit::Tls, message).hint(format!("wanted is PEM, which begins with {begin}"))
}

fn bad(path: &Path, what: &str, error: &PemError) -> Failure {
    let why = match error {
        PemError::MissingSectionEnd { end_marker } => {
            format!("the line -----END {}----- is missing", escape(end_marker, SHOWN))
        }
        PemError::IllegalSectionStart { line } => format!("a malformed line: {}", escape(line, SHOWN)),
        PemError::Base64Decode(_) => "what stands between its lines BEGIN and END is no base64".to_owned(),
        error => error.to_string(),
    };
    let message = format!("{}: the {what} is no PEM: {why}", path.display());
    Failure::new(Exit::Tls, message)
}

fn is_encrypted(pem: &[u8]) -> bool {
    find(pem, b"-----BEGIN ENCRYPTED PRIVATE KEY") || find(pem, b"Proc-Type: 4,ENCRYPTED")
}

fn find(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
