//! [`Connector`]: how a connection is made.

use std::fmt;
use std::time::Duration;

use super::{Prepare, blocking};
use crate::address::{Address, ToAddress};
use crate::error::{Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::option;
use crate::resolve::Hints;
use crate::socket::{Deadline, Socket, join, kinds};

/// How a connection is made: the type of the socket, its local address, its timeout, what is done before connecting.
///
/// Addresses race, as RFC 8305 (Happy Eyeballs) has it: the families take turns, the first answer's first; an attempt
/// that has not ended after 250 ms gets the next one beside it, one that fails gets it at once; the first connection
/// wins, and the others are closed. So an address that never answers costs a quarter of a second. Where the time is too
/// short for that, the steps are, down to 10 ms, so that every address has its turn. What connects at once, as datagram
/// sockets do, leaves the rest untried. The page of [`race`](super::race) says which parts of RFC 8305 these are.
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
///     .local("127.0.0.1:0")?
///     .timeout(Some(Duration::from_secs(5)));
/// let client = connector.connect_to(&[server.local_address()?])?;
/// client.send(b"ping")?;
/// assert_eq!(server.recv_vec(64)?, b"ping");
/// # Ok::<(), berkeley::Error>(())
/// ```
pub struct Connector<'a> {
    kind: Type,
    protocol: Protocol,
    family: Option<Family>,
    local: Option<Address>,
    timeout: Option<Duration>,
    prepare: Option<Prepare<'a>>,
}

impl<'a> Connector<'a> {
    /// A stream, from any local address, without a timeout.
    pub const fn new() -> Self {
        Self {
            kind: Type::STREAM,
            protocol: Protocol::DEFAULT,
            family: None,
            local: None,
            timeout: None,
            prepare: None,
        }
    }

    /// The type of the socket: [`Type::STREAM`] unless told otherwise. The timeout decides whether it blocks.
    #[must_use]
    pub fn kind(self, kind: Type) -> Self {
        Self { kind: blocking(kind), ..self }
    }

    /// The protocol of the socket: [`Protocol::DEFAULT`], which is TCP for a stream of IP, unless told otherwise.
    ///
    /// [`Protocol::MPTCP`] connects over several paths where both ends can (`linux/mptcp.h`), and
    /// [`Protocol::SCTP`] makes an association (sctp(7)). A kernel that lacks it fails with `EPROTONOSUPPORT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Connector, Protocol, ServerOptions};
    ///
    /// # let kernel_has_it = ServerOptions::new().protocol(Protocol::MPTCP).create_server("127.0.0.1:0").is_ok();
    /// # if kernel_has_it {
    /// let server = ServerOptions::new().protocol(Protocol::MPTCP).create_server("127.0.0.1:0")?;
    /// let client = Connector::new().protocol(Protocol::MPTCP).connect_to(&[server.local_address()?])?;
    /// client.send_all(b"over one path or several")?;
    /// # }
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "IPPROTO_MPTCP")]
    #[doc(alias = "IPPROTO_SCTP")]
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }

    /// The family that a name's addresses are to be of: that of the [`local`](Self::local) address unless told
    /// otherwise, and without one any.
    ///
    /// Addresses in digits of another family fail as a name without any does. It says nothing of
    /// [`connect_to`](Self::connect_to), whose addresses are given.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Connector, Family, ServerOptions, create_server};
    /// use std::net::Ipv4Addr;
    ///
    /// let server = create_server((Ipv4Addr::LOCALHOST, 0))?;
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
    ///
    /// # Errors
    ///
    /// Fails where a text is no address ([`ToAddress`]).
    #[doc(alias = "source_address")]
    pub fn local(self, address: impl ToAddress) -> Result<Self> {
        let address = address.to_address().map_err(|error| error.during(Operation::CreateConnection))?;
        Ok(Self { local: Some(address), ..self })
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

    /// Gives a connected socket the timeout that was asked for.
    pub(super) fn finished(&self, socket: &Socket) -> Result<()> {
        if self.timeout == Some(Duration::ZERO) { Ok(()) } else { socket.set_timeout(self.timeout) }
    }

    pub(super) fn socket(&self, family: Family) -> Result<Socket> {
        Socket::new(family, self.kind, self.protocol)
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
        let transport = kinds(address.family(), self.kind, self.protocol);
        let target = join(&transport, &address.to_string());
        match self.local {
            Some(local) => format!("{target} from {local}"),
            None => target,
        }
    }
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
            .field("protocol", &self.protocol)
            .field("local", &self.local)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
