//! A network of the test's own: a loopback where nobody else sends, and where the test may open rings.

use std::env;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::bounded::RunInTime;
use crate::skip;
use crate::support::{finish, start, test_name};

/// Two ways to a namespace; the first that the kernel grants is taken: root's, and a user's who becomes root in it.
const RIGHTS: [&[&str]; 2] = [&["--net", "--uts"], &["--net", "--uts", "--user", "--map-root-user"]];

/// As [`alone`](crate::support::alone), in a network namespace of its own whose loopback is up, the machine's name its
/// own too; skips the test where
/// there is no right to make one.
pub(crate) fn in_namespace<F: FnOnce() + Send + 'static>(limit: Duration, body: F) {
    const MARK: &str = "BERKELEY_TEST_NAMESPACE";
    let name = test_name::<F>();
    if env::var(MARK).is_ok_and(|marked| marked == name) {
        body();
        return;
    }
    if !skip::need(name, "unshare") || !skip::need(name, "ip") {
        return;
    }
    let Some(rights) = RIGHTS.iter().find(|rights| granted(rights)) else {
        return skip::skip(name, "the right to make a network namespace");
    };
    let mut command = Command::new("unshare");
    command
        .args(*rights)
        .args(["sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""])
        .arg(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(MARK, name);
    let output = finish(start(&mut command), limit);
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}\n{out}\n{err}", output.status);
    assert!(out.contains("1 passed"), "{name} did not run in the namespace\n{out}\n{err}");
}

fn granted(rights: &[&str]) -> bool {
    let mut command = Command::new("unshare");
    let tried = command.args(rights).arg("true").stderr(Stdio::null()).status_in_time();
    tried.is_ok_and(|status| status.success())
}
