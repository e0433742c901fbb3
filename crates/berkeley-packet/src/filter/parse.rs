//! The grammar of filters: pcap-filter(7).
//!
//! It is read from left to right, and each primitive becomes a condition at once, as `vlan`, `mpls` and `pppoes` change
//! what those behind them mean.

mod relation;

use std::net::IpAddr;
use std::ops::Range;

use super::calculation::{Comparison, operation};
use super::code::{B, JEQ, JGE, JGT, JSET, LD, LEN};
use super::condition::{Condition, Junction, load};
use super::error::Fault;
use super::layout::Layout;
use super::names;
use super::primitive::Direction;
use super::program::Instruction;
use super::protocol::{self, Protocol};
use super::words::{Spanned, Token};
use crate::fault::quote;

/// The addresses of a host's name.
pub(super) type Hosts<'h> = &'h dyn Fn(&str) -> Vec<IpAddr>;

/// How deep parentheses and the like may be nested.
const DEEPEST: usize = 60;

/// What stands before an address or a number, and says what it is.
#[derive(Clone, Copy, Debug)]
struct Qualifier {
    protocol: Option<Protocol>,
    direction: Direction,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Host,
    Net,
    Port,
    PortRange,
    Proto,
    /// None of these words: a host.
    Unsaid,
}

type Parsed = Result<Condition, Fault>;

/// The words that begin a primitive, besides the protocols'.
const WORDS: &[&str] = &[
    "host",
    "net",
    "port",
    "portrange",
    "proto",
    "src",
    "dst",
    "less",
    "greater",
    "broadcast",
    "multicast",
    "vlan",
    "mpls",
    "pppoed",
    "pppoes",
    "inbound",
    "outbound",
    "ifindex",
    "byte",
    "len",
    "length",
    "not",
    "and",
    "or",
    "mask",
    "flags",
    "any",
    "only",
];

pub(super) struct Parser<'t, 'h> {
    text: &'t str,
    tokens: Vec<Spanned<'t>>,
    at: usize,
    layout: Layout,
    hosts: Option<Hosts<'h>>,
    /// The words before the last address, which hold for one that follows without any.
    qualifier: Option<Qualifier>,
    depth: usize,
    operations: usize,
}

impl<'t, 'h> Parser<'t, 'h> {
    pub(super) fn new(
        text: &'t str,
        tokens: Vec<Spanned<'t>>,
        layout: Layout,
        hosts: Option<Hosts<'h>>,
    ) -> Self {
        Self { text, tokens, at: 0, layout, hosts, qualifier: None, depth: 0, operations: 0 }
    }

    /// The condition of the whole text. An empty one is every packet's.
    pub(super) fn parse(mut self) -> Parsed {
        if *self.peek() == Token::End {
            return Ok(Condition::Always(true));
        }
        let condition = self.expression()?;
        match self.peek() {
            Token::End => Ok(condition),
            Token::Sign(")") => Err(self.fault("no parenthesis is open here")),
            token => {
                let fault = self.fault(format!("expected \"and\", \"or\" or the end, not {}", self.shown()));
                Err(fault.near(token.word(), words()))
            }
        }
    }

    fn expression(&mut self) -> Parsed {
        let first = self.term()?;
        let mut rest = Vec::new();
        while let Some(junction) = self.junction() {
            let part = match self.qualifier {
                Some(qualifier) if self.is_address_next() => self.address(qualifier)?,
                _ => self.term()?,
            };
            rest.push((junction, part));
        }
        Ok(if rest.is_empty() { first } else { Condition::Chain(Box::new(first), rest) })
    }

    fn junction(&mut self) -> Option<Junction> {
        let junction = match self.peek() {
            Token::Sign("and") | Token::Word("and") => Junction::And,
            Token::Sign("or") | Token::Word("or") => Junction::Or,
            _ => return None,
        };
        self.at += 1;
        Some(junction)
    }

    fn is_not(&self) -> bool {
        matches!(self.peek(), Token::Sign("not") | Token::Word("not"))
    }

    /// Whether an address or a number follows, and no primitive: behind any parentheses and `not`.
    fn is_address_next(&self) -> bool {
        let is_in_front = |token: &Token<'_>| matches!(token, Token::Sign("(" | "not") | Token::Word("not"));
        let mut at = self.at;
        while is_in_front(self.token(at)) && at < self.at + DEEPEST {
            if self.is_calculation(at) {
                return false;
            }
            at += 1;
        }
        match self.token(at) {
            Token::Ipv4(..) | Token::Ipv6(_) | Token::Mac(_) | Token::Name(_) => true,
            Token::Number(_) => !self.is_operator(at + 1),
            Token::Word(word) => !is_known(word),
            _ => false,
        }
    }

