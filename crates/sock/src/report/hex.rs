//! Received bytes as a hex dump, over any number of pieces.
//!
//! A line holds the offset, sixteen bytes in hex and the same bytes as ASCII, as `hexdump -C` prints them. The offset
//! runs on from piece to piece.
//!
//! ```
//! use sock::report::hex::HexDump;
//!
//! let (mut dump, mut out) = (HexDump::new(), String::new());
//! dump.push(b"GET / HTTP", &mut out);
//! dump.push(b"/1.1\r\n\r\n", &mut out);
//! dump.flush(&mut out);
//! assert_eq!(out, "\
//! 00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|
//! 00000010  0d 0a                                             |..|
//! ");
//! ```

use std::fmt::Write;

/// How many bytes a line shows.
const WIDTH: usize = 16;

/// The columns that the hex of a full line takes: two digits and a space each, and a gap in the middle.
const HEX_COLUMNS: usize = WIDTH * 3 + 1;

/// A hex dump in the making: the running offset, and at most fifteen bytes that wait for their line to fill.
#[derive(Clone, Default, Debug)]
pub struct HexDump {
    /// The bytes already printed.
    offset: u64,
    held: [u8; WIDTH],
    held_length: usize,
}

impl HexDump {
    /// A dump that starts at offset 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the lines that these bytes complete to `out`; the rest waits.
    pub fn push(&mut self, bytes: &[u8], out: &mut String) {
        let mut bytes = bytes;
        if self.held_length > 0 {
            let taken = bytes.len().min(WIDTH - self.held_length);
            let (head, rest) = bytes.split_at(taken);
            self.hold(head);
            bytes = rest;
            if self.held_length < WIDTH {
                return;
            }
            self.flush(out);
        }
        let (lines, rest) = bytes.as_chunks::<WIDTH>();
        for line in lines {
            self.line(line, out);
        }
        self.hold(rest);
    }

    /// Appends the bytes that wait as a short line; the next byte starts a line of its own.
    ///
    /// Call it at the end, or after each piece to show it at once.
    pub fn flush(&mut self, out: &mut String) {
        let held = self.held;
        let length = std::mem::take(&mut self.held_length);
        if length > 0 {
            self.line(&held[..length], out);
        }
    }

    fn hold(&mut self, bytes: &[u8]) {
        let end = self.held_length + bytes.len();
        self.held[self.held_length..end].copy_from_slice(bytes);
        self.held_length = end;
    }

    fn line(&mut self, bytes: &[u8], out: &mut String) {
        // Writing to a String never fails.
        let _ = write!(out, "{:08x}  ", self.offset);
        let hex_start = out.len();
        for (at, byte) in bytes.iter().enumerate() {
            let gap = if at == WIDTH / 2 { " " } else { "" };
            let _ = write!(out, "{gap}{byte:02x} ");
        }
        let padding = HEX_COLUMNS - (out.len() - hex_start);
        out.extend(std::iter::repeat_n(' ', padding + 1));
        out.push('|');
        out.extend(
            bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' }),
        );
        out.push_str("|\n");
        self.offset += bytes.len() as u64;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dump(pieces: &[&[u8]]) -> String {
        let (mut dump, mut out) = (HexDump::new(), String::new());
        for piece in pieces {
            dump.push(piece, &mut out);
        }
        dump.flush(&mut out);
        out
    }

    #[test]
    fn nothing_received_prints_nothing() {
        assert_eq!(dump(&[]), "");
        assert_eq!(dump(&[b"", b""]), "");
    }

    #[test]
    fn every_line_has_its_columns_in_the_same_place() {
        let rows: [(&[u8], &str); 3] = [
            (b"a", "00000000  61                                                |a|\n"),
            (
                b"\x00\x1b\x7f\x80\xff~ !",
                "00000000  00 1b 7f 80 ff 7e 20 21                           |.....~ !|\n",
            ),
            (b"abcdefghi", "00000000  61 62 63 64 65 66 67 68  69                       |abcdefghi|\n"),
        ];
        for (bytes, want) in rows {
            assert_eq!(dump(&[bytes]), want);
        }
    }

    #[test]
    fn a_flush_after_each_piece_starts_a_line_and_keeps_the_offset() {
        let (mut dump, mut out) = (HexDump::new(), String::new());
        for piece in [b"one", b"two"] {
            dump.push(piece, &mut out);
            dump.flush(&mut out);
        }
        let starts: Vec<_> = out.lines().map(|line| &line[..12]).collect();
        assert_eq!(starts, ["00000000  6f", "00000003  74"]);
    }

    #[test]
    fn an_offset_beyond_four_gib_keeps_all_its_digits() {
        let mut dump = HexDump { offset: 0x1_0000_0010, ..HexDump::new() };
        let mut out = String::new();
        dump.push(&[0; 16], &mut out);
        assert!(out.starts_with("100000010  00 "), "{out}");
    }

    proptest! {
        #[test]
        fn the_cuts_between_pieces_do_not_show(bytes: Vec<u8>, cuts in proptest::collection::vec(0..40_usize, 0..9)) {
            let mut pieces = Vec::new();
            let mut rest = &bytes[..];
            for cut in cuts {
                let (piece, tail) = rest.split_at(cut.min(rest.len()));
                pieces.push(piece);
                rest = tail;
            }
            pieces.push(rest);
            prop_assert_eq!(dump(&pieces), dump(&[&bytes]));
        }
    }
}
