//! The blocks of a capture file, gathered in memory.

use std::fmt;
use std::io;
use std::time::Duration;

use super::{most, pcapng};
use crate::link::LinkType;

/// The bytes of a capture file, pcapng or pcap, in the order of bytes of little-endian machines, with times to the
/// nanosecond. They gather in a buffer, from which the caller takes them.
///
/// A [`Writer`](super::Writer) writes each packet at once. Here many packets become one write, and none is copied
/// twice.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use berkeley_packet::LinkType;
/// use berkeley_packet::file::{Encoder, Reader};
///
/// let mut encoder = Encoder::pcapng();
/// let lo = encoder.interface("lo", LinkType::ETHERNET, 65_535)?;
/// for second in 1..=3 {
///     encoder.packet(lo, Duration::from_secs(second), 60, b"the first bytes of it")?;
/// }
/// let file = std::mem::take(encoder.buffer_mut());
///
/// let mut reader = Reader::new(file.as_slice())?;
/// assert_eq!(reader.next()?.map(|record| record.time), Some(Some(Duration::from_secs(1))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Encoder {
    form: Form,
    interfaces: Vec<LinkType>,
    /// The time of the last packet, in nanoseconds since 1970.
    last: u64,
    buffer: Vec<u8>,
    /// Where the block begins that is open.
    start: usize,
    has_options: bool,
}

/// How many bytes of a packet's block stand before the packet.
const PACKET_HEAD: usize = 28;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Pcap,
    Pcapng,
}

/// The options of blocks that are written.
mod option {
    pub(super) const COMMENT: u16 = 1;
    pub(super) const INTERFACE_NAME: u16 = 2;
    pub(super) const TIME_RESOLUTION: u16 = 9;
    pub(super) const APPLICATION: u16 = 4;
    pub(super) const RECEIVED: u16 = 4;
    pub(super) const DROPPED: u16 = 5;
}

impl Encoder {
    /// Begins a file of pcapng. Its interfaces are [told](Self::interface) before their packets.
    pub fn pcapng() -> Self {
        let mut file = Self::begin(Form::Pcapng);
        file.open(pcapng::SECTION);
        file.buffer.extend(pcapng::BYTE_ORDER.to_le_bytes());
        file.buffer.extend([1, 0, 0, 0]);
        // The length of the section: not known.
        file.buffer.extend([0xff; 8]);
        file.option(option::APPLICATION, concat!("berkeley ", env!("CARGO_PKG_VERSION")).as_bytes());
        file.close();
        file
    }

    /// Begins a file of pcap, all of whose packets begin as `link` says and have at most `snap` bytes. It has one
    /// interface, number 0.
    pub fn pcap(link: LinkType, snap: u32) -> Self {
        let mut file = Self::begin(Form::Pcap);
        file.interfaces.push(link);
        file.buffer.extend(0xa1b2_3c4d_u32.to_le_bytes());
        file.buffer.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        file.buffer.extend(snap.to_le_bytes());
        file.buffer.extend(u32::from(link.as_raw()).to_le_bytes());
        file
    }

    fn begin(form: Form) -> Self {
        Self { form, interfaces: Vec::new(), last: 0, buffer: Vec::new(), start: 0, has_options: false }
    }

    /// Tells of an interface whose packets begin as `link` says, of which at most `snap` bytes are kept (0 for all).
    /// Gives its number.
    ///
    /// # Errors
    /// Fails where `name` has more than 65535 bytes. A file of pcap has no room for names; its interface is number 0,
    /// and one with another link type is refused.
    pub fn interface(&mut self, name: &str, link: LinkType, snap: u32) -> io::Result<u32> {
        if self.form == Form::Pcap {
            return match self.interfaces.as_slice() {
                [only] if *only == link => Ok(0),
                _ => Err(invalid("a file of pcap has packets of one link type")),
            };
        }
        let number = u32::try_from(self.interfaces.len()).map_err(invalid)?;
        fits_an_option(name)?;
        self.open(pcapng::INTERFACE);
        self.buffer.extend(link.as_raw().to_le_bytes());
        self.buffer.extend([0, 0]);
        self.buffer.extend(snap.to_le_bytes());
        if !name.is_empty() {
            self.option(option::INTERFACE_NAME, name.as_bytes());
        }
        self.option(option::TIME_RESOLUTION, &[9]);
        self.close();
        self.interfaces.push(link);
        Ok(number)
    }

    /// Adds a packet of `length` bytes, of which `bytes` were kept, captured at `time` since 1970.
    ///
    /// # Errors
    /// Fails where there is no such interface, where the time has no room (pcap ends in 2106, pcapng in 2554), and
    /// where `bytes` are more than a [`Reader`](super::Reader) accepts. Nothing is added then.
    pub fn packet(&mut self, interface: u32, time: Duration, length: usize, bytes: &[u8]) -> io::Result<()> {
        self.add(interface, time, length, bytes, None)
    }

