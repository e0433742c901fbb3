//! Fragments of IPv4 and IPv6, put together.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use etherparse::checksum::Sum16BitWords;

use crate::layer::checksum;
use crate::layer::packet::{Layer, Packet};
use crate::layer::protocol::Protocol;

/// Puts the fragments of IP packets together.
///
/// What a peer sends decides neither how much memory it takes nor for how long: at most [`MOST_WAITING`] packets and
/// [`MOST_BYTES`] bytes wait at once, the oldest going first, and none for longer than [`PATIENCE`]. Fragments that
/// overlap are refused, and with them their whole packet (RFC 5722): two that read an overlap in different ways would
/// see different packets. One that is just sent twice is not taken for an overlap.
///
/// ```
/// use std::time::Duration;
/// use berkeley_packet::stream::Fragments;
/// use berkeley_packet::{LinkType, Packet};
///
/// // A UDP datagram in two fragments: its header, and its data.
/// let first = b"\x45\0\0\x1c\0\x07\x20\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x02\x30\x39\0\x09\0\x0a\0\0";
/// let second = b"\x45\0\0\x16\0\x07\0\x01\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x02hi";
/// let mut fragments = Fragments::new();
/// let packet = Packet::decode(LinkType::RAW, second);
/// assert!(fragments.add(&packet, Duration::ZERO).unwrap().is_none());
/// let packet = Packet::decode(LinkType::RAW, first);
/// let whole = fragments.add(&packet, Duration::ZERO).unwrap().unwrap();
/// assert_eq!(whole.packet().field("udp.length").unwrap().to_string(), "10");
/// assert_eq!(whole.packet().layer("data").unwrap().bytes(), b"hi");
/// ```
#[derive(Debug, Default)]
pub struct Fragments {
    waiting: HashMap<Key, Parts>,
    /// The packets that wait, the oldest first, each by its number; one that waits no more is still here.
    order: VecDeque<(Key, u64)>,
    next: u64,
    bytes: usize,
}

/// How many packets may wait for fragments.
pub const MOST_WAITING: usize = 1024;

/// How many bytes may wait.
pub const MOST_BYTES: usize = 8 << 20;

/// How long a packet may wait for its fragments, as on Linux (`net.ipv4.ipfrag_time`).
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How many runs of bytes a packet may have that do not touch each other.
const MOST_RUNS: usize = 64;

/// The most bytes of an IP packet, as its length has 16 bits.
const LONGEST: usize = 65_535;

/// What the fragments of one packet have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    source: [u8; 16],
    destination: [u8; 16],
    identification: u32,
    /// IPv4's protocol; none for IPv6.
    protocol: Option<u8>,
    /// The innermost VLANs.
    vlans: [u16; 2],
}

/// What has come of a packet.
#[derive(Debug)]
struct Parts {
    number: u64,
    since: Duration,
    data: Vec<u8>,
    /// The bytes that have come, in order. None touches the next one.
    runs: Vec<Range<usize>>,
    /// Where the last fragment ends.
    end: Option<usize>,
    /// The headers of the first fragment, and their protocol.
    head: Option<(&'static Protocol, Vec<u8>)>,
    /// That one of them was refused.
    refused: bool,
    /// How many packets have brought them, and how long these were on the wire.
    packets: u64,
    length: u64,
}

/// A packet of all its fragments: the headers of the first one, from that of IP on, and what all of them carry.
#[derive(Clone, Debug)]
pub struct Assembled {
    protocol: &'static Protocol,
    bytes: Vec<u8>,
    packets: u64,
    length: u64,
}

/// Why a fragment is refused, and with it its packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It overlaps another one.
    Overlap,
    /// It ends behind the longest packet that there can be.
    TooLong,
    /// More follow, and its length is no multiple of 8.
    Unaligned,
    /// It does not end where the last one does, or ends behind it.
    End,
    /// The packet has too many holes.
    TooManyHoles,
    /// The capture has kept only a part of it.
    Cut,
    /// There is no memory for it.
    Memory,
    /// Another one of its packet was refused before.
    Before,
}

