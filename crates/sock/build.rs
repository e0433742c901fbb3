//! Tells the command which commit it is built from, for `sock --version`.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=SOCK_FEATURES={}", features());
    println!(
        "cargo::rustc-env=SOCK_COMMIT={}",
        packaged().or_else(checked_out).unwrap_or_else(|| "unknown".to_owned())
    );
}

/// The Cargo features that were asked for; those of the default go without saying.
fn features() -> String {
    let names = env::vars().filter_map(|(name, _)| Some(name.strip_prefix("CARGO_FEATURE_")?.to_owned()));
    let mut names: Vec<String> = names.filter(|name| name != "DEFAULT").collect();
    names.sort();
    match &names[..] {
        [] => "default".to_owned(),
        names => names.join(", ").to_lowercase().replace('_', "-"),
    }
}

/// The commit that cargo notes in the crate's archive.
fn packaged() -> Option<String> {
    let folder = env::var_os("CARGO_MANIFEST_DIR")?;
    let notes = fs::read_to_string(Path::new(&folder).join(".cargo_vcs_info.json")).ok()?;
    let hash =
        notes.split('"').find(|word| word.len() == 40 && word.bytes().all(|it| it.is_ascii_hexdigit()))?;
    Some(hash[..12].to_owned())
}

/// That of the repository, where this is one; built anew when another is checked out or made.
fn checked_out() -> Option<String> {
    // An archive may have been unpacked inside another repository, whose commit says nothing of this one.
    git(&["ls-files", "--error-unmatch", "build.rs"])?;
    for file in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", file])?;
        // One that is not there would have this run at every build.
        if Path::new(&path).exists() {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(words: &[&str]) -> Option<String> {
    let output = Command::new("git").args(words).output().ok()?;
    let line = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| line.trim().to_owned()).filter(|line| !line.is_empty())
}
