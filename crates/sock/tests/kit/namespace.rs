//! Namespaces of a test's own: a loopback that nobody else has, and files of `/etc` that only the test's programs see.

use std::env;
use std::process::{Command, Stdio};

use super::run;
use crate::bounded::RunInTime as _;
use crate::skip;

/// Two ways to them; the first that the kernel grants is taken: root's, and a user's who becomes root in it.
const RIGHTS: [&[&str]; 2] = [&[], &["--user", "--map-root-user"]];

/// What this machine is called behind [`NAMED`]: by the name alone it could be another.
pub(crate) const NAME: &str = "here.example";

/// A script for [`inside`]: gives this machine the name [`NAME`], which is 127.0.0.1.
pub(crate) const NAMED: &str = "hosts=$(mktemp) && printf '127.0.0.1 localhost here.example\n' > $hosts && \
    mount --bind $hosts /etc/hosts && rm $hosts";

/// A shell in new network, mount and process namespaces, with the loopback up, that will run `script`; all that it
/// starts ends with it. `None`, with the skip of `test` noted, where they cannot be had.
pub(crate) fn shell(test: &str, script: &str) -> Option<Command> {
    if !skip::need(test, "mount") {
        return None;
    }
    within(test, &["--net", "--mount", "--pid", "--fork", "--kill-child"], script)
}

/// Whether this process is the one that runs `test` alone in a network and a mount namespace, after `script` there;
/// otherwise the test is run so now, or skipped where that cannot be.
#[track_caller]
pub(crate) fn inside(test: &str, script: &str) -> bool {
    const INSIDE: &str = "SOCK_TEST_INSIDE";
    if env::var(INSIDE).is_ok_and(|name| name == test) {
        return true;
    }
    let Some(mut command) = within(test, &["--net", "--mount"], &format!("{script} && exec \"$0\" \"$@\""))
    else {
        return false;
    };
    command.arg(env::current_exe().expect("a test binary"));
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(INSIDE, test);
    let finished = run(&mut command, b"");
    assert!(finished.status.success(), "{}\n{}", finished.out(), finished.stderr);
    assert!(finished.out().contains("1 passed"), "it did not run inside: {}", finished.out());
    false
}

/// A shell in these new namespaces, with the loopback up.
fn within(test: &str, spaces: &[&str], script: &str) -> Option<Command> {
    for tool in ["unshare", "ip"] {
        if !skip::need(test, tool) {
            return None;
        }
    }
    let with = |rights: &[&str]| {
        let mut command = Command::new("unshare");
        command.args(rights).args(spaces);
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
