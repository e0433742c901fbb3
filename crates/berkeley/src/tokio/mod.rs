//! [`AsyncSocket`]: the calls of [`Socket`], awaited on tokio's reactor, for every family.
//!
//! The methods have the names, the results and the errors of [`Socket`]'s. They have no timeouts: wrap a call in
//! `tokio::time::timeout`, which drops it; each method says what dropping it leaves behind.
//!
//! A socket meets the reactor (epoll(7), edge-triggered) at its first wait, not when it is made: a stream socket that
//! is neither connected nor listening is reported as hung up, and tokio never forgets a hang-up.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod` | making, naming and giving back an `AsyncSocket` |
//! | `wait` | readiness, and the one loop of try and wait |
//! | `establish` | `accept`, `connect` |
//! | `connect` | `create_connection` and `create_server`, awaited |
//! | `transfer` | `recv` to `send_to` |
//! | `message` | `send_msg`, `recv_msg` |
//! | `batch` | `send_many`, `recv_many` |
//! | `recv_ready` | receiving into a buffer that is borrowed only once there is something to receive |
//! | `stream` | tokio's `AsyncRead` and `AsyncWrite` |

mod batch;
mod connect;
mod establish;
mod message;
mod recv_ready;
mod stream;
mod transfer;
mod wait;

use std::fmt;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use ::tokio::io::unix::AsyncFd;
use ::tokio::runtime::Handle;

