//! Accepting and connecting.

use super::AsyncSocket;
use super::wait::{Patience, READ, WRITE, gone, uninterrupted};
use crate::address::Address;
use crate::error::{Error, Result};
use crate::socket::Socket;

impl AsyncSocket {
    /// Waits for a connection and takes it, in one system call (accept4(2)); gives its socket and the peer's address.
    ///
    /// The accepted socket is close-on-exec and does not block. What it inherits, and `ECONNABORTED` and `EMFILE`, are
    /// as [`Socket::accept`](Socket::accept) says. Any number of tasks may accept at once.
    ///
    /// Cancel-safe: dropped before it is done, it has taken no connection.
    pub async fn accept(&self) -> Result<(AsyncSocket, Address)> {
        let (socket, address) = self.carry_through(READ, Socket::try_accept_nonblocking).await?;
        Ok((Self::with_traits(socket, self.traits), address))
    }

    /// Connects (connect(2)); returns when the connection is made or refused.
    ///
    /// For a datagram socket it sets the one peer that is sent to and received from. Where the backlog of a Unix
    /// listener is full, which the reactor cannot tell, it tries again 1 to 50 ms later.
    ///
    /// Call it before anything else is awaited of the socket. Not cancel-safe: after dropping it, or any failure, drop
    /// the socket too and make another.
    pub async fn connect(&self, address: impl Into<Address>) -> Result<()> {
        let address = address.into();
        let mut patience = Patience::default();
        loop {
            // A call that was interrupted and repeated tells how the connection stands: in progress, or made.
            match uninterrupted(|| self.socket.try_connect(address)) {
                Err(error) if error.is_would_block() => patience.pause().await,
                Err(error) if error.is_in_progress() => break,
                result => return result,
            }
        }
        loop {
            let mut ready = self.registered()?.ready(WRITE).await.map_err(|_| gone())?;
            match uninterrupted(|| self.socket.finish_connect()) {
                Err(error) if error.is_in_progress() => {}
                // The socket that could not connect has no peer to be named after.
                Err(error) => return Err(at(error, &address)),
                Ok(()) => return Ok(()),
            }
            let hung_up = ready.ready().is_write_closed();
            ready.clear_ready();
            drop(ready);
            if hung_up {
                patience.pause().await;
            }
        }
    }
}

/// Adds the address to what the error already names: the transport.
fn at(error: Error, address: &Address) -> Error {
    let target = match error.target() {
        Some(transport) => format!("{transport} {address}"),
        None => address.to_string(),
    };
    error.on(target)
}
