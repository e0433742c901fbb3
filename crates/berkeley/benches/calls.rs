//! What each call costs beside the raw one, std's and socket2's: `bench/calls/benches/calls/`.

mod launch;

fn main() -> std::process::ExitCode {
    launch::run("calls")
}
