//! Numbers out of the kernel's bytes, in the machine's byte order.
//!
//! Each gives `None` where the bytes end before the number does; none trusts an offset that was read.

/// The `N` bytes at `offset`, where there are that many.
#[inline]
pub(crate) fn field<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

/// The bytes as an array, where there are exactly `N`.
#[inline]
pub(crate) fn whole<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

/// The 16 bits at `offset`.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    field(bytes, offset).map(u16::from_ne_bytes)
}

/// The 32 bits at `offset`.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    field(bytes, offset).map(u32::from_ne_bytes)
}

/// The C `int` at `offset`.
#[inline]
pub(crate) fn i32_at(bytes: &[u8], offset: usize) -> Option<i32> {
    field(bytes, offset).map(i32::from_ne_bytes)
}

/// The 64 bits at `offset`.
#[inline]
pub(crate) fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    field(bytes, offset).map(u64::from_ne_bytes)
}

/// The 64 bits with a sign at `offset`.
#[inline]
pub(crate) fn i64_at(bytes: &[u8], offset: usize) -> Option<i64> {
    field(bytes, offset).map(i64::from_ne_bytes)
}

/// A C `int`, where the bytes are that and no more.
#[inline]
pub(crate) fn int(bytes: &[u8]) -> Option<i32> {
    whole(bytes).map(i32::from_ne_bytes)
}

/// A number of 32 bits, where the bytes are that and no more.
#[inline]
pub(crate) fn unsigned(bytes: &[u8]) -> Option<u32> {
    whole(bytes).map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_where_it_is_whole() {
        let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(u16_at(&bytes, 7), Some(u16::from_ne_bytes([8, 9])));
        assert_eq!(u32_at(&bytes, 5), Some(u32::from_ne_bytes([6, 7, 8, 9])));
        assert_eq!(i32_at(&bytes, 0), Some(i32::from_ne_bytes([1, 2, 3, 4])));
        assert_eq!(u64_at(&bytes, 1), Some(u64::from_ne_bytes([2, 3, 4, 5, 6, 7, 8, 9])));
        assert_eq!((u16_at(&bytes, 8), u32_at(&bytes, 6), u64_at(&bytes, 2)), (None, None, None));
        assert_eq!((u16_at(&bytes, usize::MAX), i64_at(&bytes, 9), i32_at(&[], 0)), (None, None, None));
    }

    #[test]
    fn a_whole_number_takes_all_the_bytes() {
        assert_eq!(int(&(-2_i32).to_ne_bytes()), Some(-2));
        assert_eq!(unsigned(&[0; 4]), Some(0));
        assert_eq!((int(&[0; 3]), int(&[0; 5]), unsigned(&[])), (None, None, None));
        assert_eq!(whole::<2>(&[1, 2]), Some([1, 2]));
    }
}
