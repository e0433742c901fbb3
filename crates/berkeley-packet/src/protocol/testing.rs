//! What the tests of all protocols need.

use std::fmt::Write;

use crate::layer::Protocol;
use crate::layer::packet::Packet;
use crate::layer::walk::{Item, Visit};
use crate::problem::Problem;

/// All that a visitor is told.
#[derive(Default)]
struct Told {
    fields: Vec<String>,
    problem: Option<Problem>,
    depth: usize,
}

impl<'a> Visit<'a> for Told {
    fn field(&mut self, item: Item<'a>) -> bool {
        self.fields.push(format!("{}={}", item.field.name, item.value));
        true
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        self.depth += 1;
        self.field(part)
    }

    fn close(&mut self) {
        self.depth -= 1;
    }

    fn problem(&mut self, problem: Problem) {
        self.problem = Some(problem);
    }
}

/// The bytes that hexadecimal digits stand for, with spaces between.
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Each field and part of each layer of `protocol`'s name, as `name=value`, and where it breaks.
pub(crate) fn told(packet: &Packet<'_>, protocol: &str) -> (Vec<String>, Option<Problem>) {
    let mut told = Told::default();
    for layer in packet.layers().filter(|layer| layer.protocol().name == protocol) {
        layer.visit(&mut told);
        assert_eq!(told.depth, 0, "a part is not closed");
    }
    (told.fields, told.problem.or(packet.problem().copied()))
}

/// Holds that `bytes`, taken for `protocol`, have these fields among theirs, in this order, and no problem.
pub(crate) fn holds(protocol: &'static Protocol, bytes: &[u8], wanted: &[&str]) {
    let packet = Packet::decode_as(protocol, bytes, bytes.len());
    let (fields, problem) = told(&packet, protocol.name);
    assert_eq!(problem, None, "{fields:#?}");
    let mut left = fields.iter();
    for want in wanted {
        assert!(left.any(|field| field == want), "{want} is not there, or not in its place: {fields:#?}");
    }
    for name in wanted.iter().filter_map(|want| want.split_once('=')).map(|(name, _)| name) {
        assert!(packet.field(name).is_some(), "{name} is in no list of {}", protocol.name);
    }
}

/// Holds that `bytes`, taken for `protocol`, break at the field `name`.
pub(crate) fn breaks(protocol: &'static Protocol, bytes: &[u8], name: &str) {
    let packet = Packet::decode_as(protocol, bytes, bytes.len());
    let (fields, problem) = told(&packet, protocol.name);
    assert_eq!(problem.map(|problem| problem.field), Some(name), "{fields:#?}");
}

/// Holds that each beginning of `bytes` can be read, as a packet that ends there, and as one that was cut there; that
/// no field differs for it, but for those that `may_change`; and that nothing panics when any byte is another.
pub(crate) fn survives(protocol: &'static Protocol, bytes: &[u8], may_change: &[&str]) {
    let (whole, _) = told(&Packet::decode_as(protocol, bytes, bytes.len()), protocol.name);
    for end in 0..bytes.len() {
        for length in [end, bytes.len()] {
            let packet = Packet::decode_as(protocol, &bytes[..end], length);
            let (fields, _) = told(&packet, protocol.name);
            let kept = |field: &&String| !may_change.iter().any(|name| field.starts_with(name));
            for field in fields.iter().filter(kept) {
                assert!(whole.contains(field), "{field} at {end} of {} bytes", bytes.len());
            }
            line(&packet);
        }
    }
    for at in 0..bytes.len() {
        for other in [0, 1, 0x3f, 0x7f, 0xc0, 0xff, bytes[at].wrapping_add(1), bytes[at].wrapping_sub(1)] {
            let mut changed = bytes.to_vec();
            changed[at] = other;
            let packet = Packet::decode_as(protocol, &changed, changed.len());
            told(&packet, protocol.name);
            line(&packet);
        }
    }
}

/// What the lines of the packet's layers say, with a slash between.
pub(crate) fn line(packet: &Packet<'_>) -> String {
    let mut line = String::new();
    for layer in packet.layers() {
        if !line.is_empty() {
            line.push_str(" / ");
        }
        write!(line, "{} ", layer.protocol().name).unwrap();
        (layer.protocol().line)(layer, &mut line).unwrap();
    }
    line
}
