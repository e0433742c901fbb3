//! From an address to a connection: bind, listen, accept, connect, shutdown, and the names of both ends.

use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use super::lending::refuse_lent;
use super::waiting::{Awaited, Next, Stop, Waiting, carry_through};
use super::{Socket, describe};
use crate::address::{Address, ToAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::socket::AddressRoom;
use crate::sys::{self, Errno, constants as c, fd, option, poll, socket};

impl<F: AsFd> Socket<F> {
    /// Gives the socket its local address (bind(2)).
    ///
    /// Port 0 lets the kernel choose one, which [`local_address`](Self::local_address) tells;
    /// [`UnixAddress::UNNAMED`](crate::UnixAddress::UNNAMED) lets it choose an abstract name. Fails where the address
    /// is in use (`EADDRINUSE`) or not of this machine (`EADDRNOTAVAIL`), below port 1024 without the right (`EACCES`),
    /// and where the socket is bound already (`EINVAL`). A Unix path must not exist, and stays when the socket is
    /// closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    /// use std::io::ErrorKind;
    /// use std::net::Ipv4Addr;
    ///
    /// let first = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// first.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let second = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// assert_eq!(second.bind(first.local_address()?).unwrap_err().kind(), ErrorKind::AddrInUse);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn bind(&self, address: impl ToAddress) -> Result<()> {
        address.with_address(Operation::Bind, |address| {
            refuse_lent(Operation::Bind, address)?;
            socket::bind(self.fd.as_fd(), address.encode().as_bytes())
                .map_err(|errno| self.fail(Operation::Bind, errno, Some(address)))
        })
    }

    /// Starts to take connections (listen(2)); up to `backlog` of them wait to be accepted.
    ///
    /// The kernel cuts `backlog` to `net.core.somaxconn`.
    ///
    /// # Errors
    ///
    /// Fails on a socket whose type takes no connections (`EOPNOTSUPP`), and on one of a Unix family that is not bound
    /// (`EINVAL`); one of IP is bound to a free port.
    pub fn listen(&self, backlog: u32) -> Result<()> {
        let backlog = i32::try_from(backlog).unwrap_or(i32::MAX);
        socket::listen(self.fd.as_fd(), backlog)
            .map_err(|errno| self.at_home(self.fail(Operation::Listen, errno, None)))
    }

    /// Waits for a connection and takes it (accept4(2)); gives its socket and the peer's address.
    ///
    /// The accepted socket is close-on-exec, blocks and has no timeout, whatever the listener's. On Linux it inherits
    /// the listener's options (buffer sizes, `TCP_NODELAY`, keep-alive, `SO_LINGER`, ...), but not `O_NONBLOCK`. A
    /// connection that ended in the queue gives `ECONNABORTED`; the listener goes on. The limit of descriptors gives
    /// `EMFILE` or `ENFILE`, and the connection stays in the queue: pause before trying again.
    ///
    /// # Errors
    ///
    /// Fails with `EINVAL` where the socket does not listen, and where the timeout passes.
    #[doc(alias = "accept4")]
    #[doc(alias = "incoming")]
    #[doc(alias = "accept_raw")]
    #[inline]
    pub fn accept(&self) -> Result<(Socket, Address)> {
        let fd = self.fd.as_fd();
        let mut peer = AddressRoom::new();
        let accepted = carry_through(fd, Awaited::ARRIVAL, self.timeout(), || {
            socket::accept(fd, &self.quirks, false, &mut peer)
        });
        let accepted = accepted.map_err(|stop| self.at_home(self.stopped(Operation::Accept, stop, None)))?;
        let accepted = self.accepted(accepted, false);
        Address::decode_into(peer.as_bytes(), |address| Ok((accepted, address)))
    }

    /// An error of a listener names the address that it listens on; one that only asks for patience stays as it is.
    pub(super) fn at_home(&self, error: Error) -> Error {
        match error.target().and_then(|_| self.local_address().ok()) {
            Some(local) => error.on(describe::target(self.fd.as_fd(), Some(&local))),
            None => error,
        }
    }

    /// Connects (connect(2)), within the timeout.
    ///
    /// For a datagram socket it sets the one peer that is sent to and received from. With a timeout of zero a
    /// connection that cannot be made at once gives an error that [`is_in_progress`](Error::is_in_progress): wait for
    /// [`Interest::WRITABLE`](crate::Interest::WRITABLE), then call [`finish_connect`](Self::finish_connect). After any
    /// other failure, a timeout included, drop the socket and make another.
    ///
    /// # Errors
    ///
    /// Fails with `ECONNREFUSED` where nobody listens, `ENETUNREACH` or `EHOSTUNREACH` where there is no way,
    /// `ETIMEDOUT` where the kernel gave up, `ENOENT` where a Unix path does not exist, and with
    /// [`Cause::TimedOut`](crate::Cause::TimedOut) where the timeout ran out.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    /// use std::io::ErrorKind;
    /// use std::net::Ipv4Addr;
    /// use std::time::Duration;
    ///
    /// let server = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    /// server.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let client = || {
    ///     let client = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    ///     client.set_timeout(Some(Duration::from_secs(5)))?;
    ///     client.connect(server.local_address()?)
    /// };
    /// assert_eq!(client().unwrap_err().kind(), ErrorKind::ConnectionRefused, "it does not listen yet");
    /// server.listen(16)?;
    /// client()?;
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "connect_timeout")]
    pub fn connect(&self, address: impl ToAddress) -> Result<()> {
        address.with_address(Operation::Connect, |address| {
            refuse_lent(Operation::Connect, address)?;
            self.segmentation.forget_peer();
            self.connect_within(address, self.timeout())
                .map_err(|stop| self.stopped(Operation::Connect, stop, Some(address)))
        })
    }

    fn connect_within(&self, address: &Address, timeout: Option<Duration>) -> std::result::Result<(), Stop> {
        let encoded = address.encode();
        match socket::connect(self.fd.as_fd(), encoded.as_bytes()) {
            Ok(()) => Ok(()),
            Err(errno) => self.connect_on(errno, address.family(), encoded.as_bytes(), timeout),
        }
    }

    /// What follows a connect that is not done at once.
    #[cold]
    fn connect_on(
        &self,
        mut errno: Errno,
        family: Family,
        address: &[u8],
        timeout: Option<Duration>,
    ) -> std::result::Result<(), Stop> {
        let fd = self.fd.as_fd();
        // An interrupted connect goes on by itself over IP. AF_UNIX was still queueing, and AF_VSOCK undoes it.
        let goes_on = matches!(family, Family::INET | Family::INET6);
        let mut waiting = Waiting::to_connect(timeout, goes_on);
        loop {
            let tried = match waiting.next(fd, errno) {
                Ok(Next::Call) => socket::connect(fd, address),
                Ok(Next::Finish) => outcome(fd),
                // With a timeout of zero.
                Err(Stop::Kernel(Errno::INTR)) => return Err(Errno::INPROGRESS.into()),
                Err(stop) => return Err(stop),
            };
            match tried {
                Ok(()) => return Ok(()),
                Err(next) => errno = next,
            }
        }
    }

    /// Learns how a connection that was in progress ended, once the socket is writable (`SO_ERROR`, getpeername(2)).
    ///
    /// # Errors
    ///
    /// Fails with what the connection failed with, or with an error that [`is_in_progress`](Error::is_in_progress)
    /// where it is neither made nor refused yet. `ENOTCONN` where there is none any more and its error was taken, or
    /// where none was ever started.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Deadline, Family, Interest, Protocol, Socket, Type};
    /// use std::net::Ipv4Addr;
    /// use std::time::Duration;
    ///
    /// let server = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
    /// server.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// server.listen(16)?;
    ///
    /// let client = Socket::new(Family::INET, Type::STREAM.nonblocking(), Protocol::DEFAULT)?;
    /// match client.connect(server.local_address()?) {
    ///     Err(error) if error.is_in_progress() => {
    ///         client.wait(Interest::WRITABLE, Deadline::after(Duration::from_secs(5)))?;
    ///         client.finish_connect()?;
    ///     }
    ///     done => done?,
    /// }
    /// assert_eq!(client.peer_address()?, server.local_address()?);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn finish_connect(&self) -> Result<()> {
        outcome(self.fd.as_fd()).map_err(|errno| self.fail(Operation::Connect, errno, None))
    }

    /// Ends one direction or both (shutdown(2)): the peer reads the end of the data once it has read what was sent.
    ///
    /// Holds for every clone.
    ///
    /// # Errors
    ///
    /// Fails with `ENOTCONN` where the socket is not connected.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    /// use std::net::Shutdown;
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send(b"last words")?;
    /// left.shutdown(Shutdown::Write)?;
    /// assert_eq!(right.recv_vec(64)?, b"last words");
    /// assert_eq!(right.recv_vec(64)?, b"", "the end of the data");
    /// right.send(b"heard")?;
    /// assert_eq!(left.recv_vec(64)?, b"heard");
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "SHUT_RD")]
    #[doc(alias = "SHUT_WR")]
    #[doc(alias = "SHUT_RDWR")]
    pub fn shutdown(&self, how: Shutdown) -> Result<()> {
        let how = match how {
            Shutdown::Read => c::SHUT_RD,
            Shutdown::Write => c::SHUT_WR,
            Shutdown::Both => c::SHUT_RDWR,
        };
        socket::shutdown(self.fd.as_fd(), how).map_err(|errno| self.fail(Operation::Shutdown, errno, None))
    }

    /// The address of this end (getsockname(2)); port 0 or [unnamed](Address::is_unnamed) where it was never bound.
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is no socket.
    #[doc(alias = "getsockname")]
    #[doc(alias = "local_addr")]
    pub fn local_address(&self) -> Result<Address> {
        let raw = socket::local_address(self.fd.as_fd())
            .map_err(|errno| self.fail(Operation::LocalAddress, errno, None))?;
        Ok(describe::decode(&raw))
    }

    /// The address of the other end (getpeername(2)); fails with `ENOTCONN` where there is none.
    #[doc(alias = "getpeername")]
    #[doc(alias = "peer_addr")]
    pub fn peer_address(&self) -> Result<Address> {
        let raw = socket::peer_address(self.fd.as_fd())
            .map_err(|errno| self.fail(Operation::PeerAddress, errno, None))?;
        Ok(describe::decode(&raw))
    }

    /// A descriptor of the process that made the other end of a Unix connection (`SO_PEERPIDFD`, Linux 6.5, unix(7)),
    /// close-on-exec.
    ///
    /// Unlike a process number ([`PEERCRED`](crate::option::PEERCRED)) it can never come to mean another process.
    ///
    /// # Errors
    ///
    /// Fails with `ENOPROTOOPT` on an older kernel, with `ENODATA` where there is no peer, and with `EINVAL` or `ESRCH`
    /// where the peer has ended.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use berkeley::{Family, Protocol, Socket, Type};
    ///
    /// let (left, _right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let this_process = left.peer_pidfd()?;
    /// # drop(this_process);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "SO_PEERPIDFD")]
    pub fn peer_pidfd(&self) -> Result<OwnedFd> {
        option::peer_pidfd(self.fd.as_fd()).map_err(|errno| self.fail(Operation::PeerPidfd, errno, None))
    }

    /// Takes the error that waits on the socket, and clears it (`SO_ERROR`, socket(7)); `None` where there is none.
    ///
    /// # Errors
    ///
    /// Fails only where the descriptor is no socket.
    #[doc(alias = "SO_ERROR")]
    pub fn take_error(&self) -> Result<Option<Error>> {
        let pending = option::option_i32(self.fd.as_fd(), c::SOL_SOCKET, c::SO_ERROR)
            .map_err(|errno| self.fail(Operation::TakeError, errno, None))?;
        Ok((pending != 0).then(|| self.fail(Operation::TakeError, Errno::from_raw(pending), None)))
    }

    /// How many bytes of the send queue have not left for good (ioctl(2) `SIOCOUTQ`).
    ///
    /// Of TCP, what the peer's kernel has not acknowledged (tcp(7)), the end of the data counting as one; of a Unix
    /// socket, what the peer has not read (unix(7)), in the kernel's own measure, which counts its overhead too. At 0,
    /// nothing that was sent can be lost to a close.
    ///
    /// # Errors
    ///
    /// Fails for a listening TCP socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{Family, Protocol, Socket, Type};
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send_all(b"hello")?;
    /// assert!(left.unsent()? >= 5);
    /// right.recv(&mut [0; 16])?;
    /// assert_eq!(left.unsent()?, 0);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "SIOCOUTQ")]
    #[doc(alias = "TIOCOUTQ")]
    pub fn unsent(&self) -> Result<usize> {
        fd::unsent(self.fd.as_fd()).map_err(|errno| self.fail(Operation::Unsent, errno, None))
    }

    /// Whether what is received next stands behind the urgent mark of a TCP stream (sockatmark(3), tcp(7)).
    ///
    /// # Errors
    ///
    /// Fails with `ENOTTY`, or of a Unix socket with `EOPNOTSUPP`, on one that has no such mark.
    #[doc(alias = "sockatmark")]
    #[doc(alias = "SIOCATMARK")]
    pub fn at_mark(&self) -> Result<bool> {
        fd::at_mark(self.fd.as_fd()).map_err(|errno| self.fail(Operation::AtMark, errno, None))
    }
}

/// How a connection stands: made, in progress, or ended, by its error where that was not taken before.
fn outcome(fd: BorrowedFd<'_>) -> sys::Result<()> {
    pending_error(fd)?;
    match socket::peer_address(fd) {
        // poll(2) always tells of an error or a hang-up: both mean that nothing is in progress.
        Err(Errno::NOTCONN) if poll::poll(fd, 0, Some(Duration::ZERO))? == 0 => Err(Errno::INPROGRESS),
        // The error may have come since it was asked for.
        Err(Errno::NOTCONN) => pending_error(fd).and(Err(Errno::NOTCONN)),
        result => result.map(drop),
    }
}

fn pending_error(fd: BorrowedFd<'_>) -> sys::Result<()> {
    match option::option_i32(fd, c::SOL_SOCKET, c::SO_ERROR)? {
        0 => Ok(()),
        errno => Err(Errno::from_raw(errno)),
    }
}
