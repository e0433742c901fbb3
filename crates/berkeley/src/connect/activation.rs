//! [`listen_fds`]: the sockets that a service manager has opened for this process (`sd_listen_fds(3)`).

use std::env;
use std::env::VarError;
use std::process;

use crate::error::{Error, Operation, Result};
use crate::socket::Socket;
use crate::sys::fd;

/// The number of the first socket; the others follow (`SD_LISTEN_FDS_START`).
const FIRST: u32 = 3;

/// What a socket without a name is called, as `sd_listen_fds_with_names(3)` has it.
const NAMELESS: &str = "unknown";

/// The sockets that systemd, or whoever speaks its protocol, has opened for this process (`sd_listen_fds(3)`); none
/// where it was started otherwise.
///
/// They are those of the numbers from 3 on, `LISTEN_FDS` of them, where `LISTEN_PID` is this process. Each is
/// duplicated as [`Socket::inherit`] does; the number itself stays open, from now on close-on-exec. They are as the
/// unit says: listening or not, of any type, and a FIFO among them is no socket. The environment stays as it is, since
/// to change it is not safe while other threads read it: a second call gives them once more.
///
/// Fails where the variables are no numbers, and with `EBADF` where a socket is missing.
///
/// ```
/// use berkeley::{ServerOptions, create_server, listen_fds};
/// use std::net::Ipv4Addr;
///
/// let mut servers = listen_fds()?;
/// if servers.is_empty() {
///     servers.push(create_server((Ipv4Addr::LOCALHOST, 0), &ServerOptions::new())?);
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
    let [process, count, names] = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].map(variable);
    let mut names = names.as_deref().unwrap_or_default().split(':');
    let mut sockets = Vec::new();
    for number in FIRST..FIRST.saturating_add(count_for(process::id(), process, count)?) {
        let socket = Socket::inherit(number)?;
        fd::set_close_on_exec(number)
            .map_err(|errno| Error::kernel(Operation::Inherit, errno).on(format!("fd {number}")))?;
        let name = names.next().filter(|name| !name.is_empty()).unwrap_or(NAMELESS);
        sockets.push((name.to_owned(), socket));
    }
    Ok(sockets)
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
        let why = format!("the environment has {name}={}, which is no number", value.escape_debug());
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
        assert_eq!(message("", "1"), "inherit: the environment has LISTEN_PID=, which is no number");
        assert_eq!(message("7", "-1\n"), r"inherit: the environment has LISTEN_FDS=-1\n, which is no number");
    }
}
