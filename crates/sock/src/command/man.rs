//! `sock man`: the man page, made from the same definition as the command line.

use std::io::{self, Write as _, stdout};

use clap::CommandFactory as _;

use crate::cli::{Cli, ManArgs};
use crate::exit::Failure;

/// Prints the page of `sock`, or of one subcommand, to standard output in the man(7) language.
pub fn run(args: &ManArgs) -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    if let Some(name) = &args.subcommand {
        let known: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
        let unknown =
            || Failure::misuse(format_args!("no subcommand {name:?}; there are {}", known.join(", ")));
        command = command.find_subcommand(name).cloned().ok_or_else(unknown)?;
    }
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command).render(&mut page);
    written(rendered.and_then(|()| stdout().write_all(&page)))
}

/// What came of printing a text; a reader that has gone away, as `head` does, is no failure.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::io("write standard output", &error))
        }
        _ => Ok(()),
    }
}
