//! A packet in one line, as tcpdump has them.

use std::fmt;

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
    let mut words = Words { out, begun: false, first: Some(first) };
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

/// What there is to say of a packet, in the columns of a table. A terminal may have all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Who has sent it, with the port; empty where the packet does not say.
    pub source: String,
    /// To whom, with the port.
    pub destination: String,
    /// The name of its innermost protocol that is known, such as `dns`. What an ICMP error quotes does not count.
    pub protocol: &'static str,
    /// What that protocol says, without its name; then what is wrong, and then what the layers around it say, the
    /// nearest first.
    pub summary: String,
}

/// What [`line()`] says, in columns, and with the innermost protocol first: a column may be narrow. One packet alone
/// does not tell where its sequence numbers of TCP count from, so they are left out.
pub fn columns(packet: &Packet<'_>) -> Columns {
    in_columns(packet, None)
}

/// The same with the sequence numbers of its first segment of TCP counted from `first`, as [`line_from`] has them.
pub fn columns_from(packet: &Packet<'_>, first: InitialNumbers) -> Columns {
    in_columns(packet, Some(first))
}

fn in_columns(packet: &Packet<'_>, first: Option<InitialNumbers>) -> Columns {
    let layers: Vec<Layer<'_>> = packet.layers().collect();
    let outermost = layers.iter().position(Layer::is_ip);
    let (source, destination, rest) = ends(packet, outermost.map(|index| layers[index]));
    let speaker = speaker(&layers);
    let mut summary = String::new();
    // Writing to a String never fails.
    let words = Words { out: &mut summary, begun: false, first };
    let _ = summarise(packet, &layers, speaker, outermost, &rest, words);
    let protocol = layers.get(speaker).map_or("", |layer| layer.protocol().name);
    Columns { source, destination, protocol, summary }
}

/// Where the innermost layer of a known protocol is. An ICMP message speaks for what it quotes.
fn speaker(layers: &[Layer<'_>]) -> usize {
    let name = |layer: &Layer<'_>| layer.protocol().name;
    let icmp = layers.iter().position(|layer| matches!(name(layer), "icmp" | "icmpv6"));
    icmp.or_else(|| layers.iter().rposition(|layer| name(layer) != "data")).unwrap_or(0)
}

/// The addresses of the IP header, else of the link, and what is said behind them.
fn ends(packet: &Packet<'_>, ip: Option<Layer<'_>>) -> (String, String, String) {
    let mut text = String::new();
    let mut words = Words { out: &mut text, begun: false, first: None };
    // Writing to a String never fails.
    let _ = match ip {
        Some(layer) => words.layer("", layer),
        None => words.link(packet),
    };
    let Some((source, rest)) = text.split_once(" > ").filter(|(source, _)| !source.contains(' ')) else {
        return (String::new(), String::new(), text);
    };
    let (destination, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    (source.to_owned(), destination.to_owned(), rest.to_owned())
}

/// Writes the summary. `outermost` is the IP header whose addresses are told, and `rest` what it says behind them.
fn summarise(
    packet: &Packet<'_>,
    layers: &[Layer<'_>],
    speaker: usize,
    outermost: Option<usize>,
    rest: &str,
    mut words: Words<'_>,
) -> fmt::Result {
    let is_told = |index: usize| match layers[index].protocol().name {
        "ip" | "ipv6" => outermost == Some(index),
        "data" => is_plain_data(layers[index]),
        name => is_link(name),
    };
    let tell = |words: &mut Words<'_>, index: usize| match layers[index].protocol().name {
        _ if is_told(index) => Ok(()),
        _ if index == speaker => words.layer("", layers[index]),
        name => words.layer(name, layers[index]),
    };
    (speaker..layers.len()).try_for_each(|index| tell(&mut words, index))?;
    wrong(packet, &mut words)?;
    (0..speaker.min(layers.len())).rev().try_for_each(|index| tell(&mut words, index))?;
    if rest.is_empty() {
        return Ok(());
    }
    words.space()?;
    words.out.write_str(rest)
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
    /// From where the next segment's numbers are counted; without it, they are left out.
    first: Option<InitialNumbers>,
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
        let first = self.first;
        if name == "tcp" {
            self.first = first.map(|_| InitialNumbers::default());
        }
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

    fn of(link: LinkType, bytes: &[u8]) -> [String; 4] {
        let Columns { source, destination, protocol, summary } = columns(&Packet::decode(link, bytes));
        [source, destination, protocol.to_owned(), summary]
    }

    #[test]
    fn each_packet_has_its_columns() {
        let udp = b"\x45\0\0\x1e\0\0\0\0\x40\x11\x7c\xcc\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0hi";
        let arp =
            b"\xff\xff\xff\xff\xff\xff\x02\0\0\0\0\x02\x08\x06\0\x01\x08\0\x06\x04\0\x01\x02\0\0\0\0\x02\
            \x0a\0\0\x01\0\0\0\0\0\0\x0a\0\0\x02";
        let fragment =
            b"\x45\0\0\x1c\0\x07\x20\x01\x40\x11\x5c\xc6\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0";
        let rows: [(LinkType, &[u8], [&str; 4]); 5] = [
            (LinkType::RAW, udp, ["127.0.0.1:12345", "127.0.0.2:9999", "udp", "length 2"]),
            (
                LinkType::ETHERNET,
                arp,
                ["02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "arp", "who has 10.0.0.2? tell 10.0.0.1"],
            ),
            (
                LinkType::ETHERNET,
                b"",
                ["", "", "eth", "[eth.dst at byte 0: the packet ends: 6 bytes wanted, 0 left]"],
            ),
            (LinkType::from_raw(147), b"a > b", ["", "", "data", "5 bytes"]),
            (
                LinkType::RAW,
                fragment,
                ["127.0.0.1", "127.0.0.2", "ip", "data 8 bytes fragment 0x7 at byte 8, more follow"],
            ),
        ];
        for (link, bytes, want) in rows {
            assert_eq!(of(link, bytes), want);
        }
    }
}
