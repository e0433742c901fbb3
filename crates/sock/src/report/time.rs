//! The time of day as RFC 3339 writes it, in UTC and with microseconds: `2026-01-31T12:34:56.789012Z`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A day in seconds; clocks of computers know no leap seconds.
const DAY: u64 = 86_400;

/// The time now.
pub fn now() -> String {
    // A clock before 1970 is one that was never set.
    of(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// Appends the time so long after the start of 1970; with nanoseconds where it is no whole number of microseconds.
pub fn push(since: Duration, out: &mut String) {
    let mut text = of(since);
    let finer = since.subsec_nanos() % 1_000;
    if finer > 0 {
        text.pop();
        // Three digits: it is below a thousand.
        text.push_str(&(1_000 + finer).to_string()[1..]);
        text.push('Z');
    }
    out.push_str(&text);
}

/// The time so long after the start of 1970.
fn of(since: Duration) -> String {
    let (days, seconds) = (since.as_secs() / DAY, since.as_secs() % DAY);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    let micros = since.subsec_micros();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
}

/// Year, month and day, so many days after the start of 1970.
///
/// A year is taken to begin in March, so that the leap day is its last.
const fn date(days: u64) -> (u64, u64, u64) {
    // From the 1st of March of year 0 on; 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_what_date_prints() {
        // `date -u -d @SECONDS +%FT%T`
        let rows = [
            (0, "1970-01-01T00:00:00"),
            (951_782_399, "2000-02-28T23:59:59"),
            (951_782_400, "2000-02-29T00:00:00"),
            (951_868_800, "2000-03-01T00:00:00"),
            (1_709_251_199, "2024-02-29T23:59:59"),
            (1_735_689_599, "2024-12-31T23:59:59"),
            (4_107_542_400, "2100-03-01T00:00:00"),
        ];
        for (seconds, want) in rows {
            assert_eq!(of(Duration::new(seconds, 12_345_678)), format!("{want}.012345Z"));
        }
    }
}
