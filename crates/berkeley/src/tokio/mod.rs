//! [`AsyncSocket`]: the calls of [`Socket`], awaited on tokio's reactor, for every family.
//!
//! The methods have the names, the results and the errors of [`Socket`]'s. They have no timeouts: wrap a call in
//! `tokio::time::timeout`, which drops it; each method says what dropping it leaves behind.
//!
//! # Cancellation
//!
//! A future that is dropped before it is done, by `select!`, by a timeout or with its task, is cancelled. A call that
//! is *cancel-safe* has then received or taken nothing that is not still there for the next call, and has sent either
//! nothing or what it can tell of.
//!
//! | call | cancelled |
//! |---|---|
//! | `readable`, `writable` | safe: nothing has happened |
//! | `recv`, `recv_from`, `recv_vec`, `peek`, `recv_msg`, `recv_many`, `recv_ready` | safe: nothing was received |
//! | `accept` | safe: no connection was taken |
//! | `send`, `send_to`, `send_msg` | safe: nothing was sent |
//! | `fill_pipe`, `drain_pipe`, `splice` | safe: what has not gone is in the pipe |
//! | `AsyncZeroCopy::completion` | safe: no buffer is lost |
//! | `create_connection_async` | safe: the attempts are given up, and nothing is left |
//! | `read`, `write` of tokio's `AsyncReadExt`, `AsyncWriteExt` | safe, as one `recv` or `send` |
//! | `send_all`, `send_many`, `send_file`, `AsyncZeroCopy::send_all` | not: an unknown part has gone out |
//! | `read_exact`, `read_to_end`, `write_all`, `copy` of tokio | not: bytes are lost, or an unknown part has gone out |
//! | `connect` | not: drop the socket too |
//!
//! The calls with flags (`recv_with`, ...) are as those without.
//!
//! # Runtimes
//!
//! A socket meets the reactor (epoll(7), edge-triggered) of the runtime that first awaits it, and stays with it: a wait
//! on another runtime is an error ([`Cause::Invalid`](crate::Cause::Invalid)), for nobody may be running the first one.
//! [`into_socket`](AsyncSocket::into_socket) and [`from_socket`](AsyncSocket::from_socket) take it to another. It meets
//! the reactor at its first wait, not when it is made: a stream socket that is neither connected nor listening is
//! reported as hung up, and tokio never forgets a hang-up. An executor that is no runtime of tokio's may await it where
//! the runtime runs on other threads.
//!
//! # Closing
//!
//! Dropping an [`AsyncSocket`] closes it. With `SO_LINGER` and a time (`linger`, socket(7)) close(2) waits until the
//! peer has all that was sent, whatever `O_NONBLOCK` says; then the socket is closed on a thread for blocking calls
//! (`spawn_blocking`), and the drop itself returns at once. A runtime that is dropped waits for such a close; without a
//! runtime, and while one shuts down, the drop waits as that of a [`Socket`] does.
//!
//! # Files
//!
//! | file | what it holds |
//! |---|---|
//! | `mod` | making, naming and giving back an `AsyncSocket` |
//! | `linger` | closing it |
//! | `watch` | the reactor that watches it, and whose that is |
//! | `wait` | the one loop of try and wait |
//! | `establish` | `accept`, `connect` |
//! | `connect` | `create_connection` and `create_server`, awaited |
//! | `transfer` | `recv` to `send_to` |
//! | `message` | `send_msg`, `recv_msg` |
//! | `batch` | `send_many`, `recv_many` |
//! | `splice`, `send_file`, `zero_copy` | bytes that never pass through the program, or are not copied |
//! | `recv_ready` | receiving into a buffer that is borrowed only once there is something to receive |
//! | `stream` | tokio's `AsyncRead` and `AsyncWrite` |

mod batch;
mod connect;
mod establish;
mod linger;
mod message;
mod recv_ready;
mod send_file;
mod splice;
mod stream;
mod transfer;
mod wait;
mod watch;
mod zero_copy;

use std::fmt;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use ::tokio::io::unix::AsyncFd;

use crate::address::{Address, ToAddress};
use crate::error::{Error, Result};
use crate::kinds::{Family, Protocol, Type};
use crate::option::{OptionValue, SocketOption};
use crate::socket::Socket;
use crate::sys::{Errno, constants as c, option};

pub use connect::{create_connection_async, create_server_async, create_servers_async};
use linger::Owner;
pub use recv_ready::ReadReady;
use watch::{Watched, check_runtime, register_error};
pub use zero_copy::AsyncZeroCopy;

/// A [`Socket`] whose calls are awaited instead of blocking the thread, on tokio's reactor.
///
/// Every family, type and protocol that [`Socket`] has. The errors are those of [`Socket`]'s methods; `EINTR` never
/// surfaces from an `async` method, and `EAGAIN` only where [`Flags::DONTWAIT`](crate::Flags::DONTWAIT) asks for
/// it. What only [`Socket`] has, such as [`join`](Socket::join), is reached through [`socket`](Self::socket). The
/// runtime must have its I/O and its time enabled (`enable_all`); without them tokio panics.
///
/// There are no timeouts here: wrap a call in `tokio::time::timeout`. The [module's page](self) says which calls may be
/// dropped midway, on which runtime a socket may be used, and what closing it does.
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
    registration: OnceLock<Arc<AsyncFd<Watched>>>,
    /// What the polled methods wait for where tokio's two slots do not do. The lock is also held while registering: a
    /// second registration of one descriptor would be `EEXIST`.
    waits: Mutex<Option<Box<Waits>>>,
    socket: Owner,
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
    /// Those of a socket, and whether closing it may wait (`SO_LINGER`), as connections but those of `AF_UNIX` do.
    fn of(fd: BorrowedFd<'_>) -> std::result::Result<(Self, bool), Errno> {
        let ask = |name| option::option_i32(fd, c::SOL_SOCKET, name);
        let family = Family::from_raw(ask(c::SO_DOMAIN)?);
        let kind = Type::from_raw(ask(c::SO_TYPE)?);
        let protocol = Protocol::from_raw(ask(c::SO_PROTOCOL)?);
        let inet = family == Family::INET || family == Family::INET6;
        let tcp = protocol == Protocol::TCP || protocol == Protocol::MPTCP;
        let waits_at_the_end = kind != Type::DGRAM && family != Family::UNIX;
        let traits = Self {
            short_is_empty: inet && tcp && kind == Type::STREAM,
            peer_queue: family == Family::UNIX && kind == Type::DGRAM,
            errs_alone: kind != Type::STREAM,
            silent: family == Family::ALG,
        };
        Ok((traits, waits_at_the_end))
    }
}

