//! The command, and any other program, as a process whose every wait has a limit.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::{Captured, LIMIT, LOOK, eventually, text};
use crate::bounded::{RunInTime as _, WaitInTime as _};

/// The program under test.
pub(crate) const SOCK: &str = env!("CARGO_BIN_EXE_sock");

/// The program under test, with these arguments.
pub(crate) fn sock(args: &[&str]) -> Command {
    let mut command = Command::new(SOCK);
    command.args(args);
    command
}

/// The program under test, started by a shell that first does `before`, such as `ulimit -n 64` or `umask 0`.
pub(crate) fn sock_after(before: &str, args: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{before}; exec \"$0\" \"$@\""), SOCK]).args(args);
    command
}

/// A process whose output is collected as it comes; it is killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// `None` once it is closed.
    stdin: Option<ChildStdin>,
    pub(crate) stdout: Captured,
    pub(crate) stderr: Captured,
}

/// What a process printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Process {
    /// Starts it with its three streams as pipes; a stream that `command` already set stays as it is.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::start_as_it_is(command)
    }

    /// Starts it with the streams that `command` sets, and collects those that are pipes.
    #[track_caller]
    pub(crate) fn start_as_it_is(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let stdout = child.stdout.take().map_or_else(Captured::nothing, Captured::start);
        let stderr = child.stderr.take().map_or_else(Captured::nothing, Captured::start);
        Self { stdin: child.stdin.take(), child, stdout, stderr }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Writes to its standard input.
    #[track_caller]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("its input is open");
        stdin.write_all(bytes).unwrap_or_else(|error| panic!("write to the input: {error}"));
    }

    /// Ends its standard input.
    pub(crate) fn close_input(&mut self) {
        self.stdin = None;
    }

    /// Its standard input, for a thread that writes it.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.stdin.take().expect("its input is open")
    }

    /// Stops it where it stands, until [`resume`](Self::resume).
    #[track_caller]
    pub(crate) fn pause(&self) {
        self.signal("STOP");
        let stat = format!("/proc/{}/stat", self.pid());
        eventually("it has stopped", || {
            let stat = fs::read_to_string(&stat).unwrap_or_default();
            // The state follows the name, which may hold anything.
            stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
        });
    }

    pub(crate) fn resume(&self) {
        self.signal("CONT");
    }

    /// Sends it a signal, by its name without `SIG`.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", name, &self.pid().to_string()])
            .status_in_time()
            .expect("every system has sh");
        assert!(sent.success(), "kill -s {name}: {sent}");
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it is our child").is_none()
    }

    /// Waits until it has ended, and until all it printed is here.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let status = self.ended();
        Finished { status, stdout: self.stdout.all(), stderr: text(&self.stderr.all()) }
    }

    /// Waits for the end, which must be a success.
    #[track_caller]
    pub(crate) fn succeed(mut self) {
        let status = self.ended();
        assert!(status.success(), "{status}: {}", text(&self.stderr.all()));
    }

    /// Waits until it has ended.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our child") {
                return status;
            }
            let so_far = || text(&self.stderr.so_far());
            assert!(Instant::now() < end, "still running after {LIMIT:?}; it has said: {}", so_far());
            thread::sleep(LOOK);
        }
    }

    /// The processor time that it has used, user's and kernel's, in clock ticks of 10 ms (proc(5), `stat`).
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it is running");
        // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th words after it.
        let (_, after) = stat.rsplit_once(") ").expect("proc(5)");
        let ticks: u64 =
            after.split(' ').skip(11).take(2).map(|word| word.parse::<u64>().expect("proc(5)")).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The memory that is its own, in KiB (proc(5), `status`): none of it, as its program, is shared with others, which
    /// come and go.
    #[track_caller]
    pub(crate) fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it is running");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).expect("proc(5)");
        line.trim().trim_end_matches(" kB").parse().expect("proc(5)")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself cannot be killed, and is already waited for.
        let _ = self.child.kill();
        let _ = self.child.wait_in_time();
    }
}

impl Finished {
    /// The exit code; for a death by a signal the code that a shell reports.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().or_else(|| self.status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
    }

    pub(crate) fn out(&self) -> String {
        text(&self.stdout)
    }

    /// Asserts that it ended well, and said nothing on standard error.
    #[track_caller]
    pub(crate) fn quietly_done(self) -> Vec<u8> {
        assert_eq!((self.code(), self.stderr.as_str()), (0, ""), "{}", self.out());
        self.stdout
    }
}

/// Runs `command` to its end with `input` as its standard input.
#[track_caller]
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Finished {
    let mut process = Process::start(command);
    let (mut stdin, input) = (process.take_input(), input.to_vec());
    // On a thread of its own: it may print before it reads. It may also end before it has read all.
    thread::spawn(move || stdin.write_all(&input));
    process.finish()
}

/// Runs `sock` with these arguments and nothing to read.
#[track_caller]
pub(crate) fn run_sock(args: &[&str]) -> Finished {
    run(&mut sock(args), b"")
}
