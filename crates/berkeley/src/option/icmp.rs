//! Options of raw ICMP sockets: `SOL_RAW` (raw(7)), and the filter by type that ICMP and `ICMPv6` have.

use std::fmt;

use super::content::{Content, Encoded, Misfit};
use super::options;

options! {
    ICMP, "raw(7)";

    /// Which types of ICMP messages a raw socket of that protocol receives: all, at first.
    FILTER: IcmpFilter, IcmpFilter, "filter", ICMP_FILTER, "ICMP_FILTER", ReadWrite, Any;
}

/// A set of types, one bit each: a bit that is set blocks.
macro_rules! type_filter {
    ($(#[$doc:meta])* $name:ident, $words:literal;) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name([u32; $words]);

        impl $name {
            /// Lets every type through.
            pub const PASS_ALL: Self = Self([0; $words]);
            /// Lets no type through.
            pub const BLOCK_ALL: Self = Self([u32::MAX; $words]);

            /// The word and the bit within it.
            const fn place(kind: u8) -> (usize, u32) {
                ((kind >> 5) as usize, 1 << (kind & 31))
            }

            /// The same filter, which also lets messages of type `kind` through.
            #[must_use]
            pub const fn pass(mut self, kind: u8) -> Self {
                let (word, bit) = Self::place(kind);
                if word < $words {
                    self.0[word] &= !bit;
                }
                self
            }

            /// The same filter, which blocks messages of type `kind`; one that no filter can hold passes on.
            #[must_use]
            pub const fn block(mut self, kind: u8) -> Self {
                let (word, bit) = Self::place(kind);
                if word < $words {
                    self.0[word] |= bit;
                }
                self
            }

            /// Whether messages of type `kind` come through; those that no filter can hold do.
            pub const fn passes(self, kind: u8) -> bool {
                let (word, bit) = Self::place(kind);
                word >= $words || self.0[word] & bit == 0
            }

            /// The types that a filter can hold.
            fn kinds() -> impl Iterator<Item = u8> {
                (0..=u8::MAX).take_while(|kind| Self::place(*kind).0 < $words)
            }

            fn decode(bytes: &[u8]) -> Option<Self> {
                let mut words = [0; $words];
                let whole = (bytes.len() == 4 * $words).then_some(bytes)?;
                for (word, chunk) in words.iter_mut().zip(whole.chunks_exact(4)) {
                    *word = u32::from_ne_bytes(chunk.try_into().ok()?);
                }
                Some(Self(words))
            }

            fn encode(self) -> [u8; 4 * $words] {
                let mut bytes = [0; 4 * $words];
                for (chunk, word) in bytes.chunks_exact_mut(4).zip(self.0) {
                    chunk.copy_from_slice(&word.to_ne_bytes());
                }
                bytes
            }

            /// `all`, `none`, or the types that come through: `0,3,8`.
            fn parse(text: &str) -> Option<Self> {
                match text {
                    "all" => return Some(Self::PASS_ALL),
                    "none" => return Some(Self::BLOCK_ALL),
                    _ => {}
                }
                // As str::parse, which would also take a plus sign.
                let number = |text: &str| (!text.starts_with('+')).then(|| text.parse::<u8>().ok())?;
                let kind = |text: &str| number(text).filter(|kind| Self::place(*kind).0 < $words);
                text.split(',').try_fold(Self::BLOCK_ALL, |filter, text| Some(filter.pass(kind(text)?)))
            }
        }

        impl Content for $name {
            const ROOM: usize = 4 * $words;
            const WANTED: &'static str = "all, none, or the types that pass, such as 0,3,8";

            fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, Misfit> {
                Ok(Self::decode(bytes))
            }

            fn to_bytes(&self) -> Option<Result<Encoded, Misfit>> {
                Some(Encoded::new(&self.encode()).map_err(Into::into))
            }

            fn from_text(text: &str) -> Option<Self> {
                Self::parse(text)
            }

            fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Default for $name {
            /// The filter of a new socket: [`PASS_ALL`](Self::PASS_ALL).
            fn default() -> Self {
                Self::PASS_ALL
            }
        }

        /// `all`, `none`, or the types that come through: `0,3,8`.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match *self {
                    Self::PASS_ALL => return f.write_str("all"),
                    Self::BLOCK_ALL => return f.write_str("none"),
                    _ => {}
                }
                let passed = Self::kinds().filter(|kind| self.passes(*kind));
                passed.enumerate().try_for_each(|(index, kind)| {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{kind}")
                })
            }
        }
    };
}

type_filter! {
    /// Which types of ICMP messages come through, of 0 to 31 (`ICMP_FILTER`, raw(7)); others always do.
    ///
    /// ```
    /// use berkeley::option::IcmpFilter;
    ///
    /// let replies = IcmpFilter::BLOCK_ALL.pass(0).pass(3);
    /// assert!(replies.passes(0) && !replies.passes(8));
    /// assert_eq!(replies.to_string(), "0,3");
    /// ```
    #[doc(alias = "icmp_filter")]
    IcmpFilter, 1;
}

type_filter! {
    /// Which types of `ICMPv6` messages come through, of 0 to 255 (`ICMPV6_FILTER`, RFC 3542 section 3.2).
    ///
    /// ```
    /// use berkeley::option::Icmpv6Filter;
    ///
    /// let replies = Icmpv6Filter::BLOCK_ALL.pass(129);
    /// assert!(replies.passes(129) && !replies.passes(128));
    /// assert_eq!(replies.to_string(), "129");
    /// ```
    #[doc(alias = "icmp6_filter")]
    Icmpv6Filter, 8;
}
