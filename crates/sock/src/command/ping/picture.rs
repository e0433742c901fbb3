//! What it came to so far, drawn: figures and a histogram of one host, a table of several.

use std::fmt::Write as _;
use std::time::Duration;

use unicode_width::UnicodeWidthStr as _;

use super::target::Target;
use crate::probe::statistics::{Statistics, milliseconds};

/// The bars of a histogram.
const BARS: usize = 6;

/// From how many columns on the last probes of each host are drawn behind its row.
const WIDE: usize = 120;

/// Eighths of a column, from the left and from below.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The figures of one host: what it was sent, and how the times are spread.
pub(super) fn figures(target: &Target) -> Vec<String> {
    let (it, times) = (&target.statistics, &target.statistics.times);
    let mut counts = format!("{} sent, {} received, {} lost", it.sent, it.received, it.lost);
    // Writing to a String never fails.
    if let Some(loss) = it.loss() {
        let _ = write!(counts, " ({loss:.1}%)");
    }
    for (count, what) in [
        (it.late, "late"),
        (it.awaited(), "awaited"),
        (it.duplicates, "duplicates"),
        (it.reordered, "out of order"),
        (it.errors, "errors"),
    ] {
        if count > 0 {
            let what = if count == 1 { what.trim_end_matches('s') } else { what };
            let _ = write!(counts, ", {count} {what}");
        }
    }
    let mut lines = vec![format!("--- {} ---", target.titled()), counts];
    let spread = [
        ("min", times.least()),
        ("avg", times.mean()),
        ("p50", times.percentile(50)),
        ("p99", times.percentile(99)),
        ("max", times.most()),
        ("jitter", times.jitter()),
    ];
    let known = spread.iter().filter_map(|(name, time)| Some(format!("{name} {}", milliseconds((*time)?))));
    let known: Vec<String> = known.collect();
    if !known.is_empty() {
        lines.push(known.join(" ") + " ms");
    }
    if target.machines.len() > 1 {
        let machines = target.machines.join(", ");
        lines.push(format!("{} machines have this address: {machines}", target.machines.len()));
    }
    lines
}

fn cell(time: Option<Duration>) -> String {
    time.map_or_else(|| "-".to_owned(), milliseconds)
}

/// The times of one host as bars, in so many columns; nothing where there are fewer than two.
pub(super) fn histogram(it: &Statistics, columns: usize) -> Vec<String> {
    if it.times.count() < 2 {
        return Vec::new();
    }
    let bars = it.times.bars(BARS);
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(1).max(1);
    // A time, a count, and the spaces between.
    let room = columns.saturating_sub(26).max(8);
    let bar = |count: u64| bar(count, most, room);
    bars.iter()
        .map(|it| format!("{:>9} ms  {}  {}", milliseconds(it.from), bar(it.count), it.count))
        .collect()
}

/// A bar of at most `room` columns, in eighths; the least that is not nothing shows.
fn bar(count: u64, most: u64, room: usize) -> String {
    let eighths = u128::from(count) * u128::try_from(room * 8).unwrap_or(0);
    let eighths = usize::try_from(eighths.div_ceil(u128::from(most.max(1)))).unwrap_or(0);
    let mut text: String = std::iter::repeat_n('█', eighths / 8).collect();
    if let Some(part) = (eighths % 8).checked_sub(1) {
        text.push(EIGHTHS[part]);
    }
    text
}

