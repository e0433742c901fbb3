//! What a captured packet costs: `bench/calls/benches/capture/`.

mod launch;

fn main() -> std::process::ExitCode {
    launch::run("capture")
}
