//! `sock completions SHELL`: the shell's completion script, made from the same definition as the command line.

use std::io::Write as _;
use std::io::stdout;

use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::command::man::written;
use crate::exit::Failure;

/// Prints the script to standard output.
pub fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sock", &mut script);
    written(stdout().write_all(&script))
}
