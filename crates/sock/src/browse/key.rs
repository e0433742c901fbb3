//! From what a terminal sends to keys.

/// A key that was pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// A letter, a digit, a sign, the space.
    Char(char),
    /// A letter with Ctrl, in lower case.
    Ctrl(char),
    Enter,
    Escape,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// The longest sequence that is a key; what is longer without an end is none.
const LONGEST: usize = 16;

/// The first key in `bytes`, none where they begin with what is no key, and how many bytes that takes.
///
/// `None` in all where the key may go on: more has to come first. With `is_all`, nothing more comes: an escape is then
/// the key itself.
pub(crate) fn first(bytes: &[u8], is_all: bool) -> Option<(Option<Key>, usize)> {
    match *bytes {
        [] => None,
        [0x1b] => is_all.then_some((Some(Key::Escape), 1)),
        [0x1b, b'[', ref rest @ ..] => match rest.iter().position(|byte| matches!(byte, b'@'..=b'~')) {
            Some(end) => Some((control(&rest[..end], rest[end]), end + 3)),
            None if is_all || rest.len() > LONGEST => Some((None, bytes.len())),
            None => None,
        },
        [0x1b, b'O', last, ..] => Some((control(b"", last), 3)),
        [0x1b, b'O'] => is_all.then_some((None, 2)),
        // The key and another one right behind it; with Alt, which means nothing here, a terminal sends the same.
        [0x1b, ..] => Some((Some(Key::Escape), 1)),
        [byte, ..] if byte.is_ascii() => Some((ascii(byte), 1)),
        _ => letter(bytes, is_all),
    }
}

/// The key of `ESC [ parameters last`.
fn control(parameters: &[u8], last: u8) -> Option<Key> {
    // What stands behind a semicolon says which of Shift, Alt and Ctrl were held.
    let number = parameters.split(|byte| *byte == b';').next().unwrap_or_default();
    Some(match (last, number) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) => Key::Right,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', b"1" | b"7") => Key::Home,
        (b'F', _) | (b'~', b"4" | b"8") => Key::End,
        (b'Z', _) => Key::BackTab,
        (b'M', b"") => Key::Enter,
        (b'~', b"3") => Key::Delete,
        (b'~', b"5") => Key::PageUp,
        (b'~', b"6") => Key::PageDown,
        _ => return None,
    })
}

fn ascii(byte: u8) -> Option<Key> {
    Some(match byte {
        b'\r' | b'\n' => Key::Enter,
        b'\t' => Key::Tab,
        0x7f | 0x08 => Key::Backspace,
        1..=26 => Key::Ctrl(char::from(byte - 1 + b'a')),
        b' '..=b'~' => Key::Char(char::from(byte)),
        _ => return None,
    })
}

/// A letter of UTF-8 beyond ASCII.
fn letter(bytes: &[u8], is_all: bool) -> Option<(Option<Key>, usize)> {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(error) if error.error_len().is_none() && !is_all => return None,
        Err(error) => return Some((None, error.error_len().unwrap_or(1))),
    };
    let letter = valid.chars().next()?;
    Some((Some(Key::Char(letter)), letter.len_utf8()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_typed_ends_in_keys(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let mut rest = &bytes[..];
            while let Some((_, used)) = first(rest, true) {
                prop_assert!((1..=rest.len()).contains(&used), "{rest:?}");
                rest = &rest[used..];
            }
            prop_assert!(rest.is_empty(), "{rest:?}");
        }
    }

    #[test]
    fn each_sequence_is_a_key_or_passed_over() {
        let rows: [(&[u8], Option<Key>, usize); 27] = [
            (b"j", Some(Key::Char('j')), 1),
            (b"\x1b[A", Some(Key::Up), 3),
            (b"\x1bOB", Some(Key::Down), 3),
            (b"\x1bOB\x1bOB", Some(Key::Down), 3),
            (b"\x1b[1;5C", Some(Key::Right), 6),
            (b"\x1b[Drest", Some(Key::Left), 3),
            (b"\x1b[H", Some(Key::Home), 3),
            (b"\x1b[1~", Some(Key::Home), 4),
            (b"\x1bOF", Some(Key::End), 3),
            (b"\x1b[4~", Some(Key::End), 4),
            (b"\x1b[5~", Some(Key::PageUp), 4),
            (b"\x1b[6~", Some(Key::PageDown), 4),
            (b"\x1b[3~", Some(Key::Delete), 4),
            (b"\x1b[Z", Some(Key::BackTab), 3),
            (b"\t", Some(Key::Tab), 1),
            (b"\r", Some(Key::Enter), 1),
            (b"\x7f", Some(Key::Backspace), 1),
            (b"\x03", Some(Key::Ctrl('c')), 1),
            (b"\x1a", Some(Key::Ctrl('z')), 1),
            (b"\x1b", Some(Key::Escape), 1),
            (b"\x1b\x1b", Some(Key::Escape), 1),
            ("é/".as_bytes(), Some(Key::Char('é')), 2),
            ("套".as_bytes(), Some(Key::Char('套')), 3),
            (b"\xff", None, 1),
            (b"\x1bx", Some(Key::Escape), 1),
            (b"\x1b[200~", None, 6),
            (b"\0", None, 1),
        ];
        for (bytes, want, used) in rows {
            assert_eq!(first(bytes, true), Some((want, used)), "{bytes:?}");
        }
    }

    #[test]
    fn what_may_go_on_waits_for_the_rest() {
        for bytes in [&b""[..], b"\x1b", b"\x1b[", b"\x1b[1;", b"\x1bO", b"\xe5\xa5"] {
            assert_eq!(first(bytes, false), None, "{bytes:?}");
        }
        assert!(first(&[b"\x1b[".as_slice(), &[b'1'; 40]].concat(), false).is_some(), "not for ever");
    }
}
