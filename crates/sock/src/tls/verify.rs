//! Verifying a peer's certificate, and remembering why one was refused.

use std::cell::Cell;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use x509_parser::prelude::FromDer as _;
use x509_parser::revocation_list::CertificateRevocationList;

use super::certificate::Certificate;
use super::options::Options;
use super::pin::Pin;
use super::refusal::{Case, Lists, MAY_NOT_PROVE, MAY_NOT_SIGN, Refusal};
use super::roots::Roots;
use super::{files, provider};
use crate::exit::{Exit, Failure};

/// What a verifier has seen beside what it answers.
#[derive(Clone, Default, Debug)]
pub(crate) struct Seen {
    /// Why the certificate was refused.
    pub(crate) refusal: Option<Refusal>,
    /// The size of the answer of OCSP that came along, in bytes.
    pub(crate) ocsp: usize,
}

impl Seen {
    /// Adds what was seen later.
    pub(crate) fn add(&mut self, later: Self) {
        // The first fault is the one to be told.
        self.refusal = self.refusal.take().or(later.refusal);
        self.ocsp = self.ocsp.max(later.ocsp);
    }
}

thread_local! {
    /// What was seen last. rustls calls a verifier on the thread that processes a packet, and what is given to rustls
    /// decides the alert: it has no room for words.
    static SEEN: Cell<Seen> = const { Cell::new(Seen { refusal: None, ocsp: 0 }) };
}

/// What verifiers have seen in what this thread has processed last.
pub(crate) fn take_seen() -> Seen {
    SEEN.take()
}

fn note(refusal: Refusal) {
    let mut seen = SEEN.take();
    seen.add(Seen { refusal: Some(refusal), ocsp: 0 });
    SEEN.set(seen);
}

/// What verifies a server's certificate.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    /// By roots, unless pins stand in their place or anything will do.
    chain: Option<Roots<WebPkiServerVerifier>>,
    /// What is refused goes on all the same.
    looks: bool,
    common: Common,
}

/// What verifies a client's certificate.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    chain: Option<Roots<dyn ClientCertVerifier>>,
    common: Common,
}

