//! Datagrams delivered a second: `bench/calls/benches/batch/`.

mod launch;

fn main() -> std::process::ExitCode {
    launch::run("batch")
}
