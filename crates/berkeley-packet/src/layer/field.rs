//! A field: its name, its meaning, and where it stands in a header.

use std::ops::Range;

use super::checksum::Check;
use super::form::Form;
use super::packet::Layer;
use super::value::Value;
use crate::bits;

/// One field of a protocol: a row of its table.
///
/// Text, boxes, JSON and crafted packets are all made from these rows.
#[derive(Debug)]
pub struct Field {
    /// The name that Wireshark and tshark have for it, such as `ip.ttl`.
    pub name: &'static str,
    /// What it is, in a few words: `Time to live`.
    pub meaning: &'static str,
    /// The unit of its number, in the plural: `hops`, `bytes`, `seconds`. Empty where it has none.
    pub unit: &'static str,
    /// How its value is read and shown.
    pub kind: Kind,
    /// Where it stands.
    pub place: Place,
    /// What the number in its bits is multiplied with: 4 where they count words of four bytes.
    pub(crate) scale: u64,
    pub(crate) words: Option<fn(u64) -> Option<&'static str>>,
    pub(crate) present: Option<fn(&[u8]) -> bool>,
    pub(crate) check: Option<fn(Layer<'_>) -> Check>,
    /// How the options that it holds are written in a packet's text; none where they are bytes.
    pub(crate) forms: &'static [Form],
}

/// How a field's value is read from its bytes, and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A whole number in network order, shown in decimal.
    Decimal,
    /// The same, with a sign: two's complement.
    Signed,
    /// The same, shown in hexadecimal.
    Hex,
    /// One bit: set or not set.
    Flag,
    /// An Ethernet address.
    Mac,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// A universal identifier of 16 bytes, the first three numbers of which are in little-endian order.
    Guid,
    /// Bytes, shown in hexadecimal.
    Bytes,
    /// Bytes, shown in base 32.
    Base32,
    /// Text of the peer's, shown with what is not printable escaped.
    Text,
    /// A name in DNS's form of labels, which a [`walk`](crate::protocol) reads.
    Name,
    /// Seconds with a fraction, which a walk reads.
    Seconds,
    /// A moment, which a walk reads.
    Time,
    /// Not a value, but a part of a header that has fields of its own: an option, a record.
    Group,
}

/// Where a field stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// At these bits, counted from the header's first, most significant first.
    Bits {
        /// The first one.
        start: usize,
        /// How many.
        length: usize,
    },
    /// Where the protocol's walk finds it.
    Walked,
}

/// The place of `length` bits from bit `start` of the header on.
pub(crate) const fn bits(start: usize, length: usize) -> Place {
    Place::Bits { start, length }
}

/// The place of `length` bytes from byte `start` of the header on.
pub(crate) const fn bytes(start: usize, length: usize) -> Place {
    Place::Bits { start: start * 8, length: length * 8 }
}

