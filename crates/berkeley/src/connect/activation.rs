//! [`inherit`]: a descriptor that the parent process has left open; [`listen_fds`]: the sockets that a service manager
//! has opened for this one (`sd_listen_fds(3)`).

use std::env;
use std::env::VarError;
use std::iter;
use std::os::fd::OwnedFd;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Operation, Result};
use crate::socket::Socket;
use crate::sys::inherited::{self, Refusal};

/// Whether the service manager's sockets have been given out, or are just being given out.
static DONE: AtomicBool = AtomicBool::new(false);

/// The number of the first socket; the others follow (`SD_LISTEN_FDS_START`).
const FIRST: u32 = 3;

/// What a socket without a name is called, as `sd_listen_fds_with_names(3)` has it.
const NAMELESS: &str = "unknown";

/// Takes the descriptor that the parent process has left open under `number`, such as a shell's `3>ready`.
///
/// The number itself is what is owned: it is close-on-exec from now on, and closed when the value is dropped. Of the
/// standard streams, 0 to 2, it is a duplicate. Each number is taken once in the life of a process, by this function or
/// by [`listen_fds`]. For a socket, `Socket::from(inherit(number)?)`.
///
/// Fails with `EBADF` where nothing is open under that number, and in words where it was taken before, or where this
/// process has opened it itself: what Rust and this library open is close-on-exec, and what the parent has left open
/// cannot be. A descriptor that other code of this process has opened without `O_CLOEXEC`, or has made inheritable,
/// cannot be told from it: call this first, before any such code runs.
///
/// # Examples
///
/// ```
/// use berkeley::inherit;
/// use std::fs::File;
/// use std::os::fd::AsRawFd;
///
/// let own = File::open("/dev/null")?;
/// let error = inherit(own.as_raw_fd().try_into().unwrap()).unwrap_err();
/// assert!(error.to_string().ends_with("this process has opened it itself"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn inherit(number: u32) -> Result<OwnedFd> {
    inherited::take(number).map_err(|refusal| refused(number, refusal))
}

/// The sockets that systemd, or another service manager, has opened for this process (`sd_listen_fds(3)`); none where
/// it was started otherwise.
///
/// They are those of the numbers from 3 on, `LISTEN_FDS` of them, where `LISTEN_PID` is this process. The numbers
/// themselves become the sockets: they are close-on-exec from now on, and to drop a listener ends its listening. They
/// are as the unit says, listening or not, of any type.
///
/// They are taken once in the life of a process: a second call gives none. The environment stays as it is, since to
/// change it is not safe while other threads read it; a program that this one starts takes nothing by it, for
/// `LISTEN_PID` is another's. [`Command::env_remove`](std::process::Command::env_remove) takes the variables away from
/// a child that is to see none.
///
/// All numbers are checked before the first is taken, so that a failure takes none.
///
/// # Errors
///
/// Fails where the variables are no numbers; where a number is not open (`EBADF`), no socket (`ENOTSOCK`, as of a
/// FIFO), the same socket as one before it, taken already ([`inherit`]), or opened by this process itself.
///
/// # Examples
///
/// ```
/// use berkeley::{create_server, listen_fds};
///
/// let mut servers = listen_fds()?;
/// if servers.is_empty() {
///     servers.push(create_server("127.0.0.1:0")?);
/// }
/// # Ok::<(), berkeley::Error>(())
/// ```
#[doc(alias = "sd_listen_fds")]
#[doc(alias = "LISTEN_FDS")]
pub fn listen_fds() -> Result<Vec<Socket>> {
    Ok(listen_fds_with_names()?.into_iter().map(|(_, socket)| socket).collect())
}

/// As [`listen_fds`], each with the name that its unit gives it (`FileDescriptorName=`, in `LISTEN_FDNAMES`), `unknown`
/// where it gives none (`sd_listen_fds_with_names(3)`).
#[doc(alias = "sd_listen_fds_with_names")]
#[doc(alias = "LISTEN_FDNAMES")]
pub fn listen_fds_with_names() -> Result<Vec<(String, Socket)>> {
    if DONE.swap(true, Ordering::Relaxed) {
        return Ok(Vec::new());
    }
    let sockets = inherited_sockets();
    // Nothing was taken: what is there may be asked for again.
    if sockets.as_ref().map_or(true, Vec::is_empty) {
        DONE.store(false, Ordering::Relaxed);
    }
    sockets
}

/// What the environment promises, with names.
fn inherited_sockets() -> Result<Vec<(String, Socket)>> {
    let [process, count, names] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].map(variable);
    let count = count_for(process::id(), process, count)?;
    let sockets =
        inherited::take_sockets(FIRST, count).map_err(|(number, refusal)| refused(number, refusal))?;
    let names = names.as_deref().unwrap_or_default().split(':').chain(iter::repeat(""));
    let name = |name: &str| if name.is_empty() { NAMELESS } else { name }.to_owned();
    Ok(names.map(name).zip(sockets.into_iter().map(Socket::from)).collect())
}

/// The error of a number that cannot be taken.
fn refused(number: u32, refusal: Refusal) -> Error {
    let error = match refusal {
        Refusal::Kernel(errno) => Error::kernel(Operation::Inherit, errno),
        Refusal::Taken => Error::invalid(Operation::Inherit, "it was taken before"),
        Refusal::Own => Error::invalid(Operation::Inherit, "this process has opened it itself"),
        Refusal::Same(other) => {
            Error::invalid(Operation::Inherit, format!("it is the same socket as fd {other}"))
        }
        Refusal::Beyond => {
            Error::invalid(Operation::Inherit, format!("numbers from {} on are not taken", inherited::LIMIT))
        }
    };
    error.on(format!("fd {number}"))
}

/// A variable of the environment, what is no UTF-8 replaced; `None` where it is not set.
fn variable(name: &str) -> Option<String> {
    match env::var(name) {
        Ok(value) => Some(value),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(value)) => Some(value.to_string_lossy().into_owned()),
    }
}

/// How many sockets the two variables promise to the process `own`.
pub(crate) fn count_for(own: u32, process: Option<String>, count: Option<String>) -> Result<u32> {
    let (Some(process), Some(count)) = (process, count) else { return Ok(0) };
    if number("LISTEN_PID", &process)? != own {
        return Ok(0);
    }
    number("LISTEN_FDS", &count)
}

fn number(name: &str, value: &str) -> Result<u32> {
    value.parse().map_err(|_| {
        let why = format!("the environment has {name}={}, which is not a number", value.escape_debug());
        Error::invalid(Operation::Inherit, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_are_promised_to_one_process() {
        let rows = [
            (None, None, 0),
            (Some("7"), None, 0),
            (None, Some("2"), 0),
            (Some("7"), Some("2"), 2),
            (Some("7"), Some("0"), 0),
            (Some("8"), Some("2"), 0),
            (Some("8"), Some("of somebody else"), 0),
        ];
        for (process, count, want) in rows {
            let got = count_for(7, process.map(str::to_owned), count.map(str::to_owned));
            assert_eq!(got.unwrap(), want, "{process:?} {count:?}");
        }
        let message = |process: &str, count: &str| {
            count_for(7, Some(process.to_owned()), Some(count.to_owned())).unwrap_err().to_string()
        };
        assert_eq!(message("", "1"), "inherit: the environment has LISTEN_PID=, which is not a number");
        assert_eq!(
            message("7", "-1\n"),
            r"inherit: the environment has LISTEN_FDS=-1\n, which is not a number"
        );
    }
}
