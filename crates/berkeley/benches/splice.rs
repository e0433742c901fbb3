//! What relaying costs: `bench/calls/benches/splice/`.

mod launch;

fn main() -> std::process::ExitCode {
    launch::run("splice")
}
