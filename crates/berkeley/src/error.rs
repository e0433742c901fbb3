//! [`Error`]: what was done, to which address, and why it failed; 16 bytes.

use std::fmt;
use std::io;

use crate::sys::Errno;
use crate::sys::constants as c;
use crate::sys::errno::lower_first_word;
use crate::sys::netdb::host_message;
use crate::sys::resolve::{LookupError, resolve_message};
use crate::sys::words;

/// What most calls of this library return.
pub type Result<T> = std::result::Result<T, Error>;

/// A failed operation: its name, its address where it has one, and the cause.
///
/// Printed as one line, the cause last, as Go's `net` does:
/// `connect tcp 127.0.0.1:9: connection refused (os error 111)`.
///
/// An error that only asks for patience ([`is_would_block`](Self::is_would_block), an interruption, a connection still
/// in progress) allocates nothing, unless it has a number of bytes to tell: `send_all` had sent a part by then.
///
/// # As an `io::Error`
///
/// An [`io::Error`] holds either an errno or a payload. Made from one of ours, it holds ours, whole: its kind is
/// [`kind`](Self::kind), it prints as ours does, and [`Error::within`], or [`io::Error::get_ref`] and
/// [`io::Error::downcast`], give ours back, with the errno, the operation and the address. Its own `raw_os_error` is
/// then `None`; only of an error that has nothing but an errno to tell, as one that asks for patience, it is that
/// errno, and nothing is allocated.
///
/// The other way, `?` makes an `Error` of an [`io::Error`], with its errno, of [`Operation::Io`]; of one that holds
/// ours it is ours again. So a `prepare` hook can call what it likes.
///
/// ```
/// use berkeley::{Family, Protocol, Socket, Type};
///
/// let socket = Socket::new(Family::INET, Type::STREAM, Protocol::DEFAULT)?;
/// let error = socket.peer_address().unwrap_err();
/// assert_eq!(error.to_string(), "peer_address tcp: transport endpoint is not connected (os error 107)");
///
/// let error = std::io::Error::from(error);
/// assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
/// assert_eq!(berkeley::Error::within(&error).and_then(|error| error.raw_os_error()), Some(107));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "error")]
pub struct Error {
    // Four fields rather than an enum with payloads: that would be 24 bytes.
    code: i32,
    origin: Origin,
    operation: Operation,
    detail: Option<Box<Detail>>,
}

const _: () = assert!(size_of::<Error>() <= 16);

/// What `code` means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Kernel,
    Resolver,
    Host,
    Deadline,
    Caller,
    Unexpected,
    Foreign,
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "only a runtime shuts down"))]
    Shutdown,
}

/// What an error has to say beyond its code; absent from the errors of the fast path.
#[derive(Default)]
struct Detail {
    target: Box<str>,
    explanation: Box<str>,
    bytes_sent: usize,
    datagrams_sent: usize,
    attempts: Vec<Error>,
    /// What code outside this library has failed with, where that is no errno.
    foreign: Option<io::Error>,
}

/// Why an operation failed, by whose doing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The kernel refused: its errno.
    Kernel(i32),
    /// The name could not be resolved: an `EAI_*` code of getaddrinfo(3).
    #[doc(alias = "EAI_ADDRFAMILY")]
    #[doc(alias = "EAI_AGAIN")]
    #[doc(alias = "EAI_BADFLAGS")]
    #[doc(alias = "EAI_FAIL")]
    #[doc(alias = "EAI_FAMILY")]
    #[doc(alias = "EAI_MEMORY")]
    #[doc(alias = "EAI_NODATA")]
    #[doc(alias = "EAI_NONAME")]
    #[doc(alias = "EAI_OVERFLOW")]
    #[doc(alias = "EAI_SERVICE")]
    #[doc(alias = "EAI_SOCKTYPE")]
    #[doc(alias = "EAI_SYSTEM")]
    #[doc(alias = "gaierror")]
    Resolver(i32),
    /// There is no such host: an `h_errno` of gethostbyname(3).
    #[doc(alias = "h_errno")]
    #[doc(alias = "herror")]
    #[doc(alias = "HOST_NOT_FOUND")]
    #[doc(alias = "TRY_AGAIN")]
    #[doc(alias = "NO_RECOVERY")]
    #[doc(alias = "NO_DATA")]
    Host(i32),
    /// The timeout or the deadline that the caller set ran out.
    #[doc(alias = "timeout")]
    TimedOut,
    /// The caller asked for what cannot be; nothing was done.
    Invalid,
    /// The kernel answered with what its manual does not have.
    Unexpected,
    /// The runtime that waits for the socket is shutting down.
    Shutdown,
    /// Code outside this library has failed, with no errno: it came as an [`io::Error`].
    Foreign,
}

