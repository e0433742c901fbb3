//! The signals that end a command: SIGINT, SIGTERM and SIGHUP, but for those that were ignored at its start.

use std::fmt;
use std::fs::{self, File};
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
pub struct Signals {
    /// `None` for one that was ignored at our start, by `nohup` or a shell: it stays ignored.
    interrupt: Option<SignalStream>,
    hang_up: Option<SignalStream>,
    terminate: SignalStream,
    /// Whether this process had a terminal at its start, which can hang up.
    has_terminal: bool,
    /// What SIGHUP has done, rather than end the command.
    hung_up: Option<Box<dyn Fn() + Send>>,
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
            // Asked now: once it has hung up, it is gone.
            has_terminal: File::open("/dev/tty").is_ok(),
            hung_up: None,
        })
    }

    /// From here on SIGHUP has `act` called by whoever waits for [`next`](Self::next), rather than end the command; but
    /// not where this process began with a terminal, which may have gone.
    pub fn on_hang_up(&mut self, act: impl Fn() + Send + 'static) {
        if !self.has_terminal {
            self.hung_up = Some(Box::new(act));
        }
    }

    /// From here on SIGHUP is a signal like the others.
    pub fn forget_hang_up(&mut self) {
        self.hung_up = None;
    }

    /// Waits for the next signal. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Signal {
        loop {
            let signal = tokio::select! {
                () = next(&mut self.interrupt) => Signal::Interrupt,
                () = next(&mut self.hang_up) => Signal::HangUp,
                _ = self.terminate.recv() => Signal::Terminate,
            };
            match &self.hung_up {
                Some(act) if signal == Signal::HangUp => act(),
                _ => return signal,
            }
        }
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signals").field("has_terminal", &self.has_terminal).finish_non_exhaustive()
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
