//! Packets written to a capture file.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use super::encoder::Encoder;
use crate::link::LinkType;

/// Writes a capture file, pcapng or pcap, in the order of bytes of little-endian machines, with times to the
/// nanosecond.
///
/// Each packet is one write to `out`: a buffer around it saves system calls, and so does an [`Encoder`].
pub struct Writer<W> {
    out: W,
    encoder: Encoder,
    written: u64,
}

impl<W: Write> Writer<W> {
    /// Begins a file of pcapng. Its interfaces are [told](Self::interface) before their packets.
    pub fn pcapng(out: W) -> io::Result<Self> {
        Self::begin(out, Encoder::pcapng())
    }

    /// Begins a file of pcap, all of whose packets begin as `link` says and have at most `snap` bytes. It has one
    /// interface, number 0.
    pub fn pcap(out: W, link: LinkType, snap: u32) -> io::Result<Self> {
        Self::begin(out, Encoder::pcap(link, snap))
    }

    fn begin(out: W, encoder: Encoder) -> io::Result<Self> {
        let mut writer = Self { out, encoder, written: 0 };
        writer.send()?;
        Ok(writer)
    }

    /// Tells of an interface whose packets begin as `link` says, of which at most `snap` bytes are kept (0 for all).
    /// Gives its number.
    ///
    /// # Errors
    /// Fails where `out` does, and as [`Encoder::interface`] does.
    pub fn interface(&mut self, name: &str, link: LinkType, snap: u32) -> io::Result<u32> {
        let number = self.encoder.interface(name, link, snap)?;
        self.send()?;
        Ok(number)
    }

    /// Writes a packet of `length` bytes, of which `bytes` were kept, captured at `time` since 1970.
    ///
    /// # Errors
    /// Fails where `out` does, and as [`Encoder::packet`] does.
    pub fn packet(&mut self, interface: u32, time: Duration, length: usize, bytes: &[u8]) -> io::Result<()> {
        self.encoder.packet(interface, time, length, bytes)?;
        self.send()
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
        self.encoder.packet_with_comment(interface, time, length, bytes, comment)?;
        self.send()
    }

    /// Writes how many packets an interface has received, and how many of these were dropped, up to the last packet
    /// written. A file of pcap has no room for it, and goes without.
    pub fn drops(&mut self, interface: u32, received: u64, dropped: u64) -> io::Result<()> {
        self.encoder.drops(interface, received, dropped);
        self.send()
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

    fn send(&mut self) -> io::Result<()> {
        let sent = self.out.write_all(self.encoder.buffer());
        self.written += sent.as_ref().map_or(0, |()| self.encoder.buffer().len() as u64);
        self.encoder.buffer_mut().clear();
        sent
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

    /// What is written to.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

impl<W> fmt::Debug for Writer<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("encoder", &self.encoder)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}
