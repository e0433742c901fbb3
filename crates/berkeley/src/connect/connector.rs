//! [`create_connection`] and [`create_server`]: from a name, or an address, to a socket that is ready to be used.

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::address::{Address, UnixAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::option;
use crate::resolve::{Hints, Service, place, resolve};
use crate::socket::{Deadline, Socket, kinds};
use crate::sys::constants as c;

/// What a caller does to a socket before it is connected or bound.
type Prepare<'a> = Box<dyn Fn(&Socket) -> Result<()> + Send + Sync + 'a>;

/// Connects to `service` at `host` over TCP, trying every address of the name in turn.
///
/// `host` and `service` are as [`resolve`](crate::resolve()) takes them. `timeout` bounds the whole, and is left on the
/// socket, as Python's `create_connection` leaves it: `None` to wait as long as it takes. [`Connector`] has more to set,
/// and says how the time is shared and what fails.
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
/// Addresses are tried one after the other, in the order in which they are given, until one connects. With a timeout,
/// each is given an equal share of the time that is left: the first of three a third, the second half of what the first
/// left over, the last all that remains. So an address that never answers cannot keep the others from their turn, and
/// time that a quick refusal did not need goes to those behind it. Resolving counts, but is not cut short.
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
    local: Option<Address>,
    timeout: Option<Duration>,
    prepare: Option<Prepare<'a>>,
}

impl<'a> Connector<'a> {
    /// A stream, from any local address, without a timeout.
    pub const fn new() -> Self {
        Self { kind: Type::STREAM, local: None, timeout: None, prepare: None }
    }

    /// The type of the socket: [`Type::STREAM`] unless told otherwise. The timeout decides whether it blocks.
    #[must_use]
    pub fn kind(self, kind: Type) -> Self {
        Self { kind: blocking(kind), ..self }
    }

    /// The local address to bind to, port 0 for any port. Only addresses of its family are then resolved.
    #[doc(alias = "source_address")]
    #[must_use]
    pub fn local(self, address: impl Into<Address>) -> Self {
        Self { local: Some(address.into()), ..self }
    }

    /// How long the whole may take, and then each operation on the socket; `None` for as long as it takes.
    ///
    /// With zero nothing waits: datagram sockets and Unix ones connect at once, and TCP times out.
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
    /// A name that does not resolve fails as [`resolve`](crate::resolve()) does. Where every address failed, the error has the
    /// last one's cause, and [`attempts`](Error::attempts) holds each one's own error, its operation the step that
    /// failed: `socket`, `bind`, `connect`.
    pub fn connect<'s>(&self, host: &str, service: impl Into<Service<'s>>) -> Result<Socket> {
        let service = service.into();
        let deadline = Deadline::from_timeout(self.timeout);
        let family = self.local.map_or(Family::UNSPECIFIED, |local| local.family());
        let found = resolve(host, service, &Hints::new().family(family).kind(self.kind))?;
        let addresses: Vec<Address> = found.iter().map(|answer| answer.address).collect();
        self.try_each(&addresses, deadline).map_err(|stop| match stop {
            Stop::Prepare(error) => error,
            Stop::Refused(attempts) => all_failed(attempts).on(place(host, service, false)),
        })
    }

    /// Connects to the first of `addresses`, of any family, that takes the connection.
    ///
    /// Fails as [`connect`](Self::connect) does, and where there is no address.
    pub fn connect_to(&self, addresses: &[Address]) -> Result<Socket> {
        let deadline = Deadline::from_timeout(self.timeout);
        self.try_each(addresses, deadline).map_err(|stop| match stop {
            Stop::Prepare(error) => error,
            Stop::Refused(attempts) => match addresses {
                [only] => all_failed(attempts).on(self.target(only)),
                _ => all_failed(attempts),
            },
        })
    }

    fn try_each(&self, addresses: &[Address], deadline: Deadline) -> std::result::Result<Socket, Stop> {
        let mut attempts = Vec::with_capacity(addresses.len());
        for (index, address) in addresses.iter().enumerate() {
            let turns = u32::try_from(addresses.len() - index).unwrap_or(u32::MAX);
            let share = deadline.remaining().map(|left| left / turns);
            match self.attempt(address, share) {
                Ok(socket) => return Ok(socket),
                Err(Failure::Prepare(error)) => return Err(Stop::Prepare(error)),
                Err(Failure::Attempt(error)) => attempts.push(error.on(self.target(address))),
            }
        }
        Err(Stop::Refused(attempts))
    }

    fn attempt(&self, address: &Address, share: Option<Duration>) -> std::result::Result<Socket, Failure> {
        let socket = Socket::new(address.family(), self.kind, Protocol::DEFAULT)?;
        if let Some(prepare) = &self.prepare {
            prepare(&socket).map_err(Failure::Prepare)?;
        }
        if let Some(local) = self.local {
            socket.bind(local)?;
        }
        if share.is_some() {
            socket.set_timeout(share)?;
        }
        socket.connect(address).map_err(out_of_time)?;
        if share != self.timeout {
            socket.set_timeout(self.timeout)?;
        }
        Ok(socket)
    }

    /// An address as errors name it: `tcp [::1]:80`, or `tcp [::1]:80 from [::1]:0` where the local address was asked for.
    fn target(&self, address: &Address) -> String {
        let transport = kinds(address.family(), self.kind, Protocol::DEFAULT);
        match self.local {
            Some(local) => format!("{transport} {address} from {local}"),
            None => format!("{transport} {address}"),
        }
    }
}