use crate::address::{Address, ToAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::socket::Socket;
use crate::sys::{Errno, constants as c, option};

pub use connect::{create_connection_async, create_server_async, create_servers_async};
pub use recv_ready::ReadReady;

/// A [`Socket`] whose calls are awaited instead of blocking the thread, on tokio's reactor.
///
/// Every family, type and protocol that [`Socket`] has. The errors are those of [`Socket`]'s methods; `EINTR` never
/// surfaces from an `async` method, and `EAGAIN` only where [`Flags::DONTWAIT`](crate::Flags::DONTWAIT) asks for
/// it. Options are reached through [`socket`](Self::socket). The runtime must have its I/O and its time enabled
/// (`enable_all`); without them tokio panics.
///
/// There are no timeouts here: wrap a call in `tokio::time::timeout`.
///
/// ```
/// use berkeley::{AsyncSocket, Family, Protocol, Type};
/// use std::net::{Ipv4Addr, Shutdown};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> berkeley::Result<()> {
/// let server = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
/// server.bind((Ipv4Addr::LOCALHOST, 0))?;
/// server.listen(16)?;
///
/// let client = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
/// client.connect(server.local_address()?).await?;
/// let (peer, _address) = server.accept().await?;
///
/// client.send_all(b"hello").await?;
/// client.shutdown(Shutdown::Write)?;
/// assert_eq!(peer.recv_vec(64).await?, b"hello");
/// assert_eq!(peer.recv_vec(64).await?, b"", "the peer has sent all it had");
/// # Ok(())
/// # }
/// ```
pub struct AsyncSocket {
    // Dropped before the descriptor that they watch is closed, hence declared before it.
    registration: OnceLock<Arc<AsyncFd<RawFd>>>,
    /// What the polled methods wait for where tokio's two slots do not do. The lock is also held while registering: a
    /// second registration of one descriptor would be `EEXIST`.
    waits: Mutex<Option<Box<Waits>>>,
    socket: Socket,
    traits: Traits,
}

/// The waits of the one task that reads and of the one that writes; made by the first, for most sockets have none.
#[derive(Default)]
struct Waits {
    read: Option<Waiting>,
    write: Option<Waiting>,
}

/// A wait that owns what it watches, so that the socket can keep it between two polls.
type Waiting = Pin<Box<dyn Future<Output = std::io::Result<()>> + Send>>;

/// What waiting needs to know of a socket's kind, asked once.
#[derive(Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
struct Traits {
    /// Whether a receive that leaves room in the buffer has emptied the socket: TCP and Multipath TCP.
    ///
    /// Not `AF_UNIX`, where a receive also ends behind passed descriptors; not SCTP, where it ends with a message.
    short_is_empty: bool,
    /// Whether a send may find the peer's queue full while epoll says "writable": `AF_UNIX` datagrams.
    peer_queue: bool,
    /// Whether an error may come without anything to receive, as ICMP's do: all that are no streams.
    errs_alone: bool,
    /// Whether poll(2) and epoll(7) never say that it is ready: digests of `AF_ALG`, and what its sockets are accepted
    /// from.
    silent: bool,
}

impl Traits {
    fn of(fd: BorrowedFd<'_>) -> std::result::Result<Self, Errno> {
        let ask = |name| option::option_i32(fd, c::SOL_SOCKET, name);
        let family = Family::from_raw(ask(c::SO_DOMAIN)?);
        let kind = Type::from_raw(ask(c::SO_TYPE)?);
        let protocol = Protocol::from_raw(ask(c::SO_PROTOCOL)?);
        let inet = family == Family::INET || family == Family::INET6;
        let tcp = protocol == Protocol::TCP || protocol == Protocol::MPTCP;
        Ok(Self {
            short_is_empty: inet && tcp && kind == Type::STREAM,
            peer_queue: family == Family::UNIX && kind == Type::DGRAM,
            errs_alone: kind != Type::STREAM,
            silent: family == Family::ALG,
        })
    }
}

impl AsyncSocket {
    /// Makes a socket (socket(2)), close-on-exec and non-blocking from the start.
    ///
    /// Fails where [`Socket::new`] does, and outside a tokio runtime.
    pub fn new(family: Family, kind: Type, protocol: Protocol) -> Result<Self> {
        Self::from_socket(Socket::new(family, kind.nonblocking(), protocol)?)
    }

    /// Makes two sockets that are connected to each other (socketpair(2)); see [`Socket::pair`].
    ///
    /// Fails as that does.
    pub fn pair(family: Family, kind: Type, protocol: Protocol) -> Result<(Self, Self)> {
        let (left, right) = Socket::pair(family, kind.nonblocking(), protocol)?;
        Ok((Self::from_socket(left)?, Self::from_socket(right)?))
    }

    /// Takes a socket over; its timeout becomes zero (`O_NONBLOCK`), which every clone of it feels.
    ///
    /// Fails outside a tokio runtime, and where the descriptor is no socket ([`Operation::Register`]).
    ///
    /// ```
    /// use berkeley::{AsyncSocket, Family, Protocol, Socket, Type};
    ///
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// let error = AsyncSocket::from_socket(socket).unwrap_err();
    /// assert_eq!(error.to_string(), "register: there is no tokio runtime here; call this from within one");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn from_socket(socket: Socket) -> Result<Self> {
        check_runtime()?;
        let traits = Traits::of(socket.as_fd()).map_err(|errno| register_error(socket.as_raw_fd(), errno))?;
        if socket.timeout() != Some(Duration::ZERO) {
            socket.set_timeout(Some(Duration::ZERO))?;
        }
        // What it accepts inherits the mark, and is not asked for one.
        socket.learn_mark()?;
        Ok(Self::with_traits(socket, traits))
    }

    fn with_traits(socket: Socket, traits: Traits) -> Self {
        Self { registration: OnceLock::new(), waits: Mutex::default(), socket, traits }
    }

    /// Gives the socket back, with a timeout of zero, free of the reactor.
    pub fn into_socket(self) -> Socket {
        // The other fields are dropped here too, the registration among them, while the descriptor is still open.
        self.socket
    }

    /// The socket itself: its options, its one-call `try_*` methods, its name in a log.
    ///
    /// Leave its timeout at zero: with another, the thread would block in [`accept`](Self::accept) or
    /// [`connect`](Self::connect).
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Another descriptor of the same socket (dup(2)), close-on-exec, with a registration of its own.
    ///
    /// Fails as [`Socket::try_clone`] does.
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self::with_traits(self.socket.try_clone()?, self.traits))
    }

    /// Gives the socket its local address (bind(2)); see [`Socket::bind`].
    ///
    /// Fails as that does.
    pub fn bind(&self, address: impl ToAddress) -> Result<()> {
        self.socket.bind(address)
    }

    /// Starts to take connections (listen(2)); see [`Socket::listen`]. Call it before anything is awaited of the
    /// socket.
    ///
    /// Fails as [`Socket::listen`] does.
    pub fn listen(&self, backlog: u32) -> Result<()> {
        self.socket.listen(backlog)
    }

    /// Ends one direction or both (shutdown(2)); see [`Socket::shutdown`].
    ///
    /// Fails as that does.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        self.socket.shutdown(how)
    }

    /// The address of this end (getsockname(2)).
    ///
    /// Fails as [`Socket::local_address`] does.
    #[doc(alias = "getsockname")]
    pub fn local_address(&self) -> Result<Address> {
        self.socket.local_address()
    }

    /// The address of the other end (getpeername(2)); fails with `ENOTCONN` where there is none.
    #[doc(alias = "getpeername")]
    pub fn peer_address(&self) -> Result<Address> {
        self.socket.peer_address()
    }

    /// Takes the error that waits on the socket, and clears it (`SO_ERROR`, socket(7)); `None` where there is none.
    ///
    /// Fails as [`Socket::take_error`] does.
    #[doc(alias = "SO_ERROR")]
    pub fn take_error(&self) -> Result<Option<Error>> {
        self.socket.take_error()
    }

    /// The reactor's view of the socket, which it meets here if it has not yet.
    #[inline]
    fn registered(&self) -> Result<&Arc<AsyncFd<RawFd>>> {
        match self.registration.get() {
            Some(registration) => Ok(registration),
            None => self.register(),
        }
    }

    #[cold]
    fn register(&self) -> Result<&Arc<AsyncFd<RawFd>>> {
        let _held = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registration) = self.registration.get() {
            return Ok(registration);
        }
        check_runtime()?;
        let fd = self.socket.as_raw_fd();
        let registration = watch(fd).map_err(|error| match error.raw_os_error() {
            Some(errno) => register_error(fd, Errno::from_raw(errno)),
            None => Error::shutdown(Operation::Register, error.to_string()),
        })?;
        Ok(self.registration.get_or_init(|| Arc::new(registration)))
    }
}

