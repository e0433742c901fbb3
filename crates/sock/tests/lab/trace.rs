//! `sock trace` in every scenario, as root and as nobody: it finds what the tools that everybody knows find, and says
//! in words what silence means.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use serde_json::Value;

use crate::figures::{Seen, Way};
use crate::kit::{Finished, events, run};
use crate::network::{self, Network, User};
use crate::ping::of;
use crate::scenario::{self, Ends, Hop, Kind, Truth};

/// Enough for two paths of equal length: that all of them take the same has a chance of 1 in 32,768.
const FLOWS: &str = "16";

every_scenario!("trace", play);

fn play(test: &str, name: &str) {
    let scenario = scenario::load(name);
    // Seen where the test fails.
    println!("{}", scenario.about);
    network::each_way(test, &scenario, check);
}

fn check(network: &Network, user: User, kind: Kind, truth: &Truth) {
    let what = format!("sock trace with {kind:?} as {user:?}");
    let finished = trace(network, user, kind, truth);
    let wanted = match truth.ends {
        Ends::Answered => 0,
        Ends::Silence => 124,
        Ends::Prohibited | Ends::NoRoute | Ends::Loop => 5,
    };
    let told = format!("{what} to {}: {}{}", truth.target, finished.out(), finished.stderr);
    assert_eq!(finished.code(), wanted, "{told}");
    let found = events(&finished.stdout);
    let mut way = way(&found);
    if kind == Kind::Tcp && user == User::Nobody {
        // A connection has no time but the process's own, which others on this machine make longer.
        way.hops.iter_mut().for_each(|seen| seen.median = None);
    }
    way.must_be(truth, truth.has_paths(), &what);
    let summary = of(&found, "summary").next().expect("the end");
    assert_eq!(summary["reached"], truth.ends == Ends::Answered, "{what}: {summary}");
    must_tell(&found, truth, kind, &what);
    if truth.mtu.is_some() && has_size(kind) {
        must_tell_mtu(&found, truth, &what);
    }
}

fn trace(network: &Network, user: User, kind: Kind, truth: &Truth) -> Finished {
    let (target, hops) = (truth.target.to_string(), truth.hops.len());
    // Where they are counted, none goes beyond the target.
    let longest = if truth.lost.is_some() { hops } else { hops + 2 }.to_string();
    let mut args = vec!["trace", &target, "--numeric", "--json", "--max", &longest, "--timeout", "500ms"];
    args.extend(match kind {
        Kind::Icmp => &["--icmp"][..],
        Kind::Udp => &[],
        Kind::Tcp => &["--tcp", "80"],
    });
    args.extend(if truth.has_paths() {
        ["--probes", "1", "--flows", FLOWS]
    } else {
        ["--probes", "5", "--flows", "1"]
    });
    // Its probes for the MTU are counted by nobody.
    args.extend(truth.mtu.is_none().then_some("--no-mtu"));
    run(&mut network.sock(&truth.from, user, &args), b"")
}

/// What stands at each distance; where flows part, an event for each path.
fn way(found: &[Value]) -> Way {
    let mut hops: BTreeMap<u64, Seen> = BTreeMap::new();
    for event in of(found, "hop") {
        let number = |key: &str| event[key].as_u64().unwrap_or_else(|| panic!("{key}: {event}"));
        let seen = hops.entry(number("hop")).or_default();
        seen.sent += number("probes");
        seen.received += number("answers");
        for router in event["routers"].as_array().expect("routers") {
            seen.addresses.extend(router["address"].as_str().and_then(|text| text.parse::<IpAddr>().ok()));
            seen.median = router["p50_seconds"].as_f64().map(Duration::from_secs_f64);
            seen.end = match router["says"].as_str() {
                Some("prohibited") => Some(Ends::Prohibited),
                Some("network_unreachable") => Some(Ends::NoRoute),
                Some("time_exceeded") => None,
                Some("echo_reply" | "port_unreachable" | "reset") => Some(Ends::Answered),
                other => panic!("{other:?}: {event}"),
            };
        }
    }
    assert!(
        (1..).zip(hops.keys()).all(|(wanted, found)| wanted == *found),
        "each hop has its event: {found:#?}"
    );
    Way { hops: hops.into_values().collect() }
}

/// What it says of the way in words, and of nothing else.
fn must_tell(found: &[Value], truth: &Truth, kind: Kind, what: &str) {
    let told: Vec<&str> = of(found, "finding").filter_map(|event| event["finding"].as_str()).collect();
    let ends = |ends: &[Ends]| ends.contains(&truth.ends);
    for (finding, wanted) in [
        ("reached", ends(&[Ends::Answered])),
        ("refused", ends(&[Ends::Prohibited, Ends::NoRoute])),
        ("loop", ends(&[Ends::Loop])),
        ("silence", ends(&[Ends::Silence])),
        ("silent_hop", truth.hops.iter().any(Hop::is_silent)),
        ("limited", truth.unanswered.is_some()),
        ("loss", truth.lost.is_some()),
        ("paths_part", truth.has_paths()),
        ("mtu_step", truth.mtu_from.is_some() && has_size(kind)),
        ("mtu_black_hole", truth.mtu.is_some() && truth.mtu_from.is_none() && has_size(kind)),
    ] {
        let is_told =
            told.iter().any(|kind| *kind == finding || *kind == "target_silent" && finding == "silence");
        assert_eq!(is_told, wanted, "{finding} is told, {what} to {}: {told:?}", truth.target);
    }
}

/// Whether its probes can be as large as a packet: a SYN has no payload.
fn has_size(kind: Kind) -> bool {
    kind != Kind::Tcp
}

fn must_tell_mtu(found: &[Value], truth: &Truth, what: &str) {
    let told = of(found, "path_mtu").next().unwrap_or_else(|| panic!("{what}: {found:#?}"));
    let mtu = truth.mtu.map(u64::from);
    assert_eq!(told["mtu_bytes"].as_u64(), mtu, "{what} to {}: {told}", truth.target);
    let last = told["steps"].as_array().and_then(|steps| steps.last()?["address"].as_str());
    assert_eq!(last, truth.mtu_from.map(|from| from.to_string()).as_deref(), "who says so, {what}: {told}");
    let vanishes = told["black_hole"]["size_bytes"].as_u64();
    let wanted = mtu.filter(|_| truth.mtu_from.is_none()).map(|mtu| mtu + 1);
    assert_eq!(vanishes, wanted, "what vanishes, {what}: {told}");
}
