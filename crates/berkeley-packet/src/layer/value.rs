//! A field's value.

use std::fmt::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::name::Name;

/// What a field holds. Bytes and texts are borrowed from the packet.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A whole number.
    Number(u64),
    /// A whole number with a sign.
    Signed(i64),
    /// A bit: set or not.
    Flag(bool),
    /// An Ethernet address.
    Mac([u8; 6]),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
    /// A universal identifier, as it stands in the packet.
    Guid([u8; 16]),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Bytes that are told as digits of base 32, those of RFC 4648, 7.
    Base32(&'a [u8]),
    /// Text as the peer sent it: no promise that it is UTF-8, or that a terminal may have it.
    Text(&'a [u8]),
    /// A name of DNS.
    Name(Name<'a>),
    /// Seconds.
    Seconds(f64),
    /// Seconds and nanoseconds since 1970, UTC.
    Time(i64, u32),
    /// Nothing of its own: the part has fields.
    Group,
}

impl Value<'_> {
    /// The number that it is, if it is one: also a flag, as 0 or 1.
    pub fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Signed(number) => u64::try_from(*number).ok(),
            Self::Flag(set) => Some(u64::from(*set)),
            _ => None,
        }
    }
}

/// As people write it, without a unit: `64`, `127.0.0.1`, `02:00:5e:10:00:01`, `0a0b`. Text has all that is not
/// printable ASCII escaped, so a terminal may have it.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Flag(set) => f.write_str(if *set { "1" } else { "0" }),
            Self::Mac([first, rest @ ..]) => {
                write!(f, "{first:02x}")?;
                rest.iter().try_for_each(|byte| write!(f, ":{byte:02x}"))
            }
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => address.fmt(f),
            Self::Guid(bytes) => guid(bytes, f),
            Self::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Self::Base32(bytes) => base32(bytes, f),
            Self::Text(text) => text.escape_ascii().fmt(f),
            Self::Name(name) => name.fmt(f),
            Self::Seconds(seconds) => seconds.fmt(f),
            Self::Time(seconds, nanoseconds) => date(*seconds, *nanoseconds, f),
            Self::Group => Ok(()),
        }
    }
}

/// As Microsoft and tshark write it: `33221100-5544-7766-8899-aabbccddeeff`.
fn guid(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (number, place) in [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].into_iter().enumerate() {
        let dash = if matches!(number, 4 | 6 | 8 | 10) { "-" } else { "" };
        write!(f, "{dash}{:02x}", bytes[place])?;
    }
    Ok(())
}

/// Five bits a digit, the last one filled up with zeros.
fn base32(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    (0..(bytes.len() * 8).div_ceil(5)).try_for_each(|digit| {
        let bit = digit * 5;
        let two = bytes.get(bit / 8).map_or(0, |byte| u16::from(*byte) << 8)
            | bytes.get(bit / 8 + 1).map_or(0, |byte| u16::from(*byte));
        let five = two >> (11 - bit % 8) & 31;
        f.write_char(char::from_digit(five.into(), 32).unwrap_or_default())
    })
}

/// A moment as tshark prints it: `Nov  1, 2026 00:00:00.000000000 UTC`.
fn date(seconds: i64, nanoseconds: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (year, month, day) = civil(seconds.div_euclid(86_400));
    let second = seconds.rem_euclid(86_400);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let month = MONTHS.get(month).copied().unwrap_or_default();
    write!(f, "{month} {day:>2}, {year} {hour:02}:{minute:02}:{second:02}.{nanoseconds:09} UTC")
}

/// The year, the month from 0 on, and the day of the month of a day that is counted from 1970-01-01. The years are
/// counted from March on, so that a leap day is a year's last; 400 of them always have the same number of days.
fn civil(days: i64) -> (i64, usize, i64) {
    let days = days.saturating_add(719_468);
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 2, 0) } else { (month - 10, 1) };
    (era * 400 + year + next, usize::try_from(month).unwrap_or(0), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_printed_as_tshark_does() {
        let rows = [
            (0, "Jan  1, 1970 00:00:00.000000007 UTC"),
            (951_782_400, "Feb 29, 2000 00:00:00.000000007 UTC"),
            (1_796_083_199, "Nov 30, 2026 23:59:59.000000007 UTC"),
            (4_107_542_400, "Mar  1, 2100 00:00:00.000000007 UTC"),
            (-2_208_988_800, "Jan  1, 1900 00:00:00.000000007 UTC"),
        ];
        for (seconds, text) in rows {
            assert_eq!(Value::Time(seconds, 7).to_string(), text);
        }
        assert!(Value::Time(i64::MAX, 0).to_string().ends_with("UTC"));
        assert!(Value::Time(i64::MIN, 0).to_string().ends_with("UTC"));
    }
}
