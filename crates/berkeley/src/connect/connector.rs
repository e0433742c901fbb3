//! [`Connector`]: from a name to a connection, and the driver that blocks.

use std::fmt;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use super::contest::{Contest, Stop, Turn};
use super::race::interleave;
use super::{Prepare, blocking};
use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Interest, Protocol, Type};
use crate::option;
use crate::resolve::{Hints, Service, place, resolve_within};
use crate::socket::retry::{Event, Retry, Step};
use crate::socket::{Deadline, Socket, kinds};
use crate::sys::poll::poll_many;
use crate::sys::{self, Errno};

/// Connects to `service` at `host` over TCP, to the address of the name that answers first.
///
/// `host` and `service` are as [`resolve`](crate::resolve()) takes them. `timeout` bounds the whole, and is left on the
/// socket, as Python's `create_connection` leaves it: `None` to wait as long as it takes. [`Connector`] has more to
/// set, and says in which order addresses are tried and what fails.
///
/// ```
/// use berkeley::{ServerOptions, create_connection, create_server};
/// use std::net::Ipv4Addr;
/// use std::time::Duration;
///
/// let server = create_server((Ipv4Addr::LOCALHOST, 0), &ServerOptions::new())?;
/// let port = server.local_address()?.port().unwrap_or_default();
///
/// let client = create_connection("127.0.0.1", port, Some(Duration::from_secs(5)))?;
/// client.send_all(b"hello")?;
/// let (peer, _) = server.accept()?;
/// assert_eq!(peer.recv_vec(64)?, b"hello");
/// # Ok::<(), berkeley::Error>(())
/// ```
pub fn create_connection<'s>(
    host: &str,
    service: impl Into<Service<'s>>,
    timeout: Option<Duration>,
) -> Result<Socket> {
    Connector::new().timeout(timeout).connect(host, service)
}

/// How a connection is made: the type of the socket, its local address, its timeout, what is done before connecting.
///
/// Addresses race, as RFC 8305 (Happy Eyeballs) has it: the families take turns, the first answer's first; an attempt
/// that has not ended after 250 ms gets the next one beside it, one that fails gets it at once; the first connection
/// wins, and the others are closed. So an address that never answers costs a quarter of a second. Where the time is too
/// short for that, the steps are, down to 10 ms, so that every address has its turn. What connects at once, as datagram
/// sockets do, leaves the rest untried.
///
/// ```
/// use berkeley::{Connector, Family, Protocol, Socket, Type};
/// use std::net::Ipv4Addr;
/// use std::time::Duration;
///
/// let server = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
/// server.bind((Ipv4Addr::LOCALHOST, 0))?;
///
/// let connector = Connector::new()
///     .kind(Type::DGRAM)
///     .local((Ipv4Addr::LOCALHOST, 0))
///     .timeout(Some(Duration::from_secs(5)));
/// let client = connector.connect_to(&[server.local_address()?])?;
/// client.send(b"ping")?;
/// assert_eq!(server.recv_vec(64)?, b"ping");
/// # Ok::<(), berkeley::Error>(())
/// ```
pub struct Connector<'a> {
    kind: Type,
    family: Option<Family>,
    local: Option<Address>,
    timeout: Option<Duration>,
    prepare: Option<Prepare<'a>>,
}

impl<'a> Connector<'a> {
    /// A stream, from any local address, without a timeout.
    pub const fn new() -> Self {
        Self { kind: Type::STREAM, family: None, local: None, timeout: None, prepare: None }
    }

    /// The type of the socket: [`Type::STREAM`] unless told otherwise. The timeout decides whether it blocks.
    #[must_use]
    pub fn kind(self, kind: Type) -> Self {
        Self { kind: blocking(kind), ..self }
    }

    /// The family that a name's addresses are to be of: that of the [`local`](Self::local) address unless told
    /// otherwise, and without one any.
    ///
    /// Addresses in digits of another family fail as a name without any does. It says nothing of
    /// [`connect_to`](Self::connect_to), whose addresses are given.
    ///
    /// ```
    /// use berkeley::{Connector, Family, ServerOptions, create_server};
    /// use std::net::Ipv4Addr;
    ///
    /// let server = create_server((Ipv4Addr::LOCALHOST, 0), &ServerOptions::new())?;
    /// let port = server.local_address()?.port().unwrap_or_default();
    ///
    /// // `::1`, which localhost may be as well, is not tried.
    /// let client = Connector::new().family(Family::INET).connect("localhost", port)?;
    /// assert_eq!(client.peer_address()?, server.local_address()?);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[must_use]
    pub fn family(self, family: Family) -> Self {
        Self { family: Some(family), ..self }
    }

