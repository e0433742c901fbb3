//! [`Socket`] and [`SocketRef`]: one method per system call, under the names of the man pages.
//!
//! Three layers, each built on the one below it:
//!
//! | layer | methods | what surfaces |
//! |---|---|---|
//! | waiting | `connect`, `accept`, `recv`, `send_all`, ... | the result, within the socket's timeout |
//! | one wait | [`wait`](Socket::wait) | the deadline, and an interruption |
//! | one try | `try_connect`, `try_accept`, `try_recv`, ... | what the system call gave, `EAGAIN` and `EINTR` too |
//!
//! # Timeouts
//!
//! As in Python's `socket`: none (the default: wait as long as it takes), zero (never wait), or a duration that bounds
//! the whole operation, [`send_all`](Socket::send_all) included. A socket that is ready costs one system call whatever
//! its timeout: the methods try first and wait only on `EAGAIN`. A timeout sets `O_NONBLOCK`, which every clone of the
//! descriptor shares; a clone without a timeout therefore waits on `EAGAIN` as well, as if it blocked. An operation
//! keeps the timeout that it began with. With [`Flags::DONTWAIT`](crate::Flags::DONTWAIT) a call never waits. What
//! follows a try that fails is the rule of [`retry`].
//!
//! ```
//! use berkeley::{Family, Protocol, Socket, Type};
//! use std::net::{Ipv4Addr, Shutdown};
//! use std::time::Duration;
//!
//! let server = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
//! server.bind((Ipv4Addr::LOCALHOST, 0))?;
//! server.listen(16)?;
//!
//! let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
//! client.set_timeout(Some(Duration::from_secs(5)))?;
//! client.connect(server.local_address()?)?;
//! let (peer, address) = server.accept()?;
//! assert_eq!(address, client.local_address()?);
//!
//! client.send_all(b"hello")?;
//! client.shutdown(Shutdown::Write)?;
//! assert_eq!(peer.recv_vec(64)?, b"hello");
//! assert_eq!(peer.recv_vec(64)?, b"", "the peer has sent all it had");
//! # Ok::<(), berkeley::Error>(())
//! ```

mod attempt;
mod claim;
mod convert;
mod describe;
mod establish;
mod filter;
mod lending;
mod lent;
mod mark;
mod message;
mod missing;
mod multicast;
mod options;
mod poll;
pub mod retry;
mod segmentation;
mod timeout;
mod transfer;
mod waiting;

use std::fmt;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use crate::address::Address;
use crate::error::{Error, Operation, Result};
use crate::kinds::{Family, Protocol, Type};
pub use crate::sys::poll::PollEntry;
use crate::sys::quirks::Quirks;
use crate::sys::{Errno, fd, inherited, socket};
#[cfg(feature = "tokio")]
use crate::sys::{constants as c, option};

pub(crate) use claim::Claim;
pub(crate) use describe::{join, kinds};
use lent::Lent;
use mark::Mark;
pub use message::{ReceivedMessage, SendMessage};
pub use multicast::LinkMembership;
pub use poll::poll;
pub(crate) use segmentation::{Peers, Refusal, Segmentation};
pub use timeout::Deadline;
use timeout::Timeout;
#[cfg(feature = "tokio")]
pub(crate) use waiting::NOTHING_TAKEN;
pub(crate) use waiting::{Awaited, Stop, Waiting, carry_through, with_timeout};

