//! The words behind `cargo bench --`.

use std::path::PathBuf;
use std::process;

const USAGE: &str = "\
usage: cargo bench [--bench NAME] -- [OPTION]...

  --check        fail where a figure is past its limit
  --rounds N     rounds that count, for each case
  --only TEXT    the cases whose name holds TEXT alone
  --out FILE     where the raw runs go (default bench/calls/results/NAME-DATE.json)";

/// What a bench was asked for.
#[derive(Debug, Default)]
pub struct Options {
    pub check: bool,
    pub rounds: Option<usize>,
    pub only: Option<String>,
    pub out: Option<PathBuf>,
}

impl Options {
    /// Reads the command line; what is wrong with it ends the program with 2, and `--help` with 0.
    pub fn read() -> Self {
        let mut options = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value =
                || words.next().unwrap_or_else(|| misuse(&format!("{word} wants a value behind it")));
            match word.as_str() {
                // cargo says so to every bench.
                "--bench" => {}
                "--check" => options.check = true,
                "--rounds" => options.rounds = Some(rounds(&value())),
                "--only" => options.only = Some(value()),
                "--out" => options.out = Some(value().into()),
                "-h" | "--help" => {
                    println!("{USAGE}");
                    process::exit(0);
                }
                other => misuse(&format!("no option is named {other:?}; --help lists them")),
            }
        }
        options
    }

    /// Whether the case of this name is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.only.as_ref().is_none_or(|text| name.contains(text))
    }
}

fn rounds(text: &str) -> usize {
    match text.parse() {
        Ok(rounds) if rounds > 0 => rounds,
        _ => misuse(&format!("--rounds wants a number above 0, not {text:?}")),
    }
}

fn misuse(what: &str) -> ! {
    eprintln!("bench: {what}");
    process::exit(2);
}
