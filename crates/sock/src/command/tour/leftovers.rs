//! What has to be put back, however the tour ends: a folder for the Unix socket, the mode of the terminal.
//!
//! A signal ends the tour in the middle of a call, which nobody can wait for. So both stand here, where whoever ends it
//! finds them, and behind the end nothing new is made.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// A folder of ours is for its owner alone.
const MODE: u32 = 0o700;

/// The one file in it.
pub(super) const SOCKET: &str = "socket";

/// How many names are tried for the folder.
const TRIES: u32 = 100;

/// The one list of them.
#[derive(Clone, Default)]
pub(super) struct Leftovers(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    ended: bool,
    folder: Option<PathBuf>,
    terminal: Option<Termios>,
}

impl Leftovers {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a folder that goes with the tour.
    pub(super) fn folder(&self, within: &Path) -> io::Result<PathBuf> {
        let mut state = self.state();
        if state.ended {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos();
        for number in 0..TRIES {
            // Not to be guessed by others that may write there; one that is taken is not ours.
            let name = format!("sock-{}", now.wrapping_add(number) % 100_000);
            let path = within.join(name);
            match DirBuilder::new().mode(MODE).create(&path) {
                Ok(()) => {
                    state.folder = Some(path.clone());
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes the folder, with the socket in it.
    pub(super) fn remove_folder(&self) {
        if let Some(folder) = self.state().folder.take() {
            // What somebody else has removed is gone as well. By name, which takes no descriptor: there may be none.
            let _ = fs::remove_file(folder.join(SOCKET));
            let _ = fs::remove_dir(folder);
        }
    }

    /// Has the terminal give each key at once, without showing it; again, where somebody has set it meanwhile.
    pub(super) fn take_terminal(&self) -> io::Result<()> {
        let mut state = self.state();
        if state.ended {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let before = match &state.terminal {
            Some(before) => before.clone(),
            None => tcgetattr(io::stdin())?,
        };
        let mut mode = before.clone();
        // Ctrl-C stays a signal.
        mode.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
        state.terminal = Some(before);
        tcsetattr(io::stdin(), OptionalActions::Now, &mode)?;
        Ok(())
    }

    /// Gives the terminal back as it was.
    pub(super) fn give_terminal_back(&self) {
        if let Some(before) = self.state().terminal.take() {
            // One that is gone has no mode.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
        }
    }

    /// Puts everything back, and lets nothing new be made.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.give_terminal_back();
        self.remove_folder();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(miri, ignore = "a system call")]
    fn a_folder_goes_with_the_tour_and_none_is_made_behind_its_end() {
        let leftovers = Leftovers::default();
        let folder = leftovers.folder(&std::env::temp_dir()).expect("a temporary folder");
        fs::write(folder.join(SOCKET), "").expect("a folder of ours");
        leftovers.clone().end();
        assert!(!folder.exists());
        let late = leftovers.folder(&std::env::temp_dir()).expect_err("it has ended");
        assert_eq!(late.kind(), io::ErrorKind::Interrupted);
    }
}
