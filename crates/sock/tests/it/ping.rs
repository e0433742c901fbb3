//! `sock ping`: who answers, what it comes to, and how it is told.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::bounded::WaitInTime as _;
use crate::kit::namespace::{self, inside};
use crate::kit::{
    Events, Finished, Process, SOCK, Server, events, has_ipv6, refusing, run, run_sock, screen, sock,
    sock_after, text,
};
use crate::local::pseudo_terminal;
use crate::skip;

/// The events of a run, by name.
fn told<'e>(events: &'e [Value], name: &str) -> Vec<&'e Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

/// `sock ping` in a network of its own, in which a script has made what is needed.
fn ping(args: &[&str]) -> Finished {
    run(sock(&["ping"]).args(args), b"")
}

/// The words that let users ask by datagrams of ICMP.
const OPEN_TO_ALL: &str = "echo 0 2147483647 > /proc/sys/net/ipv4/ping_group_range";

/// A second host, behind a pair of interfaces: it is 10.0.0.2, and this one 10.0.0.1.
const PEER: &str = "\
    mount -t proc proc /proc; mount -t tmpfs none /mnt; mkfifo /mnt/ready; \
    unshare --net sh -c 'echo > /mnt/ready; exec sleep 600' & peer=$!; trap 'kill $peer' EXIT; read _ < /mnt/ready; \
    ip link add here type veth peer name there netns $peer && \
    ip addr add 10.0.0.1/24 dev here && ip link set here up && \
    nsenter -t $peer -n ip addr add 10.0.0.2/24 dev there && nsenter -t $peer -n ip link set there up && \
    nsenter -t $peer -n ip link set lo up && nsenter -t $peer -n sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward' && \
    until nsenter -t $peer -n ip -o link show there | grep -q 'state UP'; do sleep 0.01; done";

/// What a script prints that has the second host, and `sock` as `$SOCK`.
fn beside_a_peer(test: &str, script: &str) -> Option<Finished> {
    if !skip::need(test, "nsenter") {
        return None;
    }
    let mut command = namespace::shell(test, &format!("{PEER} && {script}"))?;
    Some(run(command.env("SOCK", SOCK), b""))
}

#[test]
fn a_host_that_answers_is_told_line_by_line_and_summed_up() {
    if !inside("ping::a_host_that_answers_is_told_line_by_line_and_summed_up", "true") {
        return;
    }
    let finished = ping(&["127.0.0.1", "-c", "3", "-i", "0.01"]);
    let out = finished.out();
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines[0], "PING 127.0.0.1: 56 data bytes");
    for (number, line) in (1..=3).zip(&lines[1..]) {
        let start = format!("64 bytes from 127.0.0.1: icmp_seq={number} ttl=64 time=");
        assert!(line.starts_with(&start) && line.ends_with(" ms"), "{line}");
    }
    assert_eq!(lines[4..7], ["", "--- 127.0.0.1 ---", "3 sent, 3 received, 0 lost (0.0%)"]);
    assert!(lines[7].starts_with("min 0.") && lines[7].contains(" jitter 0."), "{out}");
    let quiet = ping(&["127.0.0.1", "-c", "1", "-q"]).out();
    assert!(
        quiet.starts_with("--- 127.0.0.1 ---\n1 sent, 1 received") && quiet.lines().count() == 3,
        "{quiet}"
    );
}

#[test]
fn both_versions_are_asked_side_by_side_in_one_table() {
    if !inside("ping::both_versions_are_asked_side_by_side_in_one_table", "true") || !has_ipv6() {
        return;
    }
    let finished = ping(&["127.0.0.1", "::1", "127.0.0.2", "-c", "2", "-i", "0.01", "-q"]);
    let out = finished.out();
    assert_eq!((finished.code(), finished.stderr.as_str()), (0, ""), "{out}");
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0][..4], ["HOST", "SENT", "RECV", "LOSS"]);
    for (row, host) in rows[1..].iter().zip(["127.0.0.1", "::1", "127.0.0.2"]) {
        assert_eq!(row[..4], [host, "2", "2", "0.0%"], "{out}");
    }
}

