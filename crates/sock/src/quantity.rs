//! Times and sizes as people write them: `500ms`, `2s`, `1m`, `64K`, `1MiB`.
//!
//! Flags and endpoint options read both through this room, so a unit means the same everywhere. A bare number is
//! seconds where a time is wanted and bytes where a size is. Nothing wraps: what does not fit is refused.
//!
//! ```
//! use sock::quantity::{Period, Size};
//! use std::time::Duration;
//!
//! assert_eq!("1.5s".parse::<Period>()?.0, Duration::from_millis(1500));
//! assert_eq!("64K".parse::<Size>()?.0, 65_536);
//! assert_eq!(Period(Duration::from_secs(90)).to_string(), "90s");
//! # Ok::<(), sock::quantity::QuantityError>(())
//! ```

use std::error::Error;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use std::time::Duration;

use crate::report::escape::escape;

/// A length of time: a number, whole or with a fraction, and `ns us ms s m h`; without a unit, seconds.
///
/// Printing gives the largest unit that leaves a whole number, which reads back as the same time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period(pub Duration);

/// A number of bytes: a whole number and `B K M G T`; without a unit, bytes.
///
/// As in GNU coreutils `K` and `KiB` are 1,024 bytes and `KB` is 1,000; upper and lower case are the same.
/// Printing gives the largest unit of 1,024 that leaves a whole number, which reads back as the same size.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Size(pub u64);

/// A time or a size that cannot be read: what was wanted, and where in the text the fault lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuantityError {
    span: Range<usize>,
    message: String,
}

/// Each unit of time with its length in nanoseconds, longest first.
const TIMES: [(&str, u128); 6] = [
    ("h", 3_600 * NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("s", NANOS_PER_SECOND),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("ns", 1),
];

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// Each unit of size with its length in bytes, largest first within the units that printing uses.
const SIZES: [(&str, u64); 13] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("T", 1 << 40),
    ("G", 1 << 30),
    ("M", 1 << 20),
    ("K", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// How many rows of [`SIZES`] printing chooses from.
const PRINTED_SIZES: usize = 4;

/// More digits after the point than this are finer than a nanosecond in every unit.
const FRACTION_DIGITS: usize = 18;

/// How much of a word an error repeats.
const SHOWN: usize = 40;

impl QuantityError {
    fn new(span: Range<usize>, message: String) -> Self {
        Self { span, message }
    }

    /// The bytes of the text that are at fault; they start and end on character boundaries.
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for QuantityError {}

/// In place of a time that no clock reaches.
const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl Period {
    /// The time, or a hundred years where it is longer: it can be added to a moment.
    pub fn on_a_clock(self) -> Duration {
        self.0.min(FAR)
    }
}

impl FromStr for Period {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, unit) = split(text);
        if !number.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(wanted(text, "a time wants a number and a unit, as in 500ms, 2s or 1m"));
        }
        let (_, nanos) =
            time_unit(unit).ok_or_else(|| unknown_unit(text, unit, "a time", "ns, us, ms, s, m or h"))?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let whole = whole.parse::<u128>().ok().and_then(|whole| whole.checked_mul(nanos));
        let fraction = fraction_of(text, number, fraction, nanos)?;
        let total = whole.and_then(|whole| whole.checked_add(fraction));
        let total = total.ok_or_else(|| too_large(text, number, "time"))?;
        let seconds = u64::try_from(total / NANOS_PER_SECOND).map_err(|_| too_large(text, number, "time"))?;
        let rest = u32::try_from(total % NANOS_PER_SECOND).map_err(|_| too_large(text, number, "time"))?;
        Ok(Self(Duration::new(seconds, rest)))
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let whole = TIMES.iter().find(|(_, length)| nanos != 0 && nanos.is_multiple_of(*length));
        match whole {
            Some((unit, length)) => write!(f, "{}{unit}", nanos / length),
            None => f.write_str("0s"),
        }
    }
}

impl From<Period> for Duration {
    fn from(period: Period) -> Self {
        period.0
    }
}

impl FromStr for Size {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let (number, unit) = split(text);
        if number.is_empty() || number.contains('.') {
            return Err(wanted(text, "a size wants a whole number and a unit, as in 512, 64K or 1MiB"));
        }
        let length = size_unit(unit).ok_or_else(|| unknown_unit(text, unit, "a size", "B, K, M, G or T"))?;
        let number_of = number.parse::<u64>().ok();
        let bytes = number_of.and_then(|n| n.checked_mul(length));
        bytes.map(Self).ok_or_else(|| too_large(text, number, "size"))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = &SIZES[..PRINTED_SIZES];
        match printed.iter().find(|(_, length)| self.0 != 0 && self.0.is_multiple_of(*length)) {
            Some((unit, length)) => write!(f, "{}{unit}", self.0 / length),
            None => write!(f, "{}", self.0),
        }
    }
}