/// A fragment, as it stands in its packet.
struct Fragment<'a> {
    key: Key,
    offset: usize,
    more: bool,
    bytes: &'a [u8],
    is_cut: bool,
    head: Head<'a>,
}

/// The headers before a fragment's bytes.
struct Head<'a> {
    protocol: &'static Protocol,
    bytes: &'a [u8],
    /// What the fragment header of IPv6 says that the packet carries, and the byte of the headers that is to say so.
    next: Option<(u8, usize)>,
}

impl Fragments {
    /// No fragments yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the fragment that `packet`, captured at `time`, is. The whole packet, if this was all that it lacked; none
    /// if it is no fragment, or others are still to come.
    ///
    /// # Errors
    ///
    /// The fragment is refused, and so will be all others of its packet.
    pub fn add(&mut self, packet: &Packet<'_>, time: Duration) -> Result<Option<Assembled>, Refusal> {
        self.forget(time);
        let Some(fragment) = fragment_of(packet) else { return Ok(None) };
        let key = fragment.key;
        let parts = match self.waiting.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                self.order.push_back((key, self.next));
                self.next += 1;
                entry.insert(Parts::new(self.next - 1, time))
            }
        };
        parts.packets += 1;
        parts.length += packet.length() as u64;
        let before = parts.size();
        let added = parts.add(&fragment);
        self.bytes = self.bytes + parts.size() - before;
        if added? {
            return self.finish(&key);
        }
        if self.order.len() > 2 * MOST_WAITING {
            let waiting = &self.waiting;
            self.order.retain(|(key, number)| waiting.get(key).is_some_and(|parts| parts.number == *number));
        }
        while self.waiting.len() > MOST_WAITING || self.bytes > MOST_BYTES {
            self.drop_oldest();
        }
        Ok(None)
    }

    /// How many packets wait for fragments.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn finish(&mut self, key: &Key) -> Result<Option<Assembled>, Refusal> {
        let Some(parts) = self.waiting.remove(key) else { return Ok(None) };
        self.bytes -= parts.size();
        parts.assemble().map(Some)
    }

    /// Drops the packets that have waited too long, and what `order` has of those that wait no more.
    fn forget(&mut self, time: Duration) {
        while let Some((key, number)) = self.order.front() {
            match self.waiting.get(key).filter(|parts| parts.number == *number) {
                Some(parts) if time.saturating_sub(parts.since) <= PATIENCE => return,
                _ => self.drop_oldest(),
            }
        }
    }

    fn drop_oldest(&mut self) {
        let Some((key, number)) = self.order.pop_front() else { return };
        if self.waiting.get(&key).is_some_and(|parts| parts.number == number)
            && let Some(parts) = self.waiting.remove(&key)
        {
            self.bytes -= parts.size();
        }
    }
}

impl Parts {
    fn new(number: u64, since: Duration) -> Self {
        Self {
            number,
            since,
            data: Vec::new(),
            runs: Vec::new(),
            end: None,
            head: None,
            refused: false,
            packets: 0,
            length: 0,
        }
    }

    /// How much memory it has taken.
    fn size(&self) -> usize {
        self.data.capacity() + self.head.as_ref().map_or(0, |(_, head)| head.capacity())
    }

    /// Takes a fragment. Whether the packet is complete.
    fn add(&mut self, fragment: &Fragment<'_>) -> Result<bool, Refusal> {
        let added = if self.refused { Err(Refusal::Before) } else { self.try_add(fragment) };
        if added.is_err() {
            // Its bytes are not wanted any more, but who it was is.
            *self = Self { refused: true, ..Self::new(self.number, self.since) };
        }
        added
    }

    fn try_add(&mut self, fragment: &Fragment<'_>) -> Result<bool, Refusal> {
        let range = fragment.offset..fragment.offset + fragment.bytes.len();
        self.check(fragment, &range)?;
        if range.end > self.data.len() {
            self.data.try_reserve(range.end - self.data.len()).map_err(|_| Refusal::Memory)?;
            self.data.resize(range.end, 0);
        }
        if self.insert(&range, fragment.bytes)? {
            self.data[range.clone()].copy_from_slice(fragment.bytes);
        }
        if !fragment.more {
            self.end = Some(range.end);
        }
        if fragment.offset == 0 && self.head.is_none() {
            self.head = Some((fragment.head.protocol, fragment.head.whole()));
        }
        let whole = self.end.is_some_and(|end| matches!(&*self.runs, [run] if *run == (0..end)));
        Ok(whole && self.head.is_some())
    }

