//! Accepting and connecting.

use std::time::Instant;

use ::tokio::time::sleep;

use super::AsyncSocket;
use super::wait::{Awaited, WRITE};
use super::watch::ready;
use crate::address::{Address, ToAddress};
use crate::error::{Error, Operation, Result};
use crate::kinds::Interest;
use crate::socket::retry::{Event, Retry, Step};
use crate::socket::{Deadline, Socket, join};

impl AsyncSocket {
    /// Waits for a connection and takes it, in one system call (accept4(2)); gives its socket and the peer's address.
    ///
    /// The accepted socket is close-on-exec and does not block. What it inherits, and `ECONNABORTED` and `EMFILE`, are
    /// as [`Socket::accept`](Socket::accept) says. Any number of tasks may accept at once.
    ///
    /// Cancel-safe: dropped before it is done, it has taken no connection.
    pub async fn accept(&self) -> Result<(AsyncSocket, Address)> {
        let (socket, address) = self.carry_through(Awaited::Arrival, Socket::try_accept_nonblocking).await?;
        Ok((Self::with_traits(socket, self.traits), address))
    }

    /// Connects (connect(2)); returns when the connection is made or refused.
    ///
    /// For a datagram socket it sets the one peer that is sent to and received from. Where the backlog of a Unix
    /// listener is full, which the reactor cannot tell, it tries again 1 to 50 ms later.
    ///
    /// Call it before anything else is awaited of the socket. Not cancel-safe: after dropping it, or any failure, drop
    /// the socket too and make another.
    pub async fn connect(&self, address: impl ToAddress) -> Result<()> {
        let address = address.to_address().map_err(|error| error.during(Operation::Connect))?;
        // Of a socket that does not block a repeated connect tells how the connection stands.
        let mut retry = Retry::until(Interest::WRITABLE, Deadline::NEVER).edge_triggered().connects(false);
        let (mut step, mut full) = (Step::Call, false);
        loop {
            let tried = match step {
                // A stop has returned, and of a socket that does not block nothing is asked.
                Step::Call | Step::Ask | Step::Stop(_) => self.socket.try_connect(address),
                Step::Finish => self.socket.finish_connect().map_err(|error| at(error, &address)),
                // A full backlog. The reactor must not meet the socket before its connection is under way.
                Step::Wait(..) if full => {
                    step = retry.next(Event::Ready, Instant::now);
                    continue;
                }
                Step::Wait(..) => self.wait_and_finish(&mut retry).await.map_err(|error| at(error, &address)),
                Step::Pause(pause) => {
                    Box::pin(sleep(pause)).await;
                    step = retry.next(Event::Paused, Instant::now);
                    continue;
                }
            };
            let Err(error) = tried else { return Ok(()) };
            full = error.is_would_block();
            step = retry.next(Event::of(&error), Instant::now);
            if let Step::Stop(_) = step {
                return Err(error);
            }
        }
    }

    /// Waits until something has become of a connection that is under way, and asks what.
    async fn wait_and_finish(&self, retry: &mut Retry) -> Result<()> {
        let mut ready = ready(self.registered()?, WRITE).await?;
        let _ = retry.next(Event::Ready, Instant::now);
        let finished = self.socket.finish_connect();
        if finished.as_ref().is_err_and(Error::is_in_progress) {
            // A hang-up, which tokio never clears.
            if ready.ready().is_write_closed() {
                retry.distrust_poll();
            }
            ready.clear_ready();
        }
        finished
    }
}

/// Adds the address to what the error already names, where that is the transport alone: of IP the kernel still knows
/// whom the socket could not connect to.
fn at(error: Error, address: &Address) -> Error {
    let address = address.to_string();
    let target = match error.target() {
        Some(target) if target.ends_with(&address) => return error,
        Some(transport) => join(transport, &address),
        None => address,
    };
    error.on(target)
}
