//! A message in a line.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{HEADER, is_response, rows};
use crate::layer::Layer;
use crate::name::Name;

/// The most answers that a line has.
const MOST: u16 = 4;

/// As tcpdump has it: `4660+ A? example.com`, and the answer `4660 2/0/1 CNAME example.com, A 192.0.2.1`.
pub(super) fn line(layer: Layer<'_>, base: usize, out: &mut dyn fmt::Write) -> fmt::Result {
    let header = layer.header();
    let Some(message) = header.get(base..).filter(|message| message.len() >= HEADER.len()) else {
        return Ok(());
    };
    let word =
        |at: usize| message.get(at..at + 2).map_or(0, |two| u16::from(two[0]) << 8 | u16::from(two[1]));
    write!(out, "{}", word(0))?;
    match rows::opcode(u64::from(word(2) >> 11 & 15)) {
        Some("query") => (),
        Some(opcode) => write!(out, " {opcode}")?,
        None => write!(out, " opcode {}", word(2) >> 11 & 15)?,
    }
    if word(2) & 0x0100 != 0 {
        out.write_str("+")?;
    }
    let mut at = HEADER.len();
    if !is_response(header, base) {
        return questions(message, &mut at, word(4), &mut |name, kind| {
            out.write_str(" ")?;
            kind_word(kind, out)?;
            write!(out, "? {name}")
        });
    }
    match u64::from(word(2) & 15) {
        0 => (),
        code => write!(out, " {}", rows::rcode(code).unwrap_or("error"))?,
    }
    write!(out, " {}/{}/{}", word(6), word(8), word(10))?;
    questions(message, &mut at, word(4), &mut |_, _| Ok(()))?;
    answers(message, at, word(6), out)
}

/// Tells `each` of the questions, and goes behind them.
fn questions<'m>(
    message: &'m [u8],
    at: &mut usize,
    count: u16,
    each: &mut dyn FnMut(Name<'m>, u16) -> fmt::Result,
) -> fmt::Result {
    for _ in 0..count {
        let Some((name, end)) = Name::read(message, *at) else { break };
        let Some(&[high, low, _, _]) = message.get(end..end + 4) else { break };
        each(name, u16::from(high) << 8 | u16::from(low))?;
        *at = end + 4;
    }
    Ok(())
}

fn answers(message: &[u8], mut at: usize, count: u16, out: &mut dyn fmt::Write) -> fmt::Result {
    let mut before = " ";
    for _ in 0..count.min(MOST) {
        let Some((_, end)) = Name::read(message, at) else { break };
        let Some(&[high, low, _, _, _, _, _, _, long, length]) = message.get(end..end + 10) else { break };
        let start = end + 10;
        let kind = u16::from(high) << 8 | u16::from(low);
        at = start + (usize::from(long) << 8 | usize::from(length));
        let Some(data) = message.get(start..at) else { break };
        out.write_str(before)?;
        kind_word(kind, out)?;
        match (kind, data) {
            (1, &[a, b, c, d]) => write!(out, " {}", Ipv4Addr::new(a, b, c, d))?,
            (28, data) => {
                if let Ok(address) = <[u8; 16]>::try_from(data) {
                    write!(out, " {}", Ipv6Addr::from(address))?;
                }
            }
            (2 | 5 | 12 | 39, _) => named(message, start, out)?,
            (15, _) => named(message, start + 2, out)?,
            (33, _) => named(message, start + 6, out)?,
            _ => (),
        }
        before = ", ";
    }
    Ok(())
}

fn named(message: &[u8], at: usize, out: &mut dyn fmt::Write) -> fmt::Result {
    Name::read(message, at).map_or(Ok(()), |(name, _)| write!(out, " {name}"))
}

fn kind_word(kind: u16, out: &mut dyn fmt::Write) -> fmt::Result {
    match rows::kind(kind.into()) {
        Some(word) => out.write_str(word),
        None => write!(out, "TYPE{kind}"),
    }
}