/// A socket of any family, type and protocol (socket(7)).
///
/// `Socket` owns its descriptor and closes it when dropped; [`SocketRef`] borrows one, from whatever type owns it, with
/// the same methods. Both can be shared between threads. See the [module's page](self) for timeouts and layers.
///
/// - Make one: [`new`](Self::new), [`pair`](Self::pair), `From` of std's types and of `OwnedFd`; in one step
///   [`create_connection`](crate::create_connection), [`create_server`](crate::create_server).
/// - Connect: [`bind`](Self::bind), [`listen`](Self::listen), [`accept`](Self::accept), [`connect`](Self::connect),
///   [`shutdown`](Self::shutdown).
/// - Receive: [`recv`](Self::recv), [`recv_vec`](Self::recv_vec), [`recv_from`](Self::recv_from),
///   [`peek`](Self::peek), std's `Read`.
/// - Send: [`send`](Self::send), [`send_all`](Self::send_all), [`send_to`](Self::send_to), std's `Write`.
/// - With what goes beside the bytes: [`send_msg`](Self::send_msg), [`recv_msg`](Self::recv_msg).
/// - Many datagrams: [`send_many`](Self::send_many), [`recv_many`](Self::recv_many).
/// - Wait no longer than: [`set_timeout`](Self::set_timeout); never: `try_recv`, `try_send` and their like.
/// - Options: [`get`](Self::get), [`set`](Self::set), with [`option`](mod@crate::option).
/// - Multicast: [`join`](Self::join), [`leave`](Self::leave).
///
/// Each method may have its like with `_with`, which takes [`Flags`](crate::Flags).
#[doc(alias = "close")]
#[doc(alias = "detach")]
#[doc(alias = "fileno")]
#[doc(alias = "makefile")]
#[doc(alias = "TcpStream")]
#[doc(alias = "TcpListener")]
#[doc(alias = "UdpSocket")]
#[doc(alias = "UnixStream")]
#[doc(alias = "UnixListener")]
#[doc(alias = "UnixDatagram")]
#[doc(alias = "SocketType")]
pub struct Socket<F = OwnedFd> {
    fd: F,
    timeout: Timeout,
    mark: Mark,
    lent: Lent,
    segmentation: Segmentation,
    quirks: Quirks,
}

/// A borrowed socket: any descriptor, with all the methods of [`Socket`].
///
/// ```
/// use berkeley::SocketRef;
/// use std::net::UdpSocket;
/// use std::os::fd::AsFd;
///
/// let socket = UdpSocket::bind("127.0.0.1:0")?;
/// let borrowed = SocketRef::borrow(socket.as_fd());
/// assert_eq!(borrowed.local_address()?.port(), Some(socket.local_addr()?.port()));
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "SockRef")]
pub type SocketRef<'fd> = Socket<BorrowedFd<'fd>>;

impl Socket {
    /// Makes a socket (socket(2)), close-on-exec from the start.
    ///
    /// Its timeout is none, or zero where the type is [`nonblocking`](Type::nonblocking).
    ///
    /// # Errors
    ///
    /// Fails where the kernel has no such family, type or protocol (the error names the kernel's configuration that
    /// has), for raw and packet sockets without `CAP_NET_RAW`, and at the limit of descriptors.
    #[doc(alias = "socket")]
    #[doc(alias = "SOCK_CLOEXEC")]
    pub fn new(family: Family, kind: Type, protocol: Protocol) -> Result<Self> {
        let fd = socket::socket(family.as_raw(), kind.as_raw(), protocol.as_raw()).map_err(|errno| {
            let transport = describe::kinds(family, kind, protocol);
            let target = missing::target(transport, errno, family, kind, protocol);
            Error::kernel(Operation::Socket, errno).on(target)
        })?;
        Ok(Self::made(fd, kind.is_nonblocking(), Quirks::of(family.as_raw())))
    }

    /// Makes two sockets that are connected to each other (socketpair(2)); Linux has such pairs of `AF_UNIX`.
    ///
    /// # Errors
    ///
    /// Fails with `EOPNOTSUPP` for a family that has no pairs, and with `EMFILE` at the limit of descriptors.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::SEQPACKET, Protocol::DEFAULT)?;
    /// left.send(b"one")?;
    /// left.send(b"two")?;
    /// assert_eq!(right.recv_vec(64)?, b"one");
    /// assert_eq!(right.recv_vec(64)?, b"two");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "socketpair")]
    pub fn pair(family: Family, kind: Type, protocol: Protocol) -> Result<(Self, Self)> {
        let (left, right) =
            socket::socket_pair(family.as_raw(), kind.as_raw(), protocol.as_raw()).map_err(|errno| {
                Error::kernel(Operation::Pair, errno).on(describe::kinds(family, kind, protocol))
            })?;
        let nonblocking = kind.is_nonblocking();
        let made = |fd| Self::made(fd, nonblocking, Quirks::of(family.as_raw()));
        Ok((made(left), made(right)))
    }

