//! Each layer as a box in the box of the one that carries it.

use std::fmt::{self, Write as _};

use super::value::Shown;
use crate::layer::packet::{Layer, Packet};
use crate::layer::value::Value;
use crate::layer::walk::{Item, Visit};
use crate::problem::Problem;

/// The least and the most columns.
const NARROWEST: usize = 60;
const WIDEST: usize = 400;

/// The fewest columns inside a box: where nesting would leave less, a box stands below the other.
const LEAST_INSIDE: usize = 46;

/// The most lines of a value; what is longer says how much is left out.
const MOST_LINES: usize = 4;

/// The most columns of a value before it is broken.
const WIDEST_VALUE: usize = 56;

/// Between two columns.
const GAP: &str = "  ";

/// Writes `packet` as boxes of `width` columns: a box for each layer, and in it a row for each field, with its name,
/// its value, its meaning and its bytes. What a layer carries stands in its box.
///
/// Names are without their protocol, and fields of a part, such as an option, are indented. A value has its unit, its
/// word and what its checksum says; one that is too long is cut, and says so. Of a field that is less than whole bytes
/// the last column shows its digits, or its bits.
///
/// # Errors
///
/// The writer's own.
pub fn boxes(packet: &Packet<'_>, width: usize, out: &mut dyn fmt::Write) -> fmt::Result {
    let width = width.clamp(NARROWEST, WIDEST);
    let deepest = (width - LEAST_INSIDE) / 2;
    let sheets: Vec<Sheet<'_>> = packet
        .layers()
        .enumerate()
        .map(|(number, layer)| Sheet::of(layer, (number + 1).min(deepest)))
        .collect();
    let widths = Widths::of(&sheets, width);
    let mut canvas = Canvas { width, depth: 0, out };
    let mut problem = packet.problem().copied();
    for (number, sheet) in sheets.iter().enumerate() {
        if sheet.boxes == canvas.depth {
            canvas.close()?;
        }
        canvas.open(sheet.layer)?;
        sheet.rows.iter().try_for_each(|row| row.write(&widths, &mut canvas))?;
        let behind = sheet.layer.start() + sheet.layer.header().len();
        let own = problem.take_if(|it| number + 1 == sheets.len() || it.offset < behind);
        if let Some(problem) = own.or(sheet.problem) {
            canvas.text(&format!("! {problem}"))?;
        }
    }
    while canvas.depth > 0 {
        canvas.close()?;
    }
    Ok(())
}

/// Where lines are drawn, with the borders of all boxes that are open.
struct Canvas<'o> {
    width: usize,
    depth: usize,
    out: &'o mut dyn fmt::Write,
}

impl Canvas<'_> {
    /// The columns inside the innermost box.
    fn inside(&self) -> usize {
        self.width - 2 * self.depth
    }

    fn borders(&mut self) -> fmt::Result {
        (0..self.depth).try_for_each(|_| self.out.write_char('│'))
    }

    fn open(&mut self, layer: Layer<'_>) -> fmt::Result {
        let protocol = layer.protocol();
        let (header, payload) = (layer.header().len(), layer.payload().len());
        let missing = layer.length().saturating_sub(header + payload);
        let mut sizes = match payload {
            0 => format!("{header} bytes"),
            _ => format!("{header} + {payload} bytes"),
        };
        if missing > 0 {
            // Writing to a String never fails.
            let _ = write!(sizes, ", {missing} not captured");
        }
        let title = format!("{}: {}", protocol.name, protocol.title);
        let room = self.inside().saturating_sub(sizes.len() + 8);
        let title = cut(&title, room);
        let rule = self.inside().saturating_sub(columns(&title) + sizes.len() + 6);
        self.borders()?;
        write!(self.out, "┌ {title} ")?;
        (0..rule).try_for_each(|_| self.out.write_char('─'))?;
        write!(self.out, " {sizes} ┐")?;
        self.borders()?;
        self.depth += 1;
        self.out.write_char('\n')
    }

    fn close(&mut self) -> fmt::Result {
        self.depth -= 1;
        let rule = self.inside() - 2;
        self.borders()?;
        self.out.write_char('└')?;
        (0..rule).try_for_each(|_| self.out.write_char('─'))?;
        self.out.write_char('┘')?;
        self.borders()?;
        self.out.write_char('\n')
    }

    /// One line inside the innermost box; `line` is no longer than fits.
    fn line(&mut self, line: &str) -> fmt::Result {
        let padding = self.inside().saturating_sub(columns(line) + 1);
        self.borders()?;
        write!(self.out, " {line}{:padding$}", "")?;
        self.borders()?;
        self.out.write_char('\n')
    }

    fn text(&mut self, text: &str) -> fmt::Result {
        let room = self.inside() - 2;
        wrap(text, room).iter().try_for_each(|line| self.line(line))
    }
}

