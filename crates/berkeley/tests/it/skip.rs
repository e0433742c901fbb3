//! Skipping a test whose tool is not there, in sight of all.
//!
//! A newcomer has a Rust toolchain and nothing else, so a test that wants `ncat` or `ip` asks first:
//!
//! ```ignore
//! if !skip::need("interop::ncat_reads_what_we_send", "ncat") {
//!     return;
//! }
//! ```
//!
//! A skip prints one line, `skipped: TEST: needs TOOL`. Cargo hides what a passing test prints, so the line also
//! goes to the end of the file that `BERKELEY_SKIPS` names, and `./check.sh test` shows that file. With
//! `BERKELEY_CI=1` a skip fails the test unless `.ci/skips` lists it: there every tool should be installed, and
//! a test that quietly stops running is worse than none.

#![allow(dead_code, reason = "each test binary that includes this file uses its own part")]

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Whether the program `tool` is on the `PATH`; if not, the skip of `test` is noted and the test should return.
///
/// `test` is the name that `cargo test` prints. Panics under `BERKELEY_CI=1` when `.ci/skips` lacks the test.
#[must_use]
pub(crate) fn need(test: &str, tool: &str) -> bool {
    let found = is_on_path(tool);
    if !found {
        skip(test, tool);
    }
    found
}

/// Notes that `test` is skipped for want of `what`: a right, a kernel's feature, a route.
///
/// Panics under `BERKELEY_CI=1` when `.ci/skips` lacks the test.
pub(crate) fn skip(test: &str, what: &str) {
    let line = format!("skipped: {test}: needs {what}\n");
    eprint!("{line}");
    if let Some(path) = env::var_os("BERKELEY_SKIPS") {
        append(Path::new(&path), &line);
    }
    if env::var_os("BERKELEY_CI").is_some_and(|value| value == "1") {
        let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.ci/skips");
        let list = std::fs::read_to_string(&list).unwrap_or_default();
        assert!(
            is_listed(&list, test),
            "{test} was skipped for want of {what}, and .ci/skips does not list it"
        );
    }
}

/// One write to a file opened for appending, so that lines of tests that run at once do not mix.
fn append(path: &Path, line: &str) {
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    assert!(written.is_ok(), "write to {}: {written:?}", path.display());
}

fn is_on_path(tool: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| is_program(&folder.join(tool)))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Whether a line of `list` starts with the name `test`; `#` opens a comment line.
fn is_listed(list: &str, test: &str) -> bool {
    list.lines()
        .filter(|line| !line.starts_with('#'))
        .any(|line| line.split_whitespace().next() == Some(test))
}

#[test]
fn a_listed_skip_is_known_by_its_whole_name() {
    let list = "# about\ninterop::ncat_reads\tno ncat there\nrights  not root\n\n";
    for (test, want) in [
        ("interop::ncat_reads", true),
        ("rights", true),
        ("interop::ncat", false),
        ("#", false),
        ("no", false),
    ] {
        assert_eq!(is_listed(list, test), want, "{test}");
    }
}

#[test]
fn a_tool_is_found_only_when_it_can_be_run() {
    assert!(is_on_path("sh"));
    assert!(!is_on_path("no-program-has-this-name"));
    // A folder and a plain file are no tools, though `PATH` may lead to both.
    assert!(!is_program(Path::new("/")));
    assert!(!is_program(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")));
}