impl Cause {
    /// The C library's own words for a lookup that failed, `Name or service not known`; `None` for any other cause. An
    /// [`Error`] shows glibc's, whichever the library is.
    #[doc(alias = "gai_strerror")]
    #[doc(alias = "hstrerror")]
    pub fn lookup_message(self) -> Option<String> {
        match self {
            Self::Resolver(code) => Some(resolve_message(code)),
            Self::Host(code) => Some(host_message(code)),
            _ => None,
        }
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// The operation that failed; `Display` prints the name of the method.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        #[repr(u8)]
        pub enum Operation { $($(#[$doc])* $name,)* }

        impl Operation {
            /// Every operation there is, in the order of their listing.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name of the method or function.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

operations! {
    /// Making a socket.
    Socket = "socket";
    /// Making a connected pair.
    Pair = "pair";
    /// Taking over a descriptor that the parent process left open.
    Inherit = "inherit";
    /// Binding to a local address.
    Bind = "bind";
    /// Starting to listen.
    Listen = "listen";
    /// Accepting a connection.
    Accept = "accept";
    /// Connecting.
    Connect = "connect";
    /// Receiving.
    Recv = "recv";
    /// Receiving with the sender's address.
    RecvFrom = "recv_from";
    /// Receiving with control messages.
    RecvMsg = "recv_msg";
    /// Receiving without taking.
    Peek = "peek";
    /// Sending.
    Send = "send";
    /// Sending everything.
    SendAll = "send_all";
    /// Sending to an address.
    SendTo = "send_to";
    /// Sending with control messages.
    SendMsg = "send_msg";
    /// Sending many datagrams.
    SendMany = "send_many";
    /// Receiving many datagrams.
    RecvMany = "recv_many";
    /// Sending a file.
    SendFile = "send_file";
    /// Moving bytes from socket to socket.
    Splice = "splice";
    /// Starting to send without copies.
    ZeroCopy = "zero_copy";
    /// Waiting for a buffer that was sent without a copy.
    Completion = "completion";
    /// Ending one direction or both.
    Shutdown = "shutdown";
    /// Asking for the local address.
    LocalAddress = "local_address";
    /// Asking for the peer's address.
    PeerAddress = "peer_address";
    /// Closing the descriptor.
    Close = "close";
    /// Duplicating the descriptor.
    TryClone = "try_clone";
    /// Setting the timeout.
    SetTimeout = "set_timeout";
    /// Asking how much waits to be sent.
    Unsent = "unsent";
    /// Asking whether child processes inherit the descriptor.
    Inheritable = "is_inheritable";
    /// Saying whether they do.
    SetInheritable = "set_inheritable";
    /// Asking whether the urgent mark is next.
    AtMark = "at_mark";
    /// Asking for a descriptor of the peer's process.
    PeerPidfd = "peer_pidfd";
    /// Waiting for readiness.
    Wait = "wait";
    /// Waiting for several at once.
    Poll = "poll";
    /// Taking the pending error.
    TakeError = "take_error";
    /// Reading an option.
    GetOption = "get";
    /// Setting an option.
    SetOption = "set";
    /// Joining a multicast group.
    Join = "join";
    /// Leaving a multicast group.
    Leave = "leave";
    /// Joining a multicast group for one sender.
    JoinSource = "join_source";
    /// Leaving a multicast group for one sender.
    LeaveSource = "leave_source";
    /// Blocking a sender of a multicast group.
    BlockSource = "block_source";
    /// Hearing a blocked sender again.
    UnblockSource = "unblock_source";
    /// Having an interface take in more.
    JoinLink = "join_link";
    /// Taking that back.
    LeaveLink = "leave_link";
    /// Joining an anycast address.
    JoinAnycast = "join_anycast";
    /// Leaving an anycast address.
    LeaveAnycast = "leave_anycast";
    /// Attaching a filter.
    AttachFilter = "attach_filter";
    /// Taking a filter off.
    DetachFilter = "detach_filter";
    /// Attaching the filter that chooses among sockets of one port.
    AttachReuseportFilter = "attach_reuseport_filter";
    /// Taking that filter off.
    DetachReuseportFilter = "detach_reuseport_filter";
    /// Attaching a program of the kernel's as a filter.
    AttachProgram = "attach_program";
    /// Attaching a program that chooses among sockets of one port.
    AttachReuseportProgram = "attach_reuseport_program";
    /// Resolving a name to addresses.
    Resolve = "resolve";
    /// Resolving an address to names.
    ResolveBack = "resolve_back";
    /// Asking for a host by its name.
    HostByName = "host_by_name";
    /// Asking for a host by its address.
    HostByAddress = "host_by_address";
    /// Asking for a service by its name.
    ServiceByName = "service_by_name";
    /// Asking for a service by its port.
    ServiceByPort = "service_by_port";
    /// Asking for a protocol by its name.
    ProtocolByName = "protocol_by_name";
    /// Asking for a protocol by its number.
    ProtocolByNumber = "protocol_by_number";
    /// Asking for the name of this machine.
    HostName = "host_name";
    /// Naming this machine.
    SetHostName = "set_host_name";
    /// Asking for an interface's index.
    InterfaceIndex = "interface_index";
    /// Asking for an interface's name.
    InterfaceName = "interface_name";
    /// Asking for the names of the interfaces.
    InterfaceNames = "interface_names";
    /// Listing the interfaces.
    Interfaces = "interfaces";
    /// Connecting to a name.
    CreateConnection = "create_connection";
    /// Listening on an address.
    CreateServer = "create_server";
    /// Making an address out of its parts or its text.
    ParseAddress = "address";
    /// Opening a capture ring.
    OpenRing = "open";
    /// Waiting for a block of a capture ring.
    NextBlock = "next_block";
    /// Reading the counters of a capture ring.
    Statistics = "statistics";
    /// Registering with the reactor.
    Register = "register";
    /// What code outside this library has done: it came as an [`io::Error`].
    Io = "io";
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Error {
    /// The kernel's refusal, with nothing allocated.
    pub(crate) const fn kernel(operation: Operation, errno: Errno) -> Self {
        Self { code: errno.as_raw(), origin: Origin::Kernel, operation, detail: None }
    }

    /// The caller's time ran out.
    pub(crate) const fn timed_out(operation: Operation) -> Self {
        Self { code: 0, origin: Origin::Deadline, operation, detail: None }
    }

    /// The caller asked for what cannot be; `explanation` says what and what to do, in lower case.
    pub(crate) fn invalid(operation: Operation, explanation: impl Into<Box<str>>) -> Self {
        Self::explained(Origin::Caller, operation, explanation.into())
    }

    /// The kernel answered oddly; `explanation` says what it gave and what was wanted.
    pub(crate) fn unexpected(operation: Operation, explanation: impl Into<Box<str>>) -> Self {
        Self::explained(Origin::Unexpected, operation, explanation.into())
    }

    /// The runtime is shutting down, as `explanation` says.
    #[cfg(feature = "tokio")]
    pub(crate) fn shutdown(operation: Operation, explanation: impl Into<Box<str>>) -> Self {
        Self::explained(Origin::Shutdown, operation, explanation.into())
    }

    fn explained(origin: Origin, operation: Operation, explanation: Box<str>) -> Self {
        let error = Self { code: 0, origin, operation, detail: None };
        error.detailed(|detail| detail.explanation = explanation)
    }

    /// A lookup that failed.
    pub(crate) fn lookup(operation: Operation, error: LookupError) -> Self {
        match error {
            LookupError::System(errno) => Self::kernel(operation, errno),
            LookupError::Resolver(code) => Self { code, origin: Origin::Resolver, operation, detail: None },
            LookupError::Host(code) => Self { code, origin: Origin::Host, operation, detail: None },
        }
    }

    /// Says what the operation was done to, such as `tcp 127.0.0.1:9`.
    pub(crate) fn on(self, target: impl Into<Box<str>>) -> Self {
        self.detailed(|detail| detail.target = target.into())
    }

    /// Says why it failed, in place of the cause's own words.
    pub(crate) fn because(self, explanation: impl Into<Box<str>>) -> Self {
        self.detailed(|detail| detail.explanation = explanation.into())
    }

    /// Says how many bytes went out before the failure.
    pub(crate) fn after_sending(self, bytes: usize) -> Self {
        if bytes == 0 { self } else { self.detailed(|detail| detail.bytes_sent = bytes) }
    }

    /// Says how many datagrams went out before the failure.
    pub(crate) fn after_datagrams(self, count: usize) -> Self {
        if count == 0 { self } else { self.detailed(|detail| detail.datagrams_sent = count) }
    }

    /// Lists what was tried, each with its own cause.
    pub(crate) fn with_attempts(self, attempts: Vec<Error>) -> Self {
        self.detailed(|detail| detail.attempts = attempts)
    }

    fn detailed(mut self, change: impl FnOnce(&mut Detail)) -> Self {
        change(self.detail.get_or_insert_default());
        self
    }

    /// The same failure under another operation's name.
    pub(crate) fn during(mut self, operation: Operation) -> Self {
        self.operation = operation;
        self
    }

    /// A new error of `operation`, for the same cause.
    pub(crate) fn same_cause(&self, operation: Operation) -> Self {
        let error = Self { code: self.code, origin: self.origin, operation, detail: None };
        let Some(detail) = &self.detail else { return error };
        match &detail.foreign {
            Some(foreign) => {
                let foreign = io::Error::new(foreign.kind(), foreign.to_string());
                error.detailed(|new| new.foreign = Some(foreign))
            }
            None if detail.explanation.is_empty() => error,
            None => error.detailed(|new| new.explanation.clone_from(&detail.explanation)),
        }
    }

    /// The error of this library that an [`io::Error`] holds; `None` where it is another's, and where it has nothing
    /// but an errno.
    ///
    /// ```
    /// use berkeley::{Error, Operation, Socket};
    /// use std::io::Read;
    /// use std::net::TcpListener;
    ///
    /// let mut listener = Socket::from(TcpListener::bind("127.0.0.1:0")?);
    /// let error = listener.read(&mut [0; 8]).unwrap_err();
    /// let ours = Error::within(&error).expect("it failed in this library");
    /// assert_eq!((ours.operation(), ours.raw_os_error()), (Operation::Recv, Some(107)));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    /// The operation that failed.
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// Why it failed.
    pub const fn cause(&self) -> Cause {
        match self.origin {
            Origin::Kernel => Cause::Kernel(self.code),
            Origin::Resolver => Cause::Resolver(self.code),
            Origin::Host => Cause::Host(self.code),
            Origin::Deadline => Cause::TimedOut,
            Origin::Caller => Cause::Invalid,
            Origin::Unexpected => Cause::Unexpected,
            Origin::Shutdown => Cause::Shutdown,
            Origin::Foreign => Cause::Foreign,
        }
    }

    /// What it was done to, as it is printed: `tcp 127.0.0.1:9`, `tcp`, an option's name; `None` where nothing is
    /// known.
    pub fn target(&self) -> Option<&str> {
        self.detail.as_ref().map(|detail| &*detail.target).filter(|target| !target.is_empty())
    }

    /// Why it failed, in words, without what was done and to what: `connection refused (os error 111)`.
    ///
    /// For those who translate another interface, which has its own words for the rest.
    pub fn reason(&self) -> String {
        struct Reason<'e>(&'e Error);
        impl fmt::Display for Reason<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write_cause(f)
            }
        }
        Reason(self).to_string()
    }

    /// The bytes that went out before an operation of many sends failed, such as `send_all`; 0 for every other.
    pub fn bytes_sent(&self) -> usize {
        self.detail.as_ref().map_or(0, |detail| detail.bytes_sent)
    }

    /// The datagrams that went out before `send_many` failed: the error is that of the next; 0 for every other
    /// operation.
    pub fn datagrams_sent(&self) -> usize {
        self.detail.as_ref().map_or(0, |detail| detail.datagrams_sent)
    }

    /// What was tried, in order, each with its own cause: the addresses of a name that all failed. Else empty.
    pub fn attempts(&self) -> &[Error] {
        self.detail.as_ref().map_or(&[], |detail| &detail.attempts)
    }

    /// The kernel's errno; `None` where the kernel was not the cause.
    #[doc(alias = "errno")]
    pub const fn raw_os_error(&self) -> Option<i32> {
        match self.origin {
            Origin::Kernel => Some(self.code),
            _ => None,
        }
    }

    /// The kind that std gives the same errno; `TimedOut` for a deadline, `NotFound` for an unknown host or service,
    /// `InvalidInput` for what cannot be asked, `InvalidData` for an odd answer of the kernel's, that of an
    /// [`io::Error`] which it was made from, else `Other`.
    pub fn kind(&self) -> io::ErrorKind {
        match self.origin {
            Origin::Kernel => io::Error::from_raw_os_error(self.code).kind(),
            Origin::Deadline => io::ErrorKind::TimedOut,
            Origin::Caller => io::ErrorKind::InvalidInput,
            Origin::Unexpected => io::ErrorKind::InvalidData,
            Origin::Shutdown => io::ErrorKind::Other,
            Origin::Foreign => self.foreign().map_or(io::ErrorKind::Other, io::Error::kind),
            Origin::Resolver => match self.code {
                c::EAI_NONAME | c::EAI_NODATA | c::EAI_SERVICE => io::ErrorKind::NotFound,
                _ => io::ErrorKind::Other,
            },
            Origin::Host => match self.code {
                c::HOST_NOT_FOUND | c::NO_DATA => io::ErrorKind::NotFound,
                _ => io::ErrorKind::Other,
            },
        }
    }

    /// Whether the operation would have had to wait (`EAGAIN`).
    #[doc(alias = "EAGAIN")]
    #[doc(alias = "EWOULDBLOCK")]
    pub const fn is_would_block(&self) -> bool {
        self.has(Errno::AGAIN)
    }

    /// Whether a connection has been started and is not made yet (`EINPROGRESS`, `EALREADY`).
    #[doc(alias = "EINPROGRESS")]
    pub const fn is_in_progress(&self) -> bool {
        self.has(Errno::INPROGRESS) || self.has(Errno::ALREADY)
    }

    /// Whether a signal interrupted the call (`EINTR`).
    #[doc(alias = "EINTR")]
    pub const fn is_interrupted(&self) -> bool {
        self.has(Errno::INTR)
    }

    const fn has(&self, errno: Errno) -> bool {
        matches!(self.origin, Origin::Kernel) && self.code == errno.as_raw()
    }

    /// Names what was tried, unless it is just what the error is about.
    fn write_attempts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.attempts().iter().all(|attempt| attempt.target() == self.target()) {
            return Ok(());
        }
        f.write_str(" (tried")?;
        for (index, attempt) in self.attempts().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma} {}", attempt.target().unwrap_or("?"))?;
        }
        f.write_str(")")
    }

    fn foreign(&self) -> Option<&io::Error> {
        self.detail.as_ref()?.foreign.as_ref()
    }

    fn explanation(&self) -> Option<&str> {
        self.detail.as_ref().map(|detail| &*detail.explanation).filter(|why| !why.is_empty())
    }

    fn write_cause(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(explanation) = self.explanation() {
            return f.write_str(explanation);
        }
        match self.cause() {
            Cause::Kernel(errno) => write!(f, "{} (os error {errno})", Errno::from_raw(errno).message()),
            cause @ (Cause::Resolver(code) | Cause::Host(code)) => {
                let known = if cause == Cause::Host(code) { words::host(code) } else { words::lookup(code) };
                let message = known.map(str::to_owned).or_else(|| cause.lookup_message());
                f.write_str(&lower_first_word(&message.unwrap_or_default()))
            }
            Cause::TimedOut => f.write_str("timed out"),
            Cause::Foreign => {
                f.write_str(&lower_first_word(&self.foreign().map(io::Error::to_string).unwrap_or_default()))
            }
            Cause::Invalid | Cause::Unexpected | Cause::Shutdown => f.write_str("invalid"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.operation)?;
        if let Some(target) = self.target() {
            write!(f, " {target}")?;
        }
        if self.bytes_sent() > 0 {
            write!(f, " after {} bytes", self.bytes_sent())?;
        }
        if self.datagrams_sent() > 0 {
            write!(f, " after {} datagrams", self.datagrams_sent())?;
        }
        self.write_attempts(f)?;
        f.write_str(": ")?;
        self.write_cause(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({self})")
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Its own words are ours already.
        std::error::Error::source(self.foreign()?)
    }
}

/// Keeps all of it, as the payload: see the page of [`Error`].
impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        match (&error.detail, error.raw_os_error()) {
            (None, Some(errno)) => io::Error::from_raw_os_error(errno),
            _ => io::Error::new(error.kind(), error),
        }
    }
}

/// Keeps the errno, or else the error as it is; one that holds ours gives ours back.
///
/// ```
/// use berkeley::{Connector, Error};
/// use std::net::{Ipv4Addr, TcpListener};
///
/// let connector = Connector::new().prepare(|_| {
///     let _settings = std::fs::read("/no/such/file")?;
///     Ok(())
/// });
/// let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
/// let error = connector.connect_to(&[server.local_addr()?.into()]).unwrap_err();
/// assert_eq!(error.to_string(), "io: no such file or directory (os error 2)");
/// # Ok::<(), Error>(())
/// ```
impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if let Some(errno) = error.raw_os_error() {
            return Self::kernel(Operation::Io, Errno::from_raw(errno));
        }
        error.downcast().unwrap_or_else(|error| {
            let bare = Self { code: 0, origin: Origin::Foreign, operation: Operation::Io, detail: None };
            bare.detailed(|detail| detail.foreign = Some(error))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_operation_target_and_cause() {
        let error = Error::kernel(Operation::Connect, Errno::from_raw(111)).on("tcp 127.0.0.1:9");
        assert_eq!(error.to_string(), "connect tcp 127.0.0.1:9: connection refused (os error 111)");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = io::Error::from(error);
        assert_eq!(Error::within(&error).and_then(Error::raw_os_error), Some(111));
        assert_eq!(error.to_string(), "connect tcp 127.0.0.1:9: connection refused (os error 111)");
    }

    #[test]
    fn a_partial_send_says_how_far_it_came() {
        let error = Error::timed_out(Operation::SendAll).on("tcp").after_sending(4096);
        assert_eq!(error.to_string(), "send_all tcp after 4096 bytes: timed out");
        assert_eq!((error.bytes_sent(), error.raw_os_error()), (4096, None));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn several_attempts_are_listed() {
        let attempt = |target: &str| Error::kernel(Operation::Connect, Errno::from_raw(111)).on(target);
        let error = Error::kernel(Operation::CreateConnection, Errno::from_raw(111))
            .on("localhost:9")
            .with_attempts(vec![attempt("tcp [::1]:9"), attempt("tcp 127.0.0.1:9")]);
        assert_eq!(
            error.to_string(),
            "create_connection localhost:9 (tried tcp [::1]:9, tcp 127.0.0.1:9): connection refused (os error 111)"
        );
    }
}
