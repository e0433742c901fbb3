//! Moments as tshark prints them.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The seconds since 1970 of `Nov 30, 2026 17:03:36.080405000 UTC`, with nine digits behind the point.
pub(super) fn seconds(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let month = words.next().and_then(|word| MONTHS.iter().position(|month| *month == word))?;
    let day: i64 = words.next()?.trim_end_matches(',').parse().ok()?;
    let year: i64 = words.next()?.parse().ok()?;
    let (clock, fraction) = words.next()?.split_once('.')?;
    let of_day = clock.split(':').try_fold(0, |sum, part| Some(sum * 60 + part.parse::<i64>().ok()?))?;
    let all = days(year, i64::try_from(month).ok()? + 1, day) * 86400 + of_day;
    Some(format!("{all}.{fraction}"))
}

/// The days from 1970 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March, so that the leap day is their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

#[test]
fn a_moment_is_read() {
    let rows = [
        ("Jan  1, 1970 00:00:00.000000000 UTC", "0.000000000"),
        ("Nov 30, 2026 17:03:36.080405000 UTC", "1796058216.080405000"),
        ("Feb 29, 2024 00:00:01.5 UTC", "1709164801.5"),
    ];
    for (text, wanted) in rows {
        assert_eq!(seconds(text).as_deref(), Some(wanted), "{text}");
    }
    assert_eq!(seconds("NULL"), None);
}
