//! What must hold for any bytes taken for a packet, or for packets. The fuzz targets, the replay of their corpora and
//! the property tests share it.

use std::time::Duration;

use berkeley_packet::craft::{self, Recipe};
use berkeley_packet::stream::{Conversations, Follow, Fragments, Piece, Transport};
use berkeley_packet::{Item, Layer, LinkType, Packet, Problem, Visit, show};

/// What packets may begin with. The first byte of an input chooses.
const LINKS: [LinkType; 8] = [
    LinkType::ETHERNET,
    LinkType::RAW,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL,
    LinkType::LINUX_SLL2,
    LinkType::NULL,
    LinkType::LOOP,
];

/// The most that is shown of a packet, for each of its bytes and for each of its layers.
const SHOWN: usize = 4_096;

/// Takes the packet apart, and shows it in every way. Gives whether it is whole.
pub(crate) fn decode(bytes: &[u8]) -> bool {
    let Some((link, cut, bytes)) = begin(bytes) else { return false };
    let packet = Packet::decode_cut(link, bytes, bytes.len() + cut);
    let mut end = 0;
    for (number, layer) in packet.layers().enumerate() {
        assert!(layer.start() >= end || number == 0, "layers follow one another");
        end = layer.start() + layer.header().len();
        assert!(end <= bytes.len());
        fields(&packet, layer);
    }
    assert!(packet.layers().count() > 0, "every packet has a layer");
    shown(&packet);
    packet.problem().is_none()
}

/// The link type, how many bytes a capture has cut off, and the packet's bytes.
fn begin(bytes: &[u8]) -> Option<(LinkType, usize, &[u8])> {
    let (first, bytes) = bytes.split_first()?;
    let cut = if first & 0x80 == 0 { 0 } else { 100 };
    Some((LINKS[usize::from(first & 7)], cut, bytes))
}

/// Every field lies in the packet, and is found by its name.
fn fields(packet: &Packet<'_>, layer: Layer<'_>) {
    struct Fields<'p, 'a> {
        layer: Layer<'a>,
        packet: &'p Packet<'p>,
        depth: i32,
        first: Vec<&'static str>,
    }
    impl<'a> Visit<'a> for Fields<'_, 'a> {
        fn field(&mut self, item: Item<'a>) -> bool {
            assert!(item.bytes().end <= self.packet.bytes().len(), "{}: {:?}", item.field.name, item.bits);
            let name = item.field.name;
            // The first of a name is the one that is found; to look for all would take a square of time.
            if self.first.len() < 64 && !self.first.contains(&name) {
                self.first.push(name);
                let found = self.layer.item(name);
                assert!(
                    found.as_ref().is_some_and(|found| found.bits == item.bits),
                    "{name}: {found:?}, {item:?}"
                );
            }
            true
        }

        fn open(&mut self, part: Item<'a>) -> bool {
            self.depth += 1;
            assert!(part.bytes().end <= self.packet.bytes().len(), "{}: {:?}", part.field.name, part.bits);
            true
        }

        fn close(&mut self) {
            self.depth -= 1;
        }

        fn problem(&mut self, problem: Problem) {
            assert!(!problem.to_string().contains(char::is_control), "{problem}");
        }
    }
    let mut fields = Fields { layer, packet, depth: 0, first: Vec::new() };
    layer.visit(&mut fields);
    assert_eq!(fields.depth, 0, "every part that is opened is closed");
}

/// All ways to show it are bounded, and safe for a terminal.
fn shown(packet: &Packet<'_>) {
    let most = SHOWN * (packet.bytes().len() + 24);
    let mut text = String::new();
    show::line(packet, &mut text).expect("a string takes all");
    assert!(!text.contains(char::is_control), "{text:?}");
    text.clear();
    show::boxes(packet, 80, &mut text).expect("a string takes all");
    assert!(
        text.len() <= most && !text.contains(|c: char| c.is_control() && c != '\n'),
        "{} bytes",
        text.len()
    );
    text.clear();
    show::json(packet, &mut text);
    assert!(text.len() <= most && text.starts_with('{') && text.ends_with('}'), "{} bytes", text.len());
    assert!(!text.contains(char::is_control), "{text:?}");
    text.clear();
    show::hex(packet.bytes(), &mut text).expect("a string takes all");
}

/// The packet told as text, and built from that again: the same bytes.
pub(crate) fn round_trip(bytes: &[u8]) -> bool {
    let Some((link, _, bytes)) = begin(bytes) else { return false };
    let packet = Packet::decode(link, bytes);
    let recipe = Recipe::of(&packet);
    let text = recipe.to_string();
    assert!(!text.contains(char::is_control), "{text:?}");
    assert_eq!(recipe.build(), bytes, "{text}");
    let read = craft::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(read.build(), bytes, "{text}");
    packet.problem().is_none()
}

/// Any text as a packet: what is built is told as text that builds the same.
pub(crate) fn craft_text(text: &str) -> bool {
    let Ok(recipe) = craft::parse(text) else { return false };
    let built = recipe.build();
    let Some(link) = recipe.link() else { return true };
    let again = craft::text(&Packet::decode(link, &built));
    let recipe = craft::parse(&again).unwrap_or_else(|error| panic!("{again}: {error}"));
    assert_eq!(recipe.build(), built, "{text}: {again}");
    true
}

/// Packets one after the other, each behind its length: put together, followed, and told as conversations.
pub(crate) fn streams(bytes: &[u8]) -> bool {
    let mut follow = [Follow::new(Transport::Tcp, 0), Follow::new(Transport::Udp, 0)];
    let (mut conversations, mut fragments) = (Conversations::new(), Fragments::new());
    let (mut rest, mut told, mut number) = (bytes, 0, 0);
    while let Some((length, after)) = rest.split_first() {
        let (packet, after) = after.split_at(usize::from(*length).min(after.len()));
        let packet = Packet::decode(LinkType::RAW, packet);
        let time = Duration::from_millis(number);
        let whole = fragments.add(&packet, time).ok().flatten();
        for follow in &mut follow {
            follow.push(&packet, &mut |piece| told += length_of(&piece));
            if let Some(whole) = &whole {
                follow.push(&whole.packet(), &mut |piece| told += length_of(&piece));
            }
        }
        conversations.push(&packet, Some(time));
        if let Some(whole) = &whole {
            conversations.push_assembled(whole, Some(time));
        }
        (rest, number) = (after, number + 1);
    }
    for follow in &mut follow {
        follow.end(&mut |piece| told += length_of(&piece));
    }
    assert!(told <= bytes.len(), "{told} bytes of {}", bytes.len());
    assert!(conversations.rows().len() <= bytes.len());
    told > 0
}

fn length_of(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Bytes { bytes, .. } => bytes.len(),
        Piece::Missing { .. } => 0,
    }
}
