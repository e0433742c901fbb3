//! Options for people: a line or a few for each, a structure's fields beneath it.

use berkeley::option::Field;
use unicode_width::UnicodeWidthStr as _;

use super::reading::{Reading, in_words, meaning};
use super::select::Selection;
use super::subject::Subject;
use crate::report::table::{Row, Table, wrap};

/// What stands in the column of values where there is none.
const NO_VALUE: &str = "-";

/// Everything that is printed; `width` is that of the terminal.
pub(super) fn all(
    subject: &Subject,
    readings: &[Reading],
    selection: &Selection,
    width: Option<usize>,
) -> String {
    let rows: Vec<Row> = readings.iter().flat_map(rows).collect();
    let table = Table::new(&rows, width).text();
    let mut text = lines(&subject.words(), width) + &table;
    if selection.hidden > 0 && !selection.asked {
        let hidden = selection.hidden;
        text += &lines(&format!("{hidden} options of other kinds of sockets: --all shows them"), width);
    }
    text
}

fn lines(text: &str, width: Option<usize>) -> String {
    let fits = width.is_none_or(|width| text.width() <= width);
    let mut lines = if fits { text.to_owned() } else { wrap(text, width.unwrap_or_default()).join("\n") };
    lines.push('\n');
    lines
}

/// The option's row, and one for each field of a structure.
fn rows(reading: &Reading) -> Vec<Row> {
    let name = reading.option.to_string();
    let about = meaning(reading.option.about);
    let value = match &reading.value {
        Ok(value) => value,
        Err(reason) => return vec![Row::new(name, NO_VALUE, format!("{about} [not read: {reason}]"))],
    };
    match value.fields() {
        None => vec![Row::new(name, reading.text().unwrap_or_default(), about)],
        Some(fields) => {
            let head = Row::new(name, format!("{} fields:", fields.len()), about);
            std::iter::once(head).chain(fields.iter().map(field)).collect()
        }
    }
}

fn field(field: &Field) -> Row {
    let name = format!("  {}", field.name);
    let about = meaning(field.about);
    match &field.value {
        Some(value) => Row::new(name, in_words(value, field.unit), about),
        None => Row::new(name, NO_VALUE, format!("{about} [not told by this kernel]")),
    }
}
