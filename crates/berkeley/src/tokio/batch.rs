//! Many datagrams in a call: `send_many`, `recv_many`.

use ::tokio::io::Interest;

use super::AsyncSocket;
use super::wait::{Awaited, uninterrupted};
use crate::batch::{Datagrams, RecvBatch, SendBatch};
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::socket::NOTHING_TAKEN;

/// Many datagrams in a call: see the page of [`batch`](mod@crate::batch).
impl AsyncSocket {
    /// Sends all of `datagrams`, in their order, in as few calls as it takes (sendmmsg(2)); see
    /// [`Socket::send_many`](crate::Socket::send_many).
    ///
    /// A failure says how many went out before it: [`Error::datagrams_sent`]. Not cancel-safe: dropped before it is
    /// done, an unknown number has gone out. Where several tasks send at once, theirs may mix.
    ///
    /// ```
    /// use berkeley::batch::{Datagram, RecvBatch, SendBatch};
    /// use berkeley::{AsyncSocket, Family, Protocol, Type};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// let (left, right) = AsyncSocket::pair(Family::UNIX, Type::DGRAM, Protocol::DEFAULT)?;
    /// let datagrams = [Datagram::new(b"one"), Datagram::new(b"two")];
    /// left.send_many(&datagrams, &mut SendBatch::new()).await?;
    ///
    /// let mut batch = RecvBatch::new(16, 1500)?;
    /// assert_eq!(right.recv_many(&mut batch).await?, 2);
    /// assert!(batch.iter().map(|datagram| datagram.bytes()).eq([b"one", b"two"]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Fails as [`Socket::send_many`](crate::Socket::send_many) does, and where the runtime shuts down.
    #[doc(alias = "sendmmsg")]
    pub async fn send_many<D>(&self, datagrams: &D, batch: &mut SendBatch) -> Result<()>
    where
        D: Datagrams + ?Sized,
    {
        self.send_many_with(datagrams, batch, Flags::NONE).await
    }

    /// As [`send_many`](Self::send_many), with flags, which each of its calls has.
    pub async fn send_many_with<D>(&self, datagrams: &D, batch: &mut SendBatch, flags: Flags) -> Result<()>
    where
        D: Datagrams + ?Sized,
    {
        let mut sent = 0;
        while sent < datagrams.count() {
            let attempt = self.carry_through(Awaited::room(flags), |socket| {
                socket.try_send_many_from(datagrams, sent, batch, flags)
            });
            match attempt.await {
                Ok(0) => {
                    let error = Error::unexpected(Operation::SendMany, NOTHING_TAKEN);
                    return Err(error.after_datagrams(sent));
                }
                Ok(more) => sent += more,
                Err(error) => return Err(error.after_datagrams(sent)),
            }
        }
        Ok(())
    }

    /// Receives a datagram and as many more as there are and as `batch` has room for, in one call (recvmmsg(2)); gives
    /// how many. See [`Socket::recv_many`](crate::Socket::recv_many).
    ///
    /// Cancel-safe: dropped before it is done, it has received nothing.
    ///
    /// # Errors
    ///
    /// Fails as that does, and where the runtime shuts down.
    #[doc(alias = "recvmmsg")]
    pub async fn recv_many(&self, batch: &mut RecvBatch) -> Result<usize> {
        self.recv_many_with(batch, Flags::NONE).await
    }

    /// As [`recv_many`](Self::recv_many), with flags.
    pub async fn recv_many_with(&self, batch: &mut RecvBatch, flags: Flags) -> Result<usize> {
        self.carry_through(Awaited::arrival(flags), |socket| socket.try_recv_many(batch, flags)).await
    }

    /// Sends what there is room for, from the first of `datagrams` on (sendmmsg(2)); gives how many went.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_send_many`](crate::Socket::try_send_many) does.
    pub fn try_send_many<D>(&self, datagrams: &D, batch: &mut SendBatch, flags: Flags) -> Result<usize>
    where
        D: Datagrams + ?Sized,
    {
        self.try_once(Interest::WRITABLE, Operation::SendMany, |socket| {
            socket.try_send_many(datagrams, batch, flags)
        })
    }

    /// Receives what is there (recvmmsg(2)); gives how many datagrams.
    ///
    /// With [`Flags::ERRQUEUE`], [`Flags::PEEK`] or [`Flags::OOB`] it tells the reactor nothing: what it finds says
    /// nothing of the data that a plain receive would take.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_recv_many`](crate::Socket::try_recv_many) does.
    pub fn try_recv_many(&self, batch: &mut RecvBatch, flags: Flags) -> Result<usize> {
        if Awaited::arrival(flags).is_aside() {
            return uninterrupted(|| self.socket.try_recv_many(batch, flags));
        }
        self.try_once(Interest::READABLE, Operation::RecvMany, |socket| socket.try_recv_many(batch, flags))
    }
}
