//! `sock trace` on a chain of three routers: this machine, 10.9.1.2, 10.9.2.2, 10.9.3.2, and the target, 10.9.4.2.

use serde_json::Value;

use crate::kit::namespace::inside;
use crate::kit::{
    Events, Finished, Process, SOCK, events, eventually, run, run_sock, screen, sock, sock_after,
};
use crate::skip;

/// Makes the chain. The routers answer as often as they are asked: what their limits come to, the unit tests tell.
const CHAIN: &str = r#"
    mount -t tmpfs none /run && mkdir /run/netns &&
    at() { name=$1; shift; nsenter --net=/run/netns/$name "$@"; } &&
    prepare='cd /proc/sys/net; ip link set lo up; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding
        echo 0 > ipv4/icmp_ratelimit; echo 0 > ipv6/icmp/ratelimit' &&
    for name in r1 r2 r3 target; do ip netns add $name && at $name sh -c "$prepare" || exit; done &&
    ip link add v1 type veth peer name w1 netns r1 &&
    at r1 ip link add v2 type veth peer name w2 netns r2 &&
    at r2 ip link add v3 type veth peer name w3 netns r3 &&
    at r3 ip link add v4 type veth peer name w4 netns target &&
    own() { at "$@"; } && here() { shift; "$@"; } &&
    ends() {
        $1 $2 ip addr add 10.9.$3.$4/24 dev $5 && $1 $2 ip addr add fd09:$3::$4/64 dev $5 nodad &&
        $1 $2 ip link set $5 up
    } &&
    ends here - 1 1 v1 && ends own r1 1 2 w1 && ends own r1 2 1 v2 && ends own r2 2 2 w2 &&
    ends own r2 3 1 v3 && ends own r3 3 2 w3 && ends own r3 4 1 v4 && ends own target 4 2 w4 &&
    ip route add default via 10.9.1.2 && ip -6 route add default via fd09:1::2 &&
    at r1 ip route add default via 10.9.2.2 && at r1 ip -6 route add default via fd09:2::2 &&
    at r2 ip route add 10.9.4.0/24 via 10.9.3.2 && at r2 ip -6 route add fd09:4::/64 via fd09:3::2 &&
    at r2 ip route add 10.9.1.0/24 via 10.9.2.1 && at r2 ip -6 route add fd09:1::/64 via fd09:2::1 &&
    at r3 ip route add default via 10.9.3.1 && at r3 ip -6 route add default via fd09:3::1 &&
    at target ip route add default via 10.9.4.1 && at target ip -6 route add default via fd09:4::1"#;

const HOPS: [&str; 4] = ["10.9.1.2", "10.9.2.2", "10.9.3.2", "10.9.4.2"];
const HOPS6: [&str; 4] = ["fd09:1::2", "fd09:2::2", "fd09:3::2", "fd09:4::2"];

/// Whether this is the process inside the chain, in which `more` was done too.
#[track_caller]
fn chained(test: &str, more: &str) -> bool {
    skip::need(test, "nsenter") && inside(test, &format!("{CHAIN} && {more}"))
}

/// A rule of the firewall of `name`.
fn rule(name: &str, hook: &str, rule: &str) -> String {
    format!(
        "at {name} nft 'add table inet t; add chain inet t c {{ type filter hook {hook} priority 0; }}; \
         add rule inet t c {rule}'"
    )
}

/// The events of one name.
fn of<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

/// Traces with events; none of them may be missing at the end.
#[track_caller]
fn trace(args: &[&str]) -> (i32, Vec<Value>) {
    let finished = run(sock(&["trace", "--json", "-n"]).args(args), b"");
    (finished.code(), told(&finished))
}

#[track_caller]
fn told(finished: &Finished) -> Vec<Value> {
    let events = events(&finished.stdout);
    let last = events.last().unwrap_or_else(|| panic!("no event: {}", finished.stderr));
    assert_eq!(last["event"], "summary", "{events:?}");
    assert_eq!(last["exit_code"], finished.code());
    events
}

/// Who answers at each hop.
fn addresses(events: &[Value]) -> Vec<Option<&str>> {
    of(events, "hop").iter().map(|hop| hop["address"].as_str()).collect()
}

