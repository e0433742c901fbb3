//! Rows of a name, a value and what it means, in columns: as wide as the terminal, or a line each where none reads.
//!
//! ```
//! use sock::report::table::{Row, Table};
//!
//! let rows = [
//!     Row::new("tcp.nodelay", "off", "Sends at once what there is to send."),
//!     Row::new("socket.rcvbuf", "131072 bytes", "The most memory."),
//! ];
//! assert_eq!(
//!     Table::new(&rows, Some(48)).text(),
//!     "\
//! tcp.nodelay    off           Sends at once what
//!                              there is to send.
//! socket.rcvbuf  131072 bytes  The most memory.
//! "
//! );
//! ```

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The widest that the column of values grows; a longer value moves its meaning to the next line.
const WIDEST_VALUE: usize = 16;

/// The same where there is no terminal to be filled.
const WIDEST_VALUE_OF_LINES: usize = 24;

/// Where less than this is left for the meanings, they stand below, indented.
const NARROWEST_MEANING: usize = 16;

/// How far what stands below is indented.
const INDENT: usize = 4;

/// One row; its texts are printed as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What has the value.
    pub name: String,
    /// The value.
    pub value: String,
    /// What it means.
    pub meaning: String,
}

impl Row {
    /// A row of these texts.
    pub fn new(name: impl Into<String>, value: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into(), meaning: meaning.into() }
    }
}

/// Rows, and the columns in which they stand.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    rows: &'a [Row],
    /// The columns of the terminal; `None` for lines as long as they come.
    width: Option<usize>,
    /// Where the values start.
    value_at: usize,
    /// Where the meanings start.
    meaning_at: usize,
}

impl<'a> Table<'a> {
    /// Lays out `rows` for a terminal of so many columns; without any, each row is one line.
    pub fn new(rows: &'a [Row], width: Option<usize>) -> Self {
        let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or_default();
        let value_at = widest(&mut rows.iter().map(|row| row.name.width())) + 2;
        let most = if width.is_some() { WIDEST_VALUE } else { WIDEST_VALUE_OF_LINES };
        let mut values = rows.iter().map(|row| row.value.width()).filter(|value| *value <= most);
        let meaning_at = value_at + widest(&mut values) + 2;
        let meaning_at = match width {
            Some(width) if meaning_at + NARROWEST_MEANING > width => INDENT,
            _ => meaning_at,
        };
        Self { rows, width, value_at, meaning_at }
    }

    /// The lines.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in self.rows {
            match self.width {
                None => self.push_line(row, &mut text),
                Some(width) => self.push_wrapped(row, width, &mut text),
            }
        }
        text
    }

    /// All of a row in one line.
    fn push_line(&self, row: &Row, text: &mut String) {
        let mut line = row.name.clone();
        pad(&mut line, self.value_at);
        line.push_str(&row.value);
        pad(&mut line, self.meaning_at);
        if !line.ends_with(' ') {
            line.push_str("  ");
        }
        line.push_str(&row.meaning);
        push_trimmed(&line, text);
    }

    /// A row in as many lines as it needs, none longer than `width`, unless that is hopelessly narrow.
    fn push_wrapped(&self, row: &Row, width: usize, text: &mut String) {
        let mut line = row.name.clone();
        for (number, part) in wrap(&row.value, width.saturating_sub(self.value_at)).iter().enumerate() {
            if number > 0 {
                push_trimmed(&std::mem::take(&mut line), text);
            }
            pad(&mut line, self.value_at);
            line.push_str(part);
        }
        if line.width() + 2 > self.meaning_at {
            push_trimmed(&std::mem::take(&mut line), text);
        }
        for part in wrap(&row.meaning, width.saturating_sub(self.meaning_at)) {
            pad(&mut line, self.meaning_at);
            line.push_str(&part);
            push_trimmed(&std::mem::take(&mut line), text);
        }
        if !line.is_empty() {
            push_trimmed(&line, text);
        }
    }
}

