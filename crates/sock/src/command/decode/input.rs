//! Where packets come from: a capture file, a hex dump, an argument.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::Duration;

use berkeley_packet::file::{Fault, FileError, Reader};
use berkeley_packet::stream::Fragments;
use berkeley_packet::{LinkType, Packet};

use super::Entry;
use super::hex;
use crate::exit::{Exit, Failure};
use crate::report::escape::escape;
use crate::report::patience;

/// The most bytes of a hex dump that are read.
const MOST_TEXT: u64 = 256 << 20;

/// How many bytes of a name an error repeats.
const SHOWN: usize = 80;

/// The packets of an input.
pub(super) struct Input {
    /// What errors call it.
    name: String,
    source: Source,
    /// What packets begin with, whatever the input says.
    link: Option<LinkType>,
}

enum Source {
    Capture(Box<Reader<Box<dyn Read + Send>>>),
    Hex(Vec<Vec<u8>>),
}

/// What is given, before any packet is read.
pub(super) struct Opened {
    /// What errors call it.
    pub(super) name: String,
    pub(super) content: Content,
    /// The file, where packets can be read from it again.
    pub(super) file: Option<File>,
}

/// What it holds.
pub(super) enum Content {
    /// The bytes of a capture file.
    Capture(Box<dyn Read + Send>),
    /// Packets.
    Hex(Vec<Vec<u8>>),
}

impl Opened {
    /// Opens a file, standard input (`-`), or takes the packet that `text` itself is.
    pub(super) fn open(text: &str) -> Result<Self, Failure> {
        if text == "-" {
            return Self::read("standard input".to_owned(), Box::new(Patient(io::stdin())), None);
        }
        let name = escape(text.as_bytes(), SHOWN).to_string();
        match File::open(Path::new(text)) {
            Ok(file) => {
                let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
                let again = if is_file { file.try_clone().ok() } else { None };
                Self::read(name, Box::new(Patient(file)), again)
            }
            Err(error) => match hex::packet(text) {
                Some(bytes) => Ok(Self { name, content: Content::Hex(vec![bytes]), file: None }),
                None => Err(not_opened(&name, &error)),
            },
        }
    }

    fn read(name: String, mut input: Box<dyn Read + Send>, file: Option<File>) -> Result<Self, Failure> {
        let mut head = Vec::new();
        let read = (&mut input).take(64).read_to_end(&mut head);
        read.map_err(|error| Failure::io(format_args!("read {name}"), &error))?;
        let is_text =
            !head.is_empty() && head.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'));
        let mut whole = Cursor::new(head).chain(input);
        if !is_text {
            return Ok(Self { name, content: Content::Capture(Box::new(whole)), file });
        }
        let mut text = Vec::new();
        let read = (&mut whole).take(MOST_TEXT).read_to_end(&mut text);
        read.map_err(|error| Failure::io(format_args!("read {name}"), &error))?;
        let packets = hex::dump(&text).map_err(|error| {
            Failure::new(Exit::Other, format_args!("{name}: {error}"))
                .hint("it takes captures of pcap and pcapng, and dumps of xxd, hexdump -C and tcpdump -x")
        })?;
        Ok(Self { name, content: Content::Hex(packets), file: None })
    }
}

impl Input {
    /// Opens a file, standard input (`-`), or takes the packet that `text` itself is.
    pub(super) fn open(text: &str, link: Option<LinkType>) -> Result<Self, Failure> {
        let Opened { name, content, .. } = Opened::open(text)?;
        let source = match content {
            Content::Hex(packets) => Source::Hex(packets),
            Content::Capture(input) => {
                Source::Capture(Box::new(Reader::new(input).map_err(|error| fault(&name, &error))?))
            }
        };
        Ok(Self { name, source, link })
    }

    /// Gives each packet to `take`, until that wants no more, or the input ends or is broken.
    pub(super) fn each(
        &mut self,
        take: &mut dyn FnMut(&Entry<'_>) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        match &mut self.source {
            Source::Capture(reader) => captured(&self.name, reader, self.link, take),
            Source::Hex(packets) => dumped(packets, self.link, take),
        }
    }
}

