//! Options of XDP sockets: `SOL_XDP` (the kernel's `Documentation/networking/af_xdp.rst`).
//!
//! `XDP_UMEM_REG` carries a pointer and is no row here.

use std::fmt;

use super::Field;
use super::content::{Content, Misfit};
use super::options;
use super::structure::{read, structure};
use crate::bytes::u64_at;

options! {
    XDP, "Documentation/networking/af_xdp.rst";

    /// How many packets one send takes from the ring at most, where they are copied (Linux 6.17).
    ///
    /// From 32 to the ring's size.
    MAX_TX_SKB_BUDGET: u32, Unsigned, "max_tx_skb_budget", XDP_MAX_TX_SKB_BUDGET, "XDP_MAX_TX_SKB_BUDGET", Write, Any;
    /// Where in the mapping of each ring its parts stand.
    MMAP_OFFSETS: XdpOffsets, XdpOffsets, "mmap_offsets", XDP_MMAP_OFFSETS, "XDP_MMAP_OFFSETS", Read, Any;
    /// What the socket got when it was bound: bit 0 where packets are not copied.
    OPTIONS: u32, Unsigned, "options", XDP_OPTIONS, "XDP_OPTIONS", Read, Any;
    /// How many packets the ring of what was received holds: a power of two; set once.
    RX_RING: u32, Unsigned, "rx_ring", XDP_RX_RING, "XDP_RX_RING", Write, BeforeBind;
    /// How many packets were dropped, and why.
    STATISTICS: XdpStatistics, XdpStatistics, "statistics", XDP_STATISTICS, "XDP_STATISTICS", Read, Any;
    /// How many packets the ring of what is to be sent holds: a power of two; set once.
    TX_RING: u32, Unsigned, "tx_ring", XDP_TX_RING, "XDP_TX_RING", Write, BeforeBind;
    /// How many packets the ring of what was sent holds: a power of two; set once.
    UMEM_COMPLETION_RING: u32, Unsigned, "umem_completion_ring", XDP_UMEM_COMPLETION_RING, "XDP_UMEM_COMPLETION_RING", Write, BeforeBind;
    /// How many free places the ring that offers them holds: a power of two; set once.
    UMEM_FILL_RING: u32, Unsigned, "umem_fill_ring", XDP_UMEM_FILL_RING, "XDP_UMEM_FILL_RING", Write, BeforeBind;
}

structure! {
    /// Packets that an XDP socket dropped, by reason (`XDP_STATISTICS`).
    #[doc(alias = "xdp_statistics")]
    XdpStatistics, 48, "statistics";
    /// Received and dropped for other reasons than those below.
    rx_dropped: u64 = wide 0;
    /// Dropped for a descriptor that makes no sense, on the fill ring.
    rx_invalid_descs: u64 = wide 8;
    /// Dropped for a descriptor that makes no sense, on the sending ring.
    tx_invalid_descs: u64 = wide 16;
    => later;
    /// Dropped for want of room in the receiving ring (Linux 5.9).
    rx_ring_full: u64 = wide 24;
    /// How often the fill ring was empty (Linux 5.9).
    rx_fill_ring_empty_descs: u64 = wide 32;
    /// How often the sending ring was empty (Linux 5.9).
    tx_ring_empty_descs: u64 = wide 40;
}

impl fmt::Display for XdpStatistics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "dropped {} invalid {}", self.rx_dropped, self.rx_invalid_descs)?;
        write!(f, " invalid-to-send {}", self.tx_invalid_descs)?;
        self.rx_ring_full.map_or(Ok(()), |full| write!(f, " ring-full {full}"))
    }
}

/// Where the parts of one ring stand in its mapping, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "xdp_ring_offset")]
#[non_exhaustive]
pub struct RingOffsets {
    /// The producer's index.
    pub producer: u64,
    /// The consumer's index.
    pub consumer: u64,
    /// The first descriptor.
    pub descriptors: u64,
    /// The flags; `None` before Linux 5.4.
    pub flags: Option<u64>,
}

/// Where the parts of an XDP socket's rings stand in their mappings (`XDP_MMAP_OFFSETS`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "xdp_mmap_offsets")]
#[non_exhaustive]
pub struct XdpOffsets {
    /// The ring of what was received.
    pub rx: RingOffsets,
    /// The ring of what is to be sent.
    pub tx: RingOffsets,
    /// The ring that offers free places.
    pub fill: RingOffsets,
    /// The ring of what was sent.
    pub completion: RingOffsets,
}

impl XdpOffsets {
    /// The offsets in the kernel's bytes: 128 of them, 96 before Linux 5.4; `None` for any other number.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if ![96, 128].contains(&bytes.len()) {
            return None;
        }
        let size = bytes.len() / 4;
        let ring = |index: usize| {
            let ring = bytes.get(index * size..(index + 1) * size)?;
            let number = |offset| u64_at(ring, offset);
            Some(RingOffsets {
                producer: number(0)?,
                consumer: number(8)?,
                descriptors: number(16)?,
                flags: number(24),
            })
        };
        Some(Self { rx: ring(0)?, tx: ring(1)?, fill: ring(2)?, completion: ring(3)? })
    }
}

impl Content for XdpOffsets {
    const ROOM: usize = 128;
    const WANTED: &'static str = "information";

    fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Misfit> {
        Ok(Self::decode(bytes))
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }

    fn parts(&self) -> Option<Vec<Field>> {
        let rings: [(RingOffsets, [&'static str; 4]); 4] = [
            (self.rx, ["rx_producer", "rx_consumer", "rx_descriptors", "rx_flags"]),
            (self.tx, ["tx_producer", "tx_consumer", "tx_descriptors", "tx_flags"]),
            (self.fill, ["fill_producer", "fill_consumer", "fill_descriptors", "fill_flags"]),
            (
                self.completion,
                ["completion_producer", "completion_consumer", "completion_descriptors", "completion_flags"],
            ),
        ];
        let fields = |(ring, [producer, consumer, descriptors, flags]): (RingOffsets, [&'static str; 4])| {
            [
                Field::new(
                    producer,
                    Some(ring.producer),
                    "wide_octets",
                    "Where the producer's index stands.",
                ),
                Field::new(
                    consumer,
                    Some(ring.consumer),
                    "wide_octets",
                    "Where the consumer's index stands.",
                ),
                Field::new(
                    descriptors,
                    Some(ring.descriptors),
                    "wide_octets",
                    "Where the first descriptor stands.",
                ),
                Field::new(flags, ring.flags, "wide_octets", "Where the flags stand (Linux 5.4)."),
            ]
        };
        Some(rings.into_iter().flat_map(fields).collect())
    }
}

impl fmt::Display for XdpOffsets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rings = [("rx", self.rx), ("tx", self.tx), ("fill", self.fill), ("completion", self.completion)];
        rings.iter().enumerate().try_for_each(|(index, (name, ring))| {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{name} {}/{}/{}", ring.producer, ring.consumer, ring.descriptors)
        })
    }
}
