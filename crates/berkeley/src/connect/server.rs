//! [`create_server`]: from an address to a listener.

use std::fmt;
use std::fs;

use super::{Prepare, blocking};
use crate::address::{Address, ToAddress, UnixAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::option;
use crate::resolve::Hints;
use crate::socket::{Socket, join, kinds};

/// Makes a listener at `address`, of TCP or of a Unix stream; [`ServerOptions`] has what may be chosen, such as UDP.
///
/// - TCP gets `SO_REUSEADDR`, so that a server that has just ended can start again while its old connections linger in
///   `TIME_WAIT`. UDP never does: there it would let a stranger bind the same port and take the datagrams. Nor does
///   Unix, where it means nothing.
/// - An IPv6 socket gets `IPV6_V6ONLY` set or cleared as [`dual_stack`](ServerOptions::dual_stack) says, whatever the
///   machine's default is.
/// - A Unix path must not exist: whether a socket that lies there is dead is the caller's to judge. It is made with the
///   umask's mode, and stays when the socket is closed.
///
/// Fails with `EADDRINUSE` where somebody has the address, `EADDRNOTAVAIL` where it is not this machine's, `EACCES`
/// below port 1024 without the right.
///
/// ```
/// use berkeley::{ServerOptions, UnixAddress, create_server};
/// use std::io::ErrorKind;
///
/// let server = create_server("127.0.0.1:0")?;
/// let taken = create_server(server.local_address()?).unwrap_err();
/// assert_eq!(taken.kind(), ErrorKind::AddrInUse);
///
/// let door = create_server(UnixAddress::UNNAMED)?;
/// println!("listening on {}", door.local_address()?);
///
/// let options = ServerOptions::new().backlog(512).reuse_port(true);
/// let shared = options.create_server("127.0.0.1:0")?;
/// options.create_server(shared.local_address()?)?;
/// # Ok::<(), berkeley::Error>(())
/// ```
pub fn create_server(address: impl ToAddress) -> Result<Socket> {
    ServerOptions::new().create_server(address)
}

/// How a server is made: the type of its socket, its backlog, and who may share its address.
///
/// ```
/// use berkeley::{ServerOptions, Type, create_server};
/// use std::net::Ipv4Addr;
///
/// let options = ServerOptions::new().kind(Type::DGRAM).reuse_port(true);
/// let first = options.create_server((Ipv4Addr::LOCALHOST, 0))?;
/// let second = options.create_server(first.local_address()?)?;
/// assert_eq!(first.local_address()?, second.local_address()?);
/// # Ok::<(), berkeley::Error>(())
/// ```
pub struct ServerOptions<'a> {
    kind: Type,
    protocol: Protocol,
    backlog: u32,
    reuse_port: bool,
    dual_stack: bool,
    fast_open: Option<u32>,
    prepare: Option<Prepare<'a>>,
}

impl<'a> ServerOptions<'a> {
    /// The backlog unless told otherwise: 128, as std's and Python's. It bounds the connections that nobody has
    /// accepted yet, not those that are open, so it need only outlast a burst.
    #[doc(alias = "SOMAXCONN")]
    pub const BACKLOG: u32 = 128;

    /// A stream that shares nothing.
    pub const fn new() -> Self {
        let backlog = Self::BACKLOG;
        Self {
            kind: Type::STREAM,
            protocol: Protocol::DEFAULT,
            backlog,
            reuse_port: false,
            dual_stack: false,
            fast_open: None,
            prepare: None,
        }
    }

    /// The type of the socket: [`Type::STREAM`] unless told otherwise. A [`nonblocking`](Type::nonblocking) one starts
    /// with a timeout of zero.
    #[must_use]
    pub fn kind(self, kind: Type) -> Self {
        Self { kind, ..self }
    }