impl From<Size> for u64 {
    fn from(size: Size) -> Self {
        size.0
    }
}

/// The leading digits and points, and what follows them.
fn split(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    text.split_at(end)
}

fn time_unit(unit: &str) -> Option<(&'static str, u128)> {
    let unit = if unit.is_empty() { "s" } else { unit };
    TIMES.into_iter().find(|(name, _)| *name == unit)
}

fn size_unit(unit: &str) -> Option<u64> {
    let unit = if unit.is_empty() { "B" } else { unit };
    SIZES.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, length)| *length)
}

/// The nanoseconds in the digits after the point.
fn fraction_of(text: &str, number: &str, digits: &str, nanos: u128) -> Result<u128, QuantityError> {
    if digits.is_empty() || digits.contains('.') {
        return Err(wanted(text, "a time wants digits on both sides of one point, as in 1.5s"));
    }
    let digits = digits.trim_end_matches('0');
    let parts = 10_u128.pow(u32::try_from(digits.len().min(FRACTION_DIGITS)).unwrap_or(0));
    let value = if digits.is_empty() { Some(0) } else { digits.parse::<u64>().ok().map(u128::from) };
    let exact = value.map(|value| value * nanos).filter(|total| total.is_multiple_of(parts));
    match exact.filter(|_| digits.len() <= FRACTION_DIGITS) {
        Some(total) => Ok(total / parts),
        None => {
            Err(QuantityError::new(0..number.len(), "the smallest unit of time is a nanosecond".to_owned()))
        }
    }
}

fn wanted(text: &str, what: &str) -> QuantityError {
    QuantityError::new(0..text.len(), format!("{what}; found \"{}\"", escape(text.as_bytes(), SHOWN)))
}

fn unknown_unit(text: &str, unit: &str, what: &str, known: &str) -> QuantityError {
    let span = text.len() - unit.len()..text.len();
    let unit = escape(unit.as_bytes(), SHOWN);
    QuantityError::new(span, format!("unknown unit \"{unit}\"; {what} wants {known}"))
}

fn too_large(text: &str, number: &str, what: &str) -> QuantityError {
    let message = format!("the {what} \"{}\" is too large", escape(text.as_bytes(), SHOWN));
    QuantityError::new(0..number.len(), message)
}

