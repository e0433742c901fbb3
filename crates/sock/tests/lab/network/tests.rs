//! That a network is there for whoever runs in it, and then is gone.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Network, User};
use crate::kit::{eventually, run, text};
use crate::scenario;
use crate::skip::need;

#[test]
fn programs_run_on_a_node_with_the_rights_of_their_user() {
    let test = "network::tests::programs_run_on_a_node_with_the_rights_of_their_user";
    let scenario = scenario::load("plain");
    if !need(test, "ping") || !need(test, "setpriv") {
        return;
    }
    let Some(network) = Network::or_skip(test, &scenario) else { return };
    for user in network.users() {
        let id = run(&mut network.command("r1", *user, &["id", "-u"]), b"").quietly_done();
        assert_eq!(text(&id), if *user == User::Root { "0\n" } else { "65534\n" });
        // The folder that it was built in may be closed to this user.
        let version = run(&mut network.sock("r1", *user, &["--version"]), b"").quietly_done();
        assert!(text(&version).starts_with("sock "), "{user:?}: {}", text(&version));
        let group = network.command("r1", *user, &["cat", "/proc/sys/net/ipv4/ping_group_range"]);
        let group = text(&run(&mut { group }, b"").quietly_done());
        assert!(group.starts_with("0\t"), "datagrams of ICMP are for everybody: {group}");
    }
}

/// As a test that is killed leaves it too: all that holds a network ends with the pipe to it.
#[test]
fn nothing_is_left_of_a_network() {
    let test = "network::tests::nothing_is_left_of_a_network";
    let Some(network) = Network::or_skip(test, &scenario::load("delayed")) else { return };
    let space = |process: &Path| fs::read_link(process.join("ns/pid")).ok();
    let processes = || fs::read_dir("/proc").expect("proc(5)").map(|entry| entry.expect("proc(5)").path());
    let own = space(&PathBuf::from(format!("/proc/{}", network.pid))).expect("it runs");
    let count = || processes().filter(|process| space(process).as_ref() == Some(&own)).count();
    assert!(count() >= 2, "the holder and the router that delays");
    drop(network);
    eventually("all that ran in it has ended", || count() == 0);
}
