//! Every test and every wait in it has a limit of time, and no test ends early in silence.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::source::{Token, tokens};
use crate::{note, read, root, rust_files};

/// Methods of std that wait without a limit where they are called without an argument; bounded.rs has others.
const WAITS: [&str; 6] = ["join", "wait", "recv", "status", "output", "wait_with_output"];

/// What notes a skip: itself, or before it gives `None` or `false`. A function that calls one of these does too, in its
/// own file.
const NOTED: [&str; 7] = ["inside", "need", "skip", "socket_or_skip", "or_skip", "has_ipv6", "shell"];

/// The files that hold what the others are to use.
const BOUNDED: [&str; 2] = ["limit.rs", "bounded.rs"];

#[test]
fn no_wait_of_a_test_is_without_a_limit() {
    let mut faults = Vec::new();
    for file in test_files().filter(|file| !BOUNDED.iter().any(|name| file.ends_with(name))) {
        note(&mut faults, &file, unbounded(&read(&file)));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn no_test_ends_early_in_silence() {
    let mut faults = Vec::new();
    for file in test_files().filter(|file| !file.ends_with("limit.rs")) {
        note(&mut faults, &file, silent_returns(&tokens(&read(&file))));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_wait_without_a_limit_is_found() {
    let rows = [
        ("thread.join().unwrap();", 1),
        ("path.join(name); receiver.recv_timeout(LIMIT); socket.recv(&mut buffer);", 0),
        ("Command::new(name).output(); child.wait(); go.recv();", 3),
        ("packet.status(); [one, other].join(\", \")", 0),
        ("// thread.join()\nthread.join_in_time();", 0),
    ];
    for (text, want) in rows {
        assert_eq!(unbounded(text).len(), want, "{text}");
    }
}

#[test]
fn a_silent_return_is_found() {
    let rows = [
        ("#[test] fn a() { if !root() { return; } work() }", 1),
        ("#[test] fn a() { if !need(test, tool) { return; } work() }", 0),
        ("#[test] fn a() { let Some(it) = made() else { return }; work() }", 1),
        ("#[test] fn a() { let Ok(it) = open() else { return }; work() }", 1),
        ("#[test] fn a() { let Ok(it) = open() else { return skip(test, what) }; work() }", 0),
        ("#[test] fn a() { within(LIMIT, || { let Ok(it) = open() else { return }; work() }) }", 1),
        ("fn a() { if done { return; } work() }", 0),
        (
            "fn made() { skip(test, what) } #[test] fn a() { let Some(it) = made() else { return }; work() }",
            0,
        ),
        ("#[test] fn a() { if !root() { skip(test, what); return; } work() }", 0),
        ("#[test] fn a() { if !need(test, tool) { skip(test, what) } if !root() { return; } work() }", 1),
    ];
    for (text, want) in rows {
        assert_eq!(silent_returns(&tokens(text)).len(), want, "{text}");
    }
}

#[test]
fn every_test_binary_has_the_limit_of_time() {
    let mut binaries = Vec::new();
    for package in
        ["crates/berkeley", "crates/berkeley-packet", "crates/berkeley-python", "crates/sock", "bench/calls"]
    {
        let package = root().join(package);
        let source = package.join("src");
        if rust_files(&source).iter().any(|file| read(file).contains("#[test]")) {
            binaries.push(source.join("lib.rs"));
        }
        binaries.extend(integration_tests(&package.join("tests")));
    }
    assert!(binaries.len() >= 7, "{binaries:?}");
    let lacking: Vec<_> = binaries.iter().filter(|file| !read(file).contains("\nmod limit;\n")).collect();
    assert!(lacking.is_empty(), "include tests/it/limit.rs, as the others do: {lacking:?}");
}

/// The roots of the test binaries that cargo makes of the folder `tests`: each file, and each folder's `main.rs`.
fn integration_tests(tests: &Path) -> impl Iterator<Item = PathBuf> + use<'_> {
    rust_files(tests).into_iter().filter(move |file| {
        let below = file.strip_prefix(tests).expect("a file of this folder");
        let depth = below.components().count();
        depth == 1 || depth == 2 && file.ends_with("main.rs")
    })
}

fn test_files() -> impl Iterator<Item = PathBuf> {
    let folders = ["crates/berkeley/tests/it", "crates/berkeley-packet/tests", "crates/sock/tests"];
    folders.into_iter().flat_map(|folder| rust_files(&root().join(folder)))
}

/// The calls that may wait for ever.
fn unbounded(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().collect();
    let tokens = tokens(source);
    let text = |at: usize| text(&tokens, at);
    // What is no program has a status too.
    let has_programs = tokens.iter().any(|token| token.text == "Command");
    let waits = |at: &usize| {
        let name = text(at + 1);
        let of_programs = ["status", "output"].contains(&name);
        text(*at) == "." && WAITS.contains(&name) && (has_programs || !of_programs)
    };
    // Tokens have no strings, which are arguments too.
    let is_bare = |at: &usize| lines[tokens[*at].line - 1].contains(&format!(".{}()", text(at + 1)));
    (0..tokens.len())
        .filter(|at| waits(at) && text(at + 2) == "(" && text(at + 3) == ")" && is_bare(at))
        .map(|at| format!("line {}: `{}()` has no limit: see bounded.rs", tokens[at].line, text(at + 1)))
        .collect()
}

/// The returns of nothing in a test, but for those behind a question that notes the skip.
fn silent_returns(tokens: &[Token]) -> Vec<String> {
    let is_test = |at: usize| [0, 1, 2, 3].map(|next| text(tokens, at + next)) == ["#", "[", "test", "]"];
    let noted = noted(tokens);
    let mut faults = Vec::new();
    for start in (0..tokens.len()).filter(|at| is_test(*at)) {
        for at in body(tokens, start).filter(|at| text(tokens, *at) == "return") {
            let of_nothing = [";", "}"].contains(&text(tokens, at + 1));
            if of_nothing && !before(tokens, at).any(|name| noted.contains(&name)) {
                faults
                    .push(format!("line {}: a test that returns early is skipped: say so", tokens[at].line));
            }
        }
    }
    faults
}

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |token| &token.text)
}

/// The names that note a skip, with those of the functions here that call one of them.
fn noted(tokens: &[Token]) -> Vec<&str> {
    let mut noted = NOTED.to_vec();
    let functions = || (1..tokens.len()).filter(|at| text(tokens, at - 1) == "fn");
    loop {
        let calls_one = |at: &usize| body(tokens, *at).any(|inside| noted.contains(&text(tokens, inside)));
        let more = functions().find(|at| calls_one(at) && !noted.contains(&text(tokens, *at)));
        let Some(more) = more else { return noted };
        noted.push(text(tokens, more));
    }
}

/// The tokens between the braces that open next.
fn body(tokens: &[Token], from: usize) -> Range<usize> {
    let open = (from..tokens.len()).find(|at| text(tokens, *at) == "{").unwrap_or(tokens.len());
    let mut depth = 0;
    let close = (open..tokens.len()).find(|at| {
        match text(tokens, *at) {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    open..close.unwrap_or(tokens.len())
}

/// The tokens of the block that holds the return at `at`, up to it, and those of the block's condition.
fn before(tokens: &[Token], at: usize) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let open = (0..at).rev().find(|back| {
        match text(tokens, *back) {
            "}" => depth += 1,
            "{" => depth -= 1,
            _ => {}
        }
        depth < 0
    });
    let open = open.unwrap_or(0);
    let condition = (0..open).rev().take_while(|back| ![";", "{", "}"].contains(&text(tokens, *back)));
    condition.chain(open..at).map(|at| text(tokens, at))
}
