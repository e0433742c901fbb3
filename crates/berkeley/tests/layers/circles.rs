//! No two files of the library import each other, not even by way of others.
//!
//! An import that names a room's `mod.rs` is none here: that file holds the door, and its children stand behind it.

use std::collections::{BTreeMap, BTreeSet};

use crate::rules::module;
use crate::source::{Token, references, tokens};
use crate::{read, root, rust_files};

/// Files, each a path and its text.
type Files<'a> = &'a [(&'a str, &'a str)];

/// Which modules each module imports, each a file.
type Imports = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

#[test]
fn no_files_of_the_library_import_each_other() {
    let source = root().join("crates/berkeley/src");
    let files = rust_files(&source);
    let texts = files.iter().map(|file| {
        let path = file.strip_prefix(&source).expect("a file of this folder").to_string_lossy().into_owned();
        (path, read(file))
    });
    let circles = circles(&imports(texts.collect()));
    assert!(circles.is_empty(), "these import each other:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_however_long() {
    let rows: [(Files<'_>, &[&str]); 5] = [
        (&[("a/b.rs", "use super::c::X;"), ("a/c.rs", "use crate::a::b::Y;")], &["a::b, a::c"]),
        (
            &[("a/b.rs", "use super::c::X;"), ("a/c.rs", "use super::d;"), ("a/d.rs", "use super::b::f;")],
            &["a::b, a::c, a::d"],
        ),
        (&[("a/b.rs", "use super::c::X;"), ("a/c.rs", "use crate::d::Y;"), ("d.rs", "")], &[]),
        (&[("a/mod.rs", "use self::b::Y;"), ("a/b.rs", "use super::X;")], &[]),
        (
            &[
                ("a/b.rs", "use super::c::X;\n#[cfg(test)]\nmod tests { fn f() {} }"),
                ("a/c.rs", "#[cfg(test)]\nmod tests { fn f() {} use crate::a::b::Y; }"),
            ],
            &[],
        ),
    ];
    for (files, want) in rows {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
        assert_eq!(circles(&imports(files.collect())), want);
    }
}

fn imports(files: Vec<(String, String)>) -> Imports {
    let is_door = |path: &str| path.ends_with("mod.rs") || path == "lib.rs";
    let files: Vec<_> = files.into_iter().filter(|(path, _)| !is_door(path)).collect();
    let modules: BTreeSet<_> = files.iter().map(|(path, _)| module(path)).collect();
    let of = |(path, text): &(String, String)| {
        let own = module(path);
        let found = references(&without_tests(&tokens(text)), &own);
        let file = |path: Vec<String>| {
            (1..=path.len()).rev().map(|end| path[..end].to_vec()).find(|path| modules.contains(path))
        };
        let targets = found.into_iter().filter_map(|reference| file(reference.path));
        (own.clone(), targets.filter(|target| *target != own).collect())
    };
    files.iter().map(of).collect()
}

/// The tokens without the modules that only tests have.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let texts = tokens[at..].iter().take(10).map(|token| token.text.as_str());
        let opens: Vec<_> = texts.filter(|text| *text != "tests").collect();
        if opens.starts_with(&["#", "[", "cfg", "(", "test", ")", "]", "mod", "{"]) {
            at = end_of_block(tokens, at);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Behind the brace that closes the first block from `at` on.
fn end_of_block(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0;
    for (place, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return place + 1,
            "}" => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The groups of modules that reach each other, a line each.
fn circles(imports: &Imports) -> Vec<String> {
    let reached: BTreeMap<_, _> = imports.keys().map(|from| (from, reached(imports, from))).collect();
    let of = |from: &Vec<String>| -> BTreeSet<String> {
        let back = |to: &&Vec<String>| reached[from].contains(*to) && reached[*to].contains(from);
        imports.keys().filter(back).map(|path| path.join("::")).collect()
    };
    let groups: BTreeSet<_> = imports.keys().map(of).filter(|group| group.len() > 1).collect();
    groups.into_iter().map(|group| group.into_iter().collect::<Vec<_>>().join(", ")).collect()
}

fn reached(imports: &Imports, from: &[String]) -> BTreeSet<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_vec()];
    while let Some(next) = open.pop() {
        for target in imports.get(&next).into_iter().flatten() {
            if found.insert(target.clone()) {
                open.push(target.clone());
            }
        }
    }
    found
}
