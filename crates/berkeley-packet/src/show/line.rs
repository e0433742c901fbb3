//! A packet in one line, as tcpdump has them.

use std::fmt;

use super::digits::endpoint;
use crate::layer::checksum::{self, Check};
use crate::layer::packet::{Layer, Packet};

/// Writes `packet` in one line, without a newline, a number or a time.
///
/// The addresses of the outermost IP header come first, with the ports behind them; without IP those of the link. Then
/// come the layers, each with its name and what there is to say of it; and last what is wrong, in brackets: a checksum
/// that does not fit, the field at which the packet breaks.
///
/// # Errors
///
/// The writer's own.
pub fn line(packet: &Packet<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let outermost = packet.layers().find(|layer| is_ip(layer.protocol().name));
    let mut words = Words { out, begun: false };
    match outermost {
        Some(layer) => words.layer("", layer)?,
        None => words.link(packet)?,
    }
    let told = outermost.map(|layer| layer.start());
    for layer in packet.layers() {
        let name = layer.protocol().name;
        let is_told = is_link(name) || is_ip(name) && told == Some(layer.start());
        if !is_told && !is_plain_data(layer) {
            words.layer(name, layer)?;
        }
    }
    wrong(packet, &mut words)
}

fn is_ip(name: &str) -> bool {
    matches!(name, "ip" | "ipv6")
}

/// Headers that say little beyond addresses, which IP's own stand for.
fn is_link(name: &str) -> bool {
    matches!(name, "eth" | "sll" | "null")
}

/// Data of which the layer around it tells the length.
fn is_plain_data(layer: Layer<'_>) -> bool {
    let carriers = ["tcp", "udp", "sctp", "icmp", "icmpv6"];
    let carried = |outer: Layer<'_>| carriers.contains(&outer.protocol().name);
    layer.protocol().name == "data" && layer.outer().is_some_and(carried)
}

/// Both addresses of an IP header, with the ports of what it carries.
fn addresses(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let Some((source, destination)) = checksum::addresses(layer.protocol().name, layer.header()) else {
        return Ok(());
    };
    let ports = ports(layer);
    endpoint(source, ports.map(|ports| ports.0), out)?;
    out.write_str(" > ")?;
    endpoint(destination, ports.map(|ports| ports.1), out)?;
    match (layer.protocol().name, layer.header()) {
        // The fragment header of IPv6 tells of itself.
        ("ip", [_, _, _, _, high, low, flags, offset, ..]) if flags & 0x3f != 0 || *offset != 0 => {
            let offset = (u32::from(flags & 0x1f) << 8 | u32::from(*offset)) * 8;
            let more = if flags & 0x20 != 0 { ", more follow" } else { "" };
            write!(out, " fragment {:#x} at byte {offset}{more}", u32::from(*high) << 8 | u32::from(*low))
        }
        _ => Ok(()),
    }
}

/// The ports of the transport in an IP packet, behind whatever extension headers there are.
fn ports(ip: Layer<'_>) -> Option<(u16, u16)> {
    let mut layer = ip.inner()?;
    while !matches!(layer.protocol().name, "tcp" | "udp" | "sctp") {
        if is_ip(layer.protocol().name) {
            return None;
        }
        layer = layer.inner()?;
    }
    let [a, b, c, d] = *layer.header().first_chunk()?;
    Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
}

/// Words with a space before each, but for the first.
struct Words<'o> {
    out: &'o mut dyn fmt::Write,
    begun: bool,
}

impl Words<'_> {
    fn space(&mut self) -> fmt::Result {
        if std::mem::replace(&mut self.begun, true) { self.out.write_char(' ') } else { Ok(()) }
    }

    /// A layer's name, and what there is to say of it.
    fn layer(&mut self, name: &str, layer: Layer<'_>) -> fmt::Result {
        if !name.is_empty() {
            self.space()?;
            self.out.write_str(name)?;
        }
        // Nothing may be said of a layer, and then there is no space either.
        let mut behind = Behind { words: self, begun: false };
        match layer.protocol().name {
            name if is_ip(name) => addresses(layer, &mut behind),
            _ => (layer.protocol().line)(layer, &mut behind),
        }
    }

    /// The addresses of the link, for a packet without IP.
    fn link(&mut self, packet: &Packet<'_>) -> fmt::Result {
        match packet.layers().next() {
            Some(layer) if is_link(layer.protocol().name) => self.layer("", layer),
            _ => Ok(()),
        }
    }
}

/// What is written behind a word, with a space before it.
struct Behind<'w, 'o> {
    words: &'w mut Words<'o>,
    begun: bool,
}

impl fmt::Write for Behind<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !text.is_empty() && !std::mem::replace(&mut self.begun, true) {
            self.words.space()?;
        }
        self.words.out.write_str(text)
    }
}

/// What is wrong with the packet, in brackets.
fn wrong(packet: &Packet<'_>, words: &mut Words<'_>) -> fmt::Result {
    for layer in packet.layers() {
        for field in layer.protocol().fields {
            if let Some(Check::Bad(wanted)) = field.check(layer)
                && let Some(found) = layer.field(field.name).and_then(|value| value.number())
            {
                words.space()?;
                write!(words.out, "[bad {} {found:#06x}, {wanted:#06x} expected]", field.name)?;
            }
        }
    }
    let inside = || packet.layers().find_map(|layer| layer.problem());
    match packet.problem().copied().or_else(inside) {
        Some(problem) => {
            words.space()?;
            write!(words.out, "[{problem}]")
        }
        None => Ok(()),
    }
}
