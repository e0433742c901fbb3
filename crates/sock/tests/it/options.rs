//! `sock options`: every option of the table, read from a socket of the wanted kind.

use std::collections::HashMap;
use std::net::TcpListener;
use std::os::unix::fs::FileTypeExt as _;
use std::process::Command;

use berkeley::option::{self, Access, Level};
use serde_json::Value;

use crate::kit::{SOCK, Server, TempDir, events, has_ipv6, run, run_sock, terminal, text};
use crate::skip;

/// What `sock options ARGS --json` tells: the socket, the options by their names, the summary.
struct Told {
    socket: Value,
    options: Vec<Value>,
    summary: Value,
}

#[track_caller]
fn told(args: &[&str]) -> Told {
    let mut events = events(&run_sock(&[&["options", "--json"][..], args].concat()).quietly_done());
    let summary = events.pop().expect("a summary");
    let socket = events.remove(0);
    assert_eq!((&socket["event"], &summary["event"]), (&"socket".into(), &"summary".into()));
    assert!(events.iter().all(|event| event["event"] == "option"), "{events:?}");
    assert_eq!(summary["options"], events.len());
    Told { socket, options: events, summary }
}

impl Told {
    #[track_caller]
    fn option(&self, name: &str) -> &Value {
        let found = self.options.iter().find(|option| option["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not told"))
    }

    fn names(&self) -> Vec<&str> {
        self.options.iter().filter_map(|option| option["name"].as_str()).collect()
    }
}

#[test]
fn all_is_every_option_of_the_table_with_its_unit_and_its_meaning() {
    let told = told(&["--all"]);
    let table: Vec<String> = option::all().map(ToString::to_string).collect();
    assert_eq!(told.names(), table);
    assert_eq!((&told.summary["options"], &told.summary["hidden"]), (&table.len().into(), &0.into()));
    for (row, event) in option::all().zip(&told.options) {
        assert_eq!(event["c_name"], row.c_name);
        assert!(event["meaning"].as_str().is_some_and(|meaning| meaning.ends_with('.')), "{event}");
        let unit = match row.kind.unit() {
            Some("ms" | "us") => Some("s"),
            unit => unit,
        };
        assert_eq!(event["unit"].as_str(), unit, "{event}");
        // A value, or the reason in words.
        let reason = event["reason"].as_str();
        assert_eq!(reason.is_some(), event["value"].is_null() && event["text"].is_null(), "{event}");
        if row.access == Access::Write {
            assert_eq!(reason, Some("it can only be set"), "{event}");
        }
    }
    let read = told.options.iter().filter(|option| option["reason"].is_null()).count();
    assert_eq!(told.summary["read"], read);
    let foreign = told.option("udp.gro")["reason"].as_str();
    assert!(
        foreign.is_some_and(|reason| reason.starts_with("it belongs to sockets of udp (")),
        "{foreign:?}"
    );
}

#[test]
fn the_text_says_what_the_events_say() {
    // Those of UDP whose values are the same each time.
    let told = told(&["udp"]);
    let shown = text(&run_sock(&["options", "udp"]).quietly_done());
    let mut lines = shown.lines();
    assert_eq!(lines.next(), Some("new udp socket over IPv4, not connected"));
    let hidden = format!("{} options of other kinds of sockets: --all shows them", told.summary["hidden"]);
    assert_eq!(lines.next_back(), Some(hidden.as_str()));
    let lines: HashMap<&str, &str> = lines.filter_map(|line| line.split_once(' ')).collect();
    for event in &told.options {
        let name = event["name"].as_str().expect("a name");
        let line = lines.get(name).unwrap_or_else(|| panic!("{name} is not shown")).trim_start();
        let meaning = event["meaning"].as_str().expect("a meaning");
        if let Some(reason) = event["reason"].as_str() {
            assert_eq!(line.trim_start_matches(['-', ' ']), format!("{meaning} [not read: {reason}]"));
            continue;
        }
        assert!(line.ends_with(meaning), "{line}");
        if let Some(value) = event["text"].as_str().filter(|_| name != "socket.cookie") {
            assert_eq!(line, format!("{value}{}{meaning}", &line[value.len()..line.len() - meaning.len()]));
        }
    }
    let levels: Vec<&str> = told.names().iter().filter_map(|name| Some(name.split_once('.')?.0)).collect();
    assert!(levels.iter().all(|level| ["socket", "ip", "udp"].contains(level)), "{levels:?}");
}

