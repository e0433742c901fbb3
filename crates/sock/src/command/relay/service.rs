//! What every client of a relay gets: a connection of its own to where it is to go, and the one pump between the two.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use berkeley::AsyncSocket;

use super::outcome;
use super::targets::Targets;
use crate::cli::RelayArgs;
use crate::endpoint::Scheme;
use crate::exit::Failure;
use crate::open::{Behalf, Connected};
use crate::relay::{Meter, Rules, relay};
use crate::server::connection::Connection;
use crate::server::front::Front;
use crate::server::journal::Peer;
use crate::server::once::Once;
use crate::server::sessions::{self, Leads, Limits};
use crate::server::shared::Shared;
use crate::server::{Server, Service};
use crate::stream::{Stream, Tap, Transcript};

/// Passes each client on.
#[derive(Debug)]
pub(super) struct Forward {
    front: Front,
    to: Targets,
    idle: Option<Duration>,
    rate: Option<NonZeroU64>,
    sessions: Limits,
    transcript: Option<Arc<Transcript>>,
    once: Once,
}

/// A client's stream, and that to where it is passed on.
type Ends = (Stream, Connected);

impl Forward {
    pub(super) fn new(
        args: &RelayArgs,
        front: Front,
        to: Targets,
        sessions: Limits,
        transcript: Option<Arc<Transcript>>,
    ) -> Self {
        let idle = args.host.idle_timeout.map(|period| period.0);
        let once = Once::new(args.host.once);
        Self { front, to, idle, rate: args.rate, sessions, transcript, once }
    }

    /// Agrees with the client on what is to be agreed on, and connects to where it is to go.
    async fn reach(&self, connection: &Arc<Connection>, shared: &Shared) -> Result<Ends, Failure> {
        let near = self.front.stream(connection).await.inspect_err(|_| connection.stream().reset())?;
        if self.to.run_programs() {
            connection.notice_when_gone();
        }
        let client = if self.to.hear_of_clients() { connection.behalf() } else { Behalf::Unknown };
        let connected = shared.opening(connection, || Box::pin(self.to.connected(client))).await;
        let far = connected.inspect_err(|failure| {
            // An end would say that the answer is whole, and empty.
            near.reset();
            if !self.once.is_it() {
                shared.journal.unreached(connection.peer(), failure);
            }
        })?;
        Ok((near, far))
    }

    async fn forward(&self, connection: &Arc<Connection>, shared: &Shared) -> Result<(), Failure> {
        let (near, far) = tokio::select! {
            // Who is passed on already may go on.
            biased;
            reached = self.reach(connection, shared) => reached?,
            () = shared.until_draining() => {
                connection.turn_back();
                return Ok(());
            }
        };
        let tap = self.tap(connection.peer(), &far.peer, near.nature().messages);
        shared.reached(connection, far.peer);
        far.notes.iter().for_each(|note| shared.journal.note(note));
        let far = far.stream;
        let rules = Rules { idle: self.idle, rate: self.rate, ..Rules::between(near.nature(), far.nature()) };
        let meter = Meter { bytes: connection.bytes(), tap: tap.as_ref() };
        let report = relay(&near, &far, rules, meter, shared.until_cut_off()).await;
        outcome(report, &near, &far)
    }
}

impl Service for Forward {
    async fn serve(&self, connection: &Arc<Connection>, shared: &Shared) -> Result<(), Failure> {
        let outcome = self.forward(connection, shared).await;
        self.once.note(&outcome);
        outcome
    }

    fn take_failure(&self) -> Option<Failure> {
        self.once.take()
    }

    fn has_files(&self) -> bool {
        self.front.has_files() || self.to.has_files()
    }

    fn reload(&self) -> Result<(), Failure> {
        let (front, to) = (self.front.reload(), self.to.reload());
        front.and(to)
    }

    fn answer(&self, _: &[u8], _: &mut Vec<u8>) -> bool {
        false
    }

    fn serve_datagrams(
        server: Arc<Server<Self>>,
        socket: AsyncSocket,
        scheme: Scheme,
        _: bool,
    ) -> impl Future<Output = berkeley::Result<()>> + Send {
        sessions::serve(server, Arc::new(socket), scheme)
    }
}

impl Leads for Forward {
    async fn connected(&self) -> Result<Connected, Failure> {
        self.to.connected(Behalf::Unknown).await
    }

    fn limits(&self) -> Limits {
        self.sessions
    }

    fn tap(&self, peer: Peer<'_>, to: &str, datagrams: bool) -> Option<Tap> {
        Some(self.transcript.as_ref()?.tap(peer.number.unwrap_or_default(), peer.address, to, datagrams))
    }
}
