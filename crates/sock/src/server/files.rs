//! Files that SIGHUP has read again, by every command that listens: lists of clients, certificates, keys.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::spawn_blocking;

use crate::exit::Failure;
use crate::notify::Manager;
use crate::signal::Signals;

/// From here on SIGHUP has `read` read the files, as [`Signals::on_hang_up`] says, and `tell` tell how that went; the
/// service manager hears of it too, and its `status` stays.
///
/// That is done off this thread, as it may have to wait for a disk.
pub(crate) fn read_on_hang_up(
    signals: &mut Signals,
    manager: &Arc<Manager>,
    status: &str,
    read: impl Fn() -> Result<(), Failure> + Send + 'static,
    tell: impl Fn(Result<&'static str, Failure>) + Send + 'static,
) {
    let (manager, status) = (Arc::clone(manager), status.to_owned());
    let again = move || {
        manager.reloading();
        tell(match read() {
            Ok(()) => Ok("SIGHUP: the files were read again"),
            Err(failure) => Err(failure.hint("what was read before stays in use")),
        });
        manager.ready(&status);
    };
    // One after the other, so that what was read last is what holds.
    let again = Arc::new(Mutex::new(again));
    signals.on_hang_up(move || {
        let again = Arc::clone(&again);
        drop(spawn_blocking(move || again.lock().unwrap_or_else(PoisonError::into_inner)()));
    });
}
