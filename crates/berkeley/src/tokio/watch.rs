//! The reactor that watches a socket: registering, and waiting on the runtime that the reactor belongs to.

use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, PoisonError};
use std::task::Poll;

use ::tokio::io::Interest;
use ::tokio::io::unix::{AsyncFd, AsyncFdReadyGuard};
use ::tokio::runtime::{Handle, Id};

use super::AsyncSocket;
use crate::error::{Error, Operation, Result};
use crate::sys::Errno;

/// The number of a descriptor that a reactor watches, and whose reactor it is.
///
/// The descriptor is the socket's, which outlives this.
pub(super) struct Watched {
    fd: RawFd,
    runtime: Id,
}

impl AsRawFd for Watched {
    fn as_raw_fd(&self) -> RawFd {
        self.fd
    }
}

impl Watched {
    /// An error on another runtime than the one whose reactor watches: that one may be run by nobody, and the wait
    /// would never end. Asked of a wait that is not over at once, so that the others pay nothing.
    #[cold]
    pub(super) fn check_here(&self) -> Result<()> {
        // An executor that is no runtime of tokio's leaves the runtime to other threads.
        match Handle::try_current() {
            Ok(handle) if handle.id() != self.runtime => Err(Error::invalid(
                Operation::Wait,
                "another tokio runtime watches this socket, the one that first awaited it; use it there, or take it \
                 over with into_socket and from_socket",
            )),
            _ => Ok(()),
        }
    }
}

/// What an event of the reactor is held in.
pub(super) type Ready<'a> = AsyncFdReadyGuard<'a, Watched>;

impl AsyncSocket {
    /// The reactor's view of the socket, which it meets here if it has not yet.
    #[inline]
    pub(super) fn registered(&self) -> Result<&Arc<AsyncFd<Watched>>> {
        match self.registration.get() {
            Some(registration) => Ok(registration),
            None => self.register(),
        }
    }

    #[cold]
    fn register(&self) -> Result<&Arc<AsyncFd<Watched>>> {
        let _held = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registration) = self.registration.get() {
            return Ok(registration);
        }
        let runtime = check_runtime()?;
        let fd = self.socket.as_fd().as_raw_fd();
        let registration = watch(Watched { fd, runtime }).map_err(|error| match error.raw_os_error() {
            Some(errno) => register_error(fd, Errno::from_raw(errno)),
            None => Error::shutdown(Operation::Register, error.to_string()),
        })?;
        Ok(self.registration.get_or_init(|| Arc::new(registration)))
    }
}

/// Waits for an event of `interest`.
pub(super) async fn ready(watched: &AsyncFd<Watched>, interest: Interest) -> Result<Ready<'_>> {
    let mut wait = std::pin::pin!(watched.ready(interest));
    std::future::poll_fn(|context| here(watched, wait.as_mut().poll(context))).await
}

/// What tokio says of a wait, and whether it may go on here.
#[inline]
pub(super) fn here<T>(watched: &AsyncFd<Watched>, polled: Poll<std::io::Result<T>>) -> Poll<Result<T>> {
    match polled {
        Poll::Ready(result) => Poll::Ready(result.map_err(|_| gone())),
        Poll::Pending => match watched.get_ref().check_here() {
            Ok(()) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        },
    }
}

/// Adds a descriptor to the reactor of this thread's runtime.
///
/// With `EPOLLPRI`, so that tokio remembers that urgent data has come: see [`ReadReady::recv`](super::ReadReady::recv).
#[allow(
    deprecated,
    reason = "the successor is unsafe for types whose descriptor may change or close; this one is the socket's own, \
              and the registration is dropped before it"
)]
fn watch(watched: Watched) -> std::io::Result<AsyncFd<Watched>> {
    AsyncFd::with_interest(watched, Interest::READABLE | Interest::WRITABLE | Interest::PRIORITY)
}

/// This thread's runtime. Where there is none tokio panics; this says so instead.
pub(super) fn check_runtime() -> Result<Id> {
    match Handle::try_current() {
        Ok(handle) => Ok(handle.id()),
        Err(_) => Err(Error::invalid(
            Operation::Register,
            "there is no tokio runtime here; call this from within one",
        )),
    }
}

pub(super) fn register_error(fd: RawFd, errno: Errno) -> Error {
    Error::kernel(Operation::Register, errno).on(format!("fd {fd}"))
}

/// The reactor's only error of its own: its runtime is shutting down.
#[cold]
fn gone() -> Error {
    Error::shutdown(Operation::Wait, "the tokio runtime that watches this socket is shutting down")
}
