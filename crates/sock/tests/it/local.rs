//! What is no socket: programs, terminals, files and descriptors, as the other end of `sock connect`.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::AsFd as _;
use std::process::Command;

use crate::bounded::RunInTime as _;
use crate::kit::{Finished, Process, SOCK, TempDir, eventually, pattern, run, sock, text};

#[track_caller]
fn connect(endpoint: &str, input: &[u8]) -> Finished {
    run(&mut sock(&["connect", endpoint]), input)
}

#[test]
fn a_program_has_the_input_and_gives_the_output() {
    assert_eq!(connect("exec:cat", b"a\0b\xff\n").quietly_done(), b"a\0b\xff\n");
    assert_eq!(connect("exec:printf '%s|' 'a b' c\\ d", b"").quietly_done(), b"a b|c d|");
    assert_eq!(connect("sh:tr a-z A-Z | rev; echo $?", b"abc").quietly_done(), b"CBA0\n");
    // What a program opens by these names is a pipe, which can be opened; a socket could not.
    assert_eq!(connect("sh:cat < /dev/stdin > /dev/stdout", b"x").quietly_done(), b"x");
}

#[test]
fn ten_megabytes_pass_a_program_byte_for_byte() {
    let bytes = pattern(10 << 20);
    assert!(connect("exec:cat", &bytes).quietly_done() == bytes);
}

#[test]
fn each_direction_of_a_program_ends_by_itself() {
    // The output ends first: the input goes on to be taken.
    let folder = TempDir::new();
    let path = folder.join("taken");
    let ended_first = format!("sh:echo early; exec >&-; cat > {path}");
    let mut process = Process::start(&mut sock(&["connect", &ended_first]));
    process.stdout.at_least(6);
    process.write(b"late");
    process.close_input();
    assert_eq!(process.finish().quietly_done(), b"early\n");
    assert_eq!(fs::read(&path).expect("the program wrote it"), b"late");
    // The input ends first: the output goes on to come.
    assert_eq!(connect("sh:cat > /dev/null; sleep 0.1; echo late", b"x").quietly_done(), b"late\n");
    // The input is refused, as a shell's pipe knows it.
    assert_eq!(connect("sh:exec <&-; sleep 0.1; echo late", &pattern(1 << 20)).quietly_done(), b"late\n");
}

#[test]
fn how_a_program_failed_is_told_in_one_line() {
    let rows = [
        ("sh:exit 3", "sock: error: sh:exit 3: exited with status 3\n"),
        ("sh:kill -SEGV $$", "sock: error: sh:kill -SEGV $$: ended by SIGSEGV\n"),
        ("exec:/bin/false", "sock: error: exec:/bin/false: exited with status 1\n"),
    ];
    for (endpoint, want) in rows {
        let finished = connect(endpoint, b"");
        assert_eq!((finished.code(), finished.stderr.as_str()), (1, want));
    }
    let finished = connect("exec:no-such-program x", b"");
    assert_eq!(finished.code(), 1);
    assert!(
        finished.stderr.starts_with("sock: error: exec:no-such-program x: command not found\n"),
        "{}",
        finished.stderr
    );
}

/// The signals that the C library keeps for itself, 32 and 33, and of musl's 34, by their bits in proc(5).
const KEPT_SIGNALS: u64 = 0b111 << 31;

#[test]
fn a_program_has_three_descriptors_its_own_group_the_default_signals_and_no_secret_of_ours() {
    let script = "ls /proc/self/fd | wc -l; test $(ps -o pgid= -p $$) = $$ && echo leader; \
                  grep SigIgn: /proc/self/status; echo ${SOCK_SECRET-none} ${NOTIFY_SOCKET-none} $KEPT";
    let folder = TempDir::new();
    let extra = folder.file("extra", b"");
    // Ignored, as nohup leaves it; and a descriptor that is passed on.
    let command = format!("trap '' HUP PIPE; exec 7<{extra}; exec {SOCK} connect \"$0\" </dev/null");
    let mut shell = Command::new("sh");
    shell.args(["-c", &command, &format!("sh:{script}")]);
    shell.env("SOCK_SECRET", "x").env("NOTIFY_SOCKET", "/x").env("KEPT", "kept");
    let output = shell.output_in_time().expect("every system has sh");
    let lines = text(&output.stdout);
    let ignored = lines.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap_or_default();
    let mask = u64::from_str_radix(ignored, 16).expect("proc(5): hexadecimal digits");
    assert_eq!(mask & !KEPT_SIGNALS, 0, "{lines}{}", text(&output.stderr));
    // 0, 1 and 2, and the one by which ls reads the folder.
    let want = format!("4\nleader\nSigIgn:\t{ignored}\nnone none kept\n");
    assert_eq!(lines, want, "{}", text(&output.stderr));
}

