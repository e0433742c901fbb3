//! A text on standard output, for the commands that print one and end.

use std::io::{self, ErrorKind};

use crate::exit::Failure;
use crate::report::patience;

/// Prints all of `text`; a reader that has gone away, as `head` does, is no failure.
pub(crate) fn print(text: &[u8]) -> Result<(), Failure> {
    match patience::write(&mut io::stdout().lock(), text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::io("write standard output", &error))
        }
        _ => Ok(()),
    }
}
