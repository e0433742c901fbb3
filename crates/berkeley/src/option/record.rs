//! Values of several numbers: structures whose fields stand at named offsets, read and written byte by byte, and as
//! text with colons between them: `10:10:0:0`.

use std::fmt;

use super::value::{OptionValue, Value, sealed};
use super::{
    CanXlVcid, Field, IsotpFlowControl, IsotpLinkLayer, IsotpOptions, Kind, SctpAssociation,
    SctpAssociationValue, SctpDelayedAck, SctpEvent, SctpEvents, SctpInit, SctpKeyNumber, SctpReliability,
    SctpRetransmission, SctpSendInfo, SctpStreamValue, SctpStreams, TcpRepairWindow,
};
use crate::bytes::field;

/// A field of a [`record!`]: a number in the machine's byte order.
pub(super) trait Number: Copy {
    /// The number at `offset`; `None` where the bytes end before it does.
    fn read(bytes: &[u8], offset: usize) -> Option<Self>;

    /// Writes the number to `offset`, which has room for it.
    fn write(self, bytes: &mut [u8], offset: usize);

    /// The number in decimal digits; `None` where the field cannot hold it.
    fn parse(text: &str) -> Option<Self>;

    /// What [`parse`](Self::parse) reads.
    fn number(self) -> i128;
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        impl Number for $number {
            fn read(bytes: &[u8], offset: usize) -> Option<Self> {
                field(bytes, offset).map(Self::from_ne_bytes)
            }

            fn write(self, bytes: &mut [u8], offset: usize) {
                bytes[offset..][..size_of::<Self>()].copy_from_slice(&self.to_ne_bytes());
            }

            fn parse(text: &str) -> Option<Self> {
                // As str::parse, which would also take a plus sign.
                (!text.starts_with('+')).then(|| text.parse().ok())?
            }

            fn number(self) -> i128 {
                self.into()
            }
        }
    )*};
}

numbers! { u8 u16 u32 u64 i32 }

/// One byte, 0 for no; as text 0 or 1.
impl Number for bool {
    fn read(bytes: &[u8], offset: usize) -> Option<Self> {
        u8::read(bytes, offset).map(|byte| byte != 0)
    }

    fn write(self, bytes: &mut [u8], offset: usize) {
        u8::from(self).write(bytes, offset);
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    }

    fn number(self) -> i128 {
        self.into()
    }
}

