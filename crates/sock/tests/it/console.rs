//! Standard error: what stands before its lines, in which colours, and what a panic says.

use std::env;
use std::process::Command;

use crate::kit::{Process, run, run_sock, terminal};
use crate::skip;

#[test]
fn errors_hints_and_notes_are_told_apart() {
    let finished = run_sock(&["connect", "tpc://127.0.0.1:1"]);
    let said: Vec<&str> = finished.stderr.lines().collect();
    assert!(said[0].starts_with("sock: error: unknown scheme"), "{said:?}");
    let other = run_sock(&["serve", "192.0.2.1:0"]);
    let said: Vec<&str> = other.stderr.lines().collect();
    assert!(said[0].starts_with("sock: error: ") && said[1].starts_with("sock: hint: "), "{said:?}");
}

/// What a terminal shows of an error, with these variables of the environment.
fn shown(variables: &[(&str, &str)], more: &str) -> String {
    let mut command = terminal::command(&format!("{} serve 192.0.2.1:0 {more}", crate::kit::SOCK));
    for name in ["NO_COLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm").envs(variables.iter().copied());
    Process::start(&mut command).finish().out()
}

#[test]
fn a_terminal_that_wants_colours_has_them() {
    if !skip::need("console::a_terminal_that_wants_colours_has_them", "script") {
        return;
    }
    let coloured = shown(&[], "");
    assert!(coloured.contains("sock: \x1b[1;31merror:\x1b[0m listen on"), "{coloured:?}");
    assert!(coloured.contains("sock: \x1b[36mhint:\x1b[0m "), "{coloured:?}");
    for (variables, more) in [(&[("NO_COLOR", "1")], ""), (&[("TERM", "dumb")], ""), (&[("X", "")], "--json")]
    {
        let plain = shown(variables, more);
        assert!(
            !plain.contains('\x1b') && plain.contains("sock: error: listen on"),
            "{variables:?}: {plain:?}"
        );
    }
}

#[test]
#[ignore = "panics on purpose; the test below runs it"]
#[should_panic = "wanted"]
fn panics() {
    sock::report::console::start(false);
    panic!("wanted\n\x1b[2Jfor a test");
}

#[test]
fn a_panic_says_one_line() {
    let mut command = Command::new(env::current_exe().expect("a program has a path"));
    command.args(["console::panics", "--exact", "--ignored"]);
    let finished = run(&mut command, b"");
    let said: Vec<&str> = finished.stderr.lines().collect();
    let [error, hint] = said[..] else { panic!("{said:?}") };
    assert!(error.starts_with("sock: error: internal error at "), "{error}");
    assert!(error.ends_with(": wanted \\x1b[2Jfor a test"), "{error}");
    assert!(hint.starts_with("sock: hint: "), "{hint}");
}
