//! The end that is connected to.

use std::fmt;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::{Connection, ServerConfig, ServerConnection};

use super::certificate::Certificate;
use super::client::unfit;
use super::files::Own;
use super::live::Live;
use super::options::Options;
use super::verify::ClientVerifier;
use super::{files, key_log, provider, self_signed, versions};
use crate::exit::{Exit, Failure};

/// What is connected to: made once, for as many streams as there are.
#[derive(Clone)]
pub struct Server {
    options: Arc<Options>,
    config: Arc<Live<ServerConfig>>,
    /// A certificate of our own making that no file keeps.
    made: Option<Arc<Own>>,
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
        let own = match (&options.cert, &options.self_signed) {
            (None, Some(path)) => self_signed::kept(path, hosts)?,
            (None, None) => self_signed::made(hosts).map(|made| (vec![made.certificate], made.key))?,
            (Some(_), _) => of_files(options)?,
        };
        let pin = options.cert.is_none().then(|| own.0.first().and_then(pin)).flatten();
        let in_memory = options.cert.is_none() && options.self_signed.is_none();
        let made = in_memory.then(|| Arc::new((own.0.clone(), own.1.clone_key())));
        let mut warnings = Vec::new();
        let config = Arc::new(Live::new(configured(options, own, &mut warnings)?));
        Ok(Self { options: Arc::new(options.clone()), config, made, pin, warnings })
    }

    /// Whether [`reload`](Self::reload) could find something new.
    pub fn has_files(&self) -> bool {
        self.options.has_files()
    }

    /// Reads the files again, for the clients that come from now on, to clones too; those that there are go on.
    ///
    /// # Errors
    ///
    /// Fails as [`new`](Self::new) would. What was read before stays in use then.
    pub fn reload(&self) -> Result<(), Failure> {
        let options = self.options.again();
        let own = match &self.made {
            Some(made) => (made.0.clone(), made.1.clone_key()),
            None => of_files(&options)?,
        };
        self.config.set(configured(&options, own, &mut Vec::new())?);
        Ok(())
    }

    /// One connection.
    ///
    /// # Errors
    ///
    /// Fails where rustls cannot have it.
    pub fn connection(&self) -> Result<Connection, Failure> {
        let connection = ServerConnection::new(self.config.get());
        Ok(connection.map_err(|error| Failure::new(Exit::Tls, error))?.into())
    }
}

fn configured(options: &Options, own: Own, warnings: &mut Vec<String>) -> Result<ServerConfig, Failure> {
    let builder = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(versions(options))
        .map_err(|error| Failure::new(Exit::Tls, error))?;
    let asks = options.ca.is_some() || !options.pins.is_empty();
    let builder = if asks {
        builder.with_client_cert_verifier(Arc::new(ClientVerifier::new(options)?))
    } else {
        builder.with_no_client_auth()
    };
    let (chain, key) = own;
    let first = chain.first().cloned();
    let cert = options.cert.as_deref().unwrap_or("of our own making".as_ref());
    let mut config = builder
        .with_single_cert(chain, key)
        .map_err(|error| unfit(cert, options.key.as_deref().unwrap_or(cert), first.as_ref(), &error))?;
    config.alpn_protocols = options.alpn.iter().map(|it| it.clone().into_bytes()).collect();
    // Sent behind the handshake, they would lie unread at a client that only writes: closed then, its system resets the
    // connection, and what it wrote may be lost.
    config.send_tls13_tickets = 0;
    if let Some(log) = key_log(warnings) {
        config.key_log = log;
    }
    Ok(config)
}

/// The certificate and the key of files that are there.
fn of_files(options: &Options) -> Result<Own, Failure> {
    match (&options.cert, &options.self_signed) {
        (None, Some(path)) => self_signed::read(path, options.when),
        (cert, _) => files::own(cert.as_deref().unwrap_or("".as_ref()), options.key.as_deref(), options.when),
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
