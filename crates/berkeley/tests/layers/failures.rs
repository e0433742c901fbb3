//! A public function of the library that can fail says in its documentation when, or whose it follows.

use std::path::Path;

use crate::{read, root, rust_files};

#[test]
fn every_public_function_that_can_fail_says_when() {
    let source = root().join("crates/berkeley/src");
    // Of `sys` one file is public; the doors of the fuzz targets are hidden.
    let hidden = |file: &Path| {
        (file.starts_with(source.join("sys")) && !file.ends_with("raw.rs")) || file.ends_with("decoders.rs")
    };
    let files: Vec<_> = rust_files(&source).into_iter().filter(|file| !hidden(file)).collect();
    let silent: Vec<String> = files
        .iter()
        .flat_map(|file| {
            silent(&read(file)).into_iter().map(move |name| format!("{}: {name}", file.display()))
        })
        .collect();
    assert!(silent.is_empty(), "these do not say when they fail:\n{}", silent.join("\n"));
}

#[test]
fn what_says_nothing_of_failing_is_found() {
    let rows: [(&str, &[&str]); 6] = [
        ("    /// Binds.\n    pub fn bind(&self) -> Result<()> {\n", &["bind"]),
        (
            "    /// Binds.\n    ///\n    /// Fails without rights.\n    pub fn bind(&self) -> Result<()> {\n",
            &[],
        ),
        ("/// As [`bind`].\n#[must_use]\npub async fn bind_async(\n    a: u8,\n) -> Result<()> {\n", &[]),
        (
            "/// Binds.\n#[must_use]\npub unsafe fn bind_raw(\n    a: u8,\n) -> io::Result<()> {\n",
            &["bind_raw"],
        ),
        ("/// Waits.\npub fn wait() -> impl Future<Output = Result<u8>> {\n", &["wait"]),
        (
            "/// Prepares.\npub fn prepare(it: impl Fn() -> Result<()>) -> Self {\npub(crate) fn x() -> Result<()> {\n",
            &[],
        ),
    ];
    for (text, want) in rows {
        assert_eq!(silent(text), want, "{text}");
    }
}

/// The functions whose documentation says nothing of failing.
fn silent(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let functions = (0..lines.len()).filter_map(|at| Some((at, public_function(lines[at])?)));
    functions
        .filter(|(at, _)| can_fail(&lines[*at..]) && !says_when(&lines[..*at]))
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn public_function(line: &str) -> Option<&str> {
    let mut rest = line.strip_prefix("pub ")?;
    for word in ["const ", "async ", "unsafe "] {
        rest = rest.strip_prefix(word).unwrap_or(rest);
    }
    let name = rest.strip_prefix("fn ")?;
    name.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

/// Whether the signature that these lines open with gives a `Result`.
fn can_fail(lines: &[&str]) -> bool {
    let end = lines.iter().position(|line| line.ends_with(['{', ';'])).unwrap_or(0);
    let signature = lines[..=end].join(" ");
    signature.rsplit_once("->").is_some_and(|(_, given)| given.contains("Result<"))
}

/// Whether the documentation that these lines end with speaks of failing, or follows another item's.
fn says_when(lines: &[&str]) -> bool {
    let documented = lines.iter().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    documented.filter(|line| line.starts_with("///")).any(|line| {
        ["# Errors", "Fails", "fails", "Refuse", "refuse", "As [`", "as [`"]
            .iter()
            .any(|word| line.contains(word))
    })
}
