//! Letters of UTF-8 that come in two pieces.

/// How many bytes at the end of `bytes` (0 to 3) begin a letter whose rest has not come yet.
///
/// ```
/// use sock::report::utf8::incomplete_tail;
///
/// assert_eq!(incomplete_tail(b"caf\xc3"), 1);
/// assert_eq!(incomplete_tail("caf\u{e9}".as_bytes()), 0);
/// assert_eq!(incomplete_tail(b"\xff"), 0, "never UTF-8");
/// ```
pub fn incomplete_tail(bytes: &[u8]) -> usize {
    (1..=bytes.len().min(3)).find(|length| begins_letter(&bytes[bytes.len() - length..])).unwrap_or(0)
}

/// Whether `bytes` are the beginning of a UTF-8 letter, and not the whole of one.
fn begins_letter(bytes: &[u8]) -> bool {
    match str::from_utf8(bytes) {
        Ok(_) => false,
        // No length: more bytes could make it whole. Nothing valid before: the letter begins right here.
        Err(error) => error.valid_up_to() == 0 && error.error_len().is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_a_beginning_of_a_letter_is_held_back() {
        let rows: [(&[u8], usize); 10] = [
            (b"", 0),
            (b"abc", 0),
            ("门".as_bytes(), 0),
            (b"abc\xe9\x97", 2),
            (b"\xf0\x9f\x98", 3),
            (b"\xc3", 1),
            (b"\xff", 0),     // never UTF-8
            (b"\x97", 0),     // a continuation of nothing
            (b"\xc0", 0),     // overlong
            (b"\xed\xa0", 0), // a surrogate
        ];
        for (bytes, want) in rows {
            assert_eq!(incomplete_tail(bytes), want, "{bytes:02x?}");
        }
    }

    proptest! {
        #[test]
        fn text_cut_anywhere_leaves_whole_letters(text in "\\PC{1,20}", cut in any::<prop::sample::Index>()) {
            let bytes = text.as_bytes();
            let piece = &bytes[..cut.index(bytes.len() + 1)];
            let whole = &piece[..piece.len() - incomplete_tail(piece)];
            prop_assert!(str::from_utf8(whole).is_ok());
        }

        #[test]
        fn any_bytes_hold_back_at_most_three(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(incomplete_tail(&bytes) <= 3);
        }
    }
}
