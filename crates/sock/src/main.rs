//! `sock`: serve, connect to and inspect sockets from a shell.

use std::process::ExitCode;

fn main() -> ExitCode {
    sock::main()
}
