//! A packet in one line, as tcpdump has them.

use std::{fmt, mem};

use crate::digits::Short;
use crate::layer::checksum::{self, Check};
use crate::layer::packet::{Layer, Packet};
use crate::protocol::{InitialNumbers, tcp_line};

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
    line_from(packet, InitialNumbers::default(), out)
}

/// The same, with the sequence numbers of its first segment of TCP counted from `first`, as tcpdump does behind a SYN.
///
/// # Errors
///
/// The writer's own.
pub fn line_from(packet: &Packet<'_>, first: InitialNumbers, out: &mut dyn fmt::Write) -> fmt::Result {
    let outermost = packet.layers().find(Layer::is_ip);
    let mut words = Words { out, begun: false, first };
    match outermost {
        Some(layer) => words.layer("", layer)?,
        None => words.link(packet)?,
    }
    let told = outermost.map(|layer| layer.start());
    for layer in packet.layers() {
        let name = layer.protocol().name;
        let is_told = match name {
            "ip" | "ipv6" => told == Some(layer.start()),
            "data" => is_plain_data(layer),
            name => is_link(name),
        };
        if !is_told {
            words.layer(name, layer)?;
        }
    }
    wrong(packet, &mut words)
}

/// What a line says of a packet, in the columns of a table. A terminal may have all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Who has sent it, with the port; empty where the packet does not say.
    pub source: String,
    /// To whom, with the port.
    pub destination: String,
    /// The name of its innermost protocol that is known, such as `dns`.
    pub protocol: &'static str,
    /// The rest of the line.
    pub summary: String,
}

/// The same as [`line()`], in columns.
pub fn columns(packet: &Packet<'_>) -> Columns {
    let mut text = String::new();
    // Writing to a String never fails.
    let _ = line(packet, &mut text);
    let known = packet.layers().filter(|layer| layer.protocol().name != "data").last();
    let protocol = known.or_else(|| packet.layers().next()).map_or("", |layer| layer.protocol().name);
    // Addresses have no spaces, and where there are none the line begins with a word of its own.
    let ends = text.split_once(" > ").filter(|(source, _)| !source.contains(' '));
    let Some((source, rest)) = ends else {
        return Columns { protocol, summary: text, ..Columns::default() };
    };
    let (destination, summary) = rest.split_once(' ').unwrap_or((rest, ""));
    Columns {
        source: source.to_owned(),
        destination: destination.to_owned(),
        protocol,
        summary: summary.to_owned(),
    }
}

/// Headers that say little beyond addresses, which IP's own stand for.
fn is_link(name: &str) -> bool {
    matches!(name, "eth" | "sll" | "null")
}

/// Data of which the layer around it tells the length.
fn is_plain_data(layer: Layer<'_>) -> bool {
    let carries =
        |outer: Layer<'_>| matches!(outer.protocol().name, "tcp" | "udp" | "sctp" | "icmp" | "icmpv6");
    layer.outer().is_some_and(carries)
}

/// Both addresses of an IP header, with the ports of what it carries.
fn addresses(layer: Layer<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
    let Some((source, destination)) = checksum::addresses(layer.protocol().name, layer.header()) else {
        return Ok(());
    };
    let ports = ports(layer);
    let mut text = Short::new();
    text.endpoint(source, ports.map(|ports| ports.0));
    text.push(b" > ");
    text.endpoint(destination, ports.map(|ports| ports.1));
    text.write(out)?;
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
        if layer.is_ip() {
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
    /// From where the next segment's numbers are counted.
    first: InitialNumbers,
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
        let name = layer.protocol().name;
        let first = if name == "tcp" { mem::take(&mut self.first) } else { self.first };
        // Nothing may be said of a layer, and then there is no space either.
        let mut behind = Behind { words: self, begun: false };
        if layer.is_ip() {
            addresses(layer, &mut behind)
        } else if name == "tcp" {
            tcp_line(layer, first, &mut behind)
        } else {
            (layer.protocol().line)(layer, &mut behind)
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
        for field in layer.protocol().checksums() {
            if let Some(Check::Bad(wanted)) = field.check(layer)
                && let Some((found, bits)) =
                    layer.item(field.name).and_then(|item| Some((item.value.number()?, item.bits.len())))
            {
                words.space()?;
                let width = 2 + bits / 4;
                write!(words.out, "[bad {} {found:#0width$x}, {wanted:#0width$x} expected]", field.name)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::LinkType;

    #[test]
    fn the_columns_are_the_line_taken_apart() {
        let udp = b"\x45\0\0\x1e\0\0\0\0\x40\x11\x7c\xcc\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0hi";
        let arp =
            b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x02\
            \x0a\0\0\x01\0\0\0\0\0\0\x0a\0\0\x02";
        let rows: [(LinkType, &[u8], [&str; 3]); 4] = [
            (LinkType::RAW, udp, ["127.0.0.1:12345", "127.0.0.2:9999", "udp"]),
            (LinkType::ETHERNET, arp, ["02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "arp"]),
            (LinkType::ETHERNET, b"", ["", "", "eth"]),
            (LinkType::from_raw(147), b"a > b", ["", "", "data"]),
        ];
        for (link, bytes, want) in rows {
            let packet = Packet::decode(link, bytes);
            let mut text = String::new();
            line(&packet, &mut text).unwrap();
            let Columns { source, destination, protocol, summary } = columns(&packet);
            assert_eq!([source.as_str(), destination.as_str(), protocol], want, "{text}");
            let again =
                if source.is_empty() { summary } else { format!("{source} > {destination} {summary}") };
            assert_eq!(again, text);
        }
    }
}
