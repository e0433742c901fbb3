//! `AF_UNIX`: `struct sockaddr_un` (unix(7)): a path, an abstract name, or no name.

use std::ffi::OsStr;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::FromStr;

use super::EncodedAddress;
use super::text::{Escaped, unescape, wrong};
use crate::error::{Error, Operation, Result};
use crate::kinds::Family;
use crate::sys::layout::unix;

/// The address of a Unix socket: a path in the file system, an abstract name (Linux), or none.
///
/// Held in place, so that receiving from a named peer allocates nothing.
#[doc(alias = "sockaddr_un")]
#[derive(Clone, Copy)]
pub struct UnixAddress {
    /// `sun_path` as it is: a path without its NUL, a NUL and an abstract name, or nothing.
    bytes: [u8; unix::PATH_SIZE],
    length: u8,
}

impl UnixAddress {
    /// No name: what a socket that was never bound has. Binding to it lets Linux choose an abstract name.
    #[doc(alias = "autobind")]
    pub const UNNAMED: Self = Self { bytes: [0; unix::PATH_SIZE], length: 0 };

    /// The longest path or abstract name, in bytes: 107.
    pub const MAX: usize = unix::PATH_SIZE - 1;

    /// The address of the socket at `path`.
    ///
    /// # Errors
    ///
    /// Fails on an empty path, one that holds a NUL (the kernel would cut it there), and one longer than
    /// [`MAX`](Self::MAX) bytes.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().as_os_str().as_bytes();
        let refuse = |why: String| Err(Error::invalid(Operation::ParseAddress, why));
        if path.is_empty() {
            return refuse("a unix path is empty: name a file, or use UnixAddress::UNNAMED".to_owned());
        }
        if path.len() > Self::MAX {
            return refuse(too_long("path", path.len()));
        }
        if path.contains(&0) {
            return refuse(format!("unix path {} holds a NUL, where the kernel would cut it", Escaped(path)));
        }
        Ok(Self::hold(path))
    }

    /// The abstract address `name`, without the NUL that the kernel puts before it; `name` may hold NULs.
    ///
    /// # Errors
    ///
    /// Fails where it is longer than [`MAX`](Self::MAX) bytes.
    #[doc(alias = "abstract")]
    pub fn from_abstract(name: &[u8]) -> Result<Self> {
        if name.len() > Self::MAX {
            return Err(Error::invalid(Operation::ParseAddress, too_long("abstract name", name.len())));
        }
        let mut address = Self::UNNAMED;
        address.bytes[1..=name.len()].copy_from_slice(name);
        address.length = length_u8(name.len() + 1);
        Ok(address)
    }

    /// `bytes` is at most as long as `sun_path`.
    fn hold(bytes: &[u8]) -> Self {
        let mut address = Self::UNNAMED;
        address.bytes[..bytes.len()].copy_from_slice(bytes);
        address.length = length_u8(bytes.len());
        address
    }

    /// `None` where the bytes hold no family, or more than a path has room for.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let name = match bytes.get(unix::PATH..)? {
            name @ [0, ..] => name,
            // A path ends at its NUL. To one of the full 108 bytes, which has no room for it, Linux adds one behind.
            path => path.split(|byte| *byte == 0).next()?,
        };
        let fits = name.len() <= unix::PATH_SIZE && bytes.len() <= unix::PATH + unix::PATH_SIZE + 1;
        fits.then(|| Self::hold(name))
    }

    pub(super) fn encode(&self) -> EncodedAddress {
        let name = self.sun_path();
        // A path's NUL is counted, where there is room for one, as unix(7) asks; an abstract name has none.
        let nul = usize::from(self.as_path().is_some() && name.len() < unix::PATH_SIZE);
        let mut encoded = EncodedAddress::new(Family::UNIX, unix::PATH + name.len() + nul);
        encoded.put(unix::PATH, name);
        encoded
    }

    /// Whether `text` is the form of a Unix address, as against another family's.
    pub(super) fn is_text(text: &str) -> bool {
        text == NO_NAME || text.starts_with('@') || text.starts_with(PREFIX) || is_plain(text.as_bytes())
    }

    fn sun_path(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// The path; `None` where it is abstract or unnamed.
    pub fn as_path(&self) -> Option<&Path> {
        match self.sun_path() {
            [] | [0, ..] => None,
            path => Some(Path::new(OsStr::from_bytes(path))),
        }
    }

    /// The abstract name, without the NUL before it; `None` where it is a path or unnamed.
    pub fn as_abstract(&self) -> Option<&[u8]> {
        match self.sun_path() {
            [0, name @ ..] => Some(name),
            _ => None,
        }
    }

    /// Whether there is no name.
    pub fn is_unnamed(&self) -> bool {
        self.length == 0
    }
}