    /// Closes the descriptor, as dropping the socket does, and says what the kernel made of it (close(2)).
    ///
    /// The descriptor is gone in any case: there is nothing to try again.
    ///
    /// # Errors
    ///
    /// Fails with what still went wrong on the socket, such as `ECONNRESET`, on the few kinds that say so.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    ///
    /// Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?.close()?;
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn close(self) -> Result<()> {
        fd::close(self.fd).map_err(|errno| Error::kernel(Operation::Close, errno))
    }

    #[inline]
    fn made(fd: OwnedFd, nonblocking: bool, quirks: Quirks) -> Self {
        let timeout = Timeout::new(nonblocking.then_some(Duration::ZERO));
        let (mark, lent, segmentation) = (Mark::none(), Lent::never(), Segmentation::new());
        Self { fd, timeout, mark, lent, segmentation, quirks }
    }
}

impl<'fd> SocketRef<'fd> {
    /// Borrows a descriptor; the timeout starts at none.
    ///
    /// A descriptor that is no socket gives `ENOTSOCK` at the first call. [`set_timeout`](Self::set_timeout) changes
    /// `O_NONBLOCK` on the lender's descriptor, where it stays when the borrow ends.
    #[doc(alias = "fromfd")]
    pub const fn borrow(fd: BorrowedFd<'fd>) -> Self {
        Self {
            fd,
            timeout: Timeout::none(),
            mark: Mark::unknown(),
            lent: Lent::always(),
            segmentation: Segmentation::new(),
            quirks: Quirks::unknown(),
        }
    }
}

impl<F: AsFd> Socket<F> {
    /// This socket, of which the caller knows the family.
    ///
    /// A few families refuse what the library's calls carry by themselves, such as `MSG_NOSIGNAL`. A socket that was
    /// adopted learns so by a first call that is refused; one whose family is told never makes that call. It has to be
    /// the socket's own: by another's, sends may raise SIGPIPE.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, SocketRef, Type};
    /// use std::os::fd::AsFd;
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    /// SocketRef::borrow(left.as_fd()).with_family(Family::UNIX).send(b"hello")?;
    /// assert_eq!(right.recv_vec(64)?, b"hello");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[must_use]
    pub fn with_family(self, family: Family) -> Self {
        Self { quirks: Quirks::of(family.as_raw()), ..self }
    }

