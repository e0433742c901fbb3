//! Lists of networks: a file with one a line, and the values of `--allow` and `--deny`.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::network::{Network, NetworkError};

/// A value of `--allow` or `--deny`: networks between commas, or a file of them behind an `@`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// These.
    Networks(Vec<Network>),
    /// Those in this file.
    File(PathBuf),
}

/// A fault in a list, and where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListError {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub message: String,
}

impl FromStr for Entry {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        if let Some(path) = text.strip_prefix('@').filter(|path| !path.is_empty()) {
            return Ok(Self::File(path.into()));
        }
        text.split(',').map(|word| word.trim().parse()).collect::<Result<_, _>>().map(Self::Networks)
    }
}

/// Reads a list: a network a line. What follows a `#` is a comment, and empty lines and spaces around a network are
/// nothing.
///
/// # Errors
/// The first line that is none of these.
pub fn parse(bytes: &[u8]) -> Result<Vec<Network>, ListError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    lines.filter_map(|(line, number)| parse_line(line, number).transpose()).collect()
}

fn parse_line(line: &[u8], number: usize) -> Result<Option<Network>, ListError> {
    let content = line.split(|byte| *byte == b'#').next().unwrap_or_default();
    let content = str::from_utf8(content).map_err(|error| ListError {
        line: number,
        column: String::from_utf8_lossy(&content[..error.valid_up_to()]).chars().count() + 1,
        message: "not UTF-8; a list of networks is plain text".to_owned(),
    })?;
    let word = content.trim();
    if word.is_empty() {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|error: NetworkError| {
        let at = content.len() - content.trim_start().len() + error.span().start;
        ListError { line: number, column: content[..at].chars().count() + 1, message: error.to_string() }
    })
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl Error for ListError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(networks: &[Network]) -> String {
        networks.iter().fold(String::new(), |text, it| text + &it.to_string() + " ")
    }

    #[test]
    fn a_list_has_a_network_a_line_and_comments() {
        let rows: [(&[u8], &str); 7] = [
            (b"", ""),
            (b"\n\n", ""),
            (b"# nobody\n", ""),
            (b"192.0.2.0/24\n2001:db8::/32\n", "192.0.2.0/24 2001:db8::/32 "),
            (b"  192.0.2.1\t# a comment\r\n192.0.2.2#another", "192.0.2.1 192.0.2.2 "),
            (b"\xef\xbb\xbf192.0.2.1\r\n", "192.0.2.1 "),
            (b"192.0.2.1 # caf\xe9\n", "192.0.2.1 "),
        ];
        for (bytes, want) in rows {
            assert_eq!(shown(&parse(bytes).expect("a list")), want, "{bytes:?}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_line_and_its_column() {
        let rows: [(&[u8], &str); 6] = [
            (b"localhost", "1:1: \"localhost\" is no address"),
            (b"# a\n\n  192.0.2.0/33", "3:13: the prefix of an IPv4 network"),
            (b"192.0.2.1\n192.0.2.7/24\n", "2:1: 192.0.2.7/24 has bits set"),
            (b"192.0.2.1 192.0.2.2", "1:1: \"192.0.2.1 192.0.2.2\" is no address"),
            (b"192.0.2.1\n\xc3\xa9 \xff", "2:3: not UTF-8"),
            ("\u{3000}192.0.2.0/x".as_bytes(), "1:12: the prefix of an IPv4 network"),
        ];
        for (bytes, want) in rows {
            let error = parse(bytes).expect_err("no list").to_string();
            assert!(error.starts_with(want), "{error}");
        }
    }

    #[test]
    fn a_value_is_networks_or_a_file() {
        let networks = |list: &str| Ok(Entry::Networks(parse(list.as_bytes()).expect("a list")));
        assert_eq!("192.0.2.1, ::1".parse(), networks("192.0.2.1\n::1"));
        assert_eq!("@/etc/a,b".parse(), Ok(Entry::File("/etc/a,b".into())));
        for bad in ["", "@", "192.0.2.1,", "192.0.2.1,x"] {
            assert!(bad.parse::<Entry>().is_err(), "{bad}");
        }
    }
}
