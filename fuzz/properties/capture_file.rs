//! What must hold for any bytes given to the reader of capture files. The fuzz targets, the replay of their corpora and
//! the property tests share it.

use std::io::{self, Read};
use std::time::Duration;

use berkeley_packet::LinkType;
use berkeley_packet::file::{FileError, Reader, Writer};

/// What a file came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Its whole packets.
    pub(crate) packets: Vec<Packet>,
    /// What is wrong behind them.
    pub(crate) error: Option<String>,
}

/// A packet that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) link: LinkType,
    pub(crate) time: Option<Duration>,
    pub(crate) length: usize,
    pub(crate) bytes: Vec<u8>,
    pub(crate) interface: u32,
    pub(crate) comment: Option<Vec<u8>>,
}

/// Reads the file: it must come to the same however it is cut into pieces, end after one error, claim nothing that is
/// not there, and be read again as it is written again. Gives what it came to.
///
/// # Panics
/// When one of these does not hold.
pub(crate) fn check(bytes: &[u8]) -> Outcome {
    let outcome = read(bytes, bytes.len().max(1));
    assert_eq!(read(bytes, 1), outcome, "read byte by byte");
    let kept: usize = outcome.packets.iter().map(|packet| packet.bytes.len()).sum();
    assert!(kept <= bytes.len(), "{kept} bytes in packets of a file of {}", bytes.len());
    if let Some(error) = &outcome.error {
        assert!(error.starts_with("capture file at byte ") && error.len() < 200, "{error:?}");
        assert!(!error.contains(char::is_control), "{error:?}");
    }
    is_written_again(&outcome.packets);
    outcome
}

fn read(bytes: &[u8], piece: usize) -> Outcome {
    let mut packets = Vec::new();
    let mut reader = match Reader::new(Pieces { bytes, piece }) {
        Ok(reader) => reader,
        Err(error) => return Outcome { packets, error: Some(text(&error, bytes)) },
    };
    let error = loop {
        match reader.next() {
            Ok(None) => break None,
            Err(error) => break Some(text(&error, bytes)),
            Ok(Some(record)) => {
                assert!(record.length >= record.bytes.len(), "{record:?}");
                packets.push(Packet {
                    link: record.link,
                    time: record.time,
                    length: record.length,
                    bytes: record.bytes.to_vec(),
                    interface: record.interface,
                    comment: record.comment().map(<[u8]>::to_vec),
                });
            }
        }
    };
    assert!(matches!(reader.next(), Ok(None)), "something behind the end");
    assert!(reader.offset() <= bytes.len() as u64);
    let count = reader.interfaces().len();
    assert!(packets.iter().all(|packet| (packet.interface as usize) < count));
    assert!(reader.interfaces().iter().all(|interface| interface.name.len() < 1_000));
    Outcome { packets, error }
}

fn text(error: &FileError, bytes: &[u8]) -> String {
    assert!(error.offset <= bytes.len() as u64, "{error} of {} bytes", bytes.len());
    error.to_string()
}

fn is_written_again(packets: &[Packet]) {
    let mut writer = Writer::pcapng(Vec::new()).expect("memory has room");
    let mut wanted = Vec::new();
    for packet in packets {
        let number = writer.interface("again", packet.link, 0).expect("memory has room");
        let time = packet.time.unwrap_or_default();
        if writer.packet(number, time, packet.length, &packet.bytes).is_ok() {
            wanted.push(Packet { time: Some(time), interface: number, comment: None, ..packet.clone() });
        }
    }
    let file = writer.into_inner().expect("memory has room");
    let again = read(&file, file.len());
    assert_eq!(again, Outcome { packets: wanted, error: None });
}

/// A reader that gives no more than `piece` bytes at once.
struct Pieces<'a> {
    bytes: &'a [u8],
    piece: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.piece).min(self.bytes.len());
        let (given, rest) = self.bytes.split_at(length);
        buffer[..length].copy_from_slice(given);
        self.bytes = rest;
        Ok(length)
    }
}
