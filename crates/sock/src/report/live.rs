//! A live view on a terminal: a few lines at the bottom that change in place, and lines above them that scroll away.
//!
//! [`Picture`] says what to write so that the terminal shows the next frame, and has neither a terminal nor a clock.
//! [`Live`] is the terminal: it draws at most ten times a second, writes only the lines that changed, and never waits
//! for a terminal that is stopped. There is no alternate screen: the last frame stays where it is.
//!
//! ```
//! use sock::report::live::{Picture, Size};
//!
//! let size = Size { columns: 80, rows: 24 };
//! let mut picture = Picture::default();
//! assert_eq!(picture.draw("", &["sent 1".into(), "lost 0".into()], size), "sent 1\nlost 0\n");
//! // Two lines up, the changed one anew, and back.
//! assert_eq!(picture.draw("", &["sent 2".into(), "lost 0".into()], size), "\r\x1b[2A\x1b[2Ksent 2\r\x1b[2B");
//! assert_eq!(picture.draw("", &["sent 2".into(), "lost 0".into()], size), "");
//! ```

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::SIGCONT;
use signal_hook::flag;
use unicode_width::UnicodeWidthChar as _;

use super::escape;
use super::output::Output;

/// The least time between two frames.
const PACE: Duration = Duration::from_millis(100);

/// How long a terminal that is stopped is waited for, once.
const MOMENT: Duration = Duration::from_secs(1);

/// How many bytes of lines are kept for a terminal that is stopped; a single text may be longer.
const MOST: usize = 1 << 18;

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a terminal has no more of it")]
pub struct Size {
    /// Its columns.
    pub columns: usize,
    /// Its lines.
    pub rows: usize,
}

/// What a terminal shows at its bottom, and how it comes to show something else.
///
/// The cursor stands below the frame, at the start of a line, or behind what the terminal has echoed there, such as
/// `^C`. A line of a frame may hold the sequences that set colours (`ESC [ ... m`); all else that does not print is
/// escaped, and what is wider than the terminal is cut off.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The lines as they were written.
    shown: Vec<String>,
    /// The columns that they take.
    widths: Vec<usize>,
    columns: usize,
}

impl Picture {
    /// What to write so that `above`, whole lines or nothing, scrolls away over the frame, and `frame` stands below it.
    /// Of a frame that is higher than the terminal the last lines are left out.
    pub fn draw(&mut self, above: &str, frame: &[String], size: Size) -> String {
        let lines = frame.iter().take(size.rows.saturating_sub(1));
        let (lines, widths): (Vec<_>, Vec<_>) = lines.map(|line| cut(line, size.columns)).unzip();
        let mut out = String::new();
        if above.is_empty() && size.columns == self.columns {
            self.change(&lines, &mut out);
        } else {
            self.erase(size.columns, &mut out);
            out.push_str(above);
            for line in &lines {
                push_line(line, &mut out);
            }
        }
        (self.shown, self.widths, self.columns) = (lines, widths, size.columns);
        out
    }

    /// Writes the lines that differ, from the first to the last.
    fn change(&self, lines: &[String], out: &mut String) {
        let (before, after) = (self.shown.len(), lines.len());
        // The line at which the cursor stands.
        let mut at = before;
        let mut go = |to: usize, out: &mut String| {
            // Writing to a String never fails.
            let _ = match at.abs_diff(to) {
                0 => Ok(()),
                up if to < at => write!(out, "\r\x1b[{up}A"),
                down => write!(out, "\x1b[{down}B"),
            };
            at = to;
        };
        let same = before.min(after);
        for index in (0..same).filter(|index| self.shown[*index] != lines[*index]) {
            go(index, out);
            out.push_str("\x1b[2K");
            out.push_str(&lines[index]);
            out.push('\r');
        }
        go(same, out);
        if before > after {
            out.push_str("\x1b[J");
        }
        for line in &lines[same..] {
            push_line(line, out);
        }
    }

    /// Goes to where the frame begins and clears all below. A terminal that became narrower shows a line in several.
    fn erase(&self, columns: usize, out: &mut String) {
        let rows: usize = self.widths.iter().map(|width| width.div_ceil(columns.max(1)).max(1)).sum();
        if rows > 0 {
            // Writing to a String never fails.
            let _ = write!(out, "\r\x1b[{rows}A\x1b[J");
        }
    }
}

fn push_line(line: &str, out: &mut String) {
    out.push_str(line);
    out.push('\n');
}

