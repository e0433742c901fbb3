//! Datagrams to a peer that has several addresses. UDP connects to whatever it is told to, so only what is sent shows
//! whether anybody is there: until the first answer, an address that refuses is left for the next one.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use berkeley::race::most_useful;
use berkeley::{Address, Error, Result, Socket};
use tokio::sync::Notify;

use super::{Nature, SocketStream};
use crate::exit::Failure;

/// How much is kept, to be sent again to the next address. An address that was sent more without a refusal is the one.
const KEPT: usize = 65_536;

/// Opens a socket to the next address in place of the one that is given; gives `None` after the last.
pub type Others = Box<dyn FnMut(&Socket) -> Option<Result<Socket>> + Send>;

/// Hears the address that has taken the place of the one before.
type Moved = Box<dyn Fn(&str) + Send>;

/// A datagram socket, and the addresses that may yet take its place.
pub struct DatagramStream {
    nature: Nature,
    /// The name whose addresses they are, for errors.
    place: String,
    state: Mutex<State>,
    /// The socket is another one.
    moved: Notify,
}

struct State {
    socket: Arc<SocketStream>,
    /// `None` once it is known who is there.
    others: Option<Others>,
    sent: Vec<Vec<u8>>,
    /// The bytes of `sent` together.
    kept: usize,
    refusals: Vec<Error>,
    tell: Option<Moved>,
}

impl DatagramStream {
    /// A socket to the first address, on the runtime that it is to be used on; `others` open the rest.
    ///
    /// # Errors
    ///
    /// Fails where the reactor cannot have it.
    pub fn new(socket: Socket, nature: Nature, place: String, others: Others) -> Result<Self> {
        let socket = Arc::new(SocketStream::new(socket, nature)?);
        let state = State {
            socket,
            others: Some(others),
            sent: Vec::new(),
            kept: 0,
            refusals: Vec::new(),
            tell: None,
        };
        Ok(Self { nature, place, state: Mutex::new(state), moved: Notify::new() })
    }

    pub(super) const fn nature(&self) -> Nature {
        self.nature
    }

    /// The address of the socket that there is now.
    pub(super) fn local_address(&self) -> Option<Address> {
        self.socket().socket().local_address().ok()
    }

    /// Has `tell` hear of each address that takes the place of one that refused.
    pub(super) fn when_moved(&self, tell: Moved) {
        self.state().tell = Some(tell);
    }

    pub(super) async fn receive<R>(
        &self,
        mut take: impl FnMut(&[u8]) -> R,
    ) -> std::result::Result<Option<R>, Failure> {
        loop {
            // Listened for before the socket is asked for, so that no move in between is missed.
            let moved = self.moved.notified();
            let socket = self.socket();
            let outcome = tokio::select! {
                outcome = socket.receive(usize::MAX, &mut take) => outcome,
                () = moved => continue,
            };
            match outcome {
                Ok(given) => {
                    self.state().settle();
                    return Ok(given);
                }
                Err(error) => self.leave(&socket, error)?,
            }
        }
    }

    pub(super) fn try_send(&self, bytes: &[u8]) -> std::result::Result<Option<usize>, Failure> {
        loop {
            let socket = self.socket();
            match socket.try_send(bytes) {
                Ok(sent) => {
                    if sent.is_some() {
                        self.state().keep(bytes);
                    }
                    return Ok(sent);
                }
                Err(error) => self.leave(&socket, error)?,
            }
        }
    }

    pub(super) async fn send(&self, bytes: &[u8]) -> std::result::Result<usize, Failure> {
        loop {
            let socket = self.socket();
            match socket.send(bytes).await {
                Ok(sent) => {
                    self.state().keep(bytes);
                    return Ok(sent);
                }
                Err(error) => self.leave(&socket, error)?,
            }
        }
    }

    /// Datagrams have no end; but nothing more is sent, so a refusal that has come is heeded now.
    pub(super) fn end(&self) -> std::result::Result<(), Failure> {
        loop {
            let socket = self.socket();
            match socket.socket().take_error()? {
                Some(error) => self.leave(&socket, error)?,
                None => return Ok(()),
            }
        }
    }

    fn socket(&self) -> Arc<SocketStream> {
        Arc::clone(&self.state().socket)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves an address that nobody is at for the next one; gives the failure where that does not help.
    fn leave(&self, socket: &Arc<SocketStream>, error: Error) -> std::result::Result<(), Failure> {
        let mut state = self.state();
        if !Arc::ptr_eq(&state.socket, socket) {
            // Whoever sent has left it already, or whoever received.
            return Ok(());
        }
        if state.others.is_none() || !is_nobody(&error) {
            return Err(error.into());
        }
        state.refusals.push(error);
        if !state.move_on(self.nature) {
            return Err(self.refusal(&state.refusals));
        }
        state.tell_of_move();
        drop(state);
        self.moved.notify_waiters();
        Ok(())
    }

    /// Every address with the cause that says most, as a name that TCP cannot connect to.
    fn refusal(&self, refusals: &[Error]) -> Failure {
        let tried: Vec<&str> = refusals.iter().filter_map(Error::target).collect();
        let errno = most_useful(refusals.iter().map(Error::raw_os_error))
            .and_then(|index| refusals.get(index)?.raw_os_error());
        let cause =
            errno.map_or_else(|| io::ErrorKind::ConnectionRefused.into(), io::Error::from_raw_os_error);
        Failure::io(format_args!("connect {} (tried {})", self.place, tried.join(", ")), &cause)
            .done_to("connect", &self.place)
    }
}

impl State {
    /// Somebody is there: what was sent need not be kept, and no other address is tried.
    fn settle(&mut self) {
        if self.others.take().is_some() {
            self.sent = Vec::new();
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.others.is_none() {
            return;
        }
        self.kept += bytes.len();
        if self.kept > KEPT {
            self.settle();
        } else {
            self.sent.push(bytes.to_vec());
        }
    }

    /// Takes the next address at which nobody has refused yet what was sent so far; says whether there is one.
    fn move_on(&mut self, nature: Nature) -> bool {
        let Some(mut next) = self.others.take() else { return false };
        while let Some(opened) = next(self.socket.socket().socket()) {
            match opened.and_then(|socket| self.resent(socket, nature)) {
                Ok(socket) => {
                    self.socket = Arc::new(socket);
                    self.others = Some(next);
                    return true;
                }
                Err(error) => self.refusals.push(error),
            }
        }
        false
    }

    fn tell_of_move(&self) {
        if let (Some(tell), Ok(peer)) = (&self.tell, self.socket.socket().peer_address()) {
            tell(&peer.to_string());
        }
    }

    /// A socket to which all goes again that the one before it was sent.
    fn resent(&self, socket: Socket, nature: Nature) -> Result<SocketStream> {
        let socket = SocketStream::new(socket, nature)?;
        for datagram in &self.sent {
            // Without room it is lost, as any datagram may be.
            socket.try_send(datagram)?;
        }
        Ok(socket)
    }
}

/// Whether an error says that nobody is at the address, which is no word about the others.
fn is_nobody(error: &Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionRefused | Kind::HostUnreachable | Kind::NetworkUnreachable)
}

impl fmt::Debug for DatagramStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatagramStream").field("place", &self.place).finish_non_exhaustive()
    }
}
