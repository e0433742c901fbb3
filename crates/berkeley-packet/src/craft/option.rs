//! Options by their names: `[mss=1460,nop,wscale=7]`, read and printed.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::field;
use crate::layer::form::{Form, Piece, Shape};

/// The most bytes of an option, with its kind and its length.
const LONGEST: usize = 255;

/// Appends an option with these values, as they were written. The error says what it takes.
pub(super) fn write(form: &Form, values: &[&str], out: &mut Vec<u8>) -> Result<(), String> {
    let mut data = Vec::new();
    match form.shape {
        Shape::Single if values.is_empty() => {
            out.push(form.kind);
            return Ok(());
        }
        Shape::Single => return Err(takes(form)),
        Shape::Bytes => match values {
            [] => {}
            [one] => data = field::hex(one).ok_or_else(|| takes(form))?,
            _ => return Err(takes(form)),
        },
        Shape::Values(first, more) => {
            let pieces = first.iter().chain(more.iter().cycle());
            let is_whole = values.len().checked_sub(first.len()).is_some_and(|left| match more.len() {
                0 => left == 0,
                each => left.is_multiple_of(each),
            });
            if !is_whole {
                return Err(takes(form));
            }
            for (piece, value) in pieces.zip(values) {
                push(*piece, value, &mut data).ok_or_else(|| format!("{}, not {value}", takes(form)))?;
            }
        }
    }
    let length = data.len() + 2;
    let Some(byte) = u8::try_from(length).ok().filter(|_| length <= LONGEST) else {
        return Err(format!("{} is {length} bytes long, and at most {LONGEST} can be", form.name));
    };
    out.extend([form.kind, byte]);
    out.append(&mut data);
    Ok(())
}

fn push(piece: Piece, value: &str, out: &mut Vec<u8>) -> Option<()> {
    match piece {
        Piece::Number(length) => {
            let number = field::integer(value)?;
            let bytes = number.to_be_bytes();
            let (above, kept) = bytes.split_at(bytes.len().checked_sub(length)?);
            if above.iter().any(|byte| *byte != 0) {
                return None;
            }
            out.extend(kept);
        }
        Piece::Ipv4 => out.extend(value.parse::<Ipv4Addr>().ok()?.octets()),
    }
    Some(())
}

/// What an option takes, in words.
fn takes(form: &Form) -> String {
    let name = form.name;
    let word = |piece: &Piece| match piece {
        Piece::Number(length) => format!("a number from 0 to {}", u64::MAX >> (64 - 8 * length)),
        Piece::Ipv4 => "an IPv4 address".to_owned(),
    };
    match form.shape {
        Shape::Single | Shape::Values([], []) => format!("{name} takes no value"),
        Shape::Bytes => format!("{name} takes bytes, as {name}=0x.., or none"),
        Shape::Values([one], []) => format!("{name} takes {}", word(one)),
        Shape::Values(first, more) => {
            let mut words: Vec<String> = first.iter().chain(more).map(word).collect();
            if !more.is_empty() {
                words.push("and so on".to_owned());
            }
            format!("{name} takes ({})", words.join(", "))
        }
    }
}

/// The options in `bytes` as text; none where no option has a name here, or they are not whole.
pub(super) fn text(forms: &[Form], bytes: &[u8]) -> Option<String> {
    let (mut rest, mut out, mut named) = (bytes, String::from("["), false);
    while let [kind, ..] = *rest {
        let is_single = |form: &&Form| form.kind == kind && matches!(form.shape, Shape::Single);
        let single = forms.iter().find(is_single);
        let length = if single.is_some() { 1 } else { usize::from(*rest.get(1)?) };
        let (option, behind) = rest.split_at_checked(length.max(1))?;
        if out.len() > 1 {
            out.push(',');
        }
        named |= match single {
            Some(form) => {
                out.push_str(form.name);
                true
            }
            None => several(forms, option, &mut out)?,
        };
        rest = behind;
    }
    out.push(']');
    named.then_some(out)
}

/// Appends an option that has a length. Whether it has a name; where it has none, it is bytes.
fn several(forms: &[Form], option: &[u8], out: &mut String) -> Option<bool> {
    let data = option.get(2..)?;
    let fits = |form: &&Form| match form.shape {
        Shape::Single => false,
        Shape::Bytes => true,
        Shape::Values(first, more) => {
            let length = |pieces: &[Piece]| pieces.iter().map(|piece| piece.length()).sum::<usize>();
            let left = data.len().checked_sub(length(first));
            left.is_some_and(
                |left| if more.is_empty() { left == 0 } else { left.is_multiple_of(length(more)) },
            )
        }
    };
    let Some(form) = forms.iter().find(|form| form.kind == option[0] && fits(form)) else {
        bytes(option, out);
        return Some(false);
    };
    out.push_str(form.name);
    match form.shape {
        Shape::Bytes if !data.is_empty() => {
            out.push('=');
            bytes(data, out);
        }
        Shape::Values(first, more) if !data.is_empty() => {
            let values = values(first.iter().chain(more.iter().cycle()), data);
            // Writing to a String never fails.
            let _ = match &values[..] {
                [one] => write!(out, "={one}"),
                all => write!(out, "({})", all.join(",")),
            };
        }
        _ => {}
    }
    Some(true)
}

/// The values in `data`, which `pieces` are as long as.
fn values<'p>(pieces: impl Iterator<Item = &'p Piece>, mut data: &[u8]) -> Vec<String> {
    let mut all = Vec::new();
    for piece in pieces {
        let Some((value, rest)) = data.split_at_checked(piece.length()).filter(|_| !data.is_empty()) else {
            break;
        };
        all.push(match (piece, value) {
            (Piece::Ipv4, [a, b, c, d]) => Ipv4Addr::new(*a, *b, *c, *d).to_string(),
            _ => value.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte)).to_string(),
        });
        data = rest;
    }
    all
}

fn bytes(bytes: &[u8], out: &mut String) {
    out.push_str("0x");
    for byte in bytes {
        // Writing to a String never fails.
        let _ = write!(out, "{byte:02x}");
    }
}
