//! TLS over what an endpoint opens.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::host_text;
use crate::endpoint::{Endpoint, Host, Layer, Place};
use crate::exit::{Exit, Failure};
use crate::quantity::Period;
use crate::stream::{SocketStream, Stream, TlsStream};
use crate::tls::{Client, Server};

/// How long a client's handshake may take, and before it the header of a proxy in front of the client.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// Whether TLS goes over the endpoint's stream.
pub(super) fn is_over(endpoint: &Endpoint) -> Result<bool, Failure> {
    match endpoint.layers.as_slice() {
        [] => Ok(false),
        [Layer::Tls] => Ok(true),
        _ => Err(Failure::misuse(format_args!("{endpoint}: TLS over TLS is not to be had"))),
    }
}

/// What connects to the endpoint; `None` without TLS.
pub(super) fn client(endpoint: &Endpoint) -> Result<Option<Client>, Failure> {
    let host = host(endpoint).unwrap_or_else(|| "localhost".to_owned());
    is_over(endpoint)?.then(|| Client::new(&endpoint.own.tls, &host)).transpose()
}

/// What listens at the endpoint; `None` without TLS.
pub(super) fn server(endpoint: &Endpoint) -> Result<Option<Server>, Failure> {
    let mut hosts: Vec<_> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    hosts.extend(host(endpoint).filter(|host| host.is_ascii() && !hosts.contains(host)));
    is_over(endpoint)?.then(|| Server::new(&endpoint.own.tls, &hosts)).transpose()
}

fn host(endpoint: &Endpoint) -> Option<String> {
    match &endpoint.place {
        Place::Inet { host: Host::Loopback | Host::Every, .. } => None,
        Place::Inet { host: Host::V6 { address, .. }, .. } => Some(address.to_string()),
        Place::Inet { host, .. } => Some(host_text(host)),
        _ => None,
    }
}

/// Puts TLS over a connected socket; connecting and the handshake have `limit` together, from `begun` on.
pub(super) async fn connected(
    socket: SocketStream,
    client: &Client,
    whom: &str,
    limit: Duration,
    begun: Instant,
) -> Result<Stream, Failure> {
    shaken(TlsStream::new(socket, client.connection()?, whom), whom, limit, begun).await
}

/// Puts TLS over an accepted socket: the client has 10 s for the handshake.
///
/// # Errors
///
/// Fails where there is no agreement, and where the client takes too long.
pub async fn accepted(socket: SocketStream, server: &Server, peer: &str) -> Result<Stream, Failure> {
    shaken(TlsStream::new(socket, server.connection()?, peer), peer, HANDSHAKE, Instant::now()).await
}

async fn shaken(stream: TlsStream, whom: &str, limit: Duration, begun: Instant) -> Result<Stream, Failure> {
    let left = limit.saturating_sub(begun.elapsed());
    let Ok(outcome) = timeout(left, stream.handshake()).await else {
        let message = format!("tls {whom}: there was no agreement within {}", Period(limit));
        return Err(Failure::new(Exit::Timeout, message));
    };
    outcome.map(|()| Stream::Tls(Box::new(stream)))
}
