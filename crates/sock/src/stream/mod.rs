//! What moves bytes: a socket, datagrams to one of several addresses, TLS, a program, a terminal, a file, or this
//! process's standard input and output.
//!
//! A stream is asked what it can do ([`Nature`]), never of which scheme it is. It reads by lending the thread's buffer
//! for as long as a closure runs, so that an idle stream owns none.

mod buffer;
mod datagrams;
mod handle;
mod input;
mod local;
mod output;
mod program;
mod socket;
mod standard;
mod tls;
mod transcript;

use std::fmt;
use std::fs::File;

use berkeley::{Address, AsyncSocket};
use rustix::io::Errno;

use buffer::SHARE_OF_TLS;
pub use buffer::{INPUT, MESSAGE, PIECE};
pub use datagrams::{DatagramStream, Others};
pub(crate) use handle::registered;
pub use input::{Input, length_with_crlf};
pub use local::{Link, LocalStream, Parts, Source, Terminal};
pub use output::{Output, print, print_soon};
pub use program::Program;
pub use socket::SocketStream;
pub use standard::Standard;
pub use tls::TlsStream;
pub use transcript::{Form, Tap, Transcript};

pub use crate::endpoint::Nature;
use crate::exit::Failure;

/// What moves bytes.
pub enum Stream {
    /// A connected socket.
    Socket(SocketStream),
    /// A datagram socket whose peer has several addresses.
    Datagrams(DatagramStream),
    /// TLS over one. On the heap, as it is large beside the others.
    Tls(Box<TlsStream>),
    /// What is no socket. On the heap, as it is large too.
    Local(Box<LocalStream>),
    /// Standard input and output.
    Standard(Standard),
}

/// Why a stream cannot go on in one direction.
#[derive(Debug)]
pub enum Broken {
    /// Nobody takes what is written any more, and nobody minds: `head` has what it wanted.
    Closed,
    /// It has failed; what it still gives may be of interest.
    Failed(Failure),
    /// It has failed, and what it still gives does not count: standard output has nothing to do with the input, and a
    /// connection that is alive would wait for more.
    Unwritable(Failure),
}

/// With which errors a send fails whose connection is as it was: a message that is too long, and a shortage.
const ALIVE: [Errno; 3] = [Errno::MSGSIZE, Errno::NOBUFS, Errno::NOMEM];

impl From<berkeley::Error> for Broken {
    fn from(error: berkeley::Error) -> Self {
        // Of a connection that is not gone: to tell it an end would be a lie, and without one it may never end itself.
        let is_alive =
            error.raw_os_error().map(Errno::from_raw_os_error).is_some_and(|errno| ALIVE.contains(&errno));
        if is_alive { Self::Unwritable(error.into()) } else { Self::Failed(error.into()) }
    }
}

impl Stream {
    /// What it can do.
    pub fn nature(&self) -> Nature {
        match self {
            Self::Socket(socket) => socket.nature(),
            Self::Datagrams(socket) => socket.nature(),
            Self::Tls(tls) => tls.nature(),
            Self::Local(local) => local.nature(),
            Self::Standard(_) => Nature::STANDARD,
        }
    }

    /// Waits for a piece or a message of at most `most` bytes (a message that comes is whole all the same), lends it to
    /// `take`, and gives what that makes of it; `None` at the end.
    ///
    /// Cancel-safe: what is not lent stays where it is.
    ///
    /// # Errors
    ///
    /// Fails where nothing more can be read.
    pub async fn receive<R>(
        &self,
        most: usize,
        take: impl FnMut(&[u8]) -> R,
    ) -> std::result::Result<Option<R>, Failure> {
        match self {
            Self::Socket(socket) => Ok(socket.receive(most, take).await?),
            Self::Datagrams(socket) => socket.receive(take).await,
            Self::Tls(tls) => tls.receive(most, take).await,
            Self::Local(local) => local.receive(most, take).await,
            Self::Standard(standard) => standard.receive(most, take).await,
        }
    }

    /// Whether what this gives can go to `to` without passing through the program: by [`pass`](Self::pass).
    pub fn passes(&self, to: &Self) -> bool {
        self.passing(to).is_some()
    }