    /// An operator between numbers.
    fn is_operator(&self, at: usize) -> bool {
        matches!(self.token(at), Token::Sign(sign) if operation(sign).is_some() || Comparison::of(sign).is_some())
    }

    /// Whether the parenthesis at `at` holds a number: an operator follows the one that closes it.
    fn is_calculation(&self, at: usize) -> bool {
        if *self.token(at) != Token::Sign("(") {
            return false;
        }
        let mut depth = 0_usize;
        for (index, spanned) in self.tokens.iter().enumerate().skip(at) {
            match spanned.token {
                Token::Sign("(") => depth += 1,
                Token::Sign(")") => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return self.is_operator(index + 1);
            }
        }
        false
    }

    fn term(&mut self) -> Parsed {
        self.deeper(Self::term_inside)
    }

    fn term_inside(&mut self) -> Parsed {
        if self.is_not() {
            self.at += 1;
            return Ok(self.term()?.not());
        }
        match self.peek().clone() {
            Token::Sign("(") if !self.is_calculation(self.at) => {
                self.at += 1;
                let before = self.qualifier;
                let condition = self.expression()?;
                self.close(")")?;
                self.qualifier = before;
                Ok(condition)
            }
            Token::Sign("(" | "-") | Token::Number(_) | Token::Word("len" | "length") => self.relation(),
            Token::Word(word) => self.primitive(word),
            Token::Ipv4(..) | Token::Ipv6(_) => {
                self.address(Qualifier { protocol: None, direction: Direction::Either, kind: Kind::Unsaid })
            }
            Token::Mac(_) => Err(self
                .fault("an Ethernet address stands behind \"ether host\", \"ether src\" or \"ether dst\"")),
            _ => Err(self.fault(format!("expected a condition, not {}", self.shown()))),
        }
    }

    /// A primitive that begins with a word.
    fn primitive(&mut self, word: &'t str) -> Parsed {
        let start = self.at;
        let protocol = Protocol::of(word);
        if protocol.is_some() {
            if *self.token(self.at + 1) == Token::Sign("[") {
                return self.relation();
            }
            self.at += 1;
        }
        let Token::Word(word) = *self.peek() else { return self.abbreviation(start, protocol) };
        match word {
            "src" | "dst" | "host" | "net" | "port" | "portrange" | "proto" => {
                let qualifier = self.qualifiers(protocol)?;
                self.address(qualifier)
            }
            "broadcast" => self.whole(start, |layout| layout.broadcast(protocol)),
            "multicast" => self.whole(start, |layout| layout.multicast(protocol)),
            "flags" if protocol == Some(Protocol::Tcp) => self.flags(start),
            "protochain" | "gateway" => Err(self.fault(format!("\"{word}\" is not supported"))),
            _ if protocol.is_some() => self.abbreviation(start, protocol),
            _ => self.other(start, word),
        }
    }

    /// A protocol alone.
    fn abbreviation(&mut self, start: usize, protocol: Option<Protocol>) -> Parsed {
        let Some(protocol) = protocol else { return Err(self.unknown(start)) };
        self.qualifier = None;
        self.layout.is(protocol).map_err(|message| Fault::new(self.span_from(start), message))
    }

    /// A primitive that ends with the word that is next.
    fn whole(&mut self, start: usize, test: impl Fn(&mut Layout) -> Result<Condition, String>) -> Parsed {
        self.at += 1;
        self.qualifier = None;
        test(&mut self.layout).map_err(|message| Fault::new(self.span_from(start), message))
    }

    fn other(&mut self, start: usize, word: &str) -> Parsed {
        let length = || vec![Instruction::new(LD | LEN, 0)];
        match word {
            "less" => Ok(Condition::test(length(), JGT, self.number_behind()?).not()),
            "greater" => Ok(Condition::test(length(), JGE, self.number_behind()?)),
            "vlan" => self.with_number(start, Layout::vlan),
            "mpls" => self.with_number(start, Layout::mpls),
            "pppoes" => self.with_number(start, Layout::pppoes),
            "pppoed" => self.whole(start, |layout| layout.carries(0x8863)),
            "inbound" => self.whole(start, |layout| layout.outbound().map(Condition::not)),
            "outbound" => self.whole(start, |layout| layout.outbound()),
            "ifindex" => {
                let number = self.number_behind()?;
                self.layout.interface(number).map_err(|message| Fault::new(self.span_from(start), message))
            }
            "byte" => self.byte(),
            _ => Err(self.unknown(start)),
        }
    }

