//! Network packets: bytes in, layers and fields out.
//!
//! This crate opens no socket and knows no command. It reads the bytes of a packet, as a capture gives them, into
//! [layers](Layer), and the layers into [fields](Field), each with its name, its value and its place in the bytes. The
//! names are those of Wireshark and tshark.
//!
//! ```
//! use berkeley_packet::{LinkType, Packet};
//!
//! // An IPv4 header and a UDP header, with two bytes of payload.
//! let bytes = b"\x45\0\0\x1e\0\0\0\0\x40\x11\0\0\x7f\0\0\x01\x7f\0\0\x02\x30\x39\0\x35\0\x0a\0\0hi";
//! let packet = Packet::decode(LinkType::RAW, bytes);
//! let names: Vec<_> = packet.layers().map(|layer| layer.protocol().name).collect();
//! assert_eq!(names[..2], ["ip", "udp"]);
//! assert_eq!(packet.field("ip.dst").unwrap().to_string(), "127.0.0.2");
//! assert_eq!(packet.field("udp.srcport").unwrap().to_string(), "12345");
//! ```
//!
//! Decoding allocates nothing, and takes no longer than its input is long. It believes no length that a packet claims,
//! and never panics: a packet that breaks is [reported](Problem) at the field where it breaks, and what stands before
//! that field is still there.

#![cfg_attr(not(test), forbid(unsafe_code))]
// What a test makes is small.
#![cfg_attr(
    test,
    allow(clippy::format_push_string, clippy::cast_possible_truncation, clippy::large_stack_arrays)
)]
#![allow(clippy::wildcard_imports, reason = "a protocol's walk names its whole table of fields")]

mod bits;
pub mod craft;
mod digits;
mod fault;
pub mod file;
pub mod filter;
mod layer;
#[cfg(test)]
#[path = "../../berkeley/tests/it/limit.rs"]
mod limit;
mod link;
mod name;
mod problem;
pub mod protocol;
pub mod show;
pub mod stream;

pub use fault::ParseError;
pub use layer::checksum::Check;
pub use layer::field::{Field, Kind, Place};
pub use layer::packet::{Layer, Layers, Packet};
pub use layer::protocol::Protocol;
pub use layer::value::Value;
pub use layer::walk::{Item, Visit};
pub use link::{LinkType, NoLinkType};
pub use name::Name;
pub use problem::{Problem, Trouble};
pub use protocol::InitialNumbers;

/// The README's examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
