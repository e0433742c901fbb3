//! [`create_connection`] and what a [`Connector`] does: the driver of the race that blocks.

use std::time::{Duration, Instant};

use super::connector::Connector;
use super::contest::{Contest, Stop, Turn, room};
use super::race::interleave;
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::Interest;
use crate::resolve::{Service, place, resolve_within};
use crate::socket::retry::{Event, Retry, Step};
use crate::socket::{Deadline, Socket};
use crate::sys::poll::poll_many;
use crate::sys::{self, Errno, alloc};

/// Connects to `service` at `host` over TCP, to the address of the name that answers first, however long that takes.
///
/// `host` and `service` are as [`resolve`](crate::resolve()) takes them. [`Connector`] has what may be chosen: a
/// timeout, a source address, another type or protocol. It says in which order addresses are tried.
///
/// # Errors
///
/// Fails as [`Connector::connect`] does; [`Error::attempts`] has the error of each address.
///
/// # Examples
///
/// ```
/// use berkeley::{Connector, create_connection, create_server};
/// use std::time::Duration;
///
/// let server = create_server("127.0.0.1:0")?;
/// let port = server.local_address()?.port().unwrap_or_default();
///
/// let client = create_connection("127.0.0.1", port)?;
/// client.send_all(b"hello")?;
/// let (peer, _) = server.accept()?;
/// assert_eq!(peer.recv_vec(64)?, b"hello");
///
/// // The same within 5 seconds.
/// Connector::new().timeout(Some(Duration::from_secs(5))).connect("127.0.0.1", port)?;
/// # Ok::<(), berkeley::Error>(())
/// ```
pub fn create_connection<'s>(host: &str, service: impl Into<Service<'s>>) -> Result<Socket> {
    Connector::new().connect(host, service)
}

impl Connector<'_> {
    /// Connects to `service` at `host`, over TCP or over what [`kind`](Self::kind) makes of it.
    ///
    /// A name that does not resolve fails as [`resolve`](crate::resolve()) does. Where every address failed, the error
    /// has the cause that says most ([`most_useful`](crate::race::most_useful)): a refusal, rather than that this host
    /// has no route for addresses of a family; and [`attempts`](Error::attempts) holds each one's own error, its
    /// operation the step that failed: `socket`, `bind`, `connect`. Where the time is over it says so, and so do the
    /// attempts that had not failed by then.
    pub fn connect<'s>(&self, host: &str, service: impl Into<Service<'s>>) -> Result<Socket> {
        let service = service.into();
        let deadline = self.deadline();
        let addresses = interleave(&resolve_within(host, service, &self.hints(), deadline)?)?;
        self.race(&addresses, deadline).map_err(|stop| stop.of_name(host, service))
    }

    /// Connects to the one of `addresses`, of any family, that answers first; they begin in the order given.
    ///
    /// # Errors
    ///
    /// Fails as [`connect`](Self::connect) does, and where there is no address.
    pub fn connect_to(&self, addresses: &[Address]) -> Result<Socket> {
        self.race(addresses, self.deadline()).map_err(|stop| stop.of_addresses(self, addresses))
    }

    /// The driver that blocks: begins what the contest says, and polls what is under way.
    fn race(&self, addresses: &[Address], deadline: Deadline) -> std::result::Result<Socket, Stop> {
        let mut contest = Contest::new(self, addresses, deadline)?;
        let mut running: Vec<Running> = room(addresses)?;
        loop {
            let ended = match contest.next()? {
                Turn::Connect(index, socket) => {
                    running.push(Running::new(index, socket));
                    Ok(())
                }
                Turn::Wait(limit) => wait_for_any(&mut running, limit),
            };
            if let Err(errno) = ended {
                for attempt in running.drain(..) {
                    contest.failed(attempt.index, Error::kernel(Operation::Connect, errno));
                }
            }
            if let Some(socket) = self.harvest(&mut contest, &mut running) {
                return Ok(socket);
            }
        }
    }

    /// Moves on what is ready to; gives the first that is connected, and drops what has failed.
    fn harvest(&self, contest: &mut Contest<'_, '_>, running: &mut Vec<Running>) -> Option<Socket> {
        let mut place = 0;
        while place < running.len() {
            let address = contest.address(running[place].index);
            match running[place].advance(address) {
                None => place += 1,
                Some(result) => {
                    let Running { index, socket, .. } = running.remove(place);
                    match result.and_then(|()| self.finished(&socket)) {
                        Ok(()) => return Some(socket),
                        Err(error) => contest.failed(index, error),
                    }
                }
            }
        }
        None
    }
}

impl Stop {
    /// The error of a connection to a name.
    pub(crate) fn of_name(self, host: &str, service: Service<'_>) -> Error {
        match self {
            Self::Prepare(error) => error,
            Self::Refused(error) => error.on(place(host, service, false)),
        }
    }

    /// The error of a connection to one of these addresses.
    pub(crate) fn of_addresses(self, connector: &Connector<'_>, addresses: &[Address]) -> Error {
        match (self, addresses) {
            (Self::Refused(error), [only]) => error.on(connector.target(only)),
            (Self::Prepare(error) | Self::Refused(error), _) => error,
        }
    }
}

/// An attempt that has begun and not ended.
struct Running {
    index: usize,
    socket: Socket,
    retry: Retry,
    step: Step,
    /// When a pause ends.
    until: Option<Instant>,
}

impl Running {
    fn new(index: usize, socket: Socket) -> Self {
        // The contest has the deadline. Of a socket that does not block a repeated connect tells how it stands.
        let retry = Retry::until(Interest::WRITABLE, Deadline::NEVER).connects(false);
        Self { index, socket, retry, step: Step::Call, until: None }
    }

    fn tell(&mut self, event: Event) {
        self.step = self.retry.next(event, Instant::now);
    }

    /// Takes the next step, where it is time to; `None` while the attempt goes on.
    fn advance(&mut self, address: &Address) -> Option<Result<()>> {
        if let Some(until) = self.until {
            if Instant::now() < until {
                return None;
            }
            self.until = None;
            self.tell(Event::Paused);
        }
        loop {
            let tried = match self.step {
                Step::Wait(..) => return None,
                Step::Pause(pause) => {
                    self.until = Some(Instant::now() + pause);
                    return None;
                }
                Step::Finish => self.socket.finish_connect(),
                // A stop has returned, and of a socket that does not block nothing is asked.
                Step::Call | Step::Ask | Step::Stop(_) => self.socket.try_connect(address),
            };
            let Err(error) = tried else { return Some(Ok(())) };
            self.tell(Event::of(&error));
            if let Step::Stop(_) = self.step {
                return Some(Err(error));
            }
        }
    }
}

/// Waits until an attempt can take a step, and no longer than `limit`. An interruption ends the wait too.
fn wait_for_any(running: &mut [Running], limit: Option<Duration>) -> sys::Result<()> {
    let mut until = limit;
    let mut polled = alloc::with_room(running.len())?;
    let mut fds = alloc::with_room(running.len())?;
    for (place, attempt) in running.iter().enumerate() {
        if let Some(at) = attempt.until {
            let pause = at.saturating_duration_since(Instant::now());
            until = Some(until.map_or(pause, |until| until.min(pause)));
        } else {
            polled.push(place);
            fds.push(attempt.socket.as_fd());
        }
    }
    let ready = match poll_many(&fds, Interest::WRITABLE.as_raw(), until) {
        Err(Errno::INTR) => return Ok(()),
        result => result?,
    };
    for place in ready {
        running[polled[place]].tell(Event::Ready);
    }
    Ok(())
}
