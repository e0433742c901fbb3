//! Structures that the kernel fills: fields at named offsets, read byte by byte, those of later kernels optional.

/// A structure and its decoder: a row a field, `name: type = reader offset;`, first what every kernel with the option
/// gives, then, behind `=> later;`, what came afterwards and is `None` where the kernel's structure ends before it.
macro_rules! structure {
    (
        $(#[$doc:meta])* $name:ident;
        $($(#[$field_doc:meta])* $field:ident: $value:ty = $read:ident $offset:literal;)*
        => later;
        $($(#[$later_doc:meta])* $later:ident: $later_value:ty = $later_read:ident $later_offset:literal;)*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $value,)*
            $($(#[$later_doc])* pub $later: Option<$later_value>,)*
        }

        impl $name {
            /// The structure in the kernel's bytes; `None` where they end before what every kernel gives.
            ///
            /// Fields that the bytes do not reach are `None`, bytes beyond the last field are not looked at.
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                use $crate::option::structure::read;
                Some(Self {
                    $($field: read::$read(bytes, $offset)?,)*
                    $($later: read::$later_read(bytes, $later_offset),)*
                })
            }
        }
    };
}
pub(super) use structure;

/// What a field's bytes mean, in the machine's byte order; `None` where they are not all there.
pub(super) mod read {
    use std::time::Duration;

    use crate::option::codec::field;
    use crate::option::tcp_info::{CongestionState, TcpState};

    pub(in crate::option) fn byte(bytes: &[u8], offset: usize) -> Option<u8> {
        bytes.get(offset).copied()
    }

    pub(in crate::option) fn flag(bytes: &[u8], offset: usize) -> Option<bool> {
        byte(bytes, offset).map(|byte| byte != 0)
    }

    pub(in crate::option) fn short(bytes: &[u8], offset: usize) -> Option<u16> {
        field(bytes, offset).map(u16::from_ne_bytes)
    }

    pub(in crate::option) fn number(bytes: &[u8], offset: usize) -> Option<u32> {
        field(bytes, offset).map(u32::from_ne_bytes)
    }

    pub(in crate::option) fn wide(bytes: &[u8], offset: usize) -> Option<u64> {
        field(bytes, offset).map(u64::from_ne_bytes)
    }

    pub(in crate::option) fn micros(bytes: &[u8], offset: usize) -> Option<Duration> {
        number(bytes, offset).map(|count| Duration::from_micros(count.into()))
    }

    /// The largest number stands for a duration that is not known.
    pub(in crate::option) fn known_micros(bytes: &[u8], offset: usize) -> Option<Duration> {
        number(bytes, offset)
            .filter(|count| *count != u32::MAX)
            .map(|count| Duration::from_micros(count.into()))
    }

    pub(in crate::option) fn wide_micros(bytes: &[u8], offset: usize) -> Option<Duration> {
        wide(bytes, offset).map(Duration::from_micros)
    }

    pub(in crate::option) fn millis(bytes: &[u8], offset: usize) -> Option<Duration> {
        number(bytes, offset).map(|count| Duration::from_millis(count.into()))
    }

    pub(in crate::option) fn state(bytes: &[u8], offset: usize) -> Option<TcpState> {
        byte(bytes, offset).map(|state| TcpState::from_raw(state.into()))
    }

    pub(in crate::option) fn congestion_state(bytes: &[u8], offset: usize) -> Option<CongestionState> {
        byte(bytes, offset).map(|state| CongestionState::from_raw(state.into()))
    }

    /// C fills a byte's fields from its low bits where the machine is little-endian, else from its high ones.
    fn bits(bytes: &[u8], offset: usize, first: u32, count: u32) -> Option<u8> {
        let shift = if cfg!(target_endian = "little") { first } else { 8 - first - count };
        byte(bytes, offset).map(|byte| (byte >> shift) & (0xff >> (8 - count)))
    }

    pub(in crate::option) fn first_nibble(bytes: &[u8], offset: usize) -> Option<u8> {
        bits(bytes, offset, 0, 4)
    }

    pub(in crate::option) fn second_nibble(bytes: &[u8], offset: usize) -> Option<u8> {
        bits(bytes, offset, 4, 4)
    }

    pub(in crate::option) fn first_bit(bytes: &[u8], offset: usize) -> Option<bool> {
        bits(bytes, offset, 0, 1).map(|bit| bit != 0)
    }

    pub(in crate::option) fn next_two_bits(bytes: &[u8], offset: usize) -> Option<u8> {
        bits(bytes, offset, 1, 2)
    }
}