/// Adds a descriptor to the reactor of this thread's runtime.
///
/// With `EPOLLPRI`, so that tokio remembers that urgent data has come: see [`ReadReady::recv`].
#[allow(
    deprecated,
    reason = "the successor is unsafe for types whose descriptor may change or close; this one is the socket's own, \
              and the registration is dropped before it"
)]
fn watch(fd: RawFd) -> std::io::Result<AsyncFd<RawFd>> {
    use ::tokio::io::Interest;
    AsyncFd::with_interest(fd, Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY)
}

/// Where there is no runtime tokio panics; this says so instead.
fn check_runtime() -> Result<()> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(Error::invalid(
            Operation::Register,
            "there is no tokio runtime here; call this from within one",
        )),
    }
}

fn register_error(fd: RawFd, errno: Errno) -> Error {
    Error::kernel(Operation::Register, errno).on(format!("fd {fd}"))
}

/// As [`AsyncSocket::from_socket`].
impl TryFrom<Socket> for AsyncSocket {
    type Error = Error;

    fn try_from(socket: Socket) -> Result<Self> {
        Self::from_socket(socket)
    }
}

/// As [`AsyncSocket::into_socket`]: the descriptor stays non-blocking.
impl From<AsyncSocket> for OwnedFd {
    fn from(socket: AsyncSocket) -> Self {
        socket.into_socket().into()
    }
}

impl fmt::Debug for AsyncSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncSocket").field(&self.socket).finish()
    }
}

impl AsRef<Socket> for AsyncSocket {
    fn as_ref(&self) -> &Socket {
        &self.socket
    }
}

impl AsFd for AsyncSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for AsyncSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}
