//! Numbers out of a header, by the bit at which they start.

use std::ops::Range;

/// The bytes that hold the bits `bits`; the last one may hold others too.
pub(crate) fn bytes_of(bits: &Range<usize>) -> Range<usize> {
    bits.start / 8..bits.end.div_ceil(8)
}

/// The number in `bits` of `bytes`, most significant bit first. None where `bytes` ends before it, or for more than 64.
pub(crate) fn read(bytes: &[u8], bits: &Range<usize>) -> Option<u64> {
    let held = bytes.get(bytes_of(bits))?;
    if bits.len() > 64 || held.len() > 9 {
        return None;
    }
    let all = held.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let below = held.len() * 8 - (bits.start % 8 + bits.len());
    let mask = u128::from(u64::MAX) >> (64 - bits.len().min(64));
    u64::try_from(all >> below & mask).ok()
}

/// Writes `number` into `bits` of `bytes`, and leaves the bits around it. False where it does not fit.
pub(crate) fn write(bytes: &mut [u8], bits: &Range<usize>, number: u64) -> bool {
    let fits = bits.len() >= 64 || number >> bits.len() == 0;
    let Some(held) = bytes.get_mut(bytes_of(bits)).filter(|held| fits && held.len() <= 9) else {
        return false;
    };
    let below = held.len() * 8 - (bits.start % 8 + bits.len());
    let mask = (u128::from(u64::MAX) >> (64 - bits.len().min(64))) << below;
    let before = held.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
    let after = before & !mask | u128::from(number) << below & mask;
    for (byte, new) in held.iter_mut().rev().zip(after.to_le_bytes()) {
        *byte = new;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_where_it_is_read() {
        let rows: &[(Range<usize>, u64)] =
            &[(0..4, 0xf), (4..8, 5), (3..16, 0x1234), (0..64, u64::MAX), (7..71, 1 << 63), (64..65, 1)];
        for (bits, number) in rows {
            let mut bytes = [0_u8; 10];
            assert!(write(&mut bytes, bits, *number), "{bits:?}");
            assert_eq!(read(&bytes, bits), Some(*number), "{bits:?}");
            let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
            assert_eq!(ones, number.count_ones(), "{bits:?}: bits beside it have changed");
        }
    }

    #[test]
    fn what_does_not_fit_is_none() {
        assert_eq!(read(&[0; 2], &(8..24)), None);
        assert_eq!(read(&[0; 20], &(0..65)), None);
        assert!(!write(&mut [0; 2], &(0..4), 16));
        assert!(!write(&mut [0; 2], &(8..24), 1));
    }
}