/// A column of the table: its heading, its width, and what stands in it.
type Column = (&'static str, usize, fn(&Target) -> String);

const COLUMNS: &[Column] = &[
    ("SENT", 6, |target| target.statistics.sent.to_string()),
    ("RECV", 6, |target| target.statistics.received.to_string()),
    ("LOSS", 7, |target| {
        target.statistics.loss().map_or_else(|| "-".to_owned(), |loss| format!("{loss:.1}%"))
    }),
    ("MIN", 7, |target| cell(target.statistics.times.least())),
    ("AVG", 7, |target| cell(target.statistics.times.mean())),
    ("P50", 7, |target| cell(target.statistics.times.percentile(50))),
    ("P99", 7, |target| cell(target.statistics.times.percentile(99))),
    ("MAX", 7, |target| cell(target.statistics.times.most())),
    ("JITTER", 7, |target| cell(target.statistics.times.jitter())),
];

/// The columns that go first where all have no room, the first of them first.
const SPARED: [&str; 6] = ["JITTER", "P99", "P50", "MIN", "MAX", "AVG"];

/// The least that the names of hosts have.
const NARROWEST: usize = 8;

/// Where there is room, and anything to tell.
const MORE: &[Column] = &[
    ("LATE", 6, |target| target.statistics.late.to_string()),
    ("DUP", 6, |target| target.statistics.duplicates.to_string()),
    ("OOO", 6, |target| target.statistics.reordered.to_string()),
    ("ERR", 6, |target| target.statistics.errors.to_string()),
];

/// The columns of a table that has so many columns of a terminal: those that fit, and of the rare ones those in which a
/// host has something.
fn chosen(targets: &[Target], columns: usize) -> Vec<&'static Column> {
    let is_told = |(_, _, value): &&Column| targets.iter().any(|target| value(target) != "0");
    let more = MORE.iter().filter(|_| columns >= WIDE).filter(is_told);
    let mut all: Vec<&Column> = COLUMNS.iter().chain(more).collect();
    let fits = |all: &[&Column]| all.iter().map(|(_, width, _)| width).sum::<usize>() + NARROWEST <= columns;
    for name in SPARED {
        if fits(&all) {
            break;
        }
        all.retain(|(other, _, _)| *other != name);
    }
    all
}

/// A row for each host, in so many columns; times are in milliseconds. Of more hosts than `rows` have room for, the
/// first.
pub(super) fn table(targets: &[Target], columns: usize, rows: Option<usize>) -> Vec<String> {
    let is_wide = columns >= WIDE;
    let chosen = chosen(targets, columns);
    let all = || chosen.iter().copied();
    let taken: usize = all().map(|(_, width, _)| width).sum();
    let names: Vec<String> = targets.iter().map(Target::titled).collect();
    let longest = names.iter().map(|name| name.width()).max().unwrap_or(0).max("HOST".len());
    let width = longest.min(columns.saturating_sub(taken).max(NARROWEST));
    let mut heading = padded("HOST", width);
    all().for_each(|(name, width, _)| right(name, *width, &mut heading));
    let history = columns.saturating_sub(width + taken + 2).min(60);
    let mut lines = vec![heading];
    let shown =
        rows.filter(|rows| targets.len() + 1 > *rows).map_or(targets.len(), |rows| rows.saturating_sub(2));
    for (target, name) in targets.iter().zip(&names).take(shown) {
        let mut line = padded(name, width);
        if target.is_given_up {
            line.push_str("  unknown");
            lines.push(line);
            continue;
        }
        all().for_each(|(_, width, value)| right(&value(target), *width, &mut line));
        if is_wide && history > 8 && rows.is_some() {
            line.push_str("  ");
            line.push_str(&sparkline(target, history));
        }
        lines.push(line);
    }
    if shown < targets.len() {
        lines.push(format!("... and {} more", targets.len() - shown));
    }
    lines
}

/// A text in so many columns, cut off where it is longer.
fn padded(text: &str, width: usize) -> String {
    let mut out = String::new();
    let mut taken = 0;
    let is_long = text.width() > width;
    let room = if is_long { width.saturating_sub(1) } else { width };
    for letter in text.chars() {
        let wide = unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0);
        if taken + wide > room {
            break;
        }
        taken += wide;
        out.push(letter);
    }
    if is_long {
        out.push('…');
        taken += 1;
    }
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(taken)));
    out
}

fn right(text: &str, width: usize, out: &mut String) {
    // Writing to a String never fails. A space stands before what is as wide as its column.
    let _ = write!(out, " {text:>width$}", width = width.saturating_sub(1));
}

