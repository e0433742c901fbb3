//! A file to a socket, without its bytes passing through the program, awaited.

use std::os::fd::AsFd;

use tokio::io::Interest;

use super::AsyncSocket;
use super::wait::Awaited;
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::send_file::{Progress, Work};
use crate::socket::NOTHING_TAKEN;

impl AsyncSocket {
    /// Sends what there is room for of the next `count` bytes of `file` from `offset` on; gives how many went, 0 at the
    /// end of the file.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_send_file`](crate::Socket::try_send_file) does.
    pub fn try_send_file(&self, file: impl AsFd, offset: u64, count: u64) -> Result<u64> {
        self.try_once(Interest::WRITABLE, Operation::SendFile, |socket| {
            socket.try_send_file(&file, offset, count)
        })
    }

    /// Sends `count` bytes of `file` from `offset` on, or all to its end for `None` (sendfile(2)); gives how many went,
    /// which is fewer than `count` only where the file ends before: [`Socket::send_file`](crate::Socket::send_file).
    ///
    /// For streams. The file's own position does not move. What of the file is not in memory is read from its disk
    /// meanwhile, for which sendfile(2) holds up the thread, as every read of a file does.
    ///
    /// Not cancel-safe: dropped before it is done, an unknown number of bytes has gone out. Send by parts, each by a
    /// `count` of its own, to know more.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::send_file`](crate::Socket::send_file) does, and where the runtime shuts down.
    /// [`Error::bytes_sent`] says how many bytes went before.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::{AsyncSocket, Family, Protocol, Type};
    /// use std::fs::File;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let file = File::open("/proc/self/exe")?;
    /// assert_eq!(left.send_file(&file, 1, Some(3)).await?, 3);
    /// assert_eq!(right.recv_vec(16).await?, b"ELF");
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "sendfile")]
    pub async fn send_file(&self, file: impl AsFd, offset: u64, count: Option<u64>) -> Result<u64> {
        let mut work = Work::new(offset, count, Flags::DONTWAIT);
        loop {
            let moved = self.carry_through(Awaited::Room, |socket| {
                work.advance(socket, file.as_fd())
                    .map_err(|errno| socket.fail(Operation::SendFile, errno, None))
            });
            let failure = match moved.await {
                Ok(Progress::Done) => return Ok(work.gone()),
                Ok(Progress::Moved) => continue,
                Ok(Progress::Nothing) => Error::unexpected(Operation::SendFile, NOTHING_TAKEN),
                Err(error) => error,
            };
            return Err(failure.after_sending(usize::try_from(work.gone()).unwrap_or(usize::MAX)));
        }
    }
}