/// A structure that can be set: its name and its size in bytes, then a row a field, `name: type = offset;`, without
/// padding. It is built from its default, all zeros, by a method a field. `Display` prints the fields in their order.
macro_rules! record {
    (
        $(#[$doc:meta])* $name:ident, $size:literal;
        $(
            #[doc = $about:literal] $(#[$field_doc:meta])*
            $field:ident: $value:ty = $offset:literal;
        )*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
        #[non_exhaustive]
        pub struct $name {
            $(#[doc = $about] $(#[$field_doc])* pub $field: $value,)*
        }

        impl $name {
            $(
                #[doc = concat!("This one with another `", stringify!($field), "`.")]
                ///
                #[doc = $about]
                #[must_use]
                pub const fn $field(self, $field: $value) -> Self {
                    Self { $field, ..self }
                }
            )*

            /// The structure's size in C.
            pub(super) const SIZE: usize = $size;

            /// Every field, in the kernel's order, with its meaning.
            pub fn fields(&self) -> Vec<$crate::option::Field> {
                use $crate::option::Field;
                vec![$(Field::new(stringify!($field), Some(self.$field), "number", $about),)*]
            }

            pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
                use $crate::option::record::Number;
                let whole = (bytes.len() == Self::SIZE).then_some(bytes)?;
                Some(Self { $($field: Number::read(whole, $offset)?,)* })
            }

            pub(super) fn encode(self) -> Vec<u8> {
                use $crate::option::record::Number;
                let mut bytes = vec![0; Self::SIZE];
                $(self.$field.write(&mut bytes, $offset);)*
                bytes
            }

            pub(super) fn parse(text: &str) -> Option<Self> {
                use $crate::option::record::Number;
                let mut parts = text.split(':');
                let record = Self { $($field: Number::parse(parts.next()?)?,)* };
                parts.next().is_none().then_some(record)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                use $crate::option::record::Number;
                [$(self.$field.number(),)*].iter().enumerate().try_for_each(|(index, number)| {
                    let colon = if index == 0 { "" } else { ":" };
                    write!(f, "{colon}{number}")
                })
            }
        }
    };
}
pub(super) use record;

/// The records that are the values of options, under the names of their kinds.
macro_rules! records {
    ($($name:ident $sample:literal;)*) => {
        /// A value of several numbers, printed with colons between them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Record {
            $(#[doc = concat!("As [`", stringify!($name), "`] says.")] $name($name),)*
        }

        impl Record {
            /// Every field, in the kernel's order, with its meaning.
            pub fn fields(&self) -> Vec<Field> {
                match self {
                    $(Self::$name(record) => record.fields(),)*
                }
            }

            /// How many bytes a value of the kind has; 0 where it is no record.
            pub(super) const fn size(kind: Kind) -> usize {
                match kind {
                    $(Kind::$name => $name::SIZE,)*
                    _ => 0,
                }
            }

            /// Text of the kind, for the error where the text is something else.
            pub(super) const fn wanted(kind: Kind) -> &'static str {
                match kind {
                    $(Kind::$name => concat!("numbers such as ", $sample),)*
                    _ => "numbers",
                }
            }

            pub(super) fn decode(kind: Kind, bytes: &[u8]) -> Option<Self> {
                match kind {
                    $(Kind::$name => $name::decode(bytes).map(Self::$name),)*
                    _ => None,
                }
            }

            pub(super) fn parse(kind: Kind, text: &str) -> Option<Self> {
                match kind {
                    $(Kind::$name => $name::parse(text).map(Self::$name),)*
                    _ => None,
                }
            }

            /// The kernel's bytes, where the kind is this record's.
            pub(super) fn encode(self, kind: Kind) -> Option<Vec<u8>> {
                match (kind, self) {
                    $((Kind::$name, Self::$name(record)) => Some(record.encode()),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for Record {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name(record) => record.fmt(f),)*
                }
            }
        }

        $(
            impl sealed::Sealed for $name {}

            impl OptionValue for $name {
                type Input<'a> = Self;
                const KINDS: &'static [Kind] = &[Kind::$name];

                fn from_value(value: Value) -> Option<Self> {
                    match value {
                        Value::Record(Record::$name(record)) => Some(record),
                        _ => None,
                    }
                }

                fn into_value(input: Self) -> Option<Value> {
                    Some(Value::Record(Record::$name(input)))
                }
            }
        )*

        #[cfg(test)]
        mod tests {
            use super::*;

            #[test]
            fn every_sample_parses_prints_and_goes_to_bytes_and_back() {
                $(
                    let record = Record::parse(Kind::$name, $sample).unwrap();
                    assert_eq!(record.to_string(), $sample);
                    let bytes = record.encode(Kind::$name).unwrap();
                    assert_eq!(bytes.len(), Record::size(Kind::$name));
                    assert_eq!(Record::decode(Kind::$name, &bytes), Some(record));
                    assert_eq!(Record::decode(Kind::$name, &bytes[1..]), None);
                    assert_eq!(record.encode(Kind::Flag), None);
                    assert_eq!(record.fields().len(), $sample.split(':').count());
                    for wrong in [concat!($sample, ":1"), "", "1", "x", concat!("+", $sample)] {
                        assert_eq!(Record::parse(Kind::$name, wrong), None, "{wrong}");
                    }
                )*
            }
        }
    };
}

records! {
    CanXlVcid "1:2:3:255";
    IsotpFlowControl "8:32:2";
    IsotpLinkLayer "72:64:1";
    IsotpOptions "6:50000:1:204:204:2";
    SctpAssociation "0:10:1:65535:65536:60000";
    SctpAssociationValue "0:5";
    SctpDelayedAck "0:200:2";
    SctpEvent "0:32769:1";
    SctpEvents "1:1:0:0:0:1:0:0:0:0:0:0:0:1";
    SctpInit "10:10:8:60000";
    SctpKeyNumber "0:7";
    SctpReliability "0:500:16";
    SctpRetransmission "0:3000:60000:1000";
    SctpSendInfo "1:2:46:7:0";
    SctpStreamValue "0:3:256";
    SctpStreams "0:2:4";
    TcpRepairWindow "1:65535:65535:64240:2";
}
