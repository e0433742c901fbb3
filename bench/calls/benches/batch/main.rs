//! Datagrams delivered a second over loopback, by who sends and receives them: libc's loops, quinn-udp, the library.
//!
//! Each rival floods for a while from one processor and receives on another, on sockets of its own with buffers of one
//! size, and looks at every datagram. What the receiver cannot take is lost, as UDP has it, and does not count.
//!
//! As QUIC sends them, each datagram has a mark (ECN) and a source address too, and the receiver looks at both, once a
//! piece.

mod flood;
mod library;
mod quinn;
mod raw;

use std::process::ExitCode;

use bench_calls::{Case, Limit, Options, Report, Scale, pin, two_cores};

use flood::Flood;

/// Rounds that count, of each case: a turn of each rival is a round.
const ROUNDS: usize = 21;
/// The least that datagrams as one piece are, of the loop's, at the size of [`LARGE`].
const LEAST: f64 = 8.0;
/// What fits into a packet of QUIC on any path.
const LARGE: usize = 1200;
const SMALL: usize = 64;

fn main() -> ExitCode {
    let mut report = Report::new("batch", Options::read(), ROUNDS);
    let cores = two_cores();
    pin(cores[0]);
    for size in [LARGE, SMALL] {
        let name = format!("UDP, {size} B");
        if report.wants(&name) {
            report.measure(case(name, size, cores));
        }
    }
    let name = format!("UDP, {LARGE} B, ECN and source");
    if report.wants(&name) {
        report.measure(marked(name, cores));
    }
    report.finish()
}

fn marked(name: String, cores: [usize; 2]) -> Case<'static> {
    let flood = Flood { size: LARGE, core: cores[1] };
    let limits = vec![Limit::AtLeast("berkeley, marked", "quinn-udp, marked", 1.0)];
    let rivals = vec![
        flood.rival("quinn-udp, marked", quinn::marked),
        flood.rival("quinn-udp, marked again", quinn::marked),
        flood.rival("berkeley, marked", library::marked),
    ];
    Case { name, scale: Scale::PerSecond, turns: 1, cores: Some(cores), rivals, limits }
}

fn case(name: String, size: usize, cores: [usize; 2]) -> Case<'static> {
    let flood = Flood { size, core: cores[1] };
    let mut limits = vec![Limit::AtLeast("berkeley, GSO and GRO", "quinn-udp", 1.0)];
    if size == LARGE {
        limits.push(Limit::AtLeast("berkeley, GSO and GRO", "sendto, recv", LEAST));
    }
    let rivals = vec![
        flood.rival("sendto, recv", raw::loops),
        flood.rival("sendto, recv again", raw::loops),
        flood.rival("sendmmsg, recvmmsg", raw::many),
        flood.rival("quinn-udp", quinn::ends),
        flood.rival("berkeley, one by one", library::one_by_one),
        flood.rival("berkeley, GSO and GRO", library::pieces),
    ];
    Case { name, scale: Scale::PerSecond, turns: 1, cores: Some(cores), rivals, limits }
}
