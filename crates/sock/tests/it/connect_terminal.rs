//! `sock connect` at a terminal: what a person sees, and when it ends.

use std::io::Write as _;
use std::net::{Shutdown, TcpListener};

use crate::bounded::JoinInTime;
use crate::kit::{Process, SOCK, bounded, expect, read_all, run, sock, terminal, text};
use crate::skip;

/// Starts `sock connect` on a terminal of its own, to a listener of the test's; what it prints is standard output here.
fn on_a_terminal(listener: &TcpListener, options: &str) -> Process {
    let address = listener.local_addr().expect("a bound socket");
    terminal(&format!("{SOCK} connect {address} {options}"))
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

#[test]
fn the_peers_end_ends_it_and_says_so() {
    if !skip::need("connect_terminal::the_peers_end_ends_it_and_says_so", "script") {
        return;
    }
    let listener = listener();
    let terminal = on_a_terminal(&listener, "");
    let mut server = bounded(listener.accept().expect("the client comes").0);
    server.write_all(b"goodbye\n").expect("a live connection");
    terminal.stdout.until("the text", |shown| text(shown).contains("goodbye").then_some(()));
    server.shutdown(Shutdown::Write).expect("a live connection");
    terminal.stdout.until("the reason", |shown| {
        text(shown).contains("the peer closed the connection\r\n").then_some(())
    });
    let finished = terminal.finish();
    assert_eq!(finished.code(), 0, "{}", finished.out());
    assert_eq!(finished.out().matches("sock: ").count(), 2, "connected, and closed: {}", finished.out());
}

#[test]
fn a_typed_line_is_sent_and_ctrl_d_is_the_end() {
    if !skip::need("connect_terminal::a_typed_line_is_sent_and_ctrl_d_is_the_end", "script") {
        return;
    }
    let listener = listener();
    let mut terminal = on_a_terminal(&listener, "");
    let mut server = bounded(listener.accept().expect("the client comes").0);
    terminal.stdout.until("what a person may do", |shown| {
        text(shown).contains("what you type is sent, Ctrl-D ends it").then_some(())
    });
    terminal.write(b"hello\n");
    expect(&server, b"hello\n");
    terminal.write(b"\x04");
    assert_eq!(read_all(&server), b"", "the end of the input is passed on");
    server.write_all(b"late answer\n").expect("the client reads on");
    drop(server);
    let finished = terminal.finish();
    assert_eq!(finished.code(), 0, "{}", finished.out());
    assert!(finished.out().contains("late answer\r\n"), "{}", finished.out());
}

const HOSTILE: &[u8] = b"\x1b[2J\x1b]0;owned\x07 \xe2\x80\xae caf\xc3\xa9 \x9b31m\ttab\n";

#[test]
fn a_peers_control_characters_are_escaped_on_a_terminal_alone() {
    if !skip::need("connect_terminal::a_peers_control_characters_are_escaped_on_a_terminal_alone", "script") {
        return;
    }
    for (options, raw) in [("--receive-only", false), ("--receive-only --raw", true)] {
        let listener = listener();
        let terminal = on_a_terminal(&listener, options);
        let mut server = bounded(listener.accept().expect("the client comes").0);
        server.write_all(HOSTILE).expect("a live connection");
        drop(server);
        let finished = terminal.finish();
        assert_eq!(finished.code(), 0, "{}", finished.out());
        let shown = &finished.stdout;
        assert_eq!(shown.windows(4).any(|part| part == b"\x1b[2J"), raw, "{}", finished.out());
        assert_eq!(shown.contains(&7), raw, "{}", finished.out());
        assert_eq!(
            finished.out().contains(r"\x1b[2J\x1b]0;owned\x07 \u{202e} café \x9b31m"),
            !raw,
            "{}",
            finished.out()
        );
    }
}

#[test]
fn in_a_pipe_they_pass_as_they_are() {
    let listener = listener();
    let address = listener.local_addr().expect("a bound socket").to_string();
    let server = std::thread::spawn(move || {
        let mut server = bounded(listener.accept().expect("the client comes").0);
        server.write_all(HOSTILE).expect("a live connection");
    });
    let finished = run(&mut sock(&["connect", &address, "--receive-only"]), b"");
    server.join_in_time().expect("it served");
    assert_eq!(finished.quietly_done(), HOSTILE);
}
