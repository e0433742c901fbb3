//! A text on standard output, for the commands that print one and end; and what failed, for people and for programs.

use std::io::{self, ErrorKind};

use crate::exit::Failure;
use crate::report::console;
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

/// The failure as an event.
pub(crate) fn tell(failure: &Failure) {
    // Nothing can be done about a standard output that is closed; the exit code tells it too.
    let _ = print(failure.event().into_line().as_bytes());
}

/// The failure for people, with its hints, on standard error.
pub(crate) fn explain(failure: &Failure) {
    console::error(&failure.message, &failure.hints);
}
