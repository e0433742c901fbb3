//! Reading and writing that wait, also where another program has left the descriptor in non-blocking mode.
//!
//! `O_NONBLOCK` belongs to the open file, which processes share: a shell's pipe or terminal may come with it, and may
//! get it at any time. So nothing is set here; what would block waits in poll(2), and no byte is lost.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use berkeley::{Deadline, Interest, SocketRef};

/// Reads what there is, at most a buffer full; waits until there is something, and gives 0 at the end.
pub fn read(input: &mut (impl Read + AsFd), buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) => bear(error, input, Interest::READABLE)?,
            outcome => return outcome,
        }
    }
}

/// Writes all of `bytes` and flushes, waiting as long as it takes; fails only if they can never be written.
pub fn write(out: &mut (impl Write + AsFd), bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match out.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(written) => rest = &rest[written..],
            Err(error) => bear(error, out, Interest::WRITABLE)?,
        }
    }
    // A buffer of std's keeps what it could not write yet, and goes on there.
    while let Err(error) = out.flush() {
        bear(error, out, Interest::WRITABLE)?;
    }
    Ok(())
}

/// Waits out what passes; gives back what does not.
fn bear(error: io::Error, stream: &impl AsFd, interest: Interest) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock => match SocketRef::borrow(stream.as_fd()).wait(interest, Deadline::NEVER) {
            Err(error) if !error.is_interrupted() => Err(error.into()),
            _ => Ok(()),
        },
        _ => Err(error),
    }
}

/// How long a reader of standard output or standard error that has stalled is waited for.
const MOMENT: Duration = Duration::from_secs(1);

/// Does `work`, such as a write that may wait, and waits for it a moment at most: then it is left behind, and the
/// command goes on to its end.
pub fn for_a_moment(work: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    // Where no thread can be started there is no better way to tell anything either.
    let _ = thread::Builder::new().name("tell".to_owned()).spawn(move || {
        work();
        let _ = done.send(());
    });
    let _ = ended.recv_timeout(MOMENT);
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, PipeWriter};
    use std::os::fd::BorrowedFd;

    use super::*;

    /// One end of a pipe, as one in non-blocking mode behaves: it takes part of what is given, after refusals.
    struct Grudging<T> {
        refusals: Vec<ErrorKind>,
        end: T,
    }

    impl<T: AsFd> AsFd for Grudging<T> {
        fn as_fd(&self) -> BorrowedFd<'_> {
            self.end.as_fd()
        }
    }

    impl Write for Grudging<PipeWriter> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match self.refusals.pop() {
                Some(kind) => Err(kind.into()),
                None => self.end.write(&bytes[..1]),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            self.refusals.pop().map_or(Ok(()), |kind| Err(kind.into()))
        }
    }

    impl Read for Grudging<PipeReader> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.refusals.pop().map_or_else(|| self.end.read(buffer), |kind| Err(kind.into()))
        }
    }

    #[test]
    fn interruptions_full_streams_and_short_transfers_lose_nothing() {
        let (reader, writer) = io::pipe().expect("a pipe");
        let refusals = || vec![ErrorKind::WouldBlock, ErrorKind::Interrupted, ErrorKind::WouldBlock];
        let mut out = Grudging { refusals: refusals(), end: writer };
        write(&mut out, b"all of it").expect("an open pipe");
        let mut input = Grudging { refusals: refusals(), end: reader };
        let mut buffer = [0; 100];
        assert_eq!(read(&mut input, &mut buffer).expect("bytes"), 9);
        assert_eq!(&buffer[..9], b"all of it");
        // Refused, and nothing there: it waits for what comes later, and then for the end.
        input.refusals = refusals();
        let late = thread::spawn(move || write(&mut out, b"late"));
        assert_ne!(read(&mut input, &mut buffer).expect("bytes"), 0);
        late.join().expect("no panic").expect("an open pipe");
        while read(&mut input, &mut buffer).expect("the end") > 0 {}
    }

    #[test]
    fn what_cannot_pass_is_an_error() {
        let (_, writer) = io::pipe().expect("a pipe");
        let refusals = vec![ErrorKind::WouldBlock];
        let failed = write(&mut Grudging { refusals, end: writer }, b"x").expect_err("nobody reads");
        assert_eq!(failed.kind(), ErrorKind::BrokenPipe);
    }
}