/// The rows of one layer.
struct Sheet<'a> {
    layer: Layer<'a>,
    /// How many boxes are around a row, its own included.
    boxes: usize,
    rows: Vec<Row>,
    depth: usize,
    problem: Option<Problem>,
}

struct Row {
    name: String,
    value: String,
    /// Whether the value is bytes in hexadecimal, which are broken between bytes.
    is_hex: bool,
    meaning: &'static str,
    bytes: String,
}

impl<'a> Sheet<'a> {
    fn of(layer: Layer<'a>, boxes: usize) -> Self {
        let mut sheet = Self { layer, boxes, rows: Vec::new(), depth: 0, problem: None };
        layer.visit(&mut sheet);
        sheet
    }

    fn row(&mut self, item: &Item<'a>) {
        let shown = Shown { item, layer: self.layer };
        let protocol = self.layer.protocol().name;
        let name = item.field.name;
        let short = name.strip_prefix(protocol).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
        self.rows.push(Row {
            name: format!("{:indent$}{short}", "", indent = 2 * self.depth),
            value: if item.value == Value::Group { String::new() } else { shown.to_string() },
            is_hex: shown.is_hex(),
            meaning: item.field.meaning,
            bytes: digits(item, self.layer),
        });
    }
}

/// The columns, the same for all boxes; the names' begin with the borders to their left.
struct Widths {
    name: usize,
    value: usize,
    meaning: usize,
    bytes: usize,
}

impl Widths {
    fn of(sheets: &[Sheet<'_>], width: usize) -> Self {
        let widest = |of: &dyn Fn(&Sheet<'_>, &Row) -> usize| {
            let all = sheets.iter().flat_map(|sheet| sheet.rows.iter().map(move |row| (sheet, row)));
            all.map(|(sheet, row)| of(sheet, row)).max().unwrap_or(0)
        };
        let deepest = sheets.iter().map(|sheet| sheet.boxes).max().unwrap_or(0);
        // Borders on the right, a space on each side, and the gaps.
        let room = width.saturating_sub(deepest + 2 + 3 * GAP.len());
        let name = widest(&|sheet, row| sheet.boxes + row.name.len()).min(deepest + (room - deepest) * 2 / 5);
        let bytes = widest(&|_, row| row.bytes.len()).min((room / 4).clamp(8, 48));
        let bytes = if room < 100 { bytes.min(12) } else { bytes };
        let left = room.saturating_sub(name + bytes);
        let value = widest(&|_, row| row.value.len()).min(WIDEST_VALUE);
        let meaning = widest(&|_, row| row.meaning.len());
        // Either gets what it needs where that leaves the other enough, else half.
        let meaning = meaning.min((left / 2).max(left.saturating_sub(value)));
        Self { name, value: value.min(left.saturating_sub(meaning)), meaning, bytes }
    }
}

impl<'a> Visit<'a> for Sheet<'a> {
    fn field(&mut self, item: Item<'a>) -> bool {
        self.row(&item);
        true
    }

