//! Signals are listened for before anything is opened: one that comes at the start dies by no default action, which for
//! SIGHUP would be 129 to a shell, and leaves nothing behind.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use crate::kit::{Process, SOCK, TempDir, eventually, namespace, run, sock};

/// What a command ends with that a signal ended, where it had nothing to bring to an end.
const TERMINATED: &str = "ended 143";

#[test]
fn a_signal_while_a_path_is_about_to_be_made_leaves_no_path() {
    for command in ["serve", "listen"] {
        let folder = TempDir::new();
        let path = folder.join("s");
        // Where another server is starting, as the lock of the folder says, ours waits.
        let lock = File::open(folder.path()).expect("a folder");
        lock.lock().expect("nobody else has it");
        let process = Process::start(&mut sock(&[command, &format!("unix:{path}")]));
        eventually("it waits for the lock", || has_open(&process, folder.path()));
        process.signal("HUP");
        drop(lock);
        let finished = process.finish();
        assert_eq!(finished.status.signal(), None, "{command}: {}", finished.stderr);
        assert!(matches!(finished.code(), 0 | 143), "{command}: {} {}", finished.code(), finished.stderr);
        assert!(!Path::new(&path).exists(), "{command}: {}", finished.stderr);
    }
}

fn has_open(process: &Process, path: &Path) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{}/fd", process.pid())) else { return false };
    descriptors.flatten().any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|to| to == path))
}

#[test]
fn a_signal_while_a_name_is_looked_up_ends_every_command() {
    let test = "signals::a_signal_while_a_name_is_looked_up_ends_every_command";
    let folder = TempDir::new();
    let (resolv, nsswitch) = (
        folder.file("resolv.conf", b"nameserver 127.0.0.1\noptions timeout:60 attempts:5\n"),
        folder.file("nsswitch.conf", b"hosts: files dns\n"),
    );
    let (log, err) = (folder.join("log"), folder.join("err"));
    // A name server that hears the question, and never answers.
    let script = format!(
        "mount --bind {resolv} /etc/resolv.conf && mount --bind {nsswitch} /etc/nsswitch.conf || exit 99
        : > {log} # What the last command has left there would count as this one's.
        {SOCK} serve udp://127.0.0.1:53 --discard 2> {log} &
        until grep -q listening {log}; do sleep 0.01; done
        {SOCK} \"$@\" 2> {err} &
        until grep -q received {log}; do sleep 0.01; done
        kill -HUP $!; wait $!; echo ended $?; cat {err}"
    );
    for args in [
        &["connect", "stalled.test:80"][..],
        &["connect", "udp://stalled.test:80"],
        &["listen", "stalled.test:80"],
        &["serve", "stalled.test:80"],
        &["serve", "udp://stalled.test:80"],
        &["wait", "stalled.test:80"],
    ] {
        let Some(mut command) = namespace::shell(test, &script) else { return };
        let finished = run(command.arg("sh").args(args), b"");
        assert!(finished.out().starts_with(TERMINATED), "{args:?}: {}{}", finished.out(), finished.stderr);
    }
}
