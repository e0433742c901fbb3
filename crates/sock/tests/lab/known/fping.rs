//! fping.

use std::net::IpAddr;

use super::PINGS;
use crate::figures::{Pings, median, milliseconds};
use crate::network::Network;
use crate::scenario::{Kind, Truth};

pub(super) fn check(network: &Network, truth: &Truth) {
    if !truth.is_of(Kind::Icmp) {
        return;
    }
    let (count, target) = (PINGS.to_string(), truth.target.to_string());
    // Without `-t`, an answer that takes longer than the period is lost to it.
    let finished = network.run(&truth.from, &["fping", "-C", &count, "-p", "10", "-t", "500", "-q", &target]);
    parse(&finished.stderr, truth.target).must_be(truth, "fping");
}

/// Of the lines of the target, the last is a word for each ping, milliseconds or `-`; the others are of duplicates.
fn parse(told: &str, target: IpAddr) -> Pings {
    let of_target = |line| str::split_once(line, " : ").filter(|(name, _)| name.trim() == target.to_string());
    let mut lines: Vec<&str> = told.lines().filter_map(of_target).map(|(_, words)| words).collect();
    let words: Vec<&str> = lines.pop().unwrap_or_else(|| panic!("{told}")).split_whitespace().collect();
    let times: Vec<_> = words.iter().filter_map(|word| milliseconds(word)).collect();
    let is_lost = |(number, word): (u64, &&str)| (*word == "-").then_some(number);
    let duplicates = lines.iter().filter(|line| line.starts_with("duplicate for ")).count();
    Pings {
        sent: words.len().try_into().expect("few"),
        received: times.len().try_into().expect("few"),
        lost: Some((1..).zip(&words).filter_map(is_lost).collect()),
        duplicates: Some(duplicates.try_into().expect("few")),
        median: median(&times),
        ..Pings::default()
    }
}