#[test]
fn a_program_that_hears_nothing_is_ended_with_its_group() {
    let folder = TempDir::new();
    let path = folder.join("pids");
    let script = format!(
        "sh:trap '' TERM; sleep 1000 & echo $$ $! > {path}.new; mv {path}.new {path}; echo ready; wait"
    );
    let process = Process::start(&mut sock(&["connect", &script]));
    process.stdout.at_least(6);
    let pids = fs::read_to_string(&path).expect("they are told");
    process.signal("TERM");
    assert_eq!(process.finish().code(), 143);
    for pid in pids.split_whitespace() {
        assert!(!is_alive(pid), "{pid} lives on");
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[test]
fn what_a_program_leaves_behind_does_not_keep_the_conversation() {
    let folder = TempDir::new();
    let path = folder.join("pid");
    // A session of its own, so that it is in no group of ours, with the output open.
    let script = format!(
        "sh:setsid sh -c 'echo $$ > {path}; exec sleep 1000 2> /dev/null' & \
         until test -s {path}; do sleep 0.01; done; echo done"
    );
    let finished = connect(&script, b"");
    assert_eq!((finished.code(), finished.out().as_str()), (0, "done\n"), "{}", finished.stderr);
    let pid = fs::read_to_string(&path).expect("it is told");
    let killed = Command::new("kill").arg(pid.trim()).status_in_time().expect("a system has kill");
    assert!(killed.success(), "it was left to itself");
}

#[test]
fn a_program_may_have_a_terminal() {
    let finished = connect(
        "sh:tty; test -t 0 && test -t 1 && test -t 2 && echo all; read line; echo got $line?pty",
        b"x\n",
    );
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let out = finished.out();
    assert!(out.contains("/dev/pts/") && out.contains("all\r\n") && out.contains("got x\r\n"), "{out}");
    assert!(finished.stderr.contains("a terminal has no half-close"), "{}", finished.stderr);
    // The end of the input is a letter there.
    let finished = connect("exec:cat?pty", b"line\n");
    assert_eq!((finished.code(), finished.out().as_str()), (0, "line\r\nline\r\n"), "{}", finished.stderr);
}

#[test]
fn a_new_terminal_is_told_and_moves_bytes_as_they_are() {
    let folder = TempDir::new();
    let link = folder.join("line");
    let endpoint = format!("pty:?link={link}");
    let mut process = Process::start(&mut sock(&["connect", &endpoint]));
    let told = process.stderr.line("where it is", |line| line.contains("/dev/pts/"));
    assert!(told.contains("no half-close"), "{told}");
    let mut other = File::options().read(true).write(true).open(&link).expect("the link leads to it");
    other.write_all(b"\x03\x04\n\r\xff").expect("a terminal");
    assert_eq!(process.stdout.at_least(5), b"\x03\x04\n\r\xff");
    process.write(b"\x03in\r\n");
    let mut came = [0; 5];
    std::io::Read::read_exact(&mut other, &mut came).expect("what was sent");
    assert_eq!(&came, b"\x03in\r\n");
    // Who had it open has gone: it is over.
    drop(other);
    assert_eq!(process.finish().code(), 0);
    assert!(fs::symlink_metadata(&link).is_err(), "the link goes");
}

#[test]
fn a_serial_line_is_raw_while_it_is_used_and_set_back_then() {
    let terminal = pseudo_terminal();
    let before = stty(&terminal.1, &["-g"]);
    let endpoint = format!("{}?speed=9600", terminal.1);
    let mut process = Process::start(&mut sock(&["connect", &endpoint]));
    eventually("it is raw", || stty(&terminal.1, &["-a"]).contains("-icanon"));
    assert!(stty(&terminal.1, &["speed"]).starts_with("9600"));
    process.write(b"AT\r\n");
    let mut came = [0; 4];
    std::io::Read::read_exact(&mut &terminal.0, &mut came).expect("what was sent");
    assert_eq!(&came, b"AT\r\n");
    (&terminal.0).write_all(b"\x03OK\r").expect("the other side");
    assert_eq!(process.stdout.at_least(4), b"\x03OK\r");
    // There is no end: what may still come is waited for, and then it is over.
    process.close_input();
    let finished = process.finish();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(finished.stderr.contains("no half-close"), "{}", finished.stderr);
    assert_eq!(stty(&terminal.1, &["-g"]), before);
}

/// Some parents leave it so to what they start; the kernel keeps nothing of a child then.
#[test]
fn how_a_program_failed_is_told_where_sigchld_was_ignored_at_the_start() {
    let mut command = Command::new("env");
    let finished = run(command.args(["--ignore-signal=CHLD", SOCK, "connect", "sh:exit 3"]), b"");
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    assert!(finished.stderr.contains("exited with status 3"), "{}", finished.stderr);
}

#[test]
fn a_link_that_leads_to_another_terminal_by_now_stays() {
    let folder = TempDir::new();
    let link = folder.join("line");
    let endpoint = format!("pty:?link={link}");
    let start = || {
        let process = Process::start(&mut sock(&["connect", &endpoint]));
        process.stderr.line("where it is", |line| line.contains("/dev/pts/"));
        (process, fs::read_link(&link).expect("its link"))
    };
    let ((first, before), (second, now)) = (start(), start());
    assert_ne!(now, before);
    first.signal("TERM");
    assert_eq!(first.finish().code(), 143);
    assert_eq!(fs::read_link(&link).ok(), Some(now), "the link of the second");
    second.signal("TERM");
    assert_eq!(second.finish().code(), 143);
    assert!(fs::symlink_metadata(&link).is_err(), "its own link goes");
}

/// A terminal: the side that is no terminal, and the path of the other.
pub(crate) fn pseudo_terminal() -> (File, String) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(master.as_fd()).expect("it is ours");
    unlockpt(master.as_fd()).expect("it is ours");
    let path = ptsname(master.as_fd(), Vec::new()).expect("it has a path");
    (master.into(), path.to_str().expect("a plain path").to_owned())
}

fn stty(path: &str, args: &[&str]) -> String {
    let output =
        Command::new("stty").args(["-F", path]).args(args).output_in_time().expect("a system has stty");
    text(&output.stdout)
}

#[test]
fn a_file_is_read_and_one_that_is_to_be_written_is_named_so() {
    let folder = TempDir::new();
    let bytes = pattern(300_000);
    let path = folder.file("in", &bytes);
    assert!(connect(&path, b"").quietly_done() == bytes);
    assert!(connect(&format!("file:{path}"), b"").quietly_done() == bytes);
    let finished = connect(&path, b"x");
    assert_eq!((finished.code(), finished.stdout.len()), (1, bytes.len()));
    assert!(finished.stderr.contains("?append or ?create has it written"), "{}", finished.stderr);
    // A new file; one that is there is not emptied.
    let out = folder.join("out");
    assert_eq!(connect(&format!("{out}?create"), b"one").quietly_done(), b"");
    let finished = connect(&format!("{out}?create"), b"two");
    assert_eq!(finished.code(), 8, "{}", finished.stderr);
    assert_eq!(connect(&format!("{out}?append"), &bytes).quietly_done(), b"");
    assert!(fs::read(&out).expect("it is there") == [b"one", &bytes[..]].concat());
    let finished = connect(&folder.join("none"), b"");
    assert_eq!(finished.code(), 1);
    assert!(finished.stderr.contains("?create makes a file"), "{}", finished.stderr);
}

#[test]
fn a_fifo_waits_for_who_has_its_other_end() {
    let folder = TempDir::new();
    let path = folder.join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status_in_time().expect("a system has mkfifo").success());
    let mut reader = Process::start(&mut sock(&["connect", &path]));
    reader.close_input();
    let bytes = pattern(1 << 20);
    assert_eq!(connect(&format!("{path}?append"), &bytes).quietly_done(), b"");
    assert!(reader.finish().quietly_done() == bytes);
    let finished = run(&mut sock(&["connect", &format!("{path}?append"), "--timeout", "50ms"]), b"");
    assert_eq!(finished.code(), 124, "{}", finished.stderr);
}