    fn open(&mut self, part: Item<'a>) -> bool {
        self.row(&part);
        self.depth += 1;
        true
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    fn problem(&mut self, problem: Problem) {
        self.problem = Some(problem);
    }
}

impl Row {
    fn write(&self, widths: &Widths, canvas: &mut Canvas<'_>) -> fmt::Result {
        let name = widths.name.saturating_sub(canvas.depth);
        let names = wrap_name(&self.name, name);
        let values =
            if self.is_hex { pairs(&self.value, widths.value) } else { shortened(&self.value, widths.value) };
        let meanings = wrap(self.meaning, widths.meaning);
        let bytes = cut_pairs(&self.bytes, widths.bytes);
        let lines = names.len().max(values.len()).max(meanings.len()).max(1);
        let cell = |cells: &[String], line: usize| cells.get(line).cloned().unwrap_or_default();
        for line in 0..lines {
            let bytes = if line == 0 { &*bytes } else { "" };
            // The widths of format! count characters, which are a column each here.
            let text = format!(
                "{:name$}{GAP}{:value$}{GAP}{:meaning$}{GAP}{bytes}",
                cell(&names, line),
                cell(&values, line),
                cell(&meanings, line),
                value = widths.value,
                meaning = widths.meaning,
            );
            canvas.line(text.trim_end())?;
        }
        Ok(())
    }
}

/// A value in lines of `width` columns; beyond [`MOST_LINES`] it says how much is left out.
fn shortened(value: &str, width: usize) -> Vec<String> {
    let most = width.max(1) * MOST_LINES;
    // Values are ASCII, as all else is escaped.
    if value.len() <= most || !value.is_ascii() {
        return wrap(value, width);
    }
    let ending = |left_out: usize| format!("… (+{left_out})");
    let kept = most.saturating_sub(columns(&ending(value.len())));
    let text = format!("{}{}", &value[..kept], ending(value.len() - kept));
    chunks(&text, width)
}

/// The same of bytes in hexadecimal: no line breaks a byte, and bytes are counted.
fn pairs(value: &str, width: usize) -> Vec<String> {
    let width = (width & !1).max(2);
    let most = width * MOST_LINES;
    if value.len() <= most {
        return chunks(value, width);
    }
    let ending = |left_out: usize| format!("… (+{left_out} bytes)");
    let kept = most.saturating_sub(columns(&ending(value.len() / 2))) & !1;
    let text = format!("{}{}", value.get(..kept).unwrap_or_default(), ending((value.len() - kept) / 2));
    chunks(&text, width)
}

/// A field's bytes in hexadecimal; of a number that is not whole bytes its digits or its bits, with dots for the
/// others.
fn digits(item: &Item<'_>, layer: Layer<'_>) -> String {
    let start = layer.start();
    let bytes = item.bytes();
    let Some(held) = layer.bytes().get(bytes.start.saturating_sub(start)..bytes.end.saturating_sub(start))
    else {
        return String::new();
    };
    // More is never shown.
    let held = &held[..held.len().min(64)];
    let bits = &item.bits;
    let hex = |byte: &u8| format!("{byte:02x}");
    match held {
        [] => String::new(),
        [byte] if bits.start.is_multiple_of(4) && bits.end.is_multiple_of(4) => {
            match (bits.start % 8, bits.len()) {
                (0, 4) => format!("{:x}.", byte >> 4),
                (4, 4) => format!(".{:x}", byte & 15),
                _ => hex(byte),
            }
        }
        [byte] => (0..8)
            .map(|bit| match bits.contains(&(bytes.start * 8 + bit)) {
                true if byte >> (7 - bit) & 1 == 1 => '1',
                true => '0',
                false => '.',
            })
            .collect(),
        _ => {
            let mut text: String = held.iter().map(hex).collect();
            // Half a byte of other fields at either end.
            if bits.start % 8 == 4 {
                text.replace_range(..1, ".");
            }
            if bits.end % 8 == 4 {
                text.replace_range(text.len() - 1.., ".");
            }
            text
        }
    }
}

/// A text in lines of at most `width` columns, broken behind spaces where there are any. Nothing is left out.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut rest: Vec<char> = text.chars().collect();
    let mut lines = Vec::new();
    while rest.len() > width {
        // The space itself may stand beyond the line, where nobody sees it.
        let indent = rest.iter().take_while(|c| **c == ' ').count();
        let space = rest[..=width].iter().rposition(|c| *c == ' ').filter(|space| *space > indent);
        let behind = rest.split_off(space.map_or(width, |space| space + 1));
        lines.push(rest.iter().collect::<String>().trim_end().to_owned());
        rest = behind;
    }
    lines.push(rest.iter().collect());
    lines
}

