//! A key of the person's, for `--step`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::net::UnixStream;

use berkeley::{Deadline, Interest, PollEntry, poll};
use signal_hook::consts::SIGCONT;
use signal_hook::low_level::pipe;

use super::leftovers::Leftovers;
use crate::report::patience;

/// Ctrl-D, which a terminal that gives each key passes on.
const CTRL_D: u8 = 0x04;

/// A key may be several bytes, such as that of an arrow: they are read as one.
const KEY: usize = 64;

/// Where the keys come from: standard input, which is a terminal.
pub(super) struct Keys {
    terminal: File,
    /// Becomes readable once the process goes on behind a stop (Ctrl-Z): its shell has had the terminal meanwhile.
    resumed: UnixStream,
}

impl Keys {
    /// `None` where there is no person who could press one, or who could see what it is for.
    pub(super) fn new() -> Option<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return None;
        }
        // A descriptor of its own: std's reads ahead.
        let terminal = rustix::io::dup(rustix::stdio::stdin()).ok()?.into();
        let (resumed, writer) = UnixStream::pair().ok()?;
        resumed.set_nonblocking(true).ok()?;
        pipe::register(SIGCONT, writer).ok()?;
        Some(Self { terminal, resumed })
    }

    /// Asks, and waits for a key; false where it ends the tour. It asks only once a key would be heard.
    pub(super) fn wait<E>(
        &mut self,
        leftovers: &Leftovers,
        ask: impl FnOnce() -> Result<(), E>,
    ) -> Result<io::Result<bool>, E> {
        let taken = leftovers.take_terminal();
        let mut key = [0; KEY];
        let asked = ask();
        let read = taken.and_then(|()| self.read(leftovers, &mut key));
        leftovers.give_terminal_back();
        asked.map(|()| read.map(|count| count > 0 && !matches!(key[0], b'q' | b'Q' | CTRL_D)))
    }

    /// Reads a key. The terminal is taken once more where somebody else had it.
    fn read(&mut self, leftovers: &Leftovers, key: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut entries = [
                PollEntry::new(&self.terminal, Interest::READABLE),
                PollEntry::new(&self.resumed, Interest::READABLE),
            ];
            match poll(&mut entries, Deadline::NEVER) {
                Err(error) if !error.is_interrupted() => return Err(error.into()),
                _ => {}
            }
            let is_ready = entries[0].is_ready();
            if self.resumed.read(&mut [0; KEY]).is_ok() {
                leftovers.take_terminal()?;
            } else if is_ready {
                return patience::read(&mut self.terminal, key);
            }
        }
    }
}
