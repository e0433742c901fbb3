//! An invalid command line: code 2, the fault under a caret, the nearest valid word.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::kit::{run, run_sock, sock, text};

/// Arguments, the message, and the line with the caret, if there is one.
type Row<'a> = (&'a [&'a str], &'a str, &'a [&'a str]);

#[test]
fn the_fault_stands_under_a_caret_beside_the_nearest_word() {
    let rows: [Row<'_>; 21] = [
        (&["serv"], "did you mean serve?", &["  sock serv", "       ^^^^"]),
        (&["serve", "--eco"], "did you mean --echo?", &["  sock serve --eco", "             ^^^^^"]),
        (
            &["connect", "x:1", "--tiemout", "1s"],
            "did you mean --timeout?",
            &["  sock connect x:1 --tiemout 1s", "                   ^^^^^^^^^"],
        ),
        (
            &["serve", "--grace", "5x"],
            "ns, us, ms, s, m or h",
            &["  sock serve --grace 5x", "                     ^^"],
        ),
        (&["completions", "fsh"], "fish", &["  sock completions fsh", "                   ^^^"]),
        (&["connect", "tpc://localhost:80"], "did you mean \"tcp", &["  tpc://localhost:80", "  ^^^"]),
        (
            &["connect", "127.0.0.1:99999"],
            "port 99999 is outside 0-65535",
            &["  127.0.0.1:99999", "            ^^^^^"],
        ),
        (&["connect", "127.0.0.1:80?nodely"], "nodelay", &["  127.0.0.1:80?nodely", "               ^^^^^^"]),
        (&["serve", ":0?rcvbuf=lots"], "rcvbuf", &["  :0?rcvbuf=lots"]),
        (
            &["connect", "udp://127.0.0.1:9?nodelay"],
            "tcp.nodelay",
            &["  udp://127.0.0.1:9?nodelay", "                    ^^^^^^^"],
        ),
        (&["serve", "unix:/tmp/x?mode=999"], "mode", &["  unix:/tmp/x?mode=999"]),
        (&["connect", "[::1:80"], "]", &["  [::1:80"]),
        (
            &["connect", "[fe80::1%nope0]:1"],
            "no interface \"nope0\"",
            &["  [fe80::1%nope0]:1", "           ^^^^^"],
        ),
        (&["serve", "[fe80::1%nope0]:1"], "no interface \"nope0\"", &["           ^^^^^"]),
        (
            &["connect", "127.0.0.1:1?nodelay&interface=nope0"],
            "no interface \"nope0\"",
            &["  127.0.0.1:1?nodelay&interface=nope0", "                                ^^^^^"],
        ),
        (
            &["connect", "[::1]:1?bind=[fe80::1%nope0]:5"],
            "no interface \"nope0\"",
            &["                        ^^^^^"],
        ),
        (&["connect", "tcp://[fe80::1]:80"], "as in [fe80::1%eth0]", &["        ^^^^^^^^^"]),
        (&["serve", "udp://[fe80::1]:80"], "as in [fe80::1%eth0]", &["        ^^^^^^^^^"]),
        (&["connect", "[::1]:80?bind=fe80::1"], "as in [fe80::1%eth0]", &["                ^^^^^^^"]),
        (&["serve", ":0", "--reply", "{date}"], "{data}", &[]),
        (&["serve", ":0", "--max-connections", "0"], "0", &["  sock serve :0 --max-connections 0"]),
    ];
    for (args, part, lines) in rows {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert_eq!(text(&finished.stdout), "", "{args:?}");
        let said: Vec<&str> = finished.stderr.lines().collect();
        assert!(said[0].starts_with("sock: error: "), "{}", finished.stderr);
        assert!(finished.stderr.contains(part), "{args:?}, {part:?}: {}", finished.stderr);
        for line in lines {
            assert!(said.contains(line), "{args:?}, {line:?}:\n{}", finished.stderr);
        }
        assert_eq!(finished.stderr.matches("sock: error: ").count(), 1, "{}", finished.stderr);
    }
}

