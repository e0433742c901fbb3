//! The packets in a block: a pure reader of bytes, which believes no offset and no length.

use std::fmt;
use std::iter::FusedIterator;
use std::time::{Duration, SystemTime};

use crate::bytes::{u16_at, u32_at};
use crate::kinds::named_integer;
use crate::sys::layout::packet as address;
use crate::sys::ring::{self as c, block, packet};

/// The packets of a block, in the order in which they came.
///
/// Made by [`Block::packets`](super::Block::packets), or by [`new`](Self::new) from the bytes of a block that was kept.
#[derive(Clone)]
pub struct Packets<'b> {
    bytes: &'b [u8],
    /// Where the next packet starts.
    at: usize,
    left: u32,
}

impl<'b> Packets<'b> {
    /// Reads `block`, a block of `TPACKET_V3` from its first byte on (`struct tpacket_block_desc`, packet(7)).
    ///
    /// No offset and no length in it is believed: the packets end where one would leave the block or not go forward.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::ring::Packets;
    ///
    /// assert_eq!(Packets::new(&[0xff; 4096]).count(), 0);
    /// assert_eq!(Packets::new(&[]).count(), 0);
    /// ```
    pub fn new(block: &'b [u8]) -> Self {
        Self::front(block).unwrap_or(Self { bytes: &[], at: 0, left: 0 })
    }

    fn front(block: &'b [u8]) -> Option<Self> {
        let length = size(block, block::LENGTH)?;
        // What stands behind the block's own length is of an earlier filling.
        let bytes = &block[..length.min(block.len())];
        Some(Self { bytes, at: size(block, block::FIRST)?, left: u32_at(block, block::PACKETS)? })
    }
}

impl<'b> Iterator for Packets<'b> {
    type Item = Packet<'b>;

    fn next(&mut self) -> Option<Packet<'b>> {
        self.left = self.left.checked_sub(1)?;
        let Some((packet, step)) = Packet::read(self.bytes, self.at) else {
            self.left = 0;
            return None;
        };
        // The last packet has no next one; of a step that does not lead past the header no good can come.
        match self.at.checked_add(step).filter(|_| step >= packet::SIZE) {
            Some(next) => self.at = next,
            None => self.left = 0,
        }
        Some(packet)
    }
}

impl FusedIterator for Packets<'_> {}

impl fmt::Debug for Packets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// How long the two addresses are that Ethernet's header begins with, in bytes.
const ADDRESSES: usize = 12;

/// One packet: its bytes, and what the kernel says of it.
#[derive(Clone, Copy)]
#[doc(alias = "tpacket3_hdr")]
pub struct Packet<'b> {
    /// The header and the address, and nothing behind them.
    header: &'b [u8; packet::SIZE],
    data: &'b [u8],
    network: &'b [u8],
}

impl<'b> Packet<'b> {
    /// The packet that starts at `at`, and how far behind that the next one starts.
    fn read(bytes: &'b [u8], at: usize) -> Option<(Self, usize)> {
        let bytes = bytes.get(at..)?;
        let header = bytes.first_chunk()?;
        let start = short(header, packet::LINK)?;
        let end = start.checked_add(size(header, packet::CAPTURED)?)?;
        let data = bytes.get(start..end)?;
        // The network's header stands before the packet's end, unless the packet was cut within the link's.
        let network = bytes[..end].get(short(header, packet::NETWORK)?..).unwrap_or_default();
        Some((Self { header, data, network }, size(header, packet::NEXT)?))
    }