fn findings(events: &[Value]) -> Vec<&str> {
    of(events, "finding").iter().filter_map(|finding| finding["finding"].as_str()).collect()
}

#[test]
fn every_kind_of_probe_finds_every_hop() {
    if !chained("trace::every_kind_of_probe_finds_every_hop", "true") {
        return;
    }
    let rows: [(&[&str], [&str; 4], &str); 6] = [
        (&["10.9.4.2"], HOPS, "port_unreachable"),
        (&["fd09:4::2"], HOPS6, "port_unreachable"),
        (&["10.9.4.2", "--icmp"], HOPS, "echo_reply"),
        (&["fd09:4::2", "-I"], HOPS6, "echo_reply"),
        (&["10.9.4.2", "--tcp", "80"], HOPS, "reset"),
        (&["fd09:4::2", "-T", "80"], HOPS6, "reset"),
    ];
    for (args, hops, says) in rows {
        let (code, events) = trace(args);
        assert_eq!((code, addresses(&events)), (0, hops.map(Some).to_vec()), "{args:?}");
        for hop in of(&events, "hop") {
            assert_eq!(
                (&hop["probes"], &hop["answers"], &hop["lost"]),
                (&3.into(), &3.into(), &0.into()),
                "{hop}"
            );
            let router = &hop["routers"][0];
            let seconds = |name: &str| router[name].as_f64().expect("a time");
            assert!(seconds("least_seconds") > 0.0 && seconds("most_seconds") < 5.0, "{router}");
            assert!(seconds("least_seconds") <= seconds("p50_seconds"), "{router}");
        }
        let last = &of(&events, "hop")[3]["routers"][0]["says"];
        assert_eq!((last, findings(&events)[0]), (&says.into(), "reached"), "{args:?}");
        let mtu = of(&events, "path_mtu").first().map(|mtu| mtu["mtu_bytes"].clone());
        assert_eq!(mtu, (says != "reset").then(|| 1500.into()), "{args:?}");
    }
}

#[test]
fn probes_that_find_no_descriptor_count_as_lost() {
    let test = "trace::probes_that_find_no_descriptor_count_as_lost";
    // Nothing comes back from behind the first router, so that connections pile up.
    if !skip::need(test, "setpriv") || !chained(test, &rule("r1", "forward", "drop")) {
        return;
    }
    let few = "ulimit -n 24; exec setpriv --inh-caps=-all --bounding-set=-all \"$0\" \"$@\"";
    let args = ["trace", "--json", "-n", "10.9.4.2", "--tcp", "80", "-q", "10", "-m", "12", "-W", "300ms"];
    let finished = run(&mut sock_after(few, &args), b"");
    let events = told(&finished);
    assert_eq!(addresses(&events)[0], Some(HOPS[0]), "{}", finished.stderr);
    assert_eq!(finished.stderr.matches("count as lost: socket tcp: too many open files").count(), 1);
    for hop in of(&events, "hop") {
        let figure = |name: &str| hop[name].as_u64().expect("a number");
        assert_eq!(figure("probes"), figure("answers") + figure("lost"), "{hop}");
    }
}

#[test]
fn without_rights_udp_and_tcp_go_and_icmp_says_what_allows_it() {
    let test = "trace::without_rights_udp_and_tcp_go_and_icmp_says_what_allows_it";
    let closed = "echo '1 0' > /proc/sys/net/ipv4/ping_group_range";
    if !skip::need(test, "setpriv") || !chained(test, closed) {
        return;
    }
    let without = "exec setpriv --inh-caps=-all --bounding-set=-all \"$0\" \"$@\"";
    let rows: [(&[&str], [&str; 4]); 4] = [
        (&["10.9.4.2"], HOPS),
        (&["fd09:4::2"], HOPS6),
        (&["10.9.4.2", "--tcp", "80"], HOPS),
        (&["fd09:4::2", "--tcp", "80"], HOPS6),
    ];
    for (args, hops) in rows {
        let finished = run(sock_after(without, &["trace", "--json", "-n"]).args(args), b"");
        let events = told(&finished);
        assert_eq!(addresses(&events), hops.map(Some), "{args:?}: {}", finished.stderr);
        assert_eq!(finished.code(), 0, "{args:?}");
    }
    let finished = run(&mut sock_after(without, &["trace", "10.9.4.2", "--icmp"]), b"");
    assert_eq!(finished.code(), 7, "{}", finished.stderr);
    for hint in ["sudo setcap cap_net_raw+ep /", "sudo sysctl net.ipv4.ping_group_range=\"0 2147483647\""] {
        assert!(finished.stderr.contains(hint), "{}", finished.stderr);
    }
    std::fs::write("/proc/sys/net/ipv4/ping_group_range", "0 2147483647").expect("a sysctl of ours");
    for (host, hops) in [("10.9.4.2", HOPS), ("fd09:4::2", HOPS6)] {
        let finished = run(&mut sock_after(without, &["trace", "--json", "-n", "-I", host]), b"");
        assert_eq!(addresses(&told(&finished)), hops.map(Some), "{}", finished.stderr);
    }
}