/// The fields that a protocol's walk finds: a static each, and `PARTS`, all of them, for [`Protocol`]'s `parts`.
///
/// [`Protocol`]: super::protocol::Protocol
macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident = $field:expr;)*) => {
        $($(#[$doc])* pub(super) static $name: $crate::layer::field::Field = $field;)*
        pub(super) static PARTS: &[&$crate::layer::field::Field] = &[$(&$name),*];
    };
}
pub(crate) use parts;

impl Field {
    /// A field of that name, meaning, kind and place; `unit`, `words`, `when` and `checked` add to it.
    pub(crate) const fn new(name: &'static str, meaning: &'static str, kind: Kind, place: Place) -> Self {
        Self {
            name,
            meaning,
            unit: "",
            kind,
            place,
            scale: 1,
            words: None,
            present: None,
            check: None,
            forms: &[],
        }
    }

    /// A field that a walk finds.
    pub(crate) const fn walked(name: &'static str, meaning: &'static str, kind: Kind) -> Self {
        Self::new(name, meaning, kind, Place::Walked)
    }

    /// A part that has fields of its own.
    pub(crate) const fn group(name: &'static str, meaning: &'static str) -> Self {
        Self::new(name, meaning, Kind::Group, Place::Walked)
    }

    pub(crate) const fn unit(mut self, unit: &'static str) -> Self {
        self.unit = unit;
        self
    }

    /// That its bits count units of so many: the header length of IP, in bytes, is four times what stands there.
    pub(crate) const fn times(mut self, scale: u64) -> Self {
        self.scale = scale;
        self
    }

    /// What its numbers mean: `6` is `TCP`.
    pub(crate) const fn words(mut self, words: fn(u64) -> Option<&'static str>) -> Self {
        self.words = Some(words);
        self
    }

    /// The headers that have it, by their bytes as far as they were captured.
    pub(crate) const fn when(mut self, present: fn(&[u8]) -> bool) -> Self {
        self.present = Some(present);
        self
    }

    /// That it is a checksum, and how to check it.
    pub(crate) const fn checked(mut self, check: fn(Layer<'_>) -> Check) -> Self {
        self.check = Some(check);
        self
    }

    /// How the options that it holds are written.
    pub(crate) const fn forms(mut self, forms: &'static [Form]) -> Self {
        self.forms = forms;
        self
    }

    /// The name without the protocol's: `ttl` of `ip.ttl`, `flags.syn` of `tcp.flags.syn`.
    pub fn short_name(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, short)| short)
    }

    /// What `value` means, where the protocol has a word for it: `TCP` for 6 in `ip.proto`.
    pub fn word(&self, value: &Value<'_>) -> Option<&'static str> {
        let number = match value {
            Value::Number(number) => *number,
            Value::Flag(set) => u64::from(*set),
            _ => return None,
        };
        self.words.and_then(|words| words(number))
    }

    /// What the checksum that it is says of `layer`, a layer of its protocol; none where it is no checksum.
    pub fn check(&self, layer: Layer<'_>) -> Option<Check> {
        self.check.map(|check| check(layer))
    }

    /// Its bits in a header that has it, or would have it with another value in them; none where a walk has to find it.
    pub(crate) fn room(&self, header: &[u8]) -> Option<Range<usize>> {
        let Place::Bits { start, length } = self.place else { return None };
        let at = start..start + length;
        let mut full = header.to_vec();
        full.resize(full.len().max(bits::bytes_of(&at).end), 0);
        bits::write(&mut full, &at, u64::MAX >> (64 - length.clamp(1, 64)));
        let has = |header: &[u8]| self.present.is_none_or(|present| present(header));
        (has(header) || has(&full)).then_some(at)
    }

    /// Its bits in a header; none where a walk has to find it, or where this header does not have it.
    pub(crate) fn bits(&self, header: &[u8]) -> Option<Range<usize>> {
        match self.place {
            Place::Bits { start, length } if self.present.is_none_or(|present| present(header)) => {
                Some(start..start + length)
            }
            _ => None,
        }
    }

    /// The value in the bits `at` of `header`; none where `header` ends before it.
    pub(crate) fn read<'a>(&self, header: &'a [u8], at: &Range<usize>) -> Option<Value<'a>> {
        let bytes = || header.get(bits::bytes_of(at));
        Some(match self.kind {
            Kind::Decimal | Kind::Hex => Value::Number(bits::read(header, at)?.saturating_mul(self.scale)),
            Kind::Signed => Value::Signed(signed(bits::read(header, at)?, at.len())),
            Kind::Flag => Value::Flag(bits::read(header, at)? != 0),
            Kind::Mac => Value::Mac(bytes()?.try_into().ok()?),
            Kind::Ipv4 => Value::Ipv4(<[u8; 4]>::try_from(bytes()?).ok()?.into()),
            Kind::Ipv6 => Value::Ipv6(<[u8; 16]>::try_from(bytes()?).ok()?.into()),
            Kind::Guid => Value::Guid(bytes()?.try_into().ok()?),
            Kind::Base32 => Value::Base32(bytes()?),
            Kind::Text => Value::Text(bytes()?),
            Kind::Bytes | Kind::Name | Kind::Seconds | Kind::Time => Value::Bytes(bytes()?),
            Kind::Group => Value::Group,
        })
    }

    /// Writes `number` into its bits `at` of `header`. False where it does not fit, or is no multiple of its unit.
    pub(crate) fn write(&self, header: &mut [u8], at: &Range<usize>, number: u64) -> bool {
        number.is_multiple_of(self.scale) && bits::write(header, at, number / self.scale)
    }
}

/// The number whose lowest `length` bits are those of `number`, the highest of them being the sign.
fn signed(number: u64, length: usize) -> i64 {
    let above = u32::try_from(64_usize.saturating_sub(length)).unwrap_or(0);
    number.wrapping_shl(above).cast_signed().wrapping_shr(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_units_is_told_and_written_in_bytes() {
        let field = Field::new("a.length", "Length", Kind::Decimal, bits(4, 4)).times(4);
        let (at, mut header) = (4..8, [0x45_u8]);
        assert_eq!(field.read(&header, &at), Some(Value::Number(20)));
        assert!(field.write(&mut header, &at, 60));
        assert_eq!(header, [0x4f]);
        assert!(!field.write(&mut header, &at, 21), "no multiple");
        assert!(!field.write(&mut header, &at, 64), "too many");
        assert_eq!(header, [0x4f]);
    }
}