/// The line within so many columns, and how many it takes.
fn cut(line: &str, columns: usize) -> (String, usize) {
    let (mut out, mut width, mut rest) = (String::with_capacity(line.len()), 0, line);
    let mut coloured = false;
    while let Some(letter) = rest.chars().next() {
        let (shown, taken) = match colour(rest) {
            Some(sequence) => {
                coloured = true;
                (sequence.to_owned(), sequence.len())
            }
            None => (printable(letter), letter.len_utf8()),
        };
        let wide = if taken > letter.len_utf8() { 0 } else { shown.chars().filter_map(char::width).sum() };
        if width + wide > columns {
            break;
        }
        width += wide;
        out.push_str(&shown);
        rest = &rest[taken..];
    }
    if coloured && !rest.is_empty() {
        out.push_str("\x1b[0m");
    }
    (out, width)
}

/// The sequence that sets a colour, with which `text` begins.
fn colour(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("\x1b[")?;
    let length = inner.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inner[length..].starts_with('m').then(|| &text[..="\x1b[".len() + length])
}

fn printable(letter: char) -> String {
    let mut out = String::new();
    if letter == '\\' || escape::is_printable(letter) {
        out.push(letter);
    } else {
        // Writing to a String never fails.
        let _ = escape::write_char(&mut out, letter);
    }
    out
}

/// The terminal that standard output is, with a frame at its bottom.
///
/// The cursor stays visible, so that there is nothing to give back to a shell that gets the terminal by Ctrl-Z. Once
/// the process goes on, the frame is drawn anew, below what the shell has printed.
#[derive(Debug)]
pub struct Live {
    out: Output,
    picture: Picture,
    above: Above,
    due: Instant,
    /// Whether the terminal was waited for in vain, and has not gone on since.
    stalled: bool,
    /// Whether the process was stopped, and goes on, since the last frame.
    resumed: Arc<AtomicBool>,
}

impl Live {
    /// `None` where standard output is no terminal, or one that cannot move its cursor (`TERM=dumb`).
    pub fn open() -> Option<Self> {
        let knows_cursor = env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
        if !io::stdout().is_terminal() || !knows_cursor {
            return None;
        }
        let live = Self::on(Output::standard().ok()?);
        // Without it, a frame after a stop may stand over the shell's lines.
        let _ = flag::register(SIGCONT, Arc::clone(&live.resumed));
        Some(live)
    }

    fn on(out: Output) -> Self {
        let (picture, above, resumed) = (Picture::default(), Above::default(), Arc::default());
        Self { out, picture, above, due: Instant::now(), stalled: false, resumed }
    }

    /// Adds lines that scroll away over the frame, safe ones that end in newlines. They are shown with the next frame.
    /// Where the terminal is stopped for long, the oldest are left out, and how many is told in their place.
    pub fn print(&mut self, lines: &str) {
        self.above.push(lines);
    }

    /// From when on the next frame may be drawn.
    pub const fn due(&self) -> Instant {
        self.due
    }

    /// Draws the frame that `frame` makes for the terminal's size, if it is time for one at `now`.
    ///
    /// # Errors
    ///
    /// Where the terminal is gone.
    pub fn draw(&mut self, now: Instant, frame: impl FnOnce(Size) -> Vec<String>) -> io::Result<()> {
        if now < self.due {
            return Ok(());
        }
        self.due = now + PACE;
        self.out.write()?;
        // A terminal that is stopped has not shown the last one yet.
        if self.out.waiting() > 0 {
            return Ok(());
        }
        self.stalled = false;
        self.show(frame);
        self.out.write()
    }

    /// Takes the frame away until the next one, for what others are about to write to the terminal, such as an error.
    ///
    /// # Errors
    ///
    /// Where the terminal is gone.
    pub fn make_way(&mut self) -> io::Result<()> {
        self.due = Instant::now();
        self.settle()?;
        if self.stalled {
            return Ok(());
        }
        self.show(|_| Vec::new());
        self.settle()
    }

    /// Waits until all is written, for a moment at most; and no more where that was in vain before.
    fn settle(&mut self) -> io::Result<()> {
        self.out.close(if self.stalled { Duration::ZERO } else { MOMENT })?;
        self.stalled = self.out.waiting() > 0;
        Ok(())
    }

    /// Draws the last frame, which stays.
    ///
    /// # Errors
    ///
    /// Where the terminal is gone.
    pub fn end(mut self, frame: impl FnOnce(Size) -> Vec<String>) -> io::Result<()> {
        self.settle()?;
        self.show(frame);
        self.settle()
    }