#[test]
fn values_are_numbers_and_durations_seconds() {
    let told = told(&["tcp://?keepidle=90&nodelay&linger=2s&congestion=reno&user_timeout=1500ms&rcvbuf=64K"]);
    let rows = [
        ("tcp.keepidle", 90.0.into(), "90s", Some("s")),
        ("tcp.user_timeout", 1.5.into(), "1500ms", Some("s")),
        ("socket.linger", 2.0.into(), "2s", Some("s")),
        ("tcp.nodelay", true.into(), "on", None),
        ("tcp.congestion", "reno".into(), "reno", None),
        // The kernel doubles what is set.
        ("socket.rcvbuf", 131_072.into(), "131072 bytes", Some("bytes")),
        ("socket.type", "SOCK_STREAM".into(), "SOCK_STREAM", None),
    ];
    for (name, value, text, unit) in rows {
        let event = told.option(name);
        assert_eq!(
            (&event["value"], event["text"].as_str(), event["unit"].as_str()),
            (&value, Some(text), unit)
        );
    }
    assert_eq!((&told.socket["state"], &told.socket["transport"]), (&"new".into(), &"tcp".into()));
}

#[test]
fn an_endpoint_is_connected_and_its_structures_are_objects() {
    let server = Server::start(&["127.0.0.1:0"]);
    let endpoint = format!("{}?nodelay", server.endpoint());
    let connected = told(&[&endpoint]);
    assert_eq!(connected.socket["state"], "connected");
    assert_eq!(connected.socket["peer"].as_str(), Some(server.address().to_string().as_str()));
    assert_eq!(connected.option("tcp.nodelay")["value"], true);
    assert!(connected.option("ip.mtu")["value"].as_u64().is_some_and(|mtu| mtu > 1000));
    let info = connected.option("tcp.info");
    assert_eq!(info["value"]["state"], "TCP_ESTABLISHED");
    assert!(info["value"]["rtt"].as_f64().is_some_and(|rtt| rtt > 0.0 && rtt < 30.0), "{info}");
    assert_eq!(
        (&info["fields"]["rtt"]["unit"], &info["fields"]["pmtu"]["unit"]),
        (&"s".into(), &"bytes".into())
    );
    let count = info["value"].as_object().map(serde_json::Map::len);
    assert_eq!(count, info["fields"].as_object().map(serde_json::Map::len));

    let shown = text(&run_sock(&["options", &endpoint, "--only", "tcp.info"]).quietly_done());
    let fields: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(Some(fields.len()), count, "{shown}");
    let heading = format!("connected to {}", server.address());
    assert!(shown.lines().next().is_some_and(|line| line.ends_with(&heading)), "{shown}");
    assert!(fields[0].starts_with("state ") && fields[0].contains(" TCP_ESTABLISHED "), "{shown}");

    let unconnected = told(&[&endpoint, "--no-connect"]);
    assert_eq!((&unconnected.socket["state"], &unconnected.socket["peer"]), (&"new".into(), &Value::Null));
    assert_eq!(unconnected.option("tcp.nodelay")["value"], true);
    assert_eq!(unconnected.option("tcp.info")["value"]["state"], "TCP_CLOSE");
    assert_eq!(unconnected.option("ip.mtu")["reason"], "there is one only once connected (os error 107)");
    server.process.signal("TERM");
    let finished = server.process.finish();
    assert_eq!(finished.stderr.matches(" opened").count(), 2, "only two connected: {}", finished.stderr);
}

