//! Which datagrams travel as one piece: those of one size to one address, the last of which may be shorter.

use crate::address::Address;

/// How many datagrams one piece may hold (`UDP_MAX_SEGMENTS`; 128 since Linux 6.9).
const MOST: usize = 64;

/// How long a piece may be: what IPv4 can say, without its header, its options and UDP's header.
const LONGEST: usize = 65_535 - 60 - 8;

/// So many datagrams as one piece, each of `size` bytes but for the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    pub(super) count: usize,
    pub(super) size: usize,
}

/// The piece that begins with the first of `lengths`, of which there is one or more: at most `most` datagrams, and one
/// alone where it is longer than `longest`, or empty.
pub(super) fn of(mut lengths: impl Iterator<Item = usize>, most: usize, longest: usize) -> Run {
    let size = lengths.next().unwrap_or(0);
    let room = room(size, most, longest);
    let mut count = 1;
    for length in lengths.take(room - 1) {
        // An empty datagram has no place in a piece, where only bytes make one.
        if length == 0 || length > size {
            break;
        }
        count += 1;
        if length < size {
            break;
        }
    }
    Run { count, size }
}

/// As [`of`], of `length` bytes that are cut into datagrams of `size`.
pub(super) fn of_equal(length: usize, size: usize, most: usize, longest: usize) -> Run {
    let count = length.div_ceil(size).clamp(1, room(size, most, longest));
    Run { count, size: size.min(length) }
}

/// How many datagrams a piece has room for, where each has `size` bytes; 1 or more.
fn room(size: usize, most: usize, longest: usize) -> usize {
    if size == 0 || size > longest {
        return 1;
    }
    (LONGEST / size).min(MOST).min(most).max(1)
}

/// Whether two datagrams go to the same place.
pub(super) fn same(one: Option<&Address>, other: Option<&Address>) -> bool {
    match (one, other) {
        // Mostly they are the very same value: then nothing is compared.
        (Some(one), Some(other)) => std::ptr::eq(one, other) || one == other,
        (None, None) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_of_one_size_are_one_piece() {
        let rows: [(&[usize], usize, usize); 14] = [
            (&[100, 100, 100], 1500, 3),
            (&[100, 100, 99, 100], 1500, 3),
            (&[100, 100, 101], 1500, 2),
            (&[100, 101], 1500, 1),
            (&[100, 0, 100], 1500, 1),
            (&[0, 0], 1500, 1),
            (&[0, 100], 1500, 1),
            (&[100, 1, 1], 1500, 2),
            (&[100, 100], 100, 2),
            (&[100, 100], 99, 1),
            (&[100, 100], 0, 1),
            (&[1; 100], 1500, MOST),
            (&[30_000; 3], 65_535, 2),
            (&[65_507, 1], 65_535, 1),
        ];
        for (lengths, longest, want) in rows {
            let run = of(lengths.iter().copied(), 1024, longest);
            assert_eq!(run, Run { count: want, size: lengths[0] }, "{lengths:?}, {longest}");
        }
        assert_eq!(of([5; 9].into_iter(), 4, 1500).count, 4);
    }

    #[test]
    fn a_buffer_is_cut_as_its_datagrams_would_be() {
        for (length, size) in [(1, 1), (100, 100), (100, 30), (100, 101), (100_000, 1200), (70_000, 70_000)] {
            let lengths: Vec<usize> = vec![0; length].chunks(size).map(<[u8]>::len).collect();
            for longest in [0, 50, 65_535] {
                let want = of(lengths.iter().copied(), 1024, longest);
                assert_eq!(of_equal(length, size, 1024, longest), want, "{length} by {size}, {longest}");
            }
        }
    }

    #[test]
    fn a_piece_is_never_longer_than_ip_can_say() {
        for size in (1..=65_535).step_by(if cfg!(miri) { 1999 } else { 1 }) {
            let run = of_equal(usize::MAX, size, 1024, 65_535);
            assert!(run.count == 1 || run.count * size <= LONGEST, "{size}");
        }
    }
}
