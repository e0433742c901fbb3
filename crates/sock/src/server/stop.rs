//! How the server ends: accepting stops, owed answers leave, and a second signal ends it at once.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::shared::Shared;
use crate::exit::Exit;
use crate::signal::{Signal, Signals};

/// What ends the server.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: Signals,
}

impl Stop {
    pub(crate) fn listen() -> io::Result<Self> {
        Signals::listen().map(|signals| Self { signals })
    }

    /// The next signal.
    pub(crate) async fn first(&mut self) -> Signal {
        self.signals.next().await
    }

    /// Brings the server to its end: after a signal it drains; without one it waits for the client of `--once`, as long
    /// as that takes, and drains when a signal comes then.
    pub(crate) async fn end(&mut self, signal: Option<Signal>, shared: &Shared, grace: Duration) -> Exit {
        let signal = if let Some(signal) = signal {
            signal
        } else {
            tokio::select! {
                () = all_gone(shared) => return Exit::Done,
                signal = self.first() => signal,
            }
        };
        shared
            .journal
            .note(format_args!("{signal}: no further clients; sending pending replies, then closing"));
        self.drain(shared, grace).await
    }

    /// Lets every connection answer what it has received, and close; cuts off what is left after `grace`.
    async fn drain(&mut self, shared: &Shared, grace: Duration) -> Exit {
        shared.drain();
        let end = Instant::now().checked_add(grace);
        let expired = async {
            match end {
                Some(end) => sleep_until(end).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = all_gone(shared) => Exit::Done,
            () = expired => {
                let left = shared.open();
                shared.journal.note(format_args!("cut off before they took what they were owed: {left}"));
                Exit::Done
            }
            signal = self.first() => signal.exit(),
        }
    }
}

/// Waits until no connection is open.
async fn all_gone(shared: &Shared) {
    loop {
        // Asked for before looking, so that an end in between is not missed.
        let changed = shared.changed.notified();
        if shared.open() == 0 {
            return;
        }
        changed.await;
    }
}
