//! TLS over a connected socket, as a stream.
//!
//! What is received is opened in the thread's buffer and lent from there. What is sent counts as sent once all of its
//! records are with the kernel, so that nothing waits here for a call that may not come.

#[cfg(test)]
mod tests;

use std::io::{self, IoSlice, Read as _, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use berkeley::{Address, AsyncSocket, ReadReady, SendMessage};
use rustls::Connection;
use tokio::time::timeout;

use super::buffer::{PIECE, with_buffer};
use super::socket::SocketStream;
use super::{Broken, Nature};
use crate::exit::{Exit, Failure};
use crate::tls::{self, Seen, Session, take_seen};

/// The most that one handshake takes from the socket at a time, in bytes.
const HANDSHAKE: usize = 4_096;

/// How long a peer that is refused has to take the alert.
const ALERT: Duration = Duration::from_millis(500);

/// How many receives of such a peer are forgotten.
const MOST_FORGOTTEN: usize = 64;

/// The most that is sealed at a time, in bytes: two records.
const SEALED: usize = 32_768;

/// The longest record that says that we are done, in bytes: that of TLS 1.2 with AES-GCM.
const LAST_WORDS: u64 = 31;

/// TLS over a connected socket.
pub struct TlsStream {
    socket: SocketStream,
    /// With whom, for people.
    whom: String,
    state: Mutex<State>,
}

struct State {
    connection: Connection,
    /// So many of the bytes that are sent next have been sealed already, and their records wait for room.
    ahead: usize,
    /// The handshake has brought bytes along.
    early: bool,
    /// We have said that we are done.
    sealed: bool,
    /// The peer has said so.
    ended: bool,
    /// What came after bytes that are taken first.
    fault: Option<rustls::Error>,
    /// What the handshake has shown of the peer.
    seen: Seen,
}

/// What a receive came to.
enum Step<R> {
    Piece(R),
    /// Records of the protocol's own, or half of one.
    Nothing,
    End,
    Failed(Failure),
}

impl TlsStream {
    /// Puts TLS over a socket. Nothing is sent before the [`handshake`](Self::handshake).
    pub fn new(socket: SocketStream, mut connection: Connection, whom: impl Into<String>) -> Self {
        connection.set_buffer_limit(Some(SEALED));
        let seen = Seen::default();
        let state =
            State { connection, ahead: 0, early: false, sealed: false, ended: false, fault: None, seen };
        Self { socket, whom: whom.into(), state: Mutex::new(state) }
    }

    /// Agrees with the peer on keys, and verifies its certificate. It has no limit of time of its own.
    ///
    /// # Errors
    ///
    /// Fails where there is no agreement, which the peer is told, and where the connection breaks.
    pub async fn handshake(&self) -> Result<(), Failure> {
        loop {
            if !self.flush()? {
                self.transport().writable().await?;
                continue;
            }
            if !self.state().connection.is_handshaking() {
                return Ok(());
            }
            match self.transport().recv_ready(|ready| self.step(ready)).await? {
                Step::Failed(failure) => {
                    let _ = timeout(ALERT, self.forget()).await;
                    return Err(failure);
                }
                Step::End => {
                    let message =
                        format!("tls {}: the peer ended the connection within the handshake", self.whom);
                    return Err(Failure::new(Exit::Tls, message));
                }
                Step::Piece(()) | Step::Nothing => {}
            }
        }
    }

    /// Receives and forgets what the peer still says. Closed over bytes that were not received, its system would take a
    /// reset for the end, and the alert behind it for lost.
    async fn forget(&self) -> berkeley::Result<()> {
        let mut bytes = vec![0; HANDSHAKE];
        for _ in 0..MOST_FORGOTTEN {
            if self.transport().recv_ready(|ready| ready.recv(&mut bytes)).await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// One receive of the handshake.
    fn step(&self, ready: &mut ReadReady<'_>) -> berkeley::Result<Step<()>> {
        let mut bytes = [0; HANDSHAKE];
        let length = ready.recv(&mut bytes)?;
        if length == 0 {
            return Ok(Step::End);
        }
        let mut state = self.state();
        let fed = state.feed(&bytes[..length], &mut [], &mut 0);
        state.early = !state.connection.is_handshaking();
        if fed.is_ok() {
            state.seen.add(take_seen());
        }
        drop(state);
        Ok(match fed {
            Ok(()) => Step::Nothing,
            Err(error) => Step::Failed(self.failed(&error)),
        })
    }

    /// What was agreed on, and what the peer showed, once the [`handshake`](Self::handshake) is over.
    pub fn session(&self) -> Session {
        let state = self.state();
        Session::of(&state.connection, &state.seen)
    }

    /// The address of our own end.
    pub(super) fn local_address(&self) -> Option<Address> {
        self.socket.socket().local_address().ok()
    }

    pub(super) const fn nature(&self) -> Nature {
        self.socket.nature()
    }

    /// Without `close_notify`: what the peer has got may not be whole.
    pub(super) fn reset(&self) {
        self.socket.reset();
    }

    pub(super) fn peer_address(&self) -> Option<Address> {
        self.transport().peer_address().ok()
    }

    fn transport(&self) -> &AsyncSocket {
        self.socket.socket()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn receive<R>(
        &self,
        most: usize,
        mut take: impl FnMut(&[u8]) -> R,
    ) -> Result<Option<R>, Failure> {
        let most = most.min(PIECE);
        if let Some(made) = self.take_early(&mut take) {
            return Ok(Some(made));
        }
        loop {
            let (ended, fault) = {
                let mut state = self.state();
                (state.ended, state.fault.take())
            };
            if let Some(error) = fault {
                return Err(self.failed(&error));
            }
            if ended {
                return Ok(None);
            }
            let step = self.transport().recv_ready(|ready| self.take(ready, most, &mut take)).await?;
            match step {
                Step::Piece(made) => return Ok(Some(made)),
                Step::Nothing => {}
                Step::End => {
                    let message = format!("tls {}: the peer cut the connection off within TLS", self.whom);
                    let hint = "without its close_notify, nobody knows whether all has come";
                    return Err(Failure::new(Exit::Reset, message).hint(hint));
                }
                Step::Failed(failure) => return Err(failure),
            }
        }
    }

    /// What came along with the handshake.
    fn take_early<R>(&self, take: &mut impl FnMut(&[u8]) -> R) -> Option<R> {
        if !std::mem::take(&mut self.state().early) {
            return None;
        }
        with_buffer(|buffer| {
            let length = self.state().open(buffer);
            (length > 0).then(|| take(&buffer[..length]))
        })
    }

    fn take<R>(
        &self,
        ready: &mut ReadReady<'_>,
        most: usize,
        take: &mut impl FnMut(&[u8]) -> R,
    ) -> berkeley::Result<Step<R>> {
        with_buffer(|buffer| {
            let (sealed, open) = buffer.split_at_mut(most);
            let length = ready.recv(sealed)?;
            if length == 0 {
                return Ok(Step::End);
            }
            let received = &sealed[..length];
            let mut length = 0;
            let fed = self.state().feed(received, open, &mut length);
            match fed {
                Err(error) if length == 0 => return Ok(Step::Failed(self.failed(&error))),
                Err(error) => self.state().fault = Some(error),
                Ok(()) => {}
            }
            // What the protocol answers by itself; what there is no room for goes with what is sent next.
            let _ = self.flush();
            // Without the lock: what takes it may send it back.
            Ok(if length > 0 { Step::Piece(take(&open[..length])) } else { Step::Nothing })
        })
    }

    /// Tells the peer why, as far as there is room, and says it to people.
    fn failed(&self, error: &rustls::Error) -> Failure {
        let refusal = take_seen().refusal;
        let _ = self.flush();
        let _ = self.socket.end();
        tls::failure(error, &self.whom, refusal)
    }

    /// `None` where there is no room now: then the same bytes are to be sent again.
    pub(super) fn try_send(&self, bytes: &[u8]) -> Result<Option<usize>, Broken> {
        let mut state = self.state();
        if !state.flush(self.transport())? {
            return Ok(None);
        }
        if state.ahead == 0 {
            state.ahead = state.seal(bytes).map_err(|error| Broken::Failed(self.unsealed(&error)))?;
            if !state.flush(self.transport())? {
                return Ok(None);
            }
        }
        Ok(Some(std::mem::take(&mut state.ahead).min(bytes.len())))
    }

    /// How many of the bytes that are sent next have been sealed already: of those only the number counts.
    pub(super) fn sealed(&self) -> usize {
        self.state().ahead
    }

    fn unsealed(&self, error: &io::Error) -> Failure {
        Failure::io(format_args!("tls {}: send", self.whom), error).done_to("send", &self.whom)
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> Result<usize, Broken> {
        loop {
            if let Some(sent) = self.try_send(bytes)? {
                return Ok(sent);
            }
            self.transport().writable().await?;
        }
    }

    /// Sends what waits; false where there is no room for all of it.
    fn flush(&self) -> berkeley::Result<bool> {
        self.state().flush(self.transport())
    }

    pub(super) async fn end(&self) -> Result<(), Broken> {
        let said = self.say_end().await.map_err(Broken::from);
        match said.and_then(|()| self.socket.end()) {
            Err(_) if self.is_done() => Ok(()),
            result => result,
        }
    }

    /// Says that we are done within TLS, and leaves the socket open.
    pub(crate) async fn say_end(&self) -> berkeley::Result<()> {
        {
            let mut state = self.state();
            if !std::mem::replace(&mut state.sealed, true) {
                state.connection.send_close_notify();
            }
        }
        while !self.flush()? {
            self.transport().writable().await?;
        }
        Ok(())
    }

    /// The bytes of records that the kernel has not delivered.
    pub(super) fn undelivered(&self) -> u64 {
        let last_words = if self.state().sealed { LAST_WORDS } else { 0 };
        self.socket.undelivered().saturating_sub(last_words)
    }

    pub(super) async fn delivered(&self, progress: impl FnMut()) -> Result<(), Failure> {
        if self.is_done() {
            return Ok(());
        }
        let delivered = self.socket.delivered(progress).await;
        if delivered.is_err() && self.is_done() { Ok(()) } else { delivered }
    }

    pub(super) async fn gone(&self) -> Option<Failure> {
        let why = self.socket.gone().await;
        if self.is_done() { None } else { why }
    }

    /// Whether both have said that they are done, and the peer has all but our last words: to those it need not
    /// listen, and many a peer closes at once.
    fn is_done(&self) -> bool {
        let state = self.state();
        let both = state.sealed && state.ended;
        drop(state);
        both && self.undelivered() == 0
    }
}

impl State {
    /// Takes what came, and opens what is whole of it into `open`, counted in `length`, whether it goes on or not; what
    /// has no room there waits in the connection.
    fn feed(&mut self, mut sealed: &[u8], open: &mut [u8], length: &mut usize) -> Result<(), rustls::Error> {
        while !sealed.is_empty() && !self.ended {
            // Of a slice, and an error only where what was opened before has not been taken.
            if self.connection.read_tls(&mut sealed).is_err() {
                break;
            }
            let processed = self.connection.process_new_packets();
            *length += self.open(&mut open[*length..]);
            self.ended = processed?.peer_has_closed();
        }
        Ok(())
    }

    /// Takes what has been opened.
    fn open(&mut self, room: &mut [u8]) -> usize {
        let mut length = 0;
        while length < room.len() {
            match self.connection.reader().read(&mut room[length..]) {
                Ok(more @ 1..) => length += more,
                _ => break,
            }
        }
        length
    }

    /// Seals as much as the limit has room for.
    fn seal(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.connection.writer().write(bytes)
    }

    fn flush(&mut self, socket: &AsyncSocket) -> berkeley::Result<bool> {
        while self.connection.wants_write() {
            let mut sink = Sink { socket, failure: None };
            if let Err(error) = self.connection.write_tls(&mut sink) {
                return match sink.failure {
                    Some(failure) => Err(failure),
                    None if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
                    None => Ok(true),
                };
            }
        }
        Ok(true)
    }
}

/// What rustls writes to.
struct Sink<'a> {
    socket: &'a AsyncSocket,
    failure: Option<berkeley::Error>,
}

impl Sink<'_> {
    fn sent(&mut self, sent: berkeley::Result<usize>) -> io::Result<usize> {
        match sent {
            Ok(sent) => Ok(sent),
            Err(error) if error.is_would_block() => Err(io::ErrorKind::WouldBlock.into()),
            Err(error) => {
                let kind = error.kind();
                self.failure = Some(error);
                Err(kind.into())
            }
        }
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.socket.try_send(bytes);
        self.sent(sent)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let sent = self.socket.try_send_msg(&SendMessage::new(pieces));
        self.sent(sent)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