    /// The number that must follow the word that is next.
    fn number_behind(&mut self) -> Result<u32, Fault> {
        self.at += 1;
        self.qualifier = None;
        self.number()
    }

    fn number(&mut self) -> Result<u32, Fault> {
        let Token::Number(number) = *self.peek() else {
            return Err(self.fault(format!("expected a number, not {}", self.shown())));
        };
        self.at += 1;
        Ok(number)
    }

    /// A word that may have a number behind it.
    fn with_number(
        &mut self,
        start: usize,
        test: impl Fn(&mut Layout, Option<u32>) -> Result<Condition, String>,
    ) -> Parsed {
        self.at += 1;
        self.qualifier = None;
        let open =
            self.tokens[self.at..].iter().take_while(|spanned| spanned.token == Token::Sign("(")).count();
        let number = match *self.token(self.at + open) {
            Token::Number(number) => Some(number),
            _ => None,
        };
        if number.is_some() {
            self.at += open + 1;
            (0..open).try_for_each(|_| self.close(")"))?;
        }
        test(&mut self.layout, number).map_err(|message| Fault::new(self.span_from(start), message))
    }

    /// `byte INDEX OPERATOR NUMBER`.
    fn byte(&mut self) -> Parsed {
        let at = self.number_behind()?;
        let sign = self.at;
        self.at += 1;
        let steps = vec![load(B, at as usize)];
        let value = |parser: &mut Self| parser.number();
        match *self.token(sign) {
            Token::Sign("=") => Ok(Condition::test(steps, JEQ, value(self)?)),
            Token::Sign(">") => Ok(Condition::test(steps, JGT, value(self)?)),
            Token::Sign("<") => Ok(Condition::test(steps, JGE, value(self)?).not()),
            Token::Sign("&") => Ok(Condition::test(steps, JSET, value(self)?)),
            Token::Sign("|") => match value(self)? {
                0 => Ok(Condition::test(steps, JEQ, 0).not()),
                _ => Ok(Condition::Always(true)),
            },
            _ => Err(Fault::new(
                self.tokens[sign.min(self.tokens.len() - 1)].span.clone(),
                "expected =, <, >, & or |",
            )),
        }
    }

    /// `tcp flags syn,ack`, `tcp flags any syn,fin`, `tcp flags only syn`.
    fn flags(&mut self, start: usize) -> Parsed {
        self.at += 1;
        let how = match self.peek() {
            Token::Word(word @ ("any" | "only")) => Some(*word),
            _ => None,
        };
        self.at += usize::from(how.is_some());
        let mut bits = 0;
        loop {
            let Token::Word(word) = *self.peek() else {
                return Err(self.fault(format!("expected a flag such as syn, not {}", self.shown())));
            };
            let unknown =
                || self.fault(format!("{} is no flag of TCP", quote(word))).near(word, names::flags());
            bits |= names::flag(word).ok_or_else(unknown)?;
            self.at += 1;
            if *self.peek() != Token::Sign(",") {
                break;
            }
            self.at += 1;
        }
        self.qualifier = None;
        let tested = match how {
            Some("any") => self.layout.flags(bits, None),
            Some(_) => self.layout.flags(0xff, Some(bits)),
            None => self.layout.flags(bits, Some(bits)),
        };
        tested.map_err(|message| Fault::new(self.span_from(start), message))
    }

    /// The direction and the kind in front of an address.
    fn qualifiers(&mut self, protocol: Option<Protocol>) -> Result<Qualifier, Fault> {
        let direction = self.direction();
        let kind = match self.peek() {
            Token::Word("host") => Kind::Host,
            Token::Word("net") => Kind::Net,
            Token::Word("port") => Kind::Port,
            Token::Word("portrange") => Kind::PortRange,
            Token::Word("proto") if direction.is_some() => {
                return Err(self.fault("a protocol has no direction"));
            }
            Token::Word("proto") => Kind::Proto,
            _ => Kind::Unsaid,
        };
        self.at += usize::from(kind != Kind::Unsaid);
        Ok(Qualifier { protocol, direction: direction.unwrap_or(Direction::Either), kind })
    }

