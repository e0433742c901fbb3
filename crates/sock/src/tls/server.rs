//! The end that is connected to.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Connection, ServerConfig, ServerConnection};

use super::certificate::Certificate;
use super::client::unfit;
use super::options::Options;
use super::verify::ClientVerifier;
use super::{files, key_log, provider, self_signed, versions};
use crate::exit::{Exit, Failure};

/// What is connected to: made once, for as many streams as there are.
#[derive(Clone)]
pub struct Server {
    config: Arc<ServerConfig>,
    /// How a client pins a certificate of our own making: an option of an endpoint.
    pub pin: Option<String>,
    /// What a person should know of it, a line each.
    pub warnings: Vec<String>,
}

impl Server {
    /// With the certificate of the options, or with one of our own making for these names and addresses.
    ///
    /// # Errors
    ///
    /// Fails where a file cannot be read or is none of its kind.
    pub fn new(options: &Options, hosts: &[String]) -> Result<Self, Failure> {
        options.check(true)?;
        let builder = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(versions(options))
            .map_err(|error| Failure::new(Exit::Tls, error))?;
        let asks = options.ca.is_some() || !options.pins.is_empty();
        let builder = if asks {
            builder.with_client_cert_verifier(Arc::new(ClientVerifier::new(options)?))
        } else {
            builder.with_no_client_auth()
        };
        let (chain, key) = own_certificate(options, hosts)?;
        let pin = options.cert.is_none().then(|| chain.first().and_then(pin)).flatten();
        let own = chain.first().cloned();
        let cert = options.cert.as_deref().unwrap_or("of our own making".as_ref());
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|error| unfit(cert, options.key.as_deref().unwrap_or(cert), own.as_ref(), &error))?;
        config.alpn_protocols = options.alpn.iter().map(|it| it.clone().into_bytes()).collect();
        // Sent behind the handshake, they would lie unread at a client that only writes: closed then, its system resets
        // the connection, and what it wrote may be lost.
        config.send_tls13_tickets = 0;
        let mut warnings = Vec::new();
        if let Some(log) = key_log(&mut warnings) {
            config.key_log = log;
        }
        Ok(Self { config: Arc::new(config), pin, warnings })
    }

    /// One connection.
    ///
    /// # Errors
    ///
    /// Fails where rustls cannot have it.
    pub fn connection(&self) -> Result<Connection, Failure> {
        let connection = ServerConnection::new(Arc::clone(&self.config));
        Ok(connection.map_err(|error| Failure::new(Exit::Tls, error))?.into())
    }
}

type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn own_certificate(options: &Options, hosts: &[String]) -> Result<Own, Failure> {
    match (&options.cert, &options.self_signed) {
        (Some(cert), _) => {
            Ok((files::certificates(cert)?, files::key(options.key.as_ref().unwrap_or(cert))?))
        }
        (None, Some(path)) => self_signed::kept(path, hosts),
        (None, None) => self_signed::made(hosts).map(|made| (vec![made.certificate], made.key)),
    }
}

fn pin(certificate: &CertificateDer<'_>) -> Option<String> {
    Some(Certificate::read(certificate)?.pin()?.to_string())
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("pin", &self.pin).finish_non_exhaustive()
    }
}
