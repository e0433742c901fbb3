//! What standard input, or a text in its place, gives.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;

use super::buffer::with_buffer;
use super::handle::Reader;
use crate::exit::Failure;

/// How often a command in the background looks whether it has come to the foreground, and may read the terminal.
const LOOK: Duration = Duration::from_millis(300);

/// What is sent.
pub struct Input {
    source: Source,
    terminal: Option<Terminal>,
    /// Lines end with `\r\n`; the last byte that came, which may be the `\r` of one.
    crlf: Option<AtomicU8>,
    /// It has given all that it had.
    ended: AtomicBool,
    /// What was read, and not taken after all: it comes first.
    kept: Mutex<Vec<u8>>,
}

enum Source {
    Standard(Reader),
    /// A text, and how much of it has been given.
    Text(Vec<u8>, AtomicUsize),
    /// Nothing is sent, and the end is not told.
    Nothing,
}

impl Input {
    /// Standard input, on the runtime that it is to be used on.
    ///
    /// # Errors
    ///
    /// Fails where the reactor cannot have it.
    pub fn standard() -> Result<Self, Failure> {
        let stdin = io::stdin();
        let reader =
            Reader::new(stdin.as_fd()).map_err(|error| Failure::io("read standard input", &error))?;
        let terminal = stdin.is_terminal().then(Terminal::of_standard_input).flatten();
        Ok(Self { terminal, ..Self::of(Source::Standard(reader)) })
    }

    /// A text in place of an input.
    pub fn text(text: Vec<u8>) -> Self {
        Self::of(Source::Text(text, AtomicUsize::new(0)))
    }

    /// Nothing, not even the end.
    pub fn nothing() -> Self {
        Self::of(Source::Nothing)
    }

    fn of(source: Source) -> Self {
        let kept = Mutex::default();
        Self { source, terminal: None, crlf: None, ended: AtomicBool::new(false), kept }
    }

    /// Has each `\n` sent as `\r\n`, but for one behind a `\r`.
    #[must_use]
    pub fn with_crlf(self, on: bool) -> Self {
        Self { crlf: on.then(|| AtomicU8::new(0)), ..self }
    }

    /// Whether a person types it.
    pub fn is_terminal(&self) -> bool {
        self.terminal.is_some()
    }

    /// Whether nothing is sent, not even the end.
    pub fn is_nothing(&self) -> bool {
        matches!(self.source, Source::Nothing)
    }

    /// The regular file that is sent as it is, where there is nothing to be sent before it.
    pub(super) fn file(&self) -> Option<&File> {
        let Source::Standard(reader) = &self.source else { return None };
        let plain = self.crlf.is_none() && self.kept().is_empty();
        reader.file().filter(|_| plain)
    }

    fn kept(&self) -> MutexGuard<'_, Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what was read and could not be sent: it is the first that is read next.
    pub fn keep(&self, rest: &[u8]) {
        self.kept().splice(0..0, rest.iter().copied());
    }