/// A number of bytes in words: `1 byte`, `2 bytes`.
///
/// ```
/// use sock::quantity::Bytes;
///
/// assert_eq!(format!("{}, {}", Bytes(1), Bytes(0)), "1 byte, 0 bytes");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.0 == 1 { "byte" } else { "bytes" };
        write!(f, "{} {noun}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_that_no_clock_reaches_can_be_added_to_a_moment() {
        let read = |text: &str| text.parse::<Period>().expect(text);
        assert_eq!(read("90s").on_a_clock(), Duration::from_secs(90));
        let (now, longest) = (std::time::Instant::now(), read("18446744073709551615s"));
        assert!(now.checked_add(longest.0).is_none() && now.checked_add(longest.on_a_clock()).is_some());
    }

    #[test]
    fn times_are_read_in_every_unit() {
        let rows = [
            ("0", Duration::ZERO),
            ("10", Duration::from_secs(10)),
            ("0.25", Duration::from_millis(250)),
            ("7ns", Duration::from_nanos(7)),
            ("3us", Duration::from_micros(3)),
            ("500ms", Duration::from_millis(500)),
            ("2s", Duration::from_secs(2)),
            ("1m", Duration::from_secs(60)),
            ("1.5h", Duration::from_secs(5400)),
            ("0.000000001s", Duration::from_nanos(1)),
            ("1.000000000000000000000s", Duration::from_secs(1)),
            ("18446744073709551615s", Duration::from_secs(u64::MAX)),
            // More nanoseconds than 64 bits count.
            ("18446744073709551616ns", Duration::new(18_446_744_073, 709_551_616)),
        ];
        for (text, want) in rows {
            assert_eq!(text.parse::<Period>(), Ok(Period(want)), "{text}");
        }
    }

    #[test]
    fn a_time_that_is_wrong_says_what_was_wanted_and_where() {
        let rows = [
            ("", 0..0, "a time wants a number and a unit, as in 500ms, 2s or 1m; found \"\""),
            ("soon", 0..4, "a time wants a number and a unit, as in 500ms, 2s or 1m; found \"soon\""),
            (".5s", 0..3, "a time wants a number and a unit, as in 500ms, 2s or 1m; found \".5s\""),
            ("-1s", 0..3, "a time wants a number and a unit, as in 500ms, 2s or 1m; found \"-1s\""),
            ("1..5s", 0..5, "a time wants digits on both sides of one point, as in 1.5s; found \"1..5s\""),
            ("1.", 0..2, "a time wants digits on both sides of one point, as in 1.5s; found \"1.\""),
            ("5sec", 1..4, "unknown unit \"sec\"; a time wants ns, us, ms, s, m or h"),
            ("5 s", 1..3, "unknown unit \" s\"; a time wants ns, us, ms, s, m or h"),
            ("1M", 1..2, "unknown unit \"M\"; a time wants ns, us, ms, s, m or h"),
            ("5\u{9b}2J", 1..5, "unknown unit \"\\u{9b}2J\"; a time wants ns, us, ms, s, m or h"),
            ("0.5ns", 0..3, "the smallest unit of time is a nanosecond"),
            ("18446744073709551616", 0..20, "the time \"18446744073709551616\" is too large"),
            ("18446744073709551615h", 0..20, "the time \"18446744073709551615h\" is too large"),
            (
                "99999999999999999999999999999999999999h",
                0..38,
                "the time \"99999999999999999999999999999999999999h\" is too large",
            ),
        ];
        for (text, span, message) in rows {
            let error = text.parse::<Period>().expect_err(text);
            assert_eq!((error.span(), error.to_string().as_str()), (span, message), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_in_every_unit() {
        let rows = [
            ("0", 0),
            ("1500", 1500),
            ("7B", 7),
            ("64K", 65_536),
            ("64k", 65_536),
            ("64KB", 64_000),
            ("1MiB", 1 << 20),
            ("2G", 2 << 30),
            ("1T", 1 << 40),
            ("1tb", 1_000_000_000_000),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, want) in rows {
            assert_eq!(text.parse::<Size>(), Ok(Size(want)), "{text}");
        }
    }

    #[test]
    fn a_size_that_is_wrong_says_what_was_wanted_and_where() {
        let rows = [
            ("", 0..0, "a size wants a whole number and a unit, as in 512, 64K or 1MiB; found \"\""),
            ("1.5M", 0..4, "a size wants a whole number and a unit, as in 512, 64K or 1MiB; found \"1.5M\""),
            ("many", 0..4, "a size wants a whole number and a unit, as in 512, 64K or 1MiB; found \"many\""),
            ("5Q", 1..2, "unknown unit \"Q\"; a size wants B, K, M, G or T"),
            ("16777216T", 0..8, "the size \"16777216T\" is too large"),
            ("18446744073709551616", 0..20, "the size \"18446744073709551616\" is too large"),
        ];
        for (text, span, message) in rows {
            let error = text.parse::<Size>().expect_err(text);
            assert_eq!((error.span(), error.to_string().as_str()), (span, message), "{text}");
        }
    }

    #[test]
    fn printing_takes_the_largest_unit_that_stays_whole() {
        let times = [(0, "0s"), (90_000, "90s"), (1_500, "1500ms"), (120_000, "2m"), (7_200_000, "2h")];
        for (millis, want) in times {
            assert_eq!(Period(Duration::from_millis(millis)).to_string(), want);
        }
        for (bytes, want) in [(0, "0"), (1000, "1000"), (65_536, "64KiB"), (1 << 20, "1MiB")] {
            assert_eq!(Size(bytes).to_string(), want);
        }
    }

    proptest! {
        #[test]
        fn a_printed_time_reads_back(seconds: u64, nanos in 0..1_000_000_000_u32) {
            let period = Period(Duration::new(seconds, nanos));
            prop_assert_eq!(period.to_string().parse(), Ok(period));
        }

        #[test]
        fn a_printed_size_reads_back(bytes: u64, shift in 0..64_u32) {
            let size = Size(bytes >> shift << shift);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }

        #[test]
        fn no_text_panics_and_spans_fall_on_characters(text in "[0-9.]{0,30}\\PC{0,6}") {
            if let Err(error) = text.parse::<Period>() {
                prop_assert!(text.get(error.span()).is_some());
            }
            if let Err(error) = text.parse::<Size>() {
                prop_assert!(text.get(error.span()).is_some());
            }
        }
    }
}
