//! `sock man`: the man page, made from the same definition as the command line.

use std::io;

use clap::CommandFactory as _;
use clap_mangen::roff::{Roff, roman};

use crate::cli::{Cli, ManArgs};
use crate::command::print::print;
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
    render(&command, &mut page).map_err(|error| Failure::io("make the page", &error))?;
    print(&page)
}

/// The page. What stands behind the help is laid out in lines, which a page would fill up into paragraphs: it gets
/// sections of its own, a heading each, as man-pages(7) orders them.
fn render(command: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    // A page is long: what the short help leaves out is in it.
    let command = command.clone().mut_args(|arg| arg.hide_short_help(false));
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    synopsis(&mut command.clone()).to_writer(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    match command.get_after_long_help() {
        Some(text) => sections(&text.to_string()).to_writer(page),
        None => Ok(()),
    }
}

/// How the command is called, in one line: each option stands with its value below.
fn synopsis(command: &mut clap::Command) -> Roff {
    let usage = command.render_usage().to_string();
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]).text([roman(usage.trim_start_matches("Usage: "))]);
    roff
}

/// Each line that ends in a colon opens a section; its lines stay lines.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_suffix(':') {
            let heading = if heading == "Exit codes" { "EXIT STATUS" } else { &heading.to_uppercase() };
            roff.control("SH", [heading]).control("nf", []);
        } else {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    roff.control("fi", []);
    roff
}
