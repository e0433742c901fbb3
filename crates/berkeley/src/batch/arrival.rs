//! What was received: [`ReceivedDatagram`], and [`Arrival`], the message that it came in.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::OwnedFd;

use super::pieces::{self, Pieces};
use crate::address::Address;
use crate::control::{ControlMessage, Ecn, Messages, decode, ip, ipv6};
use crate::kinds::Flags;
use crate::sys::batch::Inbox;

/// A datagram that was received: its bytes, and what its message says.
#[derive(Clone, Copy)]
pub struct ReceivedDatagram<'b> {
    bytes: &'b [u8],
    inbox: &'b Inbox,
    at: usize,
    last: bool,
}

impl<'b> ReceivedDatagram<'b> {
    /// The bytes.
    pub const fn bytes(&self) -> &'b [u8] {
        self.bytes
    }

    /// Who sent it; unnamed of a Unix sender that never bound. Decoded each time anew.
    pub fn address(&self) -> Address {
        Address::decode(self.inbox.address(self.at))
    }

    /// What the kernel says of the message that it came in.
    #[doc(alias = "msg_flags")]
    pub fn flags(&self) -> Flags {
        Flags::from_raw(self.inbox.flags(self.at))
    }

    /// Whether it was longer than the buffer: its rest is lost, and so is what came behind it in the same piece.
    #[doc(alias = "MSG_TRUNC")]
    pub fn is_truncated(&self) -> bool {
        self.last && self.flags().contains(Flags::TRUNC)
    }

    /// Whether control messages were lost: the batch has too little room for them, or the process has too many
    /// descriptors open to be given another.
    #[doc(alias = "MSG_CTRUNC")]
    pub fn is_control_truncated(&self) -> bool {
        self.flags().contains(Flags::CTRUNC)
    }

    /// Its mark (RFC 3168); `None` where the socket is not asked for it (`ip.recvtos`, `ipv6.recvtclass`).
    ///
    /// A socket of IPv6 that also receives over IPv4 needs both options.
    #[doc(alias = "IP_RECVTOS")]
    #[doc(alias = "IPV6_RECVTCLASS")]
    pub fn ecn(&self) -> Option<Ecn> {
        self.control().find_map(|message| match message {
            ControlMessage::Ip(ip::Message::Tos(class))
            | ControlMessage::Ipv6(ipv6::Message::TrafficClass(class)) => Some(Ecn::of(class)),
            _ => None,
        })
    }

    /// The address of this host that it came to, which an answer is to come from ([`Datagram::source`]); `None` where
    /// the socket is not asked for it (`ip.pktinfo`, `ipv6.recvpktinfo`).
    ///
    /// Of a datagram that was sent to a group over IPv6 it is `::`, with which the route chooses: the kernel does not
    /// say which of the host's addresses the interface has.
    ///
    /// [`Datagram::source`]: super::Datagram::source
    #[doc(alias = "ipi_spec_dst")]
    pub fn local(&self) -> Option<IpAddr> {
        self.control().find_map(|message| match message {
            ControlMessage::Ip(ip::Message::PacketInfo(info)) => Some(info.local.into()),
            ControlMessage::Ipv6(ipv6::Message::PacketInfo(info)) if info.address.is_multicast() => {
                Some(Ipv6Addr::UNSPECIFIED.into())
            }
            ControlMessage::Ipv6(ipv6::Message::PacketInfo(info)) => Some(canonical(info.address)),
            _ => None,
        })
    }

    /// The destination in its header, a group's address where it was sent to one; `None` as for [`local`](Self::local).
    #[doc(alias = "ipi_addr")]
    #[doc(alias = "ipi6_addr")]
    pub fn destination(&self) -> Option<IpAddr> {
        self.control().find_map(|message| match message {
            ControlMessage::Ip(ip::Message::PacketInfo(info)) => Some(info.destination.into()),
            ControlMessage::Ipv6(ipv6::Message::PacketInfo(info)) => Some(canonical(info.address)),
            _ => None,
        })
    }

    /// What came with it, and with all of its piece. Descriptors are numbers here:
    /// [`RecvBatch::arrivals`](super::RecvBatch::arrivals) has their owners.
    pub fn control(&self) -> Messages<'b> {
        decode(self.inbox.control(self.at))
    }
}

/// An IPv4 address where it is one that is written as IPv6, as a socket of IPv6 has it.
fn canonical(address: Ipv6Addr) -> IpAddr {
    IpAddr::V6(address).to_canonical()
}

