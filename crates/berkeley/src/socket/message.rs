//! Messages whole: bytes from several buffers, an address, and control messages beside them (sendmsg(2), recvmsg(2)).

use std::io::{IoSlice, IoSliceMut};
use std::os::fd::AsFd;

use super::Socket;
use super::waiting::{Awaited, carry_through, with_timeout};
use crate::address::{Address, EncodedAddress, ToAddress};
use crate::control::{self, ControlBuffer, Outgoing};
use crate::error::{Operation, Result};
use crate::kinds::{Flags, Type};
use crate::option;
use crate::sys::memory::{self, Sink, Source};
use crate::sys::socket::AddressRoom;
use crate::sys::{self, message};

/// What [`send_msg`](Socket::send_msg) sends: bytes, and what goes beside them.
///
/// ```
/// use berkeley::{Family, Protocol, SendMessage, Socket, Type};
/// use std::io::IoSlice;
///
/// let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
/// let parts = [IoSlice::new(b"head "), IoSlice::new(b"body")];
/// assert_eq!(left.send_msg(&SendMessage::new(&parts))?, 9);
/// assert_eq!(right.recv_vec(64)?, b"head body");
/// # Ok::<(), berkeley::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
#[doc(alias = "MsgHdr")]
#[doc(alias = "msghdr")]
pub struct SendMessage<'a> {
    sources: &'a [Source<'a>],
    control: Control<'a>,
    address: Option<Address>,
    flags: Flags,
}

#[derive(Clone, Copy, Debug)]
enum Control<'a> {
    Messages(&'a [Outgoing<'a>]),
    Raw(memory::Control<'a>),
}

impl Control<'_> {
    /// The messages as the kernel takes them, in `room` where they are still to be laid out.
    #[inline]
    fn laid_out<'b>(&'b self, room: &'b mut control::Room) -> sys::Result<&'b [u8]> {
        match self {
            Self::Messages(messages) => room.fill(messages),
            Self::Raw(messages) => Ok(messages.as_bytes()),
        }
    }
}

impl<'a> SendMessage<'a> {
    /// The bytes of `buffers`, one behind the other; at most 1024 buffers, more give `EMSGSIZE`.
    #[inline]
    pub const fn new(buffers: &'a [IoSlice<'a>]) -> Self {
        Self::of_sources(Source::of(buffers))
    }

    #[inline]
    pub(crate) const fn of_sources(sources: &'a [Source<'a>]) -> Self {
        Self { sources, control: Control::Messages(&[]), address: None, flags: Flags::NONE }
    }

    /// Control messages beside the bytes.
    #[inline]
    pub const fn control(self, messages: &'a [Outgoing<'a>]) -> Self {
        Self { control: Control::Messages(messages), ..self }
    }

    #[inline]
    pub(crate) const fn raw_control(self, messages: memory::Control<'a>) -> Self {
        Self { control: Control::Raw(messages), ..self }
    }

    /// To this address, rather than to the peer that the socket is connected to.
    ///
    /// # Errors
    ///
    /// Fails where a text is no address ([`ToAddress`]).
    #[inline]
    pub fn to(self, address: impl ToAddress) -> Result<Self> {
        address.with_address(Operation::SendMsg, |address| Ok(Self { address: Some(*address), ..self }))
    }

    /// With these flags.
    #[inline]
    pub const fn flags(self, flags: Flags) -> Self {
        Self { flags, ..self }
    }
}

impl SendMessage<'_> {
    #[cfg(feature = "tokio")]
    pub(crate) const fn flags_given(&self) -> Flags {
        self.flags
    }
}

/// What [`recv_msg`](Socket::recv_msg) received, beside the bytes and the control messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "MsgHdrMut")]
#[doc(alias = "RecvFlags")]
#[doc(alias = "msghdr")]
pub struct ReceivedMessage {
    /// How many bytes, 0 at the end of a stream; with [`Flags::TRUNC`] the datagram's whole length.
    pub length: usize,
    /// Who sent it; unnamed of a connected stream, and of a Unix sender that never bound. From the error queue: the
    /// address that the datagram had been sent to.
    pub address: Address,
    /// What the kernel says of the message; the methods here read it.
    #[doc(alias = "msg_flags")]
    pub flags: Flags,
}

impl ReceivedMessage {
    /// Whether the datagram was longer than the buffers: its rest is lost.
    #[doc(alias = "MSG_TRUNC")]
    pub const fn is_truncated(&self) -> bool {
        self.flags.contains(Flags::TRUNC)
    }

    /// Whether control messages were lost: the buffer was too small for them, or the process has too many descriptors
    /// open to be given another.
    ///
    /// The last message in the buffer may then be cut short; the descriptors that are there are whole.
    #[doc(alias = "MSG_CTRUNC")]
    pub const fn is_control_truncated(&self) -> bool {
        self.flags.contains(Flags::CTRUNC)
    }