#[derive(Debug)]
struct Common {
    pins: Vec<Pin>,
    lists: Lists,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Common {
    fn new(options: &Options, lists: &[CertificateRevocationListDer<'_>]) -> Self {
        let algorithms = provider().signature_verification_algorithms;
        Self { pins: options.pins.clone(), lists: said(lists), algorithms }
    }

    /// Has `verify` judge a chain, and judges what rustls does not look at: keyUsage (RFC 5280, 4.2.1.3).
    fn check_chain(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
        verify: impl FnOnce(&[CertificateDer<'_>]) -> Result<(), (Error, Option<Refusal>)>,
    ) -> Result<(), Error> {
        let may_sign = |der: &CertificateDer<'_>| Certificate::read(der).is_none_or(|it| it.may_sign());
        let (signers, unable): (Vec<_>, Vec<_>) = others.iter().cloned().partition(may_sign);
        if let Err((error, refusal)) = verify(&signers) {
            if let Some(refusal) = refusal {
                note(refusal);
                return Err(error);
            }
            return Err(match signed(own, others, &unable) {
                Some(culprit) if error == CertificateError::UnknownIssuer.into() => {
                    misused(culprit, MAY_NOT_SIGN)
                }
                _ => self.refused(error, own, others, now),
            });
        }
        if Certificate::read(own).is_some_and(|it| !it.may_prove()) {
            return Err(misused(own, MAY_NOT_PROVE));
        }
        Ok(())
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
        let case = Case { chain: &chain, now, lists: &self.lists };
        note(Refusal::of(&error, &case));
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
        note(Refusal::new(own, why));
        Err(CertificateError::ApplicationVerificationFailure.into())
    }
}

/// Refuses a certificate that is used for what its keyUsage does not allow.
fn misused(certificate: &CertificateDer<'_>, why: &str) -> Error {
    note(Refusal::new(certificate, why));
    CertificateError::InvalidPurpose.into()
}

/// One of those `unable` to sign that has signed another all the same, by its name.
fn signed<'a>(
    own: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
    unable: &'a [CertificateDer<'a>],
) -> Option<&'a CertificateDer<'a>> {
    let read: Vec<_> = std::iter::once(own).chain(others).filter_map(|der| Certificate::read(der)).collect();
    unable.iter().find(|der| {
        Certificate::read(der)
            .is_some_and(|it| read.iter().any(|other| other.is_issued_by(&it) && !other.is_self_issued()))
    })
}

/// Remembers why a proof was refused.
fn proved(
    outcome: Result<HandshakeSignatureValid, Error>,
    cert: &CertificateDer<'_>,
) -> Result<HandshakeSignatureValid, Error> {
    outcome.inspect_err(|error| {
        let weak = Certificate::read(cert).and_then(|it| it.weak_key());
        let why = weak.unwrap_or_else(|| format!("the peer could not prove that it has its key: {error}"));
        note(Refusal::new(cert, why));
    })
}

/// What stands in the lists that can be read; the verifier itself refuses the others.
fn said(lists: &[CertificateRevocationListDer<'_>]) -> Lists {
    let mut all = Lists::default();
    for list in lists {
        let Ok((_, list)) = CertificateRevocationList::from_der(list) else { continue };
        let issuer = list.issuer().as_raw().to_vec();
        let serials = list.iter_revoked_certificates().map(|it| (issuer.clone(), it.raw_serial().to_vec()));
        all.revoked.extend(serials);
        all.issuers.push(issuer);
    }
    all
}

fn lists(options: &Options) -> Result<Vec<CertificateRevocationListDer<'static>>, Failure> {
    options.crl.as_deref().map_or(Ok(Vec::new()), |path| files::revoked(path, options.when))
}

impl ServerVerifier {
    pub(super) fn new(options: &Options) -> Result<Self, Failure> {
        let lists = lists(options)?;
        let common = Common::new(options, &lists);
        let pins_alone = !options.pins.is_empty() && options.ca.is_none();
        if options.insecure || pins_alone {
            return Ok(Self { chain: None, looks: options.looks, common });
        }
        let roots = files::roots(options.ca.as_deref(), options.when)?;
        let whose = if options.ca.is_some() { OURS } else { "of this system" };
        let make = move |roots| {
            WebPkiServerVerifier::builder_with_provider(roots, provider())
                .with_crls(lists.clone())
                .enforce_revocation_expiration()
                .build()
        };
        let chain = Some(Roots::new(roots, whose, Box::new(make)).map_err(|error| unusable(&error))?);
        Ok(Self { chain, looks: options.looks, common })
    }

    fn judge(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<(), Error> {
        if let Some(chain) = &self.chain {
            self.common.check_chain(own, others, now, |signers| {
                chain.verify(&chained(own, signers), now, |by| {
                    by.verify_server_cert(own, signers, name, ocsp, now).map(drop)
                })
            })?;
        }
        self.common.check_pin(own)
    }

    /// What is only looked at is accepted, whatever the verdict.
    fn outcome<T>(&self, verdict: Result<T, Error>, accepted: T) -> Result<T, Error> {
        verdict.or_else(|error| if self.looks { Ok(accepted) } else { Err(error) })
    }
}

impl ClientVerifier {
    pub(super) fn new(options: &Options) -> Result<Self, Failure> {
        let lists = lists(options)?;
        let common = Common::new(options, &lists);
        let Some(ca) = &options.ca else { return Ok(Self { chain: None, common }) };
        let make = move |roots| {
            WebPkiClientVerifier::builder_with_provider(roots, provider())
                .with_crls(lists.clone())
                .enforce_revocation_expiration()
                .build()
        };
        let chain = Roots::new(files::roots(Some(ca), options.when)?, OURS, Box::new(make));
        Ok(Self { chain: Some(chain.map_err(|error| unusable(&error))?), common })
    }
}

/// Whose roots those of `--ca` are.
const OURS: &str = "of --ca";

/// A certificate and what was presented with it.
fn chained<'a, 'b>(
    own: &'b CertificateDer<'a>,
    others: &'b [CertificateDer<'a>],
) -> Vec<&'b CertificateDer<'a>> {
    std::iter::once(own).chain(others).collect()
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
        let verdict = self.judge(own, others, name, ocsp, now).map(|()| ServerCertVerified::assertion());
        let mut seen = SEEN.take();
        seen.ocsp = ocsp.len();
        SEEN.set(seen);
        self.outcome(verdict, ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = self.common.proved_by_tls12(message, cert, dss);
        self.outcome(verdict, HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = self.common.proved_by_tls13(message, cert, dss);
        self.outcome(verdict, HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.common.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.as_ref().map_or(&[], |chain| chain.by_all().root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(chain) = &self.chain {
            self.common.check_chain(own, others, now, |signers| {
                chain.verify(&chained(own, signers), now, |by| {
                    by.verify_client_cert(own, signers, now).map(drop)
                })
            })?;
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