impl fmt::Debug for ReceivedDatagram<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedDatagram")
            .field("bytes", &self.bytes)
            .field("address", &self.address())
            .field("flags", &self.flags())
            .finish_non_exhaustive()
    }
}

/// The datagrams of a batch, one after the other: [`RecvBatch::iter`](super::RecvBatch::iter).
#[derive(Clone)]
pub struct ReceivedDatagrams<'b> {
    inbox: &'b Inbox,
    sizes: &'b [usize],
    /// The message that comes next.
    next: usize,
    pieces: Option<Pieces<'b>>,
    left: usize,
}

impl<'b> ReceivedDatagrams<'b> {
    pub(super) const fn new(inbox: &'b Inbox, sizes: &'b [usize], count: usize) -> Self {
        Self { inbox, sizes, next: 0, pieces: None, left: count }
    }
}

impl<'b> Iterator for ReceivedDatagrams<'b> {
    type Item = ReceivedDatagram<'b>;

    #[inline]
    fn next(&mut self) -> Option<ReceivedDatagram<'b>> {
        loop {
            if let Some(pieces) = &mut self.pieces {
                if let Some(bytes) = pieces.next() {
                    self.left -= 1;
                    let last = pieces.are_done();
                    return Some(ReceivedDatagram { bytes, inbox: self.inbox, at: self.next - 1, last });
                }
            }
            let size = *self.sizes.get(self.next)?;
            if size == pieces::UNKNOWN {
                self.next += 1;
                continue;
            }
            self.pieces = Some(Pieces::new(self.inbox.bytes(self.next), size));
            self.next += 1;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for ReceivedDatagrams<'_> {}

impl fmt::Debug for ReceivedDatagrams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// A message that was received: a datagram, or a piece of several, and the owners of the descriptors that it brought.
pub struct Arrival<'b> {
    inbox: &'b Inbox,
    sizes: &'b [usize],
    at: usize,
    descriptors: &'b mut [Option<OwnedFd>],
}

impl<'b> Arrival<'b> {
    /// Its datagrams, one or more; none where the size by which they are to be taken apart was cut off, an error
    /// of the receive ([`recv_many`](crate::Socket::recv_many)).
    pub fn datagrams(&self) -> ReceivedDatagrams<'b> {
        let count = pieces::count(self.inbox.bytes(self.at).len(), self.sizes[self.at]);
        let sizes = &self.sizes[..=self.at];
        ReceivedDatagrams { inbox: self.inbox, sizes, next: self.at, pieces: None, left: count }
    }

    /// Who sent it; unnamed of a Unix sender that never bound.
    pub fn address(&self) -> Address {
        Address::decode(self.inbox.address(self.at))
    }

    /// What the kernel says of it.
    pub fn flags(&self) -> Flags {
        Flags::from_raw(self.inbox.flags(self.at))
    }

    /// What came with it, decoded one by one; a descriptor is given out once.
    pub fn control(&mut self) -> Messages<'_> {
        Messages::owning(self.inbox.control(self.at), self.descriptors)
    }
}

impl fmt::Debug for Arrival<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival")
            .field("datagrams", &self.datagrams())
            .field("control", &decode(self.inbox.control(self.at)).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// The messages of a batch, one after the other: [`RecvBatch::arrivals`](super::RecvBatch::arrivals).
pub struct Arrivals<'b> {
    inbox: &'b Inbox,
    sizes: &'b [usize],
    next: usize,
    /// Those of the messages still to come.
    descriptors: &'b mut [Option<OwnedFd>],
}

impl<'b> Arrivals<'b> {
    pub(super) fn new(inbox: &'b Inbox, sizes: &'b [usize], descriptors: &'b mut [Option<OwnedFd>]) -> Self {
        Self { inbox, sizes, next: 0, descriptors }
    }
}

impl<'b> Iterator for Arrivals<'b> {
    type Item = Arrival<'b>;

    fn next(&mut self) -> Option<Arrival<'b>> {
        let at = self.next;
        if at >= self.sizes.len() {
            return None;
        }
        self.next += 1;
        let count = self.inbox.descriptors_of(at).len();
        let rest = std::mem::take(&mut self.descriptors);
        let (descriptors, rest) = rest.split_at_mut(count.min(rest.len()));
        self.descriptors = rest;
        Some(Arrival { inbox: self.inbox, sizes: self.sizes, at, descriptors })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.sizes.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Arrivals<'_> {}

impl fmt::Debug for Arrivals<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arrivals({} left)", self.len())
    }
}
