//! The lowest layer once more, of memory that others may change meanwhile: [`raw::Source`] and [`raw::Sink`].

use std::os::fd::AsFd;

use super::Socket;
use super::message::ReceivedMessage;
use crate::address::Address;
use crate::control::ControlBuffer;
use crate::error::{Operation, Result};
use crate::kinds::Flags;
use crate::sys::socket::AddressRoom;
use crate::sys::{message, raw, transfer};

/// One system call each, as [`send_once`](Socket::send_once) and its like, of memory that others may read and change.
impl<F: AsFd> Socket<F> {
    /// As [`send_once`](Self::send_once).
    #[inline]
    pub fn send_source_once(&self, source: raw::Source<'_>, flags: Flags) -> Result<usize> {
        transfer::send_source(self.fd.as_fd(), &self.quirks, source, flags.as_raw())
            .map_err(|errno| self.fail(Operation::Send, errno, None))
    }

    /// As [`send_to_once`](Self::send_to_once).
    #[inline]
    pub fn send_source_to_once(
        &self,
        source: raw::Source<'_>,
        address: &Address,
        flags: Flags,
    ) -> Result<usize> {
        transfer::send_source_to(
            self.fd.as_fd(),
            &self.quirks,
            source,
            flags.as_raw(),
            address.encode().as_bytes(),
        )
        .map_err(|errno| self.fail(Operation::SendTo, errno, Some(address)))
    }

    /// As [`recv_once`](Self::recv_once).
    #[inline]
    pub fn recv_sink_once(&self, sink: &raw::Sink<'_>, flags: Flags) -> Result<usize> {
        transfer::recv_sink(self.fd.as_fd(), sink, flags.as_raw())
            .map_err(|errno| self.fail(Operation::Recv, errno, None))
    }

    /// As [`recv_from_once`](Self::recv_from_once).
    #[inline]
    pub fn recv_sink_from_once(&self, sink: &raw::Sink<'_>, flags: Flags) -> Result<(usize, Address)> {
        let mut sender = AddressRoom::new();
        let length = transfer::recv_from_sink(self.fd.as_fd(), sink, flags.as_raw(), &mut sender)
            .map_err(|errno| self.fail(Operation::RecvFrom, errno, None))?;
        Address::decode_into(sender.as_bytes(), |address| Ok((length, address)))
    }

    /// As [`recv_msg_once`](Self::recv_msg_once).
    pub fn recv_msg_sinks_once(
        &self,
        sinks: &[raw::Sink<'_>],
        control: &mut ControlBuffer,
        flags: Flags,
    ) -> Result<ReceivedMessage> {
        let mut sender = AddressRoom::new();
        let (fd, quirks, control) = (self.fd.as_fd(), &self.quirks, control.data_mut());
        let received = message::receive_message(fd, quirks, sinks, control, flags.as_raw(), &mut sender)
            .map_err(|errno| self.fail(Operation::RecvMsg, errno, None))?;
        ReceivedMessage::made(&received, &sender)
    }
}
