//! TLS: from options to what rustls needs, and from its refusals to words.
//!
//! One struct, [`Options`], says how an end of TLS is set up, whichever flags or endpoint options it came from.
//! [`Client`] and [`Server`] are made of it, once, and give a [`Connection`](rustls::Connection) for each stream.
//! This room opens no socket: the stream that carries a connection is [`stream`](crate::stream)'s.
//!
//! A certificate is verified against the system's roots, or those of `ca`. Where it is refused the failure says which
//! certificate, whose, and why ([`Refusal`]).

mod certificate;
mod client;
mod description;
mod files;
mod live;
mod name;
mod options;
mod pin;
mod refusal;
mod roots;
mod self_signed;
mod server;
mod session;
#[cfg(test)]
mod tests;
mod verify;

pub use client::Client;
pub use description::Description;
pub use name::a_label;
pub use options::{Options, Version};
pub use pin::Pin;
pub use refusal::{Refusal, failure, refused};
pub use server::Server;
pub use session::Session;
pub(crate) use verify::{Seen, take_seen};

use std::env;
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
#[cfg(feature = "post-quantum")]
use rustls::crypto::aws_lc_rs as implementation;
#[cfg(not(feature = "post-quantum"))]
use rustls::crypto::ring as implementation;
use rustls::{KeyLogFile, SupportedProtocolVersion};

/// The variable that names the file of secrets, as browsers and curl have it.
const KEY_LOG: &str = "SSLKEYLOGFILE";

const TLS13: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13];

fn provider() -> Arc<CryptoProvider> {
    Arc::new(implementation::default_provider())
}

fn versions(options: &Options) -> &'static [&'static SupportedProtocolVersion] {
    match options.min {
        Some(Version::Tls13) => TLS13,
        Some(Version::Tls12) | None => rustls::ALL_VERSIONS,
    }
}

/// What writes the secrets of connections to a file, where the environment asks for that; a warning goes with it.
fn key_log(warnings: &mut Vec<String>) -> Option<Arc<KeyLogFile>> {
    let path = env::var_os(KEY_LOG).filter(|path| !path.is_empty())?;
    let path = path.to_string_lossy();
    warnings.push(format!("warning: {KEY_LOG} is set: whoever reads {path} can read these connections"));
    Some(Arc::new(KeyLogFile::new()))
}
