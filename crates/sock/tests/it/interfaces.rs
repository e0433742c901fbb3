//! `sock interfaces`: what the kernel says of the interfaces, as text and as events.

use std::process::Command;

use berkeley::interface::interfaces;
use serde_json::Value;

use crate::kit::namespace;
use crate::kit::{SOCK, events, run, run_sock, text};

/// The events of a run that must end well, without the summary, which counts them.
fn told(args: &[&str]) -> Vec<Value> {
    let mut told = events(&run_sock(args).quietly_done());
    let summary = told.pop().expect("a summary");
    assert_eq!((&summary["event"], &summary["interfaces"]), (&"summary".into(), &told.len().into()));
    told
}

#[test]
fn every_interface_is_shown_with_its_addresses() {
    let found = interfaces().expect("the kernel lists them");
    let shown = text(&run_sock(&["interfaces"]).quietly_done());
    let told = told(&["interfaces", "--json"]);
    assert_eq!(told.len(), found.len(), "{told:?}");
    for (interface, event) in found.iter().zip(&told) {
        assert_eq!((&event["schema"], &event["event"]), (&1.into(), &"interface".into()));
        assert_eq!(event["index"], interface.index);
        assert_eq!(event["name"], interface.name);
        assert_eq!(event["flag_bits"], interface.flags.as_raw());
        assert_eq!(event["mtu_bytes"], interface.mtu);
        let addresses = event["addresses"].as_array().expect("a list");
        assert_eq!(addresses.len(), interface.addresses.len(), "{event}");
        for (address, told) in interface.addresses.iter().zip(addresses) {
            assert_eq!(told["address"], address.ip.to_string());
            assert_eq!(told["prefix"], address.prefix);
            assert_eq!(told["family"], if address.ip.is_ipv4() { "ipv4" } else { "ipv6" });
            let line = format!("    address   {}/{}", address.ip, address.prefix);
            assert!(shown.contains(&line), "{line}: {shown}");
        }
        assert!(shown.contains(&format!("{} {}\n", interface.index, interface.name)), "{shown}");
    }
}

#[test]
fn one_interface_is_shown_by_its_name() {
    let shown = text(&run_sock(&["interfaces", "lo"]).quietly_done());
    assert!(shown.starts_with("1 lo\n    flags     up loopback running"), "{shown}");
    assert!(shown.contains("\n    address   127.0.0.1/8\n"), "{shown}");
    assert_eq!(shown.lines().filter(|line| !line.starts_with(' ')).count(), 1, "{shown}");
    let told = told(&["interfaces", "lo", "--json"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0]["name"], &told[0]["flags"][1]), (&"lo".into(), &"loopback".into()));
    assert_eq!(told[0]["hardware_address"], "00:00:00:00:00:00");
}

#[test]
fn an_unknown_name_has_its_nearest_and_is_escaped() {
    let rows = [
        ("loo", "this machine has no interface \"loo\"; did you mean \"lo\"?"),
        ("\u{1b}[2J", "\"\\x1b[2J\""),
    ];
    for (name, want) in rows {
        let finished = run_sock(&["interfaces", name]);
        assert_eq!((finished.code(), finished.out().as_str()), (3, ""), "{}", finished.stderr);
        assert!(
            finished.stderr.starts_with("sock: error: this machine has no interface "),
            "{}",
            finished.stderr
        );
        assert!(finished.stderr.contains(want), "{}", finished.stderr);
    }
}

/// What is told of a loopback with such addresses and such a name.
fn shown(test: &str, json: &str) -> Option<Vec<u8>> {
    let setup = "ip address add 10.9.0.1 peer 10.9.0.2/32 dev lo && \
                 ip address add 10.8.0.1/24 broadcast 10.8.0.255 dev lo && \
                 ip link set lo down && ip link set lo name \"$(printf '\\033[2Jx')\"";
    let mut command: Command = namespace::shell(test, &format!("{setup}; \"$SOCK\" interfaces {json}"))?;
    Some(run(command.env("SOCK", SOCK), b"").quietly_done())
}

/// The name of an interface may hold anything but a slash and a space.
#[test]
fn the_peer_the_broadcast_and_a_hostile_name_are_told() {
    let test = "interfaces::the_peer_the_broadcast_and_a_hostile_name_are_told";
    let Some(plain) = shown(test, "") else { return };
    let plain = text(&plain);
    assert!(plain.starts_with("1 \\x1b[2Jx\n    flags     loopback\n"), "{plain:?}");
    assert!(plain.contains("    address   10.9.0.1/32 peer 10.9.0.2\n"), "{plain}");
    assert!(plain.contains("    address   10.8.0.1/24 broadcast 10.8.0.255\n"), "{plain}");
    let told = shown(test, "--json").unwrap_or_default();
    assert!(!told.contains(&0x1b), "{}", text(&told));
    let event = &events(&told)[0];
    assert_eq!(event["name"], "\u{1b}[2Jx");
    let addresses = event["addresses"].as_array().expect("a list");
    let with =
        |field: &str| addresses.iter().find(|address| !address[field].is_null()).map(|found| &found[field]);
    assert_eq!((with("peer"), with("broadcast")), (Some(&"10.9.0.2".into()), Some(&"10.8.0.255".into())));
}
