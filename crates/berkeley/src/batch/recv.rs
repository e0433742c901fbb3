//! [`RecvBatch`], and receiving into it.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::arrival::{Arrivals, ReceivedDatagrams};
use super::{check, pieces};
use crate::control;
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::socket::{Awaited, Socket, carry_through, with_timeout};
use crate::sys::batch::Inbox;
use crate::sys::layout::in6_pktinfo;
use crate::sys::quirks::Quirks;
use crate::sys::{self, Errno, alloc, constants as c, option};

/// The room for the control message that tells the size of datagrams received as one piece.
const GRO_ROOM: usize = control::space(size_of::<i32>());

/// What [`recv_many`](Socket::recv_many) receives into, to be used again and again without a further allocation.
///
/// It owns the descriptors that arrive until they are taken out of its [`arrivals`](Self::arrivals): receiving into it
/// again, [`clear`](Self::clear) and dropping it close the others.
pub struct RecvBatch {
    inbox: Inbox,
    descriptors: Vec<Option<OwnedFd>>,
    /// The size of the datagrams in each message; 0 where it is one.
    sizes: Vec<usize>,
    datagrams: usize,
    gro: bool,
    /// Whether control data of the last receive was cut off.
    cut: bool,
}

impl RecvBatch {
    /// Room, in bytes, for the control messages that [`ecn`](super::ReceivedDatagram::ecn) and
    /// [`local`](super::ReceivedDatagram::local) read, of IPv4 and of IPv6: what to give
    /// [`with_control`](Self::with_control) or [`gro_with_control`](Self::gro_with_control).
    pub const IP: usize = control::space(1) + control::space(4) + 2 * control::space(in6_pktinfo::SIZE);

    /// Room for `messages` datagrams (1 to 1024, what is beyond counts as these) of at most `size` bytes each.
    ///
    /// The rest of a longer datagram is lost, as the kernel has it. What the system gives of the memory it gives as it
    /// is first used.
    ///
    /// # Errors
    ///
    /// Fails with `ENOMEM` where there is not so much.
    pub fn new(messages: usize, size: usize) -> Result<Self> {
        Self::with_control(messages, size, 0)
    }

    /// As [`new`](Self::new), each with room for `control` bytes of control messages
    /// ([`control::space`](crate::control::space)): timestamps, addresses, descriptors.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::batch::{Datagram, RecvBatch, SendBatch};
    /// use berkeley::control::{ControlMessage, ip, space};
    /// use berkeley::{Family, Protocol, Socket, Type, option};
    /// use std::net::Ipv4Addr;
    ///
    /// let socket = Socket::new(Family::INET, Type::DGRAM, Protocol::DEFAULT)?;
    /// socket.bind((Ipv4Addr::LOCALHOST, 0))?;
    /// socket.set(option::ip::RECVTTL, true)?;
    /// let to = socket.local_address()?;
    /// socket.send_many(&[Datagram::new(b"hello").to(&to)], &mut SendBatch::new())?;
    ///
    /// let mut batch = RecvBatch::with_control(8, 1500, space(4))?;
    /// socket.recv_many(&mut batch)?;
    /// let ttl = batch.iter().next().and_then(|datagram| datagram.control().next());
    /// assert!(matches!(ttl, Some(ControlMessage::Ip(ip::Message::Ttl(64)))));
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    pub fn with_control(messages: usize, size: usize, control: usize) -> Result<Self> {
        let fail = |errno| Error::kernel(Operation::RecvMany, errno).on("buffers");
        let (inbox, descriptors) =
            Inbox::new(messages, size, control.saturating_add(GRO_ROOM)).map_err(fail)?;
        let sizes = alloc::with_room(inbox.capacity()).map_err(fail)?;
        Ok(Self { inbox, descriptors, sizes, datagrams: 0, gro: false, cut: false })
    }

    /// Has the kernel hand over datagrams that came together as one piece (`UDP_GRO`, Linux 5.0), from now on and for
    /// every receive on `socket`; room for `messages` such pieces.
    ///
    /// Each has room for any datagram of UDP: 64 KiB, so that 32 of them are 2 MiB. A kernel and a socket that cannot
    /// do so say so ([`is_gro`](Self::is_gro)), and nothing else changes. Who receives on that socket by other means
    /// afterwards gets pieces, and has to cut them ([`control::udp`](crate::control::udp)). A socket that is asked for
    /// other control messages (timestamps, marks) needs room for them ([`gro_with_control`](Self::gro_with_control)):
    /// where they push the size out, the receive fails.
    ///
    /// # Errors
    ///
    /// Fails with `ENOMEM` where there is not so much memory, and where the descriptor is no socket.
    #[doc(alias = "UDP_GRO")]
    pub fn gro<F: AsFd>(socket: &Socket<F>, messages: usize) -> Result<Self> {
        Self::gro_with_control(socket, messages, 0)
    }

