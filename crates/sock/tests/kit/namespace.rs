//! Namespaces of a test's own: a loopback that nobody else has, and files of `/etc` that only the test's programs see.

use std::process::{Command, Stdio};

use crate::bounded::RunInTime;
use crate::skip;

/// Two ways to them; the first that the kernel grants is taken: root's, and a user's who becomes root in it.
const RIGHTS: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];

/// A shell in new network, mount and process namespaces, with the loopback up, that will run `script`; all that it
/// starts ends with it. `None`, with the skip of `test` noted, where they cannot be had.
pub(crate) fn shell(test: &str, script: &str) -> Option<Command> {
    const SPACES: [&str; 5] = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
    for tool in ["unshare", "ip", "mount"] {
        if !skip::need(test, tool) {
            return None;
        }
    }
    let with = |rights: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(rights).args(SPACES);
        command
    };
    let granted = |rights: &&&[&str]| {
        let tried = with(rights).arg("true").stderr(Stdio::null()).status_in_time();
        tried.is_ok_and(|status| status.success())
    };
    let Some(rights) = RIGHTS.iter().find(granted) else {
        skip::skip(test, "the right to make namespaces");
        return None;
    };
    let mut command = with(rights);
    command.args(["sh", "-c", &format!("ip link set lo up || exit 99; {script}")]);
    Some(command)
}