    /// The packet's bytes, from the link's header on (from the network's, where the ring is
    /// [`cooked`](super::RingBuilder::cooked)).
    pub fn data(&self) -> &'b [u8] {
        self.data
    }

    /// The packet's bytes as they were on the wire: with the [VLAN's tag](Self::vlan) behind the two addresses of
    /// Ethernet, from where the kernel took it. They are put together in `room` where there is one.
    pub fn tagged<'p>(&self, room: &'p mut Vec<u8>) -> &'p [u8]
    where
        'b: 'p,
    {
        let (Some(vlan), Some((addresses, rest))) = (self.vlan(), self.data.split_at_checked(ADDRESSES))
        else {
            return self.data;
        };
        room.clear();
        room.extend_from_slice(addresses);
        room.extend_from_slice(&vlan.protocol.to_be_bytes());
        room.extend_from_slice(&vlan.control.to_be_bytes());
        room.extend_from_slice(rest);
        room
    }

    /// The bytes from the network's header on, such as IP's.
    pub fn network(&self) -> &'b [u8] {
        self.network
    }

    /// How many bytes the packet had on its way, which may be more than were captured.
    #[doc(alias = "tp_len")]
    pub fn wire_length(&self) -> usize {
        self.word(packet::LENGTH) as usize
    }

    /// Whether [`data`](Self::data) is only the beginning of the packet: a filter asked for no more, or the block could
    /// not hold it.
    pub fn is_truncated(&self) -> bool {
        self.data.len() < self.wire_length()
    }

    /// When the packet came, to the nanosecond, by the system's clock or, where that was asked for, the hardware's.
    pub fn timestamp(&self) -> SystemTime {
        // The sum is in the year 2106 at the latest.
        SystemTime::UNIX_EPOCH + self.since_epoch()
    }

    /// The same, as the time since 1970, UTC, which takes less to write to a capture file.
    pub fn since_epoch(&self) -> Duration {
        Duration::new(self.word(packet::SECONDS).into(), self.word(packet::NANOSECONDS))
    }

    /// The VLAN tag that the kernel took off the packet; `None` where there was none.
    pub fn vlan(&self) -> Option<Vlan> {
        let status = self.status();
        if status & c::TP_STATUS_VLAN_VALID == 0 {
            return None;
        }
        // Sixteen bits in a field of 32.
        let control = u16::try_from(self.word(packet::VLAN)).unwrap_or(u16::MAX);
        let named = (status & c::TP_STATUS_VLAN_TPID_VALID != 0).then(|| self.half(packet::VLAN_PROTOCOL));
        let protocol = named.unwrap_or(VLAN_PROTOCOL);
        Some(Vlan { control, protocol })
    }

    /// The status flags, as the kernel set them (`TP_STATUS_*`, packet(7)).
    #[doc(alias = "tp_status")]
    pub fn status(&self) -> u32 {
        self.word(packet::STATUS)
    }

    /// Whether packets were dropped before this one, since the counters were last read.
    #[doc(alias = "TP_STATUS_LOSING")]
    pub fn is_losing(&self) -> bool {
        self.status() & c::TP_STATUS_LOSING != 0
    }

    /// What is known of the transport's checksum.
    pub fn checksum(&self) -> Checksum {
        let status = self.status();
        if status & c::TP_STATUS_CSUMNOTREADY != 0 {
            return Checksum::Unfinished;
        }
        if status & c::TP_STATUS_CSUM_VALID != 0 { Checksum::Valid } else { Checksum::Unknown }
    }

    /// Whether the time is the network card's.
    #[doc(alias = "TP_STATUS_TS_RAW_HARDWARE")]
    pub fn has_hardware_timestamp(&self) -> bool {
        self.status() & c::TP_STATUS_TS_RAW_HARDWARE != 0
    }

    /// The index of the interface that it came or went by.
    #[doc(alias = "sll_ifindex")]
    pub fn interface(&self) -> u32 {
        self.word(packet::ADDRESS + address::INTERFACE)
    }

    /// The protocol within the link (an `EtherType` such as 0x0800, IPv4).
    #[doc(alias = "sll_protocol")]
    pub fn protocol(&self) -> u16 {
        u16::from_be_bytes(self.half(packet::ADDRESS + address::PROTOCOL).to_ne_bytes())
    }

    /// The kind of the link's hardware (`ARPHRD_*`, such as 1, Ethernet, and 772, loopback).
    #[doc(alias = "sll_hatype")]
    pub fn hardware(&self) -> u16 {
        self.half(packet::ADDRESS + address::HARDWARE_TYPE)
    }

    /// Whom it was for.
    #[doc(alias = "sll_pkttype")]
    pub fn kind(&self) -> PacketKind {
        PacketKind::from_raw(self.header[packet::ADDRESS + address::PACKET_TYPE].into())
    }

    /// Whether it comes a second time: the loopback shows each packet where it is sent, which is this one, and where it
    /// arrives.
    pub fn comes_again(&self) -> bool {
        /// `ARPHRD_LOOPBACK`.
        const LOOPBACK: u16 = 772;
        self.kind() == PacketKind::OUTGOING && self.hardware() == LOOPBACK
    }

    /// The sender's hardware address, at most 8 bytes; empty where the link has none.
    #[doc(alias = "sll_addr")]
    pub fn hardware_address(&self) -> &'b [u8] {
        let bytes = &self.header[packet::ADDRESS + address::ADDRESS..];
        let length = self.header[packet::ADDRESS + address::LENGTH];
        bytes.get(..length.into()).unwrap_or(bytes)
    }

    /// A hash of the packet's flow, the same for all packets of one connection; 0 where the kernel has none.
    #[doc(alias = "tp_rxhash")]
    pub fn hash(&self) -> u32 {
        self.word(packet::HASH)
    }

    /// A field of the header; all of them lie within its constant size.
    fn word(&self, offset: usize) -> u32 {
        u32_at(self.header, offset).unwrap_or(0)
    }

    fn half(&self, offset: usize) -> u16 {
        u16_at(self.header, offset).unwrap_or(0)
    }
}

