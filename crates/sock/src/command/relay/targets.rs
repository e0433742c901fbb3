//! Where clients are to go: of several places the first that can be connected to.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::itself::{Own, refused};
use crate::endpoint::Place;
use crate::exit::Failure;
use crate::open::{Behalf, Connected, Target, Terms};
use crate::program::DESCRIPTORS as PROGRAM;

/// For how long nobody is passed on to a place that turned out to be the relay itself: who comes back that way would be
/// passed on again.
const SHUNNED: Duration = Duration::from_secs(1);

/// Where clients are to go.
#[derive(Debug)]
pub(super) struct Targets {
    to: Vec<To>,
    own: Own,
}

#[derive(Debug)]
struct To {
    target: Target,
    terms: Terms,
    /// When it turned out to be the relay itself, and where.
    itself: Mutex<Option<(Instant, String)>>,
}

impl Targets {
    pub(super) fn new(to: Vec<(Target, Terms)>) -> Self {
        let to = to.into_iter().map(|(target, terms)| To { target, terms, itself: Mutex::default() });
        Self { to: to.collect(), own: Own::default() }
    }

    /// Those of a relay that listens at these addresses.
    pub(super) fn beside(self, own: Own) -> Self {
        Self { own, ..self }
    }

    /// Refuses what is known to be the relay itself before anybody comes.
    ///
    /// # Errors
    ///
    /// Fails where one is.
    pub(super) fn refuse_own(&self, own: &Own) -> Result<(), Failure> {
        let own = self.to.iter().find_map(|to| Some((to, own.is_at(to.target.endpoint())?)));
        own.map_or(Ok(()), |(to, place)| {
            Err(Failure::misuse(refused(&to.target.endpoint().to_string(), &place)))
        })
    }

    /// How many descriptors a client's connection takes there: a socket is one, a program has pipes.
    pub(super) fn descriptors(&self) -> usize {
        let each = self.to.iter().map(|to| match to.target.endpoint().place {
            Place::Literal(_) => PROGRAM,
            _ => 1,
        });
        each.max().unwrap_or_default()
    }

    /// Whether any of them is told who the client is.
    pub(super) fn hear_of_clients(&self) -> bool {
        self.to.iter().any(|to| to.target.endpoint().own.proxy_protocol.is_some())
    }

    /// Whether any of them runs a program for each client.
    pub(super) fn run_programs(&self) -> bool {
        self.to.iter().any(|to| super::program(to.target.endpoint()).is_some())
    }

    /// Connects to the first that can be connected to.
    ///
    /// # Errors
    ///
    /// Fails as the last one did, with what was wrong with those before it.
    pub(super) async fn connected(&self, client: Behalf) -> Result<Connected, Failure> {
        let mut failures = Vec::new();
        for to in &self.to {
            match to.connected(&self.own, client).await {
                Ok(connected) => return Ok(connected),
                Err(failure) => failures.push(failure),
            }
        }
        let messages: Vec<_> = failures.iter().map(|failure| failure.message.clone()).collect();
        let last = failures.pop().unwrap_or_else(|| Failure::misuse("there is nothing to connect to"));
        Err(Failure { message: messages.join("; "), ..last })
    }

    /// Whether any of them is made of files.
    pub(super) fn has_files(&self) -> bool {
        self.to.iter().any(|to| to.target.has_files())
    }

    /// Reads their files again, as [`Target::reload`] does; all of them, wherever one is bad.
    ///
    /// # Errors
    ///
    /// Fails as the first that is bad does.
    pub(super) fn reload(&self) -> Result<(), Failure> {
        self.to.iter().map(|to| to.target.reload()).fold(Ok(()), Result::and)
    }
}

impl To {
    async fn connected(&self, own: &Own, client: Behalf) -> Result<Connected, Failure> {
        let name = || self.target.endpoint().to_string();
        if let Some(place) = self.shunned() {
            return Err(Failure::misuse(refused(&name(), &place)));
        }
        let connected = self.target.connected(Terms { client, ..self.terms }).await?;
        let peer = connected.stream.peer_address();
        let Some(place) = peer.and_then(|peer| own.listens_at(&peer)) else { return Ok(connected) };
        connected.stream.reset();
        *self.itself.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), place.clone()));
        Err(Failure::misuse(refused(&name(), &place)))
    }

    /// Where it turned out to be the relay itself, if that was a moment ago.
    fn shunned(&self) -> Option<String> {
        let itself = self.itself.lock().unwrap_or_else(PoisonError::into_inner);
        itself.as_ref().filter(|(when, _)| when.elapsed() < SHUNNED).map(|(_, place)| place.clone())
    }
}
