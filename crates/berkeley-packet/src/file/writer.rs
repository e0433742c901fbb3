//! Packets written to a capture file.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use super::{most, pcapng};
use crate::link::LinkType;

/// Writes a capture file, pcapng or pcap, in the order of bytes of little-endian machines, with times to the
/// nanosecond.
///
/// Each packet is one write to `out`: a buffer around it saves system calls.
pub struct Writer<W> {
    out: W,
    form: Form,
    interfaces: Vec<LinkType>,
    /// The time of the last packet, in nanoseconds since 1970.
    last: u64,
    written: u64,
    block: Vec<u8>,
    has_options: bool,
}

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

impl<W: Write> Writer<W> {
    /// Begins a file of pcapng. Its interfaces are [told](Self::interface) before their packets.
    pub fn pcapng(out: W) -> io::Result<Self> {
        let mut writer = Self::begin(out, Form::Pcapng);
        writer.open(pcapng::SECTION);
        writer.block.extend(pcapng::BYTE_ORDER.to_le_bytes());
        writer.block.extend([1, 0, 0, 0]);
        // The length of the section: not known.
        writer.block.extend([0xff; 8]);
        writer.option(option::APPLICATION, concat!("berkeley ", env!("CARGO_PKG_VERSION")).as_bytes())?;
        writer.close()?;
        Ok(writer)
    }

    /// Begins a file of pcap, all of whose packets begin as `link` says and have at most `snap` bytes. It has one
    /// interface, number 0.
    pub fn pcap(out: W, link: LinkType, snap: u32) -> io::Result<Self> {
        let mut writer = Self::begin(out, Form::Pcap);
        writer.interfaces.push(link);
        writer.block.extend(0xa1b2_3c4d_u32.to_le_bytes());
        writer.block.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.block.extend(snap.to_le_bytes());
        writer.block.extend(u32::from(link.as_raw()).to_le_bytes());
        writer.send()?;
        Ok(writer)
    }

    fn begin(out: W, form: Form) -> Self {
        Self { out, form, interfaces: Vec::new(), last: 0, written: 0, block: Vec::new(), has_options: false }
    }

    /// Tells of an interface whose packets begin as `link` says, of which at most `snap` bytes are kept (0 for all).
    /// Gives its number.
    ///
    /// # Errors
    /// Fails where `out` does, and where `name` has more than 65535 bytes. A file of pcap has no room for names; its
    /// interface is number 0, and one with another link type is refused.
    pub fn interface(&mut self, name: &str, link: LinkType, snap: u32) -> io::Result<u32> {
        if self.form == Form::Pcap {
            return match self.interfaces.as_slice() {
                [only] if *only == link => Ok(0),
                _ => Err(invalid("a file of pcap has packets of one link type")),
            };
        }
        let number = u32::try_from(self.interfaces.len()).map_err(invalid)?;
        self.open(pcapng::INTERFACE);
        self.block.extend(link.as_raw().to_le_bytes());
        self.block.extend([0, 0]);
        self.block.extend(snap.to_le_bytes());
        if !name.is_empty() {
            self.option(option::INTERFACE_NAME, name.as_bytes())?;
        }
        self.option(option::TIME_RESOLUTION, &[9])?;
        self.close()?;
        self.interfaces.push(link);
        Ok(number)
    }

    /// Writes a packet of `length` bytes, of which `bytes` were kept, captured at `time` since 1970.
    ///
    /// # Errors
    /// Fails where `out` does, where there is no such interface, where the time has no room (pcap ends in 2106, pcapng
    /// in 2554), and where `bytes` are more than a [`Reader`](super::Reader) accepts.
    pub fn packet(&mut self, interface: u32, time: Duration, length: usize, bytes: &[u8]) -> io::Result<()> {
        self.write(interface, time, length, bytes, None)
    }

