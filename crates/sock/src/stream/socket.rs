//! A socket as a stream.

use std::fs::File;
use std::io::{self, Seek as _};
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use berkeley::control::ControlBuffer;
use berkeley::option;
use berkeley::{AsyncSocket, Deadline, Flags, Interest as Events, ReadReady, Result, Socket};
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

/// The most of a file that one call sends, so that none holds a thread for long.
const FILE_PIECE: u64 = 1 << 20;

/// A connected socket.
pub struct SocketStream {
    socket: Owner,
    nature: Nature,
    /// Every message says who sent it (`SO_PASSCRED`), an empty one too.
    credentials: bool,
    /// Our end has been sent, which the kernel counts as a byte until it is acknowledged (TCP's FIN).
    ended: AtomicBool,
}

/// Whose the socket is.
enum Owner {
    /// The stream's alone.
    Stream(AsyncSocket),
    /// That of others too, who may end it.
    Shared(Arc<dyn AsRef<AsyncSocket> + Send + Sync>),
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
        Self::owned(Owner::Stream(socket), nature)
    }

    /// Of a socket that others have too. It is closed when the last of them lets go of it.
    pub fn shared(socket: Arc<dyn AsRef<AsyncSocket> + Send + Sync>, nature: Nature) -> Self {
        Self::owned(Owner::Shared(socket), nature)
    }

    fn owned(socket: Owner, nature: Nature) -> Self {
        let mut stream = Self { socket, nature, credentials: false, ended: AtomicBool::new(false) };
        stream.credentials = nature.long && stream.socket().socket().get(option::PASSCRED).unwrap_or(false);
        stream
    }

    /// The socket.
    pub fn socket(&self) -> &AsyncSocket {
        match &self.socket {
            Owner::Stream(socket) => socket,
            Owner::Shared(owner) => (**owner).as_ref(),
        }
    }

    pub(super) const fn nature(&self) -> Nature {
        self.nature
    }

    pub(super) async fn receive<R>(
        &self,
        most: usize,
        mut take: impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>> {
        let most = most.min(PIECE);
        self.socket()
            .recv_ready(|ready| with_buffer(|buffer| self.take(ready, most, buffer, &mut take)))
            .await
    }

    fn take<R>(
        &self,
        ready: &mut ReadReady<'_>,
        most: usize,
        buffer: &mut Vec<u8>,
        take: &mut impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>> {
        if !self.nature.messages {
            let length = ready.recv(&mut buffer[..most])?;
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
        match self.socket().socket().try_send(bytes, Flags::NONE) {
            Err(error) if error.is_would_block() || error.is_interrupted() => Ok(None),
            result => result.map(Some),
        }
    }

    /// Whether a file's bytes can go out without passing through the program: sendfile(2) knows no messages.
    pub(super) const fn takes_files(&self) -> bool {
        !self.nature.messages
    }

    /// Whether splice(2) keeps what it moves as it is: it knows no messages.
    pub(super) const fn is_spliced(&self) -> bool {
        !self.nature.messages
    }

    /// Sends some of `file`, at most `most` bytes, from its own position on, which moves with what went; gives how
    /// much, 0 at its end.
    pub(super) async fn send_file(&self, mut file: &File, most: u64) -> std::result::Result<u64, Failure> {
        let unread = |error: io::Error| Failure::io("read standard input", &error);
        loop {
            // A peer that takes all at once must not keep the thread to itself.
            tokio::task::consume_budget().await;
            let position = file.stream_position().map_err(unread)?;
            match self.socket().try_send_file(file, position, FILE_PIECE.min(most)) {
                Ok(sent) => {
                    file.seek(io::SeekFrom::Start(position + sent)).map_err(unread)?;
                    return Ok(sent);
                }
                Err(error) if error.is_would_block() || error.is_interrupted() => {
                    self.socket().writable().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> Result<usize> {
        self.socket().send(bytes).await
    }

    /// Has the close reset the connection, so that the peer does not take for whole what it has got. What has not been
    /// sent is lost. A Unix socket has no reset.
    pub fn reset(&self) {
        if self.nature.acknowledged {
            // Where it cannot be set there is no connection any more.
            let _ = self.socket().socket().set(option::LINGER, Some(Duration::ZERO));
        }
    }

    pub(super) fn end(&self) -> std::result::Result<(), Broken> {
        if !self.nature.connected {
            return Ok(());
        }
        match self.socket().shutdown(Shutdown::Write) {
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
        let error = self.socket().take_error().ok().flatten()?;
        let cause = error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        Some(match error.target() {
            Some(peer) => Failure::io(format_args!("send {peer}"), &cause).done_to("send", peer),
            None => Failure::io("send", &cause),
        })
    }

    /// That a connection is no more whose error somebody has been told: what is left in its send queue goes nowhere.
    fn lost(&self) -> Option<Failure> {
        let error = self.socket().peer_address().err()?;
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        (error.kind() == io::ErrorKind::NotConnected).then(|| Failure::io("send", &reset))
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
        self.socket().socket().unsent().map_or(0, |bytes| bytes as u64)
    }

    pub(super) async fn delivered(&self, mut progress: impl FnMut()) -> std::result::Result<(), Failure> {
        let (mut left, mut looks) = (self.still_to_deliver()?, 0_u32);
        while left > 0 {
            sleep(if looks < 20 { LOOK } else { LATER }).await;
            looks = looks.saturating_add(1);
            let now = self.still_to_deliver()?;
            if now < left {
                progress();
            }
            left = now;
        }
        Ok(())
    }

    /// As [`unacknowledged`](Self::unacknowledged); an error where it cannot be delivered any more.
    fn still_to_deliver(&self) -> std::result::Result<u64, Failure> {
        // Asked before what is left: the last acknowledgement ends the connection too where the peer ended first.
        let lost = self.lost();
        let left = self.unacknowledged();
        // A peer that has reset the connection leaves its send queue as it was.
        match self.failure().or_else(|| lost.filter(|_| left > 0)) {
            Some(failure) => Err(failure),
            None => Ok(left),
        }
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
        let Ok(watch) = self.socket().socket().as_fd().try_clone_to_owned() else {
            self.seen_hung_up().await;
            return Ok(());
        };
        let watch = registered(watch, Interest::WRITABLE | Interest::ERROR)?;
        loop {
            let mut event = watch.ready(Interest::WRITABLE | Interest::ERROR).await?;
            if event.ready().is_write_closed() || event.ready().is_error() {
                return Ok(());
            }
            event.clear_ready();
        }
    }

    /// As [`hung_up`](Self::hung_up), where no descriptor is left: that is no reason to cut a connection off.
    async fn seen_hung_up(&self) {
        let wanted = Events::HANG_UP | Events::ERROR;
        let is_hung_up = || {
            let found = self.socket().socket().wait(wanted, Deadline::after(Duration::ZERO));
            found.is_ok_and(|found| found.contains(Events::HANG_UP) || found.contains(Events::ERROR))
        };
        while !is_hung_up() {
            sleep(LATER).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::time::Instant;

    use berkeley::{Family, Protocol, Type};

    use super::*;

    #[tokio::test]
    async fn a_file_goes_out_from_its_own_position_which_moves_with_what_went() {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        let stream = SocketStream::of(left, Nature::STANDARD);
        let path = std::env::temp_dir().join(format!("sock-file-{}", std::process::id()));
        let mut file =
            File::options().read(true).write(true).create(true).truncate(true).open(&path).expect("a file");
        std::fs::remove_file(&path).expect("a file without a name");
        file.write_all(&vec![7; 3 << 20]).expect("room for it");
        file.seek(io::SeekFrom::Start(1 << 20)).expect("a position");
        let reading = tokio::spawn(async move {
            let (mut bytes, begun) = (0, Instant::now());
            while bytes < 2 << 20 && begun.elapsed() < Duration::from_secs(20) {
                bytes += right.recv_vec(65_536).await.expect("bytes").len();
            }
            bytes
        });
        let mut sent = 0;
        loop {
            let part = stream.send_file(&file, u64::MAX).await.expect("a part");
            sent += part;
            assert_eq!(file.stream_position().expect("a position"), (1 << 20) + sent);
            if part == 0 {
                break;
            }
        }
        assert_eq!((sent, reading.await.expect("a reader")), (2 << 20, 2 << 20));
    }

    #[tokio::test]
    async fn a_peer_that_goes_is_seen_without_a_descriptor_to_watch_it() {
        let (left, right) = AsyncSocket::pair(Family::UNIX, Type::STREAM, Protocol::DEFAULT).expect("a pair");
        let stream = SocketStream::of(left, Nature::STANDARD);
        let mut seen = std::pin::pin!(stream.seen_hung_up());
        assert!(tokio::time::timeout(LATER, seen.as_mut()).await.is_err(), "the peer is there");
        drop(right);
        tokio::time::timeout(Duration::from_secs(20), seen).await.expect("the peer has gone");
    }

    #[tokio::test]
    async fn the_last_acknowledgement_ends_a_connection_and_loses_nothing() {
        let listener = berkeley::create_server("127.0.0.1:0").expect("a listener");
        let address = listener.local_address().expect("its address");
        // What is acknowledged last waits for the peer to read.
        listener.set(option::RCVBUF, 8_192).expect("a small buffer");
        // Whether the acknowledgement comes between two questions is chance.
        for _ in 0..200 {
            let ours = Socket::new(address.family(), Type::STREAM, Protocol::DEFAULT).expect("a socket");
            ours.connect(address).expect("a connection");
            let (theirs, _) = listener.accept().expect("the peer's side");
            theirs.shutdown(Shutdown::Write).expect("the peer's end");
            let stream = SocketStream::new(ours, Nature::NETWORK).expect("a place");
            stream.socket().send_all(&vec![7; 100_000]).await.expect("room for it");
            let reading =
                std::thread::spawn(move || while theirs.recv(&mut [0; 16_384]).expect("bytes") > 0 {});
            stream.end().map_err(|_| "the end").expect("our end");
            while stream.still_to_deliver().expect("nothing is lost") > 0 {}
            reading.join().expect("no panic");
        }
    }
}
