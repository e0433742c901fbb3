//! `--browse`: what a terminal shows, that it is given back as it was, and that a capture stays confined.

use std::fs;
use std::net::UdpSocket;
use std::path::PathBuf;

use crate::bounded::RunInTime as _;
use crate::kit::namespace::inside;
use crate::kit::{Process, SOCK, TempDir, eventually, run_sock, screen, terminal, text};
use crate::skip;

const COLUMNS: usize = 80;
const LINES: usize = 24;

/// A capture of a web page and of a lookup.
fn capture() -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures/web.pcapng");
    path.to_str().expect("UTF-8").to_owned()
}

/// The command at a terminal of 80 columns and 24 lines, whose modes before and after are kept.
struct Browser {
    terminal: Process,
    folder: TempDir,
}

impl Browser {
    /// Starts a line of shell in which `$SOCK` is the command, and `$HOLD` a file that is not there.
    #[track_caller]
    fn start(line: &str) -> Self {
        let folder = TempDir::new();
        let files = ["before", "after", "pid", "code", "hold"].map(|name| folder.join(name));
        let [before, after, pid, code, hold] = &files;
        let line = format!(
            "SOCK={SOCK}; HOLD={hold}; export SOCK HOLD; stty rows {LINES} cols {COLUMNS}; stty -a >{before}; \
             sh -c 'echo $$ >{pid}; {line}'; echo $? >{code}; stty -a >{after}; echo \"it is over\""
        );
        Self { terminal: terminal(&line), folder }
    }

    /// Waits until the screen holds what is looked for.
    #[track_caller]
    fn shows(&self, what: &str) {
        self.shows_all(&[what]);
    }

    #[track_caller]
    fn shows_all(&self, what: &[&str]) {
        let holds = |bytes: &[u8]| {
            let shown = screen(bytes, COLUMNS, LINES).join("\n");
            what.iter().all(|what| shown.contains(what)).then_some(())
        };
        self.terminal.stdout.until(&format!("{what:?}"), holds);
    }

    fn type_in(&mut self, keys: &str) {
        self.terminal.write(keys.as_bytes());
    }

    fn pid(&self) -> String {
        let path = self.folder.join("pid");
        eventually("its number", || fs::read_to_string(&path).is_ok_and(|text| text.ends_with('\n')));
        fs::read_to_string(path).expect("a file").trim().to_owned()
    }

    fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args(["-s", name, &self.pid()]).status_in_time();
        assert!(sent.expect("kill").success());
    }

    /// Waits for the end: the terminal is as before. Gives the exit code, and what was shown in all.
    #[track_caller]
    fn ended(self) -> (i32, String) {
        let finished = self.terminal.finish();
        let read = |name: &str| fs::read_to_string(self.folder.join(name)).expect("a file");
        assert_eq!(read("before"), read("after"), "the terminal's modes");
        let shown = finished.out();
        assert_eq!(shown.matches("\x1b[?1049h").count(), shown.matches("\x1b[?1049l").count());
        assert_eq!(shown.matches("\x1b[?25l").count().min(1), shown.matches("\x1b[?25h").count().min(1));
        let code = read("code").trim().parse().expect("a number");
        (code, shown)
    }
}

