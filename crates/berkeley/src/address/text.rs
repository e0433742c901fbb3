//! Addresses as text: fields between colons, names escaped, and back.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::{Address, Layout, OtherAddress, UnixAddress};
use crate::error::{Error, Operation, Result};
use crate::sys::{Errno, alloc};

/// Bytes as they may be shown: what cannot be printed, and what is not UTF-8, is escaped, since peers choose names.
pub(super) struct Escaped<'a>(pub(super) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for letter in chunk.valid().chars() {
                match letter {
                    '\'' | '"' => write!(f, "{letter}")?,
                    _ => write!(f, "{}", letter.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// Bytes in a field that is not the last: a colon in them is escaped too.
pub(super) struct Inner<'a>(pub(super) &'a [u8]);

impl fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.split(|byte| *byte == b':').enumerate() {
            write!(f, "{}{}", if index == 0 { "" } else { r"\x3a" }, Escaped(part))?;
        }
        Ok(())
    }
}

/// The bytes that [`Escaped`] shows as `text`. Fails at a backslash that opens no escape of its.
pub(super) fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let no_memory = |_| Error::kernel(Operation::ParseAddress, Errno::NOMEM);
    bytes.try_reserve_exact(text.len()).map_err(no_memory)?;
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        rest = one_escape(after, &mut bytes)
            .ok_or_else(|| wrong("escape", r"one of \\ \0 \t \r \n \xHH \u{HEX}", &rest[plain.len()..]))?;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

/// Reads what follows a backslash, and gives what follows that.
fn one_escape<'a>(text: &'a str, bytes: &mut Vec<u8>) -> Option<&'a str> {
    let letter = text.chars().next()?;
    let rest = &text[letter.len_utf8()..];
    match letter {
        '\\' | '\'' | '"' => bytes.push(text.as_bytes()[0]),
        '0' => bytes.push(0),
        't' => bytes.push(b'\t'),
        'r' => bytes.push(b'\r'),
        'n' => bytes.push(b'\n'),
        'x' => {
            bytes.push(hexadecimal(rest.get(..2)?)?);
            return rest.get(2..);
        }
        'u' => {
            let (digits, rest) = rest.strip_prefix('{')?.split_once('}')?;
            let letter = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    }
    Some(rest)
}

/// Two digits, as `u8::from_str_radix` reads them but for the plus sign.
fn hexadecimal(pair: &str) -> Option<u8> {
    let digits = pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u8::from_str_radix(pair, 16).ok()).flatten()
}

/// Bytes as pairs of digits: `0102`.
pub(super) struct Hex<'a>(pub(super) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The bytes that [`Hex`] shows as `text`.
///
/// `ENOMEM` where there is no memory for so many.
pub(super) fn unhex(text: &str) -> Result<Option<Vec<u8>>> {
    if text.len() % 2 != 0 {
        return Ok(None);
    }
    let pairs = (0..text.len()).step_by(2).map(|at| hexadecimal(text.get(at..at + 2)?));
    alloc::collect_all(pairs).map_err(|errno| Error::kernel(Operation::ParseAddress, errno))
}

/// A link's address: `00:1b:21:01:02:03`.
pub(super) struct Octets<'a>(pub(super) &'a [u8]);

impl fmt::Display for Octets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02x}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

/// Writes the last fields of an address, each behind a colon, leaving out the zeros at the end.
pub(super) fn write_optional(f: &mut fmt::Formatter<'_>, fields: &[i64]) -> fmt::Result {
    let count = fields.iter().rposition(|field| *field != 0).map_or(0, |last| last + 1);
    fields[..count].iter().try_for_each(|field| write!(f, ":{field}"))
}

