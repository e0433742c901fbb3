//! Runs a bench of `bench/calls`, a package of its own.
//!
//! A bench of this crate would be built with the features that the tests ask for (`fault`, `tracing`), which cost what
//! is to be measured; and the raw calls need `unsafe`, which stands in `sys/` alone.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Builds the bench of this name, and runs it with the words of the command line.
pub(crate) fn run(bench: &str) -> ExitCode {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/calls/Cargo.toml");
    // cargo says `--bench` to every bench.
    let words = std::env::args().skip(1).filter(|word| word != "--bench");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["bench", "--locked", "--bench", bench, "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(words)
        .status();
    match status {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => u8::try_from(status.code().unwrap_or(1)).map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("bench: cargo: {error}");
            ExitCode::FAILURE
        }
    }
}