/// Every caller has checked that it is at most 108.
#[allow(clippy::cast_possible_truncation, reason = "at most 108")]
const fn length_u8(length: usize) -> u8 {
    length as u8
}

fn too_long(what: &str, length: usize) -> String {
    let most = UnixAddress::MAX;
    format!("unix {what} is {length} bytes long, and the kernel takes {most}: choose a shorter one")
}

impl PartialEq for UnixAddress {
    fn eq(&self, other: &Self) -> bool {
        self.sun_path() == other.sun_path()
    }
}

impl Eq for UnixAddress {}

impl Hash for UnixAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.sun_path().hash(state);
    }
}

/// Prints `/path`, `./path`, `@abstract` or `(unnamed)`, escaped, and any other path behind a prefix: `unix:app.sock`.
/// (`./app.sock` is another name in bytes, by which the kernel would tell the two apart.)
impl fmt::Display for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.as_abstract(), self.sun_path()) {
            (Some(name), _) => write!(f, "@{}", Escaped(name)),
            (None, []) => f.write_str(NO_NAME),
            (None, path) if is_plain(path) => Escaped(path).fmt(f),
            (None, [b'@', rest @ ..]) => write!(f, "{PREFIX}\\x40{}", Escaped(rest)),
            (None, path) => write!(f, "{PREFIX}{}", Escaped(path)),
        }
    }
}

const NO_NAME: &str = "(unnamed)";

/// What stands before a path that could be taken for a host's name or for another family's address.
const PREFIX: &str = "unix:";

/// Whether the bytes say by themselves that they are a path.
fn is_plain(path: &[u8]) -> bool {
    ["/", "./", "../"].iter().any(|opening| path.starts_with(opening.as_bytes()))
}

/// Reads what `Display` prints. The prefix `unix:` may stand before any path and any abstract name.
///
/// # Errors
///
/// A text without one of these openings is none: `app.sock` could be a host's name.
/// [`from_path`](UnixAddress::from_path) takes any path as it is.
impl FromStr for UnixAddress {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == NO_NAME {
            return Ok(Self::UNNAMED);
        }
        if !Self::is_text(text) {
            return Err(wrong("unix address", "/PATH, ./PATH, @NAME, unix:PATH or (unnamed)", text));
        }
        let text = text.strip_prefix(PREFIX).unwrap_or(text);
        if let Some(name) = text.strip_prefix('@') {
            return Self::from_abstract(&unescape(name)?);
        }
        let path = unescape(text)?;
        // The kernel's own paths may be one byte longer than those that a program should choose.
        if path.len() == unix::PATH_SIZE && !path.contains(&0) {
            return Ok(Self::hold(&path));
        }
        Self::from_path(OsStr::from_bytes(&path))
    }
}

