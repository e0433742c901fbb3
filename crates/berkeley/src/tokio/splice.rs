//! Bytes from one socket to another, which never pass through the program, awaited: see
//! [`splice`](mod@crate::splice).

use super::AsyncSocket;
use super::wait::Awaited;
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::socket::NOTHING_TAKEN;
use crate::splice::{Filled, SplicePipe};

/// Splicing, awaited. Each direction of a relay has a pipe of its own; the two may run beside each other.
impl AsyncSocket {
    /// Moves what this socket has to `to`, at most `max` bytes and at most what the pipe holds; gives how many went, 0
    /// at the end of the stream (splice(2)). See [`splice`](crate::splice::splice).
    ///
    /// Waits for the first bytes, and then until all of them have gone. What the pipe held before goes first, and
    /// alone. A `max` of 0 moves nothing.
    ///
    /// Cancel-safe: dropped before it is done, what has not gone is in the pipe ([`SplicePipe::held`]), and goes first
    /// with the next call. A number of bytes may have gone that nobody was told: `held` before and after tells it.
    ///
    /// # Errors
    ///
    /// Fails with `EINVAL` for a kind of socket that the kernel cannot splice: copy its bytes instead. After an error
    /// the bytes that have not gone are still in the pipe: where [`held`](SplicePipe::held) is not 0, it was `to` that
    /// failed, and [`Error::bytes_sent`] says how many went; otherwise it was this socket.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::splice::SplicePipe;
    /// use berkeley::{AsyncSocket, Family, Protocol, Type};
    /// use std::net::Shutdown;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// let (client, from) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let (to, server) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// client.send_all(b"hello").await?;
    /// client.shutdown(Shutdown::Write)?;
    ///
    /// let mut pipe = SplicePipe::new()?;
    /// while from.splice(&to, &mut pipe, 1 << 20).await? > 0 {}
    /// to.shutdown(Shutdown::Write)?;
    /// assert_eq!(server.recv_vec(64).await?, b"hello");
    /// assert_eq!(server.recv_vec(64).await?, b"");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn splice(&self, to: &AsyncSocket, pipe: &mut SplicePipe, max: usize) -> Result<usize> {
        if pipe.held() == 0 && self.fill_pipe(pipe, max).await? == Filled::End {
            return Ok(0);
        }
        let filled = pipe.held();
        while pipe.held() > 0 {
            if let Err(error) = to.drain_pipe(pipe).await {
                return Err(error.after_sending(filled - pipe.held()));
            }
        }
        Ok(filled)
    }

    /// Waits for bytes to receive, and moves at most `max` of them into the pipe: see [`SplicePipe::try_fill`].
    ///
    /// Gives [`Filled::Full`] where the pipe has no room, which only [`drain_pipe`](Self::drain_pipe) makes. Together
    /// they are what [`splice`](Self::splice) is made of, for programs that fill a pipe and drain it at the same time.
    /// A `max` of 0 moves nothing, and does not wait.
    ///
    /// Cancel-safe: dropped before it is done, it has moved nothing.
    ///
    /// # Errors
    ///
    /// Fails as [`SplicePipe::try_fill`] does, but never with `EAGAIN`, and where the runtime shuts down.
    pub async fn fill_pipe(&self, pipe: &mut SplicePipe, max: usize) -> Result<Filled> {
        // Neither is worth a wait for the socket.
        if max == 0 {
            return Ok(Filled::Bytes(0));
        }
        if pipe.is_full() {
            return Ok(Filled::Full);
        }
        self.carry_through(Awaited::Arrival, |socket| pipe.try_fill(socket, max)).await
    }

    /// Waits for room to send, and moves what there is room for from the pipe into this socket; gives how many bytes
    /// went, 0 only where the pipe is empty. See [`SplicePipe::try_drain`].
    ///
    /// Cancel-safe: dropped before it is done, it has moved nothing.
    ///
    /// # Errors
    ///
    /// Fails as [`SplicePipe::try_drain`] does, but never with `EAGAIN`, and where the runtime shuts down.
    pub async fn drain_pipe(&self, pipe: &mut SplicePipe) -> Result<usize> {
        if pipe.held() == 0 {
            return Ok(0);
        }
        match self.carry_through(Awaited::room(Flags::NONE), |socket| pipe.try_drain(socket)).await? {
            0 => Err(Error::unexpected(Operation::Splice, NOTHING_TAKEN)),
            length => Ok(length),
        }
    }
}
