//! A key of the person's, for `--step`.

use std::fs::File;
use std::io::{self, IsTerminal as _};

use super::leftovers::Leftovers;
use crate::report::patience;

/// Ctrl-D, which a terminal that gives each key passes on.
const CTRL_D: u8 = 0x04;

/// A key may be several bytes, such as that of an arrow: they are read as one.
const KEY: usize = 64;

/// Where the keys come from: standard input, which is a terminal.
pub(super) struct Keys(File);

impl Keys {
    /// `None` where there is no person who could press one, or who could see what it is for.
    pub(super) fn new() -> Option<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return None;
        }
        // A descriptor of its own: std's reads ahead.
        Some(Self(rustix::io::dup(rustix::stdio::stdin()).ok()?.into()))
    }

    /// Asks, and waits for a key; false where it ends the tour. Asked is only once a key would be heard.
    pub(super) fn wait<E>(
        &mut self,
        leftovers: &Leftovers,
        ask: impl FnOnce() -> Result<(), E>,
    ) -> Result<io::Result<bool>, E> {
        let taken = leftovers.take_terminal();
        let mut key = [0; KEY];
        let asked = ask();
        let read = taken.and_then(|()| patience::read(&mut self.0, &mut key));
        leftovers.give_terminal_back();
        asked.map(|()| read.map(|count| count > 0 && !matches!(key[0], b'q' | b'Q' | CTRL_D)))
    }
}
