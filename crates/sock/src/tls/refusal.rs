//! Why there is no TLS, in words: a refused certificate, a peer's alert, a peer that speaks something else.

use std::fmt;

use rustls::pki_types::CertificateDer;
use rustls::{
    AlertDescription, CertRevocationListError, CertificateError, Error, ExtendedKeyPurpose, InvalidMessage,
    PeerIncompatible,
};
use webpki::Error as Pki;

use super::certificate::{Certificate, moment};
use crate::exit::{Exit, Failure};

/// A certificate that was refused: which, whose, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Whose it is, as it says itself.
    pub subject: String,
    /// Why it was refused.
    pub why: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the certificate {}: {}", self.subject, self.why)
    }
}

/// What was presented, and what is known beside it.
pub(super) struct Case<'a> {
    /// What was presented, the peer's own first.
    pub(super) chain: &'a [&'a CertificateDer<'a>],
    /// Seconds since 1970.
    pub(super) now: i64,
    /// What the lists of revoked certificates say.
    pub(super) lists: &'a Lists,
}

/// What lists of revoked certificates say, to tell which certificate a verifier means.
#[derive(Default, Debug)]
pub(super) struct Lists {
    /// Whose there are.
    pub(super) issuers: Vec<Vec<u8>>,
    /// Issuers and serial numbers.
    pub(super) revoked: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Refusal {
    /// Of a certificate for a reason of our own.
    pub(super) fn new(certificate: &CertificateDer<'_>, why: impl Into<String>) -> Self {
        let subject = Certificate::read(certificate).map_or_else(unreadable, |it| it.subject());
        Self { subject, why: why.into() }
    }

    /// Of what a verifier says.
    pub(super) fn of(error: &Error, case: &Case<'_>) -> Self {
        let chain: Vec<_> = case.chain.iter().filter_map(|der| Certificate::read(der)).collect();
        let Some(own) = chain.first().filter(|_| chain.len() == case.chain.len()) else {
            return Self { subject: unreadable(), why: "it is no certificate that can be read".to_owned() };
        };
        let (culprit, why) = match error {
            Error::InvalidCertificate(error) => {
                of_certificate(error, &chain, case).unwrap_or((own, error.to_string()))
            }
            Error::InvalidCertRevocationList(error) => (own, of_list(error)),
            other => (own, other.to_string()),
        };
        Self { subject: culprit.subject(), why }
    }
}

fn unreadable() -> String {
    "that the peer sent".to_owned()
}

/// The certificate at fault, and the fault.
fn of_certificate<'a, 'b>(
    error: &CertificateError,
    chain: &'b [Certificate<'a>],
    case: &Case<'_>,
) -> Option<(&'b Certificate<'a>, String)> {
    use CertificateError as Fault;
    let own = chain.first()?;
    let find = |is: &dyn Fn(&Certificate<'a>) -> bool| chain.iter().find(|it| is(it)).unwrap_or(own);
    Some(match error {
        Fault::Expired | Fault::ExpiredContext { .. } => {
            let culprit = find(&|it| it.not_after() < case.now);
            (culprit, expired(culprit))
        }
        Fault::NotValidYet | Fault::NotValidYetContext { .. } => {
            let culprit = find(&|it| it.not_before() > case.now);
            (culprit, not_yet(culprit))
        }
        Fault::Revoked => {
            let is_listed = |it: &Certificate<'_>| {
                let (issuer, serial) = it.identity();
                case.lists.revoked.iter().any(|(of, number)| of == issuer && number == serial)
            };
            let culprit = find(&is_listed);
            (culprit, format!("revoked by its issuer, {}", culprit.issuer()))
        }
        Fault::UnknownIssuer => unknown_issuer(chain)?,
        Fault::BadSignature => bad_signature(chain)?,
        Fault::UnsupportedSignatureAlgorithmContext { .. }
        | Fault::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            let culprit = find(&|it| it.weak_signature().is_some());
            (culprit, unsupported(culprit))
        }
        Fault::NotValidForName => (own, wrong_host(own, None)),
        Fault::NotValidForNameContext { expected, .. } => (own, wrong_host(own, Some(&expected.to_str()))),
        Fault::InvalidPurposeContext { required, presented } => {
            (find(&|it| it.lacks(required)), wrong_usage(required, presented))
        }
        Fault::InvalidPurpose => (own, "wrong usage: it is not for this end of TLS".to_owned()),
        Fault::BadEncoding => (own, "badly encoded".to_owned()),
        Fault::UnhandledCriticalExtension => unknown_extension(chain)?,
        Fault::UnknownRevocationStatus => (
            find(&|it| !case.lists.issuers.iter().any(|of| of == it.identity().0)),
            "no list of revoked certificates is of its issuer, so whether it was revoked is unknown"
                .to_owned(),
        ),
        Fault::ExpiredRevocationList => (own, "the list of revoked certificates is out of date".to_owned()),
        Fault::ExpiredRevocationListContext { next_update, .. } => {
            let since = moment(i64::try_from(next_update.as_secs()).unwrap_or(i64::MAX));
            (own, format!("the list of revoked certificates is out of date since {since}"))
        }
        Fault::Other(other) => match other.0.downcast_ref::<Pki>() {
            Some(Pki::UnsupportedCriticalExtension) => unknown_extension(chain)?,
            Some(error) => (own, of_pki(error, own)),
            None => (own, other.to_string()),
        },
        _ => return None,
    })
}

