//! A line that is typed.

use super::key::Key;

/// The most bytes of it.
const MOST: usize = 1024;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Which packets are wanted.
    Filter,
    /// A text to be found.
    Find,
}

/// A line that is typed, and where the cursor stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) asked: Asked,
    pub(crate) text: String,
    /// In bytes, between two letters.
    pub(crate) cursor: usize,
    /// What holds again where the line is given up.
    pub(crate) before: String,
}

/// What a key has done to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The text is another.
    Changed,
    /// It is ready.
    Done,
    /// It is given up.
    Left,
    /// Nothing but the cursor's place.
    Same,
}

impl Prompt {
    /// A line that begins with the text that holds now.
    pub(crate) fn new(asked: Asked, text: &str) -> Self {
        Self { asked, text: text.to_owned(), cursor: text.len(), before: text.to_owned() }
    }

    pub(crate) fn key(&mut self, key: Key) -> Typed {
        let length = self.text.len();
        match key {
            Key::Enter => return Typed::Done,
            Key::Escape => return Typed::Left,
            // On an empty line, as in less and vim.
            Key::Backspace if self.text.is_empty() => return Typed::Left,
            Key::Char(letter) => self.insert(letter),
            Key::Backspace => self.remove(self.previous()..self.cursor),
            Key::Delete => self.remove(self.cursor..self.next()),
            Key::Ctrl('u') => self.remove(0..self.cursor),
            Key::Ctrl('k') => self.remove(self.cursor..length),
            Key::Ctrl('w') => self.remove(self.word()..self.cursor),
            Key::Left | Key::Ctrl('b') => self.cursor = self.previous(),
            Key::Right | Key::Ctrl('f') => self.cursor = self.next(),
            Key::Home | Key::Ctrl('a') => self.cursor = 0,
            Key::End | Key::Ctrl('e') => self.cursor = length,
            _ => (),
        }
        if self.text.len() == length { Typed::Same } else { Typed::Changed }
    }

    fn insert(&mut self, letter: char) {
        if self.text.len() + letter.len_utf8() <= MOST {
            self.text.insert(self.cursor, letter);
            self.cursor += letter.len_utf8();
        }
    }

    fn remove(&mut self, range: std::ops::Range<usize>) {
        self.cursor = range.start;
        self.text.replace_range(range, "");
    }

    fn previous(&self) -> usize {
        self.text[..self.cursor].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn next(&self) -> usize {
        self.cursor + self.text[self.cursor..].chars().next().map_or(0, char::len_utf8)
    }

    /// Where the word in front of the cursor begins.
    fn word(&self) -> usize {
        let before = self.text[..self.cursor].trim_end_matches(' ');
        before.rfind(' ').map_or(0, |space| space + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_edit_the_line() {
        let ctrl = Key::Ctrl;
        let rows: [(&str, &[Key], &str, usize); 9] = [
            ("", &[Key::Char('t'), Key::Char('é')], "té", 3),
            ("té", &[Key::Backspace], "t", 1),
            ("té", &[Key::Left, Key::Backspace], "é", 0),
            ("ab", &[Key::Home, Key::Delete], "b", 0),
            ("udp port 53", &[ctrl('w')], "udp port ", 9),
            ("udp port ", &[ctrl('w')], "udp ", 4),
            ("udp", &[Key::Left, ctrl('u')], "p", 0),
            ("udp", &[ctrl('a'), Key::Right, ctrl('k')], "u", 1),
            ("udp", &[Key::Home, Key::Left, Key::End, Key::Right, Key::PageUp], "udp", 3),
        ];
        for (text, keys, want, cursor) in rows {
            let mut prompt = Prompt::new(Asked::Filter, text);
            for key in keys {
                prompt.key(*key);
            }
            assert_eq!((prompt.text.as_str(), prompt.cursor), (want, cursor), "{text} {keys:?}");
        }
    }

    #[test]
    fn it_says_what_has_become_of_it() {
        let rows = [
            ("a", Key::Char('b'), Typed::Changed),
            ("a", Key::Left, Typed::Same),
            ("a", Key::Delete, Typed::Same),
            ("a", Key::Backspace, Typed::Changed),
            ("", Key::Backspace, Typed::Left),
            ("a", Key::Enter, Typed::Done),
            ("a", Key::Escape, Typed::Left),
        ];
        for (text, key, want) in rows {
            assert_eq!(Prompt::new(Asked::Find, text).key(key), want, "{text} {key:?}");
        }
        let mut full = Prompt::new(Asked::Find, &"a".repeat(MOST));
        assert_eq!(full.key(Key::Char('b')), Typed::Same, "no more fits");
    }
}