    /// Whether a record ends here, of the protocols that say so (SCTP, vsock); Unix sockets do not, though they have
    /// records.
    #[doc(alias = "MSG_EOR")]
    pub const fn is_end_of_record(&self) -> bool {
        self.flags.contains(Flags::EOR)
    }

    /// Whether it comes from the error queue ([`ExtendedError`](crate::control::ExtendedError)).
    #[doc(alias = "MSG_ERRQUEUE")]
    pub const fn is_from_error_queue(&self) -> bool {
        self.flags.contains(Flags::ERRQUEUE)
    }

    /// Whether it was sent out of band: urgent data (tcp(7)).
    #[doc(alias = "MSG_OOB")]
    pub const fn is_out_of_band(&self) -> bool {
        self.flags.contains(Flags::OOB)
    }

    #[inline]
    pub(crate) fn made(received: &message::Received, sender: &AddressRoom) -> Result<Self> {
        let (length, flags) = (received.length, Flags::from_raw(received.flags));
        Address::decode_into(sender.as_bytes(), |address| Ok(Self { length, address, flags }))
    }
}

/// Messages with control messages: see the page of [`control`](mod@crate::control).
impl<F: AsFd> Socket<F> {
    /// Sends a message (sendmsg(2)); gives how many bytes the kernel took, which on a stream may be fewer than given.
    ///
    /// Control messages go with the first byte: what is left of the bytes is sent without them. Allocates only for
    /// control messages of more than 1088 bytes together.
    ///
    /// # Errors
    ///
    /// Fails as [`send`](Self::send) does, with `EINVAL` for a control message that the socket does not take, and with
    /// `EPERM` for one that needs privileges.
    #[doc(alias = "sendmsg")]
    #[doc(alias = "send_vectored")]
    #[doc(alias = "send_to_vectored")]
    #[doc(alias = "write_vectored")]
    #[expect(clippy::inline_always, reason = "each return after a system call costs 1 in 100")]
    #[inline(always)]
    pub fn send_msg(&self, message: &SendMessage<'_>) -> Result<usize> {
        let timeout = self.timeout_with(message.flags);
        let flags = with_timeout(message.flags, timeout).as_raw();
        let fd = self.fd.as_fd();
        let address = message.address.as_ref().map(Address::encode);
        let address = address.as_ref().map_or(&[][..], EncodedAddress::as_bytes);
        let mut room = control::Room::new();
        let control = message.control.laid_out(&mut room);
        let control =
            control.map_err(|errno| self.fail(Operation::SendMsg, errno, message.address.as_ref()))?;
        carry_through(fd, Awaited::ROOM, timeout, || {
            message::send_message(fd, &self.quirks, message.sources, address, control, flags)
        })
        .map_err(|stop| self.stopped(Operation::SendMsg, stop, message.address.as_ref()))
    }

    /// Receives a message into `buffers`, one after the other, and what came with it into `control` (recvmsg(2)).
    ///
    /// What `control` held before is forgotten, and descriptors in it are closed. Descriptors that arrive are
    /// close-on-exec.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    #[doc(alias = "recvmsg")]
    #[doc(alias = "recvmsg_into")]
    #[doc(alias = "recv_vectored")]
    #[doc(alias = "recv_from_vectored")]
    #[doc(alias = "read_vectored")]
    #[inline]
    pub fn recv_msg(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
    ) -> Result<ReceivedMessage> {
        self.recv_msg_with(buffers, control, Flags::NONE)
    }