#[test]
fn an_endpoint_that_listens_does_and_leaves_nothing_behind() {
    let listening = told(&["tcp-listen://127.0.0.1:0"]);
    assert_eq!(listening.socket["state"], "listening");
    assert!(listening.socket["address"].as_str().is_some_and(|address| !address.ends_with(":0")));
    assert_eq!(listening.option("socket.acceptconn")["value"], true);
    assert_eq!(listening.option("tcp.info")["value"]["state"], "TCP_LISTEN");
    let bound = text(&run_sock(&["options", "udp-listen://127.0.0.1:0", "--only", "type"]).quietly_done());
    assert!(bound.starts_with("udp socket at 127.0.0.1:") && bound.contains(", bound\n"), "{bound}");
    let folder = TempDir::new();
    let path = folder.join("s");
    let unix = told(&[&format!("unix-listen:{path}")]);
    assert_eq!(
        (unix.socket["address"].as_str(), &unix.socket["state"]),
        (Some(path.as_str()), &"listening".into())
    );
    assert!(!std::fs::exists(&path).expect("a readable folder"), "the path goes with the socket");
    // Not made to listen, it makes no path either.
    told(&[&format!("unix-listen:{path}"), "--no-connect"]);
    assert!(!std::fs::exists(&path).expect("a readable folder"));
    // What is another's stays.
    let _theirs = std::os::unix::net::UnixListener::bind(&path).expect("a new path");
    assert_eq!(run_sock(&["options", &format!("unix-listen:{path}")]).code(), 8);
    assert!(std::fs::metadata(&path).expect("it is there").file_type().is_socket());
}