#[test]
fn a_hop_that_says_nothing_is_told_as_such() {
    let test = "trace::a_hop_that_says_nothing_is_told_as_such";
    let silent = rule("r2", "output", "icmp type time-exceeded drop");
    if !skip::need(test, "nft") || !chained(test, &silent) {
        return;
    }
    let (code, events) = trace(&["10.9.4.2", "--timeout", "300ms"]);
    let want = [Some(HOPS[0]), None, Some(HOPS[2]), Some(HOPS[3])];
    assert_eq!((code, addresses(&events)), (0, want.to_vec()));
    let lost: Vec<_> = of(&events, "hop").iter().map(|hop| hop["lost"].clone()).collect();
    assert_eq!(lost, [0, 3, 0, 0]);
    assert_eq!(findings(&events), ["reached", "silent_hop"]);
    let words = of(&events, "finding")[1]["message"].as_str().expect("words");
    assert!(
        words.starts_with("hop 2 does not send ICMP errors") && words.ends_with("it does forward"),
        "{words}"
    );
}

#[test]
fn a_target_behind_the_last_hop_that_is_tried_is_too_far_and_not_silent() {
    let test = "trace::a_target_behind_the_last_hop_that_is_tried_is_too_far_and_not_silent";
    let silent = rule("r2", "output", "icmp type time-exceeded drop");
    if !skip::need(test, "nft") || !chained(test, &silent) {
        return;
    }
    for (most, finding) in [("1", "too_far"), ("2", "silence"), ("3", "too_far")] {
        for kind in [&[][..], &["--icmp"], &["--tcp", "80"]] {
            let args = [&["10.9.4.2", "--timeout", "300ms", "--max", most], kind].concat();
            let (code, events) = trace(&args);
            assert_eq!((code, findings(&events).first()), (124, Some(&finding)), "{args:?}");
        }
    }
    let (code, events) = trace(&["10.9.4.2", "--first", "5"]);
    let summary = of(&events, "summary")[0];
    assert_eq!((code, &summary["reached"], &summary["hops"]), (0, &true.into(), &Value::Null));
}

#[test]
fn silence_to_the_end_names_the_last_hop_and_what_else_answers() {
    let test = "trace::silence_to_the_end_names_the_last_hop_and_what_else_answers";
    let silent = rule("target", "input", "udp dport 33434 drop");
    if !skip::need(test, "nft") || !chained(test, &silent) {
        return;
    }
    let args = ["10.9.4.2", "--timeout", "300ms", "--max", "6"];
    let (code, events) = trace(&args);
    assert_eq!((code, findings(&events)), (124, vec!["target_silent"]), "echo requests come through");
    assert!(of(&events, "finding")[0]["message"].as_str().is_some_and(|words| words.ends_with("try --icmp")));
    // Nothing at all comes through the last router now.
    let blocked = "nsenter --net=/run/netns/r3 nft 'add table inet f; add chain inet f c { type filter hook forward \
                   priority 0; }; add rule inet f c drop'";
    run(std::process::Command::new("sh").args(["-c", blocked]), b"").quietly_done();
    let (code, events) = trace(&args);
    assert_eq!((code, findings(&events)), (124, vec!["silence"]));
    let finding = of(&events, "finding")[0];
    assert_eq!((&finding["hop"], &finding["address"]), (&3.into(), &HOPS[2].into()));
    let shown = run(sock(&["trace", "-n"]).args(args), b"");
    assert!(shown.out().contains("\n  4-6  100%"), "one line for the silent tail: {}", shown.out());
    assert!(shown.out().contains("nothing came back from behind 10.9.3.2 (hop 3)"), "{}", shown.out());
}

