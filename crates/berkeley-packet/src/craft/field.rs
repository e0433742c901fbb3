//! Fields by the names that people write for them, and their values as text.

use std::fmt;
use std::ops::Range;

use crate::bits;
use crate::fault::nearest;
use crate::layer::Protocol;
use crate::layer::field::{Field, Kind, Place};
use crate::layer::value::Value;

/// What one writes for bytes behind the inner layer.
pub(super) const PADDING: &str = "padding";

/// How many bits a number may have whose words are looked through.
const MOST_WORDS: usize = 16;

/// The field's name without the protocol's: `ttl` of `ip.ttl`.
pub(super) fn short<'f>(protocol: &Protocol, field: &'f Field) -> &'f str {
    let own = field.name.strip_prefix(protocol.name).and_then(|name| name.strip_prefix('.'));
    own.unwrap_or_else(|| field.short_name())
}

/// The field of the table that `name` means: in full, without the protocol's name, or its last word where no other
/// has it too.
pub(super) fn find(protocol: &'static Protocol, name: &str) -> Option<&'static Field> {
    let is_exact = |field: &&Field| field.name == name || short(protocol, field) == name;
    let is_last = |field: &&Field| field.name.rsplit('.').next() == Some(name);
    let mut fields = protocol.fields.iter();
    fields.clone().find(is_exact).or_else(|| {
        let found = fields.find(is_last)?;
        fields.all(|other| !is_last(&other)).then_some(found)
    })
}

/// The names of what can be set.
pub(super) fn names(protocol: &'static Protocol) -> impl Iterator<Item = &'static str> + Clone {
    let rest = protocol.craft.and_then(|craft| craft.rest);
    protocol.fields.iter().chain(rest).map(|field| short(protocol, field))
}

/// The flags that the number `whole` consists of, each with its name and its bit in it.
pub(super) fn flags(protocol: &'static Protocol, whole: &Field) -> Vec<(&'static str, u64)> {
    let Place::Bits { start, length } = whole.place else { return Vec::new() };
    if !matches!(whole.kind, Kind::Decimal | Kind::Hex) || whole.words.is_some() {
        return Vec::new();
    }
    let bit = |field: &'static Field| match field.place {
        Place::Bits { start: at, length: 1 } if field.kind == Kind::Flag && at >= start => {
            let name = field.name.strip_prefix(whole.name)?.strip_prefix('.')?;
            let shift = u32::try_from((start + length).checked_sub(at + 1)?).ok()?;
            Some((name, 1_u64.checked_shl(shift)?))
        }
        _ => None,
    };
    protocol.fields.iter().filter_map(bit).collect()
}

/// What a field was said to be.
#[derive(Clone, Copy)]
pub(super) enum Written<'t> {
    /// Nothing but its name.
    Bare,
    /// A word: a number, an address, bytes as `0x..`.
    Word(&'t str),
    /// A text in quotes, without its escapes.
    Quoted(&'t [u8]),
}

/// A value, ready to be written into a header.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ready {
    Number(u64),
    Bytes(Vec<u8>),
}

/// A value that a field cannot have: what it can be, and what was probably meant.
pub(super) struct Unfit {
    pub(super) message: String,
    pub(super) meant: Option<String>,
}

impl Unfit {
    fn new(field: &Field, what: impl fmt::Display) -> Self {
        Self { message: format!("{} is {what}", field.name), meant: None }
    }
}

impl Ready {
    /// Writes it into the bits `at` of `header`, those of `field`; false where it does not fit.
    pub(super) fn write(&self, field: &Field, header: &mut [u8], at: &Range<usize>) -> bool {
        match self {
            Self::Number(number) => field.write(header, at, *number),
            Self::Bytes(bytes) => match header.get_mut(bits::bytes_of(at)) {
                Some(place) if place.len() == bytes.len() => {
                    place.copy_from_slice(bytes);
                    true
                }
                _ => false,
            },
        }
    }
}

/// The value that `written` is for `field`, which has `length` bits.
pub(super) fn ready(field: &Field, length: usize, written: Written<'_>) -> Result<Ready, Unfit> {
    match field.kind {
        Kind::Flag if length > 1 => number(field, length, written),
        Kind::Flag => flag(field, written),
        Kind::Decimal | Kind::Hex => number(field, length, written),
        Kind::Signed => signed(field, length, written),
        Kind::Mac => {
            address(field, written, mac, "an Ethernet address of six bytes, such as 02:00:00:00:00:01")
        }
        Kind::Ipv4 => address(
            field,
            written,
            |word| Some(word.parse::<std::net::Ipv4Addr>().ok()?.octets().into()),
            "an IPv4 address, such as 192.0.2.1",
        ),
        Kind::Ipv6 => address(
            field,
            written,
            |word| Some(word.parse::<std::net::Ipv6Addr>().ok()?.octets().into()),
            "an IPv6 address, such as 2001:db8::1",
        ),
        _ => bytes(field, length / 8, written),
    }
}

fn flag(field: &Field, written: Written<'_>) -> Result<Ready, Unfit> {
    match written {
        Written::Bare | Written::Word("1") => Ok(Ready::Number(1)),
        Written::Word("0") => Ok(Ready::Number(0)),
        _ => Err(Unfit::new(field, "a flag: 1 or 0, and its name alone is 1")),
    }
}

fn number(field: &Field, length: usize, written: Written<'_>) -> Result<Ready, Unfit> {
    let most = greatest(length).saturating_mul(field.scale);
    let unfit = || match field.scale {
        1 => Unfit::new(field, format_args!("a number from 0 to {most}, in decimal or as 0x..")),
        scale => Unfit::new(field, format_args!("a multiple of {scale} from 0 to {most}")),
    };
    match written {
        Written::Word(word) if word.starts_with(|c: char| c.is_ascii_digit()) => integer(word)
            .filter(|number| *number <= most && number.is_multiple_of(field.scale))
            .map(Ready::Number)
            .ok_or_else(unfit),
        Written::Word(word) => named(field, length, word).map_err(|meant| Unfit { meant, ..unfit() }),
        _ => Err(unfit()),
    }
}

/// The greatest number of so many bits.
fn greatest(length: usize) -> u64 {
    u64::MAX >> 64_usize.saturating_sub(length).min(63)
}

/// A number by the word that the protocol has for it: `echo-request`. The error is the word that was probably meant.
fn named(field: &Field, length: usize, word: &str) -> Result<Ready, Option<String>> {
    let words = field.words.filter(|_| length <= MOST_WORDS).ok_or(None)?;
    let known: Vec<(String, u64)> = (0..=greatest(length))
        .map(|number| number * field.scale)
        .filter_map(|number| Some((plain(words(number)?), number)))
        .collect();
    let wanted = plain(word);
    match known.iter().find(|(name, _)| *name == wanted) {
        Some((_, number)) => Ok(Ready::Number(*number)),
        None => Err(nearest(&wanted, known.iter().map(|(name, _)| name.as_str())).map(str::to_owned)),
    }
}

/// A word of a protocol's as one writes it in a packet: `Echo request` as `echo-request`.
fn plain(word: &str) -> String {
    word.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

pub(super) fn integer(word: &str) -> Option<u64> {
    match word.strip_prefix("0x") {
        // A sign is none of a number's digits here.
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()
        }
        _ => word.parse().ok(),
    }
}

fn signed(field: &Field, length: usize, written: Written<'_>) -> Result<Ready, Unfit> {
    let above = u32::try_from(64_usize.saturating_sub(length).min(63)).unwrap_or(0);
    let (least, most) = (i64::MIN >> above, i64::MAX >> above);
    let number = match written {
        Written::Word(word) => word.parse::<i64>().ok().filter(|number| (least..=most).contains(number)),
        _ => None,
    };
    match number {
        Some(number) => Ok(Ready::Number(number.cast_unsigned() & (u64::MAX >> above))),
        None => Err(Unfit::new(field, format_args!("a number from {least} to {most}"))),
    }
}

fn address(
    field: &Field,
    written: Written<'_>,
    read: impl FnOnce(&str) -> Option<Vec<u8>>,
    what: &str,
) -> Result<Ready, Unfit> {
    let found = match written {
        Written::Word(word) => read(word),
        _ => None,
    };
    found.map(Ready::Bytes).ok_or_else(|| Unfit::new(field, what))
}

fn mac(word: &str) -> Option<Vec<u8>> {
    let two = |part: &str| {
        let digits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        u8::from_str_radix(part, 16).ok().filter(|_| digits)
    };
    let bytes: Option<Vec<u8>> = word.split([':', '-']).map(two).collect();
    bytes.filter(|bytes| bytes.len() == 6)
}

/// Bytes of a fixed length; a text may be shorter, and zeros follow it.
fn bytes(field: &Field, length: usize, written: Written<'_>) -> Result<Ready, Unfit> {
    let found = match written {
        Written::Word(word) => hex(word).filter(|bytes| bytes.len() == length),
        Written::Quoted(text) if text.len() <= length => {
            let mut bytes = text.to_vec();
            bytes.resize(length, 0);
            Some(bytes)
        }
        _ => None,
    };
    found.map(Ready::Bytes).ok_or_else(|| {
        Unfit::new(field, format_args!("{length} bytes, as 0x and {} digits, or a \"text\"", length * 2))
    })
}

/// The bytes that `0x..` says.
pub(super) fn hex(word: &str) -> Option<Vec<u8>> {
    let digits = word.strip_prefix("0x")?.as_bytes();
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// Prints what [`ready`] reads, for the field with these bits of `header`: the name, and the value if it is more than
/// a flag that is set.
pub(super) fn print(
    name: &str,
    field: &Field,
    header: &[u8],
    at: &Range<usize>,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.write_str(name)?;
    match (field.kind, field.read(header, at)) {
        (Kind::Flag, Some(Value::Flag(true))) if at.len() == 1 => Ok(()),
        // Several bits that are told as one flag.
        (Kind::Flag, _) => write!(f, "={}", bits::read(header, at).unwrap_or_default()),
        (_, None) => Ok(()),
        (Kind::Hex, Some(Value::Number(number))) => {
            write!(f, "=0x{number:0digits$x}", digits = at.len().div_ceil(4))
        }
        (_, Some(Value::Text(text))) => {
            f.write_str("=")?;
            quoted(without_zeros(text), f)
        }
        (_, Some(Value::Bytes(bytes))) => {
            f.write_str("=")?;
            in_hex(bytes, f)
        }
        (_, Some(value)) => write!(f, "={value}"),
    }
}

/// Prints bytes as `0x..`.
pub(super) fn in_hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "0x{}", Value::Bytes(bytes))
}

/// Prints bytes in quotes.
pub(super) fn quoted(text: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str("\"")?;
    for byte in text {
        match byte {
            b'"' => f.write_str("\\\"")?,
            b'\'' => f.write_str("'")?,
            byte => write!(f, "{}", byte.escape_ascii())?,
        }
    }
    f.write_str("\"")
}

/// A text of a fixed length, without the zeros that fill it.
fn without_zeros(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &text[..end]
}