#[test]
fn events_tell_each_answer_and_what_each_host_came_to() {
    if !inside("ping::events_tell_each_answer_and_what_each_host_came_to", "true") {
        return;
    }
    let finished = ping(&["127.0.0.1", "127.0.0.3", "-c", "2", "-i", "0.01", "-s", "0", "--json"]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let events = events(&finished.stdout);
    let replies = told(&events, "reply");
    assert_eq!(replies.len(), 4);
    for reply in replies {
        assert_eq!((&reply["host"], &reply["bytes"]), (&reply["from"], &8.into()), "{reply}");
        assert!(reply["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0 && seconds < 2.0), "{reply}");
        assert_eq!((&reply["duplicate"], &reply["late"]), (&false.into(), &false.into()));
    }
    for host in told(&events, "host") {
        assert_eq!((&host["probes"], &host["answers"], &host["lost"]), (&2.into(), &2.into(), &0.into()));
        let time = |name: &str| host[name].as_f64().expect("a time");
        assert!(time("least_seconds") <= time("p50_seconds") && time("p99_seconds") <= time("most_seconds"));
    }
    let summary = events.last().expect("an end");
    assert_eq!((&summary["event"], &summary["hosts"]), (&"summary".into(), &2.into()), "{summary}");
    assert_eq!((&summary["silent"], &summary["exit_code"]), (&0.into(), &0.into()), "{summary}");
}

#[test]
fn rows_are_those_of_a_table_for_programs() {
    if !inside("ping::rows_are_those_of_a_table_for_programs", "true") {
        return;
    }
    let out = text(&ping(&["127.0.0.1", "-c", "2", "-i", "0.01", "--csv"]).quietly_done());
    let rows: Vec<Vec<&str>> = out.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0].join(","), "time,host,address,number,result,from,seconds,bytes,ttl,detail");
    assert_eq!(rows.len(), 3);
    for (row, number) in rows[1..].iter().zip(["1", "2"]) {
        assert_eq!(row[1..6], ["127.0.0.1", "127.0.0.1", number, "reply", "127.0.0.1"], "{out}");
        assert_eq!(row[7..], ["64", "64", "echo"], "{out}");
    }
}

#[test]
fn a_user_needs_no_right_where_the_system_allows_it() {
    let test = "ping::a_user_needs_no_right_where_the_system_allows_it";
    if !skip::need(test, "setpriv") || !inside(test, OPEN_TO_ALL) {
        return;
    }
    // Without the right of root's in this network.
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw", SOCK, "ping"]);
    let finished = run(command.args(["127.0.0.1", "::1", "-c", "2", "-i", "0.01", "--json"]), b"");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert_eq!(told(&events(&finished.stdout), "reply").len(), 4);
}

#[test]
fn without_any_right_it_says_what_would_allow_it() {
    let test = "ping::without_any_right_it_says_what_would_allow_it";
    if !skip::need(test, "setpriv") || !inside(test, "true") {
        return;
    }
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-net_raw", "--inh-caps", "-net_raw", SOCK, "ping", "127.0.0.1", "::1"]);
    let finished = run(&mut command, b"");
    assert_eq!((finished.code(), finished.out().as_str()), (7, ""));
    assert_eq!(finished.stderr.matches("sock: error: ").count(), 1, "{}", finished.stderr);
    for hint in [
        format!("an ICMP socket needs CAP_NET_RAW: sudo setcap cap_net_raw+ep {SOCK}\n"),
        "sudo sysctl net.ipv4.ping_group_range=\"0 2147483647\"\n".to_owned(),
    ] {
        assert!(finished.stderr.contains(&hint), "{}", finished.stderr);
    }
}

#[test]
fn it_gives_up_its_rights_once_the_sockets_are_open() {
    if !inside("ping::it_gives_up_its_rights_once_the_sockets_are_open", "true") {
        return;
    }
    let process = Process::start(&mut sock(&["ping", "127.0.0.1", "-i", "0.05"]));
    process.stdout.line("an answer", |line| line.contains("icmp_seq="));
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid())).expect("a live process");
    for line in ["CapEff:\t0000000000000000", "CapPrm:\t0000000000000000"] {
        assert!(status.contains(line), "{line}: {status}");
    }
}

