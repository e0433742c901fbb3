//! Values of several numbers: structures whose fields stand at named offsets, read and written byte by byte, and as
//! text with colons between them: `10:10:0:0`.

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

/// A structure that can be set: its name, its size in bytes and what text it takes, then a row a field,
/// `name: type = offset;`, without padding. It is built from its default, all zeros, by a method a field. `Display`
/// prints the fields in their order.
macro_rules! record {
    (
        $(#[$doc:meta])* $name:ident, $size:literal, $wanted:literal;
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

            pub(super) fn encode(self) -> [u8; $size] {
                use $crate::option::record::Number;
                let mut bytes = [0; $size];
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

        impl $crate::option::content::Content for $name {
            const ROOM: usize = Self::SIZE;
            const WANTED: &'static str = $wanted;

            fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, $crate::option::content::Misfit> {
                Ok(Self::decode(bytes))
            }

            fn to_bytes(
                &self,
            ) -> Option<Result<$crate::option::content::Encoded, $crate::option::content::Misfit>> {
                Some($crate::option::content::Encoded::new(&self.encode()).map_err(Into::into))
            }

            fn from_text(text: &str) -> Option<Self> {
                Self::parse(text)
            }

            fn show(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }

            fn parts(&self) -> Option<Vec<$crate::option::Field>> {
                Some(self.fields())
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
