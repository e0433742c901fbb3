//! The signals that end a command: SIGINT, SIGTERM and SIGHUP, but for those that were ignored at its start.

use std::fmt;
use std::fs;
use std::io;

use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};

use crate::exit::Exit;

/// A signal that ends a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// What `kill` sends.
    Terminate,
    /// The terminal is gone.
    HangUp,
}

impl Signal {
    /// The exit code of a command that it ends at once.
    pub fn exit(self) -> Exit {
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
pub struct Signals {
    /// `None` for one that was ignored at our start, by `nohup` or a shell: it stays ignored.
    interrupt: Option<SignalStream>,
    hang_up: Option<SignalStream>,
    terminate: SignalStream,
}

impl Signals {
    /// Starts to listen, within a tokio runtime; from here on none of these signals ends the process by itself.
    ///
    /// # Errors
    ///
    /// Where the handlers cannot be installed.
    pub fn listen() -> io::Result<Self> {
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

    /// Waits for the next signal. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            () = next(&mut self.interrupt) => Signal::Interrupt,
            () = next(&mut self.hang_up) => Signal::HangUp,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

/// Ends this process by SIGINT itself: a shell that runs it in a loop ends the loop then. Returns where that cannot be.
pub fn end_by_interrupt() {
    // Where it fails the exit code tells it too.
    let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
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