impl fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Packet")
            .field("captured", &self.data.len())
            .field("wire_length", &self.wire_length())
            .field("timestamp", &self.timestamp())
            .field("interface", &self.interface())
            .field("protocol", &format_args!("{:#06x}", self.protocol()))
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

/// What the kernel uses where it does not name the tag's protocol: IEEE 802.1Q's.
const VLAN_PROTOCOL: u16 = 0x8100;
const _: () = assert!(c::ETH_P_8021Q == 0x8100);

/// A VLAN tag (IEEE 802.1Q).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Vlan {
    /// Priority (3 bits), drop eligibility (1), identifier (12).
    #[doc(alias = "tp_vlan_tci")]
    pub control: u16,
    /// The tag's own `EtherType`: 0x8100, or 0x88a8 for a provider's tag.
    #[doc(alias = "tp_vlan_tpid")]
    pub protocol: u16,
}

impl Vlan {
    /// The VLAN's number, 0 to 4095.
    pub const fn id(self) -> u16 {
        self.control & 0x0fff
    }

    /// The priority, 0 to 7.
    pub const fn priority(self) -> u16 {
        self.control >> 13
    }
}

/// What is known of a packet's checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Checksum {
    /// Nothing: it has to be computed.
    Unknown,
    /// It was found right.
    #[doc(alias = "TP_STATUS_CSUM_VALID")]
    Valid,
    /// The packet is on its way out, or never left this machine, and its checksum is not computed yet.
    #[doc(alias = "TP_STATUS_CSUMNOTREADY")]
    Unfinished,
}

named_integer! {
    /// Whom a packet was for (`sll_pkttype`, packet(7)).
    PacketKind;
    /// This machine.
    HOST = PACKET_HOST, "PACKET_HOST";
    /// Everyone on the link.
    BROADCAST = PACKET_BROADCAST, "PACKET_BROADCAST";
    /// A group.
    MULTICAST = PACKET_MULTICAST, "PACKET_MULTICAST";
    /// Another machine: seen in promiscuous mode.
    OTHERHOST = PACKET_OTHERHOST, "PACKET_OTHERHOST";
    /// It was sent by this machine.
    OUTGOING = PACKET_OUTGOING, "PACKET_OUTGOING";
}

/// A word, or half of one, that counts bytes.
fn size(bytes: &[u8], offset: usize) -> Option<usize> {
    u32_at(bytes, offset).and_then(|size| size.try_into().ok())
}

fn short(bytes: &[u8], offset: usize) -> Option<usize> {
    u16_at(bytes, offset).map(usize::from)
}
