//! Many hosts in one table take the time of one, and not that of all in turn.

use std::time::{Duration, Instant};

use crate::kit::{events, run};
use crate::network::{Network, User};
use crate::ping::of;
use crate::scenario;

const HOSTS: u32 = 64;

/// The pings of a host take 500 ms, whatever the machine: those of 64 in turn take 32 s.
const ARGS: [&str; 5] = ["--count", "2", "--interval", "500ms", "--json"];

#[test]
fn a_table_of_64_hosts_takes_a_tenth_of_the_time_of_64_pings() {
    let test = "many::a_table_of_64_hosts_takes_a_tenth_of_the_time_of_64_pings";
    let Some(network) = Network::or_skip(test, &scenario::load("many_hosts")) else { return };
    let hosts: Vec<String> = (1..=HOSTS).map(|host| format!("10.64.0.{host}")).collect();
    let (one, _) = ping(&network, &hosts[..1]);
    let (all, answered) = ping(&network, &hosts);
    assert_eq!(answered, hosts.len());
    println!("{HOSTS} hosts in one table: {all:?}; one host: {one:?}");
    assert!(all * 10 <= one * HOSTS, "{all:?} for {HOSTS} hosts, {one:?} for one");
}

/// How long it takes, and how many hosts have answered each ping.
fn ping(network: &Network, hosts: &[String]) -> (Duration, usize) {
    let mut args = vec!["ping"];
    args.extend(hosts.iter().map(String::as_str));
    args.extend(ARGS);
    let begun = Instant::now();
    let finished = run(&mut network.sock("client", User::Root, &args), b"");
    let time = begun.elapsed();
    let found = events(&finished.stdout);
    (time, of(&found, "host").filter(|host| host["answers"] == 2).count())
}
