//! The table and the words, as people read them.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use unicode_width::UnicodeWidthStr as _;

use super::flow::Flow;
use super::hop::{Hop, Router};
use super::machine::Trace;
use super::route::{self, Row};
use super::says::Says;
use super::verdict::Verdict;
use crate::probe::statistics::milliseconds;
use crate::report::escape::escape;
use crate::report::table::wrap;

/// The names of addresses, as far as they are known.
pub(super) type Names = HashMap<IpAddr, String>;

/// A column of figures, from the left; those with a rank are left out first where there is no room.
struct Column {
    title: &'static str,
    width: usize,
    rank: Option<u8>,
    /// Whether it counts the probes of the hop, which says nothing of one of its routers.
    counts: bool,
    cell: Cell,
}

/// The width of the first column: `12-30`.
const HOP: usize = 5;

const COLUMNS: [Column; 7] = [
    count("loss", |hop, _| loss(hop)),
    count("sent", |hop, _| hop.sent.to_string()),
    figure("min", Some(2), |_, router| time(router, Times::least)),
    figure("avg", None, |_, router| time(router, Times::mean)),
    figure("p50", Some(1), |_, router| time(router, |times| times.percentile(50))),
    figure("max", Some(3), |_, router| time(router, Times::most)),
    figure("jitter", Some(0), |_, router| time(router, Times::jitter)),
];

type Cell = fn(&Hop, Option<&Router>) -> String;

/// A column that counts probes.
const fn count(title: &'static str, cell: Cell) -> Column {
    Column { title, width: 6, rank: None, counts: true, cell }
}

/// A column of times.
const fn figure(title: &'static str, rank: Option<u8>, cell: Cell) -> Column {
    Column { title, width: 8, rank, counts: false, cell }
}

fn loss(hop: &Hop) -> String {
    hop.loss().map_or_else(|| "-".to_owned(), |loss| format!("{loss:.0}%"))
}

type Times = crate::probe::statistics::Times;

fn time(router: Option<&Router>, of: fn(&Times) -> Option<Duration>) -> String {
    router.and_then(|router| of(&router.times)).map_or_else(|| "-".to_owned(), milliseconds)
}

/// The table, a line a hop, in so many columns of a terminal; as wide as it comes without one.
pub(super) fn table(trace: &Trace, names: &Names, width: Option<usize>) -> Vec<String> {
    let rows = route::rows(trace.flows());
    let many = trace.flows().len();
    let whose: Vec<String> = rows.iter().map(|row| who(row, names, many)).collect();
    let longest = whose.iter().map(|text| text.width()).max().unwrap_or_default();
    let columns = fitting(width, longest);
    let mut head = format!("{:>HOP$}", "hop");
    for column in &columns {
        push_cell(&mut head, column.title, column.width);
    }
    let mut lines = vec![head + "  address"];
    let mut before = None;
    let tail = silent_tail(&rows);
    for (row, who) in rows.iter().zip(whose) {
        let ttl = match tail {
            Some((first, _)) if row.ttl > first => break,
            Some((first, last)) if row.ttl == first && last > first => format!("{first}-{last}"),
            _ if before == Some(row.ttl) => String::new(),
            _ => row.ttl.to_string(),
        };
        before = Some(row.ttl);
        lines.push(line(&ttl, &row.hop, row.hop.routers.first(), &columns) + &who);
        for router in row.hop.routers.iter().skip(1) {
            lines.push(line("", &Hop::default(), Some(router), &columns) + &named(router, names));
        }
    }
    lines
}

/// The first and the last of the hops behind all that answer: one line suffices for them.
fn silent_tail(rows: &[Row]) -> Option<(u8, u8)> {
    let last = rows.last().filter(|row| row.hop.is_silent())?.ttl;
    let answering = rows.iter().filter(|row| !row.hop.is_silent()).map(|row| row.ttl).max();
    let first =
        rows.iter().map(|row| row.ttl).find(|ttl| answering.is_none_or(|answering| *ttl > answering))?;
    Some((first, last))
}

fn line(ttl: &str, hop: &Hop, router: Option<&Router>, columns: &[&Column]) -> String {
    let mut line = format!("{ttl:>HOP$}");
    for column in columns {
        let cell = (column.cell)(hop, router);
        // A further router of a hop: how many probes it had to answer, nobody knows.
        let cell = if hop.sent == 0 && column.counts { String::new() } else { cell };
        push_cell(&mut line, &cell, column.width);
    }
    line + "  "
}

/// Appends a cell, its text at the right.
fn push_cell(line: &mut String, text: &str, width: usize) {
    line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
    line.push_str(text);
}

/// The columns for which there is room beside the longest address.
fn fitting(width: Option<usize>, longest: usize) -> Vec<&'static Column> {
    let mut columns: Vec<&Column> = COLUMNS.iter().collect();
    let Some(width) = width else { return columns };
    for rank in 0..=3 {
        let taken: usize = columns.iter().map(|column| column.width).sum();
        if HOP + taken + 2 + longest <= width {
            break;
        }
        columns.retain(|column| column.rank != Some(rank));
    }
    columns
}

/// Who answers at a row, what else it says, and which flows come by.
fn who(row: &Row, names: &Names, many: usize) -> String {
    let mut text = match row.hop.routers.first() {
        Some(router) => named(router, names),
        None if row.hop.lost == 0 => "...".to_owned(),
        None => "no answer".to_owned(),
    };
    if row.flows.len() < many {
        let noun = if row.flows.len() == 1 { "flow" } else { "flows" };
        // Writing to a String never fails.
        let _ = write!(text, "  [{noun} {}]", route::numbers(&row.flows));
    }
    text
}

fn named(router: &Router, names: &Names) -> String {
    let mut text = router.address.to_string();
    if let Some(name) = names.get(&router.address) {
        // A name is chosen by those who run the network: it may hold anything.
        let _ = write!(text, "  {}", escape(name.as_bytes(), 80));
    }
    if let Says::Refused(reason) = router.says {
        let _ = write!(text, "  ({})", reason.words());
    }
    text
}

/// The words below the table.
pub(super) fn words(trace: &Trace, verdict: &Verdict, width: Option<usize>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut say = |text: &str| match width {
        Some(width) => lines.extend(wrap(text, width)),
        None => lines.push(text.to_owned()),
    };
    verdict.findings.iter().for_each(|finding| say(&finding.words));
    if let Some((mtu, found)) = trace.mtu().and_then(|found| Some((found.mtu?, found))) {
        let whole = trace.flows().first().and_then(Flow::end).is_some_and(|end| end.ttl == found.far);
        if whole && verdict.reached {
            say(&format!("MTU of the path: {mtu} bytes"));
        } else {
            say(&format!("MTU as far as hop {}: {mtu} bytes", found.far));
        }
    }
    lines
}
