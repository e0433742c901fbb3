//! How the server ends: accepting stops, owed answers leave, and a second signal ends it at once.

use std::fmt;
use std::fs;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::shared::Shared;
use crate::exit::Exit;

/// A signal that ends the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Interrupt,
    Terminate,
    /// The terminal is gone.
    HangUp,
}

impl Signal {
    /// The exit code when it is the second one.
    fn exit(self) -> Exit {
        match self {
            Self::Interrupt => Exit::Interrupted,
            Self::Terminate | Self::HangUp => Exit::Terminated,
        }
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
            Self::HangUp => "SIGHUP",
        })
    }
}

/// The signals, listened for from the start, so that none is missed.
#[derive(Debug)]
pub(super) struct Stop {
    /// `None` for one that was ignored at our start, by `nohup` or a shell: it stays ignored.
    interrupt: Option<SignalStream>,
    hang_up: Option<SignalStream>,
    terminate: SignalStream,
}

impl Stop {
    pub(super) fn listen() -> io::Result<Self> {
        let ignored = ignored();
        let unless_ignored = |kind: SignalKind| {
            let is_ignored = ignored & (1 << (kind.as_raw_value() - 1)) != 0;
            (!is_ignored).then(|| signal(kind)).transpose()
        };
        Ok(Self {
            interrupt: unless_ignored(SignalKind::interrupt())?,
            hang_up: unless_ignored(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next signal.
    pub(super) async fn first(&mut self) -> Signal {
        tokio::select! {
            () = next(&mut self.interrupt) => Signal::Interrupt,
            () = next(&mut self.hang_up) => Signal::HangUp,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    /// Brings the server to its end: after a signal it drains; without one it waits for the client of `--once`, as long
    /// as that takes, and drains when a signal comes then.
    pub(super) async fn end(&mut self, signal: Option<Signal>, shared: &Shared, grace: Duration) -> Exit {
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

/// Waits for the next of one signal; for ever where it is ignored.
async fn next(signals: &mut Option<SignalStream>) {
    match signals {
        Some(signals) => _ = signals.recv().await,
        None => std::future::pending().await,
    }
}

/// The signals that this process was started with ignored, a bit each (`SigIgn`, proc(5)); none without /proc.
fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
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
