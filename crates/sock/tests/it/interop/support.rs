//! Both sides of a conversation, the tools' and ours, as processes between files and pipes.

use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use crate::kit::{Place, Process, SOCK, TempDir, Transport};

/// Starts `program`; what it says on standard error is shown when it is missed.
#[track_caller]
pub(super) fn start(
    program: &str,
    arguments: &[String],
    stdin: impl Into<Stdio>,
    stdout: impl Into<Stdio>,
) -> Process {
    let mut command = Command::new(program);
    command.args(arguments).stdin(stdin).stdout(stdout).stderr(Stdio::piped());
    Process::start_as_it_is(&mut command)
}

/// Starts `sock` with these words.
#[track_caller]
pub(super) fn ours(words: &[&str], stdin: impl Into<Stdio>, stdout: impl Into<Stdio>) -> Process {
    let words: Vec<String> = words.iter().map(ToString::to_string).collect();
    start(SOCK, &words, stdin, stdout)
}

/// Our server at a place of its own, listening, with these options.
#[track_caller]
pub(super) fn serve(folder: &TempDir, transport: Transport, options: &[&str]) -> (Process, Place) {
    let place = Place::free(transport, folder);
    let endpoint = place.endpoint();
    // Events are told instead of lines.
    let quiet = if options.contains(&"--json") { &[][..] } else { &["--quiet"] };
    let words: Vec<&str> = ["serve", &endpoint].iter().chain(quiet).chain(options).copied().collect();
    let mut server = ours(&words, Stdio::null(), Stdio::piped());
    place.wait_until_listening(&mut server);
    (server, place)
}

/// The SHA-256 of all that comes, by the tool that comes with every Linux.
pub(super) struct Digest(Process);

impl Digest {
    pub(super) fn of(input: impl Into<Stdio>) -> Self {
        Self(start("sha256sum", &[], input, Stdio::piped()))
    }

    pub(super) fn finish(self) -> String {
        self.0.finish().out()
    }
}

/// A path of a file that has none: for as long as we hold it, others can open it too.
pub(super) fn path_of(file: &File) -> PathBuf {
    Path::new("/proc").join(process::id().to_string()).join("fd").join(file.as_raw_fd().to_string())
}