/// The fields behind a family's tag, read from the left.
pub(super) struct Fields<'a> {
    family: &'static str,
    /// What has not been read yet; `None` behind the last field.
    rest: Option<&'a str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(family: &'static str, text: &'a str) -> Self {
        Self { family, rest: Some(text) }
    }

    /// The next field as it is.
    pub(super) fn word(&mut self, name: &str, wanted: &str) -> Result<&'a str> {
        let rest = self.rest.ok_or_else(|| self.wrong(name, wanted, ""))?;
        let (word, rest) = rest.split_once(':').map_or((rest, None), |(word, rest)| (word, Some(rest)));
        self.rest = rest;
        Ok(word)
    }

    /// A number, decimal or `0x` and hexadecimal, within what `T` holds.
    pub(super) fn number<T: TryFrom<i128>>(&mut self, name: &str) -> Result<T> {
        let wanted = format!("a number of {} bits", 8 * size_of::<T>());
        let word = self.word(name, &wanted)?;
        number(word).ok_or_else(|| self.wrong(name, &wanted, word))
    }

    /// A number that may be left out at the end, and is then zero.
    pub(super) fn number_or_zero<T: TryFrom<i128> + Default>(&mut self, name: &str) -> Result<T> {
        if self.rest.is_none() { Ok(T::default()) } else { self.number(name) }
    }

    /// `N` bytes as pairs of digits between colons.
    pub(super) fn octets<const N: usize>(&mut self, name: &str) -> Result<[u8; N]> {
        let mut octets = [0; N];
        for octet in &mut octets {
            let word = self.word(name, "pairs of digits")?;
            *octet = hexadecimal(word).ok_or_else(|| self.wrong(name, "pairs of digits", word))?;
        }
        Ok(octets)
    }

    /// Everything that is left, colons included; `None` where nothing is.
    pub(super) fn rest(&mut self) -> Option<&'a str> {
        self.rest.take()
    }

    /// What has not been read yet, left where it is; `None` where every field has.
    pub(super) fn left(&self) -> Option<&'a str> {
        self.rest
    }

    /// Whether every field has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.rest.is_none()
    }

    /// The error of a field.
    pub(super) fn wrong(&self, name: &str, wanted: &str, got: &str) -> Error {
        wrong(&format!("{} {name}", self.family), wanted, got)
    }

    /// Fails where something is left.
    fn finish(mut self) -> Result<()> {
        match self.rest() {
            None => Ok(()),
            Some(rest) => Err(self.wrong("address", "nothing more", rest)),
        }
    }
}

/// The error of a text: which field, what it should be, what it is.
pub(super) fn wrong(field: &str, wanted: &str, got: &str) -> Error {
    // The operation is called "address" itself.
    let place = if field == "address" { String::new() } else { format!("{field}: ") };
    Error::invalid(Operation::ParseAddress, format!("{place}wanted {wanted}, got {}", Shown(got)))
}

/// A wrong text in quotes, as much of it as is worth showing.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 64;
        let end = self.0.char_indices().nth(MOST).map_or(self.0.len(), |(at, _)| at);
        write!(f, "{:?}{}", &self.0[..end], if end < self.0.len() { "..." } else { "" })
    }
}

/// Decimal with an optional minus, or `0x` and hexadecimal.
fn number<T: TryFrom<i128>>(word: &str) -> Option<T> {
    let digits = |text: &str, radix| {
        // No plus sign, and no digits beyond what any field holds.
        let good = text.len() <= 20 && text.chars().all(|letter| letter.is_digit(radix));
        good.then(|| i128::from_str_radix(text, radix).ok()).flatten()
    };
    let value = match (word.strip_prefix("0x"), word.strip_prefix('-')) {
        (Some(hexadecimal), _) => digits(hexadecimal, 16)?,
        (_, Some(negative)) => -digits(negative, 10)?,
        _ => digits(word, 10)?,
    };
    T::try_from(value).ok()
}

/// Reads an address of the one family `T`, its tag included.
pub(super) fn parse<T: Layout>(text: &str) -> Result<T> {
    let tail = text.strip_prefix(T::TAG).and_then(|tail| tail.strip_prefix(':'));
    let Some(tail) = tail else {
        return Err(wrong("family", &format!("{}:", T::TAG), text));
    };
    parse_tail(tail)
}

/// Reads what stands behind the tag of the family `T`.
pub(super) fn parse_tail<T: Layout>(tail: &str) -> Result<T> {
    let mut fields = Fields::new(T::TAG, tail);
    let address = T::parse(&mut fields)?;
    fields.finish()?;
    Ok(address)
}

/// Reads what `Display` prints, and what people type for it: [the forms](Address#as-text).
///
/// Resolves no name and asks no kernel.
///
/// # Errors
///
/// Where the text is no address the error says field, wanted and got; of a bare word or IP address it says that a port
/// is missing, and of a host's name that others look it up.
///
/// # Examples
///
/// ```
/// use berkeley::Address;
///
/// let texts = ["127.0.0.1:80", "[fe80::1%2]:80", "/run/door", "unix:app.sock", r"@door\0bell", "can:3"];
/// for text in texts {
///     assert_eq!(text.parse::<Address>()?.to_string(), text);
/// }
/// let error = "vsock:host:1234".parse::<Address>().unwrap_err();
/// assert_eq!(error.to_string(), r#"address: vsock cid: wanted a number of 32 bits or *, got "host""#);
/// # Ok::<(), berkeley::Error>(())
/// ```
impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(address.into());
        }
        if text == OtherAddress::NO_NAME {
            return Ok(Self::decode(&[]));
        }
        if UnixAddress::is_text(text) {
            return text.parse().map(Self::Unix);
        }
        let Some((tag, tail)) = text.split_once(':') else { return Err(unread(text, None)) };
        if tag == OtherAddress::TAG {
            return OtherAddress::parse_tail(tail).map(Self::Other);
        }
        Self::parse_tagged(tag, tail).unwrap_or_else(|| Err(unread(text, Some((tag, tail)))))
    }
}

