//! What is wrong with a capture file.

use std::fmt;
use std::io;

/// Why a capture file cannot be read further, and where.
#[derive(Debug)]
pub struct FileError {
    /// Where what is wrong begins, in bytes from the file's first.
    pub offset: u64,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a capture file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The input could not be read.
    Io(io::Error),
    /// It does not begin as a capture file does.
    Unknown,
    /// It is compressed, by the program of that name.
    Compressed(&'static str),
    /// A version of the format that is not known.
    Version {
        /// The number before the dot.
        major: u16,
        /// The number behind it.
        minor: u16,
    },
    /// A number that is no link type.
    Link(u32),
    /// The file ends inside of this, of which so many bytes are there.
    Ends {
        /// What it is: `file header`, `packet record`, `block`.
        what: &'static str,
        /// How many of its bytes are there.
        got: u64,
        /// How many more it has at least.
        missing: u64,
    },
    /// A length that is larger than what may be or what there is.
    TooLong {
        /// What is too long.
        what: &'static str,
        /// Its length.
        length: u64,
        /// The most that it may be.
        most: u64,
    },
    /// A length that is smaller than what it must cover.
    TooShort {
        /// What is too short.
        what: &'static str,
        /// Its length.
        length: u64,
        /// The least that it may be.
        least: u64,
    },
    /// A block of pcapng whose length at its end is another one than at its start.
    Lengths {
        /// The length at its start.
        first: u32,
        /// The length at its end.
        last: u32,
    },
    /// A block of pcapng whose length is no multiple of four.
    Uneven(u32),
    /// A section of pcapng that tells no order of bytes.
    ByteOrder,
    /// A packet of an interface that the section does not have.
    Interface {
        /// Its number.
        number: u32,
        /// How many the section has.
        count: usize,
    },
    /// More interfaces than are read.
    Interfaces(usize),
}

impl FileError {
    pub(super) fn new(offset: u64, fault: Fault) -> Self {
        Self { offset, fault }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "capture file at byte {}: {}", self.offset, self.fault)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<FileError> for io::Error {
    fn from(error: FileError) -> Self {
        let kind = match &error.fault {
            Fault::Io(error) => error.kind(),
            Fault::Ends { .. } => io::ErrorKind::UnexpectedEof,
            _ => io::ErrorKind::InvalidData,
        };
        Self::new(kind, error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Unknown => f.write_str("neither pcap nor pcapng"),
            Self::Compressed(program) => write!(f, "compressed: unpack it with {program} first"),
            Self::Version { major, minor } => write!(f, "version {major}.{minor} is not known"),
            Self::Link(number) => write!(f, "{number} is no link type"),
            Self::Ends { what, got: 0, .. } => write!(f, "the file ends where a {what} should be"),
            Self::Ends { what, got, missing } => {
                let whole = got.saturating_add(*missing);
                write!(f, "the file ends inside a {what}, after {got} of {whole} bytes")
            }
            Self::TooLong { what, length, most } => {
                write!(f, "{what} of {length} bytes: the most is {most}")
            }
            Self::TooShort { what, length, least } => {
                write!(f, "{what} of {length} bytes: the least is {least}")
            }
            Self::Lengths { first, last } => {
                write!(f, "a block whose length is {first} at its start, and {last} at its end")
            }
            Self::Uneven(length) => {
                write!(f, "a block of {length} bytes: its length has to be a multiple of 4")
            }
            Self::ByteOrder => f.write_str("a section header without the mark of its byte order"),
            Self::Interface { number, count } => {
                write!(f, "a packet of interface {number}, and the file has described {count} so far")
            }
            Self::Interfaces(most) => write!(f, "more than {most} interfaces"),
        }
    }
}
