//! What a bench prints, keeps, and fails for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::machine;
use crate::options::Options;
use crate::rounds::{Case, Limit, Outcome, Scale};

/// The table of a bench as it grows, and the raw runs behind it.
pub struct Report {
    bench: &'static str,
    options: Options,
    /// Rounds that count, unless the command line says otherwise.
    rounds: usize,
    machine: Value,
    cases: Vec<Value>,
    faults: Vec<String>,
}

impl Report {
    /// Prints what the machine is.
    pub fn new(bench: &'static str, options: Options, rounds: usize) -> Self {
        let rounds = options.rounds.unwrap_or(rounds);
        let machine = machine::describe();
        println!("{bench}: {rounds} rounds of each case");
        for (name, value) in machine.as_object().into_iter().flatten() {
            println!("  {name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        Self { bench, options, rounds, machine, cases: Vec::new(), faults: Vec::new() }
    }

    /// Whether the case of this name is to be measured.
    pub fn wants(&self, name: &str) -> bool {
        self.options.wants(name)
    }

    /// Measures a case and prints its rows, where it is wanted.
    pub fn measure(&mut self, case: Case<'_>) {
        if !self.wants(&case.name) {
            return;
        }
        let outcome = case.play(self.rounds);
        print(&outcome);
        self.faults.extend(outcome.faults());
        self.cases.push(keep(&outcome));
    }

    /// Keeps the raw runs, and says which limits are passed.
    pub fn finish(self) -> ExitCode {
        let out = self.options.out.clone().unwrap_or_else(|| self.place());
        let runs = json!({ "bench": self.bench, "machine": self.machine, "cases": self.cases });
        if let Err(error) = write(&out, &format!("{runs:#}\n")) {
            eprintln!("bench: {}: {error}", out.display());
            return ExitCode::FAILURE;
        }
        println!("\nraw runs: {}", out.display());
        for fault in &self.faults {
            println!("PAST ITS LIMIT: {fault}");
        }
        if self.options.check && !self.faults.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn place(&self) -> PathBuf {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        results.join(format!("{}-{}.json", self.bench, machine::date()))
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn print(outcome: &Outcome) {
    let unit = match outcome.scale {
        Scale::NanosecondsEach => "ns each",
        Scale::PerSecond => "a second",
    };
    let yardstick = outcome.rivals[0];
    let loud = if outcome.loud > 0 {
        format!("   TOO MUCH: {} of {} rounds were not quiet", outcome.loud, outcome.rounds.len())
    } else {
        String::new()
    };
    println!("\n{:<44}{unit:>12}   of {yardstick} (least to most of the rounds){loud}", outcome.name);
    for (rival, name) in outcome.rivals.iter().enumerate() {
        let [least, ratio, most] = outcome.ratio(rival, 0);
        let figure = match outcome.scale {
            Scale::NanosecondsEach => format!("{:.1}", outcome.figure(rival)),
            Scale::PerSecond => format!("{:.0}", outcome.figure(rival)),
        };
        println!("  {name:<42}{figure:>12}   {ratio:.3} ({least:.3} to {most:.3})");
    }
    // A limit on the ratio to another than the yardstick shows its own figure.
    for limit in &outcome.limits {
        let (Limit::AtMost(rival, to, _) | Limit::AtLeast(rival, to, _)) = *limit;
        let place = |name| outcome.rivals.iter().position(|rival| *rival == name);
        if let (Some(a), Some(b)) = (place(rival), place(to).filter(|place| *place > 0)) {
            let [least, ratio, most] = outcome.ratio(a, b);
            println!("  {rival}, of {to}: {ratio:.3} ({least:.3} to {most:.3})");
        }
    }
}

fn keep(outcome: &Outcome) -> Value {
    let rounds = |value: &dyn Fn(usize) -> f64| {
        (0..outcome.rounds.len()).map(|round| rounded(value(round))).collect::<Vec<_>>()
    };
    let rivals = outcome.rivals.iter().enumerate().map(|(rival, name)| {
        json!({
            "name": name,
            "figure": rounded(outcome.figure(rival)),
            "ratio": rounded(outcome.ratio(rival, 0)[1]),
            "figures": rounds(&|round| outcome.rounds[round].figures[rival]),
            "ratios": rounds(&|round| outcome.rounds[round].ratios[rival][0]),
        })
    });
    json!({
        "case": outcome.name,
        "scale": format!("{:?}", outcome.scale),
        "rounds that were not quiet": outcome.loud,
        "taken by others": rounds(&|round| outcome.rounds[round].taken),
        "rivals": rivals.collect::<Vec<_>>(),
    })
}

/// Four decimals: a median says no more.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