    /// As [`gro`](Self::gro), each piece with room for `control` bytes of other control messages.
    pub fn gro_with_control<F: AsFd>(socket: &Socket<F>, messages: usize, control: usize) -> Result<Self> {
        let mut batch = Self::with_control(messages, usize::from(u16::MAX), control)?;
        batch.gro = match option::set_option(socket.as_fd(), c::IPPROTO_UDP, c::UDP_GRO, &1_i32.to_ne_bytes())
        {
            Ok(()) => true,
            // Whoever does not know the level says one of these, by the family.
            Err(Errno::NOPROTOOPT | Errno::OPNOTSUPP | Errno::INVAL) => false,
            Err(errno) => return Err(socket.fail(Operation::RecvMany, errno, None)),
        };
        Ok(batch)
    }

    /// Whether [`gro`](Self::gro) made it, and the kernel took it.
    pub const fn is_gro(&self) -> bool {
        self.gro
    }

    /// How many datagrams the last receive gave.
    pub const fn len(&self) -> usize {
        self.datagrams
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.datagrams == 0
    }

    /// How many messages one receive may give: each a datagram, or a piece of several.
    pub fn capacity(&self) -> usize {
        self.inbox.capacity()
    }

    /// Forgets what was received, and closes the descriptors that were not taken.
    pub fn clear(&mut self) {
        self.descriptors.clear();
        self.sizes.clear();
        self.datagrams = 0;
        self.cut = false;
        self.inbox.clear();
    }

    /// What the last receive gave, one datagram after the other, in the order of their arrival.
    pub fn iter(&self) -> ReceivedDatagrams<'_> {
        ReceivedDatagrams::new(&self.inbox, &self.sizes, self.datagrams)
    }

    /// What the last receive gave, by messages: what a control message comes with is one datagram, or a piece of
    /// several. Descriptors are taken out here, each once.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::batch::RecvBatch;
    /// use berkeley::control::{ControlMessage, socket, space};
    /// use berkeley::{Family, Protocol, SendMessage, Socket, Type};
    /// use std::fs::File;
    /// use std::io::IoSlice;
    /// use std::os::fd::AsFd;
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    /// let file = File::open("/dev/null")?;
    /// let (note, passed) = ([IoSlice::new(b"a file")], [file.as_fd()]);
    /// left.send_msg(&SendMessage::new(&note).control(&[socket::rights(&passed)]))?;
    ///
    /// let mut batch = RecvBatch::with_control(8, 64, space(4))?;
    /// right.recv_many(&mut batch)?;
    /// let mut files = Vec::new();
    /// for mut arrival in batch.arrivals() {
    ///     for message in arrival.control() {
    ///         if let ControlMessage::Socket(socket::Message::Rights(descriptors)) = message {
    ///             files.extend(descriptors.map(File::from));
    ///         }
    ///     }
    /// }
    /// assert_eq!(files.len(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn arrivals(&mut self) -> Arrivals<'_> {
        Arrivals::new(&self.inbox, &self.sizes, &mut self.descriptors)
    }

    /// One system call; gives how many datagrams it brought.
    fn step(&mut self, fd: BorrowedFd<'_>, quirks: &Quirks, flags: Flags) -> sys::Result<usize> {
        self.datagrams = 0;
        self.cut = false;
        self.sizes.clear();
        let messages = self.inbox.receive(fd, quirks, &mut self.descriptors, flags.as_raw())?;
        for at in 0..messages {
            let size = pieces::size_in(self.inbox.control(at));
            self.datagrams += pieces::count(self.inbox.bytes(at).len(), size);
            self.sizes.push(size);
            self.cut |= self.inbox.flags(at) & c::MSG_CTRUNC != 0;
        }
        Ok(self.datagrams)
    }

    /// What a receive gives: how many datagrams, or that control data was cut off.
    fn outcome<F: AsFd>(&mut self, socket: &Socket<F>) -> Result<usize> {
        if self.cut { Err(self.cut_off(socket)) } else { Ok(self.datagrams) }
    }

    /// Leaves out what may be many datagrams of a size that nobody knows, and says what is wrong.
    #[cold]
    fn cut_off<F: AsFd>(&mut self, socket: &Socket<F>) -> Error {
        // Where the kernel hands over no pieces, a message is a datagram, whatever was cut off.
        let pieces = option::option_i32(socket.as_fd(), c::IPPROTO_UDP, c::UDP_GRO).is_ok_and(|on| on != 0);
        for (at, size) in self.sizes.iter_mut().enumerate() {
            if pieces && *size == 0 && self.inbox.flags(at) & c::MSG_CTRUNC != 0 {
                *size = pieces::UNKNOWN;
                self.datagrams -= 1;
            }
        }
        let why = "control messages were cut off: the batch has too little room for what the socket is asked for \
                   (RecvBatch::with_control, gro_with_control), or too many descriptors are open";
        socket.surprised(Operation::RecvMany, why)
    }
}