    /// The local address to bind to, port 0 for any port. Only addresses of its family are then resolved, unless
    /// [`family`](Self::family) says which.
    ///
    /// Where several race from one TCP port, their sockets have `SO_REUSEADDR`, without which only one could have it.
    #[doc(alias = "source_address")]
    #[must_use]
    pub fn local(self, address: impl Into<Address>) -> Self {
        Self { local: Some(address.into()), ..self }
    }

    /// How long the whole may take, and then each operation on the socket; `None` for as long as it takes.
    ///
    /// The lookup of a name counts. With zero nothing waits: datagram sockets and Unix ones connect at once, where no
    /// name must be looked up, and TCP times out.
    #[must_use]
    pub fn timeout(self, timeout: Option<Duration>) -> Self {
        Self { timeout, ..self }
    }

    /// Runs `prepare` on each new socket, before it is bound and connected: the place to set options.
    ///
    /// Its error ends the whole, and comes back as it is.
    #[must_use]
    pub fn prepare(self, prepare: impl Fn(&Socket) -> Result<()> + Send + Sync + 'a) -> Self {
        Self { prepare: Some(Box::new(prepare)), ..self }
    }

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
        let addresses = interleave(&resolve_within(host, service, &self.hints(), deadline)?);
        self.race(&addresses, deadline).map_err(|stop| stop.of_name(host, service))
    }

    /// Connects to the one of `addresses`, of any family, that answers first; they begin in the order given.
    ///
    /// Fails as [`connect`](Self::connect) does, and where there is no address.
    pub fn connect_to(&self, addresses: &[Address]) -> Result<Socket> {
        self.race(addresses, self.deadline()).map_err(|stop| stop.of_addresses(self, addresses))
    }

    /// When the whole is to end that begins now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::from_timeout(self.timeout)
    }

    /// What is asked of the resolver.
    pub(crate) fn hints(&self) -> Hints {
        let family = self.family.or_else(|| self.local.map(|local| local.family()));
        let family = family.unwrap_or(Family::UNSPECIFIED);
        Hints::new().family(family).kind(self.kind)
    }

    /// The driver that blocks: begins what the contest says, and polls what is under way.
    fn race(&self, addresses: &[Address], deadline: Deadline) -> std::result::Result<Socket, Stop> {
        let mut contest = Contest::new(self, addresses, deadline);
        let mut running: Vec<Running> = Vec::new();
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

    /// Gives a connected socket the timeout that was asked for.
    fn finished(&self, socket: &Socket) -> Result<()> {
        if self.timeout == Some(Duration::ZERO) { Ok(()) } else { socket.set_timeout(self.timeout) }
    }

    pub(super) fn socket(&self, family: Family) -> Result<Socket> {
        Socket::new(family, self.kind, Protocol::DEFAULT)
    }

    pub(super) fn prepared(&self, socket: &Socket) -> Result<()> {
        self.prepare.as_ref().map_or(Ok(()), |prepare| prepare(socket))
    }

    /// Binds one of `count` sockets that race. They share a local port that was asked for, each to another peer.
    pub(super) fn bind(&self, socket: &Socket, count: usize) -> Result<()> {
        let Some(local) = self.local else { return Ok(()) };
        let fixed = local.port().is_some_and(|port| port != 0);
        if fixed && count > 1 && self.kind == Type::STREAM {
            socket.set(option::REUSEADDR, true)?;
        }
        socket.bind(local)
    }

    /// An address as errors name it: `tcp [::1]:80`, or `tcp [::1]:80 from [::1]:0` where a local address was given.
    pub(super) fn target(&self, address: &Address) -> String {
        let transport = kinds(address.family(), self.kind, Protocol::DEFAULT);
        match self.local {
            Some(local) => format!("{transport} {address} from {local}"),
            None => format!("{transport} {address}"),
        }
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
    let mut polled = Vec::with_capacity(running.len());
    let mut fds = Vec::with_capacity(running.len());
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

impl Default for Connector<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Connector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("kind", &self.kind)
            .field("local", &self.local)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
