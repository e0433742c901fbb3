//! Sockets that a service manager has opened: a child is started as systemd would start it.

use std::env;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};

use berkeley::{Address, fault, listen_fds, listen_fds_with_names};

use super::{LONG, assert_talks, listening, patient};
use crate::support::{LIMIT, finish, open_descriptors, spawn};

/// Set in the child to the address that its socket has.
const CHILD: &str = "BERKELEY_TEST_LISTENS_ON";

/// What the child does, and no other process.
fn serve(address: &str) {
    let mut servers = listen_fds_with_names().unwrap();
    assert_eq!(servers.len(), 1);
    let (name, server) = servers.remove(0);
    assert_eq!((name.as_str(), server.local_address().unwrap().to_string().as_str()), ("front", address));
    assert!(crate::support::is_close_on_exec(&server.as_fd()));
    let flags = std::fs::read_to_string("/proc/self/fdinfo/3").unwrap();
    let flags = flags.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
    let close_on_exec = u32::from_str_radix(flags, 8).unwrap() & 0o2_000_000;
    assert_ne!(close_on_exec, 0, "no program that this one starts gets number 3");
    server.set_timeout(Some(LONG)).unwrap();
    assert_talks(&patient().connect_to(&[server.local_address().unwrap()]).unwrap(), &server);
    assert_eq!(listen_fds().unwrap().len(), 1, "a second call gives it once more");
    fails_in_turn();
}

/// Each system call fails in turn: the error names the number, and no duplicate is left.
fn fails_in_turn() {
    const EMFILE: i32 = 24;
    let before = open_descriptors();
    for nth in 1..=2 {
        let armed = fault::arm(fault::Plan::fail_any(nth, EMFILE));
        let error = listen_fds().unwrap_err();
        assert!(armed.struck());
        assert_eq!(error.to_string(), "inherit fd 3: too many open files (os error 24)", "call {nth}");
        assert_eq!(open_descriptors(), before, "call {nth}");
    }
}

fn child(process: &str, address: Address, server: OwnedFd) {
    const TEST: &str = "connect::activation::the_sockets_of_the_service_manager_are_taken_over";
    let script =
        format!(r#"LISTEN_PID={process} exec "$0" {TEST} --exact --nocapture --test-threads=1 3<&0"#);
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(env::current_exe().unwrap());
    command.env(CHILD, address.to_string()).env("LISTEN_FDS", "1").env("LISTEN_FDNAMES", "front");
    let output = finish(spawn(command.stdin(Stdio::from(server))), LIMIT);
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let want = if process == "$$" { "1 passed" } else { "left: 0" };
    assert!(text.contains(want), "{text}");
}

#[test]
fn the_sockets_of_the_service_manager_are_taken_over() {
    if let Ok(address) = env::var(CHILD) {
        return serve(&address);
    }
    assert_eq!(listen_fds().unwrap().len(), 0, "nobody has opened any for this process");
    for process in ["$$", "1"] {
        let (server, address) = listening();
        child(process, address, server.into());
    }
}