impl fmt::Debug for RecvBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inbox, datagrams, gro, .. } = self;
        write!(f, "RecvBatch({datagrams} datagrams in {} of ", inbox.used())?;
        write!(f, "{} buffers of {} bytes, gro {gro})", inbox.capacity(), inbox.size())
    }
}

impl<'b> IntoIterator for &'b RecvBatch {
    type Item = super::ReceivedDatagram<'b>;
    type IntoIter = ReceivedDatagrams<'b>;

    fn into_iter(self) -> ReceivedDatagrams<'b> {
        self.iter()
    }
}

/// Many datagrams in a call: see the page of [`batch`](mod@crate::batch).
impl<F: AsFd> Socket<F> {
    /// Waits for a datagram, and receives it and as many more as there are and as `batch` has room for, in one call
    /// (recvmmsg(2)); gives how many.
    ///
    /// What `batch` held before is forgotten, and descriptors in it are closed. Descriptors that arrive are
    /// close-on-exec. An error that waits behind the datagrams received is the next receive's. Where a
    /// sequenced-packet peer has ended, empty datagrams fill the batch. Fails for a stream.
    ///
    /// Fails where control messages were cut off (`MSG_CTRUNC`), in words ([`Cause::Unexpected`]). What was received is
    /// in `batch` all the same, and [`is_control_truncated`] tells which it was; but for what may be a piece of several
    /// datagrams whose size was cut off, which is lost, as a datagram may be.
    ///
    /// [`Cause::Unexpected`]: crate::Cause::Unexpected
    /// [`is_control_truncated`]: super::ReceivedDatagram::is_control_truncated
    ///
    /// ```
    /// use berkeley::batch::RecvBatch;
    /// use berkeley::{Family, Protocol, Socket, Type};
    ///
    /// let (left, right) = Socket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    /// left.send(b"one")?;
    /// left.send(b"two and more")?;
    /// let mut batch = RecvBatch::new(16, 3)?;
    /// assert_eq!(right.recv_many(&mut batch)?, 2);
    /// let received: Vec<_> = batch.iter().map(|it| (it.bytes(), it.is_truncated())).collect();
    /// assert_eq!(received, [(&b"one"[..], false), (b"two", true)]);
    /// # Ok::<(), berkeley::Error>(())
    /// ```
    #[doc(alias = "recvmmsg")]
    #[doc(alias = "UDP_GRO")]
    pub fn recv_many(&self, batch: &mut RecvBatch) -> Result<usize> {
        self.recv_many_with(batch, Flags::NONE)
    }

    /// As [`recv_many`](Self::recv_many), with flags. [`Flags::PEEK`] gives one message, which stays there;
    /// [`Flags::ERRQUEUE`] waits for errors as [`recv_msg_with`](Self::recv_msg_with) does.
    pub fn recv_many_with(&self, batch: &mut RecvBatch, flags: Flags) -> Result<usize> {
        let (timeout, awaited) = (self.timeout_with(flags), Awaited::by(flags));
        let (fd, flags) = (self.as_fd(), with_timeout(flags, timeout));
        check(self, Operation::RecvMany)?;
        carry_through(fd, awaited, timeout, || batch.step(fd, self.quirks(), flags))
            .map_err(|stop| self.stopped(Operation::RecvMany, stop, None))?;
        batch.outcome(self)
    }

    /// Receives what is there (recvmmsg(2)); gives how many datagrams. One system call, as
    /// [`try_recv`](Self::try_recv), and before the first of a socket two that ask what it can.
    ///
    /// # Errors
    ///
    /// Fails as [`try_recv`](Self::try_recv) does.
    pub fn try_recv_many(&self, batch: &mut RecvBatch, flags: Flags) -> Result<usize> {
        check(self, Operation::RecvMany)?;
        batch
            .step(self.as_fd(), self.quirks(), flags | Flags::DONTWAIT)
            .map_err(|errno| self.fail(Operation::RecvMany, errno, None))?;
        batch.outcome(self)
    }
}
