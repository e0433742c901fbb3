//! Taking clients in, as fast as they may be served.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use berkeley::{Address, AsyncSocket, Error, option};
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
        match next(listener, scheme, shared, places).await {
            Ok(Taken { socket, address, place, has_spare }) => {
                trouble.success();
                let (peer, wants_header) = (peer(&socket, &address), shared.gate.wants_header(&address));
                let connection =
                    Connection::new(socket, scheme, shared.number(), peer).behind_proxy(wants_header);
                let connection = Arc::new(connection.sparing(has_spare));
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
            Err(fault) => survive(&mut trouble, fault, shared).await,
        }
    }
}

/// A client that is taken in.
struct Taken {
    socket: AsyncSocket,
    address: Address,
    place: OwnedSemaphorePermit,
    /// Descriptors are set aside for what it will have opened.
    has_spare: bool,
}

/// Why none can be.
struct Fault {
    is_the_clients: bool,
    failure: Failure,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self { is_the_clients: is_the_clients(&error), failure: Failure::from(&error) }
    }
}

/// Waits for a client, for a place to serve it in and for descriptors, and only then takes it: until then it waits in
/// the backlog.
///
/// No place is held while there is no client, since another listener may have one. One that is turned away takes none.
async fn next(
    listener: &AsyncSocket,
    scheme: Scheme,
    shared: &Shared,
    places: &Arc<Semaphore>,
) -> Result<Taken, Fault> {
    loop {
        // Clients that come in a storm must not keep the thread from those that it serves.
        consume_budget().await;
        listener.readable().await?;
        // The semaphore is never closed; if it were, nobody could be served.
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return std::future::pending().await };
        let aside = shared.spare.set_aside().map_err(|error| without_room(listener, scheme, &error))?;
        match listener.try_accept() {
            Err(error) if error.is_would_block() => {}
            Err(error) => return Err(error.into()),
            Ok((socket, address)) if shared.turns_away(&address) => gate::reset(socket),
            Ok((socket, address)) => return Ok(Taken { socket, address, place, has_spare: aside.keep() }),
        }
    }
}

/// There are no descriptors for what a client would have opened.
fn without_room(listener: &AsyncSocket, scheme: Scheme, error: &io::Error) -> Fault {
    let place =
        listener.local_address().map_or_else(|_| scheme.to_string(), |own| scheme.at(&own.to_string()));
    let failure = Failure::io(format_args!("accept {place}"), error).done_to("accept", &place);
    Fault { is_the_clients: false, failure }
}

/// A client that gave up in the backlog is no matter; for all else a pause.
async fn survive(trouble: &mut Trouble, fault: Fault, shared: &Shared) {
    let next = trouble.failure(fault.is_the_clients, Instant::now());
    if next.say {
        shared.journal.error(&fault.failure.hint(WANTING));
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
pub(crate) fn peer(socket: &AsyncSocket, address: &Address) -> Box<str> {
    if !address.is_unnamed() {
        return address.to_string().into();
    }
    let process = socket.socket().get(option::PEERCRED).ok().map(|peer| (peer.pid, peer.uid));
    unnamed(process).into()
}
