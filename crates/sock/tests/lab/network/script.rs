//! The shell script that builds a network, and then holds it until its standard input ends.

use serde_json::{Value, json};

use crate::scenario::{Every, Family, Kind, Link, Node, Rule, Scenario, routes};

/// `/run` is the script's own, and goes with it. Names are found in `/etc/hosts` alone: no lookup leaves.
const BEGIN: &str = r#"set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns
cat > /run/hosts
echo 'hosts: files' > /run/nsswitch
mount --bind /run/hosts /etc/hosts
[ ! -e /etc/nsswitch.conf ] || mount --bind /run/nsswitch /etc/nsswitch.conf
: > "$SOCK_INSIDE"
mount --bind "$SOCK" "$SOCK_INSIDE"
plugged() {
  while ip -n "$1" -o link | grep -q NO-CARRIER; do sleep 0.01; done
}
"#;

/// The number by which others know the process: /proc is still theirs.
const END: &str = r#"read -r pid rest < /proc/self/stat
echo "ready $pid"
exec cat > /dev/null
"#;

/// On every node: nothing waits, nothing is left unsaid for being too much, and a flow keeps to its way.
const SETTINGS: &str = r#"
set_all() {
  for file in $1; do
    [ ! -e "$file" ] || echo "$2" > "$file"
  done
}
cd /proc/sys/net
# Addresses are used at once, without asking the link whether they are taken.
set_all 'ipv6/conf/*/accept_dad' 0
set_all 'ipv4/conf/*/rp_filter' 0
set_all ipv4/icmp_ratelimit 0
set_all ipv4/icmp_msgs_per_sec 100000
set_all ipv4/icmp_msgs_burst 100000
set_all ipv6/icmp/ratelimit 0
# A router answers from the address at which the probe came in.
set_all ipv4/icmp_errors_use_inbound_ifaddr 1
# Among equal ways, by addresses and ports.
set_all ipv4/fib_multipath_hash_policy 1
set_all ipv6/fib_multipath_hash_policy 1
# In a user namespace there is one group alone.
echo '0 2147483647' 2> /dev/null > ipv4/ping_group_range || echo '0 0' > ipv4/ping_group_range
"#;

const FORWARDING: &str = "set_all ipv4/ip_forward 1\nset_all ipv6/conf/all/forwarding 1\n";

/// The ICMP messages by which a node says that it cannot forward or deliver.
const ERRORS: [&str; 2] = [
    "icmp type { destination-unreachable, time-exceeded }",
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded }",
];

const PINGS: [&str; 2] = ["icmp type echo-request", "icmpv6 type echo-request"];

pub(super) fn script(scenario: &Scenario) -> String {
    let names = scenario.names();
    let (tuns, kernels): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| scenario.is_tun(name));
    let mut script = BEGIN.replace("cat > /run/hosts", &document("cat > /run/hosts", &hosts(scenario)));
    script.extend(names.iter().map(|name| format!("ip netns add {name}\n")));
    script.extend(tuns.iter().map(|name| tun(scenario, name)));
    script.push_str(&document("ip -batch -", &cables(scenario)));
    for name in &kernels {
        let forwarding = if scenario.is_router(name) { FORWARDING } else { "" };
        let addresses = document("ip -batch -", &addresses(scenario, name));
        let rules = rules(scenario, name).map(|rules| document("nft -f -", &rules)).unwrap_or_default();
        let inside = format!("{SETTINGS}{forwarding}{addresses}{rules}");
        script.push_str(&document(&format!("nsenter --net=/run/netns/{name} sh -es"), &inside));
    }
    // Last: a route is refused while its link is down.
    script.extend(
        kernels.iter().map(|name| document(&format!("ip -n {name} -batch -"), &gateways(scenario, name))),
    );
    script.extend(kernels.iter().map(|name| format!("plugged {name}\n")));
    script.push_str(END);
    script
}

/// A command that reads lines. In one another, each needs an end of its own.
fn document(command: &str, lines: &str) -> String {
    let end = format!("END{}", lines.lines().filter(|line| line.contains("<<")).count());
    format!("{command} <<'{end}'\n{lines}{end}\n")
}

/// Every address under its node's name.
fn hosts(scenario: &Scenario) -> String {
    let mut lines = String::from("127.0.0.1 localhost\n::1 localhost\n");
    for link in &scenario.links {
        for (name, family) in link.between.iter().flat_map(|name| Family::ALL.map(|family| (name, family))) {
            lines.extend(link.address(name, family).map(|address| format!("{address} {name}\n")));
        }
    }
    lines
}

/// The cables between nodes of the kernel; those of the laboratory's own router are its devices.
///
/// No two devices have the same number: where both ends of a cable have, the kernel takes its time to see that it is
/// plugged in, a second at most (`linkwatch_urgent_event`), and IPv6 waits for that.
fn cables(scenario: &Scenario) -> String {
    let is_cable = |link: &Link| !link.between.iter().any(|name| scenario.is_tun(name));
    let cables = (100..).step_by(2).zip(&scenario.links).filter(|(_, link)| is_cable(link));
    let lines = cables.map(|(number, Link { between: [one, other], .. })| {
        let end =
            |device: &str, number: u32, node: &str| format!("name {device} index {number} netns {node}");
        format!("link add {} type veth peer {}\n", end(other, number, one), end(one, number + 1, other))
    });
    lines.collect()
}

