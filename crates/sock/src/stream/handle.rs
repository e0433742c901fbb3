//! A descriptor that this process was given, such as standard input: read and written without blocking, and without
//! `O_NONBLOCK` on what other processes share with us.
//!
//! That flag belongs to the open file, which a shell's pipe or terminal has in common with its other users. So a pipe
//! and a terminal are opened anew by their path in /proc, a socket is told not to wait call by call, and what never
//! makes anybody wait for long, a file or /dev/null, is read and written as it is. Where a pipe or a terminal may not
//! be opened anew, as after su(1), a thread waits in its place.

use std::fs::File;
use std::future::Future;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt as _;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use berkeley::{Deadline, Flags, SocketRef};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::sync::Mutex;
use tokio::task::{JoinHandle, consume_budget, spawn_blocking};

use crate::report::patience;

/// A descriptor to read from.
pub(super) enum Reader {
    /// Of a pipe or a terminal, opened anew; as it was given, for the first read.
    Opened(pipe::Receiver, std::sync::Mutex<Option<File>>),
    Socket(AsyncFd<OwnedFd>),
    /// Always ready.
    File(File),
    /// Of a pipe or a terminal that may not be opened anew.
    Shared(Arc<File>, Mutex<Ahead>),
}

/// What a thread reads ahead, and who asked for it may have gone meanwhile.
pub(super) enum Ahead {
    Nothing,
    Reading(JoinHandle<io::Result<Vec<u8>>>),
    Read(Vec<u8>),
}

/// A descriptor to write to.
pub(super) enum Writer {
    /// Of a pipe or a terminal, opened anew.
    Opened(pipe::Sender),
    Socket(AsyncFd<OwnedFd>),
    /// Always ready.
    File(File),
    /// Of a pipe or a terminal that may not be opened anew.
    Shared(Arc<File>),
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
                Ok(opened) => Ok(Self::Opened(opened, std::sync::Mutex::new(Some(file)))),
                Err(_) if may_wait(&file) => Ok(Self::Shared(Arc::new(file), Mutex::new(Ahead::Nothing))),
                Err(_) => Ok(Self::File(file)),
            },
            Kind::File => Ok(Self::File(file)),
        }
    }

    /// Of what this process alone has open, which may be a pipe or a device.
    pub(super) fn own(fd: OwnedFd) -> io::Result<Self> {
        let opened = pipe::Receiver::from_owned_fd_unchecked(without_blocking(fd)?)?;
        Ok(Self::Opened(opened, std::sync::Mutex::new(None)))
    }

    /// The regular file, where it is one that may be read.
    pub(super) fn file(&self) -> Option<&File> {
        let Self::File(file) = self else { return None };
        let is_readable = fcntl_getfl(file).is_ok_and(|flags| !flags.contains(OFlags::WRONLY));
        (is_readable && file.metadata().is_ok_and(|it| it.is_file())).then_some(file)
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
            Self::Opened(opened, given) => {
                // A FIFO whose writers have all gone says so only to those who had it open with them.
                let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(file) = given
                    && is_ready(&file, berkeley::Interest::READABLE)
                {
                    return attempt(&mut |buffer| (&file).read(buffer));
                }
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
            Self::Shared(file, ahead) => {
                // Held over the wait: a read that is given up goes on, and the next one has what it gave.
                let mut ahead = ahead.lock().await;
                let bytes = ahead.next(file, most).await?;
                let mut used = false;
                let made = attempt(&mut |buffer| {
                    used = true;
                    (&bytes[..]).read(buffer)
                });
                *ahead = if used { Ahead::Nothing } else { Ahead::Read(bytes) };
                made
            }
        }
    }
}

