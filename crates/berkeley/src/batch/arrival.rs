//! What was received: [`ReceivedDatagram`], and [`Arrival`], the message that it came in.

use std::fmt;
use std::os::fd::OwnedFd;

use super::pieces::Pieces;
use crate::address::Address;
use crate::control::{Messages, decode};
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

    /// What came with it, and with all of its piece. Descriptors are numbers here:
    /// [`RecvBatch::arrivals`](super::RecvBatch::arrivals) has their owners.
    pub fn control(&self) -> Messages<'b> {
        decode(self.inbox.control(self.at))
    }
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
    /// Its datagrams, one or more.
    pub fn datagrams(&self) -> ReceivedDatagrams<'b> {
        let count = Pieces::new(self.inbox.bytes(self.at), self.sizes[self.at]).len();
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