    fn direction(&mut self) -> Option<Direction> {
        let side = |at| match self.token(at) {
            Token::Word("src") => Some(Direction::Source),
            Token::Word("dst") => Some(Direction::Destination),
            _ => None,
        };
        let first = side(self.at)?;
        let second = side(self.at + 2).filter(|second| *second != first);
        let together = match (self.token(self.at + 1), second) {
            (Token::Sign("or") | Token::Word("or"), Some(_)) => Some(Direction::Either),
            (Token::Sign("and") | Token::Word("and"), Some(_)) => Some(Direction::Both),
            _ => None,
        };
        self.at += if together.is_some() { 3 } else { 1 };
        together.or(Some(first))
    }

    /// An address, a number or a name, or several in parentheses, for which `qualifier` holds.
    fn address(&mut self, qualifier: Qualifier) -> Parsed {
        self.deeper(|parser| parser.address_inside(qualifier))
    }

    fn address_inside(&mut self, qualifier: Qualifier) -> Parsed {
        self.qualifier = Some(qualifier);
        if self.is_not() {
            self.at += 1;
            return Ok(self.address(qualifier)?.not());
        }
        if *self.peek() != Token::Sign("(") {
            return self.single_address(qualifier);
        }
        self.at += 1;
        let first = self.address(qualifier)?;
        let mut rest = Vec::new();
        while let Some(junction) = self.junction() {
            rest.push((junction, self.address(qualifier)?));
        }
        self.close(")")?;
        Ok(if rest.is_empty() { first } else { Condition::Chain(Box::new(first), rest) })
    }

    fn single_address(&mut self, qualifier: Qualifier) -> Parsed {
        let start = self.at;
        let token = self.peek().clone();
        if token == Token::End || matches!(token, Token::Sign(_)) {
            let wanted = qualifier.kind.wanted();
            return Err(self.fault(format!("expected {wanted}, not {}", self.shown())));
        }
        self.at += 1;
        match qualifier.kind {
            Kind::Port => self.port(&token, qualifier),
            Kind::PortRange => self.port_range(&token, qualifier),
            Kind::Proto => self.proto(&token, qualifier.protocol),
            Kind::Host | Kind::Net | Kind::Unsaid => self.host(&token, qualifier),
        }
        .map_err(|refusal| Fault { span: self.span_from(start), ..refusal })
    }

    fn port(&mut self, token: &Token<'_>, qualifier: Qualifier) -> Parsed {
        let (port, protocol) = match token {
            Token::Number(number) => {
                let port = u16::try_from(*number).map_err(|_| refuse("a port is at most 65535"))?;
                (port, qualifier.protocol)
            }
            Token::Word(name) | Token::Name(name) => {
                let (port, bound) = service(name)?;
                (port, agree(qualifier.protocol, bound, name)?)
            }
            _ => return Err(refuse("a port is a number or the name of a service")),
        };
        self.layout.ports(protocol, qualifier.direction, port, None).map_err(refuse)
    }

    fn port_range(&mut self, token: &Token<'_>, qualifier: Qualifier) -> Parsed {
        let ends = match token {
            Token::Number(number) => [number.to_string(), number.to_string()],
            Token::Word(range) | Token::Name(range) => {
                // A service's name may have a dash of its own, of which the first one that parts two ports counts.
                let (first, last) = range.split_once('-').unwrap_or((range, range));
                [first.to_owned(), last.to_owned()]
            }
            _ => return Err(refuse("a range of ports is written as 6000-6008")),
        };
        let [first, last] = [end_of_range(&ends[0])?, end_of_range(&ends[1])?];
        // Two services that are bound to different protocols are bound to none together.
        let bound = first.1.filter(|bound| last.1 == Some(*bound));
        let protocol = agree(qualifier.protocol, bound, &ends[0])?;
        let ports = [first.0, last.0];
        self.layout.ports(protocol, qualifier.direction, ports[0], Some(ports[1])).map_err(refuse)
    }

