//! A descriptor that this process was given, such as standard input: read and written without blocking, and without
//! `O_NONBLOCK` on what other processes share with us.
//!
//! That flag belongs to the open file, which a shell's pipe or terminal has in common with its other users. So a pipe
//! and a terminal are opened anew by their path in /proc, a socket is told not to wait call by call, and what never
//! makes anybody wait for long, a file or /dev/null, is read and written as it is. Where a pipe or a terminal may not
//! be opened anew, as after su(1), a thread waits in its place.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::sync::Arc;

use berkeley::{Flags, SocketRef};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::task::{consume_budget, spawn_blocking};

use crate::report::patience;

/// A descriptor to read from.
pub(super) enum Reader {
    /// Of a pipe or a terminal, opened anew.
    Opened(pipe::Receiver),
    Socket(AsyncFd<OwnedFd>),
    /// Always ready.
    File(File),
    /// Of a pipe or a terminal that may not be opened anew.
    Shared(Arc<File>),
}

/// A descriptor to write to.
pub(super) enum Writer {
    /// Of a pipe or a terminal, opened anew.
    Opened(pipe::Sender),
    Socket(AsyncFd<OwnedFd>),
    /// Always ready, or to be waited for in the call.
    File(File),
}

/// What a descriptor is of, as far as it matters here.
enum Kind {
    Socket,
    /// A pipe, or a device, of which a terminal is one.
    Waits,
    File,
}

fn kind(file: &File) -> io::Result<Kind> {
    let kind = file.metadata()?.file_type();
    Ok(if kind.is_socket() {
        Kind::Socket
    } else if kind.is_fifo() || kind.is_char_device() {
        Kind::Waits
    } else {
        Kind::File
    })
}

/// Where /proc has the open file of a descriptor.
fn path(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

/// Whether its reads and writes may wait: those of a pipe and of a terminal, but not of /dev/null and its like.
fn may_wait(file: &File) -> bool {
    io::IsTerminal::is_terminal(file) || file.metadata().is_ok_and(|it| it.file_type().is_fifo())
}

impl Reader {
    /// Of a copy of `fd`, on the runtime that it is to be used on.
    pub(super) fn new(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let file = File::from(fd.try_clone_to_owned()?);
        match kind(&file)? {
            Kind::Socket => registered(file.into(), Interest::READABLE).map(Self::Socket),
            Kind::Waits => match pipe::OpenOptions::new().unchecked(true).open_receiver(path(fd)) {
                Ok(opened) => Ok(Self::Opened(opened)),
                Err(_) if may_wait(&file) => Ok(Self::Shared(Arc::new(file))),
                Err(_) => Ok(Self::File(file)),
            },
            Kind::File => Ok(Self::File(file)),
        }
    }

    /// Waits until there is something, or the end, and lends what was read, at most `most` bytes in `buffer`.
    ///
    /// Where nothing can be read after all, it waits on: `attempt` is called again.
    pub(super) async fn read<R>(
        &self,
        most: usize,
        mut attempt: impl FnMut(&mut dyn FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<R>,
    ) -> io::Result<R> {
        match self {
            Self::Opened(opened) => {
                again(|| opened.readable(), || attempt(&mut |buffer| opened.try_read(buffer))).await
            }
            Self::Socket(socket) => loop {
                let mut ready = socket.readable().await?;
                let outcome = ready.try_io(|fd| {
                    attempt(&mut |buffer| Ok(SocketRef::borrow(fd.as_fd()).try_recv(buffer, Flags::NONE)?))
                });
                if let Ok(result) = outcome {
                    return result;
                }
            },
            Self::File(file) => {
                // One that is never at its end must not keep the thread from all else.
                consume_budget().await;
                attempt(&mut |buffer| patience::read(&mut &*file, buffer))
            }
            Self::Shared(file) => {
                let file = Arc::clone(file);
                let read = spawn_blocking(move || {
                    let mut bytes = vec![0; most];
                    patience::read(&mut &*file, &mut bytes).map(|length| {
                        bytes.truncate(length);
                        bytes
                    })
                });
                let bytes = read.await.map_err(io::Error::other)??;
                attempt(&mut |buffer| (&bytes[..]).read(buffer))
            }
        }
    }
}

impl Writer {
    /// Of a copy of `fd`, on the runtime that it is to be used on.
    pub(super) fn new(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let file = File::from(fd.try_clone_to_owned()?);
        match kind(&file)? {
            Kind::Socket => registered(file.into(), Interest::WRITABLE).map(Self::Socket),
            Kind::Waits => match pipe::OpenOptions::new().unchecked(true).open_sender(path(fd)) {
                Ok(opened) => Ok(Self::Opened(opened)),
                Err(_) => Ok(Self::File(file)),
            },
            Kind::File => Ok(Self::File(file)),
        }
    }

    /// Writes what there is room for, without waiting, or as long as a file takes.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Opened(opened) => opened.try_write(bytes),
            Self::Socket(socket) => Ok(SocketRef::borrow(socket.as_fd()).try_send(bytes, Flags::NONE)?),
            Self::File(file) => patience::write(&mut &*file, bytes).map(|()| bytes.len()),
        }
    }

    /// Writes all of `bytes`, as there is room.
    pub(super) async fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let written = match self {
                Self::Opened(opened) => again(|| opened.writable(), || opened.try_write(rest)).await?,
                Self::Socket(socket) => loop {
                    let mut ready = socket.writable().await?;
                    let outcome =
                        ready.try_io(|fd| Ok(SocketRef::borrow(fd.as_fd()).try_send(rest, Flags::NONE)?));
                    if let Ok(result) = outcome {
                        break result?;
                    }
                },
                Self::File(file) => {
                    patience::write(&mut &*file, rest)?;
                    rest.len()
                }
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            rest = &rest[written..];
        }
        Ok(())
    }
}

/// Has the reactor watch a descriptor, which is open for as long as it does: it is owned.
#[allow(deprecated, reason = "what takes its place is unsafe, for descriptors that are not owned")]
pub(super) fn registered(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, interest)
}

/// Makes the attempt until it does not ask to wait, and waits in between.
async fn again<T, W: Future<Output = io::Result<()>>>(
    wait: impl Fn() -> W,
    mut attempt: impl FnMut() -> io::Result<T>,
) -> io::Result<T> {
    loop {
        wait().await?;
        match attempt() {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            result => return result,
        }
    }
}
