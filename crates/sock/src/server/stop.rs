//! How the server ends: accepting stops, pending replies are sent, and a second SIGINT or SIGTERM ends it at once.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout};

use super::shared::{Manner, Shared};
use crate::exit::Exit;
use crate::signal::{Signal, Signals};

/// How long those that are cut off may take to reset both their sides.
const RESETS: Duration = Duration::from_secs(1);

/// What ends the server.
#[derive(Debug)]
pub(crate) struct Stop {
    signals: Signals,
}

impl Stop {
    pub(crate) fn new(signals: Signals) -> Self {
        Self { signals }
    }

    /// The next signal.
    pub(crate) async fn next(&mut self) -> Signal {
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
                signal = self.next() => signal,
            }
        };
        shared.journal.stopping(signal, shared.open(), shared.manner.meanwhile());
        self.drain(shared, grace).await
    }

    /// The next signal that is meant to end it at once. A terminal that goes has SIGHUP sent more than once, and nobody
    /// who has files read again wants to cut clients off.
    async fn asked_again(&mut self) -> Signal {
        loop {
            let signal = self.next().await;
            if signal != Signal::HangUp {
                return signal;
            }
        }
    }

    /// Lets every connection answer what it has received, and close; cuts off what is left after `grace`.
    async fn drain(&mut self, shared: &Shared, grace: Duration) -> Exit {
        shared.drain();
        // Nobody comes any more for whom a file could be read.
        self.signals.forget_hang_up();
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
                cut_off(shared, "--grace ran out").await;
                Exit::Done
            }
            signal = self.asked_again() => {
                cut_off(shared, &format!("a second signal, {signal}")).await;
                signal.exit()
            }
        }
    }
}

/// Cuts off all that are left: each has its last words before the process ends.
async fn cut_off(shared: &Shared, reason: &str) {
    let left = shared.cut_off(&format!("cut off: {reason}"));
    if left > 0 {
        shared.journal.cut_off(left, shared.manner.pending(), reason);
    }
    if shared.manner == Manner::Relays {
        let _ = timeout(RESETS, all_gone(shared)).await;
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
