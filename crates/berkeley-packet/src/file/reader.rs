//! The packets of a capture file, one after the other.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use super::buffer::Buffer;
use super::bytes::Order;
use super::error::{Fault, FileError};
use super::interface::Interface;
use super::pcap::{self, Format};
use super::{most, pcapng};
use crate::link::LinkType;

/// The packets of a capture file, pcap or pcapng.
///
/// It reads `input` in large pieces: a buffer around it is of no use. It reads no further than it must to give the next
/// packet, so a pipe's packets are given as they come.
pub struct Reader<R> {
    buffer: Buffer<R>,
    form: Form,
    interfaces: Vec<Interface>,
    ended: bool,
}

/// What the file is, and what its headers have said so far.
#[derive(Clone, Copy)]
enum Form {
    Pcap(Format),
    Pcapng(Section),
}

/// What stands before a packet's bytes in its block of pcapng.
const HEAD: usize = 28;

/// A section of pcapng.
#[derive(Clone, Copy)]
struct Section {
    order: Order,
    /// How many interfaces the sections before have.
    before: usize,
}

/// A packet as a capture file has it.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// What its bytes begin with.
    pub link: LinkType,
    /// When it was captured, since 1970, UTC; none where the file does not say.
    pub time: Option<Duration>,
    /// How long it was on the wire, in bytes.
    pub length: usize,
    /// Its bytes, as far as they were kept.
    pub bytes: &'a [u8],
    /// Where these bytes begin, in bytes from the file's first.
    pub offset: u64,
    /// Where it was captured: an index into [`Reader::interfaces`].
    pub interface: u32,
    /// That interface's name; empty where the file tells none. A terminal may have it only escaped.
    pub interface_name: &'a str,
    options: &'a [u8],
    order: Order,
}

/// Where a packet's parts are in the data of the buffer, and what is said of it.
struct Found {
    interface: usize,
    time: Option<Duration>,
    length: u32,
    /// Where its bytes begin and end, and where its options end.
    start: usize,
    end: usize,
    options_end: usize,
    /// How many bytes of the file it takes, with all around it.
    used: usize,
}

impl<R: Read> Reader<R> {
    /// Reads the header of a file, of whichever format it is.
    ///
    /// # Errors
    /// Fails where `input` cannot be read, or does not begin as a capture file does.
    pub fn new(input: R) -> Result<Self, FileError> {
        let mut buffer = Buffer::new(input);
        need(&mut buffer, "file header", 4)?;
        let magic = buffer.data().first_chunk().copied().unwrap_or_default();
        if Format::is_magic(magic) {
            return Self::pcap(buffer);
        }
        if u32::from_be_bytes(magic) != pcapng::SECTION {
            return Err(FileError::new(0, unknown(magic)));
        }
        let section = Section { order: Order::Little, before: 0 };
        let mut reader = Self { buffer, form: Form::Pcapng(section), interfaces: Vec::new(), ended: false };
        reader.block(section)?;
        Ok(reader)
    }

    fn pcap(mut buffer: Buffer<R>) -> Result<Self, FileError> {
        need(&mut buffer, "file header", pcap::HEADER)?;
        let header = buffer.data().first_chunk().ok_or_else(|| FileError::new(0, Fault::Unknown))?;
        let format = Format::read(header).map_err(|fault| FileError::new(0, fault))?;
        buffer.take(pcap::HEADER);
        let interfaces = vec![Interface::new(format.link, format.snap)];
        Ok(Self { buffer, form: Form::Pcap(format), interfaces, ended: false })
    }

