//! The lines on standard error, through a bounded queue.
//!
//! [`Log`] never waits: a line goes into a queue of [`CAPACITY`] lines that one thread writes out. When nobody reads
//! standard error the queue fills; from then until it is half empty, lines are dropped and counted, and the count is
//! printed where they are missing. A standard error that is closed is survived in silence. Each line is bounded and
//! escaped ([`lines`](super::lines)).
//!
//! ```
//! use sock::report::console;
//! use sock::report::log::Volume;
//! use std::time::Duration;
//!
//! let log = console::log(Volume::Normal)?;
//! log.line(format_args!("listening on tcp {}", "127.0.0.1:12345"));
//! log.error("bind tcp 127.0.0.1:80: permission denied (os error 13)", &["ports below 1024 need a privilege"]);
//! assert!(log.flush(Duration::from_secs(1)));
//! # Ok::<(), std::io::Error>(())
//! ```

use std::collections::VecDeque;
use std::fmt::Display;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::json::Event;
use super::lines::Style;
use super::patience;

/// How many lines wait at most. An error and its hints count as one.
pub const CAPACITY: usize = 1_024;

/// How many bytes wait at most, but for the last line let in; events carry payload, and are longer than lines.
pub const BYTES: usize = 4 << 20;

/// How many lines the writer takes at a time, so that a busy log costs few system calls.
const BATCH: usize = 64;

/// What of the log is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Volume {
    /// Errors alone.
    Quiet,
    /// Everything.
    Normal,
}

/// A handle to the log; clones share its queue, and the writer ends when the last one is gone and the queue is empty.
#[derive(Clone, Debug)]
pub struct Log {
    volume: Volume,
    style: Style,
    queue: Arc<Queue>,
    /// Closes the queue when the last handle goes; the writer's own reference to the queue does not count.
    _closer: Arc<Closer>,
}

#[derive(Debug)]
struct Closer(Arc<Queue>);

/// What the lines are for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Form {
    #[default]
    Lines,
    Events,
}

#[derive(Default, Debug)]
struct Queue {
    form: Form,
    state: Mutex<State>,
    /// Told when the writer has something to do.
    work: Condvar,
    /// Told when the writer has nothing left to do.
    idle: Condvar,
}

#[derive(Default, Debug)]
struct State {
    entries: VecDeque<Entry>,
    /// How many bytes wait in the entries.
    bytes: usize,
    /// Lines refused since the last one was let in.
    dropped: u64,
    /// The queue was full and is not yet half empty.
    full: bool,
    /// The writer holds entries that it has not finished writing.
    writing: bool,
    stage: Stage,
    status: Status,
}

/// What is to stand below the lines.
#[derive(Default, Debug)]
struct Status {
    text: Option<String>,
    changed: bool,
    /// Something stands there.
    stands: bool,
}

/// Clears the line that the cursor is on.
const CLEAR: &str = "\r\x1b[K";

/// The most columns of a status line, for the narrowest terminal as a rule.
const STATUS_WIDTH: usize = 79;

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Stage {
    #[default]
    Open,
    /// No handle is left.
    Closed,
    /// Nobody will ever read: the stream failed.
    Dead,
}

#[derive(Debug)]
enum Entry {
    Text(String),
    /// This many lines are missing here.
    Dropped(u64),
}

impl Log {
    /// Starts the thread that writes lines for people to `out`; fails if the thread cannot be started.
    pub fn start(out: impl Write + AsFd + Send + 'static, volume: Volume, style: Style) -> io::Result<Self> {
        Self::start_as(Form::Lines, out, volume, style)
    }

    /// Starts the thread that writes events for programs to `out`, one JSON object a line.
    ///
    /// Where events are missing stands an event `dropped` with their `count`.
    pub fn start_events(out: impl Write + AsFd + Send + 'static) -> io::Result<Self> {
        Self::start_as(Form::Events, out, Volume::Normal, Style::PLAIN)
    }

    /// The same log, of which this much is printed.
    #[must_use]
    pub fn at(&self, volume: Volume) -> Self {
        Self { volume, ..self.clone() }
    }

