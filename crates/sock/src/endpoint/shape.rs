//! The kinds of places, of which a scheme has one.

use super::inet::inet;
use super::piece::{Fault, Piece};
use super::place::{Place, alone, file, literal, unix};
use super::source::Written;

/// What stands after a scheme's name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `//host:port`: [`Place::Inet`].
    Inet,
    /// The path of a Unix socket, or `@` and an abstract name: [`Place::Path`], [`Place::Abstract`].
    Unix,
    /// A path of any file: [`Place::File`].
    File,
    /// All that follows, as it is: [`Place::Literal`]. Only known options that this scheme has, behind the last `?`,
    /// are no part of it: in `sh:ls a?b` nothing is.
    Literal,
    /// Nothing: [`Place::Alone`].
    Alone,
}

impl Shape {
    /// Whether two slashes stand before the place; elsewhere they may be left out, and a literal place has none.
    pub const fn has_slashes(self) -> bool {
        matches!(self, Self::Inet)
    }

    /// What stands between the name and the place.
    pub(super) const fn separator(self) -> &'static str {
        if self.has_slashes() { "://" } else { ":" }
    }

    /// A place, as it is written: `://:9000`.
    pub(super) const fn example(self) -> &'static str {
        match self {
            Self::Inet => "://:9000",
            Self::Unix => ":/run/app.sock",
            Self::File => ":/tmp/file",
            Self::Literal => ":...",
            Self::Alone => ":",
        }
    }

    /// A place that is not gone to, where only the options count.
    pub const fn any(self) -> &'static str {
        match self {
            Self::Inet => "://:1",
            Self::Unix | Self::File | Self::Literal => ":any",
            Self::Alone => ":",
        }
    }

    /// Reads a place of this kind.
    pub(super) fn read(self, place: Piece<'_>) -> Result<(Place, Written), Fault> {
        let whole = Written::whole(place);
        match self {
            Self::Inet => inet(place),
            Self::Unix => Ok((unix(place)?, whole)),
            Self::File => Ok((file(place)?, whole)),
            Self::Literal => Ok((literal(place)?, whole)),
            Self::Alone => Ok((alone(place)?, whole)),
        }
    }
}