    fn passing<'a>(&'a self, to: &'a Self) -> Option<(&'a File, &'a SocketStream)> {
        let (Self::Standard(standard), Self::Socket(socket)) = (self, to) else { return None };
        Some((standard.input.file()?, socket)).filter(|(_, socket)| socket.takes_files())
    }

    /// The two sockets, where the kernel can move bytes from this one's to that of `to` (splice(2)): no messages, nor
    /// what is encrypted.
    pub fn splices<'a>(&'a self, to: &'a Self) -> Option<(&'a AsyncSocket, &'a AsyncSocket)> {
        let (Self::Socket(from), Self::Socket(to)) = (self, to) else { return None };
        [from, to].iter().all(|socket| socket.is_spliced()).then(|| (from.socket(), to.socket()))
    }

    /// Moves some of what this gives to `to`, at most `most` bytes, as soon as there is room; gives how much, `None` at
    /// the end, and where [`passes`](Self::passes) is false.
    ///
    /// Cancel-safe: what has not gone is what is read next.
    ///
    /// # Errors
    ///
    /// Fails where nothing more can be read or sent.
    pub async fn pass(&self, to: &Self, most: usize) -> std::result::Result<Option<u64>, Broken> {
        let Some((file, socket)) = self.passing(to) else { return Ok(None) };
        let sent = socket.send_file(file, most as u64).await.map_err(Broken::Failed)?;
        Ok((sent > 0).then_some(sent))
    }

    /// Sends what there is room for, without waiting; gives how much that was, `None` for nothing.
    ///
    /// # Errors
    ///
    /// Fails where nothing more can be sent.
    pub fn try_send(&self, bytes: &[u8]) -> std::result::Result<Option<usize>, Broken> {
        match self {
            Self::Socket(socket) => Ok(socket.try_send(bytes)?),
            Self::Datagrams(socket) => socket.try_send(bytes).map_err(Broken::Failed),
            Self::Tls(tls) => tls.try_send(bytes),
            Self::Local(local) => local.try_send(bytes),
            Self::Standard(standard) => standard.try_send(bytes),
        }
    }

    /// How many of the bytes that are sent next are held here: of those only the number counts, and who sends them need
    /// not keep them.
    pub fn held(&self) -> usize {
        match self {
            Self::Tls(tls) => tls.sealed(),
            Self::Socket(_) | Self::Datagrams(_) | Self::Local(_) | Self::Standard(_) => 0,
        }
    }

    /// The most that a relay takes from the one and gives the other at a time, so that what waits in both directions,
    /// and the parts of records within TLS, are 64 KiB together.
    pub const fn share(&self, other: &Self) -> usize {
        match (self, other) {
            (Self::Tls(_), Self::Socket(_) | Self::Tls(_)) | (Self::Socket(_), Self::Tls(_)) => SHARE_OF_TLS,
            _ => usize::MAX,
        }
    }

    /// Whether it takes back what the other side of a relay has not taken.
    pub const fn takes_back(&self) -> bool {
        matches!(self, Self::Standard(_))
    }

    /// Sends some of `bytes`, one at least, as soon as there is room; gives how much. A message goes whole.
    ///
    /// # Errors
    ///
    /// Fails where nothing more can be sent.
    pub async fn send(&self, bytes: &[u8]) -> std::result::Result<usize, Broken> {
        match self {
            Self::Socket(socket) => Ok(socket.send(bytes).await?),
            Self::Datagrams(socket) => socket.send(bytes).await.map_err(Broken::Failed),
            Self::Tls(tls) => tls.send(bytes).await,
            Self::Local(local) => local.send(bytes).await,
            Self::Standard(standard) => standard.send(bytes).await.map(|()| bytes.len()),
        }
    }

    /// Tells the other side that nothing more is sent; what it sends is still received.
    ///
    /// # Errors
    ///
    /// Fails where that cannot be told, or where what was sent last has been lost.
    pub async fn end(&self) -> std::result::Result<(), Broken> {
        match self {
            Self::Socket(socket) => socket.end(),
            Self::Datagrams(socket) => socket.end().map_err(Broken::Failed),
            Self::Tls(tls) => tls.end().await,
            Self::Local(local) => local.end().await,
            Self::Standard(standard) => standard.end().await,
        }
    }

    /// Shows what was held back of what came, as the whole does not come: the other side is told of no end.
    pub async fn show(&self) -> std::result::Result<(), Broken> {
        match self {
            Self::Standard(standard) => standard.end().await,
            Self::Socket(_) | Self::Datagrams(_) | Self::Tls(_) | Self::Local(_) => Ok(()),
        }
    }

    /// Has the other side learn, once this is dropped, that what it got may not be whole: its connection is reset. What
    /// has not been sent is lost.
    pub fn reset(&self) {
        match self {
            Self::Socket(socket) => socket.reset(),
            Self::Tls(tls) => tls.reset(),
            // A program is ended instead.
            Self::Datagrams(_) | Self::Local(_) | Self::Standard(_) => {}
        }
    }

    /// Where the other side is, if this goes over a connected socket.
    pub fn peer_address(&self) -> Option<Address> {
        match self {
            Self::Socket(socket) => socket.socket().peer_address().ok(),
            Self::Tls(tls) => tls.peer_address(),
            Self::Datagrams(_) | Self::Local(_) | Self::Standard(_) => None,
        }
    }

    /// How many bytes that were sent have not reached the other side's system.
    pub fn undelivered(&self) -> u64 {
        match self {
            Self::Socket(socket) => socket.undelivered(),
            Self::Tls(tls) => tls.undelivered(),
            Self::Datagrams(_) | Self::Local(_) | Self::Standard(_) => 0,
        }
    }

    /// Waits until all that was sent has reached the other side's system, and the end with it; `progress` hears each
    /// time that some has.
    ///
    /// # Errors
    ///
    /// Fails where it never will.
    pub async fn delivered(&self, progress: impl FnMut()) -> std::result::Result<(), Failure> {
        match self {
            Self::Socket(socket) => socket.delivered(progress).await,
            Self::Tls(tls) => tls.delivered(progress).await,
            Self::Local(local) => local.delivered().await,
            Self::Datagrams(_) | Self::Standard(_) => Ok(()),
        }
    }

    /// Waits until the other side is gone, so that nothing can be sent to it any more; gives why, where that is a
    /// failure. For a stream whose end has been received: before, receiving tells.
    pub async fn gone(&self) -> Option<Failure> {
        match self {
            Self::Socket(socket) => socket.gone().await,
            Self::Tls(tls) => tls.gone().await,
            Self::Local(local) => local.gone().await,
            Self::Datagrams(_) | Self::Standard(_) => std::future::pending().await,
        }
    }

    /// The socket, where it is one of datagrams to one peer: many can be sent and received in a call.
    pub fn datagrams(&self) -> Option<&AsyncSocket> {
        match self {
            Self::Socket(socket) if !socket.nature().connected => Some(socket.socket()),
            _ => None,
        }
    }

    /// The address of our own end, where that is a socket of datagrams.
    pub fn local_address(&self) -> Option<Address> {
        match self {
            Self::Datagrams(socket) => socket.local_address(),
            _ => self.datagrams()?.local_address().ok(),
        }
    }

    /// The address of our own end as text, where it is a socket's; empty for others.
    pub fn own_address(&self) -> String {
        let address = match self {
            Self::Socket(socket) => socket.socket().local_address().ok(),
            Self::Tls(tls) => tls.local_address(),
            _ => self.local_address(),
        };
        address.map(|address| address.to_string()).unwrap_or_default()
    }

    /// Has `tell` hear of each address that takes the place of one that refused, where the peer has several.
    pub fn when_moved(&self, tell: impl Fn(&str) + Send + 'static) {
        if let Self::Datagrams(socket) = self {
            socket.when_moved(Box::new(tell));
        }
    }

    /// Whether it is a connection of a peer's, or TLS over one.
    pub const fn is_socket(&self) -> bool {
        matches!(self, Self::Socket(_) | Self::Tls(_))
    }

    /// Lets go of what is behind it, once nothing is read or sent any more: a program's process group is ended. Where
    /// all went as it should (`regular`), a program may take a moment to end by itself; what it failed with is given
    /// then.
    pub async fn finish(&self, regular: bool) -> Option<Failure> {
        match self {
            Self::Local(local) => local.finish(regular).await,
            Self::Socket(_) | Self::Datagrams(_) | Self::Tls(_) | Self::Standard(_) => None,
        }
    }

    /// Whether a person at a terminal makes what it gives, who cannot be waited for once all else is over.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Standard(standard) if standard.input.is_terminal())
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Socket(_) => "Stream(socket)",
            Self::Datagrams(_) => "Stream(datagrams)",
            Self::Tls(_) => "Stream(tls)",
            Self::Local(_) => "Stream(local)",
            Self::Standard(_) => "Stream(standard)",
        })
    }
}
