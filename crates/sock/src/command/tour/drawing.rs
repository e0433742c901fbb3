//! The tour as a drawing: the client's column, the server's, and what travels between them.

use berkeley_packet::stream::Side;
use unicode_width::UnicodeWidthStr as _;

use super::call::{Call, Done, Gave, time};
use super::packets::{Packets, Seen};
use super::teller::{LayerTold, Names, Teller, Waited};
use crate::report::errno;
use crate::report::table::{Row, Table, wrap};

/// The columns of a drawing, whatever the terminal has: more would tear the two sides apart.
pub(super) const WIDTH: usize = 80;

/// The columns of a side's text.
const TEXT: usize = 36;

/// The columns between the lines of the two sides.
const BETWEEN: usize = TEXT + 3;

/// How far the box of a layer is wider than the one in it.
const FRAME: usize = 4;

/// The colours, of the sixteen that a person has chosen for light or dark: no white, no black, no yellow, and no blue,
/// which is hard to see on black.
const BOLD: &str = "\x1b[1m";
const CLIENT: &str = "\x1b[36m";
const SERVER: &str = "\x1b[35m";
const FAILED: &str = "\x1b[31m";
const RESET: &str = "\x1b[0m";

/// Draws.
pub(super) struct Drawing {
    names: Names,
    coloured: bool,
    out: String,
    /// Which sides wait in a call: the client, the server.
    waits: [bool; 2],
}

impl Drawing {
    pub(super) fn new(names: Names, coloured: bool) -> Self {
        Self { names, coloured, out: String::new(), waits: [false; 2] }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        if self.coloured && !colour.is_empty() && !text.is_empty() {
            format!("{colour}{text}{RESET}")
        } else {
            text.to_owned()
        }
    }

    /// A side's line: drawn through while it runs, dotted while it waits.
    fn lane(&self, side: Side) -> String {
        let waits = self.waits[usize::from(side == Side::Server)];
        self.paint(colour_of(side), if waits { "┊" } else { "│" })
    }

    /// A row of both columns, in which one side has a text.
    fn row(&mut self, side: Side, text: &str, colour: &str) {
        let (client, server) = (self.lane(Side::Client), self.lane(Side::Server));
        let painted = self.paint(colour, text);
        let line = match side {
            Side::Client => format!(" {client} {painted}{}{server}", spaces(BETWEEN - 1 - text.width())),
            Side::Server => format!(" {client}{}{server} {painted}", spaces(BETWEEN)),
        };
        self.line(&line);
    }

    fn rows(&mut self, side: Side, text: &str, colour: &str) {
        for line in wrap(text, TEXT) {
            self.row(side, &line, colour);
        }
    }

    fn meaning(&mut self, side: Side, meaning: &str) {
        for line in meaning.lines() {
            self.rows(side, line, "");
        }
        let (client, server) = (self.lane(Side::Client), self.lane(Side::Server));
        self.line(&format!(" {client}{}{server}", spaces(BETWEEN)));
    }

    fn paragraph(&mut self, text: &str, indent: usize) {
        for line in text.lines().flat_map(|line| wrap(line, WIDTH - 1 - indent)) {
            self.line(&format!("{}{line}", spaces(indent)));
        }
    }

    fn set_waits(&mut self, side: Side, waits: bool) {
        self.waits[usize::from(side == Side::Server)] = waits;
    }

    fn boxed(&mut self, layers: &[LayerTold], depth: usize, width: usize) {
        let Some((layer, inner)) = layers.split_first() else { return };
        let (left, right) = ("│ ".repeat(depth), " │".repeat(depth));
        let head = format!("{} ", layer.head);
        self.line(&format!("  {left}┌ {head}{}┐{right}", "─".repeat(width.saturating_sub(head.width() + 3))));
        for line in layer.meaning.lines().flat_map(|line| wrap(line, width - FRAME)) {
            let fill = spaces((width - FRAME).saturating_sub(line.width()));
            self.line(&format!("  {left}│ {line}{fill} │{right}"));
        }
        self.boxed(inner, depth + 1, width - FRAME);
        self.line(&format!("  {left}└{}┘{right}", "─".repeat(width - 2)));
    }
}

impl Teller for Drawing {
    fn scene(&mut self, _: &'static str, title: &str) {
        let title = self.paint(BOLD, title);
        self.line("");
        self.line(&format!("══ {title} ══"));
        self.line("");
    }

    fn part(&mut self, title: &str) {
        let title = self.paint(BOLD, title);
        self.line("");
        self.line(&format!("── {title}"));
    }

    fn says(&mut self, text: &str) {
        self.paragraph(text, 0);
        self.line("");
    }

