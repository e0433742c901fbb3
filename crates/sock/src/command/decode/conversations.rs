//! Who spoke with whom: a table.

use std::fmt::Write as _;
use std::time::Duration;

use berkeley_packet::stream::{Conversation, Conversations, Traffic};
use serde_json::{Value, json};

use super::{Entry, View};
use crate::command::print::print;
use crate::exit::{Exit, Failure};
use crate::report::json::Event;
use crate::report::table::width_of_output;
use crate::report::time;

/// Counts conversations, and shows them at the end.
pub(super) struct Table {
    conversations: Conversations,
    json: bool,
    packets: u64,
}

impl Table {
    pub(super) fn new(json: bool) -> Self {
        Self { conversations: Conversations::new(), json, packets: 0 }
    }
}

impl View for Table {
    fn packet(&mut self, entry: &Entry<'_>) -> Result<bool, Failure> {
        self.packets += 1;
        self.conversations.push(&entry.packet, entry.time);
        if let Some(whole) = entry.assembled {
            self.conversations.push_assembled(whole, entry.time);
        }
        Ok(true)
    }

    fn end(&mut self, failure: Option<&Failure>) -> Result<(), Failure> {
        let rows = self.conversations.rows();
        let shown = if self.json {
            let exit = failure.map_or(Exit::Done, |failure| failure.exit);
            let summary = Event::new("summary")
                .field("packets", self.packets)
                .field("conversations", rows.len())
                .field("left_out", self.conversations.left_out())
                .field("exit_code", exit as u8);
            rows.iter().map(event).chain([summary.into_line()]).collect()
        } else {
            text(rows, self.conversations.left_out(), width_of_output())
        };
        print(shown.as_bytes())
    }
}

fn event(row: &Conversation) -> String {
    let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
    let started = row.times.map(|(first, _)| {
        let mut text = String::new();
        time::push(first, &mut text);
        text
    });
    Event::new("conversation")
        .field("transport", row.transport.name())
        .field("number", row.number)
        .field("client", row.client.to_string())
        .field("server", row.server.to_string())
        .field("sent", traffic(&row.sent))
        .field("received", traffic(&row.received))
        .field("started", started)
        .field("seconds", seconds(row.times.map(|(first, last)| last.saturating_sub(first))))
        .field("handshake_seconds", seconds(row.round_trip.handshake))
        .field("least_round_trip_seconds", seconds(row.round_trip.least))
        .field("most_round_trip_seconds", seconds(row.round_trip.most))
        .into_line()
}

fn traffic(it: &Traffic) -> Value {
    json!({
        "packets": it.packets,
        "bytes": it.bytes,
        "retransmissions": it.retransmissions,
        "out_of_order": it.out_of_order,
        "missing_bytes": it.missing,
        "zero_windows": it.zero_windows,
        "resets": it.resets,
    })
}

const HEADINGS: [&str; 9] =
    ["stream", "client", "server", "sent", "bytes", "received", "bytes", "seconds", "round trip"];

/// The columns of numbers, which stand to the right.
const NUMBERS: std::ops::Range<usize> = 3..9;

/// The table: a line a conversation, and one more of those with which something is wrong. Where `width` is less than
/// that takes, the figures stand below the addresses.
fn text(rows: &[Conversation], left_out: u64, width: Option<usize>) -> String {
    let lines: Vec<[String; 9]> = rows.iter().map(cells).collect();
    let widths: Vec<usize> = (0..HEADINGS.len())
        .map(|column| {
            lines.iter().map(|line| line[column].len()).max().unwrap_or(0).max(HEADINGS[column].len())
        })
        .collect();
    let all = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
    let is_narrow = width.is_some_and(|width| all > width);
    let mut out = String::new();
    push(&mut out, &HEADINGS.map(str::to_owned), &widths, is_narrow);
    for (line, row) in lines.iter().zip(rows) {
        push(&mut out, line, &widths, is_narrow);
        for (side, traffic) in [("client", &row.sent), ("server", &row.received)] {
            if let Some(wrong) = wrong(traffic) {
                // Writing to a String never fails.
                let _ = writeln!(out, "    {side}: {wrong}");
            }
        }
    }
    if left_out > 0 {
        let _ = writeln!(out, "{left_out} packets of more conversations than are counted are left out");
    }
    out
}

fn cells(row: &Conversation) -> [String; 9] {
    let duration = row.times.map(|(first, last)| last.saturating_sub(first));
    let seconds = duration.map_or_else(String::new, |it| format!("{:.6}", it.as_secs_f64()));
    let round_trip = row.round_trip.handshake.or(row.round_trip.least);
    let round_trip = round_trip.map_or_else(String::new, |it| format!("{:.3} ms", it.as_secs_f64() * 1e3));
    [
        format!("{} {}", row.transport, row.number),
        row.client.to_string(),
        row.server.to_string(),
        row.sent.packets.to_string(),
        row.sent.bytes.to_string(),
        row.received.packets.to_string(),
        row.received.bytes.to_string(),
        seconds,
        round_trip,
    ]
}

fn push(out: &mut String, cells: &[String; 9], widths: &[usize], is_narrow: bool) {
    let mut line = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if is_narrow && column == NUMBERS.start {
            let _ = write!(out, "{}\n    ", line.trim_end());
            line.clear();
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        let _ = if NUMBERS.contains(&column) {
            write!(line, "{cell:>width$}")
        } else {
            write!(line, "{cell:<width$}")
        };
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// What went wrong with what one end has sent; none where nothing did.
fn wrong(traffic: &Traffic) -> Option<String> {
    let counts = [
        (traffic.retransmissions, "retransmission", "retransmissions"),
        (traffic.out_of_order, "segment out of order", "segments out of order"),
        (traffic.missing, "byte not captured", "bytes not captured"),
        (traffic.zero_windows, "zero window", "zero windows"),
        (traffic.resets, "reset", "resets"),
    ];
    let words: Vec<String> = counts
        .iter()
        .filter(|(count, _, _)| *count > 0)
        .map(|(count, one, many)| format!("{count} {}", if *count == 1 { one } else { many }))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}