impl AsyncSocket {
    /// Makes a socket (socket(2)), close-on-exec and non-blocking from the start.
    ///
    /// # Errors
    ///
    /// Fails where [`Socket::new`] does, and outside a tokio runtime.
    pub fn new(family: Family, kind: Type, protocol: Protocol) -> Result<Self> {
        Self::from_socket(Socket::new(family, kind.nonblocking(), protocol)?)
    }

    /// Makes two sockets that are connected to each other (socketpair(2)); see [`Socket::pair`].
    ///
    /// # Errors
    ///
    /// Fails as that does.
    pub fn pair(family: Family, kind: Type, protocol: Protocol) -> Result<(Self, Self)> {
        let (left, right) = Socket::pair(family, kind.nonblocking(), protocol)?;
        Ok((Self::from_socket(left)?, Self::from_socket(right)?))
    }

    /// Takes a socket over; its timeout becomes zero (`O_NONBLOCK`), which every clone of it feels.
    ///
    /// # Errors
    ///
    /// Fails outside a tokio runtime, and where the descriptor is not a socket
    /// ([`Operation::Register`](crate::Operation::Register)).
    ///
    /// # Examples
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
        let (traits, waits_at_the_end) =
            Traits::of(socket.as_fd()).map_err(|errno| register_error(socket.as_raw_fd(), errno))?;
        if !waits_at_the_end {
            socket.note_closes_at_once();
        }
        if socket.timeout() != Some(Duration::ZERO) {
            socket.set_timeout(Some(Duration::ZERO))?;
        }
        // What it accepts inherits the mark, and is not asked for one.
        socket.learn_mark()?;
        Ok(Self::with_traits(socket, traits))
    }

    fn with_traits(socket: Socket, traits: Traits) -> Self {
        Self { registration: OnceLock::new(), waits: Mutex::default(), socket: Owner::new(socket), traits }
    }

    /// Gives the socket back, with a timeout of zero, free of the reactor.
    pub fn into_socket(self) -> Socket {
        // The other fields are dropped here too, the registration among them, while the descriptor is still open.
        self.socket.into_inner()
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
    /// # Errors
    ///
    /// Fails as [`Socket::try_clone`] does.
    pub fn try_clone(&self) -> Result<Self> {
        Ok(Self::with_traits(self.socket.try_clone()?, self.traits))
    }

    /// Reads an option (getsockopt(2)); see [`Socket::get`].
    ///
    /// # Errors
    ///
    /// Fails as that does.
    #[doc(alias = "getsockopt")]
    pub fn get<T: OptionValue>(&self, option: SocketOption<T>) -> Result<T> {
        self.socket.get(option)
    }

    /// Sets an option (setsockopt(2)); see [`Socket::set`].
    ///
    /// # Errors
    ///
    /// Fails as that does.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{AsyncSocket, Family, Protocol, Type, option};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// let socket = AsyncSocket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    /// socket.set(option::tcp::NODELAY, true)?;
    /// assert!(socket.get(option::tcp::NODELAY)?);
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "setsockopt")]
    pub fn set<T: OptionValue>(&self, option: SocketOption<T>, value: T::Input<'_>) -> Result<()> {
        self.socket.set(option, value)
    }

    /// Gives the socket its local address (bind(2)); see [`Socket::bind`].
    ///
    /// # Errors
    ///
    /// Fails as that does.
    pub fn bind(&self, address: impl ToAddress) -> Result<()> {
        self.socket.bind(address)
    }

    /// Starts to take connections (listen(2)); see [`Socket::listen`]. Call it before anything is awaited of the
    /// socket.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::listen`] does.
    pub fn listen(&self, backlog: u32) -> Result<()> {
        self.socket.listen(backlog)
    }

    /// Ends one direction or both (shutdown(2)); see [`Socket::shutdown`].
    ///
    /// # Errors
    ///
    /// Fails as that does.
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        self.socket.shutdown(how)
    }

    /// The address of this end (getsockname(2)).
    ///
    /// # Errors
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
    /// # Errors
    ///
    /// Fails as [`Socket::take_error`] does.
    #[doc(alias = "SO_ERROR")]
    pub fn take_error(&self) -> Result<Option<Error>> {
        self.socket.take_error()
    }
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
        f.debug_tuple("AsyncSocket").field(self.socket()).finish()
    }
}

impl AsRef<Socket> for AsyncSocket {
    fn as_ref(&self) -> &Socket {
        &self.socket
    }
}

impl AsFd for AsyncSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        AsFd::as_fd(self.socket())
    }
}

impl AsRawFd for AsyncSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}
