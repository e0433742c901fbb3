//! The arrows of the house: `./check.sh layers`.
//!
//! Imports run one way, `unsafe` stands in its rooms, libc is named in one place, no file grows without end. The
//! tables are in `rules.rs`; a new room, or a new crate, is a new row there.

#![allow(clippy::expect_used, reason = "a test ends at its first surprise")]

mod bindings;
mod circles;
mod failures;
#[path = "../it/limit.rs"]
mod limit;
mod limits;
mod names;
mod rules;
mod samples;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{HOUSES, House, too_long, too_wide, too_wide_comments, unsafe_words};

#[test]
fn imports_run_one_way_and_unsafe_stays_in_its_rooms() {
    let mut faults = Vec::new();
    for house in HOUSES {
        let source = folder_of(house).join("src");
        let files = rust_files(&source);
        assert!(!files.is_empty(), "nothing was read in {}", source.display());
        for file in files {
            let path = file.strip_prefix(&source).expect("a file of this folder").to_string_lossy();
            note(&mut faults, &file, house.faults(&path, &read(&file)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn examples_and_benches_need_no_unsafe() {
    let mut faults = Vec::new();
    for folder in HOUSES.iter().map(folder_of) {
        for file in [folder.join("examples"), folder.join("benches")].iter().flat_map(|it| rust_files(it)) {
            note(&mut faults, &file, unsafe_words(&source::tokens(&read(&file))));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_crate_has_a_house() {
    for entry in fs::read_dir(root().join("crates")).expect("the crates' folder") {
        let folder = entry.expect("an entry").path();
        // A package that only runs another's tests has no rooms.
        if !folder.join("src").exists() {
            continue;
        }
        let name = folder.file_name().expect("an entry has a name").to_owned();
        let known = HOUSES.iter().any(|house| *house.folder == *name);
        assert!(known, "add {name:?} to HOUSES in layers/rules.rs");
    }
}

#[test]
fn every_dependency_of_the_library_has_its_rooms() {
    let library = HOUSES.iter().find(|house| house.folder == "berkeley").expect("the library's row");
    let unknown = library.unknown_dependencies(&read(&folder_of(library).join("Cargo.toml")));
    assert!(unknown.is_empty(), "say in layers/rules.rs which rooms may name {unknown:?}");
}

#[test]
fn no_file_is_too_long() {
    let mut faults = Vec::new();
    for folder in ["crates", "fuzz", "bench"] {
        for file in rust_files(&root().join(folder)) {
            note(&mut faults, &file, too_long(&read(&file)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn no_comment_is_too_wide() {
    let mut faults = Vec::new();
    for folder in ["crates", "fuzz", "bench"] {
        let files = rust_files(&root().join(folder));
        assert!(!files.is_empty(), "nothing was read in {folder}");
        for file in files {
            note(&mut faults, &file, too_wide_comments(&read(&file)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Not in `crates/berkeley`, whose tables of options have a row a line, however long.
#[test]
fn no_line_is_too_wide() {
    let mut faults = Vec::new();
    for folder in ["crates/sock", "fuzz", "bench"] {
        for file in rust_files(&root().join(folder)) {
            note(&mut faults, &file, too_wide(&read(&file)));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The interpreter's version is asked where it is named once, and where its memory and its symbols are met.
#[test]
fn the_version_of_python_is_asked_in_one_place() {
    let source = root().join("crates/berkeley-python/src");
    let mut faults = Vec::new();
    for file in rust_files(&source) {
        let room = file.strip_prefix(&source).expect("below the source");
        if room != Path::new("version.rs") && !room.starts_with("ffi") {
            let lines = read(&file)
                .lines()
                .filter(|line| line.contains("Py_3_"))
                .map(str::to_owned)
                .collect::<Vec<_>>();
            note(&mut faults, &file, lines);
        }
    }
    assert!(faults.is_empty(), "ask crate::version:\n{}", faults.join("\n"));
}

fn note(faults: &mut Vec<String>, file: &Path, found: impl IntoIterator<Item = String>) {
    let file = file.strip_prefix(root()).unwrap_or(file).display();
    faults.extend(found.into_iter().map(|fault| format!("{file}: {fault}")));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn folder_of(house: &House) -> PathBuf {
    root().join("crates").join(house.folder)
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a file of UTF-8 text")
}

/// Every `.rs` below `folder`, in order, but for what builds leave behind; none where there is no such folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let built = path.file_name().is_some_and(|name| name == "target" || name == "build");
        if path.is_dir() && !built {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
