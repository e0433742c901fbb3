//! Moving bytes: from `recv` to `send_to`.

use std::mem::MaybeUninit;

use super::AsyncSocket;
use super::wait::Awaited;
use crate::address::{Address, ToAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::Flags;
use crate::socket::NOTHING_TAKEN;
use crate::sys::memory::Room;

/// Transfers. Any number of tasks may wait in them at once.
///
/// The futures of these hold the borrowed buffer while they wait; [`recv_ready`](Self::recv_ready) borrows one only
/// when there is something to put into it.
// Some are no `async fn`, which would keep each argument twice in the future of an idle connection.
impl AsyncSocket {
    /// Receives at most `buffer.len()` bytes (recv(2)); gives how many, 0 at the end of a stream.
    ///
    /// Cancel-safe: dropped before it is done, it has received nothing.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::recv`](crate::Socket::recv) does, and where the runtime shuts down.
    pub fn recv(&self, buffer: &mut [u8]) -> impl Future<Output = Result<usize>> {
        self.recv_with(buffer, Flags::NONE)
    }

    /// As [`recv`](Self::recv), with flags.
    pub fn recv_with(&self, buffer: &mut [u8], flags: Flags) -> impl Future<Output = Result<usize>> {
        self.carry_through(Awaited::arrival(flags), move |socket| socket.try_recv(buffer, flags))
    }

    /// Receives at most `limit` bytes into a new vector, which holds just them; empty at the end of a stream.
    ///
    /// The memory is taken when there is something to receive. Fails with `ENOMEM` where there is none. Cancel-safe.
    pub async fn recv_vec(&self, limit: usize) -> Result<Vec<u8>> {
        let mut buffer = Vec::new();
        self.recv_append(&mut buffer, limit).await?;
        Ok(buffer)
    }

    /// Receives at most `limit` bytes behind what `buffer` holds; gives how many, 0 at the end of a stream.
    ///
    /// The memory is taken when there is something to receive, and not zeroed first. Cancel-safe: dropped before it is
    /// done, it has received nothing.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does, and with `ENOMEM` where there is no memory for `limit` bytes more.
    #[doc(alias = "read_buf")]
    pub async fn recv_append(&self, buffer: &mut Vec<u8>, limit: usize) -> Result<usize> {
        self.carry_through(Awaited::Arrival, |socket| socket.try_recv_append(buffer, limit, Flags::NONE))
            .await
    }

    /// Receives into memory that need not be initialised; gives the part that was filled.
    ///
    /// Cancel-safe: dropped before it is done, it has received nothing.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    ///
    /// # Examples
    ///
    /// ```
    /// # use berkeley::{AsyncSocket, Family, Protocol, Type};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// use std::mem::MaybeUninit;
    ///
    /// let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// left.send_all(b"hello").await?;
    /// let mut buffer = [MaybeUninit::uninit(); 65_536];
    /// assert_eq!(right.recv_uninit(&mut buffer).await?, b"hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_uninit<'b>(&self, buffer: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        let mut room = Room::new(buffer);
        self.carry_through(Awaited::Arrival, |socket| {
            room.fill(|free| socket.try_recv_uninit(free, Flags::NONE))
        })
        .await?;
        Ok(room.into_filled())
    }

    /// Receives a datagram and its sender's address (recvfrom(2)). Cancel-safe.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    #[doc(alias = "recvfrom")]
    pub async fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, Address)> {
        self.recv_from_with(buffer, Flags::NONE).await
    }

    /// As [`recv_from`](Self::recv_from), with flags.
    pub async fn recv_from_with(&self, buffer: &mut [u8], flags: Flags) -> Result<(usize, Address)> {
        self.carry_through(Awaited::arrival(flags), |socket| socket.try_recv_from(buffer, flags)).await
    }

    /// Receives without taking: the next receive gives the same bytes again (`MSG_PEEK`). Cancel-safe.
    ///
    /// # Errors
    ///
    /// Fails as [`recv`](Self::recv) does.
    #[doc(alias = "MSG_PEEK")]
    pub async fn peek(&self, buffer: &mut [u8]) -> Result<usize> {
        self.recv_with(buffer, Flags::PEEK).await.map_err(|error| error.during(Operation::Peek))
    }

    /// Sends (send(2)); gives how many bytes the kernel took, which may be fewer than given.
    ///
    /// A peer that has gone is an error (`EPIPE`, `ECONNRESET`), never a SIGPIPE. Where the queue of a Unix datagram
    /// peer is full, which the reactor cannot tell, it tries again 1 to 50 ms later.
    ///
    /// Cancel-safe: dropped before it is done, it has sent nothing.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::send`](crate::Socket::send) does, and where the runtime shuts down.
    pub fn send(&self, buffer: &[u8]) -> impl Future<Output = Result<usize>> {
        self.send_with(buffer, Flags::NONE)
    }

    /// As [`send`](Self::send), with flags.
    pub fn send_with(&self, buffer: &[u8], flags: Flags) -> impl Future<Output = Result<usize>> {
        self.carry_through(Awaited::room(flags), move |socket| socket.try_send(buffer, flags))
    }

    /// Sends all of `buffer`, however many calls it takes.
    ///
    /// A failure says how many bytes went out before it: [`Error::bytes_sent`](crate::Error::bytes_sent). Not
    /// cancel-safe: dropped before it is done, an unknown part of `buffer` has gone out. Where several tasks send at
    /// once, their parts may mix.
    ///
    /// # Errors
    ///
    /// Fails as [`send`](Self::send) does.
    #[doc(alias = "sendall")]
    pub async fn send_all(&self, buffer: &[u8]) -> Result<()> {
        self.send_all_with(buffer, Flags::NONE).await
    }

    /// As [`send_all`](Self::send_all), with flags, which each of its calls has.
    pub async fn send_all_with(&self, buffer: &[u8], flags: Flags) -> Result<()> {
        let mut sent = 0;
        loop {
            let taken = match self.send_with(&buffer[sent..], flags).await {
                Ok(taken) => taken,
                Err(error) => return Err(error.during(Operation::SendAll).after_sending(sent)),
            };
            sent += taken;
            if sent >= buffer.len() {
                return Ok(());
            }
            if taken == 0 {
                return Err(Error::unexpected(Operation::SendAll, NOTHING_TAKEN).after_sending(sent));
            }
        }
    }

    /// Sends a datagram to `address` (sendto(2)); gives how many bytes the kernel took.
    ///
    /// Waits for a full Unix peer as [`send`](Self::send) does. Cancel-safe: dropped before it is done, it has sent
    /// nothing.
    #[doc(alias = "sendto")]
    pub async fn send_to(&self, buffer: &[u8], address: impl ToAddress) -> Result<usize> {
        self.send_to_with(buffer, address, Flags::NONE).await
    }

    /// As [`send_to`](Self::send_to), with flags.
    pub async fn send_to_with(&self, buffer: &[u8], address: impl ToAddress, flags: Flags) -> Result<usize> {
        let address = address.to_address().map_err(|error| error.during(Operation::SendTo))?;
        self.carry_through(Awaited::room(flags), |socket| socket.try_send_to(buffer, address, flags)).await
    }
}