/// A field's name in lines of at most `width` columns, broken behind dots and underscores where it has any. The lines
/// behind the first are indented two columns more.
fn wrap_name(name: &str, width: usize) -> Vec<String> {
    let most = width.saturating_sub(1);
    let indent = (name.len() - name.trim_start().len()).min(most);
    let mut lines = Vec::new();
    let (mut rest, mut before) = (name.trim_start(), indent);
    // Names are ASCII, as they are ours.
    while before + rest.len() > width && rest.is_ascii() {
        let room = width.saturating_sub(before).clamp(1, rest.len());
        let end = rest[..room].rfind(['.', '_']).map_or(room, |at| at + 1);
        let (line, behind) = rest.split_at(end);
        lines.push(format!("{:before$}{line}", ""));
        (rest, before) = (behind, (indent + 2).min(most));
    }
    lines.push(format!("{:before$}{rest}", ""));
    lines
}

/// A text in lines of `width` columns, broken anywhere.
fn chunks(text: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.chunks(width.max(1)).map(|line| line.iter().collect()).collect()
}

/// A text in at most `width` columns; an ellipsis says that there was more.
fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// The same of bytes in hexadecimal, between two bytes.
fn cut_pairs(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1) & !1).chain(['…']).collect()
}

/// All that is shown takes a column a character: names and titles are ours, and what a peer has sent is escaped.
fn columns(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_broken_between_their_words() {
        let rows: [(&str, usize, &[&str]); 5] = [
            ("short", 9, &["short"]),
            ("  init_initial_tsn", 12, &["  init_", "    initial_", "    tsn"]),
            ("    parameter_supported_address_type", 26, &["    parameter_supported_", "      address_type"]),
            ("withoutanyword", 6, &["withou", "  tany", "  word"]),
            ("      ab", 3, &["  a", "  b"]),
        ];
        for (name, width, want) in rows {
            assert_eq!(wrap_name(name, width), want, "{name}");
        }
    }

    #[test]
    fn no_line_breaks_a_byte() {
        let long = "0123456789".repeat(10);
        for width in 14..40 {
            for text in ["0a0b0c", "0123456789abcdef0123456789", &long] {
                let lines = pairs(text, width);
                assert!(
                    lines.len() <= MOST_LINES && lines.iter().all(|line| columns(line) <= width),
                    "{lines:?}"
                );
                let shown: String = lines.concat();
                let (digits, left_out) = shown.split_once('…').unwrap_or((&shown, ""));
                let left_out: usize =
                    left_out.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or_default();
                assert_eq!((digits.len() % 2, digits.len() / 2 + left_out), (0, text.len() / 2), "{lines:?}");
                let whole = |line: &String| line.contains('…') || columns(line).is_multiple_of(2);
                assert!(lines.split_last().unwrap().1.iter().all(whole), "{lines:?}");
            }
            assert!(cut_pairs(&long, width).trim_end_matches('…').len().is_multiple_of(2));
        }
    }
}