#[test]
fn who_refuses_is_told_and_why() {
    let test = "trace::who_refuses_is_told_and_why";
    let more = format!(
        "{} && at r1 ip route add unreachable 10.50.0.0/16",
        rule("r2", "forward", "udp dport 33434 reject with icmpx type admin-prohibited")
    );
    if !skip::need(test, "nft") || !chained(test, &more) {
        return;
    }
    let (code, events) = trace(&["10.9.4.2"]);
    assert_eq!((code, findings(&events)), (5, vec!["refused"]));
    let words = of(&events, "finding")[0]["message"].as_str().expect("words");
    assert!(words.starts_with("administratively prohibited, says 10.9.2.2 (hop 3)"), "{words}");
    let (code, events) = trace(&["10.50.0.1"]);
    assert_eq!((code, findings(&events)), (5, vec!["refused"]));
    assert_eq!(of(&events, "finding")[0]["address"], HOPS[0]);
    assert_eq!(trace(&["10.9.4.2", "--icmp"]).0, 0, "the rule is for UDP alone");
}

#[test]
fn the_mtu_is_found_with_its_step_or_its_hole() {
    let test = "trace::the_mtu_is_found_with_its_step_or_its_hole";
    let small = "at r2 ip link set v3 mtu 1400 && at r3 ip link set w3 mtu 1400";
    if !skip::need(test, "nft") || !chained(test, small) {
        return;
    }
    let rows: [(&[&str], &str); 3] =
        [(&["10.9.4.2"], HOPS[1]), (&["10.9.4.2", "-I"], HOPS[1]), (&["fd09:4::2"], HOPS6[1])];
    for (args, router) in rows {
        let (code, events) = trace(args);
        let mtu = of(&events, "path_mtu")[0];
        assert_eq!(
            (code, &mtu["mtu_bytes"], &mtu["first_mtu_bytes"]),
            (0, &1400.into(), &1500.into()),
            "{args:?}"
        );
        assert_eq!(mtu["steps"], serde_json::json!([{"address": router, "mtu_bytes": 1400}]), "{args:?}");
        assert_eq!(mtu["black_hole"], Value::Null, "{args:?}");
    }
    let silence = "nsenter --net=/run/netns/r2 nft 'add table inet f; add chain inet f c { type filter hook output \
                   priority 0; }; add rule inet f c icmp type destination-unreachable drop'";
    run(std::process::Command::new("sh").args(["-c", silence]), b"").quietly_done();
    // Echo replies are not limited, so that halving takes no time.
    let (code, events) = trace(&["10.9.4.2", "-I"]);
    let mtu = of(&events, "path_mtu")[0];
    assert_eq!((code, &mtu["mtu_bytes"]), (0, &1400.into()));
    assert_eq!(mtu["black_hole"], serde_json::json!({"size_bytes": 1401, "after_hop": 2, "before_hop": 3}));
    assert!(findings(&events).contains(&"mtu_black_hole"), "{events:?}");
}

#[test]
fn what_the_own_firewall_drops_is_a_loss_and_an_error_where_nothing_leaves() {
    let test = "trace::what_the_own_firewall_drops_is_a_loss_and_an_error_where_nothing_leaves";
    let table = "nft 'add table inet t; add chain inet t c { type filter hook output priority 0; }; \
                 add rule inet t c udp dport 33434 numgen inc mod 4 0 drop; add rule inet t c udp dport 9 drop'";
    if !skip::need(test, "nft") || !inside(test, table) {
        return;
    }
    let (code, events) = trace(&["127.0.0.1", "--no-mtu", "--probes", "20", "--interval", "0.01"]);
    let hop = of(&events, "hop")[0];
    let count = |name: &str| hop[name].as_u64().expect("a number");
    assert_eq!((code, count("probes")), (0, 20), "{hop}");
    // A quarter of all; other hops are asked at the beginning, which takes some of these.
    assert!((3..=8).contains(&count("lost")), "{hop}");
    assert_eq!(count("answers") + count("lost"), 20, "{hop}");
    let finished = run(&mut sock(&["trace", "-n", "--port", "9", "127.0.0.1"]), b"");
    assert_eq!(finished.code(), 7, "{}", finished.stderr);
    assert!(finished.stderr.contains("a firewall on this machine forbids it"), "{}", finished.stderr);
}

