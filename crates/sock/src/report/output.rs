//! Standard output for a command that must not wait for its reader: what the reader does not take yet is kept, up to a
//! limit.
//!
//! A terminal that is stopped (Ctrl-S) and a pipe that nobody reads then stop neither packets nor clocks.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use berkeley::{Deadline, Interest, PollEntry, poll};

/// The most that is written after one question whether there is room: what a pipe that is ready takes without waiting
/// (`PIPE_BUF`, pipe(7)).
const PIECE: usize = 4_096;

/// The most that is kept for a reader that has stalled, in bytes.
const MOST: usize = 1 << 20;

/// Text on its way to standard output, or to another file, pipe or terminal.
#[derive(Debug)]
pub struct Output<W = File> {
    out: W,
    waiting: Vec<u8>,
    left_out: u64,
}

impl Output {
    /// Standard output, by a descriptor of its own: std's handle has a buffer that may wait.
    ///
    /// # Errors
    ///
    /// Where it is closed, or there are too many descriptors.
    pub fn standard() -> io::Result<Self> {
        Ok(Self::new(File::from(rustix::io::dup(rustix::stdio::stdout())?)))
    }
}

impl<W: Write + AsFd> Output<W> {
    /// One that writes there.
    pub fn new(out: W) -> Self {
        Self { out, waiting: Vec::new(), left_out: 0 }
    }

    /// Adds text, to be written by [`write`](Self::write). False where there is no room: the text is then left out, and
    /// counted.
    pub fn push(&mut self, text: &str) -> bool {
        if self.waiting.len() + text.len() > MOST && !self.waiting.is_empty() {
            self.left_out += 1;
            return false;
        }
        self.waiting.extend_from_slice(text.as_bytes());
        true
    }

    /// How many texts were left out since this was last asked.
    pub fn take_left_out(&mut self) -> u64 {
        std::mem::take(&mut self.left_out)
    }

    /// How many bytes wait to be written.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Writes what is taken at once.
    ///
    /// # Errors
    ///
    /// Where it cannot be written; `BrokenPipe` where the reader has gone.
    pub fn write(&mut self) -> io::Result<()> {
        self.write_until(Deadline::after(Duration::ZERO))
    }

    /// Writes the rest, and waits for its reader so long at most.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn close(&mut self, moment: Duration) -> io::Result<()> {
        let end = Instant::now() + moment;
        self.write_until(Deadline::at(end))
    }

    fn write_until(&mut self, deadline: Deadline) -> io::Result<()> {
        let mut written = 0;
        let outcome = loop {
            let piece = &self.waiting[written..];
            if piece.is_empty() {
                break Ok(());
            }
            if poll(&mut [PollEntry::new(&self.out, Interest::WRITABLE)], deadline)? == 0 {
                break Ok(());
            }
            match self.out.write(&piece[..piece.len().min(PIECE)]) {
                Ok(0) => break Err(ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Ready, and yet no room: another process writes there too.
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.waiting.drain(..written);
        outcome
    }
}

impl<W: AsFd> AsFd for Output<W> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.out.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_reader_that_stalls_stops_nobody_and_loses_no_order() {
        let (mut reader, writer) = io::pipe().expect("a pipe");
        let mut output = Output::new(writer);
        let line = "a line of some length\n";
        let mut taken = 0;
        while output.push(line) {
            taken += 1;
            output.write().expect("an open pipe");
        }
        assert!(output.waiting() + line.len() > MOST, "{}", output.waiting());
        assert_eq!((output.take_left_out(), output.take_left_out()), (1, 0));
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).map(|_| text)
        });
        output.close(Duration::from_secs(60)).expect("a reader");
        drop(output);
        let text = reading.join().expect("no panic").expect("UTF-8");
        assert_eq!(text.len(), taken * line.len());
        assert!(text.lines().all(|it| it == line.trim_end()));
    }

    #[test]
    fn a_reader_that_has_gone_is_an_error() {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut output = Output::new(writer);
        assert!(output.push("x"));
        assert_eq!(output.write().expect_err("nobody reads").kind(), ErrorKind::BrokenPipe);
    }
}
