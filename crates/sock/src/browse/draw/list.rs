//! The packets, a line each.

use berkeley_packet::Packet;
use berkeley_packet::show::{self, Columns};

use super::Scene;
use super::pen::{BOLD, CURSOR, PLACE, PLAIN, Pen};
use crate::browse::state::Pane;
use crate::browse::store::Loaded;
use crate::packet::{Clock, Times};

/// From so many columns on, times have nanoseconds where the capture has them.
const FINE: usize = 100;

/// Between two columns.
const GAP: usize = 1;

/// A line of the list.
struct Row {
    number: u64,
    cells: [String; 6],
}

const TITLES: [&str; 6] = ["No.", "Time", "Source", "Destination", "Proto", "Summary"];

pub(super) fn draw(pen: &mut Pen<'_>, scene: &mut Scene<'_>) {
    let height = pen.height().saturating_sub(1);
    let selected = scene.state.selected(scene.list);
    let position = selected.map_or(0, |number| scene.list.position(number));
    let top = scene.state.row.top(position, scene.list.len(), height);
    let numbers: Vec<u64> = (top..top + height).map_while(|position| scene.list.number(position)).collect();
    let before = top.checked_sub(1).and_then(|position| scene.list.number(position));
    let rows = rows(scene, &numbers, before, pen.width());
    let widths = widths(&rows, pen.width(), scene.facts.total);
    let has_keys = scene.state.pane == Pane::List;
    pen.title(0, "", has_keys);
    line(pen, 0, &TITLES, &widths, if has_keys { BOLD } else { PLAIN });
    for (row, y) in rows.iter().zip(1..) {
        let is_selected = selected == Some(row.number);
        let style = match (is_selected, has_keys) {
            (true, true) => CURSOR,
            (true, false) => PLACE,
            (false, _) => PLAIN,
        };
        pen.line(y, style);
        line(pen, y, &row.cells.each_ref().map(String::as_str), &widths, style);
        if is_selected {
            pen.text(0, y, 1, ">", style);
        }
    }
    if rows.is_empty() {
        pen.text(1, 1, usize::MAX, why_empty(scene), PLAIN);
    }
}

/// Why there is no packet.
fn why_empty(scene: &Scene<'_>) -> &'static str {
    match scene.facts {
        facts if facts.total == 0 && facts.is_complete => "no packets",
        facts if facts.total == 0 => "waiting for packets",
        facts if scene.filtered.is_some_and(|looked| looked < facts.total) => "looking for packets",
        _ => "no packet matches the filter",
    }
}

fn line(
    pen: &mut Pen<'_>,
    y: usize,
    cells: &[&str; 6],
    widths: &[usize; 6],
    style: ratatui_core::style::Style,
) {
    let mut x = 1;
    for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
        // Numbers and times end in one column.
        let indent = if index < 2 { width.saturating_sub(cell.chars().count()) } else { 0 };
        if *width > 0 {
            if y == 0 {
                let room = (*width + GAP).min(pen.width().saturating_sub(x));
                pen.text(x, y, room, &" ".repeat(room), style);
            }
            pen.text(x + indent, y, width - indent, cell, style);
            x += width + GAP;
        }
    }
}

fn rows(scene: &Scene<'_>, numbers: &[u64], before: Option<u64>, width: usize) -> Vec<Row> {
    let mut before = before.and_then(|number| (scene.load)(number)).and_then(|packet| packet.time);
    let loaded = |number: &u64| Some((*number, (scene.load)(*number)));
    let mut row = |(number, packet): (u64, Option<Loaded>)| {
        let Some(packet) = packet else {
            let gone = "no longer there".to_owned();
            let none = String::new;
            return Row { number, cells: [(number + 1).to_string(), none(), none(), none(), none(), gone] };
        };
        let mut time = time(&packet, scene.times, scene.facts.began, before);
        if width < FINE {
            time.truncate(time.find('.').map_or(time.len(), |dot| dot + 7));
        }
        before = packet.time.or(before);
        let decoded = Packet::decode_cut(packet.link, &packet.bytes, packet.length);
        let Columns { source, destination, protocol, summary } =
            show::columns_from(&decoded, (scene.first)(&decoded, number));
        let summary = if packet.is_lost { "cannot be read again".to_owned() } else { summary };
        let cells = [(number + 1).to_string(), time, source, destination, protocol.to_owned(), summary];
        Row { number, cells }
    };
    let mut rows: Vec<Row> = numbers.iter().filter_map(loaded).map(&mut row).collect();
    align(&mut rows);
    rows
}

/// Has all times end with as many columns behind the point: some are of microseconds, and some of nanoseconds.
fn align(rows: &mut [Row]) {
    let decimals = |time: &str| time.find('.').map(|point| time.len() - point);
    let most = rows.iter().filter_map(|row| decimals(&row.cells[1])).max().unwrap_or_default();
    for row in rows {
        let time = &mut row.cells[1];
        if let Some(own) = decimals(time) {
            time.extend(std::iter::repeat_n(' ', most - own));
        }
    }
}

/// When the packet came, as `--time` says.
fn time(
    packet: &Loaded,
    times: Times,
    began: Option<std::time::Duration>,
    before: Option<std::time::Duration>,
) -> String {
    let mut clock = Clock::new(times);
    clock.pass(if times == Times::Delta { before } else { began });
    let mut text = String::new();
    clock.push(packet.time, &mut text);
    let text = text.trim_end();
    // Of the time of day the day is left out: there is no room for it.
    let day = if times == Times::Absolute { text.find('T').map_or(0, |at| at + 1) } else { 0 };
    text[day..].trim_end_matches('Z').to_owned()
}

/// As wide as what is shown needs; the addresses get a part of the line at most.
fn widths(rows: &[Row], width: usize, total: u64) -> [usize; 6] {
    let widest = |column: usize, most: usize| {
        let cells = rows.iter().map(|row| row.cells[column].chars().count());
        let title =
            if rows.iter().all(|row| row.cells[column].is_empty()) { 0 } else { TITLES[column].len() };
        cells.max().unwrap_or(0).max(title).min(most)
    };
    let number = widest(0, 20).max(total.to_string().len()).max(TITLES[0].len());
    let address = (width * 27 / 100).max(15);
    let [time, source, destination, protocol] =
        [widest(1, 26), widest(2, address), widest(3, address), widest(4, 10)];
    let used: usize = [number, time, source, destination, protocol].iter().map(|it| it + GAP).sum();
    [number, time, source, destination, protocol, width.saturating_sub(used + 1)]
}
