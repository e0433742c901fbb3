//! A scenario's network, built of network namespaces, and programs that run on its nodes.
//!
//! All of it hangs on one process, which holds the namespaces' names in a `/run` that nobody else sees: when that
//! ends, or the test, nothing is left.

mod script;
#[cfg(test)]
mod tests;

use std::fs::{self, OpenOptions};
use std::process::Command;
use std::thread;

use crate::kit::{Finished, Process, SOCK, namespace, run};
use crate::scenario::{Kind, Scenario, Truth};
use crate::skip;

/// Where `sock` is on every node, whoever may read the folder it was built in.
const SOCK_INSIDE: &str = "/run/sock";

/// A network that is up, for as long as this lives.
pub(crate) struct Network {
    /// Ends with its standard input.
    holder: Process,
    /// Its process number, as this test sees it.
    pid: String,
    /// Whether it is in a user namespace of its own.
    has_users: bool,
}

/// Who runs a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum User {
    Root,
    /// Has no right at all.
    Nobody,
}

impl Network {
    /// Builds it. `None`, with the skip of `test` noted, where a right or a tool is missing.
    #[track_caller]
    pub(crate) fn or_skip(test: &str, scenario: &Scenario) -> Option<Self> {
        if !["nsenter", "nft"].iter().all(|tool| skip::need(test, tool)) || !can_hold(test, scenario) {
            return None;
        }
        let mut command = namespace::shell(test, &script::script(scenario))?;
        let holder = Process::start(command.env("SOCK", SOCK).env("SOCK_INSIDE", SOCK_INSIDE));
        let Some(line) = holder.stdout.reader().line() else {
            panic!("the network was not built:\n{}", holder.finish().stderr);
        };
        let pid = line.strip_prefix("ready ").unwrap_or_else(|| panic!("{line}")).to_owned();
        let users = |pid: &str| fs::read_link(format!("/proc/{pid}/ns/user")).expect("proc(5)");
        let has_users = users("self") != users(&pid);
        Some(Self { holder, pid, has_users })
    }

    /// Those who can run programs here: without root's own rights there is nobody but root.
    pub(crate) fn users(&self) -> &'static [User] {
        if self.has_users { &[User::Root] } else { &[User::Root, User::Nobody] }
    }

    /// A program on a node.
    pub(crate) fn command(&self, node: &str, user: User, program: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.pid, "--mount"]);
        command.arg(format!("--net=/proc/{}/root/run/netns/{node}", self.pid));
        if self.has_users {
            command.args(["--user", "--preserve-credentials"]);
        } else {
            // What else this machine does shall not show in its times.
            command.args(["nice", "-n", "-19"]);
        }
        if user == User::Nobody {
            command.args(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command.args(program);
        command
    }

    /// Runs a program on a node to its end, as root.
    #[track_caller]
    pub(crate) fn run(&self, node: &str, program: &[&str]) -> Finished {
        run(&mut self.command(node, User::Root, program), b"")
    }

    /// `sock` on a node.
    pub(crate) fn sock(&self, node: &str, user: User, args: &[&str]) -> Command {
        self.command(node, user, &[&[SOCK_INSIDE], args].concat())
    }
}

/// Checks each truth of a scenario for each user and each kind of probe. All at once: what they mostly do is wait.
pub(crate) fn each_way(test: &str, scenario: &Scenario, check: impl Fn(&Network, User, Kind, &Truth) + Sync) {
    let Some(network) = Network::or_skip(test, scenario) else { return };
    let users = network.users();
    drop(network);
    let named = |name: String| thread::Builder::new().name(name);
    thread::scope(|scope| {
        for (user, kind) in users.iter().flat_map(|user| Kind::ALL.map(|kind| (*user, kind))) {
            let (check, named) = (&check, &named);
            // A network of its own, whose counts begin with its probes.
            let run = move || {
                let Some(network) = &Network::or_skip(test, scenario) else { return };
                thread::scope(|scope| {
                    for truth in scenario.truths.iter().filter(|truth| truth.is_of(kind)) {
                        let run = move || check(network, user, kind, truth);
                        let thread = named(format!("{kind:?} as {user:?} to {}", truth.target));
                        thread.spawn_scoped(scope, run).expect("a thread");
                    }
                });
            };
            named(format!("{kind:?} as {user:?}")).spawn_scoped(scope, run).expect("a thread");
        }
    });
}

impl Drop for Network {
    /// The next network begins when this one is gone: its programs no longer take anybody's time.
    fn drop(&mut self) {
        self.holder.close_input();
        if !thread::panicking() {
            let _ = self.holder.ended();
        }
    }
}

/// Whether the laboratory's own router can run, where the scenario has one.
fn can_hold(test: &str, scenario: &Scenario) -> bool {
    if !scenario.has_tun() {
        return true;
    }
    if !skip::need(test, "python3") {
        return false;
    }
    let can_open = OpenOptions::new().read(true).write(true).open("/dev/net/tun").is_ok();
    if !can_open {
        skip::skip(test, "the device /dev/net/tun");
    }
    can_open
}
