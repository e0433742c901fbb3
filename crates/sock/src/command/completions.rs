//! `sock completions SHELL`: the shell's completion script, made from the same definition as the command line.

use clap::CommandFactory as _;

use crate::cli::{Cli, CompletionsArgs};
use crate::command::print::print;
use crate::exit::Failure;

/// Prints the script to standard output.
pub fn run(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sock", &mut script);
    print(&script)
}
