//! [`Outgoing`]: a control message to be sent, and how several are laid out.

use std::fmt;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use super::space;
use crate::error::{Error, Operation, Result};
use crate::sys::constants as c;
use crate::sys::control::Scratch;
use crate::sys::layout::cmsg;
use crate::sys::{self, alloc};

/// The size of a descriptor's number.
const FD_SIZE: usize = size_of::<RawFd>();

/// The size of the number before bytes that are counted.
const COUNT_SIZE: usize = size_of::<u32>();

/// The longest data of a fixed size: `struct in6_pktinfo`.
const INLINE: usize = 20;

/// A control message to be sent with [`send_msg`](crate::Socket::send_msg).
///
/// The modules of the levels make them: [`socket::rights`](super::socket::rights), [`ip::ttl`](super::ip::ttl), and
/// [`raw`] for all the others. Whether a message fits the socket only the kernel knows: it answers `EINVAL`.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    level: i32,
    kind: i32,
    /// Of the data, in bytes; known from the start, so that no send has to ask what kind of data it is.
    length: usize,
    payload: Payload<'a>,
}

#[derive(Clone, Copy)]
enum Payload<'a> {
    /// As much of it as the length says.
    Inline([u8; INLINE]),
    Bytes(&'a [u8]),
    /// Behind their number, a C `unsigned int`.
    Counted(&'a [u8]),
    Descriptors(&'a [BorrowedFd<'a>]),
}

impl<'a> Outgoing<'a> {
    /// A message of a fixed size.
    #[inline]
    pub(super) fn fixed<const N: usize>(level: i32, kind: i32, data: [u8; N]) -> Self {
        const { assert!(N <= INLINE, "the data does not fit into an Outgoing") };
        let mut bytes = [0; INLINE];
        bytes[..N].copy_from_slice(&data);
        Self { level, kind, length: N, payload: Payload::Inline(bytes) }
    }

    /// A message of any bytes; for those that carry no pointer and no descriptor.
    pub(super) const fn bytes(level: i32, kind: i32, data: &'a [u8]) -> Self {
        Self { level, kind, length: data.len(), payload: Payload::Bytes(data) }
    }

    /// A message of bytes, their number before them.
    pub(super) const fn counted(level: i32, kind: i32, data: &'a [u8]) -> Self {
        Self { level, kind, length: COUNT_SIZE + data.len(), payload: Payload::Counted(data) }
    }

    /// A message of descriptors.
    pub(super) const fn descriptors(level: i32, kind: i32, descriptors: &'a [BorrowedFd<'a>]) -> Self {
        let length = descriptors.len() * FD_SIZE;
        Self { level, kind, length, payload: Payload::Descriptors(descriptors) }
    }

    /// Whose message it is (`cmsg_level`).
    pub const fn level(&self) -> i32 {
        self.level
    }

    /// Which message of that level (`cmsg_type`).
    pub const fn kind(&self) -> i32 {
        self.kind
    }

    /// Whether the kernel gives it to each of the datagrams that it cuts one send into, as it would to each alone.
    ///
    /// What stands in a header of IP it copies. A time stamp, a launch time or an identifier is of one packet.
    pub(crate) fn may_be_shared(&self) -> bool {
        matches!(self.level, c::IPPROTO_IP | c::IPPROTO_IPV6)
    }

    /// Whether both say the same; of descriptors and of bytes that are counted, which IP has not, never.
    pub(crate) fn says_as(&self, other: &Self) -> bool {
        let data = |it: &Self| match it.payload {
            Payload::Inline(inline) => Some((inline, &[][..])),
            Payload::Bytes(bytes) => Some(([0; INLINE], bytes)),
            Payload::Counted(_) | Payload::Descriptors(_) => None,
        };
        let head = |it: &Self| (it.level, it.kind, it.length);
        head(self) == head(other) && data(self).is_some() && data(self) == data(other)
    }

    #[inline]
    fn space(&self) -> usize {
        space(self.length)
    }

    /// Writes the message to the front of `bytes`, which has room for it, its padding zero; gives the rest.
    #[inline]
    fn write<'b>(&self, bytes: &'b mut [u8]) -> &'b mut [u8] {
        let (own, rest) = bytes.split_at_mut(self.space());
        own[cmsg::LENGTH..][..size_of::<usize>()].copy_from_slice(&cmsg::length(self.length).to_ne_bytes());
        own[cmsg::LEVEL..][..4].copy_from_slice(&self.level.to_ne_bytes());
        own[cmsg::TYPE..][..4].copy_from_slice(&self.kind.to_ne_bytes());
        let data = &mut own[cmsg::HEADER..][..self.length];
        match &self.payload {
            Payload::Inline(inline) => data.copy_from_slice(&inline[..self.length]),
            Payload::Bytes(given) => data.copy_from_slice(given),
            Payload::Counted(given) => {
                let (count, rest) = data.split_at_mut(COUNT_SIZE);
                // More than 4 GiB the kernel refuses whatever the count says.
                count.copy_from_slice(&u32::try_from(given.len()).unwrap_or(u32::MAX).to_ne_bytes());
                rest.copy_from_slice(given);
            }
            Payload::Descriptors(descriptors) => {
                for (place, descriptor) in data.chunks_exact_mut(FD_SIZE).zip(*descriptors) {
                    place.copy_from_slice(&descriptor.as_raw_fd().to_ne_bytes());
                }
            }
        }
        rest
    }
}

impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outgoing(level {} type {} ", self.level, self.kind)?;
        match &self.payload {
            Payload::Inline(inline) => write!(f, "{:02x?})", &inline[..self.length]),
            Payload::Bytes(data) | Payload::Counted(data) => write!(f, "{data:02x?})"),
            Payload::Descriptors(descriptors) => write!(f, "{descriptors:?})"),
        }
    }
}

/// A control message of any level and type (`cmsg_level`, `cmsg_type`), its data as the kernel takes it.
///
/// # Errors
///
/// Fails for two kinds, whose data the kernel takes for more than data: `SCM_RIGHTS`, which lends whatever descriptors
/// the numbers name ([`socket::rights`](super::socket::rights) borrows them), and the messages of `SOL_RDS`, which hold
/// addresses of this process's memory.
///
/// # Examples
///
/// ```
/// use berkeley::control;
///
/// // A j1939 priority (SOL_CAN_J1939, SCM_J1939_PRIO).
/// let priority = control::raw(107, 3, &[6])?;
/// assert_eq!((priority.level(), priority.kind()), (107, 3));
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "SOL_RDS")]
pub fn raw(level: i32, kind: i32, data: &[u8]) -> Result<Outgoing<'_>> {
    let refused = match (level, kind) {
        (c::SOL_SOCKET, c::SCM_RIGHTS) => {
            "raw bytes own no descriptor that SCM_RIGHTS might lend; use rights, which borrows them"
        }
        (c::SOL_RDS, _) => "messages of SOL_RDS hold addresses of memory, which cannot be checked",
        _ => return Ok(Outgoing::bytes(level, kind, data)),
    };
    Err(Error::invalid(Operation::SendMsg, refused))
}

/// Lays `messages` out one behind the other, as the kernel takes them and gives them.
///
/// [`send_msg`](crate::Socket::send_msg) does so itself: this is for those who look at the bytes, or keep them.
///
/// # Errors
///
/// Fails with `ENOMEM` where there is no memory for so many.
pub fn encode(messages: &[Outgoing<'_>]) -> Result<Vec<u8>> {
    let no_memory = |errno| Error::kernel(Operation::SendMsg, errno);
    let mut bytes = alloc::zeroed(total(messages)).map_err(no_memory)?;
    write_all(messages, &mut bytes);
    Ok(bytes)
}

/// Where messages are laid out for the kernel: on the stack, and allocated only where more than fits there is sent.
pub(crate) struct Room {
    stack: Scratch,
    heap: Vec<u8>,
}

impl Room {
    #[inline]
    pub(crate) const fn new() -> Self {
        Self { stack: Scratch::new(), heap: Vec::new() }
    }

    /// The messages as they are laid out. `ENOMEM` where there is no memory for so many.
    #[inline]
    pub(crate) fn fill(&mut self, messages: &[Outgoing<'_>]) -> sys::Result<&[u8]> {
        if messages.is_empty() { Ok(&[]) } else { self.lay_out(messages) }
    }

    /// Apart, so that what makes the system call is short enough to become a part of its caller: after a system call
    /// some processors have forgotten where functions return to, and each return costs then.
    #[inline(never)]
    fn lay_out(&mut self, messages: &[Outgoing<'_>]) -> sys::Result<&[u8]> {
        let length = total(messages);
        let bytes = if let Some(bytes) = self.stack.zeroed(length) {
            bytes
        } else {
            self.heap = alloc::zeroed(length)?;
            &mut self.heap
        };
        write_all(messages, bytes);
        Ok(bytes)
    }
}

#[inline]
fn total(messages: &[Outgoing<'_>]) -> usize {
    messages.iter().map(Outgoing::space).sum()
}

#[inline]
fn write_all(messages: &[Outgoing<'_>], bytes: &mut [u8]) {
    messages.iter().fold(bytes, |rest, message| message.write(rest));
}