    /// The protocol of the socket: [`Protocol::DEFAULT`], which is TCP for a stream of IP, unless told otherwise.
    ///
    /// [`Protocol::MPTCP`] takes clients of TCP as well, and [`Protocol::SCTP`] takes associations (sctp(7)). A kernel
    /// that lacks it fails with `EPROTONOSUPPORT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Protocol, ServerOptions, create_server};
    ///
    /// let several_paths = ServerOptions::new().protocol(Protocol::MPTCP);
    /// // TCP where this kernel has no MPTCP.
    /// let server = several_paths.create_server("127.0.0.1:0").or_else(|_| create_server("127.0.0.1:0"))?;
    /// # drop(server);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "IPPROTO_MPTCP")]
    #[doc(alias = "IPPROTO_SCTP")]
    #[must_use]
    pub fn protocol(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
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

    /// A client that has been here before may send its first data with its SYN, a round trip earlier; up to `waiting`
    /// of them at a time (`TCP_FASTOPEN`, tcp(7), RFC 7413).
    ///
    /// Such data may arrive twice, and `net.ipv4.tcp_fastopen` must allow it (bit 1), or nothing changes. Refused for
    /// what is not TCP.
    #[doc(alias = "TCP_FASTOPEN")]
    #[must_use]
    pub fn fast_open(self, waiting: u32) -> Self {
        Self { fast_open: Some(waiting), ..self }
    }

    /// Runs `prepare` on the new socket, after the options above are set and before it is bound.
    ///
    /// Its error ends the whole, and comes back as it is.
    #[must_use]
    pub fn prepare(self, prepare: impl Fn(&Socket) -> Result<()> + Send + Sync + 'a) -> Self {
        Self { prepare: Some(Box::new(prepare)), ..self }
    }

    /// Makes a server at `address` with these options; see [`create_server`].
    ///
    /// # Errors
    ///
    /// Fails as that does, where the kernel lacks the protocol, and where the family has not what an option asks for.
    pub fn create_server(&self, address: impl ToAddress) -> Result<Socket> {
        address.with_address(Operation::CreateServer, |address| self.create(address))
    }

    fn create(&self, address: &Address) -> Result<Socket> {
        let family = address.family();
        let fail = |error: Error| {
            let transport = kinds(family, self.kind, self.protocol);
            error.during(Operation::CreateServer).on(join(&transport, &address.to_string()))
        };
        self.check(family).map_err(fail)?;
        let socket = Socket::new(family, self.kind, self.protocol).map_err(fail)?;
        self.set_up(&socket, family).map_err(fail)?;
        if let Some(prepare) = &self.prepare {
            prepare(&socket)?;
        }
        socket.bind(address).map_err(fail)?;
        if self.listens() {
            socket.listen(self.backlog).map_err(|error| {
                remove_path(address);
                fail(error)
            })?;
        }
        Ok(socket)
    }

    /// Refuses what the family cannot do.
    fn check(&self, family: Family) -> Result<()> {
        let refuse = |why: &str| Err(Error::invalid(Operation::CreateServer, why));
        if self.dual_stack && family != Family::INET6 {
            return refuse("only an IPv6 address such as [::] can take IPv4 too: drop dual_stack");
        }
        if self.fast_open.is_some() && !self.is_tcp(family) {
            return refuse("only TCP can take data with the first packet: drop fast_open");
        }
        Ok(())
    }

    /// Multipath TCP included, which has TCP's options.
    fn is_tcp(&self, family: Family) -> bool {
        let ip = family == Family::INET || family == Family::INET6;
        let tcp = [Protocol::DEFAULT, Protocol::TCP, Protocol::MPTCP].contains(&self.protocol);
        ip && tcp && blocking(self.kind) == Type::STREAM
    }

    fn set_up(&self, socket: &Socket, family: Family) -> Result<()> {
        if self.is_tcp(family) {
            socket.set(option::REUSEADDR, true)?;
        }
        if let Some(waiting) = self.fast_open {
            socket.set(option::tcp::FASTOPEN, i32::try_from(waiting).unwrap_or(i32::MAX))?;
        }
        if self.reuse_port {
            socket.set(option::REUSEPORT, true)?;
        }
        if family == Family::INET6 {
            socket.set(option::ipv6::V6ONLY, !self.dual_stack)?;
        }
        Ok(())
    }

    /// What is asked of the resolver.
    pub(crate) fn hints(&self) -> Hints {
        Hints::new().kind(blocking(self.kind)).passive(true)
    }

    fn listens(&self) -> bool {
        matches!(blocking(self.kind), Type::STREAM | Type::SEQPACKET | Type::DCCP)
    }
}

/// Whether a socket of this machine can take IPv6 and IPv4 at once: what [`dual_stack`](ServerOptions::dual_stack)
/// needs.
///
/// # Examples
///
/// ```
/// use berkeley::{ServerOptions, create_server, has_dual_stack};
/// use std::net::{Ipv4Addr, Ipv6Addr};
///
/// let both = ServerOptions::new().dual_stack(true);
/// let server = if has_dual_stack() {
///     both.create_server((Ipv6Addr::UNSPECIFIED, 0))?
/// } else {
///     create_server((Ipv4Addr::UNSPECIFIED, 0))?
/// };
/// # drop(server);
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "has_dualstack_ipv6")]
#[doc(alias = "has_ipv6")]
pub fn has_dual_stack() -> bool {
    let socket = Socket::new(Family::INET6, Type::STREAM, Protocol::DEFAULT);
    socket.is_ok_and(|socket| socket.set(option::ipv6::V6ONLY, false).is_ok())
}

/// Takes away the path that a bind has just made; the failure to report is the one that led here.
pub(super) fn remove_path(address: &Address) {
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
            .field("protocol", &self.protocol)
            .field("backlog", &self.backlog)
            .field("reuse_port", &self.reuse_port)
            .field("dual_stack", &self.dual_stack)
            .field("fast_open", &self.fast_open)
            .finish_non_exhaustive()
    }
}