#[test]
fn the_family_of_a_name_s_addresses_is_chosen() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound socket");
    // `:port` is this machine, by both families, of which one listens.
    let endpoint = format!(":{}", address.port());
    let connected = told(&["-4", &endpoint]);
    assert_eq!(connected.socket["peer"], address.to_string());
    let refused = run_sock(&["options", "-6", &endpoint]);
    if has_ipv6() {
        assert_eq!(refused.code(), 4, "{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("127.0.0.1"), "it was not tried: {}", refused.stderr);

    for (flag, family, start) in [("-4", "AF_INET", "127.0.0.1:"), ("-6", "AF_INET6", "[::1]:")] {
        if flag == "-6" && !has_ipv6() {
            continue;
        }
        let listening = told(&[flag, "tcp-listen://:0"]);
        assert_eq!(listening.socket["family"], family);
        assert!(listening.socket["address"].as_str().is_some_and(|address| address.starts_with(start)));
        let unconnected = told(&[flag, "localhost:1", "--no-connect"]);
        assert_eq!(unconnected.socket["family"], family);
    }
}

#[test]
fn a_unix_peer_is_told() {
    let folder = TempDir::new();
    let path = folder.join("s");
    let _listener = std::os::unix::net::UnixListener::bind(&path).expect("a new path");
    let told = told(&[&format!("unix:{path}"), "--only", "peercred,socket.domain"]);
    assert_eq!(told.names(), ["socket.domain", "socket.peercred"], "in the table's order");
    let pid = told.option("socket.peercred")["value"]["pid"].as_u64();
    assert_eq!(pid, Some(std::process::id().into()), "it is this process that listens");
}

#[test]
fn a_kind_is_a_new_socket_of_it_or_the_kernel_says_what_it_lacks() {
    for level in Level::ALL {
        let kind = match level.name() {
            "socket" | "ip" => "tcp",
            "ipv6" => "icmpv6",
            name => name,
        };
        let finished = run_sock(&["options", kind, "--json", "--only", level.name()]);
        if finished.code() != 0 {
            assert!(finished.stderr.starts_with("sock: error: socket "), "{kind}: {}", finished.stderr);
            continue;
        }
        let count = option::all().filter(|option| option.level == *level).count();
        let told = finished.out().matches("\"event\":\"option\"").count();
        assert_eq!(told, count, "{kind}");
        let foreign = "it belongs to sockets of";
        assert!(!finished.out().contains(foreign), "{kind}: {}", finished.out());
    }
    assert_eq!(told(&["udp", "-6", "--only", "domain"]).option("socket.domain")["value"], "AF_INET6");
    assert_eq!(told(&["udp://", "-4"]).socket["family"], "AF_INET");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anything_is_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket of ours");
    let address = listener.local_addr().expect("a bound socket").to_string();
    let with_timeout = format!("{address}?timeout=1s");
    let rows: [(&[&str], &str); 15] = [
        (
            &[&address, "--only", "nodelya"],
            "--only: no option and no level is called \"nodelya\"; did you mean \"tcp.nodelay\"?",
        ),
        (
            &[&address, "--only", "tpc"],
            "--only: no option and no level is called \"tpc\"; did you mean \"tcp\"?",
        ),
        (&[&address, "--only", "tcp,"], "--only: no option and no level is called \"\""),
        (&[&address, "--only", "tcp", "--all"], "the argument '--only"),
        (&[&address, "-6"], "-4 and -6 choose among the addresses of a name; this endpoint has its family"),
        (&["unix:/x", "-4", "--no-connect"], "-4 and -6 choose among the addresses of a name"),
        (&[&with_timeout, "--timeout", "2s"], "the timeout is given twice"),
        (&[&with_timeout, "--no-connect"], "?timeout= belongs to connecting"),
        (
            &[&address, "--timeout", "2s", "--no-connect"],
            "the argument '--timeout <TIME>' cannot be used with '--no-connect'",
        ),
        (&["tcp-listen://127.0.0.1:0", "--timeout", "2s"], "--timeout belongs to connecting"),
        (&["unxi"], "\"unxi\" is not a kind of socket; did you mean \"unix\"?"),
        (&["unix", "-6"], "-4 and -6 choose between families; unix has one"),
        (&["netlink://?rcvbuf=1"], "options after \"?\" are set on endpoints, and netlink is none"),
        // The fault is shown in what was written.
        (
            &["udp://?nodelay"],
            "option \"tcp.nodelay\" does not apply to udp\n  udp://?nodelay\n         ^^^^^^^",
        ),
        (&["unix?mode=600"], "option \"mode\" "),
    ];
    for (args, want) in rows {
        let finished = run_sock(&[&["options"][..], args].concat());
        assert_eq!((finished.code(), finished.out().as_str()), (2, ""), "{args:?}: {}", finished.stderr);
        assert!(finished.stderr.starts_with(&format!("sock: error: {want}")), "{want}: {}", finished.stderr);
    }
    assert!(listener.accept().is_err(), "somebody has connected");
}

/// A user who is not root has not the right; root may give it away.
#[test]
fn a_right_that_is_missing_is_named() {
    let test = "options::a_right_that_is_missing_is_named";
    if !skip::need(test, "unshare") {
        return;
    }
    for kind in ["packet", "icmp"] {
        // In a user namespace without a mapping, the network's is still another's: no right holds there.
        let mut command = Command::new("unshare");
        command.args(["--user", SOCK, "options", kind]);
        let finished = run(&mut command, b"");
        if finished.stderr.starts_with("unshare: ") {
            return skip::skip(test, "the right to make namespaces");
        }
        assert_eq!((finished.code(), finished.out().as_str()), (7, ""), "{}", finished.stderr);
        let hint = "sock: hint: raw sockets and those of packets need CAP_NET_RAW\n";
        assert!(finished.stderr.ends_with(hint), "{}", finished.stderr);
    }
}

#[test]
fn a_terminal_is_filled_and_never_overrun() {
    if !skip::need("options::a_terminal_is_filled_and_never_overrun", "script") {
        return;
    }
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    let words = text(&run_sock(&["options", "--only", "ip,tcp"]).quietly_done());
    for columns in ["40", "80", "120"] {
        let line = format!("stty rows 24 cols {columns}; exec {SOCK} options --only ip,tcp");
        let shown = text(&terminal(&line).finish().quietly_done()).replace("\r\n", "\n");
        let widest = shown.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        let columns: usize = columns.parse().expect("a number");
        assert!(widest <= columns && widest + 5 > columns, "{widest} of {columns}: {shown}");
        let stable = |text: &str| letters(text).replace(|letter: char| letter.is_ascii_digit(), "");
        assert_eq!(stable(&shown), stable(&words), "nothing is left out");
    }
}
