//! Messages with control messages: `send_msg`, `recv_msg`.

use std::io::IoSliceMut;

use ::tokio::io::Interest;

use super::AsyncSocket;
use super::wait::Awaited;
use crate::control::ControlBuffer;
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::socket::{ReceivedMessage, SendMessage};

/// Messages with control messages. Any number of tasks may wait in them at once.
///
/// With [`Flags::ERRQUEUE`] a receive waits for something in the error queue. Data that waits stays as it is.
impl AsyncSocket {
    /// Sends a message (sendmsg(2)); see [`Socket::send_msg`](crate::Socket::send_msg).
    ///
    /// Cancel-safe: dropped before it is done, it has sent nothing.
    ///
    /// # Errors
    ///
    /// Fails as that does, and where the runtime shuts down.
    ///
    /// # Examples
    ///
    /// ```
    /// use berkeley::control::{ControlBuffer, ControlMessage, socket};
    /// use berkeley::{AsyncSocket, Family, Protocol, SendMessage, Type};
    /// use std::io::{IoSlice, IoSliceMut};
    /// use std::os::fd::AsFd;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> berkeley::Result<()> {
    /// let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT)?;
    /// let (note, passed) = ([IoSlice::new(b"standard input")], [std::io::stdin()]);
    /// let passed = [passed[0].as_fd()];
    /// left.send_msg(&SendMessage::new(&note).control(&[socket::rights(&passed)])).await?;
    ///
    /// let mut bytes = [0; 64];
    /// let mut control = ControlBuffer::for_descriptors(1);
    /// right.recv_msg(&mut [IoSliceMut::new(&mut bytes)], &mut control).await?;
    /// let message = control.messages().next();
    /// assert!(matches!(message, Some(ControlMessage::Socket(socket::Message::Rights(fds))) if fds.len() == 1));
    /// # Ok(())
    /// # }
    /// ```
    #[doc(alias = "sendmsg")]
    pub async fn send_msg(&self, message: &SendMessage<'_>) -> Result<usize> {
        self.carry_through(Awaited::room(message.flags_given()), |socket| socket.try_send_msg(message)).await
    }

    /// Receives a message into `buffers`, and what came with it into `control` (recvmsg(2)); see
    /// [`Socket::recv_msg`](crate::Socket::recv_msg).
    ///
    /// Cancel-safe: dropped before it is done, it has received nothing.
    ///
    /// # Errors
    ///
    /// Fails as that does, and where the runtime shuts down.
    #[doc(alias = "recvmsg")]
    pub async fn recv_msg(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
    ) -> Result<ReceivedMessage> {
        self.recv_msg_with(buffers, control, Flags::NONE).await
    }

    /// As [`recv_msg`](Self::recv_msg), with flags.
    pub async fn recv_msg_with(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
        flags: Flags,
    ) -> Result<ReceivedMessage> {
        self.carry_through(Awaited::arrival(flags), |socket| socket.try_recv_msg(buffers, control, flags))
            .await
    }

    /// Sends what there is room for (sendmsg(2)); gives the number of bytes taken.
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_send_msg`](crate::Socket::try_send_msg) does.
    pub fn try_send_msg(&self, message: &SendMessage<'_>) -> Result<usize> {
        self.try_once(Interest::WRITABLE, Operation::SendMsg, |socket| socket.try_send_msg(message))
    }

    /// Receives what is there, and what came with it (recvmsg(2)).
    ///
    /// # Errors
    ///
    /// Fails as [`Socket::try_recv_msg`](crate::Socket::try_recv_msg) does.
    pub fn try_recv_msg(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        control: &mut ControlBuffer,
    ) -> Result<ReceivedMessage> {
        self.try_once(Interest::READABLE, Operation::RecvMsg, |socket| {
            socket.try_recv_msg(buffers, control, Flags::NONE)
        })
    }
}
