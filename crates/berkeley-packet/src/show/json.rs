//! A packet as JSON: every field under tshark's name.

use std::fmt::{self, Write as _};

use crate::layer::checksum::Check;
use crate::layer::packet::{Layer, Packet};
use crate::layer::value::Value;
use crate::layer::walk::{Item, Visit};
use crate::problem::Problem;

/// Appends `packet` to `out` as an object of JSON, in one line:
///
/// ```json
/// {"length":98,"captured":98,"layers":[
///   {"protocol":"ip","offset":14,"header_bytes":20,"payload_bytes":64,"checksum":"good","fields":{"ip.version":4}}]}
/// ```
///
/// Fields have tshark's names, in the order in which they stand. A number is a number, a flag `true` or `false`, an
/// address, a name, a moment and a text are strings, and so are bytes, in hexadecimal. A part that has fields of its
/// own, such as an option, is an object in a list under the part's name; where it has a value too, that stands under
/// its name, and the list under the name with `_tree` behind it. A field that its protocol has several times in a place
/// is a list.
///
/// `checksum` is there where the layer has one: `good`, `bad`, `offloaded`, `absent` or `unknown`; `checksum_expected`
/// where it is bad. `problem` is there where the packet breaks, with `field`, `offset` and `words`.
pub fn json(packet: &Packet<'_>, out: &mut String) {
    json_assembled(packet, None, out);
}

/// The same of the last fragment of a packet that was put together, `whole`, as tshark tells it: in place of the data
/// stand the layers that all fragments carry. These have `"assembled":true`, and their offsets count from the first
/// byte of `whole`.
pub fn json_assembled(packet: &Packet<'_>, whole: Option<&Packet<'_>>, out: &mut String) {
    let mut problem = packet.problem().copied();
    // Writing to a String never fails.
    let _ =
        write!(out, "{{\"length\":{},\"captured\":{},\"layers\":[", packet.length(), packet.bytes().len());
    let own = packet.layers().filter(|layer| whole.is_none() || !is_data(*layer)).map(|layer| (layer, false));
    let carried = whole.into_iter().flat_map(|whole| whole.layers().skip(headers_of(packet)));
    for (number, (layer, assembled)) in own.chain(carried.map(|layer| (layer, true))).enumerate() {
        if number > 0 {
            out.push(',');
        }
        let inside = write_layer(layer, assembled, out);
        problem = problem.or(inside);
    }
    out.push(']');
    if let Some(problem) = problem {
        let _ = write!(
            out,
            ",\"problem\":{{\"field\":\"{}\",\"offset\":{},\"words\":",
            problem.field, problem.offset
        );
        string(&problem.trouble, out);
        out.push('}');
    }
    out.push('}');
}

fn is_data(layer: Layer<'_>) -> bool {
    layer.protocol().name == "data"
}

/// How many headers of a fragment the whole packet has too: those from its IP header on, but for the fragment's own.
fn headers_of(fragment: &Packet<'_>) -> usize {
    let names: Vec<_> = fragment.layers().map(|layer| layer.protocol().name).collect();
    let first = names.iter().rposition(|name| matches!(*name, "ip" | "ipv6")).unwrap_or(names.len());
    names[first..].iter().filter(|name| !matches!(**name, "ipv6.fraghdr" | "data")).count()
}

/// Appends a layer; gives where a part of it breaks.
fn write_layer(layer: Layer<'_>, assembled: bool, out: &mut String) -> Option<Problem> {
    let protocol = layer.protocol();
    let (header, payload) = (layer.header().len(), layer.payload().len());
    let _ = write!(
        out,
        "{{\"protocol\":\"{}\",\"offset\":{},\"header_bytes\":{header},\"payload_bytes\":{payload}",
        protocol.name,
        layer.start()
    );
    let checksum =
        protocol.fields.iter().chain(protocol.parts.iter().copied()).find_map(|field| field.check(layer));
    if let Some(check) = checksum {
        let _ = write!(out, ",\"checksum\":\"{}\"", check.word());
        if let Check::Bad(wanted) = check {
            let _ = write!(out, ",\"checksum_expected\":{wanted}");
        }
    }
    if assembled {
        out.push_str(",\"assembled\":true");
    }
    out.push_str(",\"fields\":");
    let mut tree = Tree::default();
    layer.visit(&mut tree);
    object(&tree.nodes, out);
    out.push('}');
    tree.problem
}

/// What a walk tells, kept, since a field may come again, and is then one of a list.
#[derive(Default)]
struct Tree<'a> {
    /// Each part is followed by what it holds.
    nodes: Vec<Node<'a>>,
    /// The parts that are open, by their index.
    open: Vec<usize>,
    problem: Option<Problem>,
}