    fn legend(&mut self, text: &str) {
        self.says(text);
    }

    fn opens(&mut self) {
        self.waits = [false; 2];
        let fill = spaces((BETWEEN + 1).saturating_sub(self.names.client.width()));
        let (client, server) =
            (self.paint(CLIENT, &self.names.client), self.paint(SERVER, &self.names.server));
        self.line(&format!(" {client}{fill}{server}"));
    }

    fn closes(&mut self) {
        self.line("");
    }

    fn begins(&mut self, call: &Call) {
        self.set_waits(call.side, true);
        self.rows(call.side, &format!("{} …", call.text()), BOLD);
    }

    fn waits(&mut self, call: &Call, meaning: &str) {
        self.begins(call);
        self.meaning(call.side, meaning);
    }

    fn done(&mut self, done: &Done, meaning: &str) {
        let side = done.call.side;
        self.set_waits(side, false);
        let call = done.call.text();
        let (text, colour) = match &done.gave {
            Gave::Returned(value, with) if with.is_empty() => (format!("{call} = {value}"), BOLD),
            Gave::Returned(value, with) => (format!("{call} = {value}, {with}"), BOLD),
            Gave::Failed { errno, .. } => (format!("{call} = -1 {}", failed(*errno)), FAILED),
        };
        self.rows(side, text.trim_end(), colour);
        if done.waited {
            let waited = format!("{} {}", self.names.waited, time(done.took));
            self.rows(side, &waited, colour_of(side));
        }
        self.meaning(side, meaning);
    }

    fn travels(&mut self, from: Side, what: &str) {
        let (client, server) = (self.lane(Side::Client), self.lane(Side::Server));
        let what = wrap(what, BETWEEN - 8).into_iter().next().unwrap_or_default();
        let dashes = "─".repeat((BETWEEN - 6).saturating_sub(what.width()));
        let (arrow, colour) = match from {
            Side::Client => (format!("─── {what} {dashes}▶"), CLIENT),
            Side::Server => (format!("◀{dashes} {what} ───"), SERVER),
        };
        let arrow = self.paint(colour, &arrow);
        self.line(&format!(" {client}{arrow}{server}"));
    }

    fn packets(&mut self, _: &Packets, meaning: &str) {
        self.paragraph(meaning, 0);
        self.line("");
    }

    fn packet(&mut self, seen: &Seen<'_>, meaning: Option<&str>) {
        let arrow = if seen.from == Side::Client {
            self.paint(CLIENT, "──▶")
        } else {
            self.paint(SERVER, "◀──")
        };
        let since = seen.since.map(|since| format!("{:>8}  ", time(since))).unwrap_or_default();
        let names: Vec<String> = names(seen);
        let close = "]".repeat(names.len());
        let nested = format!("[{} {}{close}", names.join(" ["), seen.words);
        self.line(&format!("{:>3}  {since}{arrow}  {nested}", seen.number));
        if let Some(meaning) = meaning {
            self.paragraph(meaning, 10);
        }
    }

    fn layers(&mut self, layers: &[LayerTold]) {
        self.boxed(layers, 0, WIDTH - 6);
        self.line("");
    }

    fn timings(&mut self, waited: &[(&str, Waited)]) {
        let longest = waited.iter().map(|(_, it)| it.took).max().unwrap_or_default().as_secs_f64();
        let widest = waited.iter().map(|(_, it)| it.call.name.len()).max().unwrap_or_default();
        let side = self.names.client.width().max(self.names.server.width());
        let scenes = waited.iter().map(|(scene, _)| scene.width()).max().unwrap_or_default();
        for (scene, it) in waited {
            let name = self.names.of(it.call.side);
            let fill = spaces(side - name.width());
            let bar = bar(it.took.as_secs_f64(), longest);
            let (call, took) = (it.call.name, time(it.took));
            let scene = format!("{scene}{}", spaces(scenes - scene.width()));
            self.line(&format!("  {took:>9}  {scene}  {name}{fill}  {call:<widest$}  {bar}"));
        }
        self.line("");
    }

    fn commands(&mut self, rows: &[(&str, &str)]) {
        let row = |(command, meaning): &(&str, &str)| Row::new(format!("  {command}"), "", *meaning);
        let rows: Vec<Row> = rows.iter().map(row).collect();
        let table = Table::new(&rows, Some(WIDTH)).text();
        self.out.push_str(&table);
    }

    fn take(&mut self) -> String {
        std::mem::take(&mut self.out)
    }
}

/// A side's colour.
fn colour_of(side: Side) -> &'static str {
    match side {
        Side::Client => CLIENT,
        Side::Server => SERVER,
    }
}

