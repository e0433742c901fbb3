//! Bytes from a stranger as text that cannot drive a terminal.
//!
//! Printable characters stay as they are, marks of any script included. Everything that moves a cursor, changes the
//! direction of text, or shows nothing at all is spelt out, so what is printed is what arrived: two different inputs
//! within the limit never print alike.
//!
//! ```
//! use sock::report::escape::escape;
//!
//! assert_eq!(escape("naïve \x1b[2J".as_bytes(), 200).to_string(), "naïve \\x1b[2J");
//! assert_eq!(escape(b"\xff\0\n", 200).to_string(), "\\xff\\0\\n");
//! assert_eq!(escape(b"0123456789", 4).to_string(), "0123… (+6 bytes)");
//! ```

use std::fmt::{self, Write};

/// Shows at most `limit` of `bytes`, counted before escaping and cut between characters, then how many were left out.
pub fn escape(bytes: &[u8], limit: usize) -> Escaped<'_> {
    let (shown, hidden) = bytes.split_at(cut(bytes, limit));
    Escaped { shown, hidden: hidden.len() }
}

/// Bytes that print escaped; made by [`escape`].
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a> {
    shown: &'a [u8],
    hidden: usize,
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.shown.utf8_chunks() {
            write_text(f, chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        match self.hidden {
            0 => Ok(()),
            1 => f.write_str("… (+1 byte)"),
            hidden => write!(f, "… (+{hidden} bytes)"),
        }
    }
}

/// Writes one character as [`escape`] shows it before a digit, which may follow.
pub(crate) fn write_char(out: &mut impl Write, c: char) -> fmt::Result {
    match c {
        '\\' => out.write_str("\\\\"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        _ if is_printable(c) => out.write_char(c),
        // `\x80` and above stand for bytes that are no UTF-8, so only ASCII may use this form.
        _ if c.is_ascii() => write!(out, "\\x{:02x}", u32::from(c)),
        _ => write!(out, "\\u{{{:x}}}", u32::from(c)),
    }
}

/// Whether a character shows as itself and does nothing else: no control or format character, no separator but the
/// plain space, nothing invisible, private or unassigned.
pub(crate) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    !is_ignorable(c) && is_known_to_std(c)
}

/// Writes text, in runs where nothing needs escaping.
fn write_text(out: &mut impl Write, text: &str) -> fmt::Result {
    let mut written = 0;
    for (at, c) in text.char_indices() {
        if c != '\\' && is_printable(c) {
            continue;
        }
        out.write_str(&text[written..at])?;
        // Before a digit `\0` would read as the beginning of an octal number.
        let digit = |next: char| next.is_ascii_digit();
        if c == '\0' && !text[at + 1..].starts_with(digit) {
            out.write_str("\\0")?;
        } else {
            write_char(out, c)?;
        }
        written = at + c.len_utf8();
    }
    out.write_str(&text[written..])
}

/// The standard library's own table of printable characters: all but the categories Cc, Cf, Cs, Co, Cn, Zl, Zp and Zs.
///
/// It is reached through `escape_debug`, which escapes a combining mark only at the start of a string; hence the `a`.
fn is_known_to_std(c: char) -> bool {
    let mut buffer = [b'a', 0, 0, 0, 0];
    let length = 1 + c.encode_utf8(&mut buffer[1..]).len();
    str::from_utf8(&buffer[..length]).is_ok_and(|pair| pair.escape_debug().nth(1) == Some(c))
}

/// Letters and marks that show nothing: those of Unicode's `Default_Ignorable_Code_Point` that are not format
/// characters.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2065}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{e0000}'..='\u{e0fff}')
}

/// The longest length within `limit` that does not cut a character in two.
fn cut(bytes: &[u8], limit: usize) -> usize {
    if limit >= bytes.len() {
        return bytes.len();
    }
    // A character is at most four bytes long, so one that spans the limit starts at most three before it.
    let starts = limit.saturating_sub(3)..limit;
    let spans = |start: &usize| {
        let end = start + length_from_lead(bytes[*start]);
        end > limit && bytes.get(*start..end).is_some_and(|c| str::from_utf8(c).is_ok())
    };
    starts.into_iter().find(spans).unwrap_or(limit)
}

