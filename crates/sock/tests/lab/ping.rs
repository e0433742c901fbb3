//! `sock ping` in every scenario, as root and as nobody: it finds what the tools that everybody knows find, and more.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::figures::Pings;
use crate::kit::{Finished, events, run};
use crate::known::PINGS;
use crate::network::{self, Network, User};
use crate::scenario::{self, Ends, Kind, Truth};

every_scenario!("ping", play);

fn play(test: &str, name: &str) {
    let scenario = scenario::load(name);
    // Seen where the test fails.
    println!("{}", scenario.about);
    network::each_way(test, &scenario, check);
}

fn check(network: &Network, user: User, kind: Kind, truth: &Truth) {
    let (count, target) = (PINGS.to_string(), truth.target.to_string());
    let mut args =
        vec!["ping", &target, "--count", &count, "--interval", "10ms", "--timeout", "500ms", "--json"];
    args.extend(match kind {
        Kind::Icmp => &[][..],
        Kind::Udp => &["--udp", "9"],
        Kind::Tcp => &["--tcp", "9"],
    });
    let finished = run(&mut network.sock(&truth.from, user, &args), b"");
    let what = format!("sock ping with {kind:?} as {user:?}");
    assert_eq!(
        finished.code(),
        i32::from(truth.ends != Ends::Answered),
        "{what} to {target}: {}{}",
        finished.out(),
        finished.stderr
    );
    let mut pings = parse(&finished);
    if kind == Kind::Tcp {
        // A connection has the process's own time; who is in its way, and what comes twice, the system keeps to itself.
        pings = Pings { median: None, errors: None, duplicates: None, reordered: None, ..pings };
    }
    pings.must_be(truth, &what);
    if let (Some(mtu), Kind::Icmp) = (truth.mtu, kind) {
        check_mtu(network, user, truth, mtu);
    }
}

/// What just fits goes through. Of what is larger by a byte a router tells the MTU, or it vanishes.
fn check_mtu(network: &Network, user: User, truth: &Truth, mtu: u32) {
    let headers = if truth.target.is_ipv4() { 28 } else { 48 };
    let ping = |size: u32| {
        let (target, size) = (truth.target.to_string(), size.to_string());
        let args =
            ["ping", &target, "--count", "4", "--interval", "50ms", "--timeout", "500ms", "--size", &size];
        events(&run(network.sock(&truth.from, user, &args).arg("--json"), b"").stdout)
    };
    let refused = ping(mtu - headers + 1);
    let told = refused.iter().rfind(|event| !event["mtu_bytes"].is_null());
    let told = told.map(|event| (event["mtu_bytes"].as_u64(), event["from"].as_str().map(str::to_owned)));
    let wanted = truth.mtu_from.map(|router| (Some(mtu.into()), Some(router.to_string())));
    assert_eq!(told, wanted, "as {user:?} to {}: {refused:#?}", truth.target);
    let through = ping(mtu - headers);
    let host = of(&through, "host").next().expect("one host");
    assert_eq!(host["answers"], 4, "what fits, as {user:?} to {}: {through:#?}", truth.target);
}

/// Its figures, from its events.
fn parse(finished: &Finished) -> Pings {
    let events = events(&finished.stdout);
    let host = of(&events, "host")
        .next()
        .unwrap_or_else(|| panic!("one host: {}{}", finished.out(), finished.stderr));
    let count = |key: &str| host[key].as_u64().unwrap_or_else(|| panic!("{key}: {host}"));
    let errors = of(&events, "unreachable");
    let senders: BTreeSet<_> = errors.filter_map(|event| event["from"].as_str()?.parse().ok()).collect();
    let unanswered = |name| of(&events, name).filter_map(|event| event["number"].as_u64());
    let lost: BTreeSet<u64> = unanswered("lost").chain(unanswered("unreachable")).collect();
    // It tells the loss three times, and each time the same.
    assert_eq!(count("lost"), u64::try_from(lost.len()).expect("few"), "{}", finished.out());
    assert_eq!((count("probes"), count("late"), count("awaited")), (count("answers") + count("lost"), 0, 0));
    Pings {
        sent: count("probes"),
        received: count("answers"),
        lost: Some(lost.into_iter().collect()),
        duplicates: Some(count("duplicates")),
        reordered: Some(count("reordered")),
        median: host["p50_seconds"].as_f64().map(Duration::from_secs_f64),
        ttl: of(&events, "reply").find_map(|event| event["ttl"].as_u64()),
        errors: Some((count("errors"), senders)),
    }
}

/// The events of this name.
pub(crate) fn of<'a>(events: &'a [Value], name: &'static str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["event"] == name)
}
