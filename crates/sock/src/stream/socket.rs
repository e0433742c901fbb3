//! A socket as a stream.

use std::io;
use std::net::Shutdown;
use std::ops::Deref;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use berkeley::control::ControlBuffer;
use berkeley::option;
use berkeley::{AsyncSocket, Flags, ReadReady, Result, Socket};
use tokio::io::Interest;
use tokio::time::sleep;

use super::buffer::{PIECE, with_buffer};
use super::handle::registered;
use super::{Broken, Nature};
use crate::exit::{Exit, Failure};

/// How often it is looked whether the peer has all that it was sent: of that there is no event.
const LOOK: Duration = Duration::from_millis(5);
/// Once it has taken so long.
const LATER: Duration = Duration::from_millis(50);

/// A connected socket.
pub struct SocketStream {
    socket: Held,
    nature: Nature,
    /// Every message says who sent it (`SO_PASSCRED`), an empty one too.
    credentials: bool,
    /// Our end has been sent, which the kernel counts as a byte until it is acknowledged (TCP's FIN).
    ended: AtomicBool,
}

/// A socket that is the stream's own, or is shared with those who count its bytes and may end it.
enum Held {
    Own(AsyncSocket),
    Shared(Arc<dyn AsRef<AsyncSocket> + Send + Sync>),
}

impl Deref for Held {
    type Target = AsyncSocket;

    fn deref(&self) -> &AsyncSocket {
        match self {
            Self::Own(socket) => socket,
            Self::Shared(owner) => (**owner).as_ref(),
        }
    }
}

impl SocketStream {
    /// Takes over a socket, on the runtime that it is to be used on.
    ///
    /// # Errors
    ///
    /// Fails where the reactor cannot have it.
    pub fn new(socket: Socket, nature: Nature) -> Result<Self> {
        Ok(Self::of(AsyncSocket::from_socket(socket)?, nature))
    }

    /// As [`new`](Self::new), of a socket that the reactor has.
    pub fn of(socket: AsyncSocket, nature: Nature) -> Self {
        Self::held(Held::Own(socket), nature)
    }

    /// As [`of`](Self::of), of a socket that others have too.
    pub fn shared(owner: Arc<dyn AsRef<AsyncSocket> + Send + Sync>, nature: Nature) -> Self {
        Self::held(Held::Shared(owner), nature)
    }

    fn held(socket: Held, nature: Nature) -> Self {
        let credentials = nature.long && socket.socket().get(option::PASSCRED).unwrap_or(false);
        Self { socket, nature, credentials, ended: AtomicBool::new(false) }
    }

    /// The socket.
    pub fn socket(&self) -> &AsyncSocket {
        &self.socket
    }

    pub(super) const fn nature(&self) -> Nature {
        self.nature
    }

    pub(super) async fn receive<R>(&self, mut take: impl FnMut(&[u8]) -> R) -> Result<Option<R>> {
        self.socket.recv_ready(|ready| with_buffer(|buffer| self.take(ready, buffer, &mut take))).await
    }

    fn take<R>(
        &self,
        ready: &mut ReadReady<'_>,
        buffer: &mut Vec<u8>,
        take: &mut impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>> {
        if !self.nature.messages {
            let length = ready.recv(&mut buffer[..PIECE])?;
            return Ok((length > 0).then(|| take(&buffer[..length])));
        }
        if self.nature.long {
            // Both an empty message and the end are a receive of nothing. But a message has a sender, whose name is the
            // one that was connected to, and the end has none. Where we listen the peer mostly has no name either.
            let (length, sender) = ready.recv_from_with(&mut [], Flags::PEEK | Flags::TRUNC)?;
            if length == 0 && self.nature.connected && sender.is_unnamed() {
                return if self.credentials { Self::take_empty(ready, take) } else { Ok(None) };
            }
            if length > buffer.len() {
                buffer.resize(length, 0);
            }
        }
        let length = ready.recv(buffer)?;
        Ok(Some(take(&buffer[..length])))
    }

    /// Takes a message that is empty, as its credentials tell; `None` at the end, which has none.
    fn take_empty<R>(ready: &mut ReadReady<'_>, take: &mut impl FnMut(&[u8]) -> R) -> Result<Option<R>> {
        let mut control = ControlBuffer::new();
        ready.recv_msg(&mut [], &mut control)?;
        Ok(control.messages().next().is_some().then(|| take(&[])))
    }

    /// `None` where there is no room now.
    pub(super) fn try_send(&self, bytes: &[u8]) -> Result<Option<usize>> {
        match self.socket.socket().try_send(bytes, Flags::NONE) {
            Err(error) if error.is_would_block() || error.is_interrupted() => Ok(None),
            result => result.map(Some),
        }
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> Result<usize> {
        self.socket.send(bytes).await
    }

    pub(super) fn end(&self) -> std::result::Result<(), Broken> {
        if !self.nature.connected {
            return Ok(());
        }
        match self.socket.shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => match self.failure() {
                Some(failure) => Err(Broken::Failed(failure)),
                // Where there is no error, the receiving side has learnt what became of it.
                None => Ok(()),
            },
            result => {
                self.ended.store(true, Ordering::Relaxed);
                Ok(result?)
            }
        }
    }

    /// The error that is left on the socket: a reset that came after the peer's end says that what was sent last was
    /// not received.
    fn failure(&self) -> Option<Failure> {
        let error = self.socket.take_error().ok().flatten()?;
        let doing = error.target().map_or_else(|| "send".to_owned(), |peer| format!("send {peer}"));
        let cause = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        Some(Failure::io(doing, &cause))
    }

    /// The bytes that the kernel still has to send, or to have acknowledged.
    pub(super) fn undelivered(&self) -> u64 {
        let end = u64::from(self.ended.load(Ordering::Relaxed));
        self.unacknowledged().saturating_sub(end)
    }

    /// As [`undelivered`](Self::undelivered), our end counted in.
    fn unacknowledged(&self) -> u64 {
        if !self.nature.acknowledged {
            return 0;
        }
        self.socket.socket().unsent().map_or(0, |bytes| bytes as u64)
    }

    pub(super) async fn delivered(&self, mut progress: impl FnMut()) -> std::result::Result<(), Failure> {
        let (mut left, mut looks) = (self.unacknowledged(), 0_u32);
        while left > 0 {
            // A peer that has reset the connection leaves its send queue as it was.
            if let Some(failure) = self.failure() {
                return Err(failure);
            }
            sleep(if looks < 20 { LOOK } else { LATER }).await;
            looks = looks.saturating_add(1);
            let now = self.unacknowledged();
            if now < left {
                progress();
            }
            left = now;
        }
        self.failure().map_or(Ok(()), Err)
    }

    pub(super) async fn gone(&self) -> Option<Failure> {
        if !self.nature.connected {
            return std::future::pending().await;
        }
        match self.hung_up().await {
            Ok(()) => self.failure(),
            Err(error) => Some(Failure::new(Exit::Other, format_args!("watch the connection: {error}"))),
        }
    }

    /// Waits until the socket can be written to no more. A descriptor of its own has events of its own: those of the
    /// stream's stay with whoever waits for them.
    async fn hung_up(&self) -> io::Result<()> {
        let watch = self.socket.socket().as_fd().try_clone_to_owned()?;
        let watch = registered(watch, Interest::WRITABLE | Interest::ERROR)?;
        loop {
            let mut event = watch.ready(Interest::WRITABLE | Interest::ERROR).await?;
            if event.ready().is_write_closed() || event.ready().is_error() {
                return Ok(());
            }
            event.clear_ready();
        }
    }
}