    fn check(&self, fragment: &Fragment<'_>, range: &Range<usize>) -> Result<(), Refusal> {
        let is_past = match self.end {
            Some(end) => range.end > end || !fragment.more && range.end != end,
            None => !fragment.more && range.end < self.data.len(),
        };
        if fragment.is_cut {
            return Err(Refusal::Cut);
        }
        if range.end > LONGEST {
            return Err(Refusal::TooLong);
        }
        if fragment.more && (!range.len().is_multiple_of(8) || range.is_empty()) {
            return Err(Refusal::Unaligned);
        }
        if is_past { Err(Refusal::End) } else { Ok(()) }
    }

    /// Adds a run. Whether its bytes are new; not if all of them have come before, and were the same.
    fn insert(&mut self, range: &Range<usize>, bytes: &[u8]) -> Result<bool, Refusal> {
        let at = self.runs.partition_point(|run| run.end < range.start);
        let Some(run) = self.runs.get(at).filter(|run| run.start <= range.end) else {
            if self.runs.len() == MOST_RUNS {
                return Err(Refusal::TooManyHoles);
            }
            self.runs.insert(at, range.clone());
            return Ok(true);
        };
        if run.start <= range.start && range.end <= run.end {
            return if self.data[range.clone()] == *bytes { Ok(false) } else { Err(Refusal::Overlap) };
        }
        // It touches the run before it, or the one behind it, or both.
        let mut joined = range.clone();
        let mut next = at;
        while let Some(run) = self.runs.get(next).filter(|run| run.start <= range.end) {
            if run.start < range.end && range.start < run.end {
                return Err(Refusal::Overlap);
            }
            joined = joined.start.min(run.start)..joined.end.max(run.end);
            next += 1;
        }
        self.runs.splice(at..next, [joined]);
        Ok(true)
    }

    /// The whole packet: the length in its header is that of all, and it is no fragment any more.
    fn assemble(self) -> Result<Assembled, Refusal> {
        let (protocol, mut bytes) = self.head.ok_or(Refusal::Memory)?;
        let header = bytes.len();
        bytes.try_reserve_exact(self.data.len()).map_err(|_| Refusal::Memory)?;
        bytes.extend_from_slice(&self.data);
        let is_v6 = protocol.name == "ipv6";
        let length = bytes.len() - if is_v6 { 40.min(bytes.len()) } else { 0 };
        let length = u16::try_from(length).map_err(|_| Refusal::TooLong)?.to_be_bytes();
        if is_v6 {
            bytes[4..6].copy_from_slice(&length);
        } else {
            bytes[2..4].copy_from_slice(&length);
            bytes[6] &= 0xc0;
            bytes[7] = 0;
            let sum = checksum::of(&bytes[..header], 10, Sum16BitWords::new());
            bytes[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        Ok(Assembled { protocol, bytes, packets: self.packets, length: self.length })
    }
}

impl Head<'_> {
    /// The headers, without the one that says that it is a fragment.
    fn whole(&self) -> Vec<u8> {
        let mut bytes = self.bytes.to_vec();
        if let Some((number, at)) = self.next
            && let Some(byte) = bytes.get_mut(at)
        {
            *byte = number;
        }
        bytes
    }
}

impl Assembled {
    /// The packet, taken apart. Its first layer is that of IP.
    pub fn packet(&self) -> Packet<'_> {
        Packet::decode_as(self.protocol, &self.bytes, self.bytes.len())
    }

