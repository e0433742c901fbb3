//! Rust text as tokens, and the paths that it names. Comments, strings and lifetimes are gone: nobody imports
//! with them.

/// An identifier, `::`, or one other character, and the line it stands on, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// A path as the compiler will see it from the crate's root, such as `["address", "inet"]`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

/// The tokens of `text`.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader { rest: text, line: 1 };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next() {
        tokens.push(token);
    }
    tokens
}

struct Reader<'text> {
    rest: &'text str,
    line: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<Token> {
        loop {
            let first = self.rest.chars().next()?;
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.skip_block_comment();
            } else if let Some(length) = raw_string(self.rest) {
                self.skip(length);
            } else if let Some(start) = quote(self.rest) {
                self.skip(start);
                self.skip_quoted('"');
            } else if self.rest.starts_with("b'") {
                self.skip(2);
                self.skip_quoted('\'');
            } else if first == '\'' {
                self.skip_tick();
            } else if first.is_whitespace() {
                self.skip(first.len_utf8());
            } else {
                return Some(self.token(first));
            }
        }
    }

    fn token(&mut self, first: char) -> Token {
        if self.rest.starts_with("r#") {
            self.skip(2);
        }
        let word = word_length(self.rest);
        let length = match word {
            0 if self.rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            _ => word,
        };
        let token = Token { text: self.rest[..length].to_owned(), line: self.line };
        self.skip(length);
        token
    }

    fn skip(&mut self, length: usize) {
        self.line += self.rest[..length].matches('\n').count();
        self.rest = &self.rest[length..];
    }

    /// Past a block comment; they nest.
    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while let Some(first) = self.rest.chars().next() {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.skip(2);
                if depth == 0 {
                    return;
                }
            } else {
                self.skip(first.len_utf8());
            }
        }
    }

    /// Past the end of a literal whose opening quote is already behind.
    fn skip_quoted(&mut self, end: char) {
        let mut escaped = false;
        while let Some(next) = self.rest.chars().next() {
            self.skip(next.len_utf8());
            if next == end && !escaped {
                return;
            }
            escaped = next == '\\' && !escaped;
        }
    }

    /// Past a character literal or a lifetime: `'a'` is the one, `'a` the other.
    fn skip_tick(&mut self) {
        self.skip(1);
        let mut following = self.rest.chars();
        let (first, second) = (following.next(), following.next());
        if first == Some('\\') || second == Some('\'') {
            self.skip_quoted('\'');
        } else {
            self.skip(word_length(self.rest));
        }
    }
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// The length of the raw string that `text` opens with, if it does.
fn raw_string(text: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        let hashes = text.strip_prefix(prefix).map(|rest| rest.trim_start_matches('#'));
        hashes.is_some_and(|rest| rest.starts_with('"'))
    })?;
    let hashes = text[prefix.len()..].find('"')?;
    let start = prefix.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text[start..].find(&end).map_or(text.len(), |found| start + found + end.len()))
}

/// Where the inside of the plain string begins that `text` opens with, if it does.
fn quote(text: &str) -> Option<usize> {
    ["\"", "b\"", "c\""].into_iter().find(|open| text.starts_with(open)).map(str::len)
}

/// Every path of `tokens` that starts at `crate`, `self` or `super`, resolved for a file that is `module`.
///
/// Paths that start elsewhere name another crate, or a child of the module itself: neither is an arrow.
pub(crate) fn references(tokens: &[Token], module: &[String]) -> Vec<Reference> {
    let mut walker = Walker { tokens, file: module, open: Vec::new(), found: Vec::new() };
    walker.walk();
    walker.found
}

struct Walker<'a> {
    tokens: &'a [Token],
    file: &'a [String],
    /// One entry for each open brace: the module it opened, or `None` for any other brace.
    open: Vec<Option<String>>,
    found: Vec<Reference>,
}

impl Walker<'_> {
    fn walk(&mut self) {
        let mut in_use = false;
        for at in 0..self.tokens.len() {
            match self.text(at) {
                "use" => in_use = true,
                ";" => in_use = false,
                "{" => self.open.push(self.module_opened_at(at)),
                "}" => drop(self.open.pop()),
                "crate" | "self" | "super" if self.starts_path(at, in_use) => {
                    self.path(at, &[]);
                }
                _ => {}
            }
        }
    }

    /// The text of a token; nothing past either end.
    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_str())
    }

    fn before(&self, at: usize) -> &str {
        at.checked_sub(1).map_or("", |before| self.text(before))
    }

    fn module_opened_at(&self, brace: usize) -> Option<String> {
        let name = brace.checked_sub(1)?;
        (self.before(name) == "mod").then(|| self.text(name).to_owned())
    }

    /// `pub(in crate::a)` and a method's `self` are no paths to anything; an item of a group was read with it.
    fn starts_path(&self, at: usize, in_use: bool) -> bool {
        if self.text(at + 1) != "::" && !in_use {
            return false;
        }
        let visibility = self.before(at) == "in" && at >= 2 && self.text(at - 2) == "(";
        !visibility && self.before(at) != "::" && !self.in_group(at)
    }

    /// Whether the token stands in a group after a path, such as `self` in `crate::a::{b, self}`.
    fn in_group(&self, at: usize) -> bool {
        let mut depth = 0;
        for back in (0..at).rev() {
            match self.text(back) {
                ";" => return false,
                "}" => depth += 1,
                "{" if depth > 0 => depth -= 1,
                "{" => return self.before(back) == "::",
                _ => {}
            }
        }
        false
    }

    /// Reads the path that starts at token `at` after the segments `prefix`, and returns where it ends.
    fn path(&mut self, mut at: usize, prefix: &[String]) -> usize {
        let line = self.tokens[at].line;
        let mut path = prefix.to_vec();
        loop {
            match self.text(at) {
                "{" => return self.group(at, &path),
                "*" => path.push("*".to_owned()),
                segment if word_length(segment) > 0 => path.push(segment.to_owned()),
                _ => break,
            }
            at += 1;
            if self.text(at) != "::" {
                break;
            }
            at += 1;
        }
        let path = self.resolve(&path);
        self.found.push(Reference { path, line });
        at
    }

    /// Reads the group that opens at token `at`, each item after `prefix`, and returns where it ends.
    fn group(&mut self, mut at: usize, prefix: &[String]) -> usize {
        at += 1;
        while at < self.tokens.len() && self.text(at) != "}" {
            if self.text(at) == "as" {
                at += 2;
            } else if self.text(at) == "{" || self.text(at) == "*" || word_length(self.text(at)) > 0 {
                at = self.path(at, prefix).max(at + 1);
            } else {
                at += 1;
            }
        }
        at + 1
    }

    fn resolve(&self, path: &[String]) -> Vec<String> {
        let mut absolute: Vec<String> = Vec::new();
        for (place, segment) in path.iter().enumerate() {
            match segment.as_str() {
                "crate" => absolute.clear(),
                "self" | "super" => {
                    if place == 0 {
                        absolute.extend(self.file.iter().cloned());
                        absolute.extend(self.open.iter().flatten().cloned());
                    }
                    if segment == "super" {
                        absolute.pop();
                    }
                }
                name => absolute.push(name.to_owned()),
            }
        }
        absolute
    }
}