    fn show(&mut self, frame: impl FnOnce(Size) -> Vec<String>) {
        let size = size_of_output();
        if self.resumed.swap(false, Ordering::Relaxed) {
            // Nobody knows how much the shell has printed below the frame.
            self.picture = Picture::default();
        }
        let mut text = self.picture.draw(&self.above.take(), &frame(size), size);
        if !text.is_empty() {
            // Over what the terminal has echoed, such as ^C.
            text.insert_str(0, "\r\x1b[K");
        }
        self.out.push(&text);
    }
}

/// Lines that wait for the next frame.
#[derive(Debug, Default)]
struct Above {
    text: String,
    left_out: usize,
}

impl Above {
    /// Adds lines. Where they become too many, more than half of the older ones go, so that it is done seldom.
    fn push(&mut self, lines: &str) {
        if self.text.len() + lines.len() > MOST {
            let kept = (MOST / 2).saturating_sub(lines.len());
            let from = self.text.len().saturating_sub(kept);
            let end = self.text.as_bytes()[from..].iter().position(|byte| *byte == b'\n');
            let gone = self.text.drain(..end.map_or(self.text.len(), |end| from + end + 1));
            self.left_out += gone.filter(|letter| *letter == '\n').count();
        }
        self.text.push_str(lines);
    }

    /// The lines, behind what says how many there were before them.
    fn take(&mut self) -> String {
        let mut text = mem::take(&mut self.text);
        let left_out = mem::take(&mut self.left_out);
        if left_out > 0 {
            text.insert_str(0, &format!("{left_out} lines were left out: the terminal was stopped\n"));
        }
        text
    }
}