#[test]
fn packets_are_browsed_filtered_and_followed() {
    if !skip::need("browse::packets_are_browsed_filtered_and_followed", "script") {
        return;
    }
    let mut browser = Browser::start(&format!("exec $SOCK decode {} --browse", capture()));
    browser.shows_all(&["14 of 14 packets", ">  1 0.000000", "Bytes: eth, 14 bytes from 0 on"]);
    browser.type_in("jjj");
    browser.shows_all(&[">  4 ", "── Packet 4 of lo"]);
    browser.type_in("\t\x1b[B\x1b[C\x1b[B");
    browser.shows_all(&["▾ ip: Internet Protocol", "Bytes: ip.version, 1 byte from 14 on"]);
    browser.type_in("-G\t");
    browser.shows("━━ Bytes: http");
    browser.type_in("\x1b[H\x1b[C");
    browser.shows("Bytes: eth.dst.oui, 3 bytes from 0 on");
    browser.type_in("/udp prot");
    browser.shows_all(&["did you mean \"port\"?", "/udp prot", "▸ ip: Internet Protocol"]);
    browser.type_in("\x7f\x7f\x7f\x7fport 53\r");
    browser.shows_all(&["2 of 14 packets", "filter: udp port 53", "> 13 "]);
    browser.type_in("f");
    browser.shows("udp 0: client 127.0.0.1:57855, server 127.0.0.1:53");
    browser.type_in("\x1b");
    browser.shows("── Packet 13 of lo");
    browser.type_in("/\x15\r");
    browser.shows_all(&["14 of 14 packets", "> 13 "]);
    browser.type_in("\x1b");
    browser.shows("━No.");
    browser.type_in("gsHELLO,\r");
    browser.shows_all(&[">  8 ", "── Packet 8 of lo", "Bytes: tcp.payload, 15 bytes from 66 on"]);
    browser.type_in("f");
    browser.shows_all(&["> GET /hello.txt HTTP/1.1", "< hello, packets", "tcp 0: client 127.0.0.1:53108"]);
    browser.type_in("?");
    browser.shows("filter, as tcpdump has it");
    browser.type_in("q");
    browser.shows("< hello, packets");
    browser.type_in("q");
    browser.shows("── Packet 8 of lo");
    browser.type_in("q");
    let (code, _) = browser.ended();
    assert_eq!(code, 0);
}

#[test]
fn signals_give_the_terminal_back() {
    if !skip::need("browse::signals_give_the_terminal_back", "script") {
        return;
    }
    for (signal, want) in [("TERM", 143), ("HUP", 143), ("INT", 130)] {
        let browser = Browser::start(&format!("exec $SOCK decode {} --browse", capture()));
        browser.shows("14 of 14 packets");
        browser.signal(signal);
        let (code, shown) = browser.ended();
        assert_eq!(code, want, "{signal}");
        assert!(shown.contains("it is over"));
    }
}

#[test]
fn ctrl_c_quits_and_what_was_stopped_goes_on() {
    if !skip::need("browse::ctrl_c_quits_and_what_was_stopped_goes_on", "script") {
        return;
    }
    let mut browser = Browser::start(&format!("exec $SOCK decode {} --browse", capture()));
    browser.shows("14 of 14 packets");
    // Stopped from outside: it takes the terminal anew when it goes on.
    browser.signal("STOP");
    browser.signal("CONT");
    let taken = |shown: &[u8]| (text(shown).matches("\x1b[?1049h").count() == 2).then_some(());
    browser.terminal.stdout.until("the screen again", taken);
    browser.shows("14 of 14 packets");
    browser.type_in("\x03");
    assert_eq!(browser.ended().0, 0);
}

#[test]
fn standard_input_may_be_the_capture_and_keys_come_from_the_terminal() {
    if !skip::need("browse::standard_input_may_be_the_capture_and_keys_come_from_the_terminal", "script") {
        return;
    }
    // The pipe stays open behind the packets, as that of a capture under way does.
    let wait = "touch $HOLD; while [ -e $HOLD ]; do sleep 0.05; done";
    let line = format!("(cat {}; {wait}) | $SOCK decode - --browse", capture());
    let mut browser = Browser::start(&line);
    browser.shows_all(&["standard input  14 of 14 packets", "> 14 "]);
    browser.type_in("gq");
    let end = |shown: &[u8]| text(shown).contains("\x1b[?1049l").then_some(());
    browser.terminal.stdout.until("the end of the screen", end);
    fs::remove_file(browser.folder.join("hold")).expect("the input is still open");
    assert_eq!(browser.ended().0, 0);
}

#[test]
fn what_is_no_capture_fails_before_there_is_a_screen() {
    if !skip::need("browse::what_is_no_capture_fails_before_there_is_a_screen", "script") {
        return;
    }
    let rows = [
        ("decode /dev/null --browse", 9, "/dev/null"),
        ("decode nowhere.pcap --browse", 1, "open nowhere.pcap"),
        ("decode FILE --browse --filter udp,prot", 2, "expected"),
        ("decode FILE --browse 2>&1 | cat", 0, "standard output has to be a terminal"),
    ];
    for (line, want, says) in rows {
        let line = line.replace("FILE", &capture()).replace("udp,prot", "\"udp prot\"");
        let (code, shown) = Browser::start(&format!("$SOCK {line}")).ended();
        assert_eq!(code, want, "{line}: {shown}");
        assert!(shown.contains(says) && !shown.contains("\x1b[?1049h"), "{line}: {shown}");
    }
}