    /// The same socket borrowed, with the timeout that it has now.
    pub fn by_ref(&self) -> SocketRef<'_> {
        self.lent.lend();
        SocketRef {
            fd: self.fd.as_fd(),
            timeout: Timeout::new(self.timeout()),
            mark: Mark::unknown(),
            lent: Lent::always(),
            segmentation: self.segmentation.clone(),
            quirks: self.quirks.clone(),
        }
    }

    /// Another descriptor of the same socket (dup(2)), close-on-exec.
    ///
    /// The two share everything that the kernel keeps, `O_NONBLOCK` included; the timeout is copied, and from then on
    /// is each one's own.
    ///
    /// # Errors
    ///
    /// Fails with `EMFILE` at the limit of descriptors.
    #[doc(alias = "dup")]
    pub fn try_clone(&self) -> Result<Socket> {
        let fd =
            fd::duplicate(self.fd.as_fd()).map_err(|errno| self.fail(Operation::TryClone, errno, None))?;
        self.lent.lend();
        Ok(Socket {
            fd,
            timeout: Timeout::new(self.timeout()),
            mark: Mark::unknown(),
            lent: self.lent.of_clone(),
            segmentation: self.segmentation.clone(),
            quirks: self.quirks.clone(),
        })
    }

    /// Whether a program that this process executes gets the descriptor too (fcntl(2), the inverse of `FD_CLOEXEC`).
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is not open.
    #[doc(alias = "get_inheritable")]
    #[doc(alias = "FD_CLOEXEC")]
    #[doc(alias = "cloexec")]
    pub fn is_inheritable(&self) -> Result<bool> {
        fd::is_inheritable(self.fd.as_fd()).map_err(|errno| self.fail(Operation::Inheritable, errno, None))
    }

    /// Says whether a program that this process executes gets the descriptor too; no socket of this library's making is
    /// inherited before.
    ///
    /// Whatever else executes a program meanwhile, in another thread, hands it on as well.
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is not open.
    #[doc(alias = "FD_CLOEXEC")]
    #[doc(alias = "set_cloexec")]
    pub fn set_inheritable(&self, inheritable: bool) -> Result<()> {
        inherited::set_inheritable(self.fd.as_fd(), inheritable)
            .map_err(|errno| self.fail(Operation::SetInheritable, errno, None))
    }

    /// The timeout: `None` waits as long as it takes, zero never waits.
    #[doc(alias = "gettimeout")]
    #[doc(alias = "getblocking")]
    #[doc(alias = "read_timeout")]
    #[doc(alias = "write_timeout")]
    #[doc(alias = "nonblocking")]
    #[inline]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout.get()
    }

    /// Sets the timeout of each operation that may wait: `None` to wait as long as it takes, zero never to wait, or the
    /// longest time that one whole operation may take.
    ///
    /// Sets or clears `O_NONBLOCK` (ioctl(2) `FIONBIO`) accordingly, which every clone shares. It holds for operations
    /// that begin after it, in this thread or another.
    ///
    /// Where a clone has cleared the flag since, receives and sends still end in time. `accept` and `connect`, and
    /// splice(2) and sendfile(2), have no `MSG_DONTWAIT` and wait in the kernel: set the timeout anew, or let the clone
    /// have one as well.
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is not open.
    #[doc(alias = "settimeout")]
    #[doc(alias = "setblocking")]
    #[doc(alias = "O_NONBLOCK")]
    #[doc(alias = "set_read_timeout")]
    #[doc(alias = "set_write_timeout")]
    #[doc(alias = "set_nonblocking")]
    pub fn set_timeout(&self, timeout: Option<Duration>) -> Result<()> {
        let fd = self.fd.as_fd();
        let learnt = if timeout.is_some() { self.mark.learn(fd) } else { Ok(()) };
        learnt
            .and_then(|()| fd::set_nonblocking(fd, timeout.is_some()))
            .map_err(|errno| self.fail(Operation::SetTimeout, errno, None))?;
        self.timeout.set(timeout);
        Ok(())
    }

    /// Sets or clears `O_NONBLOCK`, and leaves the timeout as it is.
    pub(crate) fn set_nonblocking(&self, on: bool) -> Result<()> {
        fd::set_nonblocking(self.fd.as_fd(), on)
            .map_err(|errno| self.fail(Operation::SetTimeout, errno, None))
    }

    /// A connection that this listener has taken: it has inherited the listener's options.
    #[inline]
    fn accepted(&self, fd: OwnedFd, nonblocking: bool) -> Socket {
        let (mark, lent) = (self.mark.inherited(), self.lent.inherited());
        Socket { mark, lent, ..Socket::made(fd, nonblocking, self.quirks.clone()) }
    }

    /// Asks for the socket's mark, where nobody has yet.
    #[cfg(feature = "tokio")]
    pub(crate) fn learn_mark(&self) -> Result<()> {
        self.mark.learn(self.fd.as_fd()).map_err(|errno| self.fail(Operation::GetOption, errno, None))
    }

    /// Whether there is less to receive than the socket's mark asks for; asks only where it has one.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn is_below_mark(&self) -> bool {
        self.mark.is_unmet(self.fd.as_fd())
    }

    /// Notes that closing a socket of this kind never waits.
    #[cfg(feature = "tokio")]
    pub(crate) fn note_closes_at_once(&self) {
        self.lent.note_closes_at_once();
    }

    /// Whether close(2) may wait for what is still to be sent (`SO_LINGER`); asks only where it may have been set.
    #[cfg(feature = "tokio")]
    pub(crate) fn lingers(&self) -> bool {
        let linger =
            || self.get(crate::option::LINGER).is_ok_and(|time| time.is_some_and(|time| !time.is_zero()));
        self.lent.may_linger() && linger()
    }

    /// Whether something stands on top of TCP (`TCP_ULP`), such as TLS; asks only where it may.
    #[cfg(feature = "tokio")]
    #[inline]
    pub(crate) fn is_layered(&self) -> bool {
        self.lent.may_be_layered() && self.has_layer()
    }

    /// Apart: few sockets get here.
    #[cfg(feature = "tokio")]
    #[cold]
    fn has_layer(&self) -> bool {
        let asked = option::option(self.fd.as_fd(), c::IPPROTO_TCP, c::TCP_ULP, &mut [0; 16]);
        // No name is longer than the room; a kernel that does not know the option has nothing to put there.
        asked.is_ok_and(|length| length > 0)
    }

    /// What is known of how the kernel cuts what this socket sends.
    pub(crate) const fn segmentation(&self) -> &Segmentation {
        &self.segmentation
    }

    /// What this socket's family refuses of the library's own flags, as far as it is known.
    pub(crate) const fn quirks(&self) -> &Quirks {
        &self.quirks
    }

    /// The error of an operation on this socket. One that only asks for patience stays small and costs no system call.
    #[cold]
    pub(crate) fn fail(&self, operation: Operation, errno: Errno, address: Option<&Address>) -> Error {
        let error = Error::kernel(operation, errno);
        if error.is_would_block() || error.is_in_progress() || error.is_interrupted() {
            return error;
        }
        error.on(describe::target(self.fd.as_fd(), address))
    }

    /// The error of an operation that a socket of this kind does not have.
    pub(crate) fn unfit(&self, operation: Operation, explanation: &str) -> Error {
        Error::invalid(operation, explanation).on(describe::target(self.fd.as_fd(), None))
    }

    /// The error of an operation that found what it cannot go on with.
    #[cold]
    pub(crate) fn surprised(&self, operation: Operation, explanation: &str) -> Error {
        Error::unexpected(operation, explanation).on(describe::target(self.fd.as_fd(), None))
    }

    /// As [`fail`](Self::fail), for what may also have run out of time.
    #[cold]
    pub(crate) fn stopped(&self, operation: Operation, stop: Stop, address: Option<&Address>) -> Error {
        match stop {
            Stop::Kernel(errno) => self.fail(operation, errno, address),
            Stop::TimedOut => Error::timed_out(operation).on(describe::target(self.fd.as_fd(), address)),
            Stop::NothingTaken => Error::unexpected(operation, waiting::NOTHING_TAKEN)
                .on(describe::target(self.fd.as_fd(), address)),
        }
    }
}

impl<F: AsFd> fmt::Debug for Socket<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fd = self.fd.as_fd();
        let mut fields = f.debug_struct("Socket");
        fields
            .field("fd", &fd.as_raw_fd())
            .field("kind", &describe::transport(fd))
            .field("timeout", &self.timeout());
        if let Ok(address) = socket::local_address(fd) {
            fields.field("local", &describe::decode(&address));
        }
        if let Ok(address) = socket::peer_address(fd) {
            fields.field("peer", &describe::decode(&address));
        }
        fields.finish_non_exhaustive()
    }
}
