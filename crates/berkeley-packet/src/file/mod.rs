//! Capture files: pcap and pcapng, read and written.
//!
//! A [`Reader`] takes both formats, in either order of bytes, and tells them apart by their first bytes. A [`Writer`]
//! writes both, with times to the nanosecond; an [`Encoder`] gathers their bytes in memory.
//!
//! ```
//! use std::time::Duration;
//!
//! use berkeley_packet::LinkType;
//! use berkeley_packet::file::{Reader, Writer};
//!
//! let mut writer = Writer::pcapng(Vec::new())?;
//! let lo = writer.interface("lo", LinkType::ETHERNET, 65_535)?;
//! writer.packet(lo, Duration::from_secs(1_700_000_000), 60, b"the first bytes of it")?;
//! let file = writer.into_inner()?;
//!
//! let mut reader = Reader::new(file.as_slice())?;
//! let mut packets = 0;
//! while let Some(record) = reader.next()? {
//!     assert_eq!((record.length, record.bytes.len()), (60, 21));
//!     packets += 1;
//! }
//! assert_eq!((packets, reader.interfaces()[0].name.as_str()), (1, "lo"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A reader believes no length that a file claims: it takes memory only for bytes that are there, and never more than
//! for the longest record that it accepts. A file that is cut or broken gives its whole packets, and then one
//! [`FileError`], which says what is wrong and at which byte.

mod buffer;
mod bytes;
mod encoder;
mod error;
mod interface;
mod pcap;
mod pcapng;
mod reader;
mod writer;

pub use encoder::Encoder;
pub use error::{Fault, FileError};
pub use interface::Interface;
pub use reader::{Reader, Record};
pub use writer::Writer;

use crate::link::LinkType;

/// The most bytes of a packet that a file may hold, as in libpcap and Wireshark.
const MOST: usize = 262_144;

/// The same for what is no network: messages of USB and D-Bus.
const MOST_OF_BUS: usize = 16 * 1024 * 1024;

/// The most bytes of a packet of that link type.
fn most(link: LinkType) -> usize {
    match link.as_raw() {
        189 | 220 | 231 | 249 | 279 => MOST_OF_BUS,
        _ => MOST,
    }
}