/// What stands for a host in an address.
pub(super) const NO_NAME: &str = "an IP address (create_connection and resolve look names up)";

/// The error of a text that is of no form, with its halves before and behind the first colon.
fn unread(text: &str, halves: Option<(&str, &str)>) -> Error {
    const WANTED: &str = "IP:PORT, /PATH, ./PATH, @NAME, unix:PATH or FAMILY:...";
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    match halves {
        None if !text.is_empty() => wrong("a port is missing", WANTED, text),
        Some(_) if bare.parse::<Ipv6Addr>().is_ok() => wrong("a port is missing", "[IP]:PORT", text),
        Some((ip, port)) if ip.parse::<Ipv4Addr>().is_ok() => wrong("port", "a number of 16 bits", port),
        Some((name, port)) if !name.is_empty() && number::<u16>(port).is_some() => {
            wrong("host", NO_NAME, name)
        }
        _ => wrong("address", WANTED, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_names_its_operation_twice() {
        for text in ["", ":", "nobody:1:2", "unix:", "@", "family", "vsock:1:2:3:4"] {
            let Err(error) = text.parse::<crate::address::Address>() else { continue };
            let shown = error.to_string();
            let rest = shown.strip_prefix("address: ");
            assert!(rest.is_some_and(|rest| !rest.starts_with("address")), "{shown}");
        }
    }

    #[test]
    fn escaped_bytes_read_back() {
        let every: Vec<u8> = (0..=u8::MAX).collect();
        let rows: [&[u8]; 6] = [b"", b"plain", &every, "门\u{301}\u{202e}".as_bytes(), b"\\x41", b"a:b"];
        for bytes in rows {
            assert_eq!(unescape(&Escaped(bytes).to_string()).unwrap(), bytes);
            let inner = Inner(bytes).to_string();
            assert_eq!(unescape(&inner).unwrap(), bytes);
            assert!(!inner.contains(':'));
        }
        for bad in [r"\", r"\q", r"\x4", r"\x+4", r"\u{110000}", r"\u41", r"a\x门"] {
            assert!(unescape(bad).unwrap_err().to_string().contains("wanted one of"), "{bad}");
        }
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal_and_within_their_type() {
        let rows = [
            ("7", Some(7)),
            ("0x1f", Some(31)),
            ("255", Some(255)),
            ("256", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            ("0x", None),
            ("0x-1", None),
            ("99999999999999999999999999999999999999999", None),
        ];
        for (text, want) in rows {
            assert_eq!(number::<u8>(text), want, "{text:?}");
        }
        assert_eq!(number::<i8>("-128"), Some(-128));
        assert_eq!(number::<u64>("18446744073709551615"), Some(u64::MAX));
    }

    #[test]
    fn an_error_says_field_wanted_and_got() {
        let long = format!("nosuch:{}", "x".repeat(1000));
        let rows = [
            ("", "address: wanted IP:PORT, /PATH, ./PATH, @NAME, unix:PATH or FAMILY:..., got \"\""),
            ("localhost", "a port is missing: wanted IP:PORT, /PATH, ./PATH, @NAME, unix:PATH"),
            ("127.0.0.1", "a port is missing: wanted IP:PORT"),
            ("::1", "a port is missing: wanted [IP]:PORT, got \"::1\""),
            ("[::1]", "a port is missing: wanted [IP]:PORT, got \"[::1]\""),
            ("127.0.0.1:http", "port: wanted a number of 16 bits, got \"http\""),
            ("127.0.0.1:65536", "port: wanted a number of 16 bits, got \"65536\""),
            (
                "localhost:80",
                "host: wanted an IP address (create_connection and resolve look names up), got \"localhost\"",
            ),
            ("localhost:http", "address: wanted IP:PORT"),
            (":80", "address: wanted IP:PORT"),
            (long.as_str(), "got \"nosuch:xxx"),
            ("vsock:1", "vsock port: wanted a number of 32 bits or *, got \"\""),
            ("netlink:1:2:3", "netlink address: wanted nothing more, got \"3\""),
            ("netlink:1:\x1b", r#"netlink groups: wanted a number of 32 bits, got "\u{1b}""#),
            ("packet:1:65536", "packet protocol: wanted a number of 16 bits, got \"65536\""),
            ("family:70000:", "family number: wanted a number of 16 bits, got \"70000\""),
            (r"@\q", r#"escape: wanted one of \\ \0 \t \r \n \xHH \u{HEX}, got "\\q""#),
        ];
        for (text, words) in rows {
            let message = text.parse::<Address>().unwrap_err().to_string();
            assert!(message.starts_with("address: ") && message.contains(words), "{message}");
            assert!(message.len() < 200, "{message}");
        }
    }
}