    /// The next packet; none behind the last.
    ///
    /// # Errors
    /// Fails where `input` cannot be read, or where the file is cut or broken. Nothing can be read behind that: all
    /// further calls give none.
    #[expect(clippy::should_implement_trait, reason = "an iterator's items cannot borrow from it")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, FileError> {
        if self.ended {
            return Ok(None);
        }
        let found = self.find();
        self.ended = !matches!(found, Ok(Some(_)));
        let Some(found) = found? else { return Ok(None) };
        let order = self.order();
        let offset = self.buffer.offset() + found.start as u64;
        let interface = self.interfaces.get(found.interface);
        let data = self.buffer.take(found.used);
        let options = found.end.next_multiple_of(4)..found.options_end;
        Ok(Some(Record {
            link: interface.map_or(LinkType::NULL, |interface| interface.link),
            time: found.time,
            length: (found.length as usize).max(found.end - found.start),
            bytes: &data[found.start..found.end],
            offset,
            interface: u32::try_from(found.interface).unwrap_or(u32::MAX),
            interface_name: interface.map_or("", |interface| &interface.name),
            options: data.get(options).unwrap_or_default(),
            order,
        }))
    }

    fn order(&self) -> Order {
        match self.form {
            Form::Pcap(_) => Order::Little,
            Form::Pcapng(section) => section.order,
        }
    }

    fn find(&mut self) -> Result<Option<Found>, FileError> {
        loop {
            let more = self.buffer.fill(1);
            if !more.map_err(|error| FileError::new(self.buffer.offset(), Fault::Io(error)))? {
                return Ok(None);
            }
            match self.form {
                Form::Pcap(format) => return self.record(&format).map(Some),
                Form::Pcapng(section) => {
                    if let Some(found) = self.at_hand(section) {
                        return Ok(Some(found));
                    }
                    if let Some(found) = self.block(section)? {
                        return Ok(Some(found));
                    }
                }
            }
        }
    }

    fn record(&mut self, format: &Format) -> Result<Found, FileError> {
        need(&mut self.buffer, "packet record", format.record)?;
        let header = format.header(self.buffer.data());
        let (captured, most) = (header.captured as usize, most(format.link));
        if captured > most {
            let fault = Fault::TooLong { what: "packet", length: captured as u64, most: most as u64 };
            return Err(self.broken(fault));
        }
        let (start, end) = (format.record, format.record + captured);
        need(&mut self.buffer, "packet record", end)?;
        let time = Some(header.time);
        Ok(Found { interface: 0, time, length: header.length, start, end, options_end: end, used: end })
    }

    /// The packet that is next, where all of its block was read, and nothing is wrong with it: so are most.
    ///
    /// None says nothing: [`block`](Self::block) then reads with care, and tells what is wrong.
    fn at_hand(&self, section: Section) -> Option<Found> {
        let data = self.buffer.data();
        let head = section.order.words(data.first_chunk::<HEAD>()?);
        let [kind, length, interface, high, low, captured, wire] = head;
        let (used, interface, captured) = (length as usize, interface as usize, captured as usize);
        let last = data.get(..used)?.last_chunk().map(|last| section.order.u32(*last));
        let known = self.interfaces.get(section.before..)?.get(interface)?;
        let is_whole = kind == pcapng::PACKET
            && last == Some(length)
            && used.is_multiple_of(4)
            && used <= pcapng::MOST_OF_PACKET
            && captured <= used.checked_sub(HEAD + 4)?.min(most(known.link));
        is_whole.then(|| Found {
            interface: section.before + interface,
            time: known.clock.time(u64::from(high) << 32 | u64::from(low)),
            length: wire,
            start: HEAD,
            end: HEAD + captured,
            options_end: used - 4,
            used,
        })
    }

    /// Reads a block, and remembers what it says; the packet, if it is one.
    fn block(&mut self, section: Section) -> Result<Option<Found>, FileError> {
        need(&mut self.buffer, "block", 8)?;
        let kind = section.order.u32_at(self.buffer.data(), 0);
        let order = if kind == pcapng::SECTION { self.order_of_section()? } else { section.order };
        let length = order.u32_at(self.buffer.data(), 4);
        pcapng::check_length(length).map_err(|fault| self.broken(fault))?;
        match kind {
            pcapng::PACKET | pcapng::SIMPLE_PACKET | pcapng::OLD_PACKET => {
                self.packet(kind, length, section).map(Some)
            }
            pcapng::SECTION | pcapng::INTERFACE | pcapng::STATISTICS => {
                self.whole(length, order, pcapng::MOST_OF_BLOCK)?;
                self.remember(kind, section, order).map_err(|fault| self.broken(fault))?;
                self.buffer.take(length as usize);
                Ok(None)
            }
            _ => self.pass(length, order).map(|()| None),
        }
    }

    /// The order of bytes of the section whose header is next.
    fn order_of_section(&mut self) -> Result<Order, FileError> {
        need(&mut self.buffer, "block", 12)?;
        let start = self.buffer.data().first_chunk().copied().unwrap_or_default();
        pcapng::order_of_section(start).ok_or_else(|| self.broken(Fault::ByteOrder))
    }

    /// Sees to it that the block of `length` bytes that is next is all there.
    fn whole(&mut self, length: u32, order: Order, most: usize) -> Result<(), FileError> {
        let bytes = length as usize;
        if bytes > most {
            return Err(self.broken(Fault::TooLong {
                what: "block",
                length: length.into(),
                most: most as u64,
            }));
        }
        need(&mut self.buffer, "block", bytes)?;
        let last = order.u32_at(self.buffer.data(), bytes - 4);
        if last == length { Ok(()) } else { Err(self.broken(Fault::Lengths { first: length, last })) }
    }

    /// The body of a block that is all there.
    fn body(&self, order: Order) -> &[u8] {
        let data = self.buffer.data();
        let length = order.u32_at(data, 4) as usize;
        data.get(8..length.saturating_sub(4)).unwrap_or_default()
    }

    fn packet(&mut self, kind: u32, length: u32, section: Section) -> Result<Found, FileError> {
        self.whole(length, section.order, pcapng::MOST_OF_PACKET)?;
        let interfaces = &self.interfaces[section.before..];
        let snap = interfaces.first().map_or(0, |interface| interface.snap);
        let packet = pcapng::Packet::read(kind, self.body(section.order), section.order, snap)
            .and_then(|packet| packet.check(interfaces).map(|interface| (packet, interface.clock)));
        let (packet, clock) = packet.map_err(|fault| self.broken(fault))?;
        let start = 8 + packet.start;
        let used = length as usize;
        Ok(Found {
            interface: section.before + packet.interface as usize,
            time: packet.units.and_then(|units| clock.time(units)),
            length: packet.length,
            start,
            end: start + packet.captured as usize,
            options_end: if kind == pcapng::SIMPLE_PACKET { 0 } else { used - 4 },
            used,
        })
    }

    /// Remembers what the block that is next says: a section, an interface, or its statistics.
    fn remember(&mut self, kind: u32, section: Section, order: Order) -> Result<(), Fault> {
        let body = self.body(order);
        match kind {
            pcapng::SECTION => {
                pcapng::check_section(body, order)?;
                self.form = Form::Pcapng(Section { order, before: self.interfaces.len() });
            }
            pcapng::INTERFACE if self.interfaces.len() >= pcapng::MOST_INTERFACES => {
                return Err(Fault::Interfaces(pcapng::MOST_INTERFACES));
            }
            pcapng::INTERFACE => {
                let interface = pcapng::interface(body, order)?;
                self.interfaces.push(interface);
            }
            _ => {
                let (number, received, dropped) = pcapng::statistics(body, order)?;
                let index = section.before.saturating_add(number as usize);
                if let Some(interface) = self.interfaces.get_mut(index) {
                    interface.received = received.or(interface.received);
                    interface.dropped = dropped.or(interface.dropped);
                }
            }
        }
        Ok(())
    }

    /// Reads over a block of which nothing is wanted. However long it is, it takes no memory.
    fn pass(&mut self, length: u32, order: Order) -> Result<(), FileError> {
        let (start, end) = (self.buffer.offset(), length - 4);
        let skipped = self.buffer.skip(end.into()).and_then(|all| Ok(all && self.buffer.fill(4)?));
        let got = self.buffer.offset() - start + self.buffer.data().len().min(4) as u64;
        match skipped {
            Err(error) => Err(FileError::new(start + got, Fault::Io(error))),
            Ok(false) => Err(FileError::new(
                start,
                Fault::Ends { what: "block", got, missing: u64::from(length) - got },
            )),
            Ok(true) => {
                let last = order.u32_at(self.buffer.take(4), 0);
                let fault = Fault::Lengths { first: length, last };
                if last == length { Ok(()) } else { Err(FileError::new(start, fault)) }
            }
        }
    }

    fn broken(&self, fault: Fault) -> FileError {
        FileError::new(self.buffer.offset(), fault)
    }
}

