//! A packet's bytes, taken apart into layers.

use std::{fmt, ptr};

use super::data::DATA;
use super::protocol::{Dissection, Frame, Next, Protocol};
use super::value::Value;
use super::walk::{Item, Visit, Walker};
use crate::problem::{Problem, Trouble};

/// The most layers of a packet. What lies deeper is a [problem](Trouble::TooDeep).
const MOST: usize = 24;

/// The most bytes that are looked at; no capture holds a longer packet.
const LONGEST: usize = u32::MAX as usize;

/// The most bytes that a message leaves out of a packet that it quotes: how many it was, the packet itself says.
const LONGEST_QUOTED: usize = 1 << 16;

/// A packet, and where its layers are.
///
/// It borrows the bytes, and holds no memory of its own.
#[derive(Clone)]
pub struct Packet<'a> {
    bytes: &'a [u8],
    cut: usize,
    spans: [Span; MOST],
    count: usize,
    problem: Option<Problem>,
}

/// Where a layer is. The header may end before its protocol wants it to, as a packet can be cut.
///
/// In half the width of a length, as there is room for [`MOST`] of them in every packet.
#[derive(Clone, Copy)]
struct Span {
    protocol: &'static Protocol,
    start: u32,
    header_end: u32,
    end: u32,
    cut: u32,
}

impl Span {
    /// One of a packet whose bytes can be counted so: [`LONGEST`].
    fn new(protocol: &'static Protocol, [start, header_end, end, cut]: [usize; 4]) -> Self {
        let [start, header_end, end, cut] =
            [start, header_end, end, cut].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
        Self { protocol, start, header_end, end, cut }
    }

    fn start(&self) -> usize {
        self.start as usize
    }

    fn header_end(&self) -> usize {
        self.header_end as usize
    }

    fn end(&self) -> usize {
        self.end as usize
    }

    fn cut(&self) -> usize {
        self.cut as usize
    }
}

/// One layer: a header of one protocol, and what it carries.
#[derive(Clone, Copy)]
pub struct Layer<'a> {
    bytes: &'a [u8],
    spans: &'a [Span],
    index: usize,
}

/// The layers of a packet, the outermost first.
#[derive(Clone)]
pub struct Layers<'a> {
    layer: Layer<'a>,
}

impl<'a> Packet<'a> {
    /// Takes apart the first bytes, as far as they were captured, of a packet of `length` bytes that begins with a
    /// header of `protocol`.
    pub fn decode_as(protocol: &'static Protocol, bytes: &'a [u8], length: usize) -> Self {
        let none = Span { protocol: &DATA, start: 0, header_end: 0, end: 0, cut: 0 };
        let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
        let cut = length.saturating_sub(bytes.len());
        let mut packet = Self { bytes, cut, spans: [none; MOST], count: 0, problem: None };
        packet.take_apart(protocol);
        packet
    }

    fn take_apart(&mut self, first: &'static Protocol) {
        let (mut at, mut end, mut cut) = (0, self.bytes.len(), self.cut);
        let mut protocol = first;
        loop {
            if self.count == MOST {
                self.trouble(Problem::new(protocol.name, at, Trouble::TooDeep));
                return;
            }
            let bytes = &self.bytes[at..end];
            let frame = Frame { bytes, cut };
            let Dissection { header, payload, next, problem } = (protocol.dissect)(&frame);
            // No length of a peer's leads past what there is.
            let header_end = at + header.min(bytes.len());
            let payload_end = header_end + payload.min(end - header_end);
            let missing = (header + payload).saturating_sub(payload_end - at).min(cut);
            self.spans[self.count] = Span::new(protocol, [at, header_end, payload_end, missing]);
            self.count += 1;
            // The first fragment begins with a header that counts what the others carry.
            if let Some(problem) = problem.filter(|problem| !(problem.is_too_large() && self.is_fragment())) {
                self.trouble(problem.moved(at));
            }
            match next {
                Next::Protocol(known) if header_end < payload_end => protocol = known.unwrap_or(&DATA),
                Next::Quoted(known) if header_end < payload_end => protocol = known,
                _ => return,
            }
            let quoted = matches!(next, Next::Quoted(_));
            (at, end, cut) =
                (header_end, payload_end, if quoted { missing.max(LONGEST_QUOTED) } else { missing });
        }
    }

