//! How one end of TLS is to be.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::pin::Pin;

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
