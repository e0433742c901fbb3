//! Control messages: what travels beside the bytes of a message (cmsg(3)), sent and received, one file per level.
//!
//! What is sent is [`Outgoing`]: a function makes each, in the module of its level ([`socket::rights`], [`ip::ttl`],
//! [`udp::segment`]; [`raw`] for what has no function). What was received lies in a [`ControlBuffer`], whose
//! [`messages`](ControlBuffer::messages) are decoded byte by byte: typed where this library knows them, and as a
//! [`RawMessage`] where it does not, or where their data has another length than it should.
//!
//! Descriptors that arrive are owned by the buffer from the system call on, close-on-exec, and closed with it unless
//! they are taken: a message that nobody looks at, or that was cut off midway, leaks none. Most messages are received
//! only once an option asks for them; each says which.
//!
//! ```
//! use berkeley::control::{ControlBuffer, ControlMessage, ip};
//! use berkeley::{Family, Protocol, SendMessage, Socket, Type, option};
//! use std::io::{IoSlice, IoSliceMut};
//! use std::net::Ipv4Addr;
//!
//! let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
//! socket.bind((Ipv4Addr::LOCALHOST, 0))?;
//! socket.set(option::ip::RECVTTL, true)?;
//! let hello = [IoSlice::new(b"hello")];
//! socket.send_msg(&SendMessage::new(&hello).to(socket.local_address()?)?.control(&[ip::ttl(3)]))?;
//!
//! let mut bytes = [0; 64];
//! let mut control = ControlBuffer::new();
//! let received = socket.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control)?;
//! assert_eq!(&bytes[..received.length], b"hello");
//! let ttl = control.messages().find_map(|message| match message {
//!     ControlMessage::Ip(ip::Message::Ttl(ttl)) => Some(ttl),
//!     _ => None,
//! });
//! assert_eq!(ttl, Some(3));
//! # Ok::<(), berkeley::Error>(())
//! ```

pub mod alg;
mod buffer;
mod ecn;
mod extended_error;
pub mod ip;
pub mod ipv6;
mod outgoing;
pub mod socket;
pub mod tcp;
pub mod tls;
pub mod udp;

use std::fmt;
use std::os::fd::OwnedFd;

use crate::bytes::int;
use crate::sys::constants as c;
use crate::sys::control::{Walk, descriptors_in};
use crate::sys::layout::cmsg;

pub use buffer::{ControlBuffer, Descriptors};
pub use ecn::Ecn;
pub use extended_error::{ErrorOrigin, ExtendedError};
pub(crate) use outgoing::Room;
pub use outgoing::{Outgoing, encode, raw};

/// A control message as it was received, by its level.
#[derive(Debug)]
#[non_exhaustive]
pub enum ControlMessage<'b> {
    /// Of any socket, and of Unix sockets (`SOL_SOCKET`, socket(7), unix(7)).
    Socket(socket::Message<'b>),
    /// Of IPv4 (`IPPROTO_IP`, ip(7)).
    Ip(ip::Message<'b>),
    /// Of IPv6 (`IPPROTO_IPV6`, RFC 3542).
    Ipv6(ipv6::Message<'b>),
    /// Of TCP (`IPPROTO_TCP`, tcp(7)).
    Tcp(tcp::Message),
    /// Of UDP (`IPPROTO_UDP`, udp(7)).
    Udp(udp::Message),
    /// Of TLS in the kernel (`SOL_TLS`).
    Tls(tls::Message),
    /// Any other, or one whose data has another length than it should, such as the last of a truncated buffer.
    Other(RawMessage<'b>),
}

// A message is moved as it is looked at: one that is long costs a short receive 3 in 100.
const _: () = assert!(size_of::<ControlMessage<'_>>() <= 64);

/// A control message that is not decoded: `struct cmsghdr`, and the data behind it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[doc(alias = "cmsghdr")]
#[non_exhaustive]
pub struct RawMessage<'b> {
    /// Whose message it is (`cmsg_level`): `SOL_*` or `IPPROTO_*`.
    pub level: i32,
    /// Which message of that level (`cmsg_type`).
    pub kind: i32,
    /// The data, as long as the header says or as there is.
    pub data: &'b [u8],
}

impl<'b> RawMessage<'b> {
    /// The message `kind` of `level`, with its data.
    pub const fn new(level: i32, kind: i32, data: &'b [u8]) -> Self {
        Self { level, kind, data }
    }
}

impl fmt::Debug for RawMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawMessage(level {} type {} {:02x?})", self.level, self.kind, self.data)
    }
}

/// The control messages of some bytes, decoded one by one: [`ControlBuffer::messages`], [`decode`].
///
/// A header whose length is impossible ends it; [`rest`](Self::rest) is then empty.
#[doc(alias = "CMSG_FIRSTHDR")]
#[doc(alias = "CMSG_NXTHDR")]
#[doc(alias = "CMSG_DATA")]
#[derive(Debug)]
pub struct Messages<'b> {
    walk: Walk<'b>,
    /// The owners of the descriptors still to come; `None` where the bytes own none.
    descriptors: Option<&'b mut [Option<OwnedFd>]>,
}