    /// Whether its innermost layer is carried by several packets, of which this is one.
    fn is_fragment(&self) -> bool {
        self.layers().take(self.count.saturating_sub(1)).any(|layer| layer.is_fragment())
    }

    /// The first problem is the one that counts.
    fn trouble(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// All its bytes, as far as they were captured.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How long it was on the wire, in bytes.
    pub fn length(&self) -> usize {
        self.bytes.len() + self.cut
    }

    /// Its layers, the outermost first.
    pub fn layers(&self) -> Layers<'_> {
        Layers { layer: Layer { bytes: self.bytes, spans: &self.spans[..self.count], index: 0 } }
    }

    /// Its first layer of the protocol of that name, such as `tcp`.
    pub fn layer(&self, name: &str) -> Option<Layer<'_>> {
        self.layers().find(|layer| layer.protocol().name == name)
    }

    /// The value of the first field of that name, such as `ip.ttl`.
    pub fn field(&self, name: &str) -> Option<Value<'_>> {
        self.layers().find_map(|layer| layer.field(name))
    }

    /// Where the packet breaks, as far as its layers tell; a part of a header that breaks, such as an option, is told
    /// when the [fields are visited](Layer::visit).
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }
}

impl fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.layers().map(|layer| layer.protocol().name).collect();
        f.debug_struct("Packet")
            .field("length", &self.length())
            .field("layers", &names)
            .finish_non_exhaustive()
    }
}