#[test]
fn a_descriptor_is_used_as_it_is_open() {
    let folder = TempDir::new();
    let path = folder.file("in", b"given");
    let shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-c", line, SOCK]);
        run(&mut command, b"sent")
    };
    assert_eq!(shell(&format!("exec \"$0\" connect fd:5 5<{path} </dev/null")).quietly_done(), b"given");
    let out = folder.join("out");
    assert_eq!(shell(&format!("exec \"$0\" connect fd:5 5>{out}")).quietly_done(), b"");
    assert_eq!(fs::read(&out).expect("it is there"), b"sent");
    let finished = shell("exec \"$0\" connect fd:9");
    assert_eq!(finished.code(), 2);
    assert!(finished.stderr.contains("  fd:9\n     ^\n"), "{}", finished.stderr);
}

#[test]
fn what_cannot_act_is_pointed_at() {
    let folder = TempDir::new();
    let path = folder.file("file", b"");
    let rows: [(&[&str], &str); 12] = [
        (&["listen", "exec:cat"], "\"exec\" cannot be listened at; sock serve --exec"),
        (&["serve", "sh:cat"], "cannot be listened at; sock serve --exec"),
        (&["listen", "fd:3"], "\"fd\" cannot be listened at"),
        (&["connect", &format!("{path}?speed=9600")], "belongs to a serial line"),
        (&["connect", "/dev/null?append"], "a device is written as it is"),
        (&["connect", "/dev/null?speed=9600"], "belongs to a serial line"),
        (&["connect", "exec:ls | wc"], "no shell reads this"),
        (&["connect", "exec:cat 'x"], "has no other that ends it"),
        (&["connect", "exec?pty:cat"], "did you mean \"exec:cat?pty\"?"),
        (&["connect", "exec:cat,pty"], "did you mean \"exec:cat?pty\"?"),
        (&["connect", "-"], "wanted here is the other"),
        (&["wait", "exec:cat"], "wait needs a socket"),
    ];
    for (args, want) in rows {
        let finished = run(&mut sock(args), b"");
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
    }
}
