//! The packets of an exchange, told after it.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::net::SocketAddr;

use crate::command::tour::drawing::name;
use crate::command::tour::guide::{AT_ONCE, GLANCE, Guide, PARAGRAPH, Stop};
use crate::command::tour::packets::{LIMIT, Packets, Role, Seen, Tap, is_over, quoted};
use crate::command::tour::teller::LayerTold;

/// An exchange that is over.
pub(super) struct Exchange {
    server: SocketAddr,
    packets: Packets,
    /// Whether it is said how packets are read.
    is_first: bool,
}

impl Exchange {
    /// What was captured, or, where that could not be, what is `built`.
    pub(super) fn new(
        server: SocketAddr,
        captured: Result<Packets, String>,
        built: impl FnOnce() -> Packets,
    ) -> Self {
        let packets = captured.unwrap_or_else(|error| Packets { reason: Some(error), ..built() });
        Self { server, packets, is_first: false }
    }

    /// The same as the first of the tour, whose packets are explained.
    pub(super) fn first(self) -> Self {
        Self { is_first: true, ..self }
    }

    /// Tells the packets, each with what it means where none like it was told before; then one of them in its layers.
    pub(super) fn tell(self, guide: &mut Guide<'_>, built: &str, layers: &str) -> Result<(), Stop> {
        self.say_how(guide, built)?;
        let seen = self.packets.seen(self.server);
        list(guide, &seen, |_| true)?;
        let carries = |seen: &&Seen<'_>| matches!(seen.role, Role::Data | Role::Datagram);
        if let Some(seen) = seen.iter().find(carries) {
            guide.closes()?;
            guide.says(layers, &[("number", &seen.number)])?;
            let told = layers_of(guide, seen);
            guide.teller().layers(&told);
            guide.show(PARAGRAPH)?;
        }
        Ok(())
    }

    /// How they were had.
    fn say_how(&self, guide: &mut Guide<'_>, built: &str) -> Result<(), Stop> {
        let (count, limit) = (self.packets.taken.len(), format!("{} s", LIMIT.as_secs()));
        let key = if self.packets.captured { "packets.captured" } else { built };
        let mut how = guide.texts.fill(key, &[("count", &count)]);
        if !self.packets.complete {
            how.push('\n');
            how += &guide.texts.fill("packets.missing", &[("limit", &limit)]);
        }
        guide.teller().packets(&self.packets, &how);
        guide.show(PARAGRAPH)?;
        if !self.is_first {
            return Ok(());
        }
        guide.says("packets.nesting", &[])?;
        let arrows = guide.texts.get("packets.arrows");
        guide.teller().legend(arrows);
        guide.show(AT_ONCE)
    }
}

/// Tells the packets of something that went wrong, where they were captured: what was drawn is what was seen.
pub(super) fn evidence(
    guide: &mut Guide<'_>,
    tap: Result<Tap, String>,
    server: SocketAddr,
) -> Result<(), Stop> {
    let Ok(tap) = tap else { return Ok(()) };
    let exchange = Exchange { server, packets: tap.take(is_over), is_first: false };
    exchange.say_how(guide, "packets.captured")?;
    list(guide, &exchange.packets.seen(server), |role| role == Role::Rst)?;
    guide.closes()
}

/// Lists packets; those that are `explained` with what they mean, the first time.
fn list(guide: &mut Guide<'_>, seen: &[Seen<'_>], explained: impl Fn(Role) -> bool) -> Result<(), Stop> {
    let mut told = BTreeSet::new();
    for seen in seen {
        let key = meaning(seen.role);
        let text = guide.texts.get(key);
        let is_new = explained(seen.role) && told.insert(key);
        guide.teller().packet(seen, is_new.then_some(text));
        guide.show(GLANCE)?;
    }
    Ok(())
}

fn meaning(role: Role) -> &'static str {
    match role {
        Role::Syn => "packet.syn",
        Role::SynAck => "packet.syn_ack",
        Role::Open => "packet.open",
        Role::Data => "packet.data",
        Role::Ack => "packet.ack",
        Role::Fin => "packet.fin",
        Role::Last => "packet.last",
        Role::Rst => "packet.rst",
        Role::Datagram => "packet.datagram",
        Role::Other => "packet.other",
    }
}

/// The layers of a packet, with what each does; those for which there are no words are left out.
fn layers_of(guide: &Guide<'_>, seen: &Seen<'_>) -> Vec<LayerTold> {
    let texts = guide.texts;
    let field = |name: &str| seen.packet.field(name).map(|value| value.to_string()).unwrap_or_default();
    let told = seen.packet.layers().filter_map(|layer| {
        let protocol = layer.protocol().name;
        let (key, source, target) = match protocol {
            "eth" => ("layer.eth", String::new(), String::new()),
            "ip" => ("layer.ip", field("ip.src"), field("ip.dst")),
            "tcp" => ("layer.tcp", field("tcp.srcport"), field("tcp.dstport")),
            "udp" => ("layer.udp", field("udp.srcport"), field("udp.dstport")),
            "data" => ("layer.data", String::new(), String::new()),
            _ => return None,
        };
        let is_data = protocol == "data";
        let length = if is_data { layer.bytes().len() } else { layer.header().len() };
        let text = quoted(layer.bytes());
        let values: &[(&str, &dyn Display)] = &[("source", &source), ("target", &target), ("text", &text)];
        let mut meaning = texts.fill(key, values);
        if protocol == "tcp" {
            let words = seen.words.rsplit_once(" \"").map_or(seen.words.as_str(), |(numbers, _)| numbers);
            meaning = format!("{meaning}\n{words}");
        }
        let name = if is_data { "DATA".to_owned() } else { name(protocol) };
        let head = texts.fill("layer.head", &[("name", &name), ("bytes", &length)]);
        Some(LayerTold { head, meaning })
    });
    told.collect()
}
