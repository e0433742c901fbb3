//! What a program prints, or a peer sends, collected as it comes.

use std::cell::Cell;
use std::io::Read;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use super::{LIMIT, text};

/// What comes out of a stream, collected by a thread so that nobody ever waits for us to read.
#[derive(Clone)]
pub(crate) struct Captured(Arc<(Mutex<Capture>, Condvar)>);

#[derive(Default)]
struct Capture {
    bytes: Vec<u8>,
    ended: bool,
}

impl Captured {
    /// Starts to collect `stream` until its end.
    pub(crate) fn start(mut stream: impl Read + Send + 'static) -> Self {
        let captured = Self(Arc::default());
        let shared = Arc::clone(&captured.0);
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                // A connection that is reset has ended too; the test sees what came before.
                let length = stream.read(&mut buffer).unwrap_or(0);
                let mut capture = shared.0.lock().expect("nobody panics with it");
                capture.bytes.extend_from_slice(&buffer[..length]);
                capture.ended = length == 0;
                shared.1.notify_all();
                if capture.ended {
                    return;
                }
            }
        });
        captured
    }

    /// Of a stream that is not there.
    pub(super) fn nothing() -> Self {
        Self(Arc::new((Mutex::new(Capture { ended: true, ..Capture::default() }), Condvar::new())))
    }

    /// What has come so far.
    pub(crate) fn so_far(&self) -> Vec<u8> {
        self.0.0.lock().expect("nobody panics with it").bytes.clone()
    }

    /// Reads it from its start, piece by piece.
    pub(crate) fn reader(&self) -> Reader {
        Reader { from: self.clone(), at: 0 }
    }

    /// Waits until `found` finds in all that has come what it looks for.
    #[track_caller]
    pub(crate) fn until<T>(&self, what: &str, found: impl Fn(&[u8]) -> Option<T>) -> T {
        self.until_or_end(what, |bytes, _ended| found(bytes))
    }

    /// As `until`; `found` is told whether this is all, and then fails the test by finding nothing.
    #[track_caller]
    fn until_or_end<T>(&self, what: &str, found: impl Fn(&[u8], bool) -> Option<T>) -> T {
        let end = Instant::now() + LIMIT;
        let mut capture = self.0.0.lock().expect("nobody panics with it");
        loop {
            if let Some(found) = found(&capture.bytes, capture.ended) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            if capture.ended || left.is_zero() {
                let why = if capture.ended { "ended" } else { "took too long" };
                let shown = text(&capture.bytes[..capture.bytes.len().min(4_000)]);
                drop(capture);
                panic!("waited for {what}, but the stream {why}: {shown}");
            }
            capture = self.0.1.wait_timeout(capture, left).expect("nobody panics with it").0;
        }
    }

    /// Waits for a whole line that `wanted` accepts, the first of them.
    #[track_caller]
    pub(crate) fn line(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let seen = Cell::new(0);
        self.until(what, |bytes| {
            let rest = |at: usize| bytes[at..].split_inclusive(|byte| *byte == b'\n').next();
            while let Some(whole) = rest(seen.get()).and_then(|line| line.strip_suffix(b"\n")) {
                seen.set(seen.get() + whole.len() + 1);
                let line = text(whole.strip_suffix(b"\r").unwrap_or(whole));
                if wanted(&line) {
                    return Some(line);
                }
            }
            None
        })
    }

    /// Waits for so many bytes, and gives all that have come by then.
    #[track_caller]
    pub(crate) fn at_least(&self, length: usize) -> Vec<u8> {
        self.until(&format!("{length} bytes"), |bytes| (bytes.len() >= length).then(|| bytes.to_vec()))
    }

    /// Waits for the end, and gives all that came.
    #[track_caller]
    pub(crate) fn all(&self) -> Vec<u8> {
        self.until_or_end("the end", |_, ended| ended.then_some(()));
        self.so_far()
    }
}

/// What is captured, read in order; it waits for what is still to come.
pub(crate) struct Reader {
    from: Captured,
    at: usize,
}

impl Reader {
    /// The next `length` bytes.
    #[track_caller]
    pub(crate) fn exactly(&mut self, length: usize) -> Vec<u8> {
        let range = self.at..self.at + length;
        self.at = range.end;
        self.from.until(&format!("bytes {range:?}"), |bytes| bytes.get(range.clone()).map(<[u8]>::to_vec))
    }

    /// The next line, without its end; `None` where there is none any more.
    #[track_caller]
    pub(crate) fn line(&mut self) -> Option<String> {
        let at = self.at;
        let line = self.from.until_or_end("a line or the end", |bytes, ended| {
            let rest = &bytes[at..];
            let whole = rest.iter().position(|byte| *byte == b'\n').map(|end| &rest[..=end]);
            whole.or(ended.then_some(rest)).map(<[u8]>::to_vec)
        });
        self.at += line.len();
        (!line.is_empty()).then(|| text(line.strip_suffix(b"\n").unwrap_or(&line)))
    }
}