/// The laboratory's own router: its devices go to its neighbours, and are called by it there.
fn tun(scenario: &Scenario, name: &str) -> String {
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lab/tun_router.py");
    let start = format!(
        "mkfifo /run/{name}\n\
         nsenter --net=/run/netns/{name} python3 -B '{program}' '{}' > /run/{name} &\n\
         read -r ready < /run/{name}\n",
        tun_settings(scenario, name)
    );
    let neighbours = scenario.links_of(name).map(|link| link.neighbour(name));
    let moves = neighbours.map(|other| format!("ip -n {name} link set {other} netns {other} name {name}\n"));
    start + &moves.collect::<String>()
}

/// What that router is told; its file has the words.
fn tun_settings(scenario: &Scenario, name: &str) -> Value {
    let (node, links) = (&scenario.nodes[name], scenario.links_of(name).collect::<Vec<_>>());
    let end = |link: &&Link| {
        let addresses = Family::ALL.iter().filter_map(|family| link.address(name, *family));
        json!({
            "device": link.neighbour(name),
            "addresses": addresses.map(|address| address.to_string()).collect::<Vec<_>>(),
        })
    };
    let every = |every: &Option<Every>| {
        let to = |toward: &str| links.iter().position(|link| link.neighbour(name) == toward);
        every.as_ref().map(|every| json!({"every": every.every, "to": to(&every.toward)}))
    };
    json!({
        "ends": links.iter().map(end).collect::<Vec<_>>(),
        "delay_ms": node.delay_ms.unwrap_or(0),
        "lose": every(&node.lose),
        "duplicate": every(&node.duplicate),
        "reorder": every(&node.reorder),
    })
}

/// A node's links, up, with their addresses; and the networks that it owns.
fn addresses(scenario: &Scenario, name: &str) -> String {
    let of_link = |link: &Link| {
        let device = link.neighbour(name);
        let of_family = |family: Family| {
            let (address, network) = link.address(name, family).zip(link.network(family))?;
            let at_once = if family == Family::V6 { " nodad" } else { "" };
            Some(format!("address add {address}/{} dev {device}{at_once}\n", network.prefix()))
        };
        let addresses: String = Family::ALL.into_iter().filter_map(of_family).collect();
        format!("{addresses}link set dev {device} mtu {} up\n", link.mtu)
    };
    let owned = |family| scenario.nodes.get(name).into_iter().flat_map(move |node| node.owns(family));
    let owned =
        Family::ALL.into_iter().flat_map(owned).map(|network| format!("route add local {network} dev lo\n"));
    let up = "link set lo up\n".to_owned();
    up + &scenario.links_of(name).map(of_link).chain(owned).collect::<String>()
}

fn gateways(scenario: &Scenario, name: &str) -> String {
    let routes = Family::ALL.into_iter().flat_map(|family| routes(scenario, name, family));
    let lines = routes.map(|(network, gateways)| {
        let word = if gateways.len() > 1 { "nexthop via" } else { "via" };
        let gateways: Vec<_> = gateways.iter().map(|gateway| format!("{word} {gateway}")).collect();
        format!("route replace {network} {}\n", gateways.join(" "))
    });
    lines.collect()
}

/// What a node does to packets, as nftables has it.
fn rules(scenario: &Scenario, name: &str) -> Option<String> {
    let node = scenario.nodes.get(name)?;
    let chain = |hook: &str, rules: Vec<String>| {
        let rules = rules.join("\n");
        format!("chain {hook} {{\ntype filter hook {hook} priority 0\n{rules}\n}}\n")
    };
    let input = if node.answers { Vec::new() } else { deafness() };
    let chains = [chain("input", input), chain("forward", forwarding(node)), chain("output", silence(node))];
    Some(format!("table inet lab {{\n{}}}\n", chains.concat()))
}

fn deafness() -> Vec<String> {
    PINGS.iter().chain(&["meta l4proto { tcp, udp }"]).map(|packets| format!("{packets} drop")).collect()
}

fn silence(node: &Node) -> Vec<String> {
    let which = match node.silent_every {
        Some(every) => format!("numgen inc mod {every} {} ", every - 1),
        None if node.silent => String::new(),
        None => return Vec::new(),
    };
    ERRORS.iter().map(|errors| format!("{errors} {which}drop")).collect()
}

fn forwarding(node: &Node) -> Vec<String> {
    let mut rules = Vec::new();
    let verdicts = [(&node.drop, "drop"), (&node.reject, "reject with icmpx admin-prohibited")];
    for (rule, verdict) in verdicts {
        let Some(Rule { what, toward }) = rule else { continue };
        let packets = what.iter().flat_map(|kind| packets_of(*kind));
        rules.extend(packets.map(|packets| format!("oifname \"{toward}\" {packets} {verdict}")));
    }
    if let Some(Every { every, toward }) = &node.lose {
        // A rule counts by itself, so that one family does not shift the other's turn.
        let lose = |family| {
            format!("oifname \"{toward}\" meta nfproto {family} numgen inc mod {every} {} drop", every - 1)
        };
        rules.extend(["ipv4", "ipv6"].map(lose));
    }
    rules
}

fn packets_of(kind: Kind) -> Vec<&'static str> {
    match kind {
        Kind::Icmp => PINGS.to_vec(),
        Kind::Udp => vec!["meta l4proto udp"],
        Kind::Tcp => vec!["meta l4proto tcp"],
    }
}
