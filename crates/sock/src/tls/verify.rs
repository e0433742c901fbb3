//! Verifying a peer's certificate, and remembering why one was refused.

use std::cell::Cell;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::certificate::Certificate;
use super::options::Options;
use super::pin::Pin;
use super::refusal::{Case, Refusal};
use super::{files, provider};
use crate::exit::{Exit, Failure};

thread_local! {
    /// Why a certificate was refused last. rustls calls a verifier on the thread that processes a packet, and what is
    /// given to rustls decides the alert: it has no room for words.
    static REFUSAL: Cell<Option<Refusal>> = const { Cell::new(None) };
}

/// Why a certificate was refused by what this thread has processed last.
pub(crate) fn take_refusal() -> Option<Refusal> {
    REFUSAL.take()
}

/// What verifies a server's certificate.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    /// By roots, unless pins stand in their place or anything will do.
    chain: Option<Arc<WebPkiServerVerifier>>,
    common: Common,
}

/// What verifies a client's certificate.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    chain: Option<Arc<dyn ClientCertVerifier>>,
    common: Common,
}

#[derive(Debug)]
struct Common {
    pins: Vec<Pin>,
    /// The serial numbers of the lists, to say which certificate was revoked.
    revoked: Vec<Vec<u8>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Common {
    fn new(options: &Options, lists: &[CertificateRevocationListDer<'_>]) -> Self {
        let revoked = lists.iter().flat_map(|list| serials(list)).collect();
        let algorithms = provider().signature_verification_algorithms;
        Self { pins: options.pins.clone(), revoked, algorithms }
    }

    fn refused(
        &self,
        error: Error,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Error {
        let chain: Vec<_> = std::iter::once(own).chain(others).collect();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let case = Case { chain: &chain, now, revoked: &self.revoked };
        REFUSAL.set(Some(Refusal::of(&error, &case)));
        error
    }

    /// The proof of TLS 1.2 that the peer has the key of its certificate.
    fn proved_by_tls12(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        proved(verify_tls12_signature(message, cert, dss, &self.algorithms), cert)
    }

    /// As [`proved_by_tls12`](Self::proved_by_tls12), of TLS 1.3.
    fn proved_by_tls13(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        proved(verify_tls13_signature(message, cert, dss, &self.algorithms), cert)
    }

    fn check_pin(&self, own: &CertificateDer<'_>) -> Result<(), Error> {
        if self.pins.is_empty() {
            return Ok(());
        }
        let pin = Certificate::read(own).and_then(|it| it.pin());
        if pin.is_some_and(|pin| self.pins.contains(&pin)) {
            return Ok(());
        }
        let why = match pin {
            Some(pin) => format!("its key is not the one that is pinned, but {pin}"),
            None => "its key cannot be read".to_owned(),
        };
        REFUSAL.set(Some(Refusal::new(own, why)));
        Err(CertificateError::ApplicationVerificationFailure.into())
    }
}

/// Remembers why a proof was refused.
fn proved(
    outcome: Result<HandshakeSignatureValid, Error>,
    cert: &CertificateDer<'_>,
) -> Result<HandshakeSignatureValid, Error> {
    outcome.inspect_err(|error| {
        let weak = Certificate::read(cert).and_then(|it| it.weak_key());
        let why = weak.unwrap_or_else(|| format!("the peer could not prove that it has its key: {error}"));
        REFUSAL.set(Some(Refusal::new(cert, why)));
    })
}

fn serials(list: &[u8]) -> Vec<Vec<u8>> {
    let Ok((_, list)) = CertificateRevocationList::from_der(list) else { return Vec::new() };
    list.iter_revoked_certificates().map(|it| it.raw_serial().to_vec()).collect()
}

fn lists(options: &Options) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    options.crl.as_deref().map_or(Ok(Vec::new()), files::revoked)
}

impl ServerVerifier {
    pub(super) fn new(options: &Options) -> Result<Self, Failure> {
        let lists = lists(options)?;
        let common = Common::new(options, &lists);
        let pins_alone = !options.pins.is_empty() && options.ca.is_none();
        if options.insecure || pins_alone {
            return Ok(Self { chain: None, common });
        }
        let roots = Arc::new(files::roots(options.ca.as_deref())?);
        let chain = WebPkiServerVerifier::builder_with_provider(roots, provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build();
        Ok(Self { chain: Some(chain.map_err(|error| unusable(&error))?), common })
    }
}

impl ClientVerifier {
    pub(super) fn new(options: &Options) -> Result<Self, Failure> {
        let lists = lists(options)?;
        let common = Common::new(options, &lists);
        let Some(ca) = &options.ca else { return Ok(Self { chain: None, common }) };
        let roots: Arc<RootCertStore> = Arc::new(files::roots(Some(ca))?);
        let chain = WebPkiClientVerifier::builder_with_provider(roots, provider())
            .with_crls(lists)
            .enforce_revocation_expiration()
            .build();
        Ok(Self { chain: Some(chain.map_err(|error| unusable(&error))?), common })
    }
}

fn unusable(error: &impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Tls, format_args!("the certificates cannot be verified: {error}"))
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(chain) = &self.chain {
            chain
                .verify_server_cert(own, others, name, ocsp, now)
                .map_err(|error| self.common.refused(error, own, others, now))?;
        }
        self.common.check_pin(own)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.common.proved_by_tls12(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.common.proved_by_tls13(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.common.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.as_ref().map_or(&[], |chain| chain.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(chain) = &self.chain {
            chain
                .verify_client_cert(own, others, now)
                .map_err(|error| self.common.refused(error, own, others, now))?;
        }
        self.common.check_pin(own)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.common.proved_by_tls12(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.common.proved_by_tls13(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.common.algorithms.supported_schemes()
    }
}
