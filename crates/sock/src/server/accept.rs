//! Taking clients in, as fast as they may be served.

use std::sync::Arc;
use std::time::Instant;

use berkeley::{Address, AsyncSocket, Error, Result, option};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::consume_budget;
use tokio::time::sleep;

use super::Service;
use super::connection::Connection;
use super::gate;
use super::journal::unnamed;
use super::pool::{Client, Pool};
use super::shared::Shared;
use super::trouble::{PAUSE, Trouble, WANTING, is_the_clients};
use crate::endpoint::Scheme;
use crate::exit::Failure;

/// Accepts clients for as long as it is polled; ends after the first with `once`.
pub(crate) async fn accept<S: Service>(
    listener: &AsyncSocket,
    scheme: Scheme,
    shared: &Shared,
    pool: &Pool<S>,
    places: &Arc<Semaphore>,
    once: bool,
) {
    let mut trouble = Trouble::default();
    loop {
        match next(listener, shared, places).await {
            Ok((socket, address, place)) => {
                trouble.success();
                let (peer, wants_header) = (peer(&socket, &address), shared.gate.wants_header(&address));
                let connection =
                    Connection::new(socket, scheme, shared.number(), peer).behind_proxy(wants_header);
                let connection = Arc::new(connection);
                if !once {
                    pool.give(Client { connection, place: Some(place) });
                    continue;
                }
                pool.give(Client { connection, place: None });
                if !wants_header || shared.is_taken().await {
                    // Never given on: until this listener's end closes the others as well, they find no place.
                    place.forget();
                    return;
                }
            }
            Err(error) => survive(&mut trouble, &error, shared).await,
        }
    }
}

/// Waits for a client and for a place to serve it in, and only then takes it: until then it waits in the backlog.
///
/// No place is held while there is no client, since another listener may have one. One that is turned away takes none.
async fn next(
    listener: &AsyncSocket,
    shared: &Shared,
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
            Ok((socket, address)) if shared.turns_away(&address) => gate::reset(socket),
            accepted => return accepted.map(|(socket, address)| (socket, address, place)),
        }
    }
}

/// A client that gave up in the backlog is no matter; for all else a pause.
async fn survive(trouble: &mut Trouble, error: &Error, shared: &Shared) {
    let next = trouble.failure(is_the_clients(error), Instant::now());
    if next.say {
        shared.journal.error(&Failure::from(error).hint(WANTING));
    }
    if next.pause {
        // Sooner if a client leaves, which frees what it held.
        tokio::select! {
            () = sleep(PAUSE) => {}
            () = shared.changed.notified() => {}
        }
    }
}

/// Who it is: its address, or of a Unix socket without one its process and user.
fn peer(socket: &AsyncSocket, address: &Address) -> Box<str> {
    if !address.is_unnamed() {
        return address.to_string().into();
    }
    let process = socket.socket().get(option::PEERCRED).ok().map(|peer| (peer.pid, peer.uid));
    unnamed(process).into()
}
