//! A server: it accepts, gives each client a place and a thread, ends the idle, drains and ends.
//!
//! What is served is a [`Service`]; this room knows no answer. One thread accepts, and serves too unless a few others
//! do ([`pool`]); a connection stays on its thread and owns no buffer while it is idle ([`buffers`]). What the threads
//! know of each other is in [`shared`]. Telling what happens never waits ([`journal`]). A signal stops accepting, lets
//! pending replies are sent, and ends it ([`stop`]).

pub(crate) mod accept;
pub(crate) mod buffers;
pub(crate) mod connection;
mod datagram;
pub(crate) mod files;
pub(crate) mod front;
pub(crate) mod gate;
pub(crate) mod header;
pub(crate) mod journal;
pub(crate) mod limit;
pub(crate) mod once;
mod pool;
pub(crate) mod sessions;
pub(crate) mod shared;
mod spare;
mod status;
mod stop;
pub(crate) mod trouble;

use std::sync::Arc;
use std::time::Duration;

use berkeley::{Address, AsyncSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::endpoint::{Nature, Scheme};
use crate::exit::{Exit, Failure};
use crate::notify::Manager;
use crate::open::listen::Listener;
use crate::signal::Signals;
use connection::Connection;
use pool::Pool;
use shared::Shared;
use stop::Stop;

/// What is served.
pub(crate) trait Service: Send + Sync + 'static {
    /// Serves one client, until it is done or cannot be served any more.
    fn serve(
        &self,
        connection: &Arc<Connection>,
        shared: &Shared,
    ) -> impl Future<Output = std::result::Result<(), Failure>> + Send;

    /// Whether it is made of files, such as certificates, which may have changed.
    fn has_files(&self) -> bool {
        false
    }

    /// Reads those files again.
    fn reload(&self) -> std::result::Result<(), Failure> {
        Ok(())
    }

    /// Why the one client of `--once` could not be served to its end, where the service remembers that.
    fn take_failure(&self) -> Option<Failure> {
        None
    }

    /// Appends to `output` what a datagram is answered with; false where it is answered with nothing, not even with an
    /// empty datagram.
    fn answer(&self, datagram: &[u8], output: &mut Vec<u8>) -> bool;

    /// Serves a socket of datagrams for as long as it is polled; ends after the first one with `once`. Each is answered
    /// on its own, unless the service knows better.
    fn serve_datagrams(
        server: Arc<Server<Self>>,
        socket: AsyncSocket,
        scheme: Scheme,
        once: bool,
    ) -> impl Future<Output = berkeley::Result<()>> + Send
    where
        Self: Sized,
    {
        async move {
            let Server { service, shared } = &*server;
            datagram::serve(&socket, scheme, service, shared, once).await
        }
    }
}

/// How it is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// The server ends after the first client or datagram.
    pub(crate) once: bool,
    /// How many clients may be served at a time.
    pub(crate) places: usize,
    /// How many threads serve connections; 1 is the thread that accepts.
    pub(crate) threads: usize,
    /// How long draining may take.
    pub(crate) grace: Duration,
}

/// A server: what is served, and what its threads share.
#[derive(Debug)]
pub(crate) struct Server<S> {
    pub(crate) service: S,
    pub(crate) shared: Shared,
}

impl<S: Service> Server<S> {
    /// Listens until a signal, or with `once` until the first client is served; calls `ready` when clients are taken.
    pub(crate) async fn run(
        self: &Arc<Self>,
        signals: Signals,
        rules: Rules,
        listeners: Vec<Listener>,
        ready: impl FnOnce(&[Listener]) -> std::result::Result<(), Failure>,
    ) -> std::result::Result<Exit, Failure> {
        let pool = Pool::start(rules.threads, self).map_err(|error| Failure::io("start a thread", &error))?;
        // Whoever is told that it serves may ask at once; unheard, the signal would end it.
        let asked = status::asked();
        ready(&listeners)?;
        let manager = Arc::new(Manager::of_environment());
        let status = status(&listeners);
        manager.ready(&status);
        let mut stop = Stop::new(self.hung_up(signals, &manager, &status));
        let mut paths = Vec::new();
        let mut serving = JoinSet::new();
        let (pool, places) = (Arc::new(pool), Arc::new(Semaphore::new(rules.places)));
        for listener in listeners {
            let scheme = listener.scheme;
            let (socket, path) = listener.into_parts();
            paths.push(path);
            let socket = AsyncSocket::from_socket(socket)?;
            let (server, pool, places) = (Arc::clone(self), Arc::clone(&pool), Arc::clone(&places));
            serving.spawn(async move {
                if !Nature::of(scheme).connected {
                    return S::serve_datagrams(server, socket, scheme, rules.once).await;
                }
                accept::accept(&socket, scheme, &server.shared, &pool, &places, rules.once).await;
                Ok(())
            });
        }
        let idle = Arc::clone(self);
        tokio::spawn(async move { end_idle(&idle.shared).await });
        let alive = Arc::clone(&manager);
        tokio::spawn(async move { alive.keep_alive().await });
        let told = Arc::clone(self);
        tokio::spawn(async move { status::tell(&told.shared, asked).await });
        let signal = tokio::select! {
            // Only with `once` does serving end by itself.
            ended = serving.join_next() => match ended {
                Some(Err(error)) => return Err(Failure::new(Exit::Other, format_args!("a listener failed: {error}"))),
                Some(Ok(Err(error))) => return Err(error.into()),
                Some(Ok(Ok(()))) | None => None,
            },
            signal = stop.next() => Some(signal),
        };
        manager.stopping("no new clients; those that are connected are served to their end");
        // The sockets close, and the paths go, before anything is waited for.
        serving.shutdown().await;
        drop(paths);
        Ok(stop.end(signal, &self.shared, rules.grace).await)
    }

    /// The signals, of which SIGHUP has the files read again, where there are any: the lists of clients, and what the
    /// service has. A certificate is renewed without a client that notices.
    fn hung_up(self: &Arc<Self>, mut signals: Signals, manager: &Arc<Manager>, status: &str) -> Signals {
        if self.shared.gate.has_files() || self.service.has_files() {
            let (server, told) = (Arc::clone(self), Arc::clone(self));
            let read = move || {
                let (lists, files) = (server.shared.gate.reload(), server.service.reload());
                lists.and(files)
            };
            let tell = move |read: std::result::Result<&str, Failure>| match read {
                Ok(text) => told.shared.journal.note(text),
                Err(failure) => told.shared.journal.error(&failure),
            };
            files::read_on_hang_up(&mut signals, manager, status, read, tell);
        }
        signals
    }
}

/// Where it is listened, for people.
fn status(listeners: &[Listener]) -> String {
    listening_on(listeners.iter().map(|listener| (listener.scheme, listener.address)))
}

/// The same of these places.
pub(crate) fn listening_on(places: impl Iterator<Item = (Scheme, Address)>) -> String {
    let places = places.map(|(scheme, address)| scheme.at(&address.to_string()));
    format!("listening on {}", places.collect::<Vec<_>>().join(", "))
}

/// Ends idle connections, looking ten times within the timeout, though no more often than each 10 ms and no less than
/// each second, for as long as the server runs.
async fn end_idle(shared: &Shared) {
    let Some(limit) = shared.idle else { return };
    let rest = (limit / 10).clamp(Duration::from_millis(10), Duration::from_secs(1));
    loop {
        tokio::time::sleep(rest).await;
        shared.registry.end_idle(limit);
    }
}