    /// The same with a comment on it, of 65535 bytes at most, which a file of pcap has no room for and goes without.
    pub fn packet_with_comment(
        &mut self,
        interface: u32,
        time: Duration,
        length: usize,
        bytes: &[u8],
        comment: &str,
    ) -> io::Result<()> {
        self.add(interface, time, length, bytes, Some(comment))
    }

    fn add(
        &mut self,
        interface: u32,
        time: Duration,
        length: usize,
        bytes: &[u8],
        comment: Option<&str>,
    ) -> io::Result<()> {
        let link = self.interfaces.get(interface as usize).ok_or_else(|| invalid("no such interface"))?;
        if bytes.len() > most(*link) {
            return Err(invalid("the packet is too long"));
        }
        let captured = u32::try_from(bytes.len()).map_err(invalid)?;
        let length = u32::try_from(length).map_err(invalid)?.max(captured);
        if self.form == Form::Pcap {
            let seconds = u32::try_from(time.as_secs()).map_err(invalid)?;
            let header = [seconds, time.subsec_nanos(), captured, length].map(u32::to_le_bytes);
            self.buffer.extend_from_slice(header.as_flattened());
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        comment.map_or(Ok(()), fits_an_option)?;
        let nanoseconds = nanoseconds(time)?;
        let [high, low] = [nanoseconds >> 32, nanoseconds & u64::from(u32::MAX)];
        let [high, low] = [high, low].map(|half| u32::try_from(half).unwrap_or(u32::MAX));
        self.start = self.buffer.len();
        // At once: there is one for each packet of a flood.
        let padding = bytes.len().next_multiple_of(4) - bytes.len();
        let block = u32::try_from(PACKET_HEAD + bytes.len() + padding + 4).map_err(invalid)?;
        let head = [pcapng::PACKET, block, interface, high, low, captured, length].map(u32::to_le_bytes);
        self.buffer.extend_from_slice(head.as_flattened());
        self.buffer.extend_from_slice(bytes);
        self.last = nanoseconds;
        let [a, b, c, d] = block.to_le_bytes();
        let end = [0, 0, 0, a, b, c, d];
        let Some(comment) = comment else {
            self.buffer.extend_from_slice(&end[3 - padding..]);
            return Ok(());
        };
        self.buffer.extend_from_slice(&end[..padding]);
        self.option(option::COMMENT, comment.as_bytes());
        self.close();
        Ok(())
    }

    /// Adds how many packets an interface has received, and how many of these were dropped, up to the last packet. A
    /// file of pcap has no room for it, and goes without.
    pub fn drops(&mut self, interface: u32, received: u64, dropped: u64) {
        if self.form == Form::Pcap {
            return;
        }
        self.open(pcapng::STATISTICS);
        self.buffer.extend(interface.to_le_bytes());
        // The higher half comes first.
        self.buffer.extend(self.last.rotate_left(32).to_le_bytes());
        self.option(option::RECEIVED, &received.to_le_bytes());
        self.option(option::DROPPED, &dropped.to_le_bytes());
        self.close();
    }

    /// The bytes that were not taken yet.
    pub fn buffer(&self) -> &[u8] {
        &self.buffer
    }

    /// The same, to be taken: as many from the front as the file has got. More are added at the end.
    pub fn buffer_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Begins a block.
    fn open(&mut self, kind: u32) {
        self.start = self.buffer.len();
        self.buffer.extend(kind.to_le_bytes());
        // The length, which is known at its end.
        self.buffer.extend([0; 4]);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        let value = &value[..length.into()];
        self.buffer.extend(code.to_le_bytes());
        self.buffer.extend(length.to_le_bytes());
        self.buffer.extend(value);
        let padding = value.len().next_multiple_of(4) - value.len();
        self.buffer.extend(&[0; 3][..padding]);
        self.has_options = true;
    }

    /// Ends a block.
    fn close(&mut self) {
        if std::mem::take(&mut self.has_options) {
            // What ends them.
            self.buffer.extend([0; 4]);
        }
        // A packet and an option are far shorter than 4 GiB.
        let length = u32::try_from(self.buffer.len() + 4 - self.start).unwrap_or(u32::MAX).to_le_bytes();
        self.buffer[self.start + 4..][..4].copy_from_slice(&length);
        self.buffer.extend_from_slice(&length);
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("interfaces", &self.interfaces)
            .field("waiting", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

fn fits_an_option(text: &str) -> io::Result<()> {
    u16::try_from(text.len()).map(drop).map_err(invalid)
}

fn nanoseconds(time: Duration) -> io::Result<u64> {
    let seconds = time.as_secs().checked_mul(1_000_000_000);
    let all = seconds.and_then(|seconds| seconds.checked_add(time.subsec_nanos().into()));
    all.ok_or_else(|| invalid("the time is too late"))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
