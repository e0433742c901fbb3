//! Packets for people and programs: a line, boxes, JSON, a hex dump.
//!
//! All four are made from the tables of the protocols, so a new protocol needs nothing here. Whatever a peer has put
//! into a packet is escaped: a terminal may have it.
//!
//! ```
//! use berkeley_packet::{LinkType, Packet, show};
//!
//! let bytes = b"\x45\0\0\x1e\0\0\0\0\x40\x11\x7c\xcc\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0hi";
//! let packet = Packet::decode(LinkType::RAW, bytes);
//! let mut line = String::new();
//! show::line(&packet, &mut line)?;
//! assert_eq!(line, "127.0.0.1:12345 > 127.0.0.2:9999 udp length 2");
//! # Ok::<(), std::fmt::Error>(())
//! ```

mod boxes;
mod hex;
mod json;
mod line;
mod value;

pub use boxes::boxes;
pub use hex::hex;
pub use json::{json, json_assembled};
pub use line::{Columns, columns, columns_from, line, line_from};
pub use value::value;
