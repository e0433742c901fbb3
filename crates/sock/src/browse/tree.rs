//! The layers of a packet as a tree, as the rows of a list.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::Range;

use berkeley_packet::{Item, Layer, Packet, Problem, Visit, show};

/// The most rows of a packet. A packet of 256 KiB may hold more fields than anybody reads.
const MOST: usize = 10_000;

/// A row: a layer, a part of it, a field, or where the packet breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    /// Under how many others it is.
    pub(crate) depth: usize,
    /// tshark's name; of a layer its protocol's.
    pub(crate) name: &'static str,
    /// The value, as people write it, escaped.
    pub(crate) value: String,
    /// What it is, in a few words.
    pub(crate) meaning: &'static str,
    /// Where its bytes are in the packet.
    pub(crate) bytes: Range<usize>,
    /// Whether there are rows below it.
    pub(crate) has_more: bool,
}

/// All rows of the packet, in the order in which they stand.
pub(crate) fn nodes(packet: &Packet<'_>) -> Vec<Node> {
    let mut tree = Tree { nodes: Vec::new(), depth: 0, layer: None };
    let mut problem = packet.problem().copied();
    let last = packet.layers().count();
    for (layer, number) in packet.layers().zip(1..) {
        tree.layer(layer);
        let behind = layer.start() + layer.header().len();
        let own = problem.take_if(|it| number == last || it.offset < behind);
        if let Some(problem) = own {
            tree.problem(problem);
        }
    }
    tree.nodes
}

/// The rows that are seen: those below an open one.
pub(crate) fn visible(nodes: &[Node], open: &HashSet<&'static str>) -> Vec<usize> {
    let mut seen = Vec::new();
    // Rows deeper than this are folded away.
    let mut folded = usize::MAX;
    for (index, node) in nodes.iter().enumerate() {
        if node.depth > folded {
            continue;
        }
        folded = if node.has_more && !open.contains(node.name) { node.depth } else { usize::MAX };
        seen.push(index);
    }
    seen
}

/// The innermost of the rows that holds that byte.
pub(crate) fn of_byte(nodes: &[Node], byte: usize) -> Option<usize> {
    let holds = |index: &usize| nodes[*index].bytes.contains(&byte);
    (0..nodes.len()).filter(holds).min_by_key(|index| {
        let node = &nodes[*index];
        (node.bytes.len(), std::cmp::Reverse(node.depth))
    })
}

/// The row above that one to which it belongs.
pub(crate) fn parent(nodes: &[Node], index: usize) -> Option<usize> {
    let depth = nodes.get(index)?.depth;
    (0..index).rev().find(|it| nodes[*it].depth < depth)
}

struct Tree<'a> {
    nodes: Vec<Node>,
    depth: usize,
    layer: Option<Layer<'a>>,
}

impl<'a> Tree<'a> {
    fn layer(&mut self, layer: Layer<'a>) {
        let protocol = layer.protocol();
        let (start, header, payload) = (layer.start(), layer.header().len(), layer.payload().len());
        let missing = layer.length().saturating_sub(header + payload);
        let mut value = if payload == 0 { bytes(header) } else { format!("{header} + {}", bytes(payload)) };
        if missing > 0 {
            // Writing to a String never fails.
            let _ = write!(value, ", {missing} not captured");
        }
        (self.depth, self.layer) = (0, Some(layer));
        self.push(protocol.name, value, protocol.title, start..start + header);
        self.depth = 1;
        layer.visit(self);
    }

    fn push(&mut self, name: &'static str, value: String, meaning: &'static str, bytes: Range<usize>) {
        if let Some(above) = self.nodes.last_mut()
            && above.depth < self.depth
        {
            above.has_more = true;
        }
        self.nodes.push(Node { depth: self.depth, name, value, meaning, bytes, has_more: false });
    }

    fn item(&mut self, item: &Item<'a>) -> bool {
        let Some(layer) = self.layer else { return false };
        let value = show::value(item, layer).to_string();
        self.push(item.field.name, value, item.field.meaning, item.bytes());
        self.nodes.len() < MOST
    }
}

impl<'a> Visit<'a> for Tree<'a> {
    fn field(&mut self, item: Item<'a>) -> bool {
        self.item(&item)
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        let goes_on = self.item(&part);
        self.depth += 1;
        goes_on
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1).max(1);
    }

    fn problem(&mut self, problem: Problem) {
        self.depth = 1;
        let value = problem.to_string();
        if self.nodes.last().is_some_and(|last| last.name == "!" && last.value == value) {
            return;
        }
        self.push("!", value, "Problem", problem.offset..problem.offset + 1);
    }
}

fn bytes(count: usize) -> String {
    format!("{count} {}", if count == 1 { "byte" } else { "bytes" })
}

#[cfg(test)]
mod tests {
    use berkeley_packet::LinkType;

    use super::*;

    const UDP: &[u8] =
        b"\x45\0\0\x1e\0\0\0\0\x40\x11\x7c\xcc\x7f\0\0\x01\x7f\0\0\x02\x30\x39\x27\x0f\0\x0a\0\0hi";

    fn names(nodes: &[Node], open: &[&'static str]) -> Vec<&'static str> {
        let open = open.iter().copied().collect();
        visible(nodes, &open).into_iter().map(|index| nodes[index].name).collect()
    }

    #[test]
    fn layers_are_folded_until_they_are_opened() {
        let nodes = nodes(&Packet::decode(LinkType::RAW, UDP));
        assert_eq!(names(&nodes, &[]), ["ip", "udp", "data"]);
        let open = names(&nodes, &["udp"]);
        assert_eq!(open[..4], ["ip", "udp", "udp.srcport", "udp.dstport"]);
        assert_eq!(open.last(), Some(&"data"));
        let port = nodes.iter().position(|node| node.name == "udp.dstport").expect("a field");
        assert_eq!((nodes[port].value.as_str(), nodes[port].bytes.clone()), ("9999", 22..24));
        assert_eq!(parent(&nodes, port).map(|index| nodes[index].name), Some("udp"));
        assert_eq!(parent(&nodes, 0), None);
    }

    #[test]
    fn a_byte_belongs_to_the_innermost_field() {
        let nodes = nodes(&Packet::decode(LinkType::RAW, UDP));
        let name = |byte| of_byte(&nodes, byte).map(|index| nodes[index].name);
        let rows = [(8, "ip.ttl"), (12, "ip.src"), (19, "ip.dst"), (23, "udp.dstport"), (29, "data.data")];
        for (byte, want) in rows {
            assert_eq!(name(byte), Some(want), "{byte}");
        }
        assert_eq!(name(30), None);
    }

    #[test]
    fn a_packet_that_breaks_says_where() {
        let nodes = nodes(&Packet::decode(LinkType::RAW, &UDP[..22]));
        let broken: Vec<_> =
            nodes.iter().filter(|node| node.name == "!").map(|node| node.value.as_str()).collect();
        let want = [
            "ip.len at byte 2: 30 is more than 22",
            "udp.dstport at byte 22: the packet ends: 2 bytes wanted, 0 left",
        ];
        assert_eq!(broken, want);
    }
}
