//! A capture ring: packets of every protocol, received in memory shared with the kernel (packet(7), `TPACKET_V3`).
//!
//! The kernel fills blocks of packets one after the other; a program takes a whole [`Block`] at a time, for which there
//! is no system call and no copy, reads its packets in place, and gives it back by dropping it. A packet borrows its
//! block, and a block its ring: nothing can be read after it was given back. Where receiving each packet by a call of
//! its own costs 0.6 microseconds of processor time, this costs 0.06.
//!
//! It needs `CAP_NET_RAW`, in the user namespace that owns the network. Nothing here sends, decodes what is in a
//! packet, or writes files.
//!
//! ```no_run
//! use berkeley::Deadline;
//! use berkeley::ring::RingBuilder;
//! use std::time::Duration;
//!
//! let ring = RingBuilder::new().interface("lo").ignore_outgoing(true).open()?;
//! let block = ring.next_block(Deadline::after(Duration::from_secs(5)))?;
//! for packet in block.packets() {
//!     println!("{} bytes of protocol {:#06x}", packet.wire_length(), packet.protocol());
//! }
//! drop(block);
//! println!("{:?}", ring.statistics()?);
//! # Ok::<(), berkeley::Error>(())
//! ```

mod builder;
mod fanout;
mod packet;

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};

use crate::bytes::{u32_at, u64_at};
use crate::error::{Error, Operation, Result};
use crate::kinds::Interest;
use crate::socket::{Deadline, Socket, Waiting};
use crate::sys::ring::{Held, Mapping, statistics};
use crate::sys::{Errno, option, ring as c};

pub use builder::RingBuilder;
pub use fanout::{Fanout, FanoutMode};
pub use packet::{Checksum, Packet, PacketKind, Packets, Vlan};

/// A receive ring, open until it is dropped. Made by [`RingBuilder::open`].
///
/// It may be shared between threads, each taking blocks of its own.
#[doc(alias = "PACKET_RX_RING")]
pub struct Ring {
    // Before the socket: what is mapped is unmapped first.
    mapping: Mapping,
    socket: Socket,
    /// The interface, as errors name it.
    place: Box<str>,
}

/// What a ring has counted since its counters were last read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// The packets that the ring was offered, those that were dropped included.
    pub packets: u32,
    /// The packets for which there was no free block.
    pub drops: u32,
    /// How often the ring stood still for want of a free block.
    pub freezes: u32,
}

impl Ring {
    /// The next block, waited for until `deadline` (ppoll(2)).
    ///
    /// A block comes when it is full, or when the [retire timeout](RingBuilder::retire_timeout) has passed since its
    /// first packet. Blocks come in order: while the one whose turn it is is still held, there is no next.
    ///
    /// # Errors
    ///
    /// Fails with [`Cause::TimedOut`](crate::Cause::TimedOut), and with `ENETDOWN` once when the interface goes down.
    pub fn next_block(&self, deadline: Deadline) -> Result<Block<'_>> {
        // poll(2) looks at the block before this one, and says "ready" for as long as somebody holds that.
        let mut waiting = Waiting::until(Interest::READABLE, deadline);
        loop {
            if let Some(block) = self.try_next_block() {
                return Ok(block);
            }
            waiting
                .after(self.as_fd(), Errno::AGAIN)
                .map_err(|stop| self.named(self.socket.stopped(Operation::NextBlock, stop, None)))?;
            if let Some(block) = self.try_next_block() {
                return Ok(block);
            }
            self.refused()?;
        }
    }

    /// The next block, where it is there; `None` where not yet. No system call.
    pub fn try_next_block(&self) -> Option<Block<'_>> {
        self.mapping.take().map(|held| Block { held })
    }

    /// What was counted since the last call; reading sets the counters to zero (`PACKET_STATISTICS`).
    ///
    /// # Errors
    ///
    /// Fails only where the kernel refuses, with its errno.
    #[doc(alias = "PACKET_STATISTICS")]
    pub fn statistics(&self) -> Result<Statistics> {
        let mut bytes = [0; statistics::SIZE];
        option::option(self.socket.as_fd(), c::SOL_PACKET, c::PACKET_STATISTICS, &mut bytes)
            .map_err(|errno| self.named(Error::kernel(Operation::Statistics, errno)))?;
        let field = |at: usize| u32_at(&bytes, at).unwrap_or(0);
        Ok(Statistics {
            packets: field(statistics::PACKETS),
            drops: field(statistics::DROPS),
            freezes: field(statistics::FREEZES),
        })
    }

    /// The ring's socket, for its options. What it receives goes to the ring: `recv` gives nothing.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// The error that waits on the socket, such as that the interface is down.
    fn refused(&self) -> Result<()> {
        match self.socket.take_error()? {
            Some(error) => Err(self.fail(&error)),
            None => Ok(()),
        }
    }

    fn fail(&self, error: &Error) -> Error {
        self.named(error.same_cause(Operation::NextBlock))
    }

    fn named(&self, error: Error) -> Error {
        error.on(&*self.place)
    }
}

impl AsFd for Ring {
    /// Readable when a block is there: for a poll of one's own.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("place", &self.place)
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

/// A block of packets, the program's until it is dropped, when the kernel may fill it anew.
///
/// One that is never dropped (`mem::forget`) stops the ring when its turn comes again.
pub struct Block<'r> {
    held: Held<'r>,
}

impl Block<'_> {
    /// The packets, in the order in which they came.
    pub fn packets(&self) -> Packets<'_> {
        Packets::new(self.as_bytes())
    }

    /// How many packets the kernel says that there are; 0 of a block that it gave up for want of room.
    #[doc(alias = "num_pkts")]
    pub fn packet_count(&self) -> u32 {
        self.word(c::block::PACKETS)
    }

    /// The block's number, from 1 in a new ring, one more with each block: a gap would be a block not seen.
    #[doc(alias = "seq_num")]
    pub fn sequence(&self) -> u64 {
        u64_at(self.as_bytes(), c::block::SEQUENCE).unwrap_or(0)
    }

    /// Whether packets were dropped before this block, since the counters were last read.
    #[doc(alias = "TP_STATUS_LOSING")]
    pub fn is_losing(&self) -> bool {
        self.word(c::block::STATUS) & c::TP_STATUS_LOSING != 0
    }

    /// Whether it came because its time was up, rather than because it was full.
    #[doc(alias = "TP_STATUS_BLK_TMO")]
    pub fn is_retired(&self) -> bool {
        self.word(c::block::STATUS) & c::TP_STATUS_BLK_TMO != 0
    }

    /// The whole block as the kernel laid it out, for [`Packets::new`] later.
    pub fn as_bytes(&self) -> &[u8] {
        self.held.bytes()
    }

    /// A word of the front, which every block has: a block is a page or more.
    fn word(&self, offset: usize) -> u32 {
        u32_at(self.as_bytes(), offset).unwrap_or(0)
    }
}

impl fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Block")
            .field("sequence", &self.sequence())
            .field("packets", &self.packet_count())
            .finish_non_exhaustive()
    }
}
