//! The kinds of places, of which a scheme has one.

use super::inet::inet;
use super::piece::{Fault, Piece};
use super::place::{Place, alone, descriptor, file, literal, unix, vsock, words};
use super::source::Written;

/// What stands after a scheme's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `//host:port`: [`Place::Inet`].
    Inet,
    /// The path of a Unix socket, or `@` and an abstract name: [`Place::Path`], [`Place::Abstract`].
    Unix,
    /// `//CID:PORT`: [`Place::Vsock`].
    Vsock,
    /// A path of any file: [`Place::File`].
    File,
    /// A command line, in words: [`Place::Literal`], taken as [`Line`](Self::Line) is.
    Words,
    /// All that follows, as it is: [`Place::Literal`]. Only known options that this scheme has, behind the last `?`,
    /// are no part of it: in `sh:ls a?b` nothing is.
    Line,
    /// The number of a descriptor: [`Place::Descriptor`].
    Descriptor,
    /// Nothing behind the colon: [`Place::Alone`].
    Alone,
    /// Nothing, not even a colon: [`Place::Alone`].
    Nothing,
}

impl Shape {
    /// Whether two slashes stand before the place; elsewhere they may be left out, and a literal place has none.
    pub const fn has_slashes(self) -> bool {
        matches!(self, Self::Inet)
    }

    /// Whether all that stands behind the name is the place, but for options.
    pub(super) const fn is_literal(self) -> bool {
        matches!(self, Self::Words | Self::Line)
    }

    /// What stands between the name and the place.
    pub(super) const fn separator(self) -> &'static str {
        match self {
            Self::Inet | Self::Vsock => "://",
            Self::Nothing => "",
            _ => ":",
        }
    }

    /// A place, as it is written: `://:9000`.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Inet => "://:9000",
            Self::Vsock => "://host:5000",
            Self::Unix => ":/run/app.sock",
            Self::File => ":/tmp/file",
            Self::Words | Self::Line => ":ls -l",
            Self::Descriptor => ":3",
            Self::Alone => ":",
            Self::Nothing => "",
        }
    }

    /// A place that is not gone to, where only the options count.
    pub const fn any(self) -> &'static str {
        match self {
            Self::Inet => "://:1",
            Self::Vsock => "://host:1",
            Self::Unix | Self::File | Self::Words | Self::Line => ":any",
            Self::Descriptor => ":3",
            Self::Alone => ":",
            Self::Nothing => "",
        }
    }

    /// Reads a place of this kind.
    pub(super) fn read(self, place: Piece<'_>) -> Result<(Place, Written), Fault> {
        let whole = Written::whole(place);
        match self {
            Self::Inet => inet(place),
            Self::Unix => Ok((unix(place)?, whole)),
            Self::Vsock => Ok((vsock(place)?, whole)),
            Self::File => Ok((file(place)?, whole)),
            Self::Words => Ok((words(place)?, whole)),
            Self::Line => Ok((literal(place)?, whole)),
            Self::Descriptor => Ok((descriptor(place)?, whole)),
            Self::Alone | Self::Nothing => Ok((alone(place)?, whole)),
        }
    }
}
