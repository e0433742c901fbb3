//! A name of DNS (RFC 1035, 4.1.4): labels, some of which stand elsewhere in the message.

use std::fmt;

/// A name in a message of DNS. It is read where it is printed, and borrows the message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name<'a> {
    message: &'a [u8],
    at: usize,
}

/// The most bytes of a name (RFC 1035, 2.3.4), and so the most labels, and jumps, that are followed.
const LONGEST: usize = 255;

/// The labels of a name, the host's first.
#[derive(Clone)]
pub(crate) struct Labels<'a> {
    message: &'a [u8],
    at: usize,
    left: usize,
}

impl<'a> Name<'a> {
    /// The name at byte `at` of `message`, and where it ends there. None where it is none: it ends nowhere, jumps
    /// forward or in a circle, or is too long.
    pub fn read(message: &'a [u8], at: usize) -> Option<(Self, usize)> {
        let name = Self { message, at };
        let mut labels = name.labels();
        while !labels.step()?.is_empty() {}
        Some((name, end_of(message, at)?))
    }

    pub(crate) fn labels(&self) -> Labels<'a> {
        Labels { message: self.message, at: self.at, left: LONGEST }
    }
}

/// Where the name ends in its own place: behind its root label, or behind its first pointer.
fn end_of(message: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match usize::from(*message.get(at)?) {
            0 => return Some(at + 1),
            length if length < 0x40 => at += 1 + length,
            _ => return Some(at + 2),
        }
    }
}

impl<'a> Labels<'a> {
    /// Where the next label stands in the message.
    pub(crate) fn place(&self) -> usize {
        self.at
    }

    /// The next label, an empty one behind the last. None where there is no name.
    fn step(&mut self) -> Option<&'a [u8]> {
        loop {
            let length = usize::from(*self.message.get(self.at)?);
            match length {
                0 => return Some(&[]),
                1..0x40 => {
                    self.left = self.left.checked_sub(length + 1)?;
                    let label = self.message.get(self.at + 1..self.at + 1 + length)?;
                    self.at += 1 + length;
                    return Some(label);
                }
                0xc0.. => {
                    let low = usize::from(*self.message.get(self.at + 1)?);
                    let to = (length & 0x3f) << 8 | low;
                    // Only backwards, so that it ends.
                    self.at = Some(to).filter(|to| *to < self.at)?;
                    self.left = self.left.checked_sub(1)?;
                }
                _ => return None,
            }
        }
    }
}

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.step().filter(|label| !label.is_empty())
    }
}

/// As tshark prints it: labels with dots between, the root as `<Root>`, and what is not printable escaped.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut labels = self.labels();
        let Some(first) = labels.next() else { return f.write_str("<Root>") };
        first.escape_ascii().fmt(f)?;
        labels.try_for_each(|label| write!(f, ".{}", label.escape_ascii()))
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_with_its_jumps_and_ends_in_its_own_place() {
        let message = b"\x03www\x07example\x03com\0\x04mail\xc0\x04\0";
        let rows = [(0, "www.example.com", 17), (17, "mail.example.com", 24), (24, "<Root>", 25)];
        for (at, text, end) in rows {
            let (name, behind) = Name::read(message, at).unwrap();
            assert_eq!((name.to_string().as_str(), behind), (text, end));
        }
    }

    #[test]
    fn what_ends_nowhere_is_no_name() {
        let rows: &[(&[u8], usize)] = &[
            (b"", 0),
            (b"\x03ww", 0),
            (b"\xc0\x00", 0),
            (b"\x01a\xc0\x00", 0),
            (b"\xc0", 0),
            (b"\x80a\0", 0),
        ];
        for (message, at) in rows {
            assert_eq!(Name::read(message, *at), None, "{message:?}");
        }
        let long: Vec<u8> = (0..100).flat_map(|_| *b"\x04abcd").chain([0]).collect();
        assert_eq!(Name::read(&long, 0), None, "a name of 500 bytes");
    }
}
