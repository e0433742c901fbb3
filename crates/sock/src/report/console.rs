//! Standard error: lines for people, which nobody waits for longer than a moment.

use std::io::{self, Write as _};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long a reader that has stalled is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// Writes `text`, which ends in a newline, to standard error. Where its reader has stalled, the text may be lost, and
/// the command goes on to its end.
pub fn say(text: String) {
    let (done, written) = mpsc::channel();
    // Where no thread can be started there is no better way to tell anything either.
    let _ = thread::Builder::new().name("say".to_owned()).spawn(move || {
        // Nothing can be done about a standard error that is closed.
        let _ = io::stderr().write_all(text.as_bytes());
        let _ = done.send(());
    });
    let _ = written.recv_timeout(PATIENCE);
}
