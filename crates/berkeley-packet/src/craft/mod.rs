//! Packets as text: a grammar in which they are written, built and printed.
//!
//! A packet is its layers, the outermost first, with `/` between them. A layer is the name of its protocol and, in
//! parentheses, the fields that are to have other values than the usual ones. What a layer carries is a text in quotes,
//! or bytes as `0x..`:
//!
//! ```
//! use berkeley_packet::craft;
//! use berkeley_packet::{LinkType, Packet};
//!
//! let recipe = craft::parse(r#"ip(dst=127.0.0.2,ttl=3)/icmp(type=8)/"hello""#).unwrap();
//! let bytes = recipe.build();
//! assert_eq!(bytes.len(), 20 + 8 + 5);
//!
//! let packet = Packet::decode(LinkType::RAW, &bytes);
//! assert_eq!(packet.field("ip.ttl").unwrap().number(), Some(3));
//! // Back to text: what is filled in anyway is left out.
//! assert_eq!(craft::text(&packet), r#"ip(ttl=3,dst=127.0.0.2)/icmp/"hello""#);
//! ```
//!
//! - A field's name is tshark's, with the protocol's or without: `ip.ttl` or `ttl`.
//! - Its value is a number in decimal or as `0x..`, a word that the protocol has for a number (`type=echo-request`), an
//!   address, or bytes as `0x..` or `"text"`. The name of a flag alone sets it: `tcp(flags.syn)`; all at
//!   once are words with `|` between them: `tcp(flags=syn|ack)`.
//! - Lengths, checksums, and the number of the protocol that a layer carries are filled in unless they are set. A wrong
//!   one that is set stays.
//! - What may stand behind a header's fields, such as options, is given as bytes: `ip(options=0x01010100)`. Options of
//!   TCP and IPv4 have names too: `tcp(flags=syn,options=[mss=1460,sack_perm,timestamp(1,0),nop,wscale=7])`.
//! - `padding` is what stands behind the layer that a layer carries: `eth(padding=0x0000)/ip/udp/"hi"`.
//! - The escapes of a text are `\n`, `\r`, `\t`, `\0`, `\"`, `\'`, `\\` and `\xff`.
//!
//! Every packet can be written so, also a broken one: where its bytes are not what its protocol builds, they stand as
//! bytes.

mod answer;
mod express;
mod field;
mod option;
mod parse;
mod part;

use std::fmt;
use std::str::FromStr;

pub use crate::fault::ParseError as CraftError;
use crate::layer::Protocol;
use crate::layer::packet::Packet;
use crate::link::LinkType;
pub use answer::is_answer;
use part::Part;

/// A packet that can be built: its layers, and the fields that were set.
///
/// It prints as the text from which it is read.
#[derive(Clone, Debug)]
pub struct Recipe {
    parts: Vec<Part>,
}

/// Reads a packet's text.
///
/// # Errors
///
/// Where the text is not a packet. The error prints the text with a caret under the fault, and says what was expected.
///
/// ```
/// let error = berkeley_packet::craft::parse("ip(tll=3)").unwrap_err();
/// assert_eq!(error.to_string(), "\
/// no field of ip is called \"tll\"; did you mean \"ttl\"?
///   ip(tll=3)
///      ^^^");
/// ```
pub fn parse(text: &str) -> Result<Recipe, CraftError> {
    Ok(Recipe { parts: parse::parse(text)? })
}

/// The packet as text, from which the same bytes are built as were captured. Only those fields are in it that would not
/// be filled in with the same values.
pub fn text(packet: &Packet<'_>) -> String {
    Recipe::of(packet).to_string()
}

impl Recipe {
    /// How `packet` is built.
    pub fn of(packet: &Packet<'_>) -> Self {
        Self { parts: express::parts(packet) }
    }

    /// Sets the first field of that name, such as `ip.src`, to `value`, unless it was set: what the sender knows and a
    /// person need not write. Does nothing where no layer has such a field, or it cannot have that value.
    ///
    /// ```
    /// let mut recipe = berkeley_packet::craft::parse("ip(dst=192.0.2.1)/udp").unwrap();
    /// recipe.fill("ip.src", "192.0.2.7");
    /// recipe.fill("ip.dst", "192.0.2.8");
    /// assert_eq!(recipe.to_string(), "ip(src=192.0.2.7,dst=192.0.2.1)/udp");
    /// ```
    pub fn fill(&mut self, name: &str, value: &str) {
        for part in &mut self.parts {
            if let Some(known) = part.protocol.fields.iter().find(|field| field.name == name) {
                part.fill(known, value);
                return;
            }
        }
    }

    /// The packet's bytes. Each call builds the same.
    pub fn build(&self) -> Vec<u8> {
        let (mut bytes, mut inner) = (Vec::new(), None);
        for (index, part) in self.parts.iter().enumerate().rev() {
            bytes.extend(&part.padding);
            let mut whole = part.complete(&bytes, inner, &self.parts[..index]);
            whole.append(&mut bytes);
            (bytes, inner) = (whole, part.known());
        }
        bytes
    }

    /// The protocol of the outermost layer; none where the packet begins with bytes.
    pub fn protocol(&self) -> Option<&'static Protocol> {
        self.parts.first()?.known()
    }

    /// What the packet begins with, as a capture file has it; none where it begins with bytes, or with a protocol that
    /// no capture begins with.
    pub fn link(&self) -> Option<LinkType> {
        let name = self.protocol()?.name;
        let links =
            [LinkType::ETHERNET, LinkType::LINUX_SLL, LinkType::LINUX_SLL2, LinkType::NULL, LinkType::LOOP];
        match name {
            "ip" | "ipv6" => Some(LinkType::RAW),
            _ => links.into_iter().find(|link| link.protocol().is_some_and(|protocol| protocol.name == name)),
        }
    }
}

impl FromStr for Recipe {
    type Err = CraftError;

    fn from_str(text: &str) -> Result<Self, CraftError> {
        parse(text)
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts.is_empty() {
            return f.write_str("\"\"");
        }
        for (index, part) in self.parts.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "/" })?;
            part.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bytes() {
            return bytes(self.header(), f);
        }
        f.write_str(self.protocol.name)?;
        let mut separator = "(";
        let mut next = || std::mem::replace(&mut separator, ",");
        for known in self.set() {
            if let Some(at) = known.bits(self.header()) {
                f.write_str(next())?;
                field::print(field::short(self.protocol, known), known, self.header(), &at, f)?;
            }
        }
        if let Some(rest) =
            self.protocol.craft.and_then(|craft| craft.rest).filter(|_| !self.rest().is_empty())
        {
            write!(f, "{}{}=", next(), field::short(self.protocol, rest))?;
            match option::text(rest.forms, self.rest()) {
                Some(options) => f.write_str(&options)?,
                None => field::in_hex(self.rest(), f)?,
            }
        }
        if !self.padding.is_empty() {
            write!(f, "{}{}=", next(), field::PADDING)?;
            field::in_hex(&self.padding, f)?;
        }
        f.write_str(if separator == "(" { "" } else { ")" })
    }
}

/// Bytes that read as text are text.
fn bytes(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t');
    if bytes.iter().all(is_text) { field::quoted(bytes, f) } else { field::in_hex(bytes, f) }
}
