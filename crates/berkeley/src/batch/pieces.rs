//! Taking apart what the kernel received as one piece: several datagrams of one size, the last of which may be shorter.

use crate::control::{ControlMessage, decode, udp};

/// The datagrams of one piece, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'b> {
    rest: &'b [u8],
    size: usize,
    done: bool,
}

impl<'b> Pieces<'b> {
    /// Those of `bytes`, each of `size` bytes but for the last. A size of 0 cuts nothing, and no bytes are one empty
    /// datagram.
    pub(super) const fn new(bytes: &'b [u8], size: usize) -> Self {
        Self { rest: bytes, size, done: false }
    }

    /// Whether the last has been given.
    pub(super) const fn are_done(&self) -> bool {
        self.done
    }
}

impl<'b> Iterator for Pieces<'b> {
    type Item = &'b [u8];

    #[inline]
    fn next(&mut self) -> Option<&'b [u8]> {
        if self.done {
            return None;
        }
        if self.size == 0 || self.rest.len() <= self.size {
            self.done = true;
            return Some(self.rest);
        }
        let (piece, rest) = self.rest.split_at(self.size);
        self.rest = rest;
        Some(piece)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = if self.done { 0 } else { count(self.rest.len(), self.size) };
        (left, Some(left))
    }
}

impl ExactSizeIterator for Pieces<'_> {}

/// Stands for the size where it may have been cut off: the bytes may be one datagram or many, and count as none.
pub(super) const UNKNOWN: usize = usize::MAX;

/// How many datagrams `length` bytes are, where each has `size` but for the last.
pub(super) const fn count(length: usize, size: usize) -> usize {
    if size == UNKNOWN {
        return 0;
    }
    if size == 0 || length <= size { 1 } else { length.div_ceil(size) }
}

/// The size that control data says (`UDP_GRO`); 0 where it says nothing that is a size.
pub(super) fn size_in(control: &[u8]) -> usize {
    decode(control)
        .find_map(|message| match message {
            ControlMessage::Udp(udp::Message::Gro(size)) => usize::try_from(size).ok(),
            _ => None,
        })
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::{encode, raw};
    use crate::sys::constants as c;

    #[test]
    fn a_piece_is_cut_at_its_size() {
        let bytes = [7; 10];
        let rows: [(usize, usize, &[usize]); 9] = [
            (10, 5, &[5, 5]),
            (10, 4, &[4, 4, 2]),
            (10, 1, &[1; 10]),
            (10, 10, &[10]),
            (10, 11, &[10]),
            (10, usize::MAX - 1, &[10]),
            (10, 0, &[10]),
            (0, 4, &[0]),
            (0, 0, &[0]),
        ];
        for (length, size, want) in rows {
            let pieces = Pieces::new(&bytes[..length], size);
            assert_eq!(pieces.len(), want.len(), "{length} bytes by {size}");
            assert_eq!(count(length, size), want.len(), "{length} bytes by {size}");
            let lengths: Vec<usize> = pieces.map(<[u8]>::len).collect();
            assert_eq!(lengths, want, "{length} bytes by {size}");
        }
    }

    #[test]
    fn no_size_loses_or_adds_a_byte() {
        const MOST: usize = if cfg!(miri) { 7 } else { 40 };
        let bytes: [u8; MOST] = std::array::from_fn(|at| at.try_into().unwrap());
        for (length, size) in (0..=MOST).flat_map(|length| (0..=MOST + 1).map(move |size| (length, size))) {
            let bytes = &bytes[..length];
            let pieces: Vec<&[u8]> = Pieces::new(bytes, size).collect();
            assert_eq!(pieces.concat(), bytes, "{length} bytes by {size}");
            let (last, whole) = pieces.split_last().unwrap();
            assert!(whole.iter().all(|piece| piece.len() == size), "{length} bytes by {size}");
            assert!(size == 0 || last.len() <= size, "{length} bytes by {size}");
        }
    }

    #[test]
    fn the_count_left_is_told_all_along() {
        let bytes: [u8; 7] = std::array::from_fn(|at| at.try_into().unwrap());
        let mut pieces = Pieces::new(&bytes, 3);
        let mut left = vec![pieces.len()];
        let mut joined = Vec::new();
        while let Some(piece) = pieces.next() {
            joined.extend_from_slice(piece);
            left.push(pieces.len());
        }
        assert_eq!((left, joined), (vec![3, 2, 1, 0], bytes.to_vec()));
        assert!(pieces.next().is_none());
    }

    #[test]
    fn only_a_size_is_a_size() {
        let gro = |data: &'static [u8]| encode(&[raw(c::IPPROTO_UDP, c::UDP_GRO, data).unwrap()]).unwrap();
        let (good, negative) = (1200_i32.to_ne_bytes(), (-1200_i32).to_ne_bytes());
        let ttl = crate::control::ip::ttl(3);
        let whole = encode(&[ttl, raw(c::IPPROTO_UDP, c::UDP_GRO, &good).unwrap()]).unwrap();
        assert_eq!(size_in(&whole), 1200, "behind another message");
        assert_eq!(size_in(&whole[..whole.len() - 8]), 0, "cut short");
        assert_eq!(size_in(&encode(&[raw(c::IPPROTO_UDP, c::UDP_GRO, &negative).unwrap()]).unwrap()), 0);
        for data in [&[][..], &[1], &[1, 0], &[0; 4], &[1; 8]] {
            assert_eq!(size_in(&gro(data)), 0, "{data:?}");
        }
        assert_eq!(size_in(&[]), 0);
    }
}