    /// Its bytes, from the header of IP on.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many packets have brought its fragments; one that came twice counts twice.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// How long these packets were on the wire, in bytes, with all headers.
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// The fragment that `packet` is, or carries. One that a message quotes is none.
fn fragment_of<'a>(packet: &'a Packet<'_>) -> Option<Fragment<'a>> {
    let mut vlans = [0; 2];
    for layer in packet.layers() {
        match layer.protocol().name {
            "icmp" | "icmpv6" => return None,
            "vlan" => vlans = [vlans[1], u16::from_be_bytes(layer.header().get(..2)?.try_into().ok()?)],
            "ip" => {
                if let Some(fragment) = of_ipv4(layer, vlans) {
                    return Some(fragment);
                }
            }
            "ipv6.fraghdr" => return of_ipv6(layer, vlans),
            _ => (),
        }
    }
    None
}

fn of_ipv4(layer: Layer<'_>, vlans: [u16; 2]) -> Option<Fragment<'_>> {
    let header = layer.header();
    let place = u16::from_be_bytes([*header.get(6)?, *header.get(7)?]);
    let (more, offset) = (place & 0x2000 != 0, usize::from(place & 0x1fff) * 8);
    if !more && offset == 0 {
        return None;
    }
    let key = Key {
        source: address(header.get(12..16)?),
        destination: address(header.get(16..20)?),
        identification: u16::from_be_bytes([header[4], header[5]]).into(),
        protocol: Some(header[9]),
        vlans,
    };
    let head = Head { protocol: layer.protocol(), bytes: header, next: None };
    Some(Fragment { key, offset, more, bytes: layer.payload(), is_cut: layer.is_cut(), head })
}

fn of_ipv6(layer: Layer<'_>, vlans: [u16; 2]) -> Option<Fragment<'_>> {
    let header = <[u8; 8]>::try_from(layer.header()).ok()?;
    let (ip, outer) = (layer.around(&["ipv6"])?, layer.outer()?);
    let place = u16::from_be_bytes([header[2], header[3]]);
    let (more, offset) = (place & 1 != 0, usize::from(place & 0xfff8));
    if !more && offset == 0 {
        return None;
    }
    let key = Key {
        source: address(ip.header().get(8..24)?),
        destination: address(ip.header().get(24..40)?),
        identification: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        protocol: None,
        vlans,
    };
    // The byte that says that a fragment header follows: IPv6's seventh, or the first of an extension header.
    let says = outer.start() - ip.start() + if outer.protocol().name == "ipv6" { 6 } else { 0 };
    let bytes = ip.bytes().get(..layer.start() - ip.start())?;
    let head = Head { protocol: ip.protocol(), bytes, next: Some((header[0], says)) };
    Some(Fragment { key, offset, more, bytes: layer.payload(), is_cut: layer.is_cut(), head })
}

fn address(bytes: &[u8]) -> [u8; 16] {
    let mut address = [0; 16];
    for (to, from) in address.iter_mut().zip(bytes) {
        *to = *from;
    }
    address
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overlap => "fragments overlap",
            Self::TooLong => "fragment ends behind the longest packet",
            Self::Unaligned => "fragment's length is no multiple of 8",
            Self::End => "fragments disagree where the packet ends",
            Self::TooManyHoles => "packet has too many holes",
            Self::Cut => "fragment is captured only in part",
            Self::Memory => "no memory for fragments",
            Self::Before => "another fragment of the packet was refused",
        })
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkType;

    /// A fragment of IPv4: `offset` in units of 8 bytes.
    fn ipv4(id: u16, offset: u16, more: bool, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x45\0\0\0\0\0\0\0\x40\xfd\0\0\x7f\0\0\x01\x7f\0\0\x02".to_vec();
        let length = u16::try_from(20 + data.len()).unwrap();
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        bytes[4..6].copy_from_slice(&id.to_be_bytes());
        bytes[6..8].copy_from_slice(&(offset | if more { 0x2000 } else { 0 }).to_be_bytes());
        bytes.extend_from_slice(data);
        bytes
    }

    fn ipv6(offset: u16, more: bool, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 0, 60, 64];
        bytes.extend_from_slice(&[1; 32]);
        // Options for the destination, then the fragment header.
        bytes.extend_from_slice(b"\x2c\0\x01\x04\0\0\0\0\xfd\0\0\0\0\0\0\x07");
        bytes[50..52].copy_from_slice(&((offset * 8) | u16::from(more)).to_be_bytes());
        bytes.extend_from_slice(data);
        let length = u16::try_from(bytes.len() - 40).unwrap();
        bytes[4..6].copy_from_slice(&length.to_be_bytes());
        bytes
    }

