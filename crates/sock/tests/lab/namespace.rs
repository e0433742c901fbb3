//! A network namespace for one test: its own interfaces, routes and ports, gone with the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::bounded::{RunInTime, WaitInTime};
use crate::skip;

/// Seconds that anything in a namespace may take: `timeout` of coreutils ends what takes longer.
const LIMIT: &str = "60";

/// A network namespace with its loopback up, held open by a process that waits in it.
pub(crate) struct Namespace {
    keeper: Child,
    keeper_pid: String,
    rights: &'static Rights,
}

/// Two ways to the same namespace; the first that the kernel grants is taken.
struct Rights {
    unshare: &'static [&'static str],
    nsenter: &'static [&'static str],
}

const RIGHTS: [Rights; 2] = [
    // Root.
    Rights { unshare: &["--net"], nsenter: &["--net"] },
    // A user's own user namespace, in which they are root.
    Rights {
        unshare: &["--net", "--user", "--map-root-user"],
        nsenter: &["--net", "--user", "--preserve-credentials"],
    },
];

impl Namespace {
    /// A new namespace, or `None`, with the skip of `test` noted, where one cannot be had.
    pub(crate) fn new(test: &str) -> Option<Self> {
        for tool in ["unshare", "nsenter", "ip", "timeout"] {
            if !skip::need(test, tool) {
                return None;
            }
        }
        let Some(rights) = RIGHTS.iter().find(|rights| rights.granted()) else {
            skip::skip(test, "the right to make a network namespace");
            return None;
        };
        Some(Self::keep(rights))
    }

    fn keep(rights: &'static Rights) -> Self {
        // The pid is printed once the loopback is up, so reading it is the wait for the namespace; `cat` then
        // stays until its input ends, which is when the test drops its end, whatever way the test ends.
        let mut keeper = Command::new("timeout")
            .args([LIMIT, "unshare"])
            .args(rights.unshare)
            .args(["sh", "-c", "ip link set lo up && echo $$ && exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("timeout was found on the PATH");
        let mut keeper_pid = String::new();
        let output = keeper.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut keeper_pid).expect("a line of text");
        let keeper_pid = keeper_pid.trim().to_owned();
        assert!(!keeper_pid.is_empty(), "the loopback of the new namespace did not come up");
        Self { keeper, keeper_pid, rights }
    }

    /// A command that will run `program` inside this namespace; it ends after a minute at the latest.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("timeout");
        command
            .args([LIMIT, "nsenter", "--target", &self.keeper_pid])
            .args(self.rights.nsenter)
            .args(["--", program]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Bounded by the keeper's own limit; its exit says nothing more about the test.
        let _ = self.keeper.wait_in_time();
    }
}

impl Rights {
    fn granted(&self) -> bool {
        Command::new("unshare")
            .args(self.unshare)
            .arg("true")
            .stderr(Stdio::null())
            .status_in_time()
            .is_ok_and(|status| status.success())
    }
}
