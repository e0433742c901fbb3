//! How one end of TLS is to be.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::pin::Pin;
use crate::exit::Failure;
use crate::file::When;

/// How one end of TLS is to be. The default verifies against the system's roots, and has no certificate of its own.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Options {
    /// A file of roots in place of the system's. A server with it asks its clients for certificates (mutual TLS).
    pub ca: Option<PathBuf>,
    /// Our own certificate and those that lead to its root, PEM.
    pub cert: Option<PathBuf>,
    /// The key of `cert`, PEM; where it is not given it stands in the file of `cert`.
    pub key: Option<PathBuf>,
    /// Certificates that were revoked, PEM or DER.
    pub crl: Option<PathBuf>,
    /// Whom the certificate has to name, in place of the endpoint's host.
    pub server_name: Option<String>,
    /// The protocols to be spoken over it, the preferred one first.
    pub alpn: Vec<String>,
    /// The lowest version of the protocol.
    pub min: Option<Version>,
    /// The peer's key must be one of these. Without `ca` that is in place of a root and a name, with it beside them.
    pub pins: Vec<Pin>,
    /// Any certificate will do.
    pub insecure: bool,
    /// A file for a certificate of our own making, which is kept there.
    pub self_signed: Option<PathBuf>,
    /// The certificate is verified, and what is wrong with it told, but none is refused: to look at a peer, not to
    /// talk with it. No text of an endpoint sets it.
    pub looks: bool,
    /// For the how-manieth time its files are read. No text of an endpoint sets it.
    pub when: When,
}

impl Options {
    /// An option that could do nothing beside the others, and why; `listens` says which end it is.
    pub(super) fn idle(&self, listens: bool) -> Option<(&'static str, &'static str)> {
        let (chain, pinned) = (self.ca.is_some(), !self.pins.is_empty());
        let rows = [
            (self.key.is_some() && self.cert.is_none(), "key", "is the key of --cert, which is not given"),
            (self.self_signed.is_some() && self.cert.is_some(), "self-signed", "is there in place of --cert"),
            (self.insecure && pinned, "insecure", "takes any certificate, and --pin but one"),
            (self.insecure && chain, "ca", "verifies what --insecure takes unseen"),
            (self.insecure && self.crl.is_some(), "crl", "verifies what --insecure takes unseen"),
            (
                self.crl.is_some() && pinned && !chain,
                "crl",
                "needs --ca: with --pin alone no issuer is known",
            ),
            (
                self.crl.is_some() && listens && !chain,
                "crl",
                "needs --ca: without it no client shows a certificate",
            ),
        ];
        rows.into_iter().find(|(idle, ..)| *idle).map(|(_, option, why)| (option, why))
    }

    /// Whether any of it came from a file, which may be another one by now.
    pub(super) fn has_files(&self) -> bool {
        [&self.ca, &self.cert, &self.key, &self.crl, &self.self_signed].into_iter().any(Option::is_some)
    }

    /// The same, to have the files read again.
    pub(super) fn again(&self) -> Self {
        Self { when: When::Again, ..self.clone() }
    }

    /// Refuses an option that could do nothing.
    pub(super) fn check(&self, listens: bool) -> Result<(), Failure> {
        self.idle(listens)
            .map_or(Ok(()), |(option, why)| Err(Failure::misuse(format_args!("--{option} {why}"))))
    }
}

/// A version of the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Version {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

impl FromStr for Version {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "1.2" => Ok(Self::Tls12),
            "1.3" => Ok(Self::Tls13),
            _ => Err("wants a version of TLS, 1.2 or 1.3"),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls12 => "1.2",
            Self::Tls13 => "1.3",
        })
    }
}
