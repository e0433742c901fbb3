//! Percent-encoding (RFC 3986, section 2.1), by which any byte can stand in a place or in an option's value.

use std::fmt::{self, Write};

use super::piece::{Fault, Piece};
use crate::report::escape::is_printable;

/// The bytes that a piece stands for.
pub(super) fn decode(piece: Piece<'_>) -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::with_capacity(piece.text().len());
    let mut rest = piece;
    while let Some((head, tail)) = rest.split_once('%') {
        bytes.extend(head.text().as_bytes());
        let byte = tail.text().as_bytes().first_chunk::<2>().copied().and_then(hex_byte);
        let Some(byte) = byte else {
            let (_, sign) = rest.split_at(head.text().len());
            return Err(sign
                .split_at(1)
                .0
                .fault("\"%\" wants two hex digits after it; a plain one is written %25"));
        };
        bytes.push(byte);
        rest = tail.split_at(2).1;
    }
    bytes.extend(rest.text().as_bytes());
    Ok(bytes)
}

/// As [`decode`], where only text is of use.
pub(super) fn decode_text(piece: Piece<'_>) -> Result<String, Fault> {
    String::from_utf8(decode(piece)?)
        .map_err(|_| piece.fault(format_args!("\"{}\" is not UTF-8", piece.shown())))
}

/// Bytes that print percent-encoded; printable characters and harmless signs stay as they are.
pub(super) struct Encoded<'a>(pub(super) &'a [u8]);

impl fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_plain(c) {
                    f.write_char(c)?;
                    continue;
                }
                encode(f, c.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
            encode(f, chunk.invalid())?;
        }
        Ok(())
    }
}

fn encode(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "%{byte:02X}"))
}

/// Neither a sign of the grammar, nor of a shell's, nor anything that does not show.
fn is_plain(c: char) -> bool {
    match c {
        '-' | '.' | '_' | '~' | '/' | '@' | ':' | '+' | '=' => true,
        _ if c.is_ascii() => c.is_ascii_alphanumeric(),
        _ => is_printable(c),
    }
}

fn hex_byte(digits: [u8; 2]) -> Option<u8> {
    let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
    u8::try_from(high? * 16 + low?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_stand_for_themselves_or_behind_a_percent_sign() {
        let rows: [(&str, &[u8]); 5] = [
            ("", b""),
            ("/run/a b", b"/run/a b"),
            ("%00%ff%2F", b"\0\xff/"),
            ("é", "é".as_bytes()),
            ("%25e0", b"%e0"),
        ];
        for (text, want) in rows {
            assert_eq!(decode(Piece::whole(text)).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn a_lonely_percent_sign_is_pointed_at() {
        for (text, span) in
            [("%", 0..1), ("ab%4", 2..3), ("%zz", 0..1), ("%+1", 0..1), ("%é", 0..1), ("%41%4é", 3..4)]
        {
            assert_eq!(decode(Piece::whole(text)).map_err(|fault| fault.span), Err(span), "{text}");
        }
    }

    #[test]
    fn only_what_is_special_or_invisible_is_encoded() {
        let bytes = "/套/a b?c&d%\u{202e}\x1b'".as_bytes();
        assert_eq!(Encoded(bytes).to_string(), "/套/a%20b%3Fc%26d%25%E2%80%AE%1B%27");
        assert_eq!(Encoded(b"\xff\0").to_string(), "%FF%00");
    }

    proptest! {
        #[test]
        fn encoded_bytes_decode_to_themselves(bytes: Vec<u8>) {
            let text = Encoded(&bytes).to_string();
            prop_assert_eq!(decode(Piece::whole(&text)), Ok(bytes));
        }
    }
}