impl Ahead {
    /// What has been read, or is to be: of `file`, at most `most` bytes.
    async fn next(&mut self, file: &Arc<File>, most: usize) -> io::Result<Vec<u8>> {
        if let Self::Read(bytes) = self {
            return Ok(std::mem::take(bytes));
        }
        if matches!(self, Self::Nothing) {
            let file = Arc::clone(file);
            *self = Self::Reading(spawn_blocking(move || {
                let mut bytes = vec![0; most];
                let length = patience::read(&mut &*file, &mut bytes)?;
                bytes.truncate(length);
                Ok(bytes)
            }));
        }
        let Self::Reading(reading) = self else { return Ok(Vec::new()) };
        let outcome = reading.await.map_err(io::Error::other);
        *self = Self::Nothing;
        outcome?
    }
}

/// How much a pipe that is writable takes at once (`PIPE_BUF`, pipe(7)).
const PAGE: usize = 4096;

/// Whether a call would not wait now (poll(2)).
fn is_ready(file: &File, interest: berkeley::Interest) -> bool {
    SocketRef::borrow(file.as_fd()).wait(interest, Deadline::after(Duration::ZERO)).is_ok()
}

impl Writer {
    /// Of a copy of `fd`, on the runtime that it is to be used on.
    pub(super) fn new(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let file = File::from(fd.try_clone_to_owned()?);
        match kind(&file)? {
            Kind::Socket => registered(file.into(), Interest::WRITABLE).map(Self::Socket),
            Kind::Waits => match pipe::OpenOptions::new().unchecked(true).open_sender(path(fd)) {
                Ok(opened) => Ok(Self::Opened(opened)),
                Err(_) if may_wait(&file) => Ok(Self::Shared(Arc::new(file))),
                Err(_) => Ok(Self::File(file)),
            },
            Kind::File => Ok(Self::File(file)),
        }
    }

    /// Of what this process alone has open, which may be a pipe or a device.
    pub(super) fn own(fd: OwnedFd) -> io::Result<Self> {
        pipe::Sender::from_owned_fd_unchecked(without_blocking(fd)?).map(Self::Opened)
    }

    /// Writes what there is room for, without waiting, or as long as a file takes.
    ///
    /// To what may not be opened anew a page goes at a time: more could wait.
    pub(super) fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Opened(opened) => opened.try_write(bytes),
            Self::Socket(socket) => socket.try_io(Interest::WRITABLE, |fd| {
                Ok(SocketRef::borrow(fd.as_fd()).try_send(bytes, Flags::NONE)?)
            }),
            Self::File(file) => patience::write(&mut &*file, bytes).map(|()| bytes.len()),
            // poll(2) says that a pipe is writable where it has a page free, and write(2) of no more does not wait.
            Self::Shared(file) => {
                let ready = is_ready(file, berkeley::Interest::WRITABLE);
                if !ready {
                    return Err(io::ErrorKind::WouldBlock.into());
                }
                (&**file).write(&bytes[..bytes.len().min(PAGE)])
            }
        }
    }

    /// Waits until something can be written.
    pub(super) async fn ready(&self) -> io::Result<()> {
        match self {
            Self::Opened(opened) => opened.writable().await,
            Self::Socket(socket) => socket.writable().await.map(drop),
            Self::File(_) => Ok(()),
            Self::Shared(file) => {
                let file = Arc::clone(file);
                let waited = spawn_blocking(move || {
                    SocketRef::borrow(file.as_fd()).wait(berkeley::Interest::WRITABLE, Deadline::NEVER)
                });
                waited.await.map_err(io::Error::other)?.map(drop).map_err(Into::into)
            }
        }
    }
}

/// Sets `O_NONBLOCK` on what nobody else has open.
fn without_blocking(fd: OwnedFd) -> io::Result<OwnedFd> {
    fcntl_setfl(&fd, fcntl_getfl(&fd)? | OFlags::NONBLOCK)?;
    Ok(fd)
}

/// Has the reactor watch a descriptor, which is open for as long as it does: it is owned.
#[allow(deprecated, reason = "what takes its place is unsafe, for descriptors that are not owned")]
pub(crate) fn registered(fd: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
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
