//! Options by name: [`find`] among all, [`find_in`] among those of some levels.

use std::fmt;

use super::{Description, Level, all};

/// Why a name gives no option.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindError {
    /// No option has the name.
    Unknown {
        /// The name that was asked for.
        name: String,
        /// The option whose name is nearest, where one is near.
        nearest: Option<&'static Description>,
    },
    /// Several levels have an option of that name: the full name says which.
    Ambiguous {
        /// The name that was asked for.
        name: String,
        /// The options that fit.
        options: Vec<&'static Description>,
    },
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, nearest: None } => write!(f, "no option is called {name:?}"),
            Self::Unknown { name, nearest: Some(nearest) } => {
                write!(f, "no option is called {name:?}; the nearest is {nearest}")
            }
            Self::Ambiguous { name, options } => {
                write!(f, "{name:?} is the name of several options:")?;
                options.iter().enumerate().try_for_each(|(index, option)| {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma} {option}")
                })
            }
        }
    }
}

impl std::error::Error for FindError {}

/// The option of that name: in full (`tcp.cork`), in C (`TCP_CORK`), or bare (`nodelay`) where one level has it.
///
/// Case does not matter. A bare name that [`Level::SOCKET`], IP, IPv6, TCP or UDP has is theirs, whatever rarer levels
/// have too: `nodelay` is TCP's, not TIPC's.
///
/// # Errors
///
/// Fails where no option has the name (the error knows the nearest), and where a bare name still fits several levels
/// (the error lists them).
///
/// # Examples
///
/// ```
/// use berkeley::option;
///
/// assert_eq!(option::find("SO_KEEPALIVE").unwrap().to_string(), "socket.keepalive");
/// assert_eq!(
///     option::find("cork").unwrap_err().to_string(),
///     r#""cork" is the name of several options: tcp.cork, udp.cork"#
/// );
/// ```
pub fn find(name: &str) -> Result<&'static Description, FindError> {
    if all().any(|option| COMMON.contains(&option.level) && is_called(option, name)) {
        return find_in(&COMMON, name);
    }
    find_among(name, all)
}

/// The levels whose options go by their bare names.
const COMMON: [Level; 5] = [Level::SOCKET, Level::IP, Level::IPV6, Level::TCP, Level::UDP];

/// As [`find`], among the options of `levels` only: on a TCP socket, `cork` can be none but TCP's.
///
/// # Examples
///
/// ```
/// use berkeley::option::{self, Level};
///
/// let cork = option::find_in(&[Level::SOCKET, Level::IP, Level::TCP], "cork").unwrap();
/// assert_eq!(cork.c_name, "TCP_CORK");
/// ```
pub fn find_in(levels: &[Level], name: &str) -> Result<&'static Description, FindError> {
    find_among(name, || all().filter(|option| levels.contains(&option.level)))
}

fn find_among<I>(name: &str, options: impl Fn() -> I) -> Result<&'static Description, FindError>
where
    I: Iterator<Item = &'static Description>,
{
    let fits: Vec<_> = options().filter(|option| is_called(option, name)).collect();
    match fits[..] {
        [option] => Ok(option),
        [] => Err(FindError::Unknown { name: name.to_owned(), nearest: nearest(name, options()) }),
        _ => Err(FindError::Ambiguous { name: name.to_owned(), options: fits }),
    }
}

fn is_called(option: &Description, name: &str) -> bool {
    let in_full = || {
        let (level, rest) = name.split_once('.')?;
        Some(level.eq_ignore_ascii_case(option.level.name()) && rest.eq_ignore_ascii_case(option.name))
    };
    name.eq_ignore_ascii_case(option.name)
        || name.eq_ignore_ascii_case(option.c_name)
        || in_full().unwrap_or(false)
}

/// The longest name that is compared: the work grows with the square of it.
const LONGEST: usize = 64;

/// The option that the fewest typing errors away from `name` has the name of, if at most a third of it is wrong.
fn nearest(name: &str, options: impl Iterator<Item = &'static Description>) -> Option<&'static Description> {
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    // What a later option must not exceed; `None` once there is no nearer.
    let mut most = Some(name.len().div_ceil(3));
    let mut nearest = None;
    for option in options {
        let Some(limit) = most else { break };
        let Some(distance) = distance_to(option, &name, limit) else { continue };
        nearest = Some(option);
        most = distance.checked_sub(1);
    }
    nearest
}

/// How far the nearest spelling of the option is from `name`; `None` where that is more than `most`.
fn distance_to(option: &Description, name: &str, most: usize) -> Option<usize> {
    // Most names differ too much in length alone, and need not be spelled.
    let is_near = |length: usize| length.abs_diff(name.len()) <= most;
    let full_length = option.level.name().len() + 1 + option.name.len();
    let spellings = [
        is_near(option.name.len()).then(|| option.name.to_owned()),
        is_near(full_length).then(|| option.to_string()),
        is_near(option.c_name.len()).then(|| option.c_name.to_ascii_lowercase()),
    ];
    let distances = spellings.iter().flatten();
    distances.filter_map(|spelling| distance(name.as_bytes(), spelling.as_bytes(), most)).min()
}

/// How many bytes must be inserted, removed or replaced to make `left` into `right` (Levenshtein's distance); `None`
/// where they are more than `most`.
fn distance(left: &[u8], right: &[u8], most: usize) -> Option<usize> {
    // The distances from the part of `left` so far to each beginning of `right`.
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, &from) in left.iter().enumerate() {
        let mut diagonal = above;
        row[0] = above + 1;
        let mut least = row[0];
        for (index, &to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[index + 1];
            row[index + 1] = replaced.min(diagonal + 1).min(row[index] + 1);
            least = least.min(row[index + 1]);
        }
        // No row after this one has a smaller number than its smallest.
        if least > most {
            return None;
        }
    }
    row.pop().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_edits() {
        let rows = [
            ("", "", 0),
            ("cork", "", 4),
            ("cork", "corc", 1),
            ("nodlay", "nodelay", 1),
            ("kitten", "sitting", 3),
        ];
        for (left, right, want) in rows {
            for (left, right) in [(left, right), (right, left)] {
                for most in 0..6 {
                    let found = distance(left.as_bytes(), right.as_bytes(), most);
                    assert_eq!(found, (want <= most).then_some(want), "{left} {right} {most}");
                }
            }
        }
    }
}
