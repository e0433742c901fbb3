//! The end of a program: its group is asked to end (SIGTERM), made to after a grace (SIGKILL), and waited for.
//!
//! A program that ends at once costs nothing. For the others there is one thread, for as long as there are any.

use std::process::Child;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, test_kill_process_group, waitpid};

use super::group_of;

/// How long a group has to end.
pub const GRACE: Duration = Duration::from_secs(2);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(10);

/// What is to end.
struct Ending {
    /// `None` where somebody else has it, who asks no more: at the end of this process.
    child: Option<Child>,
    group: Pid,
    since: Instant,
    killed: bool,
    /// The leader has been waited for: others of its group may be left.
    reaped: bool,
}

struct Reaper {
    /// The groups of programs that nobody has ended yet.
    running: Vec<Pid>,
    endings: Vec<Ending>,
    /// Whether the thread does.
    runs: bool,
}

static REAPER: Mutex<Reaper> = Mutex::new(Reaper { running: Vec::new(), endings: Vec::new(), runs: false });
static CHANGED: Condvar = Condvar::new();

/// Notes a program, so that it ends when this process does.
pub(super) fn started(child: &Child) {
    reaper().running.extend(group_of(child));
}

/// Ends a program and its group. Nobody waits for it here.
pub fn end(child: Child) {
    let Some(group) = group_of(&child) else { return };
    let mut reaper = reaper();
    let Some(at) = reaper.running.iter().position(|running| *running == group) else {
        // This process ends, and has its programs end already.
        return;
    };
    reaper.running.swap_remove(at);
    reaper.begin(group, Some(child));
}

/// Ends every group that is left, at the end of this process, as [`end`] does, and waits until all have ended: a little
/// longer than [`GRACE`] as a rule, and twice as long at most.
pub fn end_all() {
    let mut reaper = reaper();
    for group in std::mem::take(&mut reaper.running) {
        reaper.begin(group, None);
    }
    drop(reaper);
    wait_for_endings();
}

impl Reaper {
    /// Asks a group to end, and has the thread see to it that it does.
    fn begin(&mut self, group: Pid, child: Option<Child>) {
        ask(group);
        let mut ending = Ending { child, group, since: Instant::now(), killed: false, reaped: false };
        if ending.is_over() {
            return;
        }
        self.endings.push(ending);
        if self.runs {
            return;
        }
        self.runs = thread::Builder::new().name("reaper".to_owned()).spawn(run).is_ok();
        if !self.runs {
            // Without a thread nobody would look again.
            for mut ending in self.endings.drain(..) {
                let _ = kill_process_group(ending.group, Signal::KILL);
                ending.wait();
            }
        }
    }
}

fn wait_for_endings() {
    let (end, mut reaper) = (Instant::now() + 2 * GRACE, reaper());
    while reaper.runs {
        let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else {
            return;
        };
        reaper = CHANGED.wait_timeout(reaper, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn run() {
    loop {
        let mut reaper = reaper();
        reaper.endings.retain_mut(|ending| !ending.is_over());
        if reaper.endings.is_empty() {
            reaper.runs = false;
            CHANGED.notify_all();
            return;
        }
        drop(reaper);
        thread::sleep(LOOK);
    }
}

fn reaper() -> MutexGuard<'static, Reaper> {
    REAPER.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ask(group: Pid) {
    // One that has gone already is asked for nothing. One that was stopped hears nothing until it goes on.
    let _ = kill_process_group(group, Signal::TERM);
    let _ = kill_process_group(group, Signal::CONT);
}

impl Ending {
    /// Looks whether all of the group have ended. Its number stays its own until then: the leader, ended, keeps it
    /// until it is waited for, and so does each of the others.
    fn is_over(&mut self) -> bool {
        self.reaped = self.reaped || self.reaps(WaitOptions::NOHANG);
        if self.reaped && test_kill_process_group(self.group).is_err() {
            return true;
        }
        let waited = self.since.elapsed();
        if waited >= GRACE && !self.killed {
            self.killed = true;
            let _ = kill_process_group(self.group, Signal::KILL);
        }
        // What even that does not end hangs in the kernel, and is left to it.
        self.killed && waited >= 2 * GRACE
    }

    /// Waits for the leader, which has been killed.
    fn wait(&mut self) {
        self.reaps(WaitOptions::empty());
    }

    /// Waits for the leader, or looks whether it has ended; whether there is none any more.
    fn reaps(&mut self, options: WaitOptions) -> bool {
        match &mut self.child {
            Some(child) if options.contains(WaitOptions::NOHANG) => !matches!(child.try_wait(), Ok(None)),
            Some(child) => child.wait().is_ok(),
            None => !matches!(waitpid(Some(self.group), options), Ok(None)),
        }
    }
}
