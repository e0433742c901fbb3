//! A command line, split into words as a shell splits it: quotes and backslashes count, and nothing is expanded.

use std::fmt;
use std::iter::Peekable;
use std::ops::Range;
use std::str::CharIndices;

/// What a shell would act on where it stands alone; here it would be an argument.
const OPERATORS: [&str; 13] = ["|", "||", "|&", "&", "&&", ";", "<", ">", "<<", ">>", "2>", "2>&1", "&>"];

/// What cannot be split, and where in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordsError {
    /// The bytes at fault.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
}

impl WordsError {
    fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self { span, message: message.into() }
    }
}

impl fmt::Display for WordsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for WordsError {}

/// Splits a command line; gives one word at least.
///
/// `'...'` is taken as it is; in `"..."` a backslash stands before `"`, `\`, `$` and a backtick; elsewhere it stands
/// before any character.
///
/// # Errors
///
/// Fails where a quote does not end, where there is no word, and where an operator of the shell's stands alone.
pub fn split(text: &str) -> Result<Vec<String>, WordsError> {
    let (mut words, mut letters) = (Vec::new(), text.char_indices().peekable());
    loop {
        while letters.next_if(|(_, c)| c.is_ascii_whitespace()).is_some() {}
        let Some((start, _)) = letters.peek().copied() else { break };
        words.push(word(&mut letters, text.len())?);
        let end = letters.peek().map_or(text.len(), |(at, _)| *at);
        let written = &text[start..end];
        if OPERATORS.contains(&written) {
            let message = format!(
                "no shell reads this, so \"{written}\" would be an argument; sh: has one, and quotes keep it"
            );
            return Err(WordsError::new(start..end, message));
        }
    }
    if words.is_empty() {
        return Err(WordsError::new(text.len()..text.len(), "wants a command, as in exec:cat"));
    }
    Ok(words)
}

type Letters<'a> = Peekable<CharIndices<'a>>;

/// One word, up to the space behind it.
fn word(letters: &mut Letters<'_>, end: usize) -> Result<String, WordsError> {
    let mut word = String::new();
    while let Some((at, c)) = letters.next_if(|(_, c)| !c.is_ascii_whitespace()) {
        match c {
            '\'' | '"' => quoted(c, at..end, letters, &mut word)?,
            '\\' => match letters.next() {
                Some((_, c)) => word.push(c),
                None => return Err(WordsError::new(at..end, "a \"\\\" at the end stands before nothing")),
            },
            c => word.push(c),
        }
    }
    Ok(word)
}

/// What stands in quotes, up to the one that ends them; `rest` begins with the first.
fn quoted(
    quote: char,
    rest: Range<usize>,
    letters: &mut Letters<'_>,
    word: &mut String,
) -> Result<(), WordsError> {
    while let Some((_, c)) = letters.next() {
        match c {
            _ if c == quote => return Ok(()),
            '\\' if quote == '"' => {
                let escaped = letters.next_if(|(_, c)| matches!(c, '"' | '\\' | '$' | '`'));
                word.push(escaped.map_or('\\', |(_, c)| c));
            }
            c => word.push(c),
        }
    }
    Err(WordsError::new(rest, format!("this {quote} has no other that ends it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        let rows: [(&str, &[&str]); 12] = [
            ("cat", &["cat"]),
            ("  ls\t-l \n x ", &["ls", "-l", "x"]),
            ("echo 'a b' \"c d\"", &["echo", "a b", "c d"]),
            ("echo a'b c'd\"e f\"", &["echo", "ab cde f"]),
            ("echo '' \"\"", &["echo", "", ""]),
            (r"echo a\ b \\ \'", &["echo", "a b", "\\", "'"]),
            (r#"echo "\$x \" \\ \n""#, &["echo", "$x \" \\ \\n"]),
            (r"echo '\n'", &["echo", "\\n"]),
            ("echo $HOME * ~ a|b >x", &["echo", "$HOME", "*", "~", "a|b", ">x"]),
            ("curl http://h/?a=1&b=2", &["curl", "http://h/?a=1&b=2"]),
            ("echo '|' \";\"", &["echo", "|", ";"]),
            ("écho 日本", &["écho", "日本"]),
        ];
        for (text, want) in rows {
            assert_eq!(
                split(text).as_deref(),
                Ok(&want.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()[..])
            );
        }
    }

    #[test]
    fn what_no_shell_could_read_is_pointed_at() {
        let rows = [
            ("", 0..0, "wants a command, as in exec:cat"),
            ("  ", 2..2, "wants a command, as in exec:cat"),
            ("echo 'a b", 5..9, "this ' has no other that ends it"),
            ("echo \"a", 5..7, "this \" has no other that ends it"),
            ("echo a\\", 6..7, "a \"\\\" at the end stands before nothing"),
        ];
        for (text, span, message) in rows {
            assert_eq!(split(text), Err(WordsError::new(span, message)), "{text:?}");
        }
        for (text, span) in [("ls | wc", 3..4), ("a && b", 2..4), ("cat > x", 4..5), ("a 2>&1", 2..6)] {
            assert_eq!(split(text).expect_err(text).span, span);
        }
    }
}
