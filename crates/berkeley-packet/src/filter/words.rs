//! A filter's text, taken apart into words, numbers, addresses and signs.

use std::net::Ipv6Addr;
use std::ops::Range;

use super::error::Fault;
use super::names;
use crate::fault::quote;

/// What stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A word: one of the language's, or a name.
    Word(&'t str),
    /// The same behind a backslash, which is never one of the language's.
    Name(&'t str),
    Number(u32),
    /// Two to four numbers with dots between, and how many bits they are.
    Ipv4(u32, u32),
    Ipv6(Ipv6Addr),
    Mac([u8; 6]),
    Sign(&'static str),
    End,
}

impl<'t> Token<'t> {
    /// The word that it is; empty for all else.
    pub(super) fn word(&self) -> &'t str {
        match self {
            Self::Word(word) | Self::Name(word) => word,
            _ => "",
        }
    }
}

/// A token and its bytes in the text.
#[derive(Clone, Debug)]
pub(super) struct Spanned<'t> {
    pub(super) token: Token<'t>,
    pub(super) span: Range<usize>,
}

/// The signs, the longer ones first.
const SIGNS: &[(&str, &str)] = &[
    ("&&", "and"),
    ("||", "or"),
    (">=", ">="),
    ("<=", "<="),
    ("!=", "!="),
    ("==", "="),
    ("<<", "<<"),
    (">>", ">>"),
    ("!", "not"),
    ("(", "("),
    (")", ")"),
    ("[", "["),
    ("]", "]"),
    (":", ":"),
    (",", ","),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("%", "%"),
    ("&", "&"),
    ("|", "|"),
    ("^", "^"),
    ("<", "<"),
    (">", ">"),
    ("=", "="),
];

/// Takes a text apart. The last token is the end.
pub(super) fn split(text: &str) -> Result<Vec<Spanned<'_>>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start_matches([' ', '\t', '\r', '\n']).len();
        let rest = &text[at..];
        if rest.is_empty() {
            tokens.push(Spanned { token: Token::End, span: at..at });
            return Ok(tokens);
        }
        let (token, length) =
            token(rest).map_err(|(message, length)| Fault::new(at..at + length, message))?;
        tokens.push(Spanned { token, span: at..at + length });
        at += length;
    }
}

/// The first token of a text that is not empty, and its length; or what is wrong, and the length of that.
fn token(rest: &str) -> Result<(Token<'_>, usize), (String, usize)> {
    if let Some(found) = address(rest) {
        return Ok(found);
    }
    if let Some(name) = rest.strip_prefix('\\') {
        let length = run(name, |c| !matches!(c, ' ' | '!' | '(' | ')' | '\n' | '\t'));
        return match length {
            0 => Err(("a name is missing behind the backslash".to_owned(), 1)),
            _ => Ok((Token::Name(&name[..length]), length + 1)),
        };
    }
    let length = word_length(rest);
    if length > 0 {
        return word(&rest[..length]).map(|token| (token, length)).map_err(|message| (message, length));
    }
    let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
    match (sign, rest.chars().next()) {
        (Some((sign, name)), _) => Ok((Token::Sign(name), sign.len())),
        (None, Some(c)) => {
            Err((format!("{} has no meaning here", quote(&rest[..c.len_utf8()])), c.len_utf8()))
        }
        (None, None) => Ok((Token::End, 0)),
    }
}

/// How long the run of such characters is that a text begins with.
fn run(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

/// How long the word is that a text begins with: letters and digits, with `-`, `_` and `.` between.
fn word_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return 0;
    }
    let length = run(text, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    text[..length].trim_end_matches(['-', '_']).len()
}

/// An address of IPv6 or of Ethernet with colons, which no word is.
fn address(text: &str) -> Option<(Token<'_>, usize)> {
    let length = run(text, |c| c.is_ascii_hexdigit() || matches!(c, ':' | '.'));
    let found = &text[..length];
    if found.matches(':').count() < 2 {
        return None;
    }
    let token = found.parse().map(Token::Ipv6).ok().or_else(|| mac(found).map(Token::Mac))?;
    Some((token, length))
}

