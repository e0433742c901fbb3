//! The header and the records of pcap files.
//!
//! See <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html>.

use std::time::Duration;

use super::bytes::Order;
use super::error::Fault;
use crate::link::LinkType;

/// The bytes of the file header.
pub(super) const HEADER: usize = 24;

/// How the records of a file are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Format {
    pub(super) link: LinkType,
    pub(super) snap: u32,
    /// The bytes of a record's header.
    pub(super) record: usize,
    order: Order,
    /// Nanoseconds a unit.
    unit: u64,
    lengths: Lengths,
}

/// Which length of a record counts the bytes that follow: some writers of old had the two the other way round.
#[derive(Clone, Copy, Debug)]
enum Lengths {
    First,
    Smaller,
    Second,
}

/// What the header of a record says.
pub(super) struct Header {
    pub(super) captured: u32,
    pub(super) length: u32,
    pub(super) time: Duration,
}

/// The order, the length of a record's header and the nanoseconds a unit of a file that begins with these four bytes.
fn kind(magic: [u8; 4]) -> Option<(Order, usize, u64)> {
    [Order::Big, Order::Little].into_iter().find_map(|order| match order.u32(magic) {
        0xa1b2_c3d4 => Some((order, 16, 1_000)),
        0xa1b2_3c4d => Some((order, 16, 1)),
        // Kuznetzov's, which tells the interface and the protocol too.
        0xa1b2_cd34 => Some((order, 24, 1_000)),
        _ => None,
    })
}

impl Format {
    pub(super) fn is_magic(magic: [u8; 4]) -> bool {
        kind(magic).is_some()
    }

    /// Reads the file header.
    pub(super) fn read(header: &[u8; HEADER]) -> Result<Self, Fault> {
        let (magic, rest) = header.split_first_chunk().ok_or(Fault::Unknown)?;
        let (order, record, unit) = kind(*magic).ok_or(Fault::Unknown)?;
        let (major, minor) = (order.u16_at(rest, 0), order.u16_at(rest, 2));
        let lengths = match (major, minor) {
            (2, 4..) => Lengths::First,
            (2, 3) => Lengths::Smaller,
            // The second one is the tcpdump of DG/UX.
            (2, _) | (543, 0) => Lengths::Second,
            _ => return Err(Fault::Version { major, minor }),
        };
        // The highest bits tell of a checksum behind each frame.
        let link = order.u32_at(rest, 16) & 0x03ff_ffff;
        let link = LinkType::in_file(link).ok_or(Fault::Link(link))?;
        Ok(Self { link, snap: order.u32_at(rest, 12), record, order, unit, lengths })
    }

    /// Reads the header of a record.
    pub(super) fn header(&self, bytes: &[u8]) -> Header {
        let [seconds, part, first, second] = [0, 4, 8, 12].map(|at| self.order.u32_at(bytes, at));
        let swapped = match self.lengths {
            Lengths::First => false,
            Lengths::Smaller => first > second,
            Lengths::Second => true,
        };
        let (captured, length) = if swapped { (second, first) } else { (first, second) };
        let time = Duration::from_secs(seconds.into()) + Duration::from_nanos(u64::from(part) * self.unit);
        Header { captured, length, time }
    }
}
