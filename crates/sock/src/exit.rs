//! How a command ends: the exit codes, and what is said with them.

use std::env;
use std::fmt;
use std::io;
use std::process::ExitCode;

use berkeley::{Cause, Error, Operation};

use crate::report::errno;
use crate::report::json::Event;

/// The exit codes, the same for every subcommand, with `--json` and without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A failure of no other kind.
    Other = 1,
    /// The command line is invalid.
    Misuse = 2,
    /// The name is unknown.
    NameUnknown = 3,
    /// Refused: nobody listens there.
    Refused = 4,
    /// The network or the host cannot be reached.
    Unreachable = 5,
    /// TLS failed, or a certificate was refused.
    Tls = 6,
    /// Permission denied.
    Permission = 7,
    /// The address is in use, or is not of this machine.
    AddressInUse = 8,
    /// The connection was reset, or ended before everything was sent.
    Reset = 9,
    /// A proxy refused, or is none.
    Proxy = 10,
    /// A timeout of the command's ran out.
    Timeout = 124,
    /// Interrupted.
    Interrupted = 130,
    /// Terminated by a second signal.
    Terminated = 143,
}

impl Exit {
    /// Every code with its meaning, as `--help` lists them.
    pub const TABLE: &'static str = "\
Exit codes:
  0 done                   5 unreachable          10 refused by a proxy
  1 other failure          6 TLS, certificate     124 timeout
  2 invalid command line   7 permission denied    130 interrupted
  3 name unknown           8 address in use       143 terminated
  4 refused                9 reset or incomplete
A server that drained after SIGINT, SIGTERM or SIGHUP exits 0.";
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// A command's failure: its exit code, one message, and hints on what to do.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What failed and why, without the `sock: ` before it.
    pub message: String,
    /// What to do about it, a line each.
    pub hints: Vec<String>,
    /// What was done when it failed, such as `connect`; `None` where nothing was done yet.
    pub operation: Option<String>,
    /// The address or the name to which it was done.
    pub address: Option<String>,
    /// The system's error number.
    pub errno: Option<i32>,
}

impl Failure {
    /// A failure without hints.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Self { exit, message, hints: Vec::new(), operation: None, address: None, errno: None }
    }

    /// The command line is invalid.
    pub fn misuse(message: impl fmt::Display) -> Self {
        Self::new(Exit::Misuse, message)
    }

    /// With one more hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// A failed operation on a file or a stream: `doing` says what, such as `read payload.bin`.
    pub fn io(doing: impl fmt::Display, error: &io::Error) -> Self {
        let exit = match error.kind() {
            // A file that is not there is nobody who refuses.
            io::ErrorKind::NotFound => Exit::Other,
            kind => exit_of_kind(kind),
        };
        let failure = Self::new(exit, format_args!("{doing}: {}", cause_of(error)));
        Self { operation: Some(doing.to_string()), errno: error.raw_os_error(), ..failure }
    }

    /// With what was done, in a word of the kernel's where it has one, and to which address, name or path.
    #[must_use]
    pub fn done_to(self, operation: &str, address: impl fmt::Display) -> Self {
        let address = address.to_string();
        let address = without_transport(&address).to_owned();
        Self { operation: Some(operation.to_owned()), address: Some(address), ..self }
    }

    /// Where the right to it is wanting: that `what` needs `CAP_NET_RAW`, and how this program gets that.
    #[must_use]
    pub(crate) fn wanting_net_raw(self, what: &str) -> Self {
        if self.exit != Exit::Permission {
            return self;
        }
        let program = env::current_exe().map_or_else(|_| "sock".into(), |path| path.display().to_string());
        Self { hints: Vec::new(), ..self }
            .hint(format!("{what} needs CAP_NET_RAW: sudo setcap cap_net_raw+ep {program}"))
    }

    /// Whether no descriptor was to be had, of the process's or of the system's.
    pub(crate) fn lacks_descriptors(&self) -> bool {
        matches!(self.errno.and_then(errno::name), Some("EMFILE" | "ENFILE"))
    }

    /// Whether the machine has no room for it now, such as for a descriptor: the next try may succeed.
    pub(crate) fn lacks_room(&self) -> bool {
        let lacks_memory = matches!(self.errno.and_then(errno::name), Some("ENOBUFS" | "ENOMEM"));
        lacks_memory || self.lacks_descriptors()
    }

    /// The failure as the event `error`, for programs.
    pub fn event(&self) -> Event {
        self.told(Some(self.exit as u8))
    }

    /// The same for a failure that the command survives: it has no exit code.
    pub fn survived(&self) -> Event {
        self.told(None)
    }

    fn told(&self, exit_code: Option<u8>) -> Event {
        Event::new("error")
            .field("message", self.message.as_str())
            .field("exit_code", exit_code)
            .field("operation", self.operation.as_deref())
            .field("address", self.address.as_deref())
            .field("errno", self.errno)
            .field("errno_name", self.errno.and_then(errno::name))
            .field("hints", self.hints.as_slice())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let exit = match error.cause() {
            Cause::Resolver(_) | Cause::Host(_) => Exit::NameUnknown,
            Cause::TimedOut => Exit::Timeout,
            Cause::Invalid => Exit::Misuse,
            // A Unix path where nothing is, is one where nobody listens; for all else it is only a path.
            _ if error.kind() == io::ErrorKind::NotFound && !connects(error) => Exit::Other,
            _ => exit_of_kind(error.kind()),
        };
        let failure = Self {
            operation: Some(operation_in_words(error).to_owned()),
            address: error.target().map(|target| without_transport(target).to_owned()),
            errno: error.raw_os_error(),
            ..Self::new(exit, in_words(error))
        };
        match hint_for(error) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

/// The library names its functions; a person reads what was done.
fn in_words(error: &Error) -> String {
    error.to_string().replacen(error.operation().as_str(), operation_in_words(error), 1)
}

fn operation_in_words(error: &Error) -> &'static str {
    match error.operation() {
        Operation::CreateConnection => "connect",
        Operation::CreateServer => "listen on",
        Operation::ResolveBack => "find the name of",
        operation => operation.as_str(),
    }
}

