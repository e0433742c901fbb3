//! Large buffers sent from where they are, awaited: see [`zero_copy`](mod@crate::zero_copy).

use std::fmt;

use super::AsyncSocket;
use super::wait::Awaited;
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::socket::NOTHING_TAKEN;
use crate::sys::Errno;
use crate::zero_copy::{Buffer, Buffers, Completion, Sent, Way};

/// Sends buffers without a copy, awaited, and keeps each alive until the kernel says that it is done with it.
///
/// What [`ZeroCopy`](crate::zero_copy::ZeroCopy) says of its socket, of its error queue and of being dropped holds here
/// too.
///
/// # Examples
///
/// ```
/// use berkeley::{AsyncZeroCopy, create_connection_async, create_server_async};
/// use std::net::Ipv4Addr;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> berkeley::Result<()> {
/// let server = create_server_async((Ipv4Addr::LOCALHOST, 0))?;
/// let port = server.local_address()?.port().unwrap_or(0);
/// let client = create_connection_async("127.0.0.1", port).await?;
/// let (peer, _) = server.accept().await?;
///
/// let mut sender = AsyncZeroCopy::new(client)?;
/// let receiving = async {
///     let mut count = 0;
///     while count < 1_000_000 {
///         count += peer.recv_vec(65_536).await?.len();
///     }
///     Ok(())
/// };
/// tokio::try_join!(sender.send_all(vec![7_u8; 1_000_000]), receiving)?;
/// let back = sender.completion().await?.expect("one is under way");
/// assert_eq!(back.buffer.len(), 1_000_000);
/// # Ok(())
/// # }
/// ```
#[doc(alias = "MSG_ZEROCOPY")]
pub struct AsyncZeroCopy<B: Buffer = Vec<u8>> {
    // Closed before its claim, which the buffers hold, is let go.
    socket: AsyncSocket,
    buffers: Buffers<B>,
}

impl<B: Buffer> AsyncZeroCopy<B> {
    /// Sends on `socket`, a connected TCP socket, from now on without copies (`SO_ZEROCOPY`, since Linux 4.14).
    ///
    /// # Errors
    ///
    /// Fails as [`ZeroCopy::new`](crate::zero_copy::ZeroCopy::new) does.
    pub fn new(socket: AsyncSocket) -> Result<Self> {
        Ok(Self { buffers: Buffers::new(socket.socket())?, socket })
    }

    /// Sends all of `buffer`; it comes back by [`completion`](Self::completion), also where this fails, unless for want
    /// of memory to keep it (`ENOMEM`): then nothing of it was sent.
    ///
    /// Where the kernel has no room to note one more buffer (`ENOBUFS`: `net.core.optmem_max`, `RLIMIT_MEMLOCK`), waits
    /// for an earlier one, and copies where there is none.
    ///
    /// Not cancel-safe: dropped before it is done, an unknown part of the buffer has gone out; the buffer itself comes
    /// back all the same.
    ///
    /// # Errors
    ///
    /// Fails as [`AsyncSocket::send_all`] does. [`Error::bytes_sent`] says how many bytes went before.
    pub async fn send_all(&mut self, buffer: B) -> Result<()> {
        self.buffers.reserve(self.socket.socket())?;
        self.buffers.flights.begin(buffer);
        let mut sent = 0;
        let result = self.send(&mut sent).await;
        self.buffers.take_back();
        result.map_err(|error| error.during(Operation::SendAll).after_sending(sent))
    }

    async fn send(&mut self, sent: &mut usize) -> Result<()> {
        let (flights, mut way) = (&mut self.buffers.flights, Way::default());
        loop {
            let attempt = self.socket.carry_through(Awaited::Room, |socket| {
                let attempt = flights.attempt(socket, sent, &mut way, Flags::DONTWAIT);
                attempt.map_err(|errno| socket.fail(Operation::SendAll, errno, None))
            });
            match attempt.await? {
                Sent::All => return Ok(()),
                Sent::Nothing => return Err(Error::unexpected(Operation::SendAll, NOTHING_TAKEN)),
                Sent::Some | Sent::Again => {}
                Sent::Full => {
                    let notice = self.socket.carry_through(Awaited::Errors, |socket| {
                        match flights.collect(socket.as_fd()) {
                            Ok(true) => Ok(()),
                            Ok(false) => Err(Error::kernel(Operation::SendAll, Errno::AGAIN)),
                            Err(errno) => Err(socket.fail(Operation::SendAll, errno, None)),
                        }
                    });
                    notice.await?;
                }
            }
        }
    }

    /// Waits for the next buffer to come back, in the order of their sending; `None` where none is under way.
    ///
    /// Cancel-safe: dropped before it is done, no buffer is lost.
    ///
    /// # Errors
    ///
    /// Fails where the kernel refuses to read the error queue, and where the runtime shuts down.
    pub async fn completion(&mut self) -> Result<Option<Completion<B>>> {
        if let Some(completion) = self.try_completion()? {
            return Ok(Some(completion));
        }
        if self.buffers.outstanding() == 0 {
            return Ok(None);
        }
        let buffers = &mut self.buffers;
        let next = self.socket.carry_through(Awaited::Errors, |socket| {
            buffers.next(socket)?.ok_or_else(|| Error::kernel(Operation::Completion, Errno::AGAIN))
        });
        next.await.map(Some)
    }

    /// The next buffer that has come back; `None` where none has. Never waits.
    ///
    /// # Errors
    ///
    /// Fails only where the kernel refuses to read the error queue.
    pub fn try_completion(&mut self) -> Result<Option<Completion<B>>> {
        self.buffers.next(self.socket.socket())
    }

    /// How many buffers have not been taken back.
    pub fn outstanding(&self) -> usize {
        self.buffers.outstanding()
    }

    /// The socket: to receive from, or to end.
    pub fn socket(&self) -> &AsyncSocket {
        &self.socket
    }

    /// The socket, for good. Buffers that are still under way are never freed.
    pub fn into_socket(self) -> AsyncSocket {
        self.socket
    }
}

impl<B: Buffer> fmt::Debug for AsyncZeroCopy<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncZeroCopy")
            .field("socket", &self.socket)
            .field("outstanding", &self.outstanding())
            .finish_non_exhaustive()
    }
}
