//! What stands around the options in the help of a command: what they are not enough to say, and the examples, last.

use crate::endpoint::{self, Use};
use crate::exit::Exit;

/// The version, the commit, where it is known, and the Cargo features that differ from the default.
pub(super) const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    "\ncommit: ",
    env!("SOCK_COMMIT"),
    "\nfeatures: ",
    env!("SOCK_FEATURES")
);

/// What an endpoint may be, by the command that takes it.
pub(super) const EITHER: Use = Use { listens: None, layers: true, without: &[] };
pub(super) const CONNECTS: Use = Use { listens: Some(false), ..EITHER };
pub(super) const INSPECTS: Use = Use { without: &["insecure"], ..CONNECTS };
pub(super) const LISTENS: Use = Use { listens: Some(true), ..EITHER };
pub(super) const WAITS: Use = Use { layers: false, without: &["timeout", "retry"], ..CONNECTS };
pub(super) const OPTIONS: Use = Use { layers: false, ..EITHER };

/// How the short help ends.
pub(super) fn more(command: &str) -> String {
    format!("Every option, exit codes and examples: sock {command} --help")
}

/// How the long help ends: `notes`, the exit codes, `examples`.
pub(super) fn of(notes: &str, examples: &str) -> String {
    let parts = [notes, Exit::TABLE, examples];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// As [`of`], of a command that takes endpoints.
pub(super) fn of_endpoints(of_what: Use, notes: &str, examples: &str) -> String {
    let endpoints = endpoints(of_what);
    let notes = if notes.is_empty() { endpoints } else { format!("{notes}\n\n{endpoints}") };
    of(&notes, examples)
}

// Lines of at most 72 columns: a man page indents them, and neither it nor clap may break them.
fn endpoints(of_what: Use) -> String {
    format!(
        "Endpoints:
  scheme://place?option=value&flag
  :9000, *:9000                   to listen: locally, on every address
{}
Times: 500ms, 2s, 1m, 1h; a bare number is seconds.
Sizes: 64K, 1MiB (1024 each); a bare number is bytes.",
        endpoint::help(of_what)
    )
}
