//! Standard error: lines for people, which nobody waits for longer than a moment.

use std::io::{self, Write as _};

use super::patience::for_a_moment;

/// Writes `text`, which ends in a newline, to standard error. Where its reader has stalled, the text may be lost, and
/// the command goes on to its end.
pub fn say(text: String) {
    for_a_moment(move || {
        // Nothing can be done about a standard error that is closed.
        let _ = io::stderr().write_all(text.as_bytes());
    });
}