impl<'b> Messages<'b> {
    /// Those of `bytes`, whose descriptors have their owners in `descriptors`.
    pub(crate) const fn owning(bytes: &'b [u8], descriptors: &'b mut [Option<OwnedFd>]) -> Self {
        Self { walk: Walk::new(bytes), descriptors: Some(descriptors) }
    }

    /// The bytes behind the last message given: those of the messages still to come, or a tail too short for a header.
    pub const fn rest(&self) -> &'b [u8] {
        self.walk.rest()
    }

    /// The owners of the next `count` descriptors; `None` where the bytes own none.
    #[inline]
    fn take_descriptors(&mut self, count: usize) -> Option<Descriptors<'b>> {
        let left = self.descriptors.take()?;
        let (taken, rest) = left.split_at_mut(count.min(left.len()));
        self.descriptors = Some(rest);
        Some(Descriptors::new(taken))
    }

    /// A message that carries descriptors; `None` for any other, and where nothing here owns them.
    #[inline]
    fn with_descriptors(&mut self, level: i32, kind: i32, length: usize) -> Option<socket::Message<'b>> {
        let count = descriptors_in(level, kind, length);
        match (level, kind) {
            (c::SOL_SOCKET, c::SCM_RIGHTS) => self.take_descriptors(count).map(socket::Message::Rights),
            (c::SOL_SOCKET, c::SCM_PIDFD) if count > 0 => {
                self.take_descriptors(count).map(socket::Message::Pidfd)
            }
            _ => None,
        }
    }
}

impl<'b> Iterator for Messages<'b> {
    type Item = ControlMessage<'b>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (level, kind, data) = self.walk.next()?;
        match self.with_descriptors(level, kind, data.len()) {
            Some(message) => Some(ControlMessage::Socket(message)),
            None => Some(decode_one(level, kind, data)),
        }
    }
}

/// [`ControlMessage::Other`] where this library does not know it, and where its data has the wrong length.
///
/// By its parts, which travel in registers: read back as one from the memory that they were just written to piece by
/// piece, a message made the processor wait. The usual levels and types are compared one by one, and the others stand
/// apart: the processor guesses a table of jumps wrong behind a system call, which cost a short receive 1 in 100.
fn decode_one(level: i32, kind: i32, data: &[u8]) -> ControlMessage<'_> {
    let other = || ControlMessage::Other(RawMessage { level, kind, data });
    match level {
        c::IPPROTO_IP => ip::decode(kind, data).map_or_else(other, ControlMessage::Ip),
        c::IPPROTO_IPV6 => ipv6::decode(kind, data).map_or_else(other, ControlMessage::Ipv6),
        c::SOL_SOCKET => socket::decode(kind, data).map_or_else(other, ControlMessage::Socket),
        _ => decode_rare(level, kind, data),
    }
}

#[inline(never)]
fn decode_rare(level: i32, kind: i32, data: &[u8]) -> ControlMessage<'_> {
    let other = || ControlMessage::Other(RawMessage { level, kind, data });
    match level {
        c::IPPROTO_TCP => tcp::decode(kind, data).map_or_else(other, ControlMessage::Tcp),
        c::IPPROTO_UDP => udp::decode(kind, data).map_or_else(other, ControlMessage::Udp),
        c::SOL_TLS => tls::decode(kind, data).map_or_else(other, ControlMessage::Tls),
        _ => other(),
    }
}

/// Decodes control messages that lie in `bytes`, wherever those came from.
///
/// Such bytes own no descriptors: `SCM_RIGHTS` and `SCM_PIDFD` are [`ControlMessage::Other`] here. Never fails and
/// never panics, whatever the bytes.
///
/// # Examples
///
/// ```
/// use berkeley::control::{self, ControlMessage, udp};
///
/// let bytes = control::encode(&[udp::segment(1200)])?;
/// let message = control::decode(&bytes).next().unwrap();
/// assert!(matches!(message, ControlMessage::Udp(udp::Message::Segment(1200))));
/// # Ok::<(), berkeley::Error>(())
/// ```
pub const fn decode(bytes: &[u8]) -> Messages<'_> {
    Messages { walk: Walk::new(bytes), descriptors: None }
}

/// The control messages that lie in `bytes`, not decoded.
pub fn raw_messages(bytes: &[u8]) -> impl Iterator<Item = RawMessage<'_>> {
    Walk::new(bytes).map(|(level, kind, data)| RawMessage { level, kind, data })
}

/// The room that a message with `data` bytes of data takes in a buffer, the padding behind it included.
///
/// # Examples
///
/// ```
/// // Room for three descriptors, each a C int.
/// assert!(berkeley::control::space(3 * 4) >= berkeley::control::length(3 * 4));
/// ```
#[doc(alias = "CMSG_SPACE")]
pub const fn space(data: usize) -> usize {
    cmsg::space(data)
}

/// The length of a message with `data` bytes of data, its header included.
#[doc(alias = "CMSG_LEN")]
pub const fn length(data: usize) -> usize {
    cmsg::length(data)
}

/// The data as a C `int` that holds one byte: a TTL, a traffic class.
fn octet(data: &[u8]) -> Option<u8> {
    int(data).and_then(|value| u8::try_from(value).ok())
}