    fn proto(&mut self, token: &Token<'_>, protocol: Option<Protocol>) -> Parsed {
        let number = match token {
            Token::Number(number) => *number,
            Token::Word(name) | Token::Name(name) => {
                let found = match protocol {
                    Some(Protocol::Link) => linked(name),
                    Some(Protocol::Linked("iso", _)) => match Protocol::of(name) {
                        Some(Protocol::OverIso(_, number)) => Some(number.into()),
                        _ => None,
                    },
                    _ => names::protocol(name),
                };
                let unknown = || refuse(format!("{} is no protocol that is known here", quote(name)));
                let known = || names::protocols().chain(Protocol::words());
                found.ok_or_else(|| unknown().near(name, known()))?
            }
            _ => return Err(refuse("a protocol is a number or a name")),
        };
        self.layout.proto(protocol, number).map_err(refuse)
    }

    fn host(&mut self, token: &Token<'_>, qualifier: Qualifier) -> Parsed {
        let Qualifier { protocol, direction, kind } = qualifier;
        match token {
            Token::Mac(mac) if protocol == Some(Protocol::Link) && kind != Kind::Net => {
                self.layout.mac(direction, *mac).map_err(refuse)
            }
            Token::Mac(_) => Err(refuse(
                "an Ethernet address stands behind \"ether host\", \"ether src\" or \"ether dst\"",
            )),
            _ if protocol == Some(Protocol::Link) => {
                Err(refuse("\"ether\" is followed by an Ethernet address"))
            }
            Token::Ipv4(address, bits) => self.ipv4(*address, *bits, qualifier),
            Token::Number(number) if kind == Kind::Net => {
                let bits = 8 * number.to_be_bytes().iter().skip_while(|byte| **byte == 0).count().max(1);
                self.ipv4(*number, u32::try_from(bits).unwrap_or(32), qualifier)
            }
            Token::Number(number) => self.ipv4(*number, 32, qualifier),
            Token::Ipv6(address) => {
                let bits = self.prefix(128, kind)?.unwrap_or(128);
                let below = u128::MAX.checked_shr(bits).unwrap_or(0);
                if address.to_bits() & below != 0 {
                    return Err(refuse(format!("bits are set behind the first {bits}")));
                }
                self.layout.ipv6(protocol, direction, *address, bits).map_err(refuse)
            }
            Token::Word(name) | Token::Name(name) => self.named_host(name, qualifier),
            Token::Sign(_) | Token::End => Err(refuse("expected an address")),
        }
    }

    /// An address of IPv4, of which the first `bits` are written: a host, or a network.
    fn ipv4(&mut self, address: u32, bits: u32, qualifier: Qualifier) -> Parsed {
        let Qualifier { protocol, direction, kind } = qualifier;
        let address = address.checked_shl(32 - bits).unwrap_or(0);
        let written = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
        let mask = if *self.peek() == Token::Word("mask") {
            self.at += 1;
            let Token::Ipv4(mask, bits) = *self.peek() else {
                return Err(refuse("expected a mask as 255.255.255.0"));
            };
            self.at += 1;
            if kind != Kind::Net {
                return Err(refuse("a mask is for \"net\" alone"));
            }
            mask.checked_shl(32 - bits).unwrap_or(0)
        } else {
            let prefix = self.prefix(32, kind)?;
            prefix.map_or(written, |bits| u32::MAX.checked_shl(32 - bits).unwrap_or(0))
        };
        if address & !mask != 0 {
            return Err(refuse("bits are set that are not of the network"));
        }
        self.layout.ipv4(protocol, direction, address, mask).map_err(refuse)
    }

    /// The length of a prefix, if one follows.
    fn prefix(&mut self, most: u32, kind: Kind) -> Result<Option<u32>, Fault> {
        if *self.peek() != Token::Sign("/") {
            return Ok(None);
        }
        self.at += 1;
        let Token::Number(bits) = *self.peek() else {
            return Err(refuse("expected the length of the prefix"));
        };
        self.at += 1;
        match bits {
            _ if kind != Kind::Net => Err(refuse("a prefix is for \"net\" alone")),
            bits if bits > most => Err(refuse(format!("a prefix has at most {most} bits"))),
            bits => Ok(Some(bits)),
        }
    }