/// A failure's name; a timeout of our own has none.
pub(super) fn failed(errno: Option<i32>) -> String {
    match errno {
        None => "timeout".to_owned(),
        Some(number) => errno::name(number).map_or_else(|| format!("errno {number}"), str::to_owned),
    }
}

/// The protocols of a packet, the outermost first, as people write them.
pub(super) fn names(seen: &Seen<'_>) -> Vec<String> {
    let names = seen.packet.layers().map(|layer| layer.protocol().name);
    names.filter(|name| *name != "data").map(name).collect()
}

pub(super) fn name(protocol: &str) -> String {
    if protocol == "eth" { "Ethernet".to_owned() } else { protocol.to_uppercase() }
}

fn spaces(count: usize) -> String {
    " ".repeat(count)
}

/// A bar beside others, of which the longest has 24 columns; a very short one still has something to see.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 24")]
fn bar(seconds: f64, longest: f64) -> String {
    let share = if longest > 0.0 { seconds / longest } else { 0.0 };
    "▬".repeat((share * 24.0).round().clamp(1.0, 24.0) as usize)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn drawing(coloured: bool) -> Drawing {
        Drawing::new(
            Names {
                client: "client".to_owned(), server: "服务器".to_owned(), waited: "waited".to_owned()
            },
            coloured,
        )
    }

    fn done(call: Call, gave: Gave, waited: bool) -> Done {
        Done { call, gave, took: Duration::from_micros(1_500), waited }
    }

    #[test]
    fn each_side_has_its_column_and_a_side_that_waits_a_dotted_line() {
        let mut drawing = drawing(false);
        drawing.opens();
        let accept = Call { side: Side::Server, ..Call::client("accept", "4") };
        drawing.waits(&accept, "等待");
        drawing.done(
            &done(Call::client("connect", "5"), Gave::Failed { errno: Some(111), python: "" }, false),
            "no",
        );
        drawing.travels(Side::Client, "SYN");
        drawing.done(&done(accept, Gave::Returned(6, "x".to_owned()), true), "");
        drawing.travels(Side::Server, "5 字节");
        let want = "
 client                                  服务器
 │                                       ┊ accept(4) …
 │                                       ┊ 等待
 │                                       ┊
 │ connect(5) = -1 ECONNREFUSED          ┊
 │ no                                    ┊
 │                                       ┊
 │─── SYN ──────────────────────────────▶┊
 │                                       │ accept(4) = 6, x
 │                                       │ waited 1.5 ms
 │                                       │
 │◀─────────────────────────── 5 字节 ───│
";
        assert_eq!(format!("\n{}", drawing.take()), want);
    }

    #[test]
    fn no_line_is_wider_than_80_columns_whatever_is_said() {
        let mut drawing = drawing(false);
        let long = "一个很长的词 ".repeat(30) + &"x".repeat(300);
        let call = Call::client("connect", long.clone());
        drawing.says(&long);
        drawing.opens();
        drawing.waits(&call, &long);
        drawing.done(&done(call.clone(), Gave::Returned(0, long.clone()), true), &long);
        drawing.travels(Side::Server, &long);
        let layer = || LayerTold { head: "IP，20 字节".to_owned(), meaning: long.clone() };
        drawing.layers(&[layer(), layer(), layer(), layer()]);
        drawing.timings(&[("TCP", Waited { scene: "tcp", call, took: Duration::from_secs(3) })]);
        drawing.commands(&[("sock serve", &long)]);
        for line in drawing.take().lines() {
            assert!(line.width() <= WIDTH, "{}: {line}", line.width());
        }
    }

    #[test]
    fn a_box_stands_in_a_box() {
        let mut drawing = drawing(false);
        let layer = |name: &str| LayerTold { head: format!("{name}, 4"), meaning: "你好".to_owned() };
        drawing.boxed(&[layer("IP"), layer("TCP")], 0, 20);
        let want = "
  ┌ IP, 4 ───────────┐
  │ 你好             │
  │ ┌ TCP, 4 ──────┐ │
  │ │ 你好         │ │
  │ └──────────────┘ │
  └──────────────────┘
";
        assert_eq!(format!("\n{}", drawing.take()), want);
    }

    #[test]
    fn colours_end_in_their_line() {
        let mut drawing = drawing(true);
        drawing.opens();
        drawing.waits(&Call::client("accept", "4"), "so");
        drawing.travels(Side::Client, "SYN");
        for line in drawing.take().lines().filter(|line| line.contains('\x1b')) {
            assert_eq!(line.matches("\x1b[").count() % 2, 0, "{line:?}");
            assert!(line.rfind(RESET) >= line.rfind("\x1b[3"), "{line:?}");
        }
    }
}
