//! Options of packet sockets: `SOL_PACKET` (packet(7)).
//!
//! Promiscuous mode is [`join_link`](crate::Socket::join_link); the rings' options carry layouts of shared memory and
//! are no rows here.

use std::fmt;

use super::options;
use super::structure::{read, structure};

options! {
    PACKET, "packet(7)";

    /// Receives with each packet its length on the wire, its VLAN and the state of its checksum.
    AUXDATA: bool, Flag, "auxdata", PACKET_AUXDATA, "PACKET_AUXDATA", ReadWrite, Any;
    /// Queues a packet beside the ring where a slot of the ring is too short for it; 0 not to.
    COPY_THRESH: i32, Integer, "copy_thresh", PACKET_COPY_THRESH, "PACKET_COPY_THRESH", Write, Any;
    /// Shares what comes in with the sockets of a group: its number in the low 16 bits, the way of sharing above.
    ///
    /// The ways are those of `PACKET_FANOUT_*`, 0 by flow, 1 in turn, 2 by processor, and flags from 0x1000 on. A
    /// socket joins once, when it is bound to an interface; 0 is read where it is in no group.
    FANOUT: u32, Unsigned, "fanout", PACKET_FANOUT, "PACKET_FANOUT", ReadWrite, Any;
    /// Leaves out the packets that this host sends.
    IGNORE_OUTGOING: bool, Flag, "ignore_outgoing", PACKET_IGNORE_OUTGOING, "PACKET_IGNORE_OUTGOING", ReadWrite, Any;
    /// Drops malformed packets of a sending ring, rather than stop at them.
    LOSS: bool, Flag, "loss", PACKET_LOSS, "PACKET_LOSS", ReadWrite, Any;
    /// Gives the interface that a packet came by at first, not the one that it was passed on to.
    ORIGDEV: bool, Flag, "origdev", PACKET_ORIGDEV, "PACKET_ORIGDEV", ReadWrite, Any;
    /// Sends past the queues of the host, straight to the network card.
    QDISC_BYPASS: bool, Flag, "qdisc_bypass", PACKET_QDISC_BYPASS, "PACKET_QDISC_BYPASS", ReadWrite, Any;
    /// The room before each packet of a ring.
    RESERVE: u32, Bytes in 0..=0x7fff_ffff, "reserve", PACKET_RESERVE, "PACKET_RESERVE", ReadWrite, Any;
    /// How often a socket of a fanout group handed packets on to another.
    ROLLOVER_STATS: RolloverStatistics, RolloverStatistics, "rollover_stats", PACKET_ROLLOVER_STATS, "PACKET_ROLLOVER_STATS", Read, Any;
    /// How many packets came and how many were dropped, since this was last read.
    STATISTICS: PacketStatistics, PacketStatistics, "statistics", PACKET_STATISTICS, "PACKET_STATISTICS", Read, Any;
    /// Which clock stamps the packets of a ring, by the flags `SOF_TIMESTAMPING_*`.
    TIMESTAMP: u32, Unsigned, "timestamp", PACKET_TIMESTAMP, "PACKET_TIMESTAMP", ReadWrite, Any;
    /// The program says where in a slot of a sending ring the packet begins.
    TX_HAS_OFF: bool, Flag, "tx_has_off", PACKET_TX_HAS_OFF, "PACKET_TX_HAS_OFF", ReadWrite, Any;
    /// The layout of a ring: 0, 1 or 2 for `TPACKET_V1`, `V2`, `V3`.
    VERSION: i32, Integer in 0..=2, "version", PACKET_VERSION, "PACKET_VERSION", ReadWrite, Any;
    /// Puts a `struct virtio_net_hdr` before each packet, both ways, so that what is to be segmented stays whole.
    VNET_HDR: bool, Flag, "vnet_hdr", PACKET_VNET_HDR, "PACKET_VNET_HDR", ReadWrite, Any;
    /// The size of that header: 10 or 12; 0 for none.
    VNET_HDR_SZ: u32, Bytes in 0..=12, "vnet_hdr_sz", PACKET_VNET_HDR_SZ, "PACKET_VNET_HDR_SZ", ReadWrite, Any;
}

structure! {
    /// What became of packets since this was last asked (`PACKET_STATISTICS`, packet(7)).
    #[doc(alias = "tpacket_stats")]
    PacketStatistics, 12, "statistics";
    /// Packets that came, the dropped ones included.
    packets: u32 = number 0;
    /// Packets dropped for want of room.
    drops: u32 = number 4;
    => later;
    /// How often the ring was full; only `TPACKET_V3` counts it.
    freezes: u32 = number 8;
}

impl fmt::Display for PacketStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "packets {} drops {}", self.packets, self.drops)?;
        self.freezes.map_or(Ok(()), |freezes| write!(f, " freezes {freezes}"))
    }
}

structure! {
    /// How often packets were handed on within a fanout group (`PACKET_ROLLOVER_STATS`).
    #[doc(alias = "tpacket_rollover_stats")]
    RolloverStatistics, 24, "statistics";
    /// In all.
    all: u64 = wide 0;
    /// Of a flow that fills a queue alone.
    huge: u64 = wide 8;
    /// In vain: no socket had room.
    failed: u64 = wide 16;
    => later;
}

impl fmt::Display for RolloverStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "all {} huge {} failed {}", self.all, self.huge, self.failed)
    }
}