    pub(super) async fn receive<R>(
        &self,
        most: usize,
        mut take: impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>, Failure> {
        let kept = std::mem::take(&mut *self.kept());
        if !kept.is_empty() {
            return Ok(Some(self.first(&kept, most, &mut take)));
        }
        if self.ended.load(Relaxed) {
            return Ok(None);
        }
        let given = match &self.source {
            Source::Nothing => std::future::pending().await,
            Source::Text(text, given) => {
                let start = given.load(Relaxed);
                let (rest, first) = (&text[start..], start == 0);
                // An empty text is a message all the same, once.
                if rest.is_empty() && !(first && text.is_empty()) {
                    None
                } else {
                    let piece = &rest[..rest.len().min(most)];
                    given.store(start + piece.len(), Relaxed);
                    self.ended.store(text.is_empty(), Relaxed);
                    Some(self.lines(piece, most, &mut take))
                }
            }
            Source::Standard(reader) => self.read(reader, most, &mut take).await?,
        };
        if given.is_none() {
            self.ended.store(true, Relaxed);
        }
        Ok(given)
    }

    async fn read<R>(
        &self,
        reader: &Reader,
        most: usize,
        take: &mut impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>, Failure> {
        loop {
            let outcome = reader
                .read(most, |read| {
                    if self.terminal.as_ref().is_some_and(Terminal::is_anothers) {
                        return Ok(Read::Later);
                    }
                    with_buffer(|buffer| {
                        let length = read(&mut buffer[..most])?;
                        Ok(if length == 0 {
                            Read::End
                        } else {
                            Read::Piece(self.lines(&buffer[..length], most, take))
                        })
                    })
                })
                .await;
            match outcome {
                Ok(Read::Piece(made)) => return Ok(Some(made)),
                Ok(Read::End) => return Ok(None),
                Ok(Read::Later) => tokio::time::sleep(LOOK).await,
                // As nohup(1) leaves it, open to be written alone: there is nothing to send.
                Err(error) if is_not_for_reading(&error) => return Ok(None),
                Err(error) => return Err(Failure::io("read standard input", &error)),
            }
        }
    }

    /// Hands on a piece, its lines ended as they are to be.
    fn lines<R>(&self, piece: &[u8], most: usize, take: &mut impl FnMut(&[u8]) -> R) -> R {
        match &self.crlf {
            Some(last) => self.first(&with_crlf(piece, last), most, take),
            None => take(piece),
        }
    }

    /// Hands on the first `most` bytes of a piece at most; the rest comes next.
    fn first<R>(&self, piece: &[u8], most: usize, take: &mut impl FnMut(&[u8]) -> R) -> R {
        let (first, rest) = piece.split_at(first_of(piece, most));
        self.keep(rest);
        take(first)
    }
}

enum Read<R> {
    Piece(R),
    End,
    /// The terminal is another's at the moment.
    Later,
}

/// `EBADF`, which std has no kind for.
fn is_not_for_reading(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::BADF.raw_os_error())
}

fn with_crlf(piece: &[u8], last: &AtomicU8) -> Vec<u8> {
    let mut lines = Vec::with_capacity(piece.len() + piece.len() / 16);
    let mut before = last.load(Relaxed);
    for &byte in piece {
        if byte == b'\n' && before != b'\r' {
            lines.push(b'\r');
        }
        lines.push(byte);
        before = byte;
    }
    last.store(before, Relaxed);
    lines
}

/// How many bytes of a piece go first: `most` at most, and no line's end in two where that can be.
fn first_of(piece: &[u8], most: usize) -> usize {
    let length = piece.len().min(most);
    let cuts_an_end = length > 1 && piece[length - 1] == b'\r' && piece.get(length) == Some(&b'\n');
    if cuts_an_end { length - 1 } else { length }
}

/// How long a text is once each `\n` is sent as `\r\n`.
pub fn length_with_crlf(text: &[u8]) -> usize {
    with_crlf(text, &AtomicU8::new(0)).len()
}

/// The terminal that standard input is. Who reads one from the background is stopped (`SIGTTIN`), so it is looked first
/// who has it (proc(5), `stat`).
struct Terminal {
    /// Its number, as the kernel has it.
    device: u64,
}

impl Terminal {
    fn of_standard_input() -> Option<Self> {
        let file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
        Some(Self { device: file.metadata().ok()?.rdev() })
    }