impl fmt::Debug for UnixAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnixAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    #[test]
    fn paths_abstract_names_and_no_name_survive_the_round_trip() {
        let longest = "p".repeat(UnixAddress::MAX);
        let path = |path: &str| UnixAddress::from_path(path).unwrap();
        let rows = [
            (path("/run/door"), "/run/door"),
            (path("/run/门"), "/run/门"),
            (UnixAddress::from_path(OsStr::from_bytes(b"\xff\x1b[2J")).unwrap(), r"unix:\xff\u{1b}[2J"),
            (path(&longest), &format!("unix:{longest}")),
            (path("app.sock"), "unix:app.sock"),
            (path("./app.sock"), "./app.sock"),
            (path("../app.sock"), "../app.sock"),
            (path(".app.sock"), "unix:.app.sock"),
            (path(".."), "unix:.."),
            (path("@door"), r"unix:\x40door"),
            (path("unix:door"), "unix:unix:door"),
            (path("(unnamed)"), "unix:(unnamed)"),
            (path("./a:b"), "./a:b"),
            (path("127.0.0.1:80"), "unix:127.0.0.1:80"),
            (path("vsock:2:1"), "unix:vsock:2:1"),
            (path(r"\:"), r"unix:\\:"),
            (path("门:1"), "unix:门:1"),
            (UnixAddress::from_abstract(b"a\0b").unwrap(), r"@a\0b"),
            (UnixAddress::from_abstract(b"").unwrap(), "@"),
            (UnixAddress::UNNAMED, "(unnamed)"),
        ];
        for (address, shown) in rows {
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse::<Address>().unwrap(), Address::Unix(address));
            assert_eq!(shown.parse::<UnixAddress>().unwrap(), address);
            assert_eq!(Address::decode(Address::from(address).encode().as_bytes()), Address::Unix(address));
        }
    }

    #[test]
    fn a_prefix_may_stand_before_what_needs_none() {
        for (prefixed, want) in
            [("unix:/run/door", "/run/door"), ("unix:./door", "./door"), ("unix:@door", "@door")]
        {
            assert_eq!(prefixed.parse::<UnixAddress>().unwrap(), want.parse().unwrap());
            assert_eq!(prefixed.parse::<Address>().unwrap().to_string(), want);
        }
        assert!("unix:".parse::<Address>().unwrap_err().to_string().contains("a unix path is empty"));
    }

    #[test]
    fn a_bare_word_is_no_path() {
        for text in
            ["app.sock", "localhost", "127.0.0.1", ".app.sock", "..", "run/door", r"\x40door", "门", ""]
        {
            let message = text.parse::<UnixAddress>().unwrap_err().to_string();
            assert!(message.contains("wanted /PATH, ./PATH, @NAME, unix:PATH or (unnamed)"), "{message}");
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_of_all_108_bytes_from_the_kernel_has_no_nul() {
        let mut bytes = 1_u16.to_ne_bytes().to_vec();
        bytes.extend([b'p'; 108]);
        let address = Address::decode(&bytes);
        assert_eq!(address.as_unix().and_then(UnixAddress::as_path).unwrap().as_os_str().len(), 108);
        assert_eq!(address.encode().as_bytes(), bytes);
        bytes.push(0);
        assert_eq!(Address::decode(&bytes), address);
        for too_long in [[bytes.clone(), vec![b'p']].concat(), [&bytes[..110], b"p"].concat()] {
            assert!(matches!(Address::decode(&too_long), Address::Other(_)));
        }
        assert_eq!(address.to_string().parse::<Address>().unwrap(), address);
    }

    #[test]
    fn names_that_the_kernel_would_cut_or_refuse_are_refused_in_words() {
        let rows = [
            (UnixAddress::from_path(""), "a unix path is empty"),
            (UnixAddress::from_path("a\0b"), "holds a NUL"),
            (
                UnixAddress::from_path("p".repeat(108)),
                "unix path is 108 bytes long, and the kernel takes 107",
            ),
            // The length first, lest an error repeat a path of any length.
            (UnixAddress::from_path("p\0".repeat(1000)), "unix path is 2000 bytes long"),
            (UnixAddress::from_abstract(&[b'n'; 108]), "unix abstract name is 108 bytes long"),
        ];
        for (result, words) in rows {
            let message = result.unwrap_err().to_string();
            assert!(message.contains(words), "{message}");
        }
    }
}
