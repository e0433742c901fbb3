//! The waits of the standard library that have no limit of time, with one: for a thread, a program, a channel.

#![allow(dead_code, reason = "each test binary that includes this file uses its own part")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test ends at its first surprise")]

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Longer than anything here takes, on a slow and busy machine too; shorter than the limit of a test.
const LIMIT: Duration = Duration::from_secs(90);

/// How often a thread or a process, which nobody can wait on for a while, is looked at.
const LOOK: Duration = Duration::from_millis(1);

pub(crate) trait JoinInTime<T> {
    /// As `join`; panics where the thread runs on.
    fn join_in_time(self) -> thread::Result<T>;
}

impl<T> JoinInTime<T> for JoinHandle<T> {
    #[track_caller]
    fn join_in_time(self) -> thread::Result<T> {
        assert!(comes(|| self.is_finished()), "a thread still runs after {LIMIT:?}");
        self.join()
    }
}

impl<T> JoinInTime<T> for ScopedJoinHandle<'_, T> {
    #[track_caller]
    fn join_in_time(self) -> thread::Result<T> {
        assert!(comes(|| self.is_finished()), "a thread still runs after {LIMIT:?}");
        self.join()
    }
}

pub(crate) trait WaitInTime {
    /// As `wait`; kills the process that runs on, and panics.
    fn wait_in_time(&mut self) -> io::Result<ExitStatus>;
}

impl WaitInTime for Child {
    #[track_caller]
    fn wait_in_time(&mut self) -> io::Result<ExitStatus> {
        let mut ended = self.try_wait();
        let in_time = comes(|| {
            ended = self.try_wait();
            !matches!(ended, Ok(None))
        });
        if !in_time {
            let _ = self.kill();
            panic!("process {} still runs after {LIMIT:?}", self.id());
        }
        ended.map(|status| status.expect("it has ended"))
    }
}

pub(crate) trait RunInTime {
    /// As `status`; kills the process that runs on, and panics.
    fn status_in_time(&mut self) -> io::Result<ExitStatus>;

    /// As `output`, whatever becomes of its streams otherwise; kills the process that runs on, and panics.
    fn output_in_time(&mut self) -> io::Result<Output>;
}

impl RunInTime for Command {
    #[track_caller]
    fn status_in_time(&mut self) -> io::Result<ExitStatus> {
        self.spawn()?.wait_in_time()
    }

    #[track_caller]
    fn output_in_time(&mut self) -> io::Result<Output> {
        let mut child = self.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let stdout = all_of(child.stdout.take().expect("a pipe"));
        let stderr = all_of(child.stderr.take().expect("a pipe"));
        let status = child.wait_in_time()?;
        let end = |_| io::ErrorKind::TimedOut;
        Ok(Output {
            status,
            stdout: stdout.recv_in_time().map_err(end)?,
            stderr: stderr.recv_in_time().map_err(end)?,
        })
    }
}

pub(crate) trait RecvInTime<T> {
    /// As `recv`; fails where nothing comes.
    fn recv_in_time(&self) -> Result<T, RecvTimeoutError>;
}

impl<T> RecvInTime<T> for Receiver<T> {
    fn recv_in_time(&self) -> Result<T, RecvTimeoutError> {
        self.recv_timeout(LIMIT)
    }
}

/// Whether `done` becomes true in time.
fn comes(mut done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + LIMIT;
    while !done() {
        if Instant::now() > end {
            return false;
        }
        thread::sleep(LOOK);
    }
    true
}

fn all_of(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(bytes);
    });
    receiver
}
