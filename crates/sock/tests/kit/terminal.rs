//! Terminals, which `script` of util-linux lends.

use std::process::Command;

use super::Process;

/// Starts a line of shell at a terminal of its own.
///
/// What is written to the process is typed: lines, and the keys Ctrl-C (`\x03`) and Ctrl-D (`\x04`). What the terminal
/// shows, with what is typed, is its standard output; lines end in `\r\n`. A test asks for `script` first.
#[track_caller]
pub(crate) fn terminal(line: &str) -> Process {
    Process::start(&mut command(line))
}

/// That command, for a test that sets more.
pub(crate) fn command(line: &str) -> Command {
    let mut script = Command::new("script");
    script.args(["--quiet", "--return", "--echo", "always", "--command", line, "/dev/null"]);
    script
}
