//! The signals that end a command: SIGINT, SIGTERM and SIGHUP, but for those that were ignored at its start.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::{flag, low_level};
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

/// The same signals for a thread that waits for something else, too: noted when they come, and told by a byte.
#[derive(Debug)]
pub struct Noted {
    last: Arc<AtomicUsize>,
    resumed: Arc<AtomicBool>,
}

impl Noted {
    /// Starts to listen; from here on none of these signals ends the process by itself. With each of them, with one
    /// that says that the terminal has another size, and with the end of a stop, a byte is written to what `writer`
    /// gives.
    ///
    /// # Errors
    ///
    /// Where the handlers cannot be installed.
    pub fn listen(writer: &dyn Fn() -> io::Result<UnixStream>) -> io::Result<Self> {
        let last = note(writer)?;
        let resumed = Arc::new(AtomicBool::new(false));
        flag::register(SIGCONT, Arc::clone(&resumed))?;
        for number in [SIGCONT, SIGWINCH] {
            low_level::pipe::register(number, writer()?)?;
        }
        Ok(Self { last, resumed })
    }

    /// The last one that has come.
    pub fn signal(&self) -> Option<Signal> {
        noted(&self.last)
    }

    /// Whether the process was stopped and goes on since this was last asked.
    pub fn was_stopped(&self) -> bool {
        self.resumed.swap(false, Ordering::Relaxed)
    }
}

/// The same signals for a command that waits in poll(2), and has no runtime.
#[derive(Debug)]
pub struct SignalPipe {
    /// Becomes readable with a signal.
    pipe: UnixStream,
    /// The last one that came, as [`note`] keeps it.
    last: Arc<AtomicUsize>,
}

impl SignalPipe {
    /// Starts to listen; from here on none of these signals ends the process by itself.
    ///
    /// # Errors
    ///
    /// Where the handlers cannot be installed.
    pub fn listen() -> io::Result<Self> {
        let (pipe, writer) = UnixStream::pair()?;
        Ok(Self { last: note(&|| writer.try_clone())?, pipe })
    }

    /// The last signal that came; none where none did.
    pub fn last(&self) -> Option<Signal> {
        noted(&self.last)
    }
}

impl AsFd for SignalPipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}

/// The signals as [`note`] keeps them.
const INTERRUPT: usize = 1;
const HANG_UP: usize = 2;
const TERMINATE: usize = 3;

/// Has each signal noted in what it gives, and a byte written to what `writer` gives, but for those that were ignored
/// at the start.
fn note(writer: &dyn Fn() -> io::Result<UnixStream>) -> io::Result<Arc<AtomicUsize>> {
    let (ignored, last) = (ignored(), Arc::new(AtomicUsize::new(0)));
    for (number, signal) in [(SIGINT, INTERRUPT), (SIGHUP, HANG_UP), (SIGTERM, TERMINATE)] {
        let is_ignored = signal != TERMINATE && ignored >> (number - 1) & 1 == 1;
        if !is_ignored {
            flag::register_usize(number, Arc::clone(&last), signal)?;
            low_level::pipe::register(number, writer()?)?;
        }
    }
    Ok(last)
}

/// The signal that [`note`] has noted last; none where none came.
fn noted(last: &AtomicUsize) -> Option<Signal> {
    match last.load(Ordering::Relaxed) {
        INTERRUPT => Some(Signal::Interrupt),
        HANG_UP => Some(Signal::HangUp),
        TERMINATE => Some(Signal::Terminate),
        _ => None,
    }
}

/// Stops this process, and those of its job where it may, as Ctrl-Z does. Returns once it goes on.
pub fn stop() {
    // A process that has given up its rights may still stop itself.
    if rustix::process::kill_current_process_group(rustix::process::Signal::TSTP).is_err() {
        let _ = low_level::raise(SIGTSTP);
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