fn word(word: &str) -> Result<Token<'_>, String> {
    if let Some(mac) = mac(word) {
        return Ok(Token::Mac(mac));
    }
    if let Some(number) = names::constant(word) {
        return Ok(Token::Number(number));
    }
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return Ok(Token::Word(word));
    }
    match word.split('.').map(number).collect::<Option<Vec<_>>>() {
        Some(parts) if parts.len() == 1 => {
            parts[0].map(Token::Number).map_err(|reason| format!("{}: {reason}", quote(word)))
        }
        Some(parts) if parts.len() <= 4 => dotted(word).map(|(address, bits)| Token::Ipv4(address, bits)),
        _ => Ok(Token::Word(word)),
    }
}

/// A number as C writes it. None for what does not look like one.
fn number(text: &str) -> Option<Result<u32, &'static str>> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (&text[1..], 8),
        None => (text, 10),
    };
    let looks = if radix == 16 { u8::is_ascii_hexdigit } else { u8::is_ascii_digit };
    if digits.is_empty() || !digits.as_bytes().iter().all(looks) {
        return None;
    }
    if radix == 8 && digits.contains(['8', '9']) {
        return Some(Err("a number that begins with 0 is octal"));
    }
    Some(u32::from_str_radix(digits, radix).map_err(|_| "a number is at most 4294967295"))
}

/// An address of IPv4, or as much of its front as is written.
fn dotted(text: &str) -> Result<(u32, u32), String> {
    let (mut address, mut bits) = (0, 0);
    for part in text.split('.') {
        let part: u8 =
            part.parse().map_err(|_| format!("{} is no address: a part is 0 to 255", quote(text)))?;
        address = address << 8 | u32::from(part);
        bits += 8;
    }
    Ok((address, bits))
}

/// An Ethernet address in one of its forms.
fn mac(text: &str) -> Option<[u8; 6]> {
    let hex = |part: &str| {
        let is_hex = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_hex.then(|| u64::from_str_radix(part, 16).ok()).flatten()
    };
    let join =
        |parts: &[&str], bits: u32| parts.iter().try_fold(0_u64, |all, part| Some(all << bits | hex(part)?));
    let parts: Vec<_> = text.split([':', '-', '.']).collect();
    let separator = text.find([':', '-', '.']).map(|at| &text[at..=at]);
    let alike = separator.is_none_or(|separator| text.matches(separator).count() + 1 == parts.len());
    let all = match parts.as_slice() {
        [whole] if whole.len() == 12 => hex(whole)?,
        [_, _, _] if separator == Some(".") && parts.iter().all(|part| part.len() == 4) => join(&parts, 16)?,
        [_, _, _, _, _, _] if alike && parts.iter().all(|part| part.len() <= 2) => join(&parts, 8)?,
        _ => return None,
    };
    all.to_be_bytes().last_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_apart_as_tcpdump_does() {
        let mac = Token::Mac([1, 2, 3, 4, 5, 6]);
        let rows: &[(&str, Token<'_>)] = &[
            ("1:2:3:4:5:6", mac.clone()),
            ("01-02-03-04-05-06", mac.clone()),
            ("01.02.03.04.05.06", mac.clone()),
            ("0102.0304.0506", mac.clone()),
            ("010203040506", mac),
            ("::1", Token::Ipv6("::1".parse().unwrap())),
            ("::ffff:1.2.3.4", Token::Ipv6("::ffff:1.2.3.4".parse().unwrap())),
            ("10.1", Token::Ipv4(0x0a01, 16)),
            ("1.2.3.4", Token::Ipv4(0x0102_0304, 32)),
            ("1.2.3.4.5", Token::Word("1.2.3.4.5")),
            ("0x1F", Token::Number(31)),
            ("010", Token::Number(8)),
            ("tcp-syn", Token::Number(2)),
            ("6000-6008", Token::Word("6000-6008")),
            ("ftp-data", Token::Word("ftp-data")),
            ("\\tcp", Token::Name("tcp")),
            ("&&", Token::Sign("and")),
            ("==", Token::Sign("=")),
        ];
        for (text, wanted) in rows {
            let tokens = split(text).unwrap();
            assert_eq!((&tokens[0].token, tokens.len()), (wanted, 2), "{text}");
        }
        let signs: Vec<_> = split("ip[2:2]-4>=1").unwrap().into_iter().map(|token| token.token).collect();
        assert_eq!(signs[3..5], [Token::Sign(":"), Token::Number(2)]);
        for bad in ["08", "4294967296", "1.2.3.256", "a ' b", "\\ tcp", "é"] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }
}
