//! The worker threads: a runtime of one thread each, so that a connection never changes its thread, and the thread's
//! buffers serve all its connections.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use berkeley::Result;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::connection::Connection;
use super::journal::Account;
use super::{Shared, stream};

/// A client that was accepted and has no thread yet: its socket meets the reactor of the thread that serves it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) connection: Arc<Connection>,
    /// Its place among the clients that may be served at a time, free again when this is dropped.
    pub(super) place: OwnedSemaphorePermit,
}

/// The threads, and how busy each is.
#[derive(Debug)]
pub(super) struct Pool {
    workers: Vec<Worker>,
}

#[derive(Debug)]
struct Worker {
    // Unbounded, and yet bounded: a client waits here only until its thread turns round, and each holds a descriptor.
    clients: UnboundedSender<Client>,
    connections: Arc<AtomicUsize>,
}

impl Pool {
    pub(super) fn start(threads: usize, shared: &Arc<Shared>) -> io::Result<Self> {
        let workers = (0..threads).map(|index| Worker::start(index, shared)).collect::<io::Result<_>>()?;
        Ok(Self { workers })
    }

    /// Gives the client to the thread with the fewest.
    pub(super) fn give(&self, client: Client) {
        let least = self.workers.iter().min_by_key(|worker| worker.connections.load(Ordering::Relaxed));
        if let Some(worker) = least {
            worker.connections.fetch_add(1, Ordering::Relaxed);
            // A thread that is gone, as none is while the pool lives, would drop the client: its connection closes.
            let _ = worker.clients.send(client);
        }
    }
}

impl Worker {
    fn start(index: usize, shared: &Arc<Shared>) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (clients, incoming) = unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let (shared, open) = (Arc::clone(shared), Arc::clone(&connections));
        thread::Builder::new()
            .name(format!("worker {index}"))
            .spawn(move || runtime.block_on(work(incoming, &shared, &open)))?;
        Ok(Self { clients, connections })
    }
}

/// Starts a task for each client, until the pool is gone.
async fn work(mut incoming: UnboundedReceiver<Client>, shared: &Arc<Shared>, open: &Arc<AtomicUsize>) {
    while let Some(Client { connection, place }) = incoming.recv().await {
        let (shared, open) = (Arc::clone(shared), Arc::clone(open));
        shared.opened(&connection);
        // The task is detached: it tells its own end, and one client's failure is nobody else's. It is what an idle
        // connection weighs most, so nothing that can be done outside of it is done in it.
        tokio::spawn(async move {
            let outcome = stream::serve(&connection, &shared).await;
            close(&connection, &outcome, &shared);
            // Closed before its place is given on, so that the next client never waits for a descriptor.
            drop(connection);
            drop(place);
            open.fetch_sub(1, Ordering::Relaxed);
            shared.left();
        });
    }
}

/// Counts a connection out, and tells what it came to.
fn close(connection: &Connection, outcome: &Result<()>, shared: &Shared) {
    shared.closed(connection);
    let (bytes_in, bytes_out) = connection.totals();
    let reason = match outcome {
        _ if connection.was_idle() => Some("idle".to_owned()),
        Ok(()) => None,
        Err(error) => Some(error.to_string()),
    };
    let account = Account { bytes_in, bytes_out, time: connection.time(), reason: reason.as_deref() };
    shared.journal.closed(connection.peer(), &account);
}