/// Why no address took the connection.
enum Stop {
    Prepare(Error),
    Refused(Vec<Error>),
}

/// Why one address did not take the connection.
enum Failure {
    Prepare(Error),
    Attempt(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Attempt(error)
    }
}

/// A share of zero tries once and cannot wait; the socket is gone by then, so that nothing is "in progress".
fn out_of_time(error: Error) -> Error {
    if error.is_in_progress() || error.is_would_block() {
        return Error::timed_out(Operation::Connect);
    }
    error
}

fn all_failed(attempts: Vec<Error>) -> Error {
    match attempts.last() {
        Some(last) => last.same_cause(Operation::CreateConnection).with_attempts(attempts),
        None => Error::invalid(Operation::CreateConnection, "there is no address to connect to"),
    }
}

/// The type without `SOCK_NONBLOCK`.
const fn blocking(kind: Type) -> Type {
    Type::from_raw(kind.as_raw() & !c::SOCK_NONBLOCK)
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

/// Makes a socket bound to `address`, listening where its type takes connections: TCP, UDP and Unix alike.
///
/// - TCP gets `SO_REUSEADDR`, so that a server that has just ended can start again while its old connections linger in
///   `TIME_WAIT`. UDP never does: there it would let a stranger bind the same port and take the datagrams. Nor does
///   Unix, where it means nothing.
/// - An IPv6 socket gets `IPV6_V6ONLY` set or cleared as [`dual_stack`](ServerOptions::dual_stack) says, whatever the
///   machine's default is.
/// - A Unix path must not exist: whether a socket that lies there is dead is the caller's to judge. It is made with the
///   umask's mode, and stays when the socket is closed.
///
/// Fails with `EADDRINUSE` where somebody has the address, `EADDRNOTAVAIL` where it is not this machine's, `EACCES` below
/// port 1024 without the right.
///
/// ```
/// use berkeley::{ServerOptions, UnixAddress, create_server};
/// use std::io::ErrorKind;
/// use std::net::Ipv4Addr;
///
/// let server = create_server((Ipv4Addr::LOCALHOST, 0), &ServerOptions::new().backlog(512))?;
/// let taken = create_server(server.local_address()?, &ServerOptions::new()).unwrap_err();
/// assert_eq!(taken.kind(), ErrorKind::AddrInUse);
///
/// let door = create_server(UnixAddress::UNNAMED, &ServerOptions::new())?;
/// println!("listening on {}", door.local_address()?);
/// # Ok::<(), berkeley::Error>(())
/// ```
pub fn create_server(address: impl Into<Address>, options: &ServerOptions<'_>) -> Result<Socket> {
    let address = address.into();
    let family = address.family();
    let fail = |error: Error| {
        let transport = kinds(family, options.kind, Protocol::DEFAULT);
        error.during(Operation::CreateServer).on(format!("{transport} {address}"))
    };
    if options.dual_stack && family != Family::INET6 {
        let why = "only an IPv6 address such as [::] can take IPv4 too: drop dual_stack";
        return Err(fail(Error::invalid(Operation::CreateServer, why)));
    }
    let socket = Socket::new(family, options.kind, Protocol::DEFAULT).map_err(fail)?;
    options.set_up(&socket, family).map_err(fail)?;
    if let Some(prepare) = &options.prepare {
        prepare(&socket)?;
    }
    socket.bind(address).map_err(fail)?;
    if options.listens() {
        socket.listen(options.backlog).map_err(|error| {
            remove_path(&address);
            fail(error)
        })?;
    }
    Ok(socket)
}

/// How a server is made: the type of its socket, its backlog, and who may share its address.
///
/// ```
/// use berkeley::{ServerOptions, Type, create_server};
/// use std::net::Ipv4Addr;
///
/// let options = ServerOptions::new().kind(Type::DGRAM).reuse_port(true);
/// let first = create_server((Ipv4Addr::LOCALHOST, 0), &options)?;
/// let second = create_server(first.local_address()?, &options)?;
/// assert_eq!(first.local_address()?, second.local_address()?);
/// # Ok::<(), berkeley::Error>(())
/// ```
pub struct ServerOptions<'a> {
    kind: Type,
    backlog: u32,
    reuse_port: bool,
    dual_stack: bool,
    prepare: Option<Prepare<'a>>,
}