    /// Whether it is our controlling terminal, and another job is in its foreground.
    fn is_anothers(&self) -> bool {
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        is_in_background(&stat, self.device)
    }
}

fn is_in_background(stat: &str, device: u64) -> bool {
    // The name, in parentheses, may hold spaces. Behind it: state, parent, process group, session, terminal, and the
    // process group in the terminal's foreground.
    let Some((_, fields)) = stat.rsplit_once(") ") else { return false };
    let field = |index: usize| fields.split(' ').nth(index).and_then(|field| field.parse::<i64>().ok());
    let (Some(group), Some(terminal), Some(foreground)) = (field(2), field(4), field(5)) else {
        return false;
    };
    // A negative number is one of 32 bits that are all used.
    let is_ours = terminal & 0xffff_ffff == i64::try_from(device).unwrap_or(-1);
    is_ours && foreground >= 0 && foreground != group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_both_whatever_the_pieces() {
        let rows: [(&[&[u8]], &[u8]); 5] = [
            (&[b"one\ntwo\n"], b"one\r\ntwo\r\n"),
            (&[b"one\r\ntwo"], b"one\r\ntwo"),
            (&[b"one\r", b"\ntwo"], b"one\r\ntwo"),
            (&[b"one", b"\n", b"\n"], b"one\r\n\r\n"),
            (&[b"", b"\r\r\n"], b"\r\r\n"),
        ];
        for (pieces, want) in rows {
            let last = AtomicU8::new(0);
            let made: Vec<u8> = pieces.iter().flat_map(|piece| with_crlf(piece, &last)).collect();
            assert_eq!(made, want, "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn lines_that_grow_by_their_ends_are_given_in_pieces_of_the_size() {
        type Row<'a> = (&'a [u8], usize, &'a [&'a [u8]]);
        let rows: [Row<'_>; 4] = [
            (b"a\nb\nc\n", 6, &[b"a\r\nb\r\n", b"c\r\n"]),
            (b"ab\ncd", 3, &[b"ab", b"\r\n", b"cd"]),
            (b"\n\n", 1, &[b"\r", b"\n", b"\r", b"\n"]),
            (b"abcdef", 4, &[b"abcd", b"ef"]),
        ];
        for (text, most, want) in rows {
            let input = Input::text(text.to_vec()).with_crlf(true);
            let mut given = Vec::new();
            while let Some(piece) = input.receive(most, <[u8]>::to_vec).await.expect("a text") {
                given.push(piece);
            }
            assert_eq!(given, want, "{most}");
        }
        assert_eq!(length_with_crlf(b"a\nb\r\n"), 6);
    }

    #[test]
    fn a_job_is_in_the_background_where_another_has_its_own_terminal() {
        let stat = |terminal: i64, foreground: i64| format!("7 (a) b) S 1 70 7 {terminal} {foreground} 0 0");
        assert!(is_in_background(&stat(34816, 71), 34816));
        assert!(!is_in_background(&stat(34816, 70), 34816), "in the foreground");
        assert!(!is_in_background(&stat(34816, 71), 34817), "another terminal");
        assert!(!is_in_background(&stat(0, -1), 34816), "without a terminal of its own");
        assert!(!is_in_background("", 34816), "without /proc");
    }

    #[tokio::test]
    async fn a_text_is_given_once_and_what_was_kept_comes_first() {
        let input = Input::text(b"abcdef".to_vec());
        let mut given = Vec::new();
        while let Some(piece) = input.receive(4, <[u8]>::to_vec).await.expect("a text") {
            if given.is_empty() {
                input.keep(b"ab");
            }
            given.push(piece);
        }
        assert_eq!(given, [&b"abcd"[..], b"ab", b"ef"]);
        assert!(input.receive(4, |_| ()).await.expect("its end").is_none());
    }

    #[tokio::test]
    async fn a_regular_file_is_sent_as_it_is_unless_something_comes_before_it() {
        let of = |path: &str| {
            let file = File::open(path).expect("a file to read");
            Input::of(Source::Standard(Reader::new(file.as_fd()).expect("a reader")))
        };
        let input = of("/proc/self/exe");
        assert!(input.file().is_some());
        input.keep(b"first");
        assert!(input.file().is_none(), "what was kept comes first");
        assert!(of("/proc/self/exe").with_crlf(true).file().is_none(), "its lines change");
        assert!(of("/dev/null").file().is_none(), "a device");
        assert!(Input::text(b"text".to_vec()).file().is_none());
    }

    #[tokio::test]
    async fn an_empty_text_is_a_message_once() {
        let input = Input::text(Vec::new());
        assert_eq!(input.receive(4, <[u8]>::len).await.expect("a text"), Some(0));
        assert!(input.receive(4, |_| ()).await.expect("its end").is_none());
    }
}
