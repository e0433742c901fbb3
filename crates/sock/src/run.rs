//! From the command line to the exit code.

use std::env;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use crate::cli::{Cli, Command};
use crate::command::{
    capture, completions, connect, craft, decode, inspect, interfaces, listen, man, options, ping, print,
    relay, resolve, serve, tour, trace, wait,
};
use crate::exit::{Exit, Failure};
use crate::explain;
use crate::misuse;
use crate::program;
use crate::report::console;
use crate::signal;

/// Runs the command that the arguments ask for; prints what went wrong, in one piece, to standard error.
pub fn main() -> ExitCode {
    program::remember_limit();
    let args: Vec<String> = env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    console::start(asks_for_events(&args));
    let outcome = match Cli::try_parse() {
        Ok(cli) => explained(cli.explain, &args).and_then(|()| run(cli.command)),
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            print::print(error.to_string().as_bytes()).map(|()| Exit::Done)
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            console::page(error.to_string());
            Ok(Exit::Misuse)
        }
        Err(error) => {
            let failure = match env::args_os().skip(1).find(|arg| arg.to_str().is_none()) {
                Some(arg) if error.kind() == ErrorKind::InvalidUtf8 => misuse::not_utf8(&arg),
                _ => misuse::failure(&error, &args),
            };
            if asks_for_events(&args) {
                print::tell(&failure);
            }
            Err(failure)
        }
    };
    explain::settle();
    let exit = outcome.unwrap_or_else(|failure| {
        print::explain(&failure);
        failure.exit
    });
    program::end_all();
    if exit == Exit::Interrupted {
        signal::end_by_interrupt();
    }
    exit.into()
}

fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Tour(args) => tour::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Connect(args) => connect::run(&args),
        Command::Listen(args) => listen::run(&args),
        Command::Relay(args) => relay::run(&args),
        Command::Wait(args) => wait::run(&args),
        Command::Resolve(args) => told(args.json, resolve::run(&args)),
        Command::Inspect(args) => told(args.json, inspect::run(&args)),
        Command::Ping(args) => told(args.json, ping::run(&args)),
        Command::Options(args) => told(args.json, options::run(&args)),
        Command::Capture(args) => told(args.packets.json, capture::run(&args)),
        Command::Interfaces(args) => told(args.json, interfaces::run(&args)),
        Command::Trace(args) => told(args.json, trace::run(&args)),
        Command::Decode(args) => decode::run(&args),
        Command::Craft(args) => craft::run(&args),
        Command::Completions(args) => completions::run(&args).map(|()| Exit::Done),
        Command::Man(args) => man::run(&args).map(|()| Exit::Done),
    }
}

/// Has each system call told from here on, with `--explain`.
fn explained(explain: bool, args: &[String]) -> Result<(), Failure> {
    if !explain {
        return Ok(());
    }
    explain::start(asks_for_events(args)).map_err(|error| Failure::io("start the log", &error))
}

/// The failure as an event too, where events were asked for.
fn told(json: bool, outcome: Result<Exit, Failure>) -> Result<Exit, Failure> {
    outcome.inspect_err(|failure| {
        if json {
            print::tell(failure);
        }
    })
}

/// Whether a command line that could not be read asks for events all the same: who asked reads nothing else.
fn asks_for_events(args: &[String]) -> bool {
    args.iter().take_while(|arg| *arg != "--").any(|arg| arg == "--json")
}
