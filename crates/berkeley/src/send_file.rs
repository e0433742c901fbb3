//! [`Socket::send_file`]: a file to a socket, without its bytes passing through the program.

use std::os::fd::{AsFd, BorrowedFd};

use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::socket::{Awaited, Socket, Stop, Waiting, with_timeout};
use crate::sys::{self, Errno, alloc, file, transfer};

impl<F: AsFd> Socket<F> {
    /// Sends `count` bytes of `file` from `offset` on, or all to its end for `None` (sendfile(2)); gives how many went,
    /// which is fewer than `count` only where the file ends before.
    ///
    /// For streams. The file's own position does not move. The timeout bounds the whole; a failure says how many bytes
    /// went before it: [`Error::bytes_sent`](crate::Error::bytes_sent). Of a file that sendfile(2) refuses the bytes
    /// are copied instead, and the timeout then holds whatever a clone does. sendfile(2) has no flag not to wait: where
    /// a clone has made the socket block again, one call may outlast the timeout.
    ///
    /// # Examples
    ///
    /// ```
    /// # use berkeley::{Family, Protocol, Socket, Type};
    /// use std::fs::File;
    ///
    /// # let (left, right) = Socket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let file = File::open("/proc/self/exe")?;
    /// assert_eq!(left.send_file(&file, 1, Some(3))?, 3);
    /// assert_eq!(right.recv_vec(16)?, b"ELF");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[doc(alias = "sendfile")]
    pub fn send_file(&self, file: impl AsFd, offset: u64, count: Option<u64>) -> Result<u64> {
        let timeout = self.timeout();
        let mut work = Work::new(offset, count, with_timeout(Flags::NONE, timeout));
        let sent = work.finish(self, file.as_fd(), Waiting::new(Awaited::ROOM, timeout));
        sent.map(|()| work.gone()).map_err(|stop| {
            let gone = usize::try_from(work.gone()).unwrap_or(usize::MAX);
            self.stopped(Operation::SendFile, stop, None).after_sending(gone)
        })
    }

    /// Sends what there is room for of the next `count` bytes of `file` from `offset` on; gives how many went, 0 at the
    /// end of the file.
    ///
    /// As [`send_file`](Self::send_file), by one call, or two where sendfile(2) refuses the file. sendfile(2) has no
    /// flag not to wait: where the socket itself blocks, this waits for room.
    ///
    /// # Errors
    ///
    /// Fails with `EAGAIN` where there is no room.
    pub fn try_send_file(&self, file: impl AsFd, offset: u64, count: u64) -> Result<u64> {
        let mut work = Work::new(offset, Some(count), Flags::DONTWAIT);
        match work.advance(self, file.as_fd()) {
            Ok(Progress::Done | Progress::Moved) => Ok(work.gone()),
            Ok(Progress::Nothing) => Err(self.stopped(Operation::SendFile, Stop::NothingTaken, None)),
            Err(errno) => Err(self.fail(Operation::SendFile, errno, None)),
        }
    }
}

/// What one call may move: between two of them the deadline is looked at.
const PIECE: usize = 16 << 20;

/// What is read at once where the bytes are copied.
const COPY: usize = 64 << 10;

/// How far a file has gone.
pub(crate) struct Work {
    start: u64,
    offset: u64,
    left: u64,
    /// Those of a send of bytes that are copied; sendfile(2) has none.
    flags: Flags,
    /// The buffer, once the kernel has refused to send the file itself.
    copy: Option<Vec<u8>>,
}

/// What one call has come to.
pub(crate) enum Progress {
    /// All that was asked for has gone, or the file has ended.
    Done,
    Moved,
    /// The kernel took nothing, and gave no error.
    Nothing,
}

impl Work {
    pub(crate) fn new(offset: u64, count: Option<u64>, flags: Flags) -> Self {
        Self { start: offset, offset, left: count.unwrap_or(u64::MAX), flags, copy: None }
    }

    /// How many bytes have gone.
    pub(crate) const fn gone(&self) -> u64 {
        self.offset - self.start
    }

    fn finish<F: AsFd>(
        &mut self,
        to: &Socket<F>,
        file: BorrowedFd<'_>,
        mut waiting: Waiting,
    ) -> std::result::Result<(), Stop> {
        loop {
            match self.advance(to, file) {
                Ok(Progress::Done) => return Ok(()),
                Ok(Progress::Nothing) => return Err(Stop::NothingTaken),
                Ok(Progress::Moved) if self.left > 0 => waiting.progressed()?,
                Ok(Progress::Moved) => {}
                Err(errno) => waiting.after(to.as_fd(), errno)?,
            }
        }
    }

    /// Sends a piece: one call, and another where the kernel refuses to send the file itself.
    pub(crate) fn advance<F: AsFd>(&mut self, to: &Socket<F>, file: BorrowedFd<'_>) -> sys::Result<Progress> {
        if self.left == 0 {
            return Ok(Progress::Done);
        }
        let step = match self.step(to, file) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) if self.copy.is_none() => {
                self.copy = Some(alloc::zeroed(COPY)?);
                self.step(to, file)
            }
            step => step,
        };
        match step? {
            None => Ok(Progress::Done),
            Some(0) => Ok(Progress::Nothing),
            Some(gone) => {
                self.offset += gone as u64;
                self.left -= gone as u64;
                Ok(Progress::Moved)
            }
        }
    }

    /// Sends a piece; gives how much of it went, `None` at the end of the file.
    fn step<F: AsFd>(&mut self, to: &Socket<F>, file: BorrowedFd<'_>) -> sys::Result<Option<usize>> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX);
        let Some(buffer) = &mut self.copy else {
            let gone = file::send_file(to.as_fd(), file, self.offset, most.min(PIECE))?;
            return Ok((gone > 0).then_some(gone));
        };
        let length = file::read_at(file, &mut buffer[..most.min(COPY)], self.offset)?;
        if length == 0 {
            return Ok(None);
        }
        transfer::send(to.as_fd(), to.quirks(), &buffer[..length], self.flags.as_raw()).map(Some)
    }
}
