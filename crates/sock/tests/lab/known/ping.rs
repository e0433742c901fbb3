//! iputils' ping.

use std::collections::BTreeSet;
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
    let finished = network.run(&truth.from, &["ping", "-n", "-c", &count, "-i", "0.01", "-W", "1", &target]);
    parse(&finished.out()).must_be(truth, "ping");
    if let Some(mtu) = truth.mtu {
        let headers = if truth.target.is_ipv4() { 28 } else { 48 };
        check_mtu(network, truth, mtu - headers);
    }
}

/// What just fits goes through. Of what is larger by a byte a router tells the MTU, or it vanishes.
fn check_mtu(network: &Network, truth: &Truth, fits: u32) {
    let target = truth.target.to_string();
    let ping = |size: u32| {
        let size = size.to_string();
        let args = ["ping", "-n", "-c", "2", "-i", "0.2", "-W", "1", "-M", "do", "-s", &size, &target];
        network.run(&truth.from, &args).out()
    };
    // Each router before the narrowest tells its own first.
    let refused = (0..truth.hops.len()).map(|_| ping(fits + 1)).collect::<String>();
    let mtu = truth.mtu.expect("it was asked for");
    let is_told = [format!("mtu = {mtu}"), format!("mtu={mtu}")].iter().any(|words| refused.contains(words));
    assert_eq!(is_told, truth.mtu_from.is_some(), "{refused}");
    let is_from = |router: IpAddr| refused.contains(&format!("From {router} "));
    assert!(truth.mtu_from.is_none_or(is_from), "{refused}");
    assert!(!refused.contains(" bytes from "), "{refused}");
    let through = parse(&ping(fits));
    assert_eq!((through.sent, through.received), (2, 2), "what fits: {through:?}");
}

fn parse(out: &str) -> Pings {
    let mut pings = Pings { duplicates: Some(0), ..Pings::default() };
    let (mut times, mut answered, mut errors) = (Vec::new(), BTreeSet::new(), (0, BTreeSet::new()));
    for line in out.lines() {
        let value = |key: &str| {
            let (_, after) = line.split_once(key)?;
            after.split([' ', ':']).next()
        };
        let number = |word: &str| {
            let before = line.split(", ").find_map(|part| part.strip_suffix(word))?;
            before.trim().trim_start_matches('+').parse::<u64>().ok()
        };
        if line.contains(" bytes from ") {
            answered.extend(value("icmp_seq=").and_then(|number| number.parse::<u64>().ok()));
            times.extend(value("time=").and_then(milliseconds));
            pings.ttl = value("ttl=").and_then(|ttl| ttl.parse().ok());
        } else if let Some(sender) = line.strip_prefix("From ").and_then(|rest| rest.split(' ').next()) {
            errors.0 += 1;
            errors.1.extend(sender.parse::<IpAddr>());
        } else if let Some(sent) = number("packets transmitted") {
            pings.sent = sent;
            pings.received = number("received").expect("ping tells both");
            pings.duplicates = Some(number("duplicates").unwrap_or(0));
        }
    }
    pings.lost = Some((1..=pings.sent).filter(|number| !answered.contains(number)).collect());
    pings.median = median(&times);
    pings.errors = Some(errors);
    pings
}
