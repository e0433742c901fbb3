//! Groups of rings that share their packets.

use std::fmt;

use crate::kinds::named_integer;
use crate::sys::ring as c;

/// A group of rings among which the packets are shared, each going to one of them (`PACKET_FANOUT`, packet(7)).
///
/// All rings of a group are of one network namespace, one interface and one protocol, and ask for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fanout {
    group: u16,
    mode: FanoutMode,
    flags: i32,
}

impl Fanout {
    /// The group of this number, whose packets are shared as `mode` says.
    pub const fn new(group: u16, mode: FanoutMode) -> Self {
        Self { group, mode, flags: 0 }
    }

    /// Whether a packet goes to another ring of the group where its own is full.
    #[doc(alias = "PACKET_FANOUT_FLAG_ROLLOVER")]
    #[must_use]
    pub const fn rollover(self, rollover: bool) -> Self {
        self.flag(c::PACKET_FANOUT_FLAG_ROLLOVER, rollover)
    }

    /// Whether IPv4 fragments are put together first, so that those of one packet go to one ring.
    #[doc(alias = "PACKET_FANOUT_FLAG_DEFRAG")]
    #[must_use]
    pub const fn defragment(self, defragment: bool) -> Self {
        self.flag(c::PACKET_FANOUT_FLAG_DEFRAG, defragment)
    }

    const fn flag(self, flag: i32, on: bool) -> Self {
        Self { flags: if on { self.flags | flag } else { self.flags & !flag }, ..self }
    }

    /// The group in the lower half, mode and flags in the upper. A group receives by itself, so that what its rings
    /// ignore is said anew here.
    pub(super) fn argument(self, ignore_outgoing: bool) -> i32 {
        let ignore = if ignore_outgoing { c::PACKET_FANOUT_FLAG_IGNORE_OUTGOING } else { 0 };
        let upper = self.mode.as_raw() | self.flags | ignore;
        i32::from(self.group) | (upper << 16)
    }
}

named_integer! {
    /// How a group of rings shares its packets (`PACKET_FANOUT_*`, packet(7)).
    FanoutMode;
    /// By the hash of the flow: all packets of a connection go to one ring.
    HASH = PACKET_FANOUT_HASH, "PACKET_FANOUT_HASH";
    /// To each ring in turn.
    BALANCE = PACKET_FANOUT_LB, "PACKET_FANOUT_LB";
    /// By the processor on which the packet came.
    CPU = PACKET_FANOUT_CPU, "PACKET_FANOUT_CPU";
    /// To the first ring until it is full, then to the next.
    ROLLOVER = PACKET_FANOUT_ROLLOVER, "PACKET_FANOUT_ROLLOVER";
    /// By chance.
    RANDOM = PACKET_FANOUT_RND, "PACKET_FANOUT_RND";
    /// By the queue of the network card.
    QUEUE = PACKET_FANOUT_QM, "PACKET_FANOUT_QM";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_is_laid_out_as_the_kernel_reads_it() {
        let fanout =
            Fanout::new(0xbeef, FanoutMode::BALANCE).rollover(true).defragment(true).defragment(false);
        assert_eq!(fanout.argument(false).to_ne_bytes(), 0x1001_beef_u32.to_ne_bytes());
        assert_eq!(fanout.argument(true).to_ne_bytes(), 0x5001_beef_u32.to_ne_bytes());
    }
}