/// That one which issued others may issue none.
pub(super) const MAY_NOT_SIGN: &str =
    "wrong usage: it may sign no certificates (keyUsage without keyCertSign), and has signed one";

/// That the end of a chain may not prove who it is.
pub(super) const MAY_NOT_PROVE: &str =
    "wrong usage: its key may not sign what TLS asks it to (keyUsage without digitalSignature)";

fn unknown_extension<'a, 'b>(chain: &'b [Certificate<'a>]) -> Option<(&'b Certificate<'a>, String)> {
    let own = chain.first()?;
    let found = chain.iter().find_map(|it| Some((it, it.unknown_extension()?)));
    let (culprit, number) = found.map_or((own, None), |(culprit, number)| (culprit, Some(number)));
    let number = number.map(|number| format!(" ({number})")).unwrap_or_default();
    Some((culprit, format!("it has a critical extension that is not known here{number}")))
}

/// Why a certificate does not count at a moment, by its own dates; `None` where it does.
pub(super) fn out_of_date(it: &Certificate<'_>, now: i64) -> Option<String> {
    if it.not_after() < now {
        return Some(expired(it));
    }
    (it.not_before() > now).then(|| not_yet(it))
}

fn not_yet(it: &Certificate<'_>) -> String {
    format!("not valid until {}", moment(it.not_before()))
}

fn expired(it: &Certificate<'_>) -> String {
    if it.not_after() < it.not_before() {
        return "its validity ends before it begins".to_owned();
    }
    format!("expired since {}", moment(it.not_after()))
}

/// The last certificate on the way to a root: the one whose issuer is not there.
fn last<'a, 'b>(chain: &'b [Certificate<'a>]) -> Option<&'b Certificate<'a>> {
    let mut last = chain.first()?;
    // Each step goes to another one, so there are at most as many as certificates.
    for _ in chain {
        match chain.iter().find(|it| last.is_issued_by(it) && !std::ptr::eq(*it, last)) {
            Some(issuer) if !last.is_self_issued() => last = issuer,
            _ => break,
        }
    }
    Some(last)
}

fn unknown_issuer<'a, 'b>(chain: &'b [Certificate<'a>]) -> Option<(&'b Certificate<'a>, String)> {
    let last = last(chain)?;
    let why = if last.is_self_issued() {
        "it is signed by itself, and is no root that is known here".to_owned()
    } else {
        format!("its issuer is unknown here: {}", last.issuer())
    };
    Some((last, why))
}

fn bad_signature<'a, 'b>(chain: &'b [Certificate<'a>]) -> Option<(&'b Certificate<'a>, String)> {
    if let Some((culprit, why)) = chain.iter().find_map(|it| Some((it, it.weak_key()?))) {
        return Some((culprit, why));
    }
    let issuer = |it: &Certificate<'a>| chain.iter().find(|other| it.is_issued_by(other));
    // What is well signed by one that was presented is not at fault.
    let culprit = chain.iter().find(|it| !issuer(it).is_some_and(|issuer| it.is_signed_by(issuer)));
    let culprit = culprit.or(chain.first())?;
    let issuer = culprit.issuer();
    Some((culprit, format!("bad signature: it was not made by the key of its issuer, {issuer}")))
}

fn unsupported(it: &Certificate<'_>) -> String {
    match it.weak_signature() {
        Some(hash) => format!("a weak signature, by {hash}"),
        None => "its signature is of a kind that is not supported".to_owned(),
    }
}

