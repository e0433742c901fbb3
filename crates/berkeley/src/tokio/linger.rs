//! [`Owner`]: the socket of an [`AsyncSocket`](super::AsyncSocket), closed where nobody else waits for it.

use std::ops::Deref;

use ::tokio::runtime::Handle;

use crate::socket::Socket;

/// Owns the socket, and closes it elsewhere where close(2) would wait (`SO_LINGER`, socket(7)), which it does whatever
/// `O_NONBLOCK` says.
pub(super) struct Owner(Option<Socket>);

impl Owner {
    pub(super) const fn new(socket: Socket) -> Self {
        Self(Some(socket))
    }

    /// The socket, for good.
    pub(super) fn into_inner(mut self) -> Socket {
        match self.0.take() {
            Some(socket) => socket,
            None => unreachable!("the socket is taken here and by drop alone, after which there is no owner"),
        }
    }
}

impl Deref for Owner {
    type Target = Socket;

    #[inline]
    fn deref(&self) -> &Socket {
        match &self.0 {
            Some(socket) => socket,
            None => unreachable!("an owner without its socket is on its way out"),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let Some(socket) = self.0.take_if(|socket| socket.lingers()) else { return };
        // Without a runtime no other task is held up: the socket waits here, as any other does.
        if let Ok(runtime) = Handle::try_current() {
            drop(runtime.spawn_blocking(move || drop(socket)));
        }
    }
}