#[test]
fn a_signal_ends_it_at_once_with_the_summary() {
    if !inside("ping::a_signal_ends_it_at_once_with_the_summary", "ip route add blackhole 10.9.0.0/16") {
        return;
    }
    for signal in ["INT", "TERM"] {
        let process = Process::start(&mut sock(&["ping", "127.0.0.1", "--json", "-i", "0.05"]));
        Events::of(&process.stdout).next(&["reply"]);
        process.signal(signal);
        let finished = process.finish();
        assert_eq!(finished.code(), 0, "{}", finished.stderr);
        let events = events(&finished.stdout);
        let host = told(&events, "host")[0];
        let sum = ["answers", "late", "lost", "awaited"].map(|name| host[name].as_u64().expect("a count"));
        assert_eq!(host["probes"].as_u64(), Some(sum.iter().sum()), "{host}");
        assert_eq!(events.last().expect("an end")["event"], "summary");
    }
}

#[test]
fn what_is_still_awaited_at_the_end_is_not_lost() {
    let test = "ping::what_is_still_awaited_at_the_end_is_not_lost";
    // The second host takes everything, and says nothing.
    let script = r#"nsenter -t $peer -n sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all' && \
        "$SOCK" ping 10.0.0.2 --deadline 0.3 --interval 0.1 --timeout 20 --json"#;
    let Some(finished) = beside_a_peer(test, script) else { return };
    let events = events(&finished.stdout);
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    let host = told(&events, "host")[0];
    assert_eq!((&host["answers"], &host["lost"]), (&0.into(), &0.into()), "{host}");
    assert!(host["awaited"].as_u64() >= Some(1) && host["awaited"] == host["probes"], "{host}");
}

#[test]
fn silence_is_a_loss_after_the_timeout_and_ends_with_code_1() {
    let test = "ping::silence_is_a_loss_after_the_timeout_and_ends_with_code_1";
    let script = r#"nsenter -t $peer -n sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all' && \
        "$SOCK" ping 10.0.0.2 127.0.0.1 --count 3 --interval 0.02 --timeout 0.2 --json"#;
    let Some(finished) = beside_a_peer(test, script) else { return };
    let events = events(&finished.stdout);
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    let counts = (told(&events, "lost").len(), told(&events, "reply").len());
    assert_eq!(counts, (3, 3), "{}\n{}", finished.out(), finished.stderr);
    assert!(finished.stderr.contains("sock: error: 10.0.0.2 has not answered\n"), "{}", finished.stderr);
    assert_eq!(events.last().expect("an end")["silent"], 1);
}

#[test]
fn errors_on_the_way_are_told_with_who_says_so() {
    let test = "ping::errors_on_the_way_are_told_with_who_says_so";
    let script = r#"ip route add 10.5.0.0/16 via 10.0.0.2 && \
        nsenter -t $peer -n sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit' && \
        nsenter -t $peer -n ip link add narrow mtu 600 type veth peer name end && \
        nsenter -t $peer -n ip addr add 10.5.0.9/24 dev narrow && \
        nsenter -t $peer -n ip link set narrow up && nsenter -t $peer -n ip link set end up && \
        "$SOCK" ping 10.5.9.9 --count 1 --timeout 20 --json; \
        "$SOCK" ping 10.5.0.1 --count 1 --timeout 20 --ttl 1 --json; \
        "$SOCK" ping 10.5.0.1 --count 1 --timeout 20 --size 1000 --json"#;
    let Some(finished) = beside_a_peer(test, script) else { return };
    let events = events(&finished.stdout);
    let errors = told(&events, "unreachable");
    let wanted = [(3, 0, Value::Null), (11, 0, Value::Null), (3, 4, 600.into())];
    assert_eq!(errors.len(), wanted.len(), "{}\n{}", finished.out(), finished.stderr);
    for (error, (kind, code, mtu)) in errors.iter().zip(wanted) {
        assert_eq!(error["from"], "10.0.0.2", "{error}");
        assert_eq!((&error["icmp_type"], &error["icmp_code"]), (&kind.into(), &code.into()), "{error}");
        assert_eq!(error["mtu_bytes"], mtu, "{error}");
    }
}