/// The last probes of a host: how long each took, beside the others; `×` for one that is lost.
fn sparkline(target: &Target, columns: usize) -> String {
    let skipped = target.history.len().saturating_sub(columns);
    let most = target.history.iter().flatten().max().map_or(1, Duration::as_nanos).max(1);
    let level = |time: &Duration| {
        let level = time.as_nanos() * 7 / most;
        LEVELS[usize::try_from(level).unwrap_or(7).min(7)]
    };
    target.history.iter().skip(skipped).map(|it| it.as_ref().map_or('×', level)).collect()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use super::*;
    use crate::probe::statistics::Before;

    fn asked(name: &str, times: &[u64]) -> Target {
        let mut target =
            Target::new(name, Some("192.0.2.1:0".parse::<SocketAddr>().expect("an address").into()));
        for (number, time) in (1..).zip(times) {
            let time = Duration::from_micros(*time);
            target.statistics.sent += 1;
            target.statistics.answer(number, time, Duration::from_secs(1), Before::Awaited);
            target.remember(Some(time));
        }
        target
    }

    #[test]
    fn a_table_fits_80_columns_whatever_its_hosts_are_called() {
        let long = asked("a-host-with-a-very-long-name.in.a.domain.example.org", &[123_456, 98_765_432]);
        let mut silent = asked("192.0.2.1", &[]);
        silent.statistics.sent = 1_000;
        silent.statistics.lost = 1_000;
        let targets = [long, silent];
        let lines = table(&targets, 80, None);
        assert_eq!(lines.len(), 3);
        for line in &lines {
            assert!(line.width() <= 80, "{line}");
        }
        assert!(lines[0].starts_with("HOST ") && lines[0].ends_with("JITTER"), "{}", lines[0]);
        assert!(lines[1].contains('…') && lines[2].contains("100.0%"), "{lines:#?}");
        let wide = table(&targets, 200, Some(24));
        assert!(!wide[0].contains("DUP") && wide[1].ends_with("▁█"), "{wide:#?}");
        assert!(wide.iter().all(|line| line.width() <= 200));
    }

    #[test]
    fn a_narrow_terminal_has_fewer_columns_and_whole_numbers() {
        let mut target = asked("192.0.2.1", &[1_234, 5_678]);
        for (columns, last) in
            [(69, "JITTER"), (68, "MAX"), (60, "MAX"), (47, "MAX"), (40, "AVG"), (34, "AVG"), (33, "LOSS")]
        {
            let lines = table(std::slice::from_ref(&target), columns, None);
            assert!(lines.iter().all(|line| line.width() <= columns), "{columns}: {lines:#?}");
            assert!(lines[0].ends_with(last), "{columns}: {lines:#?}");
        }
        target.statistics.duplicates = 3;
        let lines = table(std::slice::from_ref(&target), WIDE, None);
        assert!(lines[0].ends_with("JITTER   DUP") && lines[1].ends_with("    3"), "{lines:#?}");
    }

    #[test]
    fn of_too_many_hosts_the_first_are_shown_and_the_rest_counted() {
        let targets: Vec<_> = (0..30).map(|number| asked(&format!("host-{number}"), &[1_000])).collect();
        let lines = table(&targets, 80, Some(10));
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[9], "... and 22 more");
        assert_eq!(table(&targets, 80, None).len(), 31);
        assert_eq!(table(&targets, 80, Some(31)).len(), 31);
    }

    #[test]
    fn bars_are_as_long_as_their_counts_and_the_least_shows() {
        assert_eq!(bar(8, 8, 10), "█".repeat(10));
        assert_eq!(bar(1, 16, 1), "▏");
        assert_eq!((bar(0, 16, 10), bar(1, u64::MAX, 10)), (String::new(), "▏".to_owned()));
        let lines = histogram(&asked("x", &[1_000, 1_000, 1_010, 9_000]).statistics, 80);
        assert_eq!(lines.len(), BARS);
        assert!(lines[0].starts_with("     1.00 ms  ███") && lines[0].ends_with("  3"), "{lines:#?}");
        assert!(lines.iter().all(|line| line.width() <= 80));
        assert!(histogram(&asked("x", &[1_000]).statistics, 80).is_empty());
    }

    #[test]
    fn only_what_happened_is_counted_in_the_figures() {
        let lines = figures(&asked("192.0.2.1", &[1_000, 3_000]));
        assert_eq!(
            lines,
            [
                "--- 192.0.2.1 ---",
                "2 sent, 2 received, 0 lost (0.0%)",
                "min 1.00 avg 2.00 p50 1.00 p99 3.00 max 3.00 jitter 2.00 ms"
            ]
        );
        let mut target = asked("192.0.2.1", &[]);
        (target.statistics.sent, target.statistics.duplicates) = (1, 2);
        assert_eq!(figures(&target)[1], "1 sent, 0 received, 0 lost, 1 awaited, 2 duplicates");
        assert_eq!(figures(&asked("x", &[1_000]))[2], "min 1.00 avg 1.00 p50 1.00 p99 1.00 max 1.00 ms");
    }
}