    fn named_host(&self, name: &str, qualifier: Qualifier) -> Parsed {
        let Qualifier { protocol, direction, kind } = qualifier;
        if is_known(name) && self.tokens[self.at - 1].token == Token::Word(name) {
            return Err(refuse(format!("expected an address, not {}", quote(name))));
        }
        let Some(hosts) = self.hosts.filter(|_| kind != Kind::Net) else {
            return Err(refuse(format!("{} is no address, and names are not looked up here", quote(name))));
        };
        let fits = |address: &IpAddr| match protocol {
            Some(protocol::IP6) => address.is_ipv6(),
            Some(_) => address.is_ipv4(),
            None => true,
        };
        let addresses: Vec<_> = hosts(name).into_iter().filter(fits).collect();
        if addresses.is_empty() {
            return Err(refuse(format!("{} has no address", quote(name))));
        }
        let test = |address: &IpAddr| self.layout.host(protocol, direction, *address);
        let tests: Result<Vec<_>, _> = addresses.iter().map(test).collect();
        tests.map(Condition::any).map_err(refuse)
    }

    /// Calls `inside` one level deeper, if that is not too deep.
    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth >= DEEPEST {
            return Err(self.fault("nested too deeply"));
        }
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        result
    }

    fn peek(&self) -> &Token<'t> {
        self.token(self.at)
    }

    fn token(&self, at: usize) -> &Token<'t> {
        self.tokens.get(at).map_or(&Token::End, |spanned| &spanned.token)
    }

    fn close(&mut self, sign: &'static str) -> Result<(), Fault> {
        if *self.peek() != Token::Sign(sign) {
            return Err(self.fault(format!("expected \"{sign}\", not {}", self.shown())));
        }
        self.at += 1;
        Ok(())
    }

    /// A fault at the token that is next.
    fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::new(self.span(self.at), message)
    }

    fn span(&self, at: usize) -> Range<usize> {
        self.tokens.get(at).map_or(self.text.len()..self.text.len(), |spanned| spanned.span.clone())
    }

    /// From the token at `start` to the last one that was taken.
    fn span_from(&self, start: usize) -> Range<usize> {
        self.span(start).start..self.span(self.at.saturating_sub(1).max(start)).end
    }

    /// The token that is next, for a message.
    fn shown(&self) -> String {
        match self.peek() {
            Token::End => "the end".to_owned(),
            _ => quote(self.text.get(self.span(self.at)).unwrap_or_default()),
        }
    }

    /// A word that has no meaning where it stands.
    fn unknown(&self, at: usize) -> Fault {
        let word = self.text.get(self.span(at)).unwrap_or_default();
        let message = if is_known(word) {
            format!("{} cannot stand here", quote(word))
        } else {
            format!("{} is not a word of filters", quote(word))
        };
        Fault::new(self.span(at), message).near(word, words().filter(|known| *known != word))
    }
}

impl Kind {
    fn wanted(self) -> &'static str {
        match self {
            Self::Host | Self::Unsaid => "an address",
            Self::Net => "a network",
            Self::Port => "a port",
            Self::PortRange => "a range of ports",
            Self::Proto => "a protocol",
        }
    }
}

/// A fault whose place is that of the whole address.
fn refuse(message: impl Into<String>) -> Fault {
    Fault::new(0..0, message)
}

/// All words of the language.
fn words() -> impl Iterator<Item = &'static str> {
    WORDS.iter().copied().chain(Protocol::words()).chain(names::constants())
}

fn is_known(word: &str) -> bool {
    WORDS.contains(&word) || Protocol::of(word).is_some()
}

/// A port at the end of a range, by its number or its service's name.
fn end_of_range(text: &str) -> Result<(u16, Option<Protocol>), Fault> {
    match text.parse::<u32>() {
        Ok(number) => Ok((u16::try_from(number).map_err(|_| refuse("a port is at most 65535"))?, None)),
        Err(_) => service(text),
    }
}

fn service(name: &str) -> Result<(u16, Option<Protocol>), Fault> {
    let unknown = || refuse(format!("{} is no service that is known here", quote(name)));
    names::service(name).ok_or_else(|| unknown().near(name, names::services().chain(words())))
}

/// The protocol of a port that is bound to one, where another may be asked for.
fn agree(asked: Option<Protocol>, bound: Option<Protocol>, name: &str) -> Result<Option<Protocol>, Fault> {
    match (asked, bound) {
        (Some(asked), Some(bound)) if asked != bound => {
            Err(refuse(format!("{} is a service of {}", quote(name), bound.word())))
        }
        (asked, bound) => Ok(asked.or(bound)),
    }
}

/// The number by which the link layer names a protocol.
fn linked(name: &str) -> Option<u32> {
    match Protocol::of(name) {
        Some(Protocol::Linked(_, number)) => Some(number.into()),
        _ if name == "loopback" => Some(0x9000),
        _ => None,
    }
}