#[test]
fn a_routing_loop_is_told() {
    let test = "trace::a_routing_loop_is_told";
    if !chained(test, "at r2 ip route add 10.60.0.0/16 via 10.9.2.1") {
        return;
    }
    let (code, events) = trace(&["10.60.0.1", "--timeout", "500ms"]);
    assert_eq!((code, findings(&events)), (5, vec!["loop"]));
    assert!(addresses(&events).len() < 15, "it is not followed to the last hop: {events:?}");
}

#[test]
fn flows_that_part_are_shown_apart() {
    let test = "trace::flows_that_part_are_shown_apart";
    // Two ways from the first router to the second, chosen by ports.
    let two =
        "at r1 ip link add x2 type veth peer name y2 netns r2 && ends own r1 7 1 x2 && ends own r2 7 2 y2 &&
        at r1 sh -c 'echo 1 > /proc/sys/net/ipv4/fib_multipath_hash_policy' &&
        at r1 ip route replace default nexthop via 10.9.2.2 nexthop via 10.9.7.2 &&
        at r2 sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_errors_use_inbound_ifaddr'";
    if !chained(test, two) {
        return;
    }
    let (code, events) = trace(&["10.9.4.2", "--flows", "16", "-q", "1"]);
    assert_eq!(code, 0);
    let second: Vec<_> = of(&events, "hop").into_iter().filter(|hop| hop["hop"] == 2).collect();
    let mut addresses: Vec<_> = second.iter().filter_map(|hop| hop["address"].as_str()).collect();
    addresses.sort_unstable();
    assert_eq!(addresses, ["10.9.2.2", "10.9.7.2"]);
    let flows: usize = second.iter().map(|hop| hop["flows"].as_array().map_or(0, Vec::len)).sum();
    assert_eq!(flows, 16, "each flow takes one way: {second:?}");
    let parting = of(&events, "finding").into_iter().find(|finding| finding["finding"] == "paths_part");
    let words = parting.and_then(|finding| finding["message"].as_str()).expect("it is told");
    assert_eq!(words, "the paths part before hop 2, 2 ways at hop 2, and join again behind it");
}

#[test]
fn a_signal_ends_it_with_what_is_known() {
    let test = "trace::a_signal_ends_it_with_what_is_known";
    if !chained(test, "at r2 ip route add blackhole 10.51.0.0/16") {
        return;
    }
    let process =
        Process::start(&mut sock(&["trace", "10.9.4.2", "-n", "--json", "--watch", "--interval", "100ms"]));
    let mut reader = Events::of(&process.stdout);
    let last = |event: &Value| event["hop"] == 4 && event["packet_bytes"].is_null();
    let answers = (0..10).filter(|_| {
        loop {
            if last(&reader.next(&["hop_answer"])) {
                break true;
            }
        }
    });
    assert_eq!(answers.count(), 10);
    process.signal("INT");
    let finished = process.finish();
    let events = told(&finished);
    assert_eq!((finished.code(), addresses(&events)), (0, HOPS.map(Some).to_vec()), "{}", finished.stderr);
    for hop in of(&events, "hop") {
        assert_eq!(
            (&hop["lost"], &hop["probes"]),
            (&0.into(), &hop["answers"]),
            "what was on its way is not lost: {hop}"
        );
    }
    // One that would have ended by itself says that it was interrupted.
    let process = Process::start(&mut sock(&["trace", "10.51.0.1", "-n", "--json", "--timeout", "60s"]));
    Events::of(&process.stdout).next(&["hop_answer"]);
    process.signal("INT");
    let finished = process.finish();
    assert_eq!(finished.code(), 130);
    assert_eq!(of(&told(&finished), "hop")[0]["address"], HOPS[0]);
}

