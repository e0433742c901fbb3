//! What only bindings to other languages need stands in one hidden room.

use crate::{note, read, root, rust_files};

#[test]
fn what_bindings_alone_need_is_no_method_of_a_socket() {
    let source = root().join("crates/berkeley/src");
    let mut faults = Vec::new();
    for file in rust_files(&source) {
        if !file.starts_with(source.join("bindings")) {
            note(&mut faults, &file, faults_in(&read(&file)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_call_that_waits_where_the_socket_blocks_is_found() {
    let rows: [(&str, &[&str]); 4] = [
        ("    pub fn recv_once(&self) -> Result<usize> {\n", &["line 1: recv_once belongs to bindings"]),
        ("    pub(crate) fn recv_once(&self) {\n    fn send_once(&self) {\n", &[]),
        (
            "    pub const fn of_sources(s: &[Source<'_>]) -> Self {\n",
            &["line 1: of_sources belongs to bindings"],
        ),
        ("    pub fn recv(&self) -> Result<usize> {\n", &[]),
    ];
    for (text, want) in rows {
        assert_eq!(faults_in(text), want, "{text}");
    }
}

/// The public methods that are one system call without a flag of the library's, or take memory by pointers.
fn faults_in(text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let Some((_, rest)) = line.trim().strip_prefix("pub ").and_then(|rest| rest.split_once("fn ")) else {
            continue;
        };
        let name: String =
            rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect();
        // Without an indent it is a function of a private room, which bindings exports.
        let is_method = line.starts_with(' ');
        let words = ["Source<", "Sink<", "RawHints", "memory::Control"];
        if is_method && (name.ends_with("_once") || words.iter().any(|word| rest.contains(word))) {
            faults.push(format!("line {}: {name} belongs to bindings", at + 1));
        }
    }
    faults
}
