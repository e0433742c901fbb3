//! The layers of the selected packet, and its bytes.

use std::ops::Range;

use super::Scene;
use super::pen::{BOLD, CURSOR, DIM, MARKED, PLACE, PLAIN, Pen};
use crate::browse::state::{LINE, Pane};
use crate::browse::tree::{self, Node};

/// The layers, each above its fields.
pub(super) fn tree(pen: &mut Pen<'_>, scene: &mut Scene<'_>) {
    let has_keys = scene.state.pane == Pane::Tree;
    let title = match scene.packet {
        Some(packet) if packet.interface.is_empty() => format!("Packet {}", packet.number + 1),
        Some(packet) => format!("Packet {} of {}", packet.number + 1, packet.interface),
        None => "Layers".to_owned(),
    };
    pen.title(0, &title, has_keys);
    let seen = tree::visible(scene.nodes, &scene.state.open);
    let height = pen.height().saturating_sub(1);
    let position = seen.partition_point(|index| *index < scene.state.node);
    let top = scene.state.tree_row.top(position, seen.len(), height);
    let seen: Vec<usize> = seen.into_iter().skip(top).take(height).collect();
    let widths = Widths::of(seen.iter().map(|index| &scene.nodes[*index]), pen.width());
    for (index, y) in seen.into_iter().zip(1..) {
        let node = &scene.nodes[index];
        let style = match (index == scene.state.node, has_keys) {
            (true, true) => CURSOR,
            (true, false) => PLACE,
            _ if node.name == "!" => BOLD,
            _ => PLAIN,
        };
        pen.line(y, style);
        row(pen, y, node, scene.state.open.contains(node.name), &widths, style);
    }
}

/// The columns of the rows.
struct Widths {
    name: usize,
    value: usize,
}

impl Widths {
    fn of<'n>(nodes: impl Iterator<Item = &'n Node>, width: usize) -> Self {
        let (mut name, mut value) = (8, 8);
        for node in nodes.filter(|node| node.depth > 0) {
            name = name.max(2 * node.depth + short(node).len() + 2);
            value = value.max(node.value.chars().count());
        }
        let name = name.min(width * 2 / 5);
        Self { name, value: value.min((width - name) / 2) }
    }
}

/// The name without the protocol's.
fn short(node: &Node) -> &'static str {
    node.name.split_once('.').map_or(node.name, |(_, short)| short)
}

fn row(
    pen: &mut Pen<'_>,
    y: usize,
    node: &Node,
    is_open: bool,
    widths: &Widths,
    style: ratatui_core::style::Style,
) {
    let sign = match (node.has_more, is_open) {
        (false, _) => " ",
        (true, false) => "▸",
        (true, true) => "▾",
    };
    let x = 1 + 2 * node.depth;
    pen.text(x, y, 1, sign, style);
    if node.depth == 0 {
        let text = format!("{}: {}, {}", node.name, node.meaning, node.value);
        pen.text(x + 2, y, usize::MAX, &text, style);
        return;
    }
    if node.name == "!" {
        pen.text(x, y, usize::MAX, &format!("! {}", node.value), style);
        return;
    }
    let value = (widths.name + 4).max(x + 2);
    pen.text(x + 2, y, value.saturating_sub(x + 3), short(node), style);
    let end = pen.text(value, y, widths.value.max(8), &node.value, style);
    let meaning = (value + widths.value + 2).max(end + 2);
    pen.text(meaning, y, usize::MAX, node.meaning, style.patch(if style == PLAIN { DIM } else { PLAIN }));
}

/// The bytes, with those of the selected row marked.
pub(super) fn bytes(pen: &mut Pen<'_>, scene: &mut Scene<'_>) {
    let has_keys = scene.state.pane == Pane::Bytes;
    let node = scene.nodes.get(scene.state.node);
    pen.title(0, &title(scene, node, has_keys), has_keys);
    let Some(packet) = scene.packet else { return };
    let bytes = &packet.bytes;
    let height = pen.height().saturating_sub(1);
    let marked = node.map_or(0..0, |node| node.bytes.clone());
    let found = scene.state.found.clone().filter(|(number, _)| *number == packet.number);
    let marks = Marks {
        field: marked,
        found: found.map_or(0..0, |(_, bytes)| bytes),
        cursor: has_keys.then_some(scene.state.byte),
    };
    let lines = bytes.len().div_ceil(LINE);
    let top = scene.state.bytes_row.top(scene.state.byte / LINE, lines, height);
    for (line, y) in (top..lines).take(height).zip(1..) {
        let start = line * LINE;
        dump(pen, y, start, &bytes[start..(start + LINE).min(bytes.len())], &marks);
    }
}

/// What the byte under the cursor belongs to, also where that is folded; else the selected row.
fn title(scene: &Scene<'_>, node: Option<&Node>, has_keys: bool) -> String {
    let inner = tree::of_byte(scene.nodes, scene.state.byte).map(|index| &scene.nodes[index]);
    match if has_keys { inner.or(node) } else { node } {
        Some(node) if node.bytes.is_empty() => format!("Bytes: {}", node.name),
        Some(node) => {
            let (start, count) = (node.bytes.start, node.bytes.len());
            let unit = if count == 1 { "byte" } else { "bytes" };
            format!("Bytes: {}, {count} {unit} from {start} on", node.name)
        }
        None => "Bytes".to_owned(),
    }
}

/// The bytes that are marked.
struct Marks {
    /// Those of the selected row.
    field: Range<usize>,
    /// Those that a search has found.
    found: Range<usize>,
    /// The one under the cursor, where the pane has the keys.
    cursor: Option<usize>,
}

impl Marks {
    fn style(&self, at: usize) -> ratatui_core::style::Style {
        let field = if self.field.contains(&at) { MARKED } else { PLAIN };
        match self.cursor {
            Some(cursor) if cursor == at => CURSOR.patch(PLACE),
            _ if self.found.contains(&at) => field.patch(PLACE),
            _ => field,
        }
    }
}

fn dump(pen: &mut Pen<'_>, y: usize, start: usize, bytes: &[u8], marks: &Marks) {
    let mut x = 1 + pen.text(1, y, 8, &format!("{start:04x}"), DIM) + 1;
    let text = x + LINE * 3 + 2;
    for (index, byte) in bytes.iter().enumerate() {
        let at = start + index;
        let style = marks.style(at);
        if index == LINE / 2 {
            x += 1;
        }
        // The gap between two marked bytes is marked too, so that a field is one piece.
        let goes_on = marks.field.contains(&at) && marks.field.contains(&(at + 1)) && index + 1 < bytes.len();
        pen.text(x, y, 2, &format!("{byte:02x}"), style);
        if goes_on && index + 1 != LINE / 2 {
            pen.text(x + 2, y, 1, " ", MARKED);
        }
        x += 3;
        let letter = if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' };
        pen.text(text + index, y, 1, letter.encode_utf8(&mut [0; 4]), style);
    }
}