#[test]
fn arp_tells_who_has_an_address_and_that_several_have_it() {
    let test = "ping::arp_tells_who_has_an_address_and_that_several_have_it";
    // A second interface of the other host's answers for the same address.
    let script = r#""$SOCK" ping 10.0.0.2 --arp --count 2 --interval 0.02 --timeout 20 --json; \
        ip link add bridge type bridge && ip addr flush dev here && ip addr add 10.0.0.1/24 dev bridge && \
        ip link add more type veth peer name second netns $peer && ip link set here master bridge && \
        ip link set more master bridge && ip link set more up && ip link set bridge up && \
        nsenter -t $peer -n ip link set second up && \
        until "$SOCK" ping 10.0.0.2 --arp --count 1 --timeout 0.5 --json | grep -q 'duplicate":true'; do :; done; \
        "$SOCK" ping 10.0.0.2 --arp --count 2 --interval 0.2 --timeout 20"#;
    let Some(finished) = beside_a_peer(test, script) else { return };
    let out = finished.out();
    let first: Vec<&str> = out.lines().filter(|line| line.starts_with('{')).collect();
    let events = events(format!("{}\n", first.join("\n")).as_bytes());
    for reply in told(&events, "reply") {
        assert_eq!((&reply["answer"], &reply["from"]), (&"hardware".into(), &"10.0.0.2".into()), "{reply}");
        assert_eq!(reply["hardware_address"].as_str().map(str::len), Some(17), "{reply}");
    }
    assert_eq!(told(&events, "reply").len(), 2, "{out}\n{}", finished.stderr);
    assert!(out.contains("2 machines have this address: "), "{out}\n{}", finished.stderr);
}

#[test]
fn a_port_of_tcp_is_open_or_refuses_and_both_are_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let open = listener.local_addr().expect("a bound socket").port().to_string();
    let finished = ping(&["127.0.0.1", "--tcp", &open, "-c", "2", "-i", "0.01", "--timeout", "20"]);
    let out = finished.out();
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    assert!(out.contains(&format!("127.0.0.1:{open} is open: seq=2 time=")), "{out}");
    let (_closed, address) = refusing();
    let port = address.port().to_string();
    let finished = ping(&["127.0.0.1", "--tcp", &port, "-c", "1", "--timeout", "20", "--json"]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let events = events(&finished.stdout);
    assert_eq!(told(&events, "reply")[0]["answer"], "refused");
}

