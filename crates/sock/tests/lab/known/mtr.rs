//! mtr, as it reports.

use std::collections::BTreeSet;

use super::PINGS;
use crate::figures::{Seen, Way, milliseconds};
use crate::network::Network;
use crate::scenario::{Ends, Kind, Truth};

pub(super) fn check(network: &Network, truth: &Truth) {
    if !truth.is_of(Kind::Icmp) {
        return;
    }
    let (count, target) = (PINGS.to_string(), truth.target.to_string());
    let longest = truth.hops.len().to_string();
    // Sent, received, best. It goes on for ever in a loop, and a little behind where nobody answers.
    let args = [
        "mtr", "-n", "-r", "-w", "-o", "SRB", "-c", &count, "-i", "0.02", "-G", "0.5", "-m", &longest,
        &target,
    ];
    let mut way = parse(&network.run(&truth.from, &args).out());
    if matches!(truth.ends, Ends::Prohibited | Ends::NoRoute | Ends::Silence) {
        // It asks on for answers where there are none, and shows `???`.
        way.hops.truncate(truth.hops.len());
    }
    way.must_be(truth, false, "mtr");
}

fn parse(out: &str) -> Way {
    let rows = out.lines().filter_map(|line| line.split_once(".|-- ").map(|(_, row)| row));
    Way { hops: rows.map(seen).collect() }
}

/// `10.0.1.2   21   21    0.1`, or `???` for the address.
fn seen(row: &str) -> Seen {
    let words: Vec<&str> = row.split_whitespace().collect();
    let number =
        |at: usize| words.get(at).and_then(|word| word.parse().ok()).unwrap_or_else(|| panic!("{row}"));
    let addresses: BTreeSet<_> = words[0].parse().into_iter().collect();
    let median = if addresses.is_empty() { None } else { milliseconds(words[3]) };
    Seen { addresses, sent: number(1), received: number(2), median, end: None }
}