#[test]
fn options_that_contradict_each_other_are_refused_and_never_ignored() {
    let rows: [&[&str]; 12] = [
        &["serve", "--echo", "--discard"],
        &["serve", "--reply", "x", "--chargen"],
        &["serve", "--once", "--max-connections", "2"],
        &["connect", "x:1", "--send", "x", "--receive-only"],
        &["connect", "x:1", "--send-only", "--receive-only"],
        &["connect", "x:1", "--hex", "--json"],
        &["connect", "x:1", "--hex", "--send-only"],
        &["connect", "x:1", "--raw", "--hex"],
        &["connect", "127.0.0.1:1?timeout=1s", "--timeout", "1s"],
        &["serve", "unix-dgram:/tmp/x", "--idle-timeout", "1s"],
        &["serve", ":0?timeout=1s"],
        &["connect", "unix:/tmp/x?mode=600"],
    ];
    for args in rows {
        let finished = run_sock(args);
        assert_eq!(finished.code(), 2, "{args:?}: {}", finished.stderr);
        assert_eq!(finished.stderr.matches("sock: error: ").count(), 1, "{args:?}: {}", finished.stderr);
    }
}

#[test]
fn a_timeout_that_is_given_twice_names_both() {
    let finished = run_sock(&["connect", "127.0.0.1:1?timeout=1s", "--timeout", "1s"]);
    let message = "the timeout is given twice: --timeout and ?timeout=";
    let caret = "  127.0.0.1:1?timeout=1s\n                      ^^\n";
    assert_eq!(finished.stderr, format!("sock: error: {message}\n{caret}"));
}

#[test]
fn what_cannot_be_connected_to_is_refused_before_anything_is_tried() {
    let rows = [
        ("*:80", "only a listener can have\n  *:80\n  ^\nsock: hint: "),
        ("127.0.0.1:0", "that is listened on\n  127.0.0.1:0\n            ^\n"),
        (":0?nodelay", "that is listened on\n  :0?nodelay\n   ^\n"),
    ];
    for (endpoint, part) in rows {
        let finished = run_sock(&["connect", endpoint]);
        assert_eq!(finished.code(), 2, "{endpoint}: {}", finished.stderr);
        assert!(finished.stderr.contains(part), "{endpoint}: {}", finished.stderr);
    }
}

#[test]
fn nothing_in_the_arguments_drives_the_terminal() {
    for args in [
        &["serve", "--\x1b[2J"][..],
        &["connect", "tcp://\x1b[2J:80"],
        &["\u{202e}evil"],
        &["man", "\x1b[2J"],
        &["completions", "\x1b[2J"],
        &["serve", "--grace", "\x1b[2J"],
        &["serve", "--send-file", "/\x1b[2J"],
        &["serve", ":0", "--reply", "\x1b{"],
    ] {
        let finished = run_sock(args);
        assert_ne!(finished.code(), 0);
        let bad = finished.stderr.chars().find(|c| *c != '\n' && (c.is_control() || *c == '\u{202e}'));
        assert_eq!(bad, None, "{args:?}: {:?}", finished.stderr);
    }
}

#[test]
fn no_command_at_all_shows_the_help() {
    let finished = run_sock(&[]);
    assert_eq!(finished.code(), 2);
    assert!(finished.stderr.contains("Usage: sock"), "{}", finished.stderr);
    assert_eq!(finished.out(), "");
}

#[test]
fn an_argument_that_is_not_utf8_says_how_to_write_it() {
    let mut command = sock(&["connect"]);
    command.arg(OsStr::from_bytes(b"unix:/tmp/\xff\x1b"));
    let finished = run(&mut command, b"");
    assert_eq!(finished.code(), 2, "{}", finished.stderr);
    let want = "sock: error: the argument \"unix:/tmp/\\xff\\x1b\" is not UTF-8\n\
                sock: hint: in an endpoint any byte may be written by its number, as %FF\n";
    assert_eq!(finished.stderr, want);
}

#[test]
fn an_option_that_can_only_be_read_says_where_it_is_shown() {
    for name in ["tcp.info", "acceptconn"] {
        let finished = run_sock(&["connect", &format!("127.0.0.1:9?{name}")]);
        assert_eq!(finished.code(), 2, "{}", finished.stderr);
        assert!(finished.stderr.contains("can only be read; `sock options` shows it"), "{}", finished.stderr);
    }
}
