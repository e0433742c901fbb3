//! Structures that the kernel fills: fields at named offsets, read byte by byte, those of later kernels optional.

/// A structure and its decoder: its name, how many bytes a read asks for, and what it is in a word; then a row a field,
/// `name: type = reader offset;`, first what every kernel with the option
/// gives, then, behind `=> later;`, what came afterwards and is `None` where the kernel's structure ends before it.
///
/// The first line of a field's documentation is its meaning, which [`Field`](super::Field) carries; the reader knows
/// its unit. Readers are those of a module `read` beside the structure: this file's, or one that adds to it.
macro_rules! structure {
    (
        $(#[$doc:meta])* $name:ident, $room:literal, $wanted:literal;
        $(
            #[doc = $about:literal] $(#[$field_doc:meta])*
            $field:ident: $value:ty = $read:ident $offset:literal;
        )*
        => later;
        $(
            #[doc = $later_about:literal] $(#[$later_doc:meta])*
            $later:ident: $later_value:ty = $later_read:ident $later_offset:literal;
        )*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub struct $name {
            $(#[doc = $about] $(#[$field_doc])* pub $field: $value,)*
            $(#[doc = $later_about] $(#[$later_doc])* pub $later: Option<$later_value>,)*
        }

        impl $name {
            /// Every field, in the kernel's order, with its unit and its meaning.
            pub fn fields(&self) -> Vec<$crate::option::Field> {
                use $crate::option::Field;
                vec![
                    $(Field::new(stringify!($field), Some(self.$field), stringify!($read), $about),)*
                    $(Field::new(stringify!($later), self.$later, stringify!($later_read), $later_about),)*
                ]
            }

            /// The structure in the kernel's bytes; `None` where they end before what every kernel gives.
            ///
            /// Fields that the bytes do not reach are `None`, bytes beyond the last field are not looked at.
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                Some(Self {
                    $($field: read::$read(bytes, $offset)?,)*
                    $($later: read::$later_read(bytes, $later_offset),)*
                })
            }
        }

        impl $crate::option::content::Content for $name {
            const ROOM: usize = $room;
            const WANTED: &'static str = $wanted;

            fn from_bytes(bytes: &[u8]) -> Result<Option<Self>, $crate::option::content::Misfit> {
                Ok(Self::decode(bytes))
            }

            fn show(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }

            fn parts(&self) -> Option<Vec<$crate::option::Field>> {
                Some(self.fields())
            }
        }
    };
}
pub(super) use structure;

/// What a field's bytes mean, in the machine's byte order; `None` where they are not all there.
pub(super) mod read {
    use std::net::SocketAddr;
    use std::time::Duration;

    use crate::bytes::{i32_at, u16_at, u32_at, u64_at};
    use crate::option::addresses;

    pub(in crate::option) fn byte(bytes: &[u8], offset: usize) -> Option<u8> {
        bytes.get(offset).copied()
    }

    pub(in crate::option) fn flag(bytes: &[u8], offset: usize) -> Option<bool> {
        byte(bytes, offset).map(|byte| byte != 0)
    }

    pub(in crate::option) fn short(bytes: &[u8], offset: usize) -> Option<u16> {
        u16_at(bytes, offset)
    }

    pub(in crate::option) fn number(bytes: &[u8], offset: usize) -> Option<u32> {
        u32_at(bytes, offset)
    }

    pub(in crate::option) fn signed(bytes: &[u8], offset: usize) -> Option<i32> {
        i32_at(bytes, offset)
    }

    pub(in crate::option) fn wide(bytes: &[u8], offset: usize) -> Option<u64> {
        u64_at(bytes, offset)
    }

    pub(in crate::option) fn octets(bytes: &[u8], offset: usize) -> Option<u32> {
        number(bytes, offset)
    }

    pub(in crate::option) fn wide_octets(bytes: &[u8], offset: usize) -> Option<u64> {
        wide(bytes, offset)
    }

    pub(in crate::option) fn wide_rate(bytes: &[u8], offset: usize) -> Option<u64> {
        wide(bytes, offset)
    }

    pub(in crate::option) fn segments(bytes: &[u8], offset: usize) -> Option<u32> {
        number(bytes, offset)
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

    /// What is no address of IPv4 or IPv6 is none.
    pub(in crate::option) fn socket_address(bytes: &[u8], offset: usize) -> Option<SocketAddr> {
        bytes.get(offset..).and_then(addresses::leading)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::option::{
        CanFilter, Clock, IcmpFilter, Icmpv6Filter, Kind, TipcGroup, TransmitTime, Value, XdpOffsets,
    };

    #[test]
    #[cfg(target_endian = "little")]
    fn golden_bytes_of_structures_go_both_ways() {
        let time = TransmitTime { clock: Clock::TAI, deadline: true, report_errors: false };
        let filters = vec![CanFilter { id: 0x123, mask: 0x7ff }, CanFilter { id: 0x2000_0400, mask: 0x700 }];
        let group = TipcGroup { kind: 4711, instance: 1, scope: 2, flags: 3 };
        let rows: [(Kind, Value, &[u8]); 7] = [
            (Kind::TransmitTime, Value::TransmitTime(time), &[11, 0, 0, 0, 1, 0, 0, 0]),
            (Kind::IcmpFilter, Value::IcmpFilter(IcmpFilter::BLOCK_ALL.pass(0)), &[0xfe, 255, 255, 255]),
            (
                Kind::CanFilters,
                Value::CanFilters(filters),
                &[0x23, 1, 0, 0, 0xff, 7, 0, 0, 0, 4, 0, 0x20, 0, 7, 0, 0],
            ),
            (Kind::CanFilters, Value::CanFilters(Vec::new()), &[]),
            (
                Kind::TipcGroup,
                Value::TipcGroup(group),
                &[0x67, 0x12, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0],
            ),
            (Kind::WideBytes, Value::Unsigned(1 << 32), &[0, 0, 0, 0, 1, 0, 0, 0]),
            (Kind::Length, Value::Unsigned(5), &[0; 5]),
        ];
        for (kind, value, bytes) in rows {
            assert_eq!(kind.encode(&value).map(|encoded| encoded.as_bytes().to_vec()), Ok(bytes.to_vec()));
            assert_eq!(kind.decode(bytes), Ok(value));
        }
        assert_eq!(
            Kind::Memberships.decode(&[1, 0, 0, 0x80, 2, 0, 0, 0]),
            Ok(Value::Numbers(vec![1, 32, 34]))
        );
        assert_eq!(Kind::Groups.decode(&[7, 0, 0, 0]), Ok(Value::Numbers(vec![7])));
        let offsets = [1_u64, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(u64::to_ne_bytes).concat();
        let before_flags = XdpOffsets::decode(&offsets).unwrap();
        assert_eq!((before_flags.tx.producer, before_flags.tx.flags), (4, None));
        assert_eq!(XdpOffsets::decode(&offsets[1..]), None);
    }

    #[test]
    fn a_list_that_no_socket_takes_is_refused() {
        let filters = |count| Value::CanFilters(vec![CanFilter { id: 1, mask: 2 }; count]);
        let most = Kind::CanFilters.encode(&filters(512)).unwrap();
        assert_eq!(most.as_bytes().len(), 4096);
        let error = Kind::CanFilters.encode(&filters(513)).err();
        assert_eq!(
            error.map(|misfit| misfit.to_string()).as_deref(),
            Some("takes at most 512 filters, got 513")
        );
    }

    /// Values of every kind that can be set and is more than a number.
    fn structures() -> impl Strategy<Value = (Kind, Value)> {
        let time =
            (any::<i32>(), any::<bool>(), any::<bool>()).prop_map(|(clock, deadline, report_errors)| {
                let clock = Clock::from_raw(clock);
                (Kind::TransmitTime, Value::TransmitTime(TransmitTime { clock, deadline, report_errors }))
            });
        let types = proptest::collection::vec(any::<u8>(), 0..40).prop_map(|types| {
            let filter = types.into_iter().fold(Icmpv6Filter::BLOCK_ALL, Icmpv6Filter::pass);
            (Kind::Icmpv6Filter, Value::Icmpv6Filter(filter))
        });
        let filter = any::<(u32, u32)>().prop_map(|(id, mask)| CanFilter { id, mask });
        let filters = proptest::collection::vec(filter, 0..=100)
            .prop_map(|filters| (Kind::CanFilters, Value::CanFilters(filters)));
        let group = any::<(u32, u32, u32, u32)>().prop_map(|(kind, instance, scope, flags)| {
            (Kind::TipcGroup, Value::TipcGroup(TipcGroup { kind, instance, scope, flags }))
        });
        prop_oneof![time, types, filters, group]
    }

    /// Every kind whose decoder reads more than one field.
    const STRUCTURES: [Kind; 18] = [
        Kind::Groups,
        Kind::Memberships,
        Kind::PathMtu,
        Kind::TransmitTime,
        Kind::MemoryInfo,
        Kind::TcpInfo,
        Kind::MptcpInfo,
        Kind::PacketStatistics,
        Kind::RolloverStatistics,
        Kind::XdpStatistics,
        Kind::XdpOffsets,
        Kind::Icmpv6Filter,
        Kind::CanFilters,
        Kind::TipcGroup,
        Kind::SctpStatus,
        Kind::SctpAddresses,
        Kind::SocketAddresses,
        Kind::J1939Filters,
    ];

    proptest! {
        #[test]
        fn a_structure_that_was_encoded_decodes_to_itself((kind, value) in structures()) {
            let encoded = kind.encode(&value).unwrap();
            prop_assert_eq!(kind.decode(encoded.as_bytes()), Ok(value));
        }

        #[test]
        fn no_bytes_panic_a_decoder(
            kind in proptest::sample::select(&STRUCTURES[..]),
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            if let Ok(value) = kind.decode(&bytes) {
                prop_assert!(!value.to_string().contains(char::is_control));
            }
        }
    }
}