/// The size of the terminal that standard output is; 80 columns and 24 lines where it does not say.
fn size_of_output() -> Size {
    let known = terminal_size::terminal_size_of(io::stdout());
    let (columns, rows) = known.map_or((80, 24), |(columns, rows)| (columns.0, rows.0));
    Size { columns: usize::from(columns).max(1), rows: usize::from(rows).max(2) }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Read as _;
    use std::os::fd::OwnedFd;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    const SIZE: Size = Size { columns: 20, rows: 6 };

    /// A terminal as far as frames need one: lines that have scrolled away included.
    #[derive(Default)]
    struct Screen {
        lines: Vec<Vec<char>>,
        row: usize,
        column: usize,
    }

    impl Screen {
        fn take(&mut self, text: &str) {
            let mut rest = text;
            while let Some(letter) = rest.chars().next() {
                rest = &rest[letter.len_utf8()..];
                match letter {
                    '\x1b' => rest = self.sequence(rest),
                    '\n' => (self.row, self.column) = (self.row + 1, 0),
                    '\r' => self.column = 0,
                    letter => {
                        let line = self.line();
                        let column = line.1;
                        line.0.resize(line.0.len().max(column + 1), ' ');
                        line.0[column] = letter;
                        self.column += 1;
                    }
                }
            }
        }

        fn line(&mut self) -> (&mut Vec<char>, usize) {
            self.lines.resize(self.lines.len().max(self.row + 1), Vec::new());
            (&mut self.lines[self.row], self.column)
        }

        fn sequence<'t>(&mut self, text: &'t str) -> &'t str {
            let inner = text.strip_prefix('[').expect("a sequence");
            let end = inner.find(|c: char| c.is_ascii_alphabetic()).expect("a whole one");
            let number = inner[..end].parse().unwrap_or(1);
            match &inner[end..=end] {
                "A" => self.row = self.row.checked_sub(number).expect("a line there"),
                "B" => self.row += number,
                "K" => self.line().0.clear(),
                "J" => self.lines.truncate(self.row),
                "m" => {}
                other => panic!("unknown: {other}"),
            }
            &inner[end + 1..]
        }

        fn text(&self) -> Vec<String> {
            self.lines.iter().map(|line| line.iter().collect::<String>()).collect()
        }
    }

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn only_what_changed_is_written() {
        let rows = [
            ("a\nb\nc", "a\nb\nc", ""),
            ("a\nb\nc", "a\nB\nc", "\r\x1b[2A\x1b[2KB\r\x1b[2B"),
            ("a\nb\nc", "A\nb\nC", "\r\x1b[3A\x1b[2KA\r\x1b[2B\x1b[2KC\r\x1b[1B"),
            ("a\nb", "a\nb\nc", "c\n"),
            ("a\nb\nc", "a", "\r\x1b[2A\x1b[J"),
            ("", "a", "a\n"),
        ];
        for (before, after, want) in rows {
            let mut picture = Picture::default();
            picture.draw("", &lines(before), SIZE);
            assert_eq!(picture.draw("", &lines(after), SIZE), want, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn a_line_is_cut_at_the_terminals_edge_and_cannot_drive_it() {
        let rows = [
            ("0123456789", "01234", 5),
            ("日本語", "日本", 4),
            ("\x1b[31mred and more", "\x1b[31mred a\x1b[0m", 5),
            ("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m", 3),
            ("a\x1b[2Jb", "a\\x1b", 5),
            ("\x07", "\\x07", 4),
        ];
        for (line, want, width) in rows {
            assert_eq!(cut(line, 5), (want.to_owned(), width), "{line:?}");
        }
    }

    #[test]
    fn lines_for_a_terminal_that_is_stopped_are_bounded_and_the_latest_stay() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut live = Live::on(Output::new(File::from(OwnedFd::from(writer))));
        let count = MOST / 4;
        let mut shown = 0;
        for number in 0..count {
            live.print(&format!("line {number}\n"));
            shown = shown.max(live.above.text.len());
        }
        live.print("the sum\n");
        assert!(shown <= MOST, "{shown}");
        let reading = thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        live.end(|_| vec!["the frame".to_owned()]).expect("a reader");
        let text = reading.join().expect("no panic").expect("UTF-8");
        let lines: Vec<&str> = text.trim_start_matches("\r\x1b[K").lines().collect();
        let left_out = count + 3 - lines.len();
        let told = format!("{left_out} lines were left out: the terminal was stopped");
        assert_eq!((lines[0], lines[1]), (told.as_str(), format!("line {left_out}").as_str()));
        assert_eq!(lines[lines.len() - 2..], ["the sum", "the frame"]);
        assert!(left_out > 0 && lines.len() > count / 10, "{left_out}");
    }

    #[test]
    fn a_terminal_that_is_stopped_is_waited_for_once() {
        let (_reader, writer) = io::pipe().expect("a pipe");
        let mut live = Live::on(Output::new(File::from(OwnedFd::from(writer))));
        live.print(&"a line\n".repeat(20_000));
        live.make_way().expect("an open pipe");
        assert!(live.stalled);
        let begun = Instant::now();
        for _ in 0..100 {
            live.print("a name that is unknown\n");
            live.make_way().expect("an open pipe");
        }
        assert!(begun.elapsed() < 50 * MOMENT, "a moment for each of a hundred");
    }

    #[test]
    fn a_frame_is_never_higher_than_the_terminal() {
        let frame: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let text = Picture::default().draw("", &frame, SIZE);
        assert_eq!(text.lines().count(), 5, "{text:?}");
    }

    #[test]
    fn a_terminal_that_became_narrower_is_cleared_from_where_the_frame_begins() {
        let mut picture = Picture::default();
        picture.draw("", &lines("0123456789\nab"), SIZE);
        let narrow = Size { columns: 4, ..SIZE };
        assert_eq!(picture.draw("", &lines("01\nab"), narrow), "\r\x1b[4A\x1b[J01\nab\n");
    }

    proptest! {
        #[test]
        fn the_screen_shows_what_scrolled_and_then_the_last_frame(
            steps in prop::collection::vec(
                (prop::collection::vec("[a-z]{0,6}", 0..4), prop::collection::vec("[A-Z ]{0,25}", 0..5)),
                1..8,
            ),
        ) {
            let (mut screen, mut picture) = (Screen::default(), Picture::default());
            let (mut scrolled, mut last) = (Vec::new(), Vec::new());
            for (above, frame) in steps {
                let mut text = String::new();
                for line in &above {
                    push_line(line, &mut text);
                }
                screen.take(&picture.draw(&text, &frame, SIZE));
                scrolled.extend(above);
                last = frame;
            }
            let cut = last.iter().map(|line| line.chars().take(SIZE.columns).collect::<String>());
            let mut want: Vec<String> = scrolled.into_iter().chain(cut).collect();
            prop_assert_eq!((screen.row, screen.column), (want.len(), 0));
            let mut shown = screen.text();
            shown.resize(shown.len().max(want.len()), String::new());
            want.resize(shown.len(), String::new());
            prop_assert_eq!(shown, want);
        }
    }
}