impl<R> Reader<R> {
    /// Where the packets were captured, as far as the file has told up to here: one entry for a file of pcap, those of
    /// all sections, one section after the other, for pcapng.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// How many packets were dropped on all interfaces, as far as the file has told up to here; none where it tells
    /// none. Statistics mostly stand at the end of a file.
    pub fn drops(&self) -> Option<u64> {
        let dropped = self.interfaces.iter().filter_map(|interface| interface.dropped);
        dropped.reduce(u64::saturating_add)
    }

    /// How many bytes of the file were taken: those of the packets up to here, and all around them.
    pub fn offset(&self) -> u64 {
        self.buffer.offset()
    }
}

impl<'a> Record<'a> {
    /// The comment that somebody has written on the packet. Whoever wrote the file chose it: no promise that it is
    /// UTF-8, or that a terminal may have it.
    pub fn comment(&self) -> Option<&'a [u8]> {
        pcapng::comment(self.options, self.order)
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("interfaces", &self.interfaces)
            .field("offset", &self.offset())
            .finish_non_exhaustive()
    }
}

/// Reads until the buffer has `wanted` bytes of `what` is next.
fn need<R: Read>(buffer: &mut Buffer<R>, what: &'static str, wanted: usize) -> Result<(), FileError> {
    let offset = buffer.offset();
    match buffer.fill(wanted) {
        Ok(true) => Ok(()),
        Ok(false) => {
            let got = buffer.data().len();
            let missing = (wanted - got) as u64;
            Err(FileError::new(offset, Fault::Ends { what, got: got as u64, missing }))
        }
        Err(error) => Err(FileError::new(offset, Fault::Io(error))),
    }
}

