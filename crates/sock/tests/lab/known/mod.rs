//! The tools that everybody knows, in every scenario: what they find is what its file calls the truth.
//!
//! So the laboratory is tested before it tests anything. A tool's run has a network of its own, whose counts begin
//! with it.

mod fping;
mod mtr;
mod ping;
mod traceroute;

use std::thread;

use crate::network::Network;
use crate::scenario::{self, Kind, Truth};
use crate::skip;

/// A tool: its name, and what checks its figures.
type Tool = (&'static str, fn(&Network, &Truth));

const TOOLS: &[Tool] = &[
    ("ping", ping::check),
    ("fping", fping::check),
    ("traceroute", |network, truth| traceroute::check(network, truth, Kind::Icmp)),
    ("traceroute", |network, truth| traceroute::check(network, truth, Kind::Udp)),
    ("traceroute", |network, truth| traceroute::check(network, truth, Kind::Tcp)),
    ("mtr", mtr::check),
];

/// How many pings: more than twice the longest count of the scenarios, and one more than a multiple of each.
pub(crate) const PINGS: u64 = 21;

every_scenario!("known", play);

fn play(test: &str, name: &str) {
    let scenario = scenario::load(name);
    // Seen where the test fails.
    println!("{}", scenario.about);
    // What they mostly do is wait.
    thread::scope(|scope| {
        for (tool, check) in TOOLS.iter().filter(|(tool, _)| skip::need(test, tool)) {
            let scenario = &scenario;
            let run = move || {
                let Some(network) = Network::or_skip(test, scenario) else { return };
                scenario.truths.iter().for_each(|truth| check(&network, truth));
            };
            thread::Builder::new().name((*tool).to_owned()).spawn_scoped(scope, run).expect("a thread");
        }
    });
}
