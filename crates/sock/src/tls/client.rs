//! The end that connects.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Connection};

use super::live::Live;
use super::options::Options;
use super::refusal::{Case, Lists, Refusal};
use super::verify::ServerVerifier;
use super::{files, key_log, name, provider, versions};
use crate::exit::{Exit, Failure};

/// What connects: made once, for as many streams as there are.
#[derive(Clone)]
pub struct Client {
    options: Arc<Options>,
    config: Arc<Live<ClientConfig>>,
    name: ServerName<'static>,
    /// What a person should know of it, a line each.
    pub warnings: Vec<String>,
}

impl Client {
    /// For a server of this name or address, unless the options have another.
    ///
    /// # Errors
    ///
    /// Fails where a file cannot be read or is none of its kind, and for a name that no certificate could have.
    pub fn new(options: &Options, host: &str) -> Result<Self, Failure> {
        options.check(false)?;
        let name = name::server_name(options.server_name.as_deref().unwrap_or(host))?;
        let mut warnings = Vec::new();
        if options.insecure {
            let warning =
                "warning: --insecure: any certificate is accepted, so anyone in between can read along";
            warnings.push(warning.to_owned());
        }
        let config = Arc::new(Live::new(configured(options, &mut warnings)?));
        Ok(Self { options: Arc::new(options.clone()), config, name, warnings })
    }

    /// Whether [`reload`](Self::reload) could find something new.
    pub fn has_files(&self) -> bool {
        self.options.has_files()
    }

    /// Reads the files again, for the connections that are made from now on, by clones too; those that there are go on.
    ///
    /// # Errors
    ///
    /// Fails as [`new`](Self::new) would. What was read before stays in use then.
    pub fn reload(&self) -> Result<(), Failure> {
        self.config.set(configured(&self.options.again(), &mut Vec::new())?);
        Ok(())
    }

    /// One connection.
    ///
    /// # Errors
    ///
    /// Fails where rustls cannot have it.
    pub fn connection(&self) -> Result<Connection, Failure> {
        let connection = ClientConnection::new(self.config.get(), self.name.clone());
        Ok(connection.map_err(|error| Failure::new(Exit::Tls, error))?.into())
    }
}

fn configured(options: &Options, warnings: &mut Vec<String>) -> Result<ClientConfig, Failure> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(versions(options))
        .map_err(|error| Failure::new(Exit::Tls, error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(ServerVerifier::new(options)?));
    let mut config = match &options.cert {
        Some(cert) => {
            let (chain, key) = files::own(cert, options.key.as_deref(), options.when)?;
            let own = chain.first().cloned();
            builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| unfit(cert, options.key.as_ref().unwrap_or(cert), own.as_ref(), &error))?
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = options.alpn.iter().map(|it| it.clone().into_bytes()).collect();
    if let Some(log) = key_log(warnings) {
        config.key_log = log;
    }
    Ok(config)
}

/// A certificate and a key that do not go together, or that are of no kind that is known.
pub(super) fn unfit(
    cert: &Path,
    key: &Path,
    own: Option<&CertificateDer<'_>>,
    error: &rustls::Error,
) -> Failure {
    let (cert, key) = (cert.display(), key.display());
    let why = match (error, own) {
        (rustls::Error::InconsistentKeys(_), _) => "the key is another certificate's".to_owned(),
        (other, Some(own)) => {
            Refusal::of(other, &Case { chain: &[own], now: 0, lists: &Lists::default() }).why
        }
        (other, None) => other.to_string(),
    };
    Failure::new(Exit::Tls, format_args!("the certificate {cert} with the key {key}: {why}"))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("name", &self.name).finish_non_exhaustive()
    }
}