    /// The same with a comment on it, which a file of pcap has no room for and goes without.
    pub fn packet_with_comment(
        &mut self,
        interface: u32,
        time: Duration,
        length: usize,
        bytes: &[u8],
        comment: &str,
    ) -> io::Result<()> {
        self.write(interface, time, length, bytes, Some(comment))
    }

    fn write(
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
        self.block.clear();
        if self.form == Form::Pcap {
            let seconds = u32::try_from(time.as_secs()).map_err(invalid)?;
            let header = [seconds, time.subsec_nanos(), captured, length].map(u32::to_le_bytes);
            self.block.extend_from_slice(header.as_flattened());
            self.block.extend_from_slice(bytes);
            return self.send();
        }
        let nanoseconds = nanoseconds(time)?;
        let [high, low] = [nanoseconds >> 32, nanoseconds & u64::from(u32::MAX)];
        let [high, low] = [high, low].map(|half| u32::try_from(half).unwrap_or(u32::MAX));
        // At once: there is one for each packet of a flood. The length is known at its end.
        let head = [pcapng::PACKET, 0, interface, high, low, captured, length].map(u32::to_le_bytes);
        self.block.extend_from_slice(head.as_flattened());
        self.block.extend_from_slice(bytes);
        let padding = bytes.len().next_multiple_of(4) - bytes.len();
        self.block.extend_from_slice(&[0; 3][..padding]);
        if let Some(comment) = comment {
            self.option(option::COMMENT, comment.as_bytes())?;
        }
        self.last = nanoseconds;
        self.close()
    }

    /// Writes how many packets an interface has received, and how many of these were dropped, up to the last packet
    /// written. A file of pcap has no room for it, and goes without.
    pub fn drops(&mut self, interface: u32, received: u64, dropped: u64) -> io::Result<()> {
        if self.form == Form::Pcap {
            return Ok(());
        }
        self.open(pcapng::STATISTICS);
        self.block.extend(interface.to_le_bytes());
        self.time(self.last);
        self.option(option::RECEIVED, &received.to_le_bytes())?;
        self.option(option::DROPPED, &dropped.to_le_bytes())?;
        self.close()
    }

    /// Flushes `out`.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Flushes `out`, and gives it back.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    /// Begins a block.
    fn open(&mut self, kind: u32) {
        self.block.clear();
        self.has_options = false;
        self.block.extend(kind.to_le_bytes());
        // The length, which is known at its end.
        self.block.extend([0; 4]);
    }

    fn option(&mut self, code: u16, value: &[u8]) -> io::Result<()> {
        let length = u16::try_from(value.len()).map_err(invalid)?;
        self.block.extend(code.to_le_bytes());
        self.block.extend(length.to_le_bytes());
        self.block.extend(value);
        self.pad();
        self.has_options = true;
        Ok(())
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn time(&mut self, nanoseconds: u64) {
        // The higher half comes first.
        self.block.extend(nanoseconds.rotate_left(32).to_le_bytes());
    }

    /// Ends a block, and writes it.
    fn close(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.has_options) {
            // What ends them.
            self.block.extend([0; 4]);
        }
        let length = u32::try_from(self.block.len() + 4).map_err(invalid)?.to_le_bytes();
        self.block[4..8].copy_from_slice(&length);
        self.block.extend_from_slice(&length);
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        self.out.write_all(&self.block)?;
        self.written += self.block.len() as u64;
        self.block.clear();
        Ok(())
    }
}

impl<W> Writer<W> {
    /// How many bytes were written up to here.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What is written to.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// What is written to, such as a vector from which whole blocks are taken.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("interfaces", &self.interfaces)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

fn nanoseconds(time: Duration) -> io::Result<u64> {
    let seconds = time.as_secs().checked_mul(1_000_000_000);
    let all = seconds.and_then(|seconds| seconds.checked_add(time.subsec_nanos().into()));
    all.ok_or_else(|| invalid("the time is too late"))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}