    fn add(fragments: &mut Fragments, bytes: &[u8], seconds: u64) -> Result<Option<Vec<u8>>, Refusal> {
        let packet = Packet::decode(LinkType::RAW, bytes);
        let added = fragments.add(&packet, Duration::from_secs(seconds))?;
        Ok(added.map(|whole| whole.packet().layer("data").unwrap().bytes().to_vec()))
    }

    #[test]
    fn fragments_are_put_together_in_any_order() {
        let data: Vec<u8> = (0..=36).collect();
        let make = |offset: u16, more, range: Range<usize>| {
            [ipv4(7, offset, more, &data[range.clone()]), ipv6(offset, more, &data[range])]
        };
        let pieces = [make(0, true, 0..16), make(2, true, 16..24), make(3, false, 24..37)];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for (order, version) in orders.iter().flat_map(|order| [(order, 0), (order, 1)]) {
            let mut fragments = Fragments::new();
            for (count, piece) in order.iter().enumerate() {
                let wanted = (count == 2).then(|| data.clone());
                assert_eq!(add(&mut fragments, &pieces[*piece][version], 0), Ok(wanted), "{order:?}");
                let again = usize::from(count == 2);
                assert_eq!(fragments.waiting(), 1 - again);
            }
            assert_eq!(fragments.bytes, 0);
        }
    }

    #[test]
    fn what_is_put_together_is_a_packet_of_its_own() {
        let mut fragments = Fragments::new();
        let first = Packet::decode_as(LinkType::RAW.protocol().unwrap(), &[], 0);
        assert!(fragments.add(&first, Duration::ZERO).unwrap().is_none());
        let pieces = [ipv4(7, 0, true, &[1; 8]), ipv4(7, 1, false, &[2; 3])];
        let packets = pieces.each_ref().map(|bytes| Packet::decode(LinkType::RAW, bytes));
        assert!(fragments.add(&packets[0], Duration::ZERO).unwrap().is_none());
        let whole = fragments.add(&packets[1], Duration::ZERO).unwrap().unwrap();
        let packet = whole.packet();
        let number = |name| packet.field(name).and_then(|value| value.number());
        assert_eq!(
            [number("ip.len"), number("ip.flags.mf"), number("ip.frag_offset")],
            [Some(31), Some(0), Some(0)]
        );
        assert_eq!(packet.problem(), None);
        let six = [ipv6(0, true, &[1; 8]), ipv6(1, false, &[2; 3])];
        let six = six.each_ref().map(|bytes| Packet::decode_as(ip6(), bytes, bytes.len()));
        assert!(fragments.add(&six[0], Duration::ZERO).unwrap().is_none());
        let whole = fragments.add(&six[1], Duration::ZERO).unwrap().unwrap();
        let names: Vec<_> = whole.packet().layers().map(|layer| layer.protocol().name).collect();
        assert_eq!(names, ["ipv6", "ipv6.dstopts", "data"]);
        assert_eq!(whole.packet().field("ipv6.plen").unwrap().number(), Some(19));
    }

