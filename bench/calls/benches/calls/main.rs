//! What a call of the library costs beside the raw one, std's and socket2's, one table a case.
//!
//! All rivals of a case use one socket, by descriptors of their own, and look at what they are given as a program must:
//! every call's result is checked, every byte counted. `libc again` is the yardstick a second time: the noise.

mod accept;
mod message;
mod pair;
mod raw;
mod stream;

use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use bench_calls::{Case, Limit, Options, Report, Rival, Scale, pin, two_cores};

/// The most that a call of the library may take, of the raw one.
const MOST: f64 = 1.03;
/// The most that `recv` with a timeout may take, of `recv` without one, on a socket that is ready.
const MOST_WITH_TIMEOUT: f64 = 1.05;
/// Rounds that count, of each case.
const ROUNDS: usize = 15;

fn main() -> ExitCode {
    let options = Options::read();
    let mut report = Report::new("calls", options, ROUNDS);
    pin(two_cores()[0]);
    stream::all::<UnixStream>(&mut report, "socketpair", pair::unix);
    stream::all::<TcpStream>(&mut report, "TCP", pair::tcp);
    accept::accept(&mut report);
    message::plain(&mut report);
    message::descriptor(&mut report);
    message::hops(&mut report);
    report.finish()
}

/// A case of calls: the rivals' names are `libc`, `libc again`, `std`, `socket2`, `berkeley`.
fn case<'a>(name: &str, turns: usize, rivals: Vec<Rival<'a>>) -> Case<'a> {
    let limits = vec![Limit::AtMost("berkeley", "libc", MOST)];
    Case { name: name.to_owned(), scale: Scale::NanosecondsEach, turns, cores: None, rivals, limits }
}
