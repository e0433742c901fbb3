//! Bytes as a hex dump, as `hexdump -C` and `xxd` print them.

use std::fmt;

/// How many bytes a line shows.
const WIDTH: usize = 16;

/// The columns up to the bytes as ASCII: offset, two digits and a space for each byte, a gap in the middle.
const COLUMNS: usize = 10 + WIDTH * 3 + 2;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Writes `bytes` as lines, each of them with its offset, sixteen bytes in hex, and the same bytes as ASCII.
///
/// # Errors
///
/// The writer's own.
///
/// # Examples
///
/// ```
/// let mut out = String::new();
/// berkeley_packet::show::hex(b"GET / HTTP/1.1\r\n\r\n", &mut out)?;
/// assert_eq!(out, "\
/// 00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  |GET / HTTP/1.1..|
/// 00000010  0d 0a                                             |..|
/// ");
/// # Ok::<(), std::fmt::Error>(())
/// ```
pub fn hex(bytes: &[u8], out: &mut dyn fmt::Write) -> fmt::Result {
    bytes.chunks(WIDTH).enumerate().try_for_each(|(number, chunk)| {
        let mut line = [b' '; COLUMNS + WIDTH + 3];
        let offset = number * WIDTH;
        for (index, digit) in line[..8].iter_mut().enumerate() {
            *digit = DIGITS[offset >> ((7 - index) * 4) & 15];
        }
        line[COLUMNS] = b'|';
        for (index, byte) in chunk.iter().enumerate() {
            let at = 10 + index * 3 + usize::from(index >= WIDTH / 2);
            line[at] = DIGITS[usize::from(byte >> 4)];
            line[at + 1] = DIGITS[usize::from(byte & 15)];
            line[COLUMNS + 1 + index] = if matches!(byte, b' '..=b'~') { *byte } else { b'.' };
        }
        let end = COLUMNS + 1 + chunk.len();
        line[end] = b'|';
        line[end + 1] = b'\n';
        // All of it is ASCII.
        out.write_str(str::from_utf8(&line[..end + 2]).unwrap_or_default())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_in_their_place() {
        let rows: [(&[u8], &str); 3] = [
            (b"", ""),
            (b"a", "00000000  61                                                |a|\n"),
            (b"\x00\x1bcdefghi", "00000000  00 1b 63 64 65 66 67 68  69                       |..cdefghi|\n"),
        ];
        for (bytes, want) in rows {
            let mut out = String::new();
            hex(bytes, &mut out).unwrap();
            assert_eq!(out, want);
        }
        let mut out = String::new();
        hex(&[0; 0x1_0001], &mut out).unwrap();
        assert!(
            out.ends_with(&format!("00010000  00{}  |.|\n", " ".repeat(46))),
            "{}",
            &out[out.len() - 80..]
        );
    }
}