    fn ip6() -> &'static Protocol {
        LinkType::IPV6.protocol().unwrap()
    }

    #[test]
    fn what_overlaps_is_refused_with_its_packet() {
        type Piece = (u16, bool, &'static [u8]);
        let rows: &[(&[Piece], Refusal)] = &[
            (&[(0, true, &[1; 16]), (1, true, &[2; 16])], Refusal::Overlap),
            (&[(1, true, &[1; 16]), (0, true, &[2; 16])], Refusal::Overlap),
            (&[(1, true, &[1; 8]), (0, true, &[2; 24])], Refusal::Overlap),
            (&[(0, true, &[1; 24]), (1, true, &[2; 8])], Refusal::Overlap),
            (&[(0, true, &[1; 8]), (2, true, &[1; 8]), (0, true, &[1; 24])], Refusal::Overlap),
            (&[(1, false, &[1; 8]), (2, true, &[1; 8])], Refusal::End),
            (&[(2, false, &[1; 8]), (1, false, &[1; 8])], Refusal::End),
            (&[(3, true, &[1; 8]), (1, false, &[1; 8])], Refusal::End),
            (&[(0, true, &[1; 7])], Refusal::Unaligned),
            (&[(1, true, &[])], Refusal::Unaligned),
            (&[(8191, true, &[1; 8])], Refusal::TooLong),
        ];
        for (pieces, wanted) in rows {
            let mut fragments = Fragments::new();
            let (last, before) = pieces.split_last().unwrap();
            for (offset, more, data) in before {
                assert_eq!(add(&mut fragments, &ipv4(7, *offset, *more, data), 0), Ok(None), "{pieces:?}");
            }
            let refused = add(&mut fragments, &ipv4(7, last.0, last.1, last.2), 0);
            assert_eq!(refused, Err(*wanted), "{pieces:?}");
            assert_eq!(add(&mut fragments, &ipv4(7, 100, true, &[1; 8]), 0), Err(Refusal::Before));
            assert_eq!(fragments.bytes, 0, "its bytes are still kept");
        }
    }

    #[test]
    fn what_is_sent_twice_is_no_overlap() {
        let mut fragments = Fragments::new();
        for _ in 0..3 {
            assert_eq!(add(&mut fragments, &ipv4(7, 0, true, &[1; 16]), 0), Ok(None));
        }
        let whole = [[1; 16].as_slice(), &[2; 3]].concat();
        assert_eq!(add(&mut fragments, &ipv4(7, 2, false, &[2; 3]), 0), Ok(Some(whole)));
    }

    #[test]
    fn what_does_not_come_is_not_waited_for() {
        let mut fragments = Fragments::new();
        assert_eq!(add(&mut fragments, &ipv4(7, 0, true, &[1; 8]), 100), Ok(None));
        assert_eq!(
            add(&mut fragments, &ipv4(7, 1, false, &[1; 8]), 131),
            Ok(None),
            "the first was forgotten"
        );
        assert_eq!(fragments.waiting(), 1);
    }

    #[test]
    fn memory_is_bounded_whatever_is_sent() {
        let mut fragments = Fragments::new();
        for id in 0..2000 {
            // Far enough behind to take much memory, and after that many that take little.
            let offset = if id < 300 { 8000 } else { 1 };
            assert_eq!(add(&mut fragments, &ipv4(id, offset, true, &[1; 8]), 0), Ok(None));
            assert!(fragments.bytes <= MOST_BYTES && fragments.waiting() <= MOST_WAITING);
            assert!(fragments.order.len() <= MOST_WAITING);
        }
        // One that waits for ever, and many behind it that come in whole.
        let mut fragments = Fragments::new();
        assert_eq!(add(&mut fragments, &ipv4(0, 0, true, &[1; 8]), 0), Ok(None));
        for id in 1..3000 {
            assert_eq!(add(&mut fragments, &ipv4(id, 0, true, &[1; 8]), 0), Ok(None));
            assert!(add(&mut fragments, &ipv4(id, 1, false, &[1; 8]), 0).unwrap().is_some());
            assert!(fragments.order.len() <= 2 * MOST_WAITING + 1);
        }
        let mut fragments = Fragments::new();
        let holes = (0..).map(|piece| ipv4(7, piece * 2, true, &[1; 8]));
        let refused = holes.take(1000).find_map(|bytes| add(&mut fragments, &bytes, 0).err());
        assert_eq!(refused, Some(Refusal::TooManyHoles));
    }

    #[test]
    fn fragments_of_other_packets_are_kept_apart() {
        let mut fragments = Fragments::new();
        let mut other = ipv4(7, 1, false, &[1; 8]);
        assert_eq!(add(&mut fragments, &ipv4(7, 0, true, &[1; 8]), 0), Ok(None));
        for at in [5, 9, 15, 19] {
            other[at] ^= 1;
            assert_eq!(add(&mut fragments, &other, 0), Ok(None), "byte {at} does not count");
            other[at] ^= 1;
        }
        assert!(add(&mut fragments, &other, 0).unwrap().is_some());
    }
}