impl<'a> Layer<'a> {
    #[inline]
    fn span(&self) -> &'a Span {
        &self.spans[self.index]
    }

    /// Its protocol.
    pub fn protocol(&self) -> &'static Protocol {
        self.span().protocol
    }

    /// Where its header begins, in bytes from the packet's first.
    pub fn start(&self) -> usize {
        self.span().start()
    }

    /// Its header, as far as it was captured.
    pub fn header(&self) -> &'a [u8] {
        &self.bytes[self.span().start()..self.span().header_end()]
    }

    /// What its header carries, as far as it was captured.
    pub fn payload(&self) -> &'a [u8] {
        &self.bytes[self.span().header_end()..self.span().end()]
    }

    /// Its header and what it carries.
    pub fn bytes(&self) -> &'a [u8] {
        &self.bytes[self.span().start()..self.span().end()]
    }

    /// Its bytes, and those that follow them in the layer around it, such as the trailer of a frame.
    pub(crate) fn with_rest(&self) -> &'a [u8] {
        let end = self.outer().map_or(self.bytes.len(), |outer| outer.span().end());
        &self.bytes[self.span().start()..end]
    }

    /// Whether the capture, or the message that quotes it, holds only its first bytes.
    pub fn is_cut(&self) -> bool {
        self.span().cut() > 0
    }

    /// How long it was on the wire, in bytes, header and payload.
    pub fn length(&self) -> usize {
        self.bytes().len() + self.span().cut()
    }

    /// The layer around all others.
    pub(crate) fn outermost(&self) -> Self {
        Self { index: 0, ..*self }
    }

    /// The layer that carries this one; none for the outermost.
    pub fn outer(&self) -> Option<Self> {
        Some(Self { index: self.index.checked_sub(1)?, ..*self })
    }

    /// The layer that this one carries; none for the innermost.
    pub fn inner(&self) -> Option<Self> {
        (self.index + 1 < self.spans.len()).then_some(Self { index: self.index + 1, ..*self })
    }

    /// The nearest header of IP around this one.
    pub(crate) fn around_ip(&self) -> Option<Self> {
        let mut layer = self.outer()?;
        while !layer.is_ip() {
            layer = layer.outer()?;
        }
        Some(layer)
    }

    /// Whether it is a header of IP.
    #[inline]
    pub(crate) fn is_ip(&self) -> bool {
        matches!(self.protocol().name, "ip" | "ipv6")
    }

    /// Whether it is a header of IPv4, or a fragment header of IPv6, that says that there is only a part of what it
    /// carries.
    ///
    /// By places, and not by names such as `ip.flags.mf`: each checksum asks.
    fn is_fragment(&self) -> bool {
        let header = self.header();
        match self.protocol().name {
            // More follow, or it does not begin at 0.
            "ip" => header.get(6..8).is_none_or(|two| two[0] & 0x3f != 0 || two[1] != 0),
            // The lowest bit says that more follow; the two above it are reserved.
            "ipv6.fraghdr" => header.get(2..4).is_none_or(|two| two[0] != 0 || two[1] & 0xf9 != 0),
            _ => false,
        }
    }

    /// Whether only a part of what the nearest header of IP around it carries is in the packet.
    pub(crate) fn is_in_fragment(&self) -> bool {
        let mut layer = *self;
        while let Some(outer) = layer.outer() {
            if outer.is_fragment() {
                return true;
            }
            if outer.is_ip() {
                return false;
            }
            layer = outer;
        }
        false
    }

    /// The nearest layer around this one that is of one of these protocols.
    pub(crate) fn around(&self, names: &[&str]) -> Option<Self> {
        let mut layer = *self;
        loop {
            layer = layer.outer()?;
            if names.contains(&layer.protocol().name) {
                return Some(layer);
            }
        }
    }

    /// Writes what there is to say of it, as its part of a packet's line has it.
    ///
    /// # Errors
    ///
    /// The writer's own.
    pub fn line(&self, out: &mut dyn fmt::Write) -> fmt::Result {
        (self.protocol().line)(*self, out)
    }

    /// Tells `visit` all fields of the header, in the order in which they stand, and where it breaks.
    pub fn visit(&self, visit: &mut dyn Visit<'a>) {
        Walker::new(*self, visit).run();
    }

    /// Where a part of its header breaks, such as an option: what [`visit`](Self::visit) would tell of it.
    pub fn problem(&self) -> Option<Problem> {
        let protocol = self.protocol();
        protocol.walk?;
        // All of it is data, whatever it is.
        if ptr::eq(protocol, &raw const DATA) {
            return None;
        }
        let mut found = Broken(None);
        Walker::new(*self, &mut found).run_parts();
        found.0
    }

    /// The value of its first field of that name, such as `ip.ttl`.
    pub fn field(&self, name: &str) -> Option<Value<'a>> {
        self.item(name).map(|item| item.value)
    }

    /// Its first field of that name, with its place.
    pub fn item(&self, name: &str) -> Option<Item<'a>> {
        let protocol = self.protocol();
        let mut named = protocol.fields.iter().filter(|field| field.name == name);
        if let Some((field, bits)) = named.find_map(|field| Some((field, field.bits(self.header())?))) {
            let value = field.read(self.header(), &bits)?;
            let start = self.start() * 8;
            return Some(Item { field, value, bits: start + bits.start..start + bits.end });
        }
        let mut found = Find { name, item: None };
        if protocol.parts.iter().any(|field| field.name == name) {
            self.visit(&mut found);
        }
        found.item
    }
}

struct Find<'n, 'a> {
    name: &'n str,
    item: Option<Item<'a>>,
}

impl<'a> Visit<'a> for Find<'_, 'a> {
    fn field(&mut self, item: Item<'a>) -> bool {
        if item.field.name == self.name {
            self.item = Some(item);
        }
        self.item.is_none()
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        self.field(part)
    }
}

struct Broken(Option<Problem>);

impl<'a> Visit<'a> for Broken {
    fn field(&mut self, _: Item<'a>) -> bool {
        true
    }

    fn problem(&mut self, problem: Problem) {
        self.0 = Some(problem);
    }
}

impl<'a> Iterator for Layers<'a> {
    type Item = Layer<'a>;

    fn next(&mut self) -> Option<Layer<'a>> {
        let layer = (self.layer.index < self.layer.spans.len()).then_some(self.layer);
        self.layer.index += 1;
        layer
    }
}

impl fmt::Debug for Layer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layer")
            .field("protocol", &self.protocol().name)
            .field("start", &self.start())
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Layers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