/// The length of the UTF-8 character that this byte leads; 1 if it leads none.
fn length_from_lead(byte: u8) -> usize {
    match byte {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_of_character_shows_in_its_own_way() {
        let rows: [(&[u8], &str); 24] = [
            (b"plain text, 100%", "plain text, 100%"),
            (b"\"quotes\" 'stay'", "\"quotes\" 'stay'"),
            ("套接字 é Ω 🦀".as_bytes(), "套接字 é Ω 🦀"),
            ("e\u{301} हिन्दी".as_bytes(), "e\u{301} हिन्दी"),
            (b"a\\n", "a\\\\n"),
            (b"a\nb\r\tc\0", "a\\nb\\r\\tc\\0"),
            (b"\x1b[31m\x07\x7f", "\\x1b[31m\\x07\\x7f"),
            ("\u{9b}2J\u{85}".as_bytes(), "\\u{9b}2J\\u{85}"),
            (b"\x9b2J", "\\x9b2J"),
            (b"ab\xe2\x82", "ab\\xe2\\x82"),
            (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
            ("\u{202e}\u{2066}\u{200f}\u{61c}".as_bytes(), "\\u{202e}\\u{2066}\\u{200f}\\u{61c}"),
            ("\u{200b}\u{200d}\u{feff}\u{ad}".as_bytes(), "\\u{200b}\\u{200d}\\u{feff}\\u{ad}"),
            ("\u{2028}\u{2029}".as_bytes(), "\\u{2028}\\u{2029}"),
            ("\u{a0}\u{3000}".as_bytes(), "\\u{a0}\\u{3000}"),
            ("\u{e000}\u{10fffd}".as_bytes(), "\\u{e000}\\u{10fffd}"),
            ("\u{fffe}\u{fdd0}\u{10ffff}".as_bytes(), "\\u{fffe}\\u{fdd0}\\u{10ffff}"),
            ("a\u{fe0f}\u{34f}".as_bytes(), "a\\u{fe0f}\\u{34f}"),
            ("\u{e0041}\u{e0101}".as_bytes(), "\\u{e0041}\\u{e0101}"),
            ("\u{3164}\u{115f}".as_bytes(), "\\u{3164}\\u{115f}"),
            ("\u{fffd}".as_bytes(), "\u{fffd}"),
            (b"\x001\0a\09", "\\x001\\0a\\x009"),
            (b"\0\0\xff\0", "\\0\\0\\xff\\0"),
            (b"", ""),
        ];
        for (bytes, want) in rows {
            assert_eq!(escape(bytes, 200).to_string(), want, "{bytes:?}");
        }
    }

    #[test]
    fn the_limit_counts_bytes_and_cuts_between_characters() {
        let rows: [(&[u8], usize, &str); 9] = [
            (b"hello", 5, "hello"),
            (b"hello", 4, "hell… (+1 byte)"),
            (b"hello", 0, "… (+5 bytes)"),
            ("日本".as_bytes(), 6, "日本"),
            ("日本".as_bytes(), 5, "日… (+3 bytes)"),
            ("日本".as_bytes(), 4, "日… (+3 bytes)"),
            ("日本".as_bytes(), 2, "… (+6 bytes)"),
            ("x🦀".as_bytes(), 4, "x… (+4 bytes)"),
            (b"\x80\x80\x80\x80\x80", 3, "\\x80\\x80\\x80… (+2 bytes)"),
        ];
        for (bytes, limit, want) in rows {
            assert_eq!(escape(bytes, limit).to_string(), want, "{bytes:?} {limit}");
        }
    }

    /// Unicode's control and format characters (Cc, Cf) and line separators (Zl, Zp), written down apart from the code.
    fn is_dangerous(c: char) -> bool {
        const FORMATS: [(u32, u32); 26] = [
            (0x00, 0x1f),
            (0x7f, 0x9f),
            (0xad, 0xad),
            (0x600, 0x605),
            (0x61c, 0x61c),
            (0x6dd, 0x6dd),
            (0x70f, 0x70f),
            (0x890, 0x891),
            (0x8e2, 0x8e2),
            (0x180e, 0x180e),
            (0x200b, 0x200f),
            (0x2028, 0x2029),
            (0x202a, 0x202e),
            (0x2060, 0x2064),
            (0x2066, 0x206f),
            (0xfe00, 0xfe0f),
            (0xfeff, 0xfeff),
            (0xfff9, 0xfffb),
            (0x110bd, 0x110bd),
            (0x110cd, 0x110cd),
            (0x13430, 0x1343f),
            (0x1bca0, 0x1bca3),
            (0x1d173, 0x1d17a),
            (0xe0001, 0xe0001),
            (0xe0020, 0xe007f),
            (0xe0100, 0xe01ef),
        ];
        FORMATS.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(c)))
    }

    #[test]
    fn no_character_of_unicode_prints_as_something_dangerous() {
        for c in '\0'..=char::MAX {
            let mut buffer = [0; 4];
            let shown = escape(c.encode_utf8(&mut buffer).as_bytes(), 4).to_string();
            assert!(!shown.contains(is_dangerous), "U+{:04X} prints as {shown:?}", u32::from(c));
        }
    }

    /// Reads [`escape`]'s output back: that this can be written at all shows that no two inputs print alike.
    fn unescape(shown: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = shown;
        while let Some(c) = rest.chars().next() {
            rest = &rest[c.len_utf8()..];
            if c != '\\' {
                bytes.extend(c.to_string().as_bytes());
                continue;
            }
            let (kind, tail) = rest.split_at(1);
            rest = tail;
            match kind {
                "x" => {
                    bytes.push(u8::from_str_radix(&rest[..2], 16).expect("two hex digits"));
                    rest = &rest[2..];
                }
                "u" => {
                    let (digits, tail) = rest[1..].split_once('}').expect("a closing brace");
                    let value = u32::from_str_radix(digits, 16).expect("hex digits");
                    bytes.extend(char::from_u32(value).expect("a character").to_string().as_bytes());
                    rest = tail;
                }
                "n" => bytes.push(b'\n'),
                "r" => bytes.push(b'\r'),
                "t" => bytes.push(b'\t'),
                "0" => bytes.push(0),
                "\\" => bytes.push(b'\\'),
                _ => panic!("unknown escape \\{kind} in {shown:?}"),
            }
        }
        bytes
    }

    /// Bytes with enough UTF-8, backslashes and near misses in them to be worth escaping.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            any::<Vec<u8>>(),
            any::<char>().prop_map(|c| c.to_string().into_bytes()),
            "[\\\\xu{}0-9a-fnrt]{0,8}".prop_map(String::into_bytes),
        ];
        proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn output_of_any_bytes_is_safe_and_reads_back(bytes in bytes()) {
            let shown = escape(&bytes, bytes.len()).to_string();
            prop_assert!(!shown.contains(is_dangerous), "{:?}", shown);
            prop_assert_eq!(unescape(&shown), bytes);
        }

        #[test]
        fn what_the_limit_hides_is_counted(bytes in bytes(), limit in 0..40_usize) {
            let shown = escape(&bytes, limit).to_string();
            prop_assert!(!shown.contains(is_dangerous), "{:?}", shown);
            if bytes.len() > limit {
                let (head, tail) = shown.rsplit_once("… (+").expect("a note of what is hidden");
                let hidden: usize = tail.split_once(" byte").expect("a count").0.parse().expect("a number");
                let head = unescape(head);
                prop_assert!(head.len() <= limit && head.len() + 3 >= limit);
                prop_assert_eq!(head.len() + hidden, bytes.len());
                prop_assert!(bytes.starts_with(&head));
            }
        }
    }
}
