//! One run over a list of addresses: the race on the real clock, the sockets that it asks for, and what came of each.
//!
//! The blocking driver and the awaited one share it; they differ in how they wait.

use std::time::{Duration, Instant};

use super::connector::Connector;
use super::race::{Race, Step, most_useful};
use crate::address::Address;
use crate::error::{Error, Operation};
use crate::kinds::Family;
use crate::socket::{Deadline, Socket};
use crate::sys::alloc;

/// A connector at work on `addresses`.
pub(crate) struct Contest<'c, 'p> {
    connector: &'c Connector<'p>,
    addresses: &'c [Address],
    race: Race,
    start: Instant,
    /// Each address's error, once it has failed.
    failures: Vec<Option<Error>>,
    /// The addresses that have failed, in the order in which they did.
    failed: Vec<usize>,
}

/// What a driver does next.
pub(crate) enum Turn {
    /// Connect this socket, made for the address with this index.
    Connect(usize, Socket),
    /// Wait until one of those under way has ended, or for so long; as long as it takes for `None`.
    Wait(Option<Duration>),
}

/// Why there is no connection.
pub(crate) enum Stop {
    /// What the caller does to a socket has failed.
    Prepare(Error),
    /// Every address has failed, or the time is over.
    Refused(Error),
}

/// Why there is no socket to connect with.
enum Unmade {
    Prepare(Error),
    Failed(Error),
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl<'c, 'p> Contest<'c, 'p> {
    /// Fails with `ENOMEM` where there is no memory to keep so many failures.
    pub(crate) fn new(
        connector: &'c Connector<'p>,
        addresses: &'c [Address],
        deadline: Deadline,
    ) -> std::result::Result<Self, Stop> {
        let mut failures = room(addresses)?;
        failures.extend(addresses.iter().map(|_| None));
        Ok(Self {
            connector,
            addresses,
            race: Race::new(addresses.len(), deadline.remaining()),
            start: Instant::now(),
            failures,
            failed: room(addresses)?,
        })
    }

    /// What to do now.
    pub(crate) fn next(&mut self) -> std::result::Result<Turn, Stop> {
        loop {
            let now = self.start.elapsed();
            match self.race.next(now) {
                Step::Start(index) => match self.open(self.addresses[index].family()) {
                    Ok(socket) => return Ok(Turn::Connect(index, socket)),
                    Err(Unmade::Prepare(error)) => return Err(Stop::Prepare(error)),
                    Err(Unmade::Failed(error)) => self.failed(index, error),
                },
                Step::Wait(until) => return Ok(Turn::Wait(until.map(|until| until.saturating_sub(now)))),
                Step::Exhausted => return Err(Stop::Refused(self.refusal())),
                Step::TimedOut => return Err(Stop::Refused(self.timeout())),
            }
        }
    }

    /// The attempt with this index has failed.
    pub(crate) fn failed(&mut self, index: usize, error: Error) {
        self.race.failed();
        self.failed.push(index);
        self.failures[index] = Some(error.on(self.connector.target(&self.addresses[index])));
    }

    /// The address with this index.
    pub(crate) fn address(&self, index: usize) -> &'c Address {
        &self.addresses[index]
    }

    /// A socket, prepared and bound, that does not block.
    fn open(&self, family: Family) -> std::result::Result<Socket, Unmade> {
        let socket = self.connector.socket(family)?;
        self.connector.prepared(&socket).map_err(Unmade::Prepare)?;
        self.connector.bind(&socket, self.addresses.len())?;
        socket.set_timeout(Some(Duration::ZERO))?;
        Ok(socket)
    }

    fn refusal(&mut self) -> Error {
        let failures = || self.failed.iter().filter_map(|index| self.failures[*index].as_ref());
        let cause = most_useful(failures().map(Error::raw_os_error)).and_then(|place| failures().nth(place));
        match cause.map(|error| error.same_cause(Operation::CreateConnection)) {
            Some(error) => error.with_attempts(attempts(self.failures.drain(..).flatten())),
            None => Error::invalid(Operation::CreateConnection, "there is no address to connect to"),
        }
    }

    /// What has not failed by now has run out of time.
    fn timeout(&mut self) -> Error {
        let failures = self.failures.drain(..).zip(self.addresses).map(|(failure, address)| {
            let late = || Error::timed_out(Operation::Connect).on(self.connector.target(address));
            failure.unwrap_or_else(late)
        });
        Error::timed_out(Operation::CreateConnection).with_attempts(attempts(failures))
    }
}

/// A list with room for an item for each address.
pub(crate) fn room<T>(addresses: &[Address]) -> std::result::Result<Vec<T>, Stop> {
    alloc::with_room(addresses.len())
        .map_err(|errno| Stop::Refused(Error::kernel(Operation::CreateConnection, errno)))
}

/// Those that there is memory for: an error without them says the same of the whole.
fn attempts(failures: impl Iterator<Item = Error>) -> Vec<Error> {
    alloc::collect_any(failures).unwrap_or_default()
}