/// `tcp 127.0.0.1:80` without its first word; a path may hold spaces of its own.
fn without_transport(target: &str) -> &str {
    match target.split_once(' ') {
        Some((word, address)) if !word.contains([':', '/']) => address,
        _ => target,
    }
}

fn connects(error: &Error) -> bool {
    matches!(error.operation(), Operation::Connect | Operation::CreateConnection)
}

fn exit_of_kind(kind: io::ErrorKind) -> Exit {
    use io::ErrorKind as Kind;
    match kind {
        Kind::ConnectionRefused | Kind::NotFound => Exit::Refused,
        Kind::NetworkUnreachable | Kind::HostUnreachable | Kind::NetworkDown => Exit::Unreachable,
        Kind::PermissionDenied => Exit::Permission,
        Kind::AddrInUse | Kind::AddrNotAvailable => Exit::AddressInUse,
        Kind::ConnectionReset | Kind::ConnectionAborted | Kind::BrokenPipe => Exit::Reset,
        Kind::TimedOut => Exit::Timeout,
        _ => Exit::Other,
    }
}

fn hint_for(error: &Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            Some("port 0 lets the kernel choose a free port; `ss -lntup` shows who listens where")
        }
        io::ErrorKind::AddrNotAvailable => Some("`sock interfaces` shows the addresses of this machine"),
        io::ErrorKind::PermissionDenied => hint_for_permission(error),
        _ => None,
    }
}

/// What permission is wanting, by what was done and to what.
fn hint_for_permission(error: &Error) -> Option<&'static str> {
    if error.operation() == Operation::Socket {
        return Some("raw sockets and those of packets need CAP_NET_RAW");
    }
    let transport = error.target().unwrap_or_default();
    let listens = matches!(error.operation(), Operation::Bind | Operation::CreateServer);
    if transport.starts_with("unix") {
        return Some(if listens {
            "to listen at a Unix path needs write permission on its folder"
        } else {
            "to connect to a Unix path needs write permission on it; its server sets that with ?mode="
        });
    }
    if listens {
        return Some("ports below 1024 need CAP_NET_BIND_SERVICE");
    }
    transport.starts_with("udp").then_some("a UDP broadcast needs ?broadcast")
}

/// std's text of an error, in lower case and with its number, as the library prints its own.
fn cause_of(error: &io::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_the_documented_codes() {
        let rows = [
            (111, Exit::Refused),
            (2, Exit::Other),
            (101, Exit::Unreachable),
            (113, Exit::Unreachable),
            (13, Exit::Permission),
            (1, Exit::Permission),
            (98, Exit::AddressInUse),
            (99, Exit::AddressInUse),
            (104, Exit::Reset),
            (32, Exit::Reset),
            (110, Exit::Timeout),
            (5, Exit::Other),
        ];
        for (errno, exit) in rows {
            let error = io::Error::from_raw_os_error(errno);
            assert_eq!(Failure::io("read x", &error).exit, exit, "errno {errno}");
        }
    }

    #[test]
    fn causes_are_lower_case_with_their_number() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(Failure::io("read x", &error).message, "read x: no such file or directory (os error 2)");
    }
}