    /// As [`recv_msg`](Self::recv_msg), with flags.
    ///
    /// With [`Flags::ERRQUEUE`] a socket without a timeout does not wait, as the kernel has it: an empty error queue is
    /// `EAGAIN`. With [`Flags::PEEK`] descriptors are given each time anew.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::control::{ControlBuffer, ControlMessage, ip};
    /// use berkeley::{Family, Flags, Protocol, Socket, Type, option};
    /// use std::io::IoSliceMut;
    /// use std::net::Ipv4Addr;
    /// use std::time::Duration;
    ///
    /// // Bound to learn a free port, and dropped, so that nobody answers there.
    /// let closed = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// closed.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// let nobody = closed.local_address()?;
    /// drop(closed);
    ///
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// socket.set_timeout(Some(Duration::from_secs(5)))?;
    /// socket.set(option::ip::RECVERR, true)?;
    /// socket.send_to(b"hello?", nobody)?;
    ///
    /// let mut quoted = [0; 64];
    /// let mut control = ControlBuffer::new();
    /// let mut buffers = [IoSliceMut::new(&mut quoted)];
    /// let received = socket.recv_msg_with(&mut buffers, &mut control, Flags::ERRQUEUE)?;
    /// assert_eq!(received.address, nobody);
    /// assert_eq!(&quoted[..received.length], b"hello?");
    /// let Some(ControlMessage::Ip(ip::Message::Error(error))) = control.messages().next() else {
    ///     panic!("the error queue says what failed");
    /// };
    /// assert_eq!(std::io::Error::from_raw_os_error(error.errno).kind(), std::io::ErrorKind::ConnectionRefused);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[inline]
    pub fn recv_msg_with(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
        flags: Flags,
    ) -> Result<ReceivedMessage> {
        let timeout = self.timeout_with(flags);
        let fd = self.fd.as_fd();
        let raw_flags = with_timeout(flags, timeout).as_raw();
        let mut sender = AddressRoom::new();
        let received = self
            .receive_within(Awaited::by(flags), timeout, || {
                message::receive_message(
                    fd,
                    &self.quirks,
                    Sink::of(buffers),
                    control.data_mut(),
                    raw_flags,
                    &mut sender,
                )
            })
            .map_err(|stop| self.stopped(Operation::RecvMsg, stop, None))?;
        ReceivedMessage::made(&received, &sender)
    }

    /// How many of `count` buffers one call takes: of a stream, which may take fewer bytes than given, 1024 at most.
    #[inline]
    pub(crate) fn most_buffers(&self, count: usize) -> usize {
        /// `IOV_MAX`.
        const MOST: usize = 1024;
        if count > MOST && self.get(option::TYPE).is_ok_and(|kind| kind == Type::STREAM) {
            MOST
        } else {
            count
        }
    }

    /// Receives into several buffers, one after the other, and nothing beside the bytes.
    pub(super) fn recv_buffers(&self, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
        // Without room: the kernel closes descriptors that arrive, as it does for recv(2).
        let mut control = ControlBuffer::with_capacity(0);
        let received = self.recv_msg_with(buffers, &mut control, Flags::NONE);
        received.map(|received| received.length).map_err(|error| error.during(Operation::Recv))
    }

    /// Sends what there is room for (sendmsg(2)); one system call, as [`try_send`](Self::try_send).
    pub fn try_send_msg(&self, message: &SendMessage<'_>) -> Result<usize> {
        self.send_msg_at_once(&message.flags(message.flags | Flags::DONTWAIT))
    }

    /// One sendmsg(2) with just the message's flags.
    pub(crate) fn send_msg_at_once(&self, message: &SendMessage<'_>) -> Result<usize> {
        let flags = message.flags.as_raw();
        let address = message.address.as_ref().map(Address::encode);
        let address = address.as_ref().map_or(&[][..], EncodedAddress::as_bytes);
        let mut room = control::Room::new();
        let control = message.control.laid_out(&mut room);
        let control =
            control.map_err(|errno| self.fail(Operation::SendMsg, errno, message.address.as_ref()))?;
        message::send_message(self.fd.as_fd(), &self.quirks, message.sources, address, control, flags)
            .map_err(|errno| self.fail(Operation::SendMsg, errno, message.address.as_ref()))
    }

    /// Receives what is there (recvmsg(2)); one system call, as [`try_recv`](Self::try_recv).
    pub fn try_recv_msg(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
        flags: Flags,
    ) -> Result<ReceivedMessage> {
        self.recv_msg_at_once(Sink::of(buffers), control, flags | Flags::DONTWAIT)
    }

    /// One recvmsg(2) with just these flags.
    pub(crate) fn recv_msg_at_once(
        &self,
        sinks: &[Sink<'_>],
        control: &mut ControlBuffer,
        flags: Flags,
    ) -> Result<ReceivedMessage> {
        let mut sender = AddressRoom::new();
        let (fd, quirks, control) = (self.fd.as_fd(), &self.quirks, control.data_mut());
        let received = message::receive_message(fd, quirks, sinks, control, flags.as_raw(), &mut sender)
            .map_err(|errno| self.fail(Operation::RecvMsg, errno, None))?;
        ReceivedMessage::made(&received, &sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flag_is_read_by_its_own_method() {
        let flags = [Flags::TRUNC, Flags::CTRUNC, Flags::EOR, Flags::ERRQUEUE, Flags::OOB];
        for (index, flag) in flags.into_iter().enumerate() {
            let address = Address::decode(&[]);
            let message = ReceivedMessage { length: 0, address, flags: flag };
            let read = [
                message.is_truncated(),
                message.is_control_truncated(),
                message.is_end_of_record(),
                message.is_from_error_queue(),
                message.is_out_of_band(),
            ];
            assert!(
                read.iter().enumerate().all(|(other, set)| *set == (other == index)),
                "{flag:?}: {read:?}"
            );
        }
    }
}
