//! Every test has a limit of time.

use std::path::{Path, PathBuf};

use crate::{read, root, rust_files};

#[test]
fn every_test_binary_has_the_limit_of_time() {
    let mut binaries = Vec::new();
    for package in ["crates/berkeley", "crates/berkeley-python", "crates/sock", "bench/calls"] {
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