#[test]
fn without_a_terminal_and_with_other_views_it_is_a_misuse() {
    let capture = capture();
    let rows: [&[&str]; 11] = [
        &["decode", "FILE", "--browse"],
        &["decode", "FILE", "--browse", "--json"],
        &["decode", "FILE", "--browse", "--hex"],
        &["decode", "FILE", "--browse", "--layers"],
        &["decode", "FILE", "--browse", "--follow", "tcp 0"],
        &["decode", "FILE", "--browse", "--conversations"],
        &["decode", "FILE", "--browse", "--craft"],
        &["decode", "FILE", "--browse", "--count", "1"],
        &["capture", "lo", "--browse", "--json"],
        &["capture", "lo", "--browse", "--layers"],
        &["capture", "lo", "--browse", "--write", "x", "--print"],
    ];
    for args in rows {
        let args: Vec<_> = args.iter().map(|arg| if *arg == "FILE" { &*capture } else { arg }).collect();
        let finished = run_sock(&args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains("--browse"), "{args:?}: {}", finished.stderr);
    }
}

/// Sends a datagram to a socket that takes it.
fn send(to: &UdpSocket, text: &str) {
    let from = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    from.send_to(text.as_bytes(), to.local_addr().expect("a bound socket")).expect("room");
}

#[test]
fn a_capture_is_browsed_while_it_stays_confined() {
    let test = "browse::a_capture_is_browsed_while_it_stays_confined";
    if !skip::need(test, "script") || !inside(test, "true") {
        return;
    }
    let to = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let folder = TempDir::new();
    let path = folder.join("trace.pcapng");
    let mut browser = Browser::start(&format!("exec $SOCK capture lo --browse --write {path}"));
    browser.shows("waiting for packets");
    for text in ["one", "three", "seventy"] {
        send(&to, text);
    }
    browser.shows_all(&["lo  3 of 3 packets, 0 dropped", ">  3 ", "udp   length 7"]);
    // All threads are behind the walls: that of the capture, that of the screen, that of the filter.
    let tasks = fs::read_dir(format!("/proc/{}/task", browser.pid())).expect("a live process");
    let statuses: Vec<_> = tasks
        .map(|task| fs::read_to_string(task.expect("a thread").path().join("status")).expect("a thread"))
        .collect();
    assert!(statuses.len() >= 3, "{}", statuses.len());
    for status in statuses {
        for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"] {
            assert!(status.contains(line), "{line}: {status}");
        }
        if cfg!(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")) {
            assert!(status.contains("Seccomp:\t2"), "{status}");
        }
    }
    // The cursor is not at the end: it stays where it is, and new packets come.
    browser.type_in("k");
    browser.shows(">  2 ");
    send(&to, "more");
    browser.shows_all(&["4 of 4 packets", ">  2 "]);
    browser.type_in("f");
    browser.shows("> three");
    browser.type_in("\x1b");
    browser.shows("── Packet 2 of lo");
    browser.type_in("q");
    let (code, shown) = browser.ended();
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("4 packets captured"), "{shown}");
    let written = run_sock(&["decode", &path]);
    assert_eq!((written.code(), written.out().lines().count()), (0, 4), "{}", written.stderr);
}

#[test]
fn a_capture_that_ends_stays_on_the_screen_and_one_that_fails_says_why() {
    let test = "browse::a_capture_that_ends_stays_on_the_screen_and_one_that_fails_says_why";
    let set_up = "mkdir -p /run/sock-small && mount -t tmpfs -o size=16k none /run/sock-small";
    if !skip::need(test, "script") || !inside(test, set_up) {
        return;
    }
    let to = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let mut browser = Browser::start("exec $SOCK capture lo --browse --count 2");
    browser.shows("waiting for packets");
    send(&to, "one");
    send(&to, "two");
    browser.shows_all(&["2 of 2 packets", "the capture has ended"]);
    browser.type_in("kq");
    assert_eq!(browser.ended().0, 0);
    let mut browser = Browser::start("exec $SOCK capture lo --browse --write /run/sock-small/trace.pcapng");
    browser.shows("waiting for packets");
    for _ in 0..40 {
        send(&to, &"x".repeat(1_000));
    }
    browser.shows("no space left");
    browser.type_in("q");
    let (code, shown) = browser.ended();
    assert_eq!(code, 1, "{shown}");
}
