//! Programs that are started, each the leader of a process group of its own, and how that group is ended.
//!
//! A program has descriptors 0 to 2 and no other, the limit of descriptors that this process began with, the default
//! handling of every signal, and the environment without what is meant for this process alone.

mod reaper;
pub mod ucspi;
pub mod words;

use std::env;
use std::io;
use std::process::{Child, Command};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, Once, OnceLock, PoisonError};

use berkeley::bindings::{DescriptorLimit, set_up_child};
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};
use signal_hook::consts::SIGCHLD;
use signal_hook::flag;

use crate::exit::{Exit, Failure};
use crate::notify;
use crate::report::escape::escape;

pub use reaper::{GRACE, end, end_all};

/// How many bytes of a command line an error repeats.
const SHOWN: usize = 60;

/// How many descriptors this process was started with the right to open. (Its type has no page: bindings are hidden.)
#[doc(hidden)]
static LIMIT: OnceLock<DescriptorLimit> = OnceLock::new();

/// Notes the limit of descriptors, before this process raises it for itself.
pub fn remember_limit() {
    if let Some(limit) = DescriptorLimit::now() {
        // A second call changes nothing.
        let _ = LIMIT.set(limit);
    }
}

/// A command line: `exec:` or `sh:`, and what is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As it is shown: `exec:ls -l`.
    pub name: String,
    /// The program and its arguments: one word at least.
    words: Vec<String>,
}

impl Line {
    /// Words, split as a shell splits them.
    ///
    /// # Errors
    ///
    /// Fails where no shell could read it either, and where a shell would do more than to split it.
    pub fn exec(text: &str) -> Result<Self, words::WordsError> {
        Ok(Self { name: shown("exec", text), words: words::split(text)? })
    }

    /// A line of the shell's.
    pub fn sh(text: &str) -> Self {
        let words = ["/bin/sh", "-c", text].map(str::to_owned).to_vec();
        Self { name: shown("sh", text), words }
    }

    /// The command that starts it.
    pub fn command(&self) -> Command {
        // There is one word at least.
        let (program, arguments) =
            self.words.split_first().map_or(("", &[][..]), |(first, rest)| (first, rest));
        let mut command = Command::new(program);
        command.args(arguments);
        command
    }

    /// Whether there is a program of that name.
    pub fn is_there(&self) -> bool {
        let Some(program) = self.words.first() else { return false };
        if program.contains('/') {
            return std::path::Path::new(program).exists();
        }
        let path = env::var_os("PATH").unwrap_or_else(|| "/bin:/usr/bin".into());
        env::split_paths(&path).any(|folder| folder.join(program).exists())
    }

    /// What is said of one that cannot be started.
    pub fn failure(&self, error: &io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::NotFound => {
                let failure = Failure::new(Exit::Other, format_args!("{}: command not found", self.name));
                failure.hint("exec: takes a program of PATH or a path; sh: has the shell read the line")
            }
            _ => Failure::io(format_args!("start {}", self.name), error),
        }
    }
}

fn shown(scheme: &str, text: &str) -> String {
    format!("{scheme}:{}", escape(text.as_bytes(), SHOWN))
}

/// Whether a variable of the environment is meant for this process, and not for those that it starts.
fn is_ours_alone(name: &str) -> bool {
    const SOCKETS: [&str; 3] = ["LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];
    SOCKETS.contains(&name) || notify::VARIABLES.contains(&name) || name.starts_with("SOCK_")
}

/// The variables that hold a secret of ours, by what the command line says.
static SECRETS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Has no program get this variable: it holds a secret.
pub fn conceal(name: &str) {
    SECRETS.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
}

fn is_secret(name: &str) -> bool {
    SECRETS.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|secret| secret == name)
}

/// How many descriptors it takes to start a program: pipes for its input and output, one that tells whether it runs,
/// and copies. Fewer stay.
pub const DESCRIPTORS: usize = 8;

/// Starts a program; with `terminal` its standard input is one, and becomes its controlling terminal.
///
/// # Errors
///
/// Fails where it cannot be started.
pub fn start(command: &mut Command, terminal: bool) -> io::Result<Child> {
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| is_ours_alone(name) || is_secret(name)) {
            command.env_remove(name);
        }
    }
    set_up_child(command, terminal, LIMIT.get().copied());
    keep_endings();
    let child = command.spawn()?;
    reaper::started(&child);
    Ok(child)
}

/// Has the kernel keep how a child ended, and its number, until it is waited for. Where this process was started with
/// SIGCHLD ignored it keeps neither: then nobody learns of a failure, and the number may be another's.
fn keep_endings() {
    static ONCE: Once = Once::new();
    static CAME: AtomicBool = AtomicBool::new(false);
    // What has a handler is not ignored. Where there can be none, all is as it was.
    ONCE.call_once(|| _ = flag::register(SIGCHLD, &CAME));
}

/// The number of a child, and of its group.
pub fn group_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// How a child ended, which is still there to be waited for; `None` while it runs.
pub fn ended(group: Pid) -> Option<Ended> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(group), options) {
        Ok(None) => None,
        Ok(Some(status)) => Some(Ended::from(&status)),
        // It was waited for already.
        Err(_) => Some(Ended::Unknown),
    }
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this status.
    Exit(i32),
    /// By this signal.
    Signal(i32),
    /// Nobody knows.
    Unknown,
}

impl From<&WaitIdStatus> for Ended {
    fn from(status: &WaitIdStatus) -> Self {
        match (status.exit_status(), status.terminating_signal()) {
            (Some(code), _) => Self::Exit(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }
}

impl Ended {
    /// What is said of a program that has failed; `None` of one that has not.
    pub fn failure(self, name: &str) -> Option<Failure> {
        let how = match self {
            Self::Exit(0) | Self::Unknown => return None,
            Self::Exit(127) if name.starts_with("sh:") => {
                "exited with status 127: command not found".to_owned()
            }
            Self::Exit(code) => format!("exited with status {code}"),
            Self::Signal(number) => match signal_hook::low_level::signal_name(number) {
                Some(signal) => format!("ended by {signal}"),
                None => format!("ended by signal {number}"),
            },
        };
        Some(Failure::new(Exit::Other, format_args!("{name}: {how}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_failed_is_told_in_words() {
        let rows = [
            (Ended::Exit(0), None),
            (Ended::Unknown, None),
            (Ended::Exit(3), Some("exec:x: exited with status 3")),
            (Ended::Signal(11), Some("exec:x: ended by SIGSEGV")),
            (Ended::Signal(64), Some("exec:x: ended by signal 64")),
        ];
        for (ended, want) in rows {
            assert_eq!(ended.failure("exec:x").map(|failure| failure.message).as_deref(), want);
        }
    }

    #[test]
    fn a_variable_with_a_secret_is_not_passed_on() {
        // Every test that cargo runs has it.
        conceal("CARGO_PKG_NAME");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "echo ${CARGO_PKG_NAME-none}"]).stdout(std::process::Stdio::piped());
        let child = start(&mut command, false).expect("every system has sh");
        let output = child.wait_with_output().expect("it ends by itself");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "none\n");
    }

    #[test]
    fn what_is_meant_for_us_alone_is_not_passed_on() {
        for (name, ours) in [
            ("SOCK_PASSWORD", true),
            ("LISTEN_FDS", true),
            ("NOTIFY_SOCKET", true),
            ("PATH", false),
            ("SOCKS", false),
        ] {
            assert_eq!(is_ours_alone(name), ours, "{name}");
        }
    }
}
