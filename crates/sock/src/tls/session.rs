//! What two ends have agreed on, and what the peer showed.

use rustls::{Connection, ProtocolVersion};

use super::description::Description;
use super::refusal::Refusal;
use super::verify::Seen;
use crate::report::escape::escape;

/// The most of a protocol's name that is shown, in bytes.
const SHOWN: usize = 120;

/// What two ends have agreed on, and what the peer showed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// `TLS 1.3`.
    pub protocol: String,
    /// By its name in the registry: `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    /// By its name in the registry: `X25519`.
    pub key_exchange: Option<String>,
    /// The protocol over it (ALPN).
    pub alpn: Option<String>,
    /// The size of the answer of OCSP that came with the certificate (stapling), in bytes; 0 without.
    pub ocsp: usize,
    /// The peer's certificate and those that lead to its root; `None` for one that cannot be read.
    pub chain: Vec<Option<Description>>,
    /// Why the certificate is not to be trusted, where it was only looked at.
    pub refusal: Option<Refusal>,
}

impl Session {
    /// That of a connection whose handshake is over.
    pub(crate) fn of(connection: &Connection, seen: &Seen) -> Self {
        let cipher = connection.negotiated_cipher_suite().map(|it| format!("{:?}", it.suite()));
        Self {
            protocol: match connection.protocol_version() {
                Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".to_owned(),
                Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".to_owned(),
                other => format!("{other:?}"),
            },
            cipher: cipher.unwrap_or_default(),
            key_exchange: connection.negotiated_key_exchange_group().map(|it| format!("{:?}", it.name())),
            alpn: connection.alpn_protocol().map(|name| escape(name, SHOWN).to_string()),
            ocsp: seen.ocsp,
            chain: connection.peer_certificates().unwrap_or_default().iter().map(Description::of).collect(),
            refusal: seen.refusal.clone(),
        }
    }
}
