//! A name from C, Python, std or socket2 leads to the item: by its own name, or by `doc(alias)`.

mod absent;
mod c;
mod python;
mod rust;

use std::collections::BTreeSet;

use crate::source::{Token, tokens};
use crate::{read, root, rust_files};

#[test]
fn every_name_of_c_python_and_rust_is_found_or_has_its_reason() {
    let found = names_of_the_library();
    let absent: BTreeSet<&str> = words(absent::NAMES).map(|(_, name)| name).collect();
    let missing: Vec<String> = wanted_names()
        .filter(|(_, name)| !found.contains(*name) && !absent.contains(name))
        .map(|(what, name)| {
            format!("{name} ({what}): give its item #[doc(alias)], or its reason to names/absent.rs")
        })
        .collect();
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn what_is_said_to_be_absent_is_wanted_and_is_not_there() {
    let found = names_of_the_library();
    let wanted: BTreeSet<&str> = wanted_names().map(|(_, name)| name).collect();
    for (reason, name) in words(absent::NAMES) {
        assert!(!found.contains(name), "{name} is there: names/absent.rs says that it is not ({reason})");
        assert!(wanted.contains(name), "{name} stands in names/absent.rs, and in no list of names");
    }
}

#[test]
fn names_are_read_out_of_every_form_that_the_source_has() {
    let rows = [
        (r#"#[doc(alias = "getsockname")]"#, "getsockname"),
        (r#"    INET = AF_INET, "AF_INET";"#, "AF_INET"),
        (r#"    NODELAY: bool, Flag, "nodelay", TCP_NODELAY, "TCP_NODELAY", ReadWrite, Any;"#, "TCP_NODELAY"),
        ("pub const CAN_RAW: Self = Self(c::CAN_RAW);", "CAN_RAW"),
        ("        CAN_BCM = Self(c::CAN_BCM);", "CAN_BCM"),
        ("pub unsafe fn option(", "option"),
        ("    pub const fn bind(&self) {}", "bind"),
        ("pub struct Socket<F = OwnedFd> {", "Socket"),
    ];
    for (line, want) in rows {
        assert!(names(line).contains(want), "{line}: {:?}", names(line));
    }
    for line in
        ["pub(crate) const AF_NFC: i32 = 39;", "fn close() {}", r#"say("TCP_NODELAY")"#, "// pub fn dup"]
    {
        assert_eq!(names(line), BTreeSet::new(), "{line}");
    }
}

fn wanted_names() -> impl Iterator<Item = (&'static str, &'static str)> {
    words(c::NAMES).chain(words(python::NAMES)).chain(words(rust::NAMES))
}

/// The words of a table, each with what its row is about.
fn words<'a>(table: &'a [(&'a str, &'a str)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    table.iter().flat_map(|(what, names)| names.split_whitespace().map(move |name| (*what, name)))
}

/// The names of the library's public items and their aliases; `sys` has none.
fn names_of_the_library() -> BTreeSet<String> {
    let source = root().join("crates/berkeley/src");
    let files = rust_files(&source).into_iter().filter(|file| !file.starts_with(source.join("sys")));
    files.flat_map(|file| names(&read(&file))).collect()
}

fn names(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let mut names: BTreeSet<String> = text.lines().filter_map(alias).map(str::to_owned).collect();
    names.extend(text.lines().filter_map(constant).map(str::to_owned));
    names.extend((0..tokens.len()).filter_map(|at| item(&tokens[at..])));
    names
}

/// `#[doc(alias = "NAME")]`
fn alias(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("#[doc(alias = \"")?.split('"').next()
}

/// The C name of a row that a macro makes an item of: `NAME, "NAME"`.
fn constant(line: &str) -> Option<&str> {
    let (before, name) = line.match_indices(", \"").find_map(|(at, _)| {
        let name = line[at + 3..].split('"').next()?;
        line[..at].ends_with(name).then_some((&line[..at], name))
    })?;
    (!name.is_empty() && !before.trim_start().starts_with("//")).then_some(name)
}

/// A public item, or a protocol's row, `NAME = Self(...)`, where it begins with these tokens.
fn item(tokens: &[Token]) -> Option<String> {
    let word = |at: usize| tokens.get(at).map(|token| token.text.as_str());
    if (word(1), word(2)) == (Some("="), Some("Self")) {
        return word(0).map(str::to_owned);
    }
    if word(0) != Some("pub") {
        return None;
    }
    let mut rest = (1..tokens.len().min(6)).filter_map(word);
    let kind = rest.find(|word| !["const", "unsafe", "async"].contains(word))?;
    match kind {
        "fn" | "struct" | "enum" | "mod" | "type" | "static" => rest.next().map(str::to_owned),
        // `pub const NAME: ...`; what was skipped was the keyword.
        name if word(1) == Some("const") => Some(name.to_owned()),
        // `pub field: ...`, whose name is an item of the structure.
        name if word(2) == Some(":") => Some(name.to_owned()),
        _ => None,
    }
}