/// The columns of the terminal that standard output is; `None` where it is none. At least 20.
pub fn width_of_output() -> Option<usize> {
    let (terminal_size::Width(columns), _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(usize::from(columns).max(20))
}

/// Breaks a text into lines of at most `width` columns, between words where it can, and between letters of two columns,
/// which have no spaces between words.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut space = usize::from(!line.is_empty());
        for piece in pieces(word) {
            if !line.is_empty() && line.width() + space + piece.width() > width {
                lines.push(std::mem::take(&mut line));
                space = 0;
            }
            line.extend(std::iter::repeat_n(' ', std::mem::take(&mut space)));
            for letter in piece.chars() {
                if !line.is_empty() && line.width() + letter.width().unwrap_or(0) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// What ends no line, as it belongs to what follows.
const OPENING: &str = "（「《“‘【[(";

/// What begins no line, as it belongs to what is before.
const CLOSING: &str = "，。、；：？！）」》”’】…,.;:!?)]";

/// The pieces of a word between which a line may end.
fn pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let ends = |(at, pair): (usize, (char, char))| may_end_between(pair).then_some(at);
        let mut at = 0;
        let pairs = rest.chars().zip(rest.chars().skip(1)).map(|pair| {
            at += pair.0.len_utf8();
            (at, pair)
        });
        let end = pairs.into_iter().find_map(ends).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(end);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

fn may_end_between((before, after): (char, char)) -> bool {
    let is_wide = |letter: char| letter.width() == Some(2);
    (is_wide(before) || is_wide(after)) && !OPENING.contains(before) && !CLOSING.contains(after)
}

fn pad(line: &mut String, column: usize) {
    let missing = column.saturating_sub(line.width());
    line.extend(std::iter::repeat_n(' ', missing));
}

fn push_trimmed(line: &str, text: &mut String) {
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_breaks_between_words_and_a_long_word_anywhere() {
        let rows: [(&str, usize, &[&str]); 9] = [
            ("one two three", 7, &["one two", "three"]),
            ("one two", 100, &["one two"]),
            ("", 10, &[]),
            ("abcdefgh", 3, &["abc", "def", "gh"]),
            ("日本語", 4, &["日本", "語"]),
            ("连接。再连", 4, &["连", "接。", "再连"]),
            ("用 accept（）等", 8, &["用", "accept", "（）等"]),
            ("端口port是12345号", 8, &["端口port", "是12345", "号"]),
            ("a b", 0, &["a", "b"]),
        ];
        for (text, width, want) in rows {
            assert_eq!(wrap(text, width), want, "{text}");
        }
    }

    #[test]
    fn a_long_value_moves_its_meaning_down() {
        let rows = [
            Row::new("a", "12", "The first."),
            Row::new("b", "0123456789abcdef0123456789abcdef0123456789", "The second."),
            Row::new("c", "", ""),
        ];
        let want = "\
a  12  The first.
b  0123456789abcdef01234
   56789abcdef0123456789
       The second.
c
";
        assert_eq!(Table::new(&rows, Some(24)).text(), want);
        let want = "\
a  12  The first.
b  0123456789abcdef0123456789abcdef0123456789  The second.
c
";
        assert_eq!(Table::new(&rows, None).text(), want);
    }

    #[test]
    fn where_there_is_no_room_the_meaning_stands_below() {
        let rows = [Row::new("socket.keepalive", "on", "Probes an idle peer.")];
        let want = "socket.keepalive  on\n    Probes an idle peer.\n";
        assert_eq!(Table::new(&rows, Some(30)).text(), want);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal_and_nothing_is_lost(
            texts in prop::collection::vec(("[a-z.]{1,12}", "[a-z0-9]{0,40}", "[a-z ]{0,80}"), 1..6),
            width in 24_usize..100,
        ) {
            let row = |(name, value, meaning): &(String, String, String)| Row::new(name, value, meaning);
            let rows: Vec<Row> = texts.iter().map(row).collect();
            let text = Table::new(&rows, Some(width)).text();
            prop_assert!(text.lines().all(|line| line.width() <= width), "{}", text);
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            let want = texts.iter().flat_map(|(name, value, meaning)| [name.as_str(), value, meaning]);
            let want: String = want.collect();
            prop_assert_eq!(letters(&text), letters(&want));
        }
    }
}
