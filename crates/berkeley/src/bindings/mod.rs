//! What bindings to other languages need of the library, and programs in Rust do not.
//!
//! [`once`] has one system call each, which waits where the socket blocks, of memory that others may change meanwhile;
//! [`resolve_raw`] and its like are getaddrinfo(3) and getnameinfo(3) as C has them. Programs have `try_*` and
//! [`resolve`](crate::resolve()).
//!
//! [`set_up_child`] is what a program that may hold no unsafe code needs to start others.
//!
//! The Python package stands on it. It is no part of the library's interface: a change of it breaks no promise.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Command;

use crate::control::ControlBuffer;
use crate::error::Result;
use crate::resolve::Lookup;
use crate::socket::{SendMessage, Socket};
use crate::sys::{Errno, child, fd, process, socket};

pub use crate::resolve::raw::{Literal, RawHints, RawResolved, literal, resolve_back_raw, resolve_raw};
pub use crate::sys::child::DescriptorLimit;
pub use crate::sys::memory::{Control, Sink, Source};

pub mod once;

/// A number that stands for this process, and is another one in each child after fork(2). No system call as a rule.
pub fn incarnation() -> u64 {
    process::incarnation()
}

/// Has the child that `command` starts begin with the default handling of every signal, with no descriptor but 0, 1 and
/// 2, with `descriptors` as its limit of them (`None` for ours), and as the leader of a process group; with `terminal`
/// its standard input is a terminal, and becomes the controlling one of a session of its own.
///
/// This is done between fork(2) and exec(2), where only unsafe code may be.
pub fn set_up_child(command: &mut Command, terminal: bool, descriptors: Option<DescriptorLimit>) {
    child::set_up(command, terminal, descriptors);
}

/// Sets or clears `O_NONBLOCK` (ioctl(2) `FIONBIO`) and nothing else, for who keeps timeouts of their own.
///
/// # Errors
///
/// Fails where the descriptor is not open.
pub fn set_nonblocking<F: AsFd>(socket: &Socket<F>, on: bool) -> Result<()> {
    socket.set_nonblocking(on)
}

/// Shuts one direction or both by the number of `how` (shutdown(2)), which the kernel judges.
///
/// # Errors
///
/// Fails with the kernel's errno: `EINVAL` where the number means nothing to the family.
pub fn shutdown(fd: BorrowedFd<'_>, how: i32) -> io::Result<()> {
    socket::shutdown(fd, how).map_err(into_io)
}

/// Another descriptor of the same open file, with the lowest number that is free (dup(2)), closed by exec(2).
///
/// That may be the number of a standard stream which is closed: [`Socket::try_clone`] leaves those alone.
///
/// # Errors
///
/// Fails with the kernel's errno: `EMFILE` where the process has too many open.
pub fn duplicate(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    fd::duplicate_lowest(fd).map_err(into_io)
}

/// As [`SendMessage::new`], of bytes that others may change meanwhile.
#[inline]
pub const fn message_of<'a>(sources: &'a [Source<'a>]) -> SendMessage<'a> {
    SendMessage::of_sources(sources)
}

/// As [`SendMessage::control`], and in its place: control messages as they lie in memory.
#[inline]
pub const fn with_control<'a>(message: SendMessage<'a>, messages: Control<'a>) -> SendMessage<'a> {
    message.raw_control(messages)
}

/// Has descriptors arrive as recvmsg(2) itself gives them: close-on-exec only where the flags have
/// `MSG_CMSG_CLOEXEC` (0x40000000), which they else have in any case.
///
/// For what stands in for the system call: a program that another thread executes at that moment gets the descriptors
/// too.
pub fn leave_inheritable(control: &mut ControlBuffer) {
    control.data_mut().leave_inheritable();
}

/// Gives up the descriptors that were not taken, and gives the bytes, in which their numbers stand.
///
/// They stay open, and it is the caller's to close them: what an interface that passes numbers needs.
pub fn release_descriptors(control: &mut ControlBuffer) -> &[u8] {
    control.data_mut().release();
    control.as_bytes()
}

/// As [`Lookup::start`], with the names and numbers that [`resolve_raw`] takes: nothing is checked.
///
/// # Errors
///
/// Fails as [`Lookup::start`] does.
pub fn start_lookup(host: Option<&CStr>, service: Option<&CStr>, hints: RawHints) -> Result<Lookup> {
    Lookup::start_raw(host, service, hints)
}

fn into_io(errno: Errno) -> io::Error {
    io::Error::from_raw_os_error(errno.as_raw())
}
