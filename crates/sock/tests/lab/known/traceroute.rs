//! The traceroute that Linux distributions have.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::figures::{Seen, Way, median, milliseconds};
use crate::network::Network;
use crate::scenario::{Ends, Kind, Truth};

pub(super) fn check(network: &Network, truth: &Truth, kind: Kind) {
    if !truth.is_of(kind) {
        return;
    }
    let finds_all = truth.has_paths() && kind == Kind::Udp;
    trace(network, truth, kind).must_be(truth, finds_all, &format!("traceroute with {kind:?}"));
    // It is told of one, and looks for none.
    if let (Some(mtu), Some(_), Kind::Udp) = (truth.mtu, truth.mtu_from, kind) {
        let target = truth.target.to_string();
        let out = network.run(&truth.from, &["traceroute", "-n", "--mtu", "-w", "0.5", &target]).out();
        let last = out.rsplit("F=").next().and_then(|rest| rest.split_whitespace().next());
        assert_eq!(last, Some(&*mtu.to_string()), "the last MTU of traceroute --mtu: {out}");
    }
}

fn trace(network: &Network, truth: &Truth, kind: Kind) -> Way {
    let (target, longest) = (truth.target.to_string(), (truth.hops.len() + 2).to_string());
    let mut args = vec!["traceroute", "-n", "-w", "0.5", "-m", &longest];
    args.extend(match kind {
        Kind::Icmp => &["-I"][..],
        Kind::Udp => &[],
        Kind::Tcp => &["-T"],
    });
    // One after another where they are counted: so none goes beyond the target.
    args.extend(if truth.lost.is_some() { ["-q", "10", "-N", "1"] } else { ["-q", "10", "-N", "10"] });
    args.push(&target);
    // Each probe is a flow of its own. So many of them do not all take the same path of two.
    let times = if truth.has_paths() { 3 } else { 1 };
    let mut ways = (0..times).map(|_| parse(&network.run(&truth.from, &args).out()));
    let mut way = ways.next().expect("once at least");
    for other in ways {
        for (seen, more) in way.hops.iter_mut().zip(other.hops) {
            seen.addresses.extend(more.addresses);
        }
    }
    way
}

fn parse(out: &str) -> Way {
    // The first line says what is done.
    Way { hops: out.lines().skip(1).map(seen).collect() }
}

/// `2  10.0.2.2  0.044 ms  0.031 ms !X *`: an address stands before the first of its times.
fn seen(line: &str) -> Seen {
    let (mut times, mut addresses, mut unanswered, mut end) = (Vec::new(), BTreeSet::new(), 0, None);
    for word in line.split_whitespace().skip(1) {
        match word {
            "*" => unanswered += 1,
            "!X" => end = Some(Ends::Prohibited),
            "!N" => end = Some(Ends::NoRoute),
            _ => match word.parse::<IpAddr>() {
                Ok(address) => drop(addresses.insert(address)),
                Err(_) => times.extend(milliseconds(word)),
            },
        }
    }
    let received = times.len().try_into().expect("few");
    Seen { addresses, sent: received + unanswered, received, median: median(&times), end }
}
