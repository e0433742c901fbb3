//! Text on the screen. All of it goes through here, so nothing that drives a terminal gets past.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Modifier, Style};
use unicode_width::UnicodeWidthStr as _;

use crate::report::escape;

/// Colours are the terminal's own, so that light and dark ones are alike; marks are these.
pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
pub(crate) const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub(crate) const MARKED: Style = Style::new().add_modifier(Modifier::REVERSED);
pub(crate) const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED.union(Modifier::BOLD));
pub(crate) const PLACE: Style = Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED));

/// Writes into a part of the screen, line by line.
pub(crate) struct Pen<'b> {
    pub(crate) buffer: &'b mut Buffer,
    pub(crate) area: Rect,
}

impl<'b> Pen<'b> {
    pub(crate) fn new(buffer: &'b mut Buffer, area: Rect) -> Self {
        let area = area.intersection(buffer.area);
        Self { buffer, area }
    }

    pub(crate) fn width(&self) -> usize {
        usize::from(self.area.width)
    }

    pub(crate) fn height(&self) -> usize {
        usize::from(self.area.height)
    }

    /// Writes `text` from column `x` of line `y` on, in `room` columns at most; gives the column behind it. What does
    /// not fit is left out, and an ellipsis says so.
    pub(crate) fn text(&mut self, x: usize, y: usize, room: usize, text: &str, style: Style) -> usize {
        let room = room.min(self.width().saturating_sub(x));
        if y >= self.height() || room == 0 {
            return x;
        }
        let text = fit(&printable(text), room);
        let [left, line] = [x, y].map(|it| u16::try_from(it).unwrap_or(u16::MAX));
        let left = self.area.x.saturating_add(left);
        let (end, _) = self.buffer.set_stringn(left, self.area.y + line, text, room, style);
        usize::from(end.saturating_sub(self.area.x))
    }

    /// Gives all of line `y` a style.
    pub(crate) fn line(&mut self, y: usize, style: Style) {
        if y < self.height() {
            let line = u16::try_from(y).unwrap_or(u16::MAX);
            let area = Rect { y: self.area.y + line, height: 1, ..self.area };
            self.buffer.set_style(area, style);
        }
    }

    /// A rule across line `y`, with a title in it: heavy where the pane below has the keys.
    pub(crate) fn title(&mut self, y: usize, title: &str, has_keys: bool) {
        let (rule, style) = if has_keys { ("━", BOLD) } else { ("─", PLAIN) };
        let width = self.width();
        self.text(0, y, width, &rule.repeat(width), if has_keys { BOLD } else { DIM });
        if !title.is_empty() {
            let shown = format!(" {} ", fit(&printable(title), width.saturating_sub(6)));
            self.text(2, y, width.saturating_sub(3), &shown, style);
        }
    }
}

/// The text with all that is no printable character spelt out.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if escape::is_printable(letter) {
            out.push(letter);
        } else {
            // Writing to a String never fails.
            let _ = escape::write_char(&mut out, letter);
        }
    }
    out
}

/// As much of the text as fits into `room` columns, with an ellipsis where that is not all.
pub(crate) fn fit(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let (mut out, mut used) = (String::new(), 1);
    for letter in text.chars() {
        used += unicode_width::UnicodeWidthChar::width(letter).unwrap_or(0);
        if used > room {
            break;
        }
        out.push(letter);
    }
    if room > 0 {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_and_says_so() {
        let rows = [
            ("abc", 3, "abc"),
            ("abcd", 3, "ab…"),
            ("套接字", 5, "套接…"),
            ("套接字", 4, "套…"),
            ("ab", 0, ""),
        ];
        for (text, room, want) in rows {
            assert_eq!(fit(text, room), want);
        }
    }

    #[test]
    fn nothing_that_drives_a_terminal_is_written() {
        assert_eq!(printable("a\x1b[2J\u{202e}\u{9b}é\\"), "a\\x1b[2J\\u{202e}\\u{9b}é\\");
    }
}
