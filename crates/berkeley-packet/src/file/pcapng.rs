//! The blocks of pcapng files.
//!
//! See <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>.

use super::bytes::Order;
use super::error::Fault;
use super::interface::{Clock, Interface};
use super::{MOST_OF_BUS, most};
use crate::link::LinkType;

/// The type of a section header, the same in both orders of bytes.
pub(super) const SECTION: u32 = 0x0a0d_0d0a;
/// The description of an interface.
pub(super) const INTERFACE: u32 = 1;
/// A packet, in a form that is no longer written.
pub(super) const OLD_PACKET: u32 = 2;
/// A packet without a time.
pub(super) const SIMPLE_PACKET: u32 = 3;
/// What an interface had received and dropped.
pub(super) const STATISTICS: u32 = 5;
/// A packet.
pub(super) const PACKET: u32 = 6;

/// What a section header must have behind its length.
pub(super) const BYTE_ORDER: u32 = 0x1a2b_3c4d;

/// The bytes of a block around its body: its type and its length in front, its length again behind.
pub(super) const AROUND: usize = 12;

/// The most bytes of a block that is no packet, of those that are read: section headers, interfaces, statistics.
pub(super) const MOST_OF_BLOCK: usize = 1024 * 1024;

/// The same for a packet, with its options.
pub(super) const MOST_OF_PACKET: usize = MOST_OF_BUS + MOST_OF_BLOCK;

/// The most interfaces of a file.
pub(super) const MOST_INTERFACES: usize = 65_536;

/// The most bytes of an interface's name that are kept.
const MOST_OF_NAME: usize = 255;

/// The order of a section by the first twelve bytes of its header.
pub(super) fn order_of_section(start: [u8; 12]) -> Option<Order> {
    let [.., a, b, c, d] = start;
    [Order::Little, Order::Big].into_iter().find(|order| order.u32([a, b, c, d]) == BYTE_ORDER)
}

/// A packet's place in the body of its block, and what the block says of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    /// The interface, as the section counts them.
    pub(super) interface: u32,
    /// Units of the interface's clock; none where the block has no time.
    pub(super) units: Option<u64>,
    pub(super) length: u32,
    pub(super) captured: u32,
    /// Where its bytes begin in the body.
    pub(super) start: usize,
}

impl Packet {
    /// Reads the body of a block of that type, the packets of whose first interface have at most `snap` bytes.
    pub(super) fn read(kind: u32, body: &[u8], order: Order, snap: u32) -> Result<Self, Fault> {
        let (what, least) = match kind {
            SIMPLE_PACKET => ("simple packet block", 4),
            OLD_PACKET => ("packet block", 20),
            _ => ("enhanced packet block", 20),
        };
        long_enough(what, body, least)?;
        let number = |at| order.u32_at(body, at);
        let units = || Some(u64::from(number(4)) << 32 | u64::from(number(8)));
        let packet = match kind {
            SIMPLE_PACKET => {
                let length = number(0);
                let captured = if snap == 0 { length } else { length.min(snap) };
                Self { interface: 0, units: None, length, captured, start: 4 }
            }
            OLD_PACKET => {
                let interface = order.u16_at(body, 0).into();
                Self { interface, units: units(), captured: number(12), length: number(16), start: 20 }
            }
            _ => Self {
                interface: number(0),
                units: units(),
                captured: number(12),
                length: number(16),
                start: 20,
            },
        };
        let room = body.len() - packet.start;
        if packet.captured as usize > room {
            return Err(Fault::TooLong { what: "packet", length: packet.captured.into(), most: room as u64 });
        }
        Ok(packet)
    }

    /// Checks that it is of one of `interfaces`, which is given, and not longer than a packet may be.
    pub(super) fn check<'i>(&self, interfaces: &'i [Interface]) -> Result<&'i Interface, Fault> {
        let interface = interfaces.get(self.interface as usize);
        let known = interface.ok_or(Fault::Interface { number: self.interface, count: interfaces.len() })?;
        let most = most(known.link);
        if self.captured as usize > most {
            return Err(Fault::TooLong { what: "packet", length: self.captured.into(), most: most as u64 });
        }
        Ok(known)
    }
}