fn captured(
    name: &str,
    reader: &mut Reader<Box<dyn Read + Send>>,
    link: Option<LinkType>,
    take: &mut dyn FnMut(&Entry<'_>) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut number = 0;
    let mut fragments = Fragments::new();
    loop {
        let Some(record) = reader.next().map_err(|error| fault(name, &error))? else { return Ok(()) };
        number += 1;
        let link = link.unwrap_or(record.link);
        let packet = Packet::decode_cut(link, record.bytes, record.length);
        // What cannot be put together is shown as it came.
        let whole = fragments.add(&packet, record.time.unwrap_or_default()).ok().flatten();
        let entry = Entry {
            number,
            link,
            time: record.time,
            interface: Some(record.interface_name).filter(|name| !name.is_empty()),
            packet,
            assembled: whole.as_ref(),
        };
        if !take(&entry)? {
            return Ok(());
        }
    }
}

fn dumped(
    packets: &[Vec<u8>],
    link: Option<LinkType>,
    take: &mut dyn FnMut(&Entry<'_>) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let mut fragments = Fragments::new();
    for (bytes, number) in packets.iter().zip(1..) {
        let link = link.unwrap_or_else(|| guess(bytes));
        let packet = Packet::decode(link, bytes);
        let whole = fragments.add(&packet, Duration::ZERO).ok().flatten();
        let assembled = whole.as_ref();
        if !take(&Entry { number, link, time: None, interface: None, packet, assembled })? {
            break;
        }
    }
    Ok(())
}

/// What a packet begins with, of which nothing is told: IP, where its version and length say so, else Ethernet.
pub(super) fn guess(bytes: &[u8]) -> LinkType {
    let number =
        |at: usize| bytes.get(at..at + 2).map_or(0, |two| usize::from(two[0]) << 8 | usize::from(two[1]));
    let first = bytes.first().copied().unwrap_or(0);
    let is_ethernet = [0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x8847].contains(&number(12));
    match first >> 4 {
        4 if first & 15 >= 5 && (number(2) == bytes.len() || !is_ethernet) => LinkType::RAW,
        6 if number(4) + 40 == bytes.len() || !is_ethernet => LinkType::RAW,
        _ => LinkType::ETHERNET,
    }
}

/// A capture that is cut was not read to its end; one that is broken, or is none, is another failure.
pub(super) fn fault(name: &str, error: &FileError) -> Failure {
    match &error.fault {
        Fault::Io(error) => Failure::io(format_args!("read {name}"), error),
        Fault::Ends { .. } => Failure::new(Exit::Reset, format_args!("{name}: {error}")),
        _ => Failure::new(Exit::Other, format_args!("{name}: {error}")),
    }
}

fn not_opened(name: &str, error: &io::Error) -> Failure {
    let failure = Failure::io(format_args!("open {name}"), error);
    match error.kind() {
        io::ErrorKind::NotFound => {
            failure.hint("a packet itself is written in hex, as in sock decode 4500001c...")
        }
        _ => failure,
    }
}

/// Reads that wait, also where another program has left the descriptor in non-blocking mode.
struct Patient<T>(T);

impl<T: Read + AsFd> Read for Patient<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        patience::read(&mut self.0, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_packet_begins_with_is_guessed() {
        let rows: [(&[u8], LinkType); 5] = [
            (b"\x45\0\0\x14\0\0\0\0\x40\x11\0\0\x08\0\0\x01\x7f\0\0\x01", LinkType::RAW),
            (b"\x60\0\0\0\0\0\x3b\x40", LinkType::RAW),
            (b"\x45\0\0\0\0\x01\x02\0\0\0\0\x02\x08\0\x45\0", LinkType::ETHERNET),
            (b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06\0", LinkType::ETHERNET),
            (b"", LinkType::ETHERNET),
        ];
        for (bytes, want) in rows {
            assert_eq!(guess(bytes), want, "{bytes:?}");
        }
    }
}