#[test]
fn the_table_has_a_line_for_each_hop() {
    if !chained("trace::the_table_has_a_line_for_each_hop", "true") {
        return;
    }
    let finished = run_sock(&["trace", "10.9.4.2", "-n"]);
    let out = finished.out();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "trace to 10.9.4.2 from 10.9.1.1, UDP port 33434; times in ms");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(lines[1]), ["hop", "loss", "sent", "min", "avg", "p50", "max", "jitter", "address"]);
    for (number, (line, address)) in lines[2..6].iter().zip(HOPS).enumerate() {
        let words = words(line);
        let want = [&(number + 1).to_string(), "0%", "3"];
        assert_eq!((&words[..3], &words[8]), (&want.map(str::to_owned)[..], &address.to_owned()), "{line}");
    }
    let below = [
        "",
        "reached after 4 hops: it answers that the UDP port is closed, as expected",
        "MTU of the path: 1500 bytes",
    ];
    assert_eq!((&lines[6..], finished.code(), finished.stderr.as_str()), (&below[..], 0, ""));
}

#[test]
fn a_terminal_has_a_table_that_changes_and_keeps_the_last_one() {
    let test = "trace::a_terminal_has_a_table_that_changes_and_keeps_the_last_one";
    if !skip::need(test, "script") || !chained(test, "true") {
        return;
    }
    let line = format!("TERM=xterm {SOCK} trace 10.9.4.2 -n --watch --interval 0.1");
    let mut terminal = crate::kit::terminal(&line);
    let shows = |shown: &[u8], wanted: &dyn Fn(&str) -> bool| {
        screen(shown, 80, 200).iter().any(|line| wanted(line)).then_some(())
    };
    terminal.stdout.until("a first table", |shown| shows(shown, &|line| line.contains("hop")));
    let is_target = |line: &str| line.split_whitespace().last() == Some(HOPS[3]);
    let sent = |line: &str| line.split_whitespace().nth(2).and_then(|sent| sent.parse::<u32>().ok());
    let later = |line: &str| is_target(line) && sent(line) > Some(5);
    terminal.stdout.until("a later one", |shown| shows(shown, &later));
    terminal.write(b"\x03");
    let out = terminal.finish().out();
    assert!(!out.contains("\x1b[?25l"), "the cursor stays: {out:?}");
    let last = screen(out.as_bytes(), 80, 200);
    let tables: Vec<usize> = (0..last.len()).filter(|line| last[*line].starts_with("trace to ")).collect();
    let &[table] = &tables[..] else { panic!("one table, which changes in place: {last:#?}") };
    for (line, address) in last[table + 2..].iter().zip(HOPS) {
        assert_eq!(line.split_whitespace().last(), Some(address), "{last:#?}");
    }
    assert!(last[table + 7..].iter().any(|line| line.starts_with("reached after 4 hops")), "{last:#?}");
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    if !chained("trace::a_reader_that_has_gone_is_no_failure", "true") {
        return;
    }
    for args in ["--json", "--plain"] {
        let script = format!("{{ \"$0\" trace 10.9.4.2 -n {args}; echo $? >&2; }} | head -1");
        let finished = run(std::process::Command::new("sh").args(["-c", &script, crate::kit::SOCK]), b"");
        assert_eq!((finished.stderr.as_str(), finished.out().lines().count()), ("0\n", 1), "{args}");
    }
}

