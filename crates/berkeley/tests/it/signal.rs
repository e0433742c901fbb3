//! Signals, for the tests of `EINTR` and SIGPIPE.

#![allow(
    unsafe_code,
    reason = "std has no way to handle a signal, to aim one at a thread, or to reset SIGPIPE"
)]

use std::fs;
use std::mem::MaybeUninit;
use std::process;
use std::ptr;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::bounded::JoinInTime;

/// Interrupts the thread that made it, again and again, until it is dropped.
pub(crate) struct Interrupter {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Interrupter {
    /// Sends SIGUSR1 to the calling thread every `period`; the calls that it breaks off give `EINTR`.
    pub(crate) fn every(period: Duration) -> Self {
        handle_without_restart();
        let target = this_thread();
        let (stop, stopped) = channel();
        let thread = thread::spawn(move || interrupt_until(&stopped, target, period));
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

/// Waits for the sender of the signals: none arrives after the drop, when the thread may be gone.
impl Drop for Interrupter {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join_in_time();
        }
    }
}

fn interrupt_until(stopped: &Receiver<()>, target: libc::pid_t, period: Duration) {
    let process = libc::pid_t::try_from(process::id()).expect("a process id is a pid_t");
    while stopped.recv_timeout(period) == Err(RecvTimeoutError::Timeout) {
        // SAFETY: tgkill takes three integers; the target is alive, since it drops the `Interrupter` before it ends.
        let result = unsafe { libc::syscall(libc::SYS_tgkill, process, target, libc::SIGUSR1) };
        assert_eq!(result, 0, "tgkill");
    }
}

/// The kernel's number of the calling thread.
fn this_thread() -> libc::pid_t {
    let link = fs::read_link("/proc/thread-self").expect("procfs is mounted");
    let name = link.file_name().and_then(|name| name.to_str()).expect("PID/task/TID");
    name.parse().expect("TID is a number")
}

extern "C" fn do_nothing(_signal: libc::c_int) {}

/// Handles SIGUSR1 by nothing, without `SA_RESTART`: whatever call it breaks off gives `EINTR`.
fn handle_without_restart() {
    // SAFETY: all-zero bytes are a valid sigaction: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = do_nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: `action` outlives the call, and its handler touches nothing.
    let result = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, ptr::null_mut()) };
    assert_eq!(result, 0, "sigaction");
}

/// Lets SIGPIPE end the process again, as it does in a C program; Rust's start-up ignores it.
pub(crate) fn let_sigpipe_kill() {
    // SAFETY: SIG_DFL is a valid disposition, and no handler of anyone's is replaced.
    let before = unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
    assert_ne!(before, libc::SIG_ERR, "signal");
}