fn wrong_host(it: &Certificate<'_>, expected: Option<&str>) -> String {
    let wanted = expected.map(|expected| format!(", and not for {expected}")).unwrap_or_default();
    match it.names().as_slice() {
        [] => format!("wrong host: it is for no host at all (it has no subjectAltName){wanted}"),
        names => format!("wrong host: it is for {}{wanted}", list(names)),
    }
}

/// The first of several names.
fn list(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(MOST) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}

fn wrong_usage(required: &ExtendedKeyPurpose, presented: &[ExtendedKeyPurpose]) -> String {
    let has = match presented {
        [] => "nothing".to_owned(),
        some => some.iter().map(purpose).collect::<Vec<_>>().join(", "),
    };
    format!("wrong usage: it is for {has}, and not for {}", purpose(required))
}

fn purpose(purpose: &ExtendedKeyPurpose) -> String {
    match purpose {
        ExtendedKeyPurpose::ClientAuth => "clients".to_owned(),
        ExtendedKeyPurpose::ServerAuth => "servers".to_owned(),
        ExtendedKeyPurpose::Other(oid) => {
            let numbers: Vec<_> = oid.iter().map(ToString::to_string).collect();
            match numbers.join(".").as_str() {
                "2.5.29.37.0" => "any usage".to_owned(),
                "1.3.6.1.5.5.7.3.3" => "signing code".to_owned(),
                "1.3.6.1.5.5.7.3.4" => "mail".to_owned(),
                "1.3.6.1.5.5.7.3.8" => "time stamps".to_owned(),
                "1.3.6.1.5.5.7.3.9" => "signing OCSP answers".to_owned(),
                other => format!("the usage {other}"),
            }
        }
    }
}

fn of_pki(error: &Pki, own: &Certificate<'_>) -> String {
    match error {
        Pki::NameConstraintViolation => {
            format!("a name constraint of an issuer of it does not allow {}", list(&own.names()))
        }
        Pki::CaUsedAsEndEntity => "it is a certificate authority's, and not a host's".to_owned(),
        Pki::EndEntityUsedAsCa => {
            "one that issued it is no certificate authority (basicConstraints)".to_owned()
        }
        Pki::PathLenConstraintViolated => {
            "an authority above it allows fewer authorities below it (pathLenConstraint)".to_owned()
        }
        Pki::UnsupportedCertVersion => "it is no certificate of version 3".to_owned(),
        Pki::EmptyEkuExtension => "wrong usage: it is for nothing (extendedKeyUsage is empty)".to_owned(),
        Pki::SignatureAlgorithmMismatch => "it names two different kinds of signature".to_owned(),
        Pki::InvalidSerialNumber => "its serial number is longer than 20 bytes".to_owned(),
        Pki::MalformedNameConstraint | Pki::InvalidNetworkMaskConstraint => {
            "a name constraint of an issuer of it cannot be read".to_owned()
        }
        Pki::ExtensionValueInvalid | Pki::MalformedExtensions => {
            "an extension cannot be read, or is there twice".to_owned()
        }
        Pki::MaximumPathDepthExceeded => "its chain is too long".to_owned(),
        Pki::MaximumSignatureChecksExceeded | Pki::MaximumPathBuildCallsExceeded => {
            "too many ways lead from it to a root".to_owned()
        }
        other => format!("it cannot be accepted: {other:?}"),
    }
}

fn of_list(error: &CertRevocationListError) -> String {
    match error {
        CertRevocationListError::BadSignature => {
            "the list of revoked certificates was not signed by its issuer".to_owned()
        }
        CertRevocationListError::IssuerInvalidForCrl => {
            "its issuer may sign no list of revoked certificates (keyUsage)".to_owned()
        }
        other => format!("the list of revoked certificates cannot be used: {other:?}"),
    }
}

/// A peer whose certificate is not to be trusted.
pub fn refused(whom: &str, refusal: &Refusal) -> Failure {
    Failure::new(Exit::Tls, format_args!("tls {whom}: {refusal}"))
}

