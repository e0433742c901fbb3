//! Standard output for a command that must not wait for its reader: what the reader does not take yet is kept, up to a
//! limit.
//!
//! A terminal that is stopped (Ctrl-S) or that nobody reads, and a pipe that nobody reads, then stop neither packets
//! nor clocks.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal as _, Write};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd};
use std::thread;
use std::time::{Duration, Instant};

use berkeley::{Deadline, Interest, PollEntry, poll};
use rustix::fs::{Mode, OFlags};

/// The most that is written after one question whether there is room: what a pipe that is ready takes without waiting
/// (`PIPE_BUF`, pipe(7)). A terminal makes no such promise.
const PIECE: usize = 4_096;

/// How long a file that is ready, and yet has no room, is left alone.
const PAUSE: Duration = Duration::from_millis(10);

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
        Self::beside(rustix::stdio::stdout())
    }

    /// What `fd` writes to, by a descriptor that never waits where that can be had. A terminal says that it has room
    /// where it has some, and then a write waits for the rest; `O_NONBLOCK` on `fd` itself would be a surprise to the
    /// programs that share it. So a terminal is opened anew. Of another user's that may be forbidden: writes may then
    /// wait.
    fn beside(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
        let anew = if fd.is_terminal() { rustix::fs::open(path, flags, Mode::empty()).ok() } else { None };
        Ok(Self::new(File::from(anew.map_or_else(|| rustix::io::fcntl_dupfd_cloexec(fd, 0), Ok)?)))
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
                // Ready, and yet no room: another process writes there too, or a newline needs two places.
                Err(error) if error.kind() == ErrorKind::WouldBlock => match deadline.remaining() {
                    Some(left) if !left.is_zero() => thread::sleep(left.min(PAUSE)),
                    _ => break Ok(()),
                },
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
    use std::sync::mpsc;

    use super::super::pty;
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
        let reading = thread::spawn(move || {
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
    fn a_terminal_that_nobody_reads_stops_nobody() {
        let (person, program, _) = pty::terminal();
        let (tell, told) = mpsc::channel();
        // On a thread of its own: a write that waits would do so for ever.
        let writing = thread::spawn(move || {
            let mut output = Output::beside(program.as_fd()).expect("a terminal");
            while output.push("a line of some length\n") {
                output.write().expect("an open terminal");
            }
            let _ = tell.send(output.waiting());
            output.close(Duration::from_secs(60)).map(|()| output.waiting())
        });
        let left = told.recv_timeout(Duration::from_secs(60)).expect("no write waits");
        assert!(left > MOST / 2, "{left}");
        // It goes on once the terminal is read. Its end is told as an error (EIO).
        let mut person = File::from(person);
        let reading = thread::spawn(move || io::copy(&mut person, &mut io::sink()));
        assert_eq!(writing.join().expect("no panic").expect("an open terminal"), 0);
        reading.join().expect("no panic").expect_err("nobody has it open any more");
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