impl<'a> ServerOptions<'a> {
    /// The backlog unless told otherwise: 128, as std's and Python's. It bounds the connections that nobody has accepted
    /// yet, not those that are open, so it need only outlast a burst.
    pub const BACKLOG: u32 = 128;

    /// A stream that shares nothing.
    pub const fn new() -> Self {
        let backlog = Self::BACKLOG;
        Self { kind: Type::STREAM, backlog, reuse_port: false, dual_stack: false, prepare: None }
    }

    /// The type of the socket: [`Type::STREAM`] unless told otherwise. A [`nonblocking`](Type::nonblocking) one starts
    /// with a timeout of zero.
    #[must_use]
    pub fn kind(self, kind: Type) -> Self {
        Self { kind, ..self }
    }

    /// How many connections may wait to be accepted: [`BACKLOG`](Self::BACKLOG) unless told otherwise, and never more
    /// than `net.core.somaxconn`. Nothing for datagrams.
    #[must_use]
    pub fn backlog(self, backlog: u32) -> Self {
        Self { backlog, ..self }
    }

    /// Other sockets of the same user that ask for it too may have the same address; the kernel spreads what comes over
    /// them (`SO_REUSEPORT`, socket(7)).
    #[doc(alias = "SO_REUSEPORT")]
    #[must_use]
    pub fn reuse_port(self, on: bool) -> Self {
        Self { reuse_port: on, ..self }
    }

    /// An IPv6 wildcard address takes IPv4 as well, whose peers show as `::ffff:a.b.c.d` (`IPV6_V6ONLY`, ipv6(7)).
    ///
    /// Refused for an address of another family.
    #[doc(alias = "IPV6_V6ONLY")]
    #[doc(alias = "dualstack_ipv6")]
    #[must_use]
    pub fn dual_stack(self, on: bool) -> Self {
        Self { dual_stack: on, ..self }
    }

    /// Runs `prepare` on the new socket, after the options above are set and before it is bound.
    ///
    /// Its error ends the whole, and comes back as it is.
    #[must_use]
    pub fn prepare(self, prepare: impl Fn(&Socket) -> Result<()> + Send + Sync + 'a) -> Self {
        Self { prepare: Some(Box::new(prepare)), ..self }
    }

    fn set_up(&self, socket: &Socket, family: Family) -> Result<()> {
        let internet = family == Family::INET || family == Family::INET6;
        if internet && blocking(self.kind) == Type::STREAM {
            socket.set(option::REUSEADDR, true)?;
        }
        if self.reuse_port {
            socket.set(option::REUSEPORT, true)?;
        }
        if family == Family::INET6 {
            socket.set(option::ipv6::V6ONLY, !self.dual_stack)?;
        }
        Ok(())
    }

    fn listens(&self) -> bool {
        matches!(blocking(self.kind), Type::STREAM | Type::SEQPACKET | Type::DCCP)
    }
}

/// Takes away the path that a bind has just made; the failure to report is the one that led here.
fn remove_path(address: &Address) {
    if let Some(path) = address.as_unix().and_then(UnixAddress::as_path) {
        let _ = fs::remove_file(path);
    }
}

impl Default for ServerOptions<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ServerOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("kind", &self.kind)
            .field("backlog", &self.backlog)
            .field("reuse_port", &self.reuse_port)
            .field("dual_stack", &self.dual_stack)
            .finish_non_exhaustive()
    }
}
