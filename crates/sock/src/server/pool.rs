//! The threads that serve: a runtime of one thread each, so that a connection never changes its thread, and the
//! thread's buffers serve all its connections. Where one is enough, it is the thread that accepts.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::connection::Connection;
use super::{Server, Service};
use crate::exit::Failure;

/// A client that was accepted and has no thread yet: its socket meets the reactor of the thread that serves it.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) connection: Arc<Connection>,
    /// Its place among the clients that may be served at a time, free again when this is dropped; `None` for one that
    /// is never given on.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

/// Where clients are served.
#[derive(Debug)]
pub(crate) enum Pool<S> {
    /// On the thread that accepts them.
    ///
    /// A process of one thread pays less for each system call: the kernel need not count references to its
    /// descriptors, nor libc guard its calls against cancellation. A second thread makes a small echo 2 % dearer.
    Here(Arc<Station<S>>),
    /// On threads of their own.
    Workers(Vec<Worker<S>>),
}

/// What the clients of a thread share.
#[derive(Debug)]
pub(crate) struct Station<S> {
    server: Arc<Server<S>>,
    connections: AtomicUsize,
}

/// A thread, and how to reach it.
#[derive(Debug)]
pub(crate) struct Worker<S> {
    // Unbounded, and yet bounded: a client waits here only until its thread turns round, and each holds a descriptor.
    clients: UnboundedSender<Client>,
    station: Arc<Station<S>>,
}

impl<S: Service> Pool<S> {
    pub(crate) fn start(threads: usize, server: &Arc<Server<S>>) -> io::Result<Self> {
        if threads == 1 {
            return Ok(Self::Here(Station::new(server)));
        }
        (0..threads).map(|index| Worker::start(index, server)).collect::<io::Result<_>>().map(Self::Workers)
    }

    /// Has the client served, by the thread with the fewest.
    pub(crate) fn give(&self, client: Client) {
        match self {
            Self::Here(station) => {
                station.connections.fetch_add(1, Ordering::Relaxed);
                station.attend(client);
            }
            Self::Workers(workers) => {
                let load = |worker: &&Worker<S>| worker.station.connections.load(Ordering::Relaxed);
                if let Some(least) = workers.iter().min_by_key(load) {
                    least.give(client);
                }
            }
        }
    }
}

impl<S: Service> Worker<S> {
    fn start(index: usize, server: &Arc<Server<S>>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (clients, incoming) = unbounded_channel();
        let station = Station::new(server);
        let here = Arc::clone(&station);
        thread::Builder::new()
            .name(format!("worker {index}"))
            .spawn(move || runtime.block_on(work(incoming, &here)))?;
        Ok(Self { clients, station })
    }

    fn give(&self, client: Client) {
        self.station.connections.fetch_add(1, Ordering::Relaxed);
        // A thread that is gone, as none is while the pool lives, would drop the client: its connection closes.
        let _ = self.clients.send(client);
    }
}

/// Takes in the clients of a worker, until the pool is gone.
async fn work<S: Service>(mut incoming: UnboundedReceiver<Client>, station: &Arc<Station<S>>) {
    while let Some(client) = incoming.recv().await {
        station.attend(client);
    }
}

impl<S: Service> Station<S> {
    fn new(server: &Arc<Server<S>>) -> Arc<Self> {
        Arc::new(Self { server: Arc::clone(server), connections: AtomicUsize::new(0) })
    }

    /// Starts the task that serves one client from its first line in the log to its last.
    ///
    /// The task is detached: it tells its own end, and one client's failure is nobody else's. It is what an idle
    /// connection weighs most, so nothing is done in it that can be done outside, and nothing is kept in it but the
    /// visit while the client is served: 16 bytes more, and it takes 128.
    fn attend(self: &Arc<Self>, client: Client) {
        if !client.connection.wants_header {
            self.server.shared.opened(&client.connection);
        }
        let visit = Visit { client: Some(client), station: Arc::clone(self) };
        tokio::spawn(async move {
            // On the heap, and over before anything else is kept: no other client is to carry the room for it.
            if visit.wants_header() && !Box::pin(visit.is_introduced()).await {
                return;
            }
            let Some(Client { connection, .. }) = &visit.client else { return };
            let server = &visit.station.server;
            let outcome = server.service.serve(connection, &server.shared).await;
            visit.tell_end(&outcome);
        });
    }
}

/// A client's stay: however it ends, by a panic too, the client is struck off every list.
struct Visit<S> {
    client: Option<Client>,
    station: Arc<Station<S>>,
}