struct Node<'a> {
    item: Item<'a>,
    /// How many nodes it is, with those that it holds.
    size: usize,
    is_part: bool,
}

impl<'a> Visit<'a> for Tree<'a> {
    fn field(&mut self, item: Item<'a>) -> bool {
        self.nodes.push(Node { item, size: 1, is_part: false });
        true
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        self.open.push(self.nodes.len());
        self.nodes.push(Node { item: part, size: 1, is_part: true });
        true
    }

    fn close(&mut self) {
        if let Some(index) = self.open.pop() {
            let size = self.nodes.len() - index;
            self.nodes[index].size = size;
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.problem = Some(problem);
    }
}

/// The nodes at the top of `nodes`, each with those that it holds.
fn tops<'n, 'a>(nodes: &'n [Node<'a>]) -> impl Iterator<Item = &'n [Node<'a>]> {
    let mut rest = nodes;
    std::iter::from_fn(move || {
        let size = rest.first()?.size;
        let (top, behind) = rest.split_at(size);
        rest = behind;
        Some(top)
    })
}

/// Appends the nodes as an object. The time it takes grows with the nodes times the names, of which a protocol has few.
fn object(nodes: &[Node<'_>], out: &mut String) {
    let mut told: Vec<&str> = Vec::new();
    out.push('{');
    for top in tops(nodes) {
        let name = top[0].item.field.name;
        if told.contains(&name) {
            continue;
        }
        if !told.is_empty() {
            out.push(',');
        }
        told.push(name);
        let same = || tops(nodes).filter(|top| top[0].item.field.name == name);
        let is_part = matches!(top[0].item.value, Value::Group);
        if !is_part {
            let _ = write!(out, "\"{name}\":");
            list(same(), same().nth(1).is_some(), &|top, out| value(&top[0].item, out), out);
        }
        if is_part || same().any(|top| top[0].is_part) {
            let _ = write!(
                out,
                "{}\"{name}{}\":",
                if is_part { "" } else { "," },
                if is_part { "" } else { "_tree" }
            );
            list(same(), true, &|top, out| object(&top[1..], out), out);
        }
    }
    out.push('}');
}

/// Appends what `show` makes of each, in brackets where it `is_list`.
fn list<'n, 'a: 'n>(
    tops: impl Iterator<Item = &'n [Node<'a>]>,
    is_list: bool,
    show: &dyn Fn(&[Node<'a>], &mut String),
    out: &mut String,
) {
    if is_list {
        out.push('[');
    }
    for (number, top) in tops.enumerate() {
        if number > 0 {
            out.push(',');
        }
        show(top, out);
    }
    if is_list {
        out.push(']');
    }
}

fn value(item: &Item<'_>, out: &mut String) {
    let _ = match item.value {
        Value::Number(number) => write!(out, "{number}"),
        Value::Signed(number) => write!(out, "{number}"),
        Value::Flag(set) => write!(out, "{set}"),
        Value::Seconds(seconds) if seconds.is_finite() => write!(out, "{seconds}"),
        Value::Seconds(_) | Value::Group => write!(out, "null"),
        Value::Text(text) => return self::text(text, out),
        value @ Value::Name(_) => return string(&value, out),
        value => write!(out, "\"{value}\""),
    };
}

/// What prints as text, as a string of JSON.
fn string(shown: &dyn fmt::Display, out: &mut String) {
    out.push('"');
    // Writing to a String never fails, and Escaping adds no failure.
    let _ = write!(Escaping(out), "{shown}");
    out.push('"');
}

/// A peer's text as a string of JSON; what is no UTF-8 is the replacement character.
fn text(text: &[u8], out: &mut String) {
    out.push('"');
    for chunk in text.utf8_chunks() {
        let _ = Escaping(out).write_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            out.push(char::REPLACEMENT_CHARACTER);
        }
    }
    out.push('"');
}

/// Escapes what a string of JSON cannot hold, and all beyond ASCII that could drive a terminal.
struct Escaping<'o>(&'o mut String);

impl fmt::Write for Escaping<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| match c {
            '"' => self.0.write_str("\\\""),
            '\\' => self.0.write_str("\\\\"),
            ' '..='~' => self.0.write_char(c),
            _ if c.is_alphanumeric() => self.0.write_char(c),
            _ => {
                let mut units = [0; 2];
                c.encode_utf16(&mut units).iter().try_for_each(|unit| write!(self.0, "\\u{unit:04x}"))
            }
        })
    }
}