#[test]
fn a_port_of_udp_answers_is_closed_or_is_silent() {
    let server = Server::start(&["udp://127.0.0.1:0", "--echo"]);
    let port = server.address().port().to_string();
    let finished = ping(&["127.0.0.1", "--udp", &port, "-c", "2", "-i", "0.01", "--timeout", "20", "--json"]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let told_of = |finished: &Finished| events(&finished.stdout);
    assert!(told(&told_of(&finished), "reply").iter().all(|reply| reply["answer"] == "datagram"));
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("a bound socket").port().to_string();
    let finished = ping(&["127.0.0.1", "--udp", &port, "-c", "1", "--timeout", "0.1"]);
    assert_eq!(finished.code(), 1);
    let want = format!("no answer from 127.0.0.1:{port}: seq=1 within 100ms (open or filtered)\n");
    assert!(finished.out().contains(&want), "{}", finished.out());
    drop(silent);
    let finished = ping(&["127.0.0.1", "--udp", &port, "-c", "1", "--timeout", "20", "--json"]);
    assert_eq!(told(&told_of(&finished), "reply")[0]["answer"], "closed", "{}", finished.out());
}

#[test]
fn the_phases_of_a_connection_are_timed_each() {
    let server = Server::start(&["tls://127.0.0.1:0"]);
    let endpoint = format!("tls://localhost:{}?insecure", server.address().port());
    let finished = ping(&["-4", &endpoint, "-c", "1", "--timeout", "20", "--json"]);
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let told_of = events(&finished.stdout);
    let reply = told(&told_of, "reply")[0];
    let steps = ["lookup_seconds", "connect_seconds", "handshake_seconds"];
    let sum: f64 = steps.iter().map(|step| reply[step].as_f64().expect("a time")).sum();
    assert!((sum - reply["seconds"].as_f64().expect("a time")).abs() < 1e-6, "{reply}");
    // What is not trusted is told, and no answer.
    let endpoint = endpoint.replace("?insecure", "");
    let finished = ping(&["-4", &endpoint, "-c", "1", "--timeout", "20"]);
    assert_eq!(finished.code(), 1);
    assert!(finished.out().contains("the certificate CN=sock self-signed"), "{}", finished.out());
    let plain = format!("tcp://{}", server.address());
    let out = text(&ping(&["--connect", &plain, "-c", "1", "--timeout", "20"]).quietly_done());
    assert!(out.contains(&format!("connected to {plain}")) && out.contains("(connect "), "{out}");
}

#[test]
fn an_unknown_name_stops_no_other_host() {
    if !inside("ping::an_unknown_name_stops_no_other_host", "true") {
        return;
    }
    let finished = ping(&["no-such-host.invalid", "127.0.0.1", "-c", "1", "--json"]);
    assert_eq!(finished.code(), 1, "{}", finished.stderr);
    let events = events(&finished.stdout);
    assert_eq!(told(&events, "reply")[0]["host"], "127.0.0.1");
    let error = told(&events, "error")[0];
    assert_eq!((&error["question"], &error["exit_code"]), (&"no-such-host.invalid".into(), &Value::Null));
    let finished = ping(&["no-such-host.invalid", "-c", "1"]);
    assert_eq!((finished.code(), finished.out().as_str()), (3, ""), "{}", finished.stderr);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
}

#[test]
fn what_cannot_be_meant_is_refused_in_a_line() {
    let rows: [(&[&str], &str); 16] = [
        (&["ping"], "<HOST>... is missing"),
        (&["ping", "127.0.0.1:80"], "without a port"),
        (&["ping", "::1", "-4"], "::1 is not an address of IPv4"),
        (&["ping", "*"], "no host that can be asked"),
        (&["ping", "127.0.0.1", "--interval", "0"], "zero"),
        (&["ping", "127.0.0.1", "--size", "70000"], "at most 65507 bytes"),
        (&["ping", "127.0.0.1", "--tcp", "80", "--udp", "80"], "cannot be used with"),
        (&["ping", "tls://localhost:1", "127.0.0.1"], "127.0.0.1 is a host, and there are endpoints too"),
        (
            &["ping", "tls://localhost:1", "tcp://127.0.0.1:1", "::1"],
            "sock ping --connect tcp://127.0.0.1:1 ",
        ),
        (&["ping", "unix:/run/x.sock"], "sock ping --connect unix:/run/x.sock connects to it"),
        (&["ping", "http://127.0.0.1/"], "a host is expected, as in example.org"),
        (&["ping", "127.0.0.1", "--tcp="], "--tcp \"\": wants a port from 1 to 65535"),
        (&["ping", "127.0.0.1", "--udp", "0"], "--udp \"0\": wants a port from 1 to 65535"),
        (&["ping", "fe80::1"], "a link-local address wants its interface, as in fe80::1%eth0"),
        (&["ping", "fe80::1%none9"], "this machine has no interface \"none9\""),
        (&["ping", "tls://localhost:1", "--ttl", "3"], "--ttl cannot act on an endpoint"),
    ];
    for (args, want) in rows {
        let finished = run_sock(args);
        assert_eq!((finished.code(), finished.out().as_str()), (2, ""), "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.contains(want), "{args:?}: {}", finished.stderr);
    }
}

#[test]
fn an_address_that_the_kernel_forbids_and_one_of_ipv4_in_ipv6_are_told_for_what_they_are() {
    let test = "ping::an_address_that_the_kernel_forbids_and_one_of_ipv4_in_ipv6_are_told_for_what_they_are";
    if !inside(test, OPEN_TO_ALL) {
        return;
    }
    let finished = ping(&["127.255.255.255", "-c", "1"]);
    let words = "not sent: permission denied (os error 13): it is the broadcast address of a network";
    assert!(finished.code() == 1 && finished.out().contains(words), "{}", finished.out());
    let finished = ping(&["::ffff:127.0.0.1", "-c", "1"]);
    assert!(finished.code() == 0 && finished.out().contains("(127.0.0.1)"), "{}", finished.out());
}

#[test]
fn where_there_are_too_few_descriptors_that_is_said() {
    for most in 4..=14 {
        for args in [["ping", "127.0.0.1", "-c1", "--tcp=1"], ["trace", "127.0.0.1", "-q1", "-n"]] {
            let finished = run(&mut sock_after(&format!("ulimit -n {most}"), &args), b"");
            assert_ne!(finished.code(), 101, "{most} {args:?}: {}", finished.stderr);
            let is_said = finished.code() == 0 || finished.stderr.to_lowercase().contains("error");
            assert!(is_said, "{most} {args:?}: {}", finished.stderr);
        }
    }
}

#[test]
fn many_hosts_are_asked_side_by_side() {
    if !inside("ping::many_hosts_are_asked_side_by_side", "true") {
        return;
    }
    let hosts: Vec<String> = (1..=64).map(|number| format!("127.0.1.{number}")).collect();
    let mut command = sock(&["ping", "-c", "1", "--json"]);
    let finished = run(command.args(&hosts), b"");
    assert_eq!(finished.code(), 0, "{}", finished.stderr);
    let events = events(&finished.stdout);
    let answered: Vec<&str> =
        told(&events, "reply").iter().map(|reply| reply["host"].as_str().expect("a host")).collect();
    assert_eq!(answered.len(), 64);
    assert!(hosts.iter().all(|host| answered.contains(&host.as_str())));
}

#[test]
fn a_terminal_has_the_lines_above_a_histogram_and_keeps_the_last_figures() {
    let test = "ping::a_terminal_has_the_lines_above_a_histogram_and_keeps_the_last_figures";
    if !skip::need(test, "script") || !inside(test, "true") {
        return;
    }
    let line = format!("TERM=xterm {SOCK} ping 127.0.0.1 -c 5 -i 0.12");
    let finished = crate::kit::terminal(&line).finish();
    let out = finished.out();
    assert_eq!(finished.code(), 0, "{out}");
    assert!(out.contains("icmp_seq=5") && out.contains("5 sent, 5 received, 0 lost (0.0%)"), "{out}");
    assert!(out.contains('█') && !out.contains("\x1b[?25l"), "the cursor stays: {out:?}");
    let last = screen(out.as_bytes(), 80, 200).join("\n");
    assert_eq!(last.matches("--- 127.0.0.1 ---").count(), 1, "the last frame makes way for the sum: {last}");
    let line = format!("TERM=dumb {SOCK} ping 127.0.0.1 -c 2 -i 0.01");
    let plain = crate::kit::terminal(&line).finish().out();
    assert!(plain.contains("icmp_seq=2") && !plain.contains('\x1b'), "{plain:?}");
}

#[test]
fn what_ctrl_z_has_stopped_goes_on_below_the_lines_of_the_shell() {
    let test = "ping::what_ctrl_z_has_stopped_goes_on_below_the_lines_of_the_shell";
    if !skip::need(test, "script") || !skip::need(test, "bash") || !inside(test, "true") {
        return;
    }
    let ping = format!("TERM=xterm {SOCK} ping 127.0.0.1 -i 0.05");
    let line = format!("bash -c 'set -m; {ping}; printf \"one\\ntwo\\nthree\\n\"; fg; echo over'");
    let mut terminal = crate::kit::terminal(&line);
    let shows = |shown: &[u8], what: &str| text(shown).contains(what).then_some(shown.len());
    terminal.stdout.until("a histogram", |shown| shows(shown, "█"));
    terminal.write(b"\x1a");
    let stopped = terminal.stdout.until("the shell's lines", |shown| shows(shown, "three"));
    let frame = |shown: &[u8]| text(&shown[stopped..]).contains("--- 127.0.0.1 ---").then_some(());
    terminal.stdout.until("a frame below them", frame);
    terminal.write(b"\x03");
    let out = terminal.finish().out();
    assert_eq!(out.matches("\x1b[?25l").count(), 0, "a cursor for the shell: {out:?}");
    let last = screen(out.as_bytes(), 80, 2_000);
    let lines: Vec<&str> = last.iter().map(String::as_str).collect();
    let shell = lines.windows(3).position(|lines| lines == ["one", "two", "three"]);
    let shell = shell.unwrap_or_else(|| panic!("the shell's lines are gone: {lines:#?}"));
    let figures = |lines: &[&str]| lines.iter().filter(|line| line.contains("--- 127.0.0.1 ---")).count();
    assert_eq!((figures(&lines[..shell]), figures(&lines[shell..])), (1, 1), "{lines:#?}");
}

#[test]
fn a_terminal_that_nobody_reads_holds_up_nothing() {
    let test = "ping::a_terminal_that_nobody_reads_holds_up_nothing";
    if !inside(test, "true") {
        return;
    }
    // Several times what a terminal holds.
    for style in ["--timeout=1", "--plain"] {
        let (_person, path) = pseudo_terminal();
        let program = File::options().read(true).write(true).open(path).expect("its other end");
        let mut command = sock(&["ping", "127.0.0.1", "-c", "6000", "-i", "0.0005", style]);
        command.env("TERM", "xterm").stdin(Stdio::null()).stdout(program).stderr(Stdio::null());
        let mut process = Process::start_as_it_is(&mut command);
        assert_eq!(process.ended().code(), Some(0), "{style}");
    }
}

#[test]
fn answers_to_another_process_are_not_ours() {
    if !inside("ping::answers_to_another_process_are_not_ours", "true") {
        return;
    }
    // Raw sockets get all replies of the machine, each of them; without room for a number of ours in the payload too.
    for size in ["56", "0"] {
        let args = ["ping", "127.0.0.1", "::1", "-c", "20", "-i", "0.005", "-s", size, "--json"];
        let processes = [(); 3].map(|()| Process::start(&mut sock(&args)));
        for process in processes {
            let finished = process.finish();
            assert_eq!(finished.code(), 0, "{}", finished.stderr);
            for host in told(&events(&finished.stdout), "host") {
                let counts = ["probes", "answers", "duplicates", "lost"].map(|name| host[name].as_u64());
                assert_eq!(counts, [20, 20, 0, 0].map(Some), "{host}");
            }
        }
    }
}

/// A host of the test's own, whose answers it times itself, and `sock ping --udp` that asks it.
fn asked(args: &[&str]) -> (UdpSocket, Process) {
    let host = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    host.set_read_timeout(Some(crate::kit::LIMIT)).expect("a live socket");
    let port = host.local_addr().expect("a bound socket").port().to_string();
    let process = Process::start(sock(&["ping", "127.0.0.1", "--udp", &port, "--json"]).args(args));
    (host, process)
}

#[test]
fn answers_that_come_twice_or_out_of_order_are_told() {
    let (host, process) = asked(&["-c", "3", "-i", "0.01", "--timeout", "60"]);
    let mut told_of = Events::of(&process.stdout);
    let mut buffer = [0; 100];
    let probes: Vec<_> = (0..3)
        .map(|_| {
            let (length, from) = host.recv_from(&mut buffer).expect("a probe");
            (buffer[..length].to_vec(), from)
        })
        .collect();
    let rows = [(1, 2, false, false), (0, 1, false, true), (0, 1, true, false), (2, 3, false, false)];
    for (probe, number, duplicate, reordered) in rows {
        let (bytes, from) = &probes[probe];
        host.send_to(bytes, from).expect("a live socket");
        let reply = told_of.next(&["reply"]);
        let marks = ["number", "duplicate", "reordered", "late"].map(|name| reply[name].clone());
        let wanted = [Value::from(number), duplicate.into(), reordered.into(), false.into()];
        assert_eq!(marks, wanted, "{reply}");
    }
    let end = told_of.next(&["host"]);
    let counts = ["probes", "answers", "duplicates", "reordered", "lost"].map(|name| end[name].as_u64());
    assert_eq!(counts, [3, 3, 1, 1, 0].map(Some), "{end}");
    process.succeed();
}

#[test]
fn an_answer_after_the_timeout_is_late_and_no_longer_lost() {
    // The second probe is far off, so that the run goes on.
    let (host, process) = asked(&["-i", "60", "--timeout", "0.1"]);
    let mut told_of = Events::of(&process.stdout);
    let mut buffer = [0; 100];
    let (length, from) = host.recv_from(&mut buffer).expect("a probe");
    assert_eq!(told_of.next(&["lost"])["number"], 1);
    host.send_to(&buffer[..length], from).expect("a live socket");
    let reply = told_of.next(&["reply"]);
    assert_eq!((&reply["late"], &reply["number"]), (&true.into(), &1.into()), "{reply}");
    assert!(reply["seconds"].as_f64() > Some(0.1), "{reply}");
    process.signal("INT");
    let end = told_of.next(&["host"]);
    let counts = ["probes", "answers", "late", "lost", "awaited"].map(|name| end[name].as_u64());
    assert_eq!(counts, [1, 0, 1, 0, 0].map(Some), "{end}");
    process.succeed();
}

/// A machine that answers each request to 10.0.0.2, and once more as if it had got the probe before it.
const FORGER: &str = r#"
import socket, struct
def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
print(flush=True)
while True:
    packet, (asker, _) = raw.recvfrom(2048)
    if packet[20] != 8 or packet[16:20] != bytes([10, 0, 0, 2]):
        continue
    identifier, sequence = struct.unpack("!HH", packet[24:28])
    for back in 0, 1:
        if len(packet) < 36:
            payload = packet[28:]
        else:
            word, number = struct.unpack("!II", packet[28:36])
            payload = struct.pack("!II", word, (number - back) % 2**32) + packet[36:]
        echo = struct.pack("!HH", identifier, (sequence - back) % 2**16) + payload
        raw.sendto(struct.pack("!BBH", 0, 0, checksum(b"\0\0\0\0" + echo)) + echo, (asker, 0))
"#;

#[test]
fn a_host_cannot_answer_for_another() {
    let test = "ping::a_host_cannot_answer_for_another";
    if !skip::need(test, "python3") {
        return;
    }
    // 10.0.0.3 has a hardware address, and no machine.
    let script = r#"ip neigh replace 10.0.0.3 lladdr 02:00:00:00:00:99 dev here && mkfifo /mnt/forger && \
        nsenter -t $peer -n sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all' && \
        { nsenter -t $peer -n python3 -c "$FORGER" > /mnt/forger & forger=$!; } && read _ < /mnt/forger; \
        for size in 56 0; do \
            "$SOCK" ping 10.0.0.2 10.0.0.3 --count 4 --interval 0.1 --timeout 1 --size $size --json; \
        done; kill $forger"#;
    if !skip::need(test, "nsenter") {
        return;
    }
    let Some(mut command) = namespace::shell(test, &format!("{PEER} && {script}")) else { return };
    let finished = run(command.env("SOCK", SOCK).env("FORGER", FORGER), b"");
    let events = events(&finished.stdout);
    let counts: Vec<_> = told(&events, "host").iter().map(|host| host["answers"].as_u64()).collect();
    assert_eq!(counts, [4, 0, 4, 0].map(Some), "{}\n{}", finished.out(), finished.stderr);
}

#[test]
fn answers_that_wait_while_the_process_is_stopped_are_not_lost() {
    const PROBES: u64 = 100;
    let (host, process) = asked(&["-c", "100", "-i", "0.001", "--timeout", "1"]);
    let mut buffer = [0; 100];
    let probes: Vec<_> = (0..PROBES)
        .map(|_| {
            let (length, from) = host.recv_from(&mut buffer).expect("a probe");
            (buffer[..length].to_vec(), from)
        })
        .collect();
    process.signal("STOP");
    for (bytes, from) in probes {
        host.send_to(&bytes, from).expect("a live socket");
    }
    // That the timeout of all is over is what matters here.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    process.signal("CONT");
    let finished = process.finish();
    let events = events(&finished.stdout);
    let end = told(&events, "host")[0];
    let counts = ["probes", "lost", "awaited"].map(|name| end[name].as_u64());
    assert_eq!((counts, told(&events, "lost").len()), ([Some(PROBES), Some(0), Some(0)], 0), "{end}");
}

#[test]
fn rows_that_nobody_reads_are_counted() {
    if !inside("ping::rows_that_nobody_reads_are_counted", "true") {
        return;
    }
    let hosts = (1..=8).map(|host| format!("127.0.0.{host}"));
    let mut command = sock(&["ping", "--csv", "-c", "3000", "-i", "0.0002", "--deadline", "30"]);
    command.args(hosts).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().expect("sock");
    // Its reader is there, and does not read.
    child.wait_in_time().expect("a child");
    let mut told = String::new();
    let mut errors = child.stderr.take().expect("a pipe");
    std::io::Read::read_to_string(&mut errors, &mut told).expect("UTF-8");
    assert!(told.contains("lines were left out: nobody read standard output"), "{told}");
}