/// A failure of TLS with a peer: `whom` says with whom, `refusal` which of its certificates was refused.
pub fn failure(error: &Error, whom: &str, refusal: Option<Refusal>) -> Failure {
    if let Some(refusal) = refusal {
        return refused(whom, &refusal)
            .hint("--ca takes a root, --pin a key; --insecure takes anything, and so anyone in between");
    }
    let (why, hint) = match error {
        Error::AlertReceived(alert) => (format!("the peer refuses: {}", of_alert(*alert)), hint_for(*alert)),
        Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge) => {
            ("a message of the peer is too long: its certificates, as a rule".to_owned(), None)
        }
        Error::InvalidMessage(_) => {
            ("the peer does not speak TLS".to_owned(), Some("is it another port, or one without TLS?"))
        }
        Error::PeerIncompatible(why) => incompatible(why),
        Error::PeerMisbehaved(why) => (format!("the peer breaks the protocol: {why:?}"), None),
        Error::NoApplicationProtocol => ("the peer speaks none of the protocols of --alpn".to_owned(), None),
        Error::NoCertificatesPresented => {
            ("the peer has no certificate, and needs one here".to_owned(), None)
        }
        Error::DecryptError => ("what came was changed on its way".to_owned(), None),
        other => (other.to_string(), None),
    };
    let failure = Failure::new(Exit::Tls, format_args!("tls {whom}: {why}"));
    match hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn incompatible(why: &PeerIncompatible) -> (String, Option<&'static str>) {
    use PeerIncompatible as Why;
    let words = match why {
        Why::ServerTlsVersionIsDisabledByOurConfig
        | Why::Tls12NotOfferedOrEnabled
        | Why::SupportedVersionsExtensionRequired => {
            let hint = "--tls-min says the lowest version";
            return ("the peer speaks only versions of TLS below ours".to_owned(), Some(hint));
        }
        Why::ServerDoesNotSupportTls12Or13 | Why::Tls12NotOffered => {
            "the peer speaks neither TLS 1.2 nor TLS 1.3"
        }
        Why::NoCipherSuitesInCommon => "no cipher in common with the peer",
        Why::NoKxGroupsInCommon | Why::NamedGroupsExtensionRequired | Why::KeyShareExtensionRequired => {
            "no key exchange in common with the peer"
        }
        Why::NoSignatureSchemesInCommon | Why::SignatureAlgorithmsExtensionRequired => {
            "no kind of signature in common with the peer"
        }
        Why::NoCertificateRequestSignatureSchemesInCommon => {
            "the peer takes no signature that the key of our certificate can make"
        }
        Why::ExtendedMasterSecretExtensionRequired => "the peer has no extended master secret (RFC 7627)",
        other => return (format!("nothing in common with the peer: {other:?}"), None),
    };
    (words.to_owned(), None)
}

fn of_alert(alert: AlertDescription) -> String {
    use AlertDescription as Alert;
    let words = match alert {
        Alert::HandshakeFailure => "nothing in common (handshake_failure)",
        Alert::BadCertificate => "our certificate is bad (bad_certificate)",
        Alert::UnsupportedCertificate => {
            "our certificate is of another kind or usage (unsupported_certificate)"
        }
        Alert::CertificateRevoked => "our certificate was revoked (certificate_revoked)",
        Alert::CertificateExpired => "our certificate has expired (certificate_expired)",
        Alert::CertificateUnknown => "it does not accept our certificate (certificate_unknown)",
        Alert::UnknownCA => "it does not know who issued our certificate (unknown_ca)",
        Alert::AccessDenied => "we may not (access_denied)",
        Alert::DecryptError => "a signature of ours is wrong (decrypt_error)",
        Alert::ProtocolVersion => "it speaks other versions of TLS (protocol_version)",
        Alert::InsufficientSecurity => "it wants stronger ciphers (insufficient_security)",
        Alert::UnrecognisedName => "it has no such name (unrecognized_name)",
        Alert::CertificateRequired => "it wants a certificate of ours (certificate_required)",
        Alert::NoApplicationProtocol => "it speaks none of our protocols (no_application_protocol)",
        Alert::InternalError => "something failed there (internal_error)",
        Alert::UserCanceled => "it was cancelled there (user_canceled)",
        other => return format!("its alert is {other:?}"),
    };
    words.to_owned()
}

fn hint_for(alert: AlertDescription) -> Option<&'static str> {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure => {
            Some("--cert and --key give a certificate of ours")
        }
        AlertDescription::UnrecognisedName => Some("--server-name says which name is asked for"),
        AlertDescription::NoApplicationProtocol => Some("--alpn says which protocols are offered"),
        _ => None,
    }
}
