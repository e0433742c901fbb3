//! How long each step of connecting takes.

use std::time::{Duration, Instant};

use berkeley::Address;
use tokio::time::timeout;

use super::connect::{self, connect_timeout};
use super::listen::check_family;
use super::tls;
use super::worker::{Target, Terms, on_a_worker};
use crate::endpoint::{Endpoint, Host, Place};
use crate::exit::Failure;
use crate::stream::{Nature, SocketStream};

/// How long each step took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Phases {
    /// The lookup of the name. None of an address, none behind a proxy, which looks names up itself, and none with
    /// `?starttls` or `?proxy-protocol`, where it is a part of `connect`.
    pub lookup: Option<Duration>,
    /// The connection, with what is said to proxies.
    pub connect: Duration,
    /// The handshake of TLS; none without.
    pub handshake: Option<Duration>,
}

/// Connects once, closes again, and gives who was there, where that is known, and how long each step took. `?retry=`
/// does nothing.
///
/// # Errors
///
/// As [`connected`](super::connected), each try of which this is.
pub async fn phased(target: &Target, terms: Terms) -> Result<(Option<Address>, Phases), Failure> {
    let endpoint = target.endpoint();
    check_family(endpoint, terms.family)?;
    let limit = connect_timeout(terms.timeout, endpoint)?;
    let begun = Instant::now();
    let (addresses, lookup) = if is_looked_up_here(endpoint) {
        let (asked, family) = (endpoint.clone(), terms.family);
        let found = on_a_worker("look up", move || connect::resolved(&asked, family, limit)).await?;
        (Some(found), Some(begun.elapsed()))
    } else {
        (None, None)
    };
    let looked_up = Instant::now();
    // Zero would mean that there is no limit.
    let left = limit.saturating_sub(begun.elapsed()).max(Duration::from_millis(1));
    let opened = match &addresses {
        Some(addresses) => connect::to_addresses(endpoint, addresses, terms.family, left).await?,
        None => Box::pin(connect::connect(endpoint, terms.family, terms.client, left)).await?,
    };
    let connect = looked_up.elapsed();
    // Behind a proxy the address is the proxy's.
    let peer = opened.socket.peer_address().ok().filter(|_| endpoint.via.is_empty());
    let shaking = Instant::now();
    let socket = SocketStream::new(opened.socket, Nature::of(endpoint.scheme))?;
    let handshake = match target.client() {
        None => None,
        Some(client) => {
            let place = endpoint.place.to_string();
            let stream = Box::pin(tls::connected(socket, client, &place, limit, begun)).await?;
            let handshake = shaking.elapsed();
            // That we are done is said once, and not waited for long.
            let _ = timeout(Duration::from_millis(100), stream.end()).await;
            Some(handshake)
        }
    };
    Ok((peer, Phases { lookup, connect, handshake }))
}

/// Whether there is a name that this machine looks up before it connects.
fn is_looked_up_here(endpoint: &Endpoint) -> bool {
    let own = &endpoint.own;
    let is_direct = endpoint.via.is_empty() && own.proxy_protocol.is_none() && own.starttls.is_none();
    is_direct && matches!(endpoint.place, Place::Inet { host: Host::Name(_), .. })
}
