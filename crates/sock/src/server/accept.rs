//! Taking clients in, as fast as they may be served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use berkeley::{Address, AsyncSocket, Error, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::consume_budget;
use tokio::time::sleep;

use super::Service;
use super::connection::Connection;
use super::pool::{Client, Pool};
use super::shared::Shared;
use crate::endpoint::Scheme;

/// How long to pause when there are no descriptors or no memory left: the client waits in the backlog meanwhile.
const PAUSE: Duration = Duration::from_millis(50);

/// How often at most it is said that there are none.
const SAY: Duration = Duration::from_secs(1);

/// Accepts clients for as long as it is polled; ends after the first with `once`.
pub(crate) async fn accept<S: Service>(
    listener: &AsyncSocket,
    scheme: Scheme,
    shared: &Shared,
    pool: &Pool<S>,
    places: &Arc<Semaphore>,
    once: bool,
) {
    let mut shortage = Shortage::default();
    loop {
        match next(listener, places).await {
            Ok((socket, address, place)) => {
                let peer = if address.is_unnamed() { "unnamed".into() } else { address.to_string().into() };
                let connection = Arc::new(Connection::new(socket, scheme, shared.number(), peer));
                if once {
                    // Never given on: until this listener's end closes the others as well, they find no place.
                    place.forget();
                    return pool.give(Client { connection, place: None });
                }
                pool.give(Client { connection, place: Some(place) });
            }
            Err(error) => shortage.survive(&error, shared).await,
        }
    }
}

/// Waits for a client and for a place to serve it in, and only then takes it: until then it waits in the backlog.
///
/// No place is held while there is no client, since another listener may have one.
async fn next(
    listener: &AsyncSocket,
    places: &Arc<Semaphore>,
) -> Result<(AsyncSocket, Address, OwnedSemaphorePermit)> {
    loop {
        // Clients that come in a storm must not keep the thread from those that it serves.
        consume_budget().await;
        listener.readable().await?;
        // The semaphore is never closed; if it were, nobody could be served.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return std::future::pending().await };
        match listener.try_accept() {
            Err(error) if error.is_would_block() => {}
            accepted => return accepted.map(|(socket, address)| (socket, address, place)),
        }
    }
}

/// What went wrong with accepting, said once a second at most.
#[derive(Default)]
struct Shortage {
    said: Option<Instant>,
}

impl Shortage {
    /// A client that gave up in the backlog is no matter; for all else a pause, or this would spin.
    async fn survive(&mut self, error: &Error, shared: &Shared) {
        if is_the_clients(error) {
            return;
        }
        if self.said.is_none_or(|said| said.elapsed() >= SAY) {
            self.said = Some(Instant::now());
            let hint = "clients wait in the backlog meanwhile; `ulimit -n` shows the limit of descriptors";
            shared.journal.error(error, &[hint]);
        }
        // Sooner if a client leaves, which frees what it held.
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = shared.changed.notified() => {}
        }
    }
}

/// Errors that belong to one client's connection, which accept(2) passes on, and not to the listener.
///
/// `EPERM` is not among them: a firewall may mean one client by it, but a sandbox means all, and that would spin.
fn is_the_clients(error: &Error) -> bool {
    use std::io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable
            | Kind::TimedOut
    )
}
