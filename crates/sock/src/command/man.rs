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

/// The page. What stands around the help is laid out in lines, which a page would fill up into paragraphs: it gets
/// sections of its own, a heading each, as man-pages(7) orders them.
fn render(command: &clap::Command, page: &mut Vec<u8>) -> io::Result<()> {
    let man = clap_mangen::Man::new(command.clone());
    man.render_title(page)?;
    man.render_name_section(page)?;
    man.render_synopsis_section(page)?;
    man.render_options_section(page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(page)?;
    }
    let around = [command.get_after_help(), command.get_before_help()];
    for text in around.into_iter().flatten() {
        sections(&text.to_string()).to_writer(page)?;
    }
    Ok(())
}

/// Each line that ends in a colon opens a section; its lines stay lines.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_suffix(':') {
            roff.control("SH", [heading.to_uppercase().as_str()]).control("nf", []);
        } else {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
    }
    roff.control("fi", []);
    roff
}