/// What a file may be that is no capture file.
fn unknown(magic: [u8; 4]) -> Fault {
    match magic {
        [0x1f, 0x8b, ..] => Fault::Compressed("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd] => Fault::Compressed("zstd"),
        [0xfd, b'7', b'z', b'X'] => Fault::Compressed("xz"),
        [0x04, 0x22, 0x4d, 0x18] => Fault::Compressed("lz4"),
        [b'B', b'Z', b'h', _] => Fault::Compressed("bzip2"),
        _ => Fault::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::Writer;

    /// Gives a byte at a time, so that no packet is ever at hand.
    struct Trickle<'a>(&'a [u8]);

    impl Read for Trickle<'_> {
        fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
            let most = room.len().min(1);
            self.0.read(&mut room[..most])
        }
    }

    /// All packets as text, and how it ends.
    fn told(input: impl Read) -> Vec<String> {
        let mut all = Vec::new();
        let mut reader = match Reader::new(input) {
            Ok(reader) => reader,
            Err(error) => return vec![error.to_string()],
        };
        loop {
            match reader.next() {
                Ok(Some(record)) => all.push(format!("{record:?} {:?}", record.comment())),
                Ok(None) => break,
                Err(error) => all.push(error.to_string()),
            }
        }
        all
    }

    #[test]
    fn a_packet_that_is_at_hand_is_the_one_that_is_read_with_care() {
        let mut writer = Writer::pcapng(Vec::new()).unwrap();
        let lo = writer.interface("lo", LinkType::ETHERNET, 0).unwrap();
        writer.packet(lo, Duration::new(7, 8), 90, b"a packet").unwrap();
        writer.packet_with_comment(lo, Duration::from_secs(9), 5, b"five.", "seen").unwrap();
        writer.packet(lo, Duration::from_secs(1 << 33), 0, b"").unwrap();
        let file = writer.into_inner().unwrap();
        assert_eq!(told(file.as_slice()).len(), 3);
        for (at, flip) in (0..file.len()).flat_map(|at| [1, 4, 0x80, 0xff].map(|flip| (at, flip))) {
            let mut spoiled = file.clone();
            spoiled[at] ^= flip;
            assert_eq!(told(spoiled.as_slice()), told(Trickle(&spoiled)), "byte {at}, flipped by {flip:#x}");
        }
        for end in 0..file.len() {
            assert_eq!(told(&file[..end]), told(Trickle(&file[..end])), "{end} bytes");
        }
    }
}