#[test]
fn what_cannot_be_traced_is_one_line() {
    if !inside("trace::what_cannot_be_traced_is_one_line", "true") {
        return;
    }
    let rows: &[(&[&str], i32, &str)] = &[
        (&["10.9.4.2"], 5, "network is unreachable"),
        (&["fd09::1"], 5, "network is unreachable"),
        (&["no such name"], 2, "no such name"),
        (&["10.9.4.2:80"], 2, "a host is expected, as in example.org or 192.0.2.1"),
        (&[""], 2, "a host is expected, as in example.org or 192.0.2.1"),
        (&["tls://127.0.0.1"], 2, "hint: sock trace HOST --tcp PORT"),
        (&["http://127.0.0.1/"], 2, "a host is expected, as in example.org or 192.0.2.1"),
        (&["münchen.invalid"], 3, "xn--mnchen-3ya.invalid"),
        (&["224.0.0.1"], 2, "224.0.0.1 is the address of many"),
        (&["ff02::1"], 2, "ff02::1 is the address of many"),
        (&["127.255.255.255"], 7, "it is the broadcast address of a network"),
        (&["fe80::1"], 2, "a link-local address wants its interface"),
        (&["255.255.255.255"], 2, "255.255.255.255 is the address of many"),
        (&["::1", "-4"], 2, "::1 is not an address of IPv4"),
        (&["127.0.0.1", "--icmp", "--tcp", "80"], 2, "--tcp"),
        (&["127.0.0.1", "--icmp", "-p", "80"], 2, "--port"),
        (&["127.0.0.1", "--interval", "1s"], 2, "--watch"),
        (&["127.0.0.1", "--interface", "none9"], 3, "none9"),
        (&["127.0.0.1", "--source", "10.1.2.3"], 8, "10.1.2.3"),
        (&["127.0.0.1", "--first", "9", "--max", "3"], 2, "--max"),
    ];
    for (args, code, words) in rows {
        let finished = run(sock(&["trace"]).args(*args), b"");
        assert_eq!(finished.code(), *code, "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(words), "{args:?}: {}", finished.stderr);
        assert_eq!(finished.out(), "", "{args:?}");
        assert_eq!(finished.stderr.matches("error").count().min(1), 1, "{args:?}");
    }
}

#[test]
fn the_loopback_is_one_hop_of_its_own_mtu() {
    if !inside("trace::the_loopback_is_one_hop_of_its_own_mtu", "true") {
        return;
    }
    let rows: [(&[&str], &str); 5] = [
        (&["127.0.0.1"], "127.0.0.1"),
        (&["::1"], "::1"),
        (&["0.0.0.0"], "127.0.0.1"),
        (&["::"], "::1"),
        // An address that no interface has, and that is the loopback's all the same.
        (&["127.0.0.1", "--source", "127.0.0.9"], "127.0.0.1"),
    ];
    for (args, address) in rows {
        let (code, events) = trace(args);
        assert_eq!((code, addresses(&events)), (0, vec![Some(address)]), "{args:?}");
        // As large as a packet can be, on a link of 65,536 bytes.
        let mtu = of(&events, "path_mtu")[0];
        assert_eq!((&mtu["mtu_bytes"], &mtu["black_hole"]), (&65_535.into(), &Value::Null), "{mtu}");
    }
}

#[test]
fn no_privilege_is_kept_once_the_sockets_are_open() {
    if !inside("trace::no_privilege_is_kept_once_the_sockets_are_open", "true") {
        return;
    }
    for kind in [&[][..], &["--icmp"], &["--tcp", "80"]] {
        let args = [&["trace", "127.0.0.1", "-n", "--json", "--watch"], kind].concat();
        let process = Process::start(&mut sock(&args));
        Events::of(&process.stdout).next(&["hop_answer"]);
        let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("its status");
        for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000", "NoNewPrivs:\t1"] {
            assert!(status.contains(line), "{line}, {kind:?}: {status}");
        }
        process.signal("INT");
        assert_eq!(process.finish().code(), 0, "{kind:?}");
    }
}

#[test]
fn a_reader_that_stalls_does_not_keep_a_signal_from_ending_it() {
    let test = "trace::a_reader_that_stalls_does_not_keep_a_signal_from_ending_it";
    if !inside(test, "echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range; true") {
        return;
    }
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let args = ["trace", "--json", "-n", "--watch", "--interval", "1ms", "--icmp", "127.0.0.1"];
    let mut process = Process::start_as_it_is(sock(&args).stdout(writer).stderr(std::process::Stdio::null()));
    // Nobody reads: the pipe is full when it takes no more.
    let (mut before, mut same) = (0, 0);
    eventually("a full pipe", || {
        let waiting = rustix::io::ioctl_fionread(&reader).expect("a pipe");
        same = if waiting > 50_000 && waiting == before { same + 1 } else { 0 };
        before = waiting;
        same > 50
    });
    process.signal("INT");
    eventually("the end", || !process.is_running());
}