    fn start_as(
        form: Form,
        out: impl Write + AsFd + Send + 'static,
        volume: Volume,
        style: Style,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue { form, ..Queue::default() });
        let theirs = Arc::clone(&queue);
        thread::Builder::new().name("log".to_owned()).spawn(move || theirs.write_out(out))?;
        Ok(Self { volume, style, _closer: Arc::new(Closer(Arc::clone(&queue))), queue })
    }

    /// Logs one line; a newline within it is escaped. Nothing is formatted when the log is quiet.
    pub fn line(&self, line: impl Display) {
        if self.volume == Volume::Quiet {
            return;
        }
        self.queue.push(self.style.line(line));
    }

    /// Logs an error behind `sock: error: `, then each hint behind `sock: hint: `. The lines stay together.
    pub fn error<H: AsRef<str>>(&self, error: impl Display, hints: &[H]) {
        self.queue.push(self.style.error(error, hints));
    }

    /// Logs a note behind `sock: `, which a quiet log has too: what is not safe is to be known.
    pub fn note(&self, note: impl Display) {
        self.queue.push(self.style.note(note));
    }

    /// Whether lines are written, and not errors alone.
    pub fn shows_lines(&self) -> bool {
        self.volume != Volume::Quiet
    }

    /// Puts a line below all others, without a newline, in place of the one that stands there; `None` takes it away.
    /// For a terminal, and of characters that print.
    pub fn status(&self, status: Option<String>) {
        let mut state = self.queue.lock();
        if state.stage == Stage::Open && state.status.text != status {
            state.status.text = status;
            state.status.changed = true;
            self.queue.work.notify_one();
        }
    }

    /// Logs one event. Its payload is bounded by what one receive brings, and the queue by [`BYTES`].
    pub fn event(&self, event: Event) {
        self.queue.push(event.into_line());
    }

    /// Waits until every line is written, at most for `limit`; tells whether all were.
    ///
    /// A closed standard error has nothing left to write. Call it before the process exits.
    pub fn flush(&self, limit: Duration) -> bool {
        let deadline = Instant::now().checked_add(limit);
        let mut state = self.queue.lock();
        while !state.is_idle() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return false;
            }
            let wait = self.queue.idle.wait_timeout(state, left.unwrap_or(Duration::from_secs(3600)));
            state = wait.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        self.0.lock().stage = Stage::Closed;
        self.0.work.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, text: String) {
        let mut state = self.lock();
        let was_empty = state.entries.is_empty();
        state.push(text);
        if was_empty && !state.writing {
            self.work.notify_one();
        }
    }

    /// The writer's thread: takes lines in batches and writes them with the lock free, until there is nobody to write
    /// for or nobody to read.
    fn write_out(&self, mut out: impl Write + AsFd) {
        let mut batch = Vec::new();
        while self.next_batch(&mut batch) {
            if patience::write(&mut out, &batch).is_err() {
                self.lock().die();
                self.idle.notify_all();
                return;
            }
        }
    }

    /// Waits for lines and moves some to `batch`; false when no more can come.
    fn next_batch(&self, batch: &mut Vec<u8>) -> bool {
        batch.clear();
        let mut state = self.lock();
        loop {
            state.take(batch, self.form);
            state.put_status(batch);
            state.writing = !batch.is_empty();
            if state.writing {
                return true;
            }
            self.idle.notify_all();
            if state.stage == Stage::Closed {
                return false;
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn push(&mut self, text: String) {
        if self.stage == Stage::Dead {
            return;
        }
        if self.full {
            self.dropped += 1;
            return;
        }
        self.note_dropped();
        self.bytes += text.len();
        self.entries.push_back(Entry::Text(text));
        // The notes of what was dropped count too, so the queue's size has one bound.
        self.full = self.entries.len() >= CAPACITY || self.bytes >= BYTES;
    }

    /// Moves up to [`BATCH`] entries to `batch` as bytes.
    fn take(&mut self, batch: &mut Vec<u8>, form: Form) {
        if self.entries.is_empty() {
            self.note_dropped();
        }
        let count = self.entries.len().min(BATCH);
        for entry in self.entries.drain(..count) {
            match entry {
                Entry::Text(text) => {
                    self.bytes -= text.len();
                    batch.extend(text.as_bytes());
                }
                Entry::Dropped(count) => batch.extend(dropped(count, form).as_bytes()),
            }
        }
        if self.entries.len() <= CAPACITY / 2 && self.bytes <= BYTES / 2 {
            self.full = false;
        }
    }

    /// Puts the status line below a batch, in place of the one that stands there.
    fn put_status(&mut self, batch: &mut Vec<u8>) {
        if batch.is_empty() && !self.status.changed {
            return;
        }
        if self.status.stands {
            batch.splice(0..0, CLEAR.bytes());
        }
        if let Some(status) = &self.status.text {
            batch.extend(status.chars().take(STATUS_WIDTH).collect::<String>().as_bytes());
        }
        self.status.stands = self.status.text.is_some();
        self.status.changed = false;
    }

    /// Puts the count of dropped lines where they are missing.
    fn note_dropped(&mut self) {
        if self.dropped > 0 {
            self.entries.push_back(Entry::Dropped(self.dropped));
            self.dropped = 0;
        }
    }

    fn die(&mut self) {
        *self = Self { stage: Stage::Dead, ..Self::default() };
    }

    fn is_idle(&self) -> bool {
        self.entries.is_empty() && self.dropped == 0 && !self.writing && !self.status.changed
    }
}

/// What stands where `count` lines are missing.
fn dropped(count: u64, form: Form) -> String {
    match (form, count) {
        (Form::Events, _) => Event::new("dropped").field("count", count).into_line(),
        (Form::Lines, 1) => "... 1 line dropped\n".to_owned(),
        (Form::Lines, _) => format!("... {count} lines dropped\n"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::PipeReader;
    use std::sync::mpsc;

    use super::*;

    use super::super::lines::LINE_LIMIT;

    const NO_HINTS: &[&str] = &[];
    const LONG: Duration = Duration::from_secs(60);

    /// A log into a pipe, and the pipe's other end.
    fn piped(volume: Volume) -> (Log, PipeReader) {
        let (reader, writer) = io::pipe().expect("a pipe");
        (Log::start(writer, volume, Style::PLAIN).expect("a thread"), reader)
    }

    /// All that the log has written once every handle is gone; fails after [`LONG`].
    fn read_all(log: Log, reader: PipeReader) -> String {
        drop(log);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(io::read_to_string(reader)));
        receiver.recv_timeout(LONG).expect("the writer ends in time").expect("UTF-8")
    }

    #[test]
    fn events_are_bounded_in_bytes_and_their_loss_is_an_event() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let log = Log::start_events(writer).expect("a thread");
        let event = || Event::new("received").payload(&vec![0xff; 60_000]);
        (0..200).for_each(|_| log.event(event()));
        assert!(log.queue.lock().bytes <= BYTES + 100_000);
        let text = read_all(log, reader);
        let kept = text.lines().filter(|line| line.contains("\"received\"")).count();
        let note = text.lines().find(|line| line.contains("\"dropped\"")).expect("a note");
        assert!(note.ends_with(&format!(",\"count\":{}}}", 200 - kept)), "{note}");
    }

    #[test]
    fn lines_and_errors_come_out_in_order_with_their_prefixes() {
        let (log, reader) = piped(Volume::Normal);
        log.line("listening on tcp 127.0.0.1:1");
        log.error("connect tcp 127.0.0.1:9: connection refused (os error 111)", &["is it running?"]);
        log.error("unknown scheme \"tpc\"\n  tpc://a:1\n  ^^^", NO_HINTS);
        assert!(log.flush(LONG));
        assert_eq!(
            read_all(log, reader),
            "listening on tcp 127.0.0.1:1\n\
             sock: error: connect tcp 127.0.0.1:9: connection refused (os error 111)\n\
             sock: hint: is it running?\n\
             sock: error: unknown scheme \"tpc\"\n  tpc://a:1\n  ^^^\n"
        );
    }

    #[test]
    fn quiet_keeps_errors_alone() {
        let (log, reader) = piped(Volume::Quiet);
        log.line("listening");
        log.error("no more", &["look"]);
        assert_eq!(read_all(log, reader), "sock: error: no more\nsock: hint: look\n");
    }

    #[test]
    fn a_line_is_one_line_bounded_and_safe() {
        let (log, reader) = piped(Volume::Normal);
        log.line("a\nb \x1b[2J kept \\x1b");
        log.line("é".repeat(LINE_LIMIT));
        log.error("\x1b[2J", &["\x07"]);
        let text = read_all(log, reader);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "a\\nb \\x1b[2J kept \\x1b");
        assert_eq!(lines[1], format!("{}…", "é".repeat(LINE_LIMIT / 2)));
        assert_eq!(lines[2..], ["sock: error: \\x1b[2J", "sock: hint: \\x07"]);
    }

    /// How many lines came out, and how many the notes say are missing.
    fn tally(text: &str) -> (u64, u64) {
        let mut tally = (0, 0);
        for line in text.lines() {
            match line.strip_prefix("... ") {
                Some(note) => {
                    tally.1 += note.split(' ').next().and_then(|n| n.parse::<u64>().ok()).expect(note);
                }
                None => tally.0 += 1,
            }
        }
        tally
    }

    #[test]
    fn a_stalled_reader_stops_nobody_and_every_dropped_line_is_counted() {
        let (log, reader) = piped(Volume::Normal);
        let (sender, receiver) = mpsc::channel();
        let theirs = log.clone();
        thread::spawn(move || {
            for number in 0..100_000 {
                theirs.line(format_args!("line {number} {}", "x".repeat(90)));
            }
            sender.send(())
        });
        // Nobody reads: had any line to wait, this would time out.
        receiver.recv_timeout(LONG).expect("logging never waits for a reader");
        assert!(!log.flush(Duration::from_millis(1)), "a flush gives up when its time is over");
        let text = read_all(log, reader);
        let (written, dropped) = tally(&text);
        assert_eq!(written + dropped, 100_000);
        // A pipe holds 64 KiB, the writer one batch: the rest of what was written waited in the queue.
        let most = CAPACITY + BATCH + 64 * 1024 / 90;
        assert!(written <= most as u64 && written >= CAPACITY as u64 - 1, "{written} lines written");
        assert!(text.ends_with(" lines dropped\n"), "the note stands where the lines are missing");
    }

    #[test]
    fn lines_from_many_threads_are_all_written_or_counted() {
        let (log, reader) = piped(Volume::Normal);
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(io::read_to_string(reader)));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..5_000).for_each(|number| log.line(number)));
            }
        });
        assert!(log.flush(LONG));
        drop(log);
        let text = receiver.recv_timeout(LONG).expect("the writer ends in time").expect("UTF-8");
        let (written, dropped) = tally(&text);
        assert_eq!(written + dropped, 20_000);
    }

    #[test]
    fn after_the_reader_is_back_lines_come_through_again() {
        let (log, reader) = piped(Volume::Normal);
        (0..10_000).for_each(|_| log.line("x".repeat(90)));
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(io::read_to_string(reader)));
        assert!(log.flush(LONG), "a reader that is back lets everything out");
        log.line("the last line");
        drop(log);
        let text = receiver.recv_timeout(LONG).expect("the writer ends in time").expect("UTF-8");
        assert!(text.ends_with(" lines dropped\nthe last line\n"), "{text}");
        assert_eq!(tally(&text).0 + tally(&text).1, 10_001);
    }

    #[test]
    fn a_closed_reader_is_survived_in_silence() {
        let (log, reader) = piped(Volume::Normal);
        drop(reader);
        (0..10_000).for_each(|number| log.line(number));
        assert!(log.flush(LONG), "what nobody can read is not waited for");
        log.error("still here", NO_HINTS);
        assert!(log.flush(LONG));
    }
}