impl<S> Visit<S> {
    fn wants_header(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.connection.wants_header)
    }

    /// Has the proxy that is the peer say who its client is; false where that is not to be served.
    async fn is_introduced(&self) -> bool {
        match &self.client {
            Some(Client { connection, .. }) => self.station.server.shared.introduces(connection).await,
            None => false,
        }
    }

    fn tell_end(&self, outcome: &Result<(), Failure>) {
        if let Some(Client { connection, .. }) = &self.client {
            self.station.server.shared.closed(connection, outcome);
        }
    }
}

impl<S> Drop for Visit<S> {
    fn drop(&mut self) {
        let shared = &self.station.server.shared;
        if let Some(Client { connection, place }) = self.client.take() {
            // Told of already, unless its task has panicked.
            let _ = shared.registry.remove(&connection);
            shared.give_back(&connection);
            // Closed before its place is given on, so that the next client never waits for a descriptor.
            drop(connection);
            drop(place);
        }
        self.station.connections.fetch_sub(1, Ordering::Relaxed);
        shared.left();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use berkeley::{AsyncSocket, Family, Protocol, Type};
    use tokio::sync::Semaphore;
    use tokio::time::timeout;

    use super::super::gate::Gate;
    use super::super::journal::Journal;
    use super::super::shared::{Manner, Shared};
    use super::*;
    use crate::access::Proxies;
    use crate::endpoint::Scheme;

    /// What needs to be served by nobody.
    struct Nothing;

    impl Service for Nothing {
        async fn serve(&self, _: &Arc<Connection>, _: &Shared) -> Result<(), Failure> {
            Ok(())
        }

        fn answer(&self, _: &[u8], _: &mut Vec<u8>) -> bool {
            false
        }
    }

    #[test]
    fn a_panic_strikes_the_client_off_and_gives_its_place_on() {
        let journal = Journal::start(true, false).expect("no thread to start");
        let shared = Shared::new(journal, None, false, Manner::Answers);
        let server = Arc::new(Server { service: Nothing, shared });
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().expect("one place");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let socket = runtime.block_on(async {
            AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair").0
        });
        let connection =
            Arc::new(Connection::new(socket, Scheme::Unix, server.shared.number(), "unnamed".into()));
        server.shared.opened(&connection);
        let watch = Arc::downgrade(&connection);
        let client = Some(Client { connection, place: Some(place) });
        let station = Station::new(&server);
        station.connections.store(1, Ordering::Relaxed);
        let visit = Visit { client, station: Arc::clone(&station) };
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _visit = visit;
            panic!("a fault");
        }));
        assert!(panicked.is_err());
        assert_eq!((server.shared.open(), places.available_permits()), (0, 1));
        assert_eq!(station.connections.load(Ordering::Relaxed), 0, "its thread has one less");
        assert!(watch.upgrade().is_none(), "its socket is closed");
    }

    /// Waits until nobody is connected.
    async fn all_left(shared: &Shared) {
        loop {
            let changed = shared.changed.notified();
            if shared.open() == 0 {
                return;
            }
            changed.await;
        }
    }

    #[test]
    fn a_proxy_that_does_not_say_in_time_who_its_client_is_is_reset_and_gives_its_place_on() {
        let journal = Journal::start(true, false).expect("no thread to start");
        let proxies = Proxies::open(&["127.0.0.0/8".parse().expect("a network")]).expect("no files");
        let mut gate = Gate::new(None, Some(proxies));
        gate.patience = Duration::from_millis(20);
        let shared = Shared::new(journal, None, false, Manner::Answers).behind(gate);
        let server = Arc::new(Server { service: Nothing, shared });
        let places = Arc::new(Semaphore::new(1));
        let place = Arc::clone(&places).try_acquire_owned().expect("one place");
        let listener = berkeley::create_server("127.0.0.1:0").expect("a listener");
        let port = listener.local_address().expect("bound").port().expect("an address of IP");
        let far = berkeley::create_connection("127.0.0.1", port).expect("a connection");
        far.send_all(b"PROXY TCP4 192.0.2.1").expect("room");
        let (near, address) = listener.accept().expect("a client");
        assert!(server.shared.gate.wants_header(&address));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let near = AsyncSocket::from_socket(near).expect("a place");
            let peer = address.to_string().into();
            let connection =
                Connection::new(near, Scheme::Tcp, server.shared.number(), peer).behind_proxy(true);
            let station = Station::new(&server);
            station.connections.store(1, Ordering::Relaxed);
            station.attend(Client { connection: Arc::new(connection), place: Some(place) });
            timeout(Duration::from_secs(60), all_left(&server.shared)).await.expect("it leaves");
        });
        far.set_timeout(Some(Duration::from_secs(60))).expect("a limit");
        let end = far.recv(&mut [0]).expect_err("a reset");
        assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset, "{end}");
        assert_eq!(server.shared.gate.refused(), Some((1, "--proxy-from")));
        assert_eq!((server.shared.totals().connections, places.available_permits()), (0, 1));
    }
}
