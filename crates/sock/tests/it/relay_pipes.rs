//! `sock relay` where there are no pipes to be had: it copies, loses nothing, and says so once.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::process::Command;
use std::thread;

use crate::kit::{Process, SOCK, Server, TempDir, bounded};
use crate::skip::{need, skip};

/// More than the queues of both sockets hold, so that it is spliced where it can be.
const BULK: usize = 16 << 20;

/// Nobody's user id, and no other test's: what it has in pipes counts for it alone.
const USER: &str = "64123";

/// The system's: another in PATH may be one that only root may start.
const PYTHON: &str = "/usr/bin/python3";

const NOTE: &str = "bytes are copied where no pipe is free: ";

/// Holds pipes until this user may have no more memory in them, and says so.
const HOLD_PIPES: &str = "
import fcntl, os, sys
held = []
try:
    while len(held) < 4000:
        held.append(os.pipe())
        fcntl.fcntl(held[-1][1], 1031, 1 << 20)
except PermissionError:
    print('full', flush=True)
    sys.stdin.read()
";

/// A command as a user who is not root. What this test may not do, it skips.
fn as_another(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--", program]);
    command
}

/// The program under test where any user may start it.
fn program_for_all(folder: &TempDir) -> String {
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("our own folder");
    let program = folder.join("sock");
    fs::hard_link(SOCK, &program).or_else(|_| fs::copy(SOCK, &program).map(drop)).expect("room for a copy");
    program
}

fn upstream() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket").to_string();
    (listener, address)
}

/// Bytes of which no two parts are alike.
fn pattern() -> Vec<u8> {
    (0..BULK as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// Sends all of it, both ways at once, and looks that each side gets what the other has sent.
fn carry(client: &TcpStream, behind: &TcpStream, bytes: &[u8]) {
    let send = |mut stream: &TcpStream| {
        stream.write_all(bytes).expect("a live relay");
        stream.shutdown(Shutdown::Write).expect("a live relay");
    };
    let receive = |mut stream: &TcpStream| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("a live relay");
        assert!(all == bytes, "{} bytes came of {}", all.len(), bytes.len());
    };
    thread::scope(|scope| {
        scope.spawn(|| send(client));
        scope.spawn(|| send(behind));
        scope.spawn(|| receive(client));
        receive(behind);
    });
}

/// Has a relay carry two connections, one after the other; gives what it said of pipes.
fn notes(relay: Server, upstream: &TcpListener) -> Vec<String> {
    let bytes = pattern();
    for _ in 0..2 {
        let client = relay.connect();
        let behind = bounded(upstream.accept().expect("the relay connects").0);
        carry(&client, &behind, &bytes);
    }
    let finished = relay.end("TERM");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    finished.stderr.lines().filter(|line| line.contains(NOTE)).map(str::to_owned).collect()
}

#[test]
fn past_the_limit_of_a_users_pipes_it_copies_and_says_so_once() {
    let test = "relay_pipes::past_the_limit_of_a_users_pipes_it_copies_and_says_so_once";
    if fs::metadata("/proc/self").expect("proc(5)").uid() != 0 {
        return skip(test, "root, to become another user");
    }
    if !need(test, "setpriv") {
        return;
    }
    if !fs::exists(PYTHON).expect("a folder") {
        return skip(test, PYTHON);
    }
    let folder = TempDir::new();
    let program = program_for_all(&folder);
    let hold = Process::start(as_another(PYTHON).args(["-c", HOLD_PIPES]));
    hold.stdout.line("its limit of pipes", |line| line.trim() == "full");

    let (upstream, to) = upstream();
    let relay = Server::start_with(as_another(&program).args(["relay", "127.0.0.1:0", &to]));
    let notes = notes(relay, &upstream);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("the kernel makes a pipe of ") && notes[0].contains("fs.pipe-user-pages-soft"));
    drop(hold);
}