/// Checks the length that a block says it has.
pub(super) fn check_length(length: u32) -> Result<(), Fault> {
    let least = 12;
    match length {
        0..12 => Err(Fault::TooShort { what: "block", length: length.into(), least }),
        _ if !length.is_multiple_of(4) => Err(Fault::Uneven(length)),
        _ => Ok(()),
    }
}

/// Checks the version in the body of a section header.
pub(super) fn check_section(body: &[u8], order: Order) -> Result<(), Fault> {
    long_enough("section header", body, 16)?;
    match (order.u16_at(body, 4), order.u16_at(body, 6)) {
        // Version 1.2 is what some writers took 1.0 for.
        (1, 0 | 2) => Ok(()),
        (major, minor) => Err(Fault::Version { major, minor }),
    }
}

/// Reads the body of an interface's description.
pub(super) fn interface(body: &[u8], order: Order) -> Result<Interface, Fault> {
    long_enough("interface description", body, 8)?;
    let number = order.u16_at(body, 0).into();
    let link = LinkType::in_file(number).ok_or(Fault::Link(number))?;
    let mut interface = Interface::new(link, order.u32_at(body, 4));
    let (mut resolution, mut offset) = (6, 0);
    for (code, value) in Options::new(body, 8, order) {
        match (code, value) {
            (2, name) => interface.name = text(name),
            (9, [exponent, ..]) => resolution = *exponent,
            (14, value) => offset = eight(value, order).map_or(offset, u64::cast_signed),
            _ => {}
        }
    }
    interface.clock = Clock::new(resolution, offset);
    Ok(interface)
}

/// Reads the body of an interface's statistics: its number in the section, what it had received, and dropped.
pub(super) fn statistics(body: &[u8], order: Order) -> Result<(u32, Option<u64>, Option<u64>), Fault> {
    long_enough("interface statistics", body, 12)?;
    let (mut received, mut dropped) = (None, None);
    for (code, value) in Options::new(body, 12, order) {
        match code {
            4 => received = eight(value, order),
            5 => dropped = eight(value, order),
            _ => {}
        }
    }
    Ok((order.u32_at(body, 0), received, dropped))
}

/// The first comment among the options of `bytes`.
pub(super) fn comment(bytes: &[u8], order: Order) -> Option<&[u8]> {
    Options::new(bytes, 0, order).find_map(|(code, value)| (code == 1).then_some(value))
}

fn long_enough(what: &'static str, body: &[u8], least: usize) -> Result<(), Fault> {
    if body.len() >= least {
        return Ok(());
    }
    let [length, least] = [body.len(), least].map(|length| (length + AROUND) as u64);
    Err(Fault::TooShort { what, length, least })
}

fn eight(value: &[u8], order: Order) -> Option<u64> {
    value.try_into().ok().map(|value| order.u64(value))
}

/// A name, as far as it is kept. It may end in zeros.
fn text(value: &[u8]) -> String {
    let kept = &value[..value.len().min(MOST_OF_NAME)];
    String::from_utf8_lossy(kept).trim_end_matches('\0').to_owned()
}

/// The options of a block: code and value. They end where one does not fit.
struct Options<'a> {
    bytes: &'a [u8],
    order: Order,
}

impl<'a> Options<'a> {
    /// Those in `bytes` from byte `at` on.
    fn new(bytes: &'a [u8], at: usize, order: Order) -> Self {
        Self { bytes: bytes.get(at..).unwrap_or_default(), order }
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (_, behind) = self.bytes.split_at_checked(4)?;
        let (code, length) =
            (self.order.u16_at(self.bytes, 0), usize::from(self.order.u16_at(self.bytes, 2)));
        if code == 0 {
            return None;
        }
        let value = behind.get(..length)?;
        self.bytes = behind.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((code, value))
    }
}
